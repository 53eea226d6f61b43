//! A conversation with somebody who answers as the test tells.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test program takes what it needs, and may fail"
)]

use std::collections::BTreeMap;

use poolkey_cognito::Cognito;
use poolkey_core::config::LoginSpec;
use poolkey_core::conversation::{Account, Answer, Goal, Outcome, Question, Step, Thread};
use poolkey_core::fault::Fault;
use poolkey_core::secret::Secret;

/// A conversation at its last question.
pub struct Talk<'a> {
    cognito: &'a Cognito,
    spec: &'a LoginSpec,
    pub thread: Thread,
    pub question: Question,
    pub problem: Option<Fault>,
}

impl<'a> Talk<'a> {
    /// Begins one that asks something.
    pub async fn begin(cognito: &'a Cognito, spec: &'a LoginSpec, thread: Thread) -> Self {
        let step = cognito.begin(spec, thread).await;
        Self::at(cognito, spec, step)
    }

    /// At the question of this step.
    pub fn at(cognito: &'a Cognito, spec: &'a LoginSpec, step: Result<Step, Fault>) -> Self {
        let Ok(Step::Ask {
            thread,
            question,
            problem,
        }) = step
        else {
            panic!("no question: {step:?}")
        };
        assert_eq!(thread.asked.as_ref(), Some(&question));
        Self {
            cognito,
            spec,
            thread,
            question,
            problem,
        }
    }

    /// Takes one more step.
    pub async fn step(&self, answer: Answer) -> Result<Step, Fault> {
        assert!(answer.is_to(&self.question), "{:?}", self.question);
        let thread = self.thread.clone();
        self.cognito.answer(self.spec, thread, answer).await
    }

    /// To the next question, which comes without a problem.
    pub async fn go(self, answer: Answer) -> Self {
        let talk = Self::at(self.cognito, self.spec, self.step(answer).await);
        assert_eq!(talk.problem, None, "{:?}", talk.question);
        talk
    }

    /// To the next question, which names a problem with this in its text.
    pub async fn trip(self, answer: Answer, text: &str) -> Self {
        let talk = Self::at(self.cognito, self.spec, self.step(answer).await);
        let told = talk.problem.as_ref().map(|fault| fault.text.as_str());
        assert!(told.unwrap_or_default().contains(text), "{told:?}");
        talk
    }

    /// To the end.
    pub async fn end(self, answer: Answer) -> Outcome {
        outcome(self.step(answer).await).0
    }

    /// To the end, which is a fault.
    pub async fn fail(self, answer: Answer) -> Fault {
        self.step(answer).await.unwrap_err()
    }
}

/// What a conversation came to, and the client secret that it learnt.
pub fn outcome(step: Result<Step, Fault>) -> (Outcome, Option<Secret>) {
    let Ok(Step::Finished {
        outcome,
        client_secret,
    }) = step
    else {
        panic!("no outcome: {step:?}")
    };
    (outcome, client_secret)
}

/// What the pool knows of whoever has this access token.
pub async fn show(cognito: &Cognito, spec: &LoginSpec, access: &Secret) -> Account {
    let step = cognito.begin(spec, signed_in_for(Goal::Show, access)).await;
    let (shown, _) = outcome(step);
    let Outcome::Account(account) = shown else {
        panic!("{shown:?}")
    };
    account
}

/// Somebody who wants this and is known by name.
pub fn known(goal: Goal) -> Thread {
    Thread {
        username: Some("ada".into()),
        ..unknown(goal)
    }
}

/// Somebody whose name has to be asked for.
pub fn unknown(goal: Goal) -> Thread {
    Thread {
        goal,
        login: Some("acme".parse().unwrap()),
        ..Thread::default()
    }
}

/// Somebody who is signed in.
pub fn signed_in_for(goal: Goal, access_token: &Secret) -> Thread {
    assert!(goal.needs_session());
    Thread {
        access_token: Some(access_token.clone()),
        ..known(goal)
    }
}

pub fn name(text: &str) -> Answer {
    Answer::Username(text.into())
}

pub fn code(text: &str) -> Answer {
    Answer::Code(Secret::new(text))
}

pub fn new_password(text: &str) -> Answer {
    Answer::NewPassword {
        password: Secret::new(text),
        attributes: BTreeMap::new(),
    }
}

pub fn attributes(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
