//! Composer.

use super::{Files, IT, check_in, held_back, with};

const APP: Files =
    &[("composer.json", "{}"), ("composer.lock", "{}"), ("index.php", ""), (".dockerignore", "/vendor\n")];

#[test]
fn packages_come_first_and_the_autoloader_behind_the_sources() {
    check_in(
        &IT,
        APP,
        "FROM php:8.3-fpm\nCOPY --from=composer:2 /usr/bin/composer /usr/bin/composer\nWORKDIR /app\nCOPY . .\nRUN composer install --no-dev -o\nRUN chown -R www-data storage\n",
        "FROM php:8.3-fpm\nCOPY --from=composer:2 /usr/bin/composer /usr/bin/composer\nWORKDIR /app\nCOPY composer.json composer.lock ./\nRUN composer install --no-dev -o --no-scripts --no-autoloader\nCOPY . .\nRUN composer install --no-dev -o\nRUN chown -R www-data storage\n",
    );
}

#[test]
fn the_folder_and_the_variables_are_kept() {
    check_in(
        &IT,
        APP,
        "FROM my/php\nCOPY . /app\nRUN cd /app && \\\n    COMPOSER_ALLOW_SUPERUSER=1 composer install --no-progress\nUSER root\n",
        "FROM my/php\nCOPY composer.json composer.lock /app/\nRUN cd /app && \\\n    COMPOSER_ALLOW_SUPERUSER=1 composer install --no-progress --no-scripts --no-autoloader\nCOPY . /app\nRUN cd /app && COMPOSER_ALLOW_SUPERUSER=1 composer install --no-progress\nUSER root\n",
    );
}

#[test]
fn an_install_without_scripts_and_autoloader_moves_as_it_is() {
    check_in(
        &IT,
        APP,
        "FROM php:8.3\nWORKDIR /app\nCOPY . .\nRUN composer install --no-scripts --no-autoloader && composer dump-autoload -o\n",
        "FROM php:8.3\nWORKDIR /app\nCOPY composer.json composer.lock ./\nRUN composer install --no-scripts --no-autoloader\nCOPY . .\nRUN composer dump-autoload -o\n",
    );
}

#[test]
fn vendor_plugins_and_settings_hold_back() {
    let text = "FROM php:8.3\nWORKDIR /app\nCOPY . .\nRUN composer install\n";
    held_back(&IT, &with(APP, &[(".dockerignore", "x\n")]), text, &["MC5"]);
    let lock = r#"{"packages": [{"name": "composer/installers", "type": "composer-plugin"}]}"#;
    let locked = [("composer.lock", lock)];
    let files = with(APP, &locked);
    held_back(&IT, &files, text, &["MC2"]);
    let supplied = "FROM php:8.3\nWORKDIR /app\nCOPY . .\nRUN composer install --no-plugins --no-scripts --no-autoloader\n";
    check_in(
        &IT,
        &files,
        supplied,
        "FROM php:8.3\nWORKDIR /app\nCOPY composer.json composer.lock ./\nRUN composer install --no-plugins --no-scripts --no-autoloader\nCOPY . .\n",
    );
    let text = "FROM php:8.3\nENV COMPOSER=other.json\nWORKDIR /app\nCOPY . .\nRUN composer install\n";
    held_back(&IT, APP, text, &["MC1"]);
}
