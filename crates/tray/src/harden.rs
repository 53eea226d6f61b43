//! What the process takes from itself before a secret passes through it.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// No core dump, and no reading of its memory by other processes of the user.
pub(crate) fn harden() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, none) {
        crate::complain(&format!("core dumps cannot be turned off: {error}"));
    }
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        crate::complain(&format!("memory cannot be closed to debuggers: {error}"));
    }
}
