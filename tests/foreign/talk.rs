//! A conversation that is followed question by question.

use poolkey_cognito::Cognito;
use poolkey_core::config::LoginSpec;
use poolkey_core::conversation::{Answer, Outcome, Question, Step, Thread};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::session::Tokens;

/// Where a conversation stands.
pub(crate) struct Talk<'a> {
    cognito: &'a Cognito,
    spec: &'a LoginSpec,
    step: Step,
}

impl<'a> Talk<'a> {
    pub(crate) async fn begin(cognito: &'a Cognito, spec: &'a LoginSpec, thread: Thread) -> Self {
        let step = cognito.begin(spec, thread).await.unwrap();
        Self {
            cognito,
            spec,
            step,
        }
    }

    /// What is asked now.
    pub(crate) fn asked(&self) -> &Question {
        let Step::Ask { question, .. } = &self.step else {
            panic!("nothing is asked: {:?}", self.step);
        };
        question
    }

    /// What was wrong with the last answer.
    pub(crate) fn problem(&self) -> Option<&Fault> {
        let Step::Ask { problem, .. } = &self.step else {
            panic!("nothing is asked: {:?}", self.step);
        };
        problem.as_ref()
    }

    /// Answers; the conversation goes on.
    pub(crate) async fn say(&mut self, answer: Answer) {
        self.try_say(answer).await.unwrap();
    }

    /// Answers; it goes on or breaks off.
    pub(crate) async fn try_say(&mut self, answer: Answer) -> Result<(), Fault> {
        let Step::Ask { thread, .. } = self.step.clone() else {
            panic!("nothing is asked: {:?}", self.step);
        };
        self.step = self.cognito.answer(self.spec, thread, answer).await?;
        Ok(())
    }

    /// Answers wrongly: the same is asked once more, and it is said why.
    pub(crate) async fn err(&mut self, answer: Answer) {
        let asked = self.asked().clone();
        self.say(answer).await;
        assert_eq!(self.asked(), &asked);
        let fault = self.problem().expect("it was wrong");
        assert_eq!(fault.kind, FaultKind::Wrong, "{fault}");
    }

    /// The tokens at its end.
    pub(crate) fn tokens(self) -> Tokens {
        let Step::Done { tokens, .. } = self.step else {
            panic!("nobody is signed in: {:?}", self.step);
        };
        *tokens
    }

    /// What it came to.
    pub(crate) fn outcome(self) -> Outcome {
        let Step::Finished { outcome, .. } = self.step else {
            panic!("it is not done: {:?}", self.step);
        };
        outcome
    }
}

pub(crate) fn code(text: &str) -> Answer {
    Answer::Code(Secret::new(text))
}

pub(crate) fn password(text: &str) -> Answer {
    Answer::Password(Secret::new(text))
}

pub(crate) fn new_password(text: &str) -> Answer {
    Answer::NewPassword {
        password: Secret::new(text),
        attributes: std::collections::BTreeMap::new(),
    }
}
