//! nginx: `server` blocks and their `listen`.
//!
//! <https://nginx.org/en/docs/http/ngx_http_core_module.html#listen>

use super::{Listen, Port};

struct Directive {
    name: String,
    args: Vec<String>,
    block: Vec<Directive>,
    line: usize,
}

/// Blocks deeper than this are not read.
const DEPTH: usize = 30;

/// Directives that may answer, or refuse, in place of a location.
const GATES: &[&str] = &[
    "access_by_lua_file",
    "allow",
    "auth_basic",
    "auth_jwt",
    "auth_request",
    "deny",
    "if",
    "include",
    "limit_conn",
    "limit_req",
    "return",
    "rewrite",
    "satisfy",
];

/// Reads the main file, where it is not the image's own, and the files that its `http` includes.
pub(super) fn listens(main: Option<&str>, parts: &[&str]) -> Result<Vec<Listen>, String> {
    let main = main.map(parse).transpose()?.unwrap_or_default();
    let parts = parts.iter().map(|text| parse(text)).collect::<Result<Vec<_>, _>>()?;
    let http = main.iter().filter(|one| one.name == "http").flat_map(|one| &one.block).map(|one| (0, one));
    let included = parts.iter().enumerate().flat_map(|(at, part)| part.iter().map(move |one| (at + 1, one)));
    let http: Vec<(usize, &Directive)> = http.chain(included).collect();
    if http.iter().any(|(_, one)| turns_tls_on(one)) {
        return Ok(Vec::new());
    }
    let servers: Vec<(usize, &Directive)> =
        http.iter().copied().filter(|(_, one)| one.name == "server").collect();
    let guarded = http.iter().any(|(_, one)| GATES.contains(&one.name.as_str()) && one.name != "include");
    let mut found: Vec<Listen> = Vec::new();
    for (file, server) in &servers {
        for (port, line) in plain_ports(server) {
            // Who asks by a bare address gets the default server of the port, whichever that is.
            let shares = |other: &&(usize, &Directive)| plain_ports(other.1).iter().any(|one| one.0 == port);
            let sharing: Vec<_> = servers.iter().filter(shares).collect();
            if sharing.iter().any(|other| hangs_up(other.1)) || found.iter().any(|one| one.port == port) {
                continue;
            }
            let health = if sharing.len() == 1 && !guarded { health(server) } else { None };
            found.push(Listen { port, health, file: *file, line });
        }
    }
    Ok(found)
}

/// The patterns that the `http` of a main file includes, in their order.
pub(super) fn includes(main: &str) -> Result<Vec<String>, String> {
    let directives = parse(main)?;
    let http = directives.iter().filter(|one| one.name == "http").flat_map(|one| &one.block);
    Ok(http.filter(|one| one.name == "include").flat_map(|one| one.args.clone()).collect())
}

/// The ports of a server on which it speaks plain HTTP/1 to 127.0.0.1.
fn plain_ports(server: &Directive) -> Vec<(Port, usize)> {
    if server.block.iter().any(turns_tls_on) {
        return Vec::new();
    }
    // Without any, the port depends on the user: that is nothing to rely on.
    let listens = server.block.iter().filter(|one| one.name == "listen");
    listens.filter_map(|one| Some((plain_port(one)?, one.line))).collect()
}

fn turns_tls_on(directive: &Directive) -> bool {
    directive.name == "ssl" && directive.args == ["on"]
}

fn plain_port(listen: &Directive) -> Option<Port> {
    const OTHER: &[&str] = &["ssl", "quic", "http2", "http3", "spdy", "proxy_protocol"];
    let (address, options) = listen.args.split_first()?;
    if options.iter().any(|option| OTHER.contains(&option.as_str())) {
        return None;
    }
    // `[::]:80` leaves IPv4 to others unless it is told not to.
    if address.starts_with('[') && !options.iter().any(|option| option == "ipv6only=off") {
        return None;
    }
    let (host, port) = match address.rsplit_once(':') {
        _ if address.starts_with("unix:") => return None,
        Some((host, port)) => (host, port),
        None if address.contains('.') || address.starts_with('[') || address == "localhost" => {
            (address.as_str(), "80")
        }
        None => ("*", address.as_str()),
    };
    if !matches!(host, "*" | "0.0.0.0" | "127.0.0.1" | "localhost" | "[::]") {
        return None;
    }
    let variable = port.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    match variable.or_else(|| port.strip_prefix('$')) {
        Some(name) => Some(Port::Variable(name.to_owned())),
        None => port.parse().ok().filter(|port| *port > 0).map(Port::Number),
    }
}

/// Whether a server may close the connection without an answer.
fn hangs_up(directive: &Directive) -> bool {
    directive.name == "return" && directive.args.first().is_some_and(|code| code == "444")
        || directive.block.iter().any(hangs_up)
}

/// A location that answers with success by itself.
fn health(server: &Directive) -> Option<String> {
    if server.block.iter().any(|one| GATES.contains(&one.name.as_str())) {
        return None;
    }
    let location = |one: &&Directive| {
        let path = match one.args.as_slice() {
            [exact, path] if exact == "=" => path,
            [path] => path,
            _ => return false,
        };
        let answers = |one: &Directive| {
            one.name == "return" && one.args.first().is_some_and(|code| code == "200" || code == "204")
        };
        let guarded =
            one.block.iter().any(|inner| GATES.contains(&inner.name.as_str()) && inner.name != "return");
        one.name == "location"
            && path.starts_with('/')
            && path.contains("health")
            && !guarded
            && one.block.iter().filter(|inner| inner.name == "return").count() == 1
            && one.block.iter().any(answers)
    };
    server.block.iter().find(location)?.args.last().cloned()
}

enum Token {
    Word(String),
    Open,
    Close,
    End,
}

fn parse(text: &str) -> Result<Vec<Directive>, String> {
    let tokens = tokens(text)?;
    let mut at = 0;
    let found = block(&tokens, &mut at, DEPTH)?;
    if at < tokens.len() {
        return Err(format!("`}}` closes nothing (line {})", tokens[at].1));
    }
    Ok(found)
}

fn block(tokens: &[(Token, usize)], at: &mut usize, depth: usize) -> Result<Vec<Directive>, String> {
    let depth = depth.checked_sub(1).ok_or("its blocks are nested too deep")?;
    let mut found = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut first = 0;
    while let Some((token, line)) = tokens.get(*at) {
        match token {
            Token::Close => break,
            Token::Word(word) => {
                if words.is_empty() {
                    first = *line;
                }
                words.push(word.clone());
                *at += 1;
            }
            Token::End | Token::Open => {
                *at += 1;
                let mut words = std::mem::take(&mut words).into_iter();
                let name = words.next().ok_or_else(|| format!("a block has no name (line {line})"))?;
                let mut inner = Vec::new();
                if matches!(token, Token::Open) {
                    if name.ends_with("_by_lua_block") {
                        return Err(format!("`{name}` holds a program (line {line})"));
                    }
                    inner = block(tokens, at, depth)?;
                    if !matches!(tokens.get(*at), Some((Token::Close, _))) {
                        return Err(format!("the block of line {line} has no end"));
                    }
                    *at += 1;
                }
                found.push(Directive { name, args: words.collect(), block: inner, line: first });
            }
        }
    }
    if words.is_empty() { Ok(found) } else { Err(format!("line {first} has no end")) }
}

fn tokens(text: &str) -> Result<Vec<(Token, usize)>, String> {
    let mut found = Vec::new();
    let mut characters = text.chars().peekable();
    let mut line = 1;
    while let Some(character) = characters.next() {
        match character {
            '\n' => line += 1,
            _ if character.is_whitespace() || character == '\u{feff}' => {}
            '#' => while characters.next_if(|next| *next != '\n').is_some() {},
            ';' => found.push((Token::End, line)),
            '{' => found.push((Token::Open, line)),
            '}' => found.push((Token::Close, line)),
            '"' | '\'' => {
                let (start, mut word) = (line, String::new());
                loop {
                    match characters.next() {
                        None => return Err(format!("the quote of line {start} has no end")),
                        Some(end) if end == character => break,
                        Some('\\') => word.extend(characters.next()),
                        Some(inner) => {
                            line += usize::from(inner == '\n');
                            word.push(inner);
                        }
                    }
                }
                found.push((Token::Word(word), start));
            }
            _ => {
                let mut word = String::from(character);
                let ends = |next: char| next.is_whitespace() || matches!(next, ';' | '{');
                // The braces of `${name}` belong to the word.
                while let Some(next) = characters.next_if(|next| !ends(*next)).or_else(|| {
                    let variable = word.ends_with('$');
                    characters.next_if(|next| variable && *next == '{')
                }) {
                    word.push(next);
                    if next == '\\' {
                        word.extend(characters.next_if(|next| *next != '\n'));
                    }
                }
                found.push((Token::Word(word), line));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(text: &str) -> Vec<String> {
        let found = listens(None, &[text]).expect("it can be read");
        let shown = |listen: Listen| match (listen.port, listen.health) {
            (Port::Number(port), None) => port.to_string(),
            (Port::Number(port), Some(path)) => format!("{port}{path}"),
            (Port::Variable(name), _) => format!("${name}"),
        };
        found.into_iter().map(shown).collect()
    }

    #[test]
    fn plain_listeners_are_found() {
        for (listen, expected) in [
            ("80", vec!["80"]),
            ("8080 default_server", vec!["8080"]),
            ("0.0.0.0:81", vec!["81"]),
            ("*:82", vec!["82"]),
            ("127.0.0.1", vec!["80"]),
            ("${PORT}", vec!["$PORT"]),
            ("[::]:80", vec![]),
            ("[::]:80 ipv6only=off", vec!["80"]),
            ("443 ssl", vec![]),
            ("80 http2", vec![]),
            ("80 proxy_protocol", vec![]),
            ("10.0.0.1:80", vec![]),
            ("unix:/run/x.sock", vec![]),
        ] {
            assert_eq!(ports(&format!("server {{ listen {listen}; }}")), expected, "{listen}");
        }
        assert_eq!(ports("server { server_name x; }"), Vec::<String>::new());
        assert_eq!(ports("server { include listen.conf; }"), Vec::<String>::new());
        assert_eq!(ports("server { listen 80; ssl on; }"), Vec::<String>::new());
    }

    #[test]
    fn a_port_whose_server_may_hang_up_is_none() {
        assert_eq!(
            ports(
                "server { listen 80 default_server; return 444; } server { listen 80; } server { listen 81; }"
            ),
            ["81"]
        );
    }

    #[test]
    fn comments_quotes_and_variables_are_read() {
        let text = "# server { listen 1; }\nmap $a $b { default \"x;}\"; '~^a{2}' 1; }\nserver {\n  listen 80; # y\n  \
                    root /a\\ b;\n  set $x ${y}z;\n  location ~ \\.php$ { return 200 'a } b'; }\n}\n";
        assert_eq!(ports(text), ["80"]);
        let found = listens(None, &[text]).expect("it can be read");
        assert_eq!(found[0].line, 4);
    }

    #[test]
    fn only_the_servers_of_http_count_in_the_main_file() {
        let text =
            "events {}\nstream { server { listen 90; } }\nhttp { include a.conf; server { listen 80; } }\n";
        let found = listens(Some(text), &["server { listen 81; }"]).expect("it can be read");
        let places: Vec<_> = found.iter().map(|one| (one.port.clone(), one.file, one.line)).collect();
        assert_eq!(places, [(Port::Number(80), 0, 3), (Port::Number(81), 1, 1)]);
        assert_eq!(includes(text).expect("it can be read"), ["a.conf"]);
    }

    #[test]
    fn a_location_that_answers_by_itself_tells_the_health() {
        let with = |before: &str, inner: &str| {
            ports(&format!("server {{ listen 80; {before} location = /healthz {{ {inner} }} }}"))
        };
        assert_eq!(with("", "access_log off; return 200 \"ok\\n\";"), ["80/healthz"]);
        assert_eq!(with("auth_basic x;", "return 200;"), ["80"]);
        assert_eq!(with("", "allow 10.0.0.0/8; deny all; return 200;"), ["80"]);
        assert_eq!(with("", "proxy_pass http://x;"), ["80"]);
        assert_eq!(with("return 301 https://$host;", "return 200;"), ["80"]);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        assert!(listens(None, &["server { listen 80;"]).is_err());
        assert!(listens(None, &["}"]).is_err());
        assert!(listens(None, &["server { content_by_lua_block { x } }"]).is_err());
        assert!(listens(None, &["server { listen \"80; }"]).is_err());
        assert!(listens(None, &[&"a {".repeat(40)]).is_err());
    }
}
