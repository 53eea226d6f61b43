//! What is read, what is refused, and that an edit touches nothing else.

use super::*;

mod generated;

const CONFIG: &str = "\
# mine
[default]
region = eu-west-1   # not a comment to botocore

; the work account
[profile work]
region=us-east-1
s3 =
  max_concurrent_requests = 20
  region = nowhere
credential_process = \"/old path/shim\" work

[sso-session corp]
sso_region = us-east-1
[profile \"last\"]
output: json";

fn config(text: &str) -> Text<'_> {
    Text::read(Kind::Config, text.as_bytes()).unwrap()
}

fn put(text: &str, profile: &str, keys: &[(&str, &str)]) -> String {
    let bytes = config(text).with(profile, keys).unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn removed(text: &str, profile: &str, keys: &[&str]) -> String {
    let bytes = config(text).without(profile, keys).unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn everything_is_seen_with_its_line() {
    let text = config(CONFIG);
    let seen: Vec<_> = text
        .passages()
        .map(|passage| (passage.line, passage.name, passage.profile))
        .collect();
    assert_eq!(
        seen,
        [
            (2, "default", Some("default")),
            (6, "profile work", Some("work")),
            (13, "sso-session corp", None),
            (15, "profile \"last\"", Some("last")),
        ]
    );
    let last = text.passages().last().unwrap();
    assert_eq!(last.entries, [(16, "output", "json")]);
}

#[test]
fn profiles_and_their_keys_are_read() {
    let text = config(CONFIG);
    let profiles: Vec<&str> = text.profiles().collect();
    assert_eq!(profiles, ["default", "work", "last"]);
    assert_eq!(text.value("work", "region"), Some("us-east-1"));
    assert_eq!(text.value("work", "Region"), Some("us-east-1"));
    assert_eq!(text.value("work", "max_concurrent_requests"), None);
    assert_eq!(text.value("last", "output"), Some("json"));
    assert_eq!(text.value("corp", "sso_region"), None);
    assert_eq!(text.line_of("work"), Some(6));
    let credentials = Text::read(Kind::Credentials, b"[profile x]\na=b\n[y]\n").unwrap();
    let profiles: Vec<&str> = credentials.profiles().collect();
    assert_eq!(profiles, ["profile x", "y"]);
}

#[test]
fn a_key_is_changed_in_its_place_and_the_nested_one_is_not() {
    let changed = put(CONFIG, "work", &[("region", "eu-north-1")]);
    assert_eq!(
        changed,
        CONFIG.replace("region=us-east-1", "region = eu-north-1")
    );
    assert_eq!(put(CONFIG, "work", &[("region", "us-east-1")]), CONFIG);
}

#[test]
fn a_new_key_comes_after_the_last_and_before_what_is_about_the_next() {
    let changed = put(
        "[a]\n[profile b]\nx = 1\n  deep = 2\n\n# about c\n[c]\n",
        "b",
        &[("y", "3")],
    );
    assert_eq!(
        changed,
        "[a]\n[profile b]\nx = 1\n  deep = 2\ny = 3\n\n# about c\n[c]\n"
    );
    let changed = put(
        "[default]\n   region = x\n",
        "default",
        &[("output", "json")],
    );
    assert_eq!(changed, "[default]\n   region = x\noutput = json\n");
    let changed = put(
        "[default]\n# above\n  # beside\n",
        "default",
        &[("output", "json")],
    );
    assert_eq!(changed, "[default]\n# above\n  # beside\noutput = json\n");
}

#[test]
fn keys_go_from_wherever_they_are() {
    let text = "[DEFAULT]\nSecret = a\n[default]\nregion = x\nsecret = b\n  c\n# mine\n[sso-session c]\nsecret = d";
    let left = config(text).without_anywhere(&["secret", "other"]);
    assert_eq!(
        String::from_utf8_lossy(&left),
        "[DEFAULT]\n[default]\nregion = x\n# mine\n[sso-session c]\n"
    );
}

#[test]
fn lines_end_as_they_do_in_the_file() {
    let changed = put("[default]\r\na = b", "default", &[("c", "d")]);
    assert_eq!(changed, "[default]\r\na = b\r\nc = d");
    let changed = put("[default]\r\na = b\r\n", "new", &[("c", "d")]);
    assert_eq!(
        changed,
        "[default]\r\na = b\r\n\r\n[profile new]\r\nc = d\r\n"
    );
    assert_eq!(
        put(CONFIG, "last", &[("region", "x")]),
        format!("{CONFIG}\nregion = x")
    );
}

#[test]
fn a_new_profile_comes_last_and_goes_without_a_trace() {
    for text in [
        "",
        "[default]\na=b\n",
        "[default]\na=b\n\n\n",
        "# only this\n",
    ] {
        let changed = put(text, "dev", &[("region", "x"), ("output", "json")]);
        assert!(changed.ends_with("[profile dev]\nregion = x\noutput = json\n"));
        assert_eq!(removed(&changed, "dev", &["region", "output"]), text);
    }
    assert_eq!(put("", "default", &[("a", "b")]), "[default]\na = b\n");
}

#[test]
fn what_a_person_wrote_into_a_section_stays_with_it() {
    let text = "[profile dev]\nregion = x\n# mine\nsecret = s\n";
    assert_eq!(
        removed(text, "dev", &["secret"]),
        "[profile dev]\nregion = x\n# mine\n"
    );
    assert_eq!(
        removed(text, "dev", &["secret", "region"]),
        "[profile dev]\n# mine\n"
    );
    assert_eq!(removed(text, "other", &["secret"]), text);
    assert_eq!(
        removed("[profile dev]\ns = 1\n  n = 2\n[x]\n", "dev", &["s"]),
        "[x]\n"
    );
}

/// The text, the line, and a word of what is told.
#[test]
fn what_botocore_refuses_is_left_alone() {
    for (text, line, word) in [
        ("\u{feff}[default]\n", 1, "byte order mark"),
        ("[a]\n[b]\n[a]\n", 3, "second [a]"),
        ("[a]\nx=1\nX = 2\n", 3, "second “x”"),
        ("x = 1\n[a]\n", 1, "before the first"),
        ("[a]\nregion\n", 2, "key = value"),
        ("[a\nx = 1\n", 1, "before the first"),
        ("[a]\n= 1\n", 2, "no key"),
        ("[a]\ns3 =\n  fast\n", 3, "below “s3”"),
        ("[a]\nx = 1\ry = 2\n", 2, "carriage return"),
    ] {
        let refused = Text::read(Kind::Config, text.as_bytes()).unwrap_err();
        assert_eq!(refused.line, line, "{text:?}: {refused}");
        assert!(refused.text.contains(word), "{text:?}: {refused}");
    }
    let refused = Text::read(Kind::Config, b"[a]\nx = \xff\n").unwrap_err();
    assert_eq!((refused.line, refused.text.contains("UTF-8")), (2, true));
    for text in [
        "[DEFAULT]\n[DEFAULT]\n",
        "[a] ; more\nx : 1\n\n  \n",
        "[a]\nx = 1\n  go on\n",
    ] {
        assert!(
            Text::read(Kind::Config, text.as_bytes()).is_ok(),
            "{text:?}"
        );
    }
    // Lines of their own are read in the configuration alone.
    assert!(Text::read(Kind::Credentials, b"[a]\ns3 =\n  fast\n").is_ok());
}

#[test]
fn a_place_that_readers_do_not_agree_on_is_not_written_to() {
    for (text, line) in [
        ("[default]\n[profile default]\n", 2),
        ("[profile dev]\n[profile \"dev\"]\n", 2),
        ("[ profile dev ]\n", 1),
        ("[profile dev]\n  [profile next]\n", 2),
    ] {
        let profile = if text.contains("dev") {
            "dev"
        } else {
            "default"
        };
        let refused = config(text).with(profile, &[("a", "b")]).unwrap_err();
        let BadValue::Place(refused) = refused else {
            panic!("{text:?}: {refused}");
        };
        assert_eq!(refused.line, line, "{text:?}: {refused}");
    }
    let refused = config("[default]\n  a = b\n").with("default", &[("a", "c")]);
    assert!(matches!(refused, Err(BadValue::Place(at)) if at.line == 2));
}

#[test]
fn what_some_reader_would_misread_is_not_written() {
    let text = config("");
    for value in [" a", "a ", "a\nb", "a #b", "a ;b", "a\0"] {
        let bad = text.with("dev", &[("key", value)]);
        assert_eq!(bad, Err(BadValue::Value("key".into())), "{value:?}");
    }
    let shared = text.with("DEFAULT", &[]);
    assert_eq!(shared, Err(BadValue::Profile("DEFAULT".into())));
    for name in ["", "a b", "a]", "[a", "é"] {
        let bad = text.with(name, &[]);
        assert_eq!(bad, Err(BadValue::Profile(name.to_owned())));
        let bad = text.with("dev", &[(name, "v")]);
        assert_eq!(bad, Err(BadValue::Key(name.to_owned())));
    }
    assert!(text.with("dev", &[("key", "a#b;c = \"d e\"")]).is_ok());
}
