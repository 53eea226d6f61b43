//! A notification server that remembers everything.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use poolkey_tests::until;
use zbus::blocking::{Connection, connection};
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;

const SERVER: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// A desktop's notifications.
pub(crate) struct Bell {
    connection: Connection,
    rung: Rung,
}

type Rung = Arc<Mutex<Vec<Shown>>>;

/// A notification that was shown.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) number: u32,
    /// Which one's place it took.
    pub(crate) replaces: u32,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) actions: Vec<String>,
    /// Whether it still stands.
    pub(crate) open: bool,
}

struct Server(Rung);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Server {
    #[allow(clippy::too_many_arguments, reason = "as the specification has it")]
    fn notify(
        &self,
        _app: String,
        replaces: u32,
        _icon: String,
        title: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        assert!(hints.contains_key("image-data"), "it has a picture");
        let mut rung = self.0.lock().unwrap();
        let number = match replaces {
            0 => u32::try_from(rung.len()).unwrap() + 1,
            number => number,
        };
        for shown in rung.iter_mut().filter(|shown| shown.number == number) {
            shown.open = false;
        }
        rung.push(Shown {
            number,
            replaces,
            title,
            body,
            actions,
            open: true,
        });
        number
    }

    async fn close_notification(
        &self,
        number: u32,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) {
        for shown in self.0.lock().unwrap().iter_mut() {
            shown.open &= shown.number != number;
        }
        Self::notification_closed(&emitter, number, 3)
            .await
            .unwrap();
    }

    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body", "body-markup"].map(String::from).into()
    }

    #[zbus(signal)]
    async fn notification_closed(
        emitter: &SignalEmitter<'_>,
        number: u32,
        why: u32,
    ) -> zbus::Result<()>;
}

impl Bell {
    pub(crate) fn hang(bus: &str) -> Self {
        let rung = Rung::default();
        let connection = connection::Builder::address(bus)
            .unwrap()
            .serve_at(PATH, Server(rung.clone()))
            .unwrap()
            .name(SERVER)
            .unwrap()
            .build()
            .unwrap();
        Self { connection, rung }
    }

    /// All that was ever shown.
    pub(crate) fn rung(&self) -> Vec<Shown> {
        self.rung.lock().unwrap().clone()
    }

    /// What stands at this moment.
    pub(crate) fn open(&self) -> Vec<Shown> {
        self.rung().into_iter().filter(|shown| shown.open).collect()
    }

    /// The one that stands with this title, once it does.
    pub(crate) fn await_one(&self, title: &str, seconds: u64) -> Shown {
        let mut found = None;
        until(&format!("a notification “{title}”"), seconds, || {
            found = self.open().into_iter().find(|shown| shown.title == title);
            found.is_some()
        });
        found.unwrap()
    }

    /// Clicks on it, as a person does: the desktop's leave first, then the click, then it is gone.
    pub(crate) fn click(&self, shown: &Shown) {
        let send = |member: &str, second: &str| {
            let nobody: Option<&str> = None;
            let body = (shown.number, second);
            self.connection
                .emit_signal(nobody, PATH, SERVER, member, &body)
                .unwrap();
        };
        send("ActivationToken", "token-of-the-desktop");
        send("ActionInvoked", "default");
        self.dismiss(shown);
    }

    /// Puts it away.
    pub(crate) fn dismiss(&self, shown: &Shown) {
        for known in self.rung.lock().unwrap().iter_mut() {
            known.open &= known.number != shown.number;
        }
        let nobody: Option<&str> = None;
        let body = (shown.number, 2_u32);
        self.connection
            .emit_signal(nobody, PATH, SERVER, "NotificationClosed", &body)
            .unwrap();
    }
}
