//! One thing after another: what the daemon tells, what a person chooses, what comes due.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use poolkey_core::config::Config;
use poolkey_core::menu::{Action, Switch};
use poolkey_core::messages::Language;
use poolkey_core::name::LoginName;
use poolkey_core::notice::{Change, Notices, Target};
use poolkey_core::snapshot::Snapshot;
use poolkey_core::time::UnixTime;
use poolkey_core::wanted::Wanted;
use poolkey_ipc::autostart::{Autostart, What};
use poolkey_ipc::{Ask, Client, Place};
use tokio::sync::mpsc::{Receiver, Sender};

use crate::act::{self, Errand};
use crate::clipboard::Clipboard;
use crate::icon::Tray;
use crate::notify::Ring;
use crate::programs::{Programs, Started};
use crate::watch::Nudge;

/// What happens.
#[derive(Debug)]
pub(crate) enum Event {
    /// The daemon told how things stand; `None`: it is not there.
    Told(Option<Box<Snapshot>>),
    /// Somebody is about to look at the menu.
    Opened,
    /// Somebody chose an item, with the desktop's leave to come to the front.
    Chosen(Action, Option<String>),
    /// Somebody clicked on a notification, the same.
    Clicked(Target, Option<String>),
    /// Keys are ready to be pasted.
    Copied(Clipboard),
    /// There is no panel that shows icons.
    NoPanel,
    /// There is one again.
    Panel,
    /// The session is over.
    Over,
}

/// All that the one loop works with.
pub(crate) struct Desk {
    pub(crate) language: Language,
    pub(crate) programs: Programs,
    pub(crate) autostart: Option<Autostart>,
    /// The file that says that a person knows of a desktop without icons.
    pub(crate) told_of_no_tray: Option<PathBuf>,
    pub(crate) icon: ksni::Handle<Tray>,
    pub(crate) bell: Sender<Ring>,
    pub(crate) nudge: Nudge,
    pub(crate) events: Sender<Event>,
    pub(crate) client: Client,
    pub(crate) notices: Notices,
    pub(crate) wanted: Wanted,
    pub(crate) snapshot: Option<Box<Snapshot>>,
    /// Lives as long as keys may lie in the clipboard.
    pub(crate) clipboard: Option<Clipboard>,
    /// When it is to be told that there is no panel.
    pub(crate) no_tray_at: Option<UnixTime>,
}

impl Desk {
    /// Works until somebody ends it.
    pub(crate) async fn run(mut self, mut inbox: Receiver<Event>) -> ExitCode {
        loop {
            let event = match self.nap() {
                Some(nap) => tokio::time::timeout(nap, inbox.recv()).await.ok(),
                None => Some(inbox.recv().await),
            };
            match event {
                None => self.due(),
                Some(Some(Event::Chosen(Action::QuitIcon, _))) => break,
                Some(Some(Event::Chosen(Action::QuitAll, _))) => {
                    let client = self.client.clone();
                    // A daemon that is not there is what was wanted.
                    let stop = move || client.ask(&Ask::Stop);
                    let _ = tokio::task::spawn_blocking(stop).await;
                    break;
                }
                Some(Some(Event::Over) | None) => return ExitCode::SUCCESS,
                Some(Some(event)) => self.take(event).await,
            }
        }
        self.ring(Ring::Silence);
        // Until what was rung is done, as far as the desktop takes it.
        let _ = tokio::time::timeout(FAREWELL, self.bell.closed()).await;
        ExitCode::SUCCESS
    }

    async fn take(&mut self, event: Event) {
        match event {
            Event::Told(snapshot) => {
                self.snapshot.clone_from(&snapshot);
                self.look();
                self.open_what_is_wanted();
                let shown = snapshot.map(|snapshot| *snapshot);
                self.icon
                    .update(|tray| tray.show(|it| it.snapshot = shown))
                    .await;
            }
            Event::Opened => self.opened().await,
            Event::Chosen(action, token) => self.act(action, token).await,
            Event::Clicked(Target::Login(login), token) => self.sign_in(&login, token.as_deref()),
            Event::Clicked(Target::Main, token) => {
                if self.programs.open(token.as_deref()) == Started::No {
                    self.nudge.look();
                }
            }
            Event::Copied(clipboard) => self.clipboard = Some(clipboard),
            Event::NoPanel => {
                self.no_tray_at = Some(UnixTime::from_secs(now().secs() + SETTLING));
            }
            Event::Panel => self.no_tray_at = None,
            Event::Over => {}
        }
    }

    /// What may have changed behind our back.
    async fn opened(&mut self) {
        let at_login = self.at_login();
        let window = self.programs.has_window();
        if self.snapshot.is_none() {
            self.nudge.look();
        }
        let change = |tray: &mut Tray| {
            tray.show(|it| (it.at_login, it.window) = (at_login, window));
        };
        self.icon.update(change).await;
    }

    async fn act(&mut self, action: Action, token: Option<String>) {
        match action {
            Action::SignIn(login) => self.sign_in(&login, token.as_deref()),
            Action::SignOut(login) => self.send(Errand::SignOut(login)),
            Action::Renew(login) => self.send(Errand::Renew(login)),
            Action::Copy(profile, shell) => {
                let last = self.clipboard.take();
                self.send(Errand::Copy(profile, shell, last));
            }
            Action::Open | Action::AddLogin => {
                // The menu offers it only where there is a window.
                let _ = self.programs.open(token.as_deref());
            }
            Action::StartDaemon => self.nudge.start(),
            Action::StartAtLogin(switch) => self.start_at_login(switch).await,
            // They end the loop.
            Action::QuitIcon | Action::QuitAll => {}
        }
    }

    fn sign_in(&self, login: &LoginName, token: Option<&str>) {
        if self.programs.sign_in(login, token) == Started::No {
            let places = [("login", login.as_str())];
            self.say(
                self.language.say("notice.sign_in", &places),
                self.language.say("notice.no_terminal", &places),
            );
        }
    }

    async fn start_at_login(&mut self, switch: Switch) {
        let Some(autostart) = &self.autostart else {
            return;
        };
        if let Err(failure) = autostart.turn(What::Icon, switch) {
            self.say(
                self.language.say("notice.not_switched", &[]),
                failure.to_string(),
            );
        }
        let at_login = self.at_login();
        self.icon
            .update(|tray| tray.show(|it| it.at_login = at_login))
            .await;
    }

    fn at_login(&self) -> bool {
        self.autostart
            .as_ref()
            .is_some_and(|autostart| autostart.is_on(What::Icon))
    }

    fn send(&self, errand: Errand) {
        act::run(
            errand,
            self.client.clone(),
            self.language,
            self.bell.clone(),
            self.events.clone(),
        );
    }

    fn look(&mut self) {
        let Some(snapshot) = &self.snapshot else {
            return;
        };
        for change in self.notices.see(snapshot, now(), self.language) {
            self.ring(match change {
                Change::Show(notice) => Ring::Show(notice),
                Change::Withdraw(subject) => Ring::Withdraw(subject),
            });
        }
    }

    /// A tool needs a sign-in, and the person allowed the window to open by itself.
    fn open_what_is_wanted(&mut self) {
        let wanted = self.snapshot.as_deref();
        let login = wanted.and_then(|snapshot| self.wanted.see(snapshot));
        if let Some(login) = login
            && self.programs.has_window()
            && may_open()
        {
            // It was there a moment ago.
            let _ = self.programs.sign_in(&login, None);
        }
    }

    fn due(&mut self) {
        if self.no_tray_at.is_some_and(|at| at <= now()) {
            self.no_tray_at = None;
            self.tell_of_no_tray();
        }
        self.look();
    }

    /// Once, and never again on this computer.
    fn tell_of_no_tray(&self) {
        let Some(told) = &self.told_of_no_tray else {
            return;
        };
        let first = told
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::File::create_new(told));
        if first.is_err() {
            return;
        }
        let body = if self.programs.has_window() {
            "notice.no_tray_body_window"
        } else {
            "notice.no_tray_body"
        };
        let say = |key| self.language.say(key, &[]);
        self.say(say("notice.no_tray"), say(body));
    }

    fn say(&self, title: String, body: String) {
        self.ring(Ring::Say { title, body });
    }

    fn ring(&self, ring: Ring) {
        // Full, it would hold more notifications than any desktop shows.
        let _ = self.bell.try_send(ring);
    }

    /// How long nothing is due; `None`: nothing ever is.
    fn nap(&self) -> Option<Duration> {
        let due = self.notices.wake_at().filter(|_| self.snapshot.is_some());
        let next = [due, self.no_tray_at].into_iter().flatten().min()?;
        let secs = u64::try_from(next.secs_after(now())).unwrap_or_default();
        Some(Duration::from_secs(secs))
    }
}

/// Whether the person allowed windows to open by themselves. What cannot be read allows nothing.
fn may_open() -> bool {
    let place = Place::of_process().ok();
    let text = place.and_then(|place| std::fs::read_to_string(place.config_file()).ok());
    let config = text.and_then(|text| Config::parse(&text).ok());
    config.is_some_and(|config| config.settings.open_window)
}

/// What the wall clock shows.
#[expect(
    clippy::disallowed_methods,
    reason = "the tray's one look at the clock"
)]
pub(crate) fn now() -> UnixTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let secs = since.map_or(0, |since| since.as_secs());
    UnixTime::from_secs(i64::try_from(secs).unwrap_or(i64::MAX))
}

/// A panel that comes so late is still no missing one, in seconds: both start with the desktop.
const SETTLING: i64 = 10;
const FAREWELL: Duration = Duration::from_secs(2);
