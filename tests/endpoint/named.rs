//! Grants with a name, which outlive who asked for them and the daemon.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use poolkey_core::failure::Code;
use poolkey_tests::{Setup, story, until};
use serde_json::Value;

use crate::client::{get, is_open, path, port};
use crate::ends::grants;
use crate::{lend, lend_for, revoke, try_lend};

#[test]
fn a_named_grant_is_the_same_after_a_restart() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let grant = lend(world, Some("box"));
        let file = grant.token_file.clone().unwrap();
        assert_eq!(path(&grant), "/v1/credentials/box");
        assert_eq!(fs::read_to_string(&file).unwrap(), grant.token.expose());
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let note = fs::read_to_string(file.with_file_name("grant.json")).unwrap();
        assert!(!note.contains(grant.token.expose()), "{note}");

        let again = lend(world, Some("box"));
        assert_eq!((&again.url, &again.token), (&grant.url, &grant.token));
        assert_eq!(grants(world).len(), 1);

        let passing = lend(world, None);
        assert!(get(&passing).has_keys());
        for killed in [false, true] {
            if killed {
                world.kill_daemon();
            } else {
                world.stop_daemon();
            }
            assert!(!is_open(port(&grant)));
            world.start_daemon();
            until("it is lent again", 10, || get(&grant).has_keys());
            let all = grants(world);
            let views = [&grant.view, &passing.view];
            assert_eq!(all.len(), views.len());
            for view in views {
                let again = all.iter().find(|again| again.id == view.id).unwrap();
                assert_eq!((again.since, again.pid), (view.since, view.pid));
            }
        }
        revoke(world, &passing);
        let again = lend(world, Some("box"));
        assert_eq!((&again.url, &again.token), (&grant.url, &grant.token));

        revoke(world, &grant);
        until("the port is closed", 5, || !is_open(port(&grant)));
        assert!(!file.parent().unwrap().exists());
        world.stop_daemon();
        world.start_daemon();
        assert!(!is_open(port(&grant)), "what is revoked stays revoked");
        assert_eq!(world.status().daemon.endpoint, None);

        // Who configured the address finds it there again, and needs another token.
        let fresh = lend(world, Some("box"));
        assert_eq!(fresh.url, grant.url);
        assert_ne!(fresh.token, grant.token);
        assert_eq!(get(&grant).status, 403);
        revoke(world, &fresh);
    });
}

#[test]
fn a_name_is_of_one_profile() {
    story(Setup::default(), |world| {
        let more = world
            .usual_config()
            .replace("[profile.dev]", "[profile.dev-2]");
        let more = &more[more.find("[profile.dev-2]").unwrap()..];
        world.configure(&format!("{}{more}", world.usual_config()));
        world.poolkey(&["daemon", "reload"], "");
        world.sign_in();
        world.keys();
        let grant = lend(world, Some("box"));
        for name in ["box", "BOX"] {
            let ran = world.poolkey(&["serve", "--profile", "dev-2", "--name", name], "");
            assert_eq!(ran.code, 16, "{ran:?}");
            assert!(ran.err.contains("for the profile “dev”"), "{ran:?}");
            assert!(ran.err.contains("poolkey serve revoke box"), "{ran:?}");
        }
        assert!(try_lend(world, Some("Box"), None).is_err());
        assert!(get(&grant).has_keys());
        revoke(world, &grant);
    });
}

#[test]
fn an_end_lasts_over_a_restart_and_can_be_moved() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let grant = lend_for(world, Some("box"), Some(3));
        let longer = lend_for(world, Some("box"), Some(4));
        assert_eq!(longer.token, grant.token);
        assert!(longer.view.until > grant.view.until);
        // To ask again without an end leaves it.
        assert_eq!(lend(world, Some("box")).view.until, longer.view.until);
        world.stop_daemon();
        world.start_daemon();
        assert_eq!(grants(world)[0].until, longer.view.until);
        until("its time is up", 8, || grants(world).is_empty());
        until("the port is closed", 5, || !is_open(port(&grant)));

        let grant = lend_for(world, Some("box"), Some(1));
        world.stop_daemon();
        std::thread::sleep(std::time::Duration::from_millis(1500));
        world.start_daemon();
        assert_eq!(world.status().daemon.endpoint, None);
        assert!(!grant.token_file.unwrap().exists());
    });
}

/// Another program took the port while no daemon ran.
#[test]
fn a_port_that_is_taken_is_told_and_waited_for() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let grant = lend(world, Some("box"));
        world.stop_daemon();
        let taken = TcpListener::bind(("127.0.0.1", port(&grant))).unwrap();
        world.start_daemon();
        let endpoint = world.status().daemon.endpoint.unwrap();
        let trouble = endpoint.trouble.unwrap();
        assert_eq!(trouble.code, Code::Busy);
        assert!(
            trouble.sentence.contains(&port(&grant).to_string()),
            "{trouble}"
        );
        let shown = world.poolkey(&["status"], "").out;
        assert!(shown.contains(&trouble.sentence), "{shown}");

        // Who gets a new address with each grant is none the worse.
        let passing = lend(world, None);
        assert_ne!(port(&passing), port(&grant));
        assert!(get(&passing).has_keys());
        assert!(try_lend(world, Some("other"), None).is_err());

        drop(taken);
        until("it goes on by itself", 30, || {
            is_open(port(&grant)) && get(&grant).has_keys()
        });
        assert!(get(&passing).has_keys());
        assert_eq!(world.status().daemon.endpoint.unwrap().trouble, None);
        revoke(world, &grant);
    });
}

/// The disk does not take it: nothing is lent, and nothing is open for it.
#[test]
fn a_grant_that_cannot_be_kept_is_none() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let grants_file = world.home().join("state/poolkey/grants");
        fs::write(&grants_file, "in the way").unwrap();
        let failure = try_lend(world, Some("box"), None).unwrap_err();
        assert_eq!(failure.code, Code::Config);
        assert!(failure.sentence.contains("grants"), "{failure}");
        assert_eq!(world.status().daemon.endpoint, None);
        let passing = lend(world, None);
        world.keys();
        assert!(get(&passing).has_keys(), "which needs no disk");
        revoke(world, &passing);
        fs::remove_file(&grants_file).unwrap();
        let grant = lend(world, Some("box"));
        assert!(get(&grant).has_keys());
        revoke(world, &grant);
    });
}

/// What may have been read or written by others is not lent again.
#[test]
fn a_grant_that_was_open_to_others_is_not_taken_up() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let grant = lend(world, Some("box"));
        let file = grant.token_file.clone().unwrap();
        world.stop_daemon();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        world.start_daemon();
        assert!(!is_open(port(&grant)));
        let shown = world.poolkey(&["status"], "").out;
        assert!(shown.contains("open to other users"), "{shown}");
        assert!(shown.contains("poolkey serve revoke box"), "{shown}");

        let fresh = lend(world, Some("box"));
        assert_ne!(fresh.token, grant.token);
        assert_eq!(get(&grant).status, 403);
        assert!(get(&fresh).has_keys());
        assert_eq!(world.status().daemon.endpoint.unwrap().trouble, None);
        let ran = world.poolkey(&["serve", "revoke", "box"], "");
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(!file.exists());
    });
}

/// As a person does it.
#[test]
fn it_is_lent_shown_and_revoked_by_commands() {
    story(Setup::default(), |world| {
        let ran = world.poolkey(&["serve", "--profile", "dev", "--for", "8h"], "");
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.err.contains("no keys yet") && ran.err.contains("poolkey login acme"));
        world.sign_in();
        world.keys();
        let ran = world.poolkey(&["serve", "--profile", "dev"], "");
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
        assert!(
            ran.out
                .contains("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:")
        );
        let file = world.home().join("state/poolkey/grants/dev/token");
        let token = fs::read_to_string(&file).unwrap();
        world.add_secret("grant's token", &token);
        assert!(ran.out.contains(&file.display().to_string()), "{}", ran.out);
        assert!(!ran.out.contains(&token));

        let env = world
            .poolkey(&["serve", "--profile", "dev", "--env"], "")
            .out;
        let lines: Vec<&str> = env.lines().collect();
        assert_eq!(lines.len(), 4, "{env}");
        let directory = file.parent().unwrap().display();
        assert_eq!(lines[2], format!("POOLKEY_GRANT={directory}"));
        assert!(
            lines[0].contains(&lines[3].replace("POOLKEY_PORT=", ":")),
            "{env}"
        );
        assert!(ran.out.contains(lines[0]) && ran.out.contains(lines[1]));
        let json = world
            .poolkey(&["serve", "--profile", "dev", "--json"], "")
            .out;
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["token_file"], file.display().to_string());
        assert_eq!(json["id"], "dev");
        assert!(json["until"].is_number() && json["token"].is_null());

        let list = world.poolkey(&["serve", "list"], "").out;
        assert!(list.contains("who has its token  in "), "{list}");
        let status = world.poolkey(&["status"], "").out;
        assert!(status.contains("who has its token"), "{status}");
        let list = world.poolkey(&["serve", "list", "--json"], "").out;
        let list: Value = serde_json::from_str(&list).unwrap();
        assert_eq!(list[0]["profile"], "dev");

        let ran = world.poolkey(&["serve", "revoke", "nobody"], "");
        assert_eq!(ran.code, 16, "{ran:?}");
        let ran = world.poolkey(&["serve", "revoke", "--all"], "");
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (0, "“dev” is revoked.\n"),
            "{ran:?}"
        );
        assert!(!file.exists());
        assert_eq!(
            world.poolkey(&["serve", "list"], "").out,
            "Nothing is lent.\n"
        );
        let ran = world.poolkey(&["serve", "--profile", "nobody"], "");
        assert_eq!(ran.code, 11, "{ran:?}");
    });
}
