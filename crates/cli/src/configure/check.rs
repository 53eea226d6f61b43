//! What can be seen from outside of the ids that somebody just gave.

use std::io::Write;

use poolkey_core::failure::Failure;
use poolkey_core::finding::Severity;
use poolkey_core::name::LoginName;
use poolkey_ipc::{Ask, Client, Reply};

use crate::ending::{Ending, warn};
use crate::words::clean;

/// Tells what is not as it should be. That nothing could be seen stops nobody.
pub(super) fn tell(login: &LoginName, client: &Client) -> Result<(), Ending> {
    let ask = Ask::Examine {
        login: Some(login.to_string()),
    };
    let findings = match client.ask(&ask) {
        Ok(Reply::Findings(findings)) => findings,
        Ok(reply) => return not_checked(&reply.unexpected()),
        Err(failure) => return not_checked(&failure),
    };
    let mut is_well = true;
    for finding in findings {
        let remedy = finding.remedy.unwrap_or_default();
        let told = clean(&format!("{}: {} {remedy}", finding.about, finding.sentence));
        match finding.severity {
            Severity::Good => {}
            Severity::Note => writeln!(anstream::stdout(), "{}", told.trim_end())?,
            Severity::Warning | Severity::Error | Severity::Other => {
                is_well = false;
                warn(told.trim_end());
            }
        }
    }
    if is_well {
        let told = "What can be seen of these ids before a sign-in is as it should be.";
        writeln!(anstream::stdout(), "{told}")?;
    }
    Ok(())
}

fn not_checked(why: &Failure) -> Result<(), Ending> {
    warn(&format!(
        "Whether AWS knows these ids was not checked: {}",
        why.sentence
    ));
    Ok(())
}
