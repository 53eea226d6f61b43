//! Questions in words.

use std::collections::BTreeMap;

use poolkey_core::conversation::{ChoiceOf, CodeFor, Factor, Medium, Way};
use poolkey_core::failure::{Code, Failure};
use zeroize::Zeroizing;

use crate::words::{capital, factor};

/// What was wrong with the last answer. That it can be tried again is said by asking.
pub(super) fn problem(problem: &Failure) -> String {
    match (problem.code, &*problem.remedy) {
        (Code::Wrong, "Try again.") => problem.sentence.clone(),
        (_, _) => problem.to_string(),
    }
}

/// The prompt for a code: how it comes, and where to.
pub(super) fn code(code_for: &CodeFor, medium: Medium, destination: Option<&str>) -> String {
    let kind = match code_for {
        CodeFor::SignIn => "Code",
        CodeFor::Confirm => "Confirmation code",
        CodeFor::Reset => "Reset code",
        CodeFor::Verify(_) => "Verification code",
    };
    let comes = match medium {
        Medium::Email => "sent by e-mail",
        Medium::Sms => "sent by SMS",
        Medium::App => {
            return match destination {
                Some(app) => format!("{kind} of your authenticator app “{app}”: "),
                None => format!("{kind} of your authenticator app: "),
            };
        }
        Medium::Unknown => {
            return match destination {
                Some(place) => format!("{kind} sent to {place}: "),
                None => format!("{kind}: "),
            };
        }
    };
    match destination {
        Some(place) => format!("{kind} {comes} to {place}: "),
        None => format!("{kind} {comes}: "),
    }
}

/// A numbered list of what can be chosen, and what cannot be here.
pub(super) fn choice(choice_of: ChoiceOf, ways: &[Way], elsewhere: &[Factor]) -> Vec<String> {
    let head = match choice_of {
        ChoiceOf::FirstFactor => "How do you want to sign in?",
        ChoiceOf::SecondFactor => "How do you want to prove that it is you?",
        ChoiceOf::SetUp => "The user pool wants a second factor. Which one do you set up?",
    };
    let mut lines = vec![head.to_owned()];
    for (at, way) in ways.iter().enumerate() {
        let name = capital(factor(way.factor));
        lines.push(match &way.destination {
            Some(place) => format!("  {}  {name} to {place}", at + 1),
            None => format!("  {}  {name}", at + 1),
        });
    }
    for way in elsewhere {
        lines.push(format!("  –  {}: {}", capital(factor(*way)), why_not(*way)));
    }
    lines
}

/// Why a way that the pool offers cannot be taken here.
const fn why_not(way: Factor) -> &'static str {
    match way {
        Factor::Passkey => "not here: only a browser can show one, and the login has no domain",
        Factor::Password | Factor::Email | Factor::Sms | Factor::App => {
            "not here: this login's app client or this version does not do it"
        }
    }
}

/// The pool offers nothing that can be chosen here.
pub(super) fn nothing_offered(elsewhere: &[Factor]) -> Failure {
    let named: Vec<&str> = elsewhere.iter().map(|way| factor(*way)).collect();
    Failure {
        code: Code::Misconfigured,
        sentence: match &named[..] {
            [] => "The user pool offers no way to go on.".to_owned(),
            named => format!(
                "The user pool offers only what cannot be done here: {}.",
                named.join(", ")
            ),
        },
        remedy: "Ask the user pool's administrator for another way.".into(),
    }
}

/// The word of `--factor`.
pub(super) const fn option(factor: Factor) -> &'static str {
    match factor {
        Factor::Password => "password",
        Factor::Email => "email",
        Factor::Sms => "sms",
        Factor::App => "app",
        Factor::Passkey => "passkey",
    }
}

/// A key in groups of four, for those who type it.
pub(super) fn grouped(key: &str) -> Zeroizing<String> {
    let mut grouped = Zeroizing::new(String::with_capacity(2 * key.len()));
    for (at, letter) in key.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            grouped.push(' ');
        }
        grouped.push(letter);
    }
    grouped
}

/// What an attribute is called.
pub(super) fn attribute(name: &str) -> String {
    let known = match name {
        "address" => "Postal address",
        "birthdate" => "Date of birth (YYYY-MM-DD)",
        "email" => "E-mail address",
        "family_name" => "Family name",
        "gender" => "Gender",
        "given_name" => "Given name",
        "locale" => "Language (like en-GB)",
        "middle_name" => "Middle name",
        "name" => "Full name",
        "nickname" => "Nickname",
        "phone_number" => "Phone number (like +441632960961)",
        "picture" => "Address of a picture",
        "preferred_username" => "User name to be shown",
        "profile" => "Address of a profile page",
        "website" => "Web site",
        "zoneinfo" => "Time zone (like Europe/London)",
        _ => "",
    };
    match (known, name.strip_prefix("custom:")) {
        ("", Some(own)) => capital(&own.replace('_', " ")),
        ("", None) => capital(&name.replace('_', " ")),
        (known, _) => known.to_owned(),
    }
}

/// A question of the pool's own making.
pub(super) struct Custom {
    /// What is told before.
    pub(super) told: Vec<String>,
    pub(super) prompt: String,
    pub(super) is_secret: bool,
}

impl Custom {
    /// The prompt is the parameter that is called so; the others are told by their names.
    pub(super) fn of(parameters: &BTreeMap<String, String>) -> Self {
        let is_prompt =
            |name: &String| PROMPTS.iter().any(|known| name.eq_ignore_ascii_case(known));
        let mut told = Vec::new();
        for (name, value) in parameters {
            // Cognito's own, which says nothing new.
            if !is_prompt(name) && name != "USERNAME" {
                told.extend(lines(&format!("{name}: {value}")));
            }
        }
        let mut prompts: Vec<String> = PROMPTS
            .iter()
            .flat_map(|known| {
                let named = parameters
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(known));
                named.map(|(_, value)| lines(value)).unwrap_or_default()
            })
            .collect();
        let prompt = prompts.pop().unwrap_or_else(|| "Answer".to_owned());
        told.extend(prompts);

        let names = parameters.keys().map(String::as_str);
        let is_secret = names
            .chain([&*prompt])
            .map(str::to_lowercase)
            .any(|text| SECRETS.iter().any(|word| text.contains(word)));
        let ends = [':', '?', '!', '.', '…'];
        let prompt = match prompt.ends_with(ends) {
            true => format!("{prompt} "),
            false => format!("{prompt}: "),
        };
        Self {
            told,
            prompt,
            is_secret,
        }
    }
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

/// Names of parameters that are asked rather than told; the last that is there ends in the answer.
const PROMPTS: [&str; 3] = ["message", "prompt", "question"];

/// Whoever asks for one of these wants it hidden.
const SECRETS: [&str; 3] = ["password", "secret", "passphrase"];

#[cfg(test)]
mod tests;
