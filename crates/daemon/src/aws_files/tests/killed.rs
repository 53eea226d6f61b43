//! `kill -9` at every system call of a write: the old file or the new one, and nothing is left.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use super::act::{Act, Actor, skip, works};
use super::*;

#[test]
fn the_first_writing() {
    kill_at_every_call(Act::Write, None);
}

#[test]
fn a_renewal() {
    kill_at_every_call(Act::Renew, Some(Act::Write));
}

#[test]
fn a_removal() {
    kill_at_every_call(Act::Remove, Some(Act::Write));
}

/// Lets the write run again and again, and each time it is killed one system call later.
#[allow(clippy::print_stdout, reason = "a figure to be quoted")]
fn kill_at_every_call(act: Act, before: Option<Act>) {
    if !works(&["strace", "-V"]) {
        return skip("strace is not installed");
    }
    let setting = Setting::of(act, before);
    let desk = setting.desk();
    let trace = desk.home().join("trace");
    let actor = Actor::start(desk.home(), act, &[]);
    let Some(watch) = Strace::attach(&actor.thread, &["-o", trace.to_str().unwrap()]) else {
        return skip("strace may not attach to a process");
    };
    assert_eq!(actor.act(), Some(Ok(())));
    watch.end();
    assert_eq!(setting.states(&desk), [State::New, State::New]);

    let mut calls: BTreeMap<String, usize> = BTreeMap::new();
    for line in fs::read_to_string(&trace).unwrap().lines() {
        if let Some((call, _)) = line.split_once('(')
            && call.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            *calls.entry(call.to_owned()).or_default() += 1;
        }
    }
    let mut kills = 0;
    let mut halves = 0;
    for (call, count) in &calls {
        for nth in 1..=*count {
            let desk = setting.desk();
            let actor = Actor::start(desk.home(), act, &[]);
            let inject = format!("--inject={call}:signal=KILL:when={nth}");
            let trap = Strace::attach(&actor.thread, &["-o", "/dev/null", &inject]).unwrap();
            let came = actor.act();
            trap.end();
            if came.is_none() {
                kills += 1;
            }
            let at = format!("{call} {nth}");
            let states = setting.states(&desk);
            assert!(!states.contains(&State::Other), "{at}: {states:?}");
            halves += usize::from(states[0] != states[1]);
            setting.next_start(&desk, &at);
        }
    }
    println!("KILL POINTS of {act:?}: {kills}, {halves} of them between the files: {calls:?}");
    let planned: usize = calls.values().sum();
    // The calls after the last word make no difference to anybody.
    assert!(
        kills > 30 && kills * 4 > planned * 3,
        "{kills} of {planned}"
    );
    assert!(halves > 0, "it was never killed between the two files");
}

/// Two files with what is a person's, and what they say before and after.
struct Setting {
    act: Act,
    before: Option<Act>,
    old: [String; 2],
    new: [String; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Old,
    New,
    Other,
}

impl Setting {
    fn of(act: Act, before: Option<Act>) -> Self {
        let mut setting = Self {
            act,
            before,
            old: Default::default(),
            new: Default::default(),
        };
        let desk = setting.desk();
        setting.old = FILES.map(|name| desk.text(name));
        act.at(&desk).unwrap();
        setting.new = FILES.map(|name| desk.text(name));
        assert_ne!(setting.old, setting.new);
        setting
    }

    fn desk(&self) -> Desk {
        let desk = Desk::new();
        desk.put("credentials", MINE);
        desk.put("config", MY_CONFIG);
        fs::set_permissions(desk.path("config"), fs::Permissions::from_mode(0o644)).unwrap();
        if let Some(before) = self.before {
            before.at(&desk).unwrap();
        }
        desk
    }

    /// What each file is like, whole and with its mode.
    fn states(&self, desk: &Desk) -> [State; 2] {
        let state = |which: usize| {
            let path = desk.path(FILES[which]);
            let text = fs::read_to_string(&path).unwrap();
            let mode = fs::metadata(&path).unwrap().mode() & 0o777;
            match mode == MODES[which] {
                true if text == self.new[which] => State::New,
                true if text == self.old[which] => State::Old,
                _ => State::Other,
            }
        };
        [state(0), state(1)]
    }

    /// Nothing is left of the killed one, and then all works as ever.
    fn next_start(&self, desk: &Desk, at: &str) {
        desk.writer.clear().unwrap();
        assert_eq!(desk.text("credentials"), MINE, "{at}");
        assert_eq!(desk.text("config"), MY_CONFIG, "{at}");
        let mut names: Vec<_> = fs::read_dir(&desk.writer.directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["config", "credentials"], "{at}");
        let last = match self.act {
            Act::Remove => Act::Write,
            Act::Write | Act::Renew => self.act,
        };
        last.at(desk).unwrap();
        assert!(desk.text("credentials").contains("[dev-keys]"), "{at}");
        Act::Remove.at(desk).unwrap();
        assert_eq!(desk.text("credentials"), MINE, "{at}");
    }
}

/// strace, on one thread of a process.
struct Strace(std::process::Child);

impl Strace {
    fn attach(thread: &str, options: &[&str]) -> Option<Self> {
        let mut strace = Command::new("strace")
            .args(options)
            .args(["-p", thread])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(strace.stderr.take().unwrap());
        let mut said = String::new();
        stderr.read_line(&mut said).unwrap();
        if said.contains("attached") {
            // Else it would be ended by what it says at the end.
            std::thread::spawn(move || stderr.read_to_string(&mut said));
            return Some(Self(strace));
        }
        strace.wait().unwrap();
        None
    }

    /// It ends with whom it watches.
    fn end(mut self) {
        self.0.wait().unwrap();
    }
}

const FILES: [&str; 2] = ["credentials", "config"];
const MODES: [u32; 2] = [0o600, 0o644];
const MINE: &str = "# mine\n[work]\naws_access_key_id=AK\n";
const MY_CONFIG: &str = "[default]\r\nregion = x\r\n# the end\r\n";
