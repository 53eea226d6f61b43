use poolkey_core::failure::Code;

use super::*;

#[test]
fn a_tool_without_environment_looks_where_the_daemon_listens() {
    let desktop = Env {
        runtime_dir: Some("/run/user/1000".into()),
        ..cron()
    };
    assert_eq!(
        paths(System::Linux, &desktop),
        ["/run/user/1000/poolkey/socket", "/tmp/poolkey-1000/socket"]
    );
    assert_eq!(
        paths(System::Linux, &cron()),
        paths(System::Linux, &desktop)
    );
}

#[test]
fn a_runtime_directory_of_another_name_comes_first() {
    let env = Env {
        runtime_dir: Some("/var/run/me".into()),
        ..cron()
    };
    assert_eq!(
        paths(System::Linux, &env),
        [
            "/var/run/me/poolkey/socket",
            "/run/user/1000/poolkey/socket",
            "/tmp/poolkey-1000/socket"
        ]
    );
    let env = Env {
        runtime_dir: Some("run".into()),
        ..cron()
    };
    assert_eq!(paths(System::Linux, &env), paths(System::Linux, &cron()));
}

#[test]
fn an_explicit_socket_is_the_only_one() {
    let env = Env {
        socket: Some("/x/s".into()),
        runtime_dir: Some("/run/user/1000".into()),
        ..cron()
    };
    for system in [System::Linux, System::Mac] {
        assert_eq!(paths(system, &env), ["/x/s"]);
    }
    let env = Env {
        socket: Some("s".into()),
        ..cron()
    };
    let failure = Address::candidates_on(System::Linux, &env).unwrap_err();
    assert!(failure.sentence.contains("no absolute path"), "{failure}");
}

#[test]
fn other_systems() {
    assert_eq!(paths(System::Mac, &cron()), ["/home/me/.poolkey/s"]);
    let env = Env {
        user: "S-1-5-21-1-2-3-1001".into(),
        ..Env::default()
    };
    assert_eq!(
        paths(System::Windows, &env),
        [r"\\.\pipe\poolkey-S-1-5-21-1-2-3-1001"]
    );
    assert!(Address::candidates_on(System::Mac, &env).is_err());
}

#[test]
fn a_path_that_no_socket_can_have_is_refused_with_the_limit() {
    for (system, limit) in [(System::Linux, 107), (System::Mac, 103)] {
        let long = |length: usize| Env {
            socket: Some(format!("/{}", "x".repeat(length - 1)).into()),
            ..cron()
        };
        assert!(Address::candidates_on(system, &long(limit)).is_ok());
        let failure = Address::candidates_on(system, &long(limit + 1)).unwrap_err();
        assert_eq!(failure.code, Code::NoDaemon);
        assert!(failure.sentence.contains(&limit.to_string()), "{failure}");
    }
}

#[cfg(unix)]
#[test]
fn a_directory_is_made_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let env = in_directory(&home.path().join("new"));
    let address = Address::to_listen(&env).unwrap();
    let mode = std::fs::metadata(address.directory())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(
        Address::to_listen(&env).unwrap(),
        address,
        "and found again"
    );
}

#[cfg(unix)]
#[test]
fn a_directory_that_others_could_change_is_refused_by_name() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let home = tempfile::tempdir().unwrap();
    let open = home.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, PermissionsExt::from_mode(0o755)).unwrap();
    let link = home.path().join("link");
    symlink(&open, &link).unwrap();
    let file = home.path().join("file");
    std::fs::write(&file, "").unwrap();
    let absent = home.path().join("no/such");
    for (directory, told) in [
        (&open, "mode 755"),
        (&link, "symbolic link"),
        (&file, "no directory"),
        (&absent, "cannot be used"),
    ] {
        let failure = Address::to_listen(&in_directory(directory)).unwrap_err();
        assert!(failure.sentence.contains(told), "{failure}");
        assert!(
            failure.sentence.contains(directory.to_str().unwrap()),
            "{failure}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_runtime_directory_of_another_user_is_passed_over() {
    if crate::peer::our_uid() == 0 {
        let foreign = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(foreign.path(), Some(4321), None).unwrap();
        assert!(!is_ours(foreign.path(), 0));
    }
    let failure = check(Path::new("/tmp"), 4321).unwrap_err();
    assert!(failure.sentence.contains("another user"), "{failure}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_does_not_knock_at_what_a_stranger_put_into_tmp() {
    // Nobody else's test is of this user.
    let user = format!("test-{}", std::process::id());
    let env = Env {
        user: user.clone(),
        ..Env::default()
    };
    let candidates = Address::candidates_on(System::Linux, &env).unwrap();
    let [standard, last] = &candidates[..] else {
        panic!("{candidates:?}");
    };
    assert!(standard.is_worth_a_try());
    assert!(!last.is_worth_a_try(), "not there");
    make(last.directory()).unwrap();
    assert!(last.is_worth_a_try(), "ours alone");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(last.directory(), open).unwrap();
    assert!(!last.is_worth_a_try(), "open to others");
    std::fs::remove_dir(last.directory()).unwrap();
}

#[cfg(unix)]
fn in_directory(directory: &Path) -> Env {
    Env {
        socket: Some(directory.join("s").into()),
        ..cron()
    }
}

fn cron() -> Env {
    Env {
        home: Some("/home/me".into()),
        user: "1000".into(),
        ..Env::default()
    }
}

fn paths(system: System, env: &Env) -> Vec<String> {
    Address::candidates_on(system, env)
        .unwrap()
        .into_iter()
        .map(|address| address.path.to_str().unwrap().to_owned())
        .collect()
}
