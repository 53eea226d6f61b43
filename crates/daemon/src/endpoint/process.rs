//! A process whose end is seen, even if its number is another's by then.
//!
//! Whoever asks for a grant without a name is still waiting for the answer when its process is
//! taken hold of, so that the number is its own. The grant outlives an `exec` of that process, as
//! `poolkey exec` makes one, and nothing else. A daemon that comes after takes hold of the same process
//! again, by a mark that no later one with its number has.

#[cfg(target_os = "linux")]
#[path = "process/linux.rs"]
mod system;
#[cfg(all(unix, not(target_os = "linux")))]
#[path = "process/kqueue.rs"]
mod system;
#[cfg(windows)]
#[path = "process/windows.rs"]
mod system;

pub(crate) use system::Process;
