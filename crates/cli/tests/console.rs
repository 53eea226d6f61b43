//! `poolkey console`, with a daemon that has an address, and a browser that goes there.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use poolkey_core::console::{ConsoleLink, Destination};
use poolkey_core::failure::Trouble;
use poolkey_core::secret::Secret;
use poolkey_core::time::UnixTime;
use poolkey_ipc::{Ask, Reply};
use serde_json::{Value, json};

use crate::support::{Asked, Home, POOLKEY, Said};

const URL: &str = "https://signin.example/federation?Action=login&SigninToken=s3cr3t";

#[test]
fn the_address_is_printed_alone_where_that_is_wanted() {
    let (home, asked) = desk();
    let said = home.poolkey(&["console", "dev", "--print-url"]);
    assert_eq!((said.code, said.out), (Some(0), format!("{URL}\n")));
    let told: Vec<&str> = said.err.lines().collect();
    assert!(
        told[0].starts_with("The address is good until 2000-01-01T"),
        "{told:?}"
    );
    assert!(
        told[1].starts_with("The session ends with the keys, at 2000-"),
        "{told:?}"
    );
    assert!(!said.err.contains("s3cr3t"));
    assert_eq!(asked.all(), [of(Destination::default())]);
}

#[test]
fn service_region_and_length_go_along() {
    let (home, asked) = desk();
    let said = home.poolkey(&[
        "console",
        "dev",
        "s3",
        "--region",
        "eu-north-1",
        "--duration",
        "4h",
        "--json",
    ]);
    assert_eq!((said.code, &*said.err), (Some(0), ""));
    let told: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        told,
        json!({
            "profile": "dev", "url": URL, "open_until": 946_684_800, "session_ends": 946_688_400,
        })
    );
    assert_eq!(
        asked.all(),
        [of(Destination {
            service: Some("s3".into()),
            region: Some("eu-north-1".into()),
            seconds: Some(14_400),
        })]
    );
    let said = home.poolkey(&["console", "dev", "--duration", "4h", "--print-url"]);
    assert!(
        said.err.contains("AWS gives these keys no session"),
        "{said:?}"
    );
}

#[test]
fn what_makes_no_sense_is_asked_of_nobody() {
    for args in [
        &["console", "dev", "s3?x=y"][..],
        &["console", "dev", "--region", "Frankfurt"],
        &["console", "dev", "--duration", "13h"],
        &["console", "dev", "--json", "--print-url"],
    ] {
        let (home, asked) = desk();
        let said = home.poolkey(args);
        assert_eq!((said.code, asked.all()), (Some(2), vec![]), "{said:?}");
    }
    let home = Home::new();
    home.daemon(|_| Reply::Failed(Trouble::SignedOut("acme".parse().unwrap()).into()));
    let said = home.poolkey(&["console", "dev"]);
    assert_eq!((said.code, &*said.out), (Some(10), ""));
}

#[test]
fn without_a_browser_the_address_is_shown() {
    let (home, _) = desk();
    let said = home.poolkey(&["console", "dev"]);
    assert_eq!((said.code, said.out), (Some(0), format!("{URL}\n")));
    assert!(
        said.err
            .starts_with("There is no display here, so no browser opens. Open this")
    );
    let mut command = home.command(POOLKEY);
    command
        .args(["console", "dev"])
        .env("BROWSER", "/nonexistent/browser")
        .env("PATH", "/nonexistent");
    let said = Said::of(&mut command);
    assert_eq!((said.code, said.out), (Some(0), format!("{URL}\n")));
    let told: Vec<&str> = said.err.lines().collect();
    assert_eq!(told[0], "Your browser opens the AWS console.");
    assert!(told[1].starts_with("The browser did not open."), "{told:?}");
}

/// It is started with an address of this machine, and is sent on from there, once.
#[cfg(target_os = "linux")]
#[test]
fn the_browser_gets_the_address_and_nobody_else_sees_it() {
    let (home, _) = desk();
    let mut command = browser(
        &home,
        "printf '%s' \"$1\" > started\n\
         curl -s -o wrong -w '%{http_code}' -H 'Host: evil.example' \"$1\" > wrong\n\
         curl -s -D head \"$1\"\n\
         cat /proc/[0-9]*/cmdline > argv 2>/dev/null\n\
         curl -s -w '%{http_code}' \"$1\" > again; true",
    );
    let said = Said::of(&mut command);
    assert_eq!((said.code, &*said.out), (Some(0), ""), "{said:?}");
    assert!(
        said.err
            .starts_with("Your browser opens the AWS console.\nThe session ends")
    );
    assert!(!said.err.contains("s3cr3t"));
    let written = |name: &str| {
        for _ in 0..100 {
            if std::fs::metadata(home.path().join("again")).is_ok_and(|file| file.len() == 3) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let bytes = std::fs::read(home.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    assert!(written("started").starts_with("http://127.0.0.1:"));
    assert!(!written("started").contains("s3cr3t"));
    assert_eq!(written("wrong"), "404");
    let head = written("head");
    assert!(head.starts_with("HTTP/1.1 303"), "{head}");
    assert!(head.contains(&format!("Location: {URL}\r\n")), "{head}");
    assert!(head.contains("Referrer-Policy: no-referrer"), "{head}");
    assert!(!written("argv").contains("s3cr3t"));
    assert_eq!(written("again"), "000", "nobody serves it twice");
}

/// A browser that does what a script says.
fn browser(home: &Home, script: &str) -> Command {
    let file = home.path().join("go");
    let directory = home.path().display();
    std::fs::write(&file, format!("#!/bin/sh\ncd {directory}\n{script}\n")).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
    let mut command = home.command(POOLKEY);
    command
        .args(["console", "dev"])
        .env("BROWSER", home.install(file));
    command
}

fn desk() -> (Home, Asked) {
    let home = Home::new();
    let asked = home.daemon(|_| {
        Reply::Console(Box::new(ConsoleLink {
            profile: "dev".parse().unwrap(),
            url: Secret::new(URL),
            open_until: UnixTime::from_secs(946_684_800),
            session_ends: UnixTime::from_secs(946_688_400),
        }))
    });
    (home, asked)
}

fn of(destination: Destination) -> Ask {
    Ask::Console {
        profile: "dev".into(),
        destination,
    }
}
