//! What can be typed after `poolkey doctor`.

use std::path::PathBuf;

/// Find out what stands in the way, and mend what is safe to mend
///
/// Looks at the environment, the files of AWS's tools, Poolkey's own, programs, the daemon, the
/// vault, logins, the clock and the network. Each finding has a code, a sentence and the command
/// that mends it; docs/doctor.md explains every code. Nothing is changed without --fix, no daemon is
/// started, and no secret is shown.
///
/// Exit code 0: nothing is worse than a note; 17: something is.
#[derive(clap::Args)]
pub(crate) struct DoctorArgs {
    /// Only this login or profile; for a profile, also what each AWS SDK takes its keys from
    pub(crate) name: Option<String>,
    /// Mend what is safe to mend: close files to others, repair stale commands in ~/.aws/config,
    /// restart an outdated daemon, remove keys that Poolkey left behind. It asks before each
    #[arg(long)]
    pub(crate) fix: bool,
    /// Do not ask
    #[arg(long, requires = "fix")]
    pub(crate) yes: bool,
    /// Print one JSON object: findings, summary, and for a profile takers
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a report for a bug report into this new file: no secrets, no names of people
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Option<PathBuf>,
    /// Leave the network out
    #[arg(long)]
    pub(crate) offline: bool,
    /// Tell what is good at full length, too
    #[arg(long, short)]
    pub(crate) verbose: bool,
}
