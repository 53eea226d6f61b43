use serde_json::json;

use super::*;
use crate::seed::{ClientSeed, IdentityPoolChoice, Seed, Seeded, plant};

/// What became of a token that was used.
#[derive(Debug, PartialEq, Eq)]
enum Use {
    Kept,
    Renewed,
    Refused(&'static str),
}

#[test]
fn rotation_and_grace() {
    use Use::{Kept, Refused, Renewed};
    const REUSED: Use = Refused("RefreshTokenReuseException");
    const EXPIRED: Use = Refused("NotAuthorizedException");
    const LIFE: i64 = 30 * 86_400;
    // Grace, then the seconds after the first use at which the same token is used again.
    for (grace, uses) in [
        (
            None,
            vec![(0, Kept), (60, Kept), (LIFE - 1, Kept), (LIFE, EXPIRED)],
        ),
        (Some(0), vec![(0, REUSED), (1, REUSED)]),
        (Some(1), vec![(0, Renewed), (1, REUSED)]),
        (
            Some(60),
            vec![(0, Renewed), (30, Renewed), (59, Renewed), (60, REUSED)],
        ),
    ] {
        let (mut world, seeded) = world(grace);
        let token = sign_in(&mut world, &seeded);
        refresh(&mut world, &seeded, &token).expect("the first use");
        for (seconds, expected) in uses {
            world.clock.offset_seconds = seconds;
            let actual = match refresh(&mut world, &seeded, &token) {
                Ok(None) => Kept,
                Ok(Some(_)) => Renewed,
                Err(failure) if failure.code == "RefreshTokenReuseException" => REUSED,
                Err(failure) if failure.message == "Refresh Token has expired" => EXPIRED,
                Err(failure) => panic!("{failure:?}"),
            };
            assert_eq!(actual, expected, "grace {grace:?}, after {seconds} s");
        }
    }
}

#[test]
fn a_reuse_within_the_grace_does_not_prolong_it() {
    let (mut world, seeded) = world(Some(10));
    let token = sign_in(&mut world, &seeded);
    refresh(&mut world, &seeded, &token).expect("the first use");
    world.clock.offset_seconds = 9;
    refresh(&mut world, &seeded, &token).expect("within the grace");
    world.clock.offset_seconds = 11;
    let failure = refresh(&mut world, &seeded, &token).expect_err("after the grace");
    assert_eq!(failure.code, "RefreshTokenReuseException");
}

#[test]
fn rotation_does_not_move_the_end() {
    let (mut world, seeded) = world(Some(60));
    let mut token = sign_in(&mut world, &seeded);
    for day in 1..30 {
        world.clock.offset_seconds = day * 86_400;
        token = refresh(&mut world, &seeded, &token)
            .expect("in force")
            .expect("a new one");
    }
    world.clock.offset_seconds = 30 * 86_400;
    let failure = refresh(&mut world, &seeded, &token).expect_err("after the end");
    assert_eq!(failure.message, "Refresh Token has expired");
}

#[test]
fn a_revoked_sign_in_takes_all_its_tokens_along() {
    let (mut world, seeded) = world(Some(60));
    let first = sign_in(&mut world, &seeded);
    let other = sign_in(&mut world, &seeded);
    let second = refresh(&mut world, &seeded, &first)
        .expect("in force")
        .expect("a new one");
    let request = json!({ "ClientId": seeded.client_id, "Token": second });
    world
        .revoke_token(Fields::of(&request).expect("an object"))
        .expect("revoked");
    for token in [&first, &second] {
        let failure = refresh(&mut world, &seeded, token).expect_err("revoked");
        assert_eq!(failure.message, "Refresh Token has been revoked");
    }
    refresh(&mut world, &seeded, &other).expect("another sign-in");
}

#[test]
fn a_token_looks_like_those_of_aws() {
    let (mut world, seeded) = world(None);
    let token = sign_in(&mut world, &seeded);
    assert_eq!(token.split('.').count(), 5);
    assert!((1700..1900).contains(&token.len()), "{}", token.len());
}

fn world(rotation_grace_seconds: Option<i64>) -> (World, Seeded) {
    let mut world = World::for_tests();
    let client = ClientSeed {
        rotation_grace_seconds,
        ..ClientSeed::default()
    };
    let identity_pool = IdentityPoolChoice::Word(false);
    let seed = Seed {
        client,
        identity_pool,
        ..Seed::default()
    };
    let seeded = plant(&mut world, seed).expect("a seed");
    (world, seeded)
}

fn sign_in(world: &mut World, seeded: &Seeded) -> String {
    let request = json!({
        "ClientId": seeded.client_id,
        "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": seeded.username, "PASSWORD": seeded.password },
    });
    let fields = Fields::of(&request).expect("an object");
    let answer = world
        .initiate_auth(fields, crate::auth::Door::Public)
        .expect("signed in");
    answer["AuthenticationResult"]["RefreshToken"]
        .as_str()
        .expect("a token")
        .to_owned()
}

fn refresh(world: &mut World, seeded: &Seeded, token: &str) -> Result<Option<String>, Failure> {
    let request = json!({ "ClientId": seeded.client_id, "RefreshToken": token });
    let answer = world.get_tokens_from_refresh_token(Fields::of(&request).expect("an object"))?;
    Ok(answer["AuthenticationResult"]["RefreshToken"]
        .as_str()
        .map(str::to_owned))
}
