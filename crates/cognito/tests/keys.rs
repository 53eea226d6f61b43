//! Refresh, revocation and identity pools against a scripted server.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

mod support;

use std::time::Duration;

use poolkey_core::config::Flow;
use poolkey_core::event::Farewell;
use poolkey_core::failure::Ended;
use poolkey_core::fault::{FaultKind, Life};
use poolkey_core::secret::Secret;
use serde_json::{Value, json};
use support::specs::by;
use support::*;

#[tokio::test]
async fn a_refresh_sends_all_that_it_has_and_tells_of_rotation() {
    let rotated = ok(&json!({"AuthenticationResult": {
        "AccessToken": ACCESS, "ExpiresIn": 300, "TokenType": "Bearer",
        "RefreshToken": "the-next-refresh-token", "IdToken": id_token(),
    }}));
    let plain = ok(&json!({"AuthenticationResult": {
        "AccessToken": ACCESS, "ExpiresIn": 300, "IdToken": id_token(), "RefreshToken": "",
    }}));
    let server = Server::start([rotated, plain]).await;
    let spec = server.login(Flow::UserSrp);
    let cognito = cognito();

    let secret = Secret::new("the-client-secret");
    let tokens = cognito
        .refresh(&spec, &Secret::new(REFRESH), Some(&secret), Some("dev"))
        .await
        .unwrap();
    assert_eq!(
        tokens.refresh_token,
        Some(Secret::new("the-next-refresh-token"))
    );
    assert_eq!(tokens.id_life.length, Duration::from_secs(3600));
    let tokens = cognito
        .refresh(&spec, &Secret::new(REFRESH), None, None)
        .await
        .unwrap();
    assert_eq!(tokens.refresh_token, None);

    let client = "3n4b5urk1ft4fl3mg5e62d9ado";
    assert_eq!(
        server.seen(),
        [
            (
                "GetTokensFromRefreshToken".to_owned(),
                json!({
                    "RefreshToken": REFRESH, "ClientId": client,
                    "ClientSecret": "the-client-secret", "DeviceKey": "dev",
                })
            ),
            (
                "GetTokensFromRefreshToken".to_owned(),
                json!({"RefreshToken": REFRESH, "ClientId": client})
            ),
        ]
    );
}

#[tokio::test]
async fn a_refresh_that_brings_no_tokens_is_a_fault() {
    for (body, kind) in [
        (json!({}), FaultKind::Lost),
        (
            json!({"AuthenticationResult": {"AccessToken": ACCESS}}),
            FaultKind::Misconfigured,
        ),
        (
            json!({"AuthenticationResult": {"IdToken": "no.token"}}),
            FaultKind::Lost,
        ),
    ] {
        let server = Server::start([ok(&body)]).await;
        let spec = server.login(Flow::UserSrp);
        let fault = cognito()
            .refresh(&spec, &Secret::new(REFRESH), None, None)
            .await
            .unwrap_err();
        assert_eq!(fault.kind, kind, "{fault}");
    }
}

#[tokio::test]
async fn a_revocation_names_token_and_client() {
    let server = Server::start([ok(&json!({}))]).await;
    let spec = server.login(Flow::UserSrp);
    let secret = Secret::new("the-client-secret");
    cognito()
        .revoke(
            &spec,
            Some(&Secret::new(REFRESH)),
            Some(&secret),
            &Farewell::default(),
        )
        .await
        .revoked
        .unwrap();
    assert_eq!(
        server.seen(),
        [(
            "RevokeToken".to_owned(),
            json!({
                "Token": REFRESH, "ClientId": "3n4b5urk1ft4fl3mg5e62d9ado",
                "ClientSecret": "the-client-secret",
            })
        )]
    );
}

fn forget(access_token: Option<&str>) -> Farewell {
    Farewell {
        forget: Some("eu-west-1_dev".into()),
        access_token: access_token.map(Secret::new),
        ..Farewell::default()
    }
}

fn operations(server: &Server) -> Vec<String> {
    server.seen().into_iter().map(|(name, _)| name).collect()
}

#[tokio::test]
async fn a_device_is_forgotten_before_its_session_ends() {
    let gone = || refuse(400, "ResourceNotFoundException", "Device does not exist.");
    for act in [ok(&json!({})), gone()] {
        let server = Server::start([act, ok(&json!({}))]).await;
        let spec = server.login(Flow::UserSrp);
        let refresh = Secret::new(REFRESH);
        let parting = cognito()
            .revoke(&spec, Some(&refresh), None, &forget(Some("fresh")))
            .await;
        assert_eq!((parting.forgotten, parting.revoked), (Ok(()), Ok(())));
        let seen = server.seen();
        assert_eq!(operations(&server), ["ForgetDevice", "RevokeToken"]);
        assert_eq!(
            seen[0].1,
            json!({"AccessToken": "fresh", "DeviceKey": "eu-west-1_dev"})
        );
        assert_eq!(seen[1].1["Token"], REFRESH);
    }
}

#[tokio::test]
async fn a_stale_access_token_is_renewed_to_forget_a_device() {
    let stale = || refuse(400, "NotAuthorizedException", "Access Token has expired");
    let renewed = |refresh_token: Option<&str>| {
        ok(&json!({"AuthenticationResult": {
            "AccessToken": ACCESS, "IdToken": id_token(), "RefreshToken": refresh_token,
        }}))
    };
    for (first, rotated) in [
        (Some(stale()), Some("the-rotated-token")),
        (None, Some("the-rotated-token")),
        (None, None),
    ] {
        let token = first.is_some().then_some("stale");
        let script = first
            .into_iter()
            .chain([renewed(rotated), ok(&json!({})), ok(&json!({}))]);
        let server = Server::start(script).await;
        let spec = server.login(Flow::UserSrp);
        let secret = Secret::new("the-client-secret");
        let refresh = Secret::new(REFRESH);
        let parting = cognito()
            .revoke(&spec, Some(&refresh), Some(&secret), &forget(token))
            .await;
        assert_eq!((parting.forgotten, parting.revoked), (Ok(()), Ok(())));
        let mut seen = server.seen();
        if token.is_some() {
            assert_eq!(seen.remove(0).0, "ForgetDevice");
        }
        assert_eq!(seen[0].0, "GetTokensFromRefreshToken");
        assert_eq!(seen[0].1["RefreshToken"], REFRESH);
        assert_eq!(seen[0].1["DeviceKey"], "eu-west-1_dev");
        assert_eq!(seen[1].0, "ForgetDevice");
        assert_eq!(seen[1].1["AccessToken"], ACCESS);
        assert_eq!(seen[2].0, "RevokeToken");
        assert_eq!(seen[2].1["Token"], rotated.unwrap_or(REFRESH), "the newest");
    }
}

/// Whatever becomes of the device, the session ends.
#[tokio::test]
async fn a_device_that_cannot_be_forgotten_is_told_and_the_session_ends() {
    let over = || {
        refuse(
            400,
            "NotAuthorizedException",
            "Refresh Token has been revoked",
        )
    };
    let down = || refuse(500, "InternalErrorException", "x");
    let gone = || refuse(400, "ResourceNotFoundException", "Device does not exist.");
    for (token, act, kind) in [
        (Some("fresh"), down(), Some(FaultKind::Service)),
        // No newer access token would help.
        (
            Some("fresh"),
            refuse(400, "NotAuthorizedException", "User is disabled."),
            Some(FaultKind::Ended(Ended::UserDisabled)),
        ),
        (None, down(), Some(FaultKind::Service)),
        (None, over(), Some(FaultKind::Ended(Ended::Revoked))),
        (None, gone(), None),
    ] {
        let server = Server::start([act, ok(&json!({}))]).await;
        let spec = server.login(Flow::UserSrp);
        let refresh = Secret::new(REFRESH);
        let parting = cognito()
            .revoke(&spec, Some(&refresh), None, &forget(token))
            .await;
        assert_eq!(parting.forgotten.err().map(|fault| fault.kind), kind);
        assert_eq!(parting.revoked, Ok(()));
        assert_eq!(operations(&server).pop().as_deref(), Some("RevokeToken"));
    }
    let server = Server::start([ok(&json!({})), down()]).await;
    let spec = server.login(Flow::UserSrp);
    let parting = cognito()
        .revoke(
            &spec,
            Some(&Secret::new(REFRESH)),
            None,
            &forget(Some("fresh")),
        )
        .await;
    assert_eq!(parting.forgotten, Ok(()));
    assert_eq!(parting.revoked.unwrap_err().kind, FaultKind::Service);
}

#[tokio::test]
async fn keys_are_fetched_with_the_issuer_as_login() {
    let role = "arn:aws:iam::123456789012:role/dev";
    let server = Server::start([
        ok(&json!({"IdentityId": "us-east-1:an-identity"})),
        ok(&credentials(&json!(SERVER.secs() + 3600))),
        ok(&credentials(&json!(SERVER.secs() + 3600))),
    ])
    .await;
    let id = by(&Secret::new(id_token()));
    let cognito = cognito();
    let fetched = cognito
        .fetch(&server.profile(Some(role)), &id, None, None)
        .await
        .unwrap();
    assert_eq!(fetched.identity.as_deref(), Some("us-east-1:told-last"));
    assert_eq!(fetched.keys.access_key_id, Secret::new("ASIAEXAMPLE"));
    assert_eq!(fetched.keys.secret_access_key, Secret::new("secret-key"));
    assert_eq!(fetched.keys.session_token, Secret::new("session-token"));
    cognito
        .fetch(&server.profile(None), &id, Some("us-east-1:kept"), None)
        .await
        .unwrap();

    let logins = json!({
        "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123": id_token()
    });
    assert_eq!(
        server.seen(),
        [
            (
                "GetId".to_owned(),
                json!({
                    "IdentityPoolId": "us-east-1:01234567-89ab-cdef-0123-456789abcdef",
                    "Logins": logins,
                })
            ),
            (
                "GetCredentialsForIdentity".to_owned(),
                json!({
                    "IdentityId": "us-east-1:an-identity", "Logins": logins,
                    "CustomRoleArn": role,
                })
            ),
            (
                "GetCredentialsForIdentity".to_owned(),
                json!({"IdentityId": "us-east-1:kept", "Logins": logins})
            ),
        ]
    );
}

/// The service writes whole seconds; emulators write floats, some with a fraction.
#[tokio::test]
async fn every_shape_of_an_expiry_is_read() {
    let end = SERVER.secs() + 3600;
    for (shape, length) in [
        (json!(end), 3600),
        (
            serde_json::from_str::<Value>(&format!("{end}.0")).unwrap(),
            3600,
        ),
        (
            serde_json::from_str::<Value>(&format!("{end}.731")).unwrap(),
            3600,
        ),
        (
            serde_json::from_str::<Value>("1.767588489E9").unwrap(),
            3600,
        ),
        (json!(SERVER.secs() - 5), 0),
    ] {
        let server = Server::start([ok(&credentials(&shape))]).await;
        let fetched = cognito()
            .fetch(
                &server.profile(None),
                &by(&Secret::new(id_token())),
                Some("i"),
                None,
            )
            .await
            .unwrap();
        assert_eq!(
            fetched.keys.life,
            Life {
                length: Duration::from_secs(length),
                server: Some(SERVER)
            },
            "{shape}"
        );
    }
}

#[tokio::test]
async fn without_a_date_the_local_clock_counts() {
    for date in [None, Some("soon"), Some("")] {
        let headers: Vec<_> = date.map(|date| ("Date", date)).into_iter().collect();
        let body = credentials(&json!(WALL.secs() + 1800)).to_string();
        let server = Server::start([reply(200, &headers, &body)]).await;
        let fetched = cognito()
            .fetch(
                &server.profile(None),
                &by(&Secret::new(id_token())),
                Some("i"),
                None,
            )
            .await
            .unwrap();
        assert_eq!(
            fetched.keys.life,
            Life {
                length: Duration::from_secs(1800),
                server: None
            }
        );
    }
}

#[tokio::test]
async fn keys_that_are_not_whole_are_none() {
    let whole = credentials(&json!(SERVER.secs() + 3600));
    for missing in ["AccessKeyId", "SecretKey", "SessionToken", "Expiration"] {
        let mut body = whole.clone();
        body["Credentials"].as_object_mut().unwrap().remove(missing);
        let server = Server::start([ok(&body)]).await;
        let fault = cognito()
            .fetch(
                &server.profile(None),
                &by(&Secret::new(id_token())),
                Some("i"),
                None,
            )
            .await
            .unwrap_err();
        assert_eq!(fault.kind, FaultKind::Service, "{fault}");
    }
}

#[tokio::test]
async fn an_id_token_that_is_none_is_not_sent() {
    let server = Server::start([]).await;
    let fault = cognito()
        .fetch(&server.profile(None), &by(&Secret::new("x")), None, None)
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::TokenStale, "{fault}");
    assert!(server.seen().is_empty());
}

fn credentials(expiration: &Value) -> Value {
    json!({
        "IdentityId": "us-east-1:told-last",
        "Credentials": {
            "AccessKeyId": "ASIAEXAMPLE",
            "SecretKey": "secret-key",
            "SessionToken": "session-token",
            "Expiration": expiration,
        }
    })
}
