//! The floor under the daemon: a single-threaded tokio server that checks nothing, looks nothing
//! up and answers each connection with the bytes of a file.
//!
//! Usage: `bare SOCKET FILE`

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let mut args = std::env::args_os().skip(1);
    let socket = args.next().unwrap_or_default();
    let bytes: &[u8] = std::fs::read(args.next().unwrap_or_default())?.leak();
    let listener = UnixListener::bind(socket)?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let mut line = [0; 4096];
            if stream.read(&mut line).await.is_ok() {
                // Who leaves early needs no answer.
                let _ = stream.write_all(bytes).await;
            }
        });
    }
}
