//! The machine wakes up, and logind says so.

use std::time::{Duration, Instant};

use dbus::Message;
use dbus::blocking::SyncConnection;
use dbus::channel::{Channel, Sender};
use poolkey_tests::{Setup, story, until};

/// A bus of the test's own plays the system's, and the test plays logind.
#[test]
fn logind_says_that_the_machine_woke_up() {
    story(Setup::default(), |world| {
        world.sign_in();
        let bus = world.desktop.address();
        world.stop_daemon();
        world.set_env("DBUS_SYSTEM_BUS_ADDRESS", &bus);
        world.start_daemon();
        let logind = play_logind(&bus);
        world.keys();

        world.road.cut();
        world.renew();
        // The waits double: after the fourth attempt the next is more than 6 s away.
        until("it has been tried four times", 20, || {
            world.daemon_said().matches("not refreshed").count() >= 4
        });
        world.road.mend();
        let woke = Instant::now();
        let signal = Message::new_signal(PATH, INTERFACE, "PrepareForSleep")
            .unwrap()
            .append1(false);
        logind.send(signal).unwrap();
        until("it is well again", 5, || world.login().trouble.is_none());
        assert!(
            woke.elapsed() < Duration::from_secs(4),
            "only after {:?}",
            woke.elapsed()
        );
    });
}

fn play_logind(bus: &str) -> SyncConnection {
    let mut channel = Channel::open_private(bus).unwrap();
    channel.register().unwrap();
    let logind = SyncConnection::from(channel);
    logind
        .request_name("org.freedesktop.login1", false, true, false)
        .unwrap();
    logind
}

const PATH: &str = "/org/freedesktop/login1";
const INTERFACE: &str = "org.freedesktop.login1.Manager";
