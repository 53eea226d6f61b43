//! `profiles.toml` is edited while the daemon runs.

use std::fs;
use std::os::unix::fs::symlink;

use poolkey_core::failure::{Code, Ended};
use poolkey_core::snapshot::LoginState;
use poolkey_tests::{Setup, World, story, until};
use serde_json::json;

#[test]
fn a_broken_edit_keeps_the_last_good_one() {
    story(Setup::default(), |world| {
        world.sign_in();
        let keys = world.keys();
        let good = world.usual_config();
        let lines = good.lines().count();
        let end = lines + 1;
        let login = |rest: &str| {
            format!("{good}[login.x]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"c\"\n{rest}")
        };
        let profile = |rest: &str| format!("{good}[profile.x]\nlogin = \"acme\"\n{rest}");
        let id = "identity_pool_id = \"us-east-1:01234567-89ab-cdef-0123-456789abcdef\"\n";
        let mistakes: Vec<(String, usize, &str)> = vec![
            (format!("{good}nonsense\n"), end, ""),
            (format!("{good}[login.acme]\n"), end, "duplicate"),
            (format!("{good}[logins.x]\n"), end, "expected"),
            (
                format!("{good}[settings]\nvault = \"sieve\"\n"),
                end + 1,
                "keychain",
            ),
            (
                format!("{good}[settings]\nrest_after = \"long\"\n"),
                end + 1,
                "12h",
            ),
            (
                format!("{good}[login.x]\nclient_id = \"c\"\n"),
                end,
                "user_pool_id",
            ),
            (
                format!("{good}[login.x]\nuser_pool_id = \"wrong\"\nclient_id = \"c\"\n"),
                end + 1,
                "us-east-1_AbCdEf123",
            ),
            (
                format!("{good}[login.x]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"\"\n"),
                end + 2,
                "letters and digits",
            ),
            (
                format!(
                    "{good}[login.\"a b\"]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"c\"\n"
                ),
                end,
                "",
            ),
            (login("client_secret = \"s\"\n"), end + 3, "client_secret"),
            (login("flow = \"MAGIC\"\n"), end + 3, "USER_SRP_AUTH"),
            (
                login("admin_profile = \"root\"\n"),
                end + 3,
                "ADMIN_USER_PASSWORD_AUTH",
            ),
            (
                login("endpoint = \"http://example.com\"\n"),
                end + 3,
                "https://",
            ),
            (login("username = 5\n"), end + 3, "string"),
            (
                format!("{good}[profile.x]\nlogin = \"nobody\"\n{id}"),
                end + 1,
                "[login.nobody]",
            ),
            (profile("identity_pool_id = \"x\"\n"), end + 2, "looks like"),
            (
                profile(&format!("{id}role_arn = \"admin\"\n")),
                end + 3,
                "arn:aws:iam::",
            ),
            (profile(&format!("{id}reigon = \"x\"\n")), end + 3, "reigon"),
        ];
        for (text, line, fix) in mistakes {
            world.configure(&text);
            let tail = &text[good.len()..];
            until(&format!("it is noticed: {tail}"), 5, || {
                let told = world.status().snapshot.config;
                told.is_some_and(|told| {
                    told.code == Code::Config
                        && told.sentence.contains("profiles.toml")
                        && told.sentence.contains(&format!("line {line}:"))
                        && told.sentence.contains(fix)
                        && !told.remedy.is_empty()
                })
                .then_some(())
                .or_else(|| {
                    // Shown when the wait is in vain.
                    world.keep(
                        "config",
                        &format!("{tail:?} {:?}\n", world.status().snapshot.config),
                    );
                    None
                })
                .is_some()
            });
            assert_eq!(world.keys().access_key_id, keys.access_key_id, "{tail}");
        }
        let unreadable: &[u8] = b"\xff\xfe[login.acme]";
        fs::write(world.config_file(), unreadable).unwrap();
        until("it is noticed that it is no text", 5, || {
            world
                .status()
                .snapshot
                .config
                .is_some_and(|told| told.sentence.contains("UTF-8"))
        });
        assert_eq!(world.keys().access_key_id, keys.access_key_id);

        world.configure(&good);
        until("a good one is taken", 5, || {
            world.status().snapshot.config.is_none()
        });
        assert_eq!(
            world.keys().access_key_id,
            keys.access_key_id,
            "nothing was lost"
        );
        assert_eq!(world.sandbox.calls("GetCredentialsForIdentity"), 1);
    });
}

#[test]
fn an_edit_is_taken_up_by_itself() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let more = format!(
            "{}[profile.more]\nlogin = \"acme\"\nidentity_pool_id = {}\nendpoint = \"{}\"\n",
            world.usual_config(),
            world.chain["identity_pool_id"],
            world.road.url()
        );
        // In place, as `echo >>` does, and then by a new file, as editors do.
        fs::write(world.config_file(), &more).unwrap();
        until("the new profile is there", 5, || {
            world.status().snapshot.profiles.len() == 2
        });
        assert!(world.client().document("more").is_ok(), "and it has keys");
        world.configure(&world.usual_config());
        until("it is gone", 5, || {
            world.status().snapshot.profiles.len() == 1
        });
        let failure = world.client().document("more").expect_err("it is gone");
        assert_eq!(failure.code, Code::UnknownProfile);

        fs::remove_file(world.config_file()).unwrap();
        until("an absent file is an empty one", 5, || {
            world.status().snapshot.logins.is_empty()
        });
        world.configure(&world.usual_config());
        until("nobody was signed out", 5, || world.try_keys().is_ok());
        assert_eq!(world.sandbox.calls("InitiateAuth"), 1);
    });
}

#[test]
fn a_linked_file_is_followed() {
    story(Setup::default(), |world| {
        world.stop_daemon();
        let dotfiles = world.home().join("dotfiles");
        fs::create_dir(&dotfiles).unwrap();
        let (first, second) = (dotfiles.join("a.toml"), world.home().join("b.toml"));
        fs::write(&first, world.usual_config()).unwrap();
        fs::write(&second, "").unwrap();
        fs::remove_file(world.config_file()).unwrap();
        symlink(&first, world.config_file()).unwrap();
        world.start_daemon();
        assert_eq!(world.status().snapshot.logins.len(), 1);

        let count = |world: &World| world.status().snapshot.logins.len();
        fs::write(&first, "").unwrap();
        until("the target is watched", 5, || count(world) == 0);
        let new = dotfiles.join("new");
        fs::write(&new, world.usual_config()).unwrap();
        fs::rename(&new, &first).unwrap();
        until("the target is replaced", 5, || count(world) == 1);

        let link = world.config_file().with_extension("link");
        symlink(&second, &link).unwrap();
        fs::rename(&link, world.config_file()).unwrap();
        until("the link points elsewhere", 5, || count(world) == 0);
        fs::write(&second, world.usual_config()).unwrap();
        until("the new target is watched", 5, || count(world) == 1);
    });
}

#[test]
fn a_login_that_points_elsewhere_needs_a_sign_in() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let usual = world.usual_config();
        let other = world.sandbox.seed(&json!({"user": {"username": "alice"}}));
        let pool = |chain: &serde_json::Value| chain["user_pool_id"].as_str().unwrap().to_owned();
        let client = |chain: &serde_json::Value| chain["client_id"].as_str().unwrap().to_owned();
        world.configure(
            &usual
                .replace(&pool(&world.chain), &pool(&other))
                .replace(&client(&world.chain), &client(&other)),
        );
        until("it needs a sign-in", 5, || {
            let login = world.login();
            login.state == LoginState::NeedsSignIn && login.ended == Some(Ended::Moved)
        });
        let failure = world.try_keys().err().expect("no keys of another pool");
        assert_eq!(failure.code, Code::NeedsSignIn);
        assert!(failure.sentence.contains("another user pool"), "{failure}");
        // Back again, the session is there as before.
        world.configure(&usual);
        until("nobody was signed out", 5, || world.try_keys().is_ok());
    });
}
