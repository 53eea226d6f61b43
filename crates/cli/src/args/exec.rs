//! `poolkey exec` and `poolkey env`, as they are typed.

use std::ffi::OsString;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum, ValueHint};

/// Run a command with a profile's keys
///
/// The command takes poolkey's place: process, terminal, signals and exit code are its own, and so
/// is its environment but for what leads AWS's tools to keys. What would lead them to other keys is
/// taken away, in the environment and in ~/.aws alike. Nothing is run where there are no keys.
#[derive(Args)]
#[command(after_long_help = EXEC)]
pub(crate) struct ExecArgs {
    /// The profile
    pub(crate) profile: String,
    #[command(flatten)]
    pub(crate) way: WayArgs,
    /// AWS_REGION and AWS_DEFAULT_REGION for the command
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) region: Option<String>,
    /// The command and its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND",
        value_hint = ValueHint::CommandWithArguments
    )]
    pub(crate) command: Vec<OsString>,
}

/// How the command gets its keys.
#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct WayArgs {
    /// Have it fetch them from the daemon over HTTP on this machine, again and again (the default)
    #[arg(long)]
    pub(crate) container: bool,
    /// Put them into its environment, once: it fails when they expire
    #[arg(long)]
    pub(crate) env: bool,
    /// Have it run poolkey-credential-process, by a configuration file of its own
    #[arg(long)]
    pub(crate) config: bool,
}

/// Print a profile's keys as environment variables
///
/// A shell that evaluates it has the keys, and nothing that would lead AWS's tools to other ones.
/// The keys expire and are not renewed: “poolkey exec” is for what runs on.
#[derive(Args)]
#[command(after_long_help = ENV)]
pub(crate) struct EnvArgs {
    /// The profile
    pub(crate) profile: String,
    /// For whom; without it, for the shell that SHELL names
    #[arg(long, value_enum)]
    pub(crate) format: Option<EnvFormat>,
    /// AWS_REGION and AWS_DEFAULT_REGION, too
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) region: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvFormat {
    /// bash and every POSIX shell: eval "$(poolkey env dev)"
    #[value(alias = "sh")]
    Bash,
    /// zsh: eval "$(poolkey env dev)"
    Zsh,
    /// fish: poolkey env dev | source
    Fish,
    /// PowerShell: poolkey env dev | Out-String | Invoke-Expression
    #[value(name = "powershell", alias = "pwsh")]
    PowerShell,
    /// NAME=value, as programs read it from .env files; it can only set
    Dotenv,
    /// A step of GitHub Actions: for the steps that follow, and masked in the log; it can only set
    #[value(name = "github")]
    GitHub,
    /// One JSON object; null is for what is to be unset
    Json,
}

const EXEC: &str = "\
Three ways to the keys:
  --container  Sets AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN. Every
               current AWS SDK knows them and asks again before keys expire. They hold for this
               profile, while command and daemon run, and not for what the command leaves behind,
               as an editor's launcher does. A [default] in ~/.aws that has keys or a role would
               come first: only then AWS_PROFILE names a profile that has neither, a copy of
               [default] without them in a copy of ~/.aws/config.
  --env        Sets AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
               AWS_CREDENTIAL_EXPIRATION and, where the account is known, AWS_ACCOUNT_ID. Every tool
               knows them; none can renew them.
  --config     Sets AWS_PROFILE, and AWS_CONFIG_FILE to a copy of ~/.aws/config in which the profile
               and [default] run poolkey-credential-process. For tools that know profiles and no
               endpoint, and for what outlives the command. Where ~/.aws/credentials has keys for
               either name, AWS_SHARED_CREDENTIALS_FILE names an empty file.

A copy keeps all settings and profiles but no secret, and is read-only: “aws configure set” in the
command fails rather than change what nobody reads again. AWS_CONFIG_FILE and
AWS_SHARED_CREDENTIALS_FILE are heeded. AWS_REGION and AWS_DEFAULT_REGION are set where the profile
has a region, in profiles.toml or ~/.aws/config, and the environment has none; --region comes before
both. POOLKEY_PROFILE names the profile, for prompts. In an exec within an exec the inner profile
counts.

The exit code is the command's own. Before there is one:
  126  it cannot be run
  127  it is not found
and without keys what “poolkey --help” tells.

Examples:
  poolkey exec dev -- aws s3 ls
  poolkey exec dev --region eu-west-1 -- terraform apply
  poolkey exec dev bash";

const ENV: &str = "\
With --format github the variables are appended to the file that GITHUB_ENV names, and only the
commands that mask them go to stdout: call it in a step, and redirect nothing.

Examples:
  eval \"$(poolkey env dev)\"
  poolkey env dev --format fish | source
  poolkey env dev --format powershell | Out-String | Invoke-Expression
  poolkey env dev --format dotenv > .env";
