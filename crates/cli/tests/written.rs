//! Keys for tools that read files only: what `profiles.toml` says of them, and what people are told.

use poolkey_core::failure::Trouble;
use poolkey_core::snapshot::{ProfileView, WrittenView};
use poolkey_core::time::UnixTime;
use poolkey_ipc::{Ask, Reply};
use serde_json::json;

use crate::commands::status;
use crate::support::{Home, POOLKEY, Said, with_login};

#[test]
fn a_profile_is_added_whose_keys_are_written() {
    let home = with_profiles("");
    let said = home.poolkey(&[
        "profile",
        "add",
        "new",
        "--guest",
        "--identity-pool-id",
        POOL,
        "--write-profile",
        "old-tool",
        "--region",
        "eu-west-1",
        "--output",
        "table",
    ]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        text(&home).ends_with(&format!(
            "\n[profile.new]\nidentity_pool_id = \"{POOL}\"\nwrite_profile = \"old-tool\"\n\
             region = \"eu-west-1\"\noutput = \"table\"\n"
        )),
        "{}",
        text(&home)
    );
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines[2], "[profile new]");
    assert_eq!(lines[4..6], ["region = eu-west-1", "output = table"]);
    assert!(
        said.out
            .contains("“~/.aws/credentials” has them as “old-tool”, too."),
        "{said:?}"
    );
}

#[test]
fn it_is_switched_on_changed_and_off() {
    let home = with_profiles("");
    let before = text(&home);
    for (args, written, told) in [
        (
            &["dev"][..],
            "write_profile = \"dev-keys\"\n",
            "has them as “dev-keys”, too",
        ),
        (
            &["dev", "--as", "ci", "--region", "us-east-1"],
            "write_profile = \"ci\"\nregion = \"us-east-1\"\n",
            "has them as “ci”, too",
        ),
        (
            &["dev", "--output", "json"],
            "write_profile = \"ci\"\nregion = \"us-east-1\"\noutput = \"json\"\n",
            "has them as “ci”, too",
        ),
        (
            &["dev", "--off"],
            "region = \"us-east-1\"\noutput = \"json\"\n",
            "The keys of “dev” are written as “ci” no longer; what stands there is removed.",
        ),
        (
            &["dev", "--off"],
            "region = \"us-east-1\"\noutput = \"json\"\n",
            "The keys of “dev” are not written.",
        ),
    ] {
        let said = home.poolkey(&[&["profile", "write"], args].concat());
        assert_eq!((said.code, &*said.err), (Some(0), ""), "{args:?}");
        assert!(said.out.contains(told), "{said:?}");
        assert_eq!(text(&home), format!("{before}{written}"), "{args:?}");
    }
}

#[test]
fn what_a_person_wrote_stays() {
    for (before, on, off) in [
        (
            "[profile.p] # mine\nidentity_pool_id = \"POOL\" # of the team\n# about keys\n\
             write_profile = \"a\" # for terraform\n# about the rest\nsts_region = \"us-east-1\"\n\
             # the end\n",
            "[profile.p] # mine\nidentity_pool_id = \"POOL\" # of the team\n# about keys\n\
             write_profile = \"b\" # for terraform\n# about the rest\nsts_region = \"us-east-1\"\n\
             # the end\n",
            "[profile.p] # mine\nidentity_pool_id = \"POOL\" # of the team\n# about keys\n\
             # for terraform\n# about the rest\nsts_region = \"us-east-1\"\n# the end\n",
        ),
        (
            "[profile.p]\n# first\nwrite_profile = \"a\"\nidentity_pool_id = \"POOL\"\n",
            "[profile.p]\n# first\nwrite_profile = \"b\"\nidentity_pool_id = \"POOL\"\n",
            "[profile.p]\n# first\nidentity_pool_id = \"POOL\"\n",
        ),
        (
            "[profile]\np = { identity_pool_id = \"POOL\" } # short\n",
            "[profile]\np = { identity_pool_id = \"POOL\" , write_profile = \"b\" } # short\n",
            "[profile]\np = { identity_pool_id = \"POOL\" } # short\n",
        ),
        (
            "# dotted\nprofile.p.identity_pool_id = \"POOL\"\n# it\nprofile.p.write_profile = \"a\"\n",
            "# dotted\nprofile.p.identity_pool_id = \"POOL\"\n# it\nprofile.p.write_profile = \"b\"\n",
            "# dotted\nprofile.p.identity_pool_id = \"POOL\"\n# it\n",
        ),
    ] {
        let [before, on, off] = [before, on, off].map(|text| text.replace("POOL", POOL));
        let home = with_login();
        std::fs::write(home.profiles(), before).unwrap();
        let said = home.poolkey(&["profile", "write", "p", "--as", "b"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(text(&home), on);
        let said = home.poolkey(&["profile", "write", "p", "--off"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(text(&home), off);
    }
}

#[test]
fn what_cannot_be_is_refused_and_nothing_changed() {
    let home = with_profiles(&format!(
        "write_profile = \"ours\"\n[profile.ci]\nidentity_pool_id = \"{POOL}\"\n"
    ));
    let before = text(&home);
    for (args, code, told) in [
        (&["none"][..], 11, "There is no profile “none”"),
        (&["none", "--off"], 11, "There is no profile “none”"),
        (&["ci", "--as", "dev"], 78, "[profile.dev] is there"),
        (&["ci", "--as", "ci"], 78, "[profile.ci] is there"),
        (&["ci", "--as", "ours"], 78, "written as “ours” already"),
        (&["ci", "--as", "a b"], 78, "write_profile: "),
        (&["ci", "--region", "us east"], 78, "region looks like"),
        (&["ci", "--output", "xml"], 78, "output is one of json"),
        (&["dev", "--off", "--as", "x"], 2, "cannot be used with"),
        (&["dev", "--off", "--region", "x"], 2, "cannot be used with"),
        (&["dev", "--off", "--all"], 2, "cannot be used with"),
        (&["--all"], 2, "required arguments were not provided"),
        (&["--off"], 2, "required arguments were not provided"),
    ] {
        let said = home.poolkey(&[&["profile", "write"], args].concat());
        assert_eq!(said.code, Some(code), "{args:?} {said:?}");
        assert!(said.err.contains(told), "{told}: {said:?}");
        assert_eq!(text(&home), before);
    }
    let add = ["profile", "add", "ours", "--guest", "--identity-pool-id"];
    let said = home.poolkey(&[&add[..], &[POOL]].concat());
    assert_eq!(said.code, Some(78), "{said:?}");
    assert!(said.err.contains("[profile.ours] is there"), "{said:?}");
    assert_eq!(text(&home), before);
}

#[test]
fn a_running_daemon_reads_it_at_once() {
    let home = with_profiles("");
    let config = home.profiles();
    let asked = home.daemon(move |ask| match ask {
        Ask::Status => Reply::Status(Box::new(status(&config))),
        _ => Reply::Done,
    });
    for (args, reloads) in [(&["dev"][..], 1), (&["dev", "--off"], 2)] {
        home.poolkey(&[&["profile", "write"], args].concat());
        let all = asked.all();
        let count = all.iter().filter(|ask| **ask == Ask::Reload).count();
        assert_eq!(count, reloads, "{all:?}");
    }
}

#[test]
fn the_file_that_is_configured_is_named() {
    let home = with_profiles("[settings]\naws_credentials_file = \"/srv/keys\"\n");
    let said = home.poolkey(&["profile", "write", "dev"]);
    assert!(said.out.contains("“/srv/keys” has them"), "{said:?}");
}

#[test]
fn a_shell_whose_tools_read_other_files_is_told_so() {
    let home = with_profiles("");
    let write = |args: &[&str], vars: &[(&str, &str)]| {
        let mut command = home.command(POOLKEY);
        command.args(["profile", "write", "dev"]).args(args);
        Said::of(command.envs(vars.iter().copied())).out
    };
    let credentials = "AWS_SHARED_CREDENTIALS_FILE";
    let told = write(&[], &[(credentials, "~/keys"), ("AWS_CONFIG_FILE", "/c")]);
    let keys = home.path().join("keys").display().to_string();
    assert!(told.contains(&format!("has tools read “{keys}”")), "{told}");
    let setting = format!("put aws_credentials_file = \"{keys}\" under [settings]");
    assert!(told.contains(&setting), "{told}");
    assert!(!told.contains("AWS_CONFIG_FILE"), "nothing comes there");
    let told = write(&["--region", "us-east-1"], &[("AWS_CONFIG_FILE", "/c")]);
    assert!(told.contains("put aws_config_file = \"/c\""), "{told}");
    let usual = home.path().join(".aws/credentials").display().to_string();
    let told = write(&[], &[(credentials, &usual)]);
    assert!(!told.contains("But "), "{told}");
}

/// A daemon was killed, or nobody starts one any more.
#[test]
fn what_stands_there_goes_without_a_daemon() {
    let home = with_profiles(&format!(
        "write_profile = \"ours\"\n[profile.ci]\nidentity_pool_id = \"{POOL}\"\nwrite_profile = \
         \"ci-keys\"\n"
    ));
    let section = |name| {
        format!("[{name}]\nx-poolkey-profile = dev\naws_access_key_id = A\nx-expiration = Z\n")
    };
    let mine = "# mine\n[work]\naws_access_key_id = AK\n";
    let aws = home.path().join(".aws");
    std::fs::create_dir(&aws).unwrap();
    let credentials = aws.join("credentials");
    let all = ["ours", "ci-keys", "left-by-another"].map(section).concat();
    std::fs::write(&credentials, format!("{mine}{all}")).unwrap();
    let config =
        "[profile ours]\nx-poolkey-profile = dev\nregion = x\n[profile work]\nregion = x\n";
    std::fs::write(aws.join("config"), config).unwrap();
    // Where another configuration had it written.
    let elsewhere = home.path().join("elsewhere");
    std::fs::write(&elsewhere, section("old")).unwrap();
    let state = home.path().join(".local/state/poolkey");
    std::fs::create_dir_all(&state).unwrap();
    let note = format!("\n{}\n", elsewhere.display());
    std::fs::write(state.join("aws-files.written"), note).unwrap();

    let said = home.poolkey(&["profile", "write", "dev", "--off"]);
    assert_eq!((said.code, &*said.err), (Some(0), ""));
    let left = ["ci-keys", "left-by-another"].map(section).concat();
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    assert_eq!(read(&credentials), format!("{mine}{left}"));
    assert_eq!(read(&aws.join("config")), "[profile work]\nregion = x\n");

    let said = home.poolkey(&["profile", "write", "--off", "--all"]);
    assert_eq!((said.code, &*said.err), (Some(0), ""));
    for told in [
        "Removed “ci-keys” and “left-by-another” from",
        "Removed “old” from",
        "No profile's keys are written into files any more.",
    ] {
        assert!(said.out.contains(told), "{said:?}");
    }
    assert_eq!(read(&credentials), mine);
    assert_eq!(read(&elsewhere), "");
    assert!(!text(&home).contains("write_profile"), "{}", text(&home));
}

#[test]
fn keys_go_even_where_the_configuration_is_damaged() {
    let home = with_profiles("nonsense");
    let aws = home.path().join(".aws");
    std::fs::create_dir(&aws).unwrap();
    let ours = "[ours]\nx-poolkey-profile = dev\naws_access_key_id = A\n";
    std::fs::write(aws.join("credentials"), ours).unwrap();
    let said = home.poolkey(&["profile", "write", "--off", "--all"]);
    assert_eq!(said.code, Some(78), "{said:?}");
    assert!(said.out.contains("Removed “ours” from"), "{said:?}");

    let home = with_profiles("");
    let aws = home.path().join(".aws");
    std::fs::create_dir(&aws).unwrap();
    std::fs::write(aws.join("credentials"), format!("{ours}nonsense\n")).unwrap();
    let said = home.poolkey(&["profile", "write", "--off", "--all"]);
    assert_ne!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("line 4"), "{said:?}");
    assert!(!said.out.contains("any more"), "{said:?}");
}

#[test]
fn a_list_says_which_are_written() {
    let home = with_profiles("write_profile = \"ours\"\nregion = \"us-east-1\"\noutput = \"text\"");
    let said = home.poolkey(&["profile", "list"]);
    let ends: Vec<Option<&str>> = said
        .out
        .lines()
        .map(|line| line.rsplit("  ").next())
        .collect();
    assert_eq!(ends, [Some("WRITTEN AS"), Some("ours")], "{said:?}");
    let said = home.poolkey(&["profile", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let part = ["write_profile", "region", "output"].map(|key| &listed[0][key]);
    assert_eq!(part, ["ours", "us-east-1", "text"]);
}

#[test]
fn the_status_says_until_when_or_what_stands_in_the_way() {
    let far = UnixTime::from_secs(4_000_000_000);
    for (until, trouble, told) in [
        (
            Some(far),
            None,
            "dev: The credentials file has its keys as “ours”, for ",
        ),
        (
            None,
            None,
            "dev: The credentials file has no keys as “ours” yet.",
        ),
        (
            None,
            Some("line 3: there is a profile “ours” that Poolkey did not write"),
            "dev: The keys are not written as “ours”: line 3: there is a profile “ours” that Poolkey \
             did not write.\n  Put that right",
        ),
    ] {
        let home = with_profiles("");
        let config = home.profiles();
        let view: ProfileView = serde_json::from_value(json!({"name": "dev"})).unwrap();
        let name = "ours".parse().unwrap();
        let written = WrittenView {
            until,
            trouble: trouble
                .map(|text| Trouble::NotWritten("ours".parse().unwrap(), text.into()).into()),
            name,
        };
        home.daemon(move |_| {
            let mut status = status(&config);
            let view = ProfileView {
                written: Some(written.clone()),
                ..view.clone()
            };
            status.snapshot.profiles = vec![view];
            Reply::Status(Box::new(status))
        });
        let said = home.poolkey(&["status"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(said.out.contains(told), "{said:?}");
        let said = home.poolkey(&["status", "--json"]);
        let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(json["profiles"][0]["written"]["name"], "ours", "{said:?}");
    }
}

/// A home with the profile `dev`, which has this, too.
fn with_profiles(more: &str) -> Home {
    let home = with_login();
    let text = text(&home);
    std::fs::write(
        home.profiles(),
        format!("{text}[profile.dev]\nlogin = \"acme\"\nidentity_pool_id = \"{POOL}\"\n{more}"),
    )
    .unwrap();
    home
}

fn text(home: &Home) -> String {
    std::fs::read_to_string(home.profiles()).unwrap()
}

const POOL: &str = "us-east-1:01234567-89ab-cdef-0123-456789abcdef";
