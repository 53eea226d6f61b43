//! What people are told when a user pool refuses them: the remedy leads to the next step.

use crate::failure::{Code, Ended};
use crate::fault::FaultKind;
use crate::name::LoginName;

/// A sign-in, or one answer in it, was refused.
pub(super) fn cannot_sign_in(
    login: &LoginName,
    kind: FaultKind,
    text: String,
) -> (Code, String, String) {
    let again = format!("begin again: poolkey login {login}");
    match kind {
        FaultKind::Wrong => (Code::Wrong, text, "Try again.".into()),
        FaultKind::LockedOut => (Code::Wrong, text, wait_or_reset(login)),
        FaultKind::Expired => (
            Code::NoConversation,
            format!("The sign-in to “{login}” took too long."),
            format!("Begin again: poolkey login {login}"),
        ),
        FaultKind::Unsupported => (Code::Misconfigured, text, NEWER.into()),
        FaultKind::Unreachable | FaultKind::Lost => (
            Code::Offline,
            text,
            format!("Check the network, then {again}"),
        ),
        FaultKind::Throttled | FaultKind::Service => {
            (Code::Service, text, format!("Wait a minute, then {again}"))
        }
        FaultKind::Ended(ended) => (
            Code::Wrong,
            format!("Nobody was signed in to “{login}”: {}.", ended.reason()),
            next_step(login, ended),
        ),
        FaultKind::Misconfigured
        | FaultKind::TokenStale
        | FaultKind::IdentityConflict
        | FaultKind::DeviceGone => (Code::Misconfigured, text, check(login)),
    }
}

/// The same of what is asked for an account.
pub(super) fn cannot_do(
    login: &LoginName,
    kind: FaultKind,
    text: String,
) -> (Code, String, String) {
    match kind {
        FaultKind::Wrong => (Code::Wrong, text, "Try again.".into()),
        FaultKind::LockedOut => (Code::Wrong, text, wait_or_reset(login)),
        FaultKind::Expired => (Code::NoConversation, text, "Run the command again.".into()),
        FaultKind::Unsupported => (Code::Misconfigured, text, NEWER.into()),
        FaultKind::Unreachable => (
            Code::Offline,
            text,
            "Check the network, then run the command again.".into(),
        ),
        FaultKind::Lost => (
            Code::Offline,
            text,
            "It may have been done all the same: look before you run the command again.".into(),
        ),
        FaultKind::Throttled | FaultKind::Service => (
            Code::Service,
            text,
            "Wait a minute, then run the command again.".into(),
        ),
        FaultKind::Ended(ended) => (
            Code::Wrong,
            format!("The user pool refused it: {}.", ended.reason()),
            next_step(login, ended),
        ),
        FaultKind::TokenStale => (
            Code::NeedsSignIn,
            text,
            format!("Sign in again: poolkey login {login}"),
        ),
        FaultKind::DeviceGone => (
            Code::Wrong,
            text,
            format!("Run “poolkey account devices list {login}” to see those there are."),
        ),
        FaultKind::Misconfigured | FaultKind::IdentityConflict => {
            (Code::Misconfigured, text, check(login))
        }
    }
}

/// What a person can do about an account that is not let in.
fn next_step(login: &LoginName, ended: Ended) -> String {
    match ended {
        Ended::Unconfirmed => format!("Confirm it: poolkey account confirm {login}"),
        Ended::PasswordReset => format!("Choose one: poolkey account forgot-password {login}"),
        Ended::UserDisabled => "Ask the user pool's administrator.".into(),
        Ended::UserGone => "Check the user name, or ask the user pool's administrator.".into(),
        Ended::Expired | Ended::Revoked | Ended::Reused | Ended::Refused | Ended::Moved => {
            format!("Sign in again: poolkey login {login}")
        }
    }
}

fn wait_or_reset(login: &LoginName) -> String {
    format!(
        "Wait up to 15 minutes before the next attempt, or choose a new password: \
         poolkey account forgot-password {login}"
    )
}

fn check(login: &LoginName) -> String {
    format!("Check [login.{login}] in profiles.toml, or ask the pool's administrator.")
}

const NEWER: &str = "Ask the user pool's administrator, or look for a newer Poolkey.";

#[cfg(test)]
mod tests {
    use crate::failure::{Code, Ended, Failure, Trouble};
    use crate::fault::FaultKind;
    use crate::name::LoginName;

    fn acme() -> LoginName {
        "acme".parse().unwrap()
    }

    fn sign_in(kind: FaultKind) -> Failure {
        Trouble::CannotSignIn(acme(), kind, "It was no good.".into()).into()
    }

    fn account(kind: FaultKind) -> Failure {
        Trouble::CannotDo(acme(), kind, "It was no good.".into()).into()
    }

    #[test]
    fn who_is_not_let_in_is_led_to_the_next_step() {
        for (kind, command) in [
            (
                FaultKind::Ended(Ended::Unconfirmed),
                "poolkey account confirm acme",
            ),
            (
                FaultKind::Ended(Ended::PasswordReset),
                "poolkey account forgot-password acme",
            ),
            (FaultKind::LockedOut, "poolkey account forgot-password acme"),
        ] {
            for failure in [sign_in(kind), account(kind)] {
                assert!(failure.remedy.ends_with(command), "{failure}");
                assert_eq!(failure.code, Code::Wrong);
            }
        }
        assert!(sign_in(FaultKind::LockedOut).remedy.contains("15 minutes"));
        for (kind, command) in [
            (FaultKind::Expired, "Begin again: poolkey login acme"),
            (
                FaultKind::Unreachable,
                "Check the network, then begin again: poolkey login acme",
            ),
            (
                FaultKind::Service,
                "Wait a minute, then begin again: poolkey login acme",
            ),
        ] {
            assert_eq!(sign_in(kind).remedy, command);
        }
    }

    #[test]
    fn what_is_asked_for_an_account_is_not_called_a_sign_in() {
        for kind in [
            FaultKind::Unreachable,
            FaultKind::Lost,
            FaultKind::Throttled,
            FaultKind::Service,
            FaultKind::Ended(Ended::UserDisabled),
            FaultKind::Ended(Ended::UserGone),
            FaultKind::Wrong,
            FaultKind::LockedOut,
            FaultKind::Expired,
            FaultKind::Unsupported,
            FaultKind::Misconfigured,
            FaultKind::IdentityConflict,
            FaultKind::DeviceGone,
        ] {
            let told = account(kind).to_string();
            assert!(
                !told.contains("sign-in") && !told.contains("signed in"),
                "{told}"
            );
            assert!(!told.contains("poolkey login"), "{told}");
        }
    }

    #[test]
    fn an_account_whose_session_is_not_taken_needs_a_sign_in() {
        for kind in [FaultKind::TokenStale, FaultKind::Ended(Ended::Revoked)] {
            let remedy = account(kind).remedy;
            assert_eq!(remedy, "Sign in again: poolkey login acme");
        }
    }

    #[test]
    fn what_may_have_been_done_is_said_to_be_so() {
        assert!(
            account(FaultKind::Lost)
                .remedy
                .contains("may have been done")
        );
    }
}
