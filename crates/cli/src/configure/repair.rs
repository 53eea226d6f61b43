//! Lines whose program is gone, or is another installation's: after a move or an upgrade.

use std::io::Write;
use std::path::Path;

use poolkey_core::config::Config;
use poolkey_core::failure::Failure;
use poolkey_files::aws::Kind;
use poolkey_ipc::shim::{self, Shim};
use zeroize::Zeroizing;

use super::section::{PROCESS, entries, read, told};
use super::writing::{Written, write};
use super::{Desk, installed_shim, shown};
use crate::args::ConfigureArgs;
use crate::aws_files::AwsFiles;
use crate::ending::Ending;

pub(super) fn run(args: &ConfigureArgs, config: &Config, desk: &mut Desk) -> Result<(), Ending> {
    let files = AwsFiles::of_process(&config.settings.aws_files)?;
    let shim = installed_shim()?;
    let path = &files.config;
    let bytes = files.read(path)?;
    let mut out = anstream::stdout();
    let is_meant = |name: &str| args.profiles.is_empty() || args.profiles.iter().any(|n| n == name);
    let strays = strays(path, &bytes, &shim, &is_meant)?;
    for (name, stray) in &strays {
        let why = if stray.path.is_file() {
            "is of another installation"
        } else {
            "is not there"
        };
        writeln!(out, "[{name}]: “{}” {why}.", shown(&stray.path))?;
    }
    let change = |bytes: &[u8]| repaired(path, bytes, &shim, &is_meant);
    match write(&files, path, &change, desk)? {
        Written::Done | Written::Shown => {}
        Written::AsItIs => writeln!(
            out,
            "There is nothing to repair: “{}” names no program of Poolkey's but “{}”.",
            shown(path),
            shown(&shim)
        )?,
    }
    Ok(())
}

/// The profiles that run another shim than this installation's.
fn strays(
    path: &Path,
    bytes: &[u8],
    shim: &Path,
    is_meant: &dyn Fn(&str) -> bool,
) -> Result<Vec<(String, Shim)>, Failure> {
    let text = read(path, Kind::Config, bytes)?;
    let names = text.profiles().filter(|name| is_meant(name));
    Ok(names
        .filter_map(|name| {
            let (_, _, value) = entries(&text, name).find(|(_, key, _)| *key == PROCESS)?;
            let written = Shim::read(value)?;
            let is_stray = written.path != shim && !shim::same(&written.path, shim);
            is_stray.then(|| (name.to_owned(), written))
        })
        .collect())
}

fn repaired(
    path: &Path,
    bytes: &[u8],
    shim: &Path,
    is_meant: &dyn Fn(&str) -> bool,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(bytes.to_vec());
    for (name, stray) in strays(path, &bytes, shim, is_meant)? {
        let [_, line] = shim::aws_config(&stray.profile, shim);
        let command = line.strip_prefix("credential_process = ").unwrap_or(&line);
        let text = read(path, Kind::Config, &bytes)?;
        let next = text
            .with(&name, &[(PROCESS, command)])
            .map_err(told(path))?;
        bytes = next;
    }
    Ok(bytes)
}
