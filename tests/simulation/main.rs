//! Simulated weeks of `poolkey-core`: what may go wrong does, and after every step it is checked
//! that the agent keeps its promises. See `README.md` beside this file.
//!
//! ```text
//!                  people, tools, edits, lid, crash, clock        weather
//!                                 │                                  │
//!                                 ▼                                  ▼
//!   promises ◀── World ── Event ─▶ Agent ── Effect ─▶ lanes ──▶ Cognito, vault
//!                  ▲                                    │
//!                  └──────────── what came of it ───────┘
//! ```
//!
//! `cargo test -p poolkey-tests --test simulation` plays 1,000 worlds. With `POOLKEY_SEEDS=N` it
//! plays so many, with `POOLKEY_SEED=N` that one alone, and tells all that happens in it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    missing_docs,
    reason = "a test may fail, and says why"
)]

mod chains;
mod cognito;
mod conversations;
mod files;
mod happening;
mod lanes;
mod ledger;
mod people;
mod promises;
mod vault;
mod weather;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use world::{Played, World};

#[test]
fn the_promises_hold() {
    let (first, last) = match (setting("POOLKEY_SEED"), setting("POOLKEY_SEEDS")) {
        (Some(seed), _) => (seed, seed),
        (None, count) => {
            let first = setting("POOLKEY_FIRST_SEED").unwrap_or(1);
            (first, first + count.unwrap_or(1000) - 1)
        }
    };
    let next = AtomicU64::new(first);
    let broken: Mutex<Vec<Broken>> = Mutex::default();
    let total: Mutex<Played> = Mutex::default();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > last || !broken.lock().unwrap().is_empty() {
                        return;
                    }
                    match play(seed, first == last) {
                        Ok(played) => *total.lock().unwrap() += played,
                        Err(story) => broken.lock().unwrap().push(Broken { seed, story }),
                    }
                }
            });
        }
    });
    let mut broken = broken.into_inner().unwrap();
    broken.sort_by_key(|broken| broken.seed);
    if let Some(Broken { seed, story }) = broken.first() {
        panic!("seed {seed}: {story}\nReplay with POOLKEY_SEED={seed}.");
    }
    println!("{}", total.into_inner().unwrap());
}

/// As many desks with guests and with roles that lead to roles.
#[test]
fn guests_and_chains_keep_their_promises() {
    let (first, last) = match setting("POOLKEY_SEED") {
        Some(seed) => (seed, seed),
        None => (1, setting("POOLKEY_SEEDS").unwrap_or(1000).div_ceil(5)),
    };
    let (mut documents, mut tokens, mut consoles) = (0, 0, 0);
    for seed in first..=last {
        let played = catch_unwind(AssertUnwindSafe(|| {
            let mut chains = chains::Chains::new(seed);
            chains.play();
            (chains.documents, chains.tokens, chains.consoles)
        }));
        match played {
            Ok((more, of_tokens, of_consoles)) => {
                documents += more;
                tokens += of_tokens;
                consoles += of_consoles;
            }
            Err(promise) => {
                println!("Replay with POOLKEY_SEED={seed}.");
                std::panic::resume_unwind(promise);
            }
        }
    }
    let worlds = u32::try_from(last - first + 1).unwrap();
    println!("{worlds} desks: {documents} documents, {tokens} tokens, {consoles} consoles");
    assert!(documents > 20 * worlds && tokens > 5 * worlds && consoles > 5 * worlds);
}

/// Desks with keys in people's files.
#[test]
fn keys_in_files_keep_their_promises() {
    let (first, last) = match setting("POOLKEY_SEED") {
        Some(seed) => (seed, seed),
        None => (1, setting("POOLKEY_SEEDS").unwrap_or(1000).div_ceil(3)),
    };
    let (mut puts, mut removals) = (0, 0);
    for seed in first..=last {
        let played = catch_unwind(AssertUnwindSafe(|| {
            let mut desk = files::Files::new(seed);
            desk.play();
            (desk.puts, desk.removals)
        }));
        match played {
            Ok((more, gone)) => (puts, removals) = (puts + more, removals + gone),
            Err(promise) => {
                println!("Replay with POOLKEY_SEED={seed}.");
                std::panic::resume_unwind(promise);
            }
        }
    }
    let desks = u32::try_from(last - first + 1).unwrap();
    println!("{desks} desks: keys put into files {puts} times, and taken away {removals} times");
    assert!(puts > 20 * desks && removals > 5 * desks);
}

/// The pool rotates its tokens, demands a second factor and tracks every device; the daemon is
/// killed several times a day at any moment; and the person types one code in the whole month.
#[test]
fn a_strict_pool_asks_for_one_code_in_a_month_of_kills() {
    let months = setting("POOLKEY_MONTHS").unwrap_or(40);
    let next = AtomicU64::new(1);
    let broken: Mutex<Vec<String>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > months {
                        return;
                    }
                    let mut world = World::empty(seed, false);
                    if let Err(promise) = world.play_month() {
                        let mut world = World::empty(seed, true);
                        let _ = world.play_month();
                        let story = world.story();
                        let text = format!("month {seed}: {promise}\n{story}");
                        broken.lock().unwrap().push(text);
                    }
                }
            });
        }
    });
    let broken = broken.into_inner().unwrap();
    assert!(broken.is_empty(), "{}", broken[0]);
}

struct Broken {
    seed: u64,
    story: String,
}

/// Plays one world; on a broken promise, its story comes back.
fn play(seed: u64, tells: bool) -> Result<Played, String> {
    let mut world = World::new(seed, tells);
    let played = catch_unwind(AssertUnwindSafe(|| world.play()));
    match played {
        Ok(Ok(())) => Ok(world.played),
        // What led to it is written down only when it is played again.
        Ok(Err(_)) | Err(_) if !tells => play(seed, true),
        Ok(Err(promise)) => Err(format!("{promise}\n{}", world.story())),
        Err(_) => Err(format!("it panicked\n{}", world.story())),
    }
}

/// How many lines of the story are told.
fn lines() -> usize {
    setting("POOLKEY_LINES")
        .and_then(|lines| usize::try_from(lines).ok())
        .unwrap_or(60)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where settings are read"
)]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
