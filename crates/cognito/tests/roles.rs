//! Guests, the classic flow, chains of roles and who keys are, against a scripted server.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use poolkey_core::config::{KeySource, PoolFlow, ProfileSpec, RoleSession, RoleSource};
use poolkey_core::fault::{Fault, FaultKind, Life};
use poolkey_core::secret::Secret;
use poolkey_core::session::{Keys, Proof, User};
use serde_json::{Value, json};
use support::specs::{self, by, source};
use support::*;

const ROLE: &str = "arn:aws:iam::123456789012:role/deploy";

fn user() -> User {
    User {
        sub: "s".into(),
        username: "ada l".into(),
        email: None,
    }
}

fn keys() -> Keys {
    Keys {
        access_key_id: Secret::new("ASIASOURCE"),
        secret_access_key: Secret::new("the-source-secret"),
        session_token: Secret::new("the-source-session-token"),
        life: Life {
            length: Duration::from_secs(3600),
            server: None,
        },
    }
}

fn classic(server: &Server, session: RoleSession) -> ProfileSpec {
    let mut spec = server.profile(None);
    source(&mut spec).flow = PoolFlow::Classic {
        role_arn: ROLE.into(),
        session,
    };
    spec
}

fn chained(server: &Server) -> ProfileSpec {
    let sts = server.profile(None).sts;
    ProfileSpec {
        source: KeySource::Role(RoleSource {
            source_profile: "dev".parse().unwrap(),
            role_arn: ROLE.into(),
            session: RoleSession::default(),
            external_id: None,
            tags: BTreeMap::new(),
            transitive_tags: Vec::new(),
        }),
        sts,
        signin_endpoint: None,
    }
}

fn xml(status: u16, body: &str) -> Act {
    reply(status, &[("Date", DATE)], body)
}

fn given(operation: &str) -> Act {
    let end = "2026-01-05T04:18:09Z";
    xml(
        200,
        &format!(
            "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <{operation}Result><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>\
             <SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken>\
             <Expiration>{end}</Expiration></Credentials></{operation}Result></{operation}Response>"
        ),
    )
}

fn refused(status: u16, code: &str, message: &str) -> Act {
    let message = message.replace('<', "&lt;");
    xml(
        status,
        &format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
             <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>r</RequestId></ErrorResponse>"
        ),
    )
}

fn credentials() -> Act {
    ok(&json!({"IdentityId": "us-east-1:guest", "Credentials": {
        "AccessKeyId": "ASIAEXAMPLE", "SecretKey": "s", "SessionToken": "t",
        "Expiration": SERVER.secs() + 3600,
    }}))
}

fn open_id_token() -> Act {
    ok(&json!({"IdentityId": "us-east-1:i", "Token": "the-open-id-token"}))
}

#[tokio::test]
async fn a_guest_shows_nothing() {
    let server =
        Server::start([ok(&json!({"IdentityId": "us-east-1:guest"})), credentials()]).await;
    let fetched = cognito()
        .fetch(&server.profile(None), &Proof::Guest, None, None)
        .await
        .unwrap();
    assert_eq!(fetched.identity.as_deref(), Some("us-east-1:guest"));
    assert_eq!(
        server.seen(),
        [
            ("GetId".to_owned(), json!({"IdentityPoolId": IDENTITY_POOL})),
            (
                "GetCredentialsForIdentity".to_owned(),
                json!({"IdentityId": "us-east-1:guest"})
            ),
        ]
    );
}

#[tokio::test]
async fn the_classic_flow_goes_by_an_unsigned_call_of_sts() {
    let server = Server::start([open_id_token(), given("AssumeRoleWithWebIdentity")]).await;
    let spec = classic(&server, RoleSession::default());
    let id = by(&Secret::new(id_token()));
    let fetched = cognito()
        .fetch(&spec, &id, Some("us-east-1:i"), Some(&user()))
        .await
        .unwrap();
    assert_eq!(fetched.identity.as_deref(), Some("us-east-1:i"));
    assert_eq!(fetched.keys.access_key_id, Secret::new("ASIAROLE"));
    assert_eq!(fetched.keys.secret_access_key, Secret::new("role-secret"));
    assert_eq!(fetched.keys.session_token, Secret::new("role-token"));
    assert_eq!(
        fetched.keys.life,
        Life {
            length: Duration::from_secs(1800),
            server: Some(SERVER)
        },
        "by the server's clock"
    );
    let seen = server.seen();
    assert_eq!(seen[0].0, "GetOpenIdToken");
    assert_eq!(seen[0].1["IdentityId"], "us-east-1:i");
    assert!(seen[0].1["Logins"].is_object());
    assert_eq!(
        seen[1],
        (
            "AssumeRoleWithWebIdentity".to_owned(),
            json!({
                "RoleArn": ROLE, "RoleSessionName": "ada-l",
                "WebIdentityToken": "the-open-id-token",
            })
        )
    );
}

#[tokio::test]
async fn all_that_a_session_may_have_is_sent() {
    let session = || RoleSession {
        name: Some("nightly".into()),
        duration: Some(Duration::from_secs(12 * 3600)),
        policy: Some("{\"Statement\":[]}".into()),
        policy_arns: vec![
            "arn:aws:iam::aws:policy/A".into(),
            "arn:aws:iam::aws:policy/B".into(),
        ],
    };
    let server = Server::start([
        open_id_token(),
        given("AssumeRoleWithWebIdentity"),
        given("AssumeRole"),
    ])
    .await;
    let cognito = cognito();
    let spec = classic(&server, session());
    cognito
        .fetch(&spec, &Proof::Guest, Some("us-east-1:i"), None)
        .await
        .unwrap();
    let mut spec = chained(&server);
    let role = specs::role(&mut spec);
    role.session = session();
    role.session.duration = Some(Duration::from_secs(900));
    role.external_id = Some("acme-7".into());
    role.tags = BTreeMap::from([("team".into(), "x".into()), ("cost".into(), "42".into())]);
    role.transitive_tags = vec!["team".into()];
    let fetched = cognito
        .fetch(&spec, &Proof::Keys(keys()), None, Some(&user()))
        .await
        .unwrap();
    assert_eq!(fetched.identity, None);

    let seen = server.seen();
    let shared = |duration: &str| {
        json!({
            "RoleArn": ROLE, "RoleSessionName": "nightly", "DurationSeconds": duration,
            "Policy": "{\"Statement\":[]}",
            "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/A",
            "PolicyArns.member.2.arn": "arn:aws:iam::aws:policy/B",
        })
    };
    let with = |base: Value, more: Value| {
        let (Value::Object(mut base), Value::Object(more)) = (base, more) else {
            panic!("objects");
        };
        base.extend(more);
        Value::Object(base)
    };
    assert_eq!(
        seen[1].1,
        with(
            shared("43200"),
            json!({"WebIdentityToken": "the-open-id-token"})
        )
    );
    let mut role = seen[2].1.clone();
    for header in ["Authorization", "x-amz-date", "x-amz-security-token"] {
        role.as_object_mut().unwrap().remove(header);
    }
    assert_eq!(
        role,
        with(
            shared("900"),
            json!({
                "ExternalId": "acme-7",
                "Tags.member.1.Key": "cost", "Tags.member.1.Value": "42",
                "Tags.member.2.Key": "team", "Tags.member.2.Value": "x",
                "TransitiveTagKeys.member.1": "team",
            })
        )
    );
}

/// Its clock is AWS's, however wrong the local one is.
#[tokio::test]
async fn a_chain_is_signed_with_the_keys_that_were_given_and_no_others() {
    let server = Server::start([credentials(), given("AssumeRole"), given("AssumeRole")]).await;
    let cognito = cognito();
    let spec = chained(&server);
    cognito
        .fetch(&server.profile(None), &Proof::Guest, Some("i"), None)
        .await
        .unwrap();
    cognito
        .fetch(&spec, &Proof::Keys(keys()), None, None)
        .await
        .unwrap();
    let mut others = keys();
    others.access_key_id = Secret::new("ASIAOTHER");
    cognito
        .fetch(&spec, &Proof::Keys(others), None, None)
        .await
        .unwrap();
    let seen = server.seen();
    let signed = |n: usize| seen[n].1["Authorization"].as_str().unwrap();
    assert_eq!(seen[0].1["Authorization"], Value::Null);
    assert!(
        signed(1).contains("Credential=ASIASOURCE/20260105/us-east-1/sts/"),
        "{}",
        signed(1)
    );
    assert!(signed(2).contains("Credential=ASIAOTHER/"), "{}", signed(2));
    assert_eq!(
        seen[1].1["x-amz-security-token"],
        "the-source-session-token"
    );
    assert_eq!(seen[1].1["x-amz-date"], "20260105T034809Z");
    assert_eq!(seen[1].1["RoleSessionName"], "guest");
}

#[tokio::test]
async fn a_refusal_teaches_the_clock() {
    let late = "Signature expired: 20260103T000000Z is now earlier than 20260105T033309Z";
    let server = Server::start([
        refused(403, "SignatureDoesNotMatch", late),
        given("AssumeRole"),
    ])
    .await;
    let cognito = cognito();
    let spec = chained(&server);
    let fault = cognito
        .fetch(&spec, &Proof::Keys(keys()), None, None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Service, "it is tried again");
    cognito
        .fetch(&spec, &Proof::Keys(keys()), None, None)
        .await
        .unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].1["x-amz-date"], "20260103T002640Z", "the local one");
    assert_eq!(seen[1].1["x-amz-date"], "20260105T034809Z");
}

#[tokio::test]
async fn who_keys_are_is_told_by_aws_and_by_the_token() {
    let identity = || {
        xml(
            200,
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn>\
             <UserId>AROA:s</UserId><Account>123456789012</Account></GetCallerIdentityResult>\
             </GetCallerIdentityResponse>",
        )
    };
    let server = Server::start([
        identity(),
        identity(),
        xml(
            200,
            "<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>",
        ),
        xml(200, "what?"),
    ])
    .await;
    let (cognito, spec) = (cognito(), server.profile(None));
    let token = Secret::new(id_token());
    let told = cognito
        .identify(&spec, &keys(), Some(&token))
        .await
        .unwrap();
    assert_eq!(told.arn, "arn:aws:sts::123456789012:assumed-role/r/s");
    assert_eq!(
        (told.account.as_str(), told.user_id.as_str()),
        ("123456789012", "AROA:s")
    );
    assert_eq!(told.claims["cognito:username"], "ada");
    let (operation, sent) = &server.seen()[0];
    assert_eq!(operation, "GetCallerIdentity");
    assert!(
        sent["Authorization"]
            .as_str()
            .unwrap()
            .contains("ASIASOURCE/")
    );
    let guest = cognito.identify(&spec, &keys(), None).await.unwrap();
    assert_eq!(guest.claims, BTreeMap::new());
    for kind in [FaultKind::Service, FaultKind::Lost] {
        let fault = cognito.identify(&spec, &keys(), None).await.unwrap_err();
        assert_eq!(fault.kind, kind, "{fault}");
    }
}

#[tokio::test]
async fn keys_of_another_kind_than_the_profile_wants_are_refused() {
    let server = Server::start([]).await;
    for (spec, proof) in [
        (server.profile(None), Proof::Keys(keys())),
        (chained(&server), Proof::Guest),
        (chained(&server), by(&Secret::new(id_token()))),
    ] {
        let fault = cognito()
            .fetch(&spec, &proof, None, None)
            .await
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::Unsupported);
    }
    assert!(server.seen().is_empty());
}

/// Who asks STS.
#[derive(Clone, Copy, PartialEq)]
enum Asks {
    Web,
    Chain,
}

async fn refusal(asks: Asks, act: Act) -> Fault {
    let (cognito, fault);
    match asks {
        Asks::Web => {
            let server = Server::start([open_id_token(), act]).await;
            let spec = classic(&server, RoleSession::default());
            cognito = support::cognito();
            let proof = by(&Secret::new(id_token()));
            fault = cognito.fetch(&spec, &proof, Some("i"), None).await;
        }
        Asks::Chain => {
            let server = Server::start([act]).await;
            let mut spec = chained(&server);
            spec.sts.region = Some("ap-east-1".into());
            cognito = support::cognito();
            fault = cognito.fetch(&spec, &Proof::Keys(keys()), None, None).await;
        }
    }
    fault.unwrap_err()
}

/// Who asks, the status, code and message of the refusal, what that is, and what is told about it.
type Refusal = (
    &'static [Asks],
    u16,
    &'static str,
    &'static str,
    FaultKind,
    &'static [&'static str],
);

/// What STS refuses.
#[rustfmt::skip]
const REFUSALS: &[Refusal] = &[
    (&[Asks::Web],   400, "ExpiredTokenException",   "Token expired: current date/time 1 must be before the expiration date/time 0", FaultKind::TokenStale, &[]),
    (&[Asks::Chain], 403, "ExpiredToken",            "The security token included in the request is expired", FaultKind::TokenStale, &[]),
    (&[Asks::Chain], 403, "InvalidClientTokenId",    "The security token included in the request is invalid", FaultKind::TokenStale, &[]),
    (&[Asks::Web],   400, "InvalidIdentityToken",    "No OpenIDConnect provider found in your account for https://x", FaultKind::Misconfigured, &["No OpenIDConnect provider"]),
    (&[Asks::Web],   400, "IDPRejectedClaim",        "x", FaultKind::Misconfigured, &[]),
    (&[Asks::Web],   400, "IDPCommunicationError",   "x", FaultKind::Service, &[]),
    (&[Asks::Web],   403, "AccessDenied",            "Not authorized to perform sts:AssumeRoleWithWebIdentity", FaultKind::Misconfigured, &["Not authorized to perform", ROLE, "trust policy", IDENTITY_POOL, "“authenticated”"]),
    (&[Asks::Chain], 403, "AccessDenied",            "User: x is not authorized to perform: sts:AssumeRole on resource: y", FaultKind::Misconfigured, &["STS answered AccessDenied", ROLE, "trust policy", "“dev”"]),
    (&[Asks::Chain], 403, "AccessDenied",            "User: x is not authorized to perform: sts:TagSession on resource: y", FaultKind::Misconfigured, &[ROLE, "must allow sts:TagSession"]),
    (BOTH,           400, "ValidationError",         "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", FaultKind::Misconfigured, &["Shorten the profile's duration"]),
    (BOTH,           400, "ValidationError",         "1 validation error detected", FaultKind::Misconfigured, &["1 validation error"]),
    (BOTH,           400, "MalformedPolicyDocument", "Syntax errors in policy.", FaultKind::Misconfigured, &["session_policy"]),
    (BOTH,           400, "PackedPolicyTooLarge",    "Packed policy consumes 153% of allotted space", FaultKind::Misconfigured, &["153%", "session_policy"]),
    (&[Asks::Chain], 403, "RegionDisabledException", "STS is not activated in this region", FaultKind::Misconfigured, &["Activate ap-east-1", "sts_region"]),
    (&[Asks::Chain], 403, "SignatureDoesNotMatch",   "Signature not yet current: a is still later than b", FaultKind::Service, &[]),
    (&[Asks::Chain], 403, "SignatureDoesNotMatch",   "The request signature we calculated does not match", FaultKind::Misconfigured, &[]),
    (BOTH,           400, "Throttling",              "Rate exceeded", FaultKind::Throttled, &[]),
    (BOTH,           500, "InternalFailure",         "x", FaultKind::Service, &[]),
    (BOTH,           503, "ServiceUnavailable",      "x", FaultKind::Service, &[]),
];

const BOTH: &[Asks] = &[Asks::Web, Asks::Chain];

#[tokio::test]
async fn every_refusal_of_sts_is_taken_for_what_it_is_and_says_where_to_look() {
    for (asks, status, code, message, kind, told) in REFUSALS {
        for asks in *asks {
            let fault = refusal(*asks, refused(*status, code, message)).await;
            assert_eq!(fault.kind, *kind, "{code}: {fault}");
            for part in *told {
                assert!(fault.text.contains(part), "{code} {part}: {fault}");
            }
            assert!(fault.text.ends_with('.'), "{fault}");
        }
    }
}

#[tokio::test]
async fn what_an_identity_pool_refuses_says_where_to_look() {
    let refuse = |code: &str, message: &str| refuse(400, code, message);
    let not_authorized = "NotAuthorizedException";
    let no_guests = "Unauthenticated access is not supported for this identity pool.";
    let no_classic = "Basic (classic) flow is not enabled, please use enhanced flow.";
    let mapped =
        "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.";
    let no_role = "Invalid identity pool configuration. Check assigned IAM roles for this pool.";
    let provider = "Token is not from a supported provider of this identity pool.";
    let user = by(&Secret::new(id_token()));
    for (proof, is_classic, act, told) in [
        (
            &Proof::Guest,
            false,
            refuse(not_authorized, no_guests),
            vec!["Allow guest access", IDENTITY_POOL],
        ),
        (
            &user,
            true,
            refuse("InvalidParameterException", no_classic),
            vec!["Allow the basic (classic) flow"],
        ),
        (
            &user,
            true,
            refuse("InvalidParameterException", mapped),
            vec!["no role mappings"],
        ),
        (
            &user,
            false,
            refuse(not_authorized, "Invalid custom role."),
            vec![ROLE, "cognito:roles", "it offers none"],
        ),
        (
            &user,
            false,
            refuse("InvalidIdentityPoolConfigurationException", no_role),
            vec!["a role for those who are signed in", "“authenticated”"],
        ),
        (
            &Proof::Guest,
            false,
            refuse("InvalidIdentityPoolConfigurationException", no_role),
            vec!["a role for guests", "“unauthenticated”"],
        ),
        (
            &user,
            false,
            refuse(not_authorized, provider),
            vec![
                "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123",
                "as a provider",
            ],
        ),
    ] {
        let server = Server::start([act]).await;
        let spec = if is_classic {
            classic(&server, RoleSession::default())
        } else {
            server.profile(Some(ROLE).filter(|_| *proof == user))
        };
        let fault = cognito()
            .fetch(&spec, proof, Some("i"), None)
            .await
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::Misconfigured, "{fault}");
        for part in told {
            assert!(fault.text.contains(part), "{part}: {fault}");
        }
    }
    for text in [
        "Logins don't match. Please include at least one valid login for this identity or identity pool.",
        "Access to Identity 'us-east-1:i' is forbidden.",
    ] {
        let server = Server::start([refuse(not_authorized, text)]).await;
        let fault = cognito()
            .fetch(&server.profile(None), &Proof::Guest, Some("i"), None)
            .await
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::IdentityConflict, "{fault}");
    }
}

/// STS repeats what it found wrong.
#[tokio::test]
async fn no_refusal_repeats_a_secret() {
    let fault = refusal(
        Asks::Chain,
        refused(
            403,
            "SignatureDoesNotMatch",
            "x-amz-security-token:the-source-session-token",
        ),
    )
    .await;
    assert!(!fault.text.contains("the-source-session-token"), "{fault}");
    let fault = refusal(
        Asks::Web,
        refused(
            400,
            "ValidationError",
            "Value 'the-open-id-token' at 'webIdentityToken'",
        ),
    )
    .await;
    assert!(!fault.text.contains("the-open-id-token"), "{fault}");
}

#[tokio::test]
async fn answers_that_are_none_are_faults() {
    for (act, kind) in [
        (xml(200, "<html>captive</html>"), FaultKind::Lost),
        (xml(200, "what?"), FaultKind::Lost),
        (Act::Reset, FaultKind::Lost),
        (reply(502, &[], "Bad gateway"), FaultKind::Service),
        (
            xml(
                200,
                "<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>",
            ),
            FaultKind::Service,
        ),
    ] {
        let fault = refusal(Asks::Chain, act).await;
        assert_eq!(fault.kind, kind, "{fault}");
    }
}
