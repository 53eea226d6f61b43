//! What nobody should have to examine: pipes in place of files, a daemon that never answers, bytes
//! without sense.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::scene::{Programs, Scene};
use crate::support::Said;

#[test]
fn a_daemon_that_hangs_is_waited_for_briefly() {
    let programs = Programs::new();
    let mut scene = Scene::new(&programs);
    scene.status = None;
    let listener = UnixListener::bind(scene.home.socket()).unwrap();
    std::mem::forget(listener);
    let begun = Instant::now();
    let found = scene.found(&[]);
    let codes = super::scene::codes(&found);
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    assert!(codes.contains(&"daemon_silent".to_owned()), "{codes:?}");
    let told = found.iter().find(|found| found.code == "daemon_silent");
    let ours = format!("kill {}", std::process::id());
    let remedy = told.and_then(|found| found.remedy.as_deref()).unwrap();
    assert!(remedy.starts_with(&ours), "{remedy}");
}

#[test]
fn a_daemon_that_makes_no_sense_is_told_of() {
    let programs = Programs::new();
    for answer in [
        "\n",
        "{\"v\":99,\"reply\":\"x\"}\n",
        "{}\n",
        "{\"v\":1,\"reply\":\"done\"}\n",
    ] {
        let mut scene = Scene::new(&programs);
        scene.status = None;
        scene.home.raw_daemon(move |_| answer.as_bytes().to_vec());
        let codes = scene.codes(&[]);
        assert!(
            codes.contains(&"daemon_unintelligible".to_owned()),
            "{answer}: {codes:?}"
        );
    }
}

#[test]
fn what_is_no_file_keeps_nobody() {
    let programs = Programs::new();
    let spoil: [Spoil; 3] = [
        ("a pipe", |path| {
            assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
        }),
        ("a directory", |path| fs::create_dir(path).unwrap()),
        ("a hundred megabytes", |path| {
            File::create(path).unwrap().set_len(100 << 20).unwrap()
        }),
    ];
    for (what, spoil) in spoil {
        let scene = Scene::new(&programs);
        for path in [
            scene.aws("config"),
            scene.aws("credentials"),
            scene.home.profiles(),
            scene.home.path().join("s.start.log"),
        ] {
            let _ = fs::remove_file(&path);
            spoil(&path);
        }
        let begun = Instant::now();
        let codes = scene.codes(&["--offline"]);
        assert!(
            begun.elapsed().as_secs() < 10,
            "{what}: {:?}",
            begun.elapsed()
        );
        for code in ["aws_file_unreadable", "config_unreadable"] {
            assert!(codes.contains(&code.to_owned()), "{what}: {codes:?}");
        }
        // The report is written all the same.
        let bundle = scene.home.path().join("bundle");
        let said = scene.said(&["--offline", "--bundle", bundle.to_str().unwrap()]);
        assert_eq!(said.code, Some(17), "{what}: {said:?}");
        assert!(bundle.is_file());
    }
}

#[test]
fn it_works_without_a_home() {
    let programs = Programs::new();
    let scene = Scene::new(&programs);
    for (home, code) in [
        (Some("/nonexistent/x"), None),
        (Some("/dev/null"), Some("home_unwritable")),
        (None, None),
    ] {
        let mut command = scene.home.command(scene.bin.join("poolkey"));
        command.env_remove("HOME").env_remove("XDG_CONFIG_HOME");
        command.envs(home.map(|home| ("HOME", home)));
        let said = Said::of(command.args(["doctor", "--json", "--offline"]));
        assert!(
            [Some(0), Some(17)].contains(&said.code),
            "{home:?}: {said:?}"
        );
        let has = code.is_none_or(|code| said.out.contains(code));
        assert!(has, "{home:?}: {said:?}");
    }
}

#[test]
fn what_files_say_does_not_steer_the_terminal() {
    let programs = Programs::new();
    let mut scene = Scene::new(&programs);
    let evil = "\u{1b}[2J\u{1b}]0;x\u{7}\u{202e}";
    scene.config(&format!(
        "[{evil}]\nregion = x\n[profile {evil}]\nregion = a # b\n"
    ));
    scene.credentials(&format!(
        "[{evil}]\naws_access_key_id = A\nx-expiration = 2000-01-01T00:00:00Z\n"
    ));
    scene.set("AWS_PROFILE", evil);
    scene.set("BROWSER", evil);
    scene.set("AWS_CA_BUNDLE", format!("/{evil}"));
    scene.status().daemon.version = evil.into();
    scene.login().user.as_mut().unwrap().email = Some(evil.into());
    scene.serve();
    for args in [&[][..], &["--verbose"], &["dev"]] {
        let said = scene.said(args);
        let odd = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(
            !said.out.contains(odd) && !said.err.contains(odd),
            "{said:?}"
        );
        assert_eq!(said.code, Some(17));
    }
}

/// What it is called, and what makes one.
type Spoil = (&'static str, fn(&Path));

/// Files of pieces that mean something, put together so that they mean nothing.
#[test]
fn no_file_makes_it_fail() {
    let programs = Programs::new();
    let scene = Scene::new(&programs);
    let shim = scene.shim().display().to_string();
    let piece = prop_oneof![
        4 => prop::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..12),
        1 => Just(shim.into_bytes()),
    ];
    let text = prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat());
    let mut runner = TestRunner::new(Config {
        cases: 40,
        failure_persistence: None,
        ..Config::default()
    });
    let all = (text.clone(), text.clone(), text);
    let bundle = scene.home.path().join("bundle");
    runner
        .run(&all, |(config, credentials, profiles)| {
            for (path, bytes) in [
                (scene.aws("config"), config),
                (scene.aws("credentials"), credentials),
                (scene.home.profiles(), profiles),
            ] {
                File::create(path)?.write_all(&bytes)?;
            }
            let _ = fs::remove_file(&bundle);
            let said = scene.said(&["--json", "--offline", "--bundle", bundle.to_str().unwrap()]);
            let told: Result<serde_json::Value, _> = serde_json::from_str(&said.out);
            prop_assert!(
                told.is_ok() && [Some(0), Some(17)].contains(&said.code),
                "{said:?}"
            );
            Ok(())
        })
        .unwrap();
}

const PIECES: &[&str] = &[
    "\n",
    "\n",
    "\n",
    " ",
    "=",
    "[",
    "]",
    "\"",
    "'",
    "#",
    " ;",
    "\\",
    "\r",
    "\u{feff}",
    "[profile dev]\n",
    "[default]\n",
    "[profile x]\n",
    "[DEFAULT]\n",
    "[dev]\n",
    "region = x\n",
    "  region = x\n",
    "aws_access_key_id = A\n",
    "credential_process = ",
    " dev\n",
    "x-expiration = 2020-01-01T00:00:00Z\n",
    "x-poolkey-profile = dev\n",
    "sso_session = x\n",
    "role_arn = x\n",
    "source_profile = dev\n",
    "[login.acme]\n",
    "[profile.dev]\n",
    "login = \"acme\"\n",
    "user_pool_id = \"eu-west-1_AbCdEf123\"\n",
    "client_id = \"abc\"\n",
    "write_profile = \"dev\"\n",
    "[settings]\n",
    "proxy = \"http://a:b@c\"\n",
];
