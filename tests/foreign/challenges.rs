//! What a pool asks beyond the password, as far as ministack is right about it: it does not look at
//! the `Session` of NEW_PASSWORD_REQUIRED and SOFTWARE_TOKEN_MFA, and knows neither devices nor
//! USER_AUTH nor MFA_SETUP.

use poolkey_core::config::{Flow, LoginSpec};
use poolkey_core::conversation::{
    Answer, CodeFor, Factor, FactorState, Goal, Medium, Outcome, Question, Thread,
};
use poolkey_core::secret::Secret;

use crate::person::Person;
use crate::talk::{Talk, code, new_password, password};
use crate::{Chain, cognito, specs};

#[tokio::test]
async fn a_temporary_password_is_replaced() {
    let Some(chain) = Chain::given() else { return };
    let cognito = cognito();
    let spec = chain.login(Flow::UserSrp);
    let mut talk = Talk::begin(&cognito, &spec, by("new@example.com")).await;
    talk.say(password(chain.text("password"))).await;
    assert!(
        matches!(talk.asked(), Question::NewPassword { .. }),
        "{:?}",
        talk.asked()
    );
    talk.say(new_password("Brand-New-Passw0rd!")).await;
    assert!(talk.tokens().refresh_token.is_some());
    let person = Person {
        username: "new@example.com",
        password: "Brand-New-Passw0rd!",
        client_secret: None,
    };
    assert!(person.sign_in(&cognito, &spec).await.is_ok());
}

#[tokio::test]
async fn an_authenticator_app_is_set_up_asked_for_and_taken_away() {
    let Some(chain) = Chain::given() else { return };
    let cognito = cognito();
    let spec = guarded(&chain, Flow::UserSrp);
    let signed_in = |tokens: &poolkey_core::session::Tokens, goal| Thread {
        access_token: tokens.access.as_ref().map(|access| access.token.clone()),
        goal,
        ..by("tess")
    };
    let mut talk = Talk::begin(&cognito, &spec, by("tess")).await;
    talk.say(password(chain.text("password"))).await;
    let tokens = talk.tokens();

    let mut talk = Talk::begin(&cognito, &spec, signed_in(&tokens, Goal::SetUpApp)).await;
    let Question::AppSetup { key, uri } = talk.asked().clone() else {
        panic!("{:?}", talk.asked());
    };
    assert!(uri.expose().starts_with("otpauth://totp/"));
    assert!(uri.expose().contains(key.expose()));
    let answer = |text: &str| Answer::AppSetup {
        code: Secret::new(text),
        device_name: Some("phone".to_owned()),
    };
    talk.err(answer("000000")).await;
    talk.say(answer(&spaced(&shown(&key)))).await;
    assert_eq!(talk.outcome(), Outcome::Done);

    let mut talk = Talk::begin(&cognito, &spec, by("tess")).await;
    talk.say(password(chain.text("password"))).await;
    assert!(
        matches!(
            talk.asked(),
            Question::Code {
                code_for: CodeFor::SignIn,
                medium: Medium::App,
                can_resend: false,
                ..
            }
        ),
        "{:?}",
        talk.asked()
    );
    talk.err(code("000000")).await;
    talk.say(code(&spaced(&shown(&key)))).await;
    let tokens = talk.tokens();

    let off = Goal::SetFactor {
        factor: Factor::App,
        state: FactorState::Off,
    };
    let talk = Talk::begin(&cognito, &spec, signed_in(&tokens, off)).await;
    assert_eq!(talk.outcome(), Outcome::Done);
    let mut talk = Talk::begin(&cognito, &spec, by("tess")).await;
    talk.say(password(chain.text("password"))).await;
    assert!(talk.tokens().refresh_token.is_some());
}

/// The triggers in `seed.py` ask for a colour, and give three tries.
#[tokio::test]
async fn the_pools_own_question_is_shown_and_answered() {
    let Some(chain) = Chain::given() else { return };
    let cognito = cognito();
    for flow in [Flow::Custom, Flow::CustomSrp] {
        let spec = guarded(&chain, flow);
        let mut talk = Talk::begin(&cognito, &spec, by("cora")).await;
        if flow == Flow::CustomSrp {
            talk.err(password("Not-the-passw0rd!")).await;
            talk.say(password(chain.text("password"))).await;
        }
        let Question::Custom { parameters } = talk.asked() else {
            panic!("{flow:?}: {:?}", talk.asked());
        };
        assert_eq!(parameters["question"], "The colour of the house?");
        // The pool asks again of its own accord, so that is no mistake of the conversation's.
        // ministack counts the password's two rounds among the three that it allows.
        if flow == Flow::Custom {
            talk.say(Answer::Custom(Secret::new("blue"))).await;
            assert!(matches!(talk.asked(), Question::Custom { .. }));
        }
        talk.say(Answer::Custom(Secret::new("green"))).await;
        assert!(talk.tokens().refresh_token.is_some());

        let mut talk = Talk::begin(&cognito, &spec, by("cora")).await;
        if flow == Flow::CustomSrp {
            talk.say(password(chain.text("password"))).await;
        }
        // Too many wrong ones end the sign-in, by the triggers' word or, sooner, by ministack's own,
        // which Poolkey does not know.
        let mut ended = None;
        for _ in 0..3 {
            match talk.try_say(Answer::Custom(Secret::new("blue"))).await {
                Ok(()) => ended = talk.problem().cloned(),
                Err(fault) => {
                    assert!(fault.text.contains("attempts exceeded"), "{fault}");
                    ended = Some(fault);
                    break;
                }
            }
        }
        let ended = ended.expect("three were wrong");
        println!("{flow:?} ends: {ended}");
    }
}

/// A login at the pool with an authenticator app and triggers.
fn guarded(chain: &Chain, flow: Flow) -> LoginSpec {
    let (pool, client) = (
        chain.text("guarded_pool_id"),
        chain.text("guarded_client_id"),
    );
    specs::login(pool, client, flow, chain.text("url"))
}

fn by(username: &str) -> Thread {
    Thread {
        username: Some(username.to_owned()),
        ..Thread::default()
    }
}

/// What an authenticator app shows for a key.
fn shown(key: &Secret) -> String {
    let key = totp_rs::Secret::try_from_base32(key.expose()).unwrap();
    totp_rs::Builder::new()
        .with_secret(key)
        .build()
        .unwrap()
        .generate_current()
        .to_string()
}

fn spaced(code: &str) -> String {
    format!("{} {}", &code[..3], &code[3..])
}
