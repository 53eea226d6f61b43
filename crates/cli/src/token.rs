//! `poolkey token`.

use std::collections::BTreeMap;
use std::io::{Write, stdout};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poolkey_core::config::Config;
use poolkey_core::failure::{Code, Failure, NoToken, Trouble};
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_core::session::{IssuedToken, TokenKind};
use poolkey_core::time::UnixTime;
use poolkey_ipc::Client;
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::args::{HeaderForm, TokenArgs};
use crate::ending::Ending;
use crate::profiles_file::ProfilesFile;
use crate::status_text::columns;
use crate::whoami::{claims as rows, shell_profiles, when};
use crate::words;

/// Prints a token, or what it says.
pub(crate) fn run(args: &TokenArgs, client: &Client) -> Result<(), Ending> {
    let kind = match args.access {
        true => TokenKind::Access,
        false => TokenKind::Id,
    };
    let issued = match &args.login {
        Some(name) => ask(name, kind, client)?,
        None => client.token(of_nobody(&config()?)?.as_str(), kind)?,
    };
    let text = match (args.claims, args.json, args.header) {
        (true, true, _) => json(&issued, Some(&claims(&issued)?), None)?,
        (true, false, _) => Zeroizing::new(readable(&issued, &claims(&issued)?, words::now())),
        (false, true, _) => json(&issued, None, Some(issued.token.expose()))?,
        (false, false, Some(form)) => header(clean(&issued)?, form),
        (false, false, None) => line(clean(&issued)?),
    };
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// The token of a login, or of the login of a profile by this name.
fn ask(name: &str, kind: TokenKind, client: &Client) -> Result<IssuedToken, Ending> {
    match client.token(name, kind) {
        Err(failure) if failure.code == Code::UnknownLogin => {
            let login = config().ok().and_then(|config| of_profile(name, &config));
            match login {
                Some(login) if login.is_guest() => Err(guest(&login).into()),
                Some(login) => Ok(client.token(login.as_str(), kind)?),
                None => Err(failure.into()),
            }
        }
        answered => Ok(answered?),
    }
}

fn of_profile(name: &str, config: &Config) -> Option<LoginName> {
    let name: ProfileName = name.parse().ok()?;
    config.login_of(&name)
}

/// Whose token it is where nobody is named: the only login's, or that of the profile which the
/// shell's AWS tools use.
fn of_nobody(config: &Config) -> Result<LoginName, Ending> {
    let mut logins = config.logins.keys();
    match (logins.next(), logins.next()) {
        (Some(only), None) => return Ok(only.clone()),
        (None, _) => {
            let failure = Trouble::UnknownLogin("NAME".into()).into();
            return Err(Ending::Failed(Failure {
                sentence: "There are no logins.".into(),
                ..failure
            }));
        }
        (Some(_), Some(_)) => {}
    }
    let used = shell_profiles()
        .iter()
        .find_map(|name| of_profile(name, config));
    used.filter(|login| !login.is_guest()).ok_or_else(|| {
        let names: Vec<&str> = config.logins.keys().map(LoginName::as_str).collect();
        let told = format!(
            "There are several logins: name one of {}.",
            names.join(", ")
        );
        Ending::Usage(told)
    })
}

fn config() -> Result<Config, Failure> {
    ProfilesFile::of_process()?.read()
}

fn guest(login: &LoginName) -> Failure {
    Trouble::NoToken(login.clone(), NoToken::Guest).into()
}

/// A token that may stand in a header and on a line of its own. One that an attacker at the provider
/// made could have lines of its own.
fn clean(issued: &IssuedToken) -> Result<&str, Failure> {
    let token = issued.token.expose();
    if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(token);
    }
    Err(Failure {
        code: Code::Misconfigured,
        sentence: format!(
            "The provider of “{}” gave a token that no header can have.",
            issued.login
        ),
        remedy: format!("To look at it: poolkey token {} --json", issued.login),
    })
}

fn line(token: &str) -> Zeroizing<String> {
    joined(&[token, "\n"])
}

fn header(token: &str, form: HeaderForm) -> Zeroizing<String> {
    match form {
        HeaderForm::Bearer => joined(&["Authorization: Bearer ", token, "\n"]),
        HeaderForm::Bare => joined(&["Authorization: ", token, "\n"]),
    }
}

/// One piece, so that no copy stays behind in a smaller buffer.
fn joined(parts: &[&str]) -> Zeroizing<String> {
    let length = parts.iter().map(|part| part.len()).sum();
    let mut text = Zeroizing::new(String::with_capacity(length));
    for part in parts {
        text.push_str(part);
    }
    text
}

type Claims = BTreeMap<String, Value>;

/// What a JSON Web Token says. Nothing is granted because of it, so nothing is checked.
fn claims(issued: &IssuedToken) -> Result<Claims, Failure> {
    let mut parts = issued.token.expose().split('.');
    let payload = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(payload), Some(_), None) => Some(payload),
        (..) => None,
    };
    let decoded = payload
        .map(|payload| payload.trim_end_matches('='))
        .and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok())
        .map(Zeroizing::new);
    decoded
        .and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or_else(|| Failure {
            code: Code::Misconfigured,
            sentence: format!(
                "The {} of “{}” is no JSON Web Token, so that nothing can be read in it.",
                name(issued.kind),
                issued.login
            ),
            remedy: "Whoever issued it tells what it is worth; leave out --claims to have it."
                .into(),
        })
}

fn readable(issued: &IssuedToken, claims: &Claims, now: UnixTime) -> String {
    let rows_above = [
        ("Login", issued.login.to_string()),
        ("Token", name(issued.kind).to_owned()),
        ("Use it until", when(issued.expires, now)),
    ];
    let above = columns(
        rows_above
            .iter()
            .map(|(name, value)| (*name, value.as_str())),
    );
    format!("{above}\nClaims\n{}", rows(claims, now))
}

const fn name(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Id => "ID token",
        TokenKind::Access => "access token",
    }
}

#[derive(Serialize)]
struct Json<'a> {
    login: &'a LoginName,
    kind: TokenKind,
    expires: UnixTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<&'a Claims>,
}

fn json(
    issued: &IssuedToken,
    claims: Option<&Claims>,
    token: Option<&str>,
) -> Result<Zeroizing<String>, Ending> {
    let object = Json {
        login: &issued.login,
        kind: issued.kind,
        expires: issued.expires,
        token,
        claims,
    };
    let room = 256 + 6 * issued.token.expose().len();
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    serde_json::to_writer(&mut *bytes, &object).map_err(std::io::Error::from)?;
    bytes.push(b'\n');
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use poolkey_core::secret::Secret;

    use super::*;

    const CONFIG: &str = r#"
[login.acme]
user_pool_id = "eu-west-1_A"
client_id = "client"

[profile.dev]
login = "acme"
identity_pool_id = "eu-west-1:01234567-89ab-cdef-0123-456789abcdef"

[profile.far]
source_profile = "dev"
role_arn = "arn:aws:iam::123456789012:role/far"

[profile.open]
identity_pool_id = "eu-west-1:01234567-89ab-cdef-0123-456789abcdef"
"#;

    fn issued(token: &str) -> IssuedToken {
        IssuedToken {
            login: "acme".parse().unwrap(),
            kind: TokenKind::Access,
            token: Secret::new(token),
            expires: UnixTime::from_secs(1_767_588_489),
        }
    }

    #[test]
    fn a_profile_stands_for_its_login() {
        let config = Config::parse(CONFIG).unwrap();
        for (name, login) in [
            ("dev", Some("acme")),
            ("far", Some("acme")),
            ("open", Some("guest")),
            ("none", None),
            ("a b", None),
        ] {
            let found = of_profile(name, &config);
            assert_eq!(found.as_ref().map(LoginName::as_str), login, "{name}");
        }
        assert_eq!(of_nobody(&config).unwrap().as_str(), "acme");
        let none = of_nobody(&Config::default()).unwrap_err();
        assert!(
            matches!(&none, Ending::Failed(failure) if failure.code == Code::UnknownLogin),
            "{none:?}"
        );
    }

    #[test]
    fn a_token_with_lines_of_its_own_is_in_no_header() {
        for token in [
            "a\r\nX-Evil: 1",
            "a b",
            "a\u{1b}[2J",
            "",
            "tok\u{e9}n",
            "a\0",
        ] {
            let failure = clean(&issued(token)).unwrap_err();
            assert!(failure.remedy.contains("--json"), "{failure}");
            assert!(!failure.to_string().contains("Evil"));
        }
        let good = issued("eyJ.a-_~+/=.b");
        let token = clean(&good).unwrap();
        for (form, told) in [
            (HeaderForm::Bearer, "Authorization: Bearer eyJ.a-_~+/=.b\n"),
            (HeaderForm::Bare, "Authorization: eyJ.a-_~+/=.b\n"),
        ] {
            assert_eq!(*header(token, form), told);
        }
        assert_eq!(*line(token), "eyJ.a-_~+/=.b\n");
    }

    #[test]
    fn what_it_says_is_read_where_it_says_anything() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"exp":1767588489,"scope":"a b","x":"\u001b[2J"}"#);
        let token = issued(&format!("h.{payload}.s"));
        let told = readable(
            &token,
            &claims(&token).unwrap(),
            UnixTime::from_secs(1_767_584_889),
        );
        assert_eq!(
            told,
            "Login         acme\n\
             Token         access token\n\
             Use it until  2026-01-05T04:48:09Z (in 60 min)\n\
             \n\
             Claims\n  \
               exp    2026-01-05T04:48:09Z (in 60 min)\n  \
               scope  a b\n  \
               x       [2J\n"
        );
        assert_eq!(
            *json(&token, Some(&claims(&token).unwrap()), None).unwrap(),
            "{\"login\":\"acme\",\"kind\":\"access\",\"expires\":1767588489,\
             \"claims\":{\"exp\":1767588489,\"scope\":\"a b\",\"x\":\"\\u001b[2J\"}}\n"
        );
        for opaque in ["opaque", "a.b", "a.b.c", "a.b.c.d", "a.W10.c", "..", ""] {
            let failure = claims(&issued(opaque)).unwrap_err();
            assert!(failure.sentence.contains("access token"), "{failure}");
        }
    }

    #[test]
    fn json_has_whatever_the_token_is() {
        let told = json(&issued("a\n\"b"), None, Some("a\n\"b")).unwrap();
        assert_eq!(
            *told,
            "{\"login\":\"acme\",\"kind\":\"access\",\"expires\":1767588489,\"token\":\"a\\n\\\"b\"}\n"
        );
    }
}
