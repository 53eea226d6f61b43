//! What a refusal of the service means: one table, read from the top, first match wins.
//!
//! Nowhere else in Poolkey is a text of AWS looked into.

use poolkey_core::failure::Ended;
use poolkey_core::fault::{Fault, FaultKind};

use crate::setup::Setup;

pub(crate) mod oauth;
mod table;
#[cfg(test)]
mod tests;

/// A call that brought no success.
pub(crate) struct Refusal {
    pub(crate) meaning: Meaning,
    pub(crate) fault: Fault,
}

/// What a sign-in can do something about beyond the fault's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nothing more than the fault says.
    Plain,
    /// The app client has a secret, and none was sent.
    SecretMissing,
    /// It is not this one.
    SecretWrong,
    /// This part of what was sent can be mended, or is done already.
    Refused(Part),
    /// There is no such app client.
    ClientGone,
    /// The app client does not allow the flow.
    FlowRefused,
    /// An administrator would have to mend this.
    Needs(Setup),
}

/// What a call was refused for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The user name is somebody's.
    NameTaken,
    /// The user name is not one that the pool takes.
    Name,
    /// The password does not meet the pool's policy.
    Password,
    /// The code is another one, or too old.
    Code,
    /// Attributes are missing or malformed; [`attributes`] tells which.
    Attributes,
    /// The account was confirmed before.
    Confirmed,
    /// There is no address that a code could go to.
    Address,
    /// The factor has to be set up first.
    Factor,
    /// The device was confirmed before.
    Device,
}

impl Refusal {
    pub(crate) const fn plain(fault: Fault) -> Self {
        Self {
            meaning: Meaning::Plain,
            fault,
        }
    }
}

/// The operations of Cognito and STS that Poolkey calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    AdminConfirmSignUp,
    AdminInitiateAuth,
    AdminRespondToAuthChallenge,
    AssociateSoftwareToken,
    AssumeRole,
    AssumeRoleWithWebIdentity,
    ChangePassword,
    ConfirmDevice,
    ConfirmForgotPassword,
    ConfirmSignUp,
    ForgetDevice,
    ForgotPassword,
    GetCallerIdentity,
    GetCredentialsForIdentity,
    GetId,
    GetOpenIdToken,
    GetTokensFromRefreshToken,
    GetUser,
    GetUserAttributeVerificationCode,
    GlobalSignOut,
    InitiateAuth,
    /// With a refresh token in place of a name.
    InitiateAuthByRefreshToken,
    ListDevices,
    ResendConfirmationCode,
    RespondToAuthChallenge,
    RevokeToken,
    SetUserMfaPreference,
    SignUp,
    UpdateDeviceStatus,
    VerifySoftwareToken,
    VerifyUserAttribute,
}

impl Operation {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AdminConfirmSignUp => "AdminConfirmSignUp",
            Self::AdminInitiateAuth => "AdminInitiateAuth",
            Self::AdminRespondToAuthChallenge => "AdminRespondToAuthChallenge",
            Self::AssociateSoftwareToken => "AssociateSoftwareToken",
            Self::AssumeRole => "AssumeRole",
            Self::AssumeRoleWithWebIdentity => "AssumeRoleWithWebIdentity",
            Self::ChangePassword => "ChangePassword",
            Self::ConfirmDevice => "ConfirmDevice",
            Self::ConfirmForgotPassword => "ConfirmForgotPassword",
            Self::ConfirmSignUp => "ConfirmSignUp",
            Self::ForgetDevice => "ForgetDevice",
            Self::ForgotPassword => "ForgotPassword",
            Self::GetCallerIdentity => "GetCallerIdentity",
            Self::GetCredentialsForIdentity => "GetCredentialsForIdentity",
            Self::GetId => "GetId",
            Self::GetOpenIdToken => "GetOpenIdToken",
            Self::GetTokensFromRefreshToken => "GetTokensFromRefreshToken",
            Self::GetUser => "GetUser",
            Self::GetUserAttributeVerificationCode => "GetUserAttributeVerificationCode",
            Self::GlobalSignOut => "GlobalSignOut",
            Self::InitiateAuth | Self::InitiateAuthByRefreshToken => "InitiateAuth",
            Self::ListDevices => "ListDevices",
            Self::ResendConfirmationCode => "ResendConfirmationCode",
            Self::RespondToAuthChallenge => "RespondToAuthChallenge",
            Self::RevokeToken => "RevokeToken",
            Self::SetUserMfaPreference => "SetUserMFAPreference",
            Self::SignUp => "SignUp",
            Self::UpdateDeviceStatus => "UpdateDeviceStatus",
            Self::VerifySoftwareToken => "VerifySoftwareToken",
            Self::VerifyUserAttribute => "VerifyUserAttribute",
        }
    }

    const fn place(self) -> Place {
        match self {
            Self::AdminInitiateAuth
            | Self::AdminRespondToAuthChallenge
            | Self::InitiateAuth
            | Self::RespondToAuthChallenge => Place::SignIn,
            Self::AdminConfirmSignUp
            | Self::ConfirmForgotPassword
            | Self::ConfirmSignUp
            | Self::ForgotPassword
            | Self::ResendConfirmationCode
            | Self::SignUp => Place::Account,
            Self::AssociateSoftwareToken
            | Self::ChangePassword
            | Self::ConfirmDevice
            | Self::ForgetDevice
            | Self::GetUser
            | Self::GetUserAttributeVerificationCode
            | Self::GlobalSignOut
            | Self::ListDevices
            | Self::SetUserMfaPreference
            | Self::UpdateDeviceStatus
            | Self::VerifySoftwareToken
            | Self::VerifyUserAttribute => Place::Access,
            Self::GetTokensFromRefreshToken
            | Self::InitiateAuthByRefreshToken
            | Self::RevokeToken => Place::Session,
            Self::GetCredentialsForIdentity | Self::GetId | Self::GetOpenIdToken => Place::Pool,
            Self::AssumeRole | Self::AssumeRoleWithWebIdentity | Self::GetCallerIdentity => {
                Place::Sts
            }
        }
    }
}

/// Turns an error of the service into a fault. `code` and `message` are the service's own; what
/// stands between it and us (a proxy, a firewall) answers without them.
pub(crate) fn classify(
    operation: Operation,
    host: &str,
    status: u16,
    code: Option<&str>,
    message: Option<&str>,
) -> Refusal {
    let message = message.map(clean).filter(|text| !text.is_empty());
    let Some(code) = code.map(clean).filter(|code| !code.is_empty()) else {
        return bare(host, status);
    };
    let lower = message.as_deref().unwrap_or_default().to_lowercase();
    let row = table::TABLE.iter().find(|row| {
        (row.place == Place::Any || row.place == operation.place())
            && row.code == code
            && lower.contains(row.text)
    });
    let (kind, meaning) = match row.map(|row| row.verdict) {
        None => (by_status(status), Meaning::Plain),
        Some(Verdict::Is(kind)) => (kind, Meaning::Plain),
        Some(Verdict::NeedsSecret) => (FaultKind::Misconfigured, Meaning::SecretMissing),
        Some(Verdict::HasWrongSecret) => (FaultKind::Misconfigured, Meaning::SecretWrong),
        Some(Verdict::HasNoClient) => (FaultKind::Misconfigured, Meaning::ClientGone),
        Some(Verdict::HasNoFlow) => (FaultKind::Misconfigured, Meaning::FlowRefused),
        Some(Verdict::Refuses(part)) => (FaultKind::Wrong, Meaning::Refused(part)),
        Some(Verdict::Needs(setup)) => (FaultKind::Misconfigured, Meaning::Needs(setup)),
    };
    let who = operation.place().who();
    let text = match (kind, message) {
        (_, Some(message)) if meaning == Meaning::Refused(Part::Password) => policy(&message),
        (FaultKind::Wrong, Some(message)) if code == "UserLambdaValidationException" => {
            sentence(own_words(message))
        }
        // These are told to a person who has just typed something, or whose session is over: they
        // do not look for the service's name of the error.
        (
            FaultKind::Wrong | FaultKind::LockedOut | FaultKind::Expired | FaultKind::Ended(_),
            Some(message),
        ) => sentence(message),
        (_, Some(message)) => sentence(format!("{who} answered {code}: {message}")),
        (_, None) => format!("{who} answered {code}."),
    };
    Refusal {
        meaning,
        fault: Fault::new(kind, text),
    }
}

/// What the console's federation endpoint says to keys that it does not take. It answers in HTML, in
/// JSON or in plain words, and with the same status to keys that have ended and to keys that it
/// never takes; newer ones may do in either case.
pub(crate) fn federation(host: &str, status: u16, body: &str) -> Fault {
    let kind = match status {
        400 | 401 | 403 => FaultKind::TokenStale,
        _ => by_status(status),
    };
    // What is before the body of a page is for browsers.
    let page = body.split_once("</head>").map_or(body, |(_, page)| page);
    let mut words = String::new();
    let mut in_tag = false;
    for c in page.chars().take(LARGEST_PAGE) {
        match (c, in_tag) {
            ('<', _) => in_tag = true,
            ('>', true) => {
                in_tag = false;
                words.push(' ');
            }
            (_, true) => {}
            (c, false) => words.push(c),
        }
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = clean(&words);
    Fault::new(
        kind,
        match words.is_empty() {
            true => format!("{host} answered with HTTP status {status}."),
            false => sentence(format!(
                "{host} answered with HTTP status {status}: {words}"
            )),
        },
    )
}

/// An answer that has nothing but a status.
pub(crate) fn bare(host: &str, status: u16) -> Refusal {
    Refusal::plain(Fault::new(
        by_status(status),
        format!("{host} answered with HTTP status {status}."),
    ))
}

/// Not in the table: the service's fault or ours. Nobody is signed out for it.
const fn by_status(status: u16) -> FaultKind {
    match status {
        429 => FaultKind::Throttled,
        500.. => FaultKind::Service,
        _ => FaultKind::Misconfigured,
    }
}

/// One line, no longer than a person reads.
fn clean(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST)
        .collect();
    line.trim().to_owned()
}

fn sentence(mut text: String) -> String {
    if !text.ends_with(['.', '!', '?', '…']) {
        text.push('.');
    }
    text
}

/// The attributes that a refusal names. Cognito tells all of them in one text:
/// `… to the schema: email: The attribute is required name: The attribute is required`.
pub(crate) fn attributes(refused: &Fault) -> Vec<String> {
    if let Some((_, named)) = refused.text.split_once("schema:") {
        let mut names = Vec::new();
        let words = named.split_whitespace();
        for name in words.filter_map(|word| word.strip_suffix(':')) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        return names;
    }
    let lower = refused.text.to_lowercase();
    [("email address", "email"), ("phone number", "phone_number")]
        .into_iter()
        .filter(|(text, _)| lower.contains(text))
        .map(|(_, name)| name.to_owned())
        .collect()
}

/// What the pool wants of a password, in its own words.
fn policy(message: &str) -> String {
    match message.split_once(" policy:") {
        Some((_, words)) if !words.trim().is_empty() => sentence(format!(
            "The password does not meet the user pool's policy: {}",
            words.trim()
        )),
        Some(_) | None => sentence(message.to_owned()),
    }
}

/// The words of a pool's own trigger, out of `PreSignUp failed with error …`.
fn own_words(message: String) -> String {
    match message.split_once(" failed with error ") {
        Some((_, words)) if !words.trim().is_empty() => words.trim().to_owned(),
        Some(_) | None => message,
    }
}

/// Where an error means what the row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Any,
    SignIn,
    /// What anybody may ask about an account.
    Account,
    /// What an access token, or a sign-in under way, allows.
    Access,
    /// Refresh and revocation.
    Session,
    /// The identity pool's operations.
    Pool,
    /// Roles, and who keys are.
    Sts,
}

impl Place {
    const fn who(self) -> &'static str {
        match self {
            Self::Sts => "STS",
            Self::Any
            | Self::SignIn
            | Self::Account
            | Self::Access
            | Self::Session
            | Self::Pool => "Cognito",
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Verdict {
    Is(FaultKind),
    NeedsSecret,
    HasWrongSecret,
    HasNoClient,
    HasNoFlow,
    Refuses(Part),
    Needs(Setup),
}

struct Row {
    place: Place,
    code: &'static str,
    /// A part of the message, in lower case.
    text: &'static str,
    verdict: Verdict,
}

const fn row(place: Place, code: &'static str, text: &'static str, verdict: Verdict) -> Row {
    Row {
        place,
        code,
        text,
        verdict,
    }
}

const fn over(reason: Ended) -> Verdict {
    Verdict::Is(FaultKind::Ended(reason))
}

const LONGEST: usize = 300;

/// As much of a page as may have words in it.
const LARGEST_PAGE: usize = 16 << 10;
