//! A sign-out that goes far: all sessions of the user, or a browser's own.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

mod support;

use poolkey_core::config::{CommandSpec, Flow, LoginSpec};
use poolkey_core::event::Farewell;
use poolkey_core::fault::FaultKind;
use poolkey_core::secret::Secret;
use serde_json::json;
use support::*;

fn everywhere(access_token: Option<&str>) -> Farewell {
    Farewell {
        everywhere: true,
        access_token: access_token.map(Secret::new),
        ..Farewell::default()
    }
}

fn operations(server: &Server) -> Vec<String> {
    server.seen().into_iter().map(|(name, _)| name).collect()
}

#[tokio::test]
async fn all_sessions_end_before_this_one() {
    let server = Server::start([ok(&json!({})), ok(&json!({}))]).await;
    let spec = server.login(Flow::UserSrp);
    let refresh = Secret::new(REFRESH);
    let parting = cognito()
        .revoke(&spec, Some(&refresh), None, &everywhere(Some("fresh")))
        .await;
    assert_eq!((parting.everywhere, parting.revoked), (Ok(()), Ok(())));
    let seen = server.seen();
    assert_eq!(operations(&server), ["GlobalSignOut", "RevokeToken"]);
    assert_eq!(seen[0].1, json!({"AccessToken": "fresh"}));
    assert_eq!(parting.rotated, None);
}

/// The token that a rotation brought is told, for it may have to be revoked later.
#[tokio::test]
async fn an_access_token_is_had_where_there_is_none() {
    let renewed = ok(&json!({"AuthenticationResult": {
        "AccessToken": ACCESS, "IdToken": id_token(), "RefreshToken": "rotated",
    }}));
    let down = refuse(500, "InternalErrorException", "x");
    let server = Server::start([renewed, ok(&json!({})), down]).await;
    let spec = server.login(Flow::UserSrp);
    let refresh = Secret::new(REFRESH);
    let parting = cognito()
        .revoke(&spec, Some(&refresh), None, &everywhere(None))
        .await;
    assert_eq!(parting.everywhere, Ok(()));
    assert_eq!(parting.revoked.unwrap_err().kind, FaultKind::Service);
    assert_eq!(parting.rotated, Some(Secret::new("rotated")));
    let seen = server.seen();
    assert_eq!(seen[1].1, json!({"AccessToken": ACCESS}));
    assert_eq!(seen[2].1["Token"], "rotated");
}

/// Once this session is revoked, nothing could ask for the end of the others.
#[tokio::test]
async fn what_may_succeed_later_keeps_the_session_until_then() {
    let busy = refuse(400, "TooManyRequestsException", "Rate exceeded");
    let server = Server::start([busy]).await;
    let spec = server.login(Flow::UserSrp);
    let refresh = Secret::new(REFRESH);
    let parting = cognito()
        .revoke(&spec, Some(&refresh), None, &everywhere(Some("fresh")))
        .await;
    let kinds = [parting.everywhere, parting.revoked].map(|it| it.unwrap_err().kind);
    assert_eq!(kinds, [FaultKind::Throttled; 2]);
    assert_eq!(operations(&server), ["GlobalSignOut"]);
}

#[tokio::test]
async fn a_scope_that_is_missing_is_named_and_this_session_ends() {
    let lacking = refuse(
        400,
        "NotAuthorizedException",
        "Access Token does not have required scopes",
    );
    let server = Server::start([lacking, ok(&json!({}))]).await;
    let spec = server.login(Flow::UserSrp);
    let refresh = Secret::new(REFRESH);
    let parting = cognito()
        .revoke(&spec, Some(&refresh), None, &everywhere(Some("fresh")))
        .await;
    let fault = parting.everywhere.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Misconfigured);
    assert!(
        fault.text.contains("aws.cognito.signin.user.admin"),
        "{fault}"
    );
    assert_eq!(parting.revoked, Ok(()));
}

#[tokio::test]
async fn a_program_has_nobody_who_could_be_told() {
    let spec = LoginSpec::Command(CommandSpec {
        command: vec!["/usr/bin/token".into()],
        issuer: None,
    });
    let parting = cognito()
        .revoke(&spec, None, None, &Farewell::default())
        .await;
    assert_eq!((parting.revoked, parting.everywhere), (Ok(()), Ok(())));
    let parting = cognito().revoke(&spec, None, None, &everywhere(None)).await;
    assert_eq!(parting.everywhere.unwrap_err().kind, FaultKind::Unsupported);
}
