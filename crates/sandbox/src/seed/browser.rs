//! What a seed says of signing in by browser: providers behind a pool, and apps of providers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An identity provider behind a user pool.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderSeed {
    /// Its name in the pool.
    pub name: String,
    /// Its `iss`; without one, the sandbox plays the provider itself, at `/_idp/NAME`.
    pub issuer: Option<String>,
    /// The pool's id there.
    pub client_id: Option<String>,
    /// The pool's secret there.
    pub client_secret: Option<String>,
    /// What the pool asks for: `openid email profile` by default.
    pub scopes: Option<String>,
    /// `IdpIdentifiers`
    pub identifiers: Vec<String>,
    /// `AttributeMapping`: by default e-mail address and name.
    pub mapping: Option<BTreeMap<String, String>>,
}

/// A provider that the sandbox plays, at `/_idp/NAME`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdpSeed {
    /// Its name: `DemoIdp` by default.
    pub name: Option<String>,
    /// Its apps; by default the public client `desktop`, which any port of `127.0.0.1` and `[::1]` may
    /// call back at `/callback`.
    pub clients: Vec<IdpClientSeed>,
}

/// An app of a provider.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdpClientSeed {
    /// Its id.
    pub id: String,
    /// Its secret. Without one it is public, and must use PKCE.
    pub secret: Option<String>,
    /// Where answers go. The port of a loopback address is free.
    pub redirect_uris: Vec<String>,
    /// Where people go who have signed out.
    pub logout_uris: Vec<String>,
}

/// A provider that the sandbox plays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SeededIdp {
    /// Its name.
    pub name: String,
    /// The `iss` of its tokens.
    pub issuer: String,
    /// Its first app.
    pub client_id: String,
    /// The app's secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

impl IdpClientSeed {
    /// An app on a desktop.
    pub(crate) fn desktop() -> Self {
        let redirect_uris = [
            "http://127.0.0.1/callback",
            "http://[::1]/callback",
            "http://localhost:8400/callback",
        ];
        Self {
            id: "desktop".into(),
            secret: None,
            redirect_uris: redirect_uris.map(str::to_owned).into(),
            logout_uris: vec!["http://localhost:8400/signed-out".into()],
        }
    }
}
