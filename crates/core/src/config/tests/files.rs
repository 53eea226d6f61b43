//! What is written into other files, and how the network is reached.

use super::*;

fn with(extra: &str) -> Result<Config, ConfigError> {
    Config::parse(&GOOD.replace("login = \"acme\"", &format!("login = \"acme\"\n{extra}")))
}

#[test]
fn what_is_written_does_not_change_what_a_profile_is() {
    let config = with("write_profile = \"dev-keys\"\nregion = \"eu-west-1\"\noutput = \"json\"");
    let config = config.unwrap();
    assert_eq!(config.profiles, Config::parse(GOOD).unwrap().profiles);
    let file = &config.files[&"dev".parse().unwrap()];
    assert_eq!(file.write_profile, Some("dev-keys".parse().unwrap()));
    assert_eq!(file.region.as_deref(), Some("eu-west-1"));
    assert_eq!(file.output.as_deref(), Some("json"));
    assert!(Config::parse(GOOD).unwrap().files.is_empty());
}

#[test]
fn keys_are_never_written_over_a_credential_process() {
    for (extra, word) in [
        ("write_profile = \"dev\"", "another name"),
        ("write_profile = \"a b\"", "cannot stand in a name"),
        ("region = \"EU\"", "us-east-1"),
        ("output = \"xml\"", "json, yaml"),
    ] {
        let error = with(extra).unwrap_err();
        assert_eq!(error.line, 8, "{error}");
        assert!(error.text.contains(word), "{error}");
    }
    let two = format!(
        "{}\n[profile.more]\nlogin = \"acme\"\nwrite_profile = \"keys\"\n\
         identity_pool_id = \"us-east-1:0-1\"\n",
        GOOD.replace(
            "login = \"acme\"",
            "login = \"acme\"\nwrite_profile = \"keys\""
        )
    );
    assert!(Config::parse(&two).unwrap_err().text.contains("already"));
}

#[test]
fn a_daemon_is_told_what_a_shell_would_know() {
    let text = "[settings]\nproxy = \"http://ann:p%40ss@proxy.example.com:3128\"\n\
                no_proxy = [\".example.com\", \"10.0.0.0/8\"]\nca_bundle = \"/etc/ca.pem\"\n\
                aws_config_file = \"/home/ann/aws/config\"\n";
    let settings = Config::parse(text).unwrap().settings;
    assert_eq!(settings.network.no_proxy, [".example.com", "10.0.0.0/8"]);
    assert_eq!(settings.network.ca_bundle, Some("/etc/ca.pem".into()));
    assert_eq!(
        settings.aws_files.config,
        Some("/home/ann/aws/config".into())
    );
    assert!(!format!("{settings:?}").contains("p%40ss"));
    for (key, word) in [
        ("proxy = \"proxy:3128\"", "proxy looks like"),
        ("proxy = \"socks5://proxy\"", "proxy looks like"),
        ("proxy = \"http://secret@\"", "proxy looks like"),
        ("proxy = \"http://secret@proxy/path\"", "proxy looks like"),
        ("no_proxy = [\"a,b\"]", "host names"),
        ("no_proxy = [\"https://a\"]", "host names"),
        ("ca_bundle = \"ca.pem\"", "absolute path"),
        ("aws_credentials_file = \"~/x\"", "absolute path"),
    ] {
        let error = Config::parse(&format!("[settings]\n{key}\n")).unwrap_err();
        assert_eq!(error.line, 2, "{error}");
        assert!(error.text.contains(word), "{error}");
        assert!(!error.text.contains("secret"), "{error}");
    }
}
