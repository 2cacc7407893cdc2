//! Apache's httpd: `Listen`.
//!
//! <https://httpd.apache.org/docs/2.4/mod/mpm_common.html#listen>

use super::{Listen, Port};

pub(super) fn listens(text: &str) -> Result<Vec<Listen>, String> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    for (number, line) in text.lines().enumerate() {
        let code = line.trim();
        if code.starts_with('#') {
            continue;
        }
        if code.starts_with("</") {
            depth = depth.saturating_sub(1);
            continue;
        }
        // What stands below a condition may not hold.
        if code.starts_with('<') {
            depth += 1;
            continue;
        }
        let mut words = code.split_whitespace();
        if depth > 0 || !words.next().is_some_and(|name| name.eq_ignore_ascii_case("listen")) {
            continue;
        }
        let address = words.next().unwrap_or_default().trim_matches('"');
        let protocol = words.next();
        let (host, port) = address.rsplit_once(':').unwrap_or(("*", address));
        let reached = matches!(host, "*" | "0.0.0.0" | "127.0.0.1" | "[::]");
        if !reached || protocol.is_some_and(|name| name != "http") || port == "443" {
            continue;
        }
        let variable = port.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        let port = match (variable, port.parse()) {
            (Some(name), _) => Port::Variable(name.to_owned()),
            (None, Ok(port)) => Port::Number(port),
            (None, Err(_)) => return Err(format!("`{code}` names no port (line {})", number + 1)),
        };
        found.push(Listen { port, health: None, file: 0, line: number + 1 });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_outside_of_conditions_are_found() {
        let text = "# Listen 1\nListen 8080\nlisten 127.0.0.1:81\nListen 10.0.0.1:82\nListen 8443 https\n\
                    <IfModule ssl_module>\n\tListen 83\n</IfModule>\nListen ${PORT}\nListen 443\n";
        let found = listens(text).expect("it can be read");
        let ports: Vec<Port> = found.into_iter().map(|one| one.port).collect();
        assert_eq!(ports, [Port::Number(8080), Port::Number(81), Port::Variable("PORT".to_owned())]);
        assert!(listens("Listen x\n").is_err());
    }
}
