//! A sign-in in the system's own browser: authorization code with PKCE (RFC 6749, 7636, 8252), for
//! managed login of a user pool and for OpenID providers.
//!
//! ```text
//!  begin ─▶ source      where people sign in, and what is asked for
//!    │ ╰──▶ landing     a listener, before the browser is sent off
//!    ╰────▶ preflight   managed login would show an error page that leads nowhere
//!  answer ─▶ landing    has the browser come back?    ╲
//!     ╰────▶ address    or what a person pasted        ▶ oauth: the code becomes tokens
//! ```

use poolkey_core::config::LoginSpec;
use poolkey_core::conversation::{Answer, Authorization, Question, Step, Thread};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::session::Tokens;
use std::time::Duration;

use crate::Cognito;
use crate::call::Seen;
use crate::classify::oauth::{self, Meaning, Refusal};
use crate::conversation::{self, ANOTHER_QUESTION, wrong};
use crate::landing::{Callback, Ending, Outcome, Sent, Waited};
use crate::oauth::random;
pub(crate) use preflight::Tried;
use source::Source;

mod address;
mod preflight;
mod source;

/// Listens, and asks the person to go to the browser.
pub(crate) async fn begin(
    cognito: &Cognito,
    spec: &LoginSpec,
    thread: Thread,
) -> Result<Step, Fault> {
    let source = Source::of(cognito, spec).await?;
    let mut thread = Thread {
        login: thread.login,
        username: thread.username,
        client_secret: thread.client_secret,
        another_account: thread.another_account,
        language: thread.language,
        ..Thread::default()
    };
    let state = random::<16>()?;
    let sent = Sent {
        login: thread.login.as_ref(),
        state: &state,
    };
    let uris = &source.browser().redirect_uris;
    let redirect_uri = cognito.landings.open(&sent, uris, thread.language).await?;
    let authorization = source.provider.authorize(
        &redirect_uri,
        state.clone(),
        &source.scopes(),
        &source.parameters(&thread),
    )?;
    if let Some(managed) = source.managed_login()
        && let Err(fault) = preflight::preflight(cognito, &source, managed, &authorization).await
    {
        cognito.landings.close(&sent).await;
        return Err(fault);
    }
    thread.authorization = Some(authorization);
    Ok(ask_browser(thread, None))
}

/// Tries the authorization request of each URL that a browser may come back to, and sends no browser
/// anywhere.
pub(crate) async fn try_all(
    cognito: &Cognito,
    spec: &LoginSpec,
) -> Vec<(String, Result<(Seen, Result<Tried, Fault>), Fault>)> {
    let Some(pool) = spec.user_pool() else {
        return Vec::new();
    };
    let Some(managed) = &pool.managed_login else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for uri in &managed.browser.redirect_uris {
        let tried = async {
            let source = Source::of(cognito, spec).await?;
            let authorization = source.provider.authorize(
                uri,
                random::<16>()?,
                &source.scopes(),
                &source.parameters(&Thread::default()),
            )?;
            preflight::attempt(cognito, &source, managed, &authorization).await
        };
        all.push((uri.clone(), tried.await));
    }
    all
}

/// Waits, or takes what the person answered.
pub(crate) async fn answer(
    cognito: &Cognito,
    spec: &LoginSpec,
    mut thread: Thread,
    answer: Answer,
) -> Result<Step, Fault> {
    let (Some(asked), Some(authorization)) = (thread.asked.clone(), thread.authorization.clone())
    else {
        return begin(cognito, spec, thread).await;
    };
    let arrival = Arrival {
        cognito,
        spec,
        authorization: &authorization,
    };
    match (asked, answer) {
        (Question::Browser { .. }, Answer::Wait) => {
            if thread.code.is_some() {
                tokio::time::sleep(PAUSE).await;
                return arrival.exchange(thread).await;
            }
            let sent = arrival.sent(&thread);
            match cognito.landings.wait(&sent).await {
                Waited::Nothing => Ok(ask_browser(thread, None)),
                Waited::Came(callback) => arrival.land(thread, callback).await,
                Waited::Closed => Err(Fault::new(
                    FaultKind::Expired,
                    "The browser did not come back in time.",
                )),
            }
        }
        (Question::Browser { .. }, Answer::Address(pasted)) => {
            match address::read(&pasted, &authorization) {
                Ok(callback) => arrival.land(thread, callback).await,
                Err(problem) => Ok(ask_browser(thread, Some(problem))),
            }
        }
        (asked @ Question::ClientSecret { .. }, Answer::ClientSecret(secret)) => {
            match conversation::client_secret(&secret) {
                Ok(secret) => {
                    thread.client_secret = Some(secret);
                    arrival.exchange(thread).await
                }
                Err(problem) => Ok(ask(thread, asked, Some(problem))),
            }
        }
        (asked, _) => Ok(ask(thread, asked, Some(wrong(ANOTHER_QUESTION)))),
    }
}

/// New tokens for a refresh token.
pub(crate) async fn refresh(
    cognito: &Cognito,
    spec: &LoginSpec,
    refresh_token: &Secret,
    client_secret: Option<&Secret>,
) -> Result<Tokens, Fault> {
    let source = Source::of(cognito, spec).await?;
    let granted = source
        .provider
        .refresh(cognito, refresh_token, client_secret)
        .await?;
    let mut tokens = source.tokens(cognito, granted, None)?;
    // A server that does not rotate may give the same one again.
    tokens.refresh_token = tokens.refresh_token.filter(|newer| newer != refresh_token);
    Ok(tokens)
}

/// Makes a refresh token useless; `Unsupported` where the provider cannot.
pub(crate) async fn revoke(
    cognito: &Cognito,
    spec: &LoginSpec,
    refresh_token: &Secret,
    client_secret: Option<&Secret>,
) -> Result<(), Fault> {
    let source = Source::of(cognito, spec).await?;
    let revoked = source
        .provider
        .revoke(cognito, refresh_token, client_secret);
    Ok(revoked.await?)
}

/// Where a browser goes that shall be signed out, too; none where the provider has no such page.
pub(crate) async fn logout_url(cognito: &Cognito, spec: &LoginSpec) -> Option<String> {
    let source = Source::of(cognito, spec).await.ok()?;
    source.logout_url()
}

/// A browser that is back, or an address in its place.
struct Arrival<'a> {
    cognito: &'a Cognito,
    spec: &'a LoginSpec,
    authorization: &'a Authorization,
}

impl<'a> Arrival<'a> {
    fn sent<'t>(&'t self, thread: &'t Thread) -> Sent<'t> {
        Sent {
            login: thread.login.as_ref(),
            state: &self.authorization.state,
        }
    }

    /// Takes what the browser brought.
    async fn land(&self, mut thread: Thread, callback: Callback) -> Result<Step, Fault> {
        let told = Told::new(self, &thread);
        let source = Source::of(self.cognito, self.spec).await?;
        let code = match callback.outcome {
            Outcome::Code(code) => code,
            Outcome::Refused { error, description } => {
                let refusal = oauth::classify(&oauth::Refused {
                    place: oauth::Place::Authorize,
                    host: &source.provider.host(),
                    status: 400,
                    error: &error,
                    description: description.as_deref(),
                });
                let fault = self.fault(&source, refusal);
                told.failed(&fault);
                return Err(fault);
            }
        };
        if let Err(fault) = source.check_iss(callback.iss.as_deref()) {
            told.failed(&fault);
            return Err(fault);
        }
        told.not_yet();
        thread.code = Some(code);
        self.exchange(thread).await
    }

    /// Turns the code into tokens.
    async fn exchange(&self, mut thread: Thread) -> Result<Step, Fault> {
        let told = Told::new(self, &thread);
        let Some(code) = thread.code.clone() else {
            return begin(self.cognito, self.spec, thread).await;
        };
        let source = Source::of(self.cognito, self.spec).await?;
        let secret = thread.client_secret.clone();
        let exchanged = source
            .provider
            .exchange(self.cognito, self.authorization, &code, secret.as_ref())
            .await;
        let refusal = match exchanged {
            Ok(granted) => {
                let nonce = Some(&self.authorization.nonce);
                return match source.tokens(self.cognito, granted, nonce) {
                    Ok(tokens) => {
                        let user = &tokens.user;
                        let name = user.email.as_ref().unwrap_or(&user.username);
                        told.ending(Ending::SignedIn(name.clone()));
                        Ok(Step::Done {
                            tokens: Box::new(tokens),
                            client_secret: thread.client_secret,
                            device: None,
                        })
                    }
                    Err(fault) => {
                        told.failed(&fault);
                        Err(fault)
                    }
                };
            }
            Err(refusal) => refusal,
        };
        match (refusal.meaning, refusal.fault.kind) {
            (Meaning::Secret, _) => {
                told.ending(Ending::GoesOn);
                let problem = thread
                    .client_secret
                    .take()
                    .map(|_| wrong("The app client has another secret than this."));
                let client_id = source.provider.client_id.clone();
                Ok(ask(thread, Question::ClientSecret { client_id }, problem))
            }
            (
                Meaning::Plain,
                FaultKind::Unreachable
                | FaultKind::Lost
                | FaultKind::Throttled
                | FaultKind::Service,
            ) if tries(&thread) < MOST_TRIES => {
                told.not_yet();
                let tries = tries(&thread) + 1;
                thread.parameters.insert(TRIES.into(), tries.to_string());
                Ok(ask_browser(thread, Some(refusal.fault)))
            }
            (Meaning::Plain | Meaning::Redirect, _) => {
                let fault = self.fault(&source, refusal);
                told.failed(&fault);
                Err(fault)
            }
        }
    }

    fn fault(&self, source: &Source<'_>, refusal: Refusal) -> Fault {
        match refusal.meaning {
            Meaning::Redirect => source.unregistered(&self.authorization.redirect_uri),
            Meaning::Plain | Meaning::Secret => refusal.fault,
        }
    }
}

/// The page in the browser is told how it went, even where a step is cut short.
struct Told<'a> {
    cognito: &'a Cognito,
    login: Option<poolkey_core::name::LoginName>,
    state: Secret,
    open: bool,
}

impl<'a> Told<'a> {
    fn new(arrival: &Arrival<'a>, thread: &Thread) -> Self {
        Self {
            cognito: arrival.cognito,
            login: thread.login.clone(),
            state: arrival.authorization.state.clone(),
            open: true,
        }
    }

    fn ending(mut self, ending: Ending) {
        self.tell(ending);
    }

    fn failed(mut self, fault: &Fault) {
        self.tell(Ending::Failed(fault.text.clone()));
    }

    /// Another step will tell.
    fn not_yet(mut self) {
        self.open = false;
    }

    fn tell(&mut self, ending: Ending) {
        self.open = false;
        let sent = Sent {
            login: self.login.as_ref(),
            state: &self.state,
        };
        self.cognito.landings.tell(&sent, ending);
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if self.open {
            self.tell(Ending::GoesOn);
        }
    }
}

fn ask_browser(thread: Thread, problem: Option<Fault>) -> Step {
    let question = thread
        .authorization
        .as_ref()
        .map_or(Question::Other, |sent| Question::Browser {
            url: sent.url.clone(),
            redirect_uri: sent.redirect_uri.clone(),
        });
    ask(thread, question, problem)
}

fn ask(mut thread: Thread, question: Question, problem: Option<Fault>) -> Step {
    thread.asked = Some(question.clone());
    Step::Ask {
        thread,
        question,
        problem,
    }
}

/// How often the code was sent in vain.
fn tries(thread: &Thread) -> u32 {
    let tries = thread.parameters.get(TRIES);
    tries.and_then(|tries| tries.parse().ok()).unwrap_or(0)
}

/// Where a thread notes that.
const TRIES: &str = "EXCHANGES";

/// A code lives for a few minutes, and a network that is away may be back.
const MOST_TRIES: u32 = 3;

/// Between two of them.
const PAUSE: Duration = Duration::from_millis(1500);
