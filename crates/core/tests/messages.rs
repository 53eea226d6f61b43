//! The catalogue of messages is whole, in every language, and no larger than what is used of it.
#![allow(clippy::unwrap_used, reason = "tests, which may fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Catalogue = BTreeMap<String, String>;

#[test]
fn every_key_is_there_in_every_language() {
    let (english, japanese) = (stems(&read("en.json")), stems(&read("ja.json")));
    let differing: Vec<_> = english.symmetric_difference(&japanese).collect();
    assert!(differing.is_empty(), "only in one language: {differing:?}");
}

/// What counts has every form that its language has, and no other.
#[test]
fn plurals_are_whole() {
    let (english, japanese) = (read("en.json"), read("ja.json"));
    for (key, text) in english.iter().chain(&japanese) {
        let Some((stem, form)) = plural(key, text) else {
            assert!(!text.contains("{count}"), "{key} counts, and has no form");
            continue;
        };
        assert!(
            english.contains_key(&format!("{stem}.one")),
            "{key} in English"
        );
        assert!(
            english.contains_key(&format!("{stem}.other")),
            "{key} in English"
        );
        assert!(
            japanese.contains_key(&format!("{stem}.other")),
            "{key} in Japanese"
        );
        assert!(
            form == "other" || !japanese.contains_key(key),
            "{key} in Japanese"
        );
    }
}

#[test]
fn places_are_the_same_in_every_language() {
    let (english, japanese) = (read("en.json"), read("ja.json"));
    for (key, text) in &japanese {
        assert_eq!(places(text), places(&english[key]), "{key}");
    }
    for (key, text) in &english {
        let same = plural(key, text).map_or(key.clone(), |(stem, _)| format!("{stem}.other"));
        assert_eq!(places(text), places(&japanese[&same]), "{key}");
    }
}

#[test]
fn texts_are_as_they_should_be_written() {
    for (file, catalogue) in [("en.json", read("en.json")), ("ja.json", read("ja.json"))] {
        for (key, text) in catalogue {
            let at = format!("{file}, {key}: {text:?}");
            assert!(!text.is_empty() && text.trim() == text, "{at}");
            assert!(!text.contains("..."), "an ellipsis is one character: {at}");
            assert!(!text.contains('\''), "an apostrophe is typographic: {at}");
            assert_eq!(text.matches('{').count(), text.matches('}').count(), "{at}");
            if file == "ja.json" {
                let half = ['｡', '､', '･', '!', '?', ',', ';', '(', ')'];
                assert!(!text.contains(half), "signs are of full width: {at}");
            }
        }
    }
}

/// A file is sorted, so that two people's additions meet rarely and a key is found.
#[test]
fn files_are_sorted_and_say_nothing_twice() {
    for file in ["en.json", "ja.json"] {
        let text = fs::read_to_string(catalogue(file)).unwrap();
        let keys: Vec<&str> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix('"')?.split('"').next())
            .collect();
        assert!(keys.len() > 50 && keys.len() == read(file).len());
        for pair in keys.windows(2) {
            assert!(
                pair[0] < pair[1],
                "{file}: {} stands before {}",
                pair[0],
                pair[1]
            );
        }
    }
}

/// A key is a text of its own in some source, and so a key of ours is every text that looks like
/// one and begins as one of ours does.
#[test]
fn what_is_used_is_there_and_what_is_there_is_used() {
    let known = stems(&read("en.json"));
    let ours: BTreeSet<&str> = known
        .iter()
        .filter_map(|key| key.split('.').next())
        .collect();
    let mut used = BTreeMap::new();
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        for key in keys(&text) {
            let begins = key.split('.').next().unwrap_or_default();
            if ours.contains(begins) && !is_file(&key) {
                used.entry(key).or_insert_with(|| file.clone());
            }
        }
        for beginning in beginnings(&text) {
            for key in known.iter().filter(|key| key.starts_with(&beginning)) {
                used.entry(key.clone()).or_insert_with(|| file.clone());
            }
        }
    }
    for (key, file) in &used {
        assert!(
            known.contains(key),
            "{} uses {key}, which is in no catalogue",
            file.display()
        );
    }
    let unused: Vec<_> = known
        .iter()
        .filter(|key| !used.contains_key(*key))
        .collect();
    assert!(unused.is_empty(), "no source uses {unused:?}");
}

/// The check itself is believed because it finds what it should.
#[test]
fn keys_are_found_in_every_kind_of_quotes() {
    let source = "say(\"a.b_c\"); t('a.d'); t(`a.e.f`); // \"A.b\" \"a\" \"a.b c\" \"a..b\" 'a.'";
    assert_eq!(keys(source), ["a.b_c", "a.d", "a.e.f"]);
    assert_eq!(places("{b} {a} {b}"), ["a", "b"]);
    assert_eq!(
        plural("time.days.one", "{count} day"),
        Some(("time.days", "one"))
    );
    assert_eq!(plural("time.days", "{count} days"), None);
    assert_eq!(plural("code.other", "Something"), None);
    let template = "t(`ui.doing.${kind}`); `${x}` `a${b}`";
    assert_eq!(beginnings(template), ["ui.doing."]);
}

/// The keys, those of one text in several forms as one.
fn stems(catalogue: &Catalogue) -> BTreeSet<String> {
    let stem = |(key, text): (&String, &String)| {
        plural(key, text).map_or(key.clone(), |(stem, _)| stem.to_owned())
    };
    catalogue.iter().map(stem).collect()
}

/// The key and the form of a text that counts.
fn plural<'a>(key: &'a str, text: &str) -> Option<(&'a str, &'a str)> {
    let (stem, form) = key.rsplit_once('.')?;
    (text.contains("{count}") && ["one", "other"].contains(&form)).then_some((stem, form))
}

fn places(text: &str) -> Vec<&str> {
    let names = text
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next());
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The texts of a source that look like keys.
fn keys(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for quote in ['"', '\'', '`'] {
        for text in source.split(quote) {
            let mut words = text.split('.');
            let is_key = text.contains('.')
                && words.all(|word| {
                    word.starts_with(|c: char| c.is_ascii_lowercase())
                        && word
                            .chars()
                            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                });
            if is_key {
                found.push(text.to_owned());
            }
        }
    }
    found
}

/// The beginnings of keys whose end a page fills in: `` `ui.doing.${kind}` ``.
fn beginnings(source: &str) -> Vec<String> {
    let templates = source.split('`').filter_map(|text| text.split_once("${"));
    let beginnings = templates.map(|(before, _)| before);
    let is_key = |text: &&str| {
        text.ends_with('.')
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || "._".contains(c))
    };
    beginnings.filter(is_key).map(str::to_owned).collect()
}

/// A file's name looks like a key.
fn is_file(key: &str) -> bool {
    [".rs", ".json", ".toml", ".txt", ".ts", ".css", ".html"]
        .iter()
        .any(|end| key.ends_with(end))
}

/// All that people are spoken to from.
fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    let mut found = Vec::new();
    for place in [
        "crates/cognito/src",
        "crates/core/src",
        "crates/ipc/src",
        "crates/tray/src",
        "src-tauri/src",
        "ui/src",
    ] {
        look(&root.join(place), &mut found);
    }
    assert!(found.len() > 30, "{found:?}");
    found
}

fn look(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let of_a_test = path.file_stem().is_some_and(|name| {
            name == "tests"
                || Path::new(name)
                    .extension()
                    .is_some_and(|kind| kind == "test")
        });
        if of_a_test {
            continue;
        }
        if path.is_dir() {
            look(&path, found);
        } else if path
            .extension()
            .is_some_and(|kind| ["rs", "ts", "tsx"].iter().any(|one| kind == *one))
        {
            found.push(path);
        }
    }
}

fn catalogue(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("messages")
        .join(file)
}

fn read(file: &str) -> Catalogue {
    serde_json::from_str(&fs::read_to_string(catalogue(file)).unwrap()).unwrap()
}
