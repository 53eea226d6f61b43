//! A login's session in memory: what the vault knows of it, and what lives here alone.

use fastrand::Rng;

use crate::pace::Span;
use crate::secret::Secret;
use crate::session::{Roles, StoredSession, Tokens};
use crate::time::{Moment, Now, UnixTime};

/// A login's session in memory.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) stored: StoredSession,
    pub(super) id: Option<IdToken>,
    pub(super) unsaved: Unsaved,
    /// When its provider last said that it lives.
    pub(super) seen_alive: Option<UnixTime>,
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
    /// What it offers.
    pub(super) roles: Roles,
}

/// An access token, which may end before the ID token or after it.
#[derive(Debug)]
pub(super) struct AccessToken {
    pub(super) token: Secret,
    pub(super) span: Span,
    /// Whether it was over, or nearly so, before it could be used.
    pub(super) was_late: bool,
}

impl IdToken {
    /// What came with a sign-in or a refresh that was begun then.
    pub(super) fn new(tokens: Tokens, begun: Moment, number: u64, rng: &mut Rng) -> Self {
        Self {
            token: tokens.id_token,
            span: Span::of_token(begun, tokens.id_life.length, rng),
            number,
            access: tokens.access.map(|access| AccessToken {
                token: access.token,
                span: Span::of_token(begun, access.life.length, rng),
                was_late: false,
            }),
            roles: tokens.roles,
        }
    }

    /// It is put to use, and may have been waited for.
    pub(super) fn arrive(&mut self, now: Now) {
        if let Some(access) = &mut self.access {
            access.was_late = !access.span.is_fresh(now.at);
        }
    }

    /// When it is of no more use.
    pub(super) fn ends(&self) -> Moment {
        self.span.dead - self.span.margin()
    }
}

impl AccessToken {
    /// The user pool does not take it: it is shown to nobody again.
    pub(super) fn refuse(&mut self) {
        self.span.dead = Moment::default();
        self.span.renew = Moment::default();
    }
}
