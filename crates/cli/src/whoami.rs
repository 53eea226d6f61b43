//! `poolkey whoami`.

use std::collections::BTreeMap;
use std::io::Write;

use poolkey_core::event::WhoAmI;
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::name::ProfileName;
use poolkey_core::time::UnixTime;
use poolkey_ipc::{Ask, Client, Reply};
use serde_json::Value;

use crate::ending::Ending;
use crate::interrupt::Interrupt;
use crate::profiles_file::ProfilesFile;
use crate::status_text::columns;
use crate::terminal::Person;
use crate::words::{self, clean};

/// Asks AWS who a profile's keys are, and says so.
pub(crate) fn run(profile: Option<&str>, json: bool, client: &Client) -> Result<(), Ending> {
    let profile = match profile {
        Some(name) => name.to_owned(),
        None => choose(json, client)?,
    };
    let reply = client.ask(&Ask::WhoAmI { profile })?;
    let Reply::WhoAmI(who) = reply else {
        return Err(reply.unexpected().into());
    };
    let mut out = anstream::stdout().lock();
    let text = if json {
        let line = serde_json::to_string(&who).map_err(std::io::Error::from)?;
        format!("{line}\n")
    } else {
        text(&who, words::now())
    };
    Ok(out.write_all(text.as_bytes())?)
}

/// The profile that is meant where none is named: a program is not asked.
pub(crate) fn choose(json: bool, client: &Client) -> Result<String, Ending> {
    let config = ProfilesFile::of_process()?.read()?;
    let known: Vec<&str> = config.profiles.keys().map(ProfileName::as_str).collect();
    match chosen(&known, &shell_profiles()) {
        Chosen::This(name) => Ok(name.to_owned()),
        Chosen::None => Err(Ending::Failed(Failure {
            sentence: "There are no profiles.".into(),
            ..Trouble::UnknownProfile(String::new()).into()
        })),
        Chosen::Among => {
            let mut person = if json {
                Person::absent()
            } else {
                Person::at_hand(&Interrupt::catch(client))
            };
            let names = known.join(", ");
            let missing = format!("There are several profiles: name one of {names}.");
            person.line(&format!("Profile ({names}): "), &missing)
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Chosen<'a> {
    This(&'a str),
    Among,
    None,
}

/// The one that the shell's AWS tools use, or the only one.
fn chosen<'a>(known: &[&'a str], of_shell: &[String]) -> Chosen<'a> {
    let used = of_shell
        .iter()
        .find_map(|used| known.iter().find(|name| **name == used.as_str()));
    match (used, known) {
        (Some(name), _) => Chosen::This(name),
        (None, []) => Chosen::None,
        (None, [only]) => Chosen::This(only),
        (None, _) => Chosen::Among,
    }
}

/// The profiles that the shell names, of which Poolkey may not know the first: what its AWS tools
/// use, and what “poolkey exec” says.
#[expect(
    clippy::disallowed_methods,
    reason = "read once, and an argument from here on"
)]
pub(crate) fn shell_profiles() -> Vec<String> {
    ["AWS_PROFILE", "POOLKEY_PROFILE"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .collect()
}

fn text(who: &WhoAmI, now: UnixTime) -> String {
    let said = &who.identified;
    let user = who.user.as_ref().map_or_else(
        || "a guest".to_owned(),
        |user| match user.email.as_deref() {
            Some(email) if email != user.username => {
                format!("{} (user name {})", clean(email), clean(&user.username))
            }
            Some(_) | None => clean(&user.username),
        },
    );
    let mut rows = vec![("Profile", who.profile.to_string())];
    if let Some(login) = &who.login {
        rows.push(("Login", login.to_string()));
    }
    rows.push(("User", user));
    if let Some(role) = role(&said.arn) {
        rows.push(("Role", clean(role)));
    }
    rows.push(("AWS account", clean(&said.account)));
    rows.push(("ARN", clean(&said.arn)));
    rows.push(("User id", clean(&said.user_id)));
    if let Some(identity) = &who.identity_id {
        rows.push(("Identity id", clean(identity)));
    }
    if let Some(until) = who.keys_expire {
        rows.push(("Keys until", when(until, now)));
    }
    let mut text = columns(rows.iter().map(|(name, value)| (*name, value.as_str())));
    if !said.claims.is_empty() {
        text.push_str("\nClaims of the ID token\n");
        text.push_str(&claims(&said.claims, now));
    }
    text
}

/// What a token says, a line each.
pub(crate) fn claims(claims: &BTreeMap<String, Value>, now: UnixTime) -> String {
    let rows: Vec<(String, String)> = claims
        .iter()
        .map(|(name, value)| (format!("  {}", clean(name)), claim(name, value, now)))
        .collect();
    columns(
        rows.iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    )
}

/// `ROLE` of `arn:aws:sts::123456789012:assumed-role/ROLE/SESSION`.
fn role(arn: &str) -> Option<&str> {
    let resource = arn.splitn(6, ':').nth(5)?;
    let (role, _session) = resource.strip_prefix("assumed-role/")?.rsplit_once('/')?;
    Some(role)
}

fn claim(name: &str, value: &Value, now: UnixTime) -> String {
    match value {
        Value::String(text) => clean(text),
        Value::Number(number) if TIMES.contains(&name) => match number.as_i64() {
            Some(secs) => when(UnixTime::from_secs(secs), now),
            None => number.to_string(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            clean(&value.to_string())
        }
    }
}

pub(crate) fn when(then: UnixTime, now: UnixTime) -> String {
    if then > now {
        format!("{then} (in {})", words::until(then, now))
    } else {
        format!("{then} ({} ago)", words::since(then, now))
    }
}

/// Claims that are times (OpenID Connect Core §2).
const TIMES: [&str; 4] = ["auth_time", "exp", "iat", "nbf"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_the_shells_or_the_only_one() {
        for (known, set, expected) in [
            (&[][..], &[][..], Chosen::None),
            (&["dev"][..], &[], Chosen::This("dev")),
            (&["dev"], &["other"], Chosen::This("dev")),
            (&["dev", "prod"], &["prod"], Chosen::This("prod")),
            (&["dev", "prod"], &["prod", "dev"], Chosen::This("prod")),
            (&["dev", "prod"], &["dev-exec", "dev"], Chosen::This("dev")),
            (&["dev", "prod"], &["other"], Chosen::Among),
            (&["dev", "prod"], &[], Chosen::Among),
        ] {
            let set: Vec<String> = set.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(chosen(known, &set), expected, "{known:?} {set:?}");
        }
    }

    #[test]
    fn a_role_is_read_out_of_an_arn() {
        for (arn, expected) in [
            (
                "arn:aws:sts::123456789012:assumed-role/dev/ann",
                Some("dev"),
            ),
            ("arn:aws-cn:sts::1:assumed-role/a/b/c:d", Some("a/b")),
            ("arn:aws:iam::123456789012:user/ann", None),
            ("nonsense", None),
        ] {
            assert_eq!(role(arn), expected, "{arn}");
        }
    }

    #[test]
    fn claims_are_told_one_by_one() {
        let now = UnixTime::from_secs(1_767_584_889);
        for (name, value, told) in [
            (
                "exp",
                serde_json::json!(1_767_588_489),
                "2026-01-05T04:48:09Z (in 60 min)",
            ),
            (
                "iat",
                serde_json::json!(1_767_584_829),
                "2026-01-05T03:47:09Z (60 s ago)",
            ),
            ("exp", serde_json::json!(1.5), "1.5"),
            ("email_verified", serde_json::json!(true), "true"),
            ("sub", serde_json::json!("a\u{1b}[2Jb"), "a [2Jb"),
            (
                "cognito:groups",
                serde_json::json!(["a", "b"]),
                "[\"a\",\"b\"]",
            ),
            (
                "address",
                serde_json::json!({"c":"\u{202e}x"}),
                "{\"c\":\" x\"}",
            ),
        ] {
            assert_eq!(claim(name, &value, now), told);
        }
    }
}
