//! Keys that others use: in a file, at the container credentials endpoint, in the AWS console.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use poolkey_ipc::{Ask, Reply};
use poolkey_tests::{Doorman, World, story, until};
use serde_json::json;

use crate::sign_in::asks;
use crate::window::Window;

#[test]
fn keys_are_kept_in_a_file_and_what_stands_in_the_way_is_told() {
    story(asks(json!({})), |world| {
        world.sign_in();
        world.keys();
        let window = Window::open(world, &[]);
        window.run("location.hash = 'profile/dev'");
        window.reads("For tools that read files only");
        window.reads("Its keys can be kept in ~/.aws/credentials, too");
        window.clicks("Keep them as dev-keys");
        window.reads("~/.aws/credentials has its keys as dev-keys, until");
        window.reads("Programs of boto3, JavaScript, Go and Rust read it once");
        let text = fs::read_to_string(credentials(world)).unwrap();
        assert!(
            text.contains("[dev-keys]\nx-poolkey-profile = dev\n"),
            "{text}"
        );

        // Another name that is somebody else's.
        fs::write(credentials(world), format!("{text}[mine]\nregion = x\n")).unwrap();
        window.clicks("Change name or region");
        window.reads("Profile dev");
        window.types("write_profile", "dev");
        window.element("[name=write_profile][aria-invalid=true]");
        window.types("write_profile", "mine");
        window.clicks("Save");
        until("it is saved", 10, || {
            window.run("return location.hash") == "#overview"
        });
        window.run("location.hash = 'profile/dev'");
        window.reads("there is a profile “mine” that Poolkey did not write");
        window.run("location.hash = 'diagnosis'");
        window.reads("there is a profile “mine” that Poolkey did not write");
        until("the old name is gone", 10, || {
            fs::read_to_string(credentials(world)).unwrap() == "[mine]\nregion = x\n"
        });
        let config = fs::read_to_string(world.config_file()).unwrap();
        assert!(config.contains("write_profile = \"mine\""), "{config}");

        window.run("location.hash = 'profile/dev'");
        window.clicks("Keep them there no longer");
        window.reads("Its keys can be kept in ~/.aws/credentials, too");
        let config = fs::read_to_string(world.config_file()).unwrap();
        assert!(!config.contains("write_profile"), "{config}");
        assert!(!window.words().contains("did not write"));
    });
}

#[test]
fn a_file_that_others_read_is_told_of_until_it_is_put_right() {
    story(asks(json!({})), |world| {
        world.sign_in();
        world.keys();
        fs::create_dir_all(world.home().join(".aws")).unwrap();
        fs::write(credentials(world), "[work]\n").unwrap();
        set_mode(world, 0o644);
        let window = Window::open(world, &[]);
        window.run("location.hash = 'profile/dev'");
        window.clicks("Keep them as dev-keys");
        window.reads("can be read by others");
        window.reads("chmod 600");
        window.reads("~/.aws/credentials has no keys as dev-keys yet.");
        set_mode(world, 0o600);
        window.reads("~/.aws/credentials has its keys as dev-keys, until");
        assert!(!window.words().contains("can be read by others"));
        world.stop_daemon();
        assert_eq!(fs::read_to_string(credentials(world)).unwrap(), "[work]\n");
    });
}

#[test]
fn whoever_was_lent_keys_is_shown_and_has_them_no_longer() {
    story(asks(json!({})), |world| {
        world.sign_in();
        let lend = Ask::Grant {
            profile: "dev".into(),
            name: Some("compose".into()),
            seconds: None,
        };
        let Reply::Grant(grant) = world.ask(&lend) else {
            panic!("no grant");
        };
        let window = Window::open(world, &[]);
        window.reads("Lent to programs and containers");
        window.reads("compose");
        window.reads("not used yet");
        let fetch = || {
            let agent = format!("Authorization: {}", grant.token.expose());
            let mut command = world.command("curl");
            command.args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", &agent]);
            let ran = command.arg(&grant.url).output().unwrap();
            String::from_utf8(ran.stdout).unwrap()
        };
        assert_eq!(fetch(), "200");
        window.reads("last used");
        assert!(!window.words().contains("not used yet"));
        let page = window.run("return document.documentElement.outerHTML");
        assert!(!page.as_str().unwrap().contains(grant.token.expose()));
        window.clicks("Revoke");
        until("the card is gone", 10, || {
            !window.words().contains("Lent to programs")
        });
        assert_ne!(fetch(), "200");
    });
}

#[test]
fn the_console_opens_in_the_persons_browser_and_the_page_learns_no_address() {
    story(asks(json!({})), |world| {
        let text = world.usual_config().replace(
            "[profile.dev]\n",
            &format!(
                "[profile.dev]\nsignin_endpoint = \"{}\"\n",
                world.road.url()
            ),
        );
        world.configure(&text);
        let doorman = Doorman::of(world);
        world.sign_in();
        let window = Window::open(world, &[]);
        window.run("location.hash = 'profile/dev'");
        window.clicks("Open the AWS console");
        // What a program is started with is seen by all: the browser is sent to this machine first.
        let sent = doorman.sent_for_the(1);
        assert!(sent.starts_with("http://127.0.0.1:"), "{sent}");
        assert!(!sent.contains("SigninToken"), "{sent}");
        let address = sent_on(&sent).unwrap();
        window.reads("It opens in your browser. The session there ends at");
        assert_eq!(sent_on(&sent), None, "it works once");
        assert!(address.contains("Action=login"), "{address}");
        let (_, token) = address.split_once("SigninToken=").unwrap();
        let token = token.split('&').next().unwrap();
        let page = window.run("return document.documentElement.outerHTML + location.href");
        assert!(!page.as_str().unwrap().contains(token));
        // The browser has it, and no log.
        fs::remove_file(world.home().join("opened")).unwrap();

        // Nobody is offered what cannot be.
        world.sandbox.revoke_all();
        world.ask(&Ask::Renew {
            login: "acme".into(),
        });
        window.reads("Sign in");
        assert!(!window.words().contains("Open the AWS console"));
    });
}

/// Where a browser is sent on to from an address, as curl sees it.
fn sent_on(address: &str) -> Option<String> {
    let head = Command::new("curl")
        .args([
            "--silent",
            "--noproxy",
            "*",
            "--max-time",
            "5",
            "--dump-header",
            "-",
            address,
        ])
        .output()
        .unwrap();
    let head = String::from_utf8(head.stdout).unwrap();
    let mut lines = head.lines();
    let to = lines.find_map(|line| line.strip_prefix("Location: "))?;
    Some(to.trim().to_owned())
}

fn credentials(world: &World) -> PathBuf {
    world.home().join(".aws/credentials")
}

fn set_mode(world: &World, mode: u32) {
    fs::set_permissions(credentials(world), fs::Permissions::from_mode(mode)).unwrap();
}
