//! What becomes of the person's files of AWS.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::*;

fn write(home: &Home, name: &str, text: &str) -> PathBuf {
    let directory = home.path().join(".aws");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join(name), text).unwrap();
    directory.join(name)
}

/// What the variable names, if anything, and what it says.
fn named(all: &BTreeMap<OsString, OsString>, variable: &str) -> Option<(PathBuf, String)> {
    let path = PathBuf::from(get(all, variable)?);
    let text = fs::read_to_string(&path).unwrap();
    Some((path, text))
}

fn is_private(path: &Path) {
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o400, "{}", path.display());
    let directory = path.parent().unwrap().metadata().unwrap();
    assert_eq!(directory.permissions().mode() & 0o777, 0o700);
}

const SETTINGS: &str = "[default]\nregion = eu-west-1\noutput = json\n";

#[test]
fn where_nothing_would_come_first_the_files_stay() {
    let (home, _) = with_keys();
    write(
        &home,
        "config",
        &format!("{SETTINGS}[profile dev]\nrole_arn = x\n"),
    );
    write(&home, "credentials", "[dev]\naws_access_key_id = AKIA\n");
    let found = variables(exec(&home, &["dev"]));
    for name in [
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_PROFILE",
    ] {
        assert_eq!(get(&found, name), None, "{name}");
    }
}

#[test]
fn a_default_with_keys_does_not_hide_the_endpoint() {
    let static_keys = "[default]\naws_access_key_id = AKIA\naws_secret_access_key = hush\n";
    for (config, credentials) in [
        (SETTINGS.to_owned(), static_keys),
        (
            format!("{SETTINGS}aws_access_key_id = AKIA\naws_secret_access_key = hush\n"),
            "",
        ),
        (format!("{SETTINGS}credential_process = /bin/other\n"), ""),
        (
            format!("{SETTINGS}sso_session = corp\n[sso-session corp]\nsso_region = x\n"),
            "",
        ),
        (
            format!("{SETTINGS}role_arn = x\nsource_profile = other\n[profile other]\n"),
            "",
        ),
    ] {
        let (home, _) = with_keys();
        let theirs = write(&home, "config", &config);
        write(&home, "credentials", credentials);
        let found = variables(exec(&home, &["dev"]));
        assert_eq!(get(&found, "AWS_PROFILE"), Some("dev"));
        // Keys of other profiles stay where they are.
        assert_eq!(get(&found, "AWS_SHARED_CREDENTIALS_FILE"), None);
        let (path, text) = named(&found, "AWS_CONFIG_FILE").unwrap();
        is_private(&path);
        let added = text.split("[profile dev]\n").nth(1).unwrap();
        assert!(
            added.starts_with("region = eu-west-1\noutput = json\n"),
            "{text}"
        );
        for key in [
            "aws_",
            "credential_process",
            "sso_",
            "role_arn",
            "source_profile",
        ] {
            assert!(!added.contains(key), "{key}: {text}");
        }
        assert!(!text.contains("hush") && !text.contains("AKIA"), "{text}");
        assert_eq!(fs::read_to_string(&theirs).unwrap(), config, "theirs stays");
        // The same again is the same file.
        let again = variables(exec(&home, &["dev"]));
        assert_eq!(again, found);
    }
}

#[test]
fn a_name_that_is_taken_is_not_used_for_it() {
    let (home, _) = with_keys();
    write(
        &home,
        "config",
        "[default]\nrole_arn = x\n[profile dev]\nregion = us-east-2\n",
    );
    write(
        &home,
        "credentials",
        "[dev-exec]\naws_access_key_id = AKIA\n",
    );
    let found = variables(exec(&home, &["dev"]));
    assert_eq!(get(&found, "AWS_PROFILE"), Some("dev-exec-2"));
    assert_eq!(get(&found, "AWS_REGION"), Some("us-east-2"));
    let (_, text) = named(&found, "AWS_CONFIG_FILE").unwrap();
    assert!(
        text.contains("[profile dev]\nregion = us-east-2\n"),
        "{text}"
    );
}

#[test]
fn the_configuration_of_its_own_runs_the_helper() {
    let (home, _) = with_keys();
    let text = format!("{SETTINGS}aws_secret_access_key = hush\n[profile other]\nregion = x\n");
    write(&home, "config", &text);
    let found = variables(exec(&home, &["dev", "--config"]));
    assert_eq!(get(&found, "AWS_PROFILE"), Some("dev"));
    assert_eq!(get(&found, "AWS_SDK_LOAD_CONFIG"), Some("1"));
    assert_eq!(get(&found, "AWS_SHARED_CREDENTIALS_FILE"), None);
    let (path, text) = named(&found, "AWS_CONFIG_FILE").unwrap();
    is_private(&path);
    let shim = env!("CARGO_BIN_EXE_poolkey-credential-process");
    let line = format!("credential_process = {shim} dev\n");
    assert_eq!(text.matches(&line).count(), 2, "{text}");
    assert!(text.contains("[profile other]\nregion = x\n"), "{text}");
    assert!(!text.contains("hush"), "{text}");

    write(
        &home,
        "credentials",
        "[default]\naws_access_key_id = AKIA\n",
    );
    let found = variables(exec(&home, &["dev", "--config"]));
    let (path, text) = named(&found, "AWS_SHARED_CREDENTIALS_FILE").unwrap();
    is_private(&path);
    assert!(text.lines().all(|line| line.starts_with('#')), "{text}");
}

#[test]
fn files_that_the_environment_names_are_heeded() {
    let (home, _) = with_keys();
    let config = home.path().join("my config");
    fs::write(&config, "[default]\nrole_arn = x\noutput = text\n").unwrap();
    let mut command = exec(&home, &["dev"]);
    command.env("AWS_CONFIG_FILE", "~/my config");
    let found = variables(command);
    let (path, text) = named(&found, "AWS_CONFIG_FILE").unwrap();
    assert_ne!(path, config);
    assert!(text.contains("[profile dev]\noutput = text\n"), "{text}");
    // Within another exec it is the person's own again that counts, and stays where it may.
    for (outer, inner) in [("--config", "--env"), ("--container", "--env")] {
        let args = ["ops", outer, "--", POOLKEY, "exec", "dev", inner];
        let mut command = exec(&home, &args);
        command.env("AWS_CONFIG_FILE", &config);
        let found = variables(command);
        assert_eq!(get(&found, "AWS_CONFIG_FILE"), config.to_str(), "{outer}");
    }
    let mut command = exec(&home, &["dev"]);
    command.env("AWS_CONFIG_FILE", "/dev/null");
    assert_eq!(
        get(&variables(command), "AWS_CONFIG_FILE"),
        Some("/dev/null")
    );
}

#[test]
fn a_file_that_no_tool_reads_is_named_with_its_line() {
    let (home, _) = with_keys();
    write(&home, "config", "[default]\nregion\n");
    for way in ["--container", "--config"] {
        let said = Said::of(&mut exec(&home, &["dev", way, "true"]));
        assert_eq!(said.code, Some(73), "{said:?}");
        assert!(said.err.contains(".aws/config”, line 2: "), "{said:?}");
        assert!(said.err.contains("--env"), "{said:?}");
    }
    assert_eq!(
        Said::of(&mut exec(&home, &["dev", "--env", "true"])).code,
        Some(0)
    );
}

#[test]
fn what_lies_in_the_way_of_our_own_file_is_not_followed() {
    let (home, _) = with_keys();
    write(&home, "config", "[default]\nrole_arn = x\n");
    let found = variables(exec(&home, &["dev"]));
    let (path, text) = named(&found, "AWS_CONFIG_FILE").unwrap();
    let elsewhere = home.path().join("elsewhere");
    fs::write(&elsewhere, "[default]\ncredential_process = /bin/evil\n").unwrap();
    fs::remove_file(&path).unwrap();
    symlink(&elsewhere, &path).unwrap();
    let found = variables(exec(&home, &["dev"]));
    assert_eq!(
        named(&found, "AWS_CONFIG_FILE").unwrap(),
        (path.clone(), text)
    );
    assert!(path.symlink_metadata().unwrap().is_file());
    let directory = path.parent().unwrap();
    fs::remove_dir_all(directory).unwrap();
    symlink(home.path(), directory).unwrap();
    let said = Said::of(&mut exec(&home, &["dev", "true"]));
    assert_eq!(said.code, Some(73), "{said:?}");
    assert!(said.err.contains("is a link"), "{said:?}");
}
