//! `/login`: the form, and the questions of a sign-in behind it.

use serde_json::{Value, json};

use crate::{
    auth::{Door, wrong_password},
    client::Client,
    conversation::Ending,
    login::{
        page::{Ask, Open, Page, What},
        request::Request,
    },
    provider::COGNITO,
    random,
    srp::same,
    web::{Params, Reply, Visit, with_params},
    wire::{Answer, Failure, Fields},
    world::World,
};

/// What an answer to the form came to.
enum Outcome {
    LetIn(String),
    Asked(Open, What),
}

impl World {
    /// `GET /login`
    pub(crate) fn login_page(&mut self, visit: &Visit) -> Reply {
        match Request::read(self, visit) {
            Ok(request) => {
                self.journal.note.client_id = Some(request.client.id.clone());
                let username = request.login_hint.clone().unwrap_or_default();
                self.show(visit, &request, Ask::Credentials { username }, None)
            }
            Err(refusal) => refusal.reply(),
        }
    }

    /// `POST /login`: a password, or the answer to what was asked last.
    pub(crate) fn login_form(&mut self, visit: &Visit) -> Reply {
        let request = match Request::read(self, visit) {
            Ok(request) => request,
            Err(refusal) => return refusal.reply(),
        };
        self.journal.note.client_id = Some(request.client.id.clone());
        let token = visit.form.one("_csrf").unwrap_or_default();
        let cookie = visit.cookie(CSRF).unwrap_or_default();
        if cookie.is_empty() || !same(token.as_bytes(), cookie.as_bytes()) {
            let page = crate::login::error_page("Invalid CSRF token");
            return Reply::page(403, page).outcome("invalid CSRF token");
        }
        let answered = match visit.form.one("challenge") {
            None => self.answer_credentials(&request, &visit.form),
            Some(challenge) => self.answer_page(&request.client, challenge, &visit.form),
        };
        match answered {
            Ok(Outcome::LetIn(user)) => self.let_browser_in(&request, &user, COGNITO),
            Ok(Outcome::Asked(open, what)) => {
                let challenge = open.challenge.clone();
                let page = self.show(visit, &request, Ask::Challenge { open, what }, None);
                page.outcome(&challenge)
            }
            Err(failure) => self.show_problem(visit, &request, &failure),
        }
    }

    /// Asks again after a mistake: the same, where the session is still open.
    fn show_problem(&mut self, visit: &Visit, request: &Request, failure: &Failure) -> Reply {
        let form = &visit.form;
        let username = form.one("username").unwrap_or_default().to_owned();
        let words = request.language.words();
        let problem = match failure.code.as_ref() {
            "CodeMismatchException" | "EnableSoftwareTokenMFAException" => words.wrong_code,
            _ if *failure == wrong_password() => words.wrong_password,
            _ => failure.message.as_str(),
        };
        let again = [
            "CodeMismatchException",
            "EnableSoftwareTokenMFAException",
            "ExpiredCodeException",
            "InvalidPasswordException",
            "InvalidParameterException",
        ];
        let open = self.still_open(&request.client, form);
        let ask = match open.filter(|_| again.contains(&failure.code.as_ref())) {
            Some((open, what)) => Ask::Challenge { open, what },
            None => Ask::Credentials { username },
        };
        let page = self.show(visit, request, ask, Some(problem.to_owned()));
        page.outcome(&failure.code)
    }

    fn show(
        &mut self,
        visit: &Visit,
        request: &Request,
        ask: Ask,
        problem: Option<String>,
    ) -> Reply {
        let path = self.login_path(&request.client.pool);
        let given = visit.cookie(CSRF).filter(|cookie| cookie.len() == 32);
        let csrf = given.map_or_else(|| random::text(random::ALNUM, 32), str::to_owned);
        let chosen = |name: &str| request.provider.as_deref().is_none_or(|one| one == name);
        let others = request.client.oauth.providers.iter();
        let providers = others
            .filter(|name| *name != COGNITO && chosen(name))
            .map(|name| {
                let kept = visit.query.all();
                let kept = kept
                    .filter(|(name, _)| !["identity_provider", "idp_identifier"].contains(name));
                let params = kept.chain([("identity_provider", name.as_str())]);
                (
                    name.clone(),
                    with_params(&format!("{path}/oauth2/authorize"), params),
                )
            })
            .collect();
        let page = Page {
            language: request.language,
            action: format!("{path}/login?{}", visit.raw_query),
            csrf: csrf.clone(),
            problem,
            ask,
            own_users: request.offers(COGNITO) && chosen(COGNITO),
            providers,
        };
        Reply::page(200, page.html()).cookie(CSRF, &csrf, 3600)
    }

    fn answer_credentials(&mut self, request: &Request, form: &Params) -> Result<Outcome, Failure> {
        let client = &request.client;
        if !request.offers(COGNITO) {
            return Err(Failure::not_authorized(
                "Login option is not available. Please try another one",
            ));
        }
        let (Some(username), Some(password)) = (form.one("username"), form.one("password")) else {
            return Err(wrong_password());
        };
        let parameters = json!({ "USERNAME": username, "SECRET_HASH": client.hash(username) });
        let mut conversation = self.begin(client, Fields::of(&parameters)?)?;
        conversation.ending = Ending::Browser;
        let name = conversation.user.clone();
        let answer = self.password_is(client, conversation, password)?;
        self.outcome(client, &name, &answer)
    }

    fn answer_page(
        &mut self,
        client: &Client,
        challenge: &str,
        form: &Params,
    ) -> Result<Outcome, Failure> {
        let username = form.one("username").unwrap_or_default();
        let mut session = form.one("session").unwrap_or_default().to_owned();
        self.check_door(&session, Door::Browser)?;
        let mut responses = json!({ "USERNAME": username, "SECRET_HASH": client.hash(username) });
        for (field, member) in [
            ("code", format!("{challenge}_CODE")),
            ("answer", "ANSWER".to_owned()),
            ("new_password", "NEW_PASSWORD".to_owned()),
            ("email", "EMAIL".to_owned()),
        ] {
            if let Some(value) = form.one(field) {
                let typed = if field == "new_password" {
                    value
                } else {
                    value.trim()
                };
                responses[member] = json!(typed);
            }
        }
        for (name, value) in form.all() {
            if name.starts_with("userAttributes.") && !value.is_empty() {
                responses[name] = json!(value);
            }
        }
        if challenge == "MFA_SETUP" && form.one("email").is_none() {
            let code = form.one("code").unwrap_or_default().trim();
            let request = json!({ "Session": session, "UserCode": code });
            let verified = self.verify_in_session(Fields::of(&request)?)?;
            session = verified["Session"].as_str().unwrap_or_default().to_owned();
        }
        let request = json!({
            "ClientId": client.id,
            "ChallengeName": challenge,
            "Session": session,
            "ChallengeResponses": responses,
        });
        let fields = Fields::of(&request)?;
        let answer = self.respond_to_auth_challenge(fields, Door::Browser)?;
        self.outcome(client, username, &answer)
    }

    fn outcome(
        &mut self,
        client: &Client,
        username: &str,
        answer: &Value,
    ) -> Result<Outcome, Failure> {
        if let Some(user) = answer["LetIn"].as_str() {
            return Ok(Outcome::LetIn(user.to_owned()));
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let parameters = &answer["ChallengeParameters"];
        let mut open = Open {
            challenge: text(&answer["ChallengeName"]),
            session: text(&answer["Session"]),
            username: username.to_owned(),
        };
        let listed = |name: &str| -> Vec<String> {
            let text = parameters[name].as_str().unwrap_or_default();
            serde_json::from_str(text).unwrap_or_default()
        };
        let what = match open.challenge.as_str() {
            "SMS_MFA" | "EMAIL_OTP" | "SMS_OTP" => {
                What::SentCode(Some(text(&parameters["CODE_DELIVERY_DESTINATION"])))
            }
            "SOFTWARE_TOKEN_MFA" => What::AppCode,
            "SELECT_MFA_TYPE" => What::Choice(listed("MFAS_CAN_CHOOSE")),
            "NEW_PASSWORD_REQUIRED" => What::NewPassword(self.missing(client, username)),
            "MFA_SETUP" => {
                let factors = listed("MFAS_CAN_SETUP");
                let can = |name: &str| factors.iter().any(|factor| factor == name);
                let key = match can("SOFTWARE_TOKEN_MFA") {
                    true => Some(self.new_key(&mut open)?),
                    false => None,
                };
                let email = can("EMAIL_OTP");
                if key.is_none() && !email {
                    return Err(Failure::invalid_parameter(
                        "A second factor is required, and none can be set up here: ask your administrator.",
                    ));
                }
                What::SetUp { key, email }
            }
            other => {
                return Err(Failure::invalid_parameter(format!(
                    "Managed login has no page for {other}."
                )));
            }
        };
        Ok(Outcome::Asked(open, what))
    }

    /// A key for an authenticator app, and the session that goes on with it.
    fn new_key(&mut self, open: &mut Open) -> Result<String, Failure> {
        let request = json!({ "Session": open.session });
        let answer: Answer = self.associate_in_session(Fields::of(&request)?);
        let answer = answer?;
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        open.session = text("Session");
        Ok(text("SecretCode"))
    }

    /// What a form asked, where it can be asked once more.
    fn still_open(&self, client: &Client, form: &Params) -> Option<(Open, What)> {
        let open = Open {
            challenge: form.one("challenge")?.to_owned(),
            session: form.one("session")?.to_owned(),
            username: form.one("username")?.to_owned(),
        };
        let user = Some(open.username.as_str());
        self.asked(client, user, &open.session, &open.challenge)
            .ok()?;
        let what = match open.challenge.as_str() {
            "SMS_MFA" | "EMAIL_OTP" | "SMS_OTP" => What::SentCode(None),
            "SOFTWARE_TOKEN_MFA" => What::AppCode,
            "NEW_PASSWORD_REQUIRED" => What::NewPassword(self.missing(client, &open.username)),
            "MFA_SETUP" => What::SetUp {
                key: form.one("key").map(str::to_owned),
                email: form.one("key").is_none(),
            },
            _ => return None,
        };
        Some((open, what))
    }

    /// The attributes that the pool demands and a user has not.
    fn missing(&self, client: &Client, username: &str) -> Vec<String> {
        let Ok(pool) = self.pool(&client.pool) else {
            return Vec::new();
        };
        let user = pool.find(username);
        let has = |name: &String| user.is_some_and(|user| user.attributes.contains_key(name));
        pool.required
            .iter()
            .filter(|name| !has(name))
            .cloned()
            .collect()
    }
}

/// The cookie whose value the form must bring back.
const CSRF: &str = "XSRF-TOKEN";
