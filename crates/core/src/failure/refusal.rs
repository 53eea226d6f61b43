//! What people are told when a user pool refuses them: the remedy leads to the next step.

use crate::conversation::{Factor, Goal};
use crate::failure::{Code, Ended};
use crate::fault::FaultKind;
use crate::name::LoginName;

/// An answer came to nothing, and the person is asked again: there is no command to run.
pub(super) fn asked_again(
    login: &LoginName,
    goal: &Goal,
    kind: FaultKind,
    text: String,
) -> (Code, String, String) {
    let signs_in = matches!(goal, Goal::SignIn);
    match kind {
        FaultKind::Wrong => (Code::Wrong, text, "Try again.".into()),
        FaultKind::Expired if signs_in => (
            Code::NoConversation,
            too_long(login),
            "It begins again.".into(),
        ),
        FaultKind::Unreachable | FaultKind::Lost => (
            Code::Offline,
            text,
            "Check the network, then answer again.".into(),
        ),
        FaultKind::Throttled | FaultKind::Service => (
            Code::Service,
            text,
            "Wait a minute, then answer again.".into(),
        ),
        FaultKind::LockedOut
        | FaultKind::Unsupported
        | FaultKind::Ended(_)
        | FaultKind::Misconfigured
        | FaultKind::TokenStale
        | FaultKind::IdentityConflict
        | FaultKind::DeviceGone
            if signs_in =>
        {
            cannot_sign_in(login, kind, text)
        }
        FaultKind::LockedOut
        | FaultKind::Expired
        | FaultKind::Unsupported
        | FaultKind::Ended(_)
        | FaultKind::Misconfigured
        | FaultKind::TokenStale
        | FaultKind::IdentityConflict
        | FaultKind::DeviceGone => cannot_do(login, goal, kind, text),
    }
}

/// A sign-in was refused.
pub(super) fn cannot_sign_in(
    login: &LoginName,
    kind: FaultKind,
    text: String,
) -> (Code, String, String) {
    let again = format!("begin again: poolkey login {login}");
    match kind {
        FaultKind::Wrong => (
            Code::Wrong,
            text,
            format!("Begin again: poolkey login {login}"),
        ),
        FaultKind::LockedOut => (Code::Wrong, text, wait_or_reset(login)),
        FaultKind::Expired => (
            Code::NoConversation,
            too_long(login),
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
    goal: &Goal,
    kind: FaultKind,
    text: String,
) -> (Code, String, String) {
    match kind {
        FaultKind::Wrong => (Code::Wrong, text, before(login, goal)),
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

/// What has to be done before what was asked for, where the refusal can have one reason only; for
/// all else the pool's own words tell it.
fn before(login: &LoginName, goal: &Goal) -> String {
    match goal {
        Goal::SetFactor { factor, .. } => match factor {
            Factor::App => format!("Run: poolkey account mfa set-up {login}"),
            Factor::Email => format!("Run: poolkey account verify-attribute {login} email"),
            Factor::Sms => format!("Run: poolkey account verify-attribute {login} phone_number"),
            Factor::Password | Factor::Passkey => NOTHING.into(),
        },
        Goal::SignIn
        | Goal::SignUp { .. }
        | Goal::Confirm
        | Goal::ConfirmAsAdmin
        | Goal::ResendCode
        | Goal::ForgotPassword
        | Goal::ResetPassword
        | Goal::ChangePassword
        | Goal::Show
        | Goal::SetUpApp
        | Goal::ListDevices
        | Goal::ForgetDevice { .. }
        | Goal::VerifyAttribute { .. } => NOTHING.into(),
    }
}

/// What a person can do about an account that is not let in.
fn next_step(login: &LoginName, ended: Ended) -> String {
    match ended {
        Ended::Unconfirmed => format!("Confirm it: poolkey account confirm {login}"),
        Ended::PasswordReset => format!("Choose one: poolkey account forgot-password {login}"),
        Ended::UserDisabled => "Ask the user pool's administrator.".into(),
        Ended::UserGone => "Check the user name, or ask the user pool's administrator.".into(),
        Ended::Expired
        | Ended::Revoked
        | Ended::Reused
        | Ended::Refused
        | Ended::Moved
        | Ended::NoRefreshToken
        | Ended::UserChanged => {
            format!("Sign in again: poolkey login {login}")
        }
    }
}

fn too_long(login: &LoginName) -> String {
    format!("The sign-in to “{login}” took too long.")
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

const NOTHING: &str = "Nothing was changed.";

const NEWER: &str = "Ask the user pool's administrator, or look for a newer Poolkey.";

#[cfg(test)]
mod tests {
    use crate::conversation::{Factor, FactorState, Goal};
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
        refused(Goal::Show, kind)
    }

    fn refused(goal: Goal, kind: FaultKind) -> Failure {
        Trouble::CannotDo(acme(), goal, kind, "It was no good.".into()).into()
    }

    fn again(kind: FaultKind) -> Failure {
        asked(Goal::SignIn, kind)
    }

    fn asked(goal: Goal, kind: FaultKind) -> Failure {
        Trouble::AskedAgain(acme(), goal, kind, "It was no good.".into()).into()
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

    /// Somebody who sees a question is not told to run a command in its place.
    #[test]
    fn who_is_asked_again_is_told_to_answer() {
        for (kind, code, remedy) in [
            (FaultKind::Wrong, Code::Wrong, "Try again."),
            (FaultKind::Expired, Code::NoConversation, "It begins again."),
            (
                FaultKind::Unreachable,
                Code::Offline,
                "Check the network, then answer again.",
            ),
            (
                FaultKind::Lost,
                Code::Offline,
                "Check the network, then answer again.",
            ),
            (
                FaultKind::Throttled,
                Code::Service,
                "Wait a minute, then answer again.",
            ),
            (
                FaultKind::Service,
                Code::Service,
                "Wait a minute, then answer again.",
            ),
        ] {
            let told = again(kind);
            assert_eq!((told.code, told.remedy.as_str()), (code, remedy));
        }
        assert_eq!(
            again(FaultKind::Expired).sentence,
            "The sign-in to “acme” took too long."
        );
        for kind in [FaultKind::LockedOut, FaultKind::Misconfigured] {
            assert_eq!(again(kind), sign_in(kind));
        }
        for kind in [
            FaultKind::LockedOut,
            FaultKind::Expired,
            FaultKind::DeviceGone,
        ] {
            assert_eq!(asked(Goal::Show, kind), account(kind));
        }
    }

    /// And somebody whom nothing asks any more is not told to try again.
    #[test]
    fn a_factor_that_is_not_ready_names_what_makes_it_so() {
        for (factor, remedy) in [
            (Factor::App, "Run: poolkey account mfa set-up acme"),
            (
                Factor::Email,
                "Run: poolkey account verify-attribute acme email",
            ),
            (
                Factor::Sms,
                "Run: poolkey account verify-attribute acme phone_number",
            ),
        ] {
            let goal = Goal::SetFactor {
                factor,
                state: FactorState::On,
            };
            assert_eq!(refused(goal, FaultKind::Wrong).remedy, remedy);
        }
        assert_eq!(account(FaultKind::Wrong).remedy, "Nothing was changed.");
        assert_eq!(
            sign_in(FaultKind::Wrong).remedy,
            "Begin again: poolkey login acme"
        );
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
