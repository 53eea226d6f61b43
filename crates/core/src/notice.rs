//! When a person is told something that he did not ask for: a pure state machine from successive
//! snapshots to desktop notifications.
//!
//! | trouble | is told | is withdrawn |
//! |---|---|---|
//! | a login's session ended | at once | when somebody signs in, or out |
//! | a program asked for keys of a login without a session | with the snapshot that tells it | the same |
//! | a session's end is in sight | 24 h before it, and 1 h before it | when somebody signs in, or it is over |
//! | AWS cannot be reached | after ten seconds, where it matters | when it can be |
//! | the keychain is locked or gone | after ten seconds, where it matters | when it is open |
//!
//! It matters where a program asked for keys and there are none, or where keys in use are near
//! their end. A trouble has one notification, however long it lasts and in whatever words the
//! daemon tells it; that all is well again is not told, the notification is withdrawn instead. What
//! was so in the first snapshot is not told: the icon says it, and whoever starts a tray again has
//! been told before. A daemon that is gone changes nothing: what was told stays told.

mod ending;

use std::collections::{BTreeMap, BTreeSet};

use crate::failure::Code;
use crate::messages::Language;
use crate::name::LoginName;
use crate::snapshot::{LoginState, LoginView, ProfileView, Snapshot};
use crate::time::UnixTime;

use ending::Nearness;

/// What a notification is about. There is at most one about each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Somebody must sign in to this login.
    SignIn(LoginName),
    /// The session of this login ends soon.
    Ending(LoginName),
    /// AWS cannot be reached, or does not do its work.
    Connection,
    /// The keychain is locked or gone.
    Keychain,
}

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub subject: Subject,
    /// The first line.
    pub title: String,
    /// The rest.
    pub body: String,
    /// What a click leads to.
    pub target: Target,
    /// That in words.
    pub button: String,
}

/// What a click leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The login window of this login.
    Login(LoginName),
    /// The main window.
    Main,
}

/// What is to be done about notifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Show this, in place of what there is about the same subject.
    Show(Notice),
    /// Take away what there is about this.
    Withdraw(Subject),
}

/// What has been told, and what not yet.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    /// What was in the last snapshot; `None` before the first.
    last: Option<Last>,
    /// What is shown or was, and lasts.
    told: BTreeSet<Subject>,
    /// The sessions whose end is in sight, and how near.
    endings: BTreeMap<LoginName, Nearness>,
    wake_at: Option<UnixTime>,
}

#[derive(Clone, Debug, Default)]
struct Last {
    /// The logins whose session was over.
    ended: BTreeSet<LoginName>,
    /// When each profile was last asked for.
    asked: BTreeMap<String, UnixTime>,
    /// Troubles that the first snapshot brought and that still last: they stay untold.
    first: BTreeSet<Subject>,
}

impl Notices {
    /// Takes in what the daemon tells, as of now; it may tell the same again when
    /// [`Self::wake_at`] has come.
    pub fn see(&mut self, snapshot: &Snapshot, now: UnixTime, language: Language) -> Vec<Change> {
        let mut changes = Vec::new();
        self.wake_at = None;
        self.sign_ins(snapshot, language, &mut changes);
        self.endings(snapshot, now, language, &mut changes);
        self.trouble(Kind::Connection, snapshot, now, language, &mut changes);
        self.trouble(Kind::Keychain, snapshot, now, language, &mut changes);
        let first = self.last.is_none();
        let last = self.last.get_or_insert_default();
        // A sign-in that was begun, and a daemon that starts again, do not make it another trouble.
        last.ended = names(snapshot, |login| match login.state {
            LoginState::NeedsSignIn => true,
            LoginState::Unread | LoginState::SigningIn => last.ended.contains(&login.name),
            LoginState::SignedOut | LoginState::SignedIn => false,
        });
        let asked = snapshot.profiles.iter();
        last.asked = asked
            .filter_map(|profile| Some((profile.name.to_string(), profile.asked?)))
            .collect();
        if first {
            let lasts = [Kind::Connection, Kind::Keychain].into_iter();
            last.first = lasts
                .filter(|kind| kind.logins(snapshot).next().is_some())
                .map(Kind::subject)
                .collect();
            self.wake_at = self.next_ending(snapshot, now);
        }
        changes
    }

    /// When to look again though nothing was told: a trouble may last too long by then.
    pub fn wake_at(&self) -> Option<UnixTime> {
        self.wake_at
    }

    fn sign_ins(&mut self, snapshot: &Snapshot, language: Language, changes: &mut Vec<Change>) {
        let gone: Vec<Subject> = self
            .told
            .iter()
            .filter(|subject| match subject {
                Subject::SignIn(name) => {
                    let mut logins = snapshot.logins.iter();
                    !logins.any(|login| login.name == *name && self.still_needs(login))
                }
                Subject::Ending(_) | Subject::Connection | Subject::Keychain => false,
            })
            .cloned()
            .collect();
        for subject in gone {
            self.told.remove(&subject);
            changes.push(Change::Withdraw(subject));
        }
        let Some(last) = &self.last else {
            return;
        };
        for login in &snapshot.logins {
            let subject = Subject::SignIn(login.name.clone());
            if self.told.contains(&subject) || login.state == LoginState::SigningIn {
                continue;
            }
            let ended = login.state == LoginState::NeedsSignIn && !last.ended.contains(&login.name);
            let asked = snapshot.profiles.iter().find(|profile| {
                profile.login.as_ref() == Some(&login.name)
                    && has_no_session(login)
                    && profile.asked > last.asked.get(profile.name.as_str()).copied()
            });
            let body = match (ended, login.ended, asked) {
                (true, Some(reason), _) => {
                    let reason = language.reason(reason);
                    language.say("notice.sign_in_ended", &[("reason", &reason)])
                }
                (_, _, Some(profile)) => {
                    let places = [("profile", profile.name.as_str())];
                    language.say("notice.sign_in_asked", &places)
                }
                (true, None, None) => String::new(),
                (false, _, None) => continue,
            };
            changes.push(Change::Show(Notice {
                subject: subject.clone(),
                title: language.say("notice.sign_in", &[("login", login.name.as_str())]),
                body,
                target: Target::Login(login.name.clone()),
                button: language.say("action.sign_in", &[]),
            }));
            self.told.insert(subject);
        }
    }

    /// Whether what was told of a login still holds.
    fn still_needs(&self, login: &LoginView) -> bool {
        let had_ended = self
            .last
            .as_ref()
            .is_some_and(|last| last.ended.contains(&login.name));
        match login.state {
            LoginState::NeedsSignIn | LoginState::Unread => true,
            // Whoever signs out a session that is over does not want it any more.
            LoginState::SignedOut => !had_ended,
            LoginState::SigningIn | LoginState::SignedIn => false,
        }
    }

    fn trouble(
        &mut self,
        kind: Kind,
        snapshot: &Snapshot,
        now: UnixTime,
        language: Language,
        changes: &mut Vec<Change>,
    ) {
        let subject = kind.subject();
        if kind.logins(snapshot).next().is_none() {
            if let Some(last) = &mut self.last {
                last.first.remove(&subject);
            }
            if self.told.remove(&subject) {
                changes.push(Change::Withdraw(subject));
            }
            return;
        }
        let first = self
            .last
            .as_ref()
            .is_none_or(|last| last.first.contains(&subject));
        if first || self.told.contains(&subject) {
            return;
        }
        let dues = kind
            .logins(snapshot)
            .filter_map(|login| due(snapshot, login, now));
        let Some(due) = dues.min() else {
            return;
        };
        if due > now {
            self.wake_at = Some(self.wake_at.map_or(due, |at| at.min(due)));
            return;
        }
        let logins = language.list(kind.logins(snapshot).map(|login| login.name.as_str()));
        let (title, body) = match kind {
            Kind::Connection => ("notice.offline", "notice.offline_body"),
            Kind::Keychain => ("notice.vault", "notice.vault_body"),
        };
        changes.push(Change::Show(Notice {
            subject: subject.clone(),
            title: language.say(title, &[]),
            body: language.say(body, &[("logins", &logins)]),
            target: Target::Main,
            button: language.say("action.open", &[]),
        }));
        self.told.insert(subject);
    }
}

/// A trouble that passes by itself, or that a person must end elsewhere.
#[derive(Clone, Copy)]
enum Kind {
    Connection,
    Keychain,
}

impl Kind {
    fn subject(self) -> Subject {
        match self {
            Self::Connection => Subject::Connection,
            Self::Keychain => Subject::Keychain,
        }
    }

    fn of(code: Code) -> Option<Self> {
        match code {
            Code::Offline | Code::Service => Some(Self::Connection),
            Code::VaultLocked | Code::Vault => Some(Self::Keychain),
            Code::SignedOut
            | Code::NeedsSignIn
            | Code::UnknownProfile
            | Code::UnknownLogin
            | Code::Config
            | Code::File
            | Code::Misconfigured
            | Code::Wrong
            | Code::NoConversation
            | Code::Denied
            | Code::Protocol
            | Code::Busy
            | Code::NoDaemon
            | Code::Other => None,
        }
    }

    /// The logins in this trouble.
    fn logins(self, snapshot: &Snapshot) -> impl Iterator<Item = &LoginView> {
        snapshot.logins.iter().filter(move |login| {
            let mut standing = standing(snapshot, login);
            standing.any(|(code, _)| {
                Self::of(code).is_some_and(|kind| kind.subject() == self.subject())
            })
        })
    }
}

/// What stands in the way of a login and of its profiles, and since when.
fn standing<'a>(
    snapshot: &'a Snapshot,
    login: &'a LoginView,
) -> impl Iterator<Item = (Code, Option<UnixTime>)> + 'a {
    let of_login = login
        .trouble
        .iter()
        .map(|failure| (failure.code, login.trouble_since));
    let of_profiles = members(snapshot, login)
        .filter_map(|profile| Some((profile.trouble.as_ref()?.code, profile.trouble_since)));
    of_login.chain(of_profiles)
}

/// When a login's trouble matters to somebody: it has lasted a while, and keys are asked for that
/// there are not, or those in use come to their end.
fn due(snapshot: &Snapshot, login: &LoginView, now: UnixTime) -> Option<UnixTime> {
    let since = standing(snapshot, login)
        .filter_map(|(_, since)| since)
        .min()?;
    let lasting = UnixTime::from_secs(since.secs() + BLIP);
    let matters = members(snapshot, login).filter_map(|profile| {
        let alive = profile.keys_expire.filter(|end| *end > now);
        match alive {
            Some(end) => {
                profile.asked?;
                Some(UnixTime::from_secs(end.secs() - NEAR))
            }
            // Who asked before the trouble began, and had keys that ended, waits as well.
            None => {
                let asked = profile.asked?;
                (asked.secs() >= since.secs() - RECENTLY).then_some(lasting)
            }
        }
    });
    matters.min().map(|at| at.max(lasting))
}

fn members<'a>(
    snapshot: &'a Snapshot,
    login: &'a LoginView,
) -> impl Iterator<Item = &'a ProfileView> {
    snapshot
        .profiles
        .iter()
        .filter(|profile| profile.login.as_ref() == Some(&login.name))
}

fn has_no_session(login: &LoginView) -> bool {
    match login.state {
        LoginState::SignedOut | LoginState::NeedsSignIn => true,
        LoginState::Unread | LoginState::SigningIn | LoginState::SignedIn => false,
    }
}

fn names(snapshot: &Snapshot, so: impl Fn(&LoginView) -> bool) -> BTreeSet<LoginName> {
    let logins = snapshot.logins.iter();
    logins
        .filter(|login| so(login))
        .map(|login| login.name.clone())
        .collect()
}

/// What lasts less is a blip, and nobody's business, in seconds.
const BLIP: i64 = 10;
/// Keys are near their end, in seconds.
const NEAR: i64 = 600;
/// Whoever asked so long before may still want keys, in seconds.
const RECENTLY: i64 = 3600;

#[cfg(test)]
mod tests;
