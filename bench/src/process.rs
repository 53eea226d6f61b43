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

/// What a process has in memory of its own, and its share of what it has with others, in bytes.
pub(crate) fn share(process: u32) -> Result<f64> {
    let file = PathBuf::from(format!("/proc/{process}/smaps_rollup"));
    let kilobytes = figure(&file, "Pss").ok_or("it is not running")?;
    Ok(1024.0 * kilobytes as f64)
}

/// A process and all that descend from it.
pub(crate) fn family(process: u32) -> Vec<u32> {
    let mut found = vec![process];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        let children = fs::read_dir(format!("/proc/{parent}/task"))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
        for line in children {
            found.extend(
                line.split_whitespace()
                    .filter_map(|pid| pid.parse::<u32>().ok()),
            );
        }
        next += 1;
    }
    found
}

/// How often each thread of some processes went to sleep.
pub(crate) fn wakes(processes: &[u32]) -> BTreeMap<String, u64> {
    let of = |process: &u32| switches(*process).unwrap_or_default();
    processes.iter().flat_map(of).collect()
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
