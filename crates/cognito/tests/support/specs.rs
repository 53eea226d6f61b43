//! Logins and profiles at one endpoint.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test program takes what it needs, and may fail"
)]

use poolkey_core::config::{
    Flow, KeySource, LoginSpec, PoolFlow, PoolSource, ProfileSpec, RoleSource, StsSpec,
    UserPoolSpec, Variants,
};
use poolkey_core::secret::Secret;
use poolkey_core::session::Proof;

/// A login of a user pool.
pub fn login(user_pool_id: &str, client_id: &str, flow: Flow, url: &str) -> LoginSpec {
    LoginSpec::UserPool(UserPoolSpec {
        user_pool_id: user_pool_id.to_owned(),
        client_id: client_id.to_owned(),
        username: None,
        flow,
        preferred_challenge: None,
        session_life: None,
        admin_profile: None,
        managed_login: None,
        endpoint: Some(url.to_owned()),
        variants: Variants::default(),
    })
}

/// What of it is the user pool's.
pub fn pool(spec: &mut LoginSpec) -> &mut UserPoolSpec {
    match spec {
        LoginSpec::UserPool(pool) => pool,
        LoginSpec::Oidc(_) | LoginSpec::Command(_) | LoginSpec::Guest => panic!("{spec:?}"),
    }
}

/// A profile of an identity pool, by the enhanced flow.
pub fn profile(identity_pool_id: &str, role_arn: Option<&str>, url: &str) -> ProfileSpec {
    ProfileSpec {
        source: KeySource::Pool(PoolSource {
            login: Some("acme".parse().unwrap()),
            identity_pool_id: identity_pool_id.to_owned(),
            flow: PoolFlow::Enhanced {
                role_arn: role_arn.map(str::to_owned),
            },
            endpoint: Some(url.to_owned()),
            variants: Variants::default(),
        }),
        sts: StsSpec {
            endpoint: Some(url.to_owned()),
            ..StsSpec::default()
        },
        signin_endpoint: None,
    }
}

/// What of it is the identity pool's.
pub fn source(spec: &mut ProfileSpec) -> &mut PoolSource {
    match &mut spec.source {
        KeySource::Pool(pool) => pool,
        KeySource::Role(role) => panic!("{role:?}"),
    }
}

/// What of it is the role's, at the end of a chain.
pub fn role(spec: &mut ProfileSpec) -> &mut RoleSource {
    match &mut spec.source {
        KeySource::Role(role) => role,
        KeySource::Pool(pool) => panic!("{pool:?}"),
    }
}

/// An ID token as proof.
pub fn by(id_token: &Secret) -> Proof {
    Proof::IdToken(id_token.clone())
}
