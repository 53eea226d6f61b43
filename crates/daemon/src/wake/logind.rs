//! logind's signal `PrepareForSleep` (`org.freedesktop.login1.Manager`): `false` is the way back.

use std::io;
use std::time::Duration;

use dbus::blocking::SyncConnection;
use dbus::message::MatchRule;
use tokio::sync::mpsc;

/// Listens on a thread of its own, which sleeps in the kernel until the bus has something to say.
pub(super) fn start(tell: mpsc::Sender<()>) -> io::Result<()> {
    std::thread::Builder::new()
        .name("logind".into())
        .stack_size(128 << 10)
        .spawn(move || {
            if let Err(error) = listen(&tell) {
                tracing::debug!("no word of sleep: {error}");
            }
        })
        .map(drop)
}

fn listen(tell: &mpsc::Sender<()>) -> Result<(), dbus::Error> {
    let bus = SyncConnection::new_system()?;
    let rule = MatchRule::new_signal("org.freedesktop.login1.Manager", "PrepareForSleep")
        .with_sender("org.freedesktop.login1");
    let tell = tell.clone();
    bus.add_match(rule, move |(asleep,): (bool,), _, _| {
        if !asleep {
            // One word waiting is enough.
            let _ = tell.try_send(());
        }
        true
    })?;
    loop {
        bus.process(FOR_EVER)?;
    }
}

/// libdbus counts in 31 bits of milliseconds.
const FOR_EVER: Duration = Duration::from_secs(24 * 3600);
