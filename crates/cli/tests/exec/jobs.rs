//! In a terminal, before a shell that controls jobs.

use super::*;
use crate::pty::Terminal;

/// An interactive bash where `run` is `poolkey exec dev --`.
struct Shell {
    terminal: Terminal,
    _home: Home,
}

impl Shell {
    fn new() -> Self {
        let (home, _) = with_keys();
        let mut bash = home.command("/bin/bash");
        bash.args(["--norc", "--noprofile", "--noediting", "-i"])
            .env("PS1", "")
            .env("TERM", "dumb");
        let mut shell = Self {
            terminal: Terminal::run(&mut bash),
            _home: home,
        };
        shell.line(&format!(
            "exec >&2; run() {{ {POOLKEY} exec dev -- \"$@\"; }}"
        ));
        shell.line("PS1=; echo ready-$((1+1))");
        shell.sees("ready-2");
        shell
    }

    fn line(&mut self, text: &str) {
        self.terminal.type_in(&format!("{text}\n"));
    }

    /// What is shown next. What is typed is shown, too, so that it is written in another way there.
    fn sees(&mut self, text: &str) {
        self.terminal.expect(text);
    }

    /// Ends it, so that nothing is left behind.
    fn end(mut self) {
        self.line("exit 42");
        assert_eq!(self.terminal.end().0, Some(42), "{}", self.terminal.shown());
    }
}

/// A command that says when it is up, and goes on for long.
const LONG: &str = "echo up-$((1+1)); while :; do sleep 0.05; done";

#[test]
fn the_shell_is_told_how_the_command_ended() {
    let mut shell = Shell::new();
    for code in [0, 3, 126, 127, 255] {
        shell.line(&format!("run sh -c 'exit {code}'; echo \"<$?>\""));
        shell.sees(&format!("<{code}>"));
    }
    for (signal, code) in [("TERM", 143), ("KILL", 137), ("SEGV", 139), ("INT", 130)] {
        shell.line(&format!("run sh -c 'kill -{signal} $$'"));
        shell.line("echo \"<$?>\"");
        shell.sees(&format!("<{code}>"));
    }
    shell.line("run no-such-program; echo \"<$?>\"");
    shell.sees("cannot be run");
    shell.sees("<127>");
    shell.end();
}

#[test]
fn ctrl_c_is_the_commands() {
    let mut shell = Shell::new();
    shell.line(&format!(
        "run sh -c 'trap \"echo got-\\$((1+1)); exit 3\" INT; {LONG}'; echo \"<$?>\""
    ));
    shell.sees("up-2");
    shell.terminal.type_in("\x03");
    shell.sees("got-2");
    shell.sees("<3>");
    shell.line(&format!("run sh -c '{LONG}'"));
    shell.sees("up-2");
    shell.terminal.type_in("\x03");
    shell.line("echo \"<$?>\"");
    shell.sees("<130>");
    // Ctrl-\ as well.
    shell.line(&format!("ulimit -c 0; run sh -c '{LONG}'"));
    shell.sees("up-2");
    shell.terminal.type_in("\x1c");
    shell.line("echo \"<$?>\"");
    shell.sees("<131>");
    shell.end();
}

#[test]
fn ctrl_z_stops_it_and_fg_resumes_it() {
    let mut shell = Shell::new();
    // Not by the function: bash would stop its loop and not the job alone.
    shell.line(&format!(
        "{POOLKEY} exec dev -- sh -c 'echo up-$((1+1)); read x; echo said-$x'"
    ));
    shell.sees("up-2");
    shell.terminal.type_in("\x1a");
    shell.sees("Stopped");
    shell.line("jobs");
    shell.sees("Stopped");
    shell.sees("exec dev");
    shell.line("bg");
    shell.line("until jobs -l | grep -q tty; do sleep 0.05; done; jobs -l");
    // In the background it may not read the terminal.
    shell.sees("Stopped (tty input)");
    shell.line("fg");
    shell.sees("exec dev");
    shell.line("hel''lo");
    shell.sees("said-hel''lo");
    shell.end();
}

#[test]
fn who_ignores_sigterm_stays_until_it_is_killed() {
    let mut shell = Shell::new();
    shell.line(&format!(
        "{POOLKEY} exec dev -- sh -c 'trap \"\" TERM; {LONG}' &"
    ));
    shell.sees("up-2");
    shell.line("kill %1; sleep 0.3; jobs");
    shell.sees("Running");
    shell.line("kill -KILL %1; wait %1; echo \"<$?>\"");
    shell.sees("<137>");
    shell.end();
}

#[test]
fn it_is_the_group_in_the_foreground_and_hears_of_a_new_size() {
    let mut shell = Shell::new();
    // Without a trap, bash goes on where its child ends by itself in the moment of the signal.
    let script = "trap \"echo now; stty size\" WINCH; trap \"exit 5\" INT; ps -o tpgid=,pgid=,pid= -p $$ | \
        (read t g p; [ $t = $g ] && [ $g = $p ] && echo front-$((1+1)));";
    shell.line(&format!("run bash -c '{script} {LONG}'"));
    shell.sees("front-2");
    shell.sees("up-2");
    shell.terminal.resize(51, 97);
    shell.sees("51 97");
    shell.terminal.type_in("\x03");
    shell.line("echo \"<$?>\"");
    shell.sees("<5>");
    shell.end();
}
