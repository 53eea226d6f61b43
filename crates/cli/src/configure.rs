//! `poolkey configure`: what a new user runs first, and what anybody runs after a move.
//!
//! ```text
//!  setup   ─ a login and a profile of one's ids, into profiles.toml; found: what a file tells of them
//!  section ─ what a profile's section of ~/.aws/config has to say; what is in its way
//!  repair, remove ─ the lines that Poolkey wrote, put right or taken out
//!  writing ─ shows what would change, asks, and writes that and nothing else
//! ```

use std::io::Write;
use std::path::{Path, PathBuf};

use poolkey_core::config::{Config, FileSpec};
use poolkey_core::failure::{Code, Failure, Trouble};
use poolkey_core::name::ProfileName;
use poolkey_files::aws::Kind;
use poolkey_ipc::{Client, shim};
use toml_edit::DocumentMut;

use self::section::Wanted;
use self::writing::{Written, write, write_profiles};
use crate::args::ConfigureArgs;
use crate::aws_files::AwsFiles;
use crate::ending::{Ending, complain, warn};
use crate::interrupt::Interrupt;
use crate::profile;
use crate::profiles_file::ProfilesFile;
use crate::terminal::Person;

mod check;
mod diff;
mod found;
mod import;
mod next;
mod remove;
mod repair;
mod section;
mod setup;
mod writing;

pub(crate) use self::remove::offer as offer_removal;

/// Changes `~/.aws/config`, and `profiles.toml` for what is new. The daemon need not run for it.
pub(crate) fn run(args: &ConfigureArgs, client: &Client) -> Result<(), Ending> {
    let file = ProfilesFile::of_process()?;
    let mut desk = Desk {
        consent: Consent::of(args),
        person: Person::at_hand(&Interrupt::catch(client)),
        client: client.clone(),
        file,
    };
    if args.repair || args.remove {
        // What was written is put right and taken out whatever became of profiles.toml.
        let config = desk.file.read().unwrap_or_else(|failure| {
            warn(&failure.to_string());
            Config::default()
        });
        return match args.repair {
            true => repair::run(args, &config, &mut desk),
            false => remove::run(args, &config, &mut desk),
        };
    }
    let config = desk.file.read()?;
    let is_empty = config.profiles.is_empty() && args.profiles.is_empty();
    if args.new.is_meant() || is_empty {
        if !args.profiles.is_empty() {
            return Err(Ending::Usage(
                "A profile that is there already takes none of these options; for a new one, give \
                 its name as --profile."
                    .into(),
            ));
        }
        return setup::run(args, &config, &mut desk);
    }
    let names = named(args, &config, &mut desk)?;
    let settings = [
        ("region", args.settings.region.as_ref()),
        ("output", args.settings.output.as_ref()),
    ];
    let note_them = |document: &mut DocumentMut| {
        let mut names = names.iter();
        names.try_for_each(|name| profile::note(document, name, &settings))
    };
    let (_, config) = write_profiles(&note_them, &mut desk)?;
    introduce(&names, args, &config, &mut desk)
}

/// Who is asked, and what is changed.
struct Desk {
    consent: Consent,
    person: Person,
    client: Client,
    file: ProfilesFile,
}

/// Whether what is shown is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consent {
    Ask,
    Given,
    /// It is only to be shown.
    Withheld,
}

impl Consent {
    fn of(args: &ConfigureArgs) -> Self {
        match (args.dry_run, args.yes) {
            (true, _) => Self::Withheld,
            (false, true) => Self::Given,
            (false, false) => Self::Ask,
        }
    }
}

/// The profiles that are meant.
fn named(
    args: &ConfigureArgs,
    config: &Config,
    desk: &mut Desk,
) -> Result<Vec<ProfileName>, Ending> {
    let known = || config.profiles.keys();
    if args.all {
        return Ok(known().cloned().collect());
    }
    let mut names = args.profiles.clone();
    if names.is_empty() && known().count() > 1 {
        let all: Vec<&str> = known().map(ProfileName::as_str).collect();
        let prompt = format!("Profiles ({}) [all]: ", all.join(", "));
        let missing = "There are several profiles: name some, or give --all.";
        let typed = desk.person.line(&prompt, missing)?;
        let words = typed.split([' ', ',']).filter(|word| !word.is_empty());
        names = words.map(str::to_owned).collect();
    }
    if names.is_empty() {
        return Ok(known().cloned().collect());
    }
    let find = |name: &String| {
        let found = known().find(|known| known.as_str() == name);
        found.ok_or_else(|| Failure::from(Trouble::UnknownProfile(name.clone())).into())
    };
    let mut found: Vec<ProfileName> = Vec::new();
    for name in &names {
        let name: Result<_, Ending> = find(name);
        let name = name?;
        if !found.contains(name) {
            found.push(name.clone());
        }
    }
    Ok(found)
}

/// Puts profiles into `~/.aws/config`. One that something is in the way of keeps no other out.
fn introduce(
    names: &[ProfileName],
    args: &ConfigureArgs,
    config: &Config,
    desk: &mut Desk,
) -> Result<(), Ending> {
    let files = AwsFiles::of_process(&config.settings.aws_files)?;
    let shim = installed_shim()?;
    let credentials = files.read(&files.credentials)?;
    let before = files.read(&files.config)?;
    let look = section::Look {
        files: &files,
        credentials: &credentials,
        shim: &shim,
    };
    let wanted = names.iter().map(|name| Wanted {
        name: name.clone(),
        file: config.files.get(name).cloned().unwrap_or_default(),
        given: FileSpec {
            write_profile: None,
            region: args.settings.region.clone(),
            output: args.settings.output.clone(),
        },
    });
    let (mut possible, mut refused) = (Vec::new(), Vec::new());
    for wanted in wanted {
        match look.with(&before, std::slice::from_ref(&wanted)) {
            Ok(_) => possible.push(wanted),
            Err(failure) => refused.push(failure),
        }
    }
    // The last is how the command ends.
    let last = refused.pop();
    refused.iter().for_each(complain);
    if possible.is_empty() {
        return last.map_or(Ok(()), |failure| Err(failure.into()));
    }
    let change = |bytes: &[u8]| look.with(bytes, &possible);
    let written = write(&files, &files.config, &change, desk)?;
    let names: Vec<&ProfileName> = possible.iter().map(|wanted| &wanted.name).collect();
    match written {
        Written::Shown => {}
        Written::Done => {
            let bytes = files.read(&files.config)?;
            let now = section::read(&files.config, Kind::Config, &bytes)?;
            next::tell(&names, &now, config, &desk.client)?;
        }
        Written::AsItIs => {
            let listed: Vec<String> = names.iter().map(|name| format!("“{name}”")).collect();
            writeln!(
                anstream::stdout(),
                "“{}” has all of {} already.",
                files.config.display(),
                listed.join(", ")
            )?;
        }
    }
    last.map_or(Ok(()), |failure| Err(failure.into()))
}

/// The shim, by a path that lasts.
fn installed_shim() -> Result<PathBuf, Failure> {
    let path = shim::path();
    let failure = |sentence: String, remedy: &str| Failure {
        code: Code::File,
        sentence,
        remedy: remedy.into(),
    };
    if !path.is_file() {
        return Err(failure(
            format!("There is no “{}”.", path.display()),
            "Install Poolkey again: that program belongs beside this one.",
        ));
    }
    if shim::is_passing(&path) {
        return Err(failure(
            format!("“{}” is there only while Poolkey runs.", path.display()),
            "Unpack the AppImage (--appimage-extract) or install a package, and run the command \
             from there.",
        ));
    }
    if path
        .to_str()
        .is_none_or(|path| path.contains(char::is_control))
    {
        return Err(failure(
            format!("“{}” cannot stand in ~/.aws/config.", path.display()),
            PLAINER,
        ));
    }
    if !shim::is_readable_by_all(&path) {
        warn(&format!(
            "“{}” has a character that some AWS SDKs do not read in a command. {PLAINER}",
            path.display()
        ));
    }
    Ok(path)
}

/// A path as people know it.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

const PLAINER: &str = "Install Poolkey elsewhere, or link to it from a plainer path.";
