//! Sign in once; keys today, tomorrow and after a reboot.

use poolkey_tests::{Setup, story};

#[test]
fn keys_today_tomorrow_and_after_a_reboot() {
    story(Setup::default(), |world| {
        world.sign_in();
        let today = world.keys();
        assert!(world.sts_takes(&today));
        assert!((58 * 60..=60 * 60).contains(&today.seconds_left()));
        assert_eq!(
            world.keys().access_key_id,
            today.access_key_id,
            "from memory"
        );
        assert_eq!(world.sandbox.calls("GetCredentialsForIdentity"), 1);

        world.kill_daemon();
        world.start_daemon();
        assert!(world.sts_takes(&world.keys()), "after kill -9");

        world.stop_daemon();
        world.start_daemon();
        assert!(world.sts_takes(&world.keys()), "after SIGTERM");

        world.kill_daemon();
        world.desktop.stop();
        world.desktop.start_bus();
        world.desktop.start_keyring();
        world.start_daemon();
        assert!(world.sts_takes(&world.keys()), "after a reboot");
        assert_eq!(world.sandbox.calls("InitiateAuth"), 1, "one sign-in in all");
    });
}
