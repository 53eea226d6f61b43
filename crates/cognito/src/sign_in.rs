//! A sign-in: what to ask a person, what becomes of the answer, and what becomes of a refusal.
//!
//! ```text
//!  begin, answer ─▶ answers                what was typed becomes a call
//!                      ╰─▶ exchange        InitiateAuth, RespondToAuthChallenge
//!                      ╰─▶ follow          what Cognito wants next; proofs that need nobody
//!                             ╰─▶ ways     its names of the ways
//!                  settle ─┬─▶ a question, in a thread that keeps no password
//!                          ├─▶ done        tokens, and the device that the pool made of this machine
//!                          ╰─▶ refused     the question again, an earlier one, or the end
//! ```

use poolkey_core::config::{Flow, LoginSpec, Preference};
use poolkey_core::conversation::{Answer, CodeFor, Medium, Question, Step, Thread};
use poolkey_core::failure::Ended;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;

use self::exchange::Parameters;
use self::follow::{Given, Hand};
use crate::Cognito;
use crate::classify::{Meaning, Refusal};

mod answers;
mod done;
mod exchange;
mod follow;
mod ways;

/// The first question.
pub(crate) async fn begin(
    cognito: &Cognito,
    spec: &LoginSpec,
    thread: Thread,
) -> Result<Step, Fault> {
    SignIn::new(cognito, spec, thread).begin(None).await
}

/// The next question, or the end.
pub(crate) async fn answer(
    cognito: &Cognito,
    spec: &LoginSpec,
    thread: Thread,
    answer: Answer,
) -> Result<Step, Fault> {
    SignIn::new(cognito, spec, thread).answer(answer).await
}

/// One step of a sign-in.
struct SignIn<'a> {
    cognito: &'a Cognito,
    spec: &'a LoginSpec,
    thread: Thread,
    /// Whether Cognito has taken something in this step, so that what was asked last is answered.
    moved: bool,
}

/// What a step came to.
enum Turn {
    Asks(Question),
    Tokens(Given),
}

impl<'a> SignIn<'a> {
    const fn new(cognito: &'a Cognito, spec: &'a LoginSpec, thread: Thread) -> Self {
        Self {
            cognito,
            spec,
            thread,
            moved: false,
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
            Flow::Custom => false,
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
            Flow::Custom => AuthFlowType::CustomAuth,
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

    /// What a refusal leads to.
    async fn refused(mut self, Refusal { meaning, fault }: Refusal) -> Result<Step, Fault> {
        match (meaning, fault.kind) {
            (Meaning::SecretMissing, _) => Ok(self.ask_client_secret(None)),
            (Meaning::SecretWrong, _) => {
                self.thread.client_secret = None;
                let problem = wrong("The app client has another secret than this.");
                Ok(self.ask_client_secret(Some(problem)))
            }
            (Meaning::Refused(_), _)
            | (Meaning::Plain, FaultKind::Wrong | FaultKind::LockedOut) => self.again(fault).await,
            // Nobody is signed in whose session could end: it is the name that is not right.
            (Meaning::Plain, FaultKind::Ended(Ended::UserGone)) => {
                Ok(self.ask_username(wrong(fault.text)))
            }
            (Meaning::Plain, FaultKind::Ended(Ended::Unconfirmed)) => {
                let problem = wrong(
                    "The account is not confirmed yet: type the code that was sent, or have \
                     another one sent.",
                );
                Ok(self.ask_code(CodeFor::Confirm, problem))
            }
            (Meaning::Plain, FaultKind::Ended(Ended::PasswordReset)) => {
                let problem = wrong(
                    "The password must be set anew: type the code that was sent, or have another \
                     one sent.",
                );
                Ok(self.ask_code(CodeFor::Reset, problem))
            }
            (Meaning::Plain, FaultKind::Expired) if self.thread.asked.is_some() => {
                Box::pin(self.begin(Some(fault))).await
            }
            (Meaning::Plain, FaultKind::DeviceGone) if self.thread.asked.is_some() => {
                self.thread.device = None;
                let problem = wrong(
                    "The user pool does not know this computer any more: sign in without it.",
                );
                Box::pin(self.begin(Some(problem))).await
            }
            (
                Meaning::Plain,
                FaultKind::Unreachable
                | FaultKind::Lost
                | FaultKind::Throttled
                | FaultKind::Service,
            ) if self.is_under_way() => self.again(fault).await,
            (
                Meaning::Plain,
                FaultKind::Unreachable
                | FaultKind::Lost
                | FaultKind::Throttled
                | FaultKind::Service
                | FaultKind::Ended(_)
                | FaultKind::Expired
                | FaultKind::Unsupported
                | FaultKind::Misconfigured
                | FaultKind::TokenStale
                | FaultKind::IdentityConflict
                | FaultKind::DeviceGone,
            ) => Err(fault),
        }
    }

    /// The last question again, where Cognito still waits for its answer; or else the first.
    async fn again(mut self, fault: Fault) -> Result<Step, Fault> {
        match self.thread.asked.clone() {
            // Nothing was asked: it is the name that Cognito does not take.
            None | Some(Question::Username { .. }) if fault.kind == FaultKind::Wrong => {
                Ok(self.ask_username(fault))
            }
            None => Err(fault),
            Some(asked @ Question::Password { .. }) => {
                let chosen = self.thread.parameters.remove(PREFERRED);
                self.forget();
                if let Some(chosen) = chosen {
                    self.prefer(chosen);
                }
                Ok(self.ask(asked, Some(fault)))
            }
            Some(
                asked @ (Question::Code { .. }
                | Question::Choice { .. }
                | Question::AppSetup { .. }
                | Question::NewPassword { .. }
                | Question::Attributes { .. }
                | Question::RememberDevice { .. }),
            ) if !self.moved => Ok(self.ask(asked, Some(fault))),
            // The pool's own question is not asked twice: it makes another one.
            Some(
                Question::Username { .. }
                | Question::ClientSecret { .. }
                | Question::Code { .. }
                | Question::Choice { .. }
                | Question::AppSetup { .. }
                | Question::NewPassword { .. }
                | Question::Attributes { .. }
                | Question::Custom { .. }
                | Question::RememberDevice { .. }
                | Question::Other,
            ) => Box::pin(self.begin(Some(fault))).await,
        }
    }

    /// Whether a call that did not come through leaves the last question open, and the earlier
    /// answers good.
    fn is_under_way(&self) -> bool {
        let open = match &self.thread.asked {
            None
            | Some(
                Question::Username { .. }
                | Question::Password { .. }
                | Question::ClientSecret { .. }
                | Question::Custom { .. }
                | Question::RememberDevice { .. }
                | Question::Other,
            ) => false,
            Some(
                Question::Code { .. }
                | Question::Choice { .. }
                | Question::AppSetup { .. }
                | Question::NewPassword { .. }
                | Question::Attributes { .. },
            ) => true,
        };
        open && !self.moved
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

    fn ask_username(mut self, problem: Fault) -> Step {
        self.forget();
        let hint = self.thread.username.take();
        self.ask(Question::Username { hint }, Some(problem))
    }

    fn ask_client_secret(mut self, problem: Option<Fault>) -> Step {
        self.forget();
        let client_id = self.spec.client_id.clone();
        self.ask(Question::ClientSecret { client_id }, problem)
    }

    /// A code that was sent at another time, and to an address that Cognito does not tell here.
    fn ask_code(mut self, code_for: CodeFor, problem: Fault) -> Step {
        self.forget();
        let question = Question::Code {
            code_for,
            medium: Medium::Unknown,
            destination: None,
            can_resend: true,
        };
        self.ask(question, Some(problem))
    }
}

fn wrong(text: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Wrong, text)
}

/// Where a thread notes the way that the person chose, among the challenge's parameters.
const PREFERRED: &str = "PREFERRED_CHALLENGE";
