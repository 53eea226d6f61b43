//! Of tokens that are handed out: none that is over, nobody else's, none after a sign-out, and none
//! refused without need.

use poolkey_core::event::Reply;
use poolkey_core::failure::Failure;
use poolkey_core::name::LoginName;
use poolkey_core::session::{IssuedToken, TokenKind};

use crate::cognito::{Kind, number_after};
use crate::ledger::What;
use crate::weather::{MINUTE, SECOND};
use crate::world::{Kept, World};

impl World {
    /// An answer to who asked for a token.
    pub fn check_token_answer(
        &self,
        login: &LoginName,
        kind: TokenKind,
        reply: &Reply,
    ) -> Option<Kept> {
        match reply {
            Reply::Token(token) => Some(self.check_token(login, kind, token)),
            Reply::Failed(failure) => Some(self.check_refusal(login, kind, failure)),
            _ => None,
        }
    }

    fn check_token(&self, login: &LoginName, kind: TokenKind, issued: &IssuedToken) -> Kept {
        promise!(
            issued.login == *login && issued.kind == kind,
            "{login} is asked for its {kind:?} token, and {issued:?} comes"
        );
        let (all, mark) = match kind {
            TokenKind::Id => (&self.cognito.ids, "-i-"),
            TokenKind::Access => (&self.cognito.access, "-a-"),
        };
        let Some(number) = number_after(issued.token.expose(), mark) else {
            return Err(format!("{login} gives a token of another kind"));
        };
        let known = &all[number];
        let family = &self.cognito.families[known.family];
        let pool = &self.cognito.pools[&family.pool];
        let life = match kind {
            TokenKind::Id => pool.id_life,
            TokenKind::Access => pool.access_life,
        };
        let margin = (life / 10).min(MINUTE);
        promise!(
            known.expires > self.now + margin,
            "a dead token of {login} is handed out"
        );
        let wall = self.amazons_clock() + self.wall_ahead;
        let told = issued.expires.secs() - wall;
        let left = ((known.expires - margin - self.now) / SECOND).cast_signed();
        promise!(
            told > 0 && told <= left + 1,
            "the token of {login} is told to last {told} s, and it is {left}"
        );
        let configured = self.config.logins.get(login);
        promise!(
            configured.is_some_and(|spec| spec.provider() == family.pool),
            "the token of another pool is handed out for {login}"
        );
        promise!(
            self.ledger.held.get(login) == Some(&known.family),
            "{login} gives the token of another session"
        );
        promise!(
            family.tokens[known.generation].durable || !pool.kind.is_lasting(),
            "a token of {login} is handed out before the vault keeps what came with it"
        );
        let leaves = |what: &What| matches!(what, What::SignOut(other, _) if other == login);
        promise!(
            !self.ledger.away.contains(login)
                && !self.ledger.open.values().any(|open| leaves(&open.what)),
            "{login} gives a token after the sign-out"
        );
        promise!(
            pool.kind == Kind::Program || !self.ledger.told.contains_key(&known.family),
            "{login} gives a token of a session that is over"
        );
        promise!(
            kind == TokenKind::Id || !self.ledger.stale.contains(&number),
            "an access token of {login} that was found stale is handed out"
        );
        let lead = (life / 3).min(10 * MINUTE);
        promise!(
            known.expires >= self.now + lead
                || !self.is_login_well(login)
                || !pool.kind.is_renewed(),
            "a token of {login} is not renewed ahead while all is well"
        );
        Ok(())
    }

    fn check_refusal(&self, login: &LoginName, kind: TokenKind, failure: &Failure) -> Kept {
        let has_it = match self.config.logins.get(login) {
            Some(spec) => {
                let pool = &self.cognito.pools[spec.provider()];
                kind == TokenKind::Id || (pool.gives_access && pool.kind != Kind::Program)
            }
            None => false,
        };
        // One without a refresh token has its access token until that ends.
        let lasts = self.config.logins.get(login).is_some_and(|spec| {
            kind == TokenKind::Id || self.cognito.pools[spec.provider()].kind.is_renewed()
        });
        promise!(
            !has_it || !lasts || !self.is_login_well(login),
            "the {kind:?} token of {login} is refused while all is well: {failure}"
        );
        Ok(())
    }

    /// Whether somebody waits for a token of the login.
    pub fn waits_for_token(&self, login: &LoginName) -> bool {
        let of = |what: &What| matches!(what, What::Token(other, _) if other == login);
        self.ledger.open.values().any(|open| of(&open.what))
    }

    /// Whether somebody asked for a token of the login lately.
    pub fn asks_for_tokens(&self, login: &LoginName) -> bool {
        let rest_after = self.rest_after();
        let mut asked = self.ledger.asked_tokens.iter();
        asked.any(|((other, _), (_, last))| other == login && self.now < last + rest_after)
    }

    /// A token that somebody asks for is renewed ahead.
    pub fn check_renewed_ahead(&self) -> Kept {
        let Some(agent) = &self.agent else {
            return Ok(());
        };
        let shown = agent.snapshot(self.clocks());
        let rest_after = self.rest_after();
        for login in &shown.logins {
            let asked = (login.name.clone(), TokenKind::Id);
            let asked = self.ledger.asked_tokens.get(&asked);
            let used = asked.is_some_and(|(first, last)| {
                first + 2 * MINUTE < self.now && self.now < last + rest_after - MINUTE
            });
            let spec = self.config.logins.get(&login.name);
            let pool = spec.map(|spec| &self.cognito.pools[spec.provider()]);
            let Some(pool) = pool.filter(|pool| used && pool.kind.is_renewed()) else {
                continue;
            };
            if !self.is_login_well(&login.name) {
                continue;
            }
            let wall = self.clocks().wall;
            let left = login.id_token_expires.map_or(0, |end| end.secs_after(wall));
            let least = ((pool.id_life / 3).min(10 * MINUTE) / SECOND).cast_signed();
            promise!(
                left + 45 >= least,
                "the ID token of {} is not renewed ahead: {left} s are left",
                login.name
            );
        }
        Ok(())
    }
}
