//! Who may fetch which profile's keys, and until when.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poolkey_core::failure::Failure;
use poolkey_core::name::ProfileName;
use poolkey_core::secret::Secret;
use poolkey_core::time::{Moment, UnixTime};
use poolkey_ipc::grant::GrantView;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::trouble;

/// All grants, the oldest first.
#[derive(Default)]
pub(super) struct Grants {
    all: Vec<Lent>,
    given: u64,
}

/// One grant.
#[derive(Clone)]
pub(super) struct Lent {
    /// Which one it is among all that were ever given: a name may be given again.
    pub(super) number: u64,
    pub(super) tie: Tie,
    pub(super) profile: ProfileName,
    pub(super) token: TokenHash,
    pub(super) since: UnixTime,
    pub(super) end: Option<End>,
    pub(super) used: Option<UnixTime>,
}

/// What a token is known by. It is 256 random bits, so that no more is needed to tell it, and
/// nobody finds it by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct TokenHash([u8; 32]);

/// What a grant lives by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tie {
    /// The life of this process, which was told this port.
    Process { pid: u32, port: u16 },
    /// Its name: until it is revoked. Its token is given again to who asks again.
    Name { name: String, token: Secret },
}

/// When a grant is over: as people read it, and by the clock that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) until: UnixTime,
    pub(super) at: Moment,
}

/// A grant that was shown its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redeemed {
    pub(super) number: u64,
    pub(super) id: String,
    pub(super) profile: ProfileName,
}

/// A grant to be made.
pub(super) struct Draft {
    pub(super) tie: Tie,
    pub(super) profile: ProfileName,
    pub(super) token: TokenHash,
    pub(super) since: UnixTime,
    pub(super) end: Option<End>,
}

impl Grants {
    /// Gives no number again that an earlier daemon gave.
    pub(super) fn go_on_from(&mut self, number: u64) {
        self.given = self.given.max(number);
    }

    /// Adds one.
    ///
    /// # Errors
    ///
    /// There are too many.
    pub(super) fn add(&mut self, draft: Draft) -> Result<&Lent, Failure> {
        self.add_again(self.given + 1, draft)
    }

    /// Adds one that an earlier daemon gave this number.
    ///
    /// # Errors
    ///
    /// There are too many.
    pub(super) fn add_again(&mut self, number: u64, draft: Draft) -> Result<&Lent, Failure> {
        if self.all.len() >= MOST {
            return Err(trouble::too_many(MOST));
        }
        self.go_on_from(number);
        let Draft {
            tie,
            profile,
            token,
            since,
            end,
        } = draft;
        // By age, whichever daemon gave them.
        let place = self.all.partition_point(|known| known.since <= since);
        let lent = Lent {
            number,
            tie,
            profile,
            token,
            since,
            end,
            used: None,
        };
        self.all.insert(place, lent);
        self.all.get(place).ok_or_else(|| trouble::too_many(MOST))
    }

    /// The grant of this token, if it holds for this id. Every token is looked at, and each in the
    /// same time.
    pub(super) fn redeem(&self, id: &str, token: &[u8], now: Moment) -> Option<Redeemed> {
        let token = TokenHash::of(token);
        let mut found = None;
        for lent in &self.all {
            if bool::from(lent.token.0.ct_eq(&token.0)) {
                found = Some(lent);
            }
        }
        found
            .filter(|lent| lent.id() == id && !lent.is_over(now))
            .map(|lent| Redeemed {
                number: lent.number,
                id: lent.id(),
                profile: lent.profile.clone(),
            })
    }

    /// The grant with this name, or with one that some file systems take for the same.
    pub(super) fn named(&self, name: &str) -> Option<&Lent> {
        self.all.iter().find(|lent| {
            lent.name()
                .is_some_and(|known| known.eq_ignore_ascii_case(name))
        })
    }

    /// The grant with this id.
    pub(super) fn by_id(&self, id: &str) -> Option<&Lent> {
        self.all.iter().find(|lent| lent.id() == id)
    }

    pub(super) fn by_number(&mut self, number: u64) -> Option<&mut Lent> {
        self.all.iter_mut().find(|lent| lent.number == number)
    }

    /// Ends one, if it is still there. Its token is zeroed.
    pub(super) fn remove(&mut self, number: u64) -> Option<Lent> {
        let place = self.all.iter().position(|lent| lent.number == number)?;
        Some(self.all.remove(place))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn any_named(&self) -> bool {
        self.all.iter().any(|lent| lent.name().is_some())
    }

    /// The ports that processes were told.
    pub(super) fn ports(&self) -> BTreeSet<u16> {
        self.all.iter().filter_map(Lent::port).collect()
    }

    pub(super) fn views(&self) -> Vec<GrantView> {
        self.all.iter().map(Lent::view).collect()
    }
}

impl TokenHash {
    pub(super) fn of(token: &[u8]) -> Self {
        Self(Sha256::digest(token).into())
    }
}

impl From<TokenHash> for String {
    fn from(hash: TokenHash) -> Self {
        URL_SAFE_NO_PAD.encode(hash.0)
    }
}

impl TryFrom<String> for TokenHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let hash = bytes.and_then(|bytes| bytes.try_into().ok());
        hash.map(Self).ok_or("no hash of a token")
    }
}

impl Lent {
    /// What it is revoked by, and what its path ends in.
    pub(super) fn id(&self) -> String {
        match &self.tie {
            Tie::Process { .. } => self.number.to_string(),
            Tie::Name { name, .. } => name.clone(),
        }
    }

    pub(super) fn name(&self) -> Option<&str> {
        match &self.tie {
            Tie::Process { .. } => None,
            Tie::Name { name, .. } => Some(name),
        }
    }

    /// What it is opened by, where it has a name.
    pub(super) fn secret(&self) -> Option<&Secret> {
        match &self.tie {
            Tie::Process { .. } => None,
            Tie::Name { token, .. } => Some(token),
        }
    }

    fn port(&self) -> Option<u16> {
        match self.tie {
            Tie::Process { port, .. } => Some(port),
            Tie::Name { .. } => None,
        }
    }

    pub(super) fn is_over(&self, now: Moment) -> bool {
        self.end.is_some_and(|end| end.at <= now)
    }

    pub(super) fn view(&self) -> GrantView {
        GrantView {
            id: self.id(),
            profile: self.profile.clone(),
            named: self.name().is_some(),
            pid: match self.tie {
                Tie::Process { pid, .. } => Some(pid),
                Tie::Name { .. } => None,
            },
            since: self.since,
            until: self.end.map(|end| end.until),
            used: self.used,
        }
    }
}

/// A name that can be a path's last part and a directory, and is no number.
pub(super) fn check_name(name: &str) -> Result<(), Failure> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let good = (1..=LONGEST_NAME).contains(&name.len())
        && name.chars().all(is_plain)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !name.ends_with('.')
        && !name.chars().all(|c| c.is_ascii_digit())
        && !name.eq_ignore_ascii_case(RESERVED);
    if good {
        Ok(())
    } else {
        Err(trouble::bad_name(name))
    }
}

/// So many at once; each long-running command needs one.
pub(super) const MOST: usize = 256;

const LONGEST_NAME: usize = 64;

/// What stands beside the directories of the grants.
pub(super) const RESERVED: &str = "port";

/// The directory of those that have no name. It is no name itself.
pub(super) const EXEC: &str = ".exec";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for good in ["dev", "Dev-2.x", "a_b", "2nd"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        let long = "x".repeat(65);
        for bad in [
            "", ".", "..", "a/b", "/a", "../x", "-x", ".x", "x.", "17", "a b", "ä", "a:b", "a%",
            "a\n", &long, EXEC,
        ] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn there_is_an_end_to_how_many() {
        let mut grants = Grants::default();
        let draft = |n: u32| Draft {
            tie: Tie::Process { pid: n, port: 7 },
            profile: "dev".parse().unwrap(),
            token: TokenHash::of(&n.to_be_bytes()),
            since: UnixTime::from_secs(0),
            end: None,
        };
        for n in 0..256 {
            assert!(grants.add(draft(n)).is_ok());
        }
        assert!(grants.add(draft(256)).is_err());
        grants.remove(7);
        assert_eq!(
            grants.add(draft(257)).map(|lent| lent.number).ok(),
            Some(257)
        );
    }

    #[test]
    fn numbers_go_on_from_those_of_an_earlier_daemon() {
        let mut grants = Grants::default();
        let draft = |port| Draft {
            tie: Tie::Process { pid: 1, port },
            profile: "dev".parse().unwrap(),
            token: TokenHash::of(b"x"),
            since: UnixTime::from_secs(0),
            end: None,
        };
        grants.go_on_from(17);
        assert_eq!(grants.add_again(9, draft(5)).unwrap().id(), "9");
        assert_eq!(grants.add(draft(6)).unwrap().id(), "18");
        assert_eq!(grants.ports(), BTreeSet::from([5, 6]));
        grants.go_on_from(3);
        assert_eq!(grants.add(draft(6)).unwrap().id(), "19");
    }
}
