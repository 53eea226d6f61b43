//! `poolkey logout`.

use std::io::Write;

use poolkey_core::event::SignedOut;
use poolkey_core::time::UnixTime;
use poolkey_ipc::{Ask, Client, Reply};

use crate::ending::{Ending, warn};
use crate::login::off_the_point;
use crate::words;

/// Signs out, and says what came of each step.
pub(crate) fn run(login: &str, client: &Client) -> Result<(), Ending> {
    let ask = Ask::SignOut {
        scope: poolkey_core::event::SignOutScope::Session,
        login: login.to_owned(),
    };
    match client.ask(&ask)? {
        Reply::SignedOut(told) => {
            let mut out = anstream::stdout().lock();
            for line in lines(login, &told, words::now()) {
                writeln!(out, "{line}")?;
            }
            for failure in [&told.not_forgotten, &told.not_revoked]
                .into_iter()
                .flatten()
            {
                warn(&failure.to_string());
            }
            Ok(())
        }
        Reply::Failed(failure) => Err(failure.into()),
        other @ (Reply::Document(_)
        | Reply::Status(_)
        | Reply::Question { .. }
        | Reply::SignedIn { .. }
        | Reply::Outcome(_)
        | Reply::WhoAmI(_)
        | Reply::Done
        | Reply::Other(_)) => Err(off_the_point(&other)),
    }
}

fn lines(login: &str, told: &SignedOut, now: UnixTime) -> Vec<String> {
    if !told.had_session {
        return vec![format!("Nobody was signed in to “{login}”.")];
    }
    let mut lines = Vec::new();
    if told.not_revoked.is_none() {
        lines.push("Cognito revoked the refresh token.".to_owned());
    }
    if told.not_forgotten.is_some() {
        lines.push("The user pool still remembers this computer.".to_owned());
    }
    lines.push("The vault keeps nothing of the session.".to_owned());
    lines.push(match told.keys_live_until {
        Some(until) if until > now => format!(
            "Keys that tools already hold go on working until {until} ({}): AWS cannot take them \
             back.",
            words::until(until, now)
        ),
        Some(_) | None => {
            "This daemon handed out no keys that still work; what an earlier one handed out works \
             to its end."
                .to_owned()
        }
    });
    lines.push(format!("Signed out of “{login}”."));
    lines
}

#[cfg(test)]
mod tests {
    use poolkey_core::failure::Trouble;

    use super::*;

    #[test]
    fn it_tells_the_truth_about_keys() {
        let now = UnixTime::from_secs(1_767_584_889);
        let told = SignedOut {
            had_session: true,
            keys_live_until: Some(UnixTime::from_secs(now.secs() + 1800)),
            ..SignedOut::default()
        };
        assert_eq!(
            lines("acme", &told, now),
            [
                "Cognito revoked the refresh token.",
                "The vault keeps nothing of the session.",
                "Keys that tools already hold go on working until 2026-01-05T04:18:09Z (30 min): \
                 AWS cannot take them back.",
                "Signed out of “acme”."
            ]
        );
        let told = SignedOut {
            not_forgotten: Some(Trouble::NotRevoked("No network.".into()).into()),
            keys_live_until: None,
            ..told
        };
        assert_eq!(
            lines("acme", &told, now)[1],
            "The user pool still remembers this computer."
        );
        assert!(lines("acme", &told, now)[3].starts_with("This daemon handed out no keys"));
        assert_eq!(
            lines("acme", &SignedOut::default(), now),
            ["Nobody was signed in to “acme”."]
        );
    }
}
