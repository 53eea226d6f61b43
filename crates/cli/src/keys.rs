//! `poolkey credentials`.

use std::io::{Write, stdout};

use poolkey_core::environment::{Shell, environment};
use poolkey_ipc::Client;

use crate::args::Format;
use crate::ending::Ending;

/// Prints the keys of a profile.
pub(crate) fn run(profile: &str, format: Format, client: &Client) -> Result<(), Ending> {
    let document = client.document(profile)?;
    let text = match format {
        Format::Json => document,
        Format::Env => environment(&document, Shell::Bash)?,
    };
    let mut out = stdout().lock();
    out.write_all(text.expose().trim_end().as_bytes())?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}
