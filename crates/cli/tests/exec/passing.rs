//! What passes through unchanged: everything but the environment.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use super::*;

/// Run by bash, with what it inherited.
const INHERITED: &str = r#"
umask; ulimit -a; ulimit -Ha; pwd; nice
for fd in /proc/self/fd/*; do
    case $fd in */0|*/1|*/2) ;; *) echo "$fd" ;; esac
done
grep -E '^(Sig|Shd)(Ign|Blk|Pnd)|^Cap|^NoNewPrivs|^Groups' /proc/self/status
cat /proc/self/cgroup /proc/self/oom_score_adj /proc/self/timerslack_ns
"#;

/// The same command at the shell's hand, once by itself and once through `poolkey exec`.
fn compare(before: &str, command: &str) -> (String, String) {
    let (home, _) = with_keys();
    let mut told = [String::new(), String::new()];
    for (told, through) in told.iter_mut().zip(["", "\"$0\" exec dev -- "]) {
        let script = format!("{before}\n{through}{command}");
        let mut bash = home.command("/bin/bash");
        bash.args(["--norc", "-c", &script, POOLKEY, INHERITED]);
        bash.current_dir(home.path());
        let said = Said::of(&mut bash);
        assert_eq!(said.err, "", "{said:?}");
        *told = said.out;
    }
    let [direct, through] = told;
    (direct, through)
}

#[test]
fn limits_mask_directory_and_open_files() {
    for before in [
        "",
        "umask 0137; ulimit -Sn 77; ulimit -c 0; cd /usr/share",
        "exec 7<$0 9>/dev/null; trap '' HUP INT QUIT TERM",
    ] {
        let (direct, through) = compare(before, "bash --norc -c \"$1\"");
        assert_eq!(direct, through, "{before}");
        assert!(direct.lines().count() > 30, "{direct}");
    }
    let (direct, through) = compare("exec 7<$0", "bash --norc -c 'echo /proc/self/fd/*'");
    assert!(direct.contains("/fd/7"), "{direct}");
    assert_eq!(direct, through);
}

#[test]
fn the_command_is_this_very_process() {
    let (home, _) = with_keys();
    let mut command = exec(
        &home,
        &["dev", "sh", "-c", "echo $$ $PPID; cat /proc/$$/comm"],
    );
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(said, format!("{pid} {}\nsh\n", std::process::id()));
}

#[test]
fn every_byte_of_stdin_arguments_and_variables() {
    let (home, _) = with_keys();
    let all: Vec<u8> = (0..=255).collect();
    let input = all.repeat(5000);
    let mut command = exec(&home, &["dev", "--", "cat"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let given = input.clone();
    let writer = std::thread::spawn(move || stdin.write_all(&given).unwrap());
    let mut output = Vec::new();
    stdout.read_to_end(&mut output).unwrap();
    writer.join().unwrap();
    assert!(output == input, "{} bytes of {}", output.len(), input.len());
    assert!(child.wait().unwrap().success());

    let odd = OsStr::from_bytes(&all[1..]);
    let mut command = exec(&home, &["dev", "--", "printf", "%s|%s"]);
    let output = command.arg(odd).arg("").output().unwrap();
    assert_eq!(output.stdout, [&all[1..], b"|"].concat());
}

#[test]
fn how_it_ends_is_how_the_command_ends() {
    let (home, _) = with_keys();
    for code in [0, 1, 3, 10, 69, 126, 127, 128, 255] {
        let script = format!("exit {code}");
        let said = Said::of(&mut exec(&home, &["dev", "sh", "-c", &script]));
        assert_eq!((said.code, said.err.as_str()), (Some(code), ""), "{code}");
    }
    for signal in [1, 2, 9, 11, 13, 15] {
        let script = format!("kill -{signal} $$");
        let status = exec(&home, &["dev", "sh", "-c", &script]).status().unwrap();
        assert_eq!(status.signal(), Some(signal));
    }
}
