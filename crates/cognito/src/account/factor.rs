//! What the pool knows of the user, and the second factors.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::operation::get_user::GetUserOutput;
use aws_sdk_cognitoidentityprovider::types::{
    AttributeType, EmailMfaSettingsType, SmsMfaSettingsType, SoftwareTokenMfaSettingsType,
};
use poolkey_core::conversation::{Account, Factor, FactorState, Outcome, Question, Step};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;

use crate::account::{Talk, calls};
use crate::app::{self, By};
use crate::call::call;
use crate::classify::{Meaning, Operation, Part, Refusal};
use crate::conversation::wrong;

impl Talk<'_> {
    pub(super) async fn show(self) -> Result<Step, Fault> {
        match self.account().await {
            Ok(account) => Ok(self.finish(Outcome::Account(account))),
            Err(refusal) => self.refused(refusal),
        }
    }

    /// `AssociateSoftwareToken`: the key is shown once, in the question.
    pub(super) async fn set_up_app(self) -> Result<Step, Fault> {
        let by = By::Access(self.access()?);
        match app::associate(self.cognito, self.spec, by).await {
            Ok(made) => {
                let question = app::question(self.spec, &self.thread, &made.key);
                Ok(self.ask(question, None))
            }
            Err(refusal) => self.refused(refusal),
        }
    }

    /// `VerifySoftwareToken`, and `SetUserMFAPreference` so that the app is asked for: first, where
    /// nothing else was.
    pub(super) async fn verify_app(
        self,
        asked: Question,
        code: &Secret,
        device_name: Option<&str>,
    ) -> Result<Step, Fault> {
        if code.expose().is_empty() {
            return Ok(self.again(asked, "Type the code that the app shows."));
        }
        // First, so that an access token that is stale costs no code.
        let state = match self.account().await {
            Ok(account) if account.preferred.is_none() => FactorState::Preferred,
            Ok(_) => FactorState::On,
            Err(refusal) => return self.refused(refusal),
        };
        let by = By::Access(self.access()?);
        match app::verify(self.cognito, self.spec, by, code, device_name).await {
            Ok(_) => {}
            Err(refusal) if refusal.meaning == Meaning::Refused(Part::Code) => {
                return Ok(self.again(asked, OTHER_CODE));
            }
            Err(refusal) if refusal.fault.kind == FaultKind::LockedOut => {
                return Ok(self.ask(asked, Some(refusal.fault)));
            }
            Err(refusal) => return self.refused(refusal),
        }
        match self.prefer(Factor::App, state).await {
            Ok(()) => Ok(self.finish(Outcome::Done)),
            Err(mut refusal) => {
                let told = format!(
                    "The app is set up, but not turned on. {}",
                    refusal.fault.text
                );
                refusal.fault.text = told;
                // Something was changed, so it is not the whole that was refused.
                if refusal.fault.kind == FaultKind::Wrong {
                    refusal.fault.kind = FaultKind::Misconfigured;
                }
                self.refused(refusal)
            }
        }
    }

    /// `SetUserMFAPreference` for one factor; the others stay as they are.
    pub(super) async fn set_factor(
        self,
        factor: Factor,
        state: FactorState,
    ) -> Result<Step, Fault> {
        let first = match factor {
            Factor::App => "Set up an authenticator app first.",
            Factor::Sms => "Codes by SMS need a phone number that is verified: verify it first.",
            Factor::Email => {
                "Codes by e-mail need an e-mail address that is verified: verify it first."
            }
            Factor::Password | Factor::Passkey => {
                return Err(Fault::new(
                    FaultKind::Unsupported,
                    "Second factors that can be set are an authenticator app, SMS and e-mail.",
                ));
            }
        };
        let state = match self.lasting(factor, state).await {
            Ok(state) => state,
            Err(refusal) => return self.refused(refusal),
        };
        match self.prefer(factor, state).await {
            Ok(()) => Ok(self.finish(Outcome::Done)),
            Err(refusal) if refusal.meaning == Meaning::Refused(Part::Factor) => Err(wrong(first)),
            Err(refusal) => self.refused(refusal),
        }
    }

    /// The call sets both, on and preferred: turning on what is preferred leaves it so.
    async fn lasting(&self, factor: Factor, state: FactorState) -> Result<FactorState, Refusal> {
        match state {
            FactorState::On if self.account().await?.preferred == Some(factor) => {
                Ok(FactorState::Preferred)
            }
            FactorState::On | FactorState::Preferred | FactorState::Off => Ok(state),
        }
    }

    async fn account(&self) -> Result<Account, Refusal> {
        let access = self.access().map_err(Refusal::plain)?;
        let secrets = calls::secrets(&self.thread, []);
        let request = self
            .cognito
            .clients
            .users(self.spec)
            .get_user()
            .access_token(access.expose());
        let answer = call(Operation::GetUser, &secrets, |probe| {
            request.customize().interceptor(probe).send()
        })
        .await?;
        Ok(account(answer.output))
    }

    async fn prefer(&self, factor: Factor, state: FactorState) -> Result<(), Refusal> {
        let access = self.access().map_err(Refusal::plain)?;
        let secrets = calls::secrets(&self.thread, []);
        let request = self
            .cognito
            .clients
            .users(self.spec)
            .set_user_mfa_preference()
            .access_token(access.expose());
        let enabled = state != FactorState::Off;
        let preferred = state == FactorState::Preferred;
        let request = match factor {
            Factor::App => request.software_token_mfa_settings(
                SoftwareTokenMfaSettingsType::builder()
                    .enabled(enabled)
                    .preferred_mfa(preferred)
                    .build(),
            ),
            Factor::Sms => request.sms_mfa_settings(
                SmsMfaSettingsType::builder()
                    .enabled(enabled)
                    .preferred_mfa(preferred)
                    .build(),
            ),
            Factor::Email => request.email_mfa_settings(
                EmailMfaSettingsType::builder()
                    .enabled(enabled)
                    .preferred_mfa(preferred)
                    .build(),
            ),
            Factor::Password | Factor::Passkey => request,
        };
        call(Operation::SetUserMfaPreference, &secrets, |probe| {
            request.customize().interceptor(probe).send()
        })
        .await?;
        Ok(())
    }
}

/// What Cognito told, within what a reply can carry.
fn account(output: GetUserOutput) -> Account {
    let listed = output.user_mfa_setting_list.unwrap_or_default();
    let mut factors: Vec<Factor> = listed.iter().filter_map(|name| factor(name)).collect();
    // Users of the oldest pools: SMS is their only factor, and stands nowhere else.
    if factors.is_empty() && !output.mfa_options.unwrap_or_default().is_empty() {
        factors.push(Factor::Sms);
    }
    Account {
        username: clip(&output.username),
        attributes: attributes(&output.user_attributes),
        preferred: output.preferred_mfa_setting.as_deref().and_then(factor),
        factors,
    }
}

fn attributes(listed: &[AttributeType]) -> BTreeMap<String, String> {
    let mut room = MOST;
    listed
        .iter()
        .map(|attribute| {
            (
                clip(&attribute.name),
                clip(attribute.value().unwrap_or_default()),
            )
        })
        .take_while(|(name, value)| {
            let fits = name.len() + value.len() <= room;
            room = room.saturating_sub(name.len() + value.len());
            fits
        })
        .collect()
}

/// The names of the factors in `UserMFASettingList`.
fn factor(name: &str) -> Option<Factor> {
    match name {
        "SMS_MFA" => Some(Factor::Sms),
        "SOFTWARE_TOKEN_MFA" => Some(Factor::App),
        "EMAIL_OTP" | "EMAIL_MFA" => Some(Factor::Email),
        "WEB_AUTHN_MFA" => Some(Factor::Passkey),
        _ => None,
    }
}

fn clip(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// Cognito allows 2048 characters in an attribute.
const LONGEST: usize = 2048;

/// A reply has 64 KiB, in which a character may take more than one byte.
const MOST: usize = 24 << 10;

const OTHER_CODE: &str = "The app shows another code: wait for its next one, and check that the \
                          clock of the device is right.";
