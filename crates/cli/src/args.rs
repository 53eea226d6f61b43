//! What can be typed.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use self::account::{
    AccountCommand, DevicesCommand, FactorArgs, Member, MfaCommand, SignUpArgs, Who,
};
use crate::exit_codes::EXIT_CODES;

pub(crate) use self::configure::{ConfigureArgs, NewProfile};
pub(crate) use self::console::ConsoleArgs;
pub(crate) use self::doctor::DoctorArgs;
pub(crate) use self::exec::{EnvArgs, EnvFormat, ExecArgs, WayArgs};
pub(crate) use self::names::{FactorName, FlowName, PreferenceName, SecondFactor};
pub(crate) use self::new_login::NewLogin;
pub(crate) use self::profile::{AddArgs, PoolFlowName, ProfileCommand, SettingsArgs, WriteArgs};
pub(crate) use self::serve::{LendArgs, ServeArgs, ServeCommand};
pub(crate) use self::token::{HeaderForm, TokenArgs};

mod account;
mod configure;
mod console;
mod doctor;
mod exec;
mod names;
mod new_login;
mod profile;
mod serve;
mod token;

/// Sign in once to Amazon Cognito; every AWS tool on the desktop just works
#[derive(Parser)]
#[command(name = "poolkey", version, max_term_width = 100, after_long_help = after_help())]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    infer_subcommands = false
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    Configure(Box<ConfigureArgs>),
    Login(Box<LoginArgs>),
    Logout(LogoutArgs),
    /// Show who you are: user, role, account, and what AWS itself says
    Whoami {
        /// The profile; may be left out where there is only one, or where AWS_PROFILE names one
        profile: Option<String>,
        /// Print one JSON object: profile, login, user, identity_id, arn, account, user_id, claims,
        /// keys_expire; times are seconds since 1970 in UTC
        #[arg(long)]
        json: bool,
    },
    Doctor(DoctorArgs),
    /// Show logins, profiles and what stands in their way
    Status {
        /// Print one JSON object: daemon, logins, profiles; times are seconds since 1970 in UTC
        #[arg(long)]
        json: bool,
        /// Go on, and show it again at each change
        #[arg(long)]
        watch: bool,
    },
    /// Add, list and remove profiles, and have their keys written into files
    #[command(subcommand)]
    Profile(ProfileCommand),
    Exec(ExecArgs),
    Env(EnvArgs),
    Serve(ServeArgs),
    /// Print the AWS keys of a profile
    ///
    /// For scripts that cannot use credential_process. The keys expire; a tool that runs
    /// poolkey-credential-process gets fresh ones by itself.
    Credentials {
        /// The profile
        profile: String,
        /// How to print them
        #[arg(long, value_enum, default_value_t = Format::Json)]
        format: Format,
    },
    Token(TokenArgs),
    Console(ConsoleArgs),
    /// Sign up, change a password, and see to second factors and devices
    #[command(subcommand)]
    Account(AccountCommand),
    /// Renew a login's tokens and keys now
    Renew {
        /// The login
        login: String,
    },
    /// Open the encrypted file that can serve instead of a keychain
    #[command(subcommand)]
    Vault(VaultCommand),
    /// Start, stop and look at the daemon
    #[command(subcommand)]
    Daemon(DaemonCommand),
    /// Print a script that completes commands in your shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the man pages into a directory
    Man {
        /// The directory
        dir: PathBuf,
    },
}

/// Sign in
///
/// A login that is new is added to profiles.toml. Whatever the user pool asks is asked for on the
/// terminal: password, codes, a new password, its own questions. Where stdin is no terminal, each
/// question takes one line of it, and what is chosen comes by options. A password or code is never
/// an argument.
///
/// A login with a domain or an issuer signs in in the browser: the one that BROWSER names, or the
/// system's own. Where there is none, over SSH for one, the link is printed; open it on whatever
/// machine, and paste the address that the browser ends on. Before the first sign-in of such a
/// login is kept, and before any that is somebody else's than the last, you see who it is.
#[derive(clap::Args)]
#[command(after_long_help = JSON)]
pub(crate) struct LoginArgs {
    /// The login; may be left out where there is only one
    pub(crate) name: Option<String>,
    /// The user name
    #[arg(long, value_name = "NAME")]
    pub(crate) username: Option<String>,
    /// The way to take where the pool offers several; repeated: the first that is offered
    #[arg(long, value_enum, conflicts_with = "json")]
    pub(crate) factor: Vec<FactorName>,
    /// Whether the pool shall remember this computer, where it asks
    #[arg(long, value_enum, value_name = "ANSWER", conflicts_with = "json")]
    pub(crate) remember_device: Option<YesNo>,
    /// What the pool wants to know of the user, like email=ann@example.com; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, conflicts_with = "json")]
    pub(crate) attribute: Vec<(String, String)>,
    /// Open no browser: print the link alone on stdout, and all else on stderr
    #[arg(long, visible_alias = "no-browser", conflicts_with = "json")]
    pub(crate) print_url: bool,
    /// Sign in with another account than the one that the browser is signed in to
    #[arg(long)]
    pub(crate) another_account: bool,
    /// Who is meant, by user name, e-mail address or sub: nobody else's sign-in is kept
    #[arg(long, value_name = "USER", value_parser = NonEmptyStringValueParser::new(),
        conflicts_with = "json")]
    pub(crate) expect: Option<String>,
    /// Keep a first sign-in without asking whether it is who was meant
    #[arg(long, conflicts_with = "json")]
    pub(crate) yes: bool,
    /// Ask and be answered in lines of JSON on stdout and stdin
    #[arg(long)]
    pub(crate) json: bool,
    /// Open the login window instead
    #[arg(long, conflicts_with_all = ["username", "factor", "remember_device", "attribute", "json",
        "print_url", "another_account", "expect", "yes",
        "user_pool_id", "client_id", "flow", "preferred_challenge", "endpoint", "admin_profile",
        "session_life", "fips", "dual_stack", "domain", "redirect_uri", "scope",
        "identity_provider", "idp_identifier", "logout_uri", "parameter", "issuer",
        "token_command"])]
    pub(crate) window: bool,
    #[command(flatten)]
    pub(crate) new: NewLogin,
}

/// Sign out
///
/// Erases the session from the vault, has the provider revoke its refresh token and the user pool
/// forget this computer, where it remembers it. What cannot be revoked at once is tried again until
/// it is done. Keys that tools already hold go on working until they expire: AWS cannot take them
/// back.
#[derive(clap::Args)]
pub(crate) struct LogoutArgs {
    /// The login; may be left out where there is only one
    pub(crate) login: Option<String>,
    /// End all sessions of the user, on whatever machine (GlobalSignOut)
    #[arg(long, conflicts_with = "local")]
    pub(crate) everywhere: bool,
    /// Forget the session here and tell the provider nothing: it lives on there
    #[arg(long)]
    pub(crate) local: bool,
    /// Sign the browser out, too, by the provider's own page
    #[arg(long)]
    pub(crate) browser: bool,
    /// Do not ask whether all sessions shall end
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print one JSON object: had_session, not_revoked, not_forgotten, not_everywhere, retrying,
    /// logout_url, keys_live_until
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum YesNo {
    Yes,
    No,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err("it looks like NAME=VALUE, as in email=ann@example.com".to_owned()),
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// The document that credential_process prints
    Json,
    /// Lines that a POSIX shell can eval
    Env,
}

#[derive(Subcommand)]
pub(crate) enum VaultCommand {
    /// Give the passphrase of the encrypted file
    ///
    /// It is asked for on the terminal, or read as one line from stdin where that is no terminal.
    Unlock {
        /// Make the file if there is none
        #[arg(long)]
        create: bool,
    },
}

#[derive(Clone, Copy, Subcommand)]
pub(crate) enum DaemonCommand {
    /// Start it in the background
    Start,
    /// Stop it; keys that it holds in memory are forgotten
    Stop,
    /// Stop it and start it
    Restart,
    /// Say whether it runs
    Status,
    /// Run it in this terminal
    Run,
    /// Make it read profiles.toml again
    Reload,
}

fn after_help() -> String {
    format!(
        "\
{EXIT_CODES}
Environment:
  POOLKEY_SOCKET    where the daemon listens, instead of its usual place
  POOLKEY_NO_START  1: do not start the daemon when it is not running
  BROWSER           the browser to sign in with, instead of the system's own
  AWS_PROFILE       the profile that “whoami”, “token” and “console” are about, or else
  POOLKEY_PROFILE   the one that “exec” set
  NO_COLOR          no colours

Files:
  profiles.toml in $XDG_CONFIG_HOME/poolkey (~/.config/poolkey; on macOS and Windows in the
  application's own directory): logins and profiles, never a secret"
    )
}

/// How a program takes the part of the person.
const JSON: &str = "\
With --json, each question is one line of JSON on stdout and waits for one line of JSON on stdin;
the end is one more line, and the exit code is as always. Nothing else goes to stdout and nothing is
asked on the terminal. A line that does not answer the question has it asked again, with a problem;
the end of stdin gives up.

  < {\"reply\":\"question\",\"question\":{\"kind\":\"password\",\"username\":\"ann\"}}
  > {\"kind\":\"password\",\"value\":\"…\"}
  < {\"reply\":\"question\",\"question\":{\"kind\":\"code\",\"code_for\":\"sign_in\",\"medium\":\"app\",…}}
  > {\"kind\":\"code\",\"value\":\"123 456\"}
  < {\"reply\":\"signed_in\",\"user\":{\"sub\":\"…\",\"username\":\"ann\"}}

A sign-in in the browser is a question with the link. Open it and answer “wait”: the question comes
again within two seconds until something came of it. The address that the browser ended on may be
given instead.

  < {\"reply\":\"question\",\"question\":{\"kind\":\"browser\",\"url\":\"https://…\",\"redirect_uri\":\"http://…\"}}
  > {\"kind\":\"wait\"}
  > {\"kind\":\"address\",\"value\":\"http://localhost:8400/callback?code=…&state=…\"}
  < {\"reply\":\"question\",\"question\":{\"kind\":\"identity\",\"user\":{\"sub\":\"…\",\"username\":\"ann\"}}}
  > {\"kind\":\"identity\",\"value\":true}";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_make_sense() {
        Args::command().debug_assert();
    }

    #[test]
    fn no_secret_can_be_an_argument() {
        fn walk(command: &clap::Command) {
            for arg in command.get_arguments() {
                let name = arg.get_id().as_str();
                assert!(
                    !["password", "passphrase", "secret"]
                        .iter()
                        .any(|word| name.contains(word)),
                    "{} --{name}",
                    command.get_name()
                );
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&Args::command());
    }
}
