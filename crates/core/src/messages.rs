//! What people are told, in their language.
//!
//! `crates/core/messages/en.json` and `ja.json` map a key to a text. `{name}` in a text is filled
//! in; a text that counts has a form for each plural of its language, `key.one` and `key.other`,
//! and the count as `{count}`. The pages of the desktop app read the same files.
//!
//! Which language a person wants is text that comes in as an argument.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::failure::{Code, Ended};

/// A language that people are spoken to in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Japanese.
    #[serde(rename = "ja")]
    Japanese,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::Japanese];

    /// The language of a locale: `ja_JP.UTF-8`, `ja`, `C`.
    pub fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or("");
        if language.eq_ignore_ascii_case("ja") {
            Self::Japanese
        } else {
            Self::English
        }
    }

    /// The language of a POSIX environment: of `LC_ALL`, `LC_MESSAGES` and `LANG`, in this order,
    /// the first that says something.
    pub fn of_posix<'a>(variables: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let locale = variables
            .into_iter()
            .flatten()
            .find(|text| !text.is_empty());
        locale.map_or(Self::English, Self::of_locale)
    }

    /// The text of a key, with its places filled in. A key that does not exist is shown itself:
    /// a test sees to it that there is none.
    pub fn say(self, key: &str, places: &[(&str, &str)]) -> String {
        self.find(key)
            .map_or_else(|| key.to_owned(), |text| fill(text, places))
    }

    /// The text of a key that counts.
    pub fn count(self, key: &str, count: u64, places: &[(&str, &str)]) -> String {
        let form = match self {
            Self::English if count == 1 => "one",
            Self::English | Self::Japanese => "other",
        };
        let digits = count.to_string();
        let places: Vec<_> = places
            .iter()
            .copied()
            .chain([("count", &*digits)])
            .collect();
        self.say(&format!("{key}.{form}"), &places)
    }

    /// A length of time: `47 min`, `2 h 5 min`, `3 days`. It is rounded down, so that nothing is
    /// said to last longer than it does.
    pub fn length(self, secs: i64) -> String {
        let (minutes, hours, days) = (secs / 60, secs / 3600, secs / 86400);
        let (m, h) = ((minutes % 60).to_string(), hours.to_string());
        match secs {
            ..=59 => self.say("time.moment", &[]),
            60..=3599 => self.say("time.minutes", &[("minutes", &m)]),
            3600..=172_799 if minutes % 60 == 0 => self.say("time.hours", &[("hours", &h)]),
            3600..=172_799 => self.say("time.hours_minutes", &[("hours", &h), ("minutes", &m)]),
            172_800.. => self.count("time.days", days.unsigned_abs(), &[]),
        }
    }

    /// A failure in a few words. What the daemon says of it, in English, is its detail.
    pub fn headline(self, code: Code) -> String {
        let key = match code {
            Code::SignedOut => "code.signed_out",
            Code::NeedsSignIn => "code.needs_sign_in",
            Code::UnknownProfile => "code.unknown_profile",
            Code::UnknownLogin => "code.unknown_login",
            Code::Config => "code.config",
            Code::VaultLocked => "code.vault_locked",
            Code::Vault => "code.vault",
            Code::Offline => "code.offline",
            Code::Service => "code.service",
            Code::Misconfigured => "code.misconfigured",
            Code::Wrong => "code.wrong",
            Code::NoConversation => "code.no_conversation",
            Code::Denied => "code.denied",
            Code::Protocol => "code.protocol",
            Code::Busy => "code.busy",
            Code::NoDaemon => "code.no_daemon",
            Code::File => "code.file",
            Code::Other => "code.other",
        };
        self.say(key, &[])
    }

    /// Why a session is over.
    pub fn reason(self, ended: Ended) -> String {
        let key = match ended {
            Ended::Expired => "ended.expired",
            Ended::Revoked => "ended.revoked",
            Ended::Reused => "ended.reused",
            Ended::Refused => "ended.refused",
            Ended::UserGone => "ended.user_gone",
            Ended::UserDisabled => "ended.user_disabled",
            Ended::PasswordReset => "ended.password_reset",
            Ended::Unconfirmed => "ended.unconfirmed",
            Ended::Moved => "ended.moved",
            Ended::NoRefreshToken => "ended.no_refresh_token",
            Ended::UserChanged => "ended.user_changed",
        };
        self.say(key, &[])
    }

    /// Several names in one text, as many as can be read at a glance.
    pub fn list<'a>(self, names: impl IntoIterator<Item = &'a str>) -> String {
        let names: Vec<&str> = names.into_iter().collect();
        let comma = match self {
            Self::English => ", ",
            Self::Japanese => "、",
        };
        let mut text = names[..names.len().min(LISTED)].join(comma);
        if names.len() > LISTED {
            text.push('…');
        }
        text
    }

    fn find(self, key: &str) -> Option<&'static str> {
        let catalogue = match self {
            Self::English => &*ENGLISH,
            Self::Japanese => &*JAPANESE,
        };
        catalogue.get(key).map(|text| &*text.0)
    }
}

/// Fills in the places of a text. What is filled in is not searched for places again.
fn fill(text: &str, places: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        if let Some((_, value)) = places.iter().find(|(known, _)| *known == name) {
            filled.push_str(value);
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

type Catalogue = BTreeMap<&'static str, Text<'static>>;

/// It lies where the program lies, unless an escape in it must be undone.
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| read(include_str!("../messages/en.json")));
static JAPANESE: LazyLock<Catalogue> = LazyLock::new(|| read(include_str!("../messages/ja.json")));

/// A catalogue that cannot be read is empty: a test sees to it that both can.
fn read(json: &'static str) -> Catalogue {
    serde_json::from_str(json).unwrap_or_default()
}

const LISTED: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogues_are_read() {
        for language in Language::ALL {
            assert_ne!(language.say("menu.quit", &[]), "menu.quit");
        }
        assert_eq!(read(r#"{"a.b":"x \"y\""}"#)["a.b"].0, "x \"y\"");
    }

    #[test]
    fn lengths_as_people_say_them() {
        for (secs, english, japanese) in [
            (-9, "under a minute", "1分未満"),
            (59, "under a minute", "1分未満"),
            (60, "1 min", "1分"),
            (47 * 60 + 59, "47 min", "47分"),
            (3599, "59 min", "59分"),
            (3600, "1 h", "1時間"),
            (7500, "2 h 5 min", "2時間5分"),
            (172_799, "47 h 59 min", "47時間59分"),
            (172_800, "2 days", "2日"),
            (3 * 86400 + 5, "3 days", "3日"),
        ] {
            assert_eq!(Language::English.length(secs), english);
            assert_eq!(Language::Japanese.length(secs), japanese);
        }
    }

    #[test]
    fn one_is_not_many_in_english() {
        assert_eq!(Language::English.count("time.days", 1, &[]), "1 day");
        assert_eq!(Language::English.count("time.days", 0, &[]), "0 days");
        assert_eq!(Language::Japanese.count("time.days", 1, &[]), "1日");
    }

    #[test]
    fn the_locale_says_the_language() {
        for locale in ["ja_JP.UTF-8", "ja", "ja-JP", "JA_JP", "ja@x"] {
            assert_eq!(Language::of_locale(locale), Language::Japanese, "{locale}");
        }
        for locale in ["", "C", "C.UTF-8", "en_US.UTF-8", "jam_JM", "de_DE"] {
            assert_eq!(Language::of_locale(locale), Language::English, "{locale}");
        }
        let of = Language::of_posix;
        assert_eq!(
            of([Some(""), None, Some("ja_JP.UTF-8")]),
            Language::Japanese
        );
        assert_eq!(
            of([Some("C"), None, Some("ja_JP.UTF-8")]),
            Language::English
        );
        assert_eq!(of([None, None, None]), Language::English);
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        assert_eq!(
            fill("{a} and {b}", &[("a", "{b}"), ("b", "x")]),
            "{b} and x"
        );
        assert_eq!(fill("{unknown}|{", &[]), "|{");
    }

    #[test]
    fn a_list_is_read_at_a_glance() {
        let five = ["a", "b", "c", "d", "e"];
        assert_eq!(Language::English.list(five), "a, b, c, d…");
        assert_eq!(Language::Japanese.list(["a", "b"]), "a、b");
        assert_eq!(Language::English.list([]), "");
    }
}
