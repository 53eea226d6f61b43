//! Good files, and each kind of mistake.

mod files;
mod kinds;

use super::ids::is_role_arn;
use super::read::duration;
use super::*;

const GOOD: &str = r#"
[login.acme]
user_pool_id = "eu-west-1_AbCdEf123"
client_id = "3n4b5urk1ft4fl3mg5e62d9ado"

[profile.dev]
login = "acme"
identity_pool_id = "us-east-1:01234567-89ab-cdef-0123-456789abcdef"
"#;

#[test]
fn the_least_that_works() {
    let config = Config::parse(GOOD).unwrap();
    let login = &config.logins[&"acme".parse().unwrap()];
    let pool = login.user_pool().unwrap();
    assert_eq!(pool.region(), "eu-west-1");
    assert_eq!(pool.flow, Flow::UserSrp);
    let profile = &config.profiles[&"dev".parse().unwrap()];
    assert_eq!(profile.pool().unwrap().region(), "us-east-1");
    assert_eq!(config.settings, Settings::default());
    assert_eq!(Config::parse("").unwrap(), Config::default());
}

/// Each kind of mistake: the line, and a word of what is told.
#[test]
fn each_mistake_names_its_line_and_the_fix() {
    let cases: &[(&str, usize, &str)] = &[
        ("[login.acme", 1, "expected"),
        ("[login.acme]\nclient_id = \"x\"\n", 1, "user_pool_id"),
        ("[settings]\nvault = \"plain\"\n", 2, "keychain"),
        ("[settings]\nrest_after = \"soon\"\n", 2, "12h"),
        ("[logins.acme]\n", 1, "unknown field"),
        (
            "[login.acme]\nuser_pool_id = \"AbCd\"\nclient_id = \"x\"\n",
            2,
            "us-east-1_AbCdEf123",
        ),
        (
            "[login.acme]\nuser_pool_id = \"a.evil/_x\"\nclient_id = \"x\"\n",
            2,
            "us-east-1_AbCdEf123",
        ),
        (
            "[login.acme]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x y\"\n",
            3,
            "letters and digits",
        ),
        (
            "[login.acme]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x\"\nclient_secret = \"s\"\n",
            4,
            "unknown field",
        ),
        (
            "[login.acme]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x\"\nflow = \"SRP\"\n",
            4,
            "USER_SRP_AUTH",
        ),
        (
            "[login.acme]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x\"\npreferred_challenge = \"EMAIL_OTP\"\n",
            4,
            "USER_AUTH",
        ),
        (
            "[login.acme]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x\"\nendpoint = \"http://example.com\"\n",
            4,
            "https://",
        ),
        (
            "[login.acme]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x\"\nendpoint = \"http://127.0.0.1@example.com\"\n",
            4,
            "https://",
        ),
        (
            "[login.\"a b\"]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x\"\n",
            1,
            "cannot stand in a name",
        ),
        (
            "[profile.dev]\nlogin = \"acme\"\nidentity_pool_id = \"us-east-1:0-1\"\n",
            2,
            "[login.acme]",
        ),
    ];
    for (text, line, word) in cases {
        let error = Config::parse(text).unwrap_err();
        assert_eq!(error.line, *line, "{text}: {error}");
        assert!(error.text.contains(word), "{text}: {error}");
    }
    for (from, to, line, word) in [
        ("us-east-1:0", "us-east-1_0", 8, "identity_pool_id looks"),
        (
            "login = \"acme\"",
            "login = \"acme\"\nrole_arn = \"admin\"",
            8,
            "role_arn looks",
        ),
        (
            "login = \"acme\"",
            "login = \"acme\"\nlogin = \"acme\"",
            8,
            "duplicate",
        ),
    ] {
        let error = Config::parse(&GOOD.replace(from, to)).unwrap_err();
        assert_eq!(error.line, line, "{to}: {error}");
        assert!(error.text.contains(word), "{to}: {error}");
    }
}

#[test]
fn endpoints_on_this_machine_may_be_plain() {
    for (url, good) in [
        ("https://idp.example.com", true),
        ("http://127.0.0.1:4567", true),
        ("http://127.1.2.3/", true),
        ("http://localhost:1/x", true),
        ("http://[::1]:4567", true),
        ("http://localhost.example.com", false),
        ("http://[::2]:4567", false),
        ("https://", false),
        ("ftp://127.0.0.1", false),
        ("http://127.0.0.1:1 x", false),
    ] {
        let text = format!(
            "[login.a]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x\"\nendpoint = \"{url}\"\n"
        );
        assert_eq!(Config::parse(&text).is_ok(), good, "{url}");
    }
}

#[test]
fn role_arns_of_every_partition() {
    assert!(is_role_arn("arn:aws:iam::123456789012:role/x"));
    assert!(is_role_arn("arn:aws-us-gov:iam::123456789012:role/path/x"));
    assert!(!is_role_arn("arn:aws:iam::12345678901:role/x"));
    assert!(!is_role_arn("arn:aws:iam::123456789012:user/x"));
    assert!(!is_role_arn("arn:aws:iam::123456789012:role/"));
}

#[test]
fn lengths_of_time() {
    assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
    assert_eq!(duration("7d"), Ok(Duration::from_secs(7 * 86400)));
    for bad in ["", "h", "12", "-1h", "1w", "1 h", "ü"] {
        assert!(duration(bad).is_err(), "{bad}");
    }
}

#[test]
fn how_long_a_session_lives_can_be_told() {
    let text = |life: &str| {
        format!(
            "[login.acme]\nuser_pool_id = \"us-east-1_A\"\nclient_id = \"x\"\nsession_life = \"{life}\"\n"
        )
    };
    let config = Config::parse(&text("30d")).unwrap();
    let spec = config.logins.values().next().unwrap();
    assert_eq!(spec.session_life(), Some(Duration::from_secs(30 * 86400)));
    for wrong in ["59m", "3651d", "soon"] {
        assert_eq!(Config::parse(&text(wrong)).unwrap_err().line, 4, "{wrong}");
    }
}

#[test]
fn language_and_look_can_be_chosen() {
    let config = Config::parse("[settings]\nlanguage = \"ja\"\nlook = \"dark\"\n").unwrap();
    assert_eq!(config.settings.language, Some(Language::Japanese));
    assert_eq!(config.settings.look, Some(Look::Dark));
    let error = Config::parse("[settings]\nlanguage = \"tlh\"\n").unwrap_err();
    assert!(error.text.contains("`en`"), "{error}");
}
