//! What an app client may do in a browser: its URLs, flows, scopes and identity providers.

use serde_json::{Value, json};

use crate::{
    provider::COGNITO,
    wire::{Failure, Fields},
    world::World,
};

/// The OAuth members of an app client.
#[derive(Clone, Default)]
pub(crate) struct OAuth {
    /// `AllowedOAuthFlowsUserPoolClient`
    pub(crate) on: bool,
    /// `AllowedOAuthFlows`
    pub(crate) flows: Vec<String>,
    /// `AllowedOAuthScopes`
    pub(crate) scopes: Vec<String>,
    /// `CallbackURLs`
    pub(crate) callbacks: Vec<String>,
    /// `LogoutURLs`
    pub(crate) logouts: Vec<String>,
    /// `DefaultRedirectURI`
    pub(crate) default_callback: Option<String>,
    /// `SupportedIdentityProviders`
    pub(crate) providers: Vec<String>,
}

/// The scopes that every user pool has.
pub(crate) const SCOPES: [&str; 5] = ["phone", "email", "openid", "profile", OWN_ACCOUNT];

/// The scope of an access token that speaks for its user's own account.
pub(crate) const OWN_ACCOUNT: &str = "aws.cognito.signin.user.admin";

impl OAuth {
    const URLS: usize = 100;

    /// Reads what `CreateUserPoolClient` says of it. `secret` tells whether the client has one.
    pub(crate) fn read(
        world: &World,
        pool: &str,
        fields: Fields<'_>,
        secret: bool,
    ) -> Result<Self, Failure> {
        let oauth = Self {
            on: fields.flag("AllowedOAuthFlowsUserPoolClient")?,
            flows: fields.texts("AllowedOAuthFlows")?,
            scopes: fields.texts("AllowedOAuthScopes")?,
            callbacks: urls(fields, "CallbackURLs")?,
            logouts: urls(fields, "LogoutURLs")?,
            default_callback: fields.maybe_text("DefaultRedirectURI")?.map(str::to_owned),
            providers: fields.texts("SupportedIdentityProviders")?,
        };
        oauth.check_flows(secret)?;
        let unknown = |scope: &&String| !SCOPES.contains(&scope.as_str());
        if let Some(scope) = oauth.scopes.iter().find(unknown) {
            return Err(Failure::new(
                "ScopeDoesNotExistException",
                format!("Invalid scope requested: {scope}"),
            ));
        }
        if oauth
            .default_callback
            .as_ref()
            .is_some_and(|url| !oauth.callbacks.contains(url))
        {
            return Err(Failure::invalid_parameter(
                "The default redirect URI must be one of the CallbackURLs.",
            ));
        }
        let pool = world.pool(pool)?;
        for name in &oauth.providers {
            if name != COGNITO && !pool.providers.contains_key(name) {
                return Err(Failure::invalid_parameter(format!(
                    "The provider {name} does not exist for User Pool {}.",
                    pool.id
                )));
            }
        }
        Ok(oauth)
    }

    fn check_flows(&self, secret: bool) -> Result<(), Failure> {
        let refuse = |message: &str| Err(Failure::new("InvalidOAuthFlowException", message));
        let known = ["code", "implicit", "client_credentials"];
        if let Some(flow) = self
            .flows
            .iter()
            .find(|flow| !known.contains(&flow.as_str()))
        {
            return Err(Failure::invalid_parameter(format!(
                "1 validation error detected: Value '{flow}' at 'allowedOAuthFlows' failed to satisfy constraint: Member must satisfy enum value set: [implicit, client_credentials, code]"
            )));
        }
        if self.on && (self.flows.is_empty() || self.scopes.is_empty()) {
            return refuse(
                "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.",
            );
        }
        if self.allows("client_credentials") {
            if self.flows.len() > 1 {
                return refuse(
                    "client_credentials flow can not be selected along with code flow or implicit flow.",
                );
            }
            if !secret {
                return refuse(
                    "client_credentials flow can not be selected if client does not have a client secret.",
                );
            }
        } else if self.on && self.callbacks.is_empty() {
            return refuse("CallbackURLs are required for the code flow and the implicit flow.");
        }
        Ok(())
    }

    /// Whether a flow is allowed: `code`, `implicit`, `client_credentials`.
    pub(crate) fn allows(&self, flow: &str) -> bool {
        self.flows.iter().any(|one| one == flow)
    }

    /// Adds the members to what `DescribeUserPoolClient` tells.
    pub(crate) fn describe(&self, answer: &mut Value) {
        answer["AllowedOAuthFlowsUserPoolClient"] = json!(self.on);
        for (name, list) in [
            ("AllowedOAuthFlows", &self.flows),
            ("AllowedOAuthScopes", &self.scopes),
            ("CallbackURLs", &self.callbacks),
            ("LogoutURLs", &self.logouts),
            ("SupportedIdentityProviders", &self.providers),
        ] {
            if !list.is_empty() {
                answer[name] = json!(list);
            }
        }
        if let Some(url) = &self.default_callback {
            answer["DefaultRedirectURI"] = json!(url);
        }
    }
}

fn urls(fields: Fields<'_>, name: &str) -> Result<Vec<String>, Failure> {
    let urls = fields.texts(name)?;
    if urls.len() > OAuth::URLS {
        return Err(Failure::invalid_parameter(format!(
            "{name} has {} entries; {} are allowed.",
            urls.len(),
            OAuth::URLS
        )));
    }
    match urls.iter().find(|url| !may_be_called(url)) {
        None => Ok(urls),
        Some(url) => Err(Failure::invalid_parameter(format!(
            "{url} in {name} cannot be used: use https, http on localhost, 127.0.0.1 or [::1], or the app's own scheme, without a fragment."
        ))),
    }
}

/// Whether Cognito takes a URL as callback or sign-out URL.
pub(crate) fn may_be_called(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let plain = |c: char| c.is_ascii_graphic();
    if url.len() > 1024 || !url.chars().all(plain) || url.contains('#') {
        return false;
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    match scheme {
        "https" => !authority.is_empty() && !authority.contains('@'),
        "http" => is_loopback(authority),
        _ => {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        }
    }
}

/// Whether an authority (`HOST` or `HOST:PORT`) is this very computer.
pub(crate) fn is_loopback(authority: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].into_iter().any(|host| {
        authority.strip_prefix(host).is_some_and(|rest| {
            rest.is_empty()
                || rest
                    .strip_prefix(':')
                    .is_some_and(|port| port.parse::<u16>().is_ok())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_https_or_one_s_own() {
        for good in [
            "https://example.com/callback",
            "http://localhost:8400/callback",
            "http://localhost",
            "http://127.0.0.1:9379/callback",
            "http://[::1]:1/",
            "myapp://callback",
            "com.example.app://x?y=z",
        ] {
            assert!(may_be_called(good), "{good}");
        }
        for bad in [
            "http://example.com/callback",
            "http://localhost.example.com/",
            "http://localhost:port/",
            "http://127.0.0.1@example.com/",
            "http://127.0.0.10/",
            "https://",
            "https://user@example.com/",
            "https://example.com/#top",
            "https://example.com/a b",
            "localhost:8400/callback",
            "1app://x",
            "",
        ] {
            assert!(!may_be_called(bad), "{bad}");
        }
    }
}
