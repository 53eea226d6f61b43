//! The tokens of a provider: made for codes, rotated, revoked.

use axum::http::header::WWW_AUTHENTICATE;
use serde_json::{Value, json};

use super::{KEY, SignIn};
use crate::{
    clock::Moment,
    login::proves,
    random,
    srp::same,
    tokens::at_hash,
    web::{Reply, Visit},
    world::World,
};

/// A refresh token.
pub(super) struct Refresh {
    sign_in: String,
    until: Moment,
    spent: bool,
}

/// An access token.
pub(super) struct Access {
    sign_in: String,
    until: Moment,
}

impl World {
    const IDP_REFRESH_SECONDS: i64 = 30 * 86_400;
    const IDP_TOKEN_SECONDS: i64 = 3600;

    pub(super) fn idp_token(&mut self, idp: &str, visit: &Visit) -> Reply {
        let form = &visit.form;
        self.journal.note.flow = form.one("grant_type").map(str::to_owned);
        if form.has_twice() {
            return Reply::error(400, "invalid_request", Some("A parameter comes twice."));
        }
        let Some(client) = self.idp_client(idp, visit) else {
            return Reply::error(401, "invalid_client", None).header(WWW_AUTHENTICATE, "Basic");
        };
        let result = match form.one("grant_type") {
            Some("authorization_code") => self.idp_exchange(idp, &client, visit),
            Some("refresh_token") => self.idp_refresh(idp, &client, visit),
            Some(_) => Err("unsupported_grant_type"),
            None => Err("invalid_request"),
        };
        match result {
            Ok(tokens) => Reply::json(200, &tokens),
            Err(error) => Reply::error(400, error, None),
        }
    }

    fn idp_exchange(
        &mut self,
        idp: &str,
        client: &str,
        visit: &Visit,
    ) -> Result<Value, &'static str> {
        let form = &visit.form;
        let now = self.clock.now();
        let code = form.one("code").ok_or("invalid_request")?;
        self.journal.secret("authorization_code", code);
        let found = self.idp.codes.find_mut(code).ok_or("invalid_grant")?;
        if found.idp != idp || found.client != client {
            return Err("invalid_grant");
        }
        if let Some(sign_in) = &found.spent {
            // Whoever comes second: one of the two has stolen it, so both lose.
            if let Some(sign_in) = self.idp.sign_ins.find_mut(sign_in) {
                sign_in.revoked = true;
            }
            return Err("invalid_grant");
        }
        let id = random::uuid();
        found.spent = Some(id.clone());
        let right = now < found.until
            && form.one("redirect_uri") == Some(&found.redirect_uri)
            && proves(found.challenge.as_deref(), form.one("code_verifier"));
        if !right {
            return Err("invalid_grant");
        }
        let nonce = found.nonce.clone();
        let sign_in = SignIn {
            person: found.person.clone(),
            client: client.to_owned(),
            scopes: found.scopes.clone(),
            revoked: false,
        };
        self.idp.sign_ins.put(&*id, sign_in);
        let seconds = self.lifetimes.refresh_token_seconds;
        let until = now.plus(seconds.unwrap_or(Self::IDP_REFRESH_SECONDS));
        self.idp_tokens(idp, &id, nonce.as_deref(), until)
    }

    fn idp_refresh(
        &mut self,
        idp: &str,
        client: &str,
        visit: &Visit,
    ) -> Result<Value, &'static str> {
        let now = self.clock.now();
        let token = visit.form.one("refresh_token").ok_or("invalid_request")?;
        self.journal.secret("refresh_token", token);
        let found = self.idp.refresh_tokens.find_mut(token);
        let found = found.ok_or("invalid_grant")?;
        let (id, until) = (found.sign_in.clone(), found.until);
        let sign_in = self.idp.sign_ins.find_mut(&id).ok_or("invalid_grant")?;
        if sign_in.client != client || sign_in.person.idp != idp {
            return Err("invalid_grant");
        }
        if std::mem::replace(&mut found.spent, true) {
            sign_in.revoked = true;
        }
        if sign_in.revoked || now >= until {
            return Err("invalid_grant");
        }
        self.idp_tokens(idp, &id, None, until)
    }

    fn idp_tokens(
        &mut self,
        idp: &str,
        id: &str,
        nonce: Option<&str>,
        until: Moment,
    ) -> Result<Value, &'static str> {
        let sign_in = self.idp.sign_ins.find(id).ok_or("invalid_grant")?.clone();
        self.journal.note.username = Some(sign_in.person.subject.clone());
        let life = self.lifetimes.access_token_seconds;
        let life = life.unwrap_or(Self::IDP_TOKEN_SECONDS);
        let access = random::base64url(32);
        self.journal.secret("access_token", &access);
        let grant = Access {
            sign_in: id.to_owned(),
            until: self.clock.now().plus(life),
        };
        self.idp.access_tokens.put(&*access, grant);
        let told = self.clock.told().seconds();
        let id_life = self.lifetimes.id_token_seconds;
        let mut claims = self.idp_claims(&sign_in);
        claims["iss"] = json!(self.idp_issuer(idp));
        claims["aud"] = json!(sign_in.client);
        claims["iat"] = json!(told);
        claims["exp"] = json!(told + id_life.unwrap_or(Self::IDP_TOKEN_SECONDS));
        claims["auth_time"] = json!(self.clock.tell(sign_in.person.time).seconds());
        claims["at_hash"] = json!(at_hash(&access));
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        let id_token = KEY.sign(claims.as_object().ok_or("server_error")?);
        self.journal.secret("id_token", &id_token);
        let mut tokens = json!({
            "access_token": access,
            "id_token": id_token,
            "token_type": "Bearer",
            "expires_in": life,
            "scope": sign_in.scopes.join(" "),
        });
        if sign_in.scopes.iter().any(|scope| scope == "offline_access") {
            let refresh = random::base64url(48);
            self.journal.secret("refresh_token", &refresh);
            tokens["refresh_token"] = json!(refresh);
            let next = Refresh {
                sign_in: id.to_owned(),
                until,
                spent: false,
            };
            self.idp.refresh_tokens.put(refresh, next);
        }
        Ok(tokens)
    }

    fn idp_claims(&self, sign_in: &SignIn) -> Value {
        let person = &sign_in.person;
        let asked = |scope: &str| sign_in.scopes.iter().any(|one| one == scope);
        let mut claims = json!({ "sub": person.subject });
        if asked("email") {
            claims["email"] = json!(person.email);
            claims["email_verified"] = json!(true);
        }
        if asked("profile") {
            claims["name"] = json!(person.subject);
            claims["preferred_username"] = json!(person.subject);
        }
        claims
    }

    pub(super) fn idp_revoke(&mut self, idp: &str, visit: &Visit) -> Reply {
        let Some(client) = self.idp_client(idp, visit) else {
            return Reply::error(401, "invalid_client", None).header(WWW_AUTHENTICATE, "Basic");
        };
        let Some(token) = visit.form.one("token") else {
            return Reply::error(400, "invalid_request", None);
        };
        let refresh = self.idp.refresh_tokens.find(token);
        let sign_in = refresh.map(|refresh| refresh.sign_in.clone());
        if let Some(sign_in) = sign_in.and_then(|id| self.idp.sign_ins.find_mut(&id))
            && sign_in.client == client
        {
            sign_in.revoked = true;
        }
        let owner = |world: &Self, access: &Access| {
            let sign_in = world.idp.sign_ins.find(&access.sign_in);
            sign_in.is_some_and(|sign_in| sign_in.client == client)
        };
        let own = self.idp.access_tokens.find(token);
        if own.is_some_and(|access| owner(self, access))
            && let Some(access) = self.idp.access_tokens.find_mut(token)
        {
            access.until = Moment(0);
        }
        Reply::empty(200)
    }

    pub(super) fn idp_user_info(&mut self, idp: &str, visit: &Visit) -> Reply {
        let now = self.clock.now();
        let access = self
            .idp
            .access_tokens
            .find(visit.bearer().unwrap_or_default());
        let access = access.filter(|access| now < access.until);
        let sign_in = access.and_then(|access| self.idp.sign_ins.find(&access.sign_in));
        match sign_in.filter(|sign_in| !sign_in.revoked && sign_in.person.idp == idp) {
            Some(sign_in) => Reply::json(200, &self.idp_claims(sign_in)),
            None => {
                let challenge = "Bearer error=\"invalid_token\"";
                Reply::error(401, "invalid_token", None).header(WWW_AUTHENTICATE, challenge)
            }
        }
    }

    /// The client that a request comes from, if its secret is right, or it has none.
    fn idp_client(&mut self, idp: &str, visit: &Visit) -> Option<String> {
        let (id, secret) = visit.credentials()?;
        self.journal.note.client_id = Some(id.clone());
        let secret = secret.unwrap_or_default();
        self.journal.secret("client_secret", &secret);
        let client = self.idp.providers.get(idp)?.clients.get(&id)?;
        let right = client.secret.as_deref().unwrap_or_default();
        same(right.as_bytes(), secret.as_bytes()).then_some(id)
    }
}
