//! All that an examination knows of the machine before it looks for anything: read once, without
//! following, opening or waiting for what could keep it.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use poolkey_core::config::{Config, Settings};
use poolkey_core::time::UnixTime;
use poolkey_ipc::Place;
use poolkey_ipc::address::Env;
use zeroize::Zeroizing;

use crate::words;

/// The machine as this process sees it.
pub(super) struct Machine {
    pub(super) vars: Vars,
    pub(super) now: UnixTime,
    pub(super) home: Option<PathBuf>,
    pub(super) place: Option<Place>,
    pub(super) sockets: Env,
    /// Where the AWS tools of this shell find their configuration.
    pub(super) aws_config: Content,
    /// And their credentials.
    pub(super) aws_credentials: Content,
    /// `profiles.toml`.
    pub(super) profiles: Content,
    /// What it says, or where it is wrong; empty where it is not there.
    pub(super) config: Result<Config, poolkey_core::config::ConfigError>,
}

/// The environment, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Vars(BTreeMap<String, String>);

/// A file, as far as it can be read.
pub(super) struct Content {
    pub(super) path: PathBuf,
    pub(super) state: State,
}

/// How a file is.
pub(super) enum State {
    Absent,
    /// A link that leads nowhere.
    Dead,
    /// It cannot be read, or is none.
    Unreadable(String),
    Bytes(Zeroizing<Vec<u8>>),
}

impl Machine {
    /// The machine of this process.
    pub(super) fn of_process() -> Self {
        let vars = Vars::of_process();
        let place = Place::of_process().ok();
        let home = place
            .as_ref()
            .and_then(|place| place.aws_dir().parent())
            .map(Path::to_owned);
        let aws = |variable: &str, name: &str| match (vars.get(variable), &place) {
            (Some(path), _) => read(&expanded(path, home.as_deref())),
            (None, Some(place)) => read(&place.aws_dir().join(name)),
            (None, None) => Content::absent(),
        };
        let profiles = match &place {
            Some(place) => read(&place.config_file()),
            None => Content::absent(),
        };
        let config = match &profiles.state {
            State::Bytes(bytes) => Config::parse(&String::from_utf8_lossy(bytes)),
            State::Absent | State::Dead | State::Unreadable(_) => Ok(Config::default()),
        };
        Self {
            aws_config: aws("AWS_CONFIG_FILE", "config"),
            aws_credentials: aws("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            now: words::now(),
            sockets: Env::of_process(),
            vars,
            home,
            place,
            profiles,
            config,
        }
    }

    /// What is configured, as far as it can be read.
    pub(super) fn settings(&self) -> Settings {
        self.config
            .as_ref()
            .map(|config| config.settings.clone())
            .unwrap_or_default()
    }

    /// A path as people write it.
    pub(super) fn shown(&self, path: &Path) -> String {
        let inside = self
            .home
            .as_deref()
            .filter(|home| home.parent().is_some())
            .and_then(|home| path.strip_prefix(home).ok());
        match inside {
            Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
            Some(rest) => format!("~/{}", rest.display()),
            None => path.display().to_string(),
        }
    }

    /// The programs of `PATH` by that name.
    pub(super) fn in_path(&self, name: &str) -> Vec<PathBuf> {
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        let path = self.vars.get("PATH").unwrap_or_default();
        std::env::split_paths(path)
            .filter(|directory| directory.is_absolute())
            .map(|directory| directory.join(&name))
            .filter(|program| program.is_file())
            .collect()
    }
}

impl Vars {
    /// Those of this process. What is no text is nobody's name or path here.
    fn of_process() -> Self {
        let all = std::env::vars_os().filter(|(_, value)| !value.is_empty());
        Self(
            all.map(|(name, value)| {
                (
                    name.to_string_lossy().into_owned(),
                    value.to_string_lossy().into_owned(),
                )
            })
            .collect(),
        )
    }

    /// A variable that is set and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The first of these that is set.
    pub(super) fn first<'a>(&self, names: &[&'a str]) -> Option<(&'a str, &str)> {
        names.iter().find_map(|name| Some((*name, self.get(name)?)))
    }

    /// Names that begin so.
    pub(super) fn beginning<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .keys()
            .map(String::as_str)
            .filter(move |name| name.starts_with(start))
    }
}

impl Content {
    fn absent() -> Self {
        Self {
            path: PathBuf::new(),
            state: State::Absent,
        }
    }

    /// What it holds; nothing where it cannot be read.
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.state {
            State::Bytes(bytes) => bytes,
            State::Absent | State::Dead | State::Unreadable(_) => &[],
        }
    }
}

/// Reads a file that may be anything: a pipe that nobody writes to, a directory, a hundred megabytes.
pub(super) fn read(path: &Path) -> Content {
    let state = match std::fs::metadata(path) {
        Err(error) if is_absent(&error) => {
            if path.is_symlink() {
                State::Dead
            } else {
                State::Absent
            }
        }
        Err(error) => State::Unreadable(error.to_string()),
        Ok(seen) if seen.is_dir() => State::Unreadable("it is a directory".into()),
        Ok(seen) => match open(path, &seen) {
            Ok(bytes) => State::Bytes(bytes),
            Err(why) => State::Unreadable(why),
        },
    };
    Content {
        path: path.to_owned(),
        state,
    }
}

fn open(path: &Path, seen: &Metadata) -> Result<Zeroizing<Vec<u8>>, String> {
    if seen.is_file() && seen.len() > LARGEST {
        return Err(format!("it is larger than {} MB", LARGEST >> 20));
    }
    let file = open_plain(path)?;
    let room = usize::try_from(seen.len()).unwrap_or(0) + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(LARGEST)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Opens a file that is one, and waits for nobody.
pub(super) fn open_plain(path: &Path) -> Result<File, String> {
    let odd = || Err("it is no plain file".to_owned());
    match path.metadata() {
        Ok(seen) if seen.is_file() => {}
        Ok(_) => return odd(),
        Err(error) => return Err(error.to_string()),
    }
    let mut options = File::options();
    options.read(true);
    // Should a pipe take its place in between, nobody waits for whoever writes into it.
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path).map_err(|error| error.to_string())?;
    if file.metadata().is_ok_and(|seen| seen.is_file()) {
        Ok(file)
    } else {
        odd()
    }
}

/// A path as one word of a shell's command.
pub(super) fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+@:,".contains(c);
    if path.chars().all(plain) {
        path
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

/// A part of the way may be missing, or be a file.
fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// botocore reads `~` there; most shells have replaced it already.
fn expanded(path: &str, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

/// Ten thousand profiles with long session tokens are below.
const LARGEST: u64 = 32 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word() {
        for (path, word) in [
            ("/home/jane/.aws", "/home/jane/.aws"),
            ("/home/jane doe/x", "'/home/jane doe/x'"),
            ("/jane's/$x", r"'/jane'\''s/$x'"),
        ] {
            assert_eq!(quoted(Path::new(path)), word);
        }
    }
}
