//! IAM roles, and `AssumeRole` with what it refuses.

mod desk;
mod running;

use desk::{Desk, Keys, Refused, inside};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::000000000000:role/";
const SESSION: &str = "arn:aws:sts::000000000000:assumed-role/";

type Parameters<'a> = &'a [(&'a str, &'a str)];

fn iam(desk: &Desk, action: &str, parameters: Parameters<'_>) -> Result<String, Refused> {
    desk.form("iam", action, parameters, Some(&desk.admin_keys()))
}

/// `CreateRole`
fn role(desk: &Desk, name: &str, trust: &Value, more: Parameters<'_>) -> Result<String, Refused> {
    let trust = trust.to_string();
    let mut all = vec![("RoleName", name), ("AssumeRolePolicyDocument", &*trust)];
    all.extend(more);
    iam(desk, "CreateRole", &all)
}

/// A trust policy that lets a principal do it, under a condition.
fn trust(principal: &str, actions: &Value, condition: &Value) -> Value {
    let mut statement =
        json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": actions });
    if !condition.is_null() {
        statement["Condition"] = condition.clone();
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

fn everything() -> Value {
    json!(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
}

/// Somebody of the account may do everything.
fn open() -> Value {
    trust("000000000000", &everything(), &Value::Null)
}

fn assume(desk: &Desk, keys: &Keys, role: &str, more: Parameters<'_>) -> Result<String, Refused> {
    let role = format!("{ROLE}{role}");
    let mut all = more.to_vec();
    all.extend([("RoleArn", &*role), ("RoleSessionName", "me")]);
    desk.form("sts", "AssumeRole", &all, Some(keys))
}

fn chain(desk: &Desk, keys: &Keys, role: &str, more: Parameters<'_>) -> Keys {
    Keys::of_xml(&assume(desk, keys, role, more).expect(role))
}

fn code<T: std::fmt::Debug>(answer: Result<T, Refused>) -> String {
    answer.expect_err("refused").code
}

#[test]
fn a_role_is_as_it_was_made() {
    let desk = Desk::new(&json!({}));
    let made = role(
        &desk,
        "Made",
        &open(),
        &[("Path", "/team/"), ("MaxSessionDuration", "7200")],
    );
    let made = made.expect("a role");
    assert_eq!(inside(&made, "Arn"), format!("{ROLE}team/Made"));
    assert_eq!(inside(&made, "Path"), "/team/");
    assert_eq!(inside(&made, "MaxSessionDuration"), "7200");
    assert!(inside(&made, "RoleId").starts_with("AROA"));
    let told = iam(&desk, "GetRole", &[("RoleName", "Made")]).expect("a role");
    assert_eq!(inside(&told, "RoleId"), inside(&made, "RoleId"));
    assert!(inside(&told, "AssumeRolePolicyDocument").starts_with("%7B%22"));

    let keys = chain(&desk, &desk.admin_keys(), "team/Made", &[]);
    let (arn, id) = desk.who_is(&keys).expect("known");
    // The path is no part of a session's ARN.
    assert_eq!(arn, format!("{SESSION}Made/me"));
    assert_eq!(id, format!("{}:me", inside(&made, "RoleId")));
    assert_eq!(
        code(assume(&desk, &desk.admin_keys(), "Made", &[])),
        "AccessDenied"
    );

    for (parameters, refusal) in [
        (
            &[("RoleName", "Made"), ("AssumeRolePolicyDocument", "{}")][..],
            "MalformedPolicyDocument",
        ),
        (
            &[("RoleName", "a b"), ("AssumeRolePolicyDocument", "{}")],
            "ValidationError",
        ),
        (&[("AssumeRolePolicyDocument", "{}")], "ValidationError"),
        (&[("RoleName", "x")], "ValidationError"),
    ] {
        assert_eq!(
            code(iam(&desk, "CreateRole", parameters)),
            refusal,
            "{parameters:?}"
        );
    }
    assert_eq!(
        code(role(&desk, "Made", &open(), &[])),
        "EntityAlreadyExists"
    );
    for more in [
        ("MaxSessionDuration", "3599"),
        ("MaxSessionDuration", "43201"),
        ("Path", "team"),
    ] {
        assert_eq!(
            code(role(&desk, "Other", &open(), &[more])),
            "ValidationError"
        );
    }
    for action in ["GetRole", "DeleteRole", "UpdateRole"] {
        assert_eq!(
            code(iam(&desk, action, &[("RoleName", "None")])),
            "NoSuchEntity"
        );
    }
    assert_eq!(
        code(desk.form("iam", "GetRole", &[("RoleName", "Made")], Some(&keys))),
        "AccessDenied"
    );
    assert_eq!(
        code(desk.form("iam", "GetRole", &[("RoleName", "Made")], None)),
        "MissingAuthenticationToken"
    );
}

#[test]
fn a_role_that_is_made_again_is_another() {
    let desk = Desk::new(&json!({}));
    role(&desk, "Made", &open(), &[]).expect("a role");
    let keys = chain(&desk, &desk.admin_keys(), "Made", &[]);
    assert!(desk.who_is(&keys).is_ok());
    iam(&desk, "DeleteRole", &[("RoleName", "Made")]).expect("deleted");
    assert_eq!(code(desk.who_is(&keys)), "InvalidClientTokenId");
    assert_eq!(
        code(assume(&desk, &desk.admin_keys(), "Made", &[])),
        "AccessDenied"
    );
    role(&desk, "Made", &open(), &[]).expect("a role");
    assert_eq!(code(desk.who_is(&keys)), "InvalidClientTokenId");
    assert!(
        desk.who_is(&chain(&desk, &desk.admin_keys(), "Made", &[]))
            .is_ok()
    );
}

#[test]
fn whom_a_role_trusts() {
    let desk = Desk::new(&json!({}));
    let only =
        |principal: &str, condition: Value| trust(principal, &json!("sts:AssumeRole"), &condition);
    let first = format!("{ROLE}First");
    for (name, policy) in [
        ("First", open()),
        ("ForFirst", only(&first, Value::Null)),
        (
            "ForSession",
            only(&format!("{SESSION}First/me"), Value::Null),
        ),
        ("ForStrangers", only("111111111111", Value::Null)),
        (
            "WithId",
            only(
                "000000000000",
                json!({ "StringEquals": { "sts:ExternalId": "a:b/1" } }),
            ),
        ),
        (
            "Named",
            only(
                "000000000000",
                json!({ "StringLike": { "sts:RoleSessionName": "m?" } }),
            ),
        ),
        (
            "ByRole",
            only("*", json!({ "ArnEquals": { "aws:PrincipalArn": first } })),
        ),
    ] {
        role(&desk, name, &policy, &[]).expect(name);
    }
    let admin = desk.admin_keys();
    let keys = chain(&desk, &admin, "First", &[]);
    for (from, role, more, passes) in [
        (&admin, "ForFirst", &[][..], false),
        (&keys, "ForFirst", &[], true),
        (&admin, "ForSession", &[], false),
        (&keys, "ForSession", &[], true),
        (&keys, "ForStrangers", &[], false),
        (&keys, "WithId", &[], false),
        (&keys, "WithId", &[("ExternalId", "a:b/2")], false),
        (&keys, "WithId", &[("ExternalId", "a:b/1")], true),
        (&keys, "Named", &[], true),
        (&keys, "Named", &[("RoleSessionName", "you")], false),
        (&keys, "ByRole", &[], true),
        (&admin, "ByRole", &[], false),
        (&keys, "Nobodys", &[], false),
    ] {
        let told = assume(&desk, from, role, more);
        assert_eq!(told.is_ok(), passes, "{role} {more:?}");
        let Err(refused) = told else { continue };
        assert_eq!(refused.code, "AccessDenied");
        let me = if from.token.is_some() {
            format!("{SESSION}First/me")
        } else {
            "arn:aws:iam::000000000000:user/sandbox".to_owned()
        };
        assert_eq!(
            refused.message,
            format!(
                "User: {me} is not authorized to perform: sts:AssumeRole on resource: {ROLE}{role}"
            )
        );
    }
    // Trust is asked when a session begins, and not afterwards.
    let inner = chain(&desk, &keys, "ForFirst", &[]);
    let closed = only("111111111111", Value::Null).to_string();
    let update = [("RoleName", "ForFirst"), ("PolicyDocument", &*closed)];
    iam(&desk, "UpdateAssumeRolePolicy", &update).expect("updated");
    assert_eq!(code(assume(&desk, &keys, "ForFirst", &[])), "AccessDenied");
    assert_eq!(
        desk.who_is(&inner).expect("known").0,
        format!("{SESSION}ForFirst/me")
    );
}

#[test]
fn how_long_a_session_lasts() {
    let mut desk = Desk::new(&json!({}));
    role(&desk, "Long", &open(), &[("MaxSessionDuration", "43200")]).expect("a role");
    role(&desk, "Short", &open(), &[]).expect("a role");
    let admin = desk.admin_keys();
    let keys = chain(&desk, &admin, "Long", &[("DurationSeconds", "43200")]);
    let most = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    let chained = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
    for (from, role, seconds, why) in [
        (&admin, "Long", "899", "greater than or equal to 900"),
        (&admin, "Long", "43201", "less than or equal to 43200"),
        (&admin, "Short", "3601", most),
        (&keys, "Long", "3601", chained),
        (&keys, "Short", "3601", most),
        (&keys, "Long", "43201", "less than or equal to 43200"),
    ] {
        let refused = assume(&desk, from, role, &[("DurationSeconds", seconds)]).expect_err(why);
        assert_eq!(refused.code, "ValidationError");
        assert!(refused.message.contains(why), "{}", refused.message);
    }
    for odd in ["", "1.5", "soon", "99999999999"] {
        let refused = assume(&desk, &admin, "Long", &[("DurationSeconds", odd)]);
        assert_eq!(code(refused), "MalformedInput", "{odd}");
    }
    let update = [("RoleName", "Short"), ("MaxSessionDuration", "7200")];
    iam(&desk, "UpdateRole", &update).expect("updated");
    let short = chain(&desk, &admin, "Short", &[("DurationSeconds", "7200")]);
    let inner = chain(&desk, &keys, "Long", &[("DurationSeconds", "3600")]);
    let least = chain(&desk, &keys, "Long", &[("DurationSeconds", "900")]);
    let usual = chain(&desk, &keys, "Long", &[]);
    let lives = |desk: &Desk, keys: &Keys| match desk.who_is(keys) {
        Ok(_) => true,
        Err(refused) => {
            assert_eq!(refused.code, "ExpiredToken");
            false
        }
    };
    for (wait, alive) in [
        (899, [true, true, true, true, true]),
        (2, [true, true, true, false, true]),
        (2700, [true, true, false, false, false]),
        (3600, [true, false, false, false, false]),
        (36_000, [false; 5]),
    ] {
        desk.wait(wait);
        let told = [&keys, &short, &inner, &least, &usual].map(|keys| lives(&desk, keys));
        assert_eq!(told, alive, "after {wait} more");
    }
    let late = assume(&desk, &keys, "Long", &[]).expect_err("too late");
    assert_eq!(late.code, "ExpiredToken");
}

#[test]
fn lifetimes_of_each_way() {
    let mut desk = Desk::new(&json!({}));
    role(&desk, "Made", &open(), &[]).expect("a role");
    let lifetimes = json!({ "assume_role_seconds": 5 });
    desk.sandbox.control("POST", "lifetimes", &lifetimes);
    let admin = desk.admin_keys();
    let answer = assume(&desk, &admin, "Made", &[("DurationSeconds", "900")]).expect("keys");
    let keys = Keys::of_xml(&answer);
    assert!(desk.who_is(&keys).is_ok());
    desk.wait(6);
    assert_eq!(code(desk.who_is(&keys)), "ExpiredToken");
}

#[test]
fn external_ids_and_names_have_a_form() {
    let desk = Desk::new(&json!({}));
    role(&desk, "Made", &open(), &[]).expect("a role");
    let admin = desk.admin_keys();
    let long = "x".repeat(1225);
    for (name, value, why) in [
        (
            "ExternalId",
            "x",
            "Member must have length greater than or equal to 2",
        ),
        (
            "ExternalId",
            "a b",
            r"Member must satisfy regular expression pattern: [\w+=,.@:\/-]*",
        ),
        (
            "ExternalId",
            &long,
            "Member must have length less than or equal to 1224",
        ),
        (
            "RoleSessionName",
            "m",
            "Member must have length greater than or equal to 2",
        ),
        (
            "RoleSessionName",
            "me/you",
            "Member must satisfy regular expression pattern",
        ),
        (
            "RoleSessionName",
            &long[..65],
            "Member must have length less than or equal to 64",
        ),
        (
            "SourceIdentity",
            "x",
            "Member must have length greater than or equal to 2",
        ),
        (
            "RoleArn",
            "arn:aws:iam::000000000000:user/sandbox",
            "is invalid",
        ),
        ("RoleArn", "arn:aws:iam::000000000000:role/", "is invalid"),
        ("RoleArn", "x", "greater than or equal to 20"),
    ] {
        let refused = assume(&desk, &admin, "Made", &[(name, value)]).expect_err(why);
        assert_eq!(refused.code, "ValidationError", "{name} {value}");
        assert!(refused.message.contains(why), "{}", refused.message);
    }
    let good = [
        ("ExternalId", "azAZ09_+=,.@:/-"),
        ("RoleSessionName", "azAZ09_+=,.@-"),
    ];
    let answer = assume(&desk, &admin, "Made", &good).expect("keys");
    assert_eq!(
        inside(&answer, "Arn"),
        format!("{SESSION}Made/azAZ09_+=,.@-")
    );
    assert_eq!(inside(&answer, "PackedPolicySize"), "");
    let calls = desk.sandbox.control("GET", "calls", &Value::Null).json();
    let last = calls["calls"]
        .as_array()
        .expect("a list")
        .last()
        .expect("a call")
        .clone();
    assert_eq!(last["external_id"], "azAZ09_+=,.@:/-");
    assert_eq!(last["role_arn"], format!("{ROLE}Made"));

    let code_of = [
        ("SerialNumber", "arn:aws:iam::000000000000:mfa/x"),
        ("TokenCode", "123456"),
    ];
    let refused = assume(&desk, &admin, "Made", &code_of).expect_err("no such device");
    assert_eq!(refused.code, "AccessDenied");
    assert!(
        refused
            .message
            .starts_with("MultiFactorAuthentication failed")
    );
    let unsigned = desk.form("sts", "AssumeRole", &[("RoleArn", "x")], None);
    assert_eq!(code(unsigned), "MissingAuthenticationToken");
    let mut forged = admin;
    forged.secret.push('x');
    assert_eq!(
        code(assume(&desk, &forged, "Made", &[])),
        "SignatureDoesNotMatch"
    );
}

#[test]
fn session_tags() {
    let desk = Desk::new(&json!({}));
    let tagged = json!({ "StringEquals": { "aws:RequestTag/team": "blue" } });
    for (name, policy) in [
        ("Open", open()),
        (
            "Plain",
            trust("000000000000", &json!("sts:AssumeRole"), &Value::Null),
        ),
        ("Blue", trust("000000000000", &everything(), &tagged)),
        (
            "OfBlue",
            trust(
                "000000000000",
                &everything(),
                &json!({ "StringEquals": { "aws:PrincipalTag/team": "blue" } }),
            ),
        ),
    ] {
        role(&desk, name, &policy, &[]).expect(name);
    }
    let admin = desk.admin_keys();
    let blue = [
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "blue"),
    ];
    let two = [
        blue[0],
        blue[1],
        ("Tags.member.2.Key", "Cost"),
        ("Tags.member.2.Value", "9"),
    ];
    let onward = [
        two[0],
        two[1],
        two[2],
        two[3],
        ("TransitiveTagKeys.member.1", "team"),
    ];

    let refused = assume(&desk, &admin, "Plain", &blue).expect_err("no tags");
    assert_eq!(
        refused.message,
        format!(
            "User: arn:aws:iam::000000000000:user/sandbox is not authorized to perform: sts:TagSession on resource: {ROLE}Plain"
        )
    );
    assert_eq!(code(assume(&desk, &admin, "Blue", &[])), "AccessDenied");
    let answer = assume(&desk, &admin, "Blue", &blue).expect("keys");
    assert_ne!(inside(&answer, "PackedPolicySize"), "");
    let keys = Keys::of_xml(&answer);
    assert!(assume(&desk, &keys, "OfBlue", &[]).is_ok());
    assert_eq!(code(assume(&desk, &admin, "OfBlue", &blue)), "AccessDenied");

    // What is transitive goes on, and cannot be changed; the rest stays behind.
    let keys = chain(&desk, &admin, "Open", &onward);
    assert!(assume(&desk, &keys, "Blue", &[]).is_ok());
    assert_eq!(code(assume(&desk, &keys, "Plain", &[])), "AccessDenied");
    let next = chain(&desk, &keys, "Open", &[]);
    assert!(assume(&desk, &next, "Blue", &[]).is_ok());
    let calls = desk.sandbox.control("GET", "calls", &Value::Null).json();
    let last = calls["calls"]
        .as_array()
        .expect("a list")
        .last()
        .expect("a call")
        .clone();
    assert_eq!(last["tags"], json!({ "team": "blue" }));

    for (from, more, why) in [
        (
            &keys,
            &[
                ("Tags.member.1.Key", "TEAM"),
                ("Tags.member.1.Value", "red"),
            ][..],
            "conflicts with a transitive tag key from the calling session.",
        ),
        (
            &admin,
            &[
                blue[0],
                blue[1],
                ("Tags.member.2.Key", "Team"),
                ("Tags.member.2.Value", "x"),
            ],
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
        (
            &admin,
            &[blue[0], blue[1], ("TransitiveTagKeys.member.1", "other")],
            "The specified transitive tag key must be included in the requested tags.",
        ),
    ] {
        let refused = assume(&desk, from, "Open", more).expect_err(why);
        assert_eq!(refused.code, "InvalidParameterValue");
        assert!(refused.message.ends_with(why), "{}", refused.message);
    }
    let (key, value) = ("k".repeat(129), "v".repeat(257));
    for pair in [(&*key, "x"), ("x", &*value), ("", "x")] {
        let more = [
            ("Tags.member.1.Key", pair.0),
            ("Tags.member.1.Value", pair.1),
        ];
        assert_eq!(
            code(assume(&desk, &admin, "Open", &more)),
            "ValidationError"
        );
    }
    let names: Vec<(String, String)> = (1..=51)
        .map(|number| (format!("Tags.member.{number}.Key"), format!("k{number}")))
        .collect();
    let many: Vec<_> = names.iter().map(|(name, key)| (&**name, &**key)).collect();
    assert!(assume(&desk, &admin, "Open", &many[..50]).is_ok());
    assert_eq!(
        code(assume(&desk, &admin, "Open", &many)),
        "ValidationError"
    );
}

#[test]
fn a_source_identity_stays() {
    let desk = Desk::new(&json!({}));
    let ada = json!({ "StringEquals": { "sts:SourceIdentity": "ada" } });
    role(&desk, "Open", &open(), &[]).expect("a role");
    role(
        &desk,
        "Ada",
        &trust("000000000000", &everything(), &ada),
        &[],
    )
    .expect("a role");
    let plain = trust("000000000000", &json!("sts:AssumeRole"), &Value::Null);
    role(&desk, "Plain", &plain, &[]).expect("a role");
    let admin = desk.admin_keys();
    let asked = [("SourceIdentity", "ada")];
    let answer = assume(&desk, &admin, "Open", &asked).expect("keys");
    assert_eq!(inside(&answer, "SourceIdentity"), "ada");
    let keys = Keys::of_xml(&answer);
    let answer = assume(&desk, &keys, "Ada", &[]).expect("keys");
    assert_eq!(inside(&answer, "SourceIdentity"), "ada");
    assert!(assume(&desk, &keys, "Ada", &asked).is_ok());
    let refused = assume(&desk, &keys, "Ada", &[("SourceIdentity", "bob")]).expect_err("set");
    assert_eq!(
        refused.message,
        "The source identity is already set for this assume role session"
    );
    assert_eq!(code(assume(&desk, &admin, "Ada", &[])), "AccessDenied");
    let refused = assume(&desk, &keys, "Plain", &[]).expect_err("not allowed");
    assert!(
        refused.message.contains("sts:SetSourceIdentity"),
        "{}",
        refused.message
    );
}

#[test]
fn from_an_identity_pool_through_two_roles() {
    let desk = Desk::new(&json!({ "roles": [
        { "arn": "arn:aws:iam::ACCOUNT:role/First", "trust": { "Statement": [{
            "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::ACCOUNT:role/Developer" },
            "Action": "sts:AssumeRole" }] } },
        { "arn": "arn:aws:iam::111111111111:role/Second", "trust": { "Statement": [{
            "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::ACCOUNT:role/First" },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": "partner" } } }] } },
    ] }));
    assert_eq!(
        desk.seeded["role_arns"][1],
        "arn:aws:iam::111111111111:role/Second"
    );
    let text = |name: &str| desk.seeded[name].as_str().expect("a text");
    let signed_in = desk
        .sign_in(text("username"), text("password"))
        .expect("signed in");
    let logins = json!({ text("provider_name"): signed_in["AuthenticationResult"]["IdToken"] });
    let request = json!({ "IdentityPoolId": text("identity_pool_id"), "Logins": logins });
    let id = desk.identities("GetId", &request).expect("an identity")["IdentityId"].clone();
    let request = json!({ "IdentityId": id, "Logins": logins });
    let answer = desk
        .identities("GetCredentialsForIdentity", &request)
        .expect("keys");
    let keys = Keys::of_json(&answer);
    let (arn, user) = desk.who_is(&keys).expect("known");
    assert_eq!(
        arn,
        format!("{SESSION}Developer/CognitoIdentityCredentials")
    );
    assert!(user.ends_with(":CognitoIdentityCredentials"), "{user}");

    let keys = chain(&desk, &keys, "First", &[]);
    let second = [
        ("RoleArn", "arn:aws:iam::111111111111:role/Second"),
        ("RoleSessionName", "me"),
        ("ExternalId", "partner"),
    ];
    let answer = desk
        .form("sts", "AssumeRole", &second, Some(&keys))
        .expect("keys");
    let (arn, _) = desk.who_is(&Keys::of_xml(&answer)).expect("known");
    assert_eq!(arn, "arn:aws:sts::111111111111:assumed-role/Second/me");
}

#[test]
fn seeds_of_roles_that_cannot_be() {
    let desk = Desk::new(&json!({}));
    for (seed, why) in [
        (
            json!({ "roles": [{ "arn": "nonsense" }] }),
            "nonsense is not the ARN of a role",
        ),
        (
            json!({ "roles": [{ "arn": "arn:aws:iam::ACCOUNT:role/x", "max_session_seconds": 60 }] }),
            "3600 to 43200",
        ),
        (
            json!({ "roles": [{ "arn": "arn:aws:iam::ACCOUNT:role/x", "trust": "anybody" }] }),
            "Syntax errors in policy",
        ),
        (
            json!({ "roles": [{ "arn": "arn:aws:iam::ACCOUNT:role/x", "trust": { "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "sts:*", "Condition": { "DateLessThan": { "aws:CurrentTime": "x" } } }] } }] }),
            "DateLessThan",
        ),
        (
            json!({ "identity_pool": false, "roles": [{ "arn": "arn:aws:iam::ACCOUNT:role/x", "trust": "signed_in" }] }),
            "the seed makes none",
        ),
        (
            json!({ "identity_pool": { "oidc_providers": [{ "issuer": "http://10.0.0.1/" }] } }),
            "Invalid Open ID Connect Provider URL",
        ),
        (
            json!({ "identity_pool": { "oidc_providers": [{ "issuer": "https://x.example", "keys": {} }] } }),
            "keys",
        ),
        (
            json!({ "identity_pool": { "rules": [{ "claim": "email", "match": "Is", "value": "x", "role_arn": "arn:aws:iam::000000000000:role/x" }] } }),
            "enum value set",
        ),
    ] {
        let answer = desk.sandbox.control("POST", "seed", &seed);
        assert_eq!(answer.status(), 400, "{seed}: {}", answer.body);
        assert!(answer.body.contains(why), "{}", answer.body);
    }
}
