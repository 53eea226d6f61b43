//! Who do you want to be? The page, and the code that comes of it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Endpoint, PREFIX, Person};
use crate::{
    clock::Moment,
    login::{Language, document, error_page, escape, hide, input},
    random,
    srp::same,
    web::{Reply, Visit, with_params},
    world::World,
};

/// What a code stands for.
pub(super) struct Code {
    pub(super) idp: String,
    pub(super) client: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) person: Person,
    pub(super) until: Moment,
    /// The sign-in that came of it.
    pub(super) spent: Option<String>,
}

/// A request whose answer may go to its redirect URI.
struct Request<'a> {
    idp: &'a str,
    client: &'a str,
    redirect_uri: &'a str,
    state: Option<&'a str>,
    issuer: String,
}

/// An error for the app: its code, and why.
type Refused = (&'static str, &'static str);

impl Request<'_> {
    fn back(&self, params: &[(&str, &str)]) -> Reply {
        let state = self.state.map(|state| ("state", state));
        let issuer = Some(("iss", self.issuer.as_str()));
        let params = params.iter().copied().chain(state).chain(issuer);
        Reply::redirect(&with_params(self.redirect_uri, params))
    }
}

impl World {
    const IDP_CODE_SECONDS: i64 = 300;
    const IDP_BROWSER_SECONDS: i64 = 3600;

    pub(super) fn idp_authorize(&mut self, idp: &str, visit: &Visit) -> Reply {
        let query = &visit.query;
        let page = |error: &str| Reply::page(400, error_page(error)).outcome(error);
        let id = query.one("client_id").unwrap_or_default();
        let provider = self.idp.providers.get(idp);
        let Some(client) = provider.and_then(|provider| provider.clients.get(id)) else {
            return page("invalid_client: there is no such client.");
        };
        let redirect_uri = query.one("redirect_uri").unwrap_or_default();
        if !client.may_redirect(redirect_uri) {
            return page("invalid_redirect_uri: the redirect URI is not registered.");
        }
        let public = client.secret.is_none();
        self.journal.note.client_id = Some(id.to_owned());
        let request = Request {
            idp,
            client: id,
            redirect_uri,
            state: query.one("state"),
            issuer: self.idp_issuer(idp),
        };
        match self.idp_decide(&request, visit, public) {
            Ok(reply) => reply,
            Err((error, description)) => {
                let params = [("error", error), ("error_description", description)];
                request.back(&params).outcome(error)
            }
        }
    }

    fn idp_decide(
        &mut self,
        request: &Request<'_>,
        visit: &Visit,
        public: bool,
    ) -> Result<Reply, Refused> {
        let query = &visit.query;
        if query.one("response_type") != Some("code") {
            return Err(("unsupported_response_type", "Use code."));
        }
        let scopes: Vec<&str> = query.one("scope").unwrap_or_default().split(' ').collect();
        if !scopes.contains(&"openid") {
            return Err(("invalid_scope", "openid is missing."));
        }
        let hashed = |challenge: &str| {
            let hash = URL_SAFE_NO_PAD.decode(challenge);
            hash.is_ok_and(|hash| hash.len() == 32)
        };
        match (
            query.one("code_challenge"),
            query.one("code_challenge_method"),
        ) {
            (None, None) if public => {
                return Err(("invalid_request", "A public client must use PKCE."));
            }
            (None, None) => (),
            (Some(challenge), Some("S256")) if hashed(challenge) => (),
            (_, _) => return Err(("invalid_request", "Use code_challenge with S256.")),
        }
        let prompts: Vec<&str> = query.one("prompt").unwrap_or_default().split(' ').collect();
        let known = ["", "none", "login", "consent", "select_account"];
        if prompts.iter().any(|prompt| !known.contains(prompt)) {
            return Err(("invalid_request", "There is no such prompt."));
        }
        if prompts.contains(&"none") && prompts.len() > 1 {
            return Err(("invalid_request", "prompt=none goes with no other."));
        }
        let again = prompts.contains(&"login") || prompts.contains(&"select_account");
        let cookie = format!("idp-{}", request.idp);
        let before = visit.cookie(&cookie);
        let before = before.and_then(|cookie| self.idp.browsers.find(cookie));
        let end = before.map(|person| person.time.plus(Self::IDP_BROWSER_SECONDS));
        let lives = end.is_some_and(|end| self.clock.now() < end);
        if visit.method == axum::http::Method::POST {
            return self.idp_choose(request, visit, &cookie);
        }
        match before.filter(|person| lives && person.idp == request.idp) {
            Some(person) if !again => {
                let person = person.clone();
                Ok(self.idp_grant(request, visit, person))
            }
            Some(_) | None if prompts.contains(&"none") => {
                Err(("login_required", "Nobody is signed in in this browser."))
            }
            Some(_) | None => Ok(idp_page(request, visit, None)),
        }
    }

    /// Somebody has said who they are.
    fn idp_choose(
        &mut self,
        request: &Request<'_>,
        visit: &Visit,
        cookie: &str,
    ) -> Result<Reply, Refused> {
        let token = visit.form.one("_csrf").unwrap_or_default();
        let given = visit.cookie(CSRF).unwrap_or_default();
        if given.is_empty() || !same(token.as_bytes(), given.as_bytes()) {
            let page = error_page("Invalid CSRF token");
            return Ok(Reply::page(403, page).outcome("invalid CSRF token"));
        }
        if visit.form.one("deny").is_some() {
            return Err(("access_denied", "The person said no."));
        }
        let subject = visit.form.one("subject").unwrap_or_default().trim();
        let plain = |c: char| !c.is_whitespace() && !c.is_control();
        if subject.is_empty() || subject.len() > 100 || !subject.chars().all(plain) {
            let problem = "A name has 1 to 100 characters, and no spaces.";
            return Ok(idp_page(request, visit, Some(problem)));
        }
        let local = subject.split('@').next().unwrap_or(subject);
        let email = visit.form.one("email").map(str::trim);
        let person = Person {
            idp: request.idp.to_owned(),
            subject: subject.to_owned(),
            email: email.map_or_else(|| format!("{local}@example.com"), str::to_owned),
            time: self.clock.now(),
        };
        let value = random::base64url(32);
        self.journal.secret("cookie", &value);
        self.idp.browsers.put(&*value, person.clone());
        let reply = self.idp_grant(request, visit, person);
        Ok(reply.cookie(cookie, &value, Self::IDP_BROWSER_SECONDS))
    }

    fn idp_grant(&mut self, request: &Request<'_>, visit: &Visit, person: Person) -> Reply {
        self.journal.note.username = Some(person.subject.clone());
        let query = &visit.query;
        let mut scopes: Vec<String> = Vec::new();
        for scope in query.one("scope").unwrap_or_default().split(' ') {
            let known = ["openid", "email", "profile", "offline_access"].contains(&scope);
            if known && !scopes.iter().any(|one| one == scope) {
                scopes.push(scope.to_owned());
            }
        }
        let code = random::base64url(32);
        self.journal.secret("authorization_code", &code);
        let stands_for = Code {
            idp: request.idp.to_owned(),
            client: request.client.to_owned(),
            redirect_uri: request.redirect_uri.to_owned(),
            challenge: query.one("code_challenge").map(str::to_owned),
            nonce: query.one("nonce").map(str::to_owned),
            scopes,
            person,
            until: self.clock.now().plus(Self::IDP_CODE_SECONDS),
            spent: None,
        };
        self.idp.codes.put(&*code, stands_for);
        request.back(&[("code", &code)])
    }

    /// Ends the browser's session with a provider.
    pub(super) fn idp_log_out(&mut self, idp: &str, visit: &Visit) -> Reply {
        let cookie = format!("idp-{idp}");
        if let Some(value) = visit.cookie(&cookie)
            && let Some(person) = self.idp.browsers.find_mut(value)
        {
            person.time = Moment(0);
        }
        let query = &visit.query;
        let clients = self
            .idp
            .providers
            .get(idp)
            .map(|provider| &provider.clients);
        let client = clients.and_then(|clients| clients.get(query.one("client_id")?));
        let allowed = |url: &&str| {
            client.is_some_and(|client| client.logout_uris.iter().any(|one| one == url))
        };
        let reply = match query.one("post_logout_redirect_uri").filter(allowed) {
            Some(url) => {
                let state = query.one("state").map(|state| ("state", state));
                Reply::redirect(&with_params(url, state))
            }
            None => {
                let words = Language::English.words();
                Reply::page(200, document(words, "Signed out", ""))
            }
        };
        reply.cookie(&cookie, "", 0)
    }
}

fn idp_page(request: &Request<'_>, visit: &Visit, problem: Option<&str>) -> Reply {
    let given = visit.cookie(CSRF).filter(|cookie| cookie.len() == 32);
    let csrf = given.map_or_else(|| random::text(random::ALNUM, 32), str::to_owned);
    let typed = visit.form.one("subject").or(visit.query.one("login_hint"));
    let problem = problem.map_or_else(String::new, |problem| {
        format!(r#"<p class="problem" role="alert">{}</p>"#, escape(problem))
    });
    let path = Endpoint::Authorize.path();
    let action = format!("{PREFIX}{}/{path}?{}", request.idp, visit.raw_query);
    let body = format!(
        r#"{problem}<form method="post" action="{}">{}{}{}<button type="submit">Continue</button><button type="submit" name="deny" value="1" formnovalidate>Cancel</button></form>"#,
        escape(&action),
        hide("_csrf", &csrf),
        input(
            "Name",
            "subject",
            "text",
            "username",
            typed.unwrap_or_default()
        ),
        input("E-mail (if you like)", "email", "email", "email", ""),
    );
    let words = Language::English.words();
    let title = format!("{}: who do you want to be?", escape(request.idp));
    Reply::page(200, document(words, &title, &body)).cookie(CSRF, &csrf, 3600)
}

/// The cookie whose value the form must bring back.
const CSRF: &str = "idp-csrf";
