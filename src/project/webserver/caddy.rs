//! Caddy: the addresses of the sites of a Caddyfile.
//!
//! <https://caddyserver.com/docs/caddyfile/concepts#addresses>

use super::{Listen, Port};

pub(super) fn listens(text: &str) -> Result<Vec<Listen>, String> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut any = false;
    for (number, line) in text.lines().enumerate() {
        let code = line.split(" #").next().unwrap_or(line).trim();
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        let words: Vec<&str> = code.split_whitespace().collect();
        let first = words[0];
        // The port of every site, certificates and further files can be told elsewhere.
        if ["http_port", "import", "tls", "bind", "abort", "default_bind", "servers"].contains(&first) {
            return Err(format!("`{code}` may change where it listens (line {})", number + 1));
        }
        let opens = words.last() == Some(&"{");
        if depth == 0 && first != "{" && !first.starts_with('(') && (opens || !any) {
            let addresses = code.trim_end_matches('{').split(',').map(str::trim);
            for address in addresses.filter(|address| !address.is_empty()) {
                if let Some(port) = plain(address, number + 1)? {
                    found.push(Listen { port: Port::Number(port), health: None, file: 0, line: number + 1 });
                }
            }
            any = true;
        }
        depth += usize::from(opens);
        depth = depth.saturating_sub(usize::from(first == "}"));
    }
    Ok(found)
}

/// The port of an address that is asked without TLS.
fn plain(address: &str, line: usize) -> Result<Option<u16>, String> {
    if address.contains(['{', '$']) {
        return Err(format!("`{address}` is no plain address (line {line})"));
    }
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, address),
    };
    let rest = rest.split('/').next().unwrap_or(rest);
    let port = rest.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>()));
    Ok(match (scheme, port) {
        (Some("http"), None) => Some(80),
        (Some("http"), Some((_, Ok(port)))) => Some(port),
        // With a name of its own a site gets a certificate, unless its port is that of plain HTTP.
        (None, Some((host, Ok(port)))) if port == 80 || host.is_empty() && port != 443 => Some(port),
        (_, Some((_, Err(_)))) => return Err(format!("`{address}` is no plain address (line {line})")),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_without_certificates_are_found() {
        for (text, expected) in [
            (":80 {\n\troot * /srv\n\tfile_server\n}\n", vec![80]),
            (":8080\nfile_server\nreverse_proxy x:9000\n", vec![8080]),
            ("http://a.example, https://b.example {\n}\n", vec![80]),
            ("{\n\tadmin off\n}\n:3000, :443 {\n\thandle /api/* {\n\t}\n}\nexample.com {\n}\n", vec![3000]),
            ("example.com:80 {\n}\nexample.com:8443 {\n}\n", vec![80]),
            ("localhost\n", vec![]),
            ("(snippet) {\n}\n:81 {\n}\n", vec![81]),
        ] {
            let found = listens(text).expect("it can be read");
            let ports: Vec<Port> = found.into_iter().map(|one| one.port).collect();
            assert_eq!(ports, expected.into_iter().map(Port::Number).collect::<Vec<_>>(), "{text}");
        }
        assert!(listens(":{$PORT} {\n}\n").is_err());
        assert!(listens(":80 {\n\ttls internal\n}\n").is_err());
        assert!(listens("{\n\thttp_port 8080\n}\n").is_err());
    }
}
