//! Each problem gives its code, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::time::Instant;

use poolkey_core::config::VaultChoice;
use poolkey_core::failure::{Code, Ended, Failure};
use poolkey_core::finding::Severity;
use poolkey_core::snapshot::{LoginState, WrittenView};
use poolkey_core::time::UnixTime;
use poolkey_ipc::{EndpointView, GrantView};

use super::scene::{PROFILES, Programs, Scene, now};

/// The code, further codes that come with it, and what spoils the home.
pub(super) type Case = (&'static str, &'static [&'static str], fn(&mut Scene));

#[test]
fn a_healthy_home_has_nothing_to_tell() {
    let programs = Programs::new();
    let scene = Scene::new(&programs);
    scene.serve();
    let found = scene.found(&[]);
    let bad: Vec<_> = found
        .iter()
        .filter(|found| found.severity != Severity::Good)
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert!(found.len() >= 10, "{found:#?}");
}

#[test]
fn the_environment() {
    judge(ENVIRONMENT);
}

#[test]
fn the_files_of_aws() {
    judge(AWS);
}

#[test]
fn commands_that_run_the_shim() {
    judge(HELPERS);
}

#[test]
fn files_and_programs() {
    judge(FILES);
}

#[test]
fn the_daemon_and_what_it_tells() {
    judge(DAEMON);
}

/// Whoever adds a code adds a case, or says why there is none.
#[test]
fn every_code_has_a_case() {
    let page = include_str!("../../../../docs/doctor.md");
    let (ours, _) = page.split_once("## The network").unwrap();
    let promised: BTreeSet<&str> = ours
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter(|(_, rest)| !rest.starts_with("good"))
        .map(|(code, _)| code)
        .collect();
    let all = [ENVIRONMENT, AWS, HELPERS, FILES, DAEMON].concat();
    let mut tried: BTreeSet<&str> = all.iter().map(|case| case.0).collect();
    tried.extend(ELSEWHERE);
    assert_eq!(promised, tried);
}

fn judge(cases: &[Case]) {
    let programs = Programs::new();
    let mut wrong = Vec::new();
    for (code, more, spoil) in cases {
        let mut scene = Scene::new(&programs);
        spoil(&mut scene);
        scene.serve();
        let begun = Instant::now();
        let found = scene.found(&[]);
        assert!(
            begun.elapsed().as_secs() < 12,
            "{code}: {:?}",
            begun.elapsed()
        );
        let mut expected: Vec<&str> = more.iter().copied().chain([*code]).collect();
        expected.sort_unstable();
        let mut told = super::scene::codes(&found);
        // The tests themselves may run in one.
        if *code != "in_container" {
            told.retain(|told| told != "in_container");
        }
        if told != expected {
            wrong.push(format!("{code}: {told:?}"));
            continue;
        }
        for finding in &found {
            let line = |text: &str| text.contains(['\n', '\r', '\u{1b}']);
            let told = &finding.sentence;
            assert!(!line(told) && told.ends_with('.'), "{finding:?}");
            let is_bad = finding.severity > Severity::Note;
            assert!(!is_bad || finding.remedy.is_some(), "{finding:?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

pub(super) const ENVIRONMENT: &[Case] = &[
    ("environment_keys", &[], |scene| {
        keys(scene, "AKIAIOSFODNN7EXAMPLE")
    }),
    ("environment_keys_incomplete", &[], |scene| {
        keys(scene, "ASIAIOSFODNN7EXAMPLE")
    }),
    ("environment_keys_expired", &[], |scene| {
        keys(scene, "AKIAIOSFODNN7EXAMPLE");
        scene.set("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z");
    }),
    ("profile_variable_unknown", &[], |scene| {
        scene.set("AWS_PROFILE", "nobody")
    }),
    ("profile_variable_elsewhere", &[], |scene| {
        append(scene, "[profile other]\nregion = us-east-1\n");
        scene.set("AWS_PROFILE", "other");
    }),
    ("profile_variables_differ", &[], |scene| {
        append(scene, "[default]\nregion = us-east-1\n");
        scene.set("AWS_PROFILE", "dev");
        scene.set("AWS_DEFAULT_PROFILE", "default");
    }),
    ("set_by_poolkey", &[], |scene| {
        keys(scene, "AKIAIOSFODNN7EXAMPLE");
        scene.set("POOLKEY_PROFILE", "dev");
    }),
    ("web_identity_variables", &[], |scene| {
        scene.set("AWS_WEB_IDENTITY_TOKEN_FILE", "/x");
        scene.set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/x");
    }),
    ("endpoint_variable", &[], |scene| {
        scene.set("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    }),
    ("metadata_variable", &[], |scene| {
        scene.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1");
    }),
    ("container_variables", &[], |scene| {
        scene.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x");
    }),
    ("container_uris_two", &["container_variables"], |scene| {
        scene.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x");
        scene.set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
    }),
    ("container_hidden", &[], |scene| {
        let text = format!(
            "[default]\nregion = x\ncredential_process = {} dev\n",
            scene.shim().display()
        );
        scene.config(&text.replace("default", "profile dev"));
        scene.credentials("[default]\naws_access_key_id = A\naws_secret_access_key = S\n");
        scene.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x");
    }),
    (
        "container_token_unreadable",
        &["container_variables"],
        |scene| {
            let file = scene.home.path().join("token");
            scene.write(&file, "abc\n");
            scene.set(
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                file.display().to_string(),
            );
            scene.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/x");
        },
    ),
    ("aws_files_elsewhere", &[], |scene| {
        let file = scene.home.path().join("other");
        scene.write(&file, "[dev]\nregion = x\n");
        scene.set("AWS_SHARED_CREDENTIALS_FILE", file.display().to_string());
    }),
    ("aws_file_missing", &["profile_unused"], |scene| {
        scene.set("AWS_CONFIG_FILE", "/nonexistent/config");
    }),
    ("ca_bundle_elsewhere", &[], |scene| {
        let file = scene.home.path().join("ca.pem");
        scene.write(&file, "x");
        scene.set("AWS_CA_BUNDLE", file.display().to_string());
    }),
    ("ca_bundle_missing", &[], |scene| {
        scene.set("AWS_CA_BUNDLE", "/nonexistent/ca.pem")
    }),
    ("proxy_elsewhere", &[], |scene| {
        scene.set("HTTPS_PROXY", "http://ann:hunter2@proxy.example.com:3128");
    }),
    ("poolkey_variable_unknown", &[], |scene| {
        scene.set("POOLKEY_SOKET", "/x");
    }),
    ("starting_forbidden", &[], |scene| {
        scene.set("POOLKEY_NO_START", "1")
    }),
    ("starting_variable_odd", &[], |scene| {
        scene.set("POOLKEY_NO_START", "yes")
    }),
    ("browser_missing", &[], |scene| {
        scene.set("BROWSER", "no-such-browser")
    }),
];

pub(super) const AWS: &[Case] = &[
    ("aws_file_refused", &[], |scene| append(scene, "oops\n")),
    ("aws_file_unreadable", &[], |scene| {
        fs::create_dir(scene.aws("credentials")).unwrap()
    }),
    ("link_dead", &[], |scene| {
        symlink("/nonexistent", scene.aws("credentials")).unwrap()
    }),
    ("aws_file_exposed", &[], |scene| {
        scene.credentials("[x]\naws_access_key_id = A\n");
        open(&scene.aws("credentials"), 0o644);
    }),
    ("section_unread", &[], |scene| {
        append(scene, "[other]\nregion = us-east-1\n")
    }),
    ("profile_name_odd", &[], |scene| {
        append(scene, "[profile a~b]\nregion = us-east-1\n")
    }),
    ("default_twice", &[], |scene| {
        append(
            scene,
            "[default]\noutput = json\n[profile default]\noutput = text\n",
        )
    }),
    ("default_leaks", &[], |scene| {
        append(scene, "[DEFAULT]\noutput = json\n")
    }),
    ("value_ambiguous", &[], |scene| {
        append(scene, "[profile x]\nregion = us-east-1 # mine\n")
    }),
    ("sources_mixed", &[], |scene| {
        append(
            scene,
            "sso_session = corp\n[sso-session corp]\nsso_region = x\n",
        )
    }),
    ("helper_in_credentials", &["profile_unused"], |scene| {
        scene.credentials("[x]\ncredential_process = /opt/x\nregion = x\n");
        scene.config("");
    }),
    ("static_keys_shadow", &[], |scene| {
        scene.credentials("[dev]\naws_access_key_id = A\n")
    }),
    ("static_keys_beside", &[], |scene| {
        append(scene, "aws_access_key_id = A\n")
    }),
    ("keys_expired", &[], |scene| {
        scene.credentials(
            "[dev]\naws_access_key_id = A\nx_security_token_expires = 2020-01-01T00:00:00+01:00\n",
        );
    }),
    ("keys_left_over", &[], |scene| {
        scene.credentials("[old]\nx-poolkey-profile = gone\naws_access_key_id = A\nx-expiration = 2020-01-01T00:00:00Z\n");
    }),
    ("keys_read_once", &[], |scene| written(scene, "dev-keys")),
    ("written_name_taken", &[], |scene| {
        written(scene, "mine");
        scene.credentials("[mine]\naws_access_key_id = A\n");
    }),
    ("region_missing", &[], |scene| {
        scene.config(&format!(
            "[profile dev]\ncredential_process = {} dev\n",
            scene.shim().display()
        ));
    }),
];

pub(super) const HELPERS: &[Case] = &[
    ("helper_foreign", &[], |scene| {
        helper(scene, "/bin/echo dev")
    }),
    ("helper_relative", &[], |scene| {
        helper(scene, "poolkey-credential-process dev")
    }),
    ("helper_elsewhere", &[], |scene| {
        let other = scene.home.path().join("poolkey-credential-process");
        fs::copy("/bin/true", &other).unwrap();
        helper(scene, &format!("{} dev", other.display()));
    }),
    ("helper_unexpanded", &[], |scene| {
        helper(scene, "~/bin/poolkey-credential-process dev")
    }),
    ("helper_unquoted", &[], |scene| {
        helper(scene, "/opt/pool key/poolkey-credential-process dev")
    }),
    ("helper_missing", &[], |scene| {
        helper(scene, "/opt/gone/poolkey-credential-process dev")
    }),
    ("helper_not_executable", &[], |scene| {
        let other = scene.home.path().join("poolkey-credential-process");
        scene.write(&other, "x");
        helper(scene, &format!("{} dev", other.display()));
    }),
    ("helper_arguments", &[], |scene| {
        helper(scene, &scene.shim().display().to_string());
    }),
    ("helper_unknown_profile", &[], |scene| {
        helper(scene, &format!("{} gone", scene.shim().display()));
    }),
    ("helper_under_other_name", &[], |scene| {
        scene.config(&format!(
            "[profile work]\nregion = x\ncredential_process = {} dev\n",
            scene.shim().display()
        ));
    }),
    ("profile_unused", &[], |scene| {
        scene.config("[profile other]\nregion = us-east-1\n")
    }),
];

pub(super) const FILES: &[Case] = &[
    ("own_file_exposed", &[], |scene| {
        let file = scene.state("vault.age");
        scene.write(&file, "x");
        open(&file, 0o640);
    }),
    ("config_unreadable", &[], |scene| {
        fs::remove_file(scene.home.profiles()).unwrap();
        fs::create_dir(scene.home.profiles()).unwrap();
        // Nothing is known of profiles.
        scene.config("");
    }),
    ("config_refused", &[], |scene| {
        scene.write(&scene.home.profiles(), "[login.acme]\nuser_pool_id = 1\n")
    }),
    ("home_unwritable", &[], |scene| {
        scene.write(&scene.home.path().join("file"), "x");
        let state = scene.home.path().join("file/state");
        scene.set("XDG_STATE_HOME", state.display().to_string());
    }),
    (
        "installations_two",
        &["installations_two", "installations_two"],
        |scene| {
            let other = scene.home.path().join("other");
            fs::create_dir(&other).unwrap();
            for name in ["poolkey", "poolkeyd", "poolkey-credential-process"] {
                scene.write(&other.join(name), "x");
            }
            let path = format!("{}:{}", scene.bin.display(), other.display());
            scene.set("PATH", path);
        },
    ),
    ("aws_cli_missing", &[], |scene| {
        scene.set("PATH", "/nonexistent")
    }),
    ("aws_cli_one", &[], |scene| {
        let other = scene.home.path().join("other");
        script(
            scene,
            &other.join("aws"),
            "echo aws-cli/1.45.11 Python/3.11",
        );
        scene.set("PATH", other.display().to_string());
    }),
    ("autostart_stale", &[], |scene| {
        autostart(scene, "/opt/gone/poolkey-tray")
    }),
    ("on_wsl", &[], |scene| {
        scene.set("WSL_DISTRO_NAME", "Debian")
    }),
    ("tray_without_host", &[], |scene| {
        let tray = scene.home.path().join("tray");
        scene.write(&tray, "x");
        autostart(scene, &tray.display().to_string());
        scene.set("XDG_CURRENT_DESKTOP", "GNOME");
    }),
];

pub(super) const DAEMON: &[Case] = &[
    ("daemon_absent", &["network_not_examined"], |scene| {
        scene.status = None
    }),
    (
        "in_container",
        &["daemon_absent", "network_not_examined"],
        |scene| {
            scene.status = None;
            scene.set("container", "podman");
        },
    ),
    (
        "session_bus_missing",
        &["daemon_absent", "network_not_examined"],
        |scene| {
            scene.status = None;
            scene.unset("DBUS_SESSION_BUS_ADDRESS");
        },
    ),
    ("daemon_start_failed", &["network_not_examined"], |scene| {
        scene.status = None;
        let log = scene.home.path().join("s.start.log");
        scene.write(
            &log,
            "x INFO y\npoolkeyd: error: cannot use /x: disk full\n",
        );
    }),
    ("daemon_version", &[], |scene| {
        scene.status().daemon.version = "9.9.9".into()
    }),
    ("daemon_outdated", &[], |scene| {
        scene.status().daemon.started = UnixTime::from_secs(1)
    }),
    ("daemon_reads_elsewhere", &[], |scene| {
        scene.status().daemon.config = "/elsewhere/profiles.toml".into();
    }),
    ("socket_unusable", &["network_not_examined"], |scene| {
        scene.status = None;
        scene.set("POOLKEY_SOCKET", "relative");
    }),
    ("socket_exposed", &[], |scene| {
        open(scene.home.path(), 0o750)
    }),
    ("endpoint_lent", &[], |scene| {
        let grant = GrantView {
            id: "devcontainer".into(),
            profile: "dev".parse().unwrap(),
            named: true,
            pid: None,
            since: UnixTime::from_secs(1),
            until: None,
            used: None,
        };
        scene.status().daemon.endpoint = Some(EndpointView {
            url: "http://127.0.0.1:4711".into(),
            grants: vec![grant],
            trouble: None,
        });
    }),
    ("endpoint_troubled", &[], |scene| {
        scene.status().daemon.endpoint = Some(EndpointView {
            url: "http://127.0.0.1:4711".into(),
            grants: Vec::new(),
            trouble: Some(failure(Code::Other, "Its port is taken.")),
        });
    }),
    ("vault_forgets", &[], |scene| {
        scene.status().daemon.vault.choice = VaultChoice::Kernel
    }),
    ("vault_troubled", &[], |scene| {
        scene.status().daemon.vault.trouble =
            Some(failure(Code::VaultLocked, "The keychain is locked."));
    }),
    ("signed_out", &[], |scene| {
        scene.login().state = LoginState::SignedOut
    }),
    ("needs_sign_in", &[], |scene| {
        scene.login().state = LoginState::NeedsSignIn;
        scene.login().ended = Some(Ended::Refused);
    }),
    ("session_ends_soon", &[], |scene| {
        scene.login().session_ends = Some(UnixTime::from_secs(now() + 600));
    }),
    ("session_end_unknown", &[], |scene| {
        scene.login().session_ends = None
    }),
    ("id_token_short", &[], |scene| {
        scene.login().renews = Some(UnixTime::from_secs(now() + 200));
        scene.login().id_token_expires = Some(UnixTime::from_secs(now() + 300));
    }),
    ("login_rests", &[], |scene| scene.login().renews = None),
    ("sessions_unrevoked", &[], |scene| {
        scene.login().unrevoked = 2
    }),
    ("login_troubled", &[], |scene| {
        // It is the profile's trouble, too, and told once.
        let offline = failure(Code::Offline, "Cognito cannot be reached.");
        scene.login().trouble = Some(offline.clone());
        scene.profile().trouble = Some(offline);
    }),
    ("profile_troubled", &[], |scene| {
        scene.profile().trouble = Some(failure(Code::Misconfigured, "The role is not there."));
    }),
    ("keys_not_written", &[], |scene| {
        scene.profile().written = Some(WrittenView {
            name: "x".parse().unwrap(),
            until: None,
            trouble: Some(failure(Code::File, "The keys are not written as “x”.")),
        });
    }),
    ("clock_off", &[], |scene| {
        scene.status().snapshot.clock_ahead = Some(-600)
    }),
    ("callback_ports_busy", &[], |scene| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        // It listens as long as the test lives.
        std::mem::forget(listener);
        let browser = format!(
            "domain = \"acme.auth.eu-west-1.amazoncognito.com\"\nflow = \"BROWSER\"\n\
             redirect_uris = [\"http://localhost:{port}/callback\"]\n\n[profile.dev]"
        );
        let text = PROFILES.replace("\n[profile.dev]", &browser);
        scene.write(&scene.home.profiles(), text);
    }),
];

/// Tested in `hostile.rs`, `mended.rs` or below, or not to be had on every machine: another user's
/// files, a home that the system does not know, a path that no SDK of this system misreads.
const ELSEWHERE: &[&str] = &[
    "aws_file_foreign",
    "own_file_foreign",
    "daemon_foreign",
    "daemon_silent",
    "daemon_unintelligible",
    "helper_path_hard",
    "home_missing",
    "program_missing",
    "program_versions",
    "sockets_two",
];

#[test]
fn keys_that_poolkey_wrote_are_judged_by_who_renews_them() {
    let programs = Programs::new();
    for (target, ends, daemon, is_left) in [
        ("dev-keys", "2099-01-01T00:00:00Z", true, false),
        ("dev-keys", "2020-01-01T00:00:00Z", true, true),
        ("dev-keys", "2099-01-01T00:00:00Z", false, true),
        ("other", "2099-01-01T00:00:00Z", true, true),
    ] {
        let mut scene = Scene::new(&programs);
        written(&mut scene, target);
        scene.credentials(&format!(
            "[dev-keys]\nx-poolkey-profile = dev\naws_access_key_id = A\nx-expiration = {ends}\n"
        ));
        if !daemon {
            scene.status = None;
        }
        scene.serve();
        let codes = scene.codes(&["--offline"]);
        let told = codes.contains(&"keys_left_over".to_owned());
        assert_eq!(told, is_left, "{target} {ends} {daemon}: {codes:?}");
    }
}

#[test]
fn files_of_another_user() {
    let programs = Programs::new();
    let scene = Scene::new(&programs);
    if chown(scene.aws("config"), Some(12345), None).is_err() {
        return;
    }
    chown(scene.home.profiles(), Some(12345), None).unwrap();
    scene.serve();
    assert_eq!(scene.codes(&[]), ["aws_file_foreign", "own_file_foreign"]);
}

#[test]
fn programs_of_another_version_or_none() {
    let programs = Programs::new();
    let scene = Scene::new(&programs);
    scene.serve();
    script(&scene, &scene.bin.join("poolkeyd"), "echo poolkeyd 0.0.9");
    assert_eq!(scene.codes(&[]), ["program_versions"]);
    // One that never answers is not waited for, and ends.
    script(&scene, &scene.bin.join("poolkeyd"), "exec sleep 600");
    let begun = Instant::now();
    assert_eq!(scene.codes(&[]), ["program_versions"]);
    assert!(begun.elapsed().as_secs() < 10);
    fs::remove_file(scene.bin.join("poolkeyd")).unwrap();
    assert_eq!(scene.codes(&[]), ["program_missing"]);
}

#[test]
fn a_unit_of_another_installation() {
    let programs = Programs::new();
    let scene = Scene::new(&programs);
    scene.serve();
    let units = scene.home.path().join("config/systemd/user");
    let unit = |program: &str| {
        let text = format!("[Service]\nExecStart={program}\n");
        scene.write(&units.join("poolkeyd.service"), text);
    };
    scene.write(&units.join("sockets.target.wants/poolkeyd.socket"), "");
    unit("/opt/gone/poolkeyd");
    assert_eq!(scene.codes(&["--offline"]), ["autostart_stale"]);
    unit("/bin/true");
    assert_eq!(scene.codes(&["--offline"]), ["autostart_stale"]);
    unit(scene.bin.join("poolkeyd").to_str().unwrap());
    assert_eq!(scene.codes(&["--offline"]), [""; 0]);
}

#[test]
fn two_daemons() {
    let programs = Programs::new();
    let mut scene = Scene::new(&programs);
    // Without POOLKEY_SOCKET there are several places to look at.
    let uid = rustix::process::geteuid().as_raw();
    let temporary = std::path::PathBuf::from(format!("/tmp/poolkey-{uid}"));
    if temporary.exists() || std::path::Path::new(&format!("/run/user/{uid}/poolkey")).exists() {
        return;
    }
    scene.status().daemon.socket = scene.home.path().join("run/poolkey/socket");
    let run = scene.home.path().join("run");
    fs::create_dir_all(run.join("poolkey")).unwrap();
    open(&run, 0o700);
    open(&run.join("poolkey"), 0o700);
    scene.serve();
    symlink(scene.home.socket(), run.join("poolkey/socket")).unwrap();
    fs::create_dir(&temporary).unwrap();
    open(&temporary, 0o700);
    symlink(scene.home.socket(), temporary.join("socket")).unwrap();
    scene.set("XDG_RUNTIME_DIR", run.display().to_string());
    let mut command = scene.home.command(scene.bin.join("poolkey"));
    command.envs(scene.vars.iter().map(|(name, value)| (name, value)));
    command
        .env_remove("POOLKEY_SOCKET")
        .args(["doctor", "--json"]);
    let said = crate::support::Said::of(&mut command);
    fs::remove_dir_all(&temporary).unwrap();
    assert!(said.out.contains("sockets_two"), "{said:?}");
}

fn keys(scene: &mut Scene, id: &str) {
    scene.set("AWS_ACCESS_KEY_ID", id);
    scene.set(
        "AWS_SECRET_ACCESS_KEY",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    );
}

fn append(scene: &mut Scene, text: &str) {
    let old = fs::read_to_string(scene.aws("config")).unwrap();
    scene.config(&format!("{old}{text}"));
}

fn helper(scene: &mut Scene, command: &str) {
    scene.config(&format!(
        "[profile dev]\nregion = eu-west-1\ncredential_process = {command}\n"
    ));
}

fn written(scene: &mut Scene, target: &str) {
    let text = format!("{PROFILES}write_profile = \"{target}\"\n");
    scene.write(&scene.home.profiles(), text);
}

fn open(path: &std::path::Path, mode: u32) {
    fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

fn autostart(scene: &mut Scene, program: &str) {
    let entry = scene
        .home
        .path()
        .join("config/autostart/poolkey-tray.desktop");
    scene.write(&entry, format!("[Desktop Entry]\nExec=\"{program}\"\n"));
}

/// A script that another process writes: a file that is open for writing cannot be run.
fn script(scene: &Scene, path: &std::path::Path, text: &str) {
    let from = scene.home.path().join("script");
    scene.write(&from, format!("#!/bin/sh\n{text}\n"));
    open(&from, 0o700);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let copied = std::process::Command::new("cp")
        .arg("--remove-destination")
        .arg(&from)
        .arg(path)
        .status();
    assert!(copied.unwrap().success());
}

fn failure(code: Code, sentence: &str) -> Failure {
    Failure {
        code,
        sentence: sentence.into(),
        remedy: "Mend it.".into(),
    }
}
