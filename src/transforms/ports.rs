//! `lowercase-port-protocol` and `write-container-ports`: EXPOSE says what BuildKit makes of it.

use super::checks::Checks;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::syntax::{Arguments, Keyword};

/// Writes `tcp` and `udp` in lower case.
pub(super) const LOWERCASE_PORT_PROTOCOL: Transform = Transform {
    name: "lowercase-port-protocol",
    summary: "write the protocol of EXPOSE in lower case",
    category: Category::Modernize,
    effect: Effect::SameImage,
    default: true,
    fixes: &["BuildKit:ExposeProtoCasing"],
    explain: "\
BuildKit stores the protocol in lower case whatever is written, and warns about capitals.
Always safe: the image is the same. A word with a variable is left alone.",
    examples: &[
        Example { files: &[], before: "FROM a\nEXPOSE 80/TCP\n", after: "FROM a\nEXPOSE 80/tcp\n" },
        Example { files: &[], before: "FROM a\nEXPOSE 80/$P\n", after: "FROM a\nEXPOSE 80/$P\n" },
    ],
    run: |input| each(input, protocol),
};

/// Leaves the port of the container.
pub(super) const WRITE_CONTAINER_PORTS: Transform = Transform {
    name: "write-container-ports",
    summary: "leave only the port of the container in EXPOSE, not the address or port of the host",
    category: Category::Correctness,
    effect: Effect::SameImage,
    default: true,
    fixes: &["BuildKit:ExposeInvalidFormat"],
    explain: "\
EXPOSE takes no port of the host: `EXPOSE 8080:80` exposes 80, and will become an error. What is published is said when the container is started.
Always safe: the image is the same. A word with a variable is left alone.",
    examples: &[
        Example { files: &[], before: "FROM a\nEXPOSE 8080:80\n", after: "FROM a\nEXPOSE 80\n" },
        Example { files: &[], before: "FROM a\nEXPOSE 80\n", after: "FROM a\nEXPOSE 80\n" },
    ],
    run: |input| each(input, container),
};

fn each(input: &Input<'_>, better: fn(&str) -> Option<(String, &'static str)>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for instruction in input.document.instructions.iter().filter(|one| one.keyword == Keyword::Expose) {
        let Arguments::Words(words) = &instruction.arguments else { continue };
        for word in words {
            let written = instruction.text(*word);
            if written.contains(['$', '"', '\'', '\\', '`']) {
                continue;
            }
            let (Some((new, message)), Some(span)) = (better(written), instruction.source_span(*word)) else {
                continue;
            };
            let title = format!("write `{new}`");
            let edits = vec![Edit::replace(span, new)];
            found.push(Checks::default().fix(span, message, title, edits, &[]));
        }
    }
    found
}

fn protocol(word: &str) -> Option<(String, &'static str)> {
    let (ports, protocol) = word.rsplit_once('/')?;
    let lower = protocol.to_ascii_lowercase();
    let known = matches!(lower.as_str(), "tcp" | "udp" | "sctp");
    (known && lower != protocol).then(|| (format!("{ports}/{lower}"), "the protocol is not in lower case"))
}

fn container(word: &str) -> Option<(String, &'static str)> {
    let (_, port) = word.rsplit_once(':')?;
    let number = port.split('/').next()?;
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let sound = number.split('-').count() <= 2 && number.split('-').all(plain);
    sound.then(|| (port.to_owned(), "EXPOSE takes no address or port of the host"))
}

#[cfg(test)]
mod tests {
    use super::{LOWERCASE_PORT_PROTOCOL, WRITE_CONTAINER_PORTS};
    use crate::transforms::testing::{check, same};

    #[test]
    fn each_word_by_itself() {
        check(
            &WRITE_CONTAINER_PORTS,
            "FROM a\r\nEXPOSE 80 127.0.0.1:81:82/tcp \\\r\n# c\r\n  8000-8010:9000-9010 [::1]:1:2\r\n",
            "FROM a\r\nEXPOSE 80 82/tcp \\\r\n# c\r\n  9000-9010 2\r\n",
        );
        check(&LOWERCASE_PORT_PROTOCOL, "FROM a\nEXPOSE 80/Udp 81\n", "FROM a\nEXPOSE 80/udp 81\n");
    }

    #[test]
    fn what_is_not_plain_stays() {
        same(&WRITE_CONTAINER_PORTS, "FROM a\nENV P=1\nEXPOSE ${P:-80} $P:80 80:x\nONBUILD EXPOSE 1:2\n");
        same(&LOWERCASE_PORT_PROTOCOL, "FROM a\nEXPOSE 80/QUIC\nONBUILD EXPOSE 1/TCP\n");
    }
}
