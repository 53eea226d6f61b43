//! What the daemon answers.

use std::borrow::Cow;
use std::path::PathBuf;

use poolkey_core::config::VaultChoice;
use poolkey_core::console::ConsoleLink;
use poolkey_core::conversation::{Outcome, Question};
use poolkey_core::event::{self, ConversationId, SignedOut, WhoAmI};
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::finding::Finding;
use poolkey_core::secret::Secret;
use poolkey_core::session::{IssuedToken, User};
use poolkey_core::snapshot::Snapshot;
use poolkey_core::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::frame::{Broken, LONGEST, LONGEST_STATUS};
use crate::grant::{EndpointView, Grant};
use crate::{VERSION, newer};

mod secrets;

use secrets::{ConsoleIn, ConsoleOut, GrantIn, GrantOut, TokenIn, TokenOut};

/// What the daemon answers. On the wire: `{"v":1,"reply":"done"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The finished `credential_process` document: one JSON object on one line.
    Document(Secret),
    /// All that may be shown.
    Status(Box<Status>),
    /// The sign-in goes on.
    Question {
        /// The sign-in.
        conversation: ConversationId,
        /// What to ask.
        question: Question,
        /// What was wrong with the last answer.
        problem: Option<Failure>,
    },
    /// The person is signed in.
    SignedIn {
        /// Who signed in.
        user: User,
    },
    /// The session is over.
    SignedOut(SignedOut),
    /// What a conversation about an account came to.
    Outcome(Outcome),
    /// Who a profile's keys are.
    WhoAmI(Box<WhoAmI>),
    /// A token of a login.
    Token(Box<IssuedToken>),
    /// An address that signs a browser in to the AWS console.
    Console(Box<ConsoleLink>),
    /// A permission to fetch keys at the container credentials endpoint.
    Grant(Box<Grant>),
    /// What was found by an examination.
    Findings(Vec<Finding>),
    /// It was done, and there is nothing to tell.
    Done,
    /// It was not done.
    Failed(Failure),
    /// A kind of a newer version, by its name.
    Other(String),
}

/// The daemon and all that it knows: what `poolkey status --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct Status {
    /// The daemon itself.
    pub daemon: DaemonView,
    /// Logins, profiles, configuration and clock.
    #[serde(flatten)]
    pub snapshot: Snapshot,
}

/// The daemon as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct DaemonView {
    /// Its version.
    pub version: String,
    /// Its process id.
    pub pid: u32,
    /// Since when it runs.
    pub started: UnixTime,
    /// Where it listens.
    pub socket: PathBuf,
    /// The configuration that it reads.
    pub config: PathBuf,
    /// Where it keeps refresh tokens.
    pub vault: VaultView,
    /// Its container credentials endpoint, while it is lent to anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<EndpointView>,
    /// What of the network's configuration cannot be used, so that nothing is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_trouble: Option<Failure>,
}

/// The vault as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct VaultView {
    /// What was chosen in the configuration.
    pub choice: VaultChoice,
    /// What it is on this machine, in a few words.
    pub description: String,
    /// What stands in its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Failure>,
}

impl From<event::Reply> for Reply {
    fn from(reply: event::Reply) -> Self {
        match reply {
            event::Reply::Document(document) => Self::Document(document),
            event::Reply::Question {
                conversation,
                question,
                problem,
            } => Self::Question {
                conversation,
                question,
                problem,
            },
            event::Reply::SignedIn { user } => Self::SignedIn { user },
            event::Reply::SignedOut(told) => Self::SignedOut(told),
            event::Reply::Outcome(outcome) => Self::Outcome(outcome),
            event::Reply::WhoAmI(who) => Self::WhoAmI(who),
            event::Reply::Token(token) => Self::Token(token),
            event::Reply::Console(link) => Self::Console(link),
            event::Reply::Done => Self::Done,
            event::Reply::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl From<Failure> for Reply {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Reply {
    /// What the daemon says in place of what was asked for: its failure, or that this answers
    /// something else.
    pub fn unexpected(self) -> Failure {
        let kind = match &self {
            Self::Failed(failure) => return failure.clone(),
            Self::Document(_) => "document",
            Self::Status(_) => "status",
            Self::Question { .. } => "question",
            Self::SignedIn { .. } => "signed_in",
            Self::SignedOut(_) => "signed_out",
            Self::Outcome(_) => "outcome",
            Self::WhoAmI(_) => "who_am_i",
            Self::Token(_) => "token",
            Self::Console(_) => "console",
            Self::Grant(_) => "grant",
            Self::Findings(_) => "findings",
            Self::Done => "done",
            Self::Other(kind) => kind,
        };
        let told = format!("The daemon's answer “{kind}” does not fit the question.");
        Trouble::Protocol(told).into()
    }

    /// Reads a line. A field that is not known is passed over, a kind becomes [`Self::Other`].
    ///
    /// # Errors
    ///
    /// [`Code::Protocol`](poolkey_core::failure::Code::Protocol).
    pub fn parse(line: &str) -> Result<Self, Failure> {
        if let Some(failure) = newer(line) {
            return Err(failure);
        }
        let wire: Wire<'_> = serde_json::from_str(line).map_err(|_| unreadable())?;
        match &*wire.reply {
            "document" => wire
                .document
                .map(|document| Self::Document(Secret::new(document.get()))),
            "status" => wire.status.map(Self::Status),
            "question" => wire
                .conversation
                .zip(wire.question)
                .map(|(conversation, question)| Self::Question {
                    conversation,
                    question,
                    problem: wire.problem,
                }),
            "signed_in" => wire.user.map(|user| Self::SignedIn { user }),
            "signed_out" => wire.signed_out.map(Self::SignedOut),
            "outcome" => wire.outcome.map(Self::Outcome),
            "who_am_i" => wire.who_am_i.map(Self::WhoAmI),
            "token" => wire.token.map(|token| Self::Token(Box::new(token.into()))),
            "console" => wire
                .console
                .map(|console| Self::Console(Box::new(console.into()))),
            "grant" => wire.grant.map(|grant| Self::Grant(Box::new(grant.into()))),
            "findings" => wire.findings.map(Self::Findings),
            "done" => Some(Self::Done),
            "failed" => wire.failure.map(Self::Failed),
            other => Some(Self::Other(other.chars().take(40).collect())),
        }
        .ok_or_else(unreadable)
    }

    /// Reads the line that answers [`Ask::Credentials`](crate::Ask::Credentials): the document, or
    /// why there is none. It knows no other kind, which keeps the shim small.
    ///
    /// # Errors
    ///
    /// What the daemon tells, or [`Code::Protocol`](poolkey_core::failure::Code::Protocol).
    pub fn parse_document(line: &str) -> Result<&str, Failure> {
        let wire: DocumentOnly<'_> = serde_json::from_str(line).map_err(|_| unreadable())?;
        match (wire.v, wire.document, wire.failure) {
            (VERSION, Some(document), None) => Ok(document.get()),
            (VERSION, None, Some(failure)) => Err(failure),
            _ => Err(newer(line).unwrap_or_else(unreadable)),
        }
    }

    /// The line that tells this, newline included.
    ///
    /// # Errors
    ///
    /// The line is too long, or the document is not one line.
    pub fn to_line(&self) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let out = |reply| WireOut {
            v: VERSION,
            reply,
            ..WireOut::default()
        };
        let wire = match self {
            Self::Document(document) => return document_line(document.expose()),
            Self::Status(status) => WireOut {
                status: Some(status),
                ..out("status")
            },
            Self::Question {
                conversation,
                question,
                problem,
            } => WireOut {
                conversation: Some(conversation),
                question: Some(question),
                problem: problem.as_ref(),
                ..out("question")
            },
            Self::SignedIn { user } => WireOut {
                user: Some(user),
                ..out("signed_in")
            },
            Self::SignedOut(told) => WireOut {
                signed_out: Some(told),
                ..out("signed_out")
            },
            Self::Outcome(outcome) => WireOut {
                outcome: Some(outcome),
                ..out("outcome")
            },
            Self::WhoAmI(who) => WireOut {
                who_am_i: Some(who),
                ..out("who_am_i")
            },
            Self::Token(token) => WireOut {
                token: Some(TokenOut::of(token)),
                ..out("token")
            },
            Self::Console(link) => WireOut {
                console: Some(ConsoleOut::of(link)),
                ..out("console")
            },
            Self::Grant(grant) => WireOut {
                grant: Some(GrantOut::of(grant)),
                ..out("grant")
            },
            Self::Findings(findings) => WireOut {
                findings: Some(findings),
                ..out("findings")
            },
            Self::Done => out("done"),
            Self::Failed(failure) => WireOut {
                failure: Some(failure),
                ..out("failed")
            },
            Self::Other(kind) => out(kind),
        };
        let longest = if wire.status.is_some() || wire.findings.is_some() {
            LONGEST_STATUS
        } else {
            LONGEST
        };
        if self.room() > 8 * LONGEST {
            return Err(Broken::TooLong.into());
        }
        let mut line = Zeroizing::new(Vec::with_capacity(self.room()));
        serde_json::to_writer(&mut *line, &wire).map_err(|_| unreadable())?;
        line.push(b'\n');
        if line.len() > longest {
            return Err(Broken::TooLong.into());
        }
        Ok(line)
    }

    /// How much its line may take where it holds a secret, so that it is written in one piece: what
    /// grows leaves copies behind. Each byte of a text takes at most six in JSON (`\u0000`).
    fn room(&self) -> usize {
        let texts = match self {
            Self::Token(token) => token.token.expose().len(),
            Self::Console(link) => link.url.expose().len(),
            Self::Grant(grant) => {
                let file = grant.token_file.as_ref();
                let file = file.map_or(0, |file| file.as_os_str().len());
                grant.token.expose().len() + grant.url.len() + grant.view.id.len() + file
            }
            Self::Document(_)
            | Self::Status(_)
            | Self::Question { .. }
            | Self::SignedIn { .. }
            | Self::SignedOut(_)
            | Self::Outcome(_)
            | Self::WhoAmI(_)
            | Self::Findings(_)
            | Self::Done
            | Self::Failed(_)
            | Self::Other(_) => return 0,
        };
        6 * texts + 1024
    }
}

/// The document goes as it is: what makes it is the one place that knows its form.
fn document_line(document: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let parts = [HEAD, document.as_bytes(), b"}\n"];
    let length = parts.iter().map(|part| part.len()).sum();
    if length > LONGEST {
        return Err(Broken::TooLong.into());
    }
    if document.contains(['\n', '\r']) {
        return Err(unreadable());
    }
    let mut line = Zeroizing::new(Vec::with_capacity(length));
    for part in parts {
        line.extend_from_slice(part);
    }
    Ok(line)
}

const HEAD: &[u8] = br#"{"v":1,"reply":"document","document":"#;

fn unreadable() -> Failure {
    Trouble::Protocol("The daemon's answer cannot be read.".into()).into()
}

#[derive(Deserialize)]
struct DocumentOnly<'a> {
    v: u32,
    #[serde(borrow)]
    document: Option<&'a RawValue>,
    failure: Option<Failure>,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    reply: Cow<'a, str>,
    #[serde(borrow)]
    document: Option<&'a RawValue>,
    status: Option<Box<Status>>,
    conversation: Option<ConversationId>,
    question: Option<Question>,
    problem: Option<Failure>,
    user: Option<User>,
    signed_out: Option<SignedOut>,
    outcome: Option<Outcome>,
    who_am_i: Option<Box<WhoAmI>>,
    token: Option<TokenIn>,
    console: Option<ConsoleIn>,
    grant: Option<GrantIn>,
    findings: Option<Vec<Finding>>,
    failure: Option<Failure>,
}

#[derive(Default, Serialize)]
struct WireOut<'a> {
    v: u32,
    reply: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<&'a ConversationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<&'a Question>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a Failure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_out: Option<&'a SignedOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    who_am_i: Option<&'a WhoAmI>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<TokenOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    console: Option<ConsoleOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<GrantOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<&'a Vec<Finding>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a Failure>,
}

#[cfg(test)]
mod tests;
