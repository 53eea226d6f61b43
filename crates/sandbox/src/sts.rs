//! AWS keys: made for identities, known again when they sign a request.

use crate::{
    clock::Moment,
    random,
    sigv4::{Message, Signature, Unreadable},
    srp::same,
    wire::Failure,
    world::World,
};

/// One set of temporary keys.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) access_key: String,
    pub(crate) secret: String,
    pub(crate) token: String,
    pub(crate) role: String,
    pub(crate) until: Moment,
}

/// Whose signature is under a request.
pub(crate) enum Caller {
    /// The administrator's key.
    Admin,
    /// Keys from an identity pool.
    Role(Keys),
}

/// Why a signature does not count.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Unsigned,
    Unreadable,
    UnknownKey,
    WrongService,
    Mismatch,
    Stale(String),
    Expired,
}

/// Which of AWS's two ways of wording an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Json,
    Query,
}

impl World {
    /// New keys for a role.
    pub(crate) fn mint_keys(&mut self, role: &str) -> Keys {
        let size = self
            .lifetimes
            .session_token_bytes
            .saturating_sub(SESSION_PREFIX.len());
        let keys = Keys {
            access_key: format!("ASIA{}", random::text(random::BASE32, 16)),
            secret: random::text(random::BASE64, 40),
            token: format!("{SESSION_PREFIX}{}", random::text(random::BASE64, size)),
            role: role.to_owned(),
            until: self.clock.now().plus(self.lifetimes.keys_seconds),
        };
        self.journal.note.access_key_id = Some(keys.access_key.clone());
        self.journal.secret("secret_access_key", &keys.secret);
        self.journal.secret("session_token", &keys.token);
        self.keys.put(&*keys.access_key, keys.clone());
        keys
    }

    /// Whose signature this is.
    pub(crate) fn caller(&self, message: &Message<'_>, service: &str) -> Result<Caller, Refusal> {
        let signature = Signature::read(message)
            .map_err(|Unreadable| Refusal::Unreadable)?
            .ok_or(Refusal::Unsigned)?;
        let (secret, token, caller) = if signature.access_key == self.place.admin_key {
            (self.place.admin_secret.as_str(), None, Caller::Admin)
        } else {
            let keys = self
                .keys
                .find(&signature.access_key)
                .ok_or(Refusal::UnknownKey)?;
            (
                keys.secret.as_str(),
                Some(&keys.token),
                Caller::Role(keys.clone()),
            )
        };
        let matches = match (token, &signature.token) {
            (None, None) => true,
            (Some(right), Some(given)) => same(right.as_bytes(), given.as_bytes()),
            (None, Some(_)) | (Some(_), None) => false,
        };
        if !matches {
            return Err(Refusal::UnknownKey);
        }
        if signature.service != service {
            return Err(Refusal::WrongService);
        }
        if !signature.is_by(secret, message) {
            return Err(Refusal::Mismatch);
        }
        let now = self.clock.now();
        check_age(&signature, now)?;
        if let Caller::Role(keys) = &caller
            && now >= keys.until
        {
            return Err(Refusal::Expired);
        }
        Ok(caller)
    }

    /// `GetCallerIdentity`
    pub(crate) fn caller_identity(&mut self, message: &Message<'_>) -> Result<String, Failure> {
        let caller = self
            .caller(message, "sts")
            .map_err(|refusal| refusal.worded(Dialect::Query))?;
        let (arn, user, account) = match &caller {
            Caller::Admin => {
                let account = self.place.account.clone();
                self.journal.note.access_key_id = Some(self.place.admin_key.clone());
                (
                    format!("arn:aws:iam::{account}:user/sandbox"),
                    "AIDASANDBOXADMIN00000".to_owned(),
                    account,
                )
            }
            Caller::Role(keys) => {
                self.journal.note.access_key_id = Some(keys.access_key.clone());
                self.journal.note.role_arn = Some(keys.role.clone());
                assumed(&keys.role)
            }
        };
        Ok(format!(
            "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\"><GetCallerIdentityResult>\
             <Arn>{}</Arn><UserId>{}</UserId><Account>{}</Account></GetCallerIdentityResult>\
             <ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata>\
             </GetCallerIdentityResponse>",
            escape(&arn),
            escape(&user),
            escape(&account),
            random::uuid()
        ))
    }
}

impl Refusal {
    /// The refusal as a service of this dialect words it.
    pub(crate) fn worded(self, dialect: Dialect) -> Failure {
        const INVALID: &str = "The security token included in the request is invalid.";
        let (json, query, message) = match self {
            Self::Unsigned => (
                "MissingAuthenticationTokenException",
                "MissingAuthenticationToken",
                "Request is missing Authentication Token".to_owned(),
            ),
            Self::Unreadable => (
                "IncompleteSignatureException",
                "IncompleteSignature",
                "The request signature does not conform to AWS standards.".to_owned(),
            ),
            Self::UnknownKey => {
                ("UnrecognizedClientException", "InvalidClientTokenId", INVALID.to_owned())
            }
            Self::WrongService => (
                "InvalidSignatureException",
                "SignatureDoesNotMatch",
                "Credential should be scoped to correct service.".to_owned(),
            ),
            Self::Mismatch => (
                "InvalidSignatureException",
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.".to_owned(),
            ),
            Self::Stale(why) => ("InvalidSignatureException", "SignatureDoesNotMatch", why),
            Self::Expired => (
                "ExpiredTokenException",
                "ExpiredToken",
                "The security token included in the request is expired".to_owned(),
            ),
        };
        match dialect {
            Dialect::Json => Failure::new(json, message),
            Dialect::Query => Failure {
                status: 403,
                ..Failure::new(query, message)
            },
        }
    }
}

/// An error as the query protocol writes it.
pub(crate) fn error_xml(code: &str, message: &str, status: u16, request: &str) -> String {
    let kind = if status < 500 { "Sender" } else { "Receiver" };
    format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{kind}</Type><Code>{}</Code>\
         <Message>{}</Message></Error><RequestId>{request}</RequestId></ErrorResponse>",
        escape(code),
        escape(message)
    )
}

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// How AWS's own session tokens begin.
const SESSION_PREFIX: &str = "IQoJb3JpZ2luX2VjE";

/// A signature counts for so many seconds before and after it was made.
const TOLERANCE: i64 = 900;

fn check_age(signature: &Signature, now: Moment) -> Result<(), Refusal> {
    let text = |moment: Moment| moment.format("%Y%m%dT%H%M%SZ");
    let life = signature.lifetime.unwrap_or(TOLERANCE);
    if now > signature.time.plus(life) {
        return Err(Refusal::Stale(format!(
            "Signature expired: {} is now earlier than {} ({} - 15 min.)",
            text(signature.time),
            text(now.plus(-life)),
            text(now)
        )));
    }
    if signature.time > now.plus(TOLERANCE) {
        return Err(Refusal::Stale(format!(
            "Signature not yet current: {} is still later than {} ({} + 15 min.)",
            text(signature.time),
            text(now.plus(TOLERANCE)),
            text(now)
        )));
    }
    Ok(())
}

/// The ARN, user id and account of a session that Cognito started in a role.
fn assumed(role: &str) -> (String, String, String) {
    const SESSION: &str = "CognitoIdentityCredentials";
    let account = role.split(':').nth(4).unwrap_or_default();
    let partition = role.split(':').nth(1).unwrap_or("aws");
    let name = role.rsplit('/').next().unwrap_or_default();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, role.as_bytes());
    let letter = |byte: &u8| char::from(random::BASE32[usize::from(byte & 31)]);
    let id: String = digest.as_ref().iter().take(17).map(letter).collect();
    (
        format!("arn:{partition}:sts::{account}:assumed-role/{name}/{SESSION}"),
        format!("AROA{id}:{SESSION}"),
        account.to_owned(),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
