//! PHP's FastCGI server in the official images: its workers run as www-data whoever starts it, so that a container that
//! runs as www-data can write just what it could before (NR3, NR9).

use super::makers::{self, Made};
use crate::config::UserStyle;
use crate::images::Facts;
use crate::shell::StartKind;
use crate::syntax::Keyword;
use crate::transforms::shipped::{Program, Shipped, join};

/// Where the official images keep the settings of the server: `user = www-data`, `listen = 9000`.
const SETTINGS: &str = "/usr/local/etc/php-fpm.d";

/// Words of a RUN or COPY by which the settings, or the numbers of www-data, may change.
const CHANGES: &[&str] = &["php-fpm", "www.conf", "zz-docker", "usermod", "groupmod", "deluser", "userdel"];

/// Whether the server of an official image is started, which whoever starts it may be any user.
pub(super) fn is_official(program: &Program, facts: &Facts) -> bool {
    let options = &program.argv[program.start.program + 1..];
    program.start.kind == StartKind::Fpm
        && facts.family.starts_with("php-fpm")
        && options.iter().all(|option| matches!(option.as_str(), "-F" | "--nodaemonize"))
}

/// Whether its workers surely run as the user that the container will have.
pub(super) fn keeps_its_user(shipped: &Shipped<'_>, program: &Program, facts: &Facts) -> bool {
    let options = &shipped.input.options.user;
    let as_www_data = options.id.is_none()
        && options.group.is_none()
        && matches!(options.style, None | Some(UserStyle::Existing))
        && facts.ready == Some("www-data")
        && makers::find(shipped) == Made::None;
    is_official(program, facts)
        && as_www_data
        && program.before.is_empty()
        && !shipped.instructions().any(|index| changes(shipped, index, facts))
}

fn changes(shipped: &Shipped<'_>, index: usize, facts: &Facts) -> bool {
    let instruction = shipped.instruction(index);
    let text = shipped.whole_text(index);
    let named = CHANGES.iter().any(|word| text.contains(word));
    match instruction.keyword {
        Keyword::Run => named,
        Keyword::Copy | Keyword::Add => {
            let values = instruction.values();
            let Some(destination) = values.last() else { return true };
            let folder = shipped.workdir_at(index, facts.workdir).unwrap_or_default();
            let place = join(&folder, destination);
            let is_above = SETTINGS.starts_with(&format!("{}/", place.trim_end_matches('/')));
            named || is_above || place.contains('$')
        }
        _ => false,
    }
}
