//! What the person's files of AWS say, and what would come before a profile's keys.

use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use poolkey_core::failure::{Code, Failure};
use poolkey_core::name::ProfileName;
use poolkey_files::aws::{BadValue, Kind, Text};
use poolkey_ipc::Place;
use zeroize::Zeroizing;

use super::kept;
use super::settings;
use super::surroundings::Surroundings;

/// Both files.
#[derive(Debug)]
pub(super) struct AwsFiles {
    config: AwsFile,
    credentials: AwsFile,
}

/// One of them.
#[derive(Debug)]
struct AwsFile {
    kind: Kind,
    path: PathBuf,
    bytes: Zeroizing<Vec<u8>>,
    variable: Variable,
}

/// What becomes of the variable that names the file.
#[derive(Debug)]
enum Variable {
    /// It stays as it is, or is not there.
    AsItIs,
    /// An outer exec changed it: it says this again.
    Again(Option<OsString>),
}

impl AwsFiles {
    /// Those that AWS's tools would read here; where an outer exec named its own in their place,
    /// the ones behind.
    ///
    /// # Errors
    ///
    /// One cannot be read.
    pub(super) fn read(surroundings: &Surroundings, place: &Place) -> Result<Self, Failure> {
        let kept = kept::directory(place.state_dir());
        let home = surroundings.home.as_deref();
        let file = |kind, named: &Option<OsString>, usual: &str| {
            let usual = place.aws_dir().join(usual);
            AwsFile::find(kind, named.as_ref(), usual, home, &kept)
        };
        Ok(Self {
            config: file(Kind::Config, &surroundings.config_file, "config")?,
            credentials: file(
                Kind::Credentials,
                &surroundings.credentials_file,
                "credentials",
            )?,
        })
    }

    /// What the variables that name them must be where nothing takes their place.
    pub(super) fn originals(&self) -> Vec<(&'static str, Option<OsString>)> {
        [(CONFIG, &self.config), (CREDENTIALS, &self.credentials)]
            .into_iter()
            .filter_map(|(name, file)| match &file.variable {
                Variable::AsItIs => None,
                Variable::Again(path) => Some((name, path.clone())),
            })
            .collect()
    }

    /// The region of a profile, where the configuration says one.
    pub(super) fn region_of(&self, profile: &str) -> Option<String> {
        let text = Text::read(Kind::Config, &self.config.bytes).ok()?;
        let region = text.value(profile, "region")?;
        (!region.is_empty()).then(|| region.to_owned())
    }

    /// Whether `[default]` leads to keys, which every SDK takes before the endpoint's.
    ///
    /// # Errors
    ///
    /// A file is one that botocore refuses: no command with keys of a profile would work.
    pub(super) fn hides_the_endpoint(&self) -> Result<bool, Failure> {
        let (config, credentials) = (self.config.text()?, self.credentials.text()?);
        let files = [config, credentials];
        Ok(files
            .iter()
            .any(|text| settings::gives_keys(text, "default")))
    }

    /// A configuration with one profile more, which has all of `[default]` but what leads to keys;
    /// and its name.
    ///
    /// # Errors
    ///
    /// A file cannot be read or changed.
    pub(super) fn without_keys_of_default(
        &self,
        name: &ProfileName,
    ) -> Result<(String, Zeroizing<Vec<u8>>), Failure> {
        let (config, credentials) = (self.config.text()?, self.credentials.text()?);
        let taken = |name: &str| {
            let has = |text: &Text<'_>| text.profiles().any(|known| known == name);
            has(&config) || has(&credentials)
        };
        let others = (1..).map(|number| match number {
            1 => format!("{name}-exec"),
            number => format!("{name}-exec-{number}"),
        });
        let mut names = std::iter::once(name.to_string()).chain(others);
        // There are finitely many profiles.
        let name = names.find(|name| !taken(name)).unwrap_or_default();
        let text = settings::with_plain_profile(&config, &name)
            .map_err(|unfit| self.config.unfit(&unfit))?;
        Ok((name, self.config.signed(&text)))
    }

    /// A configuration in which the profile and `[default]` run `poolkey-credential-process`.
    ///
    /// # Errors
    ///
    /// The file cannot be read or changed, or the program not be named in it.
    pub(super) fn with_helper(&self, name: &ProfileName) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let helper = settings::helper(name)?;
        let text = settings::with_helper(&self.config.text()?, name, &helper)
            .map_err(|unfit| self.config.unfit(&unfit))?;
        Ok(self.config.signed(&text))
    }

    /// Whether the file of keys has some that would come before the configuration's.
    pub(super) fn credentials_have(&self, name: &ProfileName) -> bool {
        // What one tool refuses, another may read.
        self.credentials.text().map_or(true, |text| {
            ["default", name.as_str()]
                .iter()
                .any(|profile| settings::gives_keys(&text, profile))
        })
    }

    /// What takes its place then.
    pub(super) fn no_credentials(&self) -> Zeroizing<Vec<u8>> {
        self.credentials.signed(b"")
    }
}

impl AwsFile {
    fn find(
        kind: Kind,
        named: Option<&OsString>,
        usual: PathBuf,
        home: Option<&Path>,
        kept: &Path,
    ) -> Result<Self, Failure> {
        let path = match named {
            Some(named) => expanded(Path::new(named), home),
            None => usual.clone(),
        };
        let bytes = content(&path)?;
        let file = |path, bytes, variable| Self {
            kind,
            path,
            bytes,
            variable,
        };
        if path.parent() != Some(kept) {
            return Ok(file(path, bytes, Variable::AsItIs));
        }
        let Some(behind) = origin(&bytes) else {
            return Ok(file(path, bytes, Variable::AsItIs));
        };
        let again = (behind != usual).then(|| behind.clone().into_os_string());
        let bytes = content(&behind)?;
        Ok(file(behind, bytes, Variable::Again(again)))
    }

    fn text(&self) -> Result<Text<'_>, Failure> {
        Text::read(self.kind, &self.bytes).map_err(|refused| self.unfit(&refused.into()))
    }

    /// The text, with a first line that says where it comes from.
    fn signed(&self, text: &[u8]) -> Zeroizing<Vec<u8>> {
        let path = self.path.to_str().filter(|path| {
            let plain = |c: char| !c.is_control();
            path.chars().all(plain)
        });
        let head = match path {
            Some(path) => format!("{HEAD}{path}\n{NOTE}"),
            None => NOTE.to_owned(),
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(head.len() + text.len()));
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(text);
        bytes
    }

    fn unfit(&self, unfit: &BadValue) -> Failure {
        Failure {
            code: Code::File,
            sentence: format!("“{}”, {unfit}.", self.path.display()),
            remedy: "Put that right, or run the command with --env.".into(),
        }
    }
}

/// The file that one of ours stands for.
fn origin(bytes: &[u8]) -> Option<PathBuf> {
    let line = bytes.split(|byte| *byte == b'\n').next()?;
    let path = std::str::from_utf8(line).ok()?.strip_prefix(HEAD)?;
    Some(path.into())
}

/// botocore and others read a tilde in these variables, which a shell leaves alone within quotes.
fn expanded(path: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// No file says nothing, and neither does what is none: who reads a pipe takes it from the command.
fn content(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |error: std::io::Error| Failure {
        code: Code::File,
        sentence: format!("“{}” cannot be read: {error}.", path.display()),
        remedy: "Mend that, or run the command with --env.".into(),
    };
    let seen = match path.metadata() {
        Ok(seen) => seen,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Zeroizing::default());
        }
        Err(error) => return Err(failed(error)),
    };
    if !seen.is_file() {
        return Ok(Zeroizing::default());
    }
    let room = usize::try_from(seen.len().min(LARGEST)).unwrap_or(0) + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let file = File::open(path).map_err(failed)?;
    file.take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// The variable that names the configuration.
pub(super) const CONFIG: &str = "AWS_CONFIG_FILE";

/// The variable that names the file of keys.
pub(super) const CREDENTIALS: &str = "AWS_SHARED_CREDENTIALS_FILE";

const HEAD: &str = "# poolkey exec, in place of ";
const NOTE: &str = "# Nobody reads what is changed here: change that file.\n";

/// One byte more than is read of any.
const LARGEST: u64 = (32 << 20) + 1;
