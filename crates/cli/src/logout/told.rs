//! What came of each step of a sign-out, in words.

use poolkey_core::config::LoginSpec;
use poolkey_core::event::{SignOutScope, SignedOut};
use poolkey_core::failure::Failure;
use poolkey_core::time::UnixTime;

use crate::words;

/// What was asked for and will not be done.
pub(super) fn undone(told: &SignedOut) -> Vec<&Failure> {
    let not_revoked = told.not_revoked.as_ref().filter(|_| !told.retrying);
    not_revoked
        .into_iter()
        .chain(&told.not_everywhere)
        .collect()
}

/// What goes on without anybody, or cannot be mended.
pub(super) fn warnings(told: &SignedOut) -> Vec<String> {
    // Its remedy is for a session that nobody goes on to revoke.
    let not_revoked = told.not_revoked.as_ref().filter(|_| told.retrying);
    let not_revoked = not_revoked.map(|failure| failure.sentence.clone());
    let not_forgotten = told.not_forgotten.as_ref().map(ToString::to_string);
    not_revoked.into_iter().chain(not_forgotten).collect()
}

/// Who has to revoke the refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provider {
    UserPool,
    Oidc,
    Program,
}

pub(super) const fn provider(spec: Option<&LoginSpec>) -> Provider {
    match spec {
        Some(LoginSpec::Oidc(_)) => Provider::Oidc,
        Some(LoginSpec::Command(_)) => Provider::Program,
        Some(LoginSpec::UserPool(_) | LoginSpec::Guest) | None => Provider::UserPool,
    }
}

pub(super) fn lines(
    login: &str,
    told: &SignedOut,
    scope: SignOutScope,
    provider: Provider,
    now: UnixTime,
) -> Vec<String> {
    if !told.had_session {
        return vec![format!("Nobody was signed in to “{login}”.")];
    }
    let mut lines = vec!["The vault keeps nothing of the session.".to_owned()];
    lines.push(revocation(told, scope, provider).to_owned());
    match (scope, &told.not_everywhere) {
        (SignOutScope::Everywhere, None) => {
            lines.push("All other sessions of the user have ended.".to_owned());
        }
        (SignOutScope::Everywhere, Some(_)) => {
            lines.push("Other sessions of the user go on.".to_owned());
        }
        (SignOutScope::Session | SignOutScope::Local, _) => {}
    }
    if told.not_forgotten.is_some() {
        lines.push("The user pool still remembers this computer.".to_owned());
    }
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

fn revocation(told: &SignedOut, scope: SignOutScope, provider: Provider) -> &'static str {
    match (scope, &told.not_revoked, provider) {
        (SignOutScope::Local, _, _) => {
            "The provider was told nothing: the session lives on there, to its end."
        }
        (_, Some(_), _) if told.retrying => {
            "The refresh token is not revoked yet. Poolkey tries again until it is; the daemon keeps \
             it for that, in memory alone."
        }
        (_, Some(_), _) => "The refresh token is not revoked.",
        (_, None, Provider::UserPool) => "Cognito revoked the refresh token.",
        (_, None, Provider::Oidc) => "No refresh token of the session works any more.",
        (_, None, Provider::Program) => {
            "The program that prints tokens was told nothing: it has a session of its own."
        }
    }
}

#[cfg(test)]
mod tests {
    use poolkey_core::failure::Trouble;

    use super::*;

    fn now() -> UnixTime {
        UnixTime::from_secs(1_767_584_889)
    }

    fn told() -> SignedOut {
        SignedOut {
            had_session: true,
            keys_live_until: Some(UnixTime::from_secs(now().secs() + 1800)),
            ..SignedOut::default()
        }
    }

    fn of(told: &SignedOut, scope: SignOutScope, provider: Provider) -> Vec<String> {
        lines("acme", told, scope, provider, now())
    }

    fn no(text: &str) -> Option<Failure> {
        Some(Trouble::NotRevoked(text.into()).into())
    }

    #[test]
    fn it_tells_the_truth_about_keys() {
        assert_eq!(
            of(&told(), SignOutScope::Session, Provider::UserPool),
            [
                "The vault keeps nothing of the session.",
                "Cognito revoked the refresh token.",
                "Keys that tools already hold go on working until 2026-01-05T04:18:09Z (30 min): \
                 AWS cannot take them back.",
                "Signed out of “acme”."
            ]
        );
        let told = SignedOut {
            not_forgotten: no("No network."),
            keys_live_until: None,
            ..told()
        };
        let lines = of(&told, SignOutScope::Session, Provider::UserPool);
        assert_eq!(lines[2], "The user pool still remembers this computer.");
        assert!(lines[3].starts_with("This daemon handed out no keys"));
        assert_eq!(
            of(
                &SignedOut::default(),
                SignOutScope::Session,
                Provider::UserPool
            ),
            ["Nobody was signed in to “acme”."]
        );
    }

    #[test]
    fn each_provider_is_said_to_have_done_what_it_did() {
        let retrying = SignedOut {
            not_revoked: no("No network."),
            retrying: true,
            ..told()
        };
        let refused = SignedOut {
            retrying: false,
            ..retrying.clone()
        };
        for (told, scope, provider, line) in [
            (
                &told(),
                SignOutScope::Session,
                Provider::Oidc,
                "No refresh token",
            ),
            (
                &told(),
                SignOutScope::Session,
                Provider::Program,
                "The program",
            ),
            (
                &told(),
                SignOutScope::Local,
                Provider::UserPool,
                "The provider was told nothing",
            ),
            (
                &retrying,
                SignOutScope::Session,
                Provider::UserPool,
                "The refresh token is not revoked yet.",
            ),
            (
                &refused,
                SignOutScope::Everywhere,
                Provider::Oidc,
                "The refresh token is not revoked.",
            ),
        ] {
            assert!(of(told, scope, provider)[1].starts_with(line), "{line}");
        }
    }

    #[test]
    fn what_is_tried_again_is_no_failure_and_what_is_not_is_one() {
        let all = |retrying| SignedOut {
            not_revoked: no("One."),
            not_forgotten: no("Two."),
            not_everywhere: no("Three."),
            retrying,
            ..told()
        };
        assert_eq!(undone(&all(true)).len(), 1);
        assert_eq!(warnings(&all(true)).len(), 2);
        assert_eq!(undone(&all(false)).len(), 2);
        assert_eq!(warnings(&all(false)).len(), 1);
        assert!(undone(&told()).is_empty() && warnings(&told()).is_empty());
    }

    #[test]
    fn other_sessions_are_told_of_where_they_were_meant() {
        let told = told();
        let lines = of(&told, SignOutScope::Everywhere, Provider::UserPool);
        assert_eq!(lines[2], "All other sessions of the user have ended.");
        let told = SignedOut {
            not_everywhere: no("No access token."),
            ..told
        };
        let lines = of(&told, SignOutScope::Everywhere, Provider::UserPool);
        assert_eq!(lines[2], "Other sessions of the user go on.");
    }
}
