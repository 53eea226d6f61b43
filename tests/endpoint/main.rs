//! The container credentials endpoint, asked over real sockets by those who may and by those who
//! may not.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::wildcard_enum_match_arm,
    reason = "tests, which may fail, measure and say what they measured"
)]

mod again;
mod client;
mod containers;
mod crowd;
mod ends;
mod keys;
mod named;
mod refused;
mod strangers;

use poolkey_core::failure::Failure;
use poolkey_ipc::grant::Grant;
use poolkey_ipc::{Ask, Reply};
use poolkey_tests::World;

/// Asks for a grant, which ends with this test unless it has a name.
fn try_lend(world: &World, name: Option<&str>, seconds: Option<u32>) -> Result<Grant, Failure> {
    let ask = Ask::Grant {
        profile: "dev".into(),
        name: name.map(str::to_owned),
        seconds,
    };
    match world.ask(&ask) {
        Reply::Grant(grant) => Ok(*grant),
        Reply::Failed(failure) => Err(failure),
        other => panic!("{other:?}"),
    }
}

/// The same; its token is a secret of this world from here on.
fn lend(world: &mut World, name: Option<&str>) -> Grant {
    lend_for(world, name, None)
}

fn lend_for(world: &mut World, name: Option<&str>, seconds: Option<u32>) -> Grant {
    let grant = try_lend(world, name, seconds).unwrap_or_else(|failure| panic!("{failure}"));
    world.add_secret("grant's token", grant.token.expose());
    grant
}

fn revoke(world: &World, grant: &Grant) {
    let ask = Ask::Revoke {
        grant: grant.view.id.clone(),
    };
    assert_eq!(world.ask(&ask), Reply::Done);
}
