//! Requests that get no keys.

use poolkey_core::secret::Secret;
use poolkey_tests::{Setup, World, story, until};

use crate::client::{Answer, ask, get, path, port, say};
use crate::{lend, revoke};

#[test]
fn keys_are_for_the_token_alone() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let (ours, theirs) = (lend(world, None), lend(world, Some("box")));
        let host = format!("Host: 127.0.0.1:{}\r\n", port(&ours));
        let with = |token: &str| {
            let headers = format!("{host}Authorization: {token}\r\n");
            ask(&ours, "GET", path(&ours), &headers)
        };
        let token = ours.token.expose().to_owned();
        assert_eq!(token.len(), 43, "256 bits");
        assert!(get(&ours).has_keys());
        assert!(get(&theirs).has_keys());

        let none = ask(&ours, "GET", path(&ours), &host);
        assert_refused(&none, 403);
        assert!(none.body.contains("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"));
        for wrong in [
            "",
            "x",
            theirs.token.expose(),
            &token[..42],
            &format!("{token}x"),
            &format!("Bearer {token}"),
            &token.to_ascii_uppercase(),
            &"A".repeat(43),
        ] {
            assert_refused(&with(wrong), 403);
        }
        let at = |path: &str| {
            let headers = format!("{host}Authorization: {token}\r\n");
            ask(&ours, "GET", path, &headers)
        };
        assert_refused(&at(path(&theirs)), 403);
        assert_refused(&at("/v1/credentials/nobody"), 403);
        assert_refused(&at("/v1/credentials/"), 403);
        assert_refused(&at("/"), 404);
        assert_refused(&at("/latest/meta-data/"), 404);

        revoke(world, &ours);
        let late = get(&theirs);
        assert!(late.has_keys(), "{late:?}");
        assert_refused(&with(&token), 403);
        revoke(world, &theirs);
        until("the port is closed", 5, || {
            !crate::client::is_open(port(&ours))
        });
    });
}

/// A page of somebody else's whose name was made to point here, and other ways to be another host.
#[test]
fn another_host_is_refused() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let grant = lend(world, None);
        let port = port(&grant);
        let token = format!("Authorization: {}\r\n", grant.token.expose());
        let named = |host: &str| ask(&grant, "GET", path(&grant), &format!("{host}{token}"));
        for good in ["127.0.0.1", "localhost", "[::1]"] {
            let answer = named(&format!("Host: {good}:{port}\r\n"));
            assert!(answer.has_keys(), "{good}: {answer:?}");
        }
        // The AWS Common Runtime leaves the port out; a browser never does.
        assert!(named("Host: 127.0.0.1\r\n").has_keys());
        for bad in [
            String::new(),
            "Host: evil.example\r\n".into(),
            format!("Host: evil.example:{port}\r\n"),
            "Host: 127.0.0.2\r\n".into(),
            format!("Host: 127.0.0.1:{}\r\n", port ^ 1),
            format!("Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"),
            format!("Host: 169.254.170.2:{port}\r\n"),
        ] {
            assert_refused(&named(&bad), 403);
        }
        let absolute = format!("http://evil.example{}", path(&grant));
        let headers = format!("Host: 127.0.0.1:{port}\r\n{token}");
        assert_refused(&ask(&grant, "GET", &absolute, &headers), 403);
    });
}

/// Whatever else they know: a page cannot take these headers away.
#[test]
fn what_a_browser_sends_is_refused() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let grant = lend(world, None);
        let usual = format!(
            "Host: 127.0.0.1:{}\r\nAuthorization: {}\r\n",
            port(&grant),
            grant.token.expose()
        );
        for header in [
            "Origin: https://evil.example",
            "Origin: null",
            "Referer: https://evil.example/",
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Mode: no-cors",
            "sec-ch-ua: \"Chromium\"",
        ] {
            let answer = ask(&grant, "GET", path(&grant), &format!("{usual}{header}\r\n"));
            assert_refused(&answer, 403);
        }
        for method in ["OPTIONS", "POST", "HEAD", "PUT", "DELETE", "TRACE"] {
            let answer = ask(&grant, method, path(&grant), &usual);
            assert_eq!(answer.status, 405, "{method}");
            assert!(answer.head.contains("allow: get"), "{answer:?}");
            assert!(!answer.head.contains("access-control"), "{answer:?}");
        }
        // A look before the request, as a page's own headers make a browser take it.
        let preflight = format!(
            "{usual}Origin: https://evil.example\r\nAccess-Control-Request-Method: GET\r\n\
             Access-Control-Request-Headers: authorization\r\n"
        );
        assert_refused(&ask(&grant, "OPTIONS", path(&grant), &preflight), 403);
        assert!(get(&grant).has_keys());
    });
}

#[test]
fn what_is_no_request_gets_nothing() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        let grant = lend(world, None);
        for bytes in [
            &b"\r\n\r\n"[..],
            b"hello\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET / HTTP/9.9\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"{\"v\":1,\"ask\":\"status\"}\n",
            b"GET /v1/credentials/\xff HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
        ] {
            let answer = say(port(&grant), bytes);
            assert!(!answer.has_keys() && answer.status != 200, "{answer:?}");
        }
        // A second request on the same connection is not read.
        let twice = crate::client::request(&grant).repeat(2);
        let answer = say(port(&grant), twice.as_bytes());
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body.matches("SecretAccessKey").count(), 1);
        assert!(answer.head.contains("connection: close"), "{answer:?}");
        assert!(get(&grant).has_keys());
    });
}

/// What may be lent to whom, and what is told of the rest.
#[test]
fn a_grant_that_makes_no_sense_is_refused() {
    story(Setup::default(), |world| {
        use poolkey_core::failure::Code;
        use poolkey_ipc::{Ask, Reply};
        let refused = |world: &World, profile: &str, name: Option<&str>, seconds| {
            let ask = Ask::Grant {
                profile: profile.into(),
                name: name.map(str::to_owned),
                seconds,
            };
            match world.ask(&ask) {
                Reply::Failed(failure) => failure,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(
            refused(world, "nobody", None, None).code,
            Code::UnknownProfile
        );
        for name in ["", "..", "a/b", "17", "port", "x\ny", &"x".repeat(65)] {
            let failure = refused(world, "dev", Some(name), None);
            assert_eq!(failure.code, Code::Wrong, "{name:?}");
            assert!(failure.remedy.contains("--name"), "{failure}");
        }
        assert_eq!(refused(world, "dev", None, Some(0)).code, Code::Wrong);
        let ask = Ask::Revoke {
            grant: "nobody".into(),
        };
        assert!(matches!(world.ask(&ask), Reply::Failed(failure) if failure.code == Code::Wrong));
        assert_eq!(world.status().daemon.endpoint, None);

        // Each long-running command needs one, and there is an end to it.
        let tokens: Vec<Secret> = (0..256).map(|_| lend(world, None).token).collect();
        let failure = refused(world, "dev", None, None);
        assert_eq!(failure.code, Code::Busy, "{failure}");
        let all: std::collections::BTreeSet<&str> = tokens.iter().map(Secret::expose).collect();
        assert_eq!(all.len(), 256, "no two are the same");
        assert_eq!(world.status().daemon.endpoint.unwrap().grants.len(), 256);
    });
}

fn assert_refused(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(!answer.has_keys(), "{answer:?}");
    assert!(
        answer.head.contains("cache-control: no-store"),
        "{answer:?}"
    );
    assert!(!answer.head.contains("access-control"), "{answer:?}");
    let told = answer.json();
    assert_eq!(told["Code"], "denied");
    assert!(told["Message"].as_str().is_some_and(|told| told.len() > 20));
}
