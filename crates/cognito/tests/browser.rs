//! A sign-in in a browser, from the question to the tokens, against a scripted provider.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

#[path = "support/provider.rs"]
mod provider;

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use poolkey_core::conversation::Step;
use poolkey_core::fault::Life;
use poolkey_core::secret::Secret;
use provider::*;
use sha2::{Digest, Sha256};

#[tokio::test]
async fn a_sign_in_by_managed_login_ends_with_tokens() {
    let server = Provider::start().await;
    let spec = server.managed(&["http://localhost:48400/callback"]);
    let cognito = cognito();
    let waiting = Waiting::begin(&cognito, &spec, login("acme")).await;
    assert_eq!(waiting.redirect_uri, "http://localhost:48400/callback");
    let asked = waiting.asked();
    assert!(
        waiting
            .url
            .starts_with(&format!("{}/oauth2/authorize?", server.url))
    );
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["client_id"], CLIENT);
    assert_eq!(asked["redirect_uri"], waiting.redirect_uri);
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!(asked["code_challenge"].len(), 43);
    for name in ["state", "nonce"] {
        assert_eq!(asked[name].len(), 32);
        assert!(asked[name].bytes().all(|b| b.is_ascii_hexdigit()), "{name}");
    }
    for name in [
        "scope",
        "prompt",
        "login_hint",
        "lang",
        "identity_provider",
        "idp_identifier",
    ] {
        assert_eq!(asked.get(name), None, "{name}");
    }

    let back = waiting.back();
    let thread = waiting.thread.clone();
    let (page, step) = tokio::join!(come_back(&back), waiting.end(&cognito, &spec));
    assert_eq!(page.status, 200);
    assert!(
        page.body
            .contains("Your browser is signed in as ada@example.com."),
        "{}",
        page.body
    );
    assert!(!page.body.contains(CODE));
    let Ok(Step::Done {
        tokens,
        client_secret: None,
        device: None,
    }) = step
    else {
        panic!("{step:?}")
    };
    assert_eq!(tokens.id_token, Secret::new(server.id_token()));
    assert_eq!(
        tokens.id_life,
        Life {
            length: Duration::from_secs(3600),
            server: Some(SERVER)
        },
        "by the token's own exp and the server's clock"
    );
    let access = tokens.access.unwrap();
    assert_eq!(access.token, Secret::new(ACCESS));
    assert_eq!(access.life.length, Duration::from_secs(300));
    assert_eq!(tokens.refresh_token, Some(Secret::new(REFRESH)));
    assert_eq!(tokens.user.username, "ada");
    assert_eq!(tokens.device_key, None);

    let exchange = &server.seen_at("/oauth2/token")[0];
    assert_eq!(exchange.method, "POST");
    assert_eq!(exchange.form["grant_type"], "authorization_code");
    assert_eq!(exchange.form["code"], CODE);
    assert_eq!(
        exchange.form["redirect_uri"],
        "http://localhost:48400/callback"
    );
    assert_eq!(exchange.form["client_id"], CLIENT);
    let verifier = &exchange.form["code_verifier"];
    assert_eq!(
        thread.authorization.unwrap().verifier,
        Secret::new(verifier.as_str())
    );
    assert_eq!(
        asked["code_challenge"],
        URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
        "the one is the other's hash"
    );
    assert_eq!(exchange.headers.get("authorization"), None);
}
