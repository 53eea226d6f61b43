//! A blocking client: finds the daemon, starts it if need be, asks one thing.

use std::path::PathBuf;
use std::time::Duration;

use poolkey_core::failure::Failure;
use poolkey_core::secret::Secret;
use poolkey_core::session::{IssuedToken, TokenKind};
use zeroize::Zeroizing;

use crate::deadline::Deadline;
use crate::frame::{Inbox, LONGEST, LONGEST_STATUS};
use crate::{Address, Ask, Reply, Status, start, trouble};

use crate::address::Env;
#[cfg(windows)]
use crate::pipe::Connection;
#[cfg(unix)]
use crate::socket::Connection;

/// A blocking client of the daemon. Each question is a connection of its own, and none waits for
/// ever.
#[derive(Clone, Debug)]
pub struct Client {
    env: Env,
    starting: Starting,
    patience: Option<Duration>,
}

/// What a client does when no daemon is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Starting {
    /// It starts the `poolkeyd` beside its own program, or else the one in `PATH`.
    OnDemand,
    /// It starts this program.
    With(PathBuf),
    /// It fails.
    Never,
}

impl Client {
    /// A client in the environment of this process: `POOLKEY_NO_START=1` says [`Starting::Never`].
    #[expect(
        clippy::disallowed_methods,
        reason = "read once, and an argument from here on"
    )]
    pub fn of_process() -> Self {
        let never = std::env::var_os("POOLKEY_NO_START").is_some_and(|value| value == "1");
        let starting = if never {
            Starting::Never
        } else {
            Starting::OnDemand
        };
        Self::new(Env::of_process(), starting)
    }

    /// A client in this environment.
    pub fn new(env: Env, starting: Starting) -> Self {
        Self {
            env,
            starting,
            patience: None,
        }
    }

    /// The same client, but what it does when no daemon is there.
    #[must_use]
    pub fn starting(self, starting: Starting) -> Self {
        Self { starting, ..self }
    }

    /// The same client, but so patient with whatever it asks.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self {
            patience: Some(patience),
            ..self
        }
    }

    /// Asks one thing.
    ///
    /// # Errors
    ///
    /// There is no daemon, or it did not answer in time or not in words that are known. That it
    /// did not do what was asked is a [`Reply::Failed`].
    pub fn ask(&self, ask: &Ask) -> Result<Reply, Failure> {
        let longest = match ask {
            Ask::Status | Ask::Watch | Ask::Examine { .. } => LONGEST_STATUS,
            Ask::Credentials { .. }
            | Ask::SignIn { .. }
            | Ask::Account { .. }
            | Ask::Answer { .. }
            | Ask::Cancel { .. }
            | Ask::SignOut { .. }
            | Ask::WhoAmI { .. }
            | Ask::Token { .. }
            | Ask::Console { .. }
            | Ask::Grant { .. }
            | Ask::Revoke { .. }
            | Ask::Renew { .. }
            | Ask::Reload
            | Ask::Stop
            | Ask::Unlock { .. } => LONGEST,
        };
        Reply::parse(&self.exchange(ask, longest)?)
    }

    /// Asks for the keys of a profile, as the finished `credential_process` document.
    ///
    /// # Errors
    ///
    /// There is no daemon, or it has no keys: why, and what to do about it.
    pub fn document(&self, profile: &str) -> Result<Secret, Failure> {
        let ask = Ask::Credentials {
            profile: profile.to_owned(),
        };
        let line = self.exchange(&ask, LONGEST)?;
        Reply::parse_document(&line).map(Secret::new)
    }

    /// Asks for a token of a login.
    ///
    /// # Errors
    ///
    /// There is no daemon, or it has no such token: why, and what to do about it.
    pub fn token(&self, login: &str, kind: TokenKind) -> Result<IssuedToken, Failure> {
        let reply = self.ask(&Ask::Token {
            login: login.to_owned(),
            kind,
        })?;
        let Reply::Token(token) = reply else {
            return Err(reply.unexpected());
        };
        // What is of another kind would be believed to be what it is not.
        if token.kind != kind {
            return Err(Reply::Token(token).unexpected());
        }
        Ok(*token)
    }

    /// Asks for the status, and for each that follows.
    ///
    /// # Errors
    ///
    /// There is no daemon.
    pub fn watch(&self) -> Result<Watch, Failure> {
        let deadline = self.deadline(&Ask::Watch);
        let mut connection = self.connect(deadline)?;
        connection.send(&Ask::Watch.to_line()?, deadline)?;
        Ok(Watch {
            connection,
            inbox: Inbox::new(LONGEST_STATUS),
            first: Some(deadline),
        })
    }

    /// Whether a daemon listens. None is started.
    ///
    /// # Errors
    ///
    /// Somebody listens who is not our daemon, or no address can be had.
    pub fn is_answered(&self) -> Result<bool, Failure> {
        let found = find(&self.env, self.deadline(&Ask::Status))?;
        Ok(found.is_some())
    }

    fn exchange(&self, ask: &Ask, longest: usize) -> Result<Zeroizing<String>, Failure> {
        let deadline = self.deadline(ask);
        let line = ask.to_line()?;
        let once = || {
            let mut connection = self.connect(deadline)?;
            connection.send(&line, deadline)?;
            receive(&mut connection, &mut Inbox::new(longest), Some(deadline))
        };
        match once()? {
            Some(line) => Ok(line),
            // The daemon was stopping as it took the connection. Another may have taken its place.
            None if may_repeat(ask) => once()?.ok_or_else(trouble::hung_up),
            None => Err(trouble::hung_up()),
        }
    }

    fn connect(&self, deadline: Deadline) -> Result<Connection, Failure> {
        if let Some(connection) = find(&self.env, deadline)? {
            return Ok(connection);
        }
        match &self.starting {
            Starting::OnDemand => start::start(&self.env, &start::program()?, deadline),
            Starting::With(program) => start::start(&self.env, program, deadline),
            Starting::Never => Err(trouble::nobody_listens()),
        }
    }

    fn deadline(&self, ask: &Ask) -> Deadline {
        Deadline::after(self.patience.unwrap_or_else(|| patience(ask)))
    }
}

/// The daemon's program: beside our own, where a package puts it, or in `PATH`.
///
/// # Errors
///
/// It is in neither place.
pub fn daemon_program() -> Result<PathBuf, Failure> {
    start::program()
}

/// The statuses of a daemon, until it stops.
pub struct Watch {
    connection: Connection,
    inbox: Inbox,
    /// The first status comes at once, and the next when something changes.
    first: Option<Deadline>,
}

impl Iterator for Watch {
    type Item = Result<Status, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = receive(&mut self.connection, &mut self.inbox, self.first.take());
        let line = line.transpose()?;
        Some(line.and_then(|line| match Reply::parse(&line)? {
            Reply::Status(status) => Ok(*status),
            Reply::Failed(failure) => Err(failure),
            Reply::Document(_)
            | Reply::Question { .. }
            | Reply::SignedIn { .. }
            | Reply::SignedOut(_)
            | Reply::Outcome(_)
            | Reply::WhoAmI(_)
            | Reply::Token(_)
            | Reply::Console(_)
            | Reply::Grant(_)
            | Reply::Findings(_)
            | Reply::Done
            | Reply::Other(_) => Err(trouble::off_the_point()),
        }))
    }
}

/// The first candidate where somebody listens, who must be our daemon.
pub(crate) fn find(env: &Env, deadline: Deadline) -> Result<Option<Connection>, Failure> {
    let candidates = Address::candidates(env)?.into_iter();
    for address in candidates.filter(Address::is_worth_a_try) {
        if let Some(connection) = Connection::open(&address, deadline)? {
            return Ok(Some(connection));
        }
    }
    Ok(None)
}

/// The next line; `None` when the daemon closed the connection instead.
fn receive(
    connection: &mut Connection,
    inbox: &mut Inbox,
    deadline: Option<Deadline>,
) -> Result<Option<Zeroizing<String>>, Failure> {
    loop {
        if let Some(line) = inbox.take_line()? {
            return Ok(Some(line));
        }
        match connection.receive(inbox.room(), deadline)? {
            0 => {
                inbox.close()?;
                return Ok(None);
            }
            count => inbox.filled(count),
        }
    }
}

/// Whether asking twice does no more than asking once.
fn may_repeat(ask: &Ask) -> bool {
    match ask {
        Ask::Credentials { .. }
        | Ask::WhoAmI { .. }
        | Ask::Token { .. }
        | Ask::Examine { .. }
        | Ask::Status
        | Ask::Watch
        | Ask::Reload => true,
        Ask::SignIn { .. }
        | Ask::Account { .. }
        | Ask::Answer { .. }
        | Ask::Cancel { .. }
        | Ask::SignOut { .. }
        | Ask::Console { .. }
        | Ask::Grant { .. }
        | Ask::Revoke { .. }
        | Ask::Renew { .. }
        | Ask::Stop
        | Ask::Unlock { .. } => false,
    }
}

/// Tools give up after some five seconds, so they are told before. A sign-in goes to Cognito and
/// back, and an encrypted vault is slow to open on purpose.
fn patience(ask: &Ask) -> Duration {
    match ask {
        Ask::Credentials { .. }
        | Ask::Token { .. }
        | Ask::Grant { .. }
        | Ask::Revoke { .. }
        | Ask::Status
        | Ask::Watch
        | Ask::Cancel { .. }
        | Ask::Reload
        | Ask::Stop => Duration::from_millis(4800),
        Ask::Renew { .. }
        | Ask::WhoAmI { .. }
        | Ask::Console { .. }
        | Ask::Examine { .. }
        | Ask::Unlock { .. } => Duration::from_secs(60),
        // A step may wait for a token first, and then take several calls.
        Ask::SignIn { .. } | Ask::Account { .. } | Ask::Answer { .. } | Ask::SignOut { .. } => {
            Duration::from_secs(120)
        }
    }
}
