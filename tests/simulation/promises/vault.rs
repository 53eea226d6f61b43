//! Of what is kept: nothing is lost, and nothing is left.

use poolkey_core::name::LoginName;
use poolkey_core::session::Stored;

use crate::cognito::read_token;
use crate::ledger::What;
use crate::weather::{Mood, SECOND};
use crate::world::{Kept, World};

impl World {
    /// What the vault is about to be told to keep: nobody who did nothing loses a session, and no
    /// token takes the place of a newer one.
    pub fn check_write(&mut self, login: &LoginName, stored: &Stored) -> Kept {
        let old = self.vault.session(login);
        let new = stored
            .session
            .as_ref()
            .and_then(|session| read_token(session.refresh_token.as_ref()?.expose()));
        let ledger = &self.ledger;
        match (old, new) {
            (Some((family, _)), None) => promise!(
                ledger.forsaken.contains(&family)
                    || ledger.told.contains_key(&family)
                    || ledger.refused.contains(&family),
                "the session of {login} is erased, and nobody signed out"
            ),
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
