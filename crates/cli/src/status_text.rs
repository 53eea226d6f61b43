//! The status as a person reads it.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::snapshot::LoginState;
use poolkey_core::time::UnixTime;
use poolkey_ipc::Status;

use crate::words::{clean, since, until};

mod rows;
mod table;

pub(crate) use rows::grants;
pub(crate) use table::{columns, table};

/// The whole status. Whoever prints it takes the colours out where nobody sees them.
pub(crate) fn text(status: &Status, now: UnixTime) -> String {
    let snapshot = &status.snapshot;
    let mut text = String::new();
    if snapshot.logins.is_empty() {
        text.push_str(
            "There are no logins. Add one: poolkey login NAME --user-pool-id ID --client-id ID\n",
        );
    } else {
        text.push_str(&rows::logins(&snapshot.logins, now));
    }
    if !snapshot.profiles.is_empty() {
        text.push('\n');
        text.push_str(&rows::profiles(&snapshot.profiles, now));
    }
    if let Some(endpoint) = &status.daemon.endpoint
        && !endpoint.grants.is_empty()
    {
        text.push('\n');
        text.push_str(&grants(&endpoint.grants, now));
    }
    let notes = rows::notes(snapshot, now);
    if !notes.is_empty() {
        text.push('\n');
        text.push_str(&notes);
    }

    text.push('\n');
    let daemon = &status.daemon;
    let _ = writeln!(text, "Vault: {}", clean(&daemon.vault.description));
    let _ = writeln!(
        text,
        "Daemon: version {}, process {}, for {}",
        clean(&daemon.version),
        daemon.pid,
        since(daemon.started, now)
    );

    let troubles = troubles(status);
    if !troubles.is_empty() {
        text.push('\n');
    }
    for Standing {
        of,
        failure,
        lasting,
    } in troubles
    {
        if !of.is_empty() {
            let _ = write!(text, "{}: ", of.join(", "));
        }
        let _ = write!(text, "{BAD}{}{BAD:#}", clean(&failure.sentence));
        if let Some(lasting) = lasting {
            let _ = write!(text, " (for {})", since(lasting, now));
        }
        let _ = writeln!(text, "\n  {}", clean(&failure.remedy));
    }
    text
}

/// What stands in the way.
struct Standing {
    /// Of which logins and profiles, where the sentence does not say it.
    of: Vec<String>,
    failure: Failure,
    lasting: Option<UnixTime>,
}

/// All that stands in the way, and since when, where that is known. What stands in the way of a
/// login stands in the way of its profiles, and what stands in the way of many is told once.
fn troubles(status: &Status) -> Vec<Standing> {
    let snapshot = &status.snapshot;
    let mut found: Vec<Standing> = Vec::new();
    let mut add = |name: &str, failure: Failure, lasting| {
        let named = name.is_empty() || failure.sentence.contains(&format!("“{name}”"));
        let of = (!named).then(|| name.to_owned());
        let known = found
            .iter_mut()
            .find(|known| known.failure.sentence == failure.sentence);
        match known {
            Some(known) => known.of.extend(of),
            None => found.push(Standing {
                of: of.into_iter().collect(),
                failure,
                lasting,
            }),
        }
    };
    if let Some(failure) = &snapshot.config {
        add("", failure.clone(), None);
    }
    if let Some(failure) = &status.daemon.vault.trouble {
        add("", failure.clone(), None);
    }
    if let Some(failure) = &status.daemon.network_trouble {
        add("", failure.clone(), None);
    }
    let endpoint = status.daemon.endpoint.as_ref();
    if let Some(failure) = endpoint.and_then(|endpoint| endpoint.trouble.as_ref()) {
        add("", failure.clone(), None);
    }
    for login in &snapshot.logins {
        let name = login.name.as_str();
        if let (LoginState::NeedsSignIn, Some(ended)) = (login.state, login.ended) {
            let over = Trouble::NeedsSignIn(login.name.clone(), ended);
            add(name, over.into(), None);
        }
        if let Some(failure) = &login.trouble {
            add(name, failure.clone(), login.trouble_since);
        }
    }
    for profile in &snapshot.profiles {
        if let Some(failure) = &profile.trouble {
            add(
                profile.name.as_str(),
                failure.clone(),
                profile.trouble_since,
            );
        }
        let written = profile.written.as_ref();
        if let Some(failure) = written.and_then(|written| written.trouble.as_ref()) {
            add(profile.name.as_str(), failure.clone(), None);
        }
    }
    if let Some(secs) = snapshot.clock_ahead {
        let (by, side) = (
            until(
                UnixTime::from_secs(secs.saturating_abs()),
                UnixTime::default(),
            ),
            if secs > 0 { "ahead of" } else { "behind" },
        );
        add(
            "",
            Failure {
                code: poolkey_core::failure::Code::Other,
                sentence: format!("This machine's clock is {by} {side} Amazon's."),
                remedy: "Set the clock; Poolkey makes up for it meanwhile.".into(),
            },
            None,
        );
    }
    found
}

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

#[cfg(test)]
mod tests {
    use super::table::plain;
    use super::*;

    #[test]
    fn an_ordinary_day() {
        let shown = plain(&text(&status(ORDINARY), UnixTime::from_secs(10_000)));
        let expected = "\
LOGIN  STATE       USER              SESSION ENDS     RENEWS     AT
acme   signed in   jane@example.com  in 3 days        in 40 min  x_y
corp   signed out                    –                –          x_y (browser)
goo    signed in   joe               in about 2 days  on demand  accounts.example.com
ci     signed in   bot               not known        at work    program token

PROFILE     KEYS OF  ROLE           KEYS        RENEWS
dev         acme     –              for 50 min  in 28 min
prod ← dev  acme     admin          none yet    on demand
old         goo      ops (classic)  none yet    on demand
open        guests   –              none yet    on demand

LENT  PROFILE  TO                 ENDS          KEYS FETCHED
box   dev      who has its token  in 8 h        2 min ago
ci    open     who has its token  when revoked  never
3     prod     process 4711       with it       never

acme: There are 2 roles to choose from: poolkey profile roles acme
corp: A session that is over here is not revoked yet. Poolkey tries again.
goo: 2 sessions that are over here are not revoked yet. Poolkey tries again.
dev: The credentials file has its keys as “dev-keys”, for 49 min. Programs of boto3, JavaScript, Go and Rust read it once: for those that run longer use “poolkey exec” or credential_process.
old: The credentials file has no keys as “ops” yet.

Vault: Secret Service
Daemon: version 0.1.0, process 7, for 2 h 5 min

Port 9 is taken.
  Free it.
";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_bad_day() {
        let shown = plain(&text(&status(TROUBLED), UnixTime::from_secs(10_000)));
        let expected = "\
LOGIN  STATE          USER  SESSION ENDS  RENEWS   AT
acme   needs sign-in  jane  –             –        x_y
corp   signed in      joe   not known     at work  x_y

PROFILE  KEYS OF  ROLE  KEYS     RENEWS
dev      acme     –     expired  on demand

dev: The keys that the credentials file has as “x” have expired.

Vault: Secret Service
Daemon: version 0.1.0, process 7, for 2 h 5 min

profiles.toml line 3: what.
  Mend it.
Locked.
  Unlock it.
Sign-in to “acme” has ended: the session was signed out.
  Run: poolkey login acme
corp, dev: No network. (for 5 min)
  Wait.
dev: Not written.
  Write.
This machine's clock is 5 min behind Amazon's.
  Set the clock; Poolkey makes up for it meanwhile.
";
        assert_eq!(shown, expected);
    }

    #[test]
    fn nothing_yet() {
        let empty = r#"{"daemon":DAEMON}},"logins":[],"profiles":[]}"#;
        let shown = plain(&text(&status(empty), UnixTime::from_secs(10_000)));
        assert!(
            shown.starts_with("There are no logins. Add one: poolkey login"),
            "{shown}"
        );
    }

    #[test]
    fn a_name_from_outside_does_not_steer_the_terminal() {
        let evil = ORDINARY.replace("jane@example.com", "\\u001b[2Jjane");
        let shown = text(&status(&evil), UnixTime::from_secs(10_000));
        assert!(!shown.contains("\u{1b}[2J"), "{shown:?}");
    }

    fn status(json: &str) -> Status {
        serde_json::from_str(&json.replace("DAEMON", DAEMON)).unwrap()
    }

    const DAEMON: &str = r#"{"version":"0.1.0","pid":7,"started":2500,"socket":"/s","config":"/c","vault":{"choice":"keychain","description":"Secret Service""#;

    const ORDINARY: &str = r#"{"daemon":DAEMON},"endpoint":{"url":"http://127.0.0.1:9","grants":[
            {"id":"box","profile":"dev","named":true,"since":9000,"until":38800,"used":9880},
            {"id":"ci","profile":"open","named":true,"since":9000},
            {"id":"3","profile":"prod","named":false,"pid":4711,"since":9000}],
            "trouble":{"code":"busy","sentence":"Port 9 is taken.","remedy":"Free it."}}},
        "logins":[
            {"name":"acme","kind":"user_pool","provider":"x_y","state":"signed_in","working":false,
             "renews":12400,"session_ends":270000,"roles":{"offered":["r/a","r/b"]},
             "user":{"sub":"s","username":"jane","email":"jane@example.com"}},
            {"name":"corp","kind":"user_pool","provider":"x_y","browser":true,
             "state":"signed_out","working":false,"unrevoked":1},
            {"name":"goo","kind":"oidc","provider":"https://accounts.example.com",
             "state":"signed_in","working":false,"unrevoked":2,"session_ends":190000,
             "session_end_is_learnt":true,"user":{"sub":"s","username":"joe"}},
            {"name":"ci","kind":"command","provider":"/opt/bin/token","state":"signed_in",
             "working":true,"user":{"sub":"s","username":"bot"}}],
        "profiles":[
            {"name":"dev","login":"acme","identity_pool_id":"i","keys_expire":13000,"renews":11700,
             "written":{"name":"dev-keys","until":12940}},
            {"name":"prod","login":"acme","source_profile":"dev",
             "role_arn":"arn:aws:iam::123456789012:role/x/admin"},
            {"name":"old","login":"goo","identity_pool_id":"i","classic":true,
             "role_arn":"arn:aws:iam::123456789012:role/ops","written":{"name":"ops"}},
            {"name":"open","identity_pool_id":"i"}]}"#;

    const TROUBLED: &str = r#"{"daemon":DAEMON,
            "trouble":{"code":"vault_locked","sentence":"Locked.","remedy":"Unlock it."}}},
        "logins":[
            {"name":"acme","kind":"user_pool","provider":"x_y","state":"needs_sign_in","working":false,
             "ended":"revoked","user":{"sub":"s","username":"jane"}},
            {"name":"corp","kind":"user_pool","provider":"x_y","state":"signed_in","working":true,
             "user":{"sub":"s","username":"joe"},"trouble_since":9700,
             "trouble":{"code":"offline","sentence":"No network.","remedy":"Wait."}}],
        "profiles":[
            {"name":"dev","login":"acme","identity_pool_id":"i","keys_expire":9000,
             "written":{"name":"x","until":9000,"trouble":
                {"code":"file","sentence":"Not written.","remedy":"Write."}},
             "trouble":{"code":"offline","sentence":"No network.","remedy":"Wait."}}],
        "config":{"code":"config","sentence":"profiles.toml line 3: what.","remedy":"Mend it."},
        "clock_ahead":-300}"#;
}
