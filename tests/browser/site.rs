//! A page on the internet: what somebody else has a browser show.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

/// The name that the browser finds it by.
pub(crate) const NAME: &str = "evil.example";

/// Serves this page to whoever asks, under [`NAME`]; its address.
pub(crate) fn serve(page: &str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{page}",
        page.len()
    );
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let head = BufReader::new(&stream).lines();
            let ends =
                |line: &std::io::Result<String>| !matches!(line, Ok(text) if !text.is_empty());
            if head.into_iter().any(|line| ends(&line)) {
                let _ = stream.write_all(answer.as_bytes());
            }
        }
    });
    format!("http://{NAME}:{port}/")
}
