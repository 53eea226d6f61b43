//! Reads and edits files of `~/.aws` for whoever compares that with what another reader sees.
//!
//! A line of JSON in, `{"kind": "config", "bytes": HEX}`, and one out: `{"refused": TEXT}`, or
//! `{"read": …}` with what each profile has, and the file with keys of the profile `dev` set and with
//! them removed again.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use poolkey_files::aws::{Kind, Text};
use serde::{Deserialize, Serialize};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let asked: Asked = serde_json::from_str(&line?)?;
        let kind = match asked.kind {
            Which::Config => Kind::Config,
            Which::Credentials => Kind::Credentials,
        };
        let bytes = bytes_of(&asked.bytes)?;
        let told = match Text::read(kind, &bytes) {
            Err(refused) => Told::Refused(refused.to_string()),
            Ok(text) => Told::Read {
                profiles: profiles(&text),
                edited: edited(&text, kind),
            },
        };
        serde_json::to_writer(&mut out, &told)?;
        writeln!(out)?;
        out.flush()?;
    }
    Ok(())
}

type Profiles = BTreeMap<String, BTreeMap<String, String>>;

fn profiles(text: &Text<'_>) -> Profiles {
    let keys = |name: &str| {
        text.keys(name)
            .map(|key| (key.to_owned(), text.value(name, key).unwrap_or_default()))
            .map(|(key, value)| (key, value.to_owned()))
            .collect()
    };
    text.profiles()
        .map(|name| (name.to_owned(), keys(name)))
        .collect()
}

/// With the keys and without them, unless the file has a place where they cannot go.
fn edited(text: &Text<'_>, kind: Kind) -> Option<[String; 2]> {
    let with = text
        .with("dev", &[("region", "zz"), ("x-ends", "1")])
        .ok()?;
    let again = Text::read(kind, &with).expect("what was written can be read");
    let without = again
        .without("dev", &["region", "x-ends"])
        .expect("what was written can be removed");
    Some([hex(&with), hex(&without)])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(hex: &str) -> Result<Vec<u8>, std::num::ParseIntError> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16))
        .collect()
}

#[derive(Deserialize)]
struct Asked {
    kind: Which,
    bytes: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Which {
    Config,
    Credentials,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    Refused(String),
    Read {
        profiles: Profiles,
        edited: Option<[String; 2]>,
    },
}
