//! What happens to the agent, and what it wants done: plain data, fit for a log and a replay.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::{AwsFiles, Config, ConfigError, LoginSpec, ProfileSpec};
use crate::console::{ConsoleLink, ConsoleSession, Destination};
use crate::conversation::{Answer, Goal, Outcome, Question, Step, Thread};
use crate::failure::Failure;
use crate::fault::{Fault, VaultFault};
use crate::name::{LoginName, ProfileName};
use crate::secret::Secret;
use crate::session::{Fetched, IssuedToken, Keys, Proof, Stored, TokenKind, Tokens, User};
use crate::time::UnixTime;

/// One who waits for an answer. The daemon gives each request a number that it never uses again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// The number of a sign-in under way. Whoever knows it may answer its questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct ConversationId(pub String);

/// What somebody asks of the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The keys of a profile, by whatever name the caller gave.
    Credentials {
        /// The profile.
        profile: String,
        /// How long whoever asks can wait for keys that are being renewed.
        patience: Duration,
    },
    /// Begins a sign-in. One to the same login that is still under way ends.
    SignIn {
        /// The login.
        login: String,
        /// The user name, where the person already gave it.
        username: Option<String>,
        /// Whether the person wants another account than the one that the browser is signed in to.
        another_account: bool,
    },
    /// Begins a conversation about an account. It takes the place of a sign-in to the same login.
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
    /// A token of a login, for what takes tokens itself.
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
    /// Renews a login's tokens and keys now, whatever was waited for.
    Renew {
        /// The login.
        login: String,
    },
}

/// What a request is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The finished `credential_process` document.
    Document(Secret),
    /// The sign-in goes on.
    Question {
        /// The sign-in.
        conversation: ConversationId,
        /// What to ask.
        question: Question,
        /// What was wrong with the last answer.
        problem: Option<Failure>,
    },
    /// The person is signed in, and the vault keeps the session.
    SignedIn {
        /// Who signed in.
        user: User,
    },
    /// The session is over, and the vault keeps nothing of it.
    SignedOut(SignedOut),
    /// What a conversation about an account came to.
    Outcome(Outcome),
    /// Who a profile's keys are.
    WhoAmI(Box<WhoAmI>),
    /// A token of a login.
    Token(Box<IssuedToken>),
    /// An address that signs a browser in to the AWS console.
    Console(Box<ConsoleLink>),
    /// It was done, and there is nothing to tell.
    Done,
    /// It was not done.
    Failed(Failure),
}

/// What a sign-out came to, step by step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct SignedOut {
    /// Whether there was a session at all.
    pub had_session: bool,
    /// Why the user pool could not be told to revoke the refresh token, where it could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_revoked: Option<Failure>,
    /// Why the user pool could not be told to forget this device, where it could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_forgotten: Option<Failure>,
    /// Why the user's other sessions could not be ended, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_everywhere: Option<Failure>,
    /// Whether what could not be revoked is tried again, with a token that is in memory alone, until
    /// it is done or the session has ended by itself.
    #[serde(default)]
    pub retrying: bool,
    /// Where a browser goes that shall be signed out, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logout_url: Option<String>,
    /// Until when keys that were already handed out go on working: AWS cannot take them back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_live_until: Option<UnixTime>,
}

/// How far a sign-out goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SignOutScope {
    /// This session, which the provider revokes.
    #[default]
    Session,
    /// All sessions of the user, on whatever machine (`GlobalSignOut`).
    Everywhere,
    /// What this machine holds, and nothing is told to the provider: the session lives on there.
    Local,
}

/// Who a profile's keys are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct WhoAmI {
    /// The profile.
    pub profile: ProfileName,
    /// The login; none for guests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LoginName>,
    /// Who is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// The identity id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_id: Option<String>,
    /// What AWS says (`GetCallerIdentity`), and what the ID token does.
    #[serde(flatten)]
    pub identified: Identified,
    /// Until when the keys work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_expire: Option<UnixTime>,
}

/// What AWS says of keys (`GetCallerIdentity`), and what an ID token does of its user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Identified {
    /// `arn:aws:sts::123456789012:assumed-role/ROLE/SESSION`
    pub arn: String,
    /// The AWS account.
    pub account: String,
    /// `UserId`
    pub user_id: String,
    /// The claims of the ID token; none for guests.
    #[serde(default)]
    #[cfg_attr(feature = "ts", ts(type = "Record<string, unknown>"))]
    pub claims: BTreeMap<String, serde_json::Value>,
}

/// What happens to the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there are a few at a time, and they are moved once"
)]
pub enum Event {
    /// The configuration was read.
    Configured(Config),
    /// The configuration was changed and cannot be read: the last good one stays.
    Misread(ConfigError),
    /// Somebody asks.
    Asked {
        /// Who waits.
        ticket: Ticket,
        /// For what.
        request: Request,
    },
    /// Somebody no longer waits.
    Left {
        /// Who.
        ticket: Ticket,
    },
    /// The vault gave a login's record.
    Recalled {
        /// The login.
        login: LoginName,
        /// The record, `None` where the vault surely has none.
        result: Result<Option<Secret>, VaultFault>,
    },
    /// The vault was tried.
    Probed {
        /// The login that wants to write soon.
        login: LoginName,
        /// Whether a write succeeds.
        result: Result<(), VaultFault>,
    },
    /// The vault kept a login's record, or erased it where it was empty.
    Kept {
        /// The login.
        login: LoginName,
        /// Whether it is durable.
        result: Result<(), VaultFault>,
    },
    /// A refresh came to its end.
    Refreshed {
        /// The login.
        login: LoginName,
        /// The new tokens.
        result: Result<Box<Tokens>, Fault>,
    },
    /// A revocation came to its end.
    Revoked {
        /// The login.
        login: LoginName,
        /// What came of it.
        parting: Parting,
    },
    /// A step of a sign-in came to its end.
    Conversed {
        /// The login.
        login: LoginName,
        /// The sign-in.
        conversation: ConversationId,
        /// What it led to.
        result: Result<Step, Fault>,
    },
    /// An identity pool answered.
    Fetched {
        /// The profile.
        profile: ProfileName,
        /// The keys.
        result: Result<Box<Fetched>, Fault>,
    },
    /// AWS said who keys are.
    Identified {
        /// Who asked.
        ticket: Ticket,
        /// What it said.
        result: Result<Box<Identified>, Fault>,
    },
    /// AWS's federation endpoint answered.
    ConsoleOpened {
        /// Who asked.
        ticket: Ticket,
        /// What it gave.
        result: Result<Box<ConsoleSession>, Fault>,
    },
    /// The files of `~/.aws` were looked through for what an earlier daemon left.
    Scrubbed {
        /// Whether nothing is left, or what stands in the way.
        result: Result<(), String>,
    },
    /// Keys were written into the files of `~/.aws`, or removed.
    Wrote {
        /// The profile of those files.
        target: ProfileName,
        /// Whether they are as they should be, or what stands in the way.
        result: Result<(), String>,
    },
    /// The machine woke up or came back to a network.
    Woke,
    /// The daemon is about to stop: nothing new begins.
    Stopping,
    /// The moment that [`crate::agent::Agent::wake_at`] named has come.
    Tick,
}

/// What the agent wants done. Effects of one [`Lane`] are done one after another, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there are a few at a time, and they are moved once"
)]
pub enum Effect {
    /// Answer one who waits.
    Answer {
        /// Who waits.
        ticket: Ticket,
        /// The answer.
        reply: Reply,
    },
    /// Read a login's record. Leads to [`Event::Recalled`].
    Recall {
        /// The login.
        login: LoginName,
    },
    /// Find out whether the vault can be written. Leads to [`Event::Probed`].
    Probe {
        /// The login.
        login: LoginName,
    },
    /// Keep a login's record, or erase it where it is empty. Leads to [`Event::Kept`].
    Keep {
        /// The login.
        login: LoginName,
        /// The record.
        stored: Box<Stored>,
    },
    /// Turn a refresh token into tokens. Leads to [`Event::Refreshed`].
    Refresh {
        /// The login.
        login: LoginName,
        /// Where to.
        spec: LoginSpec,
        /// The refresh token; none where a program supplies ID tokens.
        refresh_token: Option<Secret>,
        /// The app client's secret.
        client_secret: Option<Secret>,
        /// The remembered device.
        device_key: Option<String>,
    },
    /// Revoke a refresh token, and what else belongs to a sign-out. Leads to [`Event::Revoked`].
    Revoke {
        /// The login.
        login: LoginName,
        /// Where to.
        spec: LoginSpec,
        /// The refresh token, where the provider gave one.
        refresh_token: Option<Secret>,
        /// The app client's secret.
        client_secret: Option<Secret>,
        /// What else belongs to it.
        farewell: Farewell,
    },
    /// Take the next step of a sign-in. Leads to [`Event::Conversed`].
    Converse {
        /// The login.
        login: LoginName,
        /// Where to.
        spec: LoginSpec,
        /// The sign-in.
        conversation: ConversationId,
        /// Where it stands.
        thread: Thread,
        /// What the person answered; `None` at the start.
        answer: Option<Answer>,
    },
    /// Wait no longer for a browser. Nothing comes of it.
    Dismiss {
        /// The login.
        login: LoginName,
        /// The `state` that it was sent with: what waits for another stays.
        state: Secret,
    },
    /// Turn an ID token into keys. Leads to [`Event::Fetched`].
    Fetch {
        /// The profile.
        profile: ProfileName,
        /// Where to.
        spec: ProfileSpec,
        /// What keys are given for.
        proof: Proof,
        /// The identity id, where it is known.
        identity: Option<String>,
        /// Who is signed in, for the name of a role's session.
        user: Option<User>,
    },
    /// Ask AWS who keys are. Leads to [`Event::Identified`].
    Identify {
        /// Who asks.
        ticket: Ticket,
        /// The profile.
        profile: ProfileName,
        /// Where to.
        spec: ProfileSpec,
        /// Its keys.
        keys: Keys,
        /// The ID token that they were given for.
        id_token: Option<Secret>,
    },
    /// Have AWS's federation endpoint make an address for keys. Leads to [`Event::ConsoleOpened`].
    OpenConsole {
        /// Who asks.
        ticket: Ticket,
        /// The profile.
        profile: ProfileName,
        /// Where to.
        spec: ProfileSpec,
        /// Its keys.
        keys: Keys,
        /// Where in the console.
        destination: Destination,
    },
    /// Remove from the files of `~/.aws` what an earlier daemon left. Leads to [`Event::Scrubbed`].
    ScrubFiles {
        /// Where they are.
        files: AwsFiles,
    },
    /// Put keys into the files of `~/.aws`, or remove them. Leads to [`Event::Wrote`].
    WriteKeys {
        /// The profile of those files.
        target: ProfileName,
        /// Where they are.
        files: AwsFiles,
        /// The keys; `None` to remove what stands there.
        keys: Option<Box<WrittenKeys>>,
    },
}

/// Keys as they stand in the files of `~/.aws`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenKeys {
    /// Whose they are.
    pub profile: ProfileName,
    /// The keys.
    pub keys: Keys,
    /// When tools are told that they end.
    pub expires: UnixTime,
    /// `region`, where it is to be written, too.
    pub region: Option<String>,
    /// `output`, where it is to be written, too.
    pub output: Option<String>,
}

/// What belongs to a sign-out beside the refresh token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Farewell {
    /// The device that the pool shall forget, by its key, which goes with the session's refresh too.
    pub forget: Option<String>,
    /// Whether all sessions of the user shall end.
    pub everywhere: bool,
    /// An access token that should still work, where there is one.
    pub access_token: Option<Secret>,
}

/// What came of the end of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// Whether the refresh token is of no more use.
    pub revoked: Result<(), Fault>,
    /// Whether the pool does not know the device any more; `Ok` where none was to be forgotten.
    pub forgotten: Result<(), Fault>,
    /// Whether all sessions of the user have ended; `Ok` where that was not asked for.
    pub everywhere: Result<(), Fault>,
    /// The refresh token that a rotation on the way brought in place of the one that was sent.
    pub rotated: Option<Secret>,
    /// Where a browser goes that shall be signed out, too.
    pub logout_url: Option<String>,
}

impl Parting {
    /// A parting that one fault kept from being at all.
    pub fn failed(fault: &Fault, farewell: &Farewell) -> Self {
        let asked = |asked: bool| if asked { Err(fault.clone()) } else { Ok(()) };
        Self {
            revoked: Err(fault.clone()),
            forgotten: asked(farewell.forget.is_some()),
            everywhere: asked(farewell.everywhere),
            rotated: None,
            logout_url: None,
        }
    }
}

/// What an effect must not overtake, nor be overtaken by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// A login's tokens and its record in the vault.
    Login(LoginName),
    /// A login's sign-in: a person is waiting, so it does not queue behind a refresh.
    SignIn(LoginName),
    /// A profile's keys.
    Profile(ProfileName),
    /// The files of `~/.aws`.
    Files,
}

impl Effect {
    /// The lane that the effect belongs to; what belongs to none is done at once.
    pub fn lane(&self) -> Option<Lane> {
        match self {
            Self::Answer { .. } | Self::Dismiss { .. } => None,
            Self::Recall { login }
            | Self::Probe { login }
            | Self::Keep { login, .. }
            | Self::Refresh { login, .. }
            | Self::Revoke { login, .. } => Some(Lane::Login(login.clone())),
            Self::Converse { login, .. } => Some(Lane::SignIn(login.clone())),
            Self::ScrubFiles { .. } | Self::WriteKeys { .. } => Some(Lane::Files),
            Self::Fetch { profile, .. }
            | Self::Identify { profile, .. }
            | Self::OpenConsole { profile, .. } => Some(Lane::Profile(profile.clone())),
        }
    }
}
