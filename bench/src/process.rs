//! What the kernel tells of a process.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;

/// What a process has in memory, in bytes.
pub(crate) fn resident(process: u32) -> Result<f64> {
    let file = PathBuf::from(format!("/proc/{process}/status"));
    let kilobytes = figure(&file, "VmRSS").ok_or("it is not running")?;
    Ok(1024.0 * kilobytes as f64)
}

/// How often each thread of a process went to sleep.
pub(crate) fn switches(process: u32) -> Result<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let task = task?.path();
        let name = fs::read_to_string(task.join("comm"))?;
        let number = Path::file_name(&task).unwrap_or_default();
        found.insert(
            format!("{} {}", name.trim(), number.display()),
            figure(&task.join("status"), "voluntary_ctxt_switches").unwrap_or(0),
        );
    }
    Ok(found)
}

/// What of a process shows in a file of `/proc` as `NAME: NUMBER`.
fn figure(file: &Path, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim_start_matches(':')
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}
