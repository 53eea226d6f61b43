//! What mends a finding makes it go, and `--fix` does what it says and no more.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use poolkey_core::finding::Finding;

use super::cases::{AWS, Case, DAEMON, ENVIRONMENT, FILES, HELPERS};
use super::scene::{Programs, Scene, codes};
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
    scene.credentials(&format!("{foreign}{ours}"));
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
        foreign
    );
    assert_eq!(
        (mode(&scene.aws("credentials")), mode(&vault)),
        (0o600, 0o600)
    );
    let config = fs::read_to_string(scene.aws("config")).unwrap();
    let line = format!("credential_process = {} dev\n", scene.shim().display());
    assert_eq!(config, format!("[profile dev]\nregion = x\n# mine\n{line}"));
    assert_eq!(scene.codes(&[]), ["keys_expired"]);

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
