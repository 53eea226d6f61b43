//! `poolkey exec` as it is run: what the command finds, and what it is to whoever waits for it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::process::Command;

use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::secret::Secret;
use poolkey_core::time::UnixTime;
use poolkey_ipc::{Ask, Grant, GrantView, Reply};

use crate::support::{Asked, Home, POOLKEY, Said};

mod files;
#[cfg(target_os = "linux")]
mod jobs;
#[cfg(target_os = "linux")]
mod passing;

pub(crate) const DOCUMENT: &str = r#"{"Version":1,"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"a/b+c","SessionToken":"t+k/n==","Expiration":"2033-05-18T03:33:20Z"}"#;

/// A home whose daemon has keys for every profile, and lends its endpoint.
pub(crate) fn with_keys() -> (Home, Asked) {
    let home = Home::new();
    let asked = home.daemon_of_many(|ask| match ask {
        Ask::Credentials { .. } => Reply::Document(Secret::new(DOCUMENT)),
        Ask::Grant { profile, .. } => Reply::Grant(Box::new(Grant {
            url: format!("http://127.0.0.1:4321/{profile}"),
            token: Secret::new("Bearer hush"),
            token_file: None,
            view: GrantView {
                id: "1".into(),
                profile: profile.parse().unwrap(),
                named: false,
                pid: None,
                since: UnixTime::from_secs(0),
                until: None,
                used: None,
            },
        })),
        other => Reply::Failed(Trouble::Protocol(format!("{other:?}")).into()),
    });
    (home, asked)
}

/// `poolkey exec` with these arguments.
pub(crate) fn exec(home: &Home, args: &[&str]) -> Command {
    let mut command = home.command(POOLKEY);
    command.arg("exec").args(args);
    command
}

/// All variables that a command finds.
pub(crate) fn variables(mut command: Command) -> BTreeMap<OsString, OsString> {
    let output = command.args(["env", "-0"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stderr, b"", "nothing is said where all is well");
    output
        .stdout
        .split(|byte| *byte == 0)
        .filter(|entry| !entry.is_empty())
        .map(|entry| {
            let sign = entry.iter().position(|byte| *byte == b'=').unwrap();
            let owned = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
            (owned(&entry[..sign]), owned(&entry[sign + 1..]))
        })
        .collect()
}

pub(crate) fn get<'a>(all: &'a BTreeMap<OsString, OsString>, name: &str) -> Option<&'a str> {
    all.get(OsStr::new(name))
        .map(|value| value.to_str().unwrap())
}

/// What differs from the environment that the command line was started with.
fn changed(home: &Home, args: &[&str]) -> BTreeMap<String, Option<String>> {
    let before = variables(home.command("/usr/bin/env"));
    let after = variables(exec(home, args));
    let names = before.keys().chain(after.keys());
    names
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| {
            let value = after
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned());
            (name.to_str().unwrap().to_owned(), value)
        })
        .collect()
}

fn these<const N: usize>(all: [(&str, &str); N]) -> BTreeMap<String, Option<String>> {
    all.map(|(name, value)| (name.to_owned(), Some(value.to_owned())))
        .into()
}

const ENDPOINT: [(&str, &str); 3] = [
    (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "http://127.0.0.1:4321/dev",
    ),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer hush"),
    ("POOLKEY_PROFILE", "dev"),
];

#[test]
fn the_endpoint_is_the_usual_way() {
    let (home, asked) = with_keys();
    assert_eq!(changed(&home, &["dev"]), these(ENDPOINT));
    assert_eq!(
        changed(&home, &["dev", "--container", "--"]),
        these(ENDPOINT)
    );
    let asked = asked.all();
    let keys = Ask::Credentials {
        profile: "dev".into(),
    };
    let grant = Ask::Grant {
        profile: "dev".into(),
        name: None,
        seconds: None,
    };
    assert_eq!(asked, [keys.clone(), grant.clone(), keys, grant]);
}

#[test]
fn keys_in_the_environment() {
    let (home, asked) = with_keys();
    let keys = [
        ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "a/b+c"),
        ("AWS_SESSION_TOKEN", "t+k/n=="),
        ("AWS_CREDENTIAL_EXPIRATION", "2033-05-18T03:33:20Z"),
        ("POOLKEY_PROFILE", "dev"),
    ];
    assert_eq!(changed(&home, &["dev", "--env"]), these(keys));
    assert_eq!(asked.all().len(), 1);
}

#[test]
fn what_would_shadow_is_taken_away_and_the_rest_stays() {
    let (home, _) = with_keys();
    let mut command = exec(&home, &["dev", "--env"]);
    for shadow in poolkey_core::environment::SHADOWS {
        command.env(shadow.name, "other");
    }
    for kept in [
        "AWS_ACCOUNT_ID",
        "AWS_PAGER",
        "AWS_VAULT",
        "EDITOR",
        "XAWS_PROFILE",
    ] {
        command.env(kept, "other");
    }
    let odd = OsStr::from_bytes(b"\xff\n=\x01");
    command.env("ODD", odd);
    let found = variables(command);
    for shadow in poolkey_core::environment::SHADOWS {
        assert_ne!(get(&found, shadow.name), Some("other"), "{}", shadow.name);
    }
    for kept in [
        "AWS_ACCOUNT_ID",
        "AWS_PAGER",
        "AWS_VAULT",
        "EDITOR",
        "XAWS_PROFILE",
    ] {
        assert_eq!(get(&found, kept), Some("other"), "{kept}");
    }
    assert_eq!(found.get(OsStr::new("ODD")).unwrap(), odd);
    assert_eq!(get(&found, "AWS_ACCESS_KEY_ID"), Some("ASIAEXAMPLE"));
    // By the endpoint, nothing is left of keys that were there.
    let mut command = exec(&home, &["dev"]);
    command
        .env("AWS_ACCESS_KEY_ID", "AKIA")
        .env("AWS_PROFILE", "x");
    let found = variables(command);
    assert_eq!(get(&found, "AWS_ACCESS_KEY_ID"), None);
    assert_eq!(get(&found, "AWS_PROFILE"), None);
}

#[test]
fn within_another_exec_the_inner_profile_counts() {
    let (home, _) = with_keys();
    for (outer, inner) in [
        ("--env", "--container"),
        ("--config", "--container"),
        ("--container", "--env"),
        ("--config", "--env"),
        ("--env", "--config"),
    ] {
        let args = ["ops", outer, "--", POOLKEY, "exec", "dev", inner, "--"];
        let mut nested = variables(exec(&home, &args));
        // It says no more than that files are to be read.
        if inner != "--config" {
            nested.remove(OsStr::new("AWS_SDK_LOAD_CONFIG"));
        }
        let alone = variables(exec(&home, &["dev", inner, "--"]));
        assert_eq!(nested, alone, "{inner} in {outer}");
    }
}

#[test]
fn a_region_that_is_known_is_given() {
    let (home, _) = with_keys();
    let regions = |command: Command| {
        let found = variables(command);
        let of = |name| get(&found, name).map(str::to_owned);
        [of("AWS_REGION"), of("AWS_DEFAULT_REGION")]
    };
    let both = |region: &str| [Some(region.to_owned()), Some(region.to_owned())];
    assert_eq!(regions(exec(&home, &["dev"])), [None, None]);
    fs::create_dir_all(home.path().join(".aws")).unwrap();
    let config = home.path().join(".aws/config");
    fs::write(
        &config,
        "[profile dev]\nregion = eu-west-1\n[profile ops]\nregion = us-east-2\n",
    )
    .unwrap();
    assert_eq!(regions(exec(&home, &["dev"])), both("eu-west-1"));
    assert_eq!(regions(exec(&home, &["dev", "--env"])), both("eu-west-1"));
    let typed = ["dev", "--region", "ap-south-1"];
    assert_eq!(regions(exec(&home, &typed)), both("ap-south-1"));
    let mut command = exec(&home, &["dev"]);
    command.env("AWS_REGION", "mine");
    assert_eq!(regions(command), [Some("mine".into()), None]);
    // What came with the outer profile goes with it.
    let nested = ["ops", "--", POOLKEY, "exec", "dev"];
    assert_eq!(regions(exec(&home, &nested)), both("eu-west-1"));
    let nested = ["ops", "--", POOLKEY, "exec", "new"];
    assert_eq!(regions(exec(&home, &nested)), [None, None]);
    let nested = ["ops", "--region", "x", "--", POOLKEY, "exec", "dev"];
    assert_eq!(regions(exec(&home, &nested)), both("x"));
    // What Poolkey's own file says comes before, and where it is broken, nothing is lost but that.
    fs::create_dir_all(home.profiles().parent().unwrap()).unwrap();
    let pool = "identity_pool_id = \"us-east-1:01234567-89ab-cdef-0123-456789abcdef\"\n";
    let profile = format!("[profile.dev]\nregion = \"eu-south-2\"\n{pool}");
    fs::write(home.profiles(), &profile).unwrap();
    assert_eq!(regions(exec(&home, &["dev"])), both("eu-south-2"));
    fs::write(home.profiles(), format!("{profile}nonsense")).unwrap();
    assert_eq!(regions(exec(&home, &["dev"])), both("eu-west-1"));
}

#[test]
fn without_keys_nothing_is_run() {
    let home = Home::new();
    let trouble = Trouble::SignedOut("acme".parse().unwrap());
    home.daemon_of_many(move |_| Reply::Failed(Failure::from(trouble.clone())));
    for way in ["--container", "--env", "--config"] {
        let proof = home.path().join("ran");
        let said = Said::of(exec(&home, &["dev", way, "touch"]).arg(&proof));
        assert_eq!(said.code, Some(10), "{said:?}");
        assert!(said.err.contains("poolkey login acme"), "{said:?}");
        assert!(!proof.exists());
    }
    let alone = Home::new();
    let said = Said::of(&mut exec(&alone, &["dev", "true"]));
    assert_eq!(said.code, Some(69), "{said:?}");
}

#[test]
fn a_command_that_cannot_be_run_says_so_as_shells_do() {
    let (home, _) = with_keys();
    let at = |name: &str| home.path().join(name).display().to_string();
    fs::write(at("text"), "true\n").unwrap();
    fs::write(at("script"), "#!/nowhere/sh\n").unwrap();
    let status = Command::new("chmod").args(["+x", &at("script")]).status();
    assert!(status.unwrap().success());
    for (program, code, hint) in [
        ("no-such-program", 127, "PATH"),
        ("", 127, "PATH"),
        (&at("nothing"), 127, "installed"),
        (&at("script"), 127, "interpreter"),
        (&at("text"), 126, "executed"),
        ("/tmp", 126, "executed"),
    ] {
        let said = Said::of(&mut exec(&home, &["dev", "--", program]));
        assert_eq!(said.code, Some(code), "{program}: {said:?}");
        assert!(said.err.contains(&format!("“{program}”")), "{said:?}");
        assert!(said.err.contains(hint), "{program}: {said:?}");
    }
    assert_eq!(Said::of(&mut exec(&home, &["dev"])).code, Some(2));
    let both = ["dev", "--env", "--config", "true"];
    assert_eq!(Said::of(&mut exec(&home, &both)).code, Some(2));
}

#[test]
fn options_of_the_command_are_its_own() {
    let (home, _) = with_keys();
    for args in [
        &["dev", "echo", "--env", "-x", "--", "--region"][..],
        &["dev", "--", "echo", "--env", "-x", "--", "--region"][..],
    ] {
        let said = Said::of(&mut exec(&home, args));
        assert_eq!(said.out, "--env -x -- --region\n", "{said:?}");
    }
}

#[test]
fn a_daemon_that_does_not_start_is_told_of_once() {
    let home = Home::new();
    home.install_daemon("echo 'poolkeyd: error: it will not' >&2; exit 1");
    let poolkey: PathBuf = home.install(POOLKEY);
    let mut command = home.command(&poolkey);
    command
        .args(["exec", "dev", "true"])
        .env_remove("POOLKEY_NO_START");
    let said = Said::of(&mut command);
    assert_eq!(said.code, Some(69), "{said:?}");
    assert_eq!(said.err.matches("poolkey: error:").count(), 1, "{said:?}");
    assert!(said.err.contains("it will not"), "{said:?}");
}
