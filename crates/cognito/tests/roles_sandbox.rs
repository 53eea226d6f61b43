//! Roles and guests against the sandbox, which judges tokens, signatures and trust policies.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may fail, and look at the clock"
)]

#[path = "support/http.rs"]
mod http;
#[path = "support/person.rs"]
mod person;
#[path = "support/sandbox.rs"]
mod sandbox;

use std::collections::BTreeMap;
use std::time::Duration;

use person::Person;
use poolkey_core::config::{
    Flow, KeySource, PoolFlow, ProfileSpec, RoleSession, RoleSource, StsSpec,
};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::session::{Keys, Proof, Tokens};
use sandbox::specs::{by, role, source};
use sandbox::{Sandbox, Seeded, cognito};
use serde_json::{Value, json};

const DEPLOY: &str = "arn:aws:iam::000000000000:role/Deploy";

fn seed(sandbox: &Sandbox, more: &Value) -> Seeded {
    let mut seed = json!({
        "identity_pool": {
            "classic": true, "guest_role_arn": "arn:aws:iam::000000000000:role/Visitor",
        },
        "roles": [
            {"arn": "arn:aws:iam::000000000000:role/Signed", "max_session_seconds": 43200},
            {"arn": "arn:aws:iam::000000000000:role/Visitor", "trust": "guests"},
            {"arn": DEPLOY, "trust": "account"},
        ],
    });
    for (name, value) in more.as_object().unwrap() {
        seed[name] = value.clone();
    }
    sandbox.seed(&seed)
}

async fn tokens(chain: &Seeded) -> Tokens {
    let ids = &chain.ids;
    Person::of(chain.text("username"), chain.text("password"), ids)
        .sign_in(&cognito(), &chain.login(Flow::UserSrp))
        .await
        .unwrap()
}

fn classic(chain: &Seeded, role_arn: &str, session: RoleSession) -> ProfileSpec {
    let mut spec = chain.profile(None);
    source(&mut spec).flow = PoolFlow::Classic {
        role_arn: role_arn.into(),
        session,
    };
    spec
}

fn chained(chain: &Seeded, role_arn: &str) -> ProfileSpec {
    ProfileSpec {
        source: KeySource::Role(RoleSource {
            source_profile: "dev".parse().unwrap(),
            role_arn: role_arn.into(),
            session: RoleSession::default(),
            external_id: None,
            tags: BTreeMap::new(),
            transitive_tags: Vec::new(),
        }),
        sts: StsSpec {
            region: Some("us-east-1".into()),
            endpoint: Some(chain.url.clone()),
            ..StsSpec::default()
        },
        signin_endpoint: None,
    }
}

async fn arn(chain: &Seeded, keys: &Keys) -> String {
    let told = cognito().identify(&chain.profile(None), keys, None).await;
    told.unwrap().arn
}

fn within(keys: &Keys, seconds: u64) {
    let length = keys.life.length.as_secs();
    assert!((seconds - 20..=seconds).contains(&length), "{length}");
}

fn misconfigured<T: std::fmt::Debug>(result: Result<T, Fault>, told: &[&str]) {
    let fault = result.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Misconfigured, "{fault}");
    for part in told {
        assert!(fault.text.contains(part), "{part}: {fault}");
    }
}

#[tokio::test]
async fn the_classic_flow_names_and_restricts_its_session() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = seed(&sandbox, &json!({}));
    let tokens = tokens(&chain).await;
    let (cognito, proof) = (cognito(), by(&tokens.id_token));
    let signed = "arn:aws:iam::000000000000:role/Signed";
    let user = Some(&tokens.user);
    let spec = classic(&chain, signed, RoleSession::default());
    let fetched = cognito.fetch(&spec, &proof, None, user).await.unwrap();
    within(&fetched.keys, 3600);
    let expected = format!(
        "arn:aws:sts::000000000000:assumed-role/Signed/{}",
        tokens.user.username
    );
    assert_eq!(arn(&chain, &fetched.keys).await, expected);

    let session = RoleSession {
        name: Some("nightly".into()),
        duration: Some(Duration::from_secs(12 * 3600)),
        policy: Some(
            json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            ]})
            .to_string(),
        ),
        policy_arns: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".into()],
    };
    let spec = classic(&chain, signed, session);
    let identity = fetched.identity.as_deref();
    let again = cognito.fetch(&spec, &proof, identity, user).await.unwrap();
    within(&again.keys, 12 * 3600);
    assert_eq!(again.identity, fetched.identity);
    let told = arn(&chain, &again.keys).await;
    assert!(told.ends_with("/Signed/nightly"), "{told}");
}

#[tokio::test]
async fn guests_have_an_identity_that_stays() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = seed(&sandbox, &json!({}));
    let cognito = cognito();
    let spec = chain.profile(None);
    let fetched = cognito.fetch(&spec, &Proof::Guest, None, None).await;
    let fetched = fetched.unwrap();
    let identity = fetched.identity.as_deref();
    let again = cognito.fetch(&spec, &Proof::Guest, identity, None).await;
    assert_eq!(again.unwrap().identity, fetched.identity);
    let told = arn(&chain, &fetched.keys).await;
    assert!(told.contains("/Visitor/"), "{told}");
    // By the classic flow, too.
    let visitor = "arn:aws:iam::000000000000:role/Visitor";
    let spec = classic(&chain, visitor, RoleSession::default());
    let fetched = cognito.fetch(&spec, &Proof::Guest, identity, None).await;
    let told = arn(&chain, &fetched.unwrap().keys).await;
    assert!(told.ends_with("/Visitor/guest"), "{told}");
    // Who is gone is made anew by the agent, which drops the id.
    let gone = Some("us-east-1:00000000-0000-4000-8000-00000000dead");
    let fault = cognito
        .fetch(&chain.profile(None), &Proof::Guest, gone, None)
        .await;
    assert_eq!(fault.unwrap_err().kind, FaultKind::IdentityConflict);
}

#[tokio::test]
async fn a_role_leads_to_the_next() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let trust = |principal: &str, condition: Value| {
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": principal},
            "Action": ["sts:AssumeRole", "sts:TagSession"], "Condition": condition,
        }]})
    };
    let guarded = "arn:aws:iam::000000000000:role/Guarded";
    let chain = seed(
        &sandbox,
        &json!({"roles": [
            {"arn": DEPLOY, "trust": "account"},
            {"arn": guarded, "trust": trust(DEPLOY, json!({"StringEquals": {
                "sts:ExternalId": "acme-7", "aws:RequestTag/team": "x",
            }}))},
        ]}),
    );
    let tokens = tokens(&chain).await;
    let (cognito, user) = (cognito(), Some(&tokens.user));
    let first = cognito
        .fetch(&chain.profile(None), &by(&tokens.id_token), None, user)
        .await
        .unwrap();
    let deploy = chained(&chain, DEPLOY);
    let proof = Proof::Keys(first.keys.clone());
    let second = cognito.fetch(&deploy, &proof, None, user).await.unwrap();
    within(&second.keys, 3600);
    let told = arn(&chain, &second.keys).await;
    assert!(told.contains(":assumed-role/Deploy/"), "{told}");

    let mut spec = chained(&chain, guarded);
    let proof = Proof::Keys(second.keys.clone());
    let refused = cognito.fetch(&spec, &proof, None, user).await;
    misconfigured(refused, &[guarded, "trust policy"]);
    role(&mut spec).external_id = Some("acme-7".into());
    role(&mut spec).tags = BTreeMap::from([("team".into(), "x".into())]);
    let third = cognito.fetch(&spec, &proof, None, user).await.unwrap();
    let told = arn(&chain, &third.keys).await;
    assert!(told.contains(":assumed-role/Guarded/"), "{told}");
    // An hour at most, whatever the role allows.
    role(&mut spec).session.duration = Some(Duration::from_secs(2 * 3600));
    let refused = cognito.fetch(&spec, &proof, None, user).await;
    misconfigured(refused, &["Shorten the profile's duration"]);
    // Not from the first, whom it does not trust.
    role(&mut spec).session.duration = None;
    let proof = Proof::Keys(first.keys);
    let refused = cognito.fetch(&spec, &proof, None, user).await;
    misconfigured(refused, &[guarded, "“dev”"]);
}

#[tokio::test]
async fn keys_that_are_over_ask_for_newer_ones() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let chain = seed(&sandbox, &json!({}));
    let cognito = cognito();
    let guest = cognito
        .fetch(&chain.profile(None), &Proof::Guest, None, None)
        .await
        .unwrap();
    sandbox.control("POST", "clock", &json!({"offset_seconds": 3700}));
    // Whoever asks by another clock is told the time first.
    let deploy = chained(&chain, DEPLOY);
    let proof = Proof::Keys(guest.keys.clone());
    let first = cognito.fetch(&deploy, &proof, None, None).await;
    assert_eq!(first.unwrap_err().kind, FaultKind::Service);
    let second = cognito.fetch(&deploy, &proof, None, None).await;
    assert_eq!(second.unwrap_err().kind, FaultKind::TokenStale);
    let who = cognito.identify(&deploy, &guest.keys, None).await;
    assert_eq!(who.unwrap_err().kind, FaultKind::TokenStale);
}

#[tokio::test]
async fn what_is_not_set_up_says_where_to_look() {
    let Some(sandbox) = Sandbox::start() else {
        return;
    };
    let closed = sandbox.seed(&json!({
        "roles": [{"arn": "arn:aws:iam::000000000000:role/Visitor", "trust": "guests"}],
    }));
    let cognito = cognito();
    let refused = cognito
        .fetch(&closed.profile(None), &Proof::Guest, None, None)
        .await;
    misconfigured(refused, &["Allow guest access"]);
    let signed_in = tokens(&closed).await;
    let proof = by(&signed_in.id_token);
    let spec = classic(&closed, DEPLOY, RoleSession::default());
    let refused = cognito.fetch(&spec, &proof, None, None).await;
    misconfigured(refused, &["Allow the basic (classic) flow"]);
    let refused = cognito
        .fetch(&closed.profile(Some(DEPLOY)), &proof, None, None)
        .await;
    misconfigured(refused, &[DEPLOY, "cognito:roles"]);

    let open = seed(&sandbox, &json!({}));
    let signed_in = tokens(&open).await;
    let proof = by(&signed_in.id_token);
    let visitor = "arn:aws:iam::000000000000:role/Visitor";
    let spec = classic(&open, visitor, RoleSession::default());
    let refused = cognito.fetch(&spec, &proof, None, None).await;
    misconfigured(refused, &[visitor, "“authenticated”"]);
    let long = RoleSession {
        duration: Some(Duration::from_secs(12 * 3600)),
        ..RoleSession::default()
    };
    let spec = classic(&open, visitor, long);
    let refused = cognito.fetch(&spec, &Proof::Guest, None, None).await;
    misconfigured(refused, &["Shorten the profile's duration"]);
    let broken = RoleSession {
        policy: Some("{".into()),
        ..RoleSession::default()
    };
    let spec = classic(&open, visitor, broken);
    let refused = cognito.fetch(&spec, &Proof::Guest, None, None).await;
    misconfigured(refused, &["session_policy"]);
}
