//! What Poolkey wrote into `~/.aws/config`, taken out.

use std::io::Write;
use std::path::Path;

use poolkey_core::config::{Config, FileSpec};
use poolkey_core::failure::{Code, Failure};
use poolkey_files::aws::{Kind, Text};
use poolkey_ipc::{Client, shim};
use zeroize::Zeroizing;

use super::section::{PROCESS, entries, read, settings_of_ours, told};
use super::writing::{Written, show, write, yes};
use super::{Consent, Desk, shown};
use crate::args::ConfigureArgs;
use crate::aws_files::AwsFiles;
use crate::ending::Ending;
use crate::interrupt::Interrupt;
use crate::profiles_file::ProfilesFile;
use crate::terminal::Person;

pub(super) fn run(args: &ConfigureArgs, config: &Config, desk: &mut Desk) -> Result<(), Ending> {
    let files = AwsFiles::of_process(&config.settings.aws_files)?;
    let path = &files.config;
    let bytes = files.read(path)?;
    let ours = ours(&read(path, Kind::Config, &bytes)?);
    if ours.is_empty() {
        return none(args, path);
    }
    let names = match (&args.profiles[..], args.all, &ours[..]) {
        ([], true, all) => all.to_vec(),
        ([], false, [only]) => vec![only.clone()],
        ([], false, _) => {
            return Err(Ending::Usage(format!(
                "There are several ({}): name some, or give --all.",
                ours.join(", ")
            )));
        }
        (named, _, _) => named.to_vec(),
    };
    if let Some(name) = names.iter().find(|name| !ours.contains(name)) {
        return Err(absent(name, path).into());
    }
    let change = |bytes: &[u8]| removed(path, bytes, &names, config);
    match write(&files, path, &change, desk)? {
        Written::Done | Written::Shown | Written::AsItIs => Ok(()),
    }
}

/// To whoever removes a profile: its section may go, too. Where nobody can be asked, the command is
/// told.
pub(crate) fn offer(
    name: &str,
    before: &Config,
    file: &ProfilesFile,
    client: &Client,
) -> Result<(), Ending> {
    let files = AwsFiles::of_process(&before.settings.aws_files)?;
    let path = &files.config;
    // Whoever cannot read it has another command to find out why.
    let Ok(bytes) = files.read(path) else {
        return Ok(());
    };
    let Ok(text) = Text::read(Kind::Config, &bytes) else {
        return Ok(());
    };
    if !ours(&text).iter().any(|known| known == name) {
        return Ok(());
    }
    let mut desk = Desk {
        consent: Consent::Given,
        person: Person::at_hand(&Interrupt::catch(client)),
        client: client.clone(),
        file: file.clone(),
    };
    let names = [name.to_owned()];
    let change = |bytes: &[u8]| removed(path, bytes, &names, before);
    if desk.person.can_be_asked_again() {
        show(path, &bytes, &change(&bytes)?)?;
        if yes("Take that out of the file, too? [Y/n]: ", &mut desk)? {
            files.edit(path, |bytes| change(bytes).map(Some))?;
            writeln!(anstream::stdout(), "Written: “{}”.", shown(path))?;
            return Ok(());
        }
    }
    Ok(writeln!(
        anstream::stdout(),
        "“{}” has it still. Take it out: poolkey configure --remove {name}",
        shown(path)
    )?)
}

/// The profiles whose keys come from Poolkey, of whatever installation.
fn ours(text: &Text<'_>) -> Vec<String> {
    let is_ours = |name: &&str| {
        entries(text, name).any(|(_, key, value)| key == PROCESS && shim::is_ours(value))
    };
    text.profiles().filter(is_ours).map(str::to_owned).collect()
}

/// Poolkey's line goes, and what came with it; the section, where nothing else is in it.
pub(super) fn removed(
    path: &Path,
    bytes: &[u8],
    names: &[String],
    config: &Config,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(bytes.to_vec());
    for name in names {
        let text = read(path, Kind::Config, &bytes)?;
        if !ours(&text).contains(name) {
            continue;
        }
        let mut keys = vec![PROCESS];
        let spec = config
            .profiles
            .keys()
            .find(|known| known.as_str() == name)
            .map(|name| config.files.get(name).cloned().unwrap_or_default());
        let came_with_it = settings_of_ours(&text, name);
        keys.extend(came_with_it.iter().filter(|key| {
            let value = text.value(name, key).unwrap_or_default();
            spec.as_ref()
                .is_none_or(|spec| said(spec, key) == Some(value))
        }));
        let next = text.without(name, &keys).map_err(told(path))?;
        bytes = next;
    }
    Ok(bytes)
}

/// What `profiles.toml` says of it. Of a profile that it does not know, all that follows Poolkey's
/// line is Poolkey's.
fn said<'s>(spec: &'s FileSpec, key: &str) -> Option<&'s str> {
    match key {
        "region" => spec.region.as_deref(),
        _ => spec.output.as_deref(),
    }
}

fn none(args: &ConfigureArgs, path: &Path) -> Result<(), Ending> {
    match args.profiles.first() {
        Some(name) => Err(absent(name, path).into()),
        None => Ok(writeln!(
            anstream::stdout(),
            "“{}” has nothing of Poolkey's.",
            shown(path)
        )?),
    }
}

fn absent(name: &str, path: &Path) -> Failure {
    Failure {
        code: Code::UnknownProfile,
        sentence: format!(
            "“{}” has no profile “{name}” that gets its keys from Poolkey.",
            shown(path)
        ),
        remedy: "See which have: poolkey configure --remove --all --dry-run".into(),
    }
}
