//! Strangers at the listener: other processes, pages on the internet, and whoever wants to wear it
//! out. None of them signs anybody in, and none keeps the person from it.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use poolkey_core::snapshot::LoginState;
use poolkey_tests::{Chromium, Doorman, World};
use serde_json::json;

use crate::coming_back::parameter;
use crate::knock;
use crate::site;
use crate::stage::{
    BACK, at_sandbox, caller, configure, fills, keeps, managed, play, port_of, redirect_uris,
};

/// The other process has an account of its own at the same pool, and read in `/proc` where the
/// browser was sent.
#[test]
fn a_code_of_somebody_elses_fails_by_its_state_and_by_pkce() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let mallory = stranger(world);
        let port = port_of(&uris[0]);
        let terminal = world.terminal(&["login", "acme"]);
        let sent = doorman.sent_for_the(1);
        let state = parameter(&sent, "state");

        // A code that was asked for with a challenge of the stranger's own.
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWBuGJSstw-cM";
        let own = sent
            .replace(&parameter(&sent, "code_challenge"), challenge)
            .replace(&state, "0123456789abcdef0123456789abcdef");
        let theirs = Chromium::start("en");
        theirs.goes(&own);
        fills(&theirs, ("mallory", &mallory));
        theirs.reads("Poolkey did not ask for this");
        let code = parameter(&theirs.address(), "code");
        assert_eq!(world.sandbox.calls("oauth2/token"), 0);

        let (status, _) = knock::get(port, &format!("/callback?code={code}&state={state}"));
        assert_eq!(status, 303, "its state is right");
        let (code, shown) = world.close(terminal);
        assert_ne!(code, 0, "{shown}");
        assert_eq!(world.sandbox.calls("oauth2/token"), 1);
        assert_eq!(world.login().state, LoginState::SignedOut);

        let terminal = world.terminal(&["login", "acme"]);
        chromium.goes(&doorman.sent_for_the(2));
        let password = world.password().to_owned();
        fills(chromium, ("alice", &password));
        chromium.reads(BACK);
        let shown = keeps(world, terminal);
        assert!(shown.contains("alice@example.com"), "{shown}");
    });
}

/// All that is left to the one who read the whole link is to sign in with it as himself: then it is
/// the person who sees a strange name.
#[test]
fn somebody_else_who_uses_the_very_link_is_seen_by_name() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, _| {
        configure(world, &at_sandbox(world, &uris, ""));
        let mallory = stranger(world);
        let mut terminal = world.terminal(&["login", "acme"]);
        let theirs = Chromium::start("en");
        theirs.goes(&doorman.sent_for_the(1));
        fills(&theirs, ("mallory", &mallory));
        terminal.expect("You are mallory@example.com (user name mallory).");
        assert_eq!(world.shim("dev").code, 10, "nothing is kept yet");
        terminal.answer("Keep this sign-in? [Y/n]: ", "n");
        poolkey_tests::until("nobody signs in", 10, || {
            world.login().state != LoginState::SignedIn
        });
        let kept = world.desktop.secrets_of_poolkey();
        assert!(!kept.contains("mallory"), "{kept}");
    });
}

#[test]
fn a_page_on_the_internet_learns_nothing_and_ends_nothing() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, _| {
        configure(world, &at_sandbox(world, &uris, ""));
        let port = port_of(&uris[0]);
        let terminal = world.terminal(&["login", "acme"]);
        let sent = doorman.sent_for_the(1);
        let state = parameter(&sent, "state");
        let chromium = Chromium::start_where(&[site::NAME]);
        let page = site::serve("<!doctype html><title>Cats</title><h1>Cats</h1>");
        chromium.goes(&page);
        chromium.reads("Cats");
        let listener = format!("http://127.0.0.1:{port}/callback");
        let tries = chromium.awaits(&format!(
            "const done = arguments[arguments.length - 1];
             const url = '{listener}?code=stolen&state=0';
             const told = promise => promise.then(
                 async answer => `${{answer.type}} ${{answer.status}} ${{await answer.text()}}`,
                 error => error.name);
             const shown = (kind, name) => new Promise(seen => {{
                 const one = document.createElement(kind);
                 one.onload = () => seen('loaded'); one.onerror = () => seen('error');
                 one[name] = url; document.body.append(one);
             }});
             Promise.all([
                 told(fetch(url)),
                 told(fetch(url, {{credentials: 'include'}})),
                 told(fetch(url, {{mode: 'no-cors'}})),
                 told(fetch(url, {{method: 'POST', body: 'code=stolen'}})),
                 told(fetch(url, {{method: 'PUT', headers: {{'X-Odd': '1'}}}})),
                 shown('img', 'src'), shown('script', 'src'),
             ]).then(done)"
        ));
        let tries = tries.as_array().unwrap();
        let told = |at: usize| tries[at].as_str().unwrap();
        for at in [0, 1, 3, 4] {
            assert_eq!(told(at), "TypeError", "{tries:?}");
        }
        // Without CORS an answer has no content, and this one is refused by its own policy.
        assert!(!told(2).contains("Poolkey"), "{tries:?}");
        assert_eq!((told(5), told(6)), ("error", "error"), "{tries:?}");

        // A form that sends itself, with whatever it could guess.
        chromium.run(&format!(
            "document.body.innerHTML = '<form method=post action=\"{listener}?code=x&state=0\">\
             <input name=code value=x></form>'; document.forms[0].submit()"
        ));
        chromium.arrives(&listener);
        chromium.goes(&page);
        // A frame shows nothing of it.
        chromium.run(&format!(
            "document.body.innerHTML = '<iframe src=\"{listener}?code=x&state=0\"></iframe>'"
        ));

        // A name of the attacker's that points here: even the right state is of no use.
        let rebound = format!(
            "http://{}:{port}/callback?code=stolen&state={state}",
            site::NAME
        );
        chromium.goes(&rebound);
        let (status, _) = knock::get_with(
            port,
            &format!("/callback?code=stolen&state={state}"),
            &format!("Host: {}:{port}\r\n", site::NAME),
        );
        assert_eq!(status, 421);
        assert_eq!(world.sandbox.calls("oauth2/token"), 0);
        goes_on(world, &chromium, &sent);
        keeps(world, terminal);
        assert_eq!(world.sandbox.calls("oauth2/token"), 1);
    });
}

#[test]
fn an_answer_that_comes_again_is_of_no_use() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let port = port_of(&uris[0]);
        let terminal = world.terminal(&["login", "acme"]);
        let sent = doorman.sent_for_the(1);
        goes_on(world, chromium, &sent);
        let minted = world.sandbox.minted();
        let (_, code) = minted
            .iter()
            .find(|(kind, _)| kind == "authorization_code")
            .unwrap();
        let again = format!("/callback?code={code}&state={}", parameter(&sent, "state"));
        for _ in 0..3 {
            let (status, page) = knock::get(port, &again);
            assert_eq!(status, 409, "{page}");
            assert!(page.contains("Poolkey has this answer already"), "{page}");
            assert!(!page.contains("alice"), "{page}");
        }
        keeps(world, terminal);
        assert_eq!(world.sandbox.calls("oauth2/token"), 1);
        poolkey_tests::until("nobody listens", 30, || !knock::is_open(port));
        caller(world, world.sandbox.url());
    });
}

#[test]
fn requests_of_odd_shapes_and_sizes_are_turned_away() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let port = port_of(&uris[0]);
        let terminal = world.terminal(&["login", "acme"]);
        let sent = doorman.sent_for_the(1);
        let state = parameter(&sent, "state");
        let before = world.resident();
        let host = format!("Host: 127.0.0.1:{port}\r\n");
        let get = |target: &str, more: &str| {
            format!("GET {target} HTTP/1.1\r\n{host}{more}Connection: close\r\n\r\n")
        };
        let right = format!("/callback?code=stolen&state={state}");
        let long = "a".repeat(1 << 20);
        let requests: Vec<Vec<u8>> = vec![
            get(&format!("/callback?code={long}&state={state}"), "").into(),
            get(
                &format!("/callback?code={}&state={state}", &long[..9000]),
                "",
            )
            .into(),
            get(&right, &format!("X-Long: {long}\r\n")).into(),
            get(&right, &"X-Many: 1\r\n".repeat(20_000)).into(),
            format!("POST {right} HTTP/1.1\r\n{host}Content-Length: 1048576\r\n\r\n{long}").into(),
            format!(
                "POST {right} HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFF\r\n"
            )
            .into(),
            format!("GET {right} HTTP/1.1\r\n\r\n").into(),
            format!("GET {right} HTTP/1.1\r\n{host}{host}\r\n").into(),
            format!("GET {right} HTTP/1.0\r\n\r\n").into(),
            format!("GET {right} HTTP/1.1\r\nHost: [::1]:{port}\r\n\r\n").into(),
            format!("GET http://evil.example{right} HTTP/1.1\r\nHost: evil.example\r\n\r\n").into(),
            format!("CONNECT evil.example:443 HTTP/1.1\r\n{host}\r\n").into(),
            format!("TRACE {right} HTTP/1.1\r\n{host}\r\n").into(),
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(40),
            (0..=255).collect::<Vec<u8>>().repeat(400),
            b"\r\n\r\n\r\n".to_vec(),
            b"GET /callback?code=\xff\xfe&state=\x00 HTTP/1.1\r\n\r\n".to_vec(),
        ];
        for request in &requests {
            let begun = Instant::now();
            let answer = knock::say(port, request);
            let shown = String::from_utf8_lossy(&request[..request.len().min(60)]);
            let status = knock::status(&answer);
            assert!(status == 0 || status >= 400, "{shown}: {answer}");
            assert!(!answer.contains("stolen"), "{shown}: {answer}");
            assert!(
                begun.elapsed() < Duration::from_secs(8),
                "{shown}: {:?}",
                begun.elapsed()
            );
        }
        let grown = world.resident().saturating_sub(before);
        assert!(grown < 8 << 10, "grown by {grown} KiB");
        goes_on(world, chromium, &sent);
        keeps(world, terminal);
        assert_eq!(world.sandbox.calls("oauth2/token"), 1);
    });
}

#[test]
fn connections_that_say_nothing_do_not_keep_the_browser_out() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let port = port_of(&uris[0]);
        let terminal = world.terminal(&["login", "acme"]);
        let sent = doorman.sent_for_the(1);
        let mut silent: Vec<TcpStream> = (0..100).map(|_| knock::connect(port).unwrap()).collect();
        // Some drip a letter at a time, and never come to an end.
        for stream in &mut silent {
            let _ = stream.write_all(b"GET /callback?co");
        }
        let begun = Instant::now();
        goes_on(world, chromium, &sent);
        println!("signed in after {:?}", begun.elapsed());
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "{:?}",
            begun.elapsed()
        );
        keeps(world, terminal);
    });
}

#[test]
fn a_crowd_at_the_listener_is_outlived() {
    let uris = redirect_uris(1);
    play(managed(&uris), |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        let port = port_of(&uris[0]);
        let terminal = world.terminal(&["login", "acme"]);
        let sent = doorman.sent_for_the(1);
        let before = world.resident();
        let crowd: Vec<_> = (0..8)
            .map(|one| {
                std::thread::spawn(move || {
                    let mut answered = 0;
                    for time in 0..250 {
                        let target = format!("/callback?code=stolen&state={one}{time}");
                        answered += usize::from(knock::get(port, &target).0 == 400);
                    }
                    answered
                })
            })
            .collect();
        let answered: usize = crowd.into_iter().map(|one| one.join().unwrap()).sum();
        println!("{answered} of 2000 were answered");
        assert!(answered > 0);
        let grown = world.resident().saturating_sub(before);
        assert!(grown < 8 << 10, "grown by {grown} KiB");
        goes_on(world, chromium, &sent);
        keeps(world, terminal);
        assert_eq!(world.sandbox.calls("oauth2/token"), 1);
        doorman_was_sent_once(doorman);
    });
}

/// The person signs in after all.
fn goes_on(world: &World, chromium: &Chromium, sent: &str) {
    chromium.goes(sent);
    fills(chromium, ("alice", world.password()));
    chromium.reads(BACK);
}

fn doorman_was_sent_once(doorman: &Doorman) {
    assert_eq!(doorman.sent().len(), 1);
}

/// One more user of the pool; the password.
fn stranger(world: &World) -> String {
    let chain = world.sandbox.seed(&json!({
        "user_pool_id": world.chain["user_pool_id"],
        "client_id": world.chain["client_id"],
        "user": {"username": "mallory"},
        "identity_pool": false,
    }));
    chain["password"].as_str().unwrap().to_owned()
}
