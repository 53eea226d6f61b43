//! A browser without a window: it keeps cookies, follows redirects and fills in forms.

#![allow(
    dead_code,
    reason = "shared by several tests, none of which uses all of it"
)]

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    desk::Desk,
    running::{Answer, Running},
};

/// Where the apps of the tests are called back.
pub(crate) const CALLBACK: &str = "http://localhost:8400/callback";
pub(crate) const SIGNED_OUT: &str = "http://localhost:8400/signed-out";

/// What an app proves itself by.
pub(crate) const VERIFIER: &str = "a-verifier-that-is-long-enough-for-everybody-0123";

/// A browser.
#[derive(Default, Clone)]
pub(crate) struct Browser {
    pub(crate) cookies: BTreeMap<String, String>,
}

/// Where following links and forms ended.
pub(crate) enum Landed {
    /// On a page of the sandbox.
    Page(Answer),
    /// At another address, which is not asked.
    Away(String),
}

impl Landed {
    pub(crate) fn page(self) -> Answer {
        match self {
            Self::Page(page) => page,
            Self::Away(url) => panic!("no page, but {url}"),
        }
    }

    pub(crate) fn away(self) -> String {
        match self {
            Self::Page(page) => panic!("still here: {} {}", page.head, page.body),
            Self::Away(url) => url,
        }
    }

    /// A parameter of the URL that the app is called back at.
    pub(crate) fn param(self, name: &str) -> String {
        let url = self.away();
        param(&url, name).unwrap_or_else(|| panic!("no {name} in {url}"))
    }
}

impl Browser {
    /// One request, with the cookies, and no more.
    pub(crate) fn ask(&mut self, sandbox: &Running, method: &str, url: &str, body: &str) -> Answer {
        let base = sandbox.ready["url"].as_str().expect("a text");
        let path = url.strip_prefix(base).unwrap_or(url);
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let headers = format!(
            "Cookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
            cookies.join("; ")
        );
        let answer = sandbox.send(method, path, &headers, body);
        for line in answer.head.lines() {
            let Some((name, cookie)) = line.split_once(": ") else {
                continue;
            };
            if !name.eq_ignore_ascii_case("set-cookie") {
                continue;
            }
            assert!(cookie.contains("HttpOnly"), "{cookie}");
            assert!(cookie.contains("SameSite=Lax"), "{cookie}");
            let pair = cookie.split(';').next().expect("a cookie");
            let (name, value) = pair.split_once('=').expect("a pair");
            if cookie.contains("Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Opens a URL and follows redirects as long as they stay in the sandbox.
    pub(crate) fn open(&mut self, sandbox: &Running, url: &str) -> Landed {
        let answer = self.ask(sandbox, "GET", url, "");
        self.follow(sandbox, answer)
    }

    fn follow(&mut self, sandbox: &Running, mut answer: Answer) -> Landed {
        let base = sandbox.ready["url"].as_str().expect("a text").to_owned();
        for _ in 0..10 {
            if answer.status() != 302 {
                return Landed::Page(answer);
            }
            let location = answer.header("location").expect("a location").to_owned();
            if !location.starts_with('/') && !location.starts_with(&format!("{base}/")) {
                return Landed::Away(location);
            }
            answer = self.ask(sandbox, "GET", &location, "");
        }
        panic!("redirects without end");
    }

    /// Fills in the page's first form and sends it.
    pub(crate) fn submit(
        &mut self,
        sandbox: &Running,
        page: &Answer,
        fields: &[(&str, &str)],
    ) -> Landed {
        self.submit_form(sandbox, page, 0, fields)
    }

    /// Fills in one of the page's forms and sends it.
    pub(crate) fn submit_form(
        &mut self,
        sandbox: &Running,
        page: &Answer,
        number: usize,
        fields: &[(&str, &str)],
    ) -> Landed {
        let form = page.body.split("<form ").nth(number + 1);
        let form = form.unwrap_or_else(|| panic!("no form in {}", page.body));
        let form = form.split("</form>").next().expect("an end");
        let action = attribute(form, "action").expect("an action");
        let mut all: Vec<(String, String)> = Vec::new();
        for tag in form.split("<input ").skip(1) {
            let tag = tag.split('>').next().expect("an end");
            let name = attribute(tag, "name").expect("a name");
            if fields.iter().any(|(one, _)| *one == name) {
                continue;
            }
            let kind = attribute(tag, "type").unwrap_or_default();
            if kind != "radio" || tag.contains(" checked") {
                all.push((name, attribute(tag, "value").unwrap_or_default()));
            }
        }
        let given = fields.iter();
        all.extend(given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let all = all
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let answer = self.ask(sandbox, "POST", &action, &form_of(all));
        self.follow(sandbox, answer)
    }
}

/// An app that signs people in by browser.
pub(crate) struct App<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<String>,
}

impl<'a> App<'a> {
    pub(crate) fn new(desk: &'a Desk) -> Self {
        Self::of(desk, &desk.seeded)
    }

    /// The app of another seed in the same sandbox.
    pub(crate) fn of(desk: &'a Desk, seeded: &Value) -> Self {
        let text = |name: &str| seeded[name].as_str().map(str::to_owned);
        Self {
            desk,
            client_id: text("client_id").expect("a client"),
            client_secret: text("client_secret"),
        }
    }

    /// `/oauth2/authorize`, with PKCE, state and nonce, unless `more` says otherwise: an empty
    /// value leaves a parameter out.
    pub(crate) fn authorize(&self, more: &[(&str, &str)]) -> String {
        let base = self.desk.seeded["domain"].as_str().expect("a domain");
        let challenge = challenge(VERIFIER);
        let usual = [
            ("response_type", "code"),
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", CALLBACK),
            ("state", "abc123"),
            ("nonce", "n0"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let given = |name: &str| more.iter().any(|(one, _)| *one == name);
        let all = usual.into_iter().filter(|(name, _)| !given(name));
        let all = all.chain(more.iter().copied());
        let all = all.filter(|(_, value)| !value.is_empty());
        format!("{base}/oauth2/authorize?{}", form_of(all))
    }

    /// Signs the seeded user in by browser, and brings back the code.
    pub(crate) fn code(&self, browser: &mut Browser, more: &[(&str, &str)]) -> String {
        let sandbox = &self.desk.sandbox;
        let url = self.authorize(more);
        let page = match browser.open(sandbox, &url) {
            Landed::Away(url) => return param(&url, "code").expect("a code"),
            Landed::Page(page) => page,
        };
        let text = |name: &str| self.desk.seeded[name].as_str().expect("a text");
        let fields = [
            ("username", text("username")),
            ("password", text("password")),
        ];
        browser.submit(sandbox, &page, &fields).param("code")
    }

    /// `/oauth2/token`, with the client's id and secret, unless the fields say otherwise.
    pub(crate) fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.post("token", fields)
    }

    /// A form for an OAuth endpoint.
    pub(crate) fn post(&self, endpoint: &str, fields: &[(&str, &str)]) -> Answer {
        let mut usual = vec![("client_id", self.client_id.as_str())];
        if let Some(secret) = &self.client_secret {
            usual.push(("client_secret", secret));
        }
        let given = |name: &str| fields.iter().any(|(one, _)| *one == name);
        let all = usual.into_iter().filter(|(name, _)| !given(name));
        let all = all.chain(fields.iter().copied());
        let body = form_of(all.filter(|(_, value)| !value.is_empty()));
        let base = self.desk.seeded["domain"].as_str().expect("a domain");
        let path = format!("{base}/oauth2/{endpoint}");
        post_form(&self.desk.sandbox, &path, "", &body)
    }

    /// Exchanges a code, as it was asked for.
    pub(crate) fn exchange(&self, code: &str) -> Answer {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ])
    }

    /// All tokens of the seeded user.
    pub(crate) fn tokens(&self, more: &[(&str, &str)]) -> Value {
        let code = self.code(&mut Browser::default(), more);
        let answer = self.exchange(&code);
        assert_eq!(answer.status(), 200, "{}", answer.body);
        answer.json()
    }

    pub(crate) fn refresh(&self, token: &Value) -> Answer {
        let token = token.as_str().expect("a token");
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    /// `/oauth2/userInfo`
    pub(crate) fn user_info(&self, token: &Value) -> Answer {
        let header = format!(
            "Authorization: Bearer {}\r\n",
            token.as_str().expect("a token")
        );
        self.desk
            .sandbox
            .send("GET", "/oauth2/userInfo", &header, "")
    }
}

/// A seed whose client signs in by browser.
pub(crate) fn seed(more: Value) -> Value {
    let mut seed = json!({
        "identity_pool": false,
        "client": { "callback_urls": [CALLBACK], "logout_urls": [SIGNED_OUT] },
    });
    merge(&mut seed, more);
    seed
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// The error that an OAuth endpoint answers with.
pub(crate) fn error(answer: &Answer) -> (u16, String) {
    let error = answer.json()["error"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (answer.status(), error)
}

/// Sends a form.
pub(crate) fn post_form(sandbox: &Running, url: &str, headers: &str, body: &str) -> Answer {
    let base = sandbox.ready["url"].as_str().expect("a text");
    let path = url.strip_prefix(base).unwrap_or(url);
    let headers = format!("Content-Type: application/x-www-form-urlencoded\r\n{headers}");
    sandbox.send("POST", path, &headers, body)
}

/// The claims of a token, unverified.
pub(crate) fn claims(token: &Value) -> Value {
    let token = token
        .as_str()
        .unwrap_or_else(|| panic!("no token: {token}"));
    let part = token.split('.').nth(1).expect("claims");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// The S256 challenge of a verifier.
pub(crate) fn challenge(verifier: &str) -> String {
    let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref())
}

/// A form, or a query.
pub(crate) fn form_of<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let encode = |text: &str| -> String {
        let byte = |b: u8| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => char::from(b).to_string(),
            other => format!("%{other:02X}"),
        };
        text.bytes().map(byte).collect()
    };
    let fields = fields.into_iter();
    let fields: Vec<_> = fields
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    fields.join("&")
}

/// A parameter of a URL.
pub(crate) fn param(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.into_iter().find(|(one, _)| *one == name)?;
    Some(decoded(value))
}

fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        match first {
            b'%' => {
                let digits = std::str::from_utf8(&more[..2]).expect("hex");
                out.push(u8::from_str_radix(digits, 16).expect("hex"));
                rest = &more[2..];
            }
            b'+' => out.push(b' '),
            other => out.push(*other),
        }
    }
    String::from_utf8(out).expect("UTF-8")
}

/// An attribute of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    let plain = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    let value = plain
        .iter()
        .fold(value.to_owned(), |text, (from, to)| text.replace(from, to));
    Some(value)
}
