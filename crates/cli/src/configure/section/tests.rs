//! What is written, what is refused, and that a removal gives back what was there.

use std::path::PathBuf;

use poolkey_core::config::Config;
use proptest::prelude::*;

use super::super::remove::removed;
use super::*;

const SHIM: &str = "/opt/poolkey/poolkey-credential-process";

fn files() -> AwsFiles {
    AwsFiles::at(PathBuf::from("/config"), PathBuf::from("/credentials"))
}

fn wanted(name: &str) -> Wanted {
    Wanted {
        name: name.parse().unwrap(),
        file: FileSpec::default(),
        given: FileSpec::default(),
    }
}

fn region(region: &str) -> FileSpec {
    FileSpec {
        region: Some(region.to_owned()),
        ..FileSpec::default()
    }
}

fn put(config: &str, credentials: &str, wanted: &Wanted) -> Result<String, Failure> {
    let files = files();
    let look = Look {
        files: &files,
        credentials: credentials.as_bytes(),
        shim: Path::new(SHIM),
    };
    let bytes = look.with(config.as_bytes(), std::slice::from_ref(wanted))?;
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

fn take_out(config: &str, name: &str, profiles: &str) -> String {
    let profiles = Config::parse(profiles).unwrap();
    let names = [name.to_owned()];
    let bytes = removed(Path::new("/config"), config.as_bytes(), &names, &profiles).unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_new_section_has_all_that_profiles_toml_says() {
    let mut dev = wanted("dev");
    dev.file = FileSpec {
        output: Some("json".into()),
        ..region("eu-west-1")
    };
    assert_eq!(
        put("[default]\na = b\n", "", &dev).unwrap(),
        format!(
            "[default]\na = b\n\n[profile dev]\ncredential_process = {SHIM} dev\n\
             region = eu-west-1\noutput = json\n"
        )
    );
    assert_eq!(
        put("", "", &wanted("default")).unwrap(),
        format!("[default]\ncredential_process = {SHIM} default\n")
    );
}

#[test]
fn in_somebody_elses_section_the_one_line_is_added() {
    let mut dev = wanted("dev");
    dev.file = region("eu-west-1");
    let mine = "# mine\n[profile dev]\ncli_pager =\ns3 =\n  role_arn = nested\n\n[x]\n";
    let added = format!("  role_arn = nested\ncredential_process = {SHIM} dev\n\n[x]");
    let expected = mine.replace("  role_arn = nested\n\n[x]", &added);
    assert_eq!(put(mine, "", &dev).unwrap(), expected);
    // What an option says was asked for.
    dev.given = region("us-east-1");
    let said = put(mine, "", &dev).unwrap();
    assert!(said.contains("dev\nregion = us-east-1\n\n[x]"), "{said}");
}

#[test]
fn what_came_with_the_line_follows_profiles_toml_and_the_rest_does_not() {
    let mut dev = wanted("dev");
    dev.file = region("eu-west-1");
    let line = format!("credential_process = {SHIM} dev\n");
    let ours = format!("[profile dev]\n{line}region = old\n");
    assert!(put(&ours, "", &dev).unwrap().contains("region = eu-west-1"));
    let theirs = format!("[profile dev]\nregion = old\n{line}");
    assert_eq!(put(&theirs, "", &dev).unwrap(), theirs);
    let nothing = format!("[profile dev]\n{line}");
    assert!(
        put(&nothing, "", &dev)
            .unwrap()
            .contains("region = eu-west-1")
    );
}

#[test]
fn an_older_path_is_replaced_in_its_line() {
    let old =
        "[profile dev]\ncredential_process = \"/old/poolkey-credential-process\" other\na = b\n";
    assert_eq!(
        put(old, "", &wanted("dev")).unwrap(),
        format!("[profile dev]\ncredential_process = {SHIM} dev\na = b\n")
    );
}

/// What is in the file, the line that is named, and what is told.
#[test]
fn what_gets_its_keys_elsewhere_is_left_alone() {
    for (key, value) in [
        ("aws_access_key_id", "AKIA"),
        ("aws_secret_access_key", "s"),
        ("role_arn", "arn:aws:iam::123456789012:role/x"),
        ("source_profile", "other"),
        ("credential_source", "Environment"),
        ("sso_session", "corp"),
        ("sso_start_url", "https://x"),
        ("web_identity_token_file", "/t"),
        ("login_session", "x"),
        ("credential_process", "/usr/bin/aws-vault exec secret"),
    ] {
        let config = format!("[default]\n[profile dev]\nregion = x\n{key} = {value}\n");
        let failure = put(&config, "", &wanted("dev")).unwrap_err();
        assert_eq!(failure.code, Code::File);
        assert!(failure.sentence.contains("line 4"), "{failure}");
        assert!(!failure.to_string().contains("secret") || key.contains("secret"));
        assert!(put(&config, "", &wanted("other")).is_ok());
        let credentials = format!("[dev]\n{key} = {value}\n");
        let failure = put("", &credentials, &wanted("dev")).unwrap_err();
        assert!(failure.sentence.contains("“/credentials”"), "{failure}");
        assert!(failure.sentence.contains("line 2"), "{failure}");
        assert!(put("", &credentials, &wanted("other")).is_ok());
    }
    assert!(put("", "[dev]\nregion = x\n", &wanted("dev")).is_ok());
    // Beside Poolkey's own line it is no better.
    let both = format!("[profile dev]\ncredential_process = {SHIM} dev\nrole_arn = x\n");
    assert!(put(&both, "", &wanted("dev")).is_err());
}

#[test]
fn a_file_that_botocore_refuses_is_named_by_its_line() {
    for (config, credentials, path, line) in [
        ("[a]\n[a]\n", "", "“/config”", "line 2"),
        ("", "[a]\nx\n", "“/credentials”", "line 2"),
        (
            "[profile dev]\n[profile \"dev\"]\n",
            "",
            "“/config”",
            "line 2",
        ),
    ] {
        let failure = put(config, credentials, &wanted("dev")).unwrap_err();
        assert!(failure.sentence.contains(path), "{failure}");
        assert!(failure.sentence.contains(line), "{failure}");
    }
}

#[test]
fn of_region_and_output_only_what_came_with_it_is_taken_out() {
    let line = format!("credential_process = {SHIM} dev\n");
    let knows = "[profile.dev]\nidentity_pool_id = \"us-east-1:1\"\nregion = \"x\"\n";
    for (config, profiles, left) in [
        (format!("[profile dev]\n{line}region = x\n"), knows, ""),
        // Another value is a person's.
        (
            format!("[profile dev]\n{line}region = y\n"),
            knows,
            "[profile dev]\nregion = y\n",
        ),
        // So is what does not follow it directly.
        (
            format!("[profile dev]\n{line}ca_bundle = /x\nregion = x\n"),
            knows,
            "[profile dev]\nca_bundle = /x\nregion = x\n",
        ),
        // And what was there before.
        (
            format!("[profile dev]\nregion = x\n{line}"),
            knows,
            "[profile dev]\nregion = x\n",
        ),
        (format!("[profile dev]\n{line}region = y\n"), "", ""),
        (
            format!("[profile dev]\n{line}region = y\nca_bundle = /x\n"),
            "",
            "[profile dev]\nca_bundle = /x\n",
        ),
        (
            format!("[profile x]\na = b\n\n[profile dev]\n{line}"),
            "",
            "[profile x]\na = b\n",
        ),
    ] {
        assert_eq!(take_out(&config, "dev", profiles), left, "{config}");
    }
    let foreign = "[profile dev]\ncredential_process = /usr/bin/other dev\n";
    assert_eq!(take_out(foreign, "dev", ""), foreign);
}

/// Sections as files have them, each key of them once.
fn file() -> impl Strategy<Value = String> {
    const HEADERS: &[&str] = &[
        "[default]",
        "[profile dev]",
        "[profile \"prod\"]",
        "[sso-session s]",
        "[services s]",
        "[dev]",
    ];
    const LINES: &[&str] = &[
        "region = x",
        "output=json",
        "s3 =",
        "cli_pager=",
        "ca_bundle : /x",
        "  region = nested",
        "  max_concurrent_requests = 20",
        "# a comment",
        "  ; another",
        "",
        "   ",
        "\t",
    ];
    let lines = || prop::sample::subsequence(LINES, 0..=LINES.len()).prop_shuffle();
    let section = prop::sample::subsequence(HEADERS, 0..=HEADERS.len()).prop_shuffle();
    let above = prop::sample::subsequence(&["# mine", "", "; and more"], 0..=3);
    let bodies = prop::collection::vec(lines(), HEADERS.len());
    let end = prop::sample::select(vec!["\n", "\r\n"]);
    (above, section, bodies, end, any::<bool>()).prop_map(|(above, headers, bodies, end, ends)| {
        let sections = headers.into_iter().zip(bodies);
        let lines = sections.flat_map(|(header, body)| std::iter::once(header).chain(body));
        let mut text: String = above
            .into_iter()
            .chain(lines)
            .flat_map(|line| [line, end])
            .collect();
        if !ends {
            let length = text.trim_end_matches(['\r', '\n']).len();
            text.truncate(length);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_taken_out_leaves_what_was_there(
        before in file(),
        name in prop::sample::select(vec!["default", "dev", "new"]),
        region in prop::option::of(Just("eu-west-1".to_owned())),
    ) {
        let profiles = match &region {
            Some(region) => format!("[profile.{name}]\nidentity_pool_id = \"us-east-1:1\"\nregion = \"{region}\"\n"),
            None => format!("[profile.{name}]\nidentity_pool_id = \"us-east-1:1\"\n"),
        };
        let mut one = wanted(name);
        one.file.region = region;
        let Ok(written) = put(&before, "", &one) else {
            return Ok(());
        };
        // Written twice, it is the same.
        prop_assert_eq!(&put(&written, "", &one).unwrap(), &written);
        let text = Text::read(Kind::Config, before.as_bytes()).unwrap();
        // A header that nothing follows is as good as none.
        let is_bare = text.line_of(name).is_some() && text.keys(name).next().is_none();
        let after = take_out(&written, name, &profiles);
        if is_bare {
            let kept = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
            prop_assert!(kept(&after) + 1 >= kept(&before), "{before:?} {after:?}");
        } else {
            prop_assert_eq!(after, before);
        }
    }
}
