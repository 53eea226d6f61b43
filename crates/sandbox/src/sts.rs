//! AWS keys: made for sessions of roles, known again when they sign a request.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    clock::Moment,
    query::{Xml, element},
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
    pub(crate) session: Session,
    pub(crate) until: Moment,
    pub(crate) origin: Origin,
}

/// What keys were given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An identity, by the pool itself.
    Pool,
    /// A token of a web identity.
    WebIdentity,
    /// The keys of a user.
    User,
    /// The keys of another role.
    Chain,
}

/// A session of a role: who signs with its keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Session {
    /// The role's ARN.
    pub(crate) role: String,
    /// `AROA…`
    pub(crate) role_id: String,
    /// `RoleSessionName`
    pub(crate) name: String,
    /// Session tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// The keys of those that go on to the next role.
    pub(crate) transitive: BTreeSet<String>,
    /// Whom it speaks for, through all the roles that follow.
    pub(crate) source_identity: Option<String>,
}

impl Session {
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`
    pub(crate) fn arn(&self) -> String {
        let part = |number| self.role.split(':').nth(number).unwrap_or_default();
        let role = self.role.rsplit('/').next().unwrap_or_default();
        let (partition, account) = (part(1), part(4));
        format!(
            "arn:{partition}:sts::{account}:assumed-role/{role}/{}",
            self.name
        )
    }

    /// `AROA…:SESSION`
    pub(crate) fn user_id(&self) -> String {
        format!("{}:{}", self.role_id, self.name)
    }

    /// The account that the role is in.
    pub(crate) fn account(&self) -> &str {
        self.role.split(':').nth(4).unwrap_or_default()
    }
}

/// Whose signature is under a request.
pub(crate) enum Caller {
    /// The administrator's key.
    Admin,
    /// Keys of a role's session.
    Role(Box<Keys>),
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
    /// New keys for a session of a role.
    pub(crate) fn mint_keys(&mut self, session: Session, origin: Origin, seconds: i64) -> Keys {
        let size = self
            .lifetimes
            .session_token_bytes
            .saturating_sub(SESSION_PREFIX.len());
        let keys = Keys {
            access_key: format!("ASIA{}", random::text(random::BASE32, 16)),
            secret: random::text(random::BASE64, 40),
            token: format!("{SESSION_PREFIX}{}", random::text(random::BASE64, size)),
            session,
            until: self.clock.now().plus(seconds),
            origin,
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
                Caller::Role(Box::new(keys.clone())),
            )
        };
        let matches = match (token, &signature.token) {
            (None, None) => true,
            (Some(right), Some(given)) => same(right.as_bytes(), given.as_bytes()),
            (None, Some(_)) | (Some(_), None) => false,
        };
        let ended = |caller: &Caller| match caller {
            Caller::Admin => false,
            Caller::Role(keys) => !self.role_lives(&keys.session),
        };
        if !matches || ended(&caller) {
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
    pub(crate) fn caller_identity(&mut self, message: &Message<'_>) -> Xml {
        let caller = self.signer(message)?;
        let (arn, user, account) = match &caller {
            Caller::Admin => (
                self.admin_arn(),
                "AIDASANDBOXADMIN00000".to_owned(),
                self.place.account.clone(),
            ),
            Caller::Role(keys) => {
                let session = &keys.session;
                self.journal.note.role_arn = Some(session.role.clone());
                self.journal.note.session_name = Some(session.name.clone());
                (
                    session.arn(),
                    session.user_id(),
                    session.account().to_owned(),
                )
            }
        };
        Ok([
            element("Arn", &arn),
            element("UserId", &user),
            element("Account", &account),
        ]
        .concat())
    }

    /// Who signed a call of STS; the journal gets the key.
    pub(crate) fn signer(&mut self, message: &Message<'_>) -> Result<Caller, Failure> {
        let caller = self
            .caller(message, "sts")
            .map_err(|refusal| refusal.worded(Dialect::Query))?;
        let key = match &caller {
            Caller::Admin => &self.place.admin_key,
            Caller::Role(keys) => &keys.access_key,
        };
        self.journal.note.access_key_id = Some(key.clone());
        Ok(caller)
    }

    /// The administrator, as STS names users.
    pub(crate) fn admin_arn(&self) -> String {
        format!("arn:aws:iam::{}:user/sandbox", self.place.account)
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
