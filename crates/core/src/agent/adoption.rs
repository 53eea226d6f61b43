//! A finished sign-in: the vault keeps the session before anybody is told that it is there.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::agent::Agent;
use crate::agent::conversation::{Gained, Stage};
use crate::agent::life::dated;
use crate::agent::login::State;
use crate::agent::session::{IdToken, Session, Unsaved};
use crate::agent::setback::{Setback, SetbackKind};
use crate::agent::work::Purpose;
use crate::event::{ConversationId, Reply};
use crate::failure::Ended;
use crate::fault::VaultFault;
use crate::name::LoginName;
use crate::session::{Device, StoredSession};
use crate::time::Now;

/// A session on its way into the vault, and what goes with it. Until it is there, all that was
/// before stays.
#[derive(Debug)]
pub(super) struct Adoption {
    id: ConversationId,
    pub(super) session: Session,
    pub(super) device: Option<Device>,
}

impl Agent {
    /// Hands a finished sign-in to the vault.
    pub(super) fn adopt(&mut self, name: &LoginName) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        let Some(talk) = &mut login.conversation else {
            return;
        };
        let stage = std::mem::replace(&mut talk.stage, Stage::Keeping);
        let id = talk.id.clone();
        let Stage::Adopting(gained) = stage else {
            talk.stage = stage;
            return;
        };
        let Gained {
            tokens,
            client_secret,
            device,
            begun,
            signed_in,
        } = *gained;
        if client_secret.is_some() {
            login.client_secret = client_secret;
        }
        // An identity id belongs to a user: another one starts with none.
        let identities = match &login.state {
            State::SignedIn(old) if old.stored.user.sub == tokens.user.sub => {
                old.stored.identities.clone()
            }
            State::SignedIn(_) | State::Unread | State::SignedOut | State::NeedsSignIn(..) => {
                BTreeMap::new()
            }
        };
        let life = tokens.id_life;
        let began = dated(life, self.clock_ahead, begun, signed_in);
        let session = Session {
            stored: StoredSession {
                provider: login.spec.provider().to_owned(),
                client_id: login.spec.client_id().to_owned(),
                refresh_token: tokens.refresh_token.clone(),
                // A pool that was shown a device does not name it again.
                device_key: tokens
                    .device_key
                    .clone()
                    .or_else(|| device.as_ref().map(|device| device.key.clone())),
                user: tokens.user.clone(),
                signed_in: began,
                rotates: None,
                identities,
            },
            id: Some(IdToken::new(*tokens, begun, login.renewals, &mut self.rng)),
            seen_alive: Some(began),
            unsaved: Unsaved::default(),
        };
        self.observe(life, begun, signed_in);
        let adoption = Adoption {
            id,
            session,
            device,
        };
        self.keep(name, Purpose::Adoption(Box::new(adoption)));
    }

    /// The vault keeps the new session: now it is there.
    pub(super) fn adopted(&mut self, name: &LoginName, adoption: Adoption, now: Now) {
        let Adoption {
            id,
            session,
            device,
        } = adoption;
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        login.succeeded(now);
        login.forget_losses();
        login.urged = false;
        let user = session.stored.user.clone();
        let token = session.stored.refresh_token.clone();
        let old = std::mem::replace(&mut login.state, State::SignedIn(Box::new(session)));
        login.device = device;
        login.last_user = None;
        login.erase = false;
        let spec = login.spec.clone();
        let talk = login.conversation.take_if(|talk| talk.id == id);
        if let Some(ticket) = talk.and_then(|talk| talk.ticket) {
            self.reply(ticket, Reply::SignedIn { user });
        }
        if let State::SignedIn(old) = old
            && old.stored.refresh_token != token
        {
            self.orphan(name, spec, old.stored.refresh_token, None);
        }
        self.drop_keys(name);
        // Who signs in means to work: the first tool shall not have to wait.
        for profile in self.members.get(name).into_iter().flatten() {
            if let Some(profile) = self.profiles.get_mut(profile) {
                profile.asked = Some(now);
            }
        }
    }

    /// The vault did not keep the new session, or did and failed to say so.
    pub(super) fn adoption_failed(
        &mut self,
        name: &LoginName,
        adoption: Adoption,
        fault: VaultFault,
        now: Now,
    ) {
        let Some(login) = self.logins.get_mut(name) else {
            return;
        };
        match &mut login.state {
            State::SignedIn(old) => old.unsaved.doubt = true,
            State::SignedOut => login.erase = true,
            State::NeedsSignIn(ended, _) => login.erase = *ended != Ended::Moved,
            State::Unread => {}
        }
        let spec = login.spec.clone();
        let talk = login.conversation.take_if(|talk| talk.id == adoption.id);
        if let Some(ticket) = talk.and_then(|talk| talk.ticket) {
            let setback = Setback::new(SetbackKind::Vault(fault.kind), fault.text, now);
            self.fail(ticket, setback.trouble(Duration::ZERO));
        }
        let token = adoption.session.stored.refresh_token;
        self.orphan(name, spec, token, None);
    }
}
