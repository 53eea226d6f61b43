//! The constraints that an API's model puts on its parameters.

use std::ops::RangeInclusive;

use super::Form;
use crate::wire::Failure;

/// The constraints of an API, all of which are told at once when they are violated.
#[derive(Default)]
pub(crate) struct Checks(Vec<String>);

impl Checks {
    /// A parameter that must be there.
    pub(crate) fn text<'a>(&mut self, form: &'a Form, name: &str) -> &'a str {
        form.text(name).unwrap_or_else(|| {
            self.0.push(format!(
                "Value at '{}' failed to satisfy constraint: Member must not be null",
                member(name)
            ));
            ""
        })
    }

    /// How many characters a text must have, and which.
    pub(crate) fn form(
        &mut self,
        name: &str,
        value: &str,
        size: RangeInclusive<usize>,
        pattern: Pattern,
    ) {
        let length = value.chars().count();
        if length < *size.start() {
            let limit = size.start();
            self.refuse(
                name,
                value,
                &format!("Member must have length greater than or equal to {limit}"),
            );
        }
        if length > *size.end() {
            let limit = size.end();
            self.refuse(
                name,
                value,
                &format!("Member must have length less than or equal to {limit}"),
            );
        }
        if !value.chars().all(|letter| pattern.has(letter)) {
            let text = pattern.text();
            self.refuse(
                name,
                value,
                &format!("Member must satisfy regular expression pattern: {text}"),
            );
        }
    }

    /// A whole number within limits.
    pub(crate) fn number(
        &mut self,
        form: &Form,
        name: &str,
        limits: RangeInclusive<i32>,
    ) -> Result<Option<i32>, Failure> {
        let Some(text) = form.text(name) else {
            return Ok(None);
        };
        let number: i32 = text
            .parse()
            .map_err(|_| Failure::new("MalformedInput", ""))?;
        if number < *limits.start() {
            let limit = limits.start();
            self.refuse(
                name,
                text,
                &format!("Member must have value greater than or equal to {limit}"),
            );
        }
        if number > *limits.end() {
            let limit = limits.end();
            self.refuse(
                name,
                text,
                &format!("Member must have value less than or equal to {limit}"),
            );
        }
        Ok(Some(number))
    }

    /// Refuses a value by the constraint that it violates.
    pub(crate) fn refuse(&mut self, name: &str, value: &str, constraint: &str) {
        self.0.push(format!(
            "Value '{value}' at '{}' failed to satisfy constraint: {constraint}",
            member(name)
        ));
    }

    /// The end: nothing was violated, or `ValidationError`.
    pub(crate) fn end(self) -> Result<(), Failure> {
        let count = self.0.len();
        if count == 0 {
            return Ok(());
        }
        let errors = if count == 1 { "error" } else { "errors" };
        Err(Failure::new(
            "ValidationError",
            format!(
                "{count} validation {errors} detected: {}",
                self.0.join("; ")
            ),
        ))
    }
}

/// The characters that a parameter may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    Any,
    /// Names of sessions and roles.
    Name,
    /// External ids.
    ExternalId,
}

impl Pattern {
    fn text(self) -> &'static str {
        match self {
            Self::Any => ".*",
            Self::Name => r"[\w+=,.@-]*",
            Self::ExternalId => r"[\w+=,.@:\/-]*",
        }
    }

    fn has(self, letter: char) -> bool {
        let word = letter.is_ascii_alphanumeric() || letter == '_';
        match self {
            Self::Any => true,
            Self::Name => word || "+=,.@-".contains(letter),
            Self::ExternalId => word || "+=,.@:/-".contains(letter),
        }
    }
}

/// A parameter's name as errors write it.
fn member(name: &str) -> String {
    let mut member = name.to_owned();
    if let Some(first) = member.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    member
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_told_together() {
        let form = Form::read("N=x y&D=899", b"");
        let mut checks = Checks::default();
        checks.text(&form, "RoleArn");
        checks.form("RoleSessionName", "x y", 2..=64, Pattern::Name);
        assert_eq!(checks.number(&form, "D", 900..=43_200), Ok(Some(899)));
        let refused = checks.end().expect_err("refused");
        assert_eq!(
            refused.message,
            r"3 validation errors detected: Value at 'roleArn' failed to satisfy constraint: Member must not be null; Value 'x y' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*; Value '899' at 'd' failed to satisfy constraint: Member must have value greater than or equal to 900"
        );
        let mut checks = Checks::default();
        let wrong = Form::read("D=1.5", b"");
        let refused = checks.number(&wrong, "D", 0..=1).expect_err("refused");
        assert_eq!(refused.code, "MalformedInput");
        checks.form(
            "ExternalId",
            "azAZ09_+=,.@:/-",
            2..=1224,
            Pattern::ExternalId,
        );
        checks.form("ExternalId", "a:b", 3..=3, Pattern::ExternalId);
        assert_eq!(checks.end(), Ok(()));
        for (value, why) in [
            ("a:b", "pattern"),
            ("a", "equal to 2"),
            ("abcd", "equal to 3"),
        ] {
            let mut checks = Checks::default();
            checks.form("N", value, 2..=3, Pattern::Name);
            let refused = checks.end().expect_err(value);
            assert!(refused.message.contains(why), "{}", refused.message);
        }
    }
}
