//! The one table of failures: each is a code, a sentence and a remedy.

mod refusal;
mod token;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::conversation::Goal;
use crate::fault::FaultKind;
use crate::name::{LoginName, ProfileName};

use refusal::{asked_again, cannot_do, cannot_sign_in};
use token::no_token;

pub use token::NoToken;

/// What people and programs are told of a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Failure {
    /// What a program decides by.
    pub code: Code,
    /// What happened, in one sentence.
    pub sentence: String,
    /// What to do about it, in one sentence.
    pub remedy: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sentence, self.remedy)
    }
}

/// What a program decides by. A code exists only if some caller does something else because of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The login has no session: a person must sign in.
    SignedOut,
    /// The login's session is over: a person must sign in again.
    NeedsSignIn,
    /// There is no such profile.
    UnknownProfile,
    /// There is no such login.
    UnknownLogin,
    /// The configuration cannot be read.
    Config,
    /// A file of `~/.aws` cannot be written, or is not Poolkey's to write.
    File,
    /// The keychain is locked or busy.
    VaultLocked,
    /// There is no keychain, or it failed.
    Vault,
    /// The network or the service cannot be reached.
    Offline,
    /// The service failed or asked for patience.
    Service,
    /// Pool, client or role are not set up for what is asked.
    Misconfigured,
    /// What the person typed was not right.
    Wrong,
    /// The sign-in is over or was never begun.
    NoConversation,
    /// The peer may not ask.
    Denied,
    /// The message could not be understood.
    Protocol,
    /// The daemon cannot take more just now, or is stopping.
    Busy,
    /// The daemon is not there and could not be started.
    NoDaemon,
    /// A code of a newer version.
    #[serde(other)]
    Other,
}

impl Code {
    /// The exit code of a command that fails with this code, after BSD's `sysexits.h` where one
    /// fits.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::SignedOut | Self::NeedsSignIn => 10,
            Self::UnknownProfile | Self::UnknownLogin => 11,
            Self::VaultLocked | Self::Vault => 12,
            Self::Offline => 13,
            Self::Service => 14,
            Self::Misconfigured => 15,
            Self::Wrong | Self::NoConversation => 16,
            Self::NoDaemon => 69,
            Self::File => 73,
            Self::Other => 70,
            Self::Busy => 75,
            Self::Protocol => 76,
            Self::Denied => 77,
            Self::Config => 78,
        }
    }
}

/// Why a session is over: the closed list of definitive answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The refresh token's life ended.
    Expired,
    /// Somebody signed this session out.
    Revoked,
    /// The refresh token was used elsewhere after its rotation.
    Reused,
    /// The pool does not take the refresh token.
    Refused,
    /// The user no longer exists.
    UserGone,
    /// The user is disabled.
    UserDisabled,
    /// An administrator demands a new password.
    PasswordReset,
    /// The account is not confirmed.
    Unconfirmed,
    /// The login points at another pool or client than the stored session came from.
    Moved,
    /// The ID token's life ended, and the provider gave no refresh token.
    NoRefreshToken,
    /// What came in place of the session's tokens is of another user.
    UserChanged,
}

impl Ended {
    /// The reason as the rest of the sentence “Sign-in to … has ended: …”.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Expired => "the session reached its end",
            Self::Revoked => "the session was signed out",
            Self::Reused => "its refresh token was used a second time after rotation",
            Self::Refused => "the user pool does not accept its refresh token",
            Self::UserGone => "the user no longer exists",
            Self::UserDisabled => "the user is disabled",
            Self::PasswordReset => "an administrator asks for a new password",
            Self::Unconfirmed => "the account is not confirmed",
            Self::Moved => "the login now names another user pool or app client",
            Self::NoRefreshToken => "the provider gave no refresh token to go on with",
            Self::UserChanged => "the new tokens are of another user",
        }
    }
}

/// Everything that can go wrong, with what the sentence needs to name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody is signed in.
    SignedOut(LoginName),
    /// The session is over.
    NeedsSignIn(LoginName, Ended),
    /// No such profile.
    UnknownProfile(String),
    /// No such login.
    UnknownLogin(String),
    /// The profile names a login that does not exist: only after a broken edit.
    Config(String),
    /// The keys cannot be written into the files of `~/.aws` under this name.
    NotWritten(ProfileName, String),
    /// The keychain waits to be unlocked.
    VaultLocked(String),
    /// No keychain.
    VaultAbsent(String),
    /// The keychain failed.
    VaultFailed(String),
    /// The configuration names another vault than the one in use.
    VaultMoved,
    /// No connection; the next attempt is so far away.
    Offline(String, Duration),
    /// The service failed; the next attempt is so far away.
    Service(String, Duration),
    /// No answer within the time that a tool is made to wait.
    Slow(LoginName),
    /// The service says that something is not set up.
    Misconfigured(String),
    /// The profile's keys cannot be had as things are set up.
    ProfileMisconfigured(ProfileName, String),
    /// A sign-in was refused.
    CannotSignIn(LoginName, FaultKind, String),
    /// What was asked for an account was refused.
    CannotDo(LoginName, Goal, FaultKind, String),
    /// An answer came to nothing, and the person is asked again.
    AskedAgain(LoginName, Goal, FaultKind, String),
    /// The user pool could not be told that the session is over.
    NotRevoked(String),
    /// The same, and it is tried again.
    NotYetRevoked(LoginName, String),
    /// The user's other sessions could not be ended.
    NotEverywhere(String),
    /// The user pool could not be told to forget this device.
    NotForgotten(String),
    /// Somebody signed in who was not meant.
    NotMeant(LoginName, String, AnotherWay),
    /// Guests are nobody.
    GuestSignIn,
    /// There is no token of the kind that was asked for.
    NoToken(LoginName, NoToken),
    /// The AWS console is not opened with the profile's keys.
    NoConsole(ProfileName, String),
    /// The program that supplies a login's tokens failed, and how it is run; the next attempt is so
    /// far away.
    Program(String, String, Duration),
    /// No conversation by this number is under way.
    NoConversation,
    /// Another conversation about this login took its place.
    Superseded(LoginName),
    /// The peer is not the user that the daemon serves.
    Denied,
    /// The message could not be understood.
    Protocol(String),
    /// More requests than the daemon takes at once.
    Busy,
    /// The daemon is stopping.
    Stopping,
    /// The daemon cannot be reached nor started.
    NoDaemon(String),
}

/// How somebody else signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnotherWay {
    /// With another name.
    Name,
    /// Where the browser forgets who it knows.
    Browser,
    /// Where the program has another account.
    Program,
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        let (code, sentence, remedy) = trouble.tell();
        Self {
            code,
            sentence: one_line(&sentence),
            remedy: one_line(&remedy),
        }
    }
}

impl Trouble {
    fn tell(self) -> (Code, String, String) {
        match self {
            Self::SignedOut(login) => (
                Code::SignedOut,
                format!("Nobody is signed in to “{login}”."),
                format!("Run: poolkey login {login}"),
            ),
            Self::NeedsSignIn(login, ended) => (
                Code::NeedsSignIn,
                format!("Sign-in to “{login}” has ended: {}.", ended.reason()),
                sign_in_again(&login, ended),
            ),
            Self::UnknownProfile(name) => (
                Code::UnknownProfile,
                format!("There is no profile “{name}”."),
                "Run “poolkey profile list” to see them, or “poolkey profile add”.".into(),
            ),
            Self::UnknownLogin(name) => (
                Code::UnknownLogin,
                format!("There is no login “{name}”."),
                format!("Add it: poolkey login {name} --user-pool-id POOL --client-id CLIENT"),
            ),
            Self::Config(text) => (
                Code::Config,
                text,
                "Mend the file; it is read again as soon as it is saved.".into(),
            ),
            Self::NotWritten(target, text) => (
                Code::File,
                format!(
                    "The keys are not written as “{target}”: {}.",
                    text.trim_end_matches('.')
                ),
                "Put that right, and Poolkey writes them by itself; tools that use \
                 credential_process need no keys in files."
                    .into(),
            ),
            Self::VaultLocked(text) => (
                Code::VaultLocked,
                sentence(&text),
                "Poolkey goes on by itself once it is open.".into(),
            ),
            Self::VaultAbsent(text) => (
                Code::Vault,
                sentence(&text),
                "Poolkey goes on by itself once there is one; another vault is chosen by \
                 vault = \"file\" under [settings] in profiles.toml."
                    .into(),
            ),
            Self::VaultFailed(text) => (
                Code::Vault,
                sentence(&text),
                "Make room or mend the keychain; Poolkey tries again by itself.".into(),
            ),
            Self::VaultMoved => (
                Code::Vault,
                "profiles.toml names another vault than the one in use.".into(),
                "Run “poolkey daemon restart”, then sign in again; sign out first to leave \
                 nothing in the old one."
                    .into(),
            ),
            Self::Offline(text, wait) => (Code::Offline, text, again(wait)),
            Self::Service(text, wait) => (Code::Service, text, again(wait)),
            Self::Slow(login) => (
                Code::Service,
                format!("Cognito has not answered for “{login}” in time."),
                "Poolkey goes on trying; run the command again.".into(),
            ),
            Self::Misconfigured(text) => (
                Code::Misconfigured,
                text,
                "Check the login in profiles.toml, or ask the user pool's administrator.".into(),
            ),
            Self::ProfileMisconfigured(profile, text) => (
                Code::Misconfigured,
                format!("No keys for profile “{profile}”: {text}"),
                "Check the profile's identity pool and role, or ask their administrator.".into(),
            ),
            Self::CannotSignIn(login, kind, text) => cannot_sign_in(&login, kind, text),
            Self::CannotDo(login, goal, kind, text) => cannot_do(&login, &goal, kind, text),
            Self::AskedAgain(login, goal, kind, text) => asked_again(&login, &goal, kind, text),
            Self::NotRevoked(text) => (
                Code::Service,
                format!("The session could not be revoked: {text}"),
                "This machine has nothing of it any more; at its provider it lives to its end."
                    .into(),
            ),
            Self::NotYetRevoked(login, text) => (
                Code::Service,
                format!("The session could not be revoked yet: {text}"),
                format!(
                    "Poolkey keeps its token in memory and tries again until it is done; to have \
                     nothing kept: poolkey logout {login} --local"
                ),
            ),
            Self::NotEverywhere(text) => (
                Code::Service,
                format!("The user's other sessions could not be ended: {text}"),
                "They live on where they are; sign in, then sign out everywhere again.".into(),
            ),
            Self::NotMeant(login, user, way) => (
                Code::Wrong,
                format!("Nobody was signed in to “{login}”: “{user}” is not who was meant."),
                match way {
                    AnotherWay::Name => {
                        format!("Sign in with another name: poolkey login {login} --username NAME")
                    }
                    AnotherWay::Browser => format!(
                        "Sign in with another account: poolkey login {login} --another-account"
                    ),
                    AnotherWay::Program => {
                        format!("Have the program use another account, then: poolkey login {login}")
                    }
                },
            ),
            Self::GuestSignIn => (
                Code::Misconfigured,
                "Guests need no sign-in.".into(),
                "Ask for the keys of a profile without a login.".into(),
            ),
            Self::NoToken(login, why) => no_token(&login, why),
            Self::NoConsole(profile, text) => (
                Code::Misconfigured,
                format!("The console does not open for profile “{profile}”: {text}"),
                "Check the profile's role, or ask its administrator; its keys are not in doubt."
                    .into(),
            ),
            Self::Program(text, command, wait) => (
                Code::Service,
                text,
                match wait.as_secs() {
                    0 => format!("Run it yourself to see why: {command}"),
                    _ => format!("Run it yourself to see why: {command} – {}", again(wait)),
                },
            ),
            Self::NotForgotten(text) => (
                Code::Service,
                format!("The user pool could not be told to forget this device: {text}"),
                "What this machine knew of it is gone; after the next sign-in “poolkey account \
                 devices list” shows what the pool still has."
                    .into(),
            ),
            Self::NoConversation => (
                Code::NoConversation,
                "No sign-in or other conversation by this number is under way.".into(),
                "Run the command again.".into(),
            ),
            Self::Superseded(login) => (
                Code::NoConversation,
                format!("Something else was begun for “{login}”, or it was signed out."),
                "Go on there.".into(),
            ),
            Self::Denied => (
                Code::Denied,
                "This daemon serves another user.".into(),
                "Run the command as the user who signed in.".into(),
            ),
            Self::Protocol(text) => (
                Code::Protocol,
                text,
                "Client and daemon may be of different versions; run: poolkey daemon restart"
                    .into(),
            ),
            Self::Busy => (
                Code::Busy,
                "More requests are waiting than the daemon takes at once.".into(),
                "Run the command again in a moment.".into(),
            ),
            Self::Stopping => (
                Code::Busy,
                "The daemon is stopping.".into(),
                "Run the command again in a moment.".into(),
            ),
            Self::NoDaemon(text) => (
                Code::NoDaemon,
                text,
                "Run “poolkey daemon start” to see why.".into(),
            ),
        }
    }
}

/// The command, and what would have spared it.
fn sign_in_again(login: &LoginName, ended: Ended) -> String {
    let command = format!("Run: poolkey login {login}");
    match ended {
        Ended::NoRefreshToken => {
            format!(
                "{command} (with the scope offline_access, most providers give a longer session)"
            )
        }
        Ended::Expired
        | Ended::Revoked
        | Ended::Reused
        | Ended::Refused
        | Ended::UserGone
        | Ended::UserDisabled
        | Ended::PasswordReset
        | Ended::Unconfirmed
        | Ended::Moved
        | Ended::UserChanged => command,
    }
}

fn again(wait: Duration) -> String {
    match wait.as_secs() {
        0 => "Poolkey tries again at once; run the command again.".into(),
        1 => "Poolkey tries again in 1 second.".into(),
        secs => format!("Poolkey tries again in {secs} seconds."),
    }
}

/// A cause as a sentence of its own.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    let mut sentence: String = first.into_iter().flatten().chain(chars).collect();
    if !sentence.ends_with(['.', '!', '?', '…']) {
        sentence.push('.');
    }
    sentence
}

/// Failures are shown as one line, so text from outside must not bring lines or controls of its
/// own, nor be longer than a person reads.
fn one_line(text: &str) -> String {
    let mut chars = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut line: String = chars.by_ref().take(LONGEST - 1).collect();
    if chars.next().is_some() {
        line.push('…');
    }
    line
}

const LONGEST: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line_whatever_came_from_outside() {
        let failure = Failure::from(Trouble::Misconfigured(format!(
            "a\nb\u{1b}[31m{}",
            "x".repeat(1000)
        )));
        assert!(failure.sentence.starts_with("a b [31mx"));
        assert_eq!(failure.sentence.chars().count(), LONGEST);
        assert!(!failure.to_string().contains('\n'));
    }

    #[test]
    fn a_cause_becomes_a_sentence() {
        for (cause, told) in [
            ("the keychain is locked", "The keychain is locked."),
            ("The disk is full.", "The disk is full."),
            ("", "."),
        ] {
            let failure = Failure::from(Trouble::VaultFailed(cause.into()));
            assert_eq!(failure.sentence, told);
        }
    }

    #[test]
    fn codes_of_newer_versions_are_tolerated() {
        let failure: Failure =
            serde_json::from_str(r#"{"code":"sunspots","sentence":"s","remedy":"r"}"#).unwrap();
        assert_eq!(failure.code, Code::Other);
    }

    #[test]
    fn the_remedy_of_an_ended_session_is_a_command() {
        let failure = Failure::from(Trouble::NeedsSignIn(
            "acme".parse().unwrap(),
            Ended::Revoked,
        ));
        assert_eq!(failure.code, Code::NeedsSignIn);
        assert_eq!(
            failure.to_string(),
            "Sign-in to “acme” has ended: the session was signed out. Run: poolkey login acme"
        );
    }
}
