//! `PasswordPolicy`: which passwords a pool takes.

use serde_json::{Value, json};

use crate::{
    clock::Moment,
    wire::{Failure, Fields},
};

/// `PasswordPolicy`
#[derive(Clone)]
pub(crate) struct Policy {
    length: usize,
    upper: bool,
    lower: bool,
    numbers: bool,
    symbols: bool,
    temporary_days: i64,
}

impl Policy {
    /// Reads `Policies.PasswordPolicy`.
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self, Failure> {
        let within = |name: &str, default: i64, range: (i64, i64)| {
            let number = fields.maybe_number(name)?.unwrap_or(default);
            if (range.0..=range.1).contains(&number) {
                Ok(number)
            } else {
                Err(Failure::invalid_parameter(format!(
                    "{name} must be between {} and {}.",
                    range.0, range.1
                )))
            }
        };
        if within("PasswordHistorySize", 0, (0, 24))? != 0 {
            return Err(Failure::invalid_parameter(
                "The sandbox keeps no password history: PasswordHistorySize must be 0.",
            ));
        }
        let flag = |name| Ok::<_, Failure>(fields.maybe_flag(name)?.unwrap_or(true));
        Ok(Self {
            length: usize::try_from(within("MinimumLength", 8, (6, 99))?).unwrap_or(8),
            upper: flag("RequireUppercase")?,
            lower: flag("RequireLowercase")?,
            numbers: flag("RequireNumbers")?,
            symbols: flag("RequireSymbols")?,
            temporary_days: within("TemporaryPasswordValidityDays", 7, (0, 365))?,
        })
    }

    /// Refuses a password, in Cognito's words.
    pub(crate) fn check(&self, password: &str) -> Result<(), Failure> {
        if password.starts_with(char::is_whitespace) || password.ends_with(char::is_whitespace) {
            return Err(Failure::invalid_parameter(
                "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$",
            ));
        }
        let has = |class: fn(&char) -> bool| password.chars().any(|c| class(&c));
        let symbol = |c: &char| "^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= ".contains(*c);
        let wrong = if password.chars().count() < self.length {
            "Password not long enough"
        } else if self.numbers && !has(char::is_ascii_digit) {
            "Password must have numeric characters"
        } else if self.upper && !has(char::is_ascii_uppercase) {
            "Password must have uppercase characters"
        } else if self.lower && !has(char::is_ascii_lowercase) {
            "Password must have lowercase characters"
        } else if self.symbols && !password.chars().any(|c| symbol(&c)) {
            "Password must have symbol characters"
        } else if password.chars().count() > 256 {
            "Password too long"
        } else {
            return Ok(());
        };
        let message = format!("Password did not conform with policy: {wrong}");
        Err(Failure::new("InvalidPasswordException", message))
    }

    /// When a temporary password made at `now` dies.
    pub(crate) fn temporary_until(&self, now: Moment) -> Moment {
        now.plus(self.temporary_days.max(1) * 86_400)
    }

    /// `PasswordPolicy`
    pub(crate) fn describe(&self) -> Value {
        json!({
            "MinimumLength": self.length,
            "RequireUppercase": self.upper,
            "RequireLowercase": self.lower,
            "RequireNumbers": self.numbers,
            "RequireSymbols": self.symbols,
            "TemporaryPasswordValidityDays": self.temporary_days,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_is_asked_for() {
        let policy = |fields: Value| Policy::read(Fields::of(&fields).expect("fields"));
        let strict = policy(json!({ "MinimumLength": 8 })).expect("a policy");
        for (password, words) in [
            ("Aa1!", "Password not long enough"),
            ("Aaaaaaa!", "Password must have numeric characters"),
            ("aaaaaa1!", "Password must have uppercase characters"),
            ("AAAAAA1!", "Password must have lowercase characters"),
            ("Aaaaaa1a", "Password must have symbol characters"),
            (&*format!("Aa1!{}", "a".repeat(253)), "Password too long"),
        ] {
            let failure = strict.check(password).expect_err(password);
            assert_eq!(failure.code, "InvalidPasswordException");
            assert!(
                failure.message.ends_with(words),
                "{password}: {}",
                failure.message
            );
        }
        assert!(strict.check("Aaaaa1 a").is_ok());
        assert!(
            strict
                .check("Aaaaaa1 ")
                .is_err_and(|f| f.code == "InvalidParameterException")
        );

        let lax = json!({
            "MinimumLength": 6, "RequireUppercase": false, "RequireLowercase": false,
            "RequireNumbers": false, "RequireSymbols": false,
        });
        assert!(policy(lax).expect("a policy").check("aaaaaa").is_ok());
        for wrong in [
            json!({ "MinimumLength": 5 }),
            json!({ "MinimumLength": 100 }),
            json!({ "TemporaryPasswordValidityDays": 366 }),
            json!({ "PasswordHistorySize": 1 }),
        ] {
            assert!(policy(wrong).is_err());
        }
    }
}
