//! Bundler.

use super::{Files, IT, check_in, held_back, with};

const APP: Files = &[
    ("Gemfile", "source 'https://rubygems.org'\ngem 'rack'\n"),
    ("Gemfile.lock", "PLATFORMS\n  ruby\n\nDEPENDENCIES\n  rack\n"),
    ("app.rb", ""),
];

#[test]
fn the_gemfile_and_its_lock_come_first() {
    check_in(
        &IT,
        APP,
        "FROM ruby:3.3-slim\nWORKDIR /app\nCOPY . .\nRUN gem install bundler:2.5.6\nRUN bundle install --jobs 4\nCMD ruby app.rb\n",
        "FROM ruby:3.3-slim\nWORKDIR /app\nRUN gem install bundler:2.5.6\nCOPY Gemfile Gemfile.lock ./\nRUN bundle install --jobs 4\nCOPY . .\nCMD ruby app.rb\n",
    );
}

#[test]
fn settings_stay_before_the_install() {
    check_in(
        &IT,
        APP,
        "FROM ruby:3.3-slim\nWORKDIR /app\nCOPY . .\nRUN bundle config set --local without 'development test'\nRUN bundle config set frozen true && bundle install && rm -rf /root/.bundle/cache\n",
        "FROM ruby:3.3-slim\nWORKDIR /app\nRUN bundle config set --local without 'development test'\nCOPY Gemfile Gemfile.lock ./\nRUN bundle config set frozen true && bundle install && rm -rf /root/.bundle/cache\nCOPY . .\n",
    );
    // Without a Gemfile at its side this one would go to the home of the user who builds.
    let text =
        "FROM ruby:3.3\nWORKDIR /app\nCOPY . .\nRUN bundle config set without test\nRUN bundle install\n";
    held_back(&IT, APP, text, &["MC6"]);
}

#[test]
fn gems_in_the_project_s_folder_must_not_be_overwritten() {
    let text =
        "FROM ruby:3.3\nWORKDIR /app\nCOPY . .\nRUN bundle config set path vendor/bundle && bundle install\n";
    held_back(&IT, APP, text, &["MC5"]);
    check_in(
        &IT,
        &with(APP, &[(".dockerignore", "vendor/bundle\n")]),
        text,
        "FROM ruby:3.3\nWORKDIR /app\nCOPY Gemfile Gemfile.lock ./\nRUN bundle config set path vendor/bundle && bundle install\nCOPY . .\n",
    );
    let text = "FROM ruby:3.3\nWORKDIR /app\nCOPY . .\nRUN bundle install --deployment --without a b\n";
    held_back(&IT, APP, text, &["MC5"]);
    let text = "FROM my/ruby\nWORKDIR /app\nCOPY . .\nRUN bundle install\n";
    held_back(&IT, APP, text, &["MC5"]);
}

#[test]
fn a_gemfile_that_is_a_program_holds_back() {
    let text = "FROM ruby:3.3\nWORKDIR /app\nCOPY . .\nRUN bundle install\n";
    held_back(&IT, &with(APP, &[("Gemfile", "gem 'rack'\nload 'x'\n")]), text, &["MC1"]);
    held_back(&IT, &with(APP, &[("Gemfile", "gem 'rack'\ngemspec\n")]), text, &["MC3"]);
    held_back(&IT, &with(APP, &[("Gemfile", "gem 'puma'\n")]), text, &["MC12"]);
    let text = "FROM ruby:3.3\nENV BUNDLE_GEMFILE=x\nWORKDIR /app\nCOPY . .\nRUN bundle install\n";
    held_back(&IT, APP, text, &["MC1"]);
}
