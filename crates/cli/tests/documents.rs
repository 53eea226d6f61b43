//! The commands that the documentation shows do what it says: each makes a login or a profile.

use std::path::Path;

use poolkey_core::session::User;
use poolkey_ipc::{Ask, Reply};

use crate::commands::status;
use crate::support::{Home, with_login};

#[test]
fn each_login_in_the_documents_is_one() {
    let mut count = 0;
    for command in commands("poolkey login ") {
        if !command
            .iter()
            .any(|word| word == "--client-id" || word == "--token-command")
        {
            continue;
        }
        let home = Home::new();
        home.daemon(obliging(&home));
        let args: Vec<&str> = command.iter().map(String::as_str).collect();
        let said = home.poolkey(&args);
        assert_eq!(said.code, Some(0), "{command:?} {said:?}");
        count += 1;
    }
    assert!(count >= 12, "{count}");
}

#[test]
fn each_profile_in_the_documents_is_one() {
    let mut count = 0;
    for command in commands("poolkey profile add ") {
        let home = with_login();
        let login = std::fs::read_to_string(home.profiles()).unwrap();
        let mut text = login.clone();
        text.push_str(&login.replace("acme", "NAME"));
        if command.iter().any(|word| word == "--source-profile") {
            text.push_str(&format!("[profile.dev]\nidentity_pool_id = \"{POOL}\"\n"));
        }
        std::fs::write(home.profiles(), text).unwrap();
        home.daemon(obliging(&home));
        let args: Vec<&str> = command.iter().map(String::as_str).collect();
        let said = home.poolkey(&args);
        assert_eq!(said.code, Some(0), "{command:?} {said:?}");
        count += 1;
    }
    assert!(count >= 5, "{count}");
}

#[test]
fn the_configuration_in_the_documents_is_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let document = std::fs::read_to_string(root.join("docs/configuration.md")).unwrap();
    let (_, rest) = document.split_once("```toml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let config = poolkey_core::config::Config::parse(text).unwrap();
    assert!(config.logins.len() >= 4 && config.profiles.len() >= 2);
    // What stands there as a remark is as true, one by one.
    for line in text
        .lines()
        .filter(|line| line.starts_with("# ") && line.contains(" = "))
    {
        let with = text
            .replacen(line, &line[2..], 1)
            .replace("\"…\"", "\"x1\"");
        if let Err(error) = poolkey_core::config::Config::parse(&with) {
            let needs_more = [
                "preferred_challenge goes with",
                "enhanced flow",
                "no tag “team”",
                "needs a role_arn",
            ];
            assert!(
                needs_more.iter().any(|told| error.text.contains(told)),
                "{line}: {error}"
            );
        }
    }
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pages = [
        "README.md",
        "ARCHITECTURE.md",
        "SECURITY.md",
        "CONTRIBUTING.md",
    ];
    let docs = std::fs::read_dir(root.join("docs")).unwrap();
    let docs = docs
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"));
    let mut count = 0;
    for page in docs.chain(pages.map(|page| root.join(page))) {
        let text = std::fs::read_to_string(&page).unwrap();
        for part in text.split("](").skip(1) {
            let link = part.split_once(')').unwrap().0.replace('\n', "");
            if link.contains("://") || link.contains(' ') {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() {
                page.clone()
            } else {
                page.with_file_name("").join(file)
            };
            assert!(target.exists(), "{}: {link}", page.display());
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(&target).unwrap();
                let found = text.lines().any(|line| anchor_of(line) == anchor);
                assert!(found, "{}: {link}", page.display());
            }
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

/// What a heading is linked to by.
fn anchor_of(line: &str) -> String {
    let heading = line.trim_start_matches('#').trim();
    if heading.len() == line.len() {
        return String::new();
    }
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let text: String = heading.chars().filter(kept).collect();
    text.to_lowercase().replace(' ', "-")
}

/// The commands of code blocks and of code in lines that begin so, as words, with something real for
/// each placeholder.
fn commands(begin: &str) -> Vec<Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    let documents = std::fs::read_dir(root.join("docs")).unwrap();
    let documents = documents
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        // A script of its own runs these, against a server.
        .filter(|path| !path.ends_with("first-pool.md"));
    for document in documents.chain([root.join("README.md")]) {
        let text = std::fs::read_to_string(document).unwrap();
        let joined = text.replace("\\\n", " ");
        for line in joined.lines() {
            for part in line.split('`').chain([line]) {
                // A bare name stands for a login that is there.
                if part.starts_with(begin) && part.contains(" --") && !part.contains('…') {
                    let words = part.split_whitespace().skip(1);
                    found.push(words.map(real).collect());
                }
            }
        }
    }
    found.dedup();
    found
}

fn real(word: &str) -> String {
    let word = word.trim_matches('"');
    match word {
        "$issuer" => "https://id.example.com",
        "$client" => "abc",
        "$identity" | "ID" => POOL,
        "ARN" => "arn:aws:iam::123456789012:role/x",
        other => other,
    }
    .to_owned()
}

fn obliging(home: &Home) -> impl FnMut(&Ask) -> Reply + Send + use<> {
    let config = home.profiles();
    move |ask| match ask {
        Ask::Status => Reply::Status(Box::new(status(&config))),
        Ask::SignIn { .. } => Reply::SignedIn {
            user: User::default(),
        },
        _ => Reply::Done,
    }
}

const POOL: &str = "us-east-1:01234567-89ab-cdef-0123-456789abcdef";
