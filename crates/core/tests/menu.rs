//! The tray's menu, as it is read in both languages. `SNAPSHOTS=overwrite` writes it anew.
#![allow(clippy::unwrap_used, reason = "tests, which may fail")]

use std::fmt::Write;

use poolkey_core::menu::{Item, Menu, Shown, Switch, menu};
use poolkey_core::messages::Language;
use poolkey_core::snapshot::Snapshot;
use poolkey_core::time::UnixTime;
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;

#[test]
fn in_english() {
    snapbox::assert_data_eq!(all(Language::English), snapbox::file!["menu/en.txt": Text]);
}

#[test]
fn in_japanese() {
    snapbox::assert_data_eq!(all(Language::Japanese), snapbox::file!["menu/ja.txt": Text]);
}

/// Thousands of logins and profiles, with the longest of names, do not make an endless menu.
#[test]
fn a_multitude_is_bounded() {
    let logins: Vec<_> = (0..2000)
        .map(|n| login(&format!("login-{n}"), "signed_in"))
        .collect();
    let profiles: Vec<_> = (0..2000)
        .map(|n| profile(&format!("p{n}"), "login-0", 3600))
        .collect();
    let shown = shown(Language::English, snapshot(&json!({}), &logins, &profiles));
    assert!(count(&menu(&shown, UnixTime::from_secs(NOW)).items) < 500);
}

/// Calm: what is renewed in advance does not change the icon; a minute does not either.
#[test]
fn the_icon_does_not_flicker() {
    let quiet = snapshot(&json!({}), &[well("acme")], &[profile("dev", "acme", 2820)]);
    let mut working = well("acme");
    working["working"] = json!(true);
    let working = snapshot(&json!({}), &[working], &[profile("dev", "acme", 2820)]);
    let glance = |snapshot: &Snapshot, later| {
        let menu = menu(
            &shown(Language::English, snapshot.clone()),
            UnixTime::from_secs(NOW + later),
        );
        (menu.icon, menu.tooltip)
    };
    assert_eq!(glance(&quiet, 0), glance(&working, 0));
    assert_eq!(glance(&quiet, 0), glance(&quiet, 60));
}

fn all(language: Language) -> String {
    let offline = json!({"code":"offline","sentence":"No connection to Cognito.","remedy":"Poolkey tries again in 4 seconds."});
    let locked = json!({"code":"vault_locked","sentence":"The keychain “Login” is locked.","remedy":"Unlock it."});
    let with = |mut value: Value, name: &str, more: Value| {
        value[name] = more;
        value
    };
    let ended = || with(login("corp", "needs_sign_in"), "ended", json!("expired"));
    let troubled = |trouble: &Value| with(well("acme"), "trouble", trouble.clone());
    let dev = || profile("dev", "acme", 2820);
    let resting = || json!({"name":"prod","login":"acme","identity_pool_id":"i"});
    let one = |login: Value| (vec![login], vec![dev(), resting()]);
    let none = json!({});

    let mut scenes: Vec<(&str, Shown)> = Vec::new();
    let mut scene = |name, more: &Value, (logins, profiles): (Vec<Value>, Vec<Value>)| {
        scenes.push((name, shown(language, snapshot(more, &logins, &profiles))));
    };
    scene("no logins", &none, (vec![], vec![]));
    scene(
        "nobody is signed in",
        &none,
        one(login("acme", "signed_out")),
    );
    scene("one login, all well", &none, one(well("acme")));
    scene(
        "two logins, one needs a sign-in",
        &none,
        (
            vec![well("acme"), ended()],
            vec![dev(), profile("corp-admin", "corp", -5)],
        ),
    );
    scene("offline, keys still good", &none, one(troubled(&offline)));
    scene(
        "offline, no keys",
        &none,
        (vec![troubled(&offline)], vec![resting()]),
    );
    scene(
        "working, somebody waits",
        &none,
        (
            vec![with(
                with(login("acme", "signed_in"), "working", json!(true)),
                "user",
                json!({"sub":"s","username":"jane"}),
            )],
            vec![resting()],
        ),
    );
    scene("signing in", &none, one(login("acme", "signing_in")));
    scene(
        "vault locked",
        &none,
        one(with(login("acme", "unread"), "trouble", locked)),
    );
    scene(
        "a profile is not set up",
        &none,
        (
            vec![well("acme")],
            vec![with(
                resting(),
                "trouble",
                json!({"code":"misconfigured","sentence":"No keys for profile “prod”: the role does not trust the pool.","remedy":"Check it."}),
            )],
        ),
    );
    scene(
        "configuration error",
        &json!({"config":{"code":"config","sentence":"profiles.toml line 3: there is no setting “clint_id”; did you mean “client_id”? It must be one of many.","remedy":"Mend it."}}),
        one(well("acme")),
    );
    scene(
        "clock ahead",
        &json!({"clock_ahead":7500}),
        one(well("acme")),
    );
    scene(
        "clock behind",
        &json!({"clock_ahead":-300}),
        (vec![well("acme"), well("corp")], vec![dev()]),
    );
    scene("no profiles", &none, (vec![well("acme")], vec![]));
    scene(
        "a name that would break the line",
        &none,
        (
            vec![with(
                well("acme"),
                "user",
                json!({"sub":"s","username":"jane\n\u{7}x"}),
            )],
            vec![],
        ),
    );
    scene(
        "30 logins",
        &none,
        (
            (1..=30)
                .map(|n| well(&format!("login-{n:02}")))
                .chain([ended()])
                .collect(),
            (1..=14)
                .map(|n| profile(&format!("p{n:02}"), "login-01", 60 * n))
                .collect(),
        ),
    );
    let guest =
        |left: i64| json!({"name":"public","identity_pool_id":"i","keys_expire":NOW + left});
    scene("a guest alone", &none, (vec![], vec![guest(-5)]));
    scene(
        "a login and a guest",
        &none,
        (vec![well("acme")], vec![dev(), guest(2820)]),
    );
    let ends = with(well("acme"), "session_ends", json!(NOW + 7200));
    scene("a session that ends", &none, one(ends.clone()));
    let learnt = with(ends, "session_end_is_learnt", json!(true));
    scene(
        "one that may end",
        &none,
        one(with(learnt, "unrevoked", json!(2))),
    );
    scenes.push((
        "daemon gone",
        Shown {
            language,
            ..Shown::default()
        },
    ));
    scenes.push((
        "daemon gone, window installed, starts at login",
        Shown {
            language,
            at_login: true,
            window: true,
            ..Shown::default()
        },
    ));
    let empty = snapshot(&none, &[], &[]);
    scenes.push((
        "no logins, window installed",
        Shown {
            window: true,
            ..shown(language, empty)
        },
    ));

    let mut text = String::new();
    for (name, shown) in scenes {
        let Menu {
            icon,
            tooltip,
            items,
        } = menu(&shown, UnixTime::from_secs(NOW));
        let _ = writeln!(text, "══ {name}\n{icon:?}, “{tooltip}”");
        write(&items, 1, &mut text);
        text.push('\n');
    }
    text
}

fn write(items: &[Item], depth: usize, text: &mut String) {
    for item in items {
        let indent = "  ".repeat(depth);
        let _ = match item {
            Item::Label(label) => writeln!(text, "{indent}({label})"),
            Item::Action(label, action) => writeln!(text, "{indent}{label}  → {action:?}"),
            Item::Check(label, switch, action) => {
                let mark = match switch {
                    Switch::On => "☑",
                    Switch::Off => "☐",
                };
                writeln!(text, "{indent}{mark} {label}  → {action:?}")
            }
            Item::Submenu(label, items) => {
                let _ = writeln!(text, "{indent}{label} ▸");
                write(items, depth + 1, text);
                Ok(())
            }
            Item::Separator => writeln!(text, "{indent}───"),
        };
    }
}

fn count(items: &[Item]) -> usize {
    items
        .iter()
        .map(|item| match item {
            Item::Submenu(_, items) => 1 + count(items),
            Item::Label(_) | Item::Action(..) | Item::Check(..) | Item::Separator => 1,
        })
        .sum()
}

fn shown(language: Language, snapshot: Snapshot) -> Shown {
    Shown {
        snapshot: Some(snapshot),
        language,
        at_login: false,
        window: false,
    }
}

fn snapshot(more: &Value, logins: &[Value], profiles: &[Value]) -> Snapshot {
    let mut value = json!({"logins": logins, "profiles": profiles});
    for (name, more) in more.as_object().unwrap() {
        value[name] = more.clone();
    }
    serde_json::from_value(value).unwrap()
}

fn login(name: &str, state: &str) -> Value {
    json!({"name": name, "kind": "user_pool", "provider": "eu-west-1_AbCdEfGhI", "state": state, "working": false})
}

fn well(name: &str) -> Value {
    let mut login = login(name, "signed_in");
    login["user"] = json!({"sub": "s", "username": "jane", "email": "jane@example.com"});
    login["id_token_expires"] = json!(NOW + 3000);
    login
}

fn profile(name: &str, login: &str, left: i64) -> Value {
    json!({"name": name, "login": login, "identity_pool_id": "i", "keys_expire": NOW + left, "asked": NOW - 60})
}
