//! A LaunchAgent of the user. It is read at login; what runs meanwhile is left alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use directories::BaseDirs;
use poolkey_core::menu::Switch;

use super::What;

/// Where LaunchAgents lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// `~/Library/LaunchAgents`.
    pub agents: PathBuf,
}

impl Places {
    pub(super) fn of_process() -> Option<Self> {
        let agents = BaseDirs::new()?.home_dir().join("Library/LaunchAgents");
        Some(Self { agents })
    }

    pub(super) fn is_on(&self, what: What) -> bool {
        what == What::Icon && self.agent().is_file()
    }

    /// The first of the agent's arguments.
    pub(super) fn icon_program(&self) -> Option<PathBuf> {
        let agent = fs::read_to_string(self.agent()).ok()?;
        let (_, arguments) = agent.split_once("<key>ProgramArguments</key>")?;
        let (_, first) = arguments.split_once("<string>")?;
        let (program, _) = first.split_once("</string>")?;
        Some(program.replace("&lt;", "<").replace("&amp;", "&").into())
    }

    /// There are no units here.
    pub(super) fn daemon_program(&self) -> Option<PathBuf> {
        None
    }

    pub(super) fn turn(
        &self,
        what: What,
        switch: Switch,
        program: &Path,
    ) -> Result<(), (String, io::Error)> {
        let agent = self.agent();
        let turned = match (what, switch) {
            (What::Icon, Switch::On) => fs::create_dir_all(&self.agents)
                .and_then(|()| fs::write(&agent, property_list(program))),
            (What::Icon, Switch::Off) if agent.exists() => fs::remove_file(&agent),
            (What::Icon | What::Daemon, Switch::Off) => Ok(()),
            (What::Daemon, Switch::On) => Err(io::ErrorKind::Unsupported.into()),
        };
        turned.map_err(|error| (agent.display().to_string(), error))
    }

    fn agent(&self) -> PathBuf {
        self.agents.join(format!("{LABEL}.plist"))
    }
}

fn property_list(program: &Path) -> String {
    let program = program.display().to_string();
    let program = program.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n\
         <key>Label</key><string>{LABEL}</string>\n\
         <key>ProgramArguments</key><array><string>{program}</string><string>--icon</string></array>\n\
         <key>RunAtLoad</key><true/>\n\
         <key>ProcessType</key><string>Interactive</string>\n\
         </dict>\n</plist>\n"
    )
}

const LABEL: &str = "io.github.poolkey.desktop";
