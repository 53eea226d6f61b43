//! What an examination found: of a machine's settings, of the network, of what pools tell of
//! themselves.

use serde::{Deserialize, Serialize};

/// One thing that was looked at, and how it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What a program decides by, and what a person searches for: `endpoint_unreachable`.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about: `login acme`, `~/.aws/credentials`, `AWS_ACCESS_KEY_ID`.
    pub about: String,
    /// What was found, in one sentence.
    pub sentence: String,
    /// The command or the step that mends it; none where nothing has to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It is as it should be.
    Good,
    /// Nothing is wrong, but somebody may want to know.
    Note,
    /// Something may go wrong because of it.
    Warning,
    /// Something does not work because of it.
    Error,
    /// A severity of a newer version.
    #[serde(other)]
    Other,
}
