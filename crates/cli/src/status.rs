//! `poolkey status`.

use std::io::{IsTerminal, Write, stdout};

use poolkey_ipc::{Client, Status};

use crate::daemon::look;
use crate::ending::Ending;
use crate::status_text::text;
use crate::words;

/// Shows what the daemon knows: once, or again at each change.
pub(crate) fn run(json: bool, watch: bool, client: &Client) -> Result<(), Ending> {
    if !watch {
        return show(&look(client)?, json);
    }
    for status in client.watch()? {
        let status = status?;
        if !json && stdout().is_terminal() {
            // Home, and clear what is below: the whole is painted anew.
            anstream::stdout().write_all(b"\x1b[H\x1b[2J")?;
        }
        show(&status, json)?;
    }
    Ok(())
}

fn show(status: &Status, json: bool) -> Result<(), Ending> {
    let mut out = anstream::stdout().lock();
    if json {
        let line = serde_json::to_string(status).map_err(std::io::Error::from)?;
        writeln!(out, "{line}")?;
    } else {
        write!(out, "{}", text(status, words::now()))?;
    }
    Ok(out.flush()?)
}
