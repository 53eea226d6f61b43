//! Second factors being set up: of a pool, and by a user.

use serde_json::{Value, json};

use crate::{
    factor::{Factor, Mfa},
    pool::Pool,
    settings::mfa,
    user::User,
    wire::{Answer, Failure, Fields},
    world::World,
};

impl World {
    /// `SetUserPoolMfaConfig`
    pub(crate) fn set_user_pool_mfa_config(&mut self, fields: Fields<'_>) -> Answer {
        let now = self.clock.now();
        let pool = self.pool_mut(fields.text("UserPoolId")?)?;
        let mode = if fields.has("MfaConfiguration") {
            mfa(fields)?
        } else {
            pool.rules.mfa
        };
        let blocks = [
            (Factor::Sms, "SmsMfaConfiguration"),
            (Factor::SoftwareToken, "SoftwareTokenMfaConfiguration"),
            (Factor::Email, "EmailMfaConfiguration"),
        ];
        if mode == Mfa::Off && blocks.iter().any(|(_, block)| fields.has(block)) {
            return Err(Failure::invalid_parameter(
                "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.",
            ));
        }
        let token = fields.inside("SoftwareTokenMfaConfiguration")?;
        let token = token.flag("Enabled")?;
        let allowed = blocks
            .into_iter()
            .filter(|(factor, block)| {
                fields.has(block) && (*factor != Factor::SoftwareToken || token)
            })
            .map(|(factor, _)| factor)
            .collect::<std::collections::BTreeSet<_>>();
        if mode != Mfa::Off && allowed.is_empty() {
            return Err(Failure::invalid_parameter(
                "Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration.",
            ));
        }
        pool.rules.mfa = mode;
        pool.rules.allowed = allowed;
        pool.modified = now;
        Ok(mfa_config(pool))
    }

    /// `GetUserPoolMfaConfig`
    pub(crate) fn user_pool_mfa_config(&self, fields: Fields<'_>) -> Answer {
        Ok(mfa_config(self.pool(fields.text("UserPoolId")?)?))
    }

    /// `SetUserMFAPreference`
    pub(crate) fn set_user_mfa_preference(&mut self, fields: Fields<'_>) -> Answer {
        let (pool, name) = self.owner(fields)?;
        self.prefer(&pool, &name, fields)
    }

    /// `AdminSetUserMFAPreference`
    pub(crate) fn admin_set_user_mfa_preference(&mut self, fields: Fields<'_>) -> Answer {
        let pool = fields.text("UserPoolId")?;
        let name = self.user_named(fields)?.username.clone();
        self.prefer(pool, &name, fields)
    }

    fn prefer(&mut self, pool: &str, name: &str, fields: Fields<'_>) -> Answer {
        let now = self.clock.now();
        let pool = self.pool_mut(pool)?;
        let allowed = pool.rules.allowed.clone();
        let user = pool.user_mut(name)?;
        let (mut on, mut preferred) = (user.factors.on.clone(), user.factors.preferred);
        let mut chosen = 0;
        for (factor, block) in [
            (Factor::Sms, "SMSMfaSettings"),
            (Factor::SoftwareToken, "SoftwareTokenMfaSettings"),
            (Factor::Email, "EmailMfaSettings"),
        ] {
            if !fields.has(block) {
                continue;
            }
            let settings = fields.inside(block)?;
            let (enabled, prefer) = (settings.flag("Enabled")?, settings.flag("PreferredMfa")?);
            if prefer && !enabled {
                return Err(Failure::invalid_parameter(format!(
                    "{} cannot be preferred while it is not enabled.",
                    factor.name()
                )));
            }
            if !enabled {
                on.remove(&factor);
            } else if allowed.contains(&factor) && user.has_set_up(factor) {
                on.insert(factor);
            } else {
                return Err(Failure::invalid_parameter(format!(
                    "User does not have delivery config set to turn on {}",
                    factor.name()
                )));
            }
            if prefer {
                chosen += 1;
                preferred = Some(factor);
            } else if preferred == Some(factor) {
                preferred = None;
            }
        }
        if chosen > 1 {
            return Err(Failure::invalid_parameter(
                "Only one MFA method can be preferred.",
            ));
        }
        user.factors.preferred = preferred.filter(|factor| on.contains(factor));
        user.factors.on = on;
        user.modified = now;
        Ok(json!({}))
    }

    /// `AssociateSoftwareToken`, by access token or in the session of an `MFA_SETUP`.
    pub(crate) fn associate_software_token(&mut self, fields: Fields<'_>) -> Answer {
        if by_session(fields)? {
            return self.associate_in_session(fields);
        }
        let (pool, name) = self.owner(fields)?;
        Ok(json!({ "SecretCode": self.associate(&pool, &name)? }))
    }

    /// A new key for a user's authenticator app.
    pub(crate) fn associate(&mut self, pool: &str, name: &str) -> Result<String, Failure> {
        let pool = self.pool_mut(pool)?;
        if !pool.rules.allowed.contains(&Factor::SoftwareToken) {
            return Err(Failure::new(
                "SoftwareTokenMFANotFoundException",
                "Software Token MFA has not been enabled by the userPool",
            ));
        }
        let key = pool.user_mut(name)?.factors.associate();
        self.journal.secret("totp_key", &key);
        Ok(key)
    }

    /// `VerifySoftwareToken`, by access token or in the session of an `MFA_SETUP`.
    pub(crate) fn verify_software_token(&mut self, fields: Fields<'_>) -> Answer {
        if by_session(fields)? {
            return self.verify_in_session(fields);
        }
        let (pool, name) = self.owner(fields)?;
        self.prove_key(&pool, &name, fields)?;
        Ok(json!({ "Status": "SUCCESS" }))
    }

    /// Takes the first code of a user's authenticator app: `UserCode`, `FriendlyDeviceName`.
    pub(crate) fn prove_key(
        &mut self,
        pool: &str,
        name: &str,
        fields: Fields<'_>,
    ) -> Result<(), Failure> {
        let code = fields.text("UserCode")?;
        let label = fields.maybe_text("FriendlyDeviceName")?;
        if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Failure::invalid_parameter(format!(
                "1 validation error detected: Value '{code}' at 'userCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9]+"
            )));
        }
        let now = self.clock.now();
        let user = self.pool_mut(pool)?.user_mut(name)?;
        user.factors.prove(label, code, now)?;
        user.modified = now;
        Ok(())
    }
}

impl User {
    /// Whether a code of this factor can be asked of the user.
    pub(crate) fn has_set_up(&self, factor: Factor) -> bool {
        match factor {
            Factor::SoftwareToken => self.factors.software_token.is_some(),
            Factor::Sms => self.attributes.contains_key("phone_number"),
            Factor::Email => self.attributes.contains_key("email"),
        }
    }

    /// Adds the factors to what `GetUser` and `AdminGetUser` tell.
    pub(crate) fn tell_factors(&self, answer: &mut Value) {
        let names: Vec<_> = self.factors.on.iter().map(|factor| factor.name()).collect();
        if !names.is_empty() {
            answer["UserMFASettingList"] = json!(names);
        }
        if let Some(preferred) = self.factors.preferred {
            answer["PreferredMfaSetting"] = json!(preferred.name());
        }
    }
}

/// Whether the call speaks for a session; one of both it must be.
fn by_session(fields: Fields<'_>) -> Result<bool, Failure> {
    match (fields.has("AccessToken"), fields.has("Session")) {
        (token, session) if token != session => Ok(session),
        _ => Err(Failure::invalid_parameter(
            "Either AccessToken or Session must be present, and not both.",
        )),
    }
}

fn mfa_config(pool: &Pool) -> Value {
    let mut answer = json!({ "MfaConfiguration": pool.rules.mfa.name() });
    for factor in &pool.rules.allowed {
        match factor {
            Factor::SoftwareToken => {
                answer["SoftwareTokenMfaConfiguration"] = json!({ "Enabled": true });
            }
            Factor::Sms => answer["SmsMfaConfiguration"] = json!({ "SmsConfiguration": {} }),
            Factor::Email => answer["EmailMfaConfiguration"] = json!({}),
        }
    }
    answer
}
