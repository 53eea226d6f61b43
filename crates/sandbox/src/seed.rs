//! A working chain in one call: user pool, app client, user, identity pool and role.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::factor::{CustomRound, Factor, FirstFactor, Mfa};

mod browser;
mod plant;

pub use browser::{IdpClientSeed, IdpSeed, ProviderSeed, SeededIdp};
pub(crate) use plant::plant;

/// What to set up. Everything has a default: `{}` gives a chain that works.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seed {
    /// Use this user pool, in place of a new one.
    pub user_pool_id: Option<String>,
    /// Use this app client, in place of a new one.
    pub client_id: Option<String>,
    /// The new user pool.
    pub pool: PoolSeed,
    /// The new app client.
    pub client: ClientSeed,
    /// An OpenID Connect provider that the sandbox plays.
    pub idp: Option<IdpSeed>,
    /// The new user.
    pub user: UserSeed,
    /// The new identity pool; `false` for none.
    pub identity_pool: IdentityPoolChoice,
    /// IAM roles with trust policies.
    pub roles: Vec<RoleSeed>,
}

/// A user pool.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoolSeed {
    /// A fixed id, such as `us-east-1_Demo00001`.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// More members of `CreateUserPool`, in AWS's words. Unless told otherwise, a seeded pool
    /// verifies e-mail addresses.
    pub aws: Option<Value>,
    /// The domain of its managed login; without one it is at the root, like that of every pool.
    pub domain: Option<String>,
    /// Identity providers behind it.
    pub identity_providers: Vec<ProviderSeed>,
    /// Its groups.
    pub groups: Vec<GroupSeed>,
    /// Whether a second factor is asked for.
    pub mfa: Mfa,
    /// The second factors it allows; by default, where one is asked for, an authenticator app.
    pub factors: Vec<Factor>,
    /// Which devices it remembers.
    pub devices: DeviceChoice,
    /// Whether a remembered device stands in for the second factor, which it does by default.
    pub device_skips_mfa: Option<bool>,
    /// What may come first in `USER_AUTH`; by default the password.
    pub first_factors: Vec<FirstFactor>,
    /// Its custom challenge: one row a round.
    pub custom: Vec<CustomRound>,
}

/// Which devices a pool remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// None.
    #[default]
    Off,
    /// Those of which the user says so.
    Ask,
    /// All that are confirmed.
    Always,
}

/// A group.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupSeed {
    /// Its name.
    pub name: String,
    /// The role of its members.
    pub role_arn: Option<String>,
    /// The group with the lowest number has the preferred role.
    pub precedence: Option<i64>,
}

/// An app client.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientSeed {
    /// A fixed id.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Whether it has a secret.
    pub secret: bool,
    /// `ExplicitAuthFlows`; by default SRP, both password flows and refresh, and the flows that the
    /// pool's first factors and custom challenge need.
    pub flows: Option<Vec<String>>,
    /// Refresh-token rotation with this grace, 0 to 60 seconds; none: no rotation.
    pub rotation_grace_seconds: Option<i64>,
    /// `EnableTokenRevocation`
    pub revocation: Option<bool>,
    /// `PreventUserExistenceErrors`
    pub hide_strangers: Option<bool>,
    /// `AuthSessionValidity`: 3 to 15 minutes.
    pub session_minutes: Option<i64>,
    /// `CallbackURLs`: with one, the client may sign in by browser.
    pub callback_urls: Vec<String>,
    /// `LogoutURLs`
    pub logout_urls: Vec<String>,
    /// `AllowedOAuthScopes`; by default all that a pool has.
    pub scopes: Option<Vec<String>>,
    /// `SupportedIdentityProviders`; by default the pool's own users and all its providers.
    pub identity_providers: Option<Vec<String>>,
    /// More members of `CreateUserPoolClient`, in AWS's words.
    pub aws: Option<Value>,
}

/// A user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserSeed {
    /// The user name: `alice` by default.
    pub username: Option<String>,
    /// The password: a random one by default.
    pub password: Option<String>,
    /// The user must choose a new password at the first sign-in.
    pub temporary: bool,
    /// The user has signed up, and not confirmed it yet.
    pub unconfirmed: bool,
    /// The e-mail address, which is verified unless the user is unconfirmed; none where it is empty.
    pub email: Option<String>,
    /// The telephone number, which is verified unless the user is unconfirmed.
    pub phone: Option<String>,
    /// The key of the authenticator app, in BASE32.
    pub totp_key: Option<String>,
    /// A passkey, which `USER_AUTH` offers where the pool allows passkeys (`WEB_AUTHN`).
    pub passkey: bool,
    /// The second factors that are on; by default the authenticator app, where its key is given.
    pub factors: Option<Vec<Factor>>,
    /// The second factor that is preferred.
    pub preferred_factor: Option<Factor>,
    /// The groups the user is in.
    pub groups: Vec<String>,
}

/// An identity pool, or none.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IdentityPoolChoice {
    /// `true` for one with all defaults.
    Word(bool),
    /// One made to order.
    Pool(IdentityPoolSeed),
}

/// An identity pool.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdentityPoolSeed {
    /// A fixed id, such as `us-east-1:00000000-0000-4000-8000-000000000001`.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// The role of those who signed in.
    pub role_arn: Option<String>,
    /// The role of guests; guests are let in when it is there.
    pub guest_role_arn: Option<String>,
    /// The token says which role: `Token` mapping, ambiguous ones denied.
    pub roles_from_token: bool,
    /// Rules say which role, in their order: `Rules` mapping.
    pub rules: Vec<RoleRuleSeed>,
    /// Who is left over by the token or the rules.
    pub ambiguous: Ambiguous,
    /// `ServerSideTokenCheck`
    pub check_tokens: bool,
    /// `AllowClassicFlow`
    pub classic: bool,
    /// OIDC providers beside the user pool, which IAM trusts too.
    pub oidc_providers: Vec<OidcProviderSeed>,
}

/// `AmbiguousRoleResolution`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ambiguous {
    /// Gets nothing.
    #[default]
    Deny,
    /// Gets the role of those who signed in.
    Authenticated,
}

/// A rule of a role mapping.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoleRuleSeed {
    /// The token's claim.
    pub claim: String,
    /// `Equals`, `Contains`, `StartsWith` or `NotEqual`.
    pub r#match: String,
    /// What the claim is compared with.
    pub value: String,
    /// The role.
    pub role_arn: String,
}

/// An OIDC provider. Google's and Apple's become `SupportedLoginProviders`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OidcProviderSeed {
    /// The `iss` of its tokens: `https://`, or `http://` at this computer. A provider that the
    /// sandbox plays is named by its path: `/_idp/NAME`.
    pub issuer: String,
    /// The client ids that its tokens are for.
    pub client_ids: Vec<String>,
    /// Its key set, which is fetched from the issuer by default.
    pub keys: Option<Value>,
}

/// An IAM role. In its texts `ACCOUNT` stands for the sandbox's account, and `IDENTITY_POOL` for the
/// id of the seed's identity pool.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoleSeed {
    /// Its ARN.
    pub arn: String,
    /// Whom it trusts.
    pub trust: TrustChoice,
    /// `MaxSessionDuration`: 3600 to 43200, by default an hour.
    pub max_session_seconds: Option<i64>,
}

/// Whom a role trusts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TrustChoice {
    /// In a word.
    Word(TrustWord),
    /// A policy document.
    Document(Value),
}

/// Usual trust policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrustWord {
    /// Who signed in to the seed's identity pool.
    SignedIn,
    /// The guests of the seed's identity pool.
    Guests,
    /// Everybody of the sandbox's account, with session tags.
    Account,
}

impl Default for TrustChoice {
    fn default() -> Self {
        Self::Word(TrustWord::SignedIn)
    }
}

/// What was set up.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Seeded {
    /// The sandbox's address: the endpoint URL of all three services.
    pub url: String,
    /// The region in which it plays.
    pub region: String,
    /// The user pool.
    pub user_pool_id: String,
    /// The `iss` of its tokens.
    pub issuer: String,
    /// The user pool's name among the logins of an identity pool.
    pub provider_name: String,
    /// The app client.
    pub client_id: String,
    /// Its secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// Where the pool's managed login is: the URL to use as its domain.
    pub domain: String,
    /// The client's `CallbackURLs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub callback_urls: Vec<String>,
    /// The client's `LogoutURLs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logout_urls: Vec<String>,
    /// The client's `SupportedIdentityProviders`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub identity_providers: Vec<String>,
    /// The provider that the sandbox plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idp: Option<SeededIdp>,
    /// The user.
    pub username: String,
    /// The user's password.
    pub password: String,
    /// The user's `sub`.
    pub sub: String,
    /// The user's e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The user's telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The key of the user's authenticator app, in BASE32.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totp_key: Option<String>,
    /// The identity pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_pool_id: Option<String>,
    /// The role of those who signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// The role of guests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_role_arn: Option<String>,
    /// The roles that were declared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub role_arns: Vec<String>,
}

impl Default for IdentityPoolChoice {
    fn default() -> Self {
        Self::Word(true)
    }
}

impl Seed {
    /// The chain of `--demo`: the same ids and the same password at every start.
    pub fn demo() -> Self {
        Self {
            pool: PoolSeed {
                id: Some("us-east-1_Demo00001".into()),
                groups: vec![
                    group("admin", "arn:aws:iam::ACCOUNT:role/Admin", 1),
                    group("reader", "arn:aws:iam::ACCOUNT:role/Reader", 2),
                ],
                identity_providers: vec![ProviderSeed {
                    name: "DemoIdp".into(),
                    identifiers: vec!["demo.example".into()],
                    ..ProviderSeed::default()
                }],
                ..PoolSeed::default()
            },
            idp: Some(IdpSeed::default()),
            client: ClientSeed {
                id: Some("demo0000000000000000000001".into()),
                rotation_grace_seconds: Some(60),
                callback_urls: DEMO_CALLBACKS.map(str::to_owned).into(),
                logout_urls: DEMO_LOGOUTS.map(str::to_owned).into(),
                ..ClientSeed::default()
            },
            user: UserSeed {
                username: Some("demo".into()),
                password: Some("Demo-Passw0rd!".into()),
                groups: vec!["admin".into(), "reader".into()],
                ..UserSeed::default()
            },
            identity_pool: IdentityPoolChoice::Pool(IdentityPoolSeed {
                id: Some("us-east-1:00000000-0000-4000-8000-000000000001".into()),
                guest_role_arn: Some("arn:aws:iam::ACCOUNT:role/Guest".into()),
                oidc_providers: vec![OidcProviderSeed {
                    issuer: "/_idp/DemoIdp".into(),
                    client_ids: vec!["desktop".into()],
                    keys: None,
                }],
                classic: true,
                ..IdentityPoolSeed::default()
            }),
            roles: vec![RoleSeed {
                arn: "arn:aws:iam::ACCOUNT:role/Deploy".into(),
                trust: TrustChoice::Word(TrustWord::Account),
                max_session_seconds: None,
            }],
            ..Self::default()
        }
    }
}

fn group(name: &str, role: &str, precedence: i64) -> GroupSeed {
    GroupSeed {
        name: name.into(),
        role_arn: Some(role.into()),
        precedence: Some(precedence),
    }
}

/// What desktop apps usually register; any other has to be seeded.
const DEMO_CALLBACKS: [&str; 6] = [
    "http://localhost:8400/callback",
    "http://127.0.0.1:8400/callback",
    "http://[::1]:8400/callback",
    "http://localhost:9379/callback",
    "http://127.0.0.1:9379/callback",
    "http://localhost:3000/",
];

const DEMO_LOGOUTS: [&str; 2] = [
    "http://localhost:8400/signed-out",
    "http://127.0.0.1:8400/signed-out",
];
