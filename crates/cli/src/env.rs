//! `poolkey env`: a profile's keys as assignments, for shells, files and programs.

use std::io::{Write, stdout};
use std::path::PathBuf;

use poolkey_core::environment::{Environment, Shell};
use poolkey_core::name::ProfileName;
use poolkey_ipc::Client;

use crate::args::{EnvArgs, EnvFormat};
use crate::ending::Ending;
use crate::exec::{self, Scene};

mod dotenv;
mod github;
mod json;

/// Prints the variables that lead to the keys of a profile, and to no other.
pub(crate) fn run(args: &EnvArgs, client: &Client) -> Result<(), Ending> {
    let outside = Outside::of_process();
    let format = match args.format {
        Some(format) => format,
        None => outside.format()?,
    };
    let step = match format {
        EnvFormat::GitHub => Some(outside.step()?),
        EnvFormat::Bash
        | EnvFormat::Zsh
        | EnvFormat::Fish
        | EnvFormat::PowerShell
        | EnvFormat::Dotenv
        | EnvFormat::Json => None,
    };
    let document = client.document(&args.profile)?;
    let name: ProfileName = exec::named(&args.profile)?;
    let scene = Scene::of_process(name)?;
    let variables = scene.region(args.region.as_deref()).put(
        Environment::of_keys(&document)?
            .without_shadows()
            .with("POOLKEY_PROFILE", scene.name()),
    );
    let text = match format {
        EnvFormat::Bash | EnvFormat::Zsh => variables.in_words_of(Shell::Bash),
        EnvFormat::Fish => variables.in_words_of(Shell::Fish),
        EnvFormat::PowerShell => variables.in_words_of(Shell::PowerShell),
        EnvFormat::Dotenv => dotenv::lines(&variables)?,
        EnvFormat::GitHub => github::masks(&variables),
        EnvFormat::Json => json::object(&variables),
    };
    let mut out = stdout().lock();
    out.write_all(text.expose().as_bytes())?;
    out.flush()?;
    if let Some(file) = step {
        // The log masks them from here on.
        github::append(&file, &variables)?;
    }
    Ok(())
}

/// What the environment says of who will read.
struct Outside {
    shell: Option<PathBuf>,
    github_env: Option<PathBuf>,
}

impl Outside {
    #[expect(
        clippy::disallowed_methods,
        reason = "read once, and an argument from here on"
    )]
    fn of_process() -> Self {
        let var = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            shell: var("SHELL").map(PathBuf::from),
            github_env: var("GITHUB_ENV").map(PathBuf::from),
        }
    }

    fn format(&self) -> Result<EnvFormat, Ending> {
        let Some(shell) = &self.shell else {
            return Ok(if cfg!(windows) {
                EnvFormat::PowerShell
            } else {
                EnvFormat::Bash
            });
        };
        match shell.file_stem().and_then(|name| name.to_str()) {
            Some("sh" | "bash" | "dash" | "ash" | "ksh" | "ksh93" | "mksh" | "oksh" | "yash") => {
                Ok(EnvFormat::Bash)
            }
            Some("zsh") => Ok(EnvFormat::Zsh),
            Some("fish") => Ok(EnvFormat::Fish),
            Some("pwsh" | "powershell") => Ok(EnvFormat::PowerShell),
            Some(_) | None => Err(Ending::Usage(format!(
                "SHELL is “{}”, whose words Poolkey does not know: give --format.",
                shell.display()
            ))),
        }
    }

    fn step(&self) -> Result<PathBuf, Ending> {
        match &self.github_env {
            Some(file) => Ok(file.clone()),
            None => Err(Ending::Usage(
                "There is no GITHUB_ENV: --format github is for a step of GitHub Actions.".into(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_that_is_named_is_spoken_to() {
        let format = |shell: Option<&str>| {
            let outside = Outside {
                shell: shell.map(PathBuf::from),
                github_env: None,
            };
            outside.format().ok()
        };
        for (shell, known) in [
            ("/bin/bash", Some(EnvFormat::Bash)),
            ("/usr/bin/ksh93", Some(EnvFormat::Bash)),
            ("/usr/bin/zsh", Some(EnvFormat::Zsh)),
            ("/usr/bin/fish", Some(EnvFormat::Fish)),
            (
                "/opt/microsoft/powershell/7/pwsh",
                Some(EnvFormat::PowerShell),
            ),
            ("/bin/tcsh", None),
            ("/", None),
        ] {
            assert_eq!(format(Some(shell)), known, "{shell}");
        }
        if cfg!(unix) {
            assert_eq!(format(None), Some(EnvFormat::Bash));
        }
    }
}
