//! ID tokens that a program supplies.

use jiff::Timestamp;
use poolkey_core::config::CommandSpec;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::session::Tokens;
use poolkey_core::time::UnixTime;
use serde::Deserialize;

use crate::call::Answered;
use crate::tokens::Claims;

/// Takes what the program printed: an ID token, or JSON that has one as `id_token` or `token`.
pub(crate) fn tokens(
    spec: &CommandSpec,
    printed: &Secret,
    wall: &dyn Fn() -> UnixTime,
) -> Result<Tokens, Fault> {
    let program = spec.command.first().map_or("", String::as_str);
    let refused = |why: String| {
        Fault::new(
            FaultKind::Misconfigured,
            format!("What {program} printed is not taken: {why}."),
        )
    };
    let id_token = id_token(printed).ok_or_else(|| {
        refused("it is neither an ID token nor JSON that has one as “id_token” or “token”".into())
    })?;
    let claims = Claims::of(&id_token).map_err(|_| {
        refused("its token is no ID token: it has no “iss”, “sub” and “exp”".into())
    })?;
    if let Some(issuer) = &spec.issuer
        && !claims.is_of(issuer)
    {
        return Err(refused(format!(
            "its token was issued by “{}”, not by “{issuer}”",
            claims.iss
        )));
    }
    // Nobody but this machine's own clock tells the time here.
    let now = Answered {
        output: (),
        server: None,
    };
    let id_life = now.life(claims.exp, wall);
    if id_life.length.is_zero() {
        let ended = Timestamp::from_second(claims.exp.secs())
            .map_or_else(|_| "long ago".to_owned(), |end| format!("at {end}"));
        return Err(refused(format!("its token ended {ended}")));
    }
    Ok(claims.tokens(id_token, id_life))
}

fn id_token(printed: &Secret) -> Option<Secret> {
    #[derive(Deserialize)]
    struct Document {
        id_token: Option<Secret>,
        token: Option<Secret>,
    }

    let text = printed.expose().trim();
    let token = if text.starts_with('{') {
        let document: Document = serde_json::from_str(text).ok()?;
        document.id_token.or(document.token)?
    } else {
        Secret::new(text)
    };
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    let is_token = token.expose().split('.').count() == 3 && token.expose().split('.').all(is_part);
    is_token.then_some(token)
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    fn token(exp: i64) -> String {
        let payload = format!(
            r#"{{"iss":"https://accounts.google.com","sub":"117","exp":{exp},"email":"ada@example.com"}}"#
        );
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload))
    }

    fn take(printed: &str, issuer: Option<&str>) -> Result<Tokens, Fault> {
        let spec = CommandSpec {
            command: vec!["/usr/bin/gcloud".into()],
            issuer: issuer.map(str::to_owned),
        };
        tokens(&spec, &Secret::new(printed), &|| UnixTime::from_secs(1_000))
    }

    #[test]
    fn a_token_is_taken_by_itself_or_out_of_json() {
        let token = token(4_600);
        for printed in [
            token.clone(),
            format!("{token}\r\n"),
            format!(" {{\"id_token\": \"{token}\", \"token\": \"x\"}}\n"),
            format!("{{\"token\": \"{token}\", \"more\": [1]}}"),
        ] {
            let taken = take(&printed, Some("https://accounts.google.com")).unwrap();
            assert_eq!(taken.id_token, Secret::new(token.as_str()));
            assert_eq!(taken.id_life.length.as_secs(), 3_600);
            assert_eq!(taken.user.sub, "117");
            assert_eq!(taken.user.username, "ada@example.com");
            assert_eq!(taken.refresh_token, None);
        }
    }

    #[test]
    fn what_is_wrong_with_it_is_said_without_it() {
        let good = token(4_600);
        for (printed, issuer, why) in [
            (String::new(), None, "neither an ID token"),
            ("Log in first!".into(), None, "neither an ID token"),
            ("a.b".into(), None, "neither an ID token"),
            (format!("Token: {good}"), None, "neither an ID token"),
            (format!("{good}\n{good}"), None, "neither an ID token"),
            (
                "{\"access_token\":\"x\"}".into(),
                None,
                "neither an ID token",
            ),
            ("{\"id_token\":7}".into(), None, "neither an ID token"),
            ("e30.e30.c2ln".into(), None, "no ID token"),
            (
                good.clone(),
                Some("https://login.example"),
                "not by “https://login.example”",
            ),
            (token(1_000), None, "ended at 1970-01-01T00:16:40Z"),
        ] {
            let fault = take(&printed, issuer).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Misconfigured);
            assert!(fault.text.contains(why), "{}", fault.text);
            assert!(fault.text.contains("/usr/bin/gcloud"), "{}", fault.text);
            assert!(
                !fault.text.contains("eyJ") && !fault.text.contains("c2ln"),
                "{}",
                fault.text
            );
        }
    }
}
