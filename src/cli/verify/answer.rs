//! Asking a port as a browser would, and reading which ports a container listens on.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long a server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a port says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    /// The status of an HTTP answer.
    Status(u16),
    /// It takes a connection and says something that is not HTTP.
    OtherProtocol,
    /// Nothing: no connection, or one that ends without a word.
    Nothing,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Status(status) => write!(f, "{status}"),
            Answer::OtherProtocol => f.write_str("no HTTP"),
            Answer::Nothing => f.write_str("nothing"),
        }
    }
}

impl Answer {
    /// Whether a server that is still starting may say so.
    pub(super) fn is_passing(self) -> bool {
        matches!(self, Answer::Nothing | Answer::Status(502..=504))
    }
}

/// Asks a port of this machine for a path.
pub(super) fn ask(port: u16, path: &str) -> Answer {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let Ok(mut stream) = TcpStream::connect_timeout(&address, PATIENCE) else { return Answer::Nothing };
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let _ = stream.set_write_timeout(Some(PATIENCE));
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: dockfix\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    if stream.write_all(request.as_bytes()).is_err() {
        return Answer::Nothing;
    }
    let mut start = [0; 12];
    let mut length = 0;
    while length < start.len() {
        match stream.read(&mut start[length..]) {
            Ok(read) if read > 0 => length += read,
            _ => break,
        }
    }
    read_start(&start[..length])
}

/// The meaning of `HTTP/1.1 200`.
fn read_start(start: &[u8]) -> Answer {
    if start.is_empty() {
        return Answer::Nothing;
    }
    let text = String::from_utf8_lossy(start);
    let status =
        text.strip_prefix("HTTP/").and_then(|rest| rest.split(' ').nth(1)).and_then(|word| word.parse().ok());
    status.map_or(Answer::OtherProtocol, Answer::Status)
}

/// The TCP ports on which something listens for others, from the kernel's tables (`/proc/net/tcp` and `tcp6`).
pub(super) fn listening(tables: &str) -> BTreeSet<u16> {
    tables.lines().filter_map(listener).collect()
}

/// `0: 00000000:1F90 00000000:0000 0A …`: the port, if the line is one of a socket that listens.
fn listener(line: &str) -> Option<u16> {
    const LISTEN: &str = "0A";
    let mut words = line.split_whitespace().skip(1);
    let (local, state) = (words.next()?, words.nth(1)?);
    let (address, port) = local.rsplit_once(':')?;
    // The engine's own name server listens on 127.0.0.11; on the loopback nobody but the container hears.
    let is_loopback = match address.len() {
        8 => address.ends_with("7F"),
        _ => address.ends_with("0100007F") || address == "00000000000000000000000001000000",
    };
    (state == LISTEN && !is_loopback).then(|| u16::from_str_radix(port, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn first_line_of_an_answer_is_read() {
        assert_eq!(read_start(b"HTTP/1.1 404"), Answer::Status(404));
        assert_eq!(read_start(b"HTTP/1.0 200"), Answer::Status(200));
        assert_eq!(read_start(b"SSH-2.0-Open"), Answer::OtherProtocol);
        assert_eq!(read_start(b""), Answer::Nothing);
    }

    #[test]
    fn server_is_asked() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("a port").port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut request = [0; 1024];
            let length = stream.read(&mut request).expect("a request");
            stream.write_all(b"HTTP/1.1 418 I am\r\n\r\n").expect("a client");
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        assert_eq!(ask(port, "/tea"), Answer::Status(418));
        assert!(server.join().expect("it ends").starts_with("GET /tea HTTP/1.1\r\nHost: localhost\r\n"));
        assert_eq!(ask(port, "/"), Answer::Nothing);
    }

    #[test]
    fn tables_of_the_kernel_are_read() {
        let tables = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
   1: 0B00007F:A3C1 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0
   2: 020011AC:1F91 00000000:0000 01 00000000:00000000 00:00000000 00000000     0
   0: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0
   1: 00000000000000000000000001000000:0BB9 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0
";
        assert_eq!(listening(tables), BTreeSet::from([8080, 3000]));
    }
}
