//! The console's federation endpoint at `/federation`: keys become a sign-in token, and that a
//! session in the console, which here is a page that says whose it is.
//!
//! `Action=getSigninToken` takes a form or a query, `Action=login` a query, as AWS does. A refusal is
//! a page with status 400.

use axum::http::Method;
use serde::Deserialize;
use serde_json::json;

use crate::{
    clock::Moment,
    login::{Language, document, escape},
    random,
    shelf::Shelf,
    srp::same,
    sts::{Origin, Session},
    web::{Params, Reply, Visit},
    world::World,
};

/// Where it is.
pub(crate) const PATH: &str = "/federation";

/// The sign-in tokens that were given out.
pub(crate) struct State(Shelf<SignIn>);

/// What a sign-in token is good for.
#[derive(Clone)]
struct SignIn {
    session: Session,
    /// Until when a browser must have brought the token.
    open_until: Moment,
    /// When the session in the console ends.
    ends: Moment,
    used: bool,
}

/// `Session`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    session_id: String,
    session_key: String,
    session_token: String,
}

impl State {
    const ALL: usize = 20_000;

    /// None.
    pub(crate) fn new() -> Self {
        Self(Shelf::new(Self::ALL))
    }
}

impl World {
    /// One request, by its `Action`.
    pub(crate) fn federation(&mut self, visit: &Visit) -> Reply {
        let params = match visit.method {
            Method::GET => &visit.query,
            Method::POST => &visit.form,
            _ => return refused(405, "Method Not Allowed"),
        };
        let action = params.one("Action").unwrap_or_default();
        self.journal.note.flow = Some(action.chars().take(64).collect());
        match action {
            "getSigninToken" => self.signin_token(params),
            "login" if visit.method == Method::GET => self.console(params),
            _ => refused(400, "Invalid action"),
        }
    }

    fn signin_token(&mut self, params: &Params) -> Reply {
        if params.one("SessionType").is_some_and(|kind| kind != "json") {
            return refused(400, "Invalid SessionType parameter");
        }
        let given = params.one("Session").unwrap_or_default();
        let Ok(given) = serde_json::from_str::<Given>(given) else {
            return refused(400, "Invalid session parameter");
        };
        for (kind, secret) in [
            ("secret_access_key", &given.session_key),
            ("session_token", &given.session_token),
        ] {
            self.journal.secret(kind, secret);
        }
        let now = self.clock.now();
        let keys = self.keys.find(&given.session_id).filter(|keys| {
            same(keys.secret.as_bytes(), given.session_key.as_bytes())
                && same(keys.token.as_bytes(), given.session_token.as_bytes())
                && self.role_lives(&keys.session)
        });
        let Some(keys) = keys.cloned() else {
            return refused(400, UNSUITABLE);
        };
        self.journal.note.access_key_id = Some(keys.access_key.clone());
        self.journal.note.role_arn = Some(keys.session.role.clone());
        if now >= keys.until {
            return refused(400, "The security token included in the request is expired");
        }
        let ends = match params.one("SessionDuration") {
            None => keys.until,
            Some(text) => {
                let seconds = text.parse().ok().filter(|s| (900..=43_200).contains(s));
                self.journal.note.duration_seconds = seconds;
                match (seconds, keys.origin) {
                    (Some(seconds), Origin::User | Origin::WebIdentity) => now.plus(seconds),
                    // AWS takes no length for keys that other temporary keys paid for.
                    (_, Origin::Pool | Origin::Chain) | (None, _) => {
                        return refused(400, UNSUITABLE);
                    }
                }
            }
        };
        let token = random::base64url(900);
        self.journal.secret("signin_token", &token);
        let sign_in = SignIn {
            session: keys.session,
            open_until: now.plus(TOKEN_LIFE),
            ends,
            used: false,
        };
        self.federation.0.put(&*token, sign_in);
        Reply::json(200, &json!({ "SigninToken": token }))
    }

    fn console(&mut self, params: &Params) -> Reply {
        let now = self.clock.now();
        let destination = params.one("Destination").unwrap_or_default();
        if !destination.starts_with("https://") {
            return refused(400, "Invalid Destination parameter");
        }
        let token = params.one("SigninToken").unwrap_or_default();
        let Some(sign_in) = self.federation.0.find_mut(token) else {
            return refused(400, "Invalid SigninToken parameter");
        };
        if sign_in.used || now >= sign_in.open_until || now >= sign_in.ends {
            return refused(400, "Token Expired");
        }
        sign_in.used = true;
        let (session, ends) = (sign_in.session.clone(), sign_in.ends);
        self.journal.note.role_arn = Some(session.role.clone());
        self.journal.note.session_name = Some(session.name.clone());
        let row = |name: &str, id: &str, text: &str| {
            let text = escape(text);
            format!(r#"<p>{name}: <code id="{id}">{text}</code></p>"#)
        };
        let body = [
            row("Signed in as", "arn", &session.arn()),
            row("Account", "account", session.account()),
            row(
                "Until",
                "ends",
                &self.clock.tell(ends).format("%Y-%m-%dT%H:%M:%SZ"),
            ),
            row("On the way to", "destination", destination),
        ];
        let words = Language::English.words();
        Reply::page(
            200,
            document(words, "Console of the sandbox", &body.concat()),
        )
    }
}

fn refused(status: u16, message: &str) -> Reply {
    let body = format!(
        r#"<p class="problem" role="alert">HTTP Status {status}</p><p id="error">{}</p>"#,
        escape(message)
    );
    let words = Language::English.words();
    Reply::page(status, document(words, "Error", &body)).outcome(message)
}

/// What AWS says to keys that it makes no such session of.
const UNSUITABLE: &str = "Invalid credentials parameter";

/// A browser must have brought a token within so many seconds.
const TOKEN_LIFE: i64 = 900;
