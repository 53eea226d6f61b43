//! A sign-in under way: what is settled, and what can be asked.

use crate::{
    client::Client,
    code::Sent,
    factor::Factor,
    outbox::{Code, Medium},
    random,
    srp::Handshake,
    user::User,
    wire::{Failure, Fields},
};

/// A sign-in under way.
#[derive(Clone)]
pub(crate) struct Conversation {
    /// The same in all challenges of one conversation.
    pub(crate) id: String,
    pub(crate) client: String,
    pub(crate) pool: String,
    /// The user's name; of somebody who does not exist, the name that was given.
    pub(crate) user: String,
    /// The `sub` of a user who exists.
    pub(crate) sub: Option<String>,
    /// The user has shown to know the password.
    pub(crate) password_known: bool,
    /// The `DEVICE_KEY` that came along.
    pub(crate) device: Option<String>,
    /// The device has proven itself.
    pub(crate) device_proven: bool,
    /// The custom challenge, where the flow has one that is not passed yet.
    pub(crate) custom: Option<Custom>,
    pub(crate) second: Second,
    pub(crate) ending: Ending,
}

/// What a sign-in ends with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Tokens for the app that called.
    Tokens,
    /// A session of the browser, and a code for the app.
    Browser,
}

/// Where a custom challenge stands.
#[derive(Clone, Copy, Default)]
pub(crate) struct Custom {
    pub(crate) round: usize,
    pub(crate) wrong: u32,
}

/// Where the second factor stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Second {
    /// To be asked for, where the pool and the user want one.
    Due,
    /// Given, or not wanted in this flow.
    Settled,
}

/// What is asked.
pub(crate) enum Question {
    /// `PASSWORD_VERIFIER`, with the session that goes with it, where one does.
    Proof(Box<Handshake>, Option<String>),
    /// `NEW_PASSWORD_REQUIRED`
    NewPassword,
    /// `SMS_MFA`, `EMAIL_OTP`, `SMS_OTP`; without a code where there is no user to send one to.
    Code(Sent, Option<Code>),
    /// `SOFTWARE_TOKEN_MFA`
    SoftwareToken,
    /// `SELECT_MFA_TYPE`
    SelectFactor(Vec<Factor>),
    /// `MFA_SETUP`
    SetUp(SetUp),
    /// `SELECT_CHALLENGE`
    Select,
    /// `PASSWORD`
    Password,
    /// `PASSWORD_SRP`
    PasswordSrp,
    /// `DEVICE_SRP_AUTH`
    Device,
    /// `DEVICE_PASSWORD_VERIFIER`, with the session that goes with it.
    DeviceProof(Box<Handshake>, String),
    /// `CUSTOM_CHALLENGE`
    Custom,
    /// None that a client answers: the session of a sign-up, until it is confirmed.
    SignUp,
    /// None either: the session of a sign-up that a code has confirmed, until the first sign-in.
    Confirmed(Medium),
}

/// How far the set-up of a second factor has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetUp {
    Open,
    /// `AssociateSoftwareToken` gave out a key.
    Associated,
    /// `VerifySoftwareToken` has seen a code of it.
    Verified,
}

impl Question {
    pub(crate) const SIGN_UP: &str = "sign-up";
    pub(crate) const CONFIRMED: &str = "confirmed sign-up";

    /// `ChallengeName`
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Proof(..) => "PASSWORD_VERIFIER",
            Self::NewPassword => "NEW_PASSWORD_REQUIRED",
            Self::Code(sent, _) => sent.challenge(),
            Self::SoftwareToken => "SOFTWARE_TOKEN_MFA",
            Self::SelectFactor(_) => "SELECT_MFA_TYPE",
            Self::SetUp(_) => "MFA_SETUP",
            Self::Select => "SELECT_CHALLENGE",
            Self::Password => "PASSWORD",
            Self::PasswordSrp => "PASSWORD_SRP",
            Self::Device => "DEVICE_SRP_AUTH",
            Self::DeviceProof(..) => "DEVICE_PASSWORD_VERIFIER",
            Self::Custom => "CUSTOM_CHALLENGE",
            Self::SignUp => Self::SIGN_UP,
            Self::Confirmed(_) => Self::CONFIRMED,
        }
    }

    /// Whether the answer is a code that was sent or shown.
    pub(crate) fn wants_code(&self) -> bool {
        matches!(self, Self::Code(..) | Self::SoftwareToken)
    }
}

impl Conversation {
    /// The beginning, with whatever device the parameters name.
    pub(crate) fn new(
        client: &Client,
        user: Result<&User, &str>,
        parameters: Fields<'_>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            id: random::uuid(),
            client: client.id.clone(),
            pool: client.pool.clone(),
            user: user.map_or_else(str::to_owned, |user| user.username.clone()),
            sub: user.ok().map(|user| user.sub.clone()),
            password_known: false,
            device: device_key(parameters)?,
            device_proven: false,
            custom: None,
            second: Second::Due,
            ending: Ending::Tokens,
        })
    }
}

/// `DEVICE_KEY`
pub(crate) fn device_key(parameters: Fields<'_>) -> Result<Option<String>, Failure> {
    let key = parameters.maybe_text("DEVICE_KEY")?;
    Ok(key.filter(|key| !key.is_empty()).map(str::to_owned))
}
