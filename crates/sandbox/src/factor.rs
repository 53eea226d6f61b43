//! Factors: what a pool may ask for beside the password, and what a user has set up.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    clock::Moment,
    pool::Pool,
    random,
    totp::{self, Verdict},
    user::User,
    wire::Failure,
};

/// A second factor, by the name of its challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Factor {
    /// A code of an authenticator app.
    #[serde(rename = "SOFTWARE_TOKEN_MFA")]
    SoftwareToken,
    /// A code by text message.
    #[serde(rename = "SMS_MFA")]
    Sms,
    /// A code by e-mail.
    #[serde(rename = "EMAIL_OTP")]
    Email,
}

/// `MfaConfiguration`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Mfa {
    /// Nobody is asked for a second factor.
    #[default]
    Off,
    /// Those who have set one up are.
    Optional,
    /// Everybody is, and must set one up first.
    On,
}

/// What may be the first thing that proves a user, in `USER_AUTH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FirstFactor {
    /// The password, sent or proven.
    #[serde(rename = "PASSWORD")]
    Password,
    /// A code by e-mail.
    #[serde(rename = "EMAIL_OTP")]
    EmailOtp,
    /// A code by text message.
    #[serde(rename = "SMS_OTP")]
    SmsOtp,
    /// A passkey.
    #[serde(rename = "WEB_AUTHN")]
    WebAuthn,
}

/// One round of a pool's custom challenge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CustomRound {
    /// The public challenge parameters.
    pub parameters: BTreeMap<String, String>,
    /// The right answer.
    pub answer: String,
    /// The challenge's metadata, which the client does not see.
    pub metadata: Option<String>,
}

/// What a pool asks for beside the password.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) mfa: Mfa,
    /// The second factors that the pool allows.
    pub(crate) allowed: BTreeSet<Factor>,
    /// `DeviceConfiguration`; without one, no device is remembered.
    pub(crate) devices: Option<DeviceRules>,
    /// `SignInPolicy.AllowedFirstAuthFactors`
    pub(crate) first: BTreeSet<FirstFactor>,
    /// The custom challenge: one row a round.
    pub(crate) custom: Vec<CustomRound>,
}

/// `DeviceConfiguration`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeviceRules {
    /// `ChallengeRequiredOnNewDevice`: a remembered device stands in for the second factor.
    pub(crate) skip_mfa: bool,
    /// `DeviceOnlyRememberedOnUserPrompt`: a device is remembered only where the user says so.
    pub(crate) ask: bool,
}

/// What a user has set up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Factors {
    /// The key of `AssociateSoftwareToken` that no code has proven yet, in BASE32.
    pub(crate) pending_key: Option<String>,
    /// The key of the authenticator app.
    pub(crate) software_token: Option<SoftwareToken>,
    /// The factors that are on.
    pub(crate) on: BTreeSet<Factor>,
    pub(crate) preferred: Option<Factor>,
    /// Whether there is a passkey. The sandbox offers it, and cannot take it.
    pub(crate) passkey: bool,
}

/// An authenticator app that has proven its key.
#[derive(Clone, Debug)]
pub(crate) struct SoftwareToken {
    /// In BASE32.
    pub(crate) key: String,
    /// `FriendlyDeviceName`
    pub(crate) name: Option<String>,
    /// The step of the last code that was accepted.
    pub(crate) used: Option<u64>,
}

impl Factor {
    pub(crate) const ALL: [Self; 3] = [Self::SoftwareToken, Self::Sms, Self::Email];

    /// The name of its challenge, and in `UserMFASettingList`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SoftwareToken => "SOFTWARE_TOKEN_MFA",
            Self::Sms => "SMS_MFA",
            Self::Email => "EMAIL_OTP",
        }
    }

    /// The factor of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.name() == name)
    }
}

impl FirstFactor {
    pub(crate) const ALL: [Self; 4] =
        [Self::Password, Self::EmailOtp, Self::SmsOtp, Self::WebAuthn];

    /// Its name in `AllowedFirstAuthFactors`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Password => "PASSWORD",
            Self::EmailOtp => "EMAIL_OTP",
            Self::SmsOtp => "SMS_OTP",
            Self::WebAuthn => "WEB_AUTHN",
        }
    }
}

impl Mfa {
    /// Its name in `MfaConfiguration`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Optional => "OPTIONAL",
            Self::On => "ON",
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            mfa: Mfa::Off,
            allowed: BTreeSet::new(),
            devices: None,
            first: [FirstFactor::Password].into(),
            custom: Vec::new(),
        }
    }
}

impl Pool {
    /// The second factors that can be asked of a user at a sign-in; the preferred one alone, if it
    /// is among them. Empty where none is asked for, and where one has to be set up first.
    pub(crate) fn second_factors(&self, user: &User) -> Vec<Factor> {
        let usable =
            |factor: &Factor| self.rules.allowed.contains(factor) && user.has_set_up(*factor);
        let on = user.factors.on.iter().copied().filter(usable);
        let on: Vec<Factor> = match self.rules.mfa {
            Mfa::Off => return Vec::new(),
            Mfa::Optional | Mfa::On => on.collect(),
        };
        if let Some(preferred) = user.factors.preferred.filter(|one| on.contains(one)) {
            return vec![preferred];
        }
        if !on.is_empty() || self.rules.mfa != Mfa::On {
            return on;
        }
        // Where everybody is asked, a verified address serves those who chose nothing.
        let verified = |factor: &Factor| match factor {
            Factor::SoftwareToken => true,
            Factor::Sms => user.verified("phone_number"),
            Factor::Email => user.verified("email"),
        };
        let any = Factor::ALL.into_iter();
        any.filter(usable).filter(verified).collect()
    }
}

impl Factors {
    /// `AssociateSoftwareToken`: a new key, which counts once a code has proven it.
    pub(crate) fn associate(&mut self) -> String {
        let key = random::text(random::BASE32, 52);
        self.pending_key = Some(key.clone());
        key
    }

    /// Sets an authenticator app up that has this key, and needs to prove nothing.
    pub(crate) fn plant(&mut self, key: String) -> Result<(), Failure> {
        if totp::Key::read(&key).is_none() {
            return Err(Failure::invalid_parameter(
                "The key of the authenticator app is not BASE32.",
            ));
        }
        self.software_token = Some(SoftwareToken {
            key,
            name: None,
            used: None,
        });
        Ok(())
    }

    /// `VerifySoftwareToken`: the pending key counts, if this is its code.
    pub(crate) fn prove(
        &mut self,
        name: Option<&str>,
        code: &str,
        now: Moment,
    ) -> Result<(), Failure> {
        let Some(key) = self.pending_key.clone() else {
            return Err(Failure::invalid_parameter(
                "Software token has not been associated.",
            ));
        };
        let verdict = totp::Key::read(&key).map(|totp| totp.judge(code, None, now));
        let Some(Verdict::Right(step)) = verdict else {
            return Err(Failure::new(
                "EnableSoftwareTokenMFAException",
                "Code mismatch and fail enable Software Token MFA",
            ));
        };
        self.pending_key = None;
        self.software_token = Some(SoftwareToken {
            key,
            name: name.map(str::to_owned),
            used: Some(step),
        });
        Ok(())
    }
}

impl SoftwareToken {
    /// Judges a code, and remembers one that is right.
    pub(crate) fn judge(&mut self, code: &str, now: Moment) -> Verdict {
        let key = totp::Key::read(&self.key);
        let verdict = key.map_or(Verdict::Wrong, |key| key.judge(code, self.used, now));
        if let Verdict::Right(step) = verdict {
            self.used = Some(step);
        }
        verdict
    }
}
