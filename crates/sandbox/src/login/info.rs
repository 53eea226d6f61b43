//! `/oauth2/userInfo`

use axum::http::header::WWW_AUTHENTICATE;
use serde_json::{Map, Value, json};

use crate::{
    web::{Reply, Visit},
    wire::Failure,
    world::World,
};

impl World {
    /// What the access token's scopes let an app know of its user.
    pub(crate) fn user_info(&mut self, visit: &Visit) -> Reply {
        let Some(token) = visit.bearer() else {
            let text = "Bad OAuth2 request at UserInfo Endpoint";
            return refused(400, "invalid_request", text);
        };
        match self.told_of_user(visit, token) {
            Ok(claims) => Reply::json(200, &Value::Object(claims)),
            Err(failure) if failure.message.ends_with("required scopes") => {
                let text = "Access token does not contain openid scope";
                refused(401, "invalid_token", text)
            }
            Err(_) => {
                let text = "Access token is expired, disabled, or deleted, or the user has globally signed out.";
                refused(401, "invalid_token", text)
            }
        }
    }

    fn told_of_user(&mut self, visit: &Visit, token: &str) -> Result<Map<String, Value>, Failure> {
        let origin = self.access_for(token, "openid")?;
        let sign_in = self.sign_ins.find(&origin).ok_or_else(Failure::no_user)?;
        if visit
            .pool
            .as_ref()
            .is_some_and(|pool| *pool != sign_in.pool)
        {
            return Err(Failure::not_authorized("Invalid Access Token"));
        }
        let user = self.pool(&sign_in.pool)?.user(&sign_in.user)?;
        let told = user.attributes.iter();
        let told = told.filter(|(name, _)| sign_in.scopes.tell(name));
        // Unlike an ID token, it tells everything as text.
        let mut claims: Map<_, _> = told
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        claims.insert("username".into(), json!(user.username));
        Ok(claims)
    }
}

fn refused(status: u16, error: &str, description: &str) -> Reply {
    let challenge = format!("Bearer error=\"{error}\", error_description=\"{description}\"");
    Reply::error(status, error, Some(description)).header(WWW_AUTHENTICATE, challenge)
}
