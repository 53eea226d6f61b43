//! A desk to tell stories at: one agent, two clocks, and a hand that plays pool, vault and tools.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::agent::Agent;
use crate::config::Config;
use crate::conversation::{Answer, Goal, Outcome, Question, Step, Thread};
use crate::event::{
    ConversationId, Effect, Event, Farewell, Parting, Reply, Request, SignOutScope, SignedOut,
    Ticket,
};
use crate::failure::{Code, Failure};
use crate::fault::{Fault, FaultKind, Life, VaultFault, VaultFaultKind};
use crate::pace::PATIENCE;
use crate::secret::Secret;
use crate::session::{
    Access, Device, Fetched, Keys, Proof, Roles, Stored, StoredSession, Tokens, User,
};
use crate::snapshot::{LoginView, ProfileView};
use crate::time::{Moment, Now, UnixTime};

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);

pub(super) const CONFIG: &str = r#"
[login.acme]
user_pool_id = "eu-west-1_A"
client_id = "client"

[profile.dev]
login = "acme"
identity_pool_id = "eu-west-1:01234567-89ab-cdef-0123-456789abcdef"

[profile.ops]
login = "acme"
identity_pool_id = "eu-west-1:01234567-89ab-cdef-0123-456789abcdef"
role_arn = "arn:aws:iam::123456789012:role/ops"
"#;

pub(super) struct Desk {
    pub(super) agent: Agent,
    pub(super) now: Now,
    /// What is to be done, in the order of the agent's asking.
    pub(super) todo: VecDeque<Effect>,
    pub(super) answers: BTreeMap<u64, Vec<Reply>>,
    tickets: u64,
    /// How many ticks it took to pass the time.
    pub(super) ticks: u32,
}

/// What a refresh brings.
#[derive(Clone, Copy)]
pub(super) enum Rotation {
    On,
    Off,
}

impl Desk {
    pub(super) fn new(config: &str) -> Self {
        let mut desk = Self {
            agent: Agent::new(7),
            now: Now {
                at: Moment::from_millis(1_000_000),
                wall: UnixTime::from_secs(1_800_000_000),
            },
            todo: VecDeque::new(),
            answers: BTreeMap::new(),
            tickets: 0,
            ticks: 0,
        };
        desk.configure(config);
        desk
    }

    /// A desk at which `ann` has been signed in since an earlier day.
    pub(super) fn with_session(rotation: Option<bool>) -> Self {
        let mut desk = Self::new(CONFIG);
        desk.recalled(Ok(Some(record("refresh-1", rotation))));
        desk
    }

    /// As before, and `dev` has fresh keys.
    pub(super) fn with_keys(rotation: Rotation) -> Self {
        let rotates = matches!(rotation, Rotation::On);
        let mut desk = Self::with_session(Some(rotates));
        let ticket = desk.ask("dev");
        if rotates {
            desk.probed(Ok(()));
        }
        desk.refreshed(Ok(tokens("id-1", rotates.then_some("refresh-2"))));
        if rotates {
            desk.kept(Ok(()));
        }
        desk.fetched("dev", Ok(keys("AKIA1")));
        assert!(desk.document(ticket).contains("AKIA1"));
        desk.keep_notes();
        desk.nothing();
        desk
    }

    pub(super) fn configure(&mut self, config: &str) {
        self.handle(Event::Configured(Config::parse(config).unwrap()));
    }

    pub(super) fn handle(&mut self, event: Event) {
        self.agent.handle(event, self.now);
        while let Some(effect) = self.agent.effect() {
            match effect {
                Effect::Answer { ticket, reply } => {
                    self.answers.entry(ticket.0).or_default().push(reply);
                }
                Effect::Dismiss { .. }
                | Effect::Recall { .. }
                | Effect::Probe { .. }
                | Effect::Keep { .. }
                | Effect::Refresh { .. }
                | Effect::Revoke { .. }
                | Effect::Converse { .. }
                | Effect::Fetch { .. }
                | Effect::Identify { .. }
                | Effect::OpenConsole { .. }
                | Effect::ScrubFiles { .. }
                | Effect::WriteKeys { .. } => self.todo.push_back(effect),
            }
        }
        let wake = self.agent.wake_at();
        assert!(
            wake.is_none_or(|wake| wake > self.now.at),
            "time does not move on"
        );
    }

    /// Lets time pass, and ticks exactly when the agent wants.
    pub(super) fn pass(&mut self, length: Duration) {
        let end = self.now.at + length;
        let mut idle = 0;
        while let Some(wake) = self.agent.wake_at()
            && wake <= end
        {
            let (last, done) = (self.now.at, self.todo.len());
            self.move_to(wake);
            self.handle(Event::Tick);
            self.ticks += 1;
            let moved = last.until(wake) > Duration::from_millis(1) || self.todo.len() > done;
            idle = if moved { 0 } else { idle + 1 };
            assert!(idle < 9, "it ticks and ticks, and does nothing");
        }
        self.move_to(end);
    }

    /// The lid closes: no tick for so long.
    pub(super) fn sleep(&mut self, length: Duration) {
        self.move_to(self.now.at + length);
    }

    fn move_to(&mut self, at: Moment) {
        let whole = |at: Moment| at.since(Moment::default()).as_secs();
        let seconds = whole(at) - whole(self.now.at);
        self.now = Now {
            at,
            wall: self.now.wall + Duration::from_secs(seconds),
        };
    }

    pub(super) fn request(&mut self, request: Request) -> u64 {
        self.tickets += 1;
        self.handle(Event::Asked {
            ticket: Ticket(self.tickets),
            request,
        });
        self.tickets
    }

    pub(super) fn ask(&mut self, profile: &str) -> u64 {
        self.request(Request::Credentials {
            profile: profile.into(),
            patience: PATIENCE,
        })
    }

    pub(super) fn sign_in(&mut self) -> u64 {
        self.request(Request::SignIn {
            login: "acme".into(),
            username: None,
            another_account: false,
        })
    }

    pub(super) fn account(&mut self, goal: Goal) -> u64 {
        self.request(Request::Account {
            login: "acme".into(),
            username: None,
            goal,
        })
    }

    pub(super) fn outcome(&self, ticket: u64) -> &Outcome {
        match self.reply(ticket) {
            Reply::Outcome(outcome) => outcome,
            other => panic!("{other:?}"),
        }
    }

    /// A person wants new tokens and keys, and gives them their turn.
    pub(super) fn renew(&mut self) {
        self.request(Request::Renew {
            login: "acme".into(),
        });
        self.pass(SECOND);
    }

    pub(super) fn sign_out(&mut self) -> u64 {
        self.sign_out_as(SignOutScope::Session)
    }

    pub(super) fn sign_out_as(&mut self, scope: SignOutScope) -> u64 {
        self.request(Request::SignOut {
            login: "acme".into(),
            scope,
        })
    }

    pub(super) fn answer(&mut self, conversation: &ConversationId, password: &str) -> u64 {
        self.request(Request::Answer {
            conversation: conversation.clone(),
            answer: Answer::Password(Secret::new(password)),
        })
    }

    /// Who asked last.
    pub(super) fn last(&self) -> u64 {
        self.tickets
    }

    /// Says whether the user that the last answer to `asked` showed is who was meant.
    pub(super) fn recognize(&mut self, asked: u64, is_meant: bool) -> u64 {
        let (conversation, _) = self.question(asked);
        self.request(Request::Answer {
            conversation,
            answer: Answer::Identity(is_meant),
        })
    }

    pub(super) fn leave(&mut self, ticket: u64) {
        self.handle(Event::Left {
            ticket: Ticket(ticket),
        });
    }

    pub(super) fn recalled(&mut self, result: Result<Option<Secret>, VaultFault>) {
        let effect = self.do_next("Recall");
        let Effect::Recall { login } = effect else {
            panic!("{effect:?}");
        };
        self.handle(Event::Recalled { login, result });
    }

    pub(super) fn probed(&mut self, result: Result<(), VaultFault>) {
        let effect = self.do_next("Probe");
        let Effect::Probe { login } = effect else {
            panic!("{effect:?}");
        };
        self.handle(Event::Probed { login, result });
    }

    /// Answers the next write, and says what was to be written.
    pub(super) fn kept(&mut self, result: Result<(), VaultFault>) -> Stored {
        let effect = self.do_next("Keep");
        let Effect::Keep { login, stored } = effect else {
            panic!("{effect:?}");
        };
        self.handle(Event::Kept { login, result });
        *stored
    }

    /// Answers the next refresh, and says which token was spent.
    pub(super) fn refreshed(&mut self, result: Result<Tokens, Fault>) -> String {
        let effect = self.do_next("Refresh");
        let Effect::Refresh {
            login,
            refresh_token,
            ..
        } = effect
        else {
            panic!("{effect:?}");
        };
        self.handle(Event::Refreshed {
            login,
            result: result.map(Box::new),
        });
        refresh_token.map_or_else(String::new, |token| token.expose().to_owned())
    }

    /// Answers the next revocation, and says which token was revoked.
    pub(super) fn revoked(&mut self, result: Result<(), Fault>) -> String {
        self.parted(result, Ok(())).0
    }

    /// Answers the next revocation, and says which token was revoked and what belonged to it.
    pub(super) fn parted(
        &mut self,
        revoked: Result<(), Fault>,
        forgotten: Result<(), Fault>,
    ) -> (String, Farewell) {
        let effect = self.do_next("Revoke");
        let Effect::Revoke {
            login,
            refresh_token,
            farewell,
            ..
        } = effect
        else {
            panic!("{effect:?}");
        };
        self.handle(Event::Revoked {
            login,
            parting: parting(revoked, forgotten),
        });
        (refresh_token.unwrap().expose().to_owned(), farewell)
    }

    /// The device key that goes with the next refresh.
    pub(super) fn device_key(&self) -> Option<String> {
        let found = self.todo.iter().find_map(|effect| match effect {
            Effect::Refresh { device_key, .. } => Some(device_key.clone()),
            _ => None,
        });
        found.expect("a refresh")
    }

    /// Answers the next step of a sign-in, and says which sign-in that was.
    pub(super) fn conversed(&mut self, result: Result<Step, Fault>) -> (ConversationId, Thread) {
        let effect = self.do_next("Converse");
        let Effect::Converse {
            login,
            conversation,
            thread,
            ..
        } = effect
        else {
            panic!("{effect:?}");
        };
        self.handle(Event::Conversed {
            login,
            conversation: conversation.clone(),
            result,
        });
        (conversation, thread)
    }

    /// Answers a profile's fetch, and says with what it was made.
    pub(super) fn fetched(
        &mut self,
        name: &str,
        result: Result<Fetched, Fault>,
    ) -> (String, Option<String>) {
        let place = self.todo.iter().position(
            |effect| matches!(effect, Effect::Fetch { profile, .. } if profile.as_str() == name),
        );
        let effect = place.and_then(|place| self.todo.remove(place));
        let Some(Effect::Fetch {
            profile,
            proof: Proof::IdToken(id_token),
            identity,
            ..
        }) = effect
        else {
            panic!("no fetch for {name}: {:?}", self.todo);
        };
        self.handle(Event::Fetched {
            profile,
            result: result.map(Box::new),
        });
        (id_token.expose().to_owned(), identity)
    }

    /// Writes what can be lost, if anything.
    pub(super) fn keep_notes(&mut self) {
        if matches!(self.todo.front(), Some(Effect::Keep { .. })) {
            self.kept(Ok(()));
        }
    }

    fn do_next(&mut self, kind: &str) -> Effect {
        let place = self
            .todo
            .iter()
            .position(|effect| format!("{effect:?}").starts_with(kind));
        place
            .and_then(|place| self.todo.remove(place))
            .unwrap_or_else(|| panic!("no {kind} to do: {:?}", self.todo))
    }

    pub(super) fn count(&self, kind: &str) -> usize {
        self.todo
            .iter()
            .filter(|effect| format!("{effect:?}").starts_with(kind))
            .count()
    }

    /// The password in the next step of a conversation.
    pub(super) fn answer_sent(&self) -> Option<String> {
        self.todo.iter().find_map(|effect| match effect {
            Effect::Converse {
                answer: Some(Answer::Password(password)),
                ..
            } => Some(password.expose().to_owned()),
            _ => None,
        })
    }

    pub(super) fn nothing_but(&self, kind: &str) {
        assert_eq!(self.todo.len(), self.count(kind), "{:?}", self.todo);
        assert!(self.count(kind) > 0);
    }

    pub(super) fn nothing(&self) {
        assert!(self.todo.is_empty(), "{:?}", self.todo);
    }

    pub(super) fn waits(&self, ticket: u64) {
        assert_eq!(self.answers.get(&ticket), None);
    }

    /// The one answer to a ticket.
    pub(super) fn reply(&self, ticket: u64) -> &Reply {
        match self.answers.get(&ticket).map(Vec::as_slice) {
            Some([reply]) => reply,
            other => panic!("answers to {ticket}: {other:?}"),
        }
    }

    pub(super) fn document(&self, ticket: u64) -> String {
        match self.reply(ticket) {
            Reply::Document(document) => document.expose().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn failure(&self, ticket: u64) -> &Failure {
        match self.reply(ticket) {
            Reply::Failed(failure) => failure,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn code(&self, ticket: u64) -> Code {
        self.failure(ticket).code
    }

    pub(super) fn signed_out(&self, ticket: u64) -> &SignedOut {
        match self.reply(ticket) {
            Reply::SignedOut(told) => told,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn question(&self, ticket: u64) -> (ConversationId, Option<Failure>) {
        match self.reply(ticket) {
            Reply::Question {
                conversation,
                problem,
                ..
            } => (conversation.clone(), problem.clone()),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn login(&self) -> LoginView {
        let snapshot = self.agent.snapshot(self.now);
        snapshot.logins.first().cloned().unwrap()
    }

    pub(super) fn profile(&self, name: &str) -> ProfileView {
        let snapshot = self.agent.snapshot(self.now);
        let found = |profile: &&ProfileView| profile.name.as_str() == name;
        snapshot.profiles.iter().find(found).cloned().unwrap()
    }
}

pub(super) fn record(refresh_token: &str, rotates: Option<bool>) -> Secret {
    Stored {
        session: Some(StoredSession {
            provider: "eu-west-1_A".into(),
            client_id: "client".into(),
            refresh_token: Some(Secret::new(refresh_token)),
            device_key: None,
            user: user("ann"),
            signed_in: UnixTime::from_secs(1_799_000_000),
            rotates,
            identities: BTreeMap::new(),
        }),
        ..Stored::default()
    }
    .to_record()
}

pub(super) fn parting(revoked: Result<(), Fault>, forgotten: Result<(), Fault>) -> Parting {
    Parting {
        revoked,
        forgotten,
        everywhere: Ok(()),
        rotated: None,
        logout_url: None,
    }
}

pub(super) fn user(name: &str) -> User {
    User {
        sub: format!("sub-{name}"),
        username: name.into(),
        email: None,
    }
}

pub(super) fn life(length: Duration) -> Life {
    Life {
        length,
        server: None,
    }
}

pub(super) fn tokens(id_token: &str, refresh_token: Option<&str>) -> Tokens {
    Tokens {
        id_token: Secret::new(id_token),
        id_life: life(HOUR),
        access: None,
        refresh_token: refresh_token.map(Secret::new),
        user: user("ann"),
        device_key: None,
        roles: Roles::default(),
    }
}

/// As before, with an access token that lives so long.
pub(super) fn tokens_with_access(
    id_token: &str,
    refresh_token: Option<&str>,
    access: &str,
    length: Duration,
) -> Tokens {
    Tokens {
        access: Some(Access {
            token: Secret::new(access),
            life: life(length),
        }),
        ..tokens(id_token, refresh_token)
    }
}

pub(super) fn device(key: &str, username: &str) -> Device {
    Device {
        user_pool_id: "eu-west-1_A".into(),
        username: username.into(),
        alias: None,
        key: key.into(),
        group_key: "-group".into(),
        password: Secret::new("device-password"),
    }
}

pub(super) fn keys(id: &str) -> Fetched {
    Fetched {
        identity: Some("identity-1".into()),
        keys: Keys {
            access_key_id: Secret::new(id),
            secret_access_key: Secret::new("secret/+"),
            session_token: Secret::new("session=="),
            life: life(HOUR),
        },
    }
}

/// What was not a sign-in is done.
pub(super) fn finished(outcome: Outcome) -> Result<Step, Fault> {
    Ok(Step::Finished {
        outcome,
        client_secret: None,
    })
}

pub(super) fn asks_password() -> Result<Step, Fault> {
    Ok(asks_after(None))
}

pub(super) fn asks_password_after(kind: FaultKind) -> Result<Step, Fault> {
    Ok(asks_after(Some(fault(kind))))
}

fn asks_after(problem: Option<Fault>) -> Step {
    Step::Ask {
        thread: Thread::default(),
        question: Question::Password {
            username: "ann".into(),
        },
        problem,
    }
}

pub(super) fn done(user_name: &str, refresh_token: &str) -> Result<Step, Fault> {
    Ok(Step::Done {
        tokens: Box::new(Tokens {
            user: user(user_name),
            ..tokens(&format!("id-of-{user_name}"), Some(refresh_token))
        }),
        client_secret: None,
        device: None,
    })
}

pub(super) fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, "It did not work.")
}

pub(super) fn locked() -> VaultFault {
    VaultFault::new(VaultFaultKind::Locked, "The keychain is locked.")
}
