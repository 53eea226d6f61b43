//! Users: their password, their state, and how often somebody guessed wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    clock::{Clock, Moment},
    device::Devices,
    factor::Factors,
    limits::Limits,
    outbox::Code,
    random,
    srp::{Verifier, Who},
    wire::Failure,
};

/// A user of a pool.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) username: String,
    pub(crate) sub: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) password: Option<Verifier>,
    pub(crate) status: Status,
    pub(crate) enabled: bool,
    pub(crate) created: Moment,
    pub(crate) modified: Moment,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) attempts: Attempts,
    /// The end of a temporary password.
    pub(crate) temporary_until: Option<Moment>,
    /// The code that confirms the sign-up.
    pub(crate) sign_up_code: Option<Code>,
    /// The code that resets the password.
    pub(crate) reset_code: Option<Code>,
    /// The codes that verify addresses, by attribute.
    pub(crate) verify_codes: BTreeMap<String, Code>,
    pub(crate) factors: Factors,
    pub(crate) devices: Devices,
    pub(crate) limits: Limits,
}

/// `UserStatus`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Unconfirmed,
    Confirmed,
    ForceChangePassword,
    ResetRequired,
    /// Signs in at an identity provider.
    ExternalProvider,
}

/// Wrong passwords so far, and the pause they cost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts {
    failures: u32,
    last: Option<Moment>,
    locked_until: Option<Moment>,
}

impl User {
    /// A user who cannot sign in yet.
    pub(crate) fn new(username: &str, attributes: Vec<(String, String)>, now: Moment) -> Self {
        let sub = random::uuid();
        let mut attributes: BTreeMap<String, String> = attributes.into_iter().collect();
        attributes.insert("sub".into(), sub.clone());
        Self {
            username: username.to_owned(),
            sub,
            attributes,
            password: None,
            status: Status::Unconfirmed,
            enabled: true,
            created: now,
            modified: now,
            groups: BTreeSet::new(),
            attempts: Attempts::default(),
            temporary_until: None,
            sign_up_code: None,
            reset_code: None,
            verify_codes: BTreeMap::new(),
            factors: Factors::default(),
            devices: Devices::default(),
            limits: Limits::default(),
        }
    }

    /// Gives the user a password. `pool` is the pool's short name.
    pub(crate) fn set_password(&mut self, pool: &str, password: &str) {
        self.password = Some(Verifier::new(self.who(pool), password));
    }

    /// Whether this is the user's password. `pool` is the pool's short name.
    pub(crate) fn has_password(&self, pool: &str, password: &str) -> bool {
        let verifier = self.password.as_ref();
        verifier.is_some_and(|verifier| verifier.accepts(self.who(pool), password))
    }

    fn who<'a>(&'a self, pool: &'a str) -> Who<'a> {
        Who {
            name: pool,
            user: &self.username,
        }
    }

    /// Refuses a user who knows the password and still may not enter.
    pub(crate) fn may_enter(&self, now: Moment) -> Result<(), Failure> {
        if !self.enabled {
            return Err(Failure::not_authorized("User is disabled."));
        }
        if self.temporary_until.is_some_and(|end| now >= end) {
            return Err(Failure::not_authorized(
                "Temporary password has expired and must be reset by an administrator.",
            ));
        }
        match self.status {
            Status::Unconfirmed => Err(Failure::new(
                "UserNotConfirmedException",
                "User is not confirmed.",
            )),
            Status::ResetRequired => Err(reset_required()),
            Status::Confirmed | Status::ForceChangePassword | Status::ExternalProvider => Ok(()),
        }
    }

    /// Whether an address is known to be the user's own.
    pub(crate) fn verified(&self, attribute: &str) -> bool {
        let verified = self.attributes.get(&format!("{attribute}_verified"));
        verified.is_some_and(|value| value == "true")
    }

    /// The attributes, as `{Name, Value}` pairs.
    pub(crate) fn attribute_list(&self) -> Vec<Value> {
        let pair = |(name, value): (&String, &String)| json!({ "Name": name, "Value": value });
        self.attributes.iter().map(pair).collect()
    }

    /// What administrators see.
    pub(crate) fn describe(&self, attributes: &str, clock: &Clock) -> Value {
        let mut answer = json!({
            "Username": self.username,
            attributes: self.attribute_list(),
            "UserCreateDate": clock.tell(self.created).fraction(),
            "UserLastModifiedDate": clock.tell(self.modified).fraction(),
            "Enabled": self.enabled,
            "UserStatus": self.status.name(),
        });
        self.tell_factors(&mut answer);
        answer
    }

    /// Takes an attribute away; of an address, also that it was verified.
    pub(crate) fn forget_attribute(&mut self, name: &str) {
        self.attributes.remove(name);
        self.attributes.remove(&format!("{name}_verified"));
        self.verify_codes.remove(name);
    }
}

impl Status {
    /// Its name in `UserStatus`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unconfirmed => "UNCONFIRMED",
            Self::Confirmed => "CONFIRMED",
            Self::ForceChangePassword => "FORCE_CHANGE_PASSWORD",
            Self::ResetRequired => "RESET_REQUIRED",
            Self::ExternalProvider => "EXTERNAL_PROVIDER",
        }
    }
}

impl Attempts {
    const FREE: u32 = 5;
    const LONGEST: i64 = 15 * 60;

    /// Refuses everybody during the pause, also those who know the password.
    pub(crate) fn check(&self, now: Moment) -> Result<(), Failure> {
        if self.locked_until.is_some_and(|end| now < end) {
            return Err(Failure::not_authorized("Password attempts exceeded"));
        }
        Ok(())
    }

    /// Counts a wrong password. The pause doubles with each from the fifth on.
    pub(crate) fn failed(&mut self, now: Moment) {
        if self
            .last
            .is_some_and(|last| now >= last.plus(Self::LONGEST))
        {
            self.failures = 0;
        }
        self.failures += 1;
        self.last = Some(now);
        if let Some(doublings) = self.failures.checked_sub(Self::FREE) {
            let pause = 1_i64
                .checked_shl(doublings.min(32))
                .unwrap_or(Self::LONGEST);
            self.locked_until = Some(now.plus(pause.min(Self::LONGEST)));
        }
    }

    /// Forgets all, after the right password.
    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }
}

/// `PasswordResetRequiredException`
pub(crate) fn reset_required() -> Failure {
    Failure::new(
        "PasswordResetRequiredException",
        "Password reset required for the user",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles() {
        let start = Moment(0);
        let mut attempts = Attempts::default();
        for _ in 0..4 {
            attempts.failed(start);
            assert!(attempts.check(start).is_ok());
        }
        let mut now = start;
        for pause in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            // Longer than 15 minutes without a try would start afresh.
            attempts.failed(now);
            assert!(attempts.check(now.plus(pause - 1)).is_err(), "{pause}");
            assert!(attempts.check(now.plus(pause)).is_ok(), "{pause}");
            now = now.plus(pause.min(800));
        }
        attempts.succeeded();
        assert!(attempts.check(now).is_ok());
    }

    #[test]
    fn a_quarter_of_an_hour_forgives() {
        let mut attempts = Attempts::default();
        for _ in 0..5 {
            attempts.failed(Moment(0));
        }
        attempts.failed(Moment(0).plus(900));
        assert!(attempts.check(Moment(0).plus(900)).is_ok());
    }
}
