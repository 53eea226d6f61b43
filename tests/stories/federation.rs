//! Somebody of an OpenID provider that feeds the identity pool directly.

use poolkey_tests::{Doorman, Ran, Setup, World, story, until};
use serde_json::{Value, json};

const DEVELOPER: &str = "arn:aws:iam::000000000000:role/Developer";
const LIFE: u32 = 12;

fn setup() -> Setup {
    Setup {
        keys_seconds: LIFE,
        id_token_seconds: 20,
        tools: &["aws"],
        seed: json!({
            "idp": { "name": "Office" },
            "identity_pool": { "classic": true, "oidc_providers": [
                { "issuer": "/_idp/Office", "client_ids": ["desktop"] },
            ] },
        }),
        ..Setup::default()
    }
}

/// Two profiles of the login `office`: by either flow of the identity pool.
fn configure(world: &World) {
    let (pool, url) = (&world.chain["identity_pool_id"], world.road.url());
    let profile = |name: &str, lines: &str| {
        format!(
            "[profile.{name}]\nlogin = \"office\"\nidentity_pool_id = {pool}\n\
             endpoint = \"{url}\"\nsts_endpoint = \"{url}\"\n{lines}"
        )
    };
    let text = format!(
        "[login.office]\nissuer = \"{}/_idp/Office\"\nclient_id = \"desktop\"\n\
         scopes = [\"openid\", \"email\", \"offline_access\"]\n{}{}",
        world.sandbox.url(),
        profile("desk", ""),
        profile(
            "door",
            &format!("flow = \"classic\"\nrole_arn = \"{DEVELOPER}\"\n"),
        ),
    );
    world.configure(&text);
    until("it is read", 10, || {
        let snapshot = world.status().snapshot;
        assert_eq!(snapshot.config, None);
        snapshot.profiles.len() == 2
    });
}

/// Signs somebody in at the provider: a browser that fills the one form and goes where it is sent.
fn signs_in(world: &mut World, doorman: &Doorman, subject: &str) {
    let times = doorman.sent().len();
    let mut terminal = world.terminal(&["login", "office"]);
    let link = doorman.sent_for_the(times + 1);
    let mut curl = world.command("curl");
    curl.args(["--silent", "--show-error", "--fail", "--location"])
        .args(["--cookie", "idp-csrf=same", "--data", "_csrf=same"])
        .args(["--data-urlencode", &format!("subject={subject}")])
        .args(["--output", "/dev/null", &link]);
    let ran = Ran::of(&mut curl, "");
    assert_eq!(ran.code, 0, "{ran:?}");
    terminal.answer("Keep this sign-in? [Y/n]: ", "");
    let (code, shown) = world.close(terminal);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains(&format!("{subject}@example.com")), "{shown}");
}

fn session(name: &str) -> String {
    format!("arn:aws:sts::000000000000:assumed-role/Developer/{name}")
}

/// How often an operation went well.
fn done(world: &World, operation: &str) -> usize {
    let calls = world.sandbox.calls_of(operation);
    calls.iter().filter(|call| call["outcome"] == "ok").count()
}

#[test]
fn somebody_of_a_provider_reaches_their_role_and_stays_there() {
    story(setup(), |world| {
        let lifetimes = json!({ "web_identity_seconds": LIFE });
        world.sandbox.lifetimes(&lifetimes);
        let doorman = Doorman::of(world);
        world.stop_daemon();
        world.start_daemon();
        configure(world);
        signs_in(world, &doorman, "ada");

        let enhanced = session("CognitoIdentityCredentials");
        assert_eq!(world.caller("desk"), enhanced);
        let classic = world.caller("door");
        assert!(classic.starts_with(&session("ada")), "{classic}");
        let made = |world: &World| {
            [
                done(world, "GetCredentialsForIdentity"),
                done(world, "AssumeRoleWithWebIdentity"),
                // The first is the sign-in itself.
                done(world, "idp/token").saturating_sub(1),
            ]
        };
        let before = made(world);
        until("keys and tokens are renewed twice", 90, || {
            let so_far = made(world);
            so_far
                .iter()
                .zip(before)
                .all(|(now, then)| *now >= then + 2)
        });
        assert_eq!(world.caller("desk"), enhanced);
        assert_eq!(world.caller("door"), classic);

        // The provider's own refresh token was kept, and serves after a start.
        world.kill_daemon();
        world.start_daemon();
        assert_eq!(world.caller("desk"), enhanced);
        assert_eq!(doorman.sent().len(), 1, "the browser is asked once");
        assert_eq!(world.sandbox.calls("GetId"), 1, "one identity for both");
        let refused: Vec<Value> = ["GetCredentialsForIdentity", "GetOpenIdToken", "GetId"]
            .into_iter()
            .flat_map(|operation| world.sandbox.calls_of(operation))
            .filter(|call| call["outcome"] != "ok")
            .collect();
        assert!(refused.is_empty(), "{refused:?}");
    });
}
