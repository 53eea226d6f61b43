//! Cognito's names of the ways to prove who one is, and how people tell them apart.

use std::collections::BTreeMap;

use poolkey_core::conversation::{Answer, Factor, Medium, Question};

/// Where a thread notes `AvailableChallenges` among the challenge's parameters.
pub(super) const AVAILABLE: &str = "AVAILABLE_CHALLENGES";

/// What people call it. `EMAIL_MFA` stands in Cognito's prose, `EMAIL_OTP` in its model; `EMAIL`
/// and the like are how a pool's own names are shortened by some clients, and not by Cognito.
fn factor(name: &str) -> Option<Factor> {
    match name {
        "PASSWORD" | "PASSWORD_SRP" => Some(Factor::Password),
        "EMAIL_OTP" | "EMAIL_MFA" => Some(Factor::Email),
        "SMS_OTP" | "SMS_MFA" => Some(Factor::Sms),
        "SOFTWARE_TOKEN_MFA" => Some(Factor::App),
        "WEB_AUTHN" => Some(Factor::Passkey),
        _ => None,
    }
}

/// The pool's own name of a factor among those it offers; a password is proven where it can be.
pub(super) fn name_of(wanted: Factor, offered: &[String]) -> Option<&str> {
    let mut names = offered.iter().map(String::as_str);
    match wanted {
        Factor::Password if offered.iter().any(|name| name == "PASSWORD_SRP") => {
            Some("PASSWORD_SRP")
        }
        Factor::Password | Factor::Email | Factor::Sms | Factor::App | Factor::Passkey => {
            names.find(|name| factor(name) == Some(wanted))
        }
    }
}

/// How to sign in: the ways that can be taken here, and those that need a browser.
pub(super) fn first(offered: &[String]) -> (Vec<Factor>, Vec<Factor>) {
    factors(offered)
        .into_iter()
        .filter(|factor| *factor != Factor::App)
        .partition(|factor| *factor != Factor::Passkey)
}

/// Whether a sign-in goes on in the browser: a way was offered and chosen that only it can show.
pub(crate) fn leads_to_browser(asked: Option<&Question>, answer: &Answer) -> bool {
    let Some(Question::Choice { ways, .. }) = asked else {
        return false;
    };
    *answer == Answer::Choice(Factor::Passkey)
        && ways.iter().any(|way| way.factor == Factor::Passkey)
}

/// The second factors among those offered.
pub(super) fn second(offered: &[String]) -> Vec<Factor> {
    let mut second = factors(offered);
    second.retain(|factor| matches!(factor, Factor::Email | Factor::Sms | Factor::App));
    second
}

/// In the pool's order, each once.
fn factors(offered: &[String]) -> Vec<Factor> {
    let mut factors = Vec::new();
    for factor in offered.iter().filter_map(|name| factor(name)) {
        if !factors.contains(&factor) {
            factors.push(factor);
        }
    }
    factors
}

/// A parameter that holds a JSON list of texts.
pub(super) fn list(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

pub(super) fn available(parameters: &BTreeMap<String, String>) -> Vec<String> {
    let names = parameters.get(AVAILABLE).map_or("", String::as_str);
    names
        .split(',')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// How the code of a challenge comes.
pub(super) fn medium(challenge: &str) -> Medium {
    match factor(challenge) {
        Some(Factor::Email) => Medium::Email,
        Some(Factor::Sms) => Medium::Sms,
        Some(Factor::App) => Medium::App,
        Some(Factor::Password | Factor::Passkey) | None => Medium::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_password_is_proven_rather_than_sent() {
        let both = names(&["PASSWORD", "EMAIL_OTP", "PASSWORD_SRP"]);
        assert_eq!(name_of(Factor::Password, &both), Some("PASSWORD_SRP"));
        let one = names(&["PASSWORD"]);
        assert_eq!(name_of(Factor::Password, &one), Some("PASSWORD"));
        assert_eq!(name_of(Factor::Email, &one), None);
        assert_eq!(
            first(&both),
            (vec![Factor::Password, Factor::Email], vec![])
        );
    }

    #[test]
    fn the_pools_own_spelling_is_sent() {
        for spelling in ["EMAIL_OTP", "EMAIL_MFA"] {
            let offered = names(&["SMS_MFA", spelling]);
            assert_eq!(second(&offered), [Factor::Sms, Factor::Email]);
            assert_eq!(name_of(Factor::Email, &offered), Some(spelling));
        }
    }

    #[test]
    fn what_is_not_known_is_not_offered() {
        let offered = names(&["TEA_LEAVES", "WEB_AUTHN", "SOFTWARE_TOKEN_MFA"]);
        assert_eq!(first(&offered), (vec![], vec![Factor::Passkey]));
        assert_eq!(second(&offered), [Factor::App]);
    }

    #[test]
    fn a_list_that_is_none_is_empty() {
        assert_eq!(list(r#"["SMS_MFA","X"]"#), ["SMS_MFA", "X"]);
        for bad in ["", "SMS_MFA", "{}", "[1]"] {
            assert!(list(bad).is_empty(), "{bad}");
        }
    }
}
