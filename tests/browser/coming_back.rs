//! The way back from the browser: ports that are taken, visitors that come first, sign-ins that are
//! begun twice or never finished.

use std::net::TcpListener;
use std::time::Duration;

use poolkey_core::snapshot::LoginState;
use poolkey_tests::{Terminal, World, until};
use serde_json::json;

use crate::knock;
use crate::provider;
use crate::sign_in::direct;
use crate::stage::signs_in;
use crate::stage::{
    BACK, at_sandbox, caller, configure, fills, keeps, managed, play, port_of, redirect_uris,
};

#[test]
fn the_next_url_is_taken_where_a_port_is_busy() {
    let uris = redirect_uris(3);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let held: Vec<_> = uris[..2]
            .iter()
            .map(|uri| TcpListener::bind(("127.0.0.1", port_of(uri))).unwrap())
            .collect();
        signs_in(world, doorman, chromium);
        let port = |uri: &str| format!("%3A{}%2F", port_of(uri));
        let sent = doorman.sent_for_the(1);
        assert!(sent.contains(&port(&uris[2])), "{sent}");
        drop(held);
        caller(world, world.sandbox.url());
    });
}

#[test]
fn all_ports_busy_is_told_with_their_numbers_and_opens_no_browser() {
    let uris = redirect_uris(2);
    play(managed(&uris), |world, doorman, _| {
        configure(world, &at_sandbox(world, &uris, ""));
        let _held: Vec<_> = uris
            .iter()
            .map(|uri| TcpListener::bind(("127.0.0.1", port_of(uri))).unwrap())
            .collect();
        let ran = world.poolkey(&["login", "acme"], "");
        assert_ne!(ran.code, 0, "{ran:?}");
        for uri in &uris {
            let told = format!("port {} is held by another program", port_of(uri));
            assert!(ran.err.contains(&told), "{ran:?}");
        }
        assert!(ran.err.contains("redirect_uris"), "{ran:?}");
        assert_eq!(doorman.sent(), Vec::<String>::new());
        assert_eq!(world.login().state, LoginState::SignedOut);
    });
}

#[test]
fn localhost_is_listened_at_in_both_families() {
    let port = poolkey_tests::free_port();
    let uris = [format!("http://localhost:{port}/callback")];
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        {
            // One family is not enough: the browser may choose the other, and find somebody else.
            let _held = TcpListener::bind(("::1", port)).unwrap();
            let ran = world.poolkey(&["login", "acme"], "");
            assert!(ran.err.contains(&format!("port {port} is held")), "{ran:?}");
        }
        let terminal = world.terminal(&["login", "acme"]);
        let sent = doorman.sent_for_the(1);
        for host in ["127.0.0.1", "::1"] {
            std::net::TcpStream::connect((host, port)).unwrap();
        }
        chromium.goes(&sent);
        let password = world.password().to_owned();
        fills(chromium, ("alice", &password));
        chromium.reads(BACK);
        keeps(world, terminal);
    });
}

#[test]
fn whoever_comes_before_the_answer_does_not_end_the_wait() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let port = port_of(&uris[0]);
        let terminal = world.terminal(&["login", "acme"]);
        let sent = doorman.sent_for_the(1);
        for target in [
            "/favicon.ico",
            "/",
            "/robots.txt",
            "/callback/more",
            "/callbackx?code=1",
        ] {
            assert_eq!(knock::get(port, target).0, 404, "{target}");
        }
        // What is at the right place says something to whoever ended there.
        let state = parameter(&sent, "state");
        let wrong = format!("{}0", &state[..state.len() - 1]);
        assert!(
            state.len() >= 32 && state.chars().all(|c| c.is_ascii_hexdigit()),
            "{state}"
        );
        for query in [
            "".to_owned(),
            "?".to_owned(),
            "?code=stolen".to_owned(),
            "?code=stolen&state=".to_owned(),
            format!("?code=stolen&state={wrong}"),
            format!("?code=stolen&state={}", state.to_uppercase()),
            format!("?error=access_denied&state={wrong}"),
            format!("?code=stolen&state={wrong}&state={state}"),
            format!("?code=one&code=two&state={state}"),
            format!("?state={state}"),
        ] {
            let (status, page) = knock::get(port, &format!("/callback{query}"));
            assert_eq!(status, 400, "{query}: {page}");
            assert!(
                page.contains("Poolkey did not ask for this"),
                "{query}: {page}"
            );
            assert!(!page.contains("stolen"), "{page}");
        }
        chromium.goes(&format!(
            "http://127.0.0.1:{port}/callback?code=stolen&state={wrong}"
        ));
        chromium.reads("Poolkey did not ask for this");

        chromium.goes(&sent);
        let password = world.password().to_owned();
        fills(chromium, ("alice", &password));
        chromium.reads(BACK);
        keeps(world, terminal);
        assert_eq!(
            world.sandbox.calls("oauth2/token"),
            1,
            "no stolen code was tried"
        );
    });
}

#[test]
fn a_link_that_is_opened_twice_signs_in_once() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let terminal = world.terminal(&["login", "acme"]);
        let sent = doorman.sent_for_the(1);
        let first = chromium.tab();
        chromium.goes(&sent);
        chromium.reads("Sign in");
        let second = chromium.opens_tab();
        chromium.goes(&sent);
        chromium.reads("Sign in");

        chromium.turns_to(&first);
        let password = world.password().to_owned();
        fills(chromium, ("alice", &password));
        chromium.reads(BACK);
        chromium.turns_to(&second);
        fills(chromium, ("alice", &password));
        chromium.reads("Poolkey has this answer already");
        keeps(world, terminal);
        assert_eq!(world.sandbox.calls("oauth2/token"), 1);
        caller(world, world.sandbox.url());
    });
}

#[test]
fn a_second_sign_in_to_another_login_takes_the_next_port() {
    let uris = redirect_uris(2);
    play(managed(&uris), |world, doorman, chromium| {
        let acme = at_sandbox(world, &uris, "");
        let other = acme
            .replace("acme", "other")
            .replace("profile.dev", "profile.more");
        configure(world, &format!("{acme}\n{other}"));
        let first = world.terminal(&["login", "acme"]);
        let sent = [doorman.sent_for_the(1)];
        let second = world.terminal(&["login", "other"]);
        let sent = [sent[0].clone(), doorman.sent_for_the(2)];
        assert_ne!(
            parameter(&sent[0], "redirect_uri"),
            parameter(&sent[1], "redirect_uri")
        );
        assert_ne!(parameter(&sent[0], "state"), parameter(&sent[1], "state"));

        // Their answers come crosswise: each one's state belongs to its own listener.
        let state = parameter(&sent[0], "state");
        let crossed = format!("/callback?code=crossed&state={state}");
        assert_eq!(knock::get(port_of(&uris[1]), &crossed).0, 400);

        let password = world.password().to_owned();
        chromium.goes(&sent[1]);
        fills(chromium, ("alice", &password));
        chromium.reads(BACK);
        keep(world, second);
        // The pool knows the browser by now.
        chromium.goes(&sent[0]);
        chromium.reads(BACK);
        keep(world, first);
    });
}

#[test]
fn a_sign_in_that_is_begun_again_takes_the_place_of_the_first() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let first = world.terminal(&["login", "acme"]);
        let old = doorman.sent_for_the(1);
        let second = world.terminal(&["login", "acme"]);
        let new = doorman.sent_for_the(2);
        assert_ne!(parameter(&old, "state"), parameter(&new, "state"));
        let (code, shown) = world.close(first);
        assert_ne!(code, 0, "{shown}");

        // The old page is still open somewhere: its answer is of no use, and does no harm.
        let password = world.password().to_owned();
        chromium.goes(&old);
        fills(chromium, ("alice", &password));
        chromium.reads("Poolkey did not ask for this");
        chromium.goes(&new);
        chromium.reads(BACK);
        keep(world, second);
    });
}

#[test]
fn giving_up_frees_the_port_at_once_and_keeps_nothing() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let mut terminal = world.terminal(&["login", "acme"]);
        let sent = doorman.sent_for_the(1);
        terminal.expect("Waiting for the browser");
        assert!(knock::is_open(port_of(&uris[0])));
        terminal.interrupt();
        let (code, shown) = world.close(terminal);
        assert_eq!(code, 130, "{shown}");
        assert_eq!(world.login().state, LoginState::SignedOut);

        until("nobody listens", 5, || !knock::is_open(port_of(&uris[0])));

        // Whoever goes on in the browser all the same ends on a page of its own.
        chromium.goes(&sent);
        let password = world.password().to_owned();
        fills(chromium, ("alice", &password));
        chromium.reads("refused to connect");
        assert_eq!(world.sandbox.calls("oauth2/token"), 0);
        assert_eq!(world.login().state, LoginState::SignedOut);
        assert_eq!(world.shim("dev").code, 10);
        signs_in_again(world, doorman, chromium);
    });
}

#[test]
fn a_command_that_is_killed_leaves_a_listener_for_a_bounded_time() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let terminal = world.terminal(&["login", "acme"]);
        doorman.sent_for_the(1);
        // As when its window is closed by force.
        drop(terminal);
        assert!(knock::is_open(port_of(&uris[0])));
        let took = until("nobody listens", 45, || !knock::is_open(port_of(&uris[0])));
        println!("the listener stood for {took:?}");
        signs_in_again(world, doorman, chromium);
    });
}

#[test]
#[ignore = "takes eleven minutes: with POOLKEY_BROWSER_TOOLS as scripts/test-browser sets it, cargo test -p poolkey-tests --test browser never_comes_back -- --ignored"]
fn a_browser_that_never_comes_back_is_waited_for_so_long_and_no_longer() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, _| {
        configure(world, &at_sandbox(world, &uris, ""));
        let mut ran = world.command(poolkey_tests::program("poolkey"));
        ran.args(["login", "acme"]);
        let begun = std::time::Instant::now();
        let ran = poolkey_tests::Ran::of(&mut ran, "");
        let took = begun.elapsed();
        println!("{took:?}: {ran:?}");
        assert_ne!(ran.code, 0, "{ran:?}");
        assert!(took > Duration::from_secs(9 * 60) && took < Duration::from_secs(12 * 60));
        assert!(!knock::is_open(port_of(&uris[0])));
        assert_eq!(world.login().state, LoginState::SignedOut);
        assert_eq!(doorman.sent().len(), 1);
    });
}

#[test]
fn a_redirect_uri_that_is_not_registered_is_named() {
    let registered = redirect_uris(1);
    let uris = redirect_uris(1);
    play(managed(&registered), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let mut terminal = world.terminal(&["login", "acme"]);
        let shown = match doorman_or_end(doorman, &mut terminal) {
            Some(sent) => {
                // Cognito sends nobody back: it says so on a page of its own, whose address is all
                // that there is to tell by.
                chromium.goes(&sent);
                chromium.reads("redirect_mismatch");
                terminal.expect("paste that here");
                terminal.type_line(&chromium.address());
                terminal.expect(&uris[0]);
                terminal.interrupt();
                world.close(terminal).1
            }
            None => world.close(terminal).1,
        };
        assert!(shown.contains(&uris[0]), "{shown}");
        let client = world.chain["client_id"].as_str().unwrap();
        assert!(shown.contains("callback"), "{shown}");
        assert!(shown.contains(client), "{shown}");
        assert_eq!(world.login().state, LoginState::SignedOut);
    });
}

#[test]
fn somebody_who_says_no_at_the_provider_is_believed_and_may_try_again() {
    play(
        poolkey_tests::Setup::default(),
        |world, doorman, chromium| {
            let _provider = direct(world, &json!({}));
            let terminal = world.terminal(&["login", "acme"]);
            chromium.goes(&doorman.sent_for_the(1));
            chromium.clicks("Cancel");
            chromium.reads("You are not signed in");
            chromium.reads("The person said no.");
            let (code, shown) = world.close(terminal);
            assert_ne!(code, 0, "{shown}");
            assert!(shown.contains("The person said no."), "{shown}");
            assert!(shown.contains("poolkey login acme"), "{shown}");
            assert_eq!(world.login().state, LoginState::SignedOut);

            let terminal = world.terminal(&["login", "acme"]);
            chromium.goes(&doorman.sent_for_the(2));
            fills(chromium, provider::ADA);
            chromium.reads(BACK);
            keeps(world, terminal);
            caller(world, world.sandbox.url());
        },
    );
}

#[test]
fn a_pool_that_fails_while_the_code_is_redeemed_is_asked_once_more() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let mut terminal = world.terminal(&["login", "acme"]);
        chromium.goes(&doorman.sent_for_the(1));
        chromium.reads("Sign in");
        world.sandbox.fault(&json!({
            "operation": "oauth2/token",
            "error": {"code": "InternalErrorException", "status": 500},
        }));
        let password = world.password().to_owned();
        fills(chromium, ("alice", &password));
        chromium.reads(BACK);
        terminal.expect("answered InternalErrorException");
        // The code is good for five minutes, and nobody goes to the browser again.
        keeps(world, terminal);
        assert_eq!(doorman.sent().len(), 1);
        caller(world, world.sandbox.url());
    });
}

fn signs_in_again(
    world: &mut World,
    doorman: &poolkey_tests::Doorman,
    chromium: &poolkey_tests::Chromium,
) {
    // A browser that the pool knows already shows no form.
    let times = doorman.sent().len();
    let terminal = world.terminal(&["login", "acme", "--another-account"]);
    chromium.goes(&doorman.sent_for_the(times + 1));
    let password = world.password().to_owned();
    fills(chromium, ("alice", &password));
    chromium.reads(BACK);
    keeps(world, terminal);
    caller(world, world.sandbox.url());
}

fn keep(world: &mut World, mut terminal: Terminal) {
    terminal.answer("Keep this sign-in? [Y/n]: ", "");
    let (code, shown) = world.close(terminal);
    assert_eq!(code, 0, "{shown}");
}

/// Where the browser was sent, unless the command ends before.
fn doorman_or_end(doorman: &poolkey_tests::Doorman, terminal: &mut Terminal) -> Option<String> {
    until("there is something to see", 20, || {
        !doorman.sent().is_empty() || terminal.shown().contains("error")
    });
    doorman.sent().pop()
}

/// A parameter of a query, as it stands there.
pub(crate) fn parameter(url: &str, name: &str) -> String {
    let query = url.split_once('?').unwrap().1;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs
        .find(|(key, _)| *key == name)
        .unwrap_or_else(|| panic!("no {name} in {url}"));
    value.to_owned()
}
