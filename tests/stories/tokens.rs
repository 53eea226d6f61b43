//! Tokens for what takes them itself, and the console.

use std::process::{Child, Stdio};

use poolkey_tests::{Ran, Setup, World, program, story, until};
use serde_json::{Value, json};

const CROWD: usize = 200;

#[test]
fn tools_get_tokens_that_their_apis_take() {
    story(Setup::default(), |world| {
        let ran = world.poolkey(&["token"], "");
        assert_eq!((ran.code, &*ran.out), (10, ""), "{ran:?}");
        assert!(ran.err.contains("poolkey login acme"), "{ran:?}");

        world.sign_in();
        let user = of_user(world, &token(world, &["--access"]));
        assert_eq!(user["Username"], "alice");
        let said: Value = serde_json::from_str(&token(world, &["--claims", "--json"])).unwrap();
        assert_eq!(said["claims"]["token_use"], "id");
        assert_eq!(said["claims"]["cognito:username"], "alice");
        let exp = said["claims"]["exp"].as_i64().unwrap();
        let told = said["expires"].as_i64().unwrap();
        assert!((58..=62).contains(&(exp - told)), "{exp} {told}");
        // A profile stands for its login, and what is asked for again costs nothing.
        world.sandbox.forget_calls();
        assert_eq!(token(world, &[]), token(world, &["dev"]));
        assert_eq!(world.sandbox.calls("GetTokensFromRefreshToken"), 0);

        // The daemon is new, and all of them are to come while the refresh is under way.
        world.kill_daemon();
        world.start_daemon();
        world.sandbox.forget_calls();
        world
            .sandbox
            .fault(&json!({"operation": "GetTokensFromRefreshToken", "delay_before_ms": 2000}));
        let said = crowd(world);
        world.sandbox.no_faults();
        assert_eq!(world.sandbox.calls("GetTokensFromRefreshToken"), 1);
        let [id, access] = [0, 1].map(|kind| &said[kind]);
        for (n, text) in said.iter().enumerate() {
            assert_eq!(text, [id, access][n % 2], "{n}");
        }
        assert_eq!(of_user(world, access.trim_end())["Username"], "alice");

        // New claims are in the token that comes after a renewal.
        assert_eq!(world.poolkey(&["renew", "acme"], "").code, 0);
        let newer = token(world, &[]);
        assert_ne!(newer, id.trim_end());

        assert_eq!(world.poolkey(&["logout", "acme"], "").code, 0);
        for kind in ["--id", "--access"] {
            let ran = world.poolkey(&["token", "acme", kind], "");
            assert_eq!((ran.code, &*ran.out), (10, ""), "{ran:?}");
        }
    });
}

#[test]
fn the_console_opens_with_a_profiles_keys() {
    story(Setup::default(), |world| {
        let signin = format!("signin_endpoint = \"{}\"\n", world.road.url());
        world.configure(&format!("{}{signin}", world.usual_config()));
        until("it is read", 10, || {
            world.status().snapshot.config.is_none()
        });
        let ran = world.poolkey(&["console", "dev", "--print-url"], "");
        assert_eq!((ran.code, &*ran.out), (10, ""), "{ran:?}");

        world.sign_in();
        // A length that the enhanced flow does not allow is told of, and is no failure.
        let ran = print(
            world,
            &["console", "dev", "s3", "--print-url", "--duration", "4h"],
        );
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.err.contains("it ends with the keys"), "{ran:?}");
        let url = ran.out.trim_end();
        assert!(url.contains("/federation?Action=login&"), "{url}");
        let mut page = ureq::get(url).call().unwrap();
        let page = page.body_mut().read_to_string().unwrap();
        assert!(page.contains("Console of the sandbox"), "{page}");

        world.road.cut();
        let ran = world.poolkey(&["console", "dev", "--json"], "");
        assert_eq!((ran.code, &*ran.out), (13, ""), "{ran:?}");
        world.road.mend();
        assert_eq!(world.poolkey(&["logout", "acme"], "").code, 0);
        let ran = world.poolkey(&["console", "dev", "--json"], "");
        assert_eq!((ran.code, &*ran.out), (10, ""), "{ran:?}");
    });
}

/// What is printed is meant to be secret, so that it is not among the logs.
fn print(world: &World, args: &[&str]) -> Ran {
    Ran::of(world.command(program("poolkey")).args(args), "")
}

fn token(world: &World, args: &[&str]) -> String {
    let ran = print(world, &[&["token"], args].concat());
    assert_eq!((ran.code, &*ran.err), (0, ""), "{ran:?}");
    ran.out.trim_end().to_owned()
}

/// What the user pool says of whose access token it is.
fn of_user(world: &World, access: &str) -> Value {
    world
        .sandbox
        .call("GetUser", &json!({"AccessToken": access}))
}

/// So many ask at once, for one kind and the other by turns.
fn crowd(world: &World) -> Vec<String> {
    let children: Vec<Child> = (0..CROWD)
        .map(|n| {
            let mut command = world.command(program("poolkey"));
            command
                .args(["token", "acme", ["--id", "--access"][n % 2]])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let said = children.into_iter().map(|child| {
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && told.is_empty(), "{told}");
        String::from_utf8(output.stdout).unwrap()
    });
    said.collect()
}
