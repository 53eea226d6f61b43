//! `poolkey credentials`.

use std::io::{Write, stdout};

use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::secret::Secret;
use poolkey_ipc::Client;
use serde::Deserialize;

use crate::args::Format;
use crate::ending::Ending;

/// Prints the keys of a profile.
pub(crate) fn run(profile: &str, format: Format, client: &Client) -> Result<(), Ending> {
    let document = client.document(profile)?;
    let text = match format {
        Format::Json => document,
        Format::Env => exports(&document)?,
    };
    let mut out = stdout().lock();
    out.write_all(text.expose().trim_end().as_bytes())?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    access_key_id: Secret,
    secret_access_key: Secret,
    session_token: Secret,
    expiration: String,
}

fn exports(document: &Secret) -> Result<Secret, Failure> {
    let document: Document = serde_json::from_str(document.expose())
        .map_err(|_| Trouble::Protocol("The daemon's document cannot be read.".into()))?;
    let lines = [
        ("AWS_ACCESS_KEY_ID", document.access_key_id.expose()),
        ("AWS_SECRET_ACCESS_KEY", document.secret_access_key.expose()),
        ("AWS_SESSION_TOKEN", document.session_token.expose()),
        ("AWS_CREDENTIAL_EXPIRATION", &document.expiration),
    ];
    let length = lines.iter().map(|(_, value)| 4 * value.len() + 48).sum();
    let mut text = String::with_capacity(length);
    for (name, value) in lines {
        text.push_str("export ");
        text.push_str(name);
        text.push_str("='");
        for part in value.split_inclusive('\'') {
            match part.strip_suffix('\'') {
                Some(part) => {
                    text.push_str(part);
                    text.push_str(r"'\''");
                }
                None => text.push_str(part),
            }
        }
        text.push_str("'\n");
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_what_was_written() {
        let document = Secret::new(
            r#"{"Version":1,"AccessKeyId":"ASIA","SecretAccessKey":"a/b+'$(x)","SessionToken":"t==","Expiration":"2026-01-05T03:48:09Z"}"#,
        );
        assert_eq!(
            exports(&document).unwrap().expose(),
            "export AWS_ACCESS_KEY_ID='ASIA'\n\
             export AWS_SECRET_ACCESS_KEY='a/b+'\\''$(x)'\n\
             export AWS_SESSION_TOKEN='t=='\n\
             export AWS_CREDENTIAL_EXPIRATION='2026-01-05T03:48:09Z'\n"
        );
        let failure = exports(&Secret::new("{}")).unwrap_err();
        assert_eq!(failure.code, poolkey_core::failure::Code::Protocol);
    }
}
