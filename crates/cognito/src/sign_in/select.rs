//! Where the pool offers several ways: what the person chooses from, and what becomes of the choice.

use poolkey_core::conversation::{ChoiceOf, Factor, Question, Way};

use super::exchange::Parameters;
use super::follow::{Hand, Next, PASSKEY, out_of_place, strange, unsupported};
use super::{SignIn, Turn, ways};
use crate::app::{self, By};
use crate::classify::Refusal;

impl SignIn<'_> {
    /// `SELECT_CHALLENGE`: how to sign in.
    pub(super) async fn select_first(&mut self) -> Result<Next, Refusal> {
        let names = ways::available(&self.thread.parameters);
        let (mut factors, mut elsewhere) = ways::first(&names);
        if self.spec.managed_login.is_some() {
            // The pool's own pages can show a passkey: see [`ways::leads_to_browser`].
            factors.append(&mut elsewhere);
        }
        match (factors.as_slice(), elsewhere.as_slice()) {
            ([], []) => Err(self.none_of(&names)),
            ([], [_, ..]) => Err(unsupported(PASSKEY)),
            ([only], []) if *only != Factor::Passkey => self.choose_first(*only).await,
            ([_, ..], _) => Ok(Next::Asks(Question::Choice {
                choice_of: ChoiceOf::FirstFactor,
                ways: factors
                    .into_iter()
                    .map(|factor| way(factor, None))
                    .collect(),
                elsewhere,
            })),
        }
    }

    /// Takes one of the offered ways.
    async fn choose_first(&mut self, factor: Factor) -> Result<Next, Refusal> {
        let names = ways::available(&self.thread.parameters);
        let Some(name) = ways::name_of(factor, &names).map(str::to_owned) else {
            return Err(out_of_place());
        };
        self.prefer(name.clone());
        if factor == Factor::Password {
            // It goes in one call with the choice.
            return Ok(Next::Asks(self.password()));
        }
        let responses = Parameters::from([("ANSWER".into(), name)]);
        self.respond(responses, &[]).await.map(Next::from)
    }

    /// `SELECT_MFA_TYPE`: which second factor to show.
    pub(super) async fn select_second(&mut self) -> Result<Next, Refusal> {
        let names = ways::list(self.parameter("MFAS_CAN_CHOOSE").unwrap_or_default());
        let factors = ways::second(&names);
        let Some(first) = factors.first().copied() else {
            return Err(self.none_of(&names));
        };
        if factors.len() == 1 {
            return self.choose_second(first).await;
        }
        let destination = self.parameter("CODE_DELIVERY_DESTINATION");
        // One destination tells only where the one way that has one leads.
        let sent = factors.iter().filter(|factor| **factor != Factor::App);
        let destination = destination.filter(|_| sent.count() == 1);
        let ways = factors
            .iter()
            .map(|factor| way(*factor, destination.filter(|_| *factor != Factor::App)))
            .collect();
        Ok(Next::Asks(Question::Choice {
            choice_of: ChoiceOf::SecondFactor,
            ways,
            elsewhere: Vec::new(),
        }))
    }

    async fn choose_second(&mut self, factor: Factor) -> Result<Next, Refusal> {
        let names = ways::list(self.parameter("MFAS_CAN_CHOOSE").unwrap_or_default());
        let Some(name) = ways::name_of(factor, &names) else {
            return Err(out_of_place());
        };
        let responses = Parameters::from([("ANSWER".into(), name.to_owned())]);
        self.respond(responses, &[]).await.map(Next::from)
    }

    /// `MFA_SETUP`: which second factor to set up.
    pub(super) async fn select_set_up(&mut self) -> Result<Question, Refusal> {
        let names = ways::list(self.parameter("MFAS_CAN_SETUP").unwrap_or_default());
        let factors = ways::second(&names);
        let (here, elsewhere): (Vec<_>, Vec<_>) = factors
            .into_iter()
            .partition(|factor| *factor != Factor::Sms);
        match (here.as_slice(), elsewhere.as_slice()) {
            ([], []) => Err(self.none_of(&names)),
            ([], [_, ..]) => Err(unsupported(
                "The user pool asks for a code sent by SMS (MFA_SETUP), and the user has no phone \
                 number: an administrator must add one.",
            )),
            ([only], _) => self.set_up(*only).await,
            ([_, ..], _) => Ok(Question::Choice {
                choice_of: ChoiceOf::SetUp,
                ways: here.iter().map(|factor| way(*factor, None)).collect(),
                elsewhere,
            }),
        }
    }

    /// Begins to set a second factor up.
    pub(super) async fn set_up(&mut self, factor: Factor) -> Result<Question, Refusal> {
        match factor {
            Factor::App => {}
            // The address is the person's to tell, and is proven by the code that follows.
            Factor::Email => {
                return Ok(Question::Attributes {
                    names: vec!["email".into()],
                });
            }
            Factor::Sms | Factor::Password | Factor::Passkey => return Err(out_of_place()),
        }
        let Some(session) = self.thread.session.clone() else {
            return Err(strange("Cognito gave no session to set a second factor up"));
        };
        let key = app::associate(self.cognito, self.spec, By::Session(&session)).await?;
        self.thread.session = Some(key.session.unwrap_or(session));
        Ok(app::question(self.spec, &self.thread, &key.key))
    }

    /// Takes one of the ways that a question offered.
    pub(super) async fn choose(
        &mut self,
        choice_of: ChoiceOf,
        factor: Factor,
    ) -> Result<Turn, Refusal> {
        let next = match choice_of {
            ChoiceOf::FirstFactor => self.choose_first(factor).await?,
            ChoiceOf::SecondFactor => self.choose_second(factor).await?,
            ChoiceOf::SetUp => Next::Asks(self.set_up(factor).await?),
        };
        match next {
            Next::Heard(reply) => self.follow(*reply, Hand::default()).await,
            Next::Asks(question) => Ok(Turn::Asks(question)),
        }
    }

    fn none_of(&self, names: &[String]) -> Refusal {
        let offered = if names.is_empty() {
            "nothing".to_owned()
        } else {
            names.join(", ")
        };
        unsupported(format!(
            "The user pool offers {offered} ({}), which this version of Poolkey cannot answer.",
            self.challenge()
        ))
    }
}

fn way(factor: Factor, destination: Option<&str>) -> Way {
    Way {
        factor,
        destination: destination.map(str::to_owned),
    }
}
