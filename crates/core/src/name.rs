//! Names that people give to logins and profiles.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What is wrong with a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// It is empty or longer than [`LONGEST`] bytes.
    #[error("a name has 1 to {LONGEST} characters")]
    Length,
    /// It has a character that some AWS SDK would not read in a profile's name.
    #[error("“{0}” cannot stand in a name; use letters, digits and any of _ - / . % @ : +")]
    Character(char),
    /// It begins with a dash and would be taken for an option.
    #[error("a name does not begin with “-”")]
    Dash,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "string"))]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadName;

            fn try_from(text: String) -> Result<Self, BadName> {
                check(&text)?;
                Ok(Self(text.into()))
            }
        }

        impl std::str::FromStr for $name {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, BadName> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The name of a login: who you are at one identity provider.
    LoginName
}

name! {
    /// The name of a profile: what AWS keys you get. It is the AWS profile's name, too.
    ProfileName
}

impl LoginName {
    /// The name under which the vault keeps what guests have. No login of the configuration bears
    /// it.
    pub fn guest() -> Self {
        Self(GUEST.into())
    }

    /// Whether it is [`LoginName::guest`].
    pub fn is_guest(&self) -> bool {
        self.as_str() == GUEST
    }
}

const GUEST: &str = "guest";

/// The set that every SDK reads in a profile's name (botocore, JS, Rust agree on no more).
fn check(text: &str) -> Result<(), BadName> {
    if text.is_empty() || text.len() > LONGEST {
        return Err(BadName::Length);
    }
    if text.starts_with('-') {
        return Err(BadName::Dash);
    }
    match text
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !"_-/.%@:+".contains(*c))
    {
        Some(character) => Err(BadName::Character(character)),
        None => Ok(()),
    }
}

/// The longest name, in bytes.
pub const LONGEST: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_every_sdk_reads() {
        for good in ["dev", "a", "acme/prod-1", "x_y.z%@:+"] {
            assert!(good.parse::<ProfileName>().is_ok(), "{good}");
        }
        assert_eq!("".parse::<ProfileName>(), Err(BadName::Length));
        assert_eq!("x".repeat(129).parse::<LoginName>(), Err(BadName::Length));
        assert!("x".repeat(128).parse::<LoginName>().is_ok());
        assert_eq!("-v".parse::<LoginName>(), Err(BadName::Dash));
        for bad in ["a b", "a]", "a\n", "ä", "a#"] {
            assert!(
                matches!(bad.parse::<LoginName>(), Err(BadName::Character(_))),
                "{bad:?}"
            );
        }
    }
}
