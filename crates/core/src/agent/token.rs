//! Who asks for a login's tokens: answered from memory, or made to wait a little while they are
//! renewed. Whoever asks uses the login, so that its tokens are renewed ahead of expiry from then on.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::agent::Agent;
use crate::agent::advance::Need;
use crate::agent::document::expiration;
use crate::agent::login::{Login, State};
use crate::event::{Reply, Ticket};
use crate::failure::{NoToken, Trouble};
use crate::name::LoginName;
use crate::pace::{self, Span};
use crate::secret::Secret;
use crate::session::{IssuedToken, TokenKind};
use crate::time::{Moment, Now};

/// Those who ask for a login's tokens.
#[derive(Debug, Default)]
pub(super) struct Askers {
    waiting: BTreeMap<Ticket, Asker>,
    /// When each was asked for last.
    asked: BTreeMap<TokenKind, Moment>,
}

/// One who waits.
#[derive(Clone, Copy, Debug)]
struct Asker {
    kind: TokenKind,
    until: Moment,
    /// How often the tokens had been renewed when it began to wait: one more time has to do.
    renewals: u64,
}

/// A token that there is, and its life.
struct Known<'a> {
    token: &'a Secret,
    span: Span,
    /// Whether it is worth being renewed while nobody waits for it.
    lasting: bool,
}

impl Askers {
    /// Until when the first of them waits.
    pub(super) fn patience(&self) -> Option<Moment> {
        self.waiting.values().map(|asker| asker.until).min()
    }

    fn use_lately(&self, kind: TokenKind, now: Moment, rest_after: Duration) -> bool {
        let asked = self.asked.get(&kind);
        asked.is_some_and(|asked| now.since(*asked) < rest_after)
    }
}

impl Agent {
    pub(super) fn ask_token(&mut self, ticket: Ticket, name: &str, kind: TokenKind, now: Now) {
        let guests = LoginName::guest();
        if name == guests.as_str() {
            return self.fail(ticket, Trouble::NoToken(guests, NoToken::Guest));
        }
        let Some(name) = self.known_login(ticket, name) else {
            return;
        };
        let rest_after = self.settings.rest_after;
        let Some(login) = self.logins.get_mut(&name) else {
            return;
        };
        if kind == TokenKind::Access && login.configured().is_program() {
            return self.fail(ticket, Trouble::NoToken(name, NoToken::Program));
        }
        let rested = !login.askers.use_lately(kind, now.at, rest_after);
        login.askers.asked.insert(kind, now.at);
        if login.has_good_token(kind, now.at)
            && let Some(token) = login.issue(&name, kind, now)
        {
            self.reply(ticket, Reply::Token(Box::new(token)));
            if rested {
                self.changed();
                self.reschedule_login(&name, now);
            }
            return;
        }
        let asker = Asker {
            kind,
            until: now.at + pace::PATIENCE,
            renewals: login.renewals,
        };
        login.askers.waiting.insert(ticket, asker);
        self.asking.insert(ticket, name.clone());
        self.hurry(&name, now);
        self.settle_login(&name, now);
    }

    /// Answers those who need not wait any longer, because there is a token, because nothing that is
    /// under way could bring one, or because they have waited long enough.
    pub(super) fn answer_askers(&mut self, name: &LoginName, now: Now) {
        let Some(login) = self.logins.get(name) else {
            return;
        };
        let hopeful = login.may_get_tokens() && !self.stopping;
        let is_done = |asker: &Asker| {
            asker.until <= now.at
                || !hopeful
                || login.has_good_token(asker.kind, now.at)
                // While renewing fails, a tool is not made to wait for what may never come.
                || (login.setback.is_some() && login.issue(name, asker.kind, now).is_some())
        };
        let waiting = login.askers.waiting.iter();
        let done: Vec<(Ticket, TokenKind)> = waiting
            .filter(|(_, asker)| is_done(asker))
            .map(|(ticket, asker)| (*ticket, asker.kind))
            .collect();
        for (ticket, kind) in done {
            self.asking.remove(&ticket);
            let Some(login) = self.logins.get_mut(name) else {
                return;
            };
            login.askers.waiting.remove(&ticket);
            let reply = match login.issue(name, kind, now) {
                Some(token) => Reply::Token(Box::new(token)),
                None => Reply::Failed(login.why_no_token(name, kind, now).into()),
            };
            self.reply(ticket, reply);
        }
    }

    /// All who wait for a login's tokens are told the same.
    pub(super) fn dismiss_askers(&mut self, name: &LoginName, trouble: &Trouble) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        for ticket in std::mem::take(&mut login.askers.waiting).into_keys() {
            self.asking.remove(&ticket);
            self.fail(ticket, trouble.clone());
        }
    }

    /// One who waited for a token does so no longer; says whether it was one.
    pub(super) fn asker_left(&mut self, ticket: Ticket, now: Now) -> bool {
        let Some(name) = self.asking.remove(&ticket) else {
            return false;
        };
        if let Some(login) = self.logins.get_mut(&name) {
            login.askers.waiting.remove(&ticket);
        }
        self.reschedule_login(&name, now);
        true
    }
}

impl Login {
    /// How much those who ask need a refresh.
    pub(super) fn need_of_askers(&self, now: Moment, rest_after: Duration) -> Need {
        let is_due = |kind| {
            let fresh = |known: Known<'_>| known.span.is_fresh(now);
            !self.lacks(kind) && !self.known_token(kind).is_some_and(fresh)
        };
        let waits = |asker: &Asker| is_due(asker.kind) && asker.renewals == self.renewals;
        if self.askers.waiting.values().any(waits) {
            return Need::Now;
        }
        let uses = |kind| self.askers.use_lately(kind, now, rest_after) && self.is_lasting(kind);
        if KINDS.into_iter().any(|kind| is_due(kind) && uses(kind)) {
            return Need::Ahead;
        }
        Need::None
    }

    /// When a token that somebody asks for is due next.
    pub(super) fn askers_due(&self, now: Moment, rest_after: Duration) -> Option<Moment> {
        KINDS
            .into_iter()
            .filter(|kind| self.askers.use_lately(*kind, now, rest_after))
            .filter_map(|kind| self.known_token(kind))
            .filter(|known| known.lasting && known.span.is_fresh(now))
            .map(|known| known.span.renew)
            .min()
    }

    /// Whether somebody asked for a token lately.
    pub(super) fn is_asked(&self, now: Moment, rest_after: Duration) -> bool {
        let uses = |kind| self.askers.use_lately(kind, now, rest_after);
        KINDS.into_iter().any(uses)
    }

    /// A fresh one, or one that nothing fresher can take the place of.
    fn has_good_token(&self, kind: TokenKind, now: Moment) -> bool {
        self.known_token(kind).is_some_and(|known| {
            known.span.is_fresh(now) || (!self.is_renewable() && known.span.is_usable(now))
        })
    }

    /// The token, if it still works and may be had.
    fn issue(&self, name: &LoginName, kind: TokenKind, now: Now) -> Option<IssuedToken> {
        let known = self.known_token(kind)?;
        let expires = expiration(known.span, now);
        // What says itself that it is over is refused by those who look.
        let works = known.span.is_usable(now.at) && expires > now.wall;
        works.then(|| IssuedToken {
            login: name.clone(),
            kind,
            token: known.token.clone(),
            expires,
        })
    }

    fn known_token(&self, kind: TokenKind) -> Option<Known<'_>> {
        if !self.is_staying() || self.leaving.is_some() {
            return None;
        }
        let id = self.session()?.id.as_ref()?;
        match kind {
            TokenKind::Id => Some(Known {
                token: &id.token,
                span: id.span,
                lasting: true,
            }),
            TokenKind::Access => id.access.as_ref().map(|access| Known {
                token: &access.token,
                span: access.span,
                lasting: !access.was_late && access.span.life >= SHORTEST_AHEAD,
            }),
        }
    }

    /// What is not known yet may be.
    fn is_lasting(&self, kind: TokenKind) -> bool {
        self.known_token(kind).is_none_or(|known| known.lasting)
    }

    /// Whether what the provider gave last has no such token.
    fn lacks(&self, kind: TokenKind) -> bool {
        let id = self.session().and_then(|session| session.id.as_ref());
        kind == TokenKind::Access && id.is_some_and(|id| id.access.is_none())
    }

    /// Whether something is under way that may bring tokens.
    fn may_get_tokens(&self) -> bool {
        let possible = match self.state {
            State::Unread | State::SignedIn(_) => self.leaving.is_none(),
            State::SignedOut | State::NeedsSignIn(..) => false,
        };
        possible && self.work.may_bring_tokens()
    }

    fn why_no_token(&self, name: &LoginName, kind: TokenKind, now: Now) -> Trouble {
        match &self.state {
            State::SignedOut => return Trouble::SignedOut(name.clone()),
            State::NeedsSignIn(ended, _) => return Trouble::NeedsSignIn(name.clone(), *ended),
            State::Unread | State::SignedIn(_) => {}
        }
        if self.leaving.is_some() {
            return Trouble::SignedOut(name.clone());
        }
        if let Some(setback) = &self.setback {
            return self.trouble(setback, now.at.until(self.until));
        }
        let why = match kind {
            _ if self.is_busy() => return self.work.trouble(name),
            TokenKind::Access if self.lacks(kind) => NoToken::Provider,
            TokenKind::Id | TokenKind::Access if !self.is_renewable() => NoToken::Over,
            TokenKind::Id | TokenKind::Access => NoToken::Late,
        };
        Trouble::NoToken(name.clone(), why)
    }
}

const KINDS: [TokenKind; 2] = [TokenKind::Id, TokenKind::Access];

/// An access token of a shorter life is renewed on demand only: Cognito gives none.
const SHORTEST_AHEAD: Duration = Duration::from_secs(60);
