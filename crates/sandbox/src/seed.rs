//! A working chain in one call: user pool, app client, user, identity pool and role.

use serde::{Deserialize, Serialize};
use serde_json::Value;

mod plant;

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
    /// The new user.
    pub user: UserSeed,
    /// The new identity pool; `false` for none.
    pub identity_pool: IdentityPoolChoice,
}

/// A user pool.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoolSeed {
    /// A fixed id, such as `us-east-1_Demo00001`.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// More members of `CreateUserPool`, in AWS's words.
    pub aws: Option<Value>,
    /// Its groups.
    pub groups: Vec<GroupSeed>,
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
    /// `ExplicitAuthFlows`; by default SRP, both password flows and refresh.
    pub flows: Option<Vec<String>>,
    /// Refresh-token rotation with this grace, 0 to 60 seconds; none: no rotation.
    pub rotation_grace_seconds: Option<i64>,
    /// `EnableTokenRevocation`
    pub revocation: Option<bool>,
    /// `PreventUserExistenceErrors`
    pub hide_strangers: Option<bool>,
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
    /// The e-mail address.
    pub email: Option<String>,
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
    /// `ServerSideTokenCheck`
    pub check_tokens: bool,
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
    /// The user.
    pub username: String,
    /// The user's password.
    pub password: String,
    /// The user's `sub`.
    pub sub: String,
    /// The identity pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_pool_id: Option<String>,
    /// The role of those who signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
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
                ..PoolSeed::default()
            },
            client: ClientSeed {
                id: Some("demo0000000000000000000001".into()),
                rotation_grace_seconds: Some(60),
                ..ClientSeed::default()
            },
            user: UserSeed {
                username: Some("demo".into()),
                password: Some("Demo-Passw0rd!".into()),
                ..UserSeed::default()
            },
            identity_pool: IdentityPoolChoice::Pool(IdentityPoolSeed {
                id: Some("us-east-1:00000000-0000-4000-8000-000000000001".into()),
                ..IdentityPoolSeed::default()
            }),
            ..Self::default()
        }
    }
}
