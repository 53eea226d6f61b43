use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_800_000_000;

const HOUR: i64 = 3600;

#[test]
fn a_session_that_ends_is_told_once_and_withdrawn() {
    let mut person = Person::new(&world("signed_in"));
    assert_eq!(person.sees(&world("needs_sign_in"), 5), ["+SignIn acme"]);
    assert_eq!(person.sees(&world("needs_sign_in"), 6), [""; 0]);
    assert_eq!(person.sees(&world("signing_in"), 7), ["-SignIn acme"]);
    // Given up: the same trouble as before.
    assert_eq!(person.sees(&world("needs_sign_in"), 8), [""; 0]);
    assert_eq!(person.sees(&world("signing_in"), 9), [""; 0]);
    assert_eq!(person.sees(&world("signed_in"), 10), [""; 0]);
    // And another one.
    assert_eq!(person.sees(&world("needs_sign_in"), 99), ["+SignIn acme"]);
    assert_eq!(person.sees(&world("signed_out"), 100), ["-SignIn acme"]);
}

#[test]
fn the_reason_and_the_way_are_told() {
    let mut notices = Notices::default();
    notices.see(&read(&world("signed_in")), at(0), Language::English);
    let mut ended = world("needs_sign_in");
    ended["logins"][0]["ended"] = json!("revoked");
    let changes = notices.see(&read(&ended), at(1), Language::English);
    let acme: LoginName = "acme".parse().unwrap();
    assert_eq!(
        changes,
        [Change::Show(Notice {
            subject: Subject::SignIn(acme.clone()),
            title: "Sign in to acme".into(),
            body: "The session was signed out.".into(),
            target: Target::Login(acme),
            button: "Sign in…".into(),
        })]
    );
}

#[test]
fn what_was_so_at_the_start_is_not_told() {
    let mut person = Person::new(&world("needs_sign_in"));
    assert_eq!(person.sees(&world("needs_sign_in"), 1), [""; 0]);
    let mut offline = Person::new(&offline(0, 3600));
    assert_eq!(offline.sees(&self::offline(0, 3600), 3590), [""; 0]);
    assert_eq!(offline.wake(), None);
    // Once it was over, it is told like any other.
    assert_eq!(offline.sees(&world("signed_in"), 3600), [""; 0]);
    assert_eq!(
        offline.sees(&self::offline(3700, 4000), 3990),
        ["+Connection"]
    );
}

#[test]
fn a_program_that_asks_in_vain_calls_the_person_once() {
    let asked = |state: &str, at: i64| {
        let mut world = world(state);
        world["profiles"][0]["asked"] = json!(NOW + at);
        world
    };
    let mut person = Person::new(&asked("signed_out", -50));
    assert_eq!(person.sees(&asked("signed_out", -50), 1), [""; 0]);
    assert_eq!(person.sees(&asked("signed_out", 2), 2), ["+SignIn acme"]);
    assert_eq!(person.sees(&asked("signed_out", 3), 3), [""; 0]);
    assert_eq!(person.sees(&asked("signed_in", 3), 4), ["-SignIn acme"]);
    assert_eq!(person.sees(&asked("signed_in", 5), 5), [""; 0]);
}

#[test]
fn a_blip_is_nobodys_business() {
    let mut person = Person::new(&world("signed_in"));
    let mut blip = offline(10, 3000);
    blip["profiles"][0]["asked"] = json!(NOW + 12);
    blip["profiles"][0]
        .as_object_mut()
        .unwrap()
        .remove("keys_expire");
    assert_eq!(person.sees(&blip, 12), [""; 0]);
    assert_eq!(person.wake(), Some(20));
    assert_eq!(person.sees(&world("signed_in"), 19), [""; 0]);
    assert_eq!(person.wake(), None);

    assert_eq!(person.sees(&blip, 19), [""; 0]);
    assert_eq!(person.sees(&blip, 20), ["+Connection"]);
    assert_eq!(person.wake(), None);
    // The daemon counts down to its next attempt; that is no other trouble.
    blip["logins"][0]["trouble"]["code"] = json!("service");
    assert_eq!(person.sees(&blip, 21), [""; 0]);
    assert_eq!(person.sees(&world("signed_in"), 22), ["-Connection"]);
}

#[test]
fn being_offline_matters_when_keys_come_to_their_end() {
    let mut person = Person::new(&world("signed_in"));
    assert_eq!(person.sees(&offline(10, 3000), 11), [""; 0]);
    assert_eq!(person.wake(), Some(3000 - NEAR));
    assert_eq!(
        person.sees(&offline(10, 3000), 3000 - NEAR),
        ["+Connection"]
    );

    // Of keys that nobody uses the end is no matter.
    let mut person = Person::new(&world("signed_in"));
    let mut unused = offline(10, 3000);
    unused["profiles"][0]
        .as_object_mut()
        .unwrap()
        .remove("asked");
    assert_eq!(person.sees(&unused, 2999), [""; 0]);
    assert_eq!(person.wake(), None);
}

#[test]
fn a_locked_keychain_is_another_trouble() {
    let mut person = Person::new(&world("signed_in"));
    let mut locked = offline(10, 0);
    locked["logins"][0]["state"] = json!("unread");
    locked["logins"][0]["trouble"]["code"] = json!("vault_locked");
    locked["profiles"][0]["asked"] = json!(NOW + 11);
    assert_eq!(person.sees(&locked, 30), ["+Keychain"]);
    assert_eq!(
        person.sees(&offline(30, 0), 41),
        ["+Connection", "-Keychain"]
    );
    assert_eq!(person.sees(&world("signed_in"), 42), ["-Connection"]);
}

#[test]
fn many_logins_offline_are_one_trouble() {
    let two = |mut world: Value| {
        let mut second = world["logins"][0].clone();
        second["name"] = json!("corp");
        world["logins"].as_array_mut().unwrap().push(second);
        world
    };
    let mut notices = Notices::default();
    notices.see(&read(&two(world("signed_in"))), at(0), Language::Japanese);
    let changes = notices.see(&read(&two(offline(1, 600))), at(300), Language::Japanese);
    let [Change::Show(notice)] = &changes[..] else {
        panic!("{changes:?}");
    };
    assert!(notice.body.contains("acme、corp"), "{}", notice.body);
}

#[test]
fn a_login_that_is_removed_takes_its_notification_along() {
    let mut person = Person::new(&world("signed_in"));
    assert_eq!(person.sees(&world("needs_sign_in"), 5), ["+SignIn acme"]);
    assert_eq!(
        person.sees(&json!({"logins":[],"profiles":[]}), 6),
        ["-SignIn acme"]
    );
}

#[test]
fn a_daemon_that_starts_again_tells_nothing_twice() {
    let mut person = Person::new(&world("signed_in"));
    assert_eq!(person.sees(&world("needs_sign_in"), 5), ["+SignIn acme"]);
    assert_eq!(person.sees(&world("unread"), 6), [""; 0]);
    assert_eq!(person.sees(&world("needs_sign_in"), 7), [""; 0]);
}

/// Whatever happens in whatever order, nothing is shown twice, and only what is shown is withdrawn.
#[test]
fn never_two_for_one_trouble() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..2000 {
        let mut notices = Notices::default();
        let mut shown = BTreeSet::new();
        let mut clock = 0;
        for _ in 0..40 {
            let state = [
                "signed_in",
                "signed_out",
                "needs_sign_in",
                "signing_in",
                "unread",
            ][random.usize(..5)];
            let mut world = if random.bool() {
                offline(clock, clock + 900)
            } else {
                world(state)
            };
            world["profiles"][0]["asked"] = json!(NOW + clock);
            clock += random.i64(0..400);
            for change in notices.see(&read(&world), at(clock), Language::English) {
                match change {
                    Change::Show(notice) => assert!(shown.insert(notice.subject)),
                    Change::Withdraw(subject) => assert!(shown.remove(&subject)),
                }
            }
            assert!(notices.wake_at().is_none_or(|wake| wake > at(clock)));
        }
    }
}

#[test]
fn the_end_of_a_session_is_told_a_day_and_an_hour_before_it() {
    let mut world = world("signed_in");
    world["logins"][0]["session_ends"] = json!(NOW + 30 * HOUR);
    let mut person = Person::new(&world);
    assert_eq!(person.wake(), Some(6 * HOUR));
    assert_eq!(person.sees(&world, 6 * HOUR - 1), [""; 0]);
    assert_eq!(person.sees(&world, 6 * HOUR), ["+Ending acme"]);
    assert_eq!(person.wake(), Some(29 * HOUR));
    assert_eq!(person.sees(&world, 28 * HOUR), [""; 0]);
    assert_eq!(person.sees(&world, 29 * HOUR), ["+Ending acme"]);
    assert_eq!(person.sees(&world, 29 * HOUR + 5), [""; 0]);
    // Whoever signs in again has another session.
    world["logins"][0]["session_ends"] = json!(NOW + 100 * HOUR);
    assert_eq!(person.sees(&world, 29 * HOUR + 9), ["-Ending acme"]);
    assert_eq!(person.sees(&world, 29 * HOUR + 10), [""; 0]);

    // What is near at the start is not told, but that it came nearer is.
    world["logins"][0]["session_ends"] = json!(NOW + 2 * HOUR);
    let mut person = Person::new(&world);
    assert_eq!(person.sees(&world, 60), [""; 0]);
    assert_eq!(person.sees(&world, HOUR), ["+Ending acme"]);
    assert_eq!(person.sees(&world, 2 * HOUR), ["-Ending acme"]);
    assert_eq!(person.wake(), None);
}

#[test]
fn a_short_session_is_not_said_to_end_as_soon_as_it_begins() {
    for (life, told) in [
        (72 * HOUR, vec![48 * HOUR, 71 * HOUR]),
        (48 * HOUR, vec![47 * HOUR]),
        (8 * HOUR, vec![7 * HOUR]),
        (HOUR, vec![50 * 60]),
        (15 * 60, vec![]),
    ] {
        let mut world = world("signed_in");
        world["logins"][0]["signed_in"] = json!(NOW);
        world["logins"][0]["session_ends"] = json!(NOW + life);
        let mut person = Person::new(&world);
        let mut seen = Vec::new();
        while let Some(next) = person.wake() {
            if person
                .sees(&world, next)
                .iter()
                .any(|told| told.starts_with('+'))
            {
                seen.push(next);
            }
        }
        assert_eq!(seen, told, "{life}");
    }
}

#[test]
fn what_is_only_learnt_is_told_as_such() {
    let mut world = world("signed_in");
    world["logins"][0]["session_ends"] = json!(NOW + 30 * HOUR);
    world["logins"][0]["session_end_is_learnt"] = json!(true);
    let mut notices = Notices::default();
    notices.see(&read(&world), at(0), Language::English);
    let changes = notices.see(&read(&world), at(6 * HOUR), Language::English);
    let [Change::Show(notice)] = changes.as_slice() else {
        panic!("{changes:?}");
    };
    assert!(notice.body.contains("about"), "{}", notice.body);
}

struct Person(Notices);

impl Person {
    fn new(first: &Value) -> Self {
        let mut person = Self(Notices::default());
        assert_eq!(person.sees(first, 0), [""; 0]);
        person
    }

    fn sees(&mut self, world: &Value, after: i64) -> Vec<String> {
        let name = |subject: &Subject| match subject {
            Subject::SignIn(login) => format!("SignIn {login}"),
            Subject::Ending(login) => format!("Ending {login}"),
            Subject::Connection => "Connection".into(),
            Subject::Keychain => "Keychain".into(),
        };
        let changes = self.0.see(&read(world), at(after), Language::English);
        let told = changes.iter().map(|change| match change {
            Change::Show(notice) => format!("+{}", name(&notice.subject)),
            Change::Withdraw(subject) => format!("-{}", name(subject)),
        });
        told.collect()
    }

    fn wake(&self) -> Option<i64> {
        self.0.wake_at().map(|wake| wake.secs() - NOW)
    }
}

fn at(secs: i64) -> UnixTime {
    UnixTime::from_secs(NOW + secs)
}

fn read(world: &Value) -> Snapshot {
    serde_json::from_value(world.clone()).unwrap()
}

/// One login with one profile that is in use.
fn world(state: &str) -> Value {
    json!({
        "logins": [{"name":"acme","kind": "user_pool", "provider": "x_y","state":state,"working":false}],
        "profiles": [{"name":"dev","login":"acme","identity_pool_id":"i","asked":NOW - 100}],
    })
}

/// The same, signed in, offline since then, with keys that end then.
fn offline(since: i64, end: i64) -> Value {
    let mut world = world("signed_in");
    let trouble = json!({"code":"offline","sentence":"No network.","remedy":"Wait."});
    world["logins"][0]["trouble"] = trouble;
    world["logins"][0]["trouble_since"] = json!(NOW + since);
    world["profiles"][0]["keys_expire"] = json!(NOW + end);
    world
}
