//! Counts the requests it has had, over HTTP, with the standard library alone.

use std::io::{BufRead, BufReader, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

static REQUESTS: AtomicU64 = AtomicU64::new(0);

fn main() -> Result<()> {
    let listener = TcpListener::bind("0.0.0.0:8080")?;
    println!("listening on port 8080");
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || {
            if let Err(error) = answer(stream) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

fn answer(mut stream: TcpStream) -> Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // The headers are read, so that closing the connection does not reset it.
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let (status, body) = match request.split(' ').nth(1) {
        Some("/") => {
            let count = REQUESTS.fetch_add(1, Ordering::Relaxed) + 1;
            ("200 OK", format!("{{\"requests\":{count}}}\n"))
        }
        Some("/health") => ("200 OK", String::from("{\"status\":\"ok\"}\n")),
        _ => ("404 Not Found", String::from("{\"error\":\"not found\"}\n")),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
