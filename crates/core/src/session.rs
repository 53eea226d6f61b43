//! What a sign-in gives: tokens, who they are of, and the record that the vault keeps.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::config::{LoginSpec, UserPoolSpec};
use crate::fault::Life;
use crate::name::LoginName;
use crate::secret::Secret;
use crate::time::UnixTime;

/// What a finished sign-in or refresh gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Proves the user to an identity pool.
    pub id_token: Secret,
    /// How long the ID token lives: by its own `exp`, for Cognito's `ExpiresIn` speaks of the
    /// access token.
    pub id_life: Life,
    /// Proves the user to the user pool's own operations.
    pub access: Option<Access>,
    /// The refresh token: always after a sign-in, after a refresh only when the pool rotates.
    pub refresh_token: Option<Secret>,
    /// Who signed in.
    pub user: User,
    /// The device that the pool made of this machine, where it remembers devices.
    pub device_key: Option<String>,
    /// The roles that the ID token offers.
    pub roles: Roles,
}

/// A login's tokens that others take by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// It tells who the user is: an API Gateway authorizer, AppSync, an identity pool.
    Id,
    /// It tells what its bearer may do: an API with scopes, an MCP server, the user pool itself.
    Access,
}

/// A token that is handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedToken {
    /// Whose it is.
    pub login: LoginName,
    /// Which.
    pub kind: TokenKind,
    /// The token: a JSON Web Token, but for access tokens of some OpenID providers.
    pub token: Secret,
    /// When it ends, in the local wall clock's frame.
    pub expires: UnixTime,
}

/// The roles that an ID token offers (`cognito:roles`, `cognito:preferred_role`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct Roles {
    /// All of them, by their ARNs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offered: Vec<String>,
    /// The one that is taken when none is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<String>,
}

/// An access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The token.
    pub token: Secret,
    /// How long it lives: Cognito's `ExpiresIn`.
    pub life: Life,
}

/// Who signed in, by the ID token's claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct User {
    /// `sub`: never changes, never reused.
    pub sub: String,
    /// `cognito:username`.
    pub username: String,
    /// `email`, where the token tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// One set of temporary AWS credentials, as the identity pool gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// `AccessKeyId`: not a secret, but of no use in a log.
    pub access_key_id: Secret,
    /// `SecretAccessKey`.
    pub secret_access_key: Secret,
    /// `SessionToken`.
    pub session_token: Secret,
    /// How long they live.
    pub life: Life,
}

/// What keys are given for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// An ID token.
    IdToken(Secret),
    /// Nothing: a guest asks.
    Guest,
    /// The keys of the profile before it in a chain of roles.
    Keys(Keys),
}

/// What an identity pool or STS gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The identity id in that pool, where one was asked.
    pub identity: Option<String>,
    /// The keys.
    pub keys: Keys,
}

/// What the vault keeps of one login.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// The app client's secret, which outlives a sign-out.
    pub client_secret: Option<Secret>,
    /// The session, while signed in.
    pub session: Option<StoredSession>,
    /// The device that the pool remembers, which outlives a session that ended by itself.
    pub device: Option<Device>,
    /// Who was signed in last, which outlives a session that ended by itself: nobody else takes the
    /// login over unseen.
    pub last_user: Option<User>,
    /// Where `learnt_life` was learnt: [`LoginSpec::origin`].
    pub origin: Option<String>,
    /// How long sessions were seen to live, where the configuration does not tell.
    pub learnt_life: Option<Duration>,
    /// The identity id of a guest in each identity pool.
    pub guests: BTreeMap<String, String>,
}

/// A device that a user pool remembers: its proof stands in for a second factor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Device {
    /// The pool that remembers it.
    pub user_pool_id: String,
    /// Whose device it is: `cognito:username`.
    pub username: String,
    /// The name that the person typed, where that was another one.
    pub alias: Option<String>,
    /// `DeviceKey`.
    pub key: String,
    /// `DeviceGroupKey`.
    pub group_key: String,
    /// What only this machine knows.
    pub password: Secret,
}

impl Device {
    /// Whether it is this user's device, by the name that a person types.
    pub fn is_of(&self, spec: &UserPoolSpec, username: &str) -> bool {
        self.user_pool_id == spec.user_pool_id
            && (self.username == username || self.alias.as_deref() == Some(username))
    }
}

/// A session as the vault keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// Who issued the refresh token: [`LoginSpec::provider`].
    pub provider: String,
    /// The app client that it was issued to.
    pub client_id: String,
    /// The refresh token; `None` where a program supplies ID tokens, or where the provider gave
    /// none: then the session ends with its ID token.
    pub refresh_token: Option<Secret>,
    /// Goes with every refresh where the pool remembers devices.
    pub device_key: Option<String>,
    /// Who signed in.
    pub user: User,
    /// When the person signed in.
    pub signed_in: UnixTime,
    /// Whether a refresh has ever brought a new refresh token; unknown before the first.
    pub rotates: Option<bool>,
    /// The identity id of this user in each identity pool: GetId has the smallest quota of all.
    pub identities: BTreeMap<String, String>,
}

impl StoredSession {
    /// Whether the session came from what this login names.
    pub fn is_of(&self, spec: &LoginSpec) -> bool {
        self.provider == spec.provider() && self.client_id == spec.client_id()
    }
}

/// A record that the vault gave back could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the vault's record is damaged or of a newer Poolkey")]
pub struct BadRecord;

impl Stored {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        let Self {
            client_secret,
            session,
            device,
            last_user,
            learnt_life,
            origin: _,
            guests,
        } = self;
        client_secret.is_none()
            && session.is_none()
            && device.is_none()
            && last_user.is_none()
            && learnt_life.is_none()
            && guests.is_empty()
    }

    /// The record as text for the vault: JSON, because KDE Wallet keeps only UTF-8.
    pub fn to_record(&self) -> Secret {
        let record = RecordOut {
            v: VERSION,
            client_secret: self.client_secret.as_ref().map(Secret::expose),
            session: self.session.as_ref().map(|session| SessionOut {
                provider: &session.provider,
                client_id: &session.client_id,
                refresh_token: session.refresh_token.as_ref().map(Secret::expose),
                device_key: session.device_key.as_deref(),
                user: &session.user,
                signed_in: session.signed_in,
                rotates: session.rotates,
                identities: &session.identities,
            }),
            device: self.device.as_ref().map(|device| DeviceOut {
                user_pool_id: &device.user_pool_id,
                username: &device.username,
                alias: device.alias.as_deref(),
                key: &device.key,
                group_key: &device.group_key,
                password: device.password.expose(),
            }),
            last_user: self.last_user.as_ref(),
            learnt_life: self.learnt_life.map(|life| life.as_secs()),
            origin: self.origin.as_deref(),
            guests: &self.guests,
        };
        // Grown in one piece, so that no copy of the token stays behind in a smaller buffer.
        let mut bytes = Zeroizing::new(Vec::with_capacity(16 << 10));
        match serde_json::to_writer(&mut *bytes, &record) {
            Ok(()) => Secret::new(String::from_utf8_lossy(&bytes)),
            // Strings, numbers and maps with string keys always become JSON.
            Err(_) => Secret::new(""),
        }
    }

    /// Reads what [`Stored::to_record`] wrote.
    ///
    /// # Errors
    ///
    /// The text is not such a record.
    pub fn from_record(record: &Secret) -> Result<Self, BadRecord> {
        let record: RecordIn = serde_json::from_str(record.expose()).map_err(|_| BadRecord)?;
        if record.v != VERSION {
            return Err(BadRecord);
        }
        Ok(Self {
            client_secret: record.client_secret,
            session: record.session.map(|session| StoredSession {
                provider: session.provider,
                client_id: session.client_id,
                refresh_token: session.refresh_token,
                device_key: session.device_key,
                user: session.user,
                signed_in: session.signed_in,
                rotates: session.rotates,
                identities: session.identities,
            }),
            device: record.device,
            last_user: record.last_user,
            learnt_life: record.learnt_life.map(Duration::from_secs),
            origin: record.origin,
            guests: record.guests,
        })
    }
}

#[derive(Serialize)]
struct RecordOut<'a> {
    v: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<DeviceOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_user: Option<&'a User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    learnt_life: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    guests: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct DeviceOut<'a> {
    user_pool_id: &'a str,
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'a str>,
    key: &'a str,
    group_key: &'a str,
    password: &'a str,
}

#[derive(Serialize)]
struct SessionOut<'a> {
    provider: &'a str,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_key: Option<&'a str>,
    user: &'a User,
    signed_in: UnixTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotates: Option<bool>,
    identities: &'a BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct RecordIn {
    v: u32,
    client_secret: Option<Secret>,
    session: Option<SessionIn>,
    device: Option<Device>,
    last_user: Option<User>,
    learnt_life: Option<u64>,
    origin: Option<String>,
    #[serde(default)]
    guests: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct SessionIn {
    #[serde(alias = "user_pool_id")]
    provider: String,
    client_id: String,
    refresh_token: Option<Secret>,
    device_key: Option<String>,
    user: User,
    signed_in: UnixTime,
    rotates: Option<bool>,
    #[serde(default)]
    identities: BTreeMap<String, String>,
}

const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_as_it_went() {
        let stored = Stored {
            client_secret: Some(Secret::new("s")),
            session: Some(StoredSession {
                provider: "us-east-1_A".into(),
                client_id: "c".into(),
                refresh_token: Some(Secret::new("r\"\n")),
                device_key: None,
                user: User::default(),
                signed_in: UnixTime::from_secs(7),
                rotates: Some(true),
                identities: BTreeMap::from([("p".into(), "i".into())]),
            }),
            device: Some(Device {
                user_pool_id: "us-east-1_A".into(),
                username: "u".into(),
                alias: Some("u@example.com".into()),
                key: "us-east-1_k".into(),
                group_key: "-g".into(),
                password: Secret::new("p"),
            }),
            last_user: Some(User::default()),
            learnt_life: Some(Duration::from_secs(3600)),
            origin: Some("us-east-1_A c".into()),
            guests: BTreeMap::from([("p".into(), "g".into())]),
        };
        let record = stored.to_record();
        assert_eq!(Stored::from_record(&record), Ok(stored));
        assert_eq!(
            Stored::from_record(&Stored::default().to_record()),
            Ok(Stored::default())
        );
    }

    #[test]
    fn a_strange_record_is_refused() {
        for text in [
            "",
            "{}",
            "{\"v\":2}",
            "nonsense",
            "{\"v\":1,\"session\":{}}",
        ] {
            assert_eq!(
                Stored::from_record(&Secret::new(text)),
                Err(BadRecord),
                "{text}"
            );
        }
    }
}
