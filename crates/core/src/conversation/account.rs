//! What people do with their accounts: what is wanted, and what it came to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Factor, Medium};
use crate::time::UnixTime;

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
    pub last_used: Option<UnixTime>,
    /// Whether it stands in for a second factor, where the pool tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remembered: Option<bool>,
    /// Whether it is this machine.
    pub is_this: bool,
}
