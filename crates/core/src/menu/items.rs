//! The items of the menu.

use crate::environment::Shell;
use crate::failure::Code;
use crate::messages::Language;
use crate::snapshot::{LoginState, LoginView, ProfileView, Snapshot};
use crate::time::UnixTime;

use super::lines::{bounded, detail, line};
use super::{Action, Item, Shown, obstacle};

pub(super) fn items(shown: &Shown, now: UnixTime) -> Vec<Item> {
    let language = shown.language;
    let mut items = Vec::new();
    match &shown.snapshot {
        None => {
            items.push(Item::Label(language.headline(Code::NoDaemon)));
            items.push(action(language, "action.start_daemon", Action::StartDaemon));
        }
        Some(snapshot) => {
            warnings(snapshot, language, &mut items);
            let page = Page {
                snapshot,
                language,
                now,
            };
            page.logins(shown, &mut items);
        }
    }
    items.push(Item::Separator);
    if shown.window {
        items.push(action(language, "action.open", Action::Open));
    }
    items.push(Item::Check(
        language.say("action.start_at_login", &[]),
        shown.at_login.into(),
        Action::StartAtLogin((!shown.at_login).into()),
    ));
    items.push(Item::Submenu(
        language.say("menu.quit", &[]),
        vec![
            action(language, "menu.quit_icon", Action::QuitIcon),
            action(language, "menu.quit_all", Action::QuitAll),
        ],
    ));
    items
}

/// What concerns no login in particular.
fn warnings(snapshot: &Snapshot, language: Language, items: &mut Vec<Item>) {
    let before = items.len();
    if let Some(failure) = &snapshot.config {
        items.push(Item::Label(language.headline(failure.code)));
        items.extend(detail(failure));
    }
    if let Some(secs) = snapshot.clock_ahead {
        let length = language.length(secs.saturating_abs());
        let key = if secs > 0 {
            "menu.clock_ahead"
        } else {
            "menu.clock_behind"
        };
        items.push(Item::Label(language.say(key, &[("length", &length)])));
    }
    if items.len() > before {
        items.push(Item::Separator);
    }
}

struct Page<'a> {
    snapshot: &'a Snapshot,
    language: Language,
    now: UnixTime,
}

impl Page<'_> {
    /// One login lies open; of more, each is a menu of its own, those that need a person first.
    fn logins(&self, shown: &Shown, items: &mut Vec<Item>) {
        let language = self.language;
        match &*self.snapshot.logins {
            [] if self.guests().next().is_some() => items.extend(self.inside_guests()),
            [] => {
                items.push(Item::Label(language.say("menu.no_logins", &[])));
                items.push(if shown.window {
                    action(language, "action.add_login", Action::AddLogin)
                } else {
                    Item::Label(language.say("menu.no_logins_remedy", &[]))
                });
            }
            [login] => {
                items.push(Item::Label(self.headline(login)));
                items.extend(self.inside(login));
            }
            logins => {
                let urgent = logins
                    .iter()
                    .filter(|login| needs_sign_in(login))
                    .take(URGENT);
                for login in urgent {
                    items.push(Item::Action(
                        language.say("action.sign_in_to", &[("login", login.name.as_str())]),
                        Action::SignIn(login.name.clone()),
                    ));
                }
                if !items.is_empty() && !matches!(items.last(), Some(Item::Separator)) {
                    items.push(Item::Separator);
                }
                let mut logins: Vec<&LoginView> = logins.iter().collect();
                logins.sort_by_key(|login| self.rank(login));
                let submenu =
                    |login: &&LoginView| Item::Submenu(self.headline(login), self.inside(login));
                items.extend(bounded(language, logins.iter().map(submenu), LOGINS));
            }
        }
        if !self.snapshot.logins.is_empty() && self.guests().next().is_some() {
            items.push(Item::Separator);
            items.push(Item::Submenu(
                language.say("menu.guests", &[]),
                self.inside_guests(),
            ));
        }
    }

    /// The profiles that nobody signs in for.
    fn inside_guests(&self) -> Vec<Item> {
        let profiles = self.guests().map(|profile| self.profile(None, profile));
        bounded(self.language, profiles, PROFILES)
    }

    fn guests(&self) -> impl Iterator<Item = &ProfileView> {
        let profiles = self.snapshot.profiles.iter();
        profiles.filter(|profile| profile.login.is_none())
    }

    fn rank(&self, login: &LoginView) -> u8 {
        match login.state {
            LoginState::NeedsSignIn => 0,
            _ if obstacle(self.snapshot, login).is_some() => 1,
            LoginState::SigningIn | LoginState::Unread | LoginState::SignedIn => 2,
            LoginState::SignedOut => 3,
        }
    }

    /// A login's name and state.
    fn headline(&self, login: &LoginView) -> String {
        let language = self.language;
        // What one profile alone is not set up for is told beside its name.
        let obstacle = obstacle(self.snapshot, login)
            .filter(|code| login.trouble.is_some() || *code != Code::Misconfigured);
        let state = match (login.state, obstacle) {
            (LoginState::NeedsSignIn, _) => language.say("state.needs_sign_in", &[]),
            (LoginState::SigningIn, _) => language.say("state.signing_in", &[]),
            (LoginState::SignedIn, Some(Code::Offline)) => self.offline(login),
            (LoginState::SignedIn | LoginState::SignedOut | LoginState::Unread, Some(code)) => {
                language.headline(code)
            }
            (LoginState::Unread, None) => language.say("state.reading", &[]),
            (LoginState::SignedOut, None) => language.say("state.signed_out", &[]),
            (LoginState::SignedIn, None) if login.working => language.say("state.working", &[]),
            (LoginState::SignedIn, None) => language.say("state.signed_in", &[]),
        };
        let places = [("login", login.name.as_str()), ("state", &state)];
        language.say("menu.login", &places)
    }

    fn offline(&self, login: &LoginView) -> String {
        let last = self
            .profiles(login)
            .filter_map(|profile| self.left(profile))
            .min();
        last.map_or_else(
            || self.language.say("state.offline", &[]),
            |secs| {
                let length = self.language.length(secs);
                self.language
                    .say("state.offline_for", &[("length", &length)])
            },
        )
    }

    /// Why it is so, the profiles, and what can be done.
    fn inside(&self, login: &LoginView) -> Vec<Item> {
        let language = self.language;
        let mut items = Vec::new();
        if let (LoginState::NeedsSignIn, Some(ended)) = (login.state, login.ended) {
            items.push(Item::Label(language.reason(ended)));
        }
        if let Some(failure) = &login.trouble
            && failure.code != Code::Offline
        {
            items.extend(detail(failure));
        }
        if let Some(ends) = login.session_ends.filter(|ends| *ends > self.now) {
            let length = language.length(ends.secs_after(self.now));
            let key = if login.session_end_is_learnt {
                "menu.session_ends_about"
            } else {
                "menu.session_ends"
            };
            items.push(Item::Label(language.say(key, &[("length", &length)])));
        }
        if login.unrevoked > 0 {
            let text = language.count("menu.unrevoked", login.unrevoked.into(), &[]);
            items.push(Item::Label(text));
        }
        if let Some(user) = &login.user {
            let name = line(user.email.as_deref().unwrap_or(&user.username));
            items.push(Item::Label(
                language.say("menu.as_user", &[("user", &name)]),
            ));
        }
        let profiles = self
            .profiles(login)
            .map(|profile| self.profile(Some(login), profile));
        let profiles = bounded(language, profiles, PROFILES);
        if profiles.is_empty() {
            items.push(Item::Label(language.say("menu.no_profiles", &[])));
        }
        items.extend(profiles);
        let name = || login.name.clone();
        if login.state != LoginState::Unread {
            items.push(Item::Separator);
        }
        match login.state {
            LoginState::SignedOut | LoginState::NeedsSignIn => {
                items.push(action(language, "action.sign_in", Action::SignIn(name())));
            }
            LoginState::SignedIn => {
                items.push(action(language, "action.renew", Action::Renew(name())));
                items.push(action(language, "action.sign_out", Action::SignOut(name())));
            }
            LoginState::SigningIn => {
                items.push(action(language, "action.sign_in", Action::SignIn(name())));
            }
            LoginState::Unread => {}
        }
        items
    }

    /// One profile, of a login or of guests.
    fn profile(&self, login: Option<&LoginView>, profile: &ProfileView) -> Item {
        let language = self.language;
        let name = profile.name.as_str();
        let Some(secs) = self.left(profile) else {
            if let Some(failure) = &profile.trouble {
                let headline = language.headline(failure.code);
                let places = [("login", name), ("state", &headline)];
                return Item::Submenu(language.say("menu.login", &places), detail(failure));
            }
            // Whoever is signed in gets keys when he asks for them, unless something is in the way.
            let is_open = login
                .is_none_or(|login| login.state == LoginState::SignedIn && login.trouble.is_none());
            return if is_open {
                let text = language.say("menu.keys_none", &[("profile", name)]);
                Item::Submenu(text, copies(language, profile))
            } else {
                Item::Label(language.say("menu.keys_over", &[("profile", name)]))
            };
        };
        let length = language.length(secs);
        let text = language.say("menu.keys_for", &[("profile", name), ("length", &length)]);
        Item::Submenu(text, copies(language, profile))
    }

    fn profiles(&self, login: &LoginView) -> impl Iterator<Item = &ProfileView> {
        let name = login.name.clone();
        self.snapshot
            .profiles
            .iter()
            .filter(move |profile| profile.login.as_ref() == Some(&name))
    }

    /// For how many seconds a profile's keys are good.
    fn left(&self, profile: &ProfileView) -> Option<i64> {
        let secs = profile.keys_expire?.secs_after(self.now);
        (secs > 0).then_some(secs)
    }
}

fn needs_sign_in(login: &LoginView) -> bool {
    login.state == LoginState::NeedsSignIn
}

fn copies(language: Language, profile: &ProfileView) -> Vec<Item> {
    let copy = |shell| Action::Copy(profile.name.clone(), shell);
    vec![
        action(language, "action.copy_bash", copy(Shell::Bash)),
        action(language, "action.copy_powershell", copy(Shell::PowerShell)),
    ]
}

fn action(language: Language, key: &str, action: Action) -> Item {
    Item::Action(language.say(key, &[]), action)
}

/// How many “Sign in to …” stand on top.
const URGENT: usize = 3;
/// How many logins lie in the menu itself.
const LOGINS: usize = 8;
/// How many profiles lie in a login's menu itself.
const PROFILES: usize = 10;
