//! Other users of the machine.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use poolkey_tests::{Ran, Running, Setup, World, program, skip, story, until};

const STRANGER: &str = "65534";

#[test]
fn another_user_is_refused() {
    story(setup(), |world| {
        if !is_root() {
            return;
        }
        world.sign_in();
        // As wrong as it can be set up: all directories and the socket are open to all.
        for (place, mode) in [
            ("", 0o711),
            ("run", 0o711),
            ("run/poolkey", 0o711),
            ("run/poolkey/socket", 0o666),
        ] {
            fs::set_permissions(world.home().join(place), Permissions::from_mode(mode)).unwrap();
        }
        // The refusal comes before anything is asked; whoever asks all the same may find the door shut.
        for asked in [
            "",
            "{\"v\":1,\"ask\":\"credentials\",\"profile\":\"dev\"}\n",
        ] {
            let mut socat = stranger(world, "socat");
            socat
                .args(["-t5", "-"])
                .arg(format!("UNIX-CONNECT:{}", world.socket().display()));
            let ran = Ran::of(&mut socat, asked);
            let refused = ran.out.contains("\"code\":\"denied\"");
            assert!(refused || ran.err.contains("Broken pipe"), "{ran:?}");
            assert!(refused || !asked.is_empty(), "{ran:?}");
            assert!(!ran.out.contains("SecretAccessKey"));
        }

        // The shim does not even ask: what it is told could be anything.
        let ran = Ran::of(stranger(world, &public_shim(world)).arg("dev"), "");
        assert_eq!((ran.code, ran.out.as_str()), (77, ""), "{ran:?}");
        assert!(
            ran.err.lines().count() == 1 && ran.err.contains("another user (uid 0)"),
            "{ran:?}"
        );
        world.keys();
    });
}

#[test]
fn another_users_daemon_is_told_nothing() {
    story(setup(), |world| {
        if !is_root() {
            return;
        }
        let (open, socket) = (world.home().join("open"), world.home().join("open/socket"));
        fs::create_dir(&open).unwrap();
        fs::set_permissions(world.home(), Permissions::from_mode(0o711)).unwrap();
        fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
        let heard = world.home().join("heard");
        let mut socat = stranger(world, "socat");
        socat
            .args(["-u"])
            .arg(format!("UNIX-LISTEN:{},fork,mode=666", socket.display()))
            .arg("-")
            .stdin(Stdio::null())
            .stdout(fs::File::create(&heard).unwrap());
        let _trap = Running::start("socat", &mut socat, &world.home().join("logs/socat.log"));
        until("the trap is set", 5, || socket.exists());
        let mut shim = world.shim_command("dev");
        let ran = Ran::of(shim.env("POOLKEY_SOCKET", &socket), "");
        assert_eq!((ran.code, ran.out.as_str()), (77, ""), "{ran:?}");
        assert!(ran.err.contains("another user (uid 65534)"), "{ran:?}");
        let mut login = world.command(program("poolkey"));
        login.args(["login", "acme"]).env("POOLKEY_SOCKET", &socket);
        let ran = Ran::of(&mut login, &format!("{}\n", world.password()));
        assert_eq!(ran.code, 77, "{ran:?}");
        assert_eq!(
            fs::read_to_string(&heard).unwrap(),
            "",
            "not a byte was said"
        );
    });
}

fn setup() -> Setup {
    Setup {
        tools: &["socat"],
        ..Setup::default()
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root() || skip("only root can be another user")
}

/// A program run as nobody.
fn stranger(world: &World, program: &str) -> Command {
    let mut command = world.command("setpriv");
    command
        .arg(format!("--reuid={STRANGER}"))
        .arg(format!("--regid={STRANGER}"))
        .args(["--clear-groups", "--pdeathsig", "KILL", "--", program])
        .env("POOLKEY_NO_START", "1");
    command
}

/// A copy of the shim where everybody can run it.
fn public_shim(world: &World) -> String {
    let copy = world.home().join("shim");
    fs::copy(program("poolkey-credential-process"), &copy).unwrap();
    fs::set_permissions(&copy, Permissions::from_mode(0o755)).unwrap();
    copy.display().to_string()
}
