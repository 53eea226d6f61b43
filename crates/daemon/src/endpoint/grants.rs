//! Who may fetch which profile's keys, and until when.

use poolkey_core::failure::Failure;
use poolkey_core::name::ProfileName;
use poolkey_core::secret::Secret;
use poolkey_core::time::{Moment, UnixTime};
use poolkey_ipc::grant::GrantView;
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
    pub(super) token: Secret,
    pub(super) since: UnixTime,
    pub(super) end: Option<End>,
    pub(super) used: Option<UnixTime>,
}

/// What a grant lives by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tie {
    /// The life of this process.
    Process(u32),
    /// Its name: until it is revoked.
    Name(String),
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
    pub(super) token: Secret,
    pub(super) since: UnixTime,
    pub(super) end: Option<End>,
}

impl Grants {
    /// Adds one.
    ///
    /// # Errors
    ///
    /// There are too many.
    pub(super) fn add(&mut self, draft: Draft) -> Result<&Lent, Failure> {
        if self.all.len() >= MOST {
            return Err(trouble::too_many(MOST));
        }
        self.given += 1;
        let Draft {
            tie,
            profile,
            token,
            since,
            end,
        } = draft;
        self.all.push(Lent {
            number: self.given,
            tie,
            profile,
            token,
            since,
            end,
            used: None,
        });
        self.all.last().ok_or_else(|| trouble::too_many(MOST))
    }

    /// The grant of this token, if it holds for this id. Every token is looked at, and each in the
    /// same time.
    pub(super) fn redeem(&self, id: &str, token: &[u8], now: Moment) -> Option<Redeemed> {
        let mut found = None;
        for lent in &self.all {
            if bool::from(lent.token.expose().as_bytes().ct_eq(token)) {
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

    pub(super) fn views(&self) -> Vec<GrantView> {
        self.all.iter().map(Lent::view).collect()
    }
}

impl Lent {
    /// What it is revoked by, and what its path ends in.
    pub(super) fn id(&self) -> String {
        match &self.tie {
            Tie::Process(_) => self.number.to_string(),
            Tie::Name(name) => name.clone(),
        }
    }

    pub(super) fn name(&self) -> Option<&str> {
        match &self.tie {
            Tie::Process(_) => None,
            Tie::Name(name) => Some(name),
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
                Tie::Process(pid) => Some(pid),
                Tie::Name(_) => None,
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
            "a\n", &long,
        ] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn there_is_an_end_to_how_many() {
        let mut grants = Grants::default();
        let draft = |n: u32| Draft {
            tie: Tie::Process(n),
            profile: "dev".parse().unwrap(),
            token: Secret::new(n.to_string()),
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
}
