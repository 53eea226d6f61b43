//! Conditions of a trust policy.

use serde_json::{Map, Value};

use super::{Context, like, malformed, object, texts};
use crate::wire::Failure;

/// One operator over one key.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    test: Test,
    sense: Sense,
    over: Over,
    absent: Absent,
    key: String,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Equals,
    EqualsIgnoreCase,
    Like,
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sense {
    Is,
    IsNot,
}

/// Which of the key's own values have to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Single,
    ForAnyValue,
    ForAllValues,
}

/// What a key that is not there means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absent {
    AsTheOperatorSays,
    /// `…IfExists`
    Passes,
}

impl Condition {
    /// Reads the element `Condition`.
    pub(super) fn read_all(operators: &Map<String, Value>) -> Result<Vec<Self>, Failure> {
        let mut all = Vec::new();
        for (operator, keys) in operators {
            for (key, values) in object(keys)? {
                all.push(Self::read(operator, key, texts(values)?)?);
            }
        }
        Ok(all)
    }

    fn read(operator: &str, key: &str, values: Vec<String>) -> Result<Self, Failure> {
        let (over, name) = match operator.split_once(':') {
            None => (Over::Single, operator),
            Some(("ForAnyValue", name)) => (Over::ForAnyValue, name),
            Some(("ForAllValues", name)) => (Over::ForAllValues, name),
            Some(_) => return Err(unknown(operator)),
        };
        let (absent, name) = match name.strip_suffix("IfExists") {
            Some(name) => (Absent::Passes, name),
            None => (Absent::AsTheOperatorSays, name),
        };
        let (test, sense) = match name {
            "StringEquals" | "Bool" => (Test::Equals, Sense::Is),
            "StringNotEquals" => (Test::Equals, Sense::IsNot),
            "StringEqualsIgnoreCase" => (Test::EqualsIgnoreCase, Sense::Is),
            "StringNotEqualsIgnoreCase" => (Test::EqualsIgnoreCase, Sense::IsNot),
            "StringLike" | "ArnEquals" | "ArnLike" => (Test::Like, Sense::Is),
            "StringNotLike" | "ArnNotEquals" | "ArnNotLike" => (Test::Like, Sense::IsNot),
            "Null" if absent == Absent::AsTheOperatorSays && over == Over::Single => {
                (Test::Null, Sense::Is)
            }
            _ => return Err(unknown(operator)),
        };
        if let Some(variable) = values.iter().find(|value| value.contains("${")) {
            return Err(malformed(format!(
                "The sandbox does not know policy variables: {variable}"
            )));
        }
        Ok(Self {
            test,
            sense,
            over,
            absent,
            key: key.to_lowercase(),
            values,
        })
    }

    pub(super) fn holds(&self, context: &Context) -> bool {
        let found = context.get(&self.key).filter(|values| !values.is_empty());
        if self.test == Test::Null {
            let absent = if found.is_some() { "false" } else { "true" };
            return self.values.iter().any(|value| value == absent);
        }
        let Some(found) = found else {
            return self.absent == Absent::Passes
                || self.over == Over::ForAllValues
                || (self.sense == Sense::IsNot && self.over == Over::Single);
        };
        let fits = |own: &String| {
            let any = self.values.iter().any(|value| self.matches(value, own));
            any == (self.sense == Sense::Is)
        };
        match (self.over, self.sense) {
            (Over::ForAnyValue, _) | (Over::Single, Sense::Is) => found.iter().any(fits),
            (Over::ForAllValues, _) | (Over::Single, Sense::IsNot) => found.iter().all(fits),
        }
    }

    fn matches(&self, value: &str, own: &str) -> bool {
        match self.test {
            Test::Equals => value == own,
            Test::EqualsIgnoreCase => value.to_lowercase() == own.to_lowercase(),
            Test::Like => like(value, own),
            Test::Null => false,
        }
    }
}

fn unknown(operator: &str) -> Failure {
    malformed(format!(
        "The sandbox does not know the condition operator {operator}."
    ))
}
