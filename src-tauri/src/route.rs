//! Which page a window shows.

use serde::{Deserialize, Serialize};

/// Which page a window shows. It goes into the address behind `#`, and to a running instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "page", rename_all = "snake_case")]
pub(crate) enum Route {
    /// All logins and profiles.
    #[default]
    Overview,
    /// A sign-in to this login, or to the one that the person chooses.
    Login {
        login: Option<String>,
    },
    /// One profile and how to use it.
    Profile {
        profile: String,
    },
    Settings,
    /// What is wrong, by the daemon's own words.
    Diagnosis,
}

impl Route {
    /// The label of the window that shows it.
    pub(crate) const fn window(&self) -> &'static str {
        match self {
            Self::Login { .. } => "login",
            Self::Overview | Self::Profile { .. } | Self::Settings | Self::Diagnosis => "main",
        }
    }

    /// Whether a window whose address has this behind `#` shows it. A choice among logins is shown
    /// by whatever the login window does: it has been made there.
    pub(crate) fn is_shown_by(&self, fragment: Option<&str>) -> bool {
        matches!(self, Self::Login { login: None }) || fragment == Some(&*self.fragment())
    }

    /// As the part of an address behind `#`.
    pub(crate) fn fragment(&self) -> String {
        match self {
            Self::Overview => "overview".into(),
            Self::Login { login: None } => "login".into(),
            Self::Login { login: Some(login) } => format!("login/{}", encode(login)),
            Self::Profile { profile } => format!("profile/{}", encode(profile)),
            Self::Settings => "settings".into(),
            Self::Diagnosis => "diagnosis".into(),
        }
    }
}

/// Names hold `/`, `%` and more that has a meaning in an address.
fn encode(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_an_address() {
        let route = Route::Login {
            login: Some("acme/dev@x%".into()),
        };
        assert_eq!(route.fragment(), "login/acme%2Fdev%40x%25");
        assert_eq!(route.window(), "login");
    }

    #[test]
    fn what_is_shown_is_not_shown_again() {
        let acme = Route::Login {
            login: Some("acme".into()),
        };
        assert!(acme.is_shown_by(Some("login/acme")));
        assert!(!acme.is_shown_by(Some("login")));
        assert!(Route::Login { login: None }.is_shown_by(Some("login/acme")));
        assert!(!Route::Settings.is_shown_by(Some("overview")));
        assert!(!Route::Overview.is_shown_by(None));
    }
}
