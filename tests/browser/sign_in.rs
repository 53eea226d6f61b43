//! From the command to keys that AWS takes, at each kind of place where people sign in.

use poolkey_tests::{Chromium, Setup, World, until};
use serde_json::json;

use crate::ministack::{self, Ministack};
use crate::provider::{self, Provider, native_client, pool_client};
use crate::stage::{
    BACK, at_sandbox, caller, config, configure, fills, keeps, managed, play, redirect_uris,
};
use crate::stage::{port_of, signs_in};

#[test]
fn a_pool_of_the_sandbox_signs_in_and_its_session_goes_on_by_itself() {
    let uris = redirect_uris(1);
    let setup = Setup {
        // With no grace at all: the token endpoint takes each refresh token once.
        rotation: Some(0),
        keys_seconds: 12,
        id_token_seconds: 15,
        ..managed(&uris)
    };
    play(setup, |world, doorman, chromium| {
        configure(world, &at_sandbox(world, &uris, ""));
        signs_in(world, doorman, chromium);
        chromium_is_at_rest(chromium);
        let sts = world.sandbox.url().to_owned();
        let who = caller(world, &sts);
        let arn = who["Arn"].as_str().unwrap();
        assert!(
            arn.ends_with(":assumed-role/Developer/CognitoIdentityCredentials"),
            "{who}"
        );
        let first = world.keys().access_key_id;

        // One for the code, and three more that nobody asked for.
        until("the session is renewed three times", 60, || {
            world.sandbox.calls("oauth2/token") >= 4
        });
        assert_eq!(world.sandbox.calls("GetTokensFromRefreshToken"), 0);
        assert_eq!(caller(world, &sts)["Arn"], who["Arn"]);
        assert_ne!(world.keys().access_key_id, first);
        assert_eq!(doorman.sent().len(), 1, "the browser is not asked again");

        let ran = world.poolkey(&["logout", "acme"], "");
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(world.shim("dev").code, 10, "nobody is signed in");
    });
}

#[test]
fn ministack_signs_in() {
    let uris = redirect_uris(1);
    play(Setup::default(), |world, doorman, chromium| {
        let ministack = Ministack::start(world, &uris);
        let ids = |name: &str| ministack.text(name).to_owned();
        configure(world, &config(&ministack.url, ids, &uris, ""));
        let password = ministack.text("password").to_owned();
        let terminal = world.terminal(&["login", "acme"]);
        chromium.goes(&doorman.sent_for_the(1));
        fills(chromium, (ministack::ADA, "Not-the-passw0rd!"));
        chromium.reads("Incorrect username or password.");
        fills(chromium, (ministack::ADA, &password));
        chromium.reads(BACK);
        let shown = keeps(world, terminal);
        assert!(shown.contains(ministack::ADA), "{shown}");

        let who = caller(world, &ministack.url);
        let arn = "arn:aws:sts::000000000000:assumed-role/Developer/CognitoIdentityCredentials";
        assert_eq!(who["Arn"], arn, "{who}");
        let first = world.keys().access_key_id;
        world.renew();
        until("there are new keys", 10, || {
            world.keys().access_key_id != first
        });
        assert_eq!(caller(world, &ministack.url)["Arn"], arn);
    });
}

#[test]
fn an_app_client_of_ministack_proves_its_secret_at_the_token_endpoint() {
    let uris = redirect_uris(1);
    play(Setup::default(), |world, doorman, chromium| {
        let ministack = Ministack::start(world, &uris);
        let ids = |name: &str| {
            let private = if name == "client_id" {
                "private_client_id"
            } else {
                name
            };
            ministack.text(private).to_owned()
        };
        configure(world, &config(&ministack.url, ids, &uris, ""));
        let (password, secret) = (ministack.text("password"), ministack.text("client_secret"));
        let (password, secret) = (password.to_owned(), secret.to_owned());
        let mut terminal = world.terminal(&["login", "acme"]);
        chromium.goes(&doorman.sent_for_the(1));
        fills(chromium, (ministack::ADA, &password));
        chromium.reads("Almost there");
        terminal.answer_unseen("Secret of app client", &secret);
        keeps(world, terminal);
        assert_eq!(caller(world, &ministack.url)["Account"], "000000000000");
        world.stop_daemon();
        world.start_daemon();
        // The secret is kept with the session.
        assert_eq!(caller(world, &ministack.url)["Account"], "000000000000");
    });
}

#[test]
fn a_provider_behind_the_pool_signs_in() {
    let uris = redirect_uris(1);
    play(Setup::default(), |world, doorman, chromium| {
        let chain = federated(world, &uris);
        let ids = |name: &str| chain.1[name].as_str().unwrap().to_owned();
        let url = world.road.url();
        // By the provider's name in the pool, by one of its identifiers, and by the pool's page.
        let ways = [
            "identity_provider = \"Neighbour\"",
            "idp_identifier = \"neighbour.example\"",
            "",
        ];
        for (time, way) in ways.into_iter().enumerate() {
            configure(world, &config(&url, ids, &uris, way));
            let another = ["login", "acme", "--another-account"];
            let terminal = world.terminal(if time == 0 { &another[..2] } else { &another });
            chromium.goes(&doorman.sent_for_the(time + 1));
            if way.is_empty() {
                chromium.clicks("Neighbour");
            }
            chromium.reads("Sign in at the provider");
            fills(chromium, provider::ADA);
            chromium.reads(BACK);
            let end = if time == 0 {
                keeps(world, terminal)
            } else {
                world.close(terminal).1
            };
            assert!(end.contains("ada@provider.example"), "{end}");
            assert!(
                caller(world, world.sandbox.url())["Arn"]
                    .as_str()
                    .is_some_and(|arn| arn.contains("/Developer/"))
            );
        }
        assert_eq!(chain.0.granted("authorization_code"), 3);
        assert_eq!(
            world.login().user.unwrap().email.unwrap(),
            "ada@provider.example"
        );
    });
}

#[test]
fn a_provider_that_an_identity_pool_trusts_by_itself_signs_in_and_its_session_goes_on() {
    let setup = Setup {
        keys_seconds: 12,
        ..Setup::default()
    };
    play(setup, |world, doorman, chromium| {
        let (provider, uri) = direct(world, &json!({"IdToken": 15}));
        let terminal = world.terminal(&["login", "acme"]);
        let sent = doorman.sent_for_the(1);
        chromium.goes(&sent);
        fills(chromium, provider::ADA);
        chromium.reads(BACK);
        let shown = keeps(world, terminal);
        assert!(shown.contains("ada@provider.example"), "{shown}");
        // A provider takes whatever port was free (RFC 8252 §7.3).
        assert!(!sent.contains(&format!("{}", port_of(&uri))), "{sent}");

        let sts = world.sandbox.url().to_owned();
        let who = caller(world, &sts);
        assert!(
            who["Arn"].as_str().unwrap().contains("/Developer/"),
            "{who}"
        );
        let first = world.keys().access_key_id;
        until("the session is renewed three times", 60, || {
            provider.granted("refresh_token") >= 3
        });
        // The provider takes a refresh token once: one that came twice would end the session.
        assert_eq!(provider.refused("refresh_token"), 0);
        assert_eq!(provider.happened("grant.revoked"), 0);
        assert_eq!(caller(world, &sts)["Arn"], who["Arn"]);
        assert_ne!(world.keys().access_key_id, first);

        let ran = world.poolkey(&["logout", "acme"], "");
        assert_eq!(ran.code, 0, "{ran:?}");
        until("the provider revoked it", 10, || {
            provider.happened("grant.revoked") == 1
        });
    });
}

/// The login `acme` at a provider, which an identity pool of the sandbox trusts.
pub(crate) fn direct(world: &mut World, ttl: &serde_json::Value) -> (Provider, String) {
    let uri = redirect_uris(1).swap_remove(0);
    let provider = Provider::start(
        world,
        &json!([native_client("desk", std::slice::from_ref(&uri))]),
        ttl,
    );
    let chain = world
        .sandbox
        .seed(&json!({"identity_pool": {"oidc_providers": [
            {"issuer": provider.issuer, "client_ids": ["desk"]},
        ]}}));
    let (url, pool) = (
        world.road.url(),
        chain["identity_pool_id"].as_str().unwrap(),
    );
    configure(
        world,
        &format!(
            "[login.acme]\nissuer = \"{}\"\nclient_id = \"desk\"\n{OFFLINE}\
         [profile.dev]\nlogin = \"acme\"\nidentity_pool_id = \"{pool}\"\nendpoint = \"{url}\"\n\
         sts_endpoint = \"{url}\"\n",
            provider.issuer
        ),
    );
    (provider, uri)
}

/// OpenID Connect Core §11: without it a provider may leave out the refresh token, and this one does.
pub(crate) const OFFLINE: &str = "parameters = {prompt = \"consent\"}\n";

/// A pool of the sandbox before the provider, and what the sandbox tells of it.
fn federated(world: &mut World, uris: &[String]) -> (Provider, serde_json::Value) {
    let secret = "secret-of-the-pool-at-its-neighbour-271828";
    let back = format!("{}/oauth2/idpresponse", world.sandbox.url());
    let clients = json!([pool_client("pool", secret, &back)]);
    let provider = Provider::start(world, &clients, &json!({}));
    world.add_secret("secret of the pool at the provider", secret);
    let chain = world.sandbox.seed(&json!({
        "pool": {"identity_providers": [{
            "name": "Neighbour",
            "issuer": provider.issuer,
            "client_id": "pool",
            "client_secret": secret,
            "identifiers": ["neighbour.example"],
        }]},
        "client": {"callback_urls": uris, "logout_urls": uris},
    }));
    (provider, chain)
}

/// What the browser keeps has no code in it.
fn chromium_is_at_rest(chromium: &Chromium) {
    let address = chromium.address();
    assert!(!address.contains("code="), "{address}");
    assert_eq!(chromium.run("return document.scripts.length"), json!(0));
}
