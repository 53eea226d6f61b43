//! Sessions of browsers, and the codes that apps get of them.

use crate::{
    client::Client,
    clock::Moment,
    login::request::{Prompt, Request},
    random,
    user::User,
    web::{Reply, Visit, with_params},
    world::World,
};

/// Somebody whom a browser has signed in: what the cookie stands for.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) pool: String,
    pub(crate) user: String,
    pub(crate) sub: String,
    /// When the person was asked.
    pub(crate) time: Moment,
    until: Moment,
    /// By whom: `COGNITO`, or the name of an identity provider.
    pub(crate) provider: String,
}

/// What an authorization code stands for.
pub(crate) struct Grant {
    pub(crate) client: String,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<String>,
    pub(crate) browser: Browser,
    until: Moment,
    spent: bool,
}

impl World {
    /// How long a browser stays signed in. Nothing renews it.
    const BROWSER_SECONDS: i64 = 3600;
    const CODE_SECONDS: i64 = 300;

    /// Whom this browser has signed in to the client's pool, if that may be used for the request.
    pub(crate) fn signed_in_before(&self, visit: &Visit, request: &Request) -> Option<Browser> {
        let cookie = visit.cookie(&cookie_name(&request.client.pool))?;
        let browser = self.login.browsers.find(cookie)?;
        let wanted = request.provider.as_ref();
        let usable = browser.pool == request.client.pool
            && self.clock.now() < browser.until
            && self.browser_user(browser).is_some()
            && request.offers(&browser.provider)
            && wanted.is_none_or(|wanted| *wanted == browser.provider)
            && request.prompt != Prompt::Login;
        usable.then(|| browser.clone())
    }

    /// The user behind a session of a browser, who may still enter.
    pub(crate) fn browser_user(&self, browser: &Browser) -> Option<&User> {
        let user = self.pool(&browser.pool).ok()?.user(&browser.user).ok()?;
        let same = user.sub == browser.sub && user.may_enter(self.clock.now()).is_ok();
        same.then_some(user)
    }

    /// Signs the browser in and sends it back to the app.
    pub(crate) fn let_browser_in(
        &mut self,
        request: &Request,
        user: &str,
        provider: &str,
    ) -> Reply {
        let now = self.clock.now();
        let pool = request.client.pool.clone();
        let sub = self.pool(&pool).and_then(|pool| pool.user(user));
        let Ok(sub) = sub.map(|user| user.sub.clone()) else {
            return request.refuse("server_error", "The user is gone.").reply();
        };
        let browser = Browser {
            pool,
            user: user.to_owned(),
            sub,
            time: now,
            until: now.plus(Self::BROWSER_SECONDS),
            provider: provider.to_owned(),
        };
        let cookie = random::base64url(32);
        self.journal.secret("cookie", &cookie);
        self.login.browsers.put(&*cookie, browser.clone());
        self.grant(request, browser).cookie(
            &cookie_name(&request.client.pool),
            &cookie,
            Self::BROWSER_SECONDS,
        )
    }

    /// Sends the browser back to the app, with a code.
    pub(crate) fn grant(&mut self, request: &Request, browser: Browser) -> Reply {
        self.journal.note.username = Some(browser.user.clone());
        let grant = Grant {
            client: request.client.id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            scopes: request.scopes.clone(),
            nonce: request.nonce.clone(),
            challenge: request.challenge.clone(),
            browser,
            until: self.clock.now().plus(Self::CODE_SECONDS),
            spent: false,
        };
        let code = random::uuid();
        self.journal.secret("authorization_code", &code);
        self.login.grants.put(&*code, grant);
        let state = request.state.as_deref().map(|state| ("state", state));
        let params = [("code", code.as_str())].into_iter().chain(state);
        Reply::redirect(&with_params(&request.redirect_uri, params))
    }

    /// Takes a code from the client that it was made for. It is good for one attempt.
    pub(crate) fn spend_code(&mut self, client: &Client, code: &str) -> Option<&Grant> {
        let now = self.clock.now();
        let grant = self.login.grants.find_mut(code)?;
        if grant.client != client.id || grant.spent || now >= grant.until {
            return None;
        }
        grant.spent = true;
        Some(grant)
    }

    /// Forgets whom a browser has signed in to a pool.
    pub(crate) fn forget_browser(&mut self, visit: &Visit, pool: &str) {
        if let Some(cookie) = visit.cookie(&cookie_name(pool))
            && let Some(browser) = self.login.browsers.find_mut(cookie)
        {
            browser.until = Moment(0);
        }
    }
}

/// The cookie of a pool. The pools share an address, and so its cookies.
pub(crate) fn cookie_name(pool: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("cognito-{}", pool.chars().map(plain).collect::<String>())
}
