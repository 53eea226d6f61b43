//! A sign-in: what to ask a person, what becomes of the answer, and what becomes of a refusal.
//!
//! ```text
//!  begin, answer ─▶ answers, anew          what was typed becomes a call
//!                      ├─▶ exchange        InitiateAuth, RespondToAuthChallenge
//!                      ╰─▶ follow          what Cognito wants next; proofs that need nobody
//!                             ├─▶ proofs   of the password at hand, and of the device
//!                             ╰─▶ select   what the person may choose from; ways: Cognito's names
//!                  settle ─┬─▶ a question, in a thread that keeps no password
//!                          ├─▶ done        tokens, and the device that the pool made of this machine
//!                          ╰─▶ refused     the question again, an earlier one, or the end
//! ```

use std::time::Instant;

use poolkey_core::config::{Flow, Preference, UserPoolSpec};
use poolkey_core::conversation::{Answer, Question, Step, Thread};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;

use self::exchange::Parameters;
use self::follow::{Given, Hand};
use crate::Cognito;
use crate::classify::Refusal;

mod anew;
mod answers;
mod done;
mod exchange;
mod follow;
mod proofs;
mod refused;
mod select;
mod ways;

pub(crate) use ways::leads_to_browser;

/// The first question.
pub(crate) async fn begin(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    thread: Thread,
) -> Result<Step, Fault> {
    SignIn::new(cognito, spec, thread).begin(None).await
}

/// The next question, or the end.
pub(crate) async fn answer(
    cognito: &Cognito,
    spec: &UserPoolSpec,
    thread: Thread,
    answer: Answer,
) -> Result<Step, Fault> {
    SignIn::new(cognito, spec, thread).answer(answer).await
}

/// One step of a sign-in.
struct SignIn<'a> {
    cognito: &'a Cognito,
    spec: &'a UserPoolSpec,
    thread: Thread,
    /// Whether Cognito has taken something in this step, so that what was asked last is answered.
    moved: bool,
    /// When the step was begun.
    begun: Instant,
}

/// What a step came to.
enum Turn {
    Asks(Question),
    Tokens(Given),
}

impl<'a> SignIn<'a> {
    fn new(cognito: &'a Cognito, spec: &'a UserPoolSpec, thread: Thread) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "a step takes seconds, and nothing but its own bound is measured by it"
        )]
        let begun = Instant::now();
        Self {
            cognito,
            spec,
            thread,
            moved: false,
            begun,
        }
    }

    /// The first question of the flow, with what is known whatever becomes of a try.
    async fn begin(mut self, problem: Option<Fault>) -> Result<Step, Fault> {
        self.forget();
        if self.thread.username.is_none() {
            let hint = self.spec.username.clone();
            return Ok(self.ask(Question::Username { hint }, problem));
        }
        if self.needs_password() {
            let question = self.password();
            return Ok(self.ask(question, problem));
        }
        let turn = self.start(None).await;
        self.settle(turn, problem).await
    }

    /// Who it is, the client's secret and the device outlive a try.
    fn forget(&mut self) {
        let thread = std::mem::take(&mut self.thread);
        self.thread = Thread {
            login: thread.login,
            username: thread.username,
            client_secret: thread.client_secret,
            device: thread.device,
            ..Thread::default()
        };
        self.moved = false;
    }

    /// Whether the flow begins with a password.
    fn needs_password(&self) -> bool {
        match self.spec.flow {
            Flow::UserSrp | Flow::UserPassword | Flow::AdminUserPassword | Flow::CustomSrp => true,
            Flow::Custom | Flow::Browser => false,
            Flow::UserAuth => matches!(self.preference(), Some("PASSWORD" | "PASSWORD_SRP")),
        }
    }

    fn password(&self) -> Question {
        Question::Password {
            username: self.typed().to_owned(),
        }
    }

    /// `PREFERRED_CHALLENGE`: what the person chose in this sign-in, or else the configuration.
    fn preference(&self) -> Option<&str> {
        let chosen = self.thread.parameters.get(PREFERRED).map(String::as_str);
        chosen.or_else(|| {
            self.spec
                .preferred_challenge
                .map(|preference| match preference {
                    Preference::PasswordSrp => "PASSWORD_SRP",
                    Preference::Password => "PASSWORD",
                    Preference::EmailOtp => "EMAIL_OTP",
                    Preference::SmsOtp => "SMS_OTP",
                })
        })
    }

    fn prefer(&mut self, name: String) {
        self.thread.parameters.insert(PREFERRED.into(), name);
    }

    /// `InitiateAuth`; and once more without a device that the pool does not know.
    async fn start(&mut self, password: Option<&Secret>) -> Result<Turn, Refusal> {
        match self.start_once(password).await {
            Err(refusal) if self.device_is_gone(&refusal) => self.start_once(password).await,
            outcome => outcome,
        }
    }

    async fn start_once(&mut self, password: Option<&Secret>) -> Result<Turn, Refusal> {
        use aws_sdk_cognitoidentityprovider::types::AuthFlowType;

        let mut hand = Hand::with(password);
        let mut parameters = Parameters::new();
        let flow = match self.spec.flow {
            Flow::UserSrp => {
                hand.open(&mut parameters)?;
                AuthFlowType::UserSrpAuth
            }
            Flow::UserPassword => {
                hand.give(&mut parameters);
                AuthFlowType::UserPasswordAuth
            }
            Flow::AdminUserPassword => {
                hand.give(&mut parameters);
                AuthFlowType::AdminUserPasswordAuth
            }
            Flow::Custom | Flow::Browser => AuthFlowType::CustomAuth,
            Flow::CustomSrp => {
                parameters.insert("CHALLENGE_NAME".into(), "SRP_A".into());
                hand.open(&mut parameters)?;
                AuthFlowType::CustomAuth
            }
            Flow::UserAuth => {
                if let Some(preference) = self.preference().map(str::to_owned) {
                    match (preference.as_str(), password) {
                        ("PASSWORD_SRP", Some(_)) => hand.open(&mut parameters)?,
                        ("PASSWORD", Some(_)) => {
                            hand.give(&mut parameters);
                        }
                        (_, Some(_) | None) => {}
                    }
                    parameters.insert("PREFERRED_CHALLENGE".into(), preference);
                }
                AuthFlowType::UserAuth
            }
        };
        let hidden: Vec<_> = password.into_iter().collect();
        let reply = self.initiate(flow, parameters, &hidden).await?;
        self.follow(reply, hand).await
    }

    /// Whether a device was sent that the pool does not know. It is not sent again.
    fn device_is_gone(&mut self, refusal: &Refusal) -> bool {
        let gone = refusal.fault.kind == FaultKind::DeviceGone && self.device().is_some();
        if gone {
            let key = self.thread.device.take().map(|device| device.key);
            tracing::info!(
                device = key,
                "the user pool does not know this device any more"
            );
        }
        gone
    }

    /// Brings a turn to the person.
    async fn settle(
        self,
        turn: Result<Turn, Refusal>,
        problem: Option<Fault>,
    ) -> Result<Step, Fault> {
        match turn {
            Ok(Turn::Asks(question)) => Ok(self.ask(question, problem)),
            Ok(Turn::Tokens(given)) => self.done(*given).await,
            Err(refusal) => self.refused(refusal).await,
        }
    }

    /// Asks, and keeps what the answer will need.
    fn ask(mut self, question: Question, problem: Option<Fault>) -> Step {
        self.thread.asked = Some(question.clone());
        Step::Ask {
            thread: self.thread,
            question,
            problem,
        }
    }
}

/// Where a thread notes the way that the person chose, among the challenge's parameters.
const PREFERRED: &str = "PREFERRED_CHALLENGE";
