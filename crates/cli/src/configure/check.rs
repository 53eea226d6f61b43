//! What can be seen from outside of the ids that somebody just gave.

use poolkey_core::finding::Severity;
use poolkey_core::name::LoginName;
use poolkey_ipc::{Ask, Client, Reply};

use crate::ending::warn;

/// Tells what is not as it should be. That nothing could be seen stops nobody.
pub(super) fn tell(login: &LoginName, client: &Client) {
    let ask = Ask::Examine {
        login: Some(login.to_string()),
    };
    let findings = match client.ask(&ask) {
        Ok(Reply::Findings(findings)) => findings,
        Ok(reply) => return not_checked(&reply.unexpected().sentence),
        Err(failure) => return not_checked(&failure.sentence),
    };
    for finding in findings {
        match finding.severity {
            Severity::Good => {}
            Severity::Note | Severity::Warning | Severity::Error | Severity::Other => {
                let remedy = finding.remedy.unwrap_or_default();
                warn(&format!("{}: {} {remedy}", finding.about, finding.sentence));
            }
        }
    }
}

fn not_checked(why: &str) {
    warn(&format!(
        "Whether AWS knows these ids was not checked: {why}"
    ));
}
