//! Whatever a file holds: an edit changes the keys of its section, and no other byte.

use proptest::prelude::*;

use super::*;

/// Lines that files have, and lines that they should not have.
fn line() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "region",
        "output",
        "s3",
        "aws_access_key_id",
        "x-y",
        "a",
        "b",
        "c",
        "d",
        "e",
        "f",
        "g",
    ]);
    let value = prop::sample::select(vec!["", "a", "a = b", "\"q r\"", "ü #", "[x]", "a:b"]);
    prop_oneof![
        4 => (key.clone(), value.clone()).prop_map(|(key, value)| format!("{key} = {value}")),
        2 => (key.clone(), value.clone()).prop_map(|(key, value)| format!("{key}={value}")),
        2 => (1..4usize, key.clone(), value.clone())
            .prop_map(|(depth, key, value)| format!("{}{key} = {value}", " ".repeat(depth))),
        1 => (key, value).prop_map(|(key, value)| format!("{key}: {value}")),
        2 => Just(String::new()),
        1 => Just("   ".to_owned()),
        1 => Just("# a comment".to_owned()),
        1 => Just("  ; an indented comment".to_owned()),
        1 => Just("\ta tab".to_owned()),
    ]
}

fn header() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "[default]",
        "[profile dev]",
        "[profile prod]",
        "[profile \"quoted\"]",
        "[sso-session s]",
        "[services s]",
        "[dev]",
        "[DEFAULT]",
        "  [indented]",
    ])
    .prop_map(str::to_owned)
}

fn file() -> impl Strategy<Value = String> {
    let part = prop_oneof![1 => header(), 3 => line()];
    let end = prop::sample::select(vec!["\n", "\r\n"]);
    (prop::collection::vec((part, end), 0..24), any::<bool>()).prop_map(|(parts, ends)| {
        let mut text: String = parts
            .iter()
            .flat_map(|(part, end)| [part.as_str(), end])
            .collect();
        if !ends {
            let length = text.trim_end_matches(['\r', '\n']).len();
            text.truncate(length);
        }
        text
    })
}

/// The lines that are neither the profile's keys nor blank around its end.
fn others<'t>(text: &'t Text<'_>, profile: &str, keys: &[&str]) -> Vec<&'t [u8]> {
    let ours: Vec<_> = text
        .section(profile)
        .into_iter()
        .flat_map(|section| &section.entries)
        .filter(|entry| keys.contains(&entry.key.as_str()))
        .flat_map(|entry| entry.lines.clone())
        .collect();
    (0..text.lines.len())
        .filter(|number| !ours.contains(number))
        .map(|number| &text.lines[number])
        .map(|line| &text.bytes[line.text.start..line.end])
        .collect()
}

const KEYS: &[&str] = &["region", "x-expires"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    #[test]
    fn only_the_keys_of_the_section_change(
        text in file(),
        profile in prop::sample::select(vec!["default", "dev", "prod", "quoted", "new"]),
        kind in prop::sample::select(vec![Kind::Config, Kind::Credentials]),
    ) {
        // What is refused is no edit: there are as many edits as there are cases.
        let read = Text::read(kind, text.as_bytes());
        prop_assume!(read.is_ok());
        let before = read.unwrap();
        let keys = [("region", "eu-north-1"), ("x-expires", "2026-01-01T00:00:00Z")];
        let written = before.with(profile, &keys);
        prop_assume!(written.is_ok());
        let written = written.unwrap();
        let after = Text::read(kind, &written).expect("what was written can be read");
        for (key, value) in keys {
            prop_assert_eq!(after.value(profile, key), Some(value));
        }
        let known = before.section(profile).is_some();
        let kept = others(&before, profile, KEYS);
        let now = others(&after, profile, KEYS);
        if known {
            prop_assert_eq!(now.len(), kept.len());
            prop_assert!(is_part(&now, &kept), "{now:?} is not {kept:?}");
            let header = before.lines[before.section(profile).unwrap().header].text.start;
            prop_assert_eq!(&written[..header], &text.as_bytes()[..header]);
        } else {
            prop_assert!(written.starts_with(text.as_bytes()));
        }
        // Written again, it stays as it is.
        prop_assert_eq!(&after.with(profile, &keys).unwrap(), &written);

        let gone = after.without(profile, KEYS).unwrap();
        let end = Text::read(kind, &gone).expect("what was removed leaves what can be read");
        for key in KEYS {
            prop_assert_eq!(end.value(profile, key), None);
        }
        if known {
            let rest = others(&end, profile, KEYS);
            prop_assert!(is_part(&rest, &kept), "{rest:?} of {kept:?}");
            let section = before.section(profile).unwrap();
            let says_more = !section.entries.is_empty() || before.has_comments(section);
            if says_more && KEYS.iter().all(|key| before.value(profile, key).is_none()) {
                prop_assert_eq!(&gone[..], text.as_bytes());
            }
        } else {
            prop_assert_eq!(&gone[..], text.as_bytes());
        }
    }

    #[test]
    fn nothing_that_is_read_or_written_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for kind in [Kind::Config, Kind::Credentials] {
            if let Ok(text) = Text::read(kind, &bytes) {
                let _ = text.with("dev", &[("a", "b")]);
                let _ = text.without("dev", &["a"]);
            }
        }
    }
}

/// Whether all lines of the one are in the other, in order.
fn is_part(some: &[&[u8]], all: &[&[u8]]) -> bool {
    let mut all = all.iter();
    some.iter()
        .all(|line| all.any(|other| is_same(other, line)))
}

/// Byte for byte; but the last line of a file may have no end, and have one once it is not the last.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let text = |line: &[u8]| line.trim_ascii_end().len();
    match (one.ends_with(b"\n"), other.ends_with(b"\n")) {
        (true, true) | (false, false) => one == other,
        (true, false) => one.starts_with(other) && text(one) <= other.len(),
        (false, true) => other.starts_with(one) && text(other) <= one.len(),
    }
}
