//! What people do beside signing in: with a browser elsewhere, with other accounts, in another
//! language, and when they leave.

use poolkey_core::snapshot::LoginState;
use poolkey_tests::{Chromium, Setup};
use serde_json::json;

use crate::coming_back::parameter;
use crate::provider;
use crate::sign_in::{OFFLINE, direct};
use crate::stage::signs_in;
use crate::stage::{
    BACK, at_sandbox, caller, configure, fills, keeps, managed, play, redirect_uris,
};

#[test]
fn the_address_of_a_browser_on_another_machine_is_pasted() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, _| {
        configure(world, &at_sandbox(world, &uris, ""));
        let road = world.road.url();
        let far = Chromium::start_elsewhere(&[
            road.trim_start_matches("http://"),
            world.sandbox.url().trim_start_matches("http://"),
        ]);
        let mut terminal = world.terminal(&["login", "acme", "--print-url"]);
        terminal.expect("Open this link in a browser:");
        terminal.expect("http");
        let shown = terminal.shown();
        let link = shown.lines().find(|line| line.starts_with("http")).unwrap();
        far.goes(link.trim());
        let password = world.password().to_owned();
        fills(&far, ("alice", &password));
        let ended = far.arrives("code=");
        assert!(ended.starts_with(&uris[0]), "{ended}");

        // First what people paste by mistake.
        terminal.expect("paste that here");
        terminal.type_line(link.trim());
        terminal.expect("That is the address before signing in");
        terminal.type_line(&uris[0]);
        terminal.expect("That is not the address");
        terminal.type_line(&ended);
        let shown = keeps(world, terminal);
        assert!(!shown.contains(&parameter(&ended, "code")), "{shown}");
        assert_eq!(doorman.sent(), Vec::<String>::new());
        caller(world, world.sandbox.url());
    });
}

#[test]
fn the_link_alone_goes_to_stdout_and_a_script_says_whom_it_means() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        for (expected, code) in [("mallory", 17), ("alice@example.com", 0)] {
            let mut command = world.command(poolkey_tests::program("poolkey"));
            command.args(["login", "acme", "--print-url", "--expect", expected]);
            let (out, err) = (
                world.home().join("link"),
                world.home().join("logs/script.err"),
            );
            command.stdout(std::fs::File::create(&out).unwrap());
            command.stdin(std::process::Stdio::null());
            let mut running = poolkey_tests::Running::start("poolkey", &mut command, &err);
            let link = || std::fs::read_to_string(&out).unwrap();
            poolkey_tests::until("there is a link", 20, || link().ends_with('\n'));
            chromium.goes(link().trim());
            if code == 17 {
                let password = world.password().to_owned();
                fills(chromium, ("alice", &password));
            }
            let status = running.wait(std::time::Duration::from_secs(20));
            let told = running.said();
            assert_eq!(link().lines().count(), 1, "{}", link());
            assert_eq!(status.success(), code == 0, "{status}: {told}");
            let state = world.login().state;
            assert_eq!(state == LoginState::SignedIn, code == 0, "{told}");
        }
        assert_eq!(doorman.sent(), Vec::<String>::new());
    });
}

#[test]
fn whoever_is_not_meant_is_not_kept() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let password = world.password().to_owned();
        let mut terminal = world.terminal(&["login", "acme"]);
        chromium.goes(&doorman.sent_for_the(1));
        fills(chromium, ("alice", &password));
        terminal.expect("You are alice@example.com (user name alice).");
        terminal.answer("Keep this sign-in? [Y/n]: ", "n");
        poolkey_tests::until("what the pool gave is revoked", 10, || {
            let calls = |operation| world.sandbox.calls(operation);
            calls("oauth2/revoke") + calls("RevokeToken") == 1
        });
        drop(terminal);
        assert_ne!(world.login().state, LoginState::SignedIn);
        assert_eq!(world.shim("dev").code, 10);
        let kept = world.desktop.secrets_of_poolkey();
        assert!(!kept.contains("refresh"), "{kept}");
    });
}

#[test]
fn another_account_is_asked_for_and_takes_the_place_of_the_first_only_when_told() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let bob = world.sandbox.seed(&json!({
            "user_pool_id": world.chain["user_pool_id"],
            "client_id": world.chain["client_id"],
            "user": {"username": "bob"},
            "identity_pool": false,
        }));
        let bob = bob["password"].as_str().unwrap().to_owned();
        signs_in(world, doorman, chromium);

        // The pool knows the browser: nothing is typed, and it is the same user.
        let terminal = world.terminal(&["login", "acme"]);
        chromium.goes(&doorman.sent_for_the(2));
        chromium.reads(BACK);
        chromium.reads("alice");
        assert_eq!(world.close(terminal).0, 0);

        for (time, answer, user) in [(3, "", "alice"), (4, "n", "alice"), (5, "y", "bob")] {
            let mut terminal = world.terminal(&["login", "acme", "--another-account"]);
            let sent = doorman.sent_for_the(time);
            assert!(sent.contains("prompt=login"), "{sent}");
            chromium.goes(&sent);
            fills(chromium, ("bob", &bob));
            chromium.reads(BACK);
            terminal.expect(
                "You are bob@example.com (user name bob). Before, alice@example.com (user name \
                 alice) was signed in.",
            );
            terminal.answer("Keep this sign-in in its place? [y/N]: ", answer);
            let (code, shown) = world.close(terminal);
            assert_eq!(code == 0, user == "bob", "{shown}");
            assert_eq!(world.login().user.unwrap().username, user);
            caller(world, world.sandbox.url());
        }
    });
}

#[test]
fn pages_are_japanese_where_that_is_chosen_or_the_browser_wants_it() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        let config = at_sandbox(world, &uris, "");
        configure(world, &format!("[settings]\nlanguage = \"ja\"\n{config}"));
        let password = world.password().to_owned();
        let terminal = world.terminal(&["login", "acme"]);
        let sent = doorman.sent_for_the(1);
        assert_eq!(parameter(&sent, "lang"), "ja");
        chromium.goes(&sent);
        chromium.types("username", "alice");
        chromium.types("password", &password);
        chromium.clicks("サインイン");
        chromium.reads("Poolkeyに戻れます");
        assert_eq!(
            chromium.run("return document.documentElement.lang"),
            json!("ja")
        );
        keeps(world, terminal);

        configure(world, &config);
        let japanese = Chromium::start("ja");
        let terminal = world.terminal(&["login", "acme"]);
        japanese.goes(&doorman.sent_for_the(2));
        fills(&japanese, ("alice", &password));
        japanese.reads("Poolkeyに戻れます");
        assert_eq!(world.close(terminal).0, 0);
    });
}

#[test]
fn a_sign_out_in_the_browser_has_the_pool_forget_it() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        let logout = format!("logout_uri = {:?}", uris[0]);
        configure(world, &at_sandbox(world, &uris, &logout));
        signs_in(world, doorman, chromium);
        // A plain sign-out leaves the browser as it is: it is known at the pool.
        assert_eq!(world.poolkey(&["logout", "acme"], "").code, 0);
        assert_eq!(doorman.sent().len(), 1);
        let terminal = world.terminal(&["login", "acme"]);
        chromium.goes(&doorman.sent_for_the(2));
        chromium.reads(BACK);
        keeps(world, terminal);

        let ran = world.poolkey(&["logout", "acme", "--browser"], "");
        assert_eq!(ran.code, 0, "{ran:?}");
        let sent = doorman.sent_for_the(3);
        assert!(sent.contains("/logout?"), "{sent}");
        chromium.goes(&sent);
        // So the next sign-in shows the form again.
        let terminal = world.terminal(&["login", "acme"]);
        chromium.goes(&doorman.sent_for_the(4));
        let password = world.password().to_owned();
        fills(chromium, ("alice", &password));
        chromium.reads(BACK);
        keeps(world, terminal);
    });
}

#[test]
fn the_user_name_is_offered_and_a_provider_that_gives_no_refresh_token_is_said_to() {
    play(Setup::default(), |world, doorman, chromium| {
        let (provider, _) = direct(world, &json!({}));
        let text = std::fs::read_to_string(world.config_file()).unwrap();
        let lines = "username = \"ada\"\nscopes = [\"openid\", \"email\"]\n";
        configure(world, &text.replace(OFFLINE, lines));
        let terminal = world.terminal(&["login", "acme"]);
        let sent = doorman.sent_for_the(1);
        assert_eq!(parameter(&sent, "login_hint"), "ada");
        chromium.goes(&sent);
        let field = chromium.run("return document.querySelector('[name=username]').value");
        assert_eq!(field, json!("ada"));
        chromium.types("password", provider::ADA.1);
        chromium.clicks("Sign in");
        chromium.reads(BACK);
        keeps(world, terminal);
        caller(world, world.sandbox.url());
        assert_eq!(provider.granted("authorization_code"), 1);
        assert_eq!(provider.granted("refresh_token"), 0);
        println!("{}", world.poolkey(&["status"], "").out);
    });
}

/// A first sign-in that nobody confirmed is not kept, and it is said how it would be.
#[test]
fn a_login_without_a_terminal_asks_for_nothing_that_it_cannot_have() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let mut command = world.command(poolkey_tests::program("poolkey"));
        command
            .args(["login", "acme"])
            .stdin(std::process::Stdio::null());
        command.stdout(std::process::Stdio::null());
        let log = world.home().join("logs/script.err");
        let mut running = poolkey_tests::Running::start("poolkey", &mut command, &log);
        chromium.goes(&doorman.sent_for_the(1));
        let password = world.password().to_owned();
        fills(chromium, ("alice", &password));
        let status = running.wait(std::time::Duration::from_secs(20));
        assert_eq!(status.code(), Some(2), "{}", running.said());
        assert!(
            running.said().contains("--expect alice@example.com"),
            "{}",
            running.said()
        );
        assert_eq!(world.login().state, LoginState::SignedOut);
    });
}
