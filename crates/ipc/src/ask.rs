//! What a client may ask of the daemon.

use std::borrow::Cow;
use std::collections::BTreeMap;

use poolkey_core::console::Destination;
use poolkey_core::conversation::{Answer, Factor, Goal};
use poolkey_core::event::{ConversationId, SignOutScope};
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::secret::Secret;
use poolkey_core::session::TokenKind;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::frame::{Broken, LONGEST};
use crate::{VERSION, newer};

/// What a client may ask of the daemon. On the wire: `{"v":1,"ask":"credentials","profile":"dev"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The keys of a profile.
    Credentials {
        /// The profile.
        profile: String,
    },
    /// All that may be shown.
    Status,
    /// All that may be shown, and again at each change, until the client leaves.
    Watch,
    /// Begins a sign-in.
    SignIn {
        /// The login.
        login: String,
        /// The user name, where the person already gave it.
        username: Option<String>,
        /// Whether the person wants another account than the one that the browser is signed in to.
        another_account: bool,
    },
    /// Begins a conversation about an account.
    Account {
        /// The login.
        login: String,
        /// The user name, where the person already gave it.
        username: Option<String>,
        /// What is wanted.
        goal: Goal,
    },
    /// Answers the last question of a sign-in.
    Answer {
        /// The sign-in.
        conversation: ConversationId,
        /// The answer.
        answer: Answer,
    },
    /// Gives a sign-in up.
    Cancel {
        /// The sign-in.
        conversation: ConversationId,
    },
    /// Ends a login's session.
    SignOut {
        /// The login.
        login: String,
        /// How far.
        scope: SignOutScope,
    },
    /// Who a profile's keys are.
    WhoAmI {
        /// The profile.
        profile: String,
    },
    /// A token of a login.
    Token {
        /// The login.
        login: String,
        /// Which.
        kind: TokenKind,
    },
    /// An address that signs a browser in to the AWS console with a profile's keys.
    Console {
        /// The profile.
        profile: String,
        /// Where to.
        destination: Destination,
    },
    /// A permission to fetch a profile's keys at the container credentials endpoint.
    ///
    /// With a name it lasts until it is revoked or its time is up; the same name again gives the
    /// same grant. Without one it ends with the process that asks.
    Grant {
        /// The profile.
        profile: String,
        /// The name.
        name: Option<String>,
        /// How many seconds it lasts at most.
        seconds: Option<u32>,
    },
    /// Ends a grant.
    Revoke {
        /// Its name, or the number that the daemon gave it.
        grant: String,
    },
    /// Examines what can be seen from here of endpoints, providers and pools.
    Examine {
        /// Only what concerns this login and its profiles.
        login: Option<String>,
    },
    /// Renews a login's tokens and keys now.
    Renew {
        /// The login.
        login: String,
    },
    /// Reads the configuration again.
    Reload,
    /// Ends the daemon.
    Stop,
    /// Opens the encrypted file that serves as a vault.
    Unlock {
        /// What it is encrypted with.
        passphrase: Secret,
        /// Whether to make the file if there is none.
        create: bool,
    },
}

impl Ask {
    /// Reads a line.
    ///
    /// It is strict, and its failures never repeat what they read: that may be a password.
    ///
    /// # Errors
    ///
    /// [`Code::Protocol`](poolkey_core::failure::Code::Protocol), to be told to the client.
    pub fn parse(line: &str) -> Result<Self, Failure> {
        let mut wire: Wire<'_> = serde_json::from_str(line).map_err(|error| {
            newer(line).unwrap_or_else(|| {
                bad(format!(
                    "The request cannot be read: {} at column {}.",
                    category(&error),
                    error.column()
                ))
            })
        })?;
        if wire.v != VERSION {
            return Err(newer(line).unwrap_or_else(|| missing("v")));
        }
        let ask = match &*std::mem::take(&mut wire.ask) {
            "credentials" => Self::Credentials {
                profile: take("profile", &mut wire.profile)?,
            },
            "status" => Self::Status,
            "watch" => Self::Watch,
            "sign_in" => Self::SignIn {
                login: take("login", &mut wire.login)?,
                username: wire.username.take().map(Cow::into_owned),
                another_account: wire.another_account.take().unwrap_or_default(),
            },
            "account" => Self::Account {
                login: take("login", &mut wire.login)?,
                username: wire.username.take().map(Cow::into_owned),
                goal: wire.goal.take().ok_or_else(|| missing("goal"))?,
            },
            "answer" => Self::Answer {
                conversation: ConversationId(take("conversation", &mut wire.conversation)?),
                answer: wire.answer.take().ok_or_else(|| missing("answer"))?,
            },
            "cancel" => Self::Cancel {
                conversation: ConversationId(take("conversation", &mut wire.conversation)?),
            },
            "sign_out" => Self::SignOut {
                login: take("login", &mut wire.login)?,
                scope: wire.scope.take().unwrap_or_default(),
            },
            "who_am_i" => Self::WhoAmI {
                profile: take("profile", &mut wire.profile)?,
            },
            "token" => Self::Token {
                login: take("login", &mut wire.login)?,
                kind: wire.token.take().ok_or_else(|| missing("token"))?,
            },
            "console" => Self::Console {
                profile: take("profile", &mut wire.profile)?,
                destination: wire.destination.take().unwrap_or_default(),
            },
            "grant" => Self::Grant {
                profile: take("profile", &mut wire.profile)?,
                name: wire.grant.take().map(Cow::into_owned),
                seconds: wire.seconds.take(),
            },
            "revoke" => Self::Revoke {
                grant: take("grant", &mut wire.grant)?,
            },
            "examine" => Self::Examine {
                login: wire.login.take().map(Cow::into_owned),
            },
            "renew" => Self::Renew {
                login: take("login", &mut wire.login)?,
            },
            "reload" => Self::Reload,
            "stop" => Self::Stop,
            "unlock" => Self::Unlock {
                passphrase: wire
                    .passphrase
                    .take()
                    .ok_or_else(|| missing("passphrase"))?,
                create: wire.create.take().unwrap_or_default(),
            },
            unknown => {
                let unknown: String = unknown.chars().take(40).collect();
                return Err(bad(format!("There is no request “{unknown}”.")));
            }
        };
        if wire.is_spent() {
            Ok(ask)
        } else {
            Err(bad(
                "The request has fields that do not belong to it.".into()
            ))
        }
    }

    /// The line that asks this, newline included. It may hold a password, so it is one buffer that
    /// never moved and is zeroed in the end.
    ///
    /// # Errors
    ///
    /// The line is longer than [`LONGEST`].
    pub fn to_line(&self) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let wire = self.to_wire();
        // Each byte of a text takes at most six in JSON (`\u0000`).
        let capacity = 6 * wire.texts() + 256;
        let mut line = Zeroizing::new(Vec::with_capacity(capacity.min(8 * LONGEST)));
        if wire.texts() > LONGEST
            || serde_json::to_writer(&mut *line, &wire).is_err()
            || line.len() >= LONGEST
        {
            return Err(Broken::TooLong.into());
        }
        line.push(b'\n');
        Ok(line)
    }

    fn to_wire(&self) -> WireOut<'_> {
        let out = |ask| WireOut {
            v: VERSION,
            ask,
            ..WireOut::default()
        };
        match self {
            Self::Credentials { profile } => WireOut {
                profile: Some(profile),
                ..out("credentials")
            },
            Self::Status => out("status"),
            Self::Watch => out("watch"),
            Self::SignIn {
                login,
                username,
                another_account,
            } => WireOut {
                login: Some(login),
                username: username.as_deref(),
                another_account: another_account.then_some(true),
                ..out("sign_in")
            },
            Self::Answer {
                conversation,
                answer,
            } => WireOut {
                conversation: Some(&conversation.0),
                answer: Some(AnswerOut::of(answer)),
                ..out("answer")
            },
            Self::Account {
                login,
                username,
                goal,
            } => WireOut {
                login: Some(login),
                username: username.as_deref(),
                goal: Some(goal),
                ..out("account")
            },
            Self::Cancel { conversation } => WireOut {
                conversation: Some(&conversation.0),
                ..out("cancel")
            },
            Self::SignOut { login, scope } => WireOut {
                login: Some(login),
                scope: (*scope != SignOutScope::default()).then_some(*scope),
                ..out("sign_out")
            },
            Self::WhoAmI { profile } => WireOut {
                profile: Some(profile),
                ..out("who_am_i")
            },
            Self::Token { login, kind } => WireOut {
                login: Some(login),
                token: Some(*kind),
                ..out("token")
            },
            Self::Console {
                profile,
                destination,
            } => WireOut {
                profile: Some(profile),
                destination: Some(destination).filter(|there| **there != Destination::default()),
                ..out("console")
            },
            Self::Grant {
                profile,
                name,
                seconds,
            } => WireOut {
                profile: Some(profile),
                grant: name.as_deref(),
                seconds: *seconds,
                ..out("grant")
            },
            Self::Revoke { grant } => WireOut {
                grant: Some(grant),
                ..out("revoke")
            },
            Self::Examine { login } => WireOut {
                login: login.as_deref(),
                ..out("examine")
            },
            Self::Renew { login } => WireOut {
                login: Some(login),
                ..out("renew")
            },
            Self::Reload => out("reload"),
            Self::Stop => out("stop"),
            Self::Unlock { passphrase, create } => WireOut {
                passphrase: Some(passphrase.expose()),
                create: Some(*create),
                ..out("unlock")
            },
        }
    }
}

/// All fields of all kinds, so that a secret goes from the line straight into its [`Secret`]: an
/// enum that serde tags inside would first copy the text to where nothing zeroes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    v: u32,
    #[serde(borrow)]
    ask: Cow<'a, str>,
    #[serde(borrow)]
    profile: Option<Cow<'a, str>>,
    #[serde(borrow)]
    login: Option<Cow<'a, str>>,
    #[serde(borrow)]
    username: Option<Cow<'a, str>>,
    #[serde(borrow)]
    conversation: Option<Cow<'a, str>>,
    goal: Option<Goal>,
    answer: Option<Answer>,
    passphrase: Option<Secret>,
    create: Option<bool>,
    another_account: Option<bool>,
    scope: Option<SignOutScope>,
    token: Option<TokenKind>,
    destination: Option<Destination>,
    #[serde(borrow)]
    grant: Option<Cow<'a, str>>,
    seconds: Option<u32>,
}

impl Wire<'_> {
    fn is_spent(&self) -> bool {
        self.profile.is_none()
            && self.login.is_none()
            && self.username.is_none()
            && self.conversation.is_none()
            && self.goal.is_none()
            && self.answer.is_none()
            && self.passphrase.is_none()
            && self.create.is_none()
            && self.another_account.is_none()
            && self.scope.is_none()
            && self.token.is_none()
            && self.destination.is_none()
            && self.grant.is_none()
            && self.seconds.is_none()
    }
}

#[derive(Default, Serialize)]
struct WireOut<'a> {
    v: u32,
    ask: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<&'a Goal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passphrase: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    create: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    another_account: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<SignOutScope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<TokenKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<&'a Destination>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u32>,
}

impl WireOut<'_> {
    fn texts(&self) -> usize {
        let answer = self.answer.as_ref().map_or(0, AnswerOut::texts);
        let goal = self.goal.map_or(0, |goal| {
            serde_json::to_vec(goal).map_or(0, |line| line.len())
        });
        let there = self
            .destination
            .map(|there| [there.service.as_deref(), there.region.as_deref()]);
        let texts: usize = [
            self.profile,
            self.login,
            self.username,
            self.conversation,
            self.passphrase,
            self.grant,
        ]
        .into_iter()
        .chain(there.into_iter().flatten())
        .flatten()
        .map(str::len)
        .sum();
        texts + answer + goal
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
enum AnswerOut<'a> {
    Username(&'a str),
    Password(&'a str),
    ClientSecret(&'a str),
    Code(&'a str),
    Resend,
    Choice(Factor),
    AppSetup {
        code: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        device_name: Option<&'a str>,
    },
    NewPassword {
        password: &'a str,
        attributes: &'a BTreeMap<String, String>,
    },
    Attributes(&'a BTreeMap<String, String>),
    Custom(&'a str),
    RememberDevice(bool),
    Wait,
    Address(&'a str),
    Identity(bool),
}

impl<'a> AnswerOut<'a> {
    fn of(answer: &'a Answer) -> Self {
        match answer {
            Answer::Username(text) => Self::Username(text),
            Answer::Password(text) => Self::Password(text.expose()),
            Answer::ClientSecret(text) => Self::ClientSecret(text.expose()),
            Answer::Code(text) => Self::Code(text.expose()),
            Answer::Resend => Self::Resend,
            Answer::Choice(factor) => Self::Choice(*factor),
            Answer::AppSetup { code, device_name } => Self::AppSetup {
                code: code.expose(),
                device_name: device_name.as_deref(),
            },
            Answer::NewPassword {
                password,
                attributes,
            } => Self::NewPassword {
                password: password.expose(),
                attributes,
            },
            Answer::Attributes(attributes) => Self::Attributes(attributes),
            Answer::Custom(text) => Self::Custom(text.expose()),
            Answer::RememberDevice(remember) => Self::RememberDevice(*remember),
            Answer::Wait => Self::Wait,
            Answer::Address(text) => Self::Address(text.expose()),
            Answer::Identity(right) => Self::Identity(*right),
        }
    }

    /// How long its texts are, with room for what stands around each.
    fn texts(&self) -> usize {
        let all = |attributes: &BTreeMap<String, String>| {
            attributes
                .iter()
                .map(|(name, value)| name.len() + value.len() + 8)
                .sum()
        };
        match self {
            Self::Username(text)
            | Self::Password(text)
            | Self::ClientSecret(text)
            | Self::Code(text)
            | Self::Address(text)
            | Self::Custom(text) => text.len(),
            Self::Resend
            | Self::Choice(_)
            | Self::RememberDevice(_)
            | Self::Wait
            | Self::Identity(_) => 0,
            Self::AppSetup { code, device_name } => code.len() + device_name.map_or(0, str::len),
            Self::NewPassword {
                password,
                attributes,
            } => password.len() + all(attributes),
            Self::Attributes(attributes) => all(attributes),
        }
    }
}

fn take(name: &str, field: &mut Option<Cow<'_, str>>) -> Result<String, Failure> {
    match field.take() {
        Some(text) => Ok(text.into_owned()),
        None => Err(missing(name)),
    }
}

fn missing(name: &str) -> Failure {
    bad(format!("The request lacks “{name}”."))
}

fn bad(text: String) -> Failure {
    Trouble::Protocol(text).into()
}

/// serde_json's own sentence would quote the value that it did not expect.
fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Io => "it cannot be had",
        serde_json::error::Category::Syntax => "it is no JSON",
        serde_json::error::Category::Data => "a field is missing, unknown or of another kind",
        serde_json::error::Category::Eof => "it ends too early",
    }
}

#[cfg(test)]
mod tests;
