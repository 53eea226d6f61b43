//! Does one effect, and tells what came of it. It decides nothing.

use std::time::Duration;

use poolkey_cognito::{Cognito, LoginSubject, ProfileSubject};
use poolkey_core::config::{Config, LoginSpec};
use poolkey_core::conversation::{Answer, Step};
use poolkey_core::event::{Effect, Event, Parting};
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::finding::Finding;
use tokio::sync::Semaphore;

use crate::aws_files::Writer;
use crate::keeper::Keeper;
use crate::token_command;

/// The hands of the daemon: the vault and Cognito.
pub(crate) struct Performer {
    pub(crate) keeper: Keeper,
    cognito: Cognito,
    lines: Semaphore,
    writer: Writer,
}

/// Does what waits for a disk where nobody else waits for it.
async fn apart(work: impl FnOnce() -> Result<(), String> + Send + 'static) -> Result<(), String> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err("the files could not be looked at".to_owned()))
}

impl Performer {
    pub(crate) fn new(keeper: Keeper, cognito: Cognito, writer: Writer) -> Self {
        Self {
            keeper,
            cognito,
            lines: Semaphore::new(LINES),
            writer,
        }
    }

    /// Reaches the network as this configuration says.
    pub(crate) fn configure(&self, config: &Config) {
        let network = &config.settings.network;
        self.cognito.use_network(network);
        if let Some(trouble) = self.cognito.network_trouble() {
            tracing::warn!("{trouble}");
        }
    }

    /// What of the network's configuration cannot be used.
    pub(crate) fn network_trouble(&self) -> Option<Failure> {
        let trouble = self.cognito.network_trouble()?;
        Some(Trouble::Config(trouble).into())
    }

    /// Looks at what can be seen from here. It takes one of the lines that calls take, and no more.
    pub(crate) async fn examine(
        &self,
        logins: &[LoginSubject],
        profiles: &[ProfileSubject],
    ) -> Vec<Finding> {
        let _line = self.lines.acquire().await;
        Box::pin(self.cognito.examine(logins, profiles)).await
    }

    /// Does it. `None` for what leads to no event.
    pub(crate) async fn perform(&self, effect: Effect) -> Option<Event> {
        Some(match effect {
            Effect::Answer { .. } => return None,
            Effect::Dismiss { login, state } => {
                self.cognito.dismiss(&login, &state).await;
                return None;
            }
            Effect::Recall { login } => Event::Recalled {
                result: self.keeper.recall(login.clone()).await,
                login,
            },
            Effect::Probe { login } => Event::Probed {
                result: self.keeper.probe().await,
                login,
            },
            Effect::Keep { login, stored } => Event::Kept {
                result: self.keeper.keep(login.clone(), &stored).await,
                login,
            },
            Effect::Refresh {
                login,
                spec,
                refresh_token,
                client_secret,
                device_key,
            } => {
                let refresh = async || {
                    if let LoginSpec::Command(program) = &spec {
                        return token_command::tokens(&self.cognito, program).await;
                    }
                    let refresh_token = refresh_token
                        .as_ref()
                        .ok_or_else(|| Fault::new(FaultKind::Unsupported, "There is no token."))?;
                    self.cognito
                        .refresh(
                            &spec,
                            refresh_token,
                            client_secret.as_ref(),
                            device_key.as_deref(),
                        )
                        .await
                };
                Event::Refreshed {
                    result: self.call(refresh).await.map(Box::new),
                    login,
                }
            }
            Effect::Revoke {
                login,
                spec,
                refresh_token,
                client_secret,
                farewell,
            } => {
                let revoke = async || {
                    Ok(self
                        .cognito
                        .revoke(
                            &spec,
                            refresh_token.as_ref(),
                            client_secret.as_ref(),
                            &farewell,
                        )
                        .await)
                };
                let parting = self.call(revoke).await;
                let parting = parting.unwrap_or_else(|fault| Parting::failed(&fault, &farewell));
                Event::Revoked { login, parting }
            }
            Effect::Converse {
                login,
                spec,
                conversation,
                thread,
                answer,
            } => {
                let result = match (&spec, answer) {
                    (LoginSpec::Command(program), _) => {
                        let supplied = self.call(|| token_command::tokens(&self.cognito, program));
                        supplied.await.map(|tokens| Step::Done {
                            tokens: Box::new(tokens),
                            client_secret: None,
                            device: None,
                        })
                    }
                    (_, None) => self.call(|| self.cognito.begin(&spec, thread)).await,
                    // Whoever waits for a browser makes a call when it is back, and no sooner: a
                    // line that was held meanwhile would be missing to others.
                    (_, Some(Answer::Wait)) => {
                        let wait = || self.cognito.answer(&spec, thread, Answer::Wait);
                        self.in_time(wait).await
                    }
                    (_, Some(answer)) => {
                        self.call(|| self.cognito.answer(&spec, thread, answer))
                            .await
                    }
                };
                Event::Conversed {
                    login,
                    conversation,
                    result,
                }
            }
            Effect::Fetch {
                profile,
                spec,
                proof,
                identity,
                user,
            } => {
                let fetch = || {
                    let identity = identity.as_deref();
                    self.cognito.fetch(&spec, &proof, identity, user.as_ref())
                };
                Event::Fetched {
                    profile,
                    result: self.call(fetch).await.map(Box::new),
                }
            }
            Effect::ScrubFiles { files } => {
                let writer = self.writer.clone();
                Event::Scrubbed {
                    result: apart(move || writer.scrub(&files)).await,
                }
            }
            Effect::WriteKeys {
                target,
                files,
                keys,
            } => {
                let writer = self.writer.clone();
                let name = target.clone();
                Event::Wrote {
                    result: apart(move || writer.write(&files, &name, keys.as_deref())).await,
                    target,
                }
            }
            Effect::OpenConsole {
                ticket,
                profile: _,
                spec,
                keys,
                destination,
            } => {
                let open = || self.cognito.open_console(&spec, &keys, &destination);
                Event::ConsoleOpened {
                    ticket,
                    result: self.call(open).await.map(Box::new),
                }
            }
            Effect::Identify {
                ticket,
                profile: _,
                spec,
                keys,
                id_token,
            } => {
                let identify = || self.cognito.identify(&spec, &keys, id_token.as_ref());
                Event::Identified {
                    ticket,
                    result: self.call(identify).await.map(Box::new),
                }
            }
        })
    }

    /// One call within its time, and few at once. A call is made when its turn has come, in a
    /// place of its own: it takes 16 KB, and a thousand lanes may wait or be at the vault.
    async fn call<T, F>(&self, make: impl FnOnce() -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let _line = self.lines.acquire().await;
        self.in_time(make).await
    }

    async fn in_time<T, F>(&self, make: impl FnOnce() -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        tokio::time::timeout(LONGEST_CALL, Box::pin(make()))
            .await
            .unwrap_or_else(|_| {
                Err(Fault::new(
                    FaultKind::Lost,
                    "Cognito has not answered in time.",
                ))
            })
    }
}

/// The longest step of a sign-in takes seven calls of at most 8 s each: the password's proof twice,
/// the second time without a device that is gone, and a new device. What of a device is tried again
/// is tried only while it fits.
const LONGEST_CALL: Duration = Duration::from_secs(60);

/// So many calls at once, whatever is asked for.
const LINES: usize = 32;
