//! What a person is asked, and what may be answered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::secret::{self, Secret};
use crate::session::User;

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
    /// The person signs in in a browser. Whoever asks opens it and waits ([`Answer::Wait`]).
    Browser {
        /// Where to send it.
        url: String,
        /// Where it comes back to. On another machine that address shows an error and is taken as
        /// [`Answer::Address`].
        redirect_uri: String,
    },
    /// Whether this is who was meant, before anything is kept.
    Identity {
        /// Who signed in.
        user: User,
        /// Who was signed in before, where it is somebody else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        was: Option<User>,
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
    /// To [`Question::Browser`]: the browser is open. It is asked again after two seconds at most,
    /// so that whoever waits may give up, or answer otherwise.
    Wait,
    /// To [`Question::Browser`]: the address that the browser ended on.
    Address(Secret),
    /// To [`Question::Identity`].
    Identity(bool),
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
                | (Self::Wait | Self::Address(_), Question::Browser { .. })
                | (Self::Identity(_), Question::Identity { .. })
        )
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
