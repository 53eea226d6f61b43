//! The page that a person sees in the browser: what became of the sign-in, and what is next.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use http_body_util::Full;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use poolkey_core::messages::Language;
use sha2::{Digest, Sha256};

pub(super) type Response = hyper::Response<Full<Bytes>>;

/// What the page says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scene {
    /// Somebody signed in, by this name.
    SignedIn(String),
    /// Poolkey has one more question, or is not done yet.
    GoesOn,
    /// It came to nothing, for this reason.
    Failed(String),
    /// The answer was there before.
    Used,
    /// It is no answer to what was asked.
    NotOurs,
}

/// A page.
pub(super) fn show(status: StatusCode, language: Language, scene: &Scene) -> Response {
    let mut response = respond(status, html(language, scene));
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// Takes the answer out of the address bar and the history.
pub(super) fn redirect(path: &str) -> Response {
    let mut response = respond(StatusCode::SEE_OTHER, String::new());
    if let Ok(path) = HeaderValue::from_str(path) {
        response.headers_mut().insert(LOCATION, path);
    }
    response
}

/// No page.
pub(super) fn nothing(status: StatusCode) -> Response {
    let mut response = respond(status, String::new());
    if status == StatusCode::METHOD_NOT_ALLOWED {
        let allowed = HeaderValue::from_static("GET");
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

fn respond(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    response
}

fn html(language: Language, scene: &Scene) -> String {
    let say = |key: &str| language.say(key, &[]);
    let (mark, title, text, detail) = match scene {
        Scene::SignedIn(user) => (
            "good",
            say("page.signed_in"),
            language.say("page.signed_in_text", &[("user", user)]),
            None,
        ),
        Scene::GoesOn => ("good", say("page.goes_on"), say("page.goes_on_text"), None),
        Scene::Failed(why) => (
            "bad",
            say("page.failed"),
            say("page.failed_text"),
            Some(why),
        ),
        Scene::Used => ("good", say("page.used"), say("page.used_text"), None),
        Scene::NotOurs => ("bad", say("page.not_ours"), say("page.not_ours_text"), None),
    };
    let code = match language {
        Language::English => "en",
        Language::Japanese => "ja",
    };
    let (title, text) = (escape(&title), escape(&text));
    // What the daemon says itself is English.
    let detail = detail.map_or_else(String::new, |why| {
        format!("<p class=\"why\" lang=\"en\">{}</p>", escape(why))
    });
    format!(
        "<!doctype html><html lang=\"{code}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title} – Poolkey</title><link rel=\"icon\" href=\"data:,\">\
         <style>{STYLE}</style></head><body><main class=\"{mark}\"><p class=\"name\">Poolkey</p>\
         <h1>{title}</h1>{detail}<p>{text}</p></main></body></html>"
    )
}

/// Text from outside stays text.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f5f6f8;color:#1b1f24;\
font:1rem/1.5 system-ui,sans-serif}\
main{box-sizing:border-box;width:min(30rem,100vw - 2rem);margin:1rem;padding:2rem;background:#fff;\
border-radius:.75rem;border-top:.25rem solid #1a7f4b;overflow-wrap:anywhere}\
main.bad{border-top-color:#b3261e}\
h1{font-size:1.375rem;line-height:1.25;margin:0 0 1rem}\
p{margin:0}\
.name{font-size:.875rem;color:#57606a;margin-bottom:1rem}\
.why{margin-bottom:1rem}\
@media(prefers-color-scheme:dark){body{background:#15181c;color:#e8eaed}main{background:#1f2329;\
border-top-color:#4cc38a}main.bad{border-top-color:#f2857c}.name{color:#9aa4af}}";

/// Nothing is loaded, run, framed or sent; the one style is known by its hash.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy)
        .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_stays_text() {
        let evil = "<script>alert(\"1\")</script> & 'co'\u{1b}\n";
        for scene in [Scene::SignedIn(evil.into()), Scene::Failed(evil.into())] {
            for language in Language::ALL {
                let page = html(language, &scene);
                assert!(!page.contains("<script"), "{page}");
                let safe = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;co&#39;  ";
                assert!(page.contains(safe), "{page}");
            }
        }
    }

    #[test]
    fn a_page_speaks_its_language_and_keeps_to_itself() {
        let page = html(Language::Japanese, &Scene::GoesOn);
        assert!(page.contains("<html lang=\"ja\">"), "{page}");
        let response = show(StatusCode::OK, Language::English, &Scene::Used);
        let header = |name: HeaderName| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header(CACHE_CONTROL), "no-store");
        let policy = header(CONTENT_SECURITY_POLICY);
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
        assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
        assert_eq!(header(REFERRER_POLICY), "no-referrer");
        assert_eq!(header(X_CONTENT_TYPE_OPTIONS), "nosniff");
    }
}
