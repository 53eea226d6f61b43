//! What the process takes from itself before it holds a secret.

/// No core dump, no reading of its memory by other processes of the user, no file open to others,
/// and as many open files as the system lets it have.
#[cfg(unix)]
pub(crate) fn harden() {
    use rustix::fs::Mode;
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, umask};

    umask(Mode::from_raw_mode(0o077));
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!("core dumps cannot be turned off: {error}");
    }
    let files = getrlimit(Resource::Nofile);
    let more = Rlimit {
        current: files
            .maximum
            .map_or(Some(FILES), |most| Some(most.min(FILES))),
        maximum: files.maximum,
    };
    if files.current.is_some_and(|now| Some(now) < more.current)
        && let Err(error) = setrlimit(Resource::Nofile, more)
    {
        tracing::debug!("the limit of open files stays: {error}");
    }
    #[cfg(target_os = "linux")]
    if let Err(error) =
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
    {
        tracing::warn!("memory cannot be closed to debuggers: {error}");
    }
}

/// Windows: crash dumps are per user and opt-in; nothing to be taken.
#[cfg(not(unix))]
pub(crate) fn harden() {}

/// Room for every slot of the listener, and for calls.
#[cfg(unix)]
const FILES: u64 = 4096;
