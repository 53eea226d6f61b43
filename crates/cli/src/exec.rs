//! `poolkey exec`: the environment that leads to a profile's keys and to no other, and then the
//! command in our place.
//!
//! ```text
//!  surroundings ─ what the environment says      region ─ which region counts
//!  aws_files ─ what ~/.aws says, and whether it would come first
//!  settings ─ the configuration file that takes its place     kept ─ where that lies
//!  replace ─ the command becomes this process
//! ```

use std::ffi::OsString;
use std::process::{Command, Stdio};

use poolkey_core::environment::Environment;
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::name::ProfileName;
use poolkey_core::secret::Secret;
use poolkey_ipc::client::Starting;
use poolkey_ipc::{Ask, Client, Place, Reply};

use self::aws_files::AwsFiles;
use self::region::{Region, region};
use self::surroundings::Surroundings;
use crate::args::{ExecArgs, WayArgs};
use crate::ending::Ending;
use crate::profiles_file::ProfilesFile;

mod aws_files;
mod kept;
mod region;
mod replace;
mod settings;
mod surroundings;

/// Runs a command with the keys of a profile. It returns only where that cannot be.
pub(crate) fn run(args: &ExecArgs, client: &Client) -> Result<(), Ending> {
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(Ending::Usage("A command is to be named.".into()));
    };
    let client = at_hand(client)?;
    // Before anything is run: without keys there is nothing to run it for.
    let document = client.document(&args.profile)?;
    let name = named(&args.profile)?;
    let scene = Scene::of_process(name)?;
    let region = scene.region(args.region.as_deref());
    let setting = match Way::of(&args.way) {
        Way::Container => scene.container(&client)?,
        Way::Env => scene.keys(&document)?,
        Way::Config => scene.config()?,
    };
    drop(document);
    let mut command = Command::new(program);
    command.args(arguments);
    setting.put(region, &scene.name, &mut command);
    Err(replace::replace(program, command))
}

/// The profile that the daemon knows by this name.
pub(crate) fn named(profile: &str) -> Result<ProfileName, Failure> {
    profile
        .parse()
        .map_err(|_| Trouble::UnknownProfile(profile.to_owned()).into())
}

/// How the command gets its keys.
#[derive(Clone, Copy)]
enum Way {
    Container,
    Env,
    Config,
}

impl Way {
    fn of(args: &WayArgs) -> Self {
        match (args.env, args.config) {
            (true, _) => Self::Env,
            (false, true) => Self::Config,
            (false, false) => Self::Container,
        }
    }
}

/// What a command finds in its environment.
#[derive(Default)]
struct Setting {
    variables: Environment,
    /// Where AWS's tools find their files, where that is to change.
    files: Vec<(&'static str, Option<OsString>)>,
}

impl Setting {
    fn put(self, region: Region, name: &ProfileName, command: &mut Command) {
        let variables = self
            .variables
            .without_shadows()
            .with("POOLKEY_PROFILE", name.as_str());
        let variables = region.put(variables);
        for name in variables.unset() {
            command.env_remove(name);
        }
        for (name, value) in variables.set() {
            command.env(name, value.expose());
        }
        for (name, path) in self.files {
            match path {
                Some(path) => command.env(name, path),
                None => command.env_remove(name),
            };
        }
    }
}

/// The profile, and all that is known of where its command will run.
pub(crate) struct Scene {
    name: ProfileName,
    surroundings: Surroundings,
    place: Place,
    /// Whether they can be read matters only where they are to be changed.
    files: Result<AwsFiles, Failure>,
}

impl Scene {
    /// That of this process.
    pub(crate) fn of_process(name: ProfileName) -> Result<Self, Failure> {
        let (surroundings, place) = (Surroundings::of_process(), Place::of_process()?);
        Ok(Self {
            name,
            files: AwsFiles::read(&surroundings, &place),
            surroundings,
            place,
        })
    }

    /// The profile's name.
    pub(crate) fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Which region counts. A file that is broken for the moment keeps nobody from their keys.
    pub(crate) fn region(&self, chosen: Option<&str>) -> Region {
        let config = ProfilesFile::of_process().and_then(|file| file.read());
        let config = config.unwrap_or_default();
        let known = |profile: &str| {
            let in_toml = config
                .files
                .iter()
                .find(|(name, _)| name.as_str() == profile)
                .and_then(|(_, file)| file.region.clone());
            in_toml.or_else(|| self.files.as_ref().ok()?.region_of(profile))
        };
        region(chosen, &self.name, &self.surroundings, known)
    }

    fn keys(&self, document: &Secret) -> Result<Setting, Failure> {
        let files = self.files.as_ref();
        Ok(Setting {
            variables: Environment::of_keys(document)?,
            files: files.map(AwsFiles::originals).unwrap_or_default(),
        })
    }

    fn container(&self, client: &Client) -> Result<Setting, Failure> {
        let files = self.files.as_ref().map_err(Clone::clone)?;
        let mut setting = Setting {
            files: files.originals(),
            ..Setting::default()
        };
        let mut variables = Environment::default();
        if files.hides_the_endpoint()? {
            let (profile, text) = files.without_keys_of_default(&self.name)?;
            variables = variables.with("AWS_PROFILE", profile);
            let path = kept::keep(self.place.state_dir(), kept::Kind::Config, &text)?;
            setting.point(aws_files::CONFIG, path.into_os_string());
        }
        if let Some(nothing) = self.surroundings.hides_by_boto() {
            setting.point("BOTO_CONFIG", nothing.into());
        }
        let ask = Ask::Grant {
            profile: self.name.to_string(),
            name: None,
            seconds: None,
        };
        let reply = client.ask(&ask)?;
        let Reply::Grant(grant) = reply else {
            return Err(reply.unexpected());
        };
        setting.variables = variables
            .with("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*grant.url)
            .with("AWS_CONTAINER_AUTHORIZATION_TOKEN", grant.token.expose());
        Ok(setting)
    }

    fn config(&self) -> Result<Setting, Failure> {
        let files = self.files.as_ref().map_err(Clone::clone)?;
        let text = files.with_helper(&self.name)?;
        let path = kept::keep(self.place.state_dir(), kept::Kind::Config, &text)?;
        let mut setting = Setting {
            variables: Environment::default()
                .with("AWS_PROFILE", self.name.as_str())
                // Without it the first SDKs for Go and JavaScript read no configuration.
                .with("AWS_SDK_LOAD_CONFIG", "1"),
            files: files.originals(),
        };
        setting.point(aws_files::CONFIG, path.into_os_string());
        if files.credentials_have(&self.name) {
            let text = files.no_credentials();
            let path = kept::keep(self.place.state_dir(), kept::Kind::Credentials, &text)?;
            setting.point(aws_files::CREDENTIALS, path.into_os_string());
        }
        Ok(setting)
    }
}

impl Setting {
    fn point(&mut self, name: &'static str, path: OsString) {
        self.files.retain(|(known, _)| *known != name);
        self.files.push((name, Some(path)));
    }
}

/// A client of a daemon that runs. Where none does, another process starts it: as our child it would
/// become the command's, which knows nothing of it.
fn at_hand(client: &Client) -> Result<Client, Ending> {
    if client.is_answered()? {
        return Ok(client.clone().starting(Starting::Never));
    }
    let Ok(own) = std::env::current_exe() else {
        return Ok(client.clone());
    };
    let helper = Command::new(own)
        .args(["status", "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    match helper {
        Ok(status) if status.success() => Ok(client.clone().starting(Starting::Never)),
        Ok(status) => Err(Ending::Told(
            status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .unwrap_or(1),
        )),
        Err(_) => Ok(client.clone()),
    }
}
