//! Signing in by somebody else: on the way to a provider, and back.

use crate::{
    clock::Moment,
    http::App,
    journal::Note,
    keys::Claims,
    login::{
        error_page,
        relying::{self, Endpoints, Trouble},
        request::{Prompt, Request},
    },
    provider::{COGNITO, IdentityProvider},
    random,
    srp::same,
    web::{Reply, Visit, at_once, with_params},
    world::World,
};

/// Somebody who was sent to a provider, and what for.
pub(crate) struct Departure {
    request: Request,
    provider: String,
    nonce: String,
    /// The cookie of the browser that left: only that one may come back.
    browser: String,
    until: Moment,
    back: bool,
}

/// What `/oauth2/authorize` leads to.
enum Way {
    Here(Reply),
    Provider(Box<Request>, Box<IdentityProvider>),
}

/// `GET /oauth2/authorize`
pub(crate) async fn authorize(app: &App, visit: &Visit) -> (Reply, Note) {
    let (way, note) = {
        let mut world = app.world();
        world.journal.note = Note::default();
        let way = world.authorize(visit);
        (way, std::mem::take(&mut world.journal.note))
    };
    let (request, provider) = match way {
        Way::Here(reply) => return (reply, note),
        Way::Provider(request, provider) => (request, provider),
    };
    let reply = match relying::discover(&provider).await {
        Ok(endpoints) => app.world().depart(visit, *request, &provider, &endpoints),
        Err(trouble) => request.refuse("invalid_request", &trouble.0).reply(),
    };
    (reply, note)
}

/// `GET /oauth2/idpresponse`: the browser comes back from a provider.
pub(crate) async fn response(app: &App, visit: &Visit) -> (Reply, Note) {
    let returned = app.world().returned(visit);
    let Some((request, name, nonce)) = returned else {
        let page = error_page("Invalid state: begin the sign-in again in this browser.");
        return (
            Reply::page(400, page).outcome("invalid state"),
            Note::default(),
        );
    };
    let note = Note {
        client_id: Some(request.client.id.clone()),
        ..Note::default()
    };
    let (provider, here, now) = {
        let world = app.world();
        let provider = world
            .pool(&request.client.pool)
            .and_then(|pool| pool.provider(&name).cloned());
        (provider, world.return_url(&request), world.clock.told())
    };
    let Ok(provider) = provider else {
        return (
            request
                .refuse("invalid_request", "The provider is gone.")
                .reply(),
            note,
        );
    };
    let query = &visit.query;
    if let Some(error) = query.one("error") {
        let description = query.one("error_description").unwrap_or_default();
        return (request.refuse(error, description).reply(), note);
    }
    let code = query.one("code").unwrap_or_default();
    app.world().journal.secret("authorization_code", code);
    let claims = relying::claims(&provider, code, &here, &nonce, now).await;
    let reply = match claims {
        Ok(claims) => {
            let (reply, noted) = at_once(app, |world| world.welcome(&request, &provider, &claims));
            let note = Note {
                username: noted.username,
                ..note
            };
            return (reply, note);
        }
        Err(Trouble(text)) => request.refuse("invalid_request", &text).reply(),
    };
    (reply, note)
}

impl World {
    fn authorize(&mut self, visit: &Visit) -> Way {
        let request = match Request::read(self, visit) {
            Ok(request) => request,
            Err(refusal) => return Way::Here(refusal.reply()),
        };
        self.journal.note.client_id = Some(request.client.id.clone());
        if let Some(browser) = self.signed_in_before(visit, &request) {
            return Way::Here(self.grant(&request, browser));
        }
        if request.prompt == Prompt::None {
            let refusal = request.refuse("login_required", "Nobody is signed in in this browser.");
            return Way::Here(refusal.reply());
        }
        // Where there is one provider only, there is nothing to choose.
        let only = match request.client.oauth.providers.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        let name = request
            .provider
            .as_ref()
            .or(only)
            .filter(|name| *name != COGNITO);
        let provider =
            name.and_then(|name| self.pool(&request.client.pool).ok()?.provider(name).ok());
        match provider {
            Some(provider) => Way::Provider(Box::new(request), Box::new(provider.clone())),
            None => {
                let path = self.login_path(&request.client.pool);
                Way::Here(Reply::redirect(&format!(
                    "{path}/login?{}",
                    visit.raw_query
                )))
            }
        }
    }

    /// Sends the browser to a provider.
    fn depart(
        &mut self,
        visit: &Visit,
        request: Request,
        provider: &IdentityProvider,
        endpoints: &Endpoints,
    ) -> Reply {
        let state = random::base64url(24);
        let nonce = random::base64url(24);
        let given = visit.cookie(COOKIE).filter(|cookie| cookie.len() == 32);
        let browser = given.map_or_else(|| random::text(random::ALNUM, 32), str::to_owned);
        let scopes = provider.detail("authorize_scopes").unwrap_or("openid");
        let scopes = scopes.replace(',', " ");
        let here = self.return_url(&request);
        let mut params = vec![
            (
                "client_id",
                provider.detail("client_id").unwrap_or_default(),
            ),
            ("redirect_uri", here.as_str()),
            ("scope", scopes.as_str()),
            ("response_type", "code"),
            ("state", state.as_str()),
            ("nonce", nonce.as_str()),
        ];
        if let Some(hint) = &request.login_hint {
            params.push(("login_hint", hint));
        }
        if request.prompt == Prompt::Login {
            params.push(("prompt", "login"));
        }
        let location = with_params(&endpoints.authorize, params);
        let departure = Departure {
            request,
            provider: provider.name.clone(),
            nonce,
            browser: browser.clone(),
            until: self.clock.now().plus(DEPARTED_SECONDS),
            back: false,
        };
        self.login.departures.put(&*state, departure);
        Reply::redirect(&location).cookie(COOKIE, &browser, DEPARTED_SECONDS)
    }

    /// Whoever comes back: once, in time, and in the browser that left.
    fn returned(&mut self, visit: &Visit) -> Option<(Request, String, String)> {
        let now = self.clock.now();
        let cookie = visit.cookie(COOKIE)?;
        let departure = self.login.departures.find_mut(visit.query.one("state")?)?;
        let own = same(cookie.as_bytes(), departure.browser.as_bytes());
        if !own || departure.back || now >= departure.until {
            return None;
        }
        departure.back = true;
        let (provider, nonce) = (departure.provider.clone(), departure.nonce.clone());
        Some((departure.request.clone(), provider, nonce))
    }

    /// The URL that is registered with providers.
    fn return_url(&self, request: &Request) -> String {
        format!(
            "{}/oauth2/idpresponse",
            self.login_url(&request.client.pool)
        )
    }

    /// Lets somebody in whom a provider vouches for.
    fn welcome(
        &mut self,
        request: &Request,
        provider: &IdentityProvider,
        claims: &Claims,
    ) -> Reply {
        let now = self.clock.now();
        let admitted = self
            .pool_mut(&request.client.pool)
            .and_then(|pool| pool.admit_federated(provider, claims, now));
        match admitted {
            Ok(user) => self.let_browser_in(request, &user, &provider.name),
            Err(failure) => request.refuse("invalid_request", &failure.message).reply(),
        }
    }
}

/// The cookie that binds a departure to its browser.
const COOKIE: &str = "csrf-state";

/// How long somebody may stay at a provider.
const DEPARTED_SECONDS: i64 = 600;
