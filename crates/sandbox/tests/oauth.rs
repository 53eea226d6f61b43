//! What apps do without a browser: `/oauth2/token`, `/oauth2/revoke`, `/oauth2/userInfo`, and what
//! an app client may be set up for.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

mod browser;
mod desk;
mod running;

use browser::{App, Browser, CALLBACK, VERIFIER, claims, error, form_of, post_form, seed};
use desk::Desk;

fn refused(error: &str) -> (u16, String) {
    (400, error.to_owned())
}

#[test]
fn a_code_is_bound_to_everything() {
    let mut desk = Desk::new(&seed(json!({})));
    let more =
        seed(json!({ "user_pool_id": desk.seeded["user_pool_id"], "user": { "username": "bob" } }));
    let other = desk.sandbox.control("POST", "seed", &more).json();
    let right = [
        ("grant_type", "authorization_code"),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let exchange = |desk: &Desk, code: &str, change: (&str, &str)| {
        let mut fields: Vec<_> = right
            .into_iter()
            .filter(|(name, _)| *name != change.0)
            .collect();
        fields.extend([("code", code), change]);
        let app = App::new(desk);
        app.token(&fields)
    };
    let wrong_verifier = "another-verifier-that-is-long-enough-for-all-0123";
    for (change, expected) in [
        (("code_verifier", wrong_verifier), "invalid_grant"),
        (("code_verifier", ""), "invalid_grant"),
        (
            ("redirect_uri", "http://localhost:8400/other"),
            "unauthorized_client",
        ),
    ] {
        let code = App::new(&desk).code(&mut Browser::default(), &[]);
        let answer = exchange(&desk, &code, change);
        assert_eq!(error(&answer), refused(expected), "{change:?}");
        // The attempt has used it up.
        let answer = App::new(&desk).exchange(&code);
        assert_eq!(error(&answer), refused("invalid_grant"), "{change:?}");
    }
    let described = exchange(
        &desk,
        &App::new(&desk).code(&mut Browser::default(), &[]),
        ("redirect_uri", "x"),
    );
    assert_eq!(described.json()["error_description"], "invalid_redirect");

    // What is no attempt leaves it alone: incomplete requests, and those of other clients.
    let code = App::new(&desk).code(&mut Browser::default(), &[]);
    for (change, expected) in [
        (("redirect_uri", ""), "invalid_request"),
        (("grant_type", ""), "invalid_request"),
        (("grant_type", "password"), "unsupported_grant_type"),
        (
            ("client_id", other["client_id"].as_str().expect("a text")),
            "invalid_grant",
        ),
        (("client_id", "nobody"), "invalid_client"),
        (("client_id", ""), "invalid_client"),
    ] {
        let answer = exchange(&desk, &code, change);
        assert_eq!(error(&answer), refused(expected), "{change:?}");
    }
    let twice = format!(
        "grant_type=authorization_code&code=x&code={code}&client_id={}",
        App::new(&desk).client_id
    );
    let answer = post_form(&desk.sandbox, "/oauth2/token", "", &twice);
    assert_eq!(error(&answer), refused("invalid_request"));
    let json = desk.sandbox.send(
        "POST",
        "/oauth2/token",
        "Content-Type: application/json\r\n",
        "{}",
    );
    assert_eq!(error(&json), refused("invalid_request"));
    assert_eq!(
        desk.sandbox.send("GET", "/oauth2/token", "", "").status(),
        405
    );
    let tokens = App::new(&desk).exchange(&code);
    assert_eq!(tokens.status(), 200, "{}", tokens.body);
    // It is good once, and what it bought stays.
    assert_eq!(
        error(&App::new(&desk).exchange(&code)),
        refused("invalid_grant")
    );
    assert_eq!(
        App::new(&desk)
            .refresh(&tokens.json()["refresh_token"])
            .status(),
        200
    );
    assert_eq!(
        error(&App::new(&desk).exchange("nonsense")),
        refused("invalid_grant")
    );

    let code = App::new(&desk).code(&mut Browser::default(), &[]);
    desk.wait(299);
    let in_time = App::new(&desk).code(&mut Browser::default(), &[]);
    desk.wait(1);
    assert_eq!(
        error(&App::new(&desk).exchange(&code)),
        refused("invalid_grant")
    );
    assert_eq!(App::new(&desk).exchange(&in_time).status(), 200);
}

#[test]
fn a_code_without_pkce_takes_no_verifier() {
    let desk = Desk::new(&seed(json!({})));
    let app = App::new(&desk);
    let plain = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = app.code(&mut Browser::default(), &plain);
    assert_eq!(error(&app.exchange(&code)), refused("invalid_grant"));
    let code = app.code(&mut Browser::default(), &plain);
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CALLBACK),
    ];
    assert_eq!(app.token(&fields).status(), 200);
}

#[test]
fn a_secret_comes_by_header_or_form() {
    let desk = Desk::new(&seed(json!({ "client": { "secret": true } })));
    let app = App::new(&desk);
    let secret = app.client_secret.clone().expect("a secret");
    let tokens = app.tokens(&[]);
    let token = tokens["refresh_token"].as_str().expect("a token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let body = form_of(fields);
    let basic = |id: &str, secret: &str| {
        let pair = STANDARD.encode(format!("{id}:{secret}"));
        format!("Authorization: Basic {pair}\r\n")
    };
    let by_header =
        |header: &str, body: &str| post_form(&desk.sandbox, "/oauth2/token", header, body);
    let id = &app.client_id;
    assert_eq!(by_header(&basic(id, &secret), &body).status(), 200);
    let named = format!("{body}&client_id={id}");
    assert_eq!(by_header(&basic(id, &secret), &named).status(), 200);
    for (header, body) in [
        (basic(id, "wrong"), body.clone()),
        (basic(id, ""), body.clone()),
        (basic("nobody", &secret), body.clone()),
        (basic(id, &secret), format!("{body}&client_secret={secret}")),
        (basic(id, &secret), format!("{body}&client_id=nobody")),
        ("Authorization: Basic nonsense!\r\n".into(), body.clone()),
        ("Authorization: Bearer x\r\n".into(), named.clone()),
        (String::new(), named.clone()),
        (String::new(), format!("{named}&client_secret=wrong")),
    ] {
        let answer = by_header(&header, &body);
        assert_eq!(error(&answer), refused("invalid_client"), "{header} {body}");
    }
    // A client without a secret must not send one.
    let desk = Desk::new(&seed(json!({})));
    let answer = App {
        client_secret: Some("x".into()),
        ..App::new(&desk)
    };
    assert_eq!(
        error(&answer.refresh(&json!("x"))),
        refused("invalid_client")
    );
}

#[test]
fn refresh_tokens_rotate_here_too() {
    let mut desk = Desk::new(&seed(json!({ "client": { "rotation_grace_seconds": 10 } })));
    let first = App::new(&desk).tokens(&[])["refresh_token"].clone();
    let answer = App::new(&desk).refresh(&first).json();
    let second = answer["refresh_token"].clone();
    assert!(second.is_string() && second != first);
    let id = claims(&answer["id_token"]);
    assert_eq!(
        (&id["nonce"], &id["sub"]),
        (&Value::Null, &desk.seeded["sub"])
    );
    desk.wait(9);
    assert_eq!(App::new(&desk).refresh(&first).status(), 200);
    desk.wait(1);
    assert_eq!(
        error(&App::new(&desk).refresh(&first)),
        refused("invalid_grant")
    );
    // The API takes the same tokens, and gives ones that are taken here.
    let request = json!({ "RefreshToken": second });
    let third = desk
        .call("GetTokensFromRefreshToken", request)
        .expect("refreshed");
    let third = &third["AuthenticationResult"]["RefreshToken"];
    assert_eq!(App::new(&desk).refresh(third).status(), 200);

    let desk = Desk::new(&seed(json!({})));
    let app = App::new(&desk);
    let tokens = app.tokens(&[]);
    let answer = app.refresh(&tokens["refresh_token"]).json();
    assert_eq!(answer["refresh_token"], Value::Null);
    assert!(answer["id_token"].is_string() && answer["access_token"].is_string());
    for (fields, expected) in [
        (vec![("grant_type", "refresh_token")], "invalid_request"),
        (
            vec![("grant_type", "client_credentials")],
            "unauthorized_client",
        ),
        (
            vec![("grant_type", "refresh_token"), ("refresh_token", "x")],
            "invalid_grant",
        ),
    ] {
        assert_eq!(error(&app.token(&fields)), refused(expected), "{fields:?}");
    }
}

#[test]
fn a_session_ends_when_it_was_to_end() {
    let mut desk = Desk::new(&seed(json!({
        "client": { "rotation_grace_seconds": 0, "aws": { "RefreshTokenValidity": 1, "TokenValidityUnits": { "RefreshToken": "days" } } },
    })));
    let token = App::new(&desk).tokens(&[])["refresh_token"].clone();
    desk.wait(86_399);
    let next = App::new(&desk).refresh(&token).json()["refresh_token"].clone();
    assert!(next.is_string());
    desk.wait(1);
    assert_eq!(
        error(&App::new(&desk).refresh(&next)),
        refused("invalid_grant")
    );
}

#[test]
fn sign_ins_of_the_api_refresh_here_unless_a_device_is_remembered() {
    let desk = Desk::new(&seed(json!({})));
    let password = desk.seeded["password"].as_str().expect("a text");
    let result = desk.sign_in("alice", password).expect("signed in");
    let token = &result["AuthenticationResult"]["RefreshToken"];
    let answer = App::new(&desk).refresh(token).json();
    assert_eq!(
        claims(&answer["access_token"])["scope"],
        "aws.cognito.signin.user.admin"
    );
    assert!(answer["id_token"].is_string());

    let desk = Desk::new(&seed(json!({ "pool": { "devices": "always" } })));
    let app = App::new(&desk);
    let password = desk.seeded["password"].as_str().expect("a text");
    let result = desk.sign_in("alice", password).expect("signed in");
    let token = &result["AuthenticationResult"]["RefreshToken"];
    assert_eq!(error(&app.refresh(token)), refused("invalid_grant"));
    // Those of a browser always do, by either way.
    let tokens = app.tokens(&[]);
    assert_eq!(app.refresh(&tokens["refresh_token"]).status(), 200);
    let request = json!({ "RefreshToken": tokens["refresh_token"] });
    desk.call("GetTokensFromRefreshToken", request)
        .expect("refreshed");

    let desk = Desk::new(&json!({ "identity_pool": false }));
    let password = desk.seeded["password"].as_str().expect("a text");
    let result = desk.sign_in("alice", password).expect("signed in");
    let token = &result["AuthenticationResult"]["RefreshToken"];
    assert_eq!(
        error(&App::new(&desk).refresh(token)),
        refused("unauthorized_client")
    );
}

#[test]
fn tokens_are_for_what_was_asked() {
    let desk = Desk::new(&seed(json!({ "user": { "phone": "+12025550123" } })));
    let app = App::new(&desk);
    let plain = app.tokens(&[("scope", "openid email")]);
    let denied = |operation: &str, request: Value| {
        let refused = desk.call(operation, request).expect_err("refused");
        assert_eq!(refused.code, "NotAuthorizedException", "{operation}");
        assert_eq!(
            refused.message,
            "Access Token does not have required scopes"
        );
    };
    let token = &plain["access_token"];
    denied("GetUser", json!({ "AccessToken": token }));
    denied("GlobalSignOut", json!({ "AccessToken": token }));
    denied("ListDevices", json!({ "AccessToken": token }));
    denied("DeleteUser", json!({ "AccessToken": token }));
    let change = json!({ "AccessToken": token, "PreviousPassword": "x", "ProposedPassword": "y" });
    denied("ChangePassword", change);
    let id = claims(&plain["id_token"]);
    assert_eq!(
        (&id["email"], &id["phone_number"]),
        (&json!("alice@example.com"), &Value::Null)
    );

    let own = app.tokens(&[("scope", "aws.cognito.signin.user.admin")]);
    assert_eq!(own["id_token"], Value::Null);
    let again = app.refresh(&own["refresh_token"]).json();
    assert_eq!(again["id_token"], Value::Null);
    let request = json!({ "RefreshToken": own["refresh_token"] });
    let api = desk
        .call("GetTokensFromRefreshToken", request)
        .expect("refreshed");
    assert_eq!(api["AuthenticationResult"]["IdToken"], Value::Null);
    let request = json!({ "AccessToken": own["access_token"] });
    desk.call("GlobalSignOut", request).expect("signed out");
    // All sessions of the user are over, also those of other scopes.
    assert_eq!(
        error(&app.refresh(&plain["refresh_token"])),
        refused("invalid_grant")
    );
}

#[test]
fn user_info_tells_what_the_scopes_allow() {
    let mut desk = Desk::new(&seed(json!({ "user": { "phone": "+12025550123" } })));
    let tell = |desk: &Desk, scope: &str| {
        let app = App::new(desk);
        let answer = app.user_info(&app.tokens(&[("scope", scope)])["access_token"]);
        assert_eq!(answer.status(), 200, "{}", answer.body);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        answer.json()
    };
    let all = tell(&desk, "openid");
    assert_eq!(
        (&all["sub"], &all["username"]),
        (&desk.seeded["sub"], &json!("alice"))
    );
    assert_eq!(
        (&all["email_verified"], &all["phone_number"]),
        (&json!("true"), &json!("+12025550123"))
    );
    let email = tell(&desk, "openid email");
    assert_eq!(
        (&email["email"], &email["phone_number"]),
        (&json!("alice@example.com"), &Value::Null)
    );
    let phone = tell(&desk, "openid phone");
    assert_eq!(
        (&phone["email"], &phone["phone_number"]),
        (&Value::Null, &json!("+12025550123"))
    );

    let invalid = |desk: &Desk, token: &Value| {
        let answer = App::new(desk).user_info(token);
        assert_eq!(error(&answer), (401, "invalid_token".into()));
        let header = answer
            .header("www-authenticate")
            .expect("a challenge")
            .to_owned();
        assert!(header.contains(r#"error="invalid_token""#), "{header}");
        answer.json()["error_description"]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    let own = App::new(&desk).tokens(&[("scope", "aws.cognito.signin.user.admin")]);
    assert!(invalid(&desk, &own["access_token"]).contains("openid scope"));
    assert!(invalid(&desk, &desk.token()).contains("openid scope"));
    let tokens = App::new(&desk).tokens(&[]);
    invalid(&desk, &tokens["id_token"]);
    invalid(&desk, &json!("nonsense"));
    let missing = desk.sandbox.send("GET", "/oauth2/userInfo", "", "");
    assert_eq!(error(&missing), refused("invalid_request"));
    desk.wait(3600);
    invalid(&desk, &tokens["access_token"]);
    let tokens = App::new(&desk).tokens(&[]);
    let token = tokens["refresh_token"].as_str().expect("a token");
    assert_eq!(
        App::new(&desk).post("revoke", &[("token", token)]).status(),
        200
    );
    invalid(&desk, &tokens["access_token"]);
}

#[test]
fn refresh_tokens_are_revoked() {
    let desk = Desk::new(&seed(json!({ "client": { "secret": true } })));
    let app = App::new(&desk);
    let tokens = app.tokens(&[]);
    let text = |name: &str| tokens[name].as_str().expect("a token");
    let revoke = |fields: &[(&str, &str)]| app.post("revoke", fields);
    assert_eq!(error(&revoke(&[])), refused("invalid_request"));
    let wrong = revoke(&[("token", text("refresh_token")), ("client_secret", "wrong")]);
    assert_eq!(error(&wrong), (401, "invalid_client".into()));
    for name in ["access_token", "id_token"] {
        assert_eq!(
            error(&revoke(&[("token", text(name))])),
            refused("unsupported_token_type")
        );
    }
    assert_eq!(app.refresh(&tokens["refresh_token"]).status(), 200);
    for _ in 0..2 {
        let answer = revoke(&[("token", text("refresh_token"))]);
        assert_eq!((answer.status(), answer.body.as_str()), (200, ""));
    }
    assert_eq!(revoke(&[("token", "nonsense")]).status(), 200);
    assert_eq!(
        error(&app.refresh(&tokens["refresh_token"])),
        refused("invalid_grant")
    );
    let refused_by_api = desk.call("GetUser", json!({ "AccessToken": tokens["access_token"] }));
    assert_eq!(
        refused_by_api.expect_err("refused").message,
        "Access Token has been revoked"
    );

    let desk = Desk::new(&seed(json!({ "client": { "revocation": false } })));
    let app = App::new(&desk);
    let tokens = app.tokens(&[]);
    let token = tokens["refresh_token"].as_str().expect("a token");
    assert_eq!(
        error(&app.post("revoke", &[("token", token)])),
        refused("invalid_request")
    );
}

#[test]
fn pages_of_all_origins_may_call() {
    let desk = Desk::new(&seed(json!({})));
    let headers = "Origin: http://localhost:3000\r\nAccess-Control-Request-Method: POST\r\n";
    for path in ["/oauth2/token", "/oauth2/revoke", "/oauth2/userInfo"] {
        let answer = desk.sandbox.send("OPTIONS", path, headers, "");
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
    let page = desk.sandbox.send("GET", "/error?error=x", headers, "");
    assert_eq!(page.header("access-control-allow-origin"), None);
}

#[test]
fn faults_and_the_journal_know_these_endpoints() {
    let desk = Desk::new(&seed(json!({ "client": { "rotation_grace_seconds": 60 } })));
    let app = App::new(&desk);
    let mut browser = Browser::default();
    let code = app.code(&mut browser, &[]);
    let tokens = app.exchange(&code).json();
    desk.sandbox.control("DELETE", "calls", &Value::Null);

    desk.sandbox
        .fault(&json!([{ "operation": "oauth2/token", "drop": "after" }]));
    let token = &tokens["refresh_token"];
    assert_eq!(app.refresh(token).all, "");
    // The effect took place; the grace of rotation lets the client ask again.
    assert_eq!(app.refresh(token).status(), 200);
    desk.sandbox.fault(&json!([
        { "operation": "oauth2/token", "error": { "status": 503, "code": "temporarily_unavailable" } },
        { "operation": "oauth2/userInfo", "error": { "body": "<html>proxy</html>", "status": 502 } },
        { "operation": "login", "error": { "message": "Not now." } },
    ]));
    assert_eq!(
        error(&app.refresh(token)),
        (503, "temporarily_unavailable".into())
    );
    assert_eq!(
        app.user_info(&tokens["access_token"]).body,
        "<html>proxy</html>"
    );
    let page = browser
        .open(&desk.sandbox, &app.authorize(&[("prompt", "login")]))
        .page();
    assert_eq!((page.status(), page.body.contains("Not now.")), (500, true));

    let journal = desk.sandbox.control("GET", "calls", &Value::Null).json();
    let told: Vec<_> = journal["calls"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|call| {
            let text = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
            (text("operation"), text("outcome"), text("fault"))
        })
        .collect();
    let row = |operation: &str, outcome: &str, fault: &str| {
        (operation.into(), outcome.into(), fault.into())
    };
    assert_eq!(
        told,
        [
            row("oauth2/token", "ok", "drop after"),
            row("oauth2/token", "ok", ""),
            row("oauth2/token", "temporarily_unavailable", "error"),
            row("oauth2/userInfo", "InternalErrorException", "error"),
            row("oauth2/authorize", "ok", ""),
            row("login", "InternalErrorException", "error"),
        ]
    );
    let first = &journal["calls"][0];
    assert_eq!(
        (&first["client_id"], &first["username"]),
        (&desk.seeded["client_id"], &json!("alice"))
    );
    assert_eq!(first["flow"], "refresh_token");

    let minted = desk.sandbox.control("GET", "minted", &Value::Null).json();
    let kind = |value: &str| {
        let secrets = minted["secrets"].as_array().expect("a list");
        let found = secrets.iter().find(|secret| secret["value"] == value);
        found.map(|secret| secret["kind"].as_str().expect("a kind").to_owned())
    };
    assert_eq!(kind(&code).as_deref(), Some("authorization_code"));
    for name in ["id_token", "access_token", "refresh_token"] {
        assert_eq!(
            kind(tokens[name].as_str().expect("a token")).as_deref(),
            Some(name)
        );
    }
    let cookies = browser
        .cookies
        .iter()
        .find(|(name, _)| name.starts_with("cognito-"));
    assert_eq!(
        kind(cookies.expect("a cookie").1).as_deref(),
        Some("cookie")
    );
}

#[test]
fn an_app_client_is_set_up_with_care() {
    let desk = Desk::new(&json!({ "identity_pool": false }));
    let right = json!({
        "ClientName": "web", "AllowedOAuthFlowsUserPoolClient": true,
        "AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid"],
        "CallbackURLs": ["http://localhost:1/a", "myapp://b"], "LogoutURLs": ["https://example.com/out"],
        "DefaultRedirectURI": "myapp://b", "SupportedIdentityProviders": ["COGNITO"],
    });
    let create = |change: Value| {
        let mut request = right.clone();
        let members = request.as_object_mut().expect("an object");
        members.extend(change.as_object().expect("an object").clone());
        desk.admin("CreateUserPoolClient", request)
    };
    let made = create(json!({})).expect("made");
    let id = &made["UserPoolClient"]["ClientId"];
    let told = desk
        .admin("DescribeUserPoolClient", json!({ "ClientId": id }))
        .expect("told");
    for (name, value) in right.as_object().expect("an object") {
        assert_eq!(&told["UserPoolClient"][name], value, "{name}");
    }
    let many: Vec<_> = (0..101)
        .map(|number| format!("https://example.com/{number}"))
        .collect();
    for (change, code) in [
        (
            json!({ "CallbackURLs": ["http://example.com/"] }),
            "InvalidParameterException",
        ),
        (
            json!({ "CallbackURLs": ["https://example.com/#x"] }),
            "InvalidParameterException",
        ),
        (json!({ "CallbackURLs": many }), "InvalidParameterException"),
        (
            json!({ "CallbackURLs": [], "DefaultRedirectURI": null }),
            "InvalidOAuthFlowException",
        ),
        (
            json!({ "LogoutURLs": ["nonsense"] }),
            "InvalidParameterException",
        ),
        (
            json!({ "DefaultRedirectURI": "myapp://c" }),
            "InvalidParameterException",
        ),
        (
            json!({ "AllowedOAuthFlows": [] }),
            "InvalidOAuthFlowException",
        ),
        (
            json!({ "AllowedOAuthFlows": ["password"] }),
            "InvalidParameterException",
        ),
        (
            json!({ "AllowedOAuthFlows": ["code", "client_credentials"] }),
            "InvalidOAuthFlowException",
        ),
        (
            json!({ "AllowedOAuthFlows": ["client_credentials"] }),
            "InvalidOAuthFlowException",
        ),
        (
            json!({ "AllowedOAuthScopes": [] }),
            "InvalidOAuthFlowException",
        ),
        (
            json!({ "AllowedOAuthScopes": ["openid", "files/read"] }),
            "ScopeDoesNotExistException",
        ),
        (
            json!({ "SupportedIdentityProviders": ["Work"] }),
            "InvalidParameterException",
        ),
    ] {
        assert_eq!(desk::refusal(create(change.clone())), code, "{change}");
    }
}
