//! A login's session in memory: what the vault knows of it, and what lives here alone.

use fastrand::Rng;

use crate::fault::Life;
use crate::pace::{self, Span};
use crate::secret::Secret;
use crate::session::{Access, StoredSession};
use crate::time::Moment;

/// A login's session in memory.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) stored: StoredSession,
    pub(super) id: Option<IdToken>,
    pub(super) unsaved: Unsaved,
}

/// What the vault does not know yet.
#[derive(Debug, Default)]
pub(super) struct Unsaved {
    /// What came with a rotated refresh token. It is used only after that is durable.
    pub(super) token: Option<IdToken>,
    /// Whether there are notes that cost one call when they are lost.
    pub(super) notes: bool,
    /// Whether the vault may hold another session than this one.
    pub(super) doubt: bool,
}

/// An ID token and its life, and what came with it.
#[derive(Debug)]
pub(super) struct IdToken {
    pub(super) token: Secret,
    pub(super) span: Span,
    pub(super) number: u64,
    pub(super) access: Option<AccessToken>,
}

/// An access token, which may end before the ID token or after it.
#[derive(Debug)]
pub(super) struct AccessToken {
    pub(super) token: Secret,
    pub(super) works_until: Moment,
}

impl IdToken {
    /// What came with a sign-in or a refresh that was begun then.
    pub(super) fn new(
        token: Secret,
        life: Life,
        access: Option<Access>,
        begun: Moment,
        number: u64,
        rng: &mut Rng,
    ) -> Self {
        Self {
            token,
            span: Span::of_id_token(begun, life.length, rng),
            number,
            access: access.map(|access| AccessToken {
                token: access.token,
                works_until: pace::works_until(begun, access.life.length),
            }),
        }
    }
}
