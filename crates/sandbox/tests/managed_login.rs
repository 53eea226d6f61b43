//! Managed login: the pages, what they ask, and how long they remember.

use serde_json::json;

mod browser;
mod desk;
mod running;

use browser::{App, Browser, CALLBACK, Landed, SIGNED_OUT, claims, param, seed};
use desk::Desk;

#[test]
fn a_code_comes_back_and_buys_tokens() {
    let desk = Desk::new(&seed(json!({})));
    let app = App::new(&desk);
    let mut browser = Browser::default();
    let asked = app.authorize(&[("scope", "openid email aws.cognito.signin.user.admin")]);
    let page = browser.open(&desk.sandbox, &asked).page();
    assert!(
        page.body.contains("<title>Sign in</title>"),
        "{}",
        page.body
    );
    let password = desk.seeded["password"].as_str().expect("a text");
    let fields = [("username", "alice"), ("password", password)];
    let back = browser.submit(&desk.sandbox, &page, &fields).away();
    assert!(back.starts_with(&format!("{CALLBACK}?code=")), "{back}");
    assert_eq!(param(&back, "state").as_deref(), Some("abc123"));

    let answer = app.exchange(&param(&back, "code").expect("a code"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let tokens = answer.json();
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&json!("Bearer"), &json!(3600))
    );
    assert!(tokens["refresh_token"].is_string());
    let id = claims(&tokens["id_token"]);
    assert_eq!(
        (&id["nonce"], &id["aud"]),
        (&json!("n0"), &desk.seeded["client_id"])
    );
    assert_eq!(
        (&id["iss"], &id["sub"]),
        (&desk.seeded["issuer"], &desk.seeded["sub"])
    );
    assert_eq!(
        (&id["email"], &id["cognito:username"]),
        (&json!("alice@example.com"), &json!("alice"))
    );
    assert!(id["at_hash"].is_string());
    let access = claims(&tokens["access_token"]);
    assert_eq!(
        access["scope"],
        "openid email aws.cognito.signin.user.admin"
    );
    assert_eq!(access["version"], 2);

    let token = &tokens["access_token"];
    assert_eq!(desk.attribute(token, "email"), "alice@example.com");
}

#[test]
fn a_browser_is_asked_once_an_hour() {
    let mut desk = Desk::new(&seed(json!({})));
    let mut browser = Browser::default();
    let first = App::new(&desk).code(&mut browser, &[]);
    let silent = |desk: &Desk, browser: &mut Browser, more: &[(&str, &str)]| {
        let url = App::new(desk).authorize(more);
        match browser.open(&desk.sandbox, &url) {
            Landed::Away(url) => param(&url, "code").or_else(|| param(&url, "error")),
            Landed::Page(_) => None,
        }
    };
    let error = || Some("login_required".to_owned());
    desk.wait(3000);
    let second = silent(&desk, &mut browser, &[]).expect("a code");
    assert_ne!(first, second);
    let id = claims(&App::new(&desk).exchange(&second).json()["id_token"]);
    let (told, asked) = (id["iat"].as_i64(), id["auth_time"].as_i64());
    assert!(told.expect("a time") - asked.expect("a time") >= 3000);
    let none = [("prompt", "none")];
    assert_ne!(silent(&desk, &mut browser, &none), error());
    for prompt in ["login", "select_account", "consent login", "login,consent"] {
        assert_eq!(
            silent(&desk, &mut browser, &[("prompt", prompt)]),
            None,
            "{prompt}"
        );
    }
    assert!(silent(&desk, &mut browser, &[("prompt", "consent")]).is_some());
    // Nobody else's browser.
    assert_eq!(silent(&desk, &mut Browser::default(), &none), error());
    // Use does not prolong it.
    desk.wait(601);
    assert_eq!(silent(&desk, &mut browser, &[]), None);
    assert_eq!(silent(&desk, &mut browser, &none), error());
}

#[test]
fn only_logout_ends_the_session_of_a_browser() {
    let desk = Desk::new(&seed(json!({})));
    let app = App::new(&desk);
    let mut browser = Browser::default();
    let tokens = app.exchange(&app.code(&mut browser, &[])).json();
    let request = json!({ "AccessToken": tokens["access_token"] });
    desk.call("GlobalSignOut", request).expect("signed out");
    assert_eq!(
        browser::error(&app.refresh(&tokens["refresh_token"])),
        (400, "invalid_grant".into())
    );
    let still = browser.open(&desk.sandbox, &app.authorize(&[("prompt", "none")]));
    assert!(!still.param("code").is_empty());

    let logout = |more: &str| format!("/logout?client_id={}&{more}", app.client_id);
    // What is refused ends nothing.
    for (url, error) in [
        (
            logout("logout_uri=http://localhost:8400/other"),
            "redirect_mismatch",
        ),
        (
            logout("x=y"),
            "Required String parameter &#39;redirect_uri&#39; is not present",
        ),
        (
            logout("redirect_uri=http://localhost:1/&response_type=code"),
            "redirect_mismatch",
        ),
        (
            "/logout?logout_uri=http://localhost:8400/signed-out".into(),
            "client_id",
        ),
        (
            "/logout?client_id=nobody&logout_uri=x".into(),
            "Client does not exist.",
        ),
    ] {
        let page = browser.open(&desk.sandbox, &url).page();
        assert_eq!(page.status(), 400);
        assert!(page.body.contains(error), "{url}: {}", page.body);
    }
    let kept = browser.clone();
    assert!(
        !kept
            .clone()
            .open(&desk.sandbox, &app.authorize(&[]))
            .param("code")
            .is_empty()
    );

    let out = browser.open(
        &desk.sandbox,
        &logout(&format!("logout_uri={SIGNED_OUT}&state=s")),
    );
    assert_eq!(out.away(), format!("{SIGNED_OUT}?state=s"));
    let page = browser.open(&desk.sandbox, &app.authorize(&[])).page();
    assert_eq!(page.status(), 200);
    // A copy of the cookie is worth nothing either.
    let page = kept.clone().open(&desk.sandbox, &app.authorize(&[])).page();
    assert_eq!(page.status(), 200);

    // Logging out can lead straight to the next sign-in.
    app.code(&mut browser, &[]);
    let again = app.authorize(&[]).replace("/oauth2/authorize?", "/logout?");
    let page = browser.open(&desk.sandbox, &again).page();
    assert!(page.body.contains("<form "), "{}", page.body);
}

#[test]
fn a_browser_is_of_no_use_to_who_may_not_enter() {
    let desk = Desk::new(&seed(json!({ "user": { "username": "bob" } })));
    let app = App::new(&desk);
    let mut browser = Browser::default();
    let code = app.code(&mut browser, &[]);
    let user = json!({ "Username": "bob" });
    desk.admin("AdminDisableUser", user.clone())
        .expect("disabled");
    assert_eq!(
        browser::error(&app.exchange(&code)),
        (400, "invalid_grant".into())
    );
    let page = browser.open(&desk.sandbox, &app.authorize(&[])).page();
    let password = desk.seeded["password"].as_str().expect("a text");
    let fields = [("username", "bob"), ("password", password)];
    let page = browser.submit(&desk.sandbox, &page, &fields).page();
    assert!(page.body.contains("User is disabled."), "{}", page.body);
    desk.admin("AdminEnableUser", user.clone())
        .expect("enabled");
    app.code(&mut browser, &[]);
    desk.admin("AdminDeleteUser", user).expect("deleted");
    browser.open(&desk.sandbox, &app.authorize(&[])).page();
}

#[test]
fn who_must_not_be_told_is_not_told() {
    let desk = Desk::new(&seed(json!({})));
    let other = json!({ "identity_pool": false, "user": { "username": "eve" } });
    let other = desk.sandbox.control("POST", "seed", &other).json();
    let app = App::new(&desk);
    for (more, error) in [
        (vec![("client_id", "")], "client_id"),
        (vec![("client_id", "nobody")], "Client does not exist."),
        (
            vec![("client_id", other["client_id"].as_str().expect("a text"))],
            "unauthorized_client",
        ),
        (vec![("redirect_uri", "")], "redirect_uri"),
        (
            vec![("redirect_uri", "http://localhost:8401/callback")],
            "redirect_mismatch",
        ),
        (
            vec![("redirect_uri", "http://127.0.0.1:8400/callback")],
            "redirect_mismatch",
        ),
        (
            vec![("redirect_uri", "http://localhost:8400/callback/")],
            "redirect_mismatch",
        ),
        (
            vec![("redirect_uri", "http://localhost:8400/callback?x=y")],
            "redirect_mismatch",
        ),
        (
            vec![("redirect_uri", "https://example.com/")],
            "redirect_mismatch",
        ),
        (
            vec![("identity_provider", "Nobody")],
            "Login option is not available.",
        ),
        (
            vec![("idp_identifier", "nobody.example")],
            "Login option is not available.",
        ),
    ] {
        for endpoint in ["/oauth2/authorize?", "/login?"] {
            let url = app.authorize(&more).replace("/oauth2/authorize?", endpoint);
            let mut browser = Browser::default();
            let first = browser.ask(&desk.sandbox, "GET", &url, "");
            let location = first.header("location").expect("a location");
            assert!(
                location.starts_with("/error?error="),
                "{more:?}: {location}"
            );
            let page = browser.open(&desk.sandbox, location).page();
            assert_eq!(page.status(), 400);
            assert!(page.body.contains(error), "{more:?}: {}", page.body);
        }
    }
}

#[test]
fn mistakes_are_told_to_the_app() {
    let seed = seed(json!({ "client": { "scopes": ["openid", "email"] } }));
    let desk = Desk::new(&seed);
    let app = App::new(&desk);
    for (more, error) in [
        (vec![("response_type", "")], "invalid_request"),
        (vec![("response_type", "token")], "unauthorized_client"),
        (
            vec![("response_type", "id_token")],
            "unsupported_response_type",
        ),
        (vec![("scope", "openid profile")], "invalid_scope"),
        (vec![("scope", "openid nonsense")], "invalid_scope"),
        (vec![("scope", "email")], "invalid_scope"),
        (vec![("code_challenge_method", "plain")], "invalid_request"),
        (vec![("code_challenge_method", "")], "invalid_request"),
        (vec![("code_challenge", "")], "invalid_request"),
        (vec![("code_challenge", "short")], "invalid_request"),
        (vec![("prompt", "none")], "login_required"),
        (vec![("prompt", "none login")], "invalid_request"),
        (vec![("prompt", "sometimes")], "invalid_request"),
    ] {
        let landed = Browser::default().open(&desk.sandbox, &app.authorize(&more));
        let url = landed.away();
        assert!(url.starts_with(CALLBACK), "{url}");
        assert_eq!(param(&url, "error").as_deref(), Some(error), "{more:?}");
        assert_eq!(param(&url, "state").as_deref(), Some("abc123"), "{more:?}");
        assert_eq!(param(&url, "code"), None);
    }
    // Without scopes, all of the client's are meant; without state, none comes back.
    let code = app.code(&mut Browser::default(), &[("scope", ""), ("state", "")]);
    let tokens = app.exchange(&code).json();
    assert_eq!(claims(&tokens["access_token"])["scope"], "openid email");
}

#[test]
fn the_form_is_of_this_browser() {
    let desk = Desk::new(&seed(json!({})));
    let app = App::new(&desk);
    let mut browser = Browser::default();
    let page = browser.open(&desk.sandbox, &app.authorize(&[])).page();
    let password = desk.seeded["password"].as_str().expect("a text");
    let fields = [("username", "alice"), ("password", password)];
    let forged = [fields[0], fields[1], ("_csrf", "x")];
    let refused = browser.clone().submit(&desk.sandbox, &page, &forged).page();
    assert_eq!(refused.status(), 403);
    // Another site can make a browser send the form, but not its cookie.
    let refused = Browser::default()
        .submit(&desk.sandbox, &page, &fields)
        .page();
    assert_eq!(refused.status(), 403);

    let wrong = [fields[0], ("password", "wrong")];
    let page = browser.submit(&desk.sandbox, &page, &wrong).page();
    assert!(
        page.body.contains("Incorrect username or password."),
        "{}",
        page.body
    );
    assert!(page.body.contains(r#"value="alice""#));
    let code = browser.submit(&desk.sandbox, &page, &fields).param("code");
    assert_eq!(app.exchange(&code).status(), 200);
}

#[test]
fn pages_are_polite() {
    let desk = Desk::new(&seed(json!({})));
    let app = App::new(&desk);
    let hint = r#""><script>alert(1)</script>"#;
    let mut browser = Browser::default();
    let url = app.authorize(&[("login_hint", hint), ("state", hint), ("lang", "ja")]);
    let page = browser.open(&desk.sandbox, &url).page();
    assert!(!page.body.contains("<script"), "{}", page.body);
    assert!(page.body.contains("&quot;&gt;&lt;script&gt;"));
    assert!(page.body.contains(r#"<html lang="ja">"#) && page.body.contains("パスワード"));
    assert!(
        page.header("content-security-policy")
            .expect("a policy")
            .contains("default-src 'none'")
    );
    let error = browser
        .open(&desk.sandbox, "/error?error=%3Cscript%3E")
        .page();
    assert!(!error.body.contains("<script"), "{}", error.body);
    let wrong = [("username", "alice"), ("password", "x")];
    let page = browser.submit(&desk.sandbox, &page, &wrong).page();
    assert!(page.body.contains("正しくありません"), "{}", page.body);
}

#[test]
fn a_second_factor_is_asked_for() {
    let seed = seed(json!({
        "pool": { "mfa": "OPTIONAL", "factors": ["SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP"] },
        "user": { "phone": "+12025550123", "factors": ["SMS_MFA", "SOFTWARE_TOKEN_MFA"] },
    }));
    let desk = Desk::new(&seed);
    let app = App::new(&desk);
    let password = desk.seeded["password"].as_str().expect("a text");
    let fields = [("username", "alice"), ("password", password)];
    let choose = |browser: &mut Browser, factor: &str| {
        let page = browser.open(&desk.sandbox, &app.authorize(&[])).page();
        let page = browser.submit(&desk.sandbox, &page, &fields).page();
        assert!(page.body.contains(r#"type="radio""#), "{}", page.body);
        browser
            .submit(&desk.sandbox, &page, &[("answer", factor)])
            .page()
    };
    let mut browser = Browser::default();
    let page = choose(&mut browser, "SMS_MFA");
    assert!(
        page.body.contains("A code was sent to +*******0123"),
        "{}",
        page.body
    );
    let page = browser
        .submit(&desk.sandbox, &page, &[("code", "000000")])
        .page();
    assert!(
        page.body.contains("That code is not right."),
        "{}",
        page.body
    );
    let code = desk.code();
    let spaced = format!(" {code} ");
    let back = browser
        .submit(&desk.sandbox, &page, &[("code", &spaced)])
        .param("code");
    assert_eq!(app.exchange(&back).status(), 200);

    let mut browser = Browser::default();
    let page = choose(&mut browser, "SOFTWARE_TOKEN_MFA");
    let code = desk.app_code(&desk.seeded["totp_key"]);
    let back = browser
        .submit(&desk.sandbox, &page, &[("code", &code)])
        .param("code");
    assert_eq!(app.exchange(&back).status(), 200);
}

#[test]
fn a_page_that_waited_too_long_begins_again() {
    let seed = seed(json!({
        "pool": { "mfa": "ON", "factors": ["SMS_MFA"] },
        "user": { "phone": "+12025550123", "factors": ["SMS_MFA"] },
    }));
    let mut desk = Desk::new(&seed);
    let mut browser = Browser::default();
    let page = browser
        .open(&desk.sandbox, &App::new(&desk).authorize(&[]))
        .page();
    let password = desk.seeded["password"].as_str().expect("a text").to_owned();
    let fields = [("username", "alice"), ("password", password.as_str())];
    let page = browser.submit(&desk.sandbox, &page, &fields).page();
    desk.wait(181);
    let code = desk.code();
    let page = browser
        .submit(&desk.sandbox, &page, &[("code", &code)])
        .page();
    assert!(page.body.contains("session is expired"), "{}", page.body);
    assert!(page.body.contains(r#"name="password""#));
}

#[test]
fn a_new_password_and_what_is_missing_are_asked_for() {
    let schema = json!({ "Schema": [{ "Name": "nickname", "Required": true }] });
    let seed = seed(json!({ "pool": { "aws": schema }, "user": { "temporary": true } }));
    let desk = Desk::new(&seed);
    let app = App::new(&desk);
    let mut browser = Browser::default();
    let page = browser.open(&desk.sandbox, &app.authorize(&[])).page();
    let password = desk.seeded["password"].as_str().expect("a text");
    let fields = [("username", "alice"), ("password", password)];
    let page = browser.submit(&desk.sandbox, &page, &fields).page();
    assert!(
        page.body.contains("userAttributes.nickname"),
        "{}",
        page.body
    );
    let weak = [("new_password", "weak"), ("userAttributes.nickname", "Al")];
    let page = browser.submit(&desk.sandbox, &page, &weak).page();
    assert!(
        page.body.contains("Password did not conform"),
        "{}",
        page.body
    );
    let strong = [
        ("new_password", "Brand New-1"),
        ("userAttributes.nickname", "Al"),
    ];
    let code = browser.submit(&desk.sandbox, &page, &strong).param("code");
    let id = claims(&app.exchange(&code).json()["id_token"]);
    assert_eq!(id["nickname"], "Al");
    desk.sign_in("alice", "Brand New-1").expect("signed in");
}

#[test]
fn an_app_is_set_up_on_the_way() {
    let seed =
        seed(json!({ "pool": { "mfa": "ON", "factors": ["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"] } }));
    let desk = Desk::new(&seed);
    let other = json!({
        "user_pool_id": desk.seeded["user_pool_id"], "client_id": desk.seeded["client_id"],
        "identity_pool": false, "user": { "username": "bob", "password": "Brand-New-1", "email": "old@example.com" },
    });
    desk.sandbox.control("POST", "seed", &other);
    for name in ["alice", "bob"] {
        // A verified address would be asked for a code.
        let unverified = json!({
            "Username": name,
            "UserAttributes": [{ "Name": "email_verified", "Value": "false" }],
        });
        desk.admin("AdminUpdateUserAttributes", unverified)
            .expect("changed");
    }
    let app = App::new(&desk);
    let key = |body: &str| {
        let (_, rest) = body.split_once(r#"<code id="key">"#).expect("a key");
        json!(rest.split('<').next().expect("an end"))
    };
    let mut browser = Browser::default();
    let page = browser.open(&desk.sandbox, &app.authorize(&[])).page();
    let password = desk.seeded["password"].as_str().expect("a text");
    let fields = [("username", "alice"), ("password", password)];
    let page = browser.submit(&desk.sandbox, &page, &fields).page();
    let first = key(&page.body);
    let page = browser
        .submit(&desk.sandbox, &page, &[("code", "000000")])
        .page();
    assert!(
        page.body.contains("That code is not right."),
        "{}",
        page.body
    );
    assert_eq!(key(&page.body), first);
    let code = desk.app_code(&first);
    let code = browser
        .submit(&desk.sandbox, &page, &[("code", &code)])
        .param("code");
    assert_eq!(app.exchange(&code).status(), 200);

    // Or codes by e-mail.
    let mut browser = Browser::default();
    let page = browser.open(&desk.sandbox, &app.authorize(&[])).page();
    let fields = [("username", "bob"), ("password", "Brand-New-1")];
    let page = browser.submit(&desk.sandbox, &page, &fields).page();
    let fields = [("email", "bob@example.com")];
    let page = browser.submit_form(&desk.sandbox, &page, 1, &fields).page();
    let code = desk.code();
    let code = browser
        .submit(&desk.sandbox, &page, &[("code", &code)])
        .param("code");
    assert_eq!(
        claims(&app.exchange(&code).json()["id_token"])["email"],
        "bob@example.com"
    );
}

#[test]
fn a_session_stays_at_its_door() {
    let seed = seed(json!({
        "pool": { "mfa": "ON", "factors": ["SMS_MFA"] },
        "user": { "phone": "+12025550123", "factors": ["SMS_MFA"] },
    }));
    let desk = Desk::new(&seed);
    let app = App::new(&desk);
    let password = desk.seeded["password"].as_str().expect("a text");
    let fields = [("username", "alice"), ("password", password)];
    let mut browser = Browser::default();
    let page = browser.open(&desk.sandbox, &app.authorize(&[])).page();
    let page = browser.submit(&desk.sandbox, &page, &fields).page();
    let (_, rest) = page
        .body
        .split_once(r#"name="session" value=""#)
        .expect("a session");
    let session = rest.split('"').next().expect("an end");
    let answer = |session: &str| {
        json!({
            "ChallengeName": "SMS_MFA", "Session": session,
            "ChallengeResponses": { "USERNAME": "alice", "SMS_MFA_CODE": desk.code() },
        })
    };
    let refused = desk.call("RespondToAuthChallenge", answer(session));
    assert_eq!(desk::refusal(refused), "NotAuthorizedException");

    let asked = desk.sign_in("alice", password).expect("asked");
    let session = asked["Session"].as_str().expect("a session");
    let fields = [("session", session), ("code", &desk.code())];
    let page = browser.submit(&desk.sandbox, &page, &fields).page();
    assert!(page.body.contains("Invalid session"), "{}", page.body);
    desk.call("RespondToAuthChallenge", answer(session))
        .expect("signed in");
}

#[test]
fn a_domain_is_of_one_pool() {
    let desk = Desk::new(&seed(json!({ "pool": { "domain": "people" } })));
    let other = desk
        .sandbox
        .control("POST", "seed", &seed(json!({})))
        .json();
    let url = desk.seeded["url"].as_str().expect("a text");
    assert_eq!(desk.seeded["domain"], format!("{url}/_domain/people"));
    let app = App::new(&desk);
    let mut browser = Browser::default();
    let code = app.code(&mut browser, &[]);
    let tokens = app.exchange(&code).json();
    assert!(tokens["id_token"].is_string());

    let pool = desk.seeded["user_pool_id"].as_str().expect("a text");
    let path = format!("/{pool}/.well-known/openid-configuration");
    let document = desk.sandbox.send("GET", &path, "", "").json();
    assert_eq!(
        document["token_endpoint"],
        format!("{url}/_domain/people/oauth2/token")
    );

    let stranger = App {
        client_secret: None,
        ..App::of(&desk, &other)
    };
    let page = browser.open(&desk.sandbox, &stranger.authorize(&[])).page();
    assert!(
        page.body.contains("Client does not exist."),
        "{}",
        page.body
    );
    assert_eq!(
        browser::error(&stranger.refresh(&tokens["refresh_token"])),
        (400, "invalid_client".into())
    );
    let gone = desk.sandbox.send("GET", "/_domain/nobody/login", "", "");
    assert_eq!(gone.status(), 404);

    let domain = |name: &str| json!({ "Domain": name });
    let told = desk
        .admin("DescribeUserPoolDomain", domain("people"))
        .expect("told");
    assert_eq!(told["DomainDescription"]["UserPoolId"], pool);
    let told = desk
        .admin("DescribeUserPoolDomain", domain("nobody"))
        .expect("told");
    assert_eq!(told["DomainDescription"], json!({}));
    for name in ["second", "People", "-x", ""] {
        let refused = desk.admin("CreateUserPoolDomain", domain(name));
        assert_eq!(
            desk::refusal(refused),
            "InvalidParameterException",
            "{name}"
        );
    }
    let taken = json!({ "UserPoolId": other["user_pool_id"], "Domain": "people" });
    assert_eq!(
        desk::refusal(desk.admin("CreateUserPoolDomain", taken)),
        "InvalidParameterException"
    );
    let wrong = desk.admin("DeleteUserPoolDomain", domain("other"));
    assert_eq!(desk::refusal(wrong), "InvalidParameterException");
    desk.admin("DeleteUserPoolDomain", domain("people"))
        .expect("deleted");
    desk.admin("CreateUserPoolDomain", domain("second"))
        .expect("created");
}
