//! OIDC providers that feed an identity pool, or STS itself.

mod desk;
mod issuer;
mod running;

use std::time::Duration;

use desk::{Desk, Keys, Refused, Reply, inside, refusal};
use issuer::{Issuer, Key, key_set};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::000000000000:role/";

/// A sandbox whose identity pool takes the issuer's tokens for `app` and `other`.
fn desk(issuer: &Issuer) -> Desk {
    Desk::new(&json!({ "identity_pool": {
        "classic": true,
        "oidc_providers": [{ "issuer": issuer.url, "client_ids": ["other", "app"] }],
    } }))
}

fn now(desk: &Desk) -> i64 {
    let clock = desk.sandbox.control("GET", "clock", &Value::Null).json();
    clock["now_ms"].as_i64().expect("a number") / 1000
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn get_id(desk: &Desk, key: &str, token: &str) -> Reply {
    let request =
        json!({ "IdentityPoolId": desk.seeded["identity_pool_id"], "Logins": { key: token } });
    desk.identities("GetId", &request)
}

fn keys(desk: &Desk, id: &Value, key: &str, token: &str) -> Reply {
    let request = json!({ "IdentityId": id, "Logins": { key: token } });
    desk.identities("GetCredentialsForIdentity", &request)
}

fn not_authorized(message: &str) -> Reply {
    Err(Refused {
        code: "NotAuthorizedException".into(),
        message: message.into(),
    })
}

#[test]
fn somebody_of_another_provider() {
    let (rsa, ec) = (Key::rsa("first"), Key::ec("second"));
    let issuer = Issuer::start(&[&rsa, &ec]);
    let desk = desk(&issuer);
    let claims = issuer.claims(now(&desk));
    let mut ids = Vec::new();
    for token in [
        rsa.sign(&claims),
        ec.sign(&claims),
        rsa.sign(&with(claims.clone(), "aud", json!(["x", "other"]))),
    ] {
        let id = get_id(&desk, issuer.name(), &token).expect("an identity")["IdentityId"].clone();
        let answer = keys(&desk, &id, issuer.name(), &token).expect("keys");
        let (arn, _) = desk.who_is(&Keys::of_json(&answer)).expect("known");
        assert_eq!(
            arn,
            "arn:aws:sts::000000000000:assumed-role/Developer/CognitoIdentityCredentials"
        );
        ids.push(id);
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(issuer.asked(), 1);
    let stranger = rsa.sign(&with(claims.clone(), "sub", json!("person-2")));
    assert_ne!(
        get_id(&desk, issuer.name(), &stranger).expect("an identity")["IdentityId"],
        ids[0]
    );

    // The user pool's own people are still let in, and may be linked to the same identity.
    let text = |name: &str| desk.seeded[name].as_str().expect("a text");
    let answer = desk
        .sign_in(text("username"), text("password"))
        .expect("signed in");
    let both = json!({ "IdentityId": ids[0], "Logins": {
        issuer.name(): rsa.sign(&claims),
        text("provider_name"): answer["AuthenticationResult"]["IdToken"],
    } });
    let linked = desk
        .identities("GetCredentialsForIdentity", &both)
        .expect("keys");
    assert_eq!(linked["IdentityId"], ids[0]);
    let alone = get_id(
        &desk,
        text("provider_name"),
        answer["AuthenticationResult"]["IdToken"]
            .as_str()
            .expect("a text"),
    );
    assert_eq!(alone.expect("an identity")["IdentityId"], ids[0]);
}

#[test]
fn logins_that_are_refused() {
    let (key, other) = (Key::rsa("first"), Key::rsa("first"));
    let issuer = Issuer::start(&[&key]);
    let desk = desk(&issuer);
    let now = now(&desk);
    let claims = issuer.claims(now);
    let name = issuer.name().to_owned();
    let without = |name: &str| {
        let mut claims = claims.clone();
        claims.as_object_mut().expect("an object").remove(name);
        claims
    };
    for (token, message) in [
        (
            key.sign(&with(claims.clone(), "aud", json!("stranger"))),
            "Invalid login token. Incorrect token audience.",
        ),
        (
            key.sign(&without("aud")),
            "Invalid login token. Missing a required claim: aud",
        ),
        (
            key.sign(&without("sub")),
            "Invalid login token. Missing a required claim: sub",
        ),
        (
            key.sign(&with(
                claims.clone(),
                "iss",
                json!("https://elsewhere.example"),
            )),
            "Invalid login token. Issuer doesn't match providerName",
        ),
        (
            key.sign(&without("iss")),
            "Invalid login token. Issuer doesn't match providerName",
        ),
        (
            other.sign(&claims),
            "Invalid login token. Couldn't verify signed token.",
        ),
        (
            key.sign_as(&json!({ "alg": "none" }), &claims),
            "Invalid login token. Not a valid OpenId Connect identity token.",
        ),
        (
            key.sign_as(&json!({ "alg": "HS256", "kid": "first" }), &claims),
            "Invalid login token. Couldn't verify signed token.",
        ),
        (
            key.sign_as(&json!({ "alg": "PS256", "kid": "first" }), &claims),
            "Invalid login token. Couldn't verify signed token.",
        ),
        (
            key.sign_as(&json!({ "alg": "ES256", "kid": "first" }), &claims),
            "Invalid login token. Couldn't verify signed token.",
        ),
        (
            key.sign_as(&json!({ "alg": "RS256", "kid": "odd" }), &claims),
            "Invalid login token. Couldn't verify signed token.",
        ),
        (
            "opaque".into(),
            "Invalid login token. Not a valid OpenId Connect identity token.",
        ),
        (
            "a.b.c".into(),
            "Invalid login token. Not a valid OpenId Connect identity token.",
        ),
    ] {
        assert_eq!(
            get_id(&desk, &name, &token),
            not_authorized(message),
            "{token}"
        );
    }
    let late = key.sign(&with(claims.clone(), "exp", json!(now - 1)));
    let refused = get_id(&desk, &name, &late).expect_err("too late");
    assert!(
        refused
            .message
            .starts_with("Invalid login token. Token expired: "),
        "{}",
        refused.message
    );
    for key_name in ["elsewhere.example", "accounts.google.com", "", "127.0.0.1"] {
        let refused = get_id(&desk, key_name, &key.sign(&claims));
        assert_eq!(
            refused,
            not_authorized("Token is not from a supported provider of this identity pool."),
            "{key_name}"
        );
    }
    // A token of the user pool under the provider's name, and the other way round.
    let text = |name: &str| desk.seeded[name].as_str().expect("a text");
    let answer = desk
        .sign_in(text("username"), text("password"))
        .expect("signed in");
    let own = answer["AuthenticationResult"]["IdToken"]
        .as_str()
        .expect("a text");
    assert_eq!(
        get_id(&desk, &name, own),
        not_authorized("Invalid login token. Issuer doesn't match providerName")
    );
    assert_eq!(
        get_id(&desk, text("provider_name"), &key.sign(&claims)),
        not_authorized("Invalid login token. Couldn't verify signed token.")
    );
    assert!(get_id(&desk, &name, &key.sign(&claims)).is_ok());
}

#[test]
fn keys_change() {
    let (old, new) = (Key::rsa("old"), Key::rsa("new"));
    let issuer = Issuer::start(&[&old]);
    let mut desk = desk(&issuer);
    let claims = issuer.claims(now(&desk));
    assert!(get_id(&desk, issuer.name(), &old.sign(&claims)).is_ok());
    let token = new.sign(&claims);
    assert_eq!(
        refusal(get_id(&desk, issuer.name(), &token)),
        "NotAuthorizedException"
    );
    issuer.change(|answers| answers.keys = key_set(&[&new]).to_string());
    desk.wait(5);
    assert!(get_id(&desk, issuer.name(), &token).is_ok());
    assert_eq!(
        refusal(get_id(&desk, issuer.name(), &old.sign(&claims))),
        "NotAuthorizedException"
    );
    // Somebody who makes up key ids does not have the issuer asked each time.
    let before = issuer.asked();
    for number in 0..20 {
        let header = json!({ "alg": "RS256", "kid": number.to_string() });
        let _ = get_id(&desk, issuer.name(), &new.sign_as(&header, &claims));
    }
    assert!(issuer.asked() - before <= 5, "{}", issuer.asked() - before);
}

#[test]
fn an_issuer_that_cannot_be_asked() {
    let key = Key::rsa("first");
    let issuer = Issuer::start(&[&key]);
    let right = Issuer::start(&[&key]);
    let mut desk = desk(&issuer);
    let token = key.sign(&issuer.claims(now(&desk)));
    let mut ask = |why: &str| {
        desk.wait(5);
        let refused = get_id(&desk, issuer.name(), &token).expect_err("unreachable");
        assert_eq!(refused.code, "ExternalServiceException", "{why}");
        assert!(refused.message.contains(why), "{}", refused.message);
    };
    issuer.change(|answers| answers.discovery = "<html>".into());
    ask("");
    issuer.change(|answers| {
        answers.discovery = json!({ "issuer": right.url, "jwks_uri": right.url }).to_string();
    });
    ask("is that of");
    let url = issuer.url.clone();
    issuer.change(|answers| answers.discovery = json!({ "issuer": url }).to_string());
    ask("jwks_uri");
    issuer.change(|answers| {
        answers.discovery =
            json!({ "issuer": url, "jwks_uri": "http://10.255.255.1/keys" }).to_string();
    });
    ask("10.255.255.1");
    issuer.change(|answers| {
        answers.discovery = json!({ "issuer": url, "jwks_uri": format!("{url}/keys") }).to_string();
        answers.keys = format!("{{\"keys\":[\"{}\"]}}", "x".repeat(300_000));
    });
    ask("");
    issuer.change(|answers| {
        answers.keys = key_set(&[&key]).to_string();
        // Longer than the desk waits for an answer.
        answers.delay = Duration::from_secs(30);
    });
    ask("too long");
    issuer.change(|answers| answers.delay = Duration::ZERO);
    desk.wait(5);
    assert!(get_id(&desk, issuer.name(), &token).is_ok());
    // Keys that are known serve while the issuer is away.
    issuer.change(|answers| answers.discovery = "<html>".into());
    desk.wait(3000);
    assert!(get_id(&desk, issuer.name(), &token).is_ok());
}

#[test]
fn public_providers_with_planted_keys() {
    let key = Key::rsa("g1");
    let keys_of = key_set(&[&key]);
    let desk = Desk::new(
        &json!({ "identity_pool": { "classic": true, "oidc_providers": [
        { "issuer": "https://accounts.google.com", "client_ids": ["g.apps", "g2.apps"], "keys": keys_of },
        { "issuer": "https://appleid.apple.com", "client_ids": ["com.example"], "keys": keys_of },
    ] } }),
    );
    let now = now(&desk);
    let claims =
        |iss: &str, aud: &str| json!({ "iss": iss, "aud": aud, "sub": "7", "exp": now + 60 });
    for (name, iss, aud) in [
        (
            "accounts.google.com",
            "https://accounts.google.com",
            "g.apps",
        ),
        ("accounts.google.com", "accounts.google.com", "g2.apps"),
        (
            "appleid.apple.com",
            "https://appleid.apple.com",
            "com.example",
        ),
    ] {
        let token = key.sign(&claims(iss, aud));
        let id = get_id(&desk, name, &token).expect("an identity")["IdentityId"].clone();
        assert!(keys(&desk, &id, name, &token).is_ok());
        let request = json!({ "IdentityId": id, "Logins": { name: token } });
        let answer = desk
            .identities("GetOpenIdToken", &request)
            .expect("a token");
        let token = answer["Token"].as_str().expect("a text");
        let claims = token.split('.').nth(1).expect("claims");
        let claims =
            base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims);
        let claims: Value = serde_json::from_slice(&claims.expect("base64")).expect("JSON");
        assert_eq!(
            claims["amr"],
            json!(["authenticated", name, format!("{name}:{aud}:7")])
        );
    }
    let wrong = key.sign(&claims("https://accounts.google.com", "com.example"));
    assert_eq!(
        get_id(&desk, "accounts.google.com", &wrong),
        not_authorized("Invalid login token. Incorrect token audience.")
    );
    let request = json!({
        "IdentityPoolName": "x", "SupportedLoginProviders": { "graph.facebook.com": "1" },
    });
    assert_eq!(
        refusal(desk.identities_admin("CreateIdentityPool", &request)),
        "InvalidParameterException"
    );
    let request = json!({
        "IdentityPoolName": "x",
        "OpenIdConnectProviderARNs": ["arn:aws:iam::000000000000:oidc-provider/nobody.example"],
    });
    assert_eq!(
        refusal(desk.identities_admin("CreateIdentityPool", &request)),
        "InvalidParameterException"
    );
}

/// `AssumeRoleWithWebIdentity`
fn exchange(desk: &Desk, role: &str, token: &str) -> Result<String, Refused> {
    let role = format!("{ROLE}{role}");
    let parameters = [
        ("RoleArn", &*role),
        ("RoleSessionName", "me"),
        ("WebIdentityToken", token),
    ];
    desk.form("sts", "AssumeRoleWithWebIdentity", &parameters, None)
}

#[test]
fn sts_takes_tokens_of_providers() {
    let key = Key::rsa("first");
    let issuer = Issuer::start(&[&key]);
    let desk = Desk::new(&json!({}));
    let claims = issuer.claims(now(&desk));
    let token = key.sign(&claims);
    let refused = exchange(&desk, "Web", &token).expect_err("unknown");
    assert_eq!(refused.code, "InvalidIdentityToken");
    assert_eq!(
        refused.message,
        format!(
            "No OpenIDConnect provider found in your account for {}",
            issuer.url
        )
    );

    let iam = |action: &str, parameters: &[(&str, &str)]| {
        desk.form("iam", action, parameters, Some(&desk.admin_keys()))
    };
    let create = [("Url", &*issuer.url), ("ClientIDList.member.1", "app")];
    let made = iam("CreateOpenIDConnectProvider", &create).expect("a provider");
    let arn = inside(&made, "OpenIDConnectProviderArn");
    assert_eq!(
        arn,
        format!("arn:aws:iam::000000000000:oidc-provider/{}", issuer.name())
    );
    assert_eq!(
        iam("CreateOpenIDConnectProvider", &create)
            .expect_err("twice")
            .code,
        "EntityAlreadyExists"
    );
    let told = iam(
        "GetOpenIDConnectProvider",
        &[("OpenIDConnectProviderArn", &arn)],
    );
    assert_eq!(inside(&told.expect("a provider"), "member"), "app");
    for url in ["http://10.0.0.1/x", "ftp://x", ""] {
        assert!(
            iam("CreateOpenIDConnectProvider", &[("Url", url)]).is_err(),
            "{url}"
        );
    }

    let trust = |principal: &str, condition: Value| {
        json!({ "Statement": [{
            "Effect": "Allow", "Principal": { "Federated": principal },
            "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition,
        }] })
        .to_string()
    };
    let right = json!({ "StringEquals": {
        format!("{}:aud", issuer.name()): "app", format!("{}:sub", issuer.name()): "person-1",
    } });
    let nobody = json!({ "StringEquals": { format!("{}:sub", issuer.name()): "person-2" } });
    for (name, document) in [
        ("Web", trust(&arn, right)),
        ("Nobody", trust(&arn, nobody)),
        (
            "Cognito",
            trust("cognito-identity.amazonaws.com", json!({})),
        ),
    ] {
        let parameters = [("RoleName", name), ("AssumeRolePolicyDocument", &*document)];
        iam("CreateRole", &parameters).expect(name);
    }
    let answer = exchange(&desk, "Web", &token).expect("keys");
    assert_eq!(inside(&answer, "Provider"), arn);
    assert_eq!(inside(&answer, "Audience"), "app");
    assert_eq!(inside(&answer, "SubjectFromWebIdentityToken"), "person-1");
    let (who, _) = desk.who_is(&Keys::of_xml(&answer)).expect("known");
    assert_eq!(who, "arn:aws:sts::000000000000:assumed-role/Web/me");
    for role in ["Nobody", "Cognito", "Undeclared", "Developer"] {
        let refused = exchange(&desk, role, &token).expect_err(role);
        assert_eq!(refused.code, "AccessDenied");
        assert_eq!(
            refused.message,
            "Not authorized to perform sts:AssumeRoleWithWebIdentity"
        );
    }
    let now = now(&desk);
    for (token, code, why) in [
        (
            key.sign(&with(claims.clone(), "aud", json!("x"))),
            "InvalidIdentityToken",
            "Incorrect token audience",
        ),
        (
            key.sign(&with(claims.clone(), "azp", json!("x"))),
            "InvalidIdentityToken",
            "Incorrect token audience",
        ),
        (
            key.sign(&with(claims.clone(), "exp", json!(now - 5))),
            "ExpiredTokenException",
            "must be before the expiration date/time",
        ),
        (Key::rsa("first").sign(&claims), "InvalidIdentityToken", ""),
        (
            Key::rsa("unknown").sign(&claims),
            "InvalidIdentityToken",
            "Couldn't retrieve verification key from your identity provider,",
        ),
        (
            key.sign(&with(claims.clone(), "sub", Value::Null)),
            "InvalidIdentityToken",
            "sub",
        ),
    ] {
        let refused = exchange(&desk, "Web", &token).expect_err(why);
        assert_eq!(refused.code, code);
        assert!(refused.message.contains(why), "{}", refused.message);
    }
    iam(
        "DeleteOpenIDConnectProvider",
        &[("OpenIDConnectProviderArn", &arn)],
    )
    .expect("deleted");
    assert_eq!(
        exchange(&desk, "Web", &token).expect_err("gone").code,
        "InvalidIdentityToken"
    );
    assert_eq!(
        iam(
            "GetOpenIDConnectProvider",
            &[("OpenIDConnectProviderArn", &arn)]
        )
        .expect_err("gone")
        .code,
        "NoSuchEntity"
    );
}

#[test]
fn sts_tells_of_a_provider_that_is_away() {
    let key = Key::rsa("first");
    let issuer = Issuer::start(&[&key]);
    issuer.change(|answers| answers.discovery = "<html>".into());
    let desk = desk(&issuer);
    let token = key.sign(&issuer.claims(now(&desk)));
    let refused = exchange(&desk, "Web", &token).expect_err("away");
    assert_eq!(refused.code, "IDPCommunicationError");
}

#[test]
fn a_user_pool_can_be_such_a_provider() {
    let desk = Desk::new(&json!({}));
    let text = |name: &str| desk.seeded[name].as_str().expect("a text");
    let create = [
        ("Url", text("issuer")),
        ("ClientIDList.member.1", text("client_id")),
    ];
    let admin = desk.admin_keys();
    let made = desk.form("iam", "CreateOpenIDConnectProvider", &create, Some(&admin));
    let arn = inside(&made.expect("a provider"), "OpenIDConnectProviderArn");
    let trust = json!({ "Statement": [{
        "Effect": "Allow", "Principal": { "Federated": arn },
        "Action": "sts:AssumeRoleWithWebIdentity",
    }] })
    .to_string();
    let role = [("RoleName", "Web"), ("AssumeRolePolicyDocument", &*trust)];
    desk.form("iam", "CreateRole", &role, Some(&admin))
        .expect("a role");
    let answer = desk
        .sign_in(text("username"), text("password"))
        .expect("signed in");
    let tokens = &answer["AuthenticationResult"];
    let id = tokens["IdToken"].as_str().expect("a text");
    assert!(exchange(&desk, "Web", id).is_ok());
    let access = tokens["AccessToken"].as_str().expect("a text");
    assert_eq!(
        exchange(&desk, "Web", access).expect_err("no aud").code,
        "InvalidIdentityToken"
    );
}
