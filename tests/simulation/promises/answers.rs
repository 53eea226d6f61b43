//! Of answers: no dead keys, nobody else's, in time, and none refused without need.

use poolkey_core::conversation::Question;
use poolkey_core::event::{Reply, SignOutScope, SignedOut};
use poolkey_core::name::{LoginName, ProfileName};

use crate::cognito::{Kind, number_after, owner};
use crate::ledger::{Open, What};
use crate::weather::{MINUTE, SECOND};
use crate::world::{Kept, World};

impl World {
    /// After every step.
    pub fn check_step(&mut self) -> Kept {
        let Some(agent) = &self.agent else {
            return Ok(());
        };
        if self.asleep.is_none() {
            let awake = self.awake();
            for (ticket, open) in &self.ledger.open {
                let waited = awake - open.awake;
                let most = match &open.what {
                    What::Keys(_) | What::Token(..) => PATIENCE,
                    What::Cancel | What::Renew(_) => 0,
                    What::SignIn(_) | What::Account(_) | What::Answer(_) | What::SignOut(..) => {
                        15 * MINUTE
                    }
                };
                promise!(
                    waited <= most,
                    "ticket {ticket} ({:?}) waits for {waited} ms",
                    open.what
                );
            }
        }
        if agent.changes() != self.ledger.changes {
            self.check_shown()?;
        }
        Ok(())
    }

    /// An answer fits its question, and no keys are dead, another's or told wrong.
    pub fn check_answer(&mut self, open: &Open, reply: &Reply) -> Kept {
        if let What::Token(login, kind) = &open.what
            && let Some(checked) = self.check_token_answer(login, *kind, reply)
        {
            return checked;
        }
        let login = self.login_of(&open.what);
        let kept = login.as_ref().and_then(|login| self.vault.session(login));
        match (&open.what, reply) {
            (What::Keys(profile), Reply::Document(document)) => {
                self.check_document(profile, document.expose())
            }
            (What::Keys(profile), Reply::Failed(failure)) => {
                promise!(
                    !self.is_well(profile),
                    "keys of {profile} are refused while all is well: {failure}"
                );
                Ok(())
            }
            (What::Answer(login), Reply::SignedIn { .. }) => {
                let held = self.ledger.held.get(login).copied();
                promise!(
                    held.is_some() && held == kept.map(|(family, _)| family),
                    "the vault keeps the session of {login} before anybody is told of it"
                );
                Ok(())
            }
            (What::SignOut(login, scope), Reply::SignedOut(told)) => {
                let lives = |family: usize| {
                    let pool = &self.cognito.families[family].pool;
                    let here = self.config.logins.get(login);
                    self.cognito.end_of(family, self.now).is_none()
                        && here.is_some_and(|login| login.provider() == *pool)
                };
                let lasts = |family: &usize| {
                    let pool = &self.cognito.families[*family].pool;
                    self.cognito.pools[pool].kind.is_lasting()
                };
                let kept_then = open.kept.filter(lasts);
                promise!(
                    *scope == SignOutScope::Local
                        || told.not_revoked.is_some()
                        || !kept_then.is_some_and(lives),
                    "the session of {login} is said to be revoked, and lives"
                );
                if *scope == SignOutScope::Everywhere && told.not_everywhere.is_none() {
                    self.check_everywhere(login, kept_then)?;
                }
                // Of two at once the one that goes farther wins, and says that it is not done yet.
                let overtaken = told.retrying || self.is_signed_out_by_others(login);
                if *scope == SignOutScope::Local && !overtaken {
                    self.ledger.silent.extend(kept_then);
                }
                if *scope == SignOutScope::Local {
                    self.give_up_loose(login);
                }
                self.check_retrying(login, told)?;
                promise!(
                    kept.is_none()
                        && self.vault.device(login).is_none()
                        && self.vault.known(login, "").is_none(),
                    "the vault keeps nothing of {login} after a sign-out"
                );
                self.check_forgotten(open, told)
            }
            (
                What::SignIn(login) | What::Answer(login),
                Reply::Question {
                    question: Question::Identity { user, was },
                    ..
                },
            ) => self.check_introduction(login, user, was.as_ref()),
            (What::SignIn(_) | What::Account(_) | What::Answer(_), Reply::Question { .. })
            | (What::SignIn(_), Reply::SignedIn { .. })
            | (What::Account(_) | What::Answer(_), Reply::Outcome(_))
            | (What::Cancel | What::Renew(_), Reply::Done)
            | (_, Reply::Failed(_)) => Ok(()),
            (what, reply) => Err(format!("{what:?} is answered with {reply:?}")),
        }
    }

    /// A sign-out everywhere leaves no session of the user that was begun before it.
    fn check_everywhere(&self, login: &LoginName, family: Option<usize>) -> Kept {
        let Some(family) = family else {
            return Ok(());
        };
        let gone = &self.cognito.families[family];
        let mut others = self.cognito.families.iter().take(family);
        promise!(
            others.all(|other| other.pool != gone.pool
                || other.user != gone.user
                || other.dead.is_some()
                || other.ends <= self.now),
            "a session of {login} elsewhere is said to have ended, and lives"
        );
        Ok(())
    }

    /// What is said to be tried again is shown to wait.
    fn check_retrying(&self, login: &LoginName, told: &SignedOut) -> Kept {
        let Some(agent) = self.agent.as_ref().filter(|_| told.retrying) else {
            return Ok(());
        };
        let shown = agent.snapshot(self.clocks());
        let mut of_login = shown.logins.iter().filter(|view| view.name == *login);
        promise!(
            of_login.all(|view| view.unrevoked > 0) && told.not_revoked.is_some(),
            "the revocation of {login} is said to be tried again, and nothing waits"
        );
        Ok(())
    }

    /// Whether somebody else signs the same login out, and perhaps farther.
    fn is_signed_out_by_others(&self, login: &LoginName) -> bool {
        let mut open = self.ledger.open.values();
        open.any(|open| matches!(&open.what, What::SignOut(other, _) if other == login))
    }

    fn check_document(&self, profile: &ProfileName, text: &str) -> Kept {
        let number = number_after(text, "-k-").ok_or("a document without keys")?;
        let keys = &self.cognito.keys[number];
        let margin = (keys.life / 10).min(MINUTE);
        promise!(
            keys.expires > self.now + margin,
            "dead keys of {profile} are handed out"
        );
        let spec = self.config.profiles.get(profile);
        promise!(
            spec.is_some_and(|spec| spec.source == keys.spec.source),
            "{profile} gets the keys of another kind"
        );
        let login = owner(&keys.spec);
        promise!(
            self.ledger.held.get(login) == Some(&keys.family),
            "{profile} gets the keys of another session"
        );
        promise!(
            !self.ledger.away.contains(login),
            "{profile} gets keys after the sign-out"
        );
        let wall = self.amazons_clock() + self.wall_ahead;
        let told = expiration(text).ok_or("a document without expiration")? - wall;
        let left = |end: u64| ((end - margin).saturating_sub(self.now) / SECOND).cast_signed();
        let most = left(keys.expires) + 1;
        let least = left(keys.begun + keys.life) - 1;
        promise!(
            (least..=most).contains(&told),
            "{profile} is told {told} s, and it is {least} to {most}"
        );
        promise!(told > 0, "{profile} is told that its keys are over");
        let lead = (keys.life / 3).min(20 * MINUTE);
        promise!(
            keys.expires >= self.now + lead || !self.is_well(profile),
            "keys of {profile} are not renewed ahead while all is well"
        );
        Ok(())
    }

    /// Whether nothing can be the matter with a profile's keys.
    pub fn is_well(&self, profile: &ProfileName) -> bool {
        let spec = self.config.profiles.get(profile);
        spec.is_some_and(|spec| self.is_login_well(owner(spec)))
    }

    /// Whether nothing can be the matter with a login's tokens.
    pub fn is_login_well(&self, login: &LoginName) -> bool {
        let Some(family) = self.ledger.held.get(login) else {
            return false;
        };
        let pool = &self.cognito.families[*family].pool;
        let rules = &self.cognito.pools[pool];
        let goes_on = match rules.kind {
            Kind::Fleeting => {
                self.cognito.id_ends(*family) > self.now + 5 * MINUTE
                    && !self.ledger.spent.contains(family)
            }
            Kind::Program => self.cognito.programs.get(pool).is_some_and(|now| {
                self.cognito.families[*now].user == self.cognito.families[*family].user
            }),
            Kind::Password | Kind::Browser | Kind::Oidc => true,
        };
        self.weather.must_be_well(self.now)
            && goes_on
            && !self.stopping
            && self
                .config
                .logins
                .get(login)
                .is_some_and(|spec| spec.provider() == *pool)
            && !self.ledger.told.contains_key(family)
            && !self.ledger.forsaken.contains(family)
            && self.cognito.end_of(*family, self.now).is_none()
            && self
                .cognito
                .end_of(*family, self.now.saturating_sub(GRACE))
                .is_none()
    }
}

/// The document's `Expiration` in seconds since 1970.
fn expiration(text: &str) -> Option<i64> {
    let (_, rest) = text.split_once("\"Expiration\":\"")?;
    let number = |from: usize, to: usize| rest.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    // Days since 1970, counting years from March.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days =
        365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469;
    let seconds = number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    (rest.get(19..20)? == "Z").then_some(days * 86_400 + seconds)
}

/// How long a tool is made to wait at most.
const PATIENCE: u64 = 4200;

/// An end that is so fresh may still be unknown.
const GRACE: u64 = MINUTE;
