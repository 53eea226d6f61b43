//! What is shown of it all.

use crate::agent::Agent;
use crate::agent::life::Source;
use crate::agent::login::{Login, State};
use crate::agent::profile::Profile;
use crate::config::{Config, LoginSpec, PoolFlow};
use crate::failure::{Failure, Trouble};
use crate::name::{LoginName, ProfileName};
use crate::secret::Secret;
use crate::snapshot::{LoginKind, LoginState, LoginView, ProfileView, Snapshot};
use crate::time::{Moment, Now, UnixTime};

impl Agent {
    /// The secret of a login's app client, where it is known.
    pub fn client_secret(&self, login: &LoginName) -> Option<Secret> {
        self.logins.get(login)?.client_secret.clone()
    }

    /// The configuration in force.
    pub fn config(&self) -> Config {
        let logins = self
            .logins
            .iter()
            .filter(|(_, login)| !login.is_going() && !login.is_guest());
        let profiles = self
            .profiles
            .iter()
            .filter(|(_, profile)| !profile.is_going());
        Config {
            settings: self.settings.clone(),
            files: self.files.clone(),
            logins: logins
                .map(|(name, login)| (name.clone(), login.configured().clone()))
                .collect(),
            profiles: profiles
                .map(|(name, profile)| (name.clone(), profile.spec.clone()))
                .collect(),
        }
    }

    /// All that may be shown, as of now.
    pub fn snapshot(&self, now: Now) -> Snapshot {
        Snapshot {
            logins: self
                .logins
                .iter()
                .filter(|(_, login)| !login.is_going() && !login.is_guest())
                .map(|(name, login)| self.view_login(name, login, now))
                .collect(),
            profiles: self
                .profiles
                .iter()
                .filter(|(_, profile)| !profile.is_going())
                .map(|(name, profile)| self.view_profile(name, profile, now))
                .collect(),
            config: self
                .misread
                .as_ref()
                .map(|error| Failure::from(Trouble::Config(format!("{error}.")))),
            clock_ahead: self.clock_ahead,
            recent: self.recent.view(now),
        }
    }

    fn view_login(&self, name: &LoginName, login: &Login, now: Now) -> LoginView {
        let session = login.session();
        let id = session.and_then(|session| session.id.as_ref());
        let (state, ended, user) = match &login.state {
            State::Unread => (LoginState::Unread, None, None),
            // Who is signed in where it goes, the vault has yet to tell.
            _ if login.is_moving() => (LoginState::Unread, None, None),
            State::SignedOut => (LoginState::SignedOut, None, None),
            State::SignedIn(session) => (
                LoginState::SignedIn,
                None,
                Some(session.stored.user.clone()),
            ),
            State::NeedsSignIn(ended, user) => {
                (LoginState::NeedsSignIn, Some(*ended), user.clone())
            }
        };
        let active = self
            .members_of(name)
            .any(|profile| profile.is_active(now.at, self.settings.rest_after))
            || login.is_asked(now.at, self.settings.rest_after);
        let spent = login.spent_at().map(|end| (wall(end, now), Source::Told));
        let ends = spent.or_else(|| login.session_ends());
        LoginView {
            name: name.clone(),
            kind: match login.configured() {
                LoginSpec::UserPool(_) => LoginKind::UserPool,
                LoginSpec::Oidc(_) | LoginSpec::Guest => LoginKind::Oidc,
                LoginSpec::Command(_) => LoginKind::Command,
            },
            provider: login.configured().provider().to_owned(),
            browser: login.configured().signs_in_by_browser(),
            state: if login.is_signing_in() {
                LoginState::SigningIn
            } else {
                state
            },
            ended,
            user,
            signed_in: session.map(|session| session.stored.signed_in),
            session_ends: ends.map(|(end, _)| end),
            session_end_is_learnt: ends.is_some_and(|(_, source)| source == Source::Learnt),
            unrevoked: login.unrevoked(),
            roles: id.map(|id| id.roles.clone()).unwrap_or_default(),
            id_token_expires: id.map(|id| wall(id.span.dead, now)),
            renews: id
                .filter(|_| active && login.is_renewable())
                .map(|id| wall(id.span.renew, now)),
            working: login.is_busy(),
            trouble: login
                .setback
                .as_ref()
                .map(|setback| login.trouble(setback, now.at.until(login.until)).into()),
            trouble_since: login.setback.as_ref().map(|setback| setback.since.wall),
        }
    }

    fn view_profile(&self, name: &ProfileName, profile: &Profile, now: Now) -> ProfileView {
        let held = profile.held.as_ref().filter(|held| held.span.dead > now.at);
        let active = self.is_used(name, now.at);
        // Guests have no view of their own that would tell of their vault.
        let vault = self
            .logins
            .get(&profile.owner)
            .filter(|login| login.is_guest())
            .and_then(|login| Some((login.setback.as_ref()?, login.until)));
        let trouble = match &profile.setback {
            Some(setback) => Some((
                setback.since.wall,
                setback.profile_trouble(name, profile.wait(now.at)),
            )),
            None => vault
                .map(|(setback, until)| (setback.since.wall, setback.trouble(now.at.until(until)))),
        };
        ProfileView {
            name: name.clone(),
            login: Some(profile.owner.clone()).filter(|owner| !owner.is_guest()),
            identity_pool_id: profile
                .spec
                .pool()
                .map(|pool| pool.identity_pool_id.clone()),
            classic: profile
                .spec
                .pool()
                .is_some_and(|pool| matches!(pool.flow, PoolFlow::Classic { .. })),
            source_profile: profile.spec.source_profile().cloned(),
            role_arn: profile.spec.role_arn().map(str::to_owned),
            written: self.view_written(name),
            keys_expire: held.map(|held| wall(held.span.dead, now)),
            renews: held
                .filter(|_| active)
                .map(|held| wall(held.span.renew, now)),
            asked: profile.asked.map(|asked| asked.wall),
            trouble_since: trouble.as_ref().map(|(since, _)| *since),
            trouble: trouble.map(|(_, trouble)| trouble.into()),
        }
    }
}

/// A moment in the local wall clock's frame.
pub(super) fn wall(moment: Moment, now: Now) -> UnixTime {
    if moment >= now.at {
        now.wall + now.at.until(moment)
    } else {
        UnixTime::from_secs(now.wall.secs() - now.at.since(moment).as_secs().cast_signed())
    }
}
