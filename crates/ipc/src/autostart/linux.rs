//! XDG autostart entries, and units of systemd's user manager. Both are files, so that they are
//! switched without any program that may not be there.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use directories::BaseDirs;
use poolkey_core::menu::Switch;

use super::What;

/// Where such files lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// `$XDG_CONFIG_HOME`.
    pub config: PathBuf,
    /// `$XDG_CONFIG_DIRS`, the first before the last.
    pub system: Vec<PathBuf>,
    /// Where units lie, the first before the last.
    pub units: Vec<PathBuf>,
}

type Refused = (String, io::Error);

impl Places {
    #[expect(
        clippy::disallowed_methods,
        reason = "read once, and an argument from here on"
    )]
    pub(super) fn of_process() -> Option<Self> {
        let base = BaseDirs::new()?;
        let dirs = std::env::var_os("XDG_CONFIG_DIRS").filter(|dirs| !dirs.is_empty());
        let dirs = dirs.unwrap_or_else(|| OsString::from("/etc/xdg"));
        let mut units = vec![
            base.config_dir().join("systemd/user"),
            base.data_dir().join("systemd/user"),
        ];
        units.extend(UNITS.map(PathBuf::from));
        Some(Self {
            config: base.config_dir().to_owned(),
            system: std::env::split_paths(&dirs).collect(),
            units,
        })
    }

    pub(super) fn is_on(&self, what: What) -> bool {
        match what {
            What::Icon => self.icon_entry().is_some_and(|entry| starts(&entry)),
            What::Daemon => self.wanted().symlink_metadata().is_ok(),
        }
    }

    /// The word that is a program, as the entry's rules quote it.
    pub(super) fn icon_program(&self) -> Option<PathBuf> {
        let entry = self.icon_entry()?;
        let command = value(&entry, "Exec")?;
        // The string's own escapes first, then those of the command line.
        let unescaped = command.replace("\\\\", "\\");
        let Some(quoted) = unescaped.strip_prefix('"') else {
            return command.split(' ').next().map(PathBuf::from);
        };
        let mut program = String::new();
        let mut chars = quoted.chars();
        loop {
            match chars.next()? {
                '"' => return Some(program.replace("%%", "%").into()),
                '\\' => program.push(chars.next()?),
                c => program.push(c),
            }
        }
    }

    /// What the first unit of the daemon names, where that is a plain path.
    pub(super) fn daemon_program(&self) -> Option<PathBuf> {
        let mut units = self.units.iter();
        let unit = units.find_map(|dir| fs::read_to_string(dir.join(SERVICE)).ok())?;
        let command = value(&unit, "ExecStart")?;
        let program = command.split(' ').next()?.trim_matches('"');
        Path::new(program).is_absolute().then(|| program.into())
    }

    /// The user's own, or else the first of the system's.
    fn icon_entry(&self) -> Option<String> {
        let own = fs::read_to_string(self.entry());
        let mut dirs = self.system.iter();
        own.ok().or_else(|| {
            dirs.find_map(|dir| fs::read_to_string(dir.join("autostart").join(ENTRY)).ok())
        })
    }

    pub(super) fn turn(&self, what: What, switch: Switch, program: &Path) -> Result<(), Refused> {
        match (what, switch) {
            (What::Icon, Switch::On) => write(&self.entry(), &entry(program)),
            (What::Icon, Switch::Off) if self.is_of_system() => write(
                &self.entry(),
                "[Desktop Entry]\nType=Application\nHidden=true\n",
            ),
            (What::Icon, Switch::Off) => remove(&self.entry()),
            (What::Daemon, Switch::On) => {
                let link = self.wanted();
                let unit = self
                    .units
                    .iter()
                    .map(|dir| dir.join(UNIT))
                    .find(|unit| unit.is_file());
                let refused = |error| (link.display().to_string(), error);
                let unit = unit.ok_or_else(|| {
                    let missing = format!("{UNIT} is not installed");
                    refused(io::Error::new(io::ErrorKind::NotFound, missing))
                })?;
                remove(&link)?;
                make_parent(&link)
                    .and_then(|()| symlink(&unit, &link))
                    .map_err(refused)
            }
            (What::Daemon, Switch::Off) => remove(&self.wanted()),
        }
    }

    fn is_of_system(&self) -> bool {
        let mut dirs = self.system.iter();
        dirs.any(|dir| dir.join("autostart").join(ENTRY).is_file())
    }

    fn entry(&self) -> PathBuf {
        self.config.join("autostart").join(ENTRY)
    }

    /// The link by which `systemctl --user enable` makes the manager want the socket.
    fn wanted(&self) -> PathBuf {
        self.config
            .join("systemd/user/sockets.target.wants")
            .join(UNIT)
    }
}

/// Whether a desktop starts what the entry names.
fn starts(entry: &str) -> bool {
    value(entry, "Exec").is_some()
        && value(entry, "Hidden") != Some("true")
        && value(entry, "X-GNOME-Autostart-enabled") != Some("false")
}

fn value<'a>(entry: &'a str, key: &str) -> Option<&'a str> {
    let lines = entry.lines().filter_map(|line| line.split_once('='));
    let mut values = lines
        .filter(|(name, _)| name.trim() == key)
        .map(|(_, value)| value.trim());
    values.next()
}

fn entry(program: &Path) -> String {
    let mut quoted = String::from("\"");
    for c in program.display().to_string().chars() {
        // Once for the string that the file holds, once for the quotes of the command line.
        match c {
            '"' | '`' | '$' => quoted.push_str("\\\\"),
            '\\' => quoted.push_str("\\\\\\"),
            '%' => quoted.push('%'),
            _ => {}
        }
        quoted.push(c);
    }
    quoted.push('"');
    format!(
        "[Desktop Entry]\n\
         Type=Application\n\
         Name=Poolkey\n\
         Comment=AWS keys for your Cognito logins\n\
         Comment[ja]=Cognito のログインから AWS のキーを提供します\n\
         Exec={quoted}\n\
         Icon=poolkey\n\
         Terminal=false\n\
         NoDisplay=true\n\
         X-GNOME-Autostart-enabled=true\n"
    )
}

/// A new file in the old one's place: whoever reads it finds the one or the other.
fn write(path: &Path, text: &str) -> Result<(), Refused> {
    let new = path.with_extension("new");
    let written = make_parent(path)
        .and_then(|()| fs::File::create(&new))
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&new, path));
    written.map_err(|error| (path.display().to_string(), error))
}

fn remove(path: &Path) -> Result<(), Refused> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err((path.display().to_string(), error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn make_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

const ENTRY: &str = "poolkey-tray.desktop";
const UNIT: &str = "poolkeyd.socket";
const SERVICE: &str = "poolkeyd.service";
const UNITS: [&str; 4] = [
    "/etc/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/lib/systemd/user",
    "/lib/systemd/user",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autostart::Autostart;

    #[test]
    fn the_icon_is_switched() {
        let (home, autostart) = desk();
        assert!(!autostart.is_on(What::Icon));
        autostart.turn(What::Icon, Switch::On).unwrap();
        assert!(autostart.is_on(What::Icon));
        let entry = fs::read_to_string(home.path().join("config/autostart").join(ENTRY)).unwrap();
        assert!(
            entry.contains("\nExec=\"/opt/pool key/poolkey-tray\"\n"),
            "{entry}"
        );
        autostart.turn(What::Icon, Switch::On).unwrap();
        autostart.turn(What::Icon, Switch::Off).unwrap();
        assert!(!autostart.is_on(What::Icon));
        autostart.turn(What::Icon, Switch::Off).unwrap();
        assert!(
            fs::read_dir(home.path().join("config/autostart"))
                .unwrap()
                .next()
                .is_none()
        );
    }

    #[test]
    fn the_program_that_starts_is_read_as_it_was_written() {
        let (home, autostart) = desk();
        assert_eq!(autostart.icon_program(), None);
        let text = home.path().join("config/autostart").join(ENTRY);
        for program in [
            "/opt/pool key/poolkey-tray",
            "/a b/\"$`\\%/tray",
            "/usr/bin/poolkey-tray",
        ] {
            let autostart = Autostart::new(autostart.places.clone(), program.into());
            autostart.turn(What::Icon, Switch::On).unwrap();
            assert_eq!(autostart.icon_program(), Some(program.into()));
        }
        fs::write(&text, "[Desktop Entry]\nExec=/usr/bin/poolkey-tray --x\n").unwrap();
        assert_eq!(
            autostart.icon_program(),
            Some("/usr/bin/poolkey-tray".into())
        );
        autostart.turn(What::Icon, Switch::Off).unwrap();
        assert_eq!(autostart.icon_program(), None);
    }

    #[test]
    fn an_administrators_entry_is_overridden_and_left_alone() {
        let (home, autostart) = desk();
        let theirs = home.path().join("etc/autostart").join(ENTRY);
        fs::create_dir_all(theirs.parent().unwrap()).unwrap();
        fs::write(&theirs, entry(Path::new("/usr/bin/poolkey-tray"))).unwrap();
        assert!(autostart.is_on(What::Icon));
        autostart.turn(What::Icon, Switch::Off).unwrap();
        assert!(!autostart.is_on(What::Icon));
        assert!(starts(&fs::read_to_string(&theirs).unwrap()));
        autostart.turn(What::Icon, Switch::On).unwrap();
        assert!(autostart.is_on(What::Icon));
    }

    #[test]
    fn what_a_desktops_settings_switched_off_is_off() {
        let on = entry(Path::new("/usr/bin/poolkey-tray"));
        assert!(starts(&on));
        assert!(!starts(&on.replace("enabled=true", "enabled=false")));
        assert!(!starts(&format!("{on}Hidden=true\n")));
        assert!(!starts("[Desktop Entry]\nType=Application\n"));
    }

    #[test]
    fn the_daemons_socket_is_switched_where_it_is_installed() {
        let (home, autostart) = desk();
        let failure = autostart.turn(What::Daemon, Switch::On).unwrap_err();
        assert!(
            failure
                .sentence
                .contains("poolkeyd.socket is not installed"),
            "{failure}"
        );
        assert!(!autostart.is_on(What::Daemon));

        fs::create_dir_all(home.path().join("units")).unwrap();
        fs::write(home.path().join("units").join(UNIT), "[Socket]\n").unwrap();
        autostart.turn(What::Daemon, Switch::On).unwrap();
        autostart.turn(What::Daemon, Switch::On).unwrap();
        assert!(autostart.is_on(What::Daemon));
        let link = home
            .path()
            .join("config/systemd/user/sockets.target.wants")
            .join(UNIT);
        assert_eq!(fs::read_to_string(link).unwrap(), "[Socket]\n");
        assert_eq!(autostart.daemon_program(), None);
        let service = "[Service]\nType=notify\nExecStart=/usr/bin/poolkeyd\n";
        fs::write(home.path().join("units").join(SERVICE), service).unwrap();
        assert_eq!(autostart.daemon_program(), Some("/usr/bin/poolkeyd".into()));
        autostart.turn(What::Daemon, Switch::Off).unwrap();
        assert!(!autostart.is_on(What::Daemon));
        assert_eq!(autostart.daemon_program(), None);
    }

    /// The rules of the Desktop Entry Specification: quotes, dollars, backslashes, percent signs.
    #[test]
    fn a_strange_path_is_quoted() {
        let text = entry(Path::new("/a b/\"$`\\%/tray"));
        assert!(
            text.contains("\nExec=\"/a b/\\\\\"\\\\$\\\\`\\\\\\\\%%/tray\"\n"),
            "{text}"
        );
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let (home, autostart) = desk();
        fs::write(home.path().join("config"), "a file").unwrap();
        let failure = autostart.turn(What::Icon, Switch::On).unwrap_err();
        assert!(
            failure.sentence.contains("poolkey-tray.desktop"),
            "{failure}"
        );
    }

    fn desk() -> (tempfile::TempDir, Autostart) {
        let home = tempfile::tempdir().unwrap();
        let places = Places {
            config: home.path().join("config"),
            system: vec![home.path().join("etc")],
            units: vec![home.path().join("units")],
        };
        let program = PathBuf::from("/opt/pool key/poolkey-tray");
        (home, Autostart::new(places, program))
    }
}
