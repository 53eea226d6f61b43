//! Providers behind a user pool: there and back, and what is made of who comes back.

use serde_json::{Value, json};

mod browser;
mod desk;
mod running;

use browser::{App, Browser, CALLBACK, Landed, VERIFIER, claims, form_of, param, post_form, seed};
use desk::Desk;
use running::Answer;

/// A pool with the provider `Work` behind it, which the sandbox plays.
fn desk() -> Desk {
    Desk::new(&seed(json!({
        "pool": { "identity_providers": [
            { "name": "Work", "client_id": "pool", "client_secret": "s3cret", "identifiers": ["work.example"] },
        ] },
        "idp": { "name": "Work" },
    })))
}

/// Goes to the provider's page, which is left open.
fn at_work(desk: &Desk, browser: &mut Browser, more: &[(&str, &str)]) -> Answer {
    let more: Vec<_> = [("identity_provider", "Work")]
        .iter()
        .chain(more)
        .copied()
        .collect();
    let url = App::new(desk).authorize(&more);
    let page = browser.open(&desk.sandbox, &url).page();
    assert!(
        page.body.contains("who do you want to be?"),
        "{} {}",
        page.head,
        page.body
    );
    page
}

/// Signs in as somebody, and brings back the URL that the app is called back at.
fn as_somebody(desk: &Desk, browser: &mut Browser, name: &str) -> String {
    let page = at_work(desk, browser, &[("prompt", "login")]);
    browser
        .submit(&desk.sandbox, &page, &[("subject", name)])
        .away()
}

#[test]
fn a_user_of_a_provider_is_a_user_of_the_pool() {
    let desk = desk();
    let app = App::new(&desk);
    let mut browser = Browser::default();
    // The page has a link for each provider.
    let page = browser.open(&desk.sandbox, &app.authorize(&[])).page();
    let (_, link) = page
        .body
        .split_once(r#"class="provider" href=""#)
        .expect("a link");
    let link = link
        .split('"')
        .next()
        .expect("an end")
        .replace("&amp;", "&");
    let page = browser.open(&desk.sandbox, &link).page();
    let fields = [("subject", "ann"), ("email", "ann@work.example")];
    let back = browser.submit(&desk.sandbox, &page, &fields).away();
    assert_eq!(param(&back, "state").as_deref(), Some("abc123"));
    let tokens = app.exchange(&param(&back, "code").expect("a code")).json();

    let id = claims(&tokens["id_token"]);
    assert_eq!(
        (&id["cognito:username"], &id["nonce"]),
        (&json!("Work_ann"), &json!("n0"))
    );
    assert_eq!(
        (&id["email"], &id["email_verified"]),
        (&json!("ann@work.example"), &json!(true))
    );
    let pool = desk.seeded["user_pool_id"].as_str().expect("a text");
    assert_eq!(id["cognito:groups"], json!([format!("{pool}_Work")]));
    let identity = &id["identities"][0];
    assert_eq!(
        (&identity["userId"], &identity["providerName"]),
        (&json!("ann"), &json!("Work"))
    );
    assert_eq!(
        (&identity["providerType"], &identity["primary"]),
        (&json!("OIDC"), &json!("true"))
    );
    assert!(identity["dateCreated"].is_string());

    let told = desk
        .admin("AdminGetUser", json!({ "Username": "Work_ann" }))
        .expect("a user");
    assert_eq!(told["UserStatus"], "EXTERNAL_PROVIDER");
    let sub = id["sub"].clone();
    // The browser is signed in, to the provider and to the pool.
    let again = browser.open(
        &desk.sandbox,
        &app.authorize(&[("identity_provider", "Work")]),
    );
    let id = claims(&app.exchange(&again.param("code")).json()["id_token"]);
    assert_eq!(id["sub"], sub);
    // The refresh token is as good as any.
    assert!(app.refresh(&tokens["refresh_token"]).json()["id_token"].is_string());
    let user = app.user_info(&tokens["access_token"]).json();
    assert_eq!(user["username"], "Work_ann");
    assert!(
        user["identities"]
            .as_str()
            .expect("a text")
            .contains(r#""primary":true"#)
    );

    // Who comes back later is the same user, with what the provider says by then.
    let mut browser = Browser::default();
    let page = at_work(&desk, &mut browser, &[]);
    let fields = [("subject", "ann"), ("email", "new@work.example")];
    let code = browser.submit(&desk.sandbox, &page, &fields).param("code");
    let id = claims(&app.exchange(&code).json()["id_token"]);
    assert_eq!(
        (&id["sub"], &id["email"]),
        (&sub, &json!("new@work.example"))
    );
    let back = as_somebody(&desk, &mut browser, "bob");
    let id = claims(&app.exchange(&param(&back, "code").expect("a code")).json()["id_token"]);
    assert_eq!(id["cognito:username"], "Work_bob");
}

#[test]
fn a_user_of_a_provider_has_no_password() {
    let desk = desk();
    as_somebody(&desk, &mut Browser::default(), "ann");
    let refused = desk
        .sign_in("Work_ann", "Aa1!nonsense")
        .expect_err("refused");
    assert_eq!(refused.code, "NotAuthorizedException");
    assert_eq!(
        refused.message,
        "User is not authorized to get auth details."
    );
    let srp = json!({
        "AuthFlow": "USER_SRP_AUTH", "AuthParameters": { "USERNAME": "Work_ann", "SRP_A": "ab" },
    });
    assert_eq!(
        desk::refusal(desk.call("InitiateAuth", srp)),
        "NotAuthorizedException"
    );
    let name = json!({ "Username": "Work_ann" });
    let refused = desk
        .admin("AdminResetUserPassword", name)
        .expect_err("refused");
    assert_eq!(
        refused.message,
        "User password cannot be reset in the current state."
    );

    let app = App::new(&desk);
    let mut browser = Browser::default();
    let page = browser.open(&desk.sandbox, &app.authorize(&[])).page();
    let fields = [("username", "Work_ann"), ("password", "Aa1!nonsense")];
    let page = browser.submit(&desk.sandbox, &page, &fields).page();
    assert!(page.body.contains("not authorized"), "{}", page.body);

    let disable = json!({ "Username": "Work_ann" });
    desk.admin("AdminDisableUser", disable).expect("disabled");
    let back = as_somebody(&desk, &mut Browser::default(), "ann");
    assert_eq!(
        param(&back, "error_description").as_deref(),
        Some("User is disabled.")
    );
}

#[test]
fn a_provider_is_found_in_three_ways() {
    let desk = desk();
    let mut browser = Browser::default();
    let url =
        App::new(&desk).authorize(&[("idp_identifier", "work.example"), ("login_hint", "ann")]);
    let page = browser.open(&desk.sandbox, &url).page();
    assert!(page.body.contains(r#"value="ann""#), "{}", page.body);

    // Where there is but one, there is nothing to choose.
    let only = seed(json!({
        "pool": { "identity_providers": [{ "name": "Only" }] },
        "client": { "identity_providers": ["Only"] },
    }));
    let desk = Desk::new(&only);
    let app = App::new(&desk);
    let page = browser.open(&desk.sandbox, &app.authorize(&[])).page();
    assert!(
        page.body.contains("Only: who do you want to be?"),
        "{}",
        page.body
    );
    // The pool's own users may not come in.
    let url = app.authorize(&[]).replace("/oauth2/authorize?", "/login?");
    let page = browser.open(&desk.sandbox, &url).page();
    assert!(!page.body.contains("<form "), "{}", page.body);
    let forced = app.authorize(&[("identity_provider", "COGNITO")]);
    let page = browser.open(&desk.sandbox, &forced).page();
    assert!(
        page.body.contains("Login option is not available."),
        "{}",
        page.body
    );
    let token = browser.cookies["XSRF-TOKEN"].clone();
    let password = desk.seeded["password"].as_str().expect("a text");
    let form = form_of([
        ("_csrf", token.as_str()),
        ("username", "alice"),
        ("password", password),
    ]);
    let page = browser.ask(&desk.sandbox, "POST", &url, &form);
    assert!(
        page.body.contains("Login option is not available."),
        "{}",
        page.body
    );
}

#[test]
fn a_browser_is_signed_in_by_somebody_in_particular() {
    let desk = desk();
    let app = App::new(&desk);
    let mut browser = Browser::default();
    app.code(&mut browser, &[]);
    let own = [("identity_provider", "COGNITO")];
    assert!(
        !browser
            .open(&desk.sandbox, &app.authorize(&own))
            .param("code")
            .is_empty()
    );
    at_work(&desk, &mut browser, &[]);
    let other = seed(json!({
        "user_pool_id": desk.seeded["user_pool_id"], "user": { "username": "bob" },
        "client": { "identity_providers": ["Work"] },
    }));
    let other = desk.sandbox.control("POST", "seed", &other).json();
    let url = App::of(&desk, &other).authorize(&[]);
    let page = browser.open(&desk.sandbox, &url).page();
    assert!(
        page.body.contains("who do you want to be?"),
        "{}",
        page.body
    );

    // Somebody else of the same name.
    let user = json!({ "Username": "alice" });
    desk.admin("AdminDeleteUser", user.clone())
        .expect("deleted");
    desk.admin("AdminCreateUser", user).expect("created");
    let page = browser.open(&desk.sandbox, &app.authorize(&own)).page();
    assert!(page.body.contains(r#"name="password""#), "{}", page.body);
}

#[test]
fn the_way_back_is_open_once_to_who_left() {
    let mut desk = desk();
    let stop = |desk: &Desk, browser: &mut Browser| {
        // As far as the redirect from the provider to the pool, which is not followed.
        let page = at_work(desk, browser, &[]);
        let (_, action) = page.body.split_once(r#"action=""#).expect("an action");
        let action = action
            .split('"')
            .next()
            .expect("an end")
            .replace("&amp;", "&");
        let csrf = browser.cookies["idp-csrf"].clone();
        let form = form_of([("_csrf", csrf.as_str()), ("subject", "ann")]);
        let answer = browser.ask(&desk.sandbox, "POST", &action, &form);
        answer.header("location").expect("a location").to_owned()
    };
    let mut browser = Browser::default();
    let back = stop(&desk, &mut browser);
    assert!(back.contains("/oauth2/idpresponse?code="), "{back}");
    let refused = |page: Landed| {
        let page = page.page();
        assert_eq!(page.status(), 400);
        assert!(page.body.contains("Invalid state"), "{}", page.body);
    };
    // Somebody else's browser, with what it was slipped.
    refused(Browser::default().open(&desk.sandbox, &back));
    let mut other = Browser::default();
    at_work(&desk, &mut other, &[]);
    refused(other.open(&desk.sandbox, &back));
    refused(browser.open(&desk.sandbox, &back.replace("state=", "state=x")));
    refused(browser.open(&desk.sandbox, "/oauth2/idpresponse?code=x"));
    assert!(!browser.open(&desk.sandbox, &back).param("code").is_empty());
    refused(browser.open(&desk.sandbox, &back));

    let mut browser = Browser::default();
    let back = stop(&desk, &mut browser);
    desk.wait(600);
    refused(browser.open(&desk.sandbox, &back));
}

#[test]
fn what_goes_wrong_at_the_provider_is_told_to_the_app() {
    let desk = desk();
    let told = |landed: Landed| {
        let url = landed.away();
        assert!(url.starts_with(&format!("{CALLBACK}?error=")), "{url}");
        assert_eq!(param(&url, "state").as_deref(), Some("abc123"));
        let text = |name: &str| param(&url, name).unwrap_or_default();
        (text("error"), text("error_description"))
    };
    let mut browser = Browser::default();
    let page = at_work(&desk, &mut browser, &[]);
    let denied = browser.submit(&desk.sandbox, &page, &[("subject", ""), ("deny", "1")]);
    assert_eq!(
        told(denied),
        ("access_denied".into(), "The person said no.".into())
    );

    let url = App::new(&desk).authorize(&[("identity_provider", "Work"), ("prompt", "none")]);
    let none = Browser::default().open(&desk.sandbox, &url);
    assert_eq!(told(none).0, "login_required");

    for (fault, text) in [
        (
            json!({ "operation": "idp/token", "error": { "status": 400, "code": "invalid_grant" } }),
            "Work Error - 400 error getting token",
        ),
        (
            json!({ "operation": "idp/token", "drop": "before" }),
            "Work cannot be reached at its token endpoint",
        ),
        (
            json!({ "operation": "idp/jwks", "error": { "status": 200, "body": "{\"keys\":[]}" } }),
            "Bad id_token signature from Work",
        ),
        (
            json!({ "operation": "idp/token", "error": { "status": 200, "body": "<html>" } }),
            "Bad id_token signature from Work",
        ),
    ] {
        let mut browser = Browser::default();
        let page = at_work(&desk, &mut browser, &[]);
        desk.sandbox.fault(&fault);
        let landed = browser.submit(&desk.sandbox, &page, &[("subject", "ann")]);
        assert_eq!(
            told(landed),
            ("invalid_request".into(), text.into()),
            "{fault}"
        );
    }
    let fault = json!({ "operation": "idp/configuration", "error": { "status": 500 } });
    desk.sandbox.fault(&fault);
    let url = App::new(&desk).authorize(&[("identity_provider", "Work")]);
    let (_, text) = told(Browser::default().open(&desk.sandbox, &url));
    assert!(text.contains("tells no OpenID configuration"), "{text}");
}

#[test]
fn a_token_of_another_sign_in_is_refused() {
    let desk = desk();
    let idp = "/_idp/Work";
    // The pool's own credentials at the provider, but a nonce of ours.
    let stolen = |client: &str, redirect_uri: &str, nonce: &str| {
        let challenge = browser::challenge(VERIFIER);
        let query = form_of([
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", redirect_uri),
            ("scope", "openid email profile"),
            ("nonce", nonce),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ]);
        let mut browser = Browser::default();
        let page = browser
            .open(&desk.sandbox, &format!("{idp}/authorize?{query}"))
            .page();
        let (_, action) = page.body.split_once(r#"action=""#).expect("an action");
        let action = action
            .split('"')
            .next()
            .expect("an end")
            .replace("&amp;", "&");
        let csrf = browser.cookies["idp-csrf"].clone();
        let form = form_of([("_csrf", csrf.as_str()), ("subject", "eve")]);
        let answer = browser.ask(&desk.sandbox, "POST", &action, &form);
        let code = param(answer.header("location").expect("a location"), "code").expect("a code");
        let secret = if client == "pool" { "s3cret" } else { "" };
        let form = form_of([
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", VERIFIER),
            ("client_id", client),
            ("client_secret", secret),
        ]);
        let answer = post_form(&desk.sandbox, &format!("{idp}/token"), "", &form);
        assert_eq!(answer.status(), 200, "{}", answer.body);
        answer.body
    };
    let base = desk.seeded["url"].as_str().expect("a text");
    let here = format!("{base}/oauth2/idpresponse");
    let tampered = |tokens: &str| {
        let mut tokens: Value = serde_json::from_str(tokens).expect("JSON");
        let token = tokens["id_token"].as_str().expect("a token").to_owned();
        let parts: Vec<_> = token.split('.').collect();
        let claims = parts[1].replace(&parts[1][20..24], "AAAA");
        tokens["id_token"] = json!(format!("{}.{claims}.{}", parts[0], parts[2]));
        tokens.to_string()
    };
    let nonce = stolen("pool", &here, "another");
    for (tokens, what) in [
        (nonce.clone(), "nonce"),
        (
            stolen("desktop", "http://127.0.0.1:5/callback", "n"),
            "audience",
        ),
        (tampered(&nonce), "signature"),
    ] {
        let mut browser = Browser::default();
        let page = at_work(&desk, &mut browser, &[]);
        let fault = json!({ "operation": "idp/token", "error": { "status": 200, "body": tokens } });
        desk.sandbox.fault(&fault);
        let url = browser
            .submit(&desk.sandbox, &page, &[("subject", "ann")])
            .away();
        let text = param(&url, "error_description").unwrap_or_default();
        assert_eq!(text, format!("Bad id_token {what} from Work"));
        assert_eq!(param(&url, "code"), None);
    }
    let nobody = desk.admin("AdminGetUser", json!({ "Username": "Work_eve" }));
    assert_eq!(desk::refusal(nobody), "UserNotFoundException");
}

#[test]
fn what_a_provider_says_of_somebody_else_does_not_count() {
    let desk = Desk::new(&seed(json!({
        "pool": { "identity_providers": [
            { "name": "Work", "mapping": { "email": "email", "nickname": "nick" } },
        ] },
    })));
    let app = App::new(&desk);
    for (name, subject, nickname) in [("ann", "ann", json!("Annie")), ("bob", "eve", Value::Null)] {
        let body = json!({ "sub": subject, "nick": "Annie", "email": "other@example.com" });
        let fault = json!({
            "operation": "idp/userinfo", "error": { "status": 200, "body": body.to_string() },
        });
        let mut browser = Browser::default();
        let page = at_work(&desk, &mut browser, &[]);
        desk.sandbox.fault(&fault);
        let code = browser.submit(&desk.sandbox, &page, &[("subject", name)]);
        let id = claims(&app.exchange(&code.param("code")).json()["id_token"]);
        assert_eq!(id["nickname"], nickname);
        // What is signed counts more than what is not.
        assert_ne!(id["email"], "other@example.com");
    }
}

#[test]
fn a_pool_demands_what_its_schema_demands() {
    let seed = seed(json!({
        "pool": {
            "aws": { "Schema": [{ "Name": "phone_number", "Required": true }] },
            "identity_providers": [{ "name": "Work" }],
        },
        "user": { "phone": "+12025550123" },
    }));
    let desk = Desk::new(&seed);
    let back = as_somebody(&desk, &mut Browser::default(), "ann");
    let text = param(&back, "error_description");
    assert_eq!(text.as_deref(), Some("attributes required: [phone_number]"));
}

#[test]
fn providers_are_set_up_with_care() {
    let desk = desk();
    let right = json!({
        "ProviderName": "Other", "ProviderType": "OIDC", "IdpIdentifiers": ["other.example"],
        "ProviderDetails": {
            "client_id": "x", "client_secret": "y", "oidc_issuer": "https://other.example",
            "authorize_scopes": "openid email", "attributes_request_method": "GET",
        },
        "AttributeMapping": { "email": "mail", "username": "sub" },
    });
    let changed = |path: &str, value: Value| {
        let mut request = right.clone();
        *request.pointer_mut(path).expect("a member") = value;
        request
    };
    for (request, code) in [
        (
            changed("/ProviderType", json!("SAML")),
            "InvalidParameterException",
        ),
        (
            changed("/ProviderName", json!("COGNITO")),
            "InvalidParameterException",
        ),
        (
            changed("/ProviderName", json!("a_b")),
            "InvalidParameterException",
        ),
        (
            changed("/ProviderName", json!("Work")),
            "DuplicateProviderException",
        ),
        (
            changed("/IdpIdentifiers", json!(["work.example"])),
            "InvalidParameterException",
        ),
        (
            changed("/ProviderDetails/client_id", json!("")),
            "InvalidParameterException",
        ),
        (
            changed("/ProviderDetails/authorize_scopes", json!("email")),
            "InvalidParameterException",
        ),
        (
            changed(
                "/ProviderDetails/oidc_issuer",
                json!("http://other.example"),
            ),
            "InvalidParameterException",
        ),
        (
            changed("/AttributeMapping/username", json!("email")),
            "InvalidParameterException",
        ),
    ] {
        let refused = desk.admin("CreateIdentityProvider", request.clone());
        assert_eq!(desk::refusal(refused), code, "{request}");
    }
    desk.admin("CreateIdentityProvider", right.clone())
        .expect("created");
    let name = json!({ "ProviderName": "Other" });
    let told = desk
        .admin("DescribeIdentityProvider", name.clone())
        .expect("told");
    for (member, value) in right.as_object().expect("an object") {
        assert_eq!(&told["IdentityProvider"][member], value, "{member}");
    }
    let by = json!({ "IdpIdentifier": "other.example" });
    let told = desk
        .admin("GetIdentityProviderByIdentifier", by.clone())
        .expect("told");
    assert_eq!(told["IdentityProvider"]["ProviderName"], "Other");
    let update = json!({ "ProviderName": "Other", "IdpIdentifiers": [] });
    desk.admin("UpdateIdentityProvider", update)
        .expect("changed");
    assert_eq!(
        desk::refusal(desk.admin("GetIdentityProviderByIdentifier", by)),
        "ResourceNotFoundException"
    );
    let all = desk
        .admin("ListIdentityProviders", json!({}))
        .expect("told");
    let names: Vec<_> = all["Providers"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["ProviderName"].clone())
        .collect();
    assert_eq!(names, ["Other", "Work"]);
    desk.admin("DeleteIdentityProvider", name.clone())
        .expect("deleted");
    assert_eq!(
        desk::refusal(desk.admin("DescribeIdentityProvider", name)),
        "ResourceNotFoundException"
    );
}
