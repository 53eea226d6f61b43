use poolkey_core::config::KeySource;
use toml_edit::value;

use super::*;

const WRITTEN: &str = "\
# About the file.

# About acme.
[login.acme] # here
user_pool_id = 'eu-west-1_AbCdEf123'   # kept
client_id = \"abc\"

# About dev.
[profile.dev]
login = \"acme\"
identity_pool_id = \"us-east-1:01234567-89ab\"

# The end.
";

#[test]
fn a_new_login_comes_after_the_others_and_nothing_else_changes() {
    let (_home, file) = written(WRITTEN);
    file.edit(|document| insert(document, "login", "b.c", login("us-east-1_X")))
        .unwrap();
    let added = "\n[login.\"b.c\"]\nuser_pool_id = \"us-east-1_X\"\nclient_id = \"x\"\n";
    let (before, after) = WRITTEN.split_at(WRITTEN.find("\n# About dev").unwrap());
    assert_eq!(
        std::fs::read_to_string(file.path()).unwrap(),
        format!("{before}{added}{after}")
    );
}

#[test]
fn a_removed_profile_leaves_the_comments() {
    let (_home, file) = written(WRITTEN);
    file.edit(|document| remove(document, "profile", "dev"))
        .unwrap();
    let cut = WRITTEN.find("[profile.dev]").unwrap()..WRITTEN.find("\n# The end").unwrap();
    let mut left = WRITTEN.to_owned();
    left.replace_range(cut, "");
    assert_eq!(std::fs::read_to_string(file.path()).unwrap(), left);

    file.edit(|document| remove(document, "login", "acme"))
        .unwrap();
    let left = std::fs::read_to_string(file.path()).unwrap();
    for comment in [
        "# About the file.",
        "# About acme.",
        "# About dev.",
        "# The end.",
    ] {
        assert!(left.contains(comment), "{comment} is gone: {left}");
    }
}

#[test]
fn comments_of_a_removed_profile_go_to_the_next() {
    let text =
        format!("{WRITTEN}[profile.zoo]\nlogin = \"acme\"\nidentity_pool_id = \"us-east-1:0-1\"\n");
    let (_home, file) = written(&text);
    file.edit(|document| remove(document, "profile", "dev"))
        .unwrap();
    let left = std::fs::read_to_string(file.path()).unwrap();
    assert!(
        left.contains("# About dev.\n\n# The end.\n[profile.zoo]"),
        "{left}"
    );
}

#[test]
fn the_first_login_makes_the_file_for_its_owner_alone() {
    let home = tempfile::tempdir().unwrap();
    let file = ProfilesFile::at(home.path().join("new/poolkey/profiles.toml"));
    file.edit(|document| insert(document, "login", "a", login("us-east-1_X")))
        .unwrap();
    assert_eq!(
        std::fs::read_to_string(file.path()).unwrap(),
        format!("{HEADER}\n[login.a]\nuser_pool_id = \"us-east-1_X\"\nclient_id = \"x\"\n")
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(file.path()), 0o600);
        assert_eq!(mode(file.path().parent().unwrap()), 0o700);
    }
}

#[test]
fn what_is_no_configuration_is_not_written() {
    let (_home, file) = written(WRITTEN);
    let failure = file
        .edit(|document| insert(document, "login", "b", login("nonsense")))
        .unwrap_err();
    assert!(
        failure.sentence.contains("us-east-1_AbCdEf123"),
        "{failure}"
    );
    assert_eq!(std::fs::read_to_string(file.path()).unwrap(), WRITTEN);

    let (_home, file) = written("[login.acme\n");
    let failure = file.edit(|_| Ok(())).unwrap_err();
    assert!(failure.sentence.contains("line 1"), "{failure}");

    let (_home, file) = written("login = { }\n");
    let failure = file
        .edit(|document| insert(document, "login", "b", login("us-east-1_X")))
        .unwrap_err();
    assert!(failure.sentence.contains("braces"), "{failure}");
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let (home, file) = written(WRITTEN);
    let link = ProfilesFile::at(home.path().join("link.toml"));
    std::os::unix::fs::symlink(file.path(), link.path()).unwrap();
    link.edit(|document| remove(document, "profile", "dev"))
        .unwrap();
    assert!(std::fs::symlink_metadata(link.path()).unwrap().is_symlink());
    assert!(
        !std::fs::read_to_string(file.path())
            .unwrap()
            .contains("[profile.dev]")
    );
}

#[test]
fn commands_at_the_same_time_lose_nothing() {
    let (_home, file) = written("");
    std::thread::scope(|scope| {
        for number in 0..8 {
            let file = &file;
            scope.spawn(move || {
                let name = format!("l{number}");
                file.edit(|document| insert(document, "login", &name, login("us-east-1_X")))
                    .unwrap();
            });
        }
    });
    assert_eq!(file.read().unwrap().logins.len(), 8);
}

fn written(text: &str) -> (tempfile::TempDir, ProfilesFile) {
    let home = tempfile::tempdir().unwrap();
    let file = ProfilesFile::at(home.path().join("profiles.toml"));
    std::fs::write(file.path(), text).unwrap();
    (home, file)
}

fn login(pool: &str) -> Table {
    let mut table = Table::new();
    table["user_pool_id"] = value(pool);
    table["client_id"] = value("x");
    table
}

#[test]
fn lists_and_tables_stay_within_the_profile_that_they_belong_to() {
    let (_home, file) = written(&WRITTEN.replace("01234567-89ab", GUID));
    let policy = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": []\n}";
    let mut table = Table::new();
    table["source_profile"] = value("dev");
    table["role_arn"] = value("arn:aws:iam::123456789012:role/x");
    table["session_policy"] = value(policy);
    table["policy_arns"] = texts(["arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"]);
    table["tags"] = pairs([("team", "it's \"x\""), ("cost center", "7")]);
    table["transitive_tags"] = texts(["team"]);
    file.edit(|document| insert(document, "profile", "prod", table))
        .unwrap();
    let text = std::fs::read_to_string(file.path()).unwrap();
    let lists = "policy_arns = [\"arn:aws:iam::aws:policy/A\", \"arn:aws:iam::aws:policy/B\"]\n\
                 tags = { team = ";
    assert!(text.contains(lists), "{text}");
    assert!(text.contains(", \"cost center\" = \"7\" }\ntransitive_tags = [\"team\"]\n"));
    let config = file.read().unwrap();
    let KeySource::Role(read) = &config.profiles[&"prod".parse().unwrap()].source else {
        panic!("it is a role: {text}");
    };
    assert_eq!(read.session.policy.as_deref(), Some(policy));
    assert_eq!(read.tags["team"], "it's \"x\"");
    assert_eq!(read.tags["cost center"], "7");
    assert_eq!(read.transitive_tags, ["team"]);
    assert_eq!(read.session.policy_arns.len(), 2);
}

#[test]
fn what_a_person_wrote_as_a_table_of_its_own_goes_with_its_profile() {
    let mut document: DocumentMut = "\
        [profile.a]\nx = 1\n\n# About the tags.\n[profile.a.tags]\nteam = \"x\"\n\n\
        # About b.\n[profile.b]\nx = 2\n"
        .parse()
        .unwrap();
    remove(&mut document, "profile", "a").unwrap();
    let left = document.to_string();
    assert!(
        !left.contains("team") && !left.contains("profile.a"),
        "{left}"
    );
    assert!(left.contains("# About b.\n[profile.b]\nx = 2\n"), "{left}");
}

#[test]
fn a_preview_says_what_would_be_and_writes_nothing() {
    let text = WRITTEN.replace("01234567-89ab", GUID);
    let (_home, file) = written(&text);
    let config = file
        .preview(|document| insert(document, "login", "b", login("us-east-1_X")))
        .unwrap();
    assert_eq!(config.logins.len(), 2);
    let refused = file.preview(|document| insert(document, "login", "c", login("nonsense")));
    assert!(refused.unwrap_err().sentence.contains("stays as it is"));
    assert_eq!(std::fs::read_to_string(file.path()).unwrap(), text);
}

const GUID: &str = "01234567-89ab-cdef-0123-456789abcdef";
