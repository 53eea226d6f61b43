use serde_json::{Value, json};

use super::*;

const POOL: &str = "us-east-1:pool";
const COGNITO: &str = "cognito-identity.amazonaws.com";

fn cognito(condition: &Value) -> Trust {
    trust(&json!({
        "Effect": "Allow",
        "Principal": { "Federated": COGNITO },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }))
}

fn trust(statement: &Value) -> Trust {
    let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
    Trust::read(&document.to_string()).expect("a trust policy")
}

fn context(pairs: &[(&str, &[&str])]) -> Context {
    pairs
        .iter()
        .map(|(key, values)| {
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            (key.to_lowercase(), values)
        })
        .collect()
}

fn passes(trust: &Trust, context: &Context) -> bool {
    trust.allows(
        "sts:AssumeRoleWithWebIdentity",
        &Asker::Federated(COGNITO),
        context,
    )
}

#[test]
fn cognitos_own_example() {
    let trust = cognito(&json!({
        "StringEquals": { "cognito-identity.amazonaws.com:aud": POOL },
        "ForAnyValue:StringLike": { "cognito-identity.amazonaws.com:amr": "authenticated" },
    }));
    let told = |aud: &str, amr: &[&str]| {
        context(&[
            ("cognito-identity.amazonaws.com:aud", &[aud]),
            ("cognito-identity.amazonaws.com:amr", amr),
        ])
    };
    let right = told(POOL, &["authenticated", "accounts.google.com"]);
    assert!(passes(&trust, &right));
    assert!(!passes(&trust, &told(POOL, &["unauthenticated"])));
    assert!(!passes(
        &trust,
        &told("us-east-1:other", &["authenticated"])
    ));
    assert!(!passes(&trust, &Context::new()));
    for (action, asker) in [
        ("sts:AssumeRole", Asker::Federated(COGNITO)),
        (
            "sts:AssumeRoleWithWebIdentity",
            Asker::Federated("cognito-idp.amazonaws.com"),
        ),
        (
            "sts:AssumeRoleWithWebIdentity",
            Asker::Caller {
                account: "1",
                arns: vec![COGNITO.into()],
            },
        ),
    ] {
        assert!(!trust.allows(action, &asker, &right), "{action}");
    }
}

/// Each operator with what the key holds, and whether it holds then.
#[test]
fn conditions() {
    const KEY: &str = "sts:ExternalId";
    type Case<'a> = (&'a str, Value, Option<&'a [&'a str]>, bool);
    let cases: &[Case<'_>] = &[
        ("StringEquals", json!("a"), Some(&["a"]), true),
        ("StringEquals", json!("a"), Some(&["A"]), false),
        ("StringEquals", json!("a*"), Some(&["ab"]), false),
        ("StringEquals", json!(["a", "b"]), Some(&["b"]), true),
        ("StringEquals", json!("a"), None, false),
        ("StringEqualsIfExists", json!("a"), None, true),
        ("StringEqualsIfExists", json!("a"), Some(&["b"]), false),
        ("StringNotEquals", json!("a"), Some(&["b"]), true),
        ("StringNotEquals", json!(["a", "b"]), Some(&["b"]), false),
        ("StringNotEquals", json!("a"), None, true),
        ("StringEqualsIgnoreCase", json!("a"), Some(&["A"]), true),
        ("StringNotEqualsIgnoreCase", json!("a"), Some(&["A"]), false),
        ("StringLike", json!("a?c*"), Some(&["abcdef"]), true),
        ("StringLike", json!("a?c"), Some(&["ac"]), false),
        ("StringNotLike", json!("a*"), Some(&["ab"]), false),
        (
            "ArnLike",
            json!("arn:aws:iam::*:role/x"),
            Some(&["arn:aws:iam::1:role/x"]),
            true,
        ),
        (
            "ArnNotLike",
            json!("arn:aws:iam::*:role/x"),
            Some(&["arn:aws:iam::1:role/x"]),
            false,
        ),
        ("Bool", json!(true), Some(&["true"]), true),
        ("Bool", json!("true"), Some(&["false"]), false),
        ("Null", json!("true"), None, true),
        ("Null", json!("true"), Some(&["a"]), false),
        ("Null", json!(false), Some(&["a"]), true),
        (
            "ForAnyValue:StringEquals",
            json!("a"),
            Some(&["b", "a"]),
            true,
        ),
        ("ForAnyValue:StringEquals", json!("a"), None, false),
        (
            "ForAllValues:StringEquals",
            json!(["a", "b"]),
            Some(&["b", "a"]),
            true,
        ),
        (
            "ForAllValues:StringEquals",
            json!("a"),
            Some(&["b", "a"]),
            false,
        ),
        ("ForAllValues:StringEquals", json!("a"), None, true),
    ];
    for (operator, wanted, given, outcome) in cases {
        let trust = cognito(&json!({ *operator: { KEY: wanted } }));
        let given: Vec<_> = given.iter().map(|values| (KEY, *values)).collect();
        let told = passes(&trust, &context(&given));
        assert_eq!(told, *outcome, "{operator} {wanted} {given:?}");
    }
    let two = cognito(&json!({ "StringEquals": { KEY: "a", "sts:RoleSessionName": "me" } }));
    assert!(passes(
        &two,
        &context(&[(KEY, &["a"]), ("STS:rolesessionname", &["me"])])
    ));
    assert!(!passes(&two, &context(&[(KEY, &["a"])])));
}

#[test]
fn callers() {
    let role = "arn:aws:iam::111111111111:role/path/Reader";
    let session = "arn:aws:sts::111111111111:assumed-role/Reader/me";
    let asker = Asker::Caller {
        account: "111111111111",
        arns: vec![role.into(), session.into()],
    };
    for (principal, outcome) in [
        (json!({ "AWS": "111111111111" }), true),
        (json!({ "AWS": "arn:aws:iam::111111111111:root" }), true),
        (
            json!({ "AWS": ["arn:aws:iam::222222222222:root", role] }),
            true,
        ),
        (json!({ "AWS": session }), true),
        (json!({ "AWS": "*" }), true),
        (json!("*"), true),
        (json!({ "AWS": "222222222222" }), false),
        (json!({ "AWS": "arn:aws:iam::222222222222:root" }), false),
        (
            json!({ "AWS": "arn:aws:iam::111111111111:role/Reader" }),
            false,
        ),
        (
            json!({ "AWS": "arn:aws:sts::111111111111:assumed-role/Reader/you" }),
            false,
        ),
        (json!({ "Federated": role }), false),
        (json!({ "Service": "lambda.amazonaws.com" }), false),
    ] {
        let trust = trust(&json!({ "Effect": "Allow", "Principal": principal, "Action": "sts:*" }));
        let told = trust.allows("sts:AssumeRole", &asker, &Context::new());
        assert_eq!(told, outcome, "{principal}");
    }
}

#[test]
fn a_deny_wins() {
    let document = json!({ "Statement": [
        { "Effect": "Allow", "Principal": "*", "Action": ["sts:AssumeRole", "sts:TagSession"] },
        { "Effect": "Deny", "Principal": "*", "Action": "sts:assumerole",
          "Condition": { "StringEquals": { "sts:RoleSessionName": "intruder" } } },
    ] });
    let trust = Trust::read(&document.to_string()).expect("a trust policy");
    let asker = Asker::Caller {
        account: "1",
        arns: Vec::new(),
    };
    let named = |name: &str| context(&[("sts:RoleSessionName", &[name])]);
    assert!(trust.allows("sts:AssumeRole", &asker, &named("guest")));
    assert!(!trust.allows("sts:AssumeRole", &asker, &named("intruder")));
    assert!(trust.allows("sts:TagSession", &asker, &named("intruder")));
    assert!(!trust.allows("sts:SetSourceIdentity", &asker, &named("guest")));
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let right = json!({
        "Effect": "Allow", "Principal": { "AWS": "111111111111" }, "Action": "sts:AssumeRole",
    });
    for (member, value, why) in [
        ("Effect", json!("Maybe"), "Syntax errors"),
        ("Principal", json!({}), "Invalid principal"),
        (
            "Principal",
            json!({ "AWS": "somebody" }),
            "Invalid principal",
        ),
        (
            "Principal",
            json!({ "AWS": "arn:aws:iam::111111111111:role/*" }),
            "Invalid principal",
        ),
        (
            "Principal",
            json!({ "Everybody": "x" }),
            "Invalid principal",
        ),
        (
            "Principal",
            json!("arn:aws:iam::111111111111:root"),
            "Invalid principal",
        ),
        ("Action", json!("s3:GetObject"), "s3:GetObject"),
        ("Action", json!([]), "Syntax errors"),
        ("Resource", json!("*"), "Has prohibited field Resource"),
        ("NotPrincipal", json!({ "AWS": "*" }), "NotPrincipal"),
        ("NotAction", json!("sts:*"), "NotAction"),
        (
            "Condition",
            json!({ "NumericLessThan": { "x": "1" } }),
            "NumericLessThan",
        ),
        (
            "Condition",
            json!({ "ForSome:StringLike": { "x": "1" } }),
            "ForSome",
        ),
        (
            "Condition",
            json!({ "StringLike": { "x": "${aws:username}" } }),
            "policy variables",
        ),
        ("Condition", json!({ "StringLike": "x" }), "Syntax errors"),
    ] {
        let mut statement = right.clone();
        statement[member] = value;
        let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
        let refused = Trust::read(&document.to_string()).expect_err(why);
        assert_eq!(refused.code, "MalformedPolicyDocument");
        assert!(refused.message.contains(why), "{why}: {}", refused.message);
    }
    for (document, why) in [
        ("{", "invalid Json"),
        ("[]", "Syntax errors"),
        (r#"{"Statement":[]}"#, "Syntax errors"),
        (
            r#"{"Version":"2024-01-01","Statement":[{}]}"#,
            "Syntax errors",
        ),
        (
            r#"{"Statement":[{"Effect":"Allow","Action":"sts:*"}]}"#,
            "Principal",
        ),
        (
            r#"{"Statement":[{"Effect":"Allow","Principal":"*"}]}"#,
            "Action",
        ),
    ] {
        let refused = Trust::read(document).expect_err(why);
        assert!(refused.message.contains(why), "{}", refused.message);
    }
}

#[test]
fn patterns() {
    for (pattern, text, outcome) in [
        ("", "", true),
        ("*", "", true),
        ("a*b*c", "aXbYbZc", true),
        ("a*b", "aXbY", false),
        ("*a", "aba", true),
        ("?", "", false),
        ("repo:o/*:ref", "repo:o/r:ref", true),
    ] {
        assert_eq!(like(pattern, text), outcome, "{pattern} {text}");
    }
}
