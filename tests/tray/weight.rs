//! What the icon costs while nothing changes. It measures, and so it is run by hand, on a build
//! that people get:
//!
//! ```text
//! cargo build --release -p poolkey-tray
//! POOLKEY_TRAY=target/release/poolkey-tray cargo test -p poolkey-tests --test tray -- --ignored --nocapture
//! ```

use std::fs;
use std::time::Duration;

use poolkey_core::menu::Icon;
use poolkey_tests::{Setup, story};

use crate::bell::Bell;
use crate::desk::start;
use crate::panel::Panel;

#[test]
#[ignore = "it measures, by the command above"]
fn while_nothing_changes() {
    story(Setup::default(), |world| {
        let bus = world.desktop.address();
        let (panel, _bell) = (Panel::open(&bus), Bell::hang(&bus));
        world.sign_in();
        world.keys();
        let tray = start(world);
        panel.shows(Icon::Well);
        for _ in 0..20 {
            panel.menu();
        }
        std::thread::sleep(Duration::from_secs(15));
        let before = switches(tray.pid());
        std::thread::sleep(Duration::from_secs(60));
        let woken = switches(tray.pid()) - before;
        let memory = |name| figure(&format!("/proc/{}/smaps_rollup", tray.pid()), name);
        let (pss, rss) = (memory("Pss:"), memory("Rss:"));
        println!("tray: PSS {pss} KiB, RSS {rss} KiB, {woken} wake-ups in a minute");
        assert_eq!(woken, 0, "it wakes up");
        assert!(pss < 6 * 1024, "it is heavy");
    });
}

/// How often its threads went to sleep.
fn switches(process: u32) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{process}/task"))
        .unwrap()
        .flatten();
    let status = tasks.map(|task| task.path().join("status").display().to_string());
    status
        .map(|status| figure(&status, "voluntary_ctxt_switches:"))
        .sum()
}

fn figure(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
