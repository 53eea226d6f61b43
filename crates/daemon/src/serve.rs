//! One connection: who is it, what is asked, one line back.

use std::rc::Rc;
use std::time::Duration;

use poolkey_core::event::{Event, Request};
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::fault::{VaultFault, VaultFaultKind};
use poolkey_core::pace;
use poolkey_ipc::frame;
use poolkey_ipc::{Ask, DaemonView, Inbox, Reply, Status, VaultView};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::daemon::Daemon;
use crate::door::{Slot, Stream};
use crate::endpoint::Process;
use crate::examine::examine;

/// Serves one peer that may ask.
pub(crate) async fn serve(daemon: Rc<Daemon>, mut stream: Stream, slot: &Slot) {
    let asked = tokio::select! {
        biased;
        asked = timeout(SILENCE, read(&mut stream)) => asked,
        () = slot.wanted() => return refuse(stream, Trouble::Busy.into()).await,
    };
    slot.keep();
    let reply = match asked {
        Ok(Ok(Some(Ask::Watch))) => return watch(&daemon, stream).await,
        Ok(Ok(Some(ask))) => answer(&daemon, ask, &mut stream).await,
        Ok(Ok(None)) => return,
        Ok(Err(failure)) => Some(Reply::Failed(failure)),
        Err(_) => Some(Reply::Failed(
            Trouble::Protocol("No request came within its time.".into()).into(),
        )),
    };
    if let Some(reply) = reply {
        send(&mut stream, &reply).await;
    }
}

/// Tells one who may not ask why.
pub(crate) async fn refuse(mut stream: impl AsyncWrite + Unpin, failure: Failure) {
    send(&mut stream, &Reply::Failed(failure)).await;
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<Ask>, Failure> {
    let mut inbox = Inbox::new(frame::LONGEST);
    loop {
        let count = match stream.read(inbox.room()).await {
            Ok(count) => count,
            Err(_) => return Ok(None),
        };
        if count == 0 {
            return match inbox.close() {
                Ok(()) => Ok(None),
                Err(broken) => Err(broken.into()),
            };
        }
        inbox.filled(count);
        if let Some(line) = inbox.take_line().map_err(Failure::from)? {
            return Ask::parse(&line).map(Some);
        }
    }
}

/// The answer, or `None` when the one who asked is gone.
async fn answer(daemon: &Rc<Daemon>, ask: Ask, stream: &mut Stream) -> Option<Reply> {
    let engine = &daemon.engine;
    let request = match ask {
        Ask::Status | Ask::Watch => return Some(Reply::Status(Box::new(status(daemon)))),
        Ask::Reload => {
            daemon.reload();
            return Some(Reply::Done);
        }
        Ask::Stop => {
            daemon.stop.notify_one();
            return Some(Reply::Done);
        }
        Ask::Unlock { passphrase, create } => {
            let unlocked = engine.performer.keeper.unlock(passphrase, create).await;
            return Some(match unlocked {
                Ok(()) => {
                    engine.feed(Event::Woke);
                    Reply::Done
                }
                Err(fault) => Reply::Failed(vault_trouble(fault).into()),
            });
        }
        Ask::Credentials { profile } => Request::Credentials {
            profile,
            patience: pace::PATIENCE,
        },
        Ask::SignIn {
            login,
            username,
            another_account,
        } => Request::SignIn {
            login,
            username,
            another_account,
        },
        Ask::Account {
            login,
            username,
            goal,
        } => Request::Account {
            login,
            username,
            goal,
        },
        Ask::Answer {
            conversation,
            answer,
        } => Request::Answer {
            conversation,
            answer,
        },
        Ask::Cancel { conversation } => Request::Cancel { conversation },
        Ask::SignOut { login, scope } => Request::SignOut { login, scope },
        Ask::WhoAmI { profile } => Request::WhoAmI { profile },
        Ask::Token { login, kind } => Request::Token { login, kind },
        Ask::Console {
            profile,
            destination,
        } => Request::Console {
            profile,
            destination,
        },
        Ask::Grant {
            profile,
            name,
            seconds,
        } => {
            let peer = || Process::of_peer(stream);
            let lent = daemon.endpoint.lend(profile, name, seconds, peer).await;
            return Some(lent.map_or_else(Reply::from, |grant| Reply::Grant(Box::new(grant))));
        }
        Ask::Revoke { grant } => {
            let revoked = daemon.endpoint.revoke(&grant).await;
            return Some(revoked.map_or_else(Reply::from, |()| Reply::Done));
        }
        Ask::Examine { login } => {
            let found = examine(engine, login.as_deref()).await;
            return Some(found.map_or_else(Reply::Failed, Reply::Findings));
        }
        Ask::Renew { login } => Request::Renew { login },
    };
    // A person who leaves a sign-in ends it. All else is carried through and told, so that a peer
    // which closes its sending half, as socat does, has its answer.
    let tied = matches!(
        request,
        Request::SignIn { .. } | Request::Account { .. } | Request::Answer { .. }
    );
    let mut waiting = engine.ask(request);
    tokio::select! {
        biased;
        reply = waiting.answer() => Some(reply.map_or_else(stopping, Reply::from)),
        () = gone(stream), if tied => None,
    }
}

/// Comes back when the peer has closed the connection. What it sends after its request is read and
/// dropped.
async fn gone(stream: &mut (impl AsyncRead + Unpin)) {
    let mut idle = [0; 64];
    while matches!(stream.read(&mut idle).await, Ok(count) if count > 0) {}
}

async fn watch(daemon: &Rc<Daemon>, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let (mut reading, mut writing) = tokio::io::split(stream);
    let mut changes = daemon.engine.watch();
    let show = async {
        loop {
            changes.borrow_and_update();
            if !send(&mut writing, &Reply::Status(Box::new(status(daemon)))).await {
                return;
            }
            if changes.changed().await.is_err() {
                return;
            }
            // What changes in one go is shown in one go.
            tokio::time::sleep(TOGETHER).await;
        }
    };
    tokio::select! {
        () = show => {}
        () = gone(&mut reading) => {}
    }
}

/// Sends one line to a peer that takes it in time.
async fn send(stream: &mut (impl AsyncWrite + Unpin), reply: &Reply) -> bool {
    let line = reply
        .to_line()
        .or_else(|failure| Reply::Failed(failure).to_line());
    let Ok(line) = line else { return false };
    matches!(timeout(SILENCE, stream.write_all(&line)).await, Ok(Ok(())))
}

fn status(daemon: &Daemon) -> Status {
    let keeper = &daemon.engine.performer.keeper;
    Status {
        daemon: DaemonView {
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            started: daemon.started,
            socket: daemon.socket.clone(),
            config: daemon.config.clone(),
            endpoint: daemon.endpoint.view(),
            network_trouble: daemon.engine.performer.network_trouble(),
            vault: VaultView {
                choice: keeper.choice(),
                description: keeper.description(),
                trouble: daemon
                    .vault_moved()
                    .or_else(|| keeper.trouble().map(|fault| vault_trouble(fault).into())),
            },
        },
        snapshot: daemon.engine.snapshot(),
    }
}

fn vault_trouble(fault: VaultFault) -> Trouble {
    match fault.kind {
        VaultFaultKind::Locked => Trouble::VaultLocked(fault.text),
        VaultFaultKind::Absent => Trouble::VaultAbsent(fault.text),
        VaultFaultKind::Failed => Trouble::VaultFailed(fault.text),
    }
}

fn stopping() -> Reply {
    Reply::Failed(Trouble::Stopping.into())
}

/// A peer has so long to send its request, and to take its answer.
const SILENCE: Duration = Duration::from_secs(5);

const TOGETHER: Duration = Duration::from_millis(100);
