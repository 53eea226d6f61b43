//! What is asked of pools and providers, and what the answers mean.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::types::AuthFlowType;
use poolkey_core::config::{
    Flow, KeySource, LoginSpec, OidcSpec, PoolSource, StsSpec, UserPoolSpec, Variants,
};
use poolkey_core::fault::FaultKind;
use poolkey_core::secret::Secret;

use super::calls::Outcome;
use super::told::{error, good, note};
use super::{KeysSubject, LoginSubject, ProfileSubject};
use crate::Cognito;
use crate::browser::{self, Tried};
use crate::classify::{Meaning, Refusal};

/// One thing to look at, for one login or profile.
pub(super) struct Probe<'a> {
    /// `login acme`
    pub(super) about: String,
    what: What<'a>,
}

enum What<'a> {
    UserPool(&'a UserPoolSpec),
    AppClient(&'a UserPoolSpec, Option<&'a Secret>),
    ManagedLogin(&'a LoginSpec),
    Provider(&'a OidcSpec),
    Program,
    IdentityPool(&'a PoolSource, KeysSubject),
    Sts(&'a StsSpec),
}

impl<'a> Probe<'a> {
    pub(super) fn of_login(login: &'a LoginSubject) -> Vec<Self> {
        let about = format!("login {}", login.name);
        let all = match &login.spec {
            LoginSpec::UserPool(pool) => {
                let secret = login.client_secret.as_ref();
                let mut all = vec![What::UserPool(pool), What::AppClient(pool, secret)];
                if pool.managed_login.is_some() {
                    all.push(What::ManagedLogin(&login.spec));
                }
                all
            }
            LoginSpec::Oidc(oidc) => vec![What::Provider(oidc)],
            LoginSpec::Command(_) => vec![What::Program],
            LoginSpec::Guest => Vec::new(),
        };
        let probe = |what| Self {
            about: about.clone(),
            what,
        };
        all.into_iter().map(probe).collect()
    }

    pub(super) fn of_profile(profile: &'a ProfileSubject) -> Vec<Self> {
        let sts = What::Sts(&profile.spec.sts);
        let all = match &profile.spec.source {
            KeySource::Pool(pool) => vec![What::IdentityPool(pool, profile.keys), sts],
            KeySource::Role(_) => vec![sts],
        };
        let probe = |what| Self {
            about: format!("profile {}", profile.name),
            what,
        };
        all.into_iter().map(probe).collect()
    }

    /// What the answer is the same for, whichever login or profile asks.
    pub(super) fn key(&self) -> Option<(Option<String>, Option<String>, Variants)> {
        match &self.what {
            What::Sts(sts) => Some((sts.endpoint.clone(), sts.region.clone(), sts.variants)),
            What::UserPool(_)
            | What::AppClient(..)
            | What::ManagedLogin(_)
            | What::Provider(_)
            | What::Program
            | What::IdentityPool(..) => None,
        }
    }

    pub(super) async fn run(&self, cognito: &Cognito) -> Outcome {
        let mut outcome = Outcome::default();
        match self.what {
            What::UserPool(pool) => self.user_pool(cognito, pool, &mut outcome).await,
            What::AppClient(pool, secret) => {
                self.app_client(cognito, pool, secret, &mut outcome).await;
            }
            What::ManagedLogin(spec) => self.managed_login(cognito, spec, &mut outcome).await,
            What::Provider(oidc) => self.provider(cognito, oidc, &mut outcome).await,
            What::Program => outcome.findings.push(note(
                "program_not_examined",
                &self.about,
                "A program supplies the tokens of this login; it is not run for an examination.",
                None,
            )),
            What::IdentityPool(pool, keys) => {
                self.identity_pool(cognito, pool, keys, &mut outcome).await;
            }
            What::Sts(sts) => outcome.no_role(cognito, sts).await,
        }
        outcome
    }

    /// It was connected to, and never answered.
    pub(super) fn silent(&self, waited: Duration) -> Outcome {
        let sentence = format!(
            "{} has not answered within {} seconds.",
            self.what.name(),
            waited.as_secs()
        );
        let remedy = Some("Try again; if it stays so, see proxy and endpoint in profiles.toml.");
        Outcome {
            looked: Vec::new(),
            findings: vec![error("endpoint_unreachable", &self.about, sentence, remedy)],
        }
    }

    /// The pool publishes the keys that sign its tokens, to everybody.
    async fn user_pool(&self, cognito: &Cognito, pool: &UserPoolSpec, outcome: &mut Outcome) {
        let url = format!("{}/{}/.well-known/jwks.json", base(pool), pool.user_pool_id);
        let Some(answer) = outcome.get(cognito, "examine", &url).await else {
            return;
        };
        let id = &pool.user_pool_id;
        match answer.status {
            200 if answer.body.expose().contains("\"keys\"") => {
                let sentence = format!("The user pool {id} is there.");
                outcome
                    .findings
                    .push(good("user_pool_found", &self.about, sentence));
            }
            200 | 400 | 403 | 404 => {
                let sentence = format!("There is no user pool {id} in {}.", pool.region());
                let remedy =
                    "Write the user pool's id as user_pool_id of the login in profiles.toml.";
                outcome.findings.push(error(
                    "user_pool_missing",
                    &self.about,
                    sentence,
                    Some(remedy),
                ));
            }
            _ => {}
        }
    }

    /// What the app client says before it looks for anybody.
    async fn app_client(
        &self,
        cognito: &Cognito,
        pool: &UserPoolSpec,
        secret: Option<&Secret>,
        outcome: &mut Outcome,
    ) {
        let mut refusal = outcome.refresh_by_flow(cognito, pool).await;
        if !refusal.as_ref().is_some_and(says_something) {
            // A client that rotates takes no refresh by that flow.
            refusal = outcome.refresh(cognito, pool, None).await;
        }
        let Some(refusal) = refusal.filter(says_something) else {
            return;
        };
        let (about, client) = (&self.about, &pool.client_id);
        if refusal.meaning == Meaning::ClientGone {
            let sentence = format!("There is no app client {client} in {}.", pool.region());
            let remedy = "Write the app client's id as client_id of the login in profiles.toml.";
            let missing = error("app_client_missing", about, sentence, Some(remedy));
            return outcome.findings.push(missing);
        }
        let sentence = format!("The app client {client} is there.");
        outcome
            .findings
            .push(good("app_client_found", about, sentence));
        let wants_one = refusal.meaning == Meaning::SecretMissing;
        let told = match (wants_one, secret) {
            (false, _) => good(
                "client_secret_none",
                about,
                format!("The app client {client} has no secret."),
            ),
            (true, None) => note(
                "client_secret_wanted",
                about,
                format!("The app client {client} has a secret, which is not known here yet."),
                Some(&format!("{}: it is asked for then.", self.sign_in())),
            ),
            (true, Some(_)) => match outcome.refresh(cognito, pool, secret).await {
                Some(refusal) if is_wrong_secret(&refusal) => error(
                    "client_secret_wrong",
                    about,
                    format!(
                        "The app client {client} has another secret than the one that is kept."
                    ),
                    Some(&format!(
                        "{}: the new one is asked for then.",
                        self.sign_in()
                    )),
                ),
                Some(_) => good(
                    "client_secret_right",
                    about,
                    format!("The app client {client} takes the secret that is kept."),
                ),
                None => return,
            },
        };
        outcome.findings.push(told);
        if let Some(flow) = auth_flow(pool.flow)
            && let Some(refusal) = outcome.begin(cognito, pool, flow.clone()).await
            && refusal.meaning == Meaning::FlowRefused
        {
            outcome.findings.push(error(
                "auth_flow_refused",
                about,
                format!(
                    "The app client {client} does not allow the flow {}.",
                    flow.as_str()
                ),
                Some(&format!(
                    "Allow ALLOW_{} at the app client, or give the login another flow in \
                     profiles.toml.",
                    flow.as_str()
                )),
            ));
        }
    }

    /// The authorization request of every callback URL, as a browser would make it that was never
    /// there.
    async fn managed_login(&self, cognito: &Cognito, spec: &LoginSpec, outcome: &mut Outcome) {
        let about = &self.about;
        let mut answers = false;
        for (uri, tried) in browser::try_all(cognito, spec).await {
            let (seen, tried) = match tried {
                Ok(tried) => tried,
                Err(fault) => {
                    outcome.findings.push(error(
                        "authorization_refused",
                        about,
                        fault.text,
                        Some("Mend the login in profiles.toml."),
                    ));
                    continue;
                }
            };
            outcome.note(cognito, seen, tried.as_ref().err());
            let Ok(tried) = tried else { return };
            if let Tried::Nothing(status) = tried {
                // What fails for a while is told of the endpoint.
                if status < 500 && status != 429 {
                    outcome.findings.push(error(
                        "managed_login_missing",
                        about,
                        format!("No sign-in pages are there: status {status} came back."),
                        Some(
                            "Write the user pool's domain as domain of the login in profiles.toml.",
                        ),
                    ));
                }
                return;
            }
            if !std::mem::replace(&mut answers, true) {
                let sentence = "The user pool's sign-in pages are there.";
                outcome
                    .findings
                    .push(good("managed_login_answers", about, sentence));
            }
            outcome.findings.push(match tried {
                Tried::Page | Tried::Nothing(_) => good(
                    "callback_registered",
                    about,
                    format!("A browser may come back to {uri}."),
                ),
                Tried::Unregistered(fault) => error(
                    "callback_unregistered",
                    about,
                    format!("A browser may not come back to {uri}."),
                    Some(&fault.text),
                ),
                Tried::Refused(fault) => error(
                    "authorization_refused",
                    about,
                    fault.text,
                    Some("Mend the app client, or the login in profiles.toml."),
                ),
            });
        }
    }

    async fn provider(&self, cognito: &Cognito, oidc: &OidcSpec, outcome: &mut Outcome) {
        let base = oidc.issuer.strip_suffix('/').unwrap_or(&oidc.issuer);
        let url = format!("{base}/.well-known/openid-configuration");
        let Some(_) = outcome.get(cognito, "discover", &url).await else {
            return;
        };
        let told = cognito.providers.examine(cognito, &oidc.issuer).await;
        outcome.findings.push(match told {
            Ok(()) => good(
                "provider_answers",
                &self.about,
                format!(
                    "The provider {} tells how people sign in there.",
                    oidc.issuer
                ),
            ),
            Err(fault) => error(
                "provider_unusable",
                &self.about,
                fault.text,
                Some("Write the provider's issuer as issuer of the login in profiles.toml."),
            ),
        });
    }

    /// An identity that nobody is: the answer tells that the endpoint is there, and makes nothing.
    async fn identity_pool(
        &self,
        cognito: &Cognito,
        pool: &PoolSource,
        keys: KeysSubject,
        outcome: &mut Outcome,
    ) {
        outcome.nobody(cognito, pool).await;
        let id = &pool.identity_pool_id;
        outcome.findings.push(match keys {
            KeysSubject::Held => good(
                "identity_pool_found",
                &self.about,
                format!("The identity pool {id} gave keys that work."),
            ),
            KeysSubject::None => note(
                "identity_pool_unproven",
                &self.about,
                format!(
                    "Whether the identity pool {id} is there shows when keys are asked for: to ask \
                     it for more makes an identity."
                ),
                Some(&format!(
                    "Run: poolkey whoami {}",
                    self.about.trim_start_matches("profile ")
                )),
            ),
        });
    }

    fn sign_in(&self) -> String {
        format!(
            "Run: poolkey login {}",
            self.about.trim_start_matches("login ")
        )
    }
}

impl What<'_> {
    fn name(&self) -> String {
        match self {
            What::UserPool(pool) | What::AppClient(pool, _) => {
                format!("The user pool {}", pool.user_pool_id)
            }
            What::ManagedLogin(spec) => {
                let managed = spec
                    .user_pool()
                    .and_then(|pool| pool.managed_login.as_ref());
                managed.map_or_else(|| "Managed login".into(), |managed| managed.domain.clone())
            }
            What::Provider(oidc) => oidc.issuer.clone(),
            What::Program => "The program".into(),
            What::IdentityPool(pool, _) => format!("The identity pool {}", pool.identity_pool_id),
            What::Sts(sts) => format!("STS in {}", sts.region.as_deref().unwrap_or("us-east-1")),
        }
    }
}

/// Whether a refusal tells of the app client and its secret.
fn says_something(refusal: &Refusal) -> bool {
    match refusal.meaning {
        Meaning::SecretMissing | Meaning::SecretWrong | Meaning::ClientGone => true,
        Meaning::Plain => matches!(refusal.fault.kind, FaultKind::Ended(_)),
        Meaning::FlowRefused | Meaning::Refused(_) | Meaning::Needs(_) => false,
    }
}

fn is_wrong_secret(refusal: &Refusal) -> bool {
    matches!(
        refusal.meaning,
        Meaning::SecretWrong | Meaning::SecretMissing
    )
}

/// What anybody may begin. An administrator's flow is not seen from here, and a browser's is tried by
/// its own request.
fn auth_flow(flow: Flow) -> Option<AuthFlowType> {
    match flow {
        Flow::UserSrp => Some(AuthFlowType::UserSrpAuth),
        Flow::UserPassword => Some(AuthFlowType::UserPasswordAuth),
        Flow::UserAuth => Some(AuthFlowType::UserAuth),
        Flow::Custom | Flow::CustomSrp => Some(AuthFlowType::CustomAuth),
        Flow::AdminUserPassword | Flow::Browser => None,
    }
}

/// Where a user pool publishes its keys: its issuer, which has no FIPS variant.
fn base(pool: &UserPoolSpec) -> String {
    let region = pool.region();
    match &pool.endpoint {
        Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
        None if region.starts_with("eusc-") => format!("https://cognito-idp.{region}.amazonaws.eu"),
        None if region.starts_with("cn-") => {
            format!("https://cognito-idp.{region}.amazonaws.com.cn")
        }
        None => format!("https://cognito-idp.{region}.amazonaws.com"),
    }
}
