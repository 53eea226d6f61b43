//! `poolkey profile`, as it is typed.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::pair;

#[derive(Subcommand)]
pub(crate) enum ProfileCommand {
    Add(Box<AddArgs>),
    /// List the profiles
    List {
        /// Print one JSON array of objects: name, login, source_profile, identity_pool_id, flow,
        /// role_arn, endpoint, write_profile, region, output
        #[arg(long)]
        json: bool,
    },
    /// List the roles that a login may choose from, as its ID token offers them
    Roles {
        /// The login; may be left out where there is only one
        login: Option<String>,
        /// Print one JSON object: offered, preferred
        #[arg(long)]
        json: bool,
    },
    Write(WriteArgs),
    /// Remove a profile
    Remove {
        /// The profile
        name: String,
    },
}

/// Add a profile, and say what to put into ~/.aws/config
///
/// Its keys come from an identity pool, for a login or for guests, or from STS, for a role that the
/// keys of another profile may assume.
#[derive(Args)]
pub(crate) struct AddArgs {
    /// The profile; it is the AWS profile's name, too
    pub(crate) name: String,
    /// Whose keys they are
    #[arg(long, required_unless_present_any = ["guest", "source_profile"],
        conflicts_with_all = ["guest", "source_profile"])]
    pub(crate) login: Option<String>,
    /// Nobody's: the identity pool gives keys to guests
    #[arg(long, conflicts_with = "source_profile")]
    pub(crate) guest: bool,
    /// The identity pool, like us-east-1:01234567-89ab-cdef-0123-456789abcdef
    #[arg(
        long,
        value_name = "ID",
        required_unless_present = "source_profile",
        conflicts_with = "source_profile"
    )]
    pub(crate) identity_pool_id: Option<String>,
    /// The role, where several are offered; without it a terminal is asked
    #[arg(
        long,
        value_name = "ARN",
        required_if_eq("flow", "classic"),
        required_if_eq("classic", "true")
    )]
    pub(crate) role_arn: Option<String>,
    /// The role of the identity pool's own choice: no question at a terminal
    #[arg(long, conflicts_with_all = ["role_arn", "source_profile"])]
    pub(crate) any_role: bool,
    /// Another endpoint of the identity pool than AWS's own
    #[arg(long, value_name = "URL", conflicts_with = "source_profile")]
    pub(crate) endpoint: Option<String>,
    #[command(flatten)]
    pub(crate) role: RoleArgs,
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
    #[command(flatten)]
    pub(crate) sts: StsArgs,
    #[command(flatten)]
    pub(crate) file: FileArgs,
}

/// How a role is assumed, by the classic flow or by the keys of another profile.
#[derive(Args, Default)]
#[command(next_help_heading = "For the classic flow, and for a role of another profile")]
pub(crate) struct RoleArgs {
    /// By which of its two flows an identity pool gives keys
    #[arg(long, value_enum, conflicts_with = "source_profile")]
    pub(crate) flow: Option<PoolFlowName>,
    /// The same as --flow classic
    #[arg(long, conflicts_with_all = ["flow", "source_profile"])]
    pub(crate) classic: bool,
    /// The name of the role's session; by default who is signed in
    #[arg(long, value_name = "NAME")]
    pub(crate) session_name: Option<String>,
    /// How long keys live: 15m to 12h, or to 1h for a role of another profile
    #[arg(long, value_name = "LENGTH")]
    pub(crate) duration: Option<String>,
    /// A file with a policy that the keys are restricted to
    #[arg(long, value_name = "FILE")]
    pub(crate) session_policy: Option<PathBuf>,
    /// A managed policy that they are restricted to; may be repeated
    #[arg(long, value_name = "ARN")]
    pub(crate) policy_arn: Vec<String>,
}

#[derive(Args, Default)]
#[command(next_help_heading = "For a role of another profile")]
pub(crate) struct ChainArgs {
    /// The profile whose keys assume the role
    #[arg(long, value_name = "PROFILE", requires = "role_arn")]
    pub(crate) source_profile: Option<String>,
    /// What the role's trust policy wants to hear
    #[arg(long, value_name = "ID", requires = "source_profile")]
    pub(crate) external_id: Option<String>,
    /// A session tag; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, requires = "source_profile")]
    pub(crate) tag: Vec<(String, String)>,
    /// A session tag that goes on to the next role of a chain; may be repeated
    #[arg(long, value_name = "NAME", requires = "source_profile")]
    pub(crate) transitive_tag: Vec<String>,
}

#[derive(Args, Default)]
#[command(next_help_heading = "Endpoints")]
pub(crate) struct StsArgs {
    /// The region of STS; by default the identity pool's
    #[arg(long, value_name = "REGION")]
    pub(crate) sts_region: Option<String>,
    /// Another endpoint of STS than AWS's own
    #[arg(long, value_name = "URL")]
    pub(crate) sts_endpoint: Option<String>,
    /// AWS's endpoints with validated cryptography
    #[arg(long)]
    pub(crate) fips: bool,
    /// AWS's endpoints that speak IPv6, too
    #[arg(long)]
    pub(crate) dual_stack: bool,
}

#[derive(Args, Default)]
#[command(next_help_heading = "For tools that read files only")]
pub(crate) struct FileArgs {
    /// Keep the keys in ~/.aws/credentials, too, under this name: not one of a profile
    #[arg(long, value_name = "NAME")]
    pub(crate) write_profile: Option<String>,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

#[derive(Args, Default)]
pub(crate) struct SettingsArgs {
    /// The region that tools use
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// How the AWS CLI prints: json, yaml, yaml-stream, text, table or off
    #[arg(long, value_name = "FORMAT")]
    pub(crate) output: Option<String>,
}

/// Keep a profile's keys in ~/.aws/credentials, for tools that read files only
///
/// While there are keys, the daemon keeps them there under a name of their own, and removes them at
/// a sign-out and when it stops. A tool that knows credential_process is better off with that: one
/// that reads the file once has keys that end.
#[derive(Args)]
pub(crate) struct WriteArgs {
    /// The profile
    #[arg(required_unless_present = "all")]
    pub(crate) name: Option<String>,
    /// Under which name: not one of a profile; by default NAME-keys, or the one that it has
    #[arg(long = "as", value_name = "OTHER")]
    pub(crate) target: Option<String>,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    /// Keep them there no longer, and remove what stands there, whether a daemon runs or not
    #[arg(long, conflicts_with_all = ["target", "region", "output"])]
    pub(crate) off: bool,
    /// Of all profiles, and whatever an earlier daemon left: before Poolkey is uninstalled
    #[arg(long, requires = "off", conflicts_with = "name")]
    pub(crate) all: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PoolFlowName {
    /// The identity pool gives keys
    Enhanced,
    /// The identity pool gives a token, and STS gives keys for it
    Classic,
}
