//! A person's configuration, changed so that it leads to the keys of one profile.

use poolkey_core::failure::{Code, Failure};
use poolkey_core::name::ProfileName;
use poolkey_files::aws::{BadValue, Kind, Text};
use poolkey_ipc::shim;
use zeroize::Zeroizing;

/// Whether the profile leads to keys of its own in this file.
pub(super) fn gives_keys(text: &Text<'_>, profile: &str) -> bool {
    text.passages()
        // To botocore, [DEFAULT] is a part of every section.
        .filter(|passage| passage.profile == Some(profile) || passage.name == "DEFAULT")
        .flat_map(|passage| passage.entries)
        .any(|(_, key, _)| LEADS_TO_KEYS.contains(&key))
}

/// The configuration without secrets, and with one profile more: `[default]` without keys.
pub(super) fn with_plain_profile(
    config: &Text<'_>,
    name: &str,
) -> Result<Zeroizing<Vec<u8>>, BadValue> {
    let plain = config.without_anywhere(SECRETS);
    let copied = with_copy_of_default(&plain, name)?;
    let bare = read(&copied)?.without(name, ABOUT_KEYS)?;
    read(&bare)?.with(name, &[(MARK, "container")])
}

/// The configuration without secrets, in which the profile and `[default]` run this command.
pub(super) fn with_helper(
    config: &Text<'_>,
    name: &ProfileName,
    helper: &str,
) -> Result<Zeroizing<Vec<u8>>, BadValue> {
    let mut text = config.without_anywhere(SECRETS);
    if !config.profiles().any(|known| known == name.as_str()) {
        text = with_copy_of_default(&text, name.as_str())?;
    }
    for profile in ["default", name.as_str()] {
        let bare = read(&text)?.without(profile, ABOUT_KEYS)?;
        text = read(&bare)?.with(profile, &[("credential_process", helper)])?;
    }
    Ok(text)
}

/// The command that prints the profile's keys, as every SDK reads it.
pub(super) fn helper(name: &ProfileName) -> Result<String, Failure> {
    let path = shim::path();
    let unfit = |what: &str, remedy: &str| Failure {
        code: Code::File,
        sentence: format!("“{}” {what}.", path.display()),
        remedy: remedy.into(),
    };
    if !path.is_file() {
        return Err(unfit("is not there", "Install Poolkey again."));
    }
    if !shim::is_readable_by_all(&path) {
        return Err(unfit(
            "has a character that some AWS SDKs do not read in a command",
            "Install Poolkey elsewhere, link to it from a plainer path, or run the command with \
             --container.",
        ));
    }
    let [_, line] = shim::aws_config(name, &path);
    Ok(line
        .split_once(" = ")
        .map_or(line.as_str(), |(_, command)| command)
        .to_owned())
}

/// All settings of `[default]`, nested ones too, under one more name.
fn with_copy_of_default(config: &[u8], name: &str) -> Result<Zeroizing<Vec<u8>>, BadValue> {
    let text = read(config)?;
    let mut copied = text.with(name, &[])?;
    if !copied.ends_with(b"\n") {
        copied.push(b'\n');
    }
    let headers: Vec<(usize, bool)> = text
        .passages()
        .map(|passage| (passage.line, passage.profile == Some("default")))
        .collect();
    if let Some(at) = headers.iter().rposition(|(_, is_default)| *is_default) {
        let next = headers.get(at + 1).map_or(usize::MAX, |(line, _)| line - 1);
        let lines = config.split_inclusive(|byte| *byte == b'\n');
        for line in lines.take(next).skip(headers[at].0) {
            copied.extend_from_slice(line);
        }
    }
    Ok(copied)
}

fn read(bytes: &[u8]) -> Result<Text<'_>, BadValue> {
    Ok(Text::read(Kind::Config, bytes)?)
}

/// What is in no copy, whosever it is.
const SECRETS: &[&str] = &[
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_security_token",
];

/// Keys of a profile by which an SDK gets credentials, or tries to.
const LEADS_TO_KEYS: &[&str] = &[
    "aws_access_key_id",
    "aws_secret_access_key",
    "credential_process",
    "credential_source",
    "login_session",
    "role_arn",
    "source_profile",
    "sso_account_id",
    "sso_role_name",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

/// Those, and what belongs to them: .NET takes a profile that has keys of two kinds for none.
const ABOUT_KEYS: &[&str] = &[
    "aws_access_key_id",
    "aws_account_id",
    "aws_secret_access_key",
    "aws_security_token",
    "aws_session_token",
    "credential_process",
    "credential_source",
    "duration_seconds",
    "external_id",
    "login_session",
    "mfa_serial",
    "role_arn",
    "role_session_name",
    "source_profile",
    "sso_account_id",
    "sso_region",
    "sso_role_name",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

/// No SDK knows it. JavaScript and Go would not know a profile that says nothing.
const MARK: &str = "x-poolkey-exec";

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "\
# mine
[default]
region = eu-west-1
aws_secret_access_key = hush
role_arn = arn:aws:iam::1:role/x
s3 =
  addressing_style = path
output = json

[profile other]
sso_session = corp
aws_access_key_id = AKIA
[profile dev]
region = us-west-2
credential_process = other
[sso-session corp]
sso_start_url = https://x
";

    fn config() -> Text<'static> {
        Text::read(Kind::Config, CONFIG.as_bytes()).unwrap()
    }

    fn text(bytes: Result<Zeroizing<Vec<u8>>, BadValue>) -> String {
        String::from_utf8(bytes.unwrap().to_vec()).unwrap()
    }

    #[test]
    fn what_leads_to_keys_is_seen() {
        let gives = |kind, text: &str, profile| {
            gives_keys(&Text::read(kind, text.as_bytes()).unwrap(), profile)
        };
        for key in LEADS_TO_KEYS {
            assert!(ABOUT_KEYS.contains(key), "{key}");
            assert!(gives(
                Kind::Config,
                &format!("[default]\n{key} = x\n"),
                "default"
            ));
            let dev = format!("[dev]\nregion = y\n{key} = x\n");
            assert!(gives(Kind::Credentials, &dev, "dev"), "{key}");
            assert!(!gives(Kind::Credentials, &dev, "default"), "{key}");
        }
        let both = "[default]\nrole_arn = x\n[profile default]\nregion = x\n";
        assert!(
            gives(Kind::Config, both, "default"),
            "Rust reads the one, botocore the other"
        );
        let shared = "[DEFAULT]\naws_access_key_id = x\n";
        assert!(gives(Kind::Credentials, shared, "default"));
        let plain = "[default]\nregion = x\ns3 =\n  role_arn = nested\n";
        assert!(!gives(Kind::Config, plain, "default"));
    }

    #[test]
    fn a_plain_profile_has_the_settings_of_default() {
        let secrets = [
            "aws_secret_access_key = hush\n",
            "aws_access_key_id = AKIA\n",
        ];
        let rest = secrets
            .iter()
            .fold(CONFIG.to_owned(), |all, line| all.replace(line, ""));
        assert_eq!(
            text(with_plain_profile(&config(), "dev-exec")),
            format!(
                "{rest}\n[profile dev-exec]\nregion = eu-west-1\ns3 =\n  addressing_style = path\n\
                 output = json\nx-poolkey-exec = container\n\n"
            )
        );
        let nothing = Text::read(Kind::Config, b"").unwrap();
        assert_eq!(
            text(with_plain_profile(&nothing, "dev")),
            "[profile dev]\nx-poolkey-exec = container\n"
        );
        let unended = Text::read(Kind::Config, b"[default]\nregion = x\nrole_arn = y").unwrap();
        let copied = text(with_plain_profile(&unended, "dev"));
        assert!(
            copied.contains("[profile dev]\nregion = x\nx-poolkey-exec = container"),
            "{copied}"
        );
    }

    #[test]
    fn the_profile_and_default_run_the_helper() {
        let dev = "dev".parse().unwrap();
        let changed = text(with_helper(&config(), &dev, "/opt/shim dev"));
        let read = Text::read(Kind::Config, changed.as_bytes()).unwrap();
        for (profile, region) in [("dev", "us-west-2"), ("default", "eu-west-1")] {
            assert_eq!(
                read.value(profile, "credential_process"),
                Some("/opt/shim dev")
            );
            assert_eq!(read.value(profile, "region"), Some(region));
            assert_eq!(read.value(profile, "role_arn"), None);
        }
        assert_eq!(read.value("other", "sso_session"), Some("corp"));
        assert!(changed.contains("  addressing_style = path"), "{changed}");
        assert!(
            !changed.contains("hush") && !changed.contains("AKIA"),
            "{changed}"
        );
        let new = "new".parse().unwrap();
        let changed = text(with_helper(&config(), &new, "/opt/shim new"));
        let read = Text::read(Kind::Config, changed.as_bytes()).unwrap();
        assert_eq!(read.value("new", "output"), Some("json"));
        assert_eq!(read.value("new", "role_arn"), None);
        let nothing = Text::read(Kind::Config, b"").unwrap();
        assert_eq!(
            text(with_helper(&nothing, &"default".parse().unwrap(), "x")),
            "[default]\ncredential_process = x\n"
        );
    }

    #[test]
    fn a_file_that_cannot_be_changed_says_where() {
        let both = Text::read(Kind::Config, b"[default]\n[profile default]\n").unwrap();
        let refused = with_helper(&both, &"dev".parse().unwrap(), "x").unwrap_err();
        assert!(refused.to_string().starts_with("line 2: "), "{refused}");
    }
}
