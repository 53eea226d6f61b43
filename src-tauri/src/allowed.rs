//! Each window may do what its pages call, and no more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

type Names = BTreeSet<String>;

#[test]
fn windows_may_do_what_their_pages_call_and_no_more() {
    let calls = calls();
    for (window, other) in [("login", "main"), ("main", "login")] {
        let pages = pages(window, other);
        assert!(pages.len() > 8, "{window}: {pages:?}");
        let called: Names = pages
            .iter()
            .flat_map(|page| words_after(&read(page), "bridge."))
            .map(|name| calls.get(&name).unwrap_or_else(|| panic!("bridge.{name}")))
            .cloned()
            .collect();
        assert_eq!(allowed(window), called, "capabilities/{window}.json");
    }
}

/// A name that is not in `build.rs` would be allowed to every window.
#[test]
fn each_command_is_named_everywhere() {
    let bridge: Names = calls().into_values().collect();
    let build = read(&root().join("build.rs"));
    let (_, list) = build.split_once("COMMANDS: &[&str] = &[").unwrap();
    let named: Names = list.split('"').skip(1).step_by(2).map(Into::into).collect();
    assert_eq!(named, bridge, "build.rs and ui/src/bridge.ts");
    let app = read(&root().join("src/app.rs"));
    let (_, list) = app.split_once("generate_handler![").unwrap();
    let (list, _) = list.split_once(']').unwrap();
    let handled: Names = list
        .split(',')
        .filter_map(|path| Some(path.trim().rsplit_once("::")?.1.to_owned()))
        .collect();
    assert_eq!(handled, named, "app.rs and build.rs");
    let given = allowed("login").into_iter().chain(allowed("main"));
    assert_eq!(given.collect::<Names>(), named, "capabilities and build.rs");
}

#[test]
fn nothing_but_the_pages_is_trusted() {
    let config = json(&root().join("tauri.conf.json"));
    let app = &config["app"];
    assert_eq!(app["withGlobalTauri"], Value::Null, "it is off by default");
    assert_eq!(app["windows"], serde_json::json!([]));
    let policy = app["security"]["csp"].as_str().unwrap();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    for loose in ["unsafe", "*", "https:", "blob:"] {
        assert!(!policy.contains(loose), "{policy}");
    }
    for part in policy.split(';').map(str::trim) {
        let data = part.contains("data:");
        assert!(!data || part.starts_with("img-src"), "{part}");
    }
    let manifest = read(&root().join("Cargo.toml"));
    assert!(!manifest.contains("devtools"), "they are for debugging");
    for file in fs::read_dir(root().join("capabilities")).unwrap().flatten() {
        let capability = json(&file.path());
        assert_eq!(capability["remote"], Value::Null, "{capability}");
        let windows = capability["windows"].as_array().unwrap();
        assert_eq!(windows, &[capability["identifier"].clone()]);
    }
}

/// What a window may do.
fn allowed(window: &str) -> Names {
    let file = json(&root().join(format!("capabilities/{window}.json")));
    let permissions = file["permissions"].as_array().unwrap();
    permissions
        .iter()
        .map(|name| {
            let name = name.as_str().unwrap();
            let command = name.strip_prefix("allow-").unwrap_or_else(|| {
                panic!("{window}: {name} is no command of ours");
            });
            command.replace('-', "_")
        })
        .collect()
}

/// `bridge.copyKeys` calls `copy_keys`, and so on.
fn calls() -> BTreeMap<String, String> {
    let text = read(&ui().join("bridge.ts"));
    let (_, members) = text.split_once("export const bridge = {").unwrap();
    let (members, _) = members.split_once("\n}\n").unwrap();
    let mut calls = BTreeMap::new();
    let mut name = None;
    for line in members.lines() {
        if let Some(member) = line.strip_prefix("  ")
            && member.starts_with(|c: char| c.is_ascii_lowercase())
        {
            let end = member.find([':', '(']).unwrap();
            name = Some(member[..end].to_owned());
        }
        if let Some((_, call)) = line.split_once("invoke")
            && let Some(command) = call.split('\'').nth(1)
        {
            calls.insert(name.clone().unwrap(), command.to_owned());
        }
    }
    calls
}

/// The files that a window's pages are made of: all that is imported but the other window.
fn pages(window: &str, other: &str) -> BTreeSet<PathBuf> {
    let other = ui().join(other).join("window.tsx");
    assert!(ui().join(window).join("window.tsx").is_file());
    let mut found = BTreeSet::new();
    let mut open = vec![ui().join("main.tsx")];
    while let Some(file) = open.pop() {
        if file == other || file.ends_with("bridge.ts") || !found.insert(file.clone()) {
            continue;
        }
        let folder = file.parent().unwrap();
        for line in read(&file).lines() {
            let from = line.contains("from '") || line.starts_with("import '");
            let Some(name) = line.split('\'').nth(1).filter(|_| from) else {
                continue;
            };
            let Some(path) = resolve(folder, name) else {
                continue;
            };
            open.push(path);
        }
    }
    found
}

/// The file that an import of our own names.
fn resolve(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut path = folder.to_owned();
    for part in name.strip_prefix('.').map(|_| name)?.split('/') {
        match part {
            "." => {}
            ".." => drop(path.pop()),
            part => path.push(part),
        }
    }
    ["ts", "tsx"]
        .map(|end| path.with_extension(end))
        .into_iter()
        .find(|path| path.is_file())
}

/// The words that follow this in a text.
fn words_after(text: &str, mark: &str) -> Vec<String> {
    let ends = |c: char| !c.is_ascii_alphanumeric();
    text.match_indices(mark)
        .map(|(at, _)| {
            let rest = &text[at + mark.len()..];
            rest[..rest.find(ends).unwrap_or(rest.len())].to_owned()
        })
        .collect()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&read(path)).unwrap()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn ui() -> PathBuf {
    root().parent().unwrap().join("ui/src")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
