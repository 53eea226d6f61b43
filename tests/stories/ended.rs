//! Only a definitive answer ends a session, and then people are told what to do.

use poolkey_core::failure::{Code, Ended};
use poolkey_core::snapshot::LoginState;
use poolkey_tests::{Ran, Setup, World, story, until};
use serde_json::{Value, json};

#[test]
fn revoked_at_the_pool() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        world.sandbox.revoke_all();
        world.renew();
        ended(world, Ended::Revoked, "was signed out");

        // Signing in again heals it.
        world.sign_in();
        assert!(world.sts_takes(&world.keys()));
    });
}

#[test]
fn expired_at_the_pool() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        world.stop_daemon();
        world
            .sandbox
            .clock(&json!({"offset_seconds": 31 * 24 * 3600}));
        world.start_daemon();
        ended(world, Ended::Expired, "reached its end");
    });
}

#[test]
fn the_user_is_disabled() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        administer(world, "AdminDisableUser");
        world.renew();
        ended(world, Ended::UserDisabled, "disabled");
    });
}

#[test]
fn the_user_is_deleted() {
    story(Setup::default(), |world| {
        world.sign_in();
        world.keys();
        administer(world, "AdminDeleteUser");
        world.renew();
        let login = until_ended(world);
        assert!(
            matches!(login, Ended::UserGone | Ended::Revoked | Ended::Refused),
            "{login:?}"
        );
    });
}

/// Somebody else spends the refresh token, and it rotates away.
#[test]
fn the_refresh_token_was_used_elsewhere() {
    let setup = Setup {
        rotation: Some(0),
        ..Setup::default()
    };
    story(setup, |world| {
        world.sign_in();
        world.keys();
        let (_, token) = world
            .sandbox
            .minted()
            .into_iter()
            .rfind(|(kind, _)| kind == "refresh_token")
            .unwrap();
        let stolen = call(
            world,
            "GetTokensFromRefreshToken",
            &json!({"ClientId": world.chain["client_id"], "RefreshToken": token}),
            false,
        );
        assert!(stolen.contains("AuthenticationResult"), "{stolen}");
        world.renew();
        ended(world, Ended::Reused, "a second time");
    });
}

fn until_ended(world: &World) -> Ended {
    until("the session is over", 10, || {
        let login = world.login();
        login.state == LoginState::NeedsSignIn && !login.working
    });
    world.login().ended.unwrap()
}

fn ended(world: &mut World, why: Ended, told: &str) {
    // A tool is told at once, in one line that names the remedy.
    let failure = world.try_keys().err().expect("no keys any more");
    assert_eq!(failure.code, Code::NeedsSignIn);
    assert_eq!(until_ended(world), why);
    let Ran { code, out, err } = world.shim("dev");
    assert_eq!((code, out.as_str()), (10, ""));
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(
        err.contains(told) && err.contains("poolkey login acme"),
        "{err}"
    );
    // The vault keeps nothing of the session, but who it was: nobody else takes the login over unseen.
    until("the vault has no session", 5, || {
        let kept = world.desktop.secrets_of_poolkey();
        !kept.contains("session") && !kept.contains("token") && kept.contains("last_user")
    });
    // Nor is the state forgotten by a restart: nobody is signed in.
    world.stop_daemon();
    world.start_daemon();
    let failure = world.try_keys().err().expect("no keys");
    assert_eq!(failure.code, Code::SignedOut);
}

fn administer(world: &World, operation: &str) {
    let said = call(
        world,
        operation,
        &json!({"UserPoolId": world.chain["user_pool_id"], "Username": "alice"}),
        true,
    );
    assert!(!said.contains("__type"), "{said}");
}

/// An administrator's call, or a stranger's, by a program that nobody here wrote.
fn call(world: &World, operation: &str, body: &Value, signed: bool) -> String {
    let mut options = format!(
        "url = \"{}/\"\nheader = \"Content-Type: application/x-amz-json-1.1\"\n\
         header = \"X-Amz-Target: AWSCognitoIdentityProviderService.{operation}\"\ndata = {}\n",
        world.sandbox.url(),
        Value::String(body.to_string()),
    );
    if signed {
        options +=
            "aws-sigv4 = \"aws:amz:us-east-1:cognito-idp\"\nuser = \"sandbox:sandbox-secret\"\n";
    }
    let ran = Ran::of(
        world
            .command("curl")
            .args(["--silent", "--show-error", "--config", "-"]),
        &options,
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.out
}
