//! The providers that the sandbox plays itself, as an app on a desktop uses them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

mod browser;
mod desk;
mod running;

use browser::{Browser, Landed, VERIFIER, challenge, claims, error, form_of, param, post_form};
use desk::Desk;
use running::Answer;

const HERE: &str = "http://127.0.0.1:51234/callback";

fn desk() -> Desk {
    Desk::new(&json!({
        "identity_pool": false,
        "idp": { "clients": [
            { "id": "desktop", "redirect_uris": ["http://127.0.0.1/callback", "http://[::1]/callback"],
              "logout_uris": ["http://localhost:1/bye"] },
            { "id": "server", "secret": "s3cret", "redirect_uris": ["https://example.com/callback"] },
        ] },
    }))
}

fn authorize(change: &[(&str, &str)]) -> String {
    let challenge = challenge(VERIFIER);
    let usual = [
        ("response_type", "code"),
        ("client_id", "desktop"),
        ("redirect_uri", HERE),
        ("scope", "openid email offline_access"),
        ("state", "abc"),
        ("nonce", "n0"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let given = |name: &str| change.iter().any(|(one, _)| *one == name);
    let all = usual.into_iter().filter(|(name, _)| !given(name));
    let all = all
        .chain(change.iter().copied())
        .filter(|(_, value)| !value.is_empty());
    format!("/_idp/DemoIdp/authorize?{}", form_of(all))
}

fn code(desk: &Desk, browser: &mut Browser, change: &[(&str, &str)]) -> String {
    let page = browser.open(&desk.sandbox, &authorize(change)).page();
    browser
        .submit(&desk.sandbox, &page, &[("subject", "ann")])
        .param("code")
}

fn post(desk: &Desk, endpoint: &str, fields: &[(&str, &str)]) -> Answer {
    let fields = fields
        .iter()
        .copied()
        .filter(|(_, value)| !value.is_empty());
    post_form(
        &desk.sandbox,
        &format!("/_idp/DemoIdp/{endpoint}"),
        "",
        &form_of(fields),
    )
}

fn exchange(desk: &Desk, code: &str, change: &[(&str, &str)]) -> Answer {
    let usual = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", HERE),
        ("code_verifier", VERIFIER),
        ("client_id", "desktop"),
    ];
    let given = |name: &str| change.iter().any(|(one, _)| *one == name);
    let usual = usual.into_iter().filter(|(name, _)| !given(name));
    let all: Vec<_> = usual.chain(change.iter().copied()).collect();
    post(desk, "token", &all)
}

fn refresh(desk: &Desk, token: &Value) -> Answer {
    let token = token.as_str().expect("a token");
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", "desktop"),
    ];
    post(desk, "token", &fields)
}

fn tokens(desk: &Desk, change: &[(&str, &str)]) -> Value {
    let answer = exchange(desk, &code(desk, &mut Browser::default(), change), &[]);
    assert_eq!(answer.status(), 200, "{}", answer.body);
    answer.json()
}

fn invalid_grant() -> (u16, String) {
    (400, "invalid_grant".into())
}

#[test]
fn discovery_says_where_everything_is() {
    let desk = desk();
    let url = desk.seeded["url"].as_str().expect("a text");
    let issuer = format!("{url}/_idp/DemoIdp");
    assert_eq!(
        desk.seeded["idp"],
        json!({ "name": "DemoIdp", "issuer": issuer, "client_id": "desktop" })
    );
    let path = "/_idp/DemoIdp/.well-known/openid-configuration";
    let told = desk.sandbox.send("GET", path, "", "").json();
    assert_eq!(told["issuer"], json!(issuer));
    assert_eq!(told["revocation_endpoint"], format!("{issuer}/revoke"));
    assert_eq!(told["code_challenge_methods_supported"], json!(["S256"]));
    let keys = desk
        .sandbox
        .send("GET", "/_idp/DemoIdp/jwks", "", "")
        .json();
    let pool = desk.seeded["user_pool_id"].as_str().expect("a text");
    let others = desk
        .sandbox
        .send("GET", &format!("/{pool}/.well-known/jwks.json"), "", "")
        .json();
    assert_ne!(keys["keys"][0]["kid"], others["keys"][0]["kid"]);
    let nobody = desk.sandbox.send(
        "GET",
        "/_idp/Nobody/.well-known/openid-configuration",
        "",
        "",
    );
    assert_eq!(nobody.status(), 404);
}

#[test]
fn an_app_on_a_desktop_signs_in() {
    let desk = desk();
    let mut browser = Browser::default();
    let page = browser
        .open(
            &desk.sandbox,
            &authorize(&[("login_hint", "ann@example.org")]),
        )
        .page();
    assert!(
        page.body.contains(r#"value="ann@example.org""#),
        "{}",
        page.body
    );
    let back = browser
        .submit(&desk.sandbox, &page, &[("email", "")])
        .away();
    assert!(back.starts_with(&format!("{HERE}?code=")), "{back}");
    assert_eq!(param(&back, "state").as_deref(), Some("abc"));
    assert_eq!(
        param(&back, "iss"),
        desk.seeded["idp"]["issuer"].as_str().map(str::to_owned)
    );
    let tokens = exchange(&desk, &param(&back, "code").expect("a code"), &[]).json();
    assert_eq!(tokens["scope"], "openid email offline_access");
    let id = claims(&tokens["id_token"]);
    assert_eq!(
        (&id["iss"], &id["aud"]),
        (&desk.seeded["idp"]["issuer"], &json!("desktop"))
    );
    assert_eq!(
        (&id["sub"], &id["nonce"]),
        (&json!("ann@example.org"), &json!("n0"))
    );
    assert_eq!(
        (&id["email"], &id["name"]),
        (&json!("ann@example.com"), &Value::Null)
    );
    let info = |token: &Value| {
        let header = format!(
            "Authorization: Bearer {}\r\n",
            token.as_str().expect("a token")
        );
        desk.sandbox
            .send("GET", "/_idp/DemoIdp/userinfo", &header, "")
    };
    assert_eq!(
        info(&tokens["access_token"]).json()["email"],
        "ann@example.com"
    );
    assert_eq!(info(&json!("x")).status(), 401);

    // Once more, without a question; and with one.
    let silent = |browser: &mut Browser, prompt: &str| {
        browser.open(&desk.sandbox, &authorize(&[("prompt", prompt)]))
    };
    for prompt in ["", "none", "consent"] {
        assert!(!silent(&mut browser, prompt).param("code").is_empty());
    }
    for prompt in ["login", "select_account"] {
        silent(&mut browser, prompt).page();
    }
    assert_eq!(
        silent(&mut Browser::default(), "none").param("error"),
        "login_required"
    );
    let out = "/_idp/DemoIdp/logout?client_id=desktop&post_logout_redirect_uri=http://localhost:1/bye&state=s";
    assert_eq!(
        browser.clone().open(&desk.sandbox, out).away(),
        "http://localhost:1/bye?state=s"
    );
    let other = out.replace("bye", "other");
    let page = browser.open(&desk.sandbox, &other).page();
    assert!(page.body.contains("Signed out"));
    assert_eq!(
        silent(&mut browser, "none").param("error"),
        "login_required"
    );
}

#[test]
fn its_refresh_tokens_rotate_and_tell_on_thieves() {
    let mut desk = desk();
    let first = tokens(&desk, &[]);
    let second = refresh(&desk, &first["refresh_token"]).json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    let id = claims(&second["id_token"]);
    assert_eq!((&id["sub"], &id["nonce"]), (&json!("ann"), &Value::Null));
    let third = refresh(&desk, &second["refresh_token"]).json();
    // A token that was used already has been stolen: all that came of it is void.
    assert_eq!(
        error(&refresh(&desk, &first["refresh_token"])),
        invalid_grant()
    );
    assert_eq!(
        error(&refresh(&desk, &third["refresh_token"])),
        invalid_grant()
    );
    assert_eq!(error(&refresh(&desk, &json!("nonsense"))), invalid_grant());

    let own = tokens(&desk, &[]);
    let theirs = [
        ("grant_type", "refresh_token"),
        (
            "refresh_token",
            own["refresh_token"].as_str().expect("a token"),
        ),
        ("client_id", "server"),
        ("client_secret", "s3cret"),
    ];
    assert_eq!(error(&post(&desk, "token", &theirs)), invalid_grant());
    assert_eq!(refresh(&desk, &own["refresh_token"]).status(), 200);

    let without = tokens(&desk, &[("scope", "openid")]);
    assert_eq!(without["refresh_token"], Value::Null);

    let revoked = tokens(&desk, &[]);
    let token = revoked["refresh_token"].as_str().expect("a token");
    let theirs = [
        ("token", token),
        ("client_id", "server"),
        ("client_secret", "s3cret"),
    ];
    assert_eq!(post(&desk, "revoke", &theirs).status(), 200);
    let kept = refresh(&desk, &revoked["refresh_token"]).json();
    let token = kept["refresh_token"].as_str().expect("a token");
    assert_eq!(
        post(
            &desk,
            "revoke",
            &[("token", token), ("client_id", "desktop")]
        )
        .status(),
        200
    );
    assert_eq!(
        error(&refresh(&desk, &kept["refresh_token"])),
        invalid_grant()
    );
    assert_eq!(
        post(&desk, "revoke", &[("token", "x"), ("client_id", "desktop")]).status(),
        200
    );
    assert_eq!(
        post(
            &desk,
            "revoke",
            &[("token", token), ("client_id", "nobody")]
        )
        .status(),
        401
    );

    let late = tokens(&desk, &[]);
    desk.wait(30 * 86_400 - 1);
    let late = refresh(&desk, &late["refresh_token"]).json();
    desk.wait(1);
    assert_eq!(
        error(&refresh(&desk, &late["refresh_token"])),
        invalid_grant()
    );
}

#[test]
fn its_codes_are_bound() {
    let mut desk = desk();
    let wrong = "another-verifier-that-is-long-enough-for-all-0123";
    for change in [
        [("code_verifier", wrong)],
        [("code_verifier", "")],
        [("redirect_uri", "http://127.0.0.1:51235/callback")],
        [("redirect_uri", "")],
    ] {
        let code = code(&desk, &mut Browser::default(), &[]);
        assert_eq!(
            error(&exchange(&desk, &code, &change)),
            invalid_grant(),
            "{change:?}"
        );
    }
    let fresh = code(&desk, &mut Browser::default(), &[]);
    let server = [("client_id", "server"), ("client_secret", "s3cret")];
    assert_eq!(error(&exchange(&desk, &fresh, &server)), invalid_grant());
    for (change, status) in [
        ([("client_id", "server"), ("client_secret", "wrong")], 401),
        ([("client_id", "server"), ("client_secret", "")], 401),
        ([("client_id", "desktop"), ("client_secret", "s3cret")], 401),
        ([("client_id", "nobody"), ("client_secret", "")], 401),
    ] {
        let answer = exchange(&desk, &fresh, &change);
        assert_eq!(
            error(&answer),
            (status, "invalid_client".into()),
            "{change:?}"
        );
    }
    let odd = exchange(&desk, &fresh, &[("grant_type", "password")]);
    assert_eq!(error(&odd), (400, "unsupported_grant_type".into()));
    let tokens = exchange(&desk, &fresh, &[]).json();
    // A code that comes twice ends what the first one bought.
    assert_eq!(error(&exchange(&desk, &fresh, &[])), invalid_grant());
    assert_eq!(
        error(&refresh(&desk, &tokens["refresh_token"])),
        invalid_grant()
    );
    let late = code(&desk, &mut Browser::default(), &[]);
    desk.wait(300);
    assert_eq!(error(&exchange(&desk, &late, &[])), invalid_grant());
}

#[test]
fn an_identity_pool_takes_its_tokens() {
    let sandbox = running::Running::start(&["--demo"]);
    let demo = sandbox.ready["seeded"][0].clone();
    let mut browser = Browser::default();
    let page = browser.open(&sandbox, &authorize(&[])).page();
    let code = browser
        .submit(&sandbox, &page, &[("subject", "ann")])
        .param("code");
    let form = form_of([
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", HERE),
        ("code_verifier", VERIFIER),
        ("client_id", "desktop"),
    ]);
    let tokens = post_form(&sandbox, "/_idp/DemoIdp/token", "", &form).json();
    let issuer = demo["idp"]["issuer"].as_str().expect("an issuer");
    let login = issuer.strip_prefix("http://").expect("a scheme");
    let logins = json!({ login: tokens["id_token"] });
    let pool = &demo["identity_pool_id"];
    let request = json!({ "IdentityPoolId": pool, "Logins": logins });
    let answer = sandbox.call("AWSCognitoIdentityService.GetId", &request);
    let id = answer.json()["IdentityId"].clone();
    assert!(id.is_string(), "{}", answer.body);
    let request = json!({ "IdentityId": id, "Logins": logins });
    let target = "AWSCognitoIdentityService.GetCredentialsForIdentity";
    let keys = sandbox.call(target, &request);
    assert!(
        keys.json()["Credentials"]["SecretKey"].is_string(),
        "{}",
        keys.body
    );
}

#[test]
fn it_sends_nobody_astray() {
    let desk = desk();
    for change in [
        [("client_id", "nobody")],
        [("client_id", "")],
        [("redirect_uri", "")],
        [("redirect_uri", "http://127.0.0.1:51234/other")],
        [("redirect_uri", "http://localhost:51234/callback")],
        [("redirect_uri", "https://example.com/callback")],
    ] {
        let page = Browser::default()
            .open(&desk.sandbox, &authorize(&change))
            .page();
        assert_eq!(page.status(), 400, "{change:?}");
    }
    for (change, expected) in [
        ([("response_type", "token")], "unsupported_response_type"),
        ([("scope", "email")], "invalid_scope"),
        ([("code_challenge", "")], "invalid_request"),
        ([("code_challenge_method", "plain")], "invalid_request"),
        ([("code_challenge", "short")], "invalid_request"),
        ([("prompt", "sometimes")], "invalid_request"),
        ([("prompt", "none login")], "invalid_request"),
    ] {
        let landed = Browser::default().open(&desk.sandbox, &authorize(&change));
        assert_eq!(landed.param("error"), expected, "{change:?}");
    }
    let none = [("code_challenge", ""), ("code_challenge_method", "")];
    let landed = Browser::default().open(&desk.sandbox, &authorize(&none));
    assert_eq!(landed.param("error"), "invalid_request");
    // A client with a secret may do without PKCE.
    let server = [
        none[0],
        none[1],
        ("client_id", "server"),
        ("redirect_uri", "https://example.com/callback"),
    ];
    let mut browser = Browser::default();
    let page = browser.open(&desk.sandbox, &authorize(&server)).page();
    for name in ["", "two words", "<b>"] {
        let landed = browser.submit(&desk.sandbox, &page, &[("subject", name)]);
        if let Landed::Page(page) = landed {
            assert!(page.body.contains("1 to 100 characters") && !page.body.contains("<b>"));
        }
    }
    let refused = Browser::default()
        .submit(&desk.sandbox, &page, &[("subject", "ann")])
        .page();
    assert_eq!(refused.status(), 403);
    let code = browser
        .submit(&desk.sandbox, &page, &[("subject", "ann")])
        .param("code");
    let basic = format!(
        "Authorization: Basic {}\r\n",
        STANDARD.encode("server:s3cret")
    );
    let form = form_of([
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "https://example.com/callback"),
    ]);
    let answer = post_form(&desk.sandbox, "/_idp/DemoIdp/token", &basic, &form);
    assert_eq!(answer.status(), 200, "{}", answer.body);
}
