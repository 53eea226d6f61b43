//! A report to hand on: one file of JSON, its owner's alone, without secrets and without names of
//! people, accounts and companies. Nothing is sent anywhere.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use poolkey_files::aws::{Kind, Text};
use poolkey_ipc::Address;
use serde_json::{Value, json};
use toml_edit::{DocumentMut, Item, Value as TomlValue};

use super::Seen;
use super::machine::{Content, Machine, State};
use super::redact::Redactor;
use crate::ending::{Ending, file_failure};

mod known;

/// Writes it. A file that is there already is somebody's, and stays.
pub(super) fn write(path: &Path, machine: &Machine, seen: &Seen) -> Result<(), Ending> {
    let document = bundle(machine, seen);
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let text = serde_json::to_string_pretty(&document).map_err(std::io::Error::from)?;
    let failed = |error: std::io::Error| file_failure(path, &error);
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.write_all(b"\n").map_err(failed)?;
    Ok(writeln!(
        std::io::stderr(),
        "“{}” has the report. No secret is in it, and names of people, accounts and pools are \
         replaced; names of logins and profiles stay. Read it before you hand it on.",
        path.display()
    )?)
}

fn bundle(machine: &Machine, seen: &Seen) -> Value {
    let mut redactor = known::redactor(machine, seen.status.as_ref());
    let findings: Vec<_> = seen
        .report
        .found
        .iter()
        .map(|found| &found.finding)
        .collect();
    let mut document = json!({
        "about": ABOUT,
        "versions": seen.versions.0.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "system": {
            "os": std::env::consts::OS,
            "arch": std::env::consts::ARCH,
            "release": release(),
        },
        "environment": variables(machine),
        "findings": findings,
        "status": seen.status,
        "profiles.toml": profiles(machine, &mut redactor),
        "aws_config": aws_file(machine, &machine.aws_config, Kind::Config),
        "aws_credentials": aws_file(machine, &machine.aws_credentials, Kind::Credentials),
        "start_log": start_log(machine),
    });
    redactor.document(&mut document);
    document
}

/// Name and version of the system, by its own word.
fn release() -> String {
    let content = super::machine::read(Path::new("/etc/os-release"));
    let text = String::from_utf8_lossy(content.bytes()).into_owned();
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.unwrap_or_default().trim_matches('"').to_owned()
}

/// Which variables are set that matter; what they say is told of the harmless alone.
fn variables(machine: &Machine) -> Vec<String> {
    let names: BTreeSet<&str> = [
        "AWS_",
        "POOLKEY_",
        "XDG_",
        "DBUS_",
        "HTTP_",
        "HTTPS_",
        "http_",
        "https_",
        "NO_PROXY",
        "no_proxy",
        "ALL_PROXY",
        "SSL_",
        "WSL",
        "BROWSER",
    ]
    .iter()
    .flat_map(|start| machine.vars.beginning(start))
    .collect();
    let told = |name: &str| match machine.vars.get(name).filter(|_| HARMLESS.contains(&name)) {
        Some(value) => format!("{name}={value}"),
        None => name.to_owned(),
    };
    names.into_iter().map(told).collect()
}

/// Tables, keys and harmless values; of all others that they are there.
fn profiles(machine: &Machine, redactor: &mut Redactor) -> Value {
    let State::Bytes(bytes) = &machine.profiles.state else {
        return how(&machine.profiles);
    };
    match String::from_utf8_lossy(bytes).parse::<DocumentMut>() {
        Ok(document) => item("", document.as_item(), redactor),
        // It may show a piece of the file.
        Err(_) => json!("it is no TOML"),
    }
}

fn item(key: &str, item: &Item, redactor: &mut Redactor) -> Value {
    match item {
        Item::None => Value::Null,
        Item::Value(told) => value(key, told, redactor),
        Item::Table(table) => table
            .iter()
            .map(|(key, inner)| (key.to_owned(), self::item(key, inner, redactor)))
            .collect(),
        Item::ArrayOfTables(tables) => tables
            .iter()
            .map(|table| self::item(key, &Item::Table(table.clone()), redactor))
            .collect(),
    }
}

fn value(key: &str, given: &TomlValue, redactor: &mut Redactor) -> Value {
    match given {
        TomlValue::String(text) if KEPT.contains(&key) => json!(text.value()),
        // It is replaced with all else that is known, so that the same stays the same.
        TomlValue::String(text) if NAMED.contains(&key) && text.value().len() > 3 => {
            redactor.name(key, text.value());
            json!(text.value())
        }
        TomlValue::String(_) => json!(format!("<{key}>")),
        TomlValue::Integer(number) => json!(number.value()),
        TomlValue::Float(number) => json!(number.value()),
        TomlValue::Boolean(is_so) => json!(is_so.value()),
        TomlValue::Datetime(time) => json!(time.value().to_string()),
        TomlValue::Array(all) => all
            .iter()
            .map(|inner| value(key, inner, redactor))
            .collect(),
        TomlValue::InlineTable(table) => table
            .iter()
            .map(|(inner, told)| (inner.to_owned(), value(key, told, redactor)))
            .collect(),
    }
}

/// Sections and the names of their keys, never a value.
fn aws_file(machine: &Machine, content: &Content, kind: Kind) -> Value {
    let State::Bytes(bytes) = &content.state else {
        return how(content);
    };
    let sections = match Text::read(kind, bytes) {
        Ok(text) => text
            .passages()
            .map(|passage| {
                let keys = passage.entries.iter().map(|(_, key, _)| harmless_key(key));
                json!({
                    "line": passage.line,
                    "section": passage.name,
                    "keys": keys.collect::<Vec<_>>(),
                })
            })
            .collect(),
        // The refusal may name a key that is none.
        Err(refused) => json!(format!("botocore refuses line {}", refused.line)),
    };
    json!({
        "path": machine.shown(&content.path),
        "bytes": bytes.len(),
        "sections": sections,
    })
}

/// In a file that is broken, anything may stand where a key should.
fn harmless_key(key: &str) -> &str {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c);
    let is_key = key.len() <= 40
        && key.chars().all(plain)
        && (key.contains(['_', '-']) || !key.contains(|c: char| c.is_ascii_digit()));
    if is_key { key } else { "<odd>" }
}

fn how(content: &Content) -> Value {
    match &content.state {
        State::Absent => Value::Null,
        State::Dead => json!("a link that leads nowhere"),
        State::Unreadable(why) => json!(why),
        State::Bytes(bytes) => json!(bytes.len()),
    }
}

fn start_log(machine: &Machine) -> Vec<String> {
    let addresses = Address::candidates(&machine.sockets).unwrap_or_default();
    let logs = addresses.iter().filter_map(super::daemon::last_words);
    let lines: Vec<String> = logs
        .flat_map(|log| log.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let from = lines.len().saturating_sub(LINES);
    lines[from..].to_vec()
}

const ABOUT: &str = "A report of “poolkey doctor --bundle”. Secrets are left out. User names, e-mail \
addresses, accounts, pools, clients and hosts are replaced by words in angle brackets, the same for \
the same wherever it stands. Names of logins, profiles and sections stay.";

/// Variables whose values say nothing of anybody.
const HARMLESS: &[&str] = &[
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "POOLKEY_NO_START",
    "XDG_CURRENT_DESKTOP",
    "XDG_SESSION_TYPE",
];

/// Keys of `profiles.toml` whose values say nothing of anybody.
const KEPT: &[&str] = &[
    "vault",
    "rest_after",
    "language",
    "look",
    "flow",
    "preferred_challenge",
    "session_life",
    "duration",
    "region",
    "sts_region",
    "output",
    "login",
    "source_profile",
    "write_profile",
    "scopes",
];

/// And those whose values are told as one of their kind.
const NAMED: &[&str] = &[
    "user_pool_id",
    "client_id",
    "identity_pool_id",
    "username",
    "domain",
    "issuer",
    "role_arn",
    "endpoint",
    "sts_endpoint",
    "signin_endpoint",
    "identity_provider",
    "idp_identifier",
];

const LINES: usize = 200;
