//! Identity pools: guests, linking, roles, and the classic flow.

mod desk;
mod running;

use desk::{Desk, Keys, Refused, Reply, inside, refusal};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::000000000000:role/";

/// A pool with guests and the classic flow, and a user in two groups.
fn seed() -> Value {
    json!({
        "pool": { "groups": [
            { "name": "admin", "role_arn": format!("{ROLE}Admin"), "precedence": 1 },
            { "name": "reader", "role_arn": format!("{ROLE}Reader"), "precedence": 2 },
        ] },
        "user": { "groups": ["admin", "reader"] },
        "identity_pool": { "guest_role_arn": format!("{ROLE}Guest"), "classic": true },
    })
}

/// `Logins` with the ID token of a user.
fn logins(desk: &Desk, seeded: &Value) -> Value {
    let text = |name: &str| seeded[name].as_str().expect("a text");
    let answer = desk.sign_in(text("username"), text("password"));
    let token = answer.expect("signed in")["AuthenticationResult"]["IdToken"].clone();
    json!({ text("provider_name"): token })
}

fn another_user(desk: &Desk, name: &str) -> Value {
    let seed = json!({
        "user_pool_id": desk.seeded["user_pool_id"], "client_id": desk.seeded["client_id"],
        "identity_pool": false, "user": { "username": name },
    });
    desk.sandbox.control("POST", "seed", &seed).json()
}

fn get_id(desk: &Desk, logins: &Value) -> Reply {
    let request = json!({ "IdentityPoolId": desk.seeded["identity_pool_id"], "Logins": logins });
    desk.identities("GetId", &request)
}

fn id(desk: &Desk, logins: &Value) -> Value {
    get_id(desk, logins).expect("an identity")["IdentityId"].clone()
}

fn keys(desk: &Desk, id: &Value, logins: &Value, role: Option<&str>) -> Reply {
    let request = json!({ "IdentityId": id, "Logins": logins, "CustomRoleArn": role });
    desk.identities("GetCredentialsForIdentity", &request)
}

/// The ARN that the keys of an identity sign as.
fn arn(desk: &Desk, id: &Value, logins: &Value, role: Option<&str>) -> Result<String, Refused> {
    let answer = keys(desk, id, logins, role)?;
    Ok(desk.who_is(&Keys::of_json(&answer))?.0)
}

fn session_of(role: &str) -> Result<String, Refused> {
    let account = "arn:aws:sts::000000000000:assumed-role";
    Ok(format!("{account}/{role}/CognitoIdentityCredentials"))
}

fn roles(desk: &Desk, mappings: &Value) -> Reply {
    let request = json!({
        "IdentityPoolId": desk.seeded["identity_pool_id"],
        "Roles": { "authenticated": format!("{ROLE}Developer") },
        "RoleMappings": mappings,
    });
    desk.identities_admin("SetIdentityPoolRoles", &request)
}

fn because(code: &str, message: &str) -> Refused {
    Refused {
        code: code.into(),
        message: message.into(),
    }
}

fn not_authorized(message: &str) -> Refused {
    because("NotAuthorizedException", message)
}

#[test]
fn a_guest_stays_the_same_guest() {
    let desk = Desk::new(&seed());
    let none = json!({});
    let (first, second) = (id(&desk, &none), id(&desk, &none));
    assert_ne!(first, second);
    for _ in 0..2 {
        assert_eq!(arn(&desk, &first, &none, None), session_of("Guest"));
    }
    let custom = format!("{ROLE}Admin");
    assert_eq!(
        arn(&desk, &first, &none, Some(&custom)),
        Err(not_authorized("Invalid custom role."))
    );
    // The pool is closed to guests afterwards.
    let update = json!({
        "IdentityPoolId": desk.seeded["identity_pool_id"], "IdentityPoolName": "keys",
        "AllowUnauthenticatedIdentities": false, "AllowClassicFlow": true,
    });
    desk.identities_admin("UpdateIdentityPool", &update)
        .expect("updated");
    let closed = not_authorized("Unauthenticated access is not supported for this identity pool.");
    assert_eq!(get_id(&desk, &none), Err(closed));
    let closed = not_authorized("Unauthenticated access is not supported for this identity pool.");
    assert_eq!(arn(&desk, &first, &none, None), Err(closed));
    let token = desk.identities("GetOpenIdToken", &json!({ "IdentityId": first }));
    assert_eq!(refusal(token), "NotAuthorizedException");
}

#[test]
fn guests_need_a_role() {
    let desk = Desk::new(&seed());
    let guest = id(&desk, &json!({}));
    roles(&desk, &json!({})).expect("set");
    assert_eq!(
        arn(&desk, &guest, &json!({}), None),
        Err(because(
            "InvalidIdentityPoolConfigurationException",
            "Invalid identity pool configuration. Check assigned IAM roles for this pool."
        ))
    );
}

#[test]
fn a_guest_who_signs_in_keeps_the_identity() {
    let desk = Desk::new(&seed());
    let guest = id(&desk, &json!({}));
    let login = logins(&desk, &desk.seeded);
    assert_eq!(arn(&desk, &guest, &login, None), session_of("Developer"));
    assert_eq!(id(&desk, &login), guest);
    let text = guest.as_str().expect("a text");
    assert_eq!(
        arn(&desk, &guest, &json!({}), None),
        Err(not_authorized(&format!(
            "Access to Identity '{text}' is forbidden."
        )))
    );
    // A second guest signs in as the same user: the two become one, the first.
    let second = id(&desk, &json!({}));
    let answer = keys(&desk, &second, &login, None).expect("keys");
    assert_eq!(answer["IdentityId"], guest);
    assert_eq!(
        refusal(keys(&desk, &second, &json!({}), None)),
        "NotAuthorizedException"
    );

    let bob = logins(&desk, &another_user(&desk, "bob"));
    assert_ne!(id(&desk, &bob), guest);
    assert_eq!(
        arn(&desk, &guest, &bob, None),
        Err(not_authorized(
            "Logins don't match. Please include at least one valid login for this identity or identity pool."
        ))
    );
}

#[test]
fn identities_and_pools_that_are_not_there() {
    let desk = Desk::new(&seed());
    let missing = "us-east-1:00000000-0000-4000-8000-00000000dead";
    let pool = json!({ "IdentityPoolId": missing });
    assert_eq!(
        desk.identities("GetId", &pool),
        Err(because(
            "ResourceNotFoundException",
            &format!("IdentityPool '{missing}' not found.")
        ))
    );
    let other_region = json!("eu-west-1:00000000-0000-4000-8000-00000000dead");
    let guest = id(&desk, &json!({}))
        .to_string()
        .replace("us-east-1", "eu-west-1");
    for id in [json!(missing), other_region, json!(guest.trim_matches('"'))] {
        for operation in ["GetCredentialsForIdentity", "GetOpenIdToken"] {
            let refused = desk.identities(operation, &json!({ "IdentityId": id }));
            assert_eq!(
                refused,
                Err(because(
                    "ResourceNotFoundException",
                    &format!("Identity '{}' not found.", id.as_str().expect("a text"))
                ))
            );
        }
    }
    for wrong in ["", "us-east-1", "us-east-1:XYZ", ":00", "us east:00"] {
        for (operation, member) in [
            ("GetId", "IdentityPoolId"),
            ("GetCredentialsForIdentity", "IdentityId"),
            ("GetOpenIdToken", "IdentityId"),
        ] {
            let refused = desk.identities(operation, &json!({ member: wrong }));
            assert_eq!(
                refusal(refused),
                "ValidationException",
                "{operation} {wrong}"
            );
        }
    }
}

#[test]
fn roles_of_the_token() {
    let desk = Desk::new(&seed());
    let login = logins(&desk, &desk.seeded);
    let id = id(&desk, &login);
    let asked = |role: Option<&str>| {
        let role = role.map(|role| format!("{ROLE}{role}"));
        arn(&desk, &id, &login, role.as_deref())
    };
    // Without a mapping the groups do not choose, and yet may be asked for.
    assert_eq!(asked(None), session_of("Developer"));
    assert_eq!(asked(Some("Reader")), session_of("Reader"));

    let (provider, client) = (&desk.seeded["provider_name"], &desk.seeded["client_id"]);
    let name = format!(
        "{}:{}",
        provider.as_str().expect("a text"),
        client.as_str().expect("a text")
    );
    let token = |otherwise: &str| {
        let mapping = json!({ "Type": "Token", "AmbiguousRoleResolution": otherwise });
        roles(&desk, &json!({ name.clone(): mapping })).expect("set");
    };
    token("Deny");
    assert_eq!(asked(None), session_of("Admin"));
    assert_eq!(asked(Some("Reader")), session_of("Reader"));
    assert_eq!(
        asked(Some("Owner")),
        Err(not_authorized("Invalid custom role."))
    );
    let nonsense = keys(&desk, &id, &login, Some("not the ARN of a role"));
    assert_eq!(refusal(nonsense), "InvalidParameterException");

    // Whose groups are equal has no preferred role.
    let more = json!({ "GroupName": "owner", "RoleArn": format!("{ROLE}Owner"), "Precedence": 1 });
    desk.admin("CreateGroup", more).expect("made");
    let joined = json!({ "GroupName": "owner", "Username": desk.seeded["username"] });
    desk.admin("AdminAddUserToGroup", joined).expect("joined");
    let login = logins(&desk, &desk.seeded);
    assert_eq!(
        refusal(keys(&desk, &id, &login, None)),
        "NotAuthorizedException"
    );
    token("AuthenticatedRole");
    assert_eq!(arn(&desk, &id, &login, None), session_of("Developer"));
    let owner = format!("{ROLE}Owner");
    assert_eq!(arn(&desk, &id, &login, Some(&owner)), session_of("Owner"));
}

#[test]
fn roles_by_rules() {
    let rule = |claim: &str, kind: &str, value: &str, role: &str| {
        let role = format!("{ROLE}{role}");
        json!({ "claim": claim, "match": kind, "value": value, "role_arn": role })
    };
    let seed = json!({
        "user": { "email": "ada@example.org" },
        "identity_pool": { "ambiguous": "deny", "rules": [
            rule("nickname", "NotEqual", "x", "Unreached"),
            rule("email", "Equals", "bob@example.com", "Bob"),
            rule("email", "StartsWith", "eve", "Eve"),
            rule("email", "Contains", "@example.org", "Org"),
            rule("email", "NotEqual", "nobody@example.com", "Everybody"),
        ] },
    });
    let desk = Desk::new(&seed);
    let role_of = |email: &str| {
        let change = json!({
            "Username": "alice",
            "UserAttributes": [{ "Name": "email", "Value": email }],
        });
        desk.admin("AdminUpdateUserAttributes", change)
            .expect("changed");
        let login = logins(&desk, &desk.seeded);
        arn(&desk, &id(&desk, &login), &login, None)
    };
    for (email, role) in [
        ("ada@example.org", "Org"),
        ("bob@example.com", "Bob"),
        ("eve@example.org", "Eve"),
        ("zoe@example.com", "Everybody"),
    ] {
        assert_eq!(role_of(email), session_of(role), "{email}");
    }
    assert_eq!(
        refusal(Err(role_of("nobody@example.com").expect_err("refused"))),
        "NotAuthorizedException"
    );
    // What is asked for must be the role of a rule that is met, in whatever order.
    role_of("eve@example.org").expect("keys");
    let login = logins(&desk, &desk.seeded);
    let id = id(&desk, &login);
    for (role, met) in [
        ("Everybody", true),
        ("Org", true),
        ("Bob", false),
        ("Unreached", false),
    ] {
        let told = arn(&desk, &id, &login, Some(&format!("{ROLE}{role}")));
        assert_eq!(told.is_ok(), met, "{role}");
    }
}

#[test]
fn mappings_that_cannot_be() {
    let desk = Desk::new(&seed());
    let rule = json!({
        "Claim": "email", "MatchType": "Equals", "Value": "x", "RoleARN": format!("{ROLE}X"),
    });
    let rules = |rules: Vec<Value>| {
        json!({ "p": {
            "Type": "Rules", "AmbiguousRoleResolution": "Deny",
            "RulesConfiguration": { "Rules": rules },
        } })
    };
    let with = |name: &str, value: Value| {
        let mut rule = rule.clone();
        rule[name] = value;
        rules(vec![rule])
    };
    assert!(roles(&desk, &rules(vec![rule.clone(); 25])).is_ok());
    for (mappings, code) in [
        (rules(vec![rule.clone(); 26]), "LimitExceededException"),
        (rules(Vec::new()), "InvalidParameterException"),
        (with("MatchType", json!("Resembles")), "ValidationException"),
        (
            with("RoleARN", json!("arn:aws:iam::1:user/x")),
            "InvalidParameterException",
        ),
        (
            json!({ "p": { "Type": "Guess", "AmbiguousRoleResolution": "Deny" } }),
            "InvalidParameterException",
        ),
        (
            json!({ "p": { "Type": "Token" } }),
            "InvalidParameterException",
        ),
    ] {
        assert_eq!(refusal(roles(&desk, &mappings)), code, "{mappings}");
    }
    let strangers = json!({
        "IdentityPoolId": desk.seeded["identity_pool_id"],
        "Roles": { "everybody": format!("{ROLE}X") },
    });
    let refused = desk.identities_admin("SetIdentityPoolRoles", &strangers);
    assert_eq!(refusal(refused), "ValidationException");
}

#[test]
fn a_role_must_trust_the_pool() {
    let mut seed = seed();
    seed["roles"] = json!([
        { "arn": "arn:aws:iam::ACCOUNT:role/Developer", "trust": "guests" },
        { "arn": "arn:aws:iam::ACCOUNT:role/Guest", "trust": "guests" },
        { "arn": "arn:aws:iam::ACCOUNT:role/Admin", "trust": "signed_in" },
        { "arn": "arn:aws:iam::ACCOUNT:role/Reader", "trust": "account" },
    ]);
    let desk = Desk::new(&seed);
    let guest = id(&desk, &json!({}));
    assert_eq!(arn(&desk, &guest, &json!({}), None), session_of("Guest"));
    let login = logins(&desk, &desk.seeded);
    let id = id(&desk, &login);
    let asked = |role: Option<&str>| {
        let role = role.map(|role| format!("{ROLE}{role}"));
        arn(&desk, &id, &login, role.as_deref()).map_err(|refused| refused.code)
    };
    let untrusted = Err("InvalidIdentityPoolConfigurationException".to_owned());
    assert_eq!(asked(None), untrusted);
    assert_eq!(asked(Some("Reader")), untrusted);
    assert_eq!(
        asked(Some("Admin")),
        session_of("Admin").map_err(|r| r.code)
    );
}

#[test]
fn a_global_sign_out_reaches_the_pool_that_checks() {
    let desk = Desk::new(&json!({ "identity_pool": { "check_tokens": true, "classic": true } }));
    let login = logins(&desk, &desk.seeded);
    let id = id(&desk, &login);
    keys(&desk, &id, &login, None).expect("keys");
    desk.call("GlobalSignOut", json!({ "AccessToken": desk.token() }))
        .expect("signed out");
    assert_eq!(refusal(get_id(&desk, &login)), "NotAuthorizedException");
    assert_eq!(
        refusal(keys(&desk, &id, &login, None)),
        "NotAuthorizedException"
    );
    let token = json!({ "IdentityId": id, "Logins": login });
    assert_eq!(
        refusal(desk.identities("GetOpenIdToken", &token)),
        "NotAuthorizedException"
    );
    let again = logins(&desk, &desk.seeded);
    assert!(keys(&desk, &id, &again, None).is_ok());
}

#[test]
fn the_classic_flow_has_to_be_allowed() {
    let desk = Desk::new(&json!({}));
    let login = logins(&desk, &desk.seeded);
    let request = json!({ "IdentityId": id(&desk, &login), "Logins": login });
    assert_eq!(
        desk.identities("GetOpenIdToken", &request),
        Err(because(
            "InvalidParameterException",
            "Basic (classic) flow is not enabled, please use enhanced flow."
        ))
    );
}

/// The token of an identity, and what it claims.
fn open_id_token(desk: &Desk, id: &Value, logins: &Value) -> (String, Value) {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let request = json!({ "IdentityId": id, "Logins": logins });
    let answer = desk
        .identities("GetOpenIdToken", &request)
        .expect("a token");
    assert_eq!(&answer["IdentityId"], id);
    let token = answer["Token"].as_str().expect("a text").to_owned();
    let claims = token.split('.').nth(1).expect("claims");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64");
    (token, serde_json::from_slice(&claims).expect("JSON"))
}

fn exchange(desk: &Desk, token: &str, more: &[(&str, &str)]) -> Result<String, Refused> {
    let role = format!("{ROLE}Developer");
    let mut all = more.to_vec();
    all.extend([
        ("RoleArn", role.as_str()),
        ("RoleSessionName", "alice@laptop"),
        ("WebIdentityToken", token),
    ]);
    desk.form("sts", "AssumeRoleWithWebIdentity", &all, None)
}

#[test]
fn the_classic_flow() {
    let mut desk = Desk::new(&seed());
    let login = logins(&desk, &desk.seeded);
    let id = id(&desk, &login);
    let (token, claims) = open_id_token(&desk, &id, &login);
    let provider = desk.seeded["provider_name"].as_str().expect("a text");
    let sub = desk.seeded["sub"].as_str().expect("a text");
    assert_eq!(claims["iss"], "https://cognito-identity.amazonaws.com");
    assert_eq!(claims["aud"], desk.seeded["identity_pool_id"]);
    assert_eq!(claims["sub"], id);
    assert_eq!(
        claims["amr"],
        json!([
            "authenticated",
            provider,
            format!("{provider}:CognitoSignIn:{sub}")
        ])
    );
    let life = claims["exp"].as_i64().expect("exp") - claims["iat"].as_i64().expect("iat");
    assert_eq!(life, 600);

    let answer = exchange(&desk, &token, &[("DurationSeconds", "900")]).expect("keys");
    assert_eq!(
        inside(&answer, "SubjectFromWebIdentityToken"),
        id.as_str().expect("a text")
    );
    assert_eq!(
        inside(&answer, "Audience"),
        claims["aud"].as_str().expect("a text")
    );
    assert_eq!(
        inside(&answer, "Provider"),
        "cognito-identity.amazonaws.com"
    );
    let keys = Keys::of_xml(&answer);
    let (arn, user) = desk.who_is(&keys).expect("known");
    assert_eq!(
        arn,
        "arn:aws:sts::000000000000:assumed-role/Developer/alice@laptop"
    );
    assert_eq!(arn, inside(&answer, "Arn"));
    assert_eq!(user, inside(&answer, "AssumedRoleId"));
    assert!(
        user.starts_with("AROA") && user.ends_with(":alice@laptop"),
        "{user}"
    );

    desk.wait(601);
    let refused = exchange(&desk, &token, &[]).expect_err("too late");
    assert_eq!(refused.code, "ExpiredTokenException");
    assert!(
        refused
            .message
            .starts_with("Token expired: current date/time "),
        "{}",
        refused.message
    );
    assert!(desk.who_is(&keys).is_ok());
    desk.wait(300);
    let ended = desk.who_is(&keys).expect_err("keys of 900 seconds");
    assert_eq!(ended.code, "ExpiredToken");
}

#[test]
fn what_a_web_identity_cannot_have() {
    let mut seed = seed();
    seed["roles"] = json!([
        { "arn": "arn:aws:iam::ACCOUNT:role/Long", "max_session_seconds": 43200 },
        { "arn": "arn:aws:iam::ACCOUNT:role/Named", "trust": {
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Federated": "cognito-identity.amazonaws.com" },
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": { "StringLike": {
                    "sts:RoleSessionName": "alice@*",
                    "cognito-identity.amazonaws.com:sub": "us-east-1:*",
                } },
            }],
        } },
    ]);
    let desk = Desk::new(&seed);
    let login = logins(&desk, &desk.seeded);
    let me = id(&desk, &login);
    let (token, _) = open_id_token(&desk, &me, &login);
    let guest = id(&desk, &json!({}));
    let (guest_token, guest_claims) = open_id_token(&desk, &guest, &json!({}));
    assert_eq!(guest_claims["amr"], json!(["unauthenticated"]));

    let ask = |token: &str, role: &str, more: &[(&str, &str)]| {
        let role = format!("{ROLE}{role}");
        let mut all = more.to_vec();
        all.extend([
            ("RoleArn", role.as_str()),
            ("RoleSessionName", "alice@laptop"),
            ("WebIdentityToken", token),
        ]);
        desk.form("sts", "AssumeRoleWithWebIdentity", &all, None)
    };
    let denied = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
    for (role, token, passes) in [
        ("Developer", &token, true),
        ("Admin", &token, true),
        ("Long", &token, true),
        ("Named", &token, true),
        ("Guest", &token, false),
        ("Stranger", &token, false),
        ("Guest", &guest_token, true),
        ("Developer", &guest_token, false),
        ("Admin", &guest_token, false),
        ("Long", &guest_token, false),
    ] {
        let told = ask(token, role, &[]).map(|_| ());
        let expected = if passes {
            Ok(())
        } else {
            Err(because("AccessDenied", denied))
        };
        assert_eq!(told, expected, "{role}");
    }
    let named = ask(&token, "Named", &[("RoleSessionName", "eve@laptop")]);
    assert_eq!(named.expect_err("another name").code, "AccessDenied");

    let long = "x".repeat(2049);
    let arns: Vec<(String, &str)> = (1..=11)
        .map(|number| {
            (
                format!("PolicyArns.member.{number}.arn"),
                "arn:aws:iam::aws:policy/ReadOnlyAccess",
            )
        })
        .collect();
    let arns: Vec<(&str, &str)> = arns
        .iter()
        .map(|(name, arn)| (name.as_str(), *arn))
        .collect();
    let wide = format!(
        r#"{{"Statement":[{{"Effect":"Allow","Action":"s3:*","Resource":"{}"}}]}}"#,
        "r".repeat(1960)
    );
    let policy = ("Policy", wide.as_str());
    let arn = (
        "PolicyArns.member.1.arn",
        "arn:aws:iam::aws:policy/AReadOnlyAccessWithALongName/AReadOnlyAccessWithALongName",
    );
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);
    let cases: &[Case<'_>] = &[
        (
            &[("DurationSeconds", "899")],
            "ValidationError",
            "greater than or equal to 900",
        ),
        (
            &[("DurationSeconds", "43201")],
            "ValidationError",
            "less than or equal to 43200",
        ),
        (
            &[("DurationSeconds", "3601")],
            "ValidationError",
            "exceeds the MaxSessionDuration set for this role.",
        ),
        (&[("DurationSeconds", "soon")], "MalformedInput", ""),
        (
            &[("RoleSessionName", "a")],
            "ValidationError",
            "'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2",
        ),
        (
            &[("RoleSessionName", "a b")],
            "ValidationError",
            r"Member must satisfy regular expression pattern: [\w+=,.@-]*",
        ),
        (
            &[("RoleSessionName", &long[..65])],
            "ValidationError",
            "less than or equal to 64",
        ),
        (
            &[("RoleArn", "arn:aws:iam::1:role/x")],
            "ValidationError",
            "Request ARN is invalid",
        ),
        (
            &[("RoleArn", "short")],
            "ValidationError",
            "greater than or equal to 20",
        ),
        (&[("Policy", "{")], "MalformedPolicyDocument", ""),
        (
            &[("Policy", r#"{"Statement":[{"Effect":"Allow"}]}"#)],
            "MalformedPolicyDocument",
            "",
        ),
        (
            &[("Policy", &long)],
            "ValidationError",
            "less than or equal to 2048",
        ),
        (
            &[policy, arn],
            "PackedPolicyTooLarge",
            "Packed policy consumes 1",
        ),
        (&arns, "ValidationError", "'policyArns'"),
        (
            &[("PolicyArns.member.1.arn", "arn:aws:iam::aws:role/x")],
            "ValidationError",
            "is invalid",
        ),
        (
            &[("WebIdentityToken", "abc")],
            "ValidationError",
            "'webIdentityToken'",
        ),
        (
            &[("WebIdentityToken", "abcdef")],
            "InvalidIdentityToken",
            "not a valid JWT",
        ),
        (
            &[("WebIdentityToken", "e30.e30.e30")],
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for ",
        ),
    ];
    for (more, code, why) in cases {
        let refused = ask(&token, "Developer", more).expect_err(why);
        assert_eq!(refused.code, *code, "{more:?}: {}", refused.message);
        assert!(refused.message.contains(why), "{}", refused.message);
    }
    // An ID token of the user pool is no token for STS.
    let provider = desk.seeded["provider_name"].as_str().expect("a text");
    let id_token = login[provider].as_str().expect("a text");
    let refused = ask(id_token, "Developer", &[]).expect_err("not trusted");
    assert_eq!(
        refused.message,
        format!("No OpenIDConnect provider found in your account for https://{provider}")
    );
    // Nor is one that was changed, or signed for something else.
    let (head, tail) = token.rsplit_once('.').expect("a signature");
    let turned: String = tail.chars().rev().collect();
    let refused = ask(&format!("{head}.{turned}"), "Developer", &[]).expect_err("forged");
    assert_eq!(refused.code, "InvalidIdentityToken");

    let small = r#"{ "Statement": { "Effect": "Deny", "Action": "s3:*", "Resource": "*" } }"#;
    let answer = ask(
        &token,
        "Long",
        &[("DurationSeconds", "43200"), ("Policy", small), arn],
    );
    let answer = answer.expect("keys");
    let packed: u32 = inside(&answer, "PackedPolicySize")
        .parse()
        .expect("a number");
    assert!((1..=100).contains(&packed), "{packed}");
    let calls = desk.sandbox.control("GET", "calls", &Value::Null).json();
    let last = calls["calls"]
        .as_array()
        .expect("a list")
        .last()
        .expect("a call")
        .clone();
    assert_eq!(last["operation"], "AssumeRoleWithWebIdentity");
    assert_eq!(last["policy"], small);
    assert_eq!(last["policy_arns"], json!([arn.1]));
    assert_eq!(last["duration_seconds"], 43200);
    assert_eq!(last["session_name"], "alice@laptop");
}
