//! The AWS console, signed in with a profile's keys.

use serde::{Deserialize, Serialize};

use crate::name::ProfileName;
use crate::secret::Secret;
use crate::time::UnixTime;

/// Where in the console somebody wants to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// A service as the console's own addresses name it: `s3`, `ec2`, `cloudwatch`; the console's
    /// first page without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// A region; the profile's own without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// How many seconds the session shall last; without, it ends with the keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

impl Destination {
    /// Looks at what becomes part of an address, and at what AWS lets a session last.
    ///
    /// # Errors
    ///
    /// What is wrong, in one sentence.
    pub fn check(&self) -> Result<(), &'static str> {
        let is_word = |text: &String| {
            let mut chars = text.chars();
            !text.is_empty()
                && text.len() <= LONGEST_WORD
                && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        if !self.service.as_ref().is_none_or(is_word) {
            return Err(
                "A service is named as the console's addresses name it: s3, ec2, cloudwatch.",
            );
        }
        if !self.region.as_ref().is_none_or(is_word) {
            return Err("A region looks like us-east-1.");
        }
        match self.seconds {
            Some(seconds) if !SESSION_SECONDS.contains(&seconds) => {
                Err("A session in the console lasts 15 minutes to 12 hours.")
            }
            Some(_) | None => Ok(()),
        }
    }
}

const LONGEST_WORD: usize = 64;

/// `SessionDuration` of the federation endpoint.
const SESSION_SECONDS: std::ops::RangeInclusive<u32> = 900..=43_200;

/// What AWS's federation endpoint gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleSession {
    /// The address that signs a browser in. Whoever has it is in.
    pub url: Secret,
    /// How many seconds the session lasts, where AWS took the length that was asked for.
    pub seconds: Option<u32>,
}

/// An address that signs a browser in to the AWS console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleLink {
    /// Whose keys it is made of.
    pub profile: ProfileName,
    /// The address. Whoever has it is in.
    pub url: Secret,
    /// Until when a browser must have opened it.
    pub open_until: UnixTime,
    /// When the session in the console ends.
    pub session_ends: UnixTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_names_and_lengths_gets_into_an_address() {
        let there = |service: Option<&str>, region: Option<&str>, seconds| Destination {
            service: service.map(str::to_owned),
            region: region.map(str::to_owned),
            seconds,
        };
        for good in [
            there(None, None, None),
            there(Some("s3"), Some("us-gov-west-1"), Some(900)),
            there(Some("systems-manager"), None, Some(43_200)),
        ] {
            assert_eq!(good.check(), Ok(()), "{good:?}");
        }
        let long = "a".repeat(65);
        for bad in [
            there(Some(""), None, None),
            there(Some("s3/../x"), None, None),
            there(Some("s3?a=b"), None, None),
            there(Some("S3"), None, None),
            there(Some(&long), None, None),
            there(None, Some("us east"), None),
            there(None, Some("evil.example.com/"), None),
            there(None, None, Some(899)),
            there(None, None, Some(43_201)),
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
