//! What the environment says, read once.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The variables that matter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    /// `AWS_CONFIG_FILE`.
    pub(super) config_file: Option<OsString>,
    /// `AWS_SHARED_CREDENTIALS_FILE`.
    pub(super) credentials_file: Option<OsString>,
    /// `BOTO_CONFIG`.
    pub(super) boto_config: Option<OsString>,
    /// `AWS_REGION` and `AWS_DEFAULT_REGION`.
    pub(super) regions: [Option<OsString>; 2],
    /// `POOLKEY_PROFILE`: the profile of the exec that this one is within.
    pub(super) outer: Option<OsString>,
    /// The home directory.
    pub(super) home: Option<PathBuf>,
}

impl Surroundings {
    /// Those of this process. What is empty says nothing.
    #[expect(
        clippy::disallowed_methods,
        reason = "read once, and an argument from here on"
    )]
    pub(crate) fn of_process() -> Self {
        let var = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            config_file: var(super::aws_files::CONFIG),
            credentials_file: var(super::aws_files::CREDENTIALS),
            boto_config: var("BOTO_CONFIG"),
            regions: [var("AWS_REGION"), var("AWS_DEFAULT_REGION")],
            outer: var("POOLKEY_PROFILE"),
            home: std::env::home_dir(),
        }
    }

    /// What `BOTO_CONFIG` must be where a file of the first boto has keys of AWS, which botocore
    /// takes before the endpoint. Such a file is `gsutil`'s, too, so that it is left alone otherwise.
    pub(super) fn hides_by_boto(&self) -> Option<&'static str> {
        let usual = || {
            let home = self.home.as_ref().map(|home| home.join(".boto"));
            [Some(PathBuf::from("/etc/boto.cfg")), home]
                .into_iter()
                .flatten()
                .collect()
        };
        let files: Vec<PathBuf> = match &self.boto_config {
            Some(path) => vec![path.into()],
            None => usual(),
        };
        let has_keys = |path: &PathBuf| {
            let text = start_of(path).unwrap_or_default().to_ascii_lowercase();
            text.lines()
                .any(|line| line.trim_start().starts_with("aws_access_key_id"))
        };
        let nothing = if cfg!(windows) { "NUL" } else { "/dev/null" };
        files.iter().any(has_keys).then_some(nothing)
    }
}

fn start_of(path: &Path) -> Option<String> {
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path)
        .ok()?
        .take(ENOUGH)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

const ENOUGH: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_boto_matters_where_it_has_keys() {
        let home = tempfile::tempdir().unwrap();
        let mut surroundings = Surroundings {
            home: Some(home.path().to_owned()),
            ..Surroundings::default()
        };
        assert_eq!(surroundings.hides_by_boto(), None);
        let file = home.path().join(".boto");
        std::fs::write(&file, "[GSUtil]\nparallel_process_count = 1\n").unwrap();
        assert_eq!(surroundings.hides_by_boto(), None);
        std::fs::write(&file, "[Credentials]\nAWS_access_key_id = AKIA\n").unwrap();
        let nothing = if cfg!(windows) { "NUL" } else { "/dev/null" };
        assert_eq!(surroundings.hides_by_boto(), Some(nothing));
        // The variable takes the place of both usual files.
        surroundings.boto_config = Some("/dev/null".into());
        assert_eq!(surroundings.hides_by_boto(), None);
    }
}
