//! Faults on demand: which call goes wrong, and how.

use serde::{Deserialize, Serialize};

/// One rule. The first rule that matches a call and has hits left applies to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The operation, such as `GetTokensFromRefreshToken`, or `*`.
    pub operation: String,
    /// How many calls it hits.
    #[serde(default)]
    pub times: Times,
    /// How many matching calls pass unharmed before the first hit.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skip: u32,
    /// The share of matching calls that it hits, 0 to 1. The same sequence after every reset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Wait before the call takes effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_before_ms: Option<u64>,
    /// Wait between the effect and the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_after_ms: Option<u64>,
    /// Close the connection without a reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop: Option<DropAt>,
    /// Close the connection after that many bytes of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncate_after_bytes: Option<usize>,
    /// Answer with this error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Wrong>,
    /// With `error`: the call takes effect all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub effect: bool,
    /// How many calls it has hit (in answers only).
    #[serde(default)]
    pub hits: u32,
}

/// How many calls a rule hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Times {
    /// So many.
    Count(u32),
    /// The word `forever`.
    Word(Forever),
}

/// The word `forever`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Forever {
    /// Until the rules are cleared.
    Forever,
}

/// When the connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DropAt {
    /// Nothing happened on the server.
    Before,
    /// The call took effect; only its answer is lost.
    After,
}

/// An error answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrong {
    /// The HTTP status; by default the one that AWS uses for the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The error code, such as `TooManyRequestsException`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The whole body, in place of AWS's shape (a proxy's HTML page, say).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// The rules in force.
pub(crate) struct Faults {
    rules: Vec<Rule>,
    dice: fastrand::Rng,
}

impl Default for Times {
    fn default() -> Self {
        Self::Count(1)
    }
}

impl Faults {
    const LIMIT: usize = 1000;
    const SEED: u64 = 20_260_105;

    /// No faults.
    pub(crate) fn none() -> Self {
        Self {
            rules: Vec::new(),
            dice: fastrand::Rng::with_seed(Self::SEED),
        }
    }

    /// Adds rules behind those that are there. False when they are too many.
    pub(crate) fn add(&mut self, rules: Vec<Rule>) -> bool {
        if self.rules.len() + rules.len() > Self::LIMIT {
            return false;
        }
        self.rules
            .extend(rules.into_iter().map(|rule| Rule { hits: 0, ..rule }));
        true
    }

    /// The rules, with what is left of them.
    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule that hits this call, if any, which is thereby spent once.
    pub(crate) fn hit(&mut self, operation: &str) -> Option<Rule> {
        for rule in &mut self.rules {
            if rule.operation != "*" && rule.operation != operation {
                continue;
            }
            if rule.times == Times::Count(0) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if rule
                .probability
                .is_some_and(|share| self.dice.f64() >= share)
            {
                continue;
            }
            if let Times::Count(left) = &mut rule.times {
                *left -= 1;
            }
            rule.hits += 1;
            return Some(rule.clone());
        }
        None
    }
}

impl Wrong {
    /// The status that goes with the code.
    pub(crate) fn status(&self) -> u16 {
        let by_code = match self.code.as_deref() {
            Some("InternalErrorException" | "InternalFailure" | "InternalServerError") => 500,
            Some("ServiceUnavailable" | "ServiceUnavailableException") => 503,
            Some("ForbiddenException") => 403,
            Some(_) => 400,
            None => 500,
        };
        self.status.unwrap_or(by_code)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_spent_in_order() {
        let mut faults = Faults::none();
        faults.add(rules(
            r#"[{"operation":"GetId","times":2,"error":{"code":"TooManyRequestsException"}},
                {"operation":"*","times":"forever","delay_before_ms":5}]"#,
        ));
        let kind = |rule: Option<Rule>| rule.map(|rule| rule.error.is_some());
        assert_eq!(kind(faults.hit("GetId")), Some(true));
        assert_eq!(kind(faults.hit("InitiateAuth")), Some(false));
        assert_eq!(kind(faults.hit("GetId")), Some(true));
        assert_eq!(kind(faults.hit("GetId")), Some(false));
        assert_eq!(faults.rules()[0].times, Times::Count(0));
        assert_eq!(faults.rules()[0].hits, 2);
        assert_eq!(faults.rules()[1].hits, 2);
    }

    #[test]
    fn a_rule_can_wait() {
        let mut faults = Faults::none();
        faults.add(rules(r#"[{"operation":"GetId","skip":2,"drop":"after"}]"#));
        let hits: Vec<bool> = (0..4).map(|_| faults.hit("GetId").is_some()).collect();
        assert_eq!(hits, [false, false, true, false]);
    }

    #[test]
    fn chance_is_the_same_every_time() {
        let roll = || {
            let mut faults = Faults::none();
            faults.add(rules(
                r#"[{"operation":"*","times":"forever","probability":0.3,"drop":"before"}]"#,
            ));
            (0..1000)
                .map(|_| faults.hit("GetId").is_some())
                .collect::<Vec<_>>()
        };
        let hits = roll().iter().filter(|hit| **hit).count();
        assert!((250..350).contains(&hits), "{hits}");
        assert_eq!(roll(), roll());
    }

    #[test]
    fn mistakes_in_rules_are_refused() {
        for bad in [
            r#"[{"times":1}]"#,
            r#"[{"operation":"*","times":"never"}]"#,
            r#"[{"operation":"*","drop":"maybe"}]"#,
            r#"[{"operation":"*","delay":5}]"#,
        ] {
            assert!(serde_json::from_str::<Vec<Rule>>(bad).is_err(), "{bad}");
        }
    }

    fn rules(json: &str) -> Vec<Rule> {
        serde_json::from_str(json).expect("rules")
    }
}
