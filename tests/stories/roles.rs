//! Every way to a role, through the real AWS CLI, and how each is renewed.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use poolkey_core::failure::Code;
use poolkey_tests::{Setup, World, story, until};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::000000000000:role/";
const POLICY: &str = r#"{"Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#;

/// Keys and tokens that live for seconds, in every way there is.
fn short(seed: Value) -> Setup {
    Setup {
        keys_seconds: LIFE,
        tools: &["aws"],
        seed,
        ..Setup::default()
    }
}

const LIFE: u32 = 12;

fn short_roles(world: &World) {
    let lifetimes = json!({ "assume_role_seconds": LIFE, "web_identity_seconds": LIFE });
    world.sandbox.lifetimes(&lifetimes);
}

fn session(role: &str, name: &str) -> String {
    format!("arn:aws:sts::000000000000:assumed-role/{role}/{name}")
}

/// Writes the usual configuration with more profiles, and waits until it is read.
fn configure(world: &World, more: &str) {
    let text = format!("{}{more}", world.usual_config());
    let wanted = text.matches("[profile.").count();
    world.configure(&text);
    until("it is read", 10, || {
        let snapshot = world.status().snapshot;
        assert_eq!(snapshot.config, None);
        snapshot.profiles.len() == wanted
    });
}

/// A profile of the world's identity pool.
fn pool_profile(world: &World, name: &str, login: &str, lines: &str) -> String {
    let (pool, url) = (&world.chain["identity_pool_id"], world.road.url());
    format!(
        "[profile.{name}]\n{login}identity_pool_id = {pool}\nendpoint = \"{url}\"\n\
         sts_endpoint = \"{url}\"\nsts_region = \"us-east-1\"\n{lines}"
    )
}

/// A profile that starts from another one's keys.
fn hop(world: &World, name: &str, from: &str, role: &str, lines: &str) -> String {
    format!(
        "[profile.{name}]\nsource_profile = \"{from}\"\nrole_arn = \"{role}\"\n\
         sts_endpoint = \"{}\"\nsts_region = \"us-east-1\"\n{lines}",
        world.road.url()
    )
}

/// The calls that made keys for this role.
fn made(world: &World, operation: &str, role: &str) -> Vec<Value> {
    let mut calls = world.sandbox.calls_of(operation);
    calls.retain(|call| call["role_arn"] == format!("{ROLE}{role}") && call["outcome"] == "ok");
    calls
}

/// Each profile is who it should be, and stays so while its keys are renewed twice by themselves.
fn renewed(world: &World, paths: &[(&str, &str, &str, String)]) {
    for (profile, _, _, arn) in paths {
        assert_eq!(world.caller(profile), *arn, "{profile}");
    }
    let count = || -> Vec<usize> {
        let of = |path: &(&str, &str, &str, String)| made(world, path.1, path.2).len();
        paths.iter().map(of).collect()
    };
    let before = count();
    // Nobody asks: what comes is renewed ahead of its end.
    until("all are renewed twice", 60, || {
        count()
            .iter()
            .zip(&before)
            .all(|(now, then)| *now >= then + 2)
    });
    for (profile, _, _, arn) in paths {
        assert_eq!(world.caller(profile), *arn, "{profile} after two renewals");
    }
}

#[test]
fn every_role_of_a_user_is_reached_and_renewed() {
    let setup = short(json!({
        "pool": { "groups": [
            { "name": "admin", "role_arn": format!("{ROLE}Admin"), "precedence": 1 },
            { "name": "reader", "role_arn": format!("{ROLE}Reader"), "precedence": 2 },
        ] },
        "user": { "groups": ["admin", "reader"] },
        "identity_pool": { "classic": true },
        "roles": [
            { "arn": format!("{ROLE}Classic"), "max_session_seconds": 43200 },
            { "arn": format!("{ROLE}First"), "trust": { "Statement": [{
                "Effect": "Allow",
                "Principal": { "AWS": format!("{ROLE}Developer") },
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": { "StringEquals": { "aws:RequestTag/team": "blue" } },
            }] } },
            { "arn": format!("{ROLE}Second"), "trust": { "Statement": [{
                "Effect": "Allow",
                "Principal": { "AWS": format!("{ROLE}First") },
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": { "StringEquals": {
                    "sts:ExternalId": "partner-7", "aws:PrincipalTag/team": "blue",
                } },
            }] } },
        ],
    }));
    story(setup, |world| {
        short_roles(world);
        let acme = "login = \"acme\"\n";
        let more = [
            pool_profile(
                world,
                "reader",
                acme,
                &format!("role_arn = \"{ROLE}Reader\"\n"),
            ),
            pool_profile(
                world,
                "classic",
                acme,
                &format!(
                    "flow = \"classic\"\nrole_arn = \"{ROLE}Classic\"\nduration = \"12h\"\n\
                     session_name = \"alice@laptop\"\nsession_policy = '{POLICY}'\n\
                     policy_arns = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]\n"
                ),
            ),
            hop(
                world,
                "first",
                "dev",
                &format!("{ROLE}First"),
                "tags = { team = \"blue\", cost = \"9\" }\ntransitive_tags = [\"team\"]\n",
            ),
            hop(
                world,
                "second",
                "first",
                &format!("{ROLE}Second"),
                "external_id = \"partner-7\"\nsession_name = \"at-work\"\nduration = \"15m\"\n",
            ),
        ];
        configure(world, &more.concat());
        world.sign_in();
        let enhanced = "GetCredentialsForIdentity";
        renewed(
            world,
            &[
                (
                    "dev",
                    enhanced,
                    "Developer",
                    session("Developer", "CognitoIdentityCredentials"),
                ),
                (
                    "reader",
                    enhanced,
                    "Reader",
                    session("Reader", "CognitoIdentityCredentials"),
                ),
                (
                    "classic",
                    "AssumeRoleWithWebIdentity",
                    "Classic",
                    session("Classic", "alice@laptop"),
                ),
                ("first", "AssumeRole", "First", session("First", "alice")),
                (
                    "second",
                    "AssumeRole",
                    "Second",
                    session("Second", "at-work"),
                ),
            ],
        );

        let classic = &made(world, "AssumeRoleWithWebIdentity", "Classic")[0];
        assert_eq!(classic["duration_seconds"], 43200);
        assert_eq!(classic["policy"], POLICY);
        assert_eq!(
            classic["policy_arns"],
            json!(["arn:aws:iam::aws:policy/ReadOnlyAccess"])
        );
        let first = &made(world, "AssumeRole", "First")[0];
        assert_eq!(first["tags"], json!({ "team": "blue", "cost": "9" }));
        let second = &made(world, "AssumeRole", "Second")[0];
        assert_eq!(second["external_id"], "partner-7");
        assert_eq!(second["duration_seconds"], 900);
        // What is transitive went on by itself.
        assert_eq!(second["tags"], json!({ "team": "blue" }));
        // One identity, one sign-in, however many profiles.
        assert_eq!(world.sandbox.calls("GetId"), 1);
        assert_eq!(world.sandbox.calls("InitiateAuth"), 1);
        let refused = world.sandbox.calls_of("AssumeRole");
        assert!(
            refused.iter().all(|call| call["outcome"] == "ok"),
            "{refused:?}"
        );
    });
}

#[test]
fn a_role_that_is_refused_says_why_and_leaves_the_others() {
    let setup = Setup {
        tools: &["aws"],
        seed: json!({
            "pool": { "groups": [{ "name": "ops", "role_arn": format!("{ROLE}Closed") }] },
            "user": { "groups": ["ops"] },
            "roles": [
                { "arn": format!("{ROLE}Closed"), "trust": "account" },
                { "arn": format!("{ROLE}WithId"), "trust": { "Statement": [{
                    "Effect": "Allow", "Principal": { "AWS": "000000000000" },
                    "Action": "sts:AssumeRole",
                    "Condition": { "StringEquals": { "sts:ExternalId": "right" } },
                }] } },
            ],
        }),
        ..Setup::default()
    };
    story(setup, |world| {
        let acme = "login = \"acme\"\n";
        let role = |name: &str| format!("role_arn = \"{ROLE}{name}\"\n");
        let more = [
            pool_profile(world, "stranger", acme, &role("Stranger")),
            pool_profile(world, "closed", acme, &role("Closed")),
            pool_profile(
                world,
                "classic",
                acme,
                &format!("flow = \"classic\"\n{}", role("Developer")),
            ),
            hop(
                world,
                "withid",
                "dev",
                &format!("{ROLE}WithId"),
                "external_id = \"wrong\"\n",
            ),
            hop(world, "nobodys", "dev", &format!("{ROLE}Nobodys"), ""),
            hop(world, "onward", "withid", &format!("{ROLE}Closed"), ""),
        ];
        configure(world, &more.concat());
        world.sign_in();
        for (profile, named) in [
            ("stranger", "Stranger"),
            ("closed", ""),
            ("classic", "classic"),
            ("withid", "WithId"),
            ("nobodys", "Nobodys"),
            ("onward", "WithId"),
        ] {
            let failure = world.client().document(profile).expect_err(profile);
            assert!(
                matches!(failure.code, Code::Misconfigured | Code::Denied),
                "{profile}: {failure:?}"
            );
            let told = failure.to_string();
            assert!(told.contains(named), "{profile}: {told}");
            assert!(!failure.remedy.is_empty(), "{profile}: {told}");
            let ran = world.aws(profile);
            assert_ne!(ran.code, 0, "{profile}");
            assert!(
                ran.err.contains(&failure.sentence),
                "{profile}: {}",
                ran.err
            );
        }
        assert_eq!(
            world.caller("dev"),
            session("Developer", "CognitoIdentityCredentials")
        );
        // The role's owner mends it: the next attempt gets in.
        configure(
            world,
            &hop(
                world,
                "withid",
                "dev",
                &format!("{ROLE}WithId"),
                "external_id = \"right\"\n",
            ),
        );
        assert_eq!(world.caller("withid"), session("WithId", "alice"));
    });
}

#[test]
fn a_chain_is_walked_again_after_the_daemon_was_killed() {
    let setup = Setup {
        tools: &["aws"],
        seed: json!({ "roles": [{ "arn": format!("{ROLE}Deploy"), "trust": "account" }] }),
        ..Setup::default()
    };
    story(setup, |world| {
        let deploy = hop(world, "deploy", "dev", &format!("{ROLE}Deploy"), "");
        configure(world, &deploy);
        world.sign_in();
        assert_eq!(world.caller("deploy"), session("Deploy", "alice"));
        world.kill_daemon();
        world.start_daemon();
        assert_eq!(world.caller("deploy"), session("Deploy", "alice"));
        assert_eq!(world.sandbox.calls("AssumeRole"), 2);
        // Signed out is signed out, for those who start from it, too.
        let ran = world.poolkey(&["logout", "acme"], "");
        assert_eq!(ran.code, 0, "{ran:?}");
        let failure = world.client().document("deploy").expect_err("signed out");
        assert!(
            matches!(failure.code, Code::NeedsSignIn | Code::SignedOut),
            "{failure:?}"
        );
    });
}

/// A program that supplies the pool's own ID token: what it is asked is written down.
fn supplier(world: &World) -> String {
    let request = json!({
        "ClientId": world.chain["client_id"],
        "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": "alice", "PASSWORD": world.password() },
    });
    // Its own secret is its own affair: it is kept where nobody looks for leaks.
    let place = world.home().join("data/keyrings");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("request"), request.to_string()).unwrap();
    let script = world.home().join("supply");
    let text = format!(
        "#!/bin/sh\necho run >> '{home}/runs'\n\
         curl -s '{url}/' -H 'X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth' \
         -d @'{place}/request' | sed 's/.*\"IdToken\":\"\\([^\"]*\\)\".*/\\1/'\n",
        home = world.home().display(),
        place = place.display(),
        url = world.sandbox.url(),
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    format!(
        "[login.supplied]\ntoken_command = [\"{}\"]\n",
        script.display()
    )
}

#[test]
fn a_program_supplies_the_tokens() {
    let setup = Setup {
        id_token_seconds: 30,
        ..short(json!({ "identity_pool": { "classic": true } }))
    };
    story(setup, |world| {
        short_roles(world);
        let login = supplier(world);
        let supplied = "login = \"supplied\"\n";
        let more = [
            login,
            pool_profile(world, "plain", supplied, ""),
            pool_profile(
                world,
                "web",
                supplied,
                &format!("flow = \"classic\"\nrole_arn = \"{ROLE}Developer\"\n"),
            ),
        ];
        configure(world, &more.concat());
        let mut terminal = world.terminal(&["login", "supplied"]);
        terminal.answer("Keep this sign-in? [Y/n]: ", "");
        let (code, shown) = world.close(terminal);
        assert_eq!(code, 0, "{shown}");
        assert!(shown.contains("alice@example.com"), "{shown}");
        let enhanced = "GetCredentialsForIdentity";
        renewed(
            world,
            &[
                (
                    "plain",
                    enhanced,
                    "Developer",
                    session("Developer", "CognitoIdentityCredentials"),
                ),
                (
                    "web",
                    "AssumeRoleWithWebIdentity",
                    "Developer",
                    session("Developer", "alice"),
                ),
            ],
        );
        let runs = || {
            let runs = fs::read_to_string(world.home().join("runs"));
            runs.unwrap_or_default().lines().count()
        };
        until("the program has run three times", 60, || runs() >= 3);
        world.kill_daemon();
        world.start_daemon();
        assert_eq!(world.sandbox.calls("GetTokensFromRefreshToken"), 0);
        assert_eq!(
            world.caller("plain"),
            session("Developer", "CognitoIdentityCredentials")
        );
    });
}
