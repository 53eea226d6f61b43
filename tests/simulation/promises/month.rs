//! A month with a strict pool: tokens that rotate, a second factor, devices tracked always.

use poolkey_core::config::Settings;
use poolkey_core::event::Request;
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_core::snapshot::LoginState;

use crate::happening::Happening;
use crate::ledger::What;
use crate::people::{Deed, pool_profile, user_pool};
use crate::weather::{HOUR, MINUTE, SECOND};
use crate::world::{Kept, World};

impl World {
    /// Plays thirty days: one sign-in, a tool that works all day, and a daemon that is killed again
    /// and again. Whoever finds it gone starts it and asks.
    pub fn play_month(&mut self) -> Kept {
        self.town.is_calm = true;
        let (login, profile) = self.settle_strictly();
        let end = self.now + 30 * 24 * HOUR;
        self.start()?;
        let request = Request::SignIn {
            login: login.to_string(),
            username: Some("ann".into()),
            another_account: false,
        };
        self.request(request, What::SignIn(login.clone()))?;
        while self.played.sign_ins == 0 && self.step(end)? {
            self.check_step()?;
        }
        self.strike(4 * HOUR, Happening::Crash);
        self.again(20 * MINUTE, Happening::Glance);
        let mut crashes = 0;
        let mut last_asked = self.now;
        while self.step(end)? {
            self.check_step()?;
            if self.played.crashes > crashes {
                // It takes less than a second until the daemon is started again.
                crashes = self.played.crashes;
                let soon = self.now + self.rng.u64(SECOND..5 * SECOND);
                self.at(soon, Happening::Deed(Deed::AskOnce(profile.clone())));
            }
            if self.now > last_asked + 10 * MINUTE {
                last_asked = self.now;
                let soon = self.now + self.rng.u64(1..10 * MINUTE);
                self.at(soon, Happening::Deed(Deed::AskOnce(profile.clone())));
            }
        }
        let shown = self.ledger.shown.get(&login);
        promise!(
            shown == Some(&LoginState::SignedIn),
            "{login} is {shown:?} after a month"
        );
        promise!(
            self.cognito.families.len() == 1 && self.cognito.codes == 1,
            "{} sessions and {} codes in a month",
            self.cognito.families.len(),
            self.cognito.codes
        );
        promise!(
            crashes > 60 && self.played.refreshes > 600,
            "a quiet month: {crashes} crashes, {} refreshes",
            self.played.refreshes
        );
        Ok(())
    }

    fn settle_strictly(&mut self) -> (LoginName, ProfileName) {
        let login: LoginName = "login".parse().unwrap();
        let profile: ProfileName = "profile".parse().unwrap();
        self.cognito.add_strict_pool("eu-west-1_A".into());
        let spec = user_pool("eu-west-1_A");
        self.config.logins.insert(login.clone(), spec);
        let spec = pool_profile(&login, "eu-west-1:pool", None);
        self.config.profiles.insert(profile.clone(), spec);
        self.config.settings = Settings::default();
        (login, profile)
    }
}
