//! What happened: calls, and secrets that were minted or received.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{clock::Moment, shelf::Shelf};

/// One call, as tests want to count it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// 1 for the first call after a reset.
    pub number: u64,
    /// The server's time, milliseconds since 1970.
    pub time_ms: i64,
    /// Such as `InitiateAuth`.
    pub operation: String,
    /// `ok`, or the error code.
    pub outcome: String,
    /// What a fault did to it, if one did: `drop before`, `error`, and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// What the operation noted.
    #[serde(flatten)]
    pub note: Note,
}

/// What an operation says about itself in the journal. Names and ids, no secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    /// The app client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The `AuthFlow` or `ChallengeName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// The device that came along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_key: Option<String>,
    /// The identity of an identity pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_id: Option<String>,
    /// The role that keys were made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// The access key that signed the call, or that the call made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// The role's session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_name: Option<String>,
    /// The `DurationSeconds` that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<i64>,
    /// The `ExternalId` that came along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The session policy that came along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The `PolicyArns` that came along.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policy_arns: Vec<String>,
    /// The tags of the role's session, inherited ones among them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

impl Note {
    /// Notes a device, by what may be its key.
    pub(crate) fn device(&mut self, key: Option<&str>) {
        let key = key.filter(|key| (1..=55).contains(&key.len()));
        self.device_key = key.map(str::to_owned);
    }
}

/// A secret value and what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Such as `refresh_token`.
    pub kind: String,
    /// The value itself.
    pub value: String,
}

/// The journal of one sandbox.
pub(crate) struct Journal {
    calls: Shelf<Call>,
    counts: BTreeMap<String, u64>,
    total: u64,
    secrets: Shelf<&'static str>,
    /// What the running operation has said so far.
    pub(crate) note: Note,
}

impl Journal {
    const CALLS: usize = 20_000;
    const SECRETS: usize = 20_000;

    /// An empty journal.
    pub(crate) fn new() -> Self {
        Self {
            calls: Shelf::new(Self::CALLS),
            counts: BTreeMap::new(),
            total: 0,
            secrets: Shelf::new(Self::SECRETS),
            note: Note::default(),
        }
    }

    /// Writes down a call, with what its operation noted.
    pub(crate) fn call(
        &mut self,
        time: Moment,
        operation: &str,
        outcome: &str,
        fault: Option<String>,
    ) {
        self.total += 1;
        *self.counts.entry(operation.to_owned()).or_default() += 1;
        let call = Call {
            number: self.total,
            time_ms: time.0,
            operation: operation.to_owned(),
            outcome: outcome.to_owned(),
            fault,
            note: std::mem::take(&mut self.note),
        };
        self.calls.put(self.total.to_string(), call);
    }

    /// Remembers a secret, so that a test can look for it where it must not be.
    pub(crate) fn secret(&mut self, kind: &'static str, value: &str) {
        if !value.is_empty() {
            self.secrets.put(value, kind);
        }
    }

    /// Forgets all calls and counts.
    pub(crate) fn forget_calls(&mut self) {
        self.calls = Shelf::new(Self::CALLS);
        self.counts.clear();
        self.total = 0;
    }

    /// The last calls, oldest first.
    pub(crate) fn calls(&self) -> Vec<&Call> {
        self.calls.all().map(|(_, call)| call).collect()
    }

    /// How often each operation was called, also where the calls themselves are forgotten.
    pub(crate) fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }

    /// All secrets, oldest first.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let secret = |(value, kind): (&str, &&str)| Secret {
            kind: (*kind).to_owned(),
            value: value.to_owned(),
        };
        self.secrets.all().map(secret).collect()
    }
}
