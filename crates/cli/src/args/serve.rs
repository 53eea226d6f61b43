//! `poolkey serve`, as it is typed.

use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use poolkey_core::config::duration;

/// Lend a profile's keys to containers
///
/// The daemon answers for them over HTTP on this machine, as Amazon ECS does, to whoever has the
/// grant's token: every AWS SDK reads it from there again before its keys expire. The same name
/// again is the same grant. It lasts until it is revoked or its time is up, across restarts of the
/// daemon too; while nobody is signed in, it gives no keys.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_long_help = HELP
)]
pub(crate) struct ServeArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ServeCommand>,
    #[command(flatten)]
    pub(crate) lend: LendArgs,
}

#[derive(Args)]
pub(crate) struct LendArgs {
    /// The profile
    #[arg(long, required = true, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) profile: Option<String>,
    /// What the grant is called; without it, like the profile
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// How long it lasts, like 90s, 30m, 8h or 7d
    #[arg(long = "for", value_name = "TIME", value_parser = seconds)]
    pub(crate) length: Option<u32>,
    /// Print the variables alone, as an environment file has them: two that AWS SDKs read, and
    /// POOLKEY_GRANT and POOLKEY_PORT, which say what a container is given
    #[arg(long, conflicts_with = "json")]
    pub(crate) env: bool,
    /// Print one JSON object: url, token_file, directory, port, id, profile, named, since, until;
    /// times are seconds since 1970 in UTC
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the token itself, for a container that cannot read its file
    #[arg(long)]
    pub(crate) show_token: bool,
}

#[derive(Subcommand)]
pub(crate) enum ServeCommand {
    /// List what is lent: by name, and to commands of “poolkey exec”
    List {
        /// Print one JSON array of objects: id, profile, named, pid, since, until, used
        #[arg(long)]
        json: bool,
    },
    /// Take a grant back: its token is worth nothing from that moment
    Revoke {
        /// The grant, as “poolkey serve list” shows it
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        grant: Vec<String>,
        /// All of them, those of “poolkey exec” too
        #[arg(long)]
        all: bool,
    },
}

fn seconds(text: &str) -> Result<u32, String> {
    let length: Duration = duration(text)?;
    match u32::try_from(length.as_secs()) {
        Ok(0) => Err("a grant for no time is no grant".into()),
        Ok(seconds) => Ok(seconds),
        Err(_) => Err("that is too long; leave it out, and it lasts until it is revoked".into()),
    }
}

const HELP: &str = "\
Examples:
  poolkey serve --profile dev                  until “poolkey serve revoke dev”
  poolkey serve --profile dev --for 8h         until this evening
  poolkey serve --profile dev --env > .env     for “docker compose up”
  poolkey serve list

A container has a loopback of its own; docs/containers.md has recipes that lead from there to this
machine, for Docker, Compose and dev containers.";
