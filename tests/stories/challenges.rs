//! Every way a pool asks, answered at a terminal; each ends with keys from the shim.

use poolkey_core::snapshot::LoginState;
use poolkey_tests::{Setup, Terminal, World, story};
use serde_json::{Value, json};

const APP: &str = "SOFTWARE_TOKEN_MFA";
const KEY: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const SIGNED_IN: &str = "Signed in to “acme” as alice@example.com.";

/// A pool that asks for one of these second factors of a user who has them.
fn factors(factors: &[&str]) -> Value {
    json!({
        "pool": {"mfa": "ON", "factors": factors},
        "user": {"factors": factors, "totp_key": KEY, "phone": "+15550123"},
    })
}

fn asks(seed: Value) -> Setup {
    Setup {
        seed,
        ..Setup::default()
    }
}

/// A sign-in that stands behind its password.
fn begin(world: &mut World) -> Terminal {
    let password = world.password().to_owned();
    let mut terminal = world.terminal(&["login", "acme"]);
    terminal.answer_unseen("Password of alice: ", &password);
    terminal
}

/// Somebody is signed in, and a tool gets keys that work.
fn served(world: &mut World, terminal: Terminal) -> String {
    let (code, shown) = world.close(terminal);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains(SIGNED_IN), "{shown}");
    assert!(world.sts_takes(&world.keys()));
    assert_eq!(world.shim("dev").code, 0);
    shown
}

fn another(code: &str) -> String {
    let (head, last) = code.split_at(code.len() - 1);
    let last = (last.parse::<u8>().unwrap() + 1) % 10;
    format!("{head}{last}")
}

#[test]
fn an_authenticator_apps_code() {
    story(asks(factors(&[APP])), |world| {
        let mut terminal = begin(world);
        let code = world.sandbox.totp(KEY);
        terminal.answer("authenticator app", &another(&code));
        terminal.expect("Invalid code");
        let (one, two) = code.split_at(3);
        terminal.answer("authenticator app", &format!(" {one} {two}"));
        served(world, terminal);
    });
}

#[test]
fn a_code_by_sms() {
    story(asks(factors(&["SMS_MFA"])), |world| {
        let mut terminal = begin(world);
        terminal.expect("Code sent by SMS to +");
        let code = world.sandbox.code_for("alice");
        terminal.type_line(&another(&code));
        terminal.answer("Code sent by SMS to +", &code);
        served(world, terminal);
    });
}

#[test]
fn a_code_by_email() {
    story(asks(factors(&["EMAIL_OTP"])), |world| {
        let mut terminal = begin(world);
        let before = terminal.expect("Code sent by e-mail to ");
        assert!(!before.contains("alice@example.com"), "{before}");
        let code = world.sandbox.code_for("alice");
        terminal.type_line(&another(&code));
        terminal.answer("Code sent by e-mail to ", &code);
        served(world, terminal);
    });
}

#[test]
fn one_of_several_factors_is_chosen() {
    story(asks(factors(&[APP, "SMS_MFA", "EMAIL_OTP"])), |world| {
        let mut terminal = begin(world);
        terminal.expect("How do you want to prove that it is you?");
        terminal.answer("Number (1 to 3): ", "9");
        terminal.answer("Number (1 to 3): ", "sms");
        terminal.expect("Code sent by SMS to ");
        let code = world.sandbox.code_for("alice");
        terminal.type_line(&code);
        served(world, terminal);
    });
}

#[test]
fn a_new_password_and_what_the_pool_wants_to_know() {
    let seed = json!({
        "pool": {"aws": {"Schema": [{"Name": "given_name", "Required": true}]}},
        "user": {"temporary": true},
    });
    story(asks(seed), |world| {
        let new = "Another-Passw0rd-2718";
        world.add_secret("new password", new);
        let mut terminal = begin(world);
        for (first, second) in [("Aa1!", "Aa1!"), (new, "Other-Passw0rd-31"), (new, new)] {
            terminal.answer_unseen("New password of alice: ", first);
            terminal.answer_unseen("Once more: ", second);
            if first == second {
                terminal.answer("Given name", if first == new { "" } else { "Alice" });
            } else {
                terminal.expect("The two are not the same.");
            }
            if first == "Aa1!" {
                terminal.expect("long");
            }
        }
        served(world, terminal);
        assert_eq!(world.poolkey(&["logout", "acme"], "").code, 0);
        let ran = world.poolkey(&["login", "acme"], &format!("{new}\n"));
        assert_eq!(ran.code, 0, "{ran:?}");
    });
}

/// The longest chain at a first sign-in that a pool produces; the next is shorter.
#[test]
fn a_new_password_then_an_app_then_a_device() {
    let seed = json!({
        "pool": {"mfa": "ON", "factors": [APP], "devices": "ask"},
        "user": {"temporary": true},
    });
    story(asks(seed), |world| {
        let new = "Another-Passw0rd-2718";
        world.add_secret("new password", new);
        let mut terminal = begin(world);
        terminal.answer_unseen("New password of alice: ", new);
        terminal.answer_unseen("Once more: ", new);
        let key = read_key(&mut terminal);
        terminal.answer("Name for this device [none]: ", "phone");
        let code = world.sandbox.totp(&key);
        terminal.answer("Code that the app shows: ", &another(&code));
        terminal.answer("Code that the app shows: ", &code);
        terminal.answer("(y/n): ", "y");
        let shown = served(world, terminal);
        assert!(
            shown.contains('█') || shown.contains('▀'),
            "a QR code: {shown}"
        );

        assert_eq!(world.poolkey(&["logout", "acme"], "").code, 0);
        world.sandbox.later(31);
        let mut terminal = world.terminal(&["login", "acme"]);
        terminal.answer_unseen("Password of alice: ", new);
        terminal.expect("Code of your authenticator app “phone”: ");
        let code = world.sandbox.totp(&key);
        terminal.type_line(&code);
        terminal.answer("(y/n): ", "n");
        served(world, terminal);
    });
}

/// The key as it is shown for those who type it.
fn read_key(terminal: &mut Terminal) -> String {
    terminal.expect("type the key into it:");
    let shown = terminal.expect("(Type");
    shown.split_whitespace().collect()
}

const WAYS: &[&str] = &["PASSWORD", "EMAIL_OTP", "SMS_OTP"];

fn chooses(login: &'static str) -> Setup {
    Setup {
        login,
        ..asks(json!({
            "pool": {"first_factors": WAYS},
            "client": {"flows": ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
            "user": {"phone": "+15550123"},
        }))
    }
}

#[test]
fn the_first_step_is_chosen() {
    story(chooses("flow = \"USER_AUTH\"\n"), |world| {
        let mut terminal = world.terminal(&["login", "acme"]);
        terminal.expect("How do you want to sign in?");
        terminal.answer("Number (1 to 3): ", "email");
        terminal.expect("Code sent by e-mail to ");
        let code = world.sandbox.code_for("alice");
        terminal.type_line(&another(&code));
        terminal.answer("Code sent by e-mail to ", &code);
        served(world, terminal);

        assert_eq!(world.poolkey(&["logout", "acme"], "").code, 0);
        let password = world.password().to_owned();
        let mut terminal = world.terminal(&["login", "acme", "--factor", "password"]);
        terminal.answer_unseen("Password of alice: ", "Wrong-Passw0rd-31");
        terminal.answer_unseen("Password of alice: ", &password);
        served(world, terminal);
        let proven = world.sandbox.calls_of("RespondToAuthChallenge");
        let by_srp = proven
            .iter()
            .any(|call| call["flow"] == "PASSWORD_VERIFIER");
        assert!(by_srp, "the password itself stayed here: {proven:?}");
    });
}

#[test]
fn the_first_step_is_preferred() {
    let login = "flow = \"USER_AUTH\"\npreferred_challenge = \"SMS_OTP\"\n";
    story(chooses(login), |world| {
        let mut terminal = world.terminal(&["login", "acme"]);
        terminal.expect("Code sent by SMS to ");
        let code = world.sandbox.code_for("alice");
        terminal.type_line(&code);
        served(world, terminal);
    });
}

/// A password by choice, and then the second factor that the user has.
#[test]
fn a_chosen_password_then_a_code() {
    let setup = Setup {
        login: "flow = \"USER_AUTH\"\n",
        ..asks(json!({
            "pool": {"first_factors": ["PASSWORD"], "mfa": "OPTIONAL", "factors": [APP]},
            "client": {"flows": ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
            "user": {"factors": [APP], "totp_key": KEY},
        }))
    };
    story(setup, |world| {
        let mut terminal = begin(world);
        terminal.expect("authenticator app");
        let code = world.sandbox.totp(KEY);
        terminal.type_line(&code);
        served(world, terminal);
    });
}

fn custom(login: &'static str) -> Setup {
    Setup {
        login,
        ..asks(json!({
            "pool": {"custom": [
                {"parameters": {"question": "The colour of the house?"}, "answer": "green-2718281828"},
                {"parameters": {"question": "How many windows?", "hint": "odd"}, "answer": "seven"},
            ]},
            "client": {"flows": [
                "ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH",
            ]},
        }))
    }
}

#[test]
fn questions_of_the_pools_own() {
    story(custom("flow = \"CUSTOM_AUTH\"\n"), |world| {
        let mut terminal = world.terminal(&["login", "acme"]);
        terminal.answer("The colour of the house? ", "green-2718281828");
        terminal.expect("hint: odd");
        terminal.answer("How many windows? ", "seven");
        served(world, terminal);
    });
}

#[test]
fn questions_of_the_pools_own_after_the_password() {
    story(custom("flow = \"CUSTOM_AUTH_SRP\"\n"), |world| {
        let password = world.password().to_owned();
        let mut terminal = world.terminal(&["login", "acme"]);
        terminal.answer_unseen("Password of alice: ", "Wrong-Passw0rd-31");
        terminal.answer_unseen("Password of alice: ", &password);
        terminal.answer("The colour of the house? ", "green-2718281828");
        terminal.answer("How many windows? ", "seven");
        served(world, terminal);
    });
}

/// Whoever takes too long is asked from the start, but not who they are.
#[test]
fn a_session_that_expires_between_two_questions() {
    story(asks(factors(&["SMS_MFA"])), |world| {
        let password = world.password().to_owned();
        let mut terminal = begin(world);
        terminal.expect("Code sent by SMS to ");
        let code = world.sandbox.code_for("alice");
        world.sandbox.later(200);
        terminal.type_line(&code);
        terminal.expect("took too long");
        terminal.answer_unseen("Password of alice: ", &password);
        terminal.expect("Code sent by SMS to ");
        let code = world.sandbox.code_for("alice");
        terminal.type_line(&code);
        served(world, terminal);
    });
}

#[test]
fn too_many_wrong_passwords_and_some_patience() {
    story(Setup::default(), |world| {
        let password = world.password().to_owned();
        let mut terminal = world.terminal(&["login", "acme"]);
        for _ in 0..5 {
            terminal.answer_unseen("Password of alice: ", "Wrong-Passw0rd-31");
        }
        terminal.answer_unseen("Password of alice: ", &password);
        terminal.expect("Password attempts exceeded. Wait up to 15 minutes");
        terminal.expect("poolkey account forgot-password acme");
        world.sandbox.later(10);
        terminal.answer_unseen("Password of alice: ", &password);
        served(world, terminal);
    });
}

/// Whatever is open when a person gives up, nothing of it stays.
#[test]
fn ctrl_c_leaves_nothing() {
    let seed = json!({
        "pool": {"mfa": "ON", "factors": [APP], "devices": "ask"},
        "user": {"factors": [APP], "totp_key": KEY},
    });
    story(asks(seed), |world| {
        for at_the_end in [false, true] {
            let mut terminal = begin(world);
            terminal.expect("authenticator app");
            if at_the_end {
                let code = world.sandbox.totp(KEY);
                terminal.type_line(&code);
                terminal.expect("(y/n): ");
            }
            terminal.interrupt();
            let (code, shown) = world.close(terminal);
            assert_eq!(code, 130, "{shown}");
            assert_eq!(world.login().state, LoginState::SignedOut);
            let kept = world.desktop.secrets_of_poolkey();
            assert!(!kept.contains("refresh_token"), "{kept}");
            let revoked = u64::from(at_the_end);
            poolkey_tests::until("its session is ended", 5, || {
                world.sandbox.calls("RevokeToken") == revoked
            });
        }
        assert!(world.try_keys().is_err());
        // And the next sign-in goes its way.
        world.sandbox.later(31);
        let mut terminal = begin(world);
        terminal.expect("authenticator app");
        let code = world.sandbox.totp(KEY);
        terminal.type_line(&code);
        terminal.answer("(y/n): ", "y");
        served(world, terminal);
    });
}

/// The same conversation, led by a program.
#[test]
fn in_lines_of_json() {
    story(asks(factors(&[APP, "SMS_MFA"])), |world| {
        let mut talk = Json::begin(world, &["login", "acme", "--json"]);
        assert_eq!(talk.asked("password")["username"], "alice");
        talk.say(&json!({"kind": "password", "value": "Wrong-Passw0rd-31"}));
        let problem = talk.hear()["problem"]["sentence"].clone();
        assert!(problem.is_string(), "{problem}");
        talk.say(&json!({"kind": "code", "value": "123456"}));
        talk.asked("password");
        talk.say(&json!({"kind": "password", "value": world.password()}));
        assert_eq!(talk.asked("choice")["choice_of"], "second_factor");
        talk.say(&json!({"kind": "choice", "value": "sms"}));
        assert_eq!(talk.asked("code")["medium"], "sms");
        let code = world.sandbox.code_for("alice");
        talk.say(&json!({"kind": "code", "value": format!("{} {}", &code[..3], &code[3..])}));
        let end = talk.hear();
        assert_eq!(end["reply"], "signed_in", "{end}");
        assert_eq!(end["user"]["username"], "alice");
        assert_eq!(talk.end(), 0);
        assert!(world.sts_takes(&world.keys()));
    });
}

/// A program that leads a conversation with `poolkey`.
struct Json {
    child: std::process::Child,
    lines: std::io::BufReader<std::process::ChildStdout>,
}

impl Json {
    fn begin(world: &World, args: &[&str]) -> Self {
        use std::process::Stdio;
        let mut command = world.command(poolkey_tests::program("poolkey"));
        let mut child = command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = std::io::BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        std::io::BufRead::read_line(&mut self.lines, &mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line:?}"))
    }

    fn asked(&mut self, kind: &str) -> Value {
        let mut line = self.hear();
        assert_eq!(line["question"]["kind"], kind, "{line}");
        line["question"].take()
    }

    fn say(&mut self, answer: &Value) {
        use std::io::Write;
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{answer}").unwrap();
    }

    fn end(mut self) -> i32 {
        drop(self.child.stdin.take());
        self.child.wait().unwrap().code().unwrap()
    }
}
