//! A conversation: a question, an answer, the next question, until it is done.
//!
//! Whoever talks to the person (terminal, login window, script) only ever shows a [`Question`]
//! and sends back an [`Answer`]. A further challenge is a further question, not a new path, and
//! what people do with their accounts ([`Goal`]) is a conversation like a sign-in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::name::LoginName;
use crate::secret::{self, Secret};
use crate::session::{Device, Tokens};

/// What a conversation is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Goal {
    /// Tokens for a user.
    #[default]
    SignIn,
    /// A new user, with what is already known of it: attributes by their names in Cognito.
    SignUp {
        /// What the person gave beforehand.
        #[serde(default)]
        attributes: BTreeMap<String, String>,
    },
    /// A new user proves the address that a code was sent to.
    Confirm,
    /// An administrator's AWS keys confirm a new user without a code.
    ConfirmAsAdmin,
    /// Another code for a new user.
    ResendCode,
    /// A code for a password that was forgotten, then a new password.
    ForgotPassword,
    /// A new password, with a code that the person already has.
    ResetPassword,
    /// A new password in place of the old one, which the person knows.
    ChangePassword,
    /// What the pool knows of the user.
    Show,
    /// An authenticator app as second factor.
    SetUpApp,
    /// Which second factors the user has, and which is asked for first.
    SetFactor {
        /// The factor.
        factor: Factor,
        /// What becomes of it.
        state: FactorState,
    },
    /// The user's devices.
    ListDevices,
    /// A device loses its place: by its key, or this machine's own.
    ForgetDevice {
        /// `None` for this machine's own.
        #[serde(default)]
        key: Option<String>,
    },
    /// An address or number is proven by a code.
    VerifyAttribute {
        /// `email` or `phone_number`.
        name: String,
    },
}

impl Goal {
    /// Whether it is done with the access token of somebody who is signed in.
    pub const fn needs_session(&self) -> bool {
        match self {
            Self::SignIn
            | Self::SignUp { .. }
            | Self::Confirm
            | Self::ConfirmAsAdmin
            | Self::ResendCode
            | Self::ForgotPassword
            | Self::ResetPassword => false,
            Self::ChangePassword
            | Self::Show
            | Self::SetUpApp
            | Self::SetFactor { .. }
            | Self::ListDevices
            | Self::ForgetDevice { .. }
            | Self::VerifyAttribute { .. } => true,
        }
    }
}

/// A way to prove who one is, as people tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// A password, proven by SRP where the app client allows it.
    Password,
    /// A code sent by e-mail.
    Email,
    /// A code sent by SMS.
    Sms,
    /// A code of an authenticator app.
    App,
    /// A passkey, which only a browser can show.
    Passkey,
}

/// What becomes of a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FactorState {
    /// Asked for first.
    Preferred,
    /// One of the user's.
    On,
    /// Not the user's any more.
    Off,
}

/// One way among those that the person may choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct Way {
    /// What it is.
    pub factor: Factor,
    /// Where a code would go, as the pool shows it: `a***@e***`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
}

/// What is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ChoiceOf {
    /// How to sign in (`SELECT_CHALLENGE`).
    FirstFactor,
    /// Which second factor to show (`SELECT_MFA_TYPE`).
    SecondFactor,
    /// Which second factor to set up (`MFA_SETUP`).
    SetUp,
}

/// What a code is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CodeFor {
    /// A sign-in.
    SignIn,
    /// The confirmation of a new account.
    Confirm,
    /// A new password in place of a forgotten one.
    Reset,
    /// The proof of an attribute, by its name.
    Verify(String),
}

/// How a code comes to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// By e-mail.
    Email,
    /// By SMS.
    Sms,
    /// Out of an authenticator app.
    App,
    /// The pool does not tell.
    Unknown,
}

/// What a person is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Question {
    /// Who it is. `hint` is what was used last.
    Username {
        /// The name to offer.
        hint: Option<String>,
    },
    /// The password of `username`.
    Password {
        /// Who signs in.
        username: String,
    },
    /// The app client's secret, which Cognito demands and Poolkey does not have yet.
    ClientSecret {
        /// The app client that has a secret.
        client_id: String,
    },
    /// A code.
    Code {
        /// What it is for.
        code_for: CodeFor,
        /// How it comes.
        medium: Medium,
        /// Where it was sent, as the pool shows it, or which app has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        destination: Option<String>,
        /// Whether [`Answer::Resend`] is taken.
        #[serde(default)]
        can_resend: bool,
    },
    /// One of several ways.
    Choice {
        /// What is chosen.
        choice_of: ChoiceOf,
        /// The ways that can be taken here.
        ways: Vec<Way>,
        /// Ways that the pool offers and that cannot be taken here.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        elsewhere: Vec<Factor>,
    },
    /// An authenticator app learns a key, and shows that it has it by a code.
    AppSetup {
        /// The key in base 32, for those who cannot scan.
        #[serde(serialize_with = "secret::expose_to_its_owner")]
        key: Secret,
        /// `otpauth://…`, for a QR code.
        #[serde(serialize_with = "secret::expose_to_its_owner")]
        uri: Secret,
    },
    /// A password that the person chooses now, and what the pool wants to know beside it.
    NewPassword {
        /// Whose.
        username: String,
        /// The attributes that the pool requires, by their names in Cognito.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attributes: Vec<String>,
    },
    /// Attributes that the pool requires.
    Attributes {
        /// By their names in Cognito.
        names: Vec<String>,
    },
    /// A question of the pool's own making.
    Custom {
        /// What the pool shows: `publicChallengeParameters`.
        parameters: BTreeMap<String, String>,
    },
    /// Whether the pool shall remember this computer.
    RememberDevice {
        /// The name that it has there.
        name: String,
    },
    /// A kind of a newer version.
    #[serde(other)]
    Other,
}

/// What a person answered. It must be of the question's own kind.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Answer {
    /// To [`Question::Username`].
    Username(String),
    /// To [`Question::Password`].
    Password(Secret),
    /// To [`Question::ClientSecret`].
    ClientSecret(Secret),
    /// To [`Question::Code`], with whatever spaces the person typed.
    Code(Secret),
    /// To [`Question::Code`], where another one may be had.
    Resend,
    /// To [`Question::Choice`].
    Choice(Factor),
    /// To [`Question::AppSetup`].
    AppSetup {
        /// What the app shows.
        code: Secret,
        /// What the person calls the app's device.
        #[serde(default)]
        device_name: Option<String>,
    },
    /// To [`Question::NewPassword`].
    NewPassword {
        /// The new password.
        password: Secret,
        /// The attributes that were asked for.
        #[serde(default)]
        attributes: BTreeMap<String, String>,
    },
    /// To [`Question::Attributes`].
    Attributes(BTreeMap<String, String>),
    /// To [`Question::Custom`].
    Custom(Secret),
    /// To [`Question::RememberDevice`].
    RememberDevice(bool),
}

impl Answer {
    /// Whether this answers that question.
    pub const fn is_to(&self, question: &Question) -> bool {
        matches!(
            (self, question),
            (Self::Username(_), Question::Username { .. })
                | (Self::Password(_), Question::Password { .. })
                | (Self::ClientSecret(_), Question::ClientSecret { .. })
                | (Self::Code(_), Question::Code { .. })
                | (
                    Self::Resend,
                    Question::Code {
                        can_resend: true,
                        ..
                    }
                )
                | (Self::Choice(_), Question::Choice { .. })
                | (Self::AppSetup { .. }, Question::AppSetup { .. })
                | (Self::NewPassword { .. }, Question::NewPassword { .. })
                | (Self::Attributes(_), Question::Attributes { .. })
                | (Self::Custom(_), Question::Custom { .. })
                | (Self::RememberDevice(_), Question::RememberDevice { .. })
        )
    }
}

/// What a conversation that is not a sign-in came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// It was done, and there is nothing to tell.
    Done,
    /// There is a new user.
    SignedUp {
        /// Its name.
        username: String,
    },
    /// There is a new user whom an administrator has to confirm: the pool sent no code.
    Unconfirmed {
        /// Its name.
        username: String,
    },
    /// A code is on its way.
    CodeSent {
        /// How it goes.
        medium: Medium,
        /// Where to, as the pool shows it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        destination: Option<String>,
    },
    /// What the pool knows of the user.
    Account(Account),
    /// The user's devices.
    Devices {
        /// The one that was used last comes first.
        devices: Vec<KnownDevice>,
    },
    /// A device lost its place.
    DeviceForgotten {
        /// Its key.
        key: String,
    },
    /// An outcome of a newer version.
    #[serde(other)]
    Other,
}

/// What a user pool knows of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct Account {
    /// The user name.
    pub username: String,
    /// The attributes by name, `sub` among them.
    pub attributes: BTreeMap<String, String>,
    /// The second factors that are on.
    pub factors: Vec<Factor>,
    /// The one that is asked for first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<Factor>,
}

/// A device that a user pool knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct KnownDevice {
    /// Its key.
    pub key: String,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it signed in from last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_address: Option<String>,
    /// When it signed in last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<crate::time::UnixTime>,
    /// Whether it stands in for a second factor, where the pool tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remembered: Option<bool>,
    /// Whether it is this machine.
    pub is_this: bool,
}

/// What one step of a conversation led to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there are a few at a time, and they are moved once"
)]
pub enum Step {
    /// The person is asked, or asked again because of `problem`.
    Ask {
        /// What the next step needs.
        thread: Thread,
        /// What to ask.
        question: Question,
        /// What was wrong with the last answer.
        problem: Option<Fault>,
    },
    /// The person is signed in.
    Done {
        /// What the pool gave.
        tokens: Box<Tokens>,
        /// The app client's secret, when the person was asked for it.
        client_secret: Option<Secret>,
        /// The device that the pool remembers from now on; `None` where it remembers none.
        device: Option<Device>,
    },
    /// What was not a sign-in is done.
    Finished {
        /// What to tell.
        outcome: Outcome,
        /// The app client's secret, when the person was asked for it.
        client_secret: Option<Secret>,
    },
}

/// Where a conversation stands: what its next step needs. Only `poolkey-cognito` looks into it,
/// but for `tokens`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// What it is for.
    pub goal: Goal,
    /// What people call the login.
    pub login: Option<LoginName>,
    /// Who it is, once known.
    pub username: Option<String>,
    /// The app client's secret, where it has one.
    pub client_secret: Option<Secret>,
    /// The device that the pool remembered at an earlier sign-in on this machine.
    pub device: Option<Device>,
    /// The access token, for a goal that needs a session.
    pub access_token: Option<Secret>,
    /// The key of the session's own device, for a goal that needs a session.
    pub device_key: Option<String>,
    /// What was asked last, and so what may be answered.
    pub asked: Option<Question>,
    /// The challenge that Cognito waits on, by the name of its model.
    pub challenge: Option<String>,
    /// Cognito's handle for the sign-in under way.
    pub session: Option<Secret>,
    /// The challenge's parameters.
    pub parameters: BTreeMap<String, String>,
    /// A code that waits for the new password it is sent with.
    pub code: Option<Secret>,
    /// A new password that waits for what the pool wants beside it.
    pub password: Option<Secret>,
    /// Attributes that wait for the rest.
    pub attributes: BTreeMap<String, String>,
    /// What the pool gave, while one more question is open. Whoever gives the conversation up has
    /// a session to end.
    pub tokens: Option<Box<Tokens>>,
}
