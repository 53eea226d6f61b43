//! What an earlier daemon lent, and is lent on.

use std::rc::Rc;
use std::time::Duration;

use poolkey_core::time::{Now, UnixTime};

use super::Endpoint;
use super::grants::{Draft, End, Tie, TokenHash};
use super::process::Process;
use super::store::{Kept, KeptExec};
use crate::clock;

impl Endpoint {
    /// Lends again what was lent by name, and to processes that still run.
    pub(super) async fn take_up(self: &Rc<Self>) {
        let _turn = self.turn.lock().await;
        // Nobody is served yet, and no thread is needed for it.
        let found = self.store.load();
        self.kept_port.set(found.port);
        for (name, failure) in found.doubtful {
            tracing::warn!("{failure}");
            self.doubtful.borrow_mut().insert(name, failure);
        }
        let (kept, highest) = self.store.load_exec();
        self.desk.grants().go_on_from(highest);
        for kept in kept {
            let number = kept.number;
            if !self.take_up_process(kept) {
                // The next start tries again.
                let _ = self.forget_exec(number).await;
            }
        }
        for kept in found.grants {
            self.take_up_name(kept).await;
        }
        if self.open_doors().is_err() {
            tokio::task::spawn_local(self.clone().go_on_trying());
        }
    }

    async fn take_up_name(self: &Rc<Self>, kept: Kept) {
        let Ok(end) = end(kept.until, clock::now()) else {
            // The next start tries again.
            let _ = self.forget(kept.name).await;
            return;
        };
        let draft = Draft {
            token: TokenHash::of(kept.token.expose().as_bytes()),
            tie: Tie::Name {
                name: kept.name,
                token: kept.token,
            },
            profile: kept.profile,
            since: kept.since,
            end,
        };
        let lent = self.desk.grants().add(draft).cloned();
        if let Ok(lent) = lent {
            tracing::info!(profile = %lent.profile, grant = lent.id(), "lent since an earlier run");
            self.watch(&lent, None);
        }
    }

    /// Says whether it is lent on: that process, and no other with its number, still runs.
    fn take_up_process(self: &Rc<Self>, kept: KeptExec) -> bool {
        let Ok(end) = end(kept.until, clock::now()) else {
            return false;
        };
        let process = match Process::again(kept.pid, &kept.mark) {
            Ok(process) => process,
            Err(error) => {
                tracing::info!(profile = %kept.profile, grant = kept.number, pid = kept.pid,
                    "lent no longer to its process: {error}");
                return false;
            }
        };
        let draft = Draft {
            tie: Tie::Process {
                pid: kept.pid,
                port: kept.port.get(),
            },
            profile: kept.profile,
            token: kept.token,
            since: kept.since,
            end,
        };
        let lent = self.desk.grants().add_again(kept.number, draft).cloned();
        let Ok(lent) = lent else { return false };
        tracing::info!(profile = %lent.profile, grant = lent.id(), pid = kept.pid,
            "lent since an earlier run");
        self.watch(&lent, Some(process));
        true
    }
}

/// A grant's end was told by the clock on the wall.
fn end(until: Option<UnixTime>, now: Now) -> Result<Option<End>, Over> {
    let Some(until) = until else {
        return Ok(None);
    };
    let left = u64::try_from(until.secs_after(now.wall)).unwrap_or_default();
    if left == 0 {
        return Err(Over);
    }
    let at = now.at + Duration::from_secs(left);
    Ok(Some(End { until, at }))
}

/// The time of a grant was up while no daemon ran.
struct Over;
