//! What an app asks of a person's browser: the parameters of `/oauth2/authorize` and `/login`.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    client::Client,
    login::words::Language,
    provider::COGNITO,
    web::{Reply, Visit, with_params},
    world::World,
};

/// A request that may be answered with a code.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) client: Client,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) nonce: Option<String>,
    /// The code challenge, by S256.
    pub(crate) challenge: Option<String>,
    /// The provider that was asked for by name or identifier.
    pub(crate) provider: Option<String>,
    pub(crate) prompt: Prompt,
    pub(crate) login_hint: Option<String>,
    pub(crate) language: Language,
}

/// Whether the person may, or must, be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    Any,
    None,
    Login,
}

/// Why a request gets no code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is not safe to send the browser back: Cognito's own page says so.
    Page {
        error: String,
        client: Option<String>,
        path: String,
    },
    /// The app is told.
    App {
        redirect_uri: String,
        state: Option<String>,
        error: String,
        description: Option<String>,
    },
}

impl Refusal {
    /// Where the browser goes.
    pub(crate) fn reply(&self) -> Reply {
        let (location, error) = match self {
            Self::Page {
                error,
                client,
                path,
            } => {
                let client = client.as_deref().map(|client| ("client_id", client));
                let params = [("error", error.as_str())].into_iter().chain(client);
                (with_params(&format!("{path}/error"), params), error)
            }
            Self::App {
                redirect_uri,
                state,
                error,
                description,
            } => {
                let description = description
                    .as_deref()
                    .map(|text| ("error_description", text));
                let state = state.as_deref().map(|state| ("state", state));
                let params = [("error", error.as_str())].into_iter();
                let params = params.chain(description).chain(state);
                (with_params(redirect_uri, params), error)
            }
        };
        Reply::redirect(&location).outcome(error)
    }
}

impl Request {
    /// Reads and checks the parameters. Until client and redirect URI are known to be right,
    /// nobody is sent anywhere.
    pub(crate) fn read(world: &World, visit: &Visit) -> Result<Self, Refusal> {
        let query = &visit.query;
        let (client, redirect_uri) = recipient(world, visit)?;
        let request = Self {
            redirect_uri,
            state: query.one("state").map(str::to_owned),
            scopes: Vec::new(),
            nonce: query.one("nonce").map(str::to_owned),
            challenge: None,
            provider: None,
            prompt: Prompt::Any,
            login_hint: query.one("login_hint").map(str::to_owned),
            language: Language::named(query.one("lang")),
            client,
        };
        match query.one("response_type") {
            Some("code") if request.client.oauth.allows("code") => (),
            Some("code" | "token") => {
                let flow = match query.one("response_type") {
                    Some("token") if request.client.oauth.allows("implicit") => {
                        return Err(request.refuse(
                            "unsupported_response_type",
                            "The sandbox has no implicit grant.",
                        ));
                    }
                    Some("token") => "implicit",
                    Some(_) | None => "code",
                };
                let text = format!("The client may not use the {flow} grant.");
                return Err(request.refuse("unauthorized_client", &text));
            }
            Some(_) => return Err(request.refuse("unsupported_response_type", "Use code.")),
            None => return Err(request.refuse("invalid_request", "response_type is missing.")),
        }
        let scopes = request.scopes_of(query.one("scope"))?;
        let challenge = request.challenge_of(visit)?;
        let prompt = request.prompt_of(query.one("prompt"))?;
        let provider = request.provider_of(world, visit)?;
        Ok(Self {
            scopes,
            challenge,
            prompt,
            provider,
            ..request
        })
    }

    /// The refusal that tells the app.
    pub(crate) fn refuse(&self, error: &str, description: &str) -> Refusal {
        Refusal::App {
            redirect_uri: self.redirect_uri.clone(),
            state: self.state.clone(),
            error: error.to_owned(),
            description: Some(description.to_owned()).filter(|text| !text.is_empty()),
        }
    }

    /// Whether the person may sign in by this provider, or by the pool itself (`COGNITO`).
    pub(crate) fn offers(&self, provider: &str) -> bool {
        self.client
            .oauth
            .providers
            .iter()
            .any(|one| one == provider)
    }

    fn scopes_of(&self, asked: Option<&str>) -> Result<Vec<String>, Refusal> {
        let allowed = &self.client.oauth.scopes;
        let Some(asked) = asked else {
            return Ok(allowed.clone());
        };
        let mut scopes: Vec<String> = Vec::new();
        for scope in asked.split(' ').filter(|scope| !scope.is_empty()) {
            if !allowed.iter().any(|one| one == scope) {
                return Err(self.refuse("invalid_scope", &format!("{scope} is not allowed.")));
            }
            if !scopes.iter().any(|one| one == scope) {
                scopes.push(scope.to_owned());
            }
        }
        let openid = scopes.iter().any(|scope| scope == "openid");
        let narrow = |scope: &&String| ["email", "phone", "profile"].contains(&scope.as_str());
        match scopes.iter().find(narrow) {
            Some(scope) if !openid => {
                let text = format!("{scope} is of use only together with openid.");
                Err(self.refuse("invalid_scope", &text))
            }
            Some(_) | None => Ok(scopes),
        }
    }

    fn challenge_of(&self, visit: &Visit) -> Result<Option<String>, Refusal> {
        let challenge = visit.query.one("code_challenge");
        let method = visit.query.one("code_challenge_method");
        match (challenge, method) {
            (None, None) => Ok(None),
            (Some(challenge), Some("S256"))
                if URL_SAFE_NO_PAD
                    .decode(challenge)
                    .is_ok_and(|hash| hash.len() == 32) =>
            {
                Ok(Some(challenge.to_owned()))
            }
            (Some(_), Some("S256")) => Err(self.refuse(
                "invalid_request",
                "code_challenge is no SHA-256 in base64url.",
            )),
            (_, Some(_)) => {
                Err(self.refuse("invalid_request", "code_challenge_method must be S256."))
            }
            (Some(_), None) => {
                Err(self.refuse("invalid_request", "code_challenge_method is missing."))
            }
        }
    }

    fn prompt_of(&self, asked: Option<&str>) -> Result<Prompt, Refusal> {
        let words: Vec<_> = asked.unwrap_or_default().split([' ', ',']).collect();
        let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let known = ["none", "login", "select_account", "consent"];
        if let Some(word) = words.iter().find(|word| !known.contains(word)) {
            let text = format!("There is no prompt={word}.");
            return Err(self.refuse("invalid_request", &text));
        }
        match words.as_slice() {
            ["none"] => Ok(Prompt::None),
            words if words.contains(&"none") => {
                Err(self.refuse("invalid_request", "prompt=none goes with no other prompt."))
            }
            words if words.contains(&"login") || words.contains(&"select_account") => {
                Ok(Prompt::Login)
            }
            _ => Ok(Prompt::Any),
        }
    }

    fn provider_of(&self, world: &World, visit: &Visit) -> Result<Option<String>, Refusal> {
        let pool = world.pools.get(&self.client.pool);
        let asked = visit.query.one("identity_provider");
        let name = match (asked, visit.query.one("idp_identifier")) {
            (None, None) => return Ok(None),
            (Some(name), _) => Some(name.to_owned()),
            (None, Some(identifier)) => pool
                .and_then(|pool| pool.provider_identified(identifier))
                .map(|provider| provider.name.clone()),
        };
        let exists = |name: &String| {
            name == COGNITO || pool.is_some_and(|pool| pool.providers.contains_key(name))
        };
        match name.filter(|name| self.offers(name) && exists(name)) {
            Some(name) => Ok(Some(name)),
            None => Err(Refusal::Page {
                error: "Login option is not available. Please try another one".into(),
                client: Some(self.client.id.clone()),
                path: world.login_path(&self.client.pool),
            }),
        }
    }
}

/// The client, and the registered URL that its answers go to.
fn recipient(world: &World, visit: &Visit) -> Result<(Client, String), Refusal> {
    let page = |error: &str, client: Option<&str>| Refusal::Page {
        error: error.to_owned(),
        client: client.map(str::to_owned),
        path: visit
            .pool
            .as_ref()
            .map_or_else(String::new, |pool| world.login_path(pool)),
    };
    let Some(id) = visit.query.one("client_id") else {
        return Err(page(
            "Required String parameter 'client_id' is not present",
            None,
        ));
    };
    let client = world.clients.get(id);
    let here = |client: &&Client| visit.pool.as_ref().is_none_or(|pool| *pool == client.pool);
    let Some(client) = client.filter(here) else {
        return Err(page("Client does not exist.", Some(id)));
    };
    if !client.oauth.on {
        return Err(page("unauthorized_client", Some(id)));
    }
    let default = client.oauth.default_callback.as_deref();
    let Some(redirect_uri) = visit.query.one("redirect_uri").or(default) else {
        let error = "Required String parameter 'redirect_uri' is not present";
        return Err(page(error, Some(id)));
    };
    if !client.oauth.callbacks.iter().any(|one| one == redirect_uri) {
        return Err(page("redirect_mismatch", Some(id)));
    }
    Ok((client.clone(), redirect_uri.to_owned()))
}
