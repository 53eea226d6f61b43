//! A profile's keys as environment variables, in the words of a shell.

use serde::Deserialize;

use crate::failure::{Failure, Trouble};
use crate::secret::Secret;

/// Whose words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// `export NAME='value'`: bash, zsh, sh.
    Bash,
    /// `$Env:NAME = 'value'`.
    PowerShell,
}

/// What sets a profile's keys in a shell, out of the document that tools are given.
///
/// # Errors
///
/// The document cannot be read.
pub fn environment(document: &Secret, shell: Shell) -> Result<Secret, Failure> {
    let document: Document = serde_json::from_str(document.expose())
        .map_err(|_| Trouble::Protocol("The daemon's document cannot be read.".into()))?;
    let variables = [
        ("AWS_ACCESS_KEY_ID", document.access_key_id.expose()),
        ("AWS_SECRET_ACCESS_KEY", document.secret_access_key.expose()),
        ("AWS_SESSION_TOKEN", document.session_token.expose()),
        ("AWS_CREDENTIAL_EXPIRATION", &document.expiration),
    ];
    let (before, between, quote) = match shell {
        Shell::Bash => ("export ", "='", r"'\''"),
        Shell::PowerShell => ("$Env:", " = '", "''"),
    };
    // Room for all of it, so that no copy stays behind in a smaller buffer.
    let length = variables
        .iter()
        .map(|(_, value)| 4 * value.len() + 48)
        .sum();
    let mut text = String::with_capacity(length);
    for (name, value) in variables {
        text.push_str(before);
        text.push_str(name);
        text.push_str(between);
        for (number, part) in value.split('\'').enumerate() {
            if number > 0 {
                text.push_str(quote);
            }
            text.push_str(part);
        }
        text.push_str("'\n");
    }
    Ok(Secret::new(text))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    access_key_id: Secret,
    secret_access_key: Secret,
    session_token: Secret,
    expiration: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{"Version":1,"AccessKeyId":"ASIA","SecretAccessKey":"a/b+'$(x)","SessionToken":"t==","Expiration":"2026-01-05T03:48:09Z"}"#;

    #[test]
    fn bash_reads_what_was_written() {
        assert_eq!(
            environment(&Secret::new(DOCUMENT), Shell::Bash)
                .unwrap()
                .expose(),
            "export AWS_ACCESS_KEY_ID='ASIA'\n\
             export AWS_SECRET_ACCESS_KEY='a/b+'\\''$(x)'\n\
             export AWS_SESSION_TOKEN='t=='\n\
             export AWS_CREDENTIAL_EXPIRATION='2026-01-05T03:48:09Z'\n"
        );
    }

    #[test]
    fn power_shell_reads_what_was_written() {
        assert_eq!(
            environment(&Secret::new(DOCUMENT), Shell::PowerShell)
                .unwrap()
                .expose(),
            "$Env:AWS_ACCESS_KEY_ID = 'ASIA'\n\
             $Env:AWS_SECRET_ACCESS_KEY = 'a/b+''$(x)'\n\
             $Env:AWS_SESSION_TOKEN = 't=='\n\
             $Env:AWS_CREDENTIAL_EXPIRATION = '2026-01-05T03:48:09Z'\n"
        );
    }

    #[test]
    fn a_strange_document_is_refused() {
        assert!(environment(&Secret::new("{}"), Shell::Bash).is_err());
    }
}
