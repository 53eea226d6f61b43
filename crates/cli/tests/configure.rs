//! `poolkey configure` on real files: what is written, what is left alone, and what is told.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Home, POOLKEY, Said, script};

#[test]
fn what_is_not_there_is_made_for_its_owner_alone() {
    let home = with_profiles();
    let said = configure(&home, &["dev", "--yes"]);
    assert_eq!((said.code, &*said.err), (Some(0), ""), "{said:?}");
    let shim = env!("CARGO_BIN_EXE_poolkey-credential-process");
    let line = format!("credential_process = {shim} dev\n");
    assert_eq!(
        config(&home),
        format!("[profile dev]\n{line}region = eu-west-1\n")
    );
    assert!(said.out.contains(&format!("+{line}")), "{said:?}");
    assert!(
        said.out
            .contains("aws sts get-caller-identity --profile dev")
    );
    assert!(said.out.contains("Sign in: poolkey login acme"));
    assert_eq!(mode(&aws(&home)), 0o700);
    assert_eq!(mode(&aws(&home).join("config")), 0o600);
    let again = configure(&home, &["dev", "--yes"]);
    assert!(again.out.contains("has all of “dev” already"), "{again:?}");
    // No trace but the empty file.
    let gone = configure(&home, &["--remove", "--yes"]);
    assert!(!gone.out.contains("/dev/null"), "{gone:?}");
    assert_eq!(
        (gone.code, config(&home)),
        (Some(0), String::new()),
        "{gone:?}"
    );
}

#[test]
fn everything_else_stays_byte_for_byte() {
    let home = with_profiles();
    for before in [
        "[default]\r\nregion = x\r\n\r\n[sso-session corp]\r\nsso_region = us-east-1\r\n",
        "# mine\n[default]\nregion=x # not a comment\n\n; corp\n[services s]\ns3 =\n  endpoint_url = x\n",
        "[profile dev]\n# about dev\ncli_pager =\ns3 =\n  max_queue_size = 1\n\n# next\n[plugins]\nx = y",
        "[profile other]\naws_access_key_id = AKIA\naws_secret_access_key = wJalr",
        "\n\n",
    ] {
        put(&home, before);
        let said = configure(&home, &["dev", "default", "--yes"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(!said.out.contains("wJalr"), "{said:?}");
        let after = config(&home);
        let mut rest = after.lines().filter(|line| !line.contains("poolkey"));
        assert!(
            before.lines().all(|line| rest.any(|kept| kept == line)),
            "{after}"
        );
        let gone = configure(&home, &["--remove", "--all", "--yes"]);
        assert_eq!(gone.code, Some(0), "{gone:?}");
        assert_eq!(config(&home), before);
    }
}

#[test]
fn nothing_is_written_that_nobody_agreed_to() {
    let home = with_profiles();
    put(&home, "[default]\nregion = x\n");
    let said = configure(&home, &["dev"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.out.contains("+[profile dev]"), "{said:?}");
    assert!(said.err.contains("--yes"), "{said:?}");
    let said = configure(&home, &["dev", "--dry-run"]);
    assert_eq!((said.code, &*said.err), (Some(0), ""), "{said:?}");
    assert!(said.out.contains("+[profile dev]"), "{said:?}");
    assert_eq!(config(&home), "[default]\nregion = x\n");
}

#[test]
fn a_link_stays_a_link_and_a_mode_a_mode() {
    let home = with_profiles();
    let dotfiles = home.path().join("dotfiles");
    fs::create_dir_all(&dotfiles).unwrap();
    fs::create_dir_all(aws(&home)).unwrap();
    fs::write(dotfiles.join("aws"), "[default]\na = b\n").unwrap();
    fs::set_permissions(dotfiles.join("aws"), PermissionsExt::from_mode(0o644)).unwrap();
    symlink("../dotfiles/aws", aws(&home).join("config")).unwrap();
    assert_eq!(configure(&home, &["dev", "--yes"]).code, Some(0));
    assert!(
        fs::symlink_metadata(aws(&home).join("config"))
            .unwrap()
            .is_symlink()
    );
    assert!(
        fs::read_to_string(dotfiles.join("aws"))
            .unwrap()
            .contains("[profile dev]")
    );
    assert_eq!(mode(&dotfiles.join("aws")), 0o644);
}

#[test]
fn a_file_that_cannot_be_is_named_with_what_to_do() {
    let home = with_profiles();
    let path = aws(&home).join("config");
    let cases: [(&str, &dyn Fn(), &str); 5] = [
        (
            "read-only",
            &|| {
                put(&home, "[default]\n");
                fs::set_permissions(&path, PermissionsExt::from_mode(0o400)).unwrap();
            },
            "chmod u+w",
        ),
        (
            "a directory",
            &|| fs::create_dir_all(&path).unwrap(),
            "is no file",
        ),
        (
            "a pipe",
            &|| {
                let made = Command::new("mkfifo").arg(&path).status().unwrap();
                assert!(made.success());
            },
            "is no file",
        ),
        (
            "a link to itself",
            &|| symlink("config", &path).unwrap(),
            "link",
        ),
        (
            "torn",
            &|| put(&home, "[default]\nregion = x\nregion = y\n"),
            "line 3",
        ),
    ];
    for (what, make, told) in cases {
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
        fs::create_dir_all(aws(&home)).unwrap();
        make();
        let before = read(&path);
        let said = configure(&home, &["dev", "--yes"]);
        assert_eq!(said.code, Some(73), "{what}: {said:?}");
        assert!(said.err.contains(told), "{what}: {said:?}");
        assert_eq!(read(&path), before, "{what}");
    }
}

#[test]
fn one_that_something_is_in_the_way_of_keeps_no_other_out() {
    let home = with_profiles();
    put(&home, "[profile dev]\nsso_session = corp\n");
    let said = configure(&home, &["--all", "--yes"]);
    assert_eq!(said.code, Some(73), "{said:?}");
    assert!(
        said.err
            .contains("line 2: the profile “dev” has sso_session"),
        "{said:?}"
    );
    assert!(config(&home).contains("[default]"), "{said:?}");
    assert!(!config(&home).contains("credential-process dev"));
    fs::write(
        aws(&home).join("credentials"),
        "[dev]\naws_access_key_id = AKIA\n",
    )
    .unwrap();
    put(&home, "");
    let said = configure(&home, &["dev", "--yes"]);
    assert_eq!(said.code, Some(73), "{said:?}");
    assert!(
        said.err.contains("has aws_access_key_id, which most tools"),
        "{said:?}"
    );
    assert!(said.err.contains("Remove [dev] from that file"), "{said:?}");
    assert_eq!(config(&home), "");
}

#[test]
fn the_file_is_where_the_tools_look_for_it() {
    let home = with_profiles();
    let elsewhere = home.path().join("my aws/config");
    for (variable, path) in [
        (elsewhere.to_str().unwrap(), elsewhere.clone()),
        ("~/tilde/config", home.path().join("tilde/config")),
        ("", aws(&home).join("config")),
    ] {
        let said = Said::of(
            home.command(POOLKEY)
                .args(["configure", "dev", "--yes"])
                .env("AWS_CONFIG_FILE", variable),
        );
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(said.out.contains(path.to_str().unwrap()), "{said:?}");
        assert!(fs::read_to_string(&path).unwrap().contains("[profile dev]"));
    }
    let setting = home.path().join("of-settings");
    let text = fs::read_to_string(home.profiles()).unwrap();
    let settings = format!("[settings]\naws_config_file = {setting:?}\n\n{text}");
    fs::write(home.profiles(), settings).unwrap();
    assert_eq!(configure(&home, &["dev", "--yes"]).code, Some(0));
    assert!(
        fs::read_to_string(setting)
            .unwrap()
            .contains("[profile dev]")
    );
}

#[test]
fn a_region_that_is_given_is_noted_and_goes_with_the_rest() {
    let home = with_profiles();
    put(&home, "[default]\nregion = mine\n");
    let before = config(&home);
    let said = configure(
        &home,
        &["dev", "--region", "us-west-2", "--output", "json", "--yes"],
    );
    assert_eq!(said.code, Some(0), "{said:?}");
    let text = fs::read_to_string(home.profiles()).unwrap();
    assert!(
        text.contains("region = \"us-west-2\"\noutput = \"json\"\n"),
        "{text}"
    );
    assert!(config(&home).ends_with("dev\nregion = us-west-2\noutput = json\n"));
    assert_eq!(
        configure(&home, &["--remove", "dev", "--yes"]).code,
        Some(0)
    );
    assert_eq!(config(&home), before);
}

#[test]
fn a_region_that_is_missing_is_named_with_how_to_have_it() {
    let home = with_profiles();
    let wants = "Most commands want a region: poolkey configure";
    let said = configure(&home, &["dev", "--yes"]);
    assert!(!said.out.contains(wants), "{said:?}");
    let said = configure(&home, &["default", "--yes"]);
    let line = format!("{wants} default --region eu-west-1\n");
    assert!(said.out.contains(&line), "{said:?}");
    put(&home, "[default]\nregion = mine\n");
    let said = configure(&home, &["default", "--yes"]);
    assert!(said.out.contains("aws sts"), "{said:?}");
    assert!(!said.out.contains(wants), "{said:?}");
}

#[test]
fn which_profiles_are_meant_is_asked_or_told() {
    let home = with_profiles();
    let said = configure(&home, &["--yes"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(
        said.err
            .contains("There are several profiles: name some, or give --all.")
    );
    let said = configure(&home, &["nobody", "--yes"]);
    assert_eq!(said.code, Some(11), "{said:?}");
    let said = configure(&home, &["--remove", "dev", "--yes"]);
    assert_eq!(said.code, Some(11), "{said:?}");
    let said = configure(&home, &["--remove", "--yes"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("has nothing of Poolkey's"), "{said:?}");
}

#[test]
fn a_line_whose_program_is_gone_is_put_right() {
    let home = with_profiles();
    let other = home.path().join("other/poolkey-credential-process");
    fs::create_dir_all(other.parent().unwrap()).unwrap();
    fs::write(&other, "").unwrap();
    let text = |dev: &str, two: &str| {
        format!(
            "[profile dev]\nregion = x\ncredential_process = {dev} dev\n\n[profile x]\n\
             credential_process = /usr/bin/aws-vault export x\n\n[profile two]\n\
             credential_process = {two} dev\n"
        )
    };
    let before = text(
        "\"/gone/2.0/poolkey-credential-process\"",
        other.to_str().unwrap(),
    );
    put(&home, &before);
    let said = configure(&home, &["--repair"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(
        said.out
            .contains("[dev]: “/gone/2.0/poolkey-credential-process” is not there.")
    );
    assert!(said.out.contains("[two]: ") && said.out.contains("is of another installation."));
    assert_eq!(config(&home), before);
    let said = configure(&home, &["--repair", "dev", "--yes"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let shim = env!("CARGO_BIN_EXE_poolkey-credential-process");
    assert_eq!(config(&home), text(shim, other.to_str().unwrap()));
    assert_eq!(configure(&home, &["--repair", "--yes"]).code, Some(0));
    assert_eq!(config(&home), text(shim, shim));
    let said = configure(&home, &["--repair"]);
    assert_eq!(
        (said.code, said.out.contains("nothing to repair")),
        (Some(0), true)
    );
}

#[test]
fn it_goes_whatever_became_of_profiles_toml() {
    let home = with_profiles();
    assert_eq!(configure(&home, &["--all", "--yes"]).code, Some(0));
    fs::write(home.profiles(), "[profile\n").unwrap();
    let said = configure(&home, &["--remove", "--all", "--yes"]);
    assert_eq!(
        (said.code, config(&home)),
        (Some(0), String::new()),
        "{said:?}"
    );
    assert!(said.err.contains("profiles.toml"), "{said:?}");
}

/// A path that survives an upgrade is one of somebody's choice.
#[test]
fn a_line_that_leads_here_by_another_path_stays() {
    let home = with_profiles();
    let link = home.path().join("links/poolkey-credential-process");
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    symlink(env!("CARGO_BIN_EXE_poolkey-credential-process"), &link).unwrap();
    let text = format!(
        "[profile dev]\ncredential_process = {} dev\nregion = eu-west-1\n",
        link.display()
    );
    put(&home, &text);
    for args in [&["--repair", "--yes"][..], &["dev", "--yes"]] {
        let said = configure(&home, args);
        assert_eq!(
            (said.code, config(&home)),
            (Some(0), text.clone()),
            "{said:?}"
        );
        assert!(!said.out.contains("another installation"), "{said:?}");
    }
    fs::remove_file(&link).unwrap();
    assert_eq!(configure(&home, &["--repair", "--yes"]).code, Some(0));
    assert_ne!(config(&home), text);
}

/// A line that was broken by hand is Poolkey's all the same.
#[test]
fn a_damaged_line_is_written_anew_or_goes() {
    let home = with_profiles();
    let shim = env!("CARGO_BIN_EXE_poolkey-credential-process");
    for damaged in [
        "/opt/pool key/poolkey-credential-process dev",
        "'/opt/poolkey-credential-process dev",
        "poolkey-credential-process",
        "~/bin/poolkey-credential-process other",
    ] {
        put(
            &home,
            &format!("[profile dev]\ncredential_process = {damaged}\na = b\n"),
        );
        let said = configure(&home, &["dev", "--yes"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(
            config(&home),
            format!("[profile dev]\ncredential_process = {shim} dev\na = b\n")
        );
        put(
            &home,
            &format!("[profile dev]\ncredential_process = {damaged}\na = b\n"),
        );
        assert_eq!(
            configure(&home, &["--remove", "dev", "--yes"]).code,
            Some(0)
        );
        assert_eq!(config(&home), "[profile dev]\na = b\n");
    }
}

/// What a shell makes of the line is what the SDKs make of it that use one.
#[test]
fn a_path_of_any_characters_is_written_so_that_a_shell_runs_it() {
    let home = with_profiles();
    let bin = home.path().join("it's a #1 ;\\dir \"%HOME%\" $x");
    fs::create_dir(&bin).unwrap();
    for program in [POOLKEY, env!("CARGO_BIN_EXE_poolkey-credential-process")] {
        let copied = Command::new("cp").arg(program).arg(&bin).status().unwrap();
        assert!(copied.success());
    }
    let said = Said::of(
        home.command(bin.join("poolkey"))
            .args(["configure", "dev", "--yes"]),
    );
    assert_eq!((said.code, &*said.err), (Some(0), ""), "{said:?}");
    let text = config(&home);
    let command = text.split_once("credential_process = ").unwrap().1;
    let command = command.lines().next().unwrap();
    assert!(
        !command.contains(" #") && !command.contains(" ;"),
        "{command}"
    );
    let ran = Said::of(home.command("/bin/sh").args(["-c", command]));
    assert!(ran.err.starts_with("poolkey: "), "{ran:?}");
    assert_eq!(ran.code, Some(69), "{ran:?}");
    // It is known for what it is from wherever it is looked at.
    let said = configure(&home, &["--repair", "--dry-run"]);
    assert!(said.out.contains("is of another installation"), "{said:?}");
}

#[test]
fn a_program_that_passes_is_not_written_down() {
    let home = with_profiles();
    let bin = home.install(POOLKEY).parent().unwrap().to_owned();
    let run = |variable: &str| {
        let mut command = home.command(bin.join("poolkey"));
        Said::of(
            command
                .args(["configure", "dev", "--yes"])
                .env("APPDIR", variable),
        )
    };
    let said = run("");
    assert_eq!(said.code, Some(73), "{said:?}");
    assert!(said.err.contains("There is no “"), "{said:?}");
    home.install(env!("CARGO_BIN_EXE_poolkey-credential-process"));
    let said = run(home.path().to_str().unwrap());
    assert_eq!(said.code, Some(73), "{said:?}");
    assert!(said.err.contains("only while Poolkey runs"), "{said:?}");
    assert!(!aws(&home).exists());
    assert_eq!(run("/tmp/.mount_other").code, Some(0));
}

#[test]
fn a_profile_that_is_removed_says_what_is_left_of_it() {
    let home = with_profiles();
    assert_eq!(configure(&home, &["dev", "--yes"]).code, Some(0));
    let said = home.poolkey(&["profile", "remove", "dev"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        said.out
            .contains("Take it out: poolkey configure --remove dev"),
        "{said:?}"
    );
    let said = configure(&home, &["--remove", "dev", "--yes"]);
    assert_eq!(
        (said.code, config(&home)),
        (Some(0), String::new()),
        "{said:?}"
    );
    let said = home.poolkey(&["profile", "remove", "default"]);
    assert_eq!(said.out, "Removed profile “default”.\n");
}

/// Somebody else who rewrites the file in its place, as the AWS CLI does.
#[test]
fn another_writer_meanwhile_keeps_its_word() {
    let home = with_profiles();
    put(&home, "[default]\nn = 0\n");
    let path = aws(&home).join("config");
    let other = std::thread::spawn(move || {
        for n in 1..=40 {
            let text = fs::read_to_string(&path).unwrap();
            let old = text.lines().find(|line| line.starts_with("n = ")).unwrap();
            let new = text.replacen(old, &format!("n = {n}"), 1);
            let fresh = path.with_extension("other");
            fs::write(&fresh, new).unwrap();
            fs::rename(&fresh, &path).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(3));
        }
    });
    let mut written = 0;
    while !other.is_finished() {
        for args in [["dev", "--yes"], ["--remove", "--yes"]] {
            let said = configure(&home, &args);
            assert!(matches!(said.code, Some(0 | 73)), "{said:?}");
            written += usize::from(said.out.contains("Written"));
        }
    }
    other.join().unwrap();
    assert!(written > 0);
    let text = config(&home);
    assert!(text.starts_with("[default]\nn = "), "{text}");
}

fn with_profiles() -> Home {
    let home = Home::new();
    fs::create_dir_all(home.profiles().parent().unwrap()).unwrap();
    let text = "[login.acme]\nuser_pool_id = \"eu-west-1_AbCdEf123\"\nclient_id = \"abc\"\n\n\
                [profile.dev]\nlogin = \"acme\"\nidentity_pool_id = \"eu-west-1:1-2\"\n\
                region = \"eu-west-1\"\n\n[profile.default]\nidentity_pool_id = \"eu-west-1:1-2\"\n";
    fs::write(home.profiles(), text).unwrap();
    home
}

fn configure(home: &Home, args: &[&str]) -> Said {
    script(home, &[&["configure"], args].concat(), "")
}

fn aws(home: &Home) -> PathBuf {
    home.path().join(".aws")
}

fn config(home: &Home) -> String {
    fs::read_to_string(aws(home).join("config")).unwrap()
}

/// What a plain file holds.
fn read(path: &Path) -> Option<Vec<u8>> {
    let is_file = fs::metadata(path).is_ok_and(|seen| seen.is_file());
    is_file.then(|| fs::read(path).unwrap())
}

fn put(home: &Home, text: &str) {
    fs::create_dir_all(aws(home)).unwrap();
    fs::write(aws(home).join("config"), text).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
