//! A profile's keys as environment variables, and as the words that set them in a shell.

use serde::Deserialize;

use crate::failure::{Failure, Trouble};
use crate::secret::Secret;

mod shadow;

pub use shadow::{SHADOWS, Shadow};

/// Whose words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// `export NAME='value'`: bash, zsh, sh.
    Bash,
    /// `set -gx NAME 'value'`.
    Fish,
    /// `$Env:NAME = 'value'`.
    PowerShell,
}

/// What sets a profile's keys in a shell, out of the document that tools are given.
///
/// # Errors
///
/// The document cannot be read.
pub fn environment(document: &Secret, shell: Shell) -> Result<Secret, Failure> {
    Ok(Environment::of_keys(document)?.in_words_of(shell))
}

/// Variables to be set, and others to be unset before.
///
/// A value that is not secret is kept like one that is: they stand side by side wherever they go.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    unset: Vec<&'static str>,
    set: Vec<(&'static str, Secret)>,
}

impl Environment {
    /// The keys out of the document that tools are given, and when they end.
    ///
    /// # Errors
    ///
    /// The document cannot be read.
    pub fn of_keys(document: &Secret) -> Result<Self, Failure> {
        let document: Document = serde_json::from_str(document.expose())
            .map_err(|_| Trouble::Protocol("The daemon's document cannot be read.".into()))?;
        let keys = Self {
            unset: Vec::new(),
            set: vec![
                ("AWS_ACCESS_KEY_ID", document.access_key_id),
                ("AWS_SECRET_ACCESS_KEY", document.secret_access_key),
                ("AWS_SESSION_TOKEN", document.session_token),
                (
                    "AWS_CREDENTIAL_EXPIRATION",
                    Secret::new(document.expiration),
                ),
            ],
        };
        Ok(match document.account_id {
            // SDKs take it for the account of whatever keys stand beside it.
            Some(account) => keys.with("AWS_ACCOUNT_ID", account),
            None => keys,
        })
    }

    /// The same, with one more variable set.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.set.retain(|(known, _)| *known != name);
        self.set.push((name, Secret::new(value)));
        self
    }

    /// The same, with one more variable unset.
    #[must_use]
    pub fn without(mut self, name: &'static str) -> Self {
        self.set.retain(|(known, _)| *known != name);
        self.unset.push(name);
        self
    }

    /// The same, with everything unset that would come before it.
    #[must_use]
    pub fn without_shadows(mut self) -> Self {
        self.unset.extend(SHADOWS.iter().map(|shadow| shadow.name));
        self
    }

    /// What is unset, and is not set again.
    pub fn unset(&self) -> impl Iterator<Item = &'static str> {
        let is_set = |name: &str| self.set.iter().any(|(set, _)| *set == name);
        self.unset.iter().copied().filter(move |name| !is_set(name))
    }

    /// What is set, in order.
    pub fn set(&self) -> impl Iterator<Item = (&'static str, &Secret)> {
        self.set.iter().map(|(name, value)| (*name, value))
    }

    /// The lines that do it in a shell.
    pub fn in_words_of(&self, shell: Shell) -> Secret {
        let words = Words::of(shell);
        // Room for all of it, so that no copy stays behind in a smaller buffer.
        let unset = self.unset().map(|name| name.len() + 48);
        let set = self.set().map(|(_, value)| 4 * value.expose().len() + 80);
        let mut text = String::with_capacity(unset.chain(set).sum());
        for name in self.unset() {
            for part in [words.unset.0, name, words.unset.1] {
                text.push_str(part);
            }
        }
        for (name, value) in self.set() {
            for part in [words.before, name, words.between] {
                text.push_str(part);
            }
            for c in value.expose().chars() {
                match words.escapes.iter().find(|(plain, _)| *plain == c) {
                    Some((_, escaped)) => text.push_str(escaped),
                    None => text.push(c),
                }
            }
            text.push_str("'\n");
        }
        Secret::new(text)
    }
}

/// How a shell sets a variable to what stands between single quotes.
struct Words {
    unset: (&'static str, &'static str),
    before: &'static str,
    between: &'static str,
    escapes: &'static [(char, &'static str)],
}

impl Words {
    fn of(shell: Shell) -> Self {
        match shell {
            Shell::Bash => Self {
                // Without the letter, a function of that name would go in its place.
                unset: ("unset -v ", "\n"),
                before: "export ",
                between: "='",
                escapes: &[('\'', r"'\''")],
            },
            // Global alone: a universal variable would be gone from all shells, for good.
            Shell::Fish => Self {
                unset: ("set -eg ", "\n"),
                before: "set -gx ",
                between: " '",
                escapes: &[('\'', r"\'"), ('\\', r"\\")],
            },
            // It takes the typographical quotes for quotes, too.
            Shell::PowerShell => Self {
                unset: ("$Env:", " = $null\n"),
                before: "$Env:",
                between: " = '",
                escapes: &[
                    ('\'', "''"),
                    ('\u{2018}', "\u{2018}\u{2018}"),
                    ('\u{2019}', "\u{2019}\u{2019}"),
                    ('\u{201a}', "\u{201a}\u{201a}"),
                    ('\u{201b}', "\u{201b}\u{201b}"),
                ],
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    access_key_id: Secret,
    secret_access_key: Secret,
    session_token: Secret,
    expiration: String,
    account_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{"Version":1,"AccessKeyId":"ASIA","SecretAccessKey":"a/b+'$(x)","SessionToken":"t==","Expiration":"2026-01-05T03:48:09Z"}"#;

    #[test]
    fn bash_reads_what_was_written() {
        assert_eq!(
            environment(&Secret::new(DOCUMENT), Shell::Bash)
                .unwrap()
                .expose(),
            "export AWS_ACCESS_KEY_ID='ASIA'\n\
             export AWS_SECRET_ACCESS_KEY='a/b+'\\''$(x)'\n\
             export AWS_SESSION_TOKEN='t=='\n\
             export AWS_CREDENTIAL_EXPIRATION='2026-01-05T03:48:09Z'\n"
        );
    }

    #[test]
    fn fish_reads_what_was_written() {
        let environment = Environment::default()
            .with("A", r"it's \n")
            .with("A", r"\'");
        assert_eq!(
            environment.in_words_of(Shell::Fish).expose(),
            "set -gx A '\\\\\\''\n"
        );
    }

    #[test]
    fn power_shell_reads_what_was_written() {
        assert_eq!(
            environment(&Secret::new(DOCUMENT), Shell::PowerShell)
                .unwrap()
                .expose(),
            "$Env:AWS_ACCESS_KEY_ID = 'ASIA'\n\
             $Env:AWS_SECRET_ACCESS_KEY = 'a/b+''$(x)'\n\
             $Env:AWS_SESSION_TOKEN = 't=='\n\
             $Env:AWS_CREDENTIAL_EXPIRATION = '2026-01-05T03:48:09Z'\n"
        );
        let quotes = Environment::default().with("A", "‘’‚‛");
        assert_eq!(
            quotes.in_words_of(Shell::PowerShell).expose(),
            "$Env:A = '‘‘’’‚‚‛‛'\n"
        );
    }

    #[test]
    fn what_is_set_is_not_unset() {
        let keys = Environment::of_keys(&Secret::new(DOCUMENT))
            .unwrap()
            .without_shadows();
        let unset: Vec<&str> = keys.unset().collect();
        assert!(unset.contains(&"AWS_PROFILE"), "{unset:?}");
        for (name, _) in keys.set() {
            assert!(!unset.contains(&name), "{name}");
        }
        let text = keys.in_words_of(Shell::Bash);
        assert!(
            text.expose()
                .starts_with("unset -v AWS_SECURITY_TOKEN\nunset -v ")
        );
    }

    #[test]
    fn the_account_goes_with_the_keys_where_it_is_known() {
        let known = DOCUMENT.replace("}", r#","AccountId":"123456789012"}"#);
        let keys = Environment::of_keys(&Secret::new(known)).unwrap();
        let (name, value) = keys.set().last().unwrap();
        assert_eq!((name, value.expose()), ("AWS_ACCOUNT_ID", "123456789012"));
    }

    #[test]
    fn a_strange_document_is_refused() {
        assert!(environment(&Secret::new("{}"), Shell::Bash).is_err());
    }
}
