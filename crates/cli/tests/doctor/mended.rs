//! What mends a finding makes it go, and `--fix` does what it says and no more.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use poolkey_core::finding::Finding;

use super::cases::{AWS, Case, DAEMON, ENVIRONMENT, FILES, HELPERS};
use super::scene::{PROFILES, Programs, Scene, codes};
use crate::support::Said;

/// Each remedy that is a command, and can be run here, is run.
#[test]
fn remedies_mend() {
    let programs = Programs::new();
    let all: Vec<&Case> = [ENVIRONMENT, AWS, HELPERS, FILES, DAEMON]
        .into_iter()
        .flatten()
        .collect();
    let mut mended = Vec::new();
    for (code, _, spoil) in all {
        let mut scene = Scene::new(&programs);
        spoil(&mut scene);
        let _daemon = scene.serve();
        let found = scene.found(&["--offline"]);
        let finding = found.iter().find(|found| found.code == **code);
        let Some(remedy) = finding.and_then(|finding| finding.remedy.clone()) else {
            continue;
        };
        if follow(&mut scene, finding.unwrap(), &remedy) {
            let left = scene.found(&["--offline"]);
            let is_left = left.iter().any(|found| found.code == **code);
            assert!(!is_left, "{code} by “{remedy}”: {left:#?}");
            mended.push(*code);
        }
    }
    assert!(mended.len() > 25, "{mended:?}");
}

/// Does what the remedy says, where it is a command that can be run here.
fn follow(scene: &mut Scene, finding: &Finding, remedy: &str) -> bool {
    if let Some(command) = remedy.strip_prefix("Remove that line, then run: ") {
        let (_, line) = finding.about.rsplit_once(' ').unwrap();
        let line: usize = line.parse().unwrap();
        let old = fs::read_to_string(scene.aws("config")).unwrap();
        let kept = old
            .lines()
            .enumerate()
            .filter(|(number, _)| number + 1 != line);
        let kept: Vec<&str> = kept.map(|(_, text)| text).collect();
        scene.config(&(kept.join("\n") + "\n"));
        return follow(scene, finding, command);
    }
    let words: Vec<&str> = remedy.split(' ').collect();
    match words[..] {
        ["unset", ref names @ ..] => names.iter().for_each(|name| scene.unset(name)),
        ["chmod", ..] => {
            let done = Command::new("sh").args(["-c", remedy]).status().unwrap();
            assert!(done.success());
        }
        ["poolkey", "doctor", "--fix"] => {
            let said = scene.said(&["--offline", "--fix", "--yes"]);
            assert_ne!(said.code, Some(2), "{said:?}");
        }
        ["poolkey", "configure", ref args @ ..] => {
            let said = poolkey(scene, &[&["configure"], args, &["--yes"]].concat());
            assert_eq!(said.code, Some(0), "{remedy}: {said:?}");
        }
        ["poolkey", "profile", "write", ..] => {
            let said = poolkey(scene, &words[1..]);
            assert_eq!(said.code, Some(0), "{remedy}: {said:?}");
        }
        _ => return false,
    }
    true
}

fn poolkey(scene: &Scene, args: &[&str]) -> Said {
    let mut command = scene.home.command(scene.bin.join("poolkey"));
    command.envs(scene.vars.iter().map(|(name, value)| (name, value)));
    Said::of(command.args(args))
}

#[test]
fn fix_mends_what_is_safe_and_nothing_else() {
    let programs = Programs::new();
    let scene = Scene::new(&programs);
    let foreign = "[mine]\n# a comment\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\nx-expiration = 2020-01-01T00:00:00Z\n";
    let ours = "\n[old]\nx-poolkey-profile = gone\naws_access_key_id = A\nx-expiration = 2020-01-01T00:00:00Z\n";
    // These the daemon keeps fresh.
    let kept = "\n[dev-keys]\nx-poolkey-profile = dev\naws_access_key_id = A\nx-expiration = 2099-01-01T00:00:00Z\n";
    let profiles = format!("{PROFILES}write_profile = \"dev-keys\"\n");
    scene.write(&scene.home.profiles(), profiles);
    scene.credentials(&format!("{foreign}{ours}{kept}"));
    fs::set_permissions(scene.aws("credentials"), PermissionsExt::from_mode(0o644)).unwrap();
    let vault = scene.state("vault.age");
    scene.write(&vault, "x");
    fs::set_permissions(&vault, PermissionsExt::from_mode(0o666)).unwrap();
    scene.config("[profile dev]\nregion = x\n# mine\ncredential_process = /opt/gone/poolkey-credential-process dev\n");
    scene.serve();

    // Nobody was asked, so nothing is done.
    let said = scene.said(&["--fix"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains("--yes"), "{said:?}");
    assert_eq!(mode(&vault), 0o666);

    let said = scene.said(&["--fix", "--yes"]);
    assert_eq!(
        said.code,
        Some(17),
        "keys of others are still there: {said:?}"
    );
    assert_eq!(said.out.matches("Done: ").count(), 4, "{said:?}");
    assert_eq!(
        fs::read_to_string(scene.aws("credentials")).unwrap(),
        format!("{foreign}{kept}")
    );
    assert_eq!(
        (mode(&scene.aws("credentials")), mode(&vault)),
        (0o600, 0o600)
    );
    let config = fs::read_to_string(scene.aws("config")).unwrap();
    let line = format!("credential_process = {} dev\n", scene.shim().display());
    assert_eq!(config, format!("[profile dev]\nregion = x\n# mine\n{line}"));
    assert_eq!(scene.codes(&[]), ["keys_expired", "keys_read_once"]);

    // A second time there is nothing to do.
    let said = scene.said(&["--fix", "--json", "--yes"]);
    assert!(!said.out.contains("mended"), "{said:?}");
}

#[test]
fn fix_as_json_is_one_document() {
    let programs = Programs::new();
    let scene = Scene::new(&programs);
    scene.config("[profile dev]\nregion = x\ncredential_process = /opt/gone/poolkey-credential-process dev\n");
    scene.serve();
    let said = scene.said(&["--fix", "--yes", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(told["mended"].as_array().unwrap().len(), 1, "{said:?}");
    let left: Vec<Finding> = serde_json::from_value(told["findings"].clone()).unwrap();
    assert!(codes(&left).is_empty(), "{said:?}");
}

/// Each thing is told and asked for by itself.
#[cfg(target_os = "linux")]
#[test]
fn fix_asks_before_each() {
    use crate::pty::Terminal;
    let programs = Programs::new();
    let scene = Scene::new(&programs);
    scene.credentials("[x]\naws_access_key_id = A\n");
    fs::set_permissions(scene.aws("credentials"), PermissionsExt::from_mode(0o644)).unwrap();
    let vault = scene.state("vault.age");
    scene.write(&vault, "x");
    fs::set_permissions(&vault, PermissionsExt::from_mode(0o666)).unwrap();
    scene.serve();
    for (answers, modes, code) in [
        (["", "no"], [0o644, 0o666], 17),
        (["n", "y"], [0o644, 0o600], 17),
    ] {
        let mut command = scene.home.command(scene.bin.join("poolkey"));
        command.envs(scene.vars.iter().map(|(name, value)| (name, value)));
        let mut terminal = Terminal::run(command.args(["doctor", "--fix", "--offline"]));
        terminal.expect("Close ~/.aws/credentials to other users? [y/N]: ");
        terminal.type_in(&format!("{}\n", answers[0]));
        terminal.expect("Close ~/state/poolkey/vault.age to other users? [y/N]: ");
        terminal.type_in(&format!("{}\n", answers[1]));
        let (ended, out) = terminal.end();
        assert_eq!(ended, Some(code), "{out}");
        assert_eq!([mode(&scene.aws("credentials")), mode(&vault)], modes);
        assert_eq!(
            out.matches("Done: ").count(),
            usize::from(answers[1] == "y"),
            "{out}"
        );
    }
}

/// What a link leads to outside of the home is shared with somebody.
#[test]
fn what_lies_elsewhere_is_not_closed() {
    let programs = Programs::new();
    let scene = Scene::new(&programs);
    let elsewhere = tempfile::tempdir().unwrap();
    let shared = elsewhere.path().join("credentials");
    fs::write(&shared, "[x]\naws_access_key_id = A\n").unwrap();
    fs::set_permissions(&shared, PermissionsExt::from_mode(0o644)).unwrap();
    std::os::unix::fs::symlink(&shared, scene.aws("credentials")).unwrap();
    scene.serve();
    assert_eq!(scene.codes(&[]), ["aws_file_exposed"]);
    scene.said(&["--fix", "--yes"]);
    assert_eq!(mode(&shared), 0o644);
    // Within the home it is one's own, as dotfiles are.
    fs::remove_file(scene.aws("credentials")).unwrap();
    let dotfile = scene.home.path().join("dotfiles");
    fs::copy(&shared, &dotfile).unwrap();
    std::os::unix::fs::symlink(&dotfile, scene.aws("credentials")).unwrap();
    scene.said(&["--fix", "--yes"]);
    assert_eq!(mode(&dotfile), 0o600);
    assert!(scene.aws("credentials").is_symlink());
}

/// A key of somebody else's, in a file of somebody else's, is never touched.
#[test]
fn a_file_of_another_user_is_left_alone() {
    let programs = Programs::new();
    let scene = Scene::new(&programs);
    scene.credentials("[x]\naws_access_key_id = A\n");
    if std::os::unix::fs::chown(scene.aws("credentials"), Some(12345), None).is_err() {
        return;
    }
    fs::set_permissions(scene.aws("credentials"), PermissionsExt::from_mode(0o666)).unwrap();
    scene.serve();
    scene.said(&["--fix", "--yes"]);
    assert_eq!(mode(&scene.aws("credentials")), 0o666);
}

fn mode(path: &std::path::Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}
