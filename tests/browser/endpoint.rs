//! Pages at the container credentials endpoint: somebody knows the port, the path and even the
//! token, and has a browser of this machine show a page of theirs.

use poolkey_ipc::{Ask, Reply};
use poolkey_tests::{Chromium, Setup};
use serde_json::json;

use crate::knock;
use crate::site;
use crate::stage::play;

#[test]
fn no_page_gets_keys_from_the_endpoint() {
    play(Setup::default(), |world, _, _| {
        world.sign_in();
        let ask = Ask::Grant {
            profile: "dev".into(),
            name: None,
            seconds: None,
        };
        let Reply::Grant(grant) = world.ask(&ask) else {
            panic!("no grant");
        };
        let token = grant.token.expose().to_owned();
        world.add_secret("grant's token", &token);
        let (_, rest) = grant.url.split_once("127.0.0.1:").unwrap();
        let (port, path) = rest.split_once('/').unwrap();
        let port: u16 = port.parse().unwrap();
        let headers = format!("Host: 127.0.0.1:{port}\r\nAuthorization: {token}\r\n");
        let (status, answer) = knock::get_with(port, &format!("/{path}"), &headers);
        assert!(
            status == 200 && answer.contains("SecretAccessKey"),
            "a tool has keys"
        );

        // The name server of the page's name says that it is this machine, too.
        let theirs = Chromium::start_where(&[site::NAME]);
        let page = site::serve("<title>theirs</title><p id=here>here</p>");
        let rebound = format!("http://{}:{port}/{path}", site::NAME);
        for url in [&grant.url, &rebound] {
            theirs.goes(&page);
            theirs.reads("here");
            for (what, script) in tries(url, &token) {
                let got = theirs.awaits(&script);
                assert_eq!(got, json!("nothing"), "{what} of {url}");
            }
            // The page itself may be left for it: what is shown has no keys, either.
            theirs.goes(url);
            let shown = theirs.words();
            assert!(shown.contains("denied"), "{shown}");
            assert!(!shown.contains("SecretAccessKey"), "{shown}");
        }
        // A page of the endpoint's own origin, as far as there is one.
        theirs.goes(&format!("http://127.0.0.1:{port}/"));
        for (what, script) in tries(&grant.url, &token) {
            let got = theirs.awaits(&script);
            let got = got.as_str().unwrap_or_default().to_owned();
            assert!(!got.contains("SecretAccessKey"), "{what}: {got}");
        }
    });
}

/// Each calls back with what it saw, or with “nothing”.
fn tries(url: &str, token: &str) -> Vec<(&'static str, String)> {
    let fetch = |options: &str| {
        format!(
            "const done = arguments[arguments.length - 1]; fetch({url:?}, {options}) \
             .then(r => r.text()).then(t => done(t || 'nothing')).catch(() => done('nothing'));"
        )
    };
    let element = |tag: &str, source: &str| {
        format!(
            "const done = arguments[arguments.length - 1]; const e = document.createElement('{tag}'); \
             e.onload = () => done(e.contentDocument ? e.contentDocument.body.innerText : \
             '{tag}' === 'iframe' ? 'nothing' : 'loaded'); \
             e.onerror = () => done('nothing'); e.{source} = {url:?}; document.body.append(e);"
        )
    };
    vec![
        ("a fetch", fetch("{}")),
        ("a fetch that wants no answer", fetch("{mode: 'no-cors'}")),
        (
            "a fetch with the token",
            fetch(&format!("{{headers: {{Authorization: '{token}'}}}}")),
        ),
        (
            "a fetch without a referrer",
            fetch("{referrerPolicy: 'no-referrer', credentials: 'omit'}"),
        ),
        ("an image", element("img", "src")),
        ("a script", element("script", "src")),
        ("a frame", element("iframe", "src")),
    ]
}
