//! Of what is kept: nothing is lost, and nothing is left.

use poolkey_core::config::LoginSpec;
use poolkey_core::name::LoginName;
use poolkey_core::session::{Stored, User};

use crate::cognito::Kind;
use crate::ledger::What;
use crate::vault::read_session;
use crate::weather::{MINUTE, Mood, SECOND};
use crate::world::{Kept, World};

impl World {
    /// What the vault is about to be told to keep: nobody who did nothing loses a session, and no
    /// token takes the place of a newer one.
    pub fn check_write(&mut self, login: &LoginName, stored: &Stored) -> Kept {
        let old = self.vault.session(login);
        let new = stored.session.as_ref().and_then(read_session);
        self.check_hands(login, stored, old, new)?;
        let ledger = &self.ledger;
        match (old, new) {
            (Some((family, _)), None) => {
                promise!(
                    ledger.forsaken.contains(&family)
                        || ledger.told.contains_key(&family)
                        || ledger.refused.contains(&family)
                        || self.is_spent(family)
                        || self.has_changed(family),
                    "the session of {login} is erased, and nobody signed out"
                );
                promise!(
                    stored.last_user.is_some()
                        || ledger.forsaken.contains(&family)
                        || ledger.refused.contains(&family),
                    "who was signed in to {login} is forgotten"
                );
            }
            (Some((family, before)), Some((other, after))) if family == other => {
                promise!(before <= after, "a newer token of {login} is overwritten");
            }
            (_, Some((family, _))) => {
                let replaced = old.is_some_and(|(old, _)| ledger.refused.contains(&old));
                promise!(
                    ledger.adopting.get(login) == Some(&family) || replaced,
                    "a session of {login} is kept that nobody began"
                );
                promise!(
                    !ledger.away.contains(login),
                    "the sign-out of {login} is undone"
                );
            }
            (None, None) => {}
        }
        self.check_device_kept(login, stored)?;
        if let Some((family, generation)) = new {
            self.cognito.families[family].tokens[generation].durable = true;
        }
        Ok(())
    }

    /// Without a refresh token a session is over with its ID token, or with the process that had it.
    pub fn is_spent(&self, family: usize) -> bool {
        let pool = &self.cognito.pools[&self.cognito.families[family].pool];
        let margin = (pool.id_life / 10).min(MINUTE);
        let ends = self.cognito.id_ends(family);
        pool.kind == Kind::Fleeting
            && (ends <= self.now + margin + LATENCY || self.ledger.spent.contains(&family))
    }

    /// A program may have supplied a token of somebody else.
    fn has_changed(&self, family: usize) -> bool {
        self.ledger
            .switched
            .contains(&self.cognito.families[family].pool)
    }

    /// No login goes from one user to another unseen, nor to its first where nobody typed a name.
    fn check_hands(
        &self,
        login: &LoginName,
        stored: &Stored,
        old: Option<(usize, usize)>,
        new: Option<(usize, usize)>,
    ) -> Kept {
        let (Some(session), Some((family, _))) = (&stored.session, new) else {
            return Ok(());
        };
        let before = old.map(|(family, _)| family);
        if before == Some(family) || before.is_some_and(|old| self.ledger.refused.contains(&old)) {
            return Ok(());
        }
        let kind = self.cognito.pools[&session.provider].kind;
        let sub = session.user.sub.as_str();
        let asks = match self.vault.known(login, &session.provider) {
            Some(known) => known != sub,
            None => kind.knows_its_user(),
        };
        promise!(
            !asks || self.ledger.meant.contains(&family),
            "{login} goes to {sub} unseen"
        );
        promise!(
            stored.last_user.is_none(),
            "{login} is kept with a user beside its own"
        );
        Ok(())
    }

    /// Who is the same as before is not asked about, and who was there before is named.
    pub fn check_introduction(&self, login: &LoginName, user: &User, was: Option<&User>) -> Kept {
        let Some(provider) = self.config.logins.get(login).map(LoginSpec::provider) else {
            return Ok(());
        };
        let known = self.vault.known(login, provider);
        let doubtful = self
            .vault
            .session(login)
            .is_some_and(|(family, _)| self.ledger.refused.contains(&family));
        promise!(
            doubtful || known == was.map(|was| was.sub.as_str()),
            "{login} was of {known:?}, and people are told {was:?}"
        );
        promise!(
            was.is_none_or(|was| was.sub != user.sub),
            "{login} stays with {user:?}, and people are asked"
        );
        Ok(())
    }

    /// The agent says that nothing is under way: then it may be stopped without a loss.
    pub fn check_quiet(&mut self) -> Kept {
        for (login, family) in &self.ledger.held {
            let Some((kept, generation)) = self.vault.session(login) else {
                continue;
            };
            let token = &self.cognito.families[kept].tokens[generation];
            promise!(
                kept != *family
                    || token.dies.is_none()
                    || token.excused
                    || self.weather.mood != Mood::Open
                    || self.now < self.weather.mood_began + 40 * SECOND
                    || self.ledger.unanswered.contains_key(login),
                "a stop loses the token of {login}"
            );
        }
        let leaving = self
            .ledger
            .open
            .values()
            .find(|open| !matches!(open.what, What::Cancel));
        promise!(
            leaving.is_none(),
            "a stop leaves {leaving:?} without an answer"
        );
        Ok(())
    }
}

/// How much later than its call a token may be made, and so end.
const LATENCY: u64 = 20 * SECOND;
