//! `poolkey configure`, as it is typed.

use std::path::PathBuf;

use super::{NewLogin, SettingsArgs};

/// Set Poolkey up: logins, profiles, and the lines of ~/.aws/config by which AWS tools find them
///
/// Where there is no profile yet, the ids of a user pool and an identity pool are asked for, or
/// taken from --import or options. Then credential_process is written into ~/.aws/config (or the
/// file that AWS_CONFIG_FILE names) for the profiles that are named. What changes is shown first,
/// line by line, and nothing is written before you agree. What others wrote stays as it is; a
/// profile that gets its keys elsewhere already is left alone. A region or output that is given
/// here is noted in profiles.toml, too.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct ConfigureArgs {
    /// The profiles; may be left out where there is only one
    #[arg(value_name = "PROFILE", conflicts_with_all = ["import", "new_profile", "login"])]
    pub(crate) profiles: Vec<String>,
    /// All profiles
    #[arg(long, conflicts_with = "profiles")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    /// Put right what names a poolkey-credential-process that is gone, or another installation's
    #[arg(long, conflicts_with_all = ["remove", "region", "output", "all"])]
    pub(crate) repair: bool,
    /// Take out what was written
    #[arg(long, conflicts_with_all = ["region", "output"])]
    pub(crate) remove: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write it without asking
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) new: NewProfile,
}

/// What a first profile is made of, and the login that it belongs to.
#[derive(clap::Args, Clone, Default)]
pub(crate) struct NewProfile {
    /// Take the ids from a file: amplify_outputs.json, aws-exports.js, amplifyconfiguration.json,
    /// or the outputs of CDK or CloudFormation
    #[arg(long, value_name = "FILE", conflicts_with_all = ["repair", "remove", "all"],
        help_heading = NEW)]
    pub(crate) import: Option<PathBuf>,
    /// The name of the profile; “default” is what tools use that are told no other
    #[arg(long = "profile", id = "new_profile", value_name = "NAME",
        conflicts_with_all = ["repair", "remove", "all"], help_heading = NEW)]
    pub(crate) profile: Option<String>,
    /// The name of the login, new or known
    #[arg(long, value_name = "NAME", conflicts_with_all = ["repair", "remove", "all"],
        help_heading = NEW)]
    pub(crate) login: Option<String>,
    /// The identity pool, like us-east-1:01234567-89ab-cdef-0123-456789abcdef
    #[arg(long, value_name = "ID", conflicts_with_all = ["repair", "remove", "all", "profiles"],
        help_heading = NEW)]
    pub(crate) identity_pool_id: Option<String>,
    /// The user name to offer at a sign-in
    #[arg(long, value_name = "NAME", help_heading = NEW)]
    pub(crate) username: Option<String>,
    #[command(flatten)]
    pub(crate) of_login: NewLogin,
}

impl NewProfile {
    /// Whether something new is meant.
    pub(crate) fn is_meant(&self) -> bool {
        self.import.is_some()
            || self.profile.is_some()
            || self.login.is_some()
            || self.identity_pool_id.is_some()
            || self.of_login.is_given()
    }
}

const EXAMPLES: &str = "\
Examples:
  poolkey configure                                the first time; asks for all that it needs
  poolkey configure --import amplify_outputs.json  the same with the ids of an app
  poolkey configure dev prod                       profiles that are in profiles.toml already
  poolkey configure --repair                       when Poolkey was moved or installed anew
  poolkey configure --remove --all                 before Poolkey goes";

const NEW: &str = "For a new profile";
