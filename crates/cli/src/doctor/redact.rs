//! What must not be in a report that somebody hands on.
//!
//! Three nets, one behind the other: a report is made of what is known to be harmless; then all that
//! is known of this machine's people, accounts and secrets is replaced wherever it stands; then
//! whatever looks like a secret.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex_lite::{Captures, Regex};
use serde_json::Value;

/// What is replaced, and by what.
#[derive(Debug, Default)]
pub(super) struct Redactor {
    /// The longest first.
    known: Vec<(String, String)>,
    counts: BTreeMap<String, usize>,
}

impl Redactor {
    /// From here on, `text` is told as the next of its kind: `<client_id-1>`.
    pub(super) fn name(&mut self, kind: &str, text: &str) {
        if text.len() < SHORTEST || self.known.iter().any(|(known, _)| known == text) {
            return;
        }
        let count = self.counts.entry(kind.to_owned()).or_default();
        *count += 1;
        let told = format!("<{kind}-{count}>");
        self.put(text, &told);
    }

    /// From here on, `text` is told so.
    pub(super) fn put(&mut self, text: &str, told: &str) {
        if text.len() >= SHORTEST {
            self.known.push((text.to_owned(), told.to_owned()));
            self.known
                .sort_by_key(|(known, _)| std::cmp::Reverse(known.len()));
        }
    }

    /// A text without what is known, and without what looks like a secret.
    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (known, told) in &self.known {
            text = replaced(&text, known, told);
        }
        scrubbed(&text)
    }

    /// The same, everywhere in a document.
    pub(super) fn document(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(all) => all.iter_mut().for_each(|value| self.document(value)),
            Value::Object(all) => {
                let old = std::mem::take(all);
                for (name, mut value) in old {
                    self.document(&mut value);
                    all.insert(self.text(&name), value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// A word that is known, where it is not part of a longer one: “ann” is not in “channel”.
fn replaced(text: &str, known: &str, told: &str) -> String {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let whole = known.len() < LONG;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find(known) {
        let (head, tail) = rest.split_at(at);
        let tail = &tail[known.len()..];
        out.push_str(head);
        let left = head.chars().next_back().or(before);
        if whole && (is_part(left) || is_part(tail.chars().next())) {
            out.push_str(known);
        } else {
            out.push_str(told);
        }
        before = known.chars().next_back();
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// A text without what looks like a secret or like somebody's.
pub(super) fn scrubbed(text: &str) -> String {
    let mut text = without_random(&hushed(text), LONG);
    for (pattern, told) in &*PERSONAL {
        text = pattern.replace_all(&text, *told).into_owned();
    }
    text
}

/// A text without what is nothing but a secret, wherever it came from: names and ids stay.
pub(super) fn hushed(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, told) in &*SECRET {
        text = pattern.replace_all(&text, *told).into_owned();
    }
    without_random(&text, LONGER)
}

/// A text without words of letters and digits at random, of which so many in a row are no id.
fn without_random(text: &str, run: usize) -> String {
    let without = RANDOM.replace_all(text, |found: &Captures<'_>| {
        let word = &found[0];
        let kept = |word| if is_random(word, run) { HIDDEN } else { word };
        if word.starts_with('/') {
            // Of a path the part that is odd goes.
            return word.split('/').map(kept).collect::<Vec<_>>().join("/");
        }
        kept(word).to_owned()
    });
    without.into_owned()
}

/// Whether a long word is no word: nobody writes letters and digits in such an order.
fn is_random(word: &str, longest: usize) -> bool {
    let class = |c: char| match c {
        'a'..='z' => 1,
        'A'..='Z' => 2,
        '0'..='9' => 3,
        _ => 0,
    };
    let classes: Vec<i32> = word.chars().map(class).filter(|class| *class > 0).collect();
    let has = |class: i32| classes.contains(&class);
    let changes = classes.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let run = word
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|run| run.contains(|c: char| c.is_ascii_digit()))
        .filter(|run| run.contains(|c: char| c.is_ascii_alphabetic()))
        .map(str::len)
        .max()
        .unwrap_or_default();
    let mixed = has(1) && has(2) && (has(3) || word.contains(['+', '=']));
    run >= longest || (mixed && changes * 4 >= classes.len())
}

static SECRET: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    compiled(&[
        (r"eyJ[A-Za-z0-9_-]{6,}(\.[A-Za-z0-9_-]*)*", "<token>"),
        (
            r"(?i)\b(AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{12,}",
            "<access key>",
        ),
        (r#"://[^/\s"'@”]+@"#, "://<user>@"),
        (r"(?i)\b(bearer)\s+[^\s”]{8,}", "$1 <secret>"),
    ])
});

static PERSONAL: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    compiled(&[
        (r#"(https?://[^\s?"'”]*)\?[^\s"”]*"#, "$1?<query>"),
        (
            r#"(?i)\b([\w-]*(pass(word|wd|phrase)|secret|token|authorization|api[-_]?key|access[-_]?key|assertion|verifier|cookie)[\w-]*|session|session_id|code|state)(["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&"'”]+)"#,
            "$1$4<secret>",
        ),
        (
            r"(?i)(--?[\w-]*(pass|secret|token|key)[\w-]*)\s+[^\s-]\S*",
            "$1 <secret>",
        ),
        (r"[\w.+%-]+@[\w-]+(\.[\w-]+)+", "<e-mail>"),
        (r"\b[0-9]{12}\b", "<account>"),
        (
            r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b",
            "<id>",
        ),
    ])
});

#[expect(
    clippy::expect_used,
    reason = "the patterns are constants, and a test compiles each"
)]
fn compiled(patterns: &[(&str, &'static str)]) -> Vec<(Regex, &'static str)> {
    let one = |(pattern, told): &(&str, &'static str)| {
        (Regex::new(pattern).expect("the pattern is one"), *told)
    };
    patterns.iter().map(one).collect()
}

#[expect(
    clippy::expect_used,
    reason = "the pattern is a constant, and a test compiles it"
)]
static RANDOM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9+/=_-]{20,}").expect("the pattern is one"));

/// What stands where a secret stood.
const HIDDEN: &str = "<secret>";

/// What is shorter is everywhere.
const SHORTEST: usize = 3;

/// What is longer is part of no word.
const LONG: usize = 24;

/// Nor is it an id: those of app clients have 26 letters and digits, their secrets some 50.
const LONGER: usize = 36;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_goes() {
        for text in [
            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
            "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIn0.x.y.z.w",
            "AKIAIOSFODNN7EXAMPLE",
            "asiaiosfodnn7example",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQD",
            "1example23456789abcdefghijklmnopqrstuvwxyz0123456789",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "ann@example.com",
            "123456789012",
            "01234567-89ab-cdef-0123-456789abcdef",
        ] {
            for around in [
                format!("a {text} b"),
                format!("x=“{text}”"),
                text.to_owned(),
            ] {
                let told = scrubbed(&around);
                assert!(
                    !told.contains(text) && !told.contains(&text[4..12]),
                    "{told}"
                );
            }
        }
        for (text, told) in [
            ("http://ann:pw@proxy:3128/", "http://<user>@proxy:3128/"),
            ("https://a/b?code=1&state=2 c", "https://a/b?<query> c"),
            (
                "Authorization: Bearer x1234567",
                "Authorization: <secret> <secret>",
            ),
            ("a bearer x1234567 b", "a bearer <secret> b"),
            ("password=hunter2, and", "password=<secret>, and"),
            (
                "{\"client_secret\": \"a b\"}",
                "{\"client_secret\": <secret>}",
            ),
            ("run --password hunter2 now", "run --password <secret> now"),
        ] {
            assert_eq!(scrubbed(text), told);
        }
    }

    #[test]
    fn ids_are_no_secrets() {
        let id = "1example23456789abcdefghij";
        assert_eq!(hushed(id), id);
        assert_eq!(scrubbed(id), "<secret>");
        let secret = "1example23456789abcdefghijklmnopqrstuvwxyz0123456789";
        assert_eq!(hushed(secret), "<secret>");
    }

    #[test]
    fn what_people_write_stays() {
        for text in [
            "The daemon is not running; it starts when a tool needs it.",
            "/usr/local/lib/x86_64-linux-gnu/poolkey/poolkey-credential-process",
            "~/.aws/credentials line 12",
            "static_keys_shadow environment_keys_incomplete",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            "2026-11-23T12:00:00.123456Z  INFO poolkeyd::engine: listening",
            "org.freedesktop.Secret.Error.IsLocked",
            "the token has expired",
            "Set session_life = \"30d\" under [login.acme]",
        ] {
            assert_eq!(scrubbed(text), text);
        }
    }

    #[test]
    fn what_is_known_goes_wherever_it_stands() {
        let mut redactor = Redactor::default();
        redactor.name("user", "ann");
        redactor.name("user", "bob");
        redactor.name("user", "ann");
        redactor.put("/home/ann", "~");
        assert_eq!(
            redactor.text("ann, bob: /home/ann/x; the channel of joann’s annex, ann."),
            "<user-1>, <user-2>: ~/x; the channel of joann’s annex, <user-1>."
        );
        let mut document = serde_json::json!({"ann": ["bob", 1, {"x": "of ann"}]});
        redactor.document(&mut document);
        let told = serde_json::json!({"<user-1>": ["<user-2>", 1, {"x": "of <user-1>"}]});
        assert_eq!(document, told);
    }
}
