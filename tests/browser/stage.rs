//! A world with a browser in it, and the login `acme` that is proven there.

use std::fs;

use poolkey_tests::{
    Chromium, Doorman, Ran, Setup, Terminal, World, free_port, program, story, until,
};
use serde_json::{Value, json};

use crate::tools;

/// Plays a test in such a world, or says that it cannot be played here.
pub(crate) fn play(setup: Setup, act: impl FnOnce(&mut World, &Doorman, &Chromium)) {
    if std::env::var_os("POOLKEY_BROWSER_TOOLS").is_none() {
        println!("SKIPPED: run scripts/test-browser");
        return;
    }
    let setup = Setup {
        tools: &["chromium", "chromedriver", "node"],
        ..setup
    };
    story(setup, |world| {
        let doorman = Doorman::of(world);
        let chromium = Chromium::start("en");
        act(world, &doorman, &chromium);
    });
}

/// A world whose pool has managed login, and whose app client takes these redirect URIs. The browser
/// is sent to the second of them after a sign-out.
pub(crate) fn managed(redirect_uris: &[String]) -> Setup {
    Setup {
        seed: json!({"client": {"callback_urls": redirect_uris, "logout_urls": redirect_uris}}),
        ..Setup::default()
    }
}

/// One login `acme` of managed login, with one profile `dev`; `more` are lines of the login.
pub(crate) fn config(
    url: &str,
    ids: impl Fn(&str) -> String,
    redirect_uris: &[String],
    more: &str,
) -> String {
    format!(
        "[login.acme]\nuser_pool_id = \"{}\"\nclient_id = \"{}\"\nendpoint = \"{url}\"\n\
         domain = \"{url}\"\nredirect_uris = {redirect_uris:?}\n{more}\n\
         [profile.dev]\nlogin = \"acme\"\nidentity_pool_id = \"{}\"\nendpoint = \"{url}\"\n\
         sts_endpoint = \"{url}\"\n",
        ids("user_pool_id"),
        ids("client_id"),
        ids("identity_pool_id"),
    )
}

/// The same for the pool of the sandbox.
pub(crate) fn at_sandbox(world: &World, redirect_uris: &[String], more: &str) -> String {
    let id = |name: &str| world.chain[name].as_str().unwrap().to_owned();
    config(&world.road.url(), id, redirect_uris, more)
}

/// Writes `profiles.toml` and waits until the daemon has read it.
pub(crate) fn configure(world: &World, text: &str) {
    let read = || world.daemon_said().matches("configured logins").count();
    let before = read();
    world.configure(text);
    until("the daemon has read it", 10, || read() > before);
}

/// What the page says that the browser ends on.
pub(crate) const BACK: &str = "You can go back to Poolkey";

/// Fills the form of a pool's page, or of the provider's.
pub(crate) fn fills(chromium: &Chromium, (username, password): (&str, &str)) {
    chromium.types("username", username);
    chromium.types("password", password);
    chromium.clicks("Sign in");
}

/// Says that whoever signed in is who was meant, and waits for the end of the command.
pub(crate) fn keeps(world: &mut World, mut terminal: Terminal) -> String {
    terminal.answer("Keep this sign-in? [Y/n]: ", "");
    let (code, shown) = world.close(terminal);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("Signed in to “acme”"), "{shown}");
    shown
}

/// The pool's own user signs in, from the command to the keys.
pub(crate) fn signs_in(world: &mut World, doorman: &Doorman, chromium: &Chromium) {
    let password = world.password().to_owned();
    let times = doorman.sent().len();
    let terminal = world.terminal(&["login", "acme"]);
    chromium.goes(&doorman.sent_for_the(times + 1));
    fills(chromium, ("alice", &password));
    chromium.reads(BACK);
    keeps(world, terminal);
}

/// Who the AWS CLI is with the keys of `dev`, by the STS at this address.
pub(crate) fn caller(world: &World, sts: &str) -> Value {
    let config = world.home().join("aws-config");
    let shim = program("poolkey-credential-process");
    let text = format!(
        "[profile dev]\nregion = us-east-1\ncredential_process = \"{}\" dev\n",
        shim.display()
    );
    fs::write(&config, text).unwrap();
    let mut command = world.command(tools().join("venv/bin/aws"));
    command
        .args(["sts", "get-caller-identity", "--profile", "dev"])
        .args(["--output", "json", "--endpoint-url", sts])
        .env("AWS_CONFIG_FILE", &config)
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("POOLKEY_NO_START", "1");
    let ran = Ran::of(&mut command, "");
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.out).unwrap()
}

/// Addresses of this machine to come back to, each on a port that was free a moment ago.
pub(crate) fn redirect_uris(count: usize) -> Vec<String> {
    let uri = |_| format!("http://127.0.0.1:{}/callback", free_port());
    (0..count).map(uri).collect()
}

/// The port of such an address.
pub(crate) fn port_of(uri: &str) -> u16 {
    let rest = uri.strip_prefix("http://").unwrap();
    let authority = rest.split('/').next().unwrap();
    authority.rsplit(':').next().unwrap().parse().unwrap()
}
