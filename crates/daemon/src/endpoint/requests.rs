//! What connections want, on the engine's thread.

use std::rc::Rc;
use std::time::Duration;

use poolkey_core::event::Request;
use poolkey_core::pace;
use poolkey_core::time::Moment;
use tokio::sync::mpsc;

use super::guard::Refusal;
use super::{Asking, Endpoint};
use crate::clock;

impl Endpoint {
    /// Carries what connections want to the engine, for ever.
    pub(super) async fn hand_on(self: Rc<Self>, mut asked: mpsc::Receiver<Asking>) {
        let mut refused = Refused::default();
        while let Some(asking) = asked.recv().await {
            match asking {
                Asking::Keys { profile, mut reply } => {
                    let mut waiting = self.engine.ask(Request::Credentials {
                        profile: profile.to_string(),
                        patience: pace::ENDPOINT_PATIENCE,
                    });
                    tokio::task::spawn_local(async move {
                        tokio::select! {
                            biased;
                            told = waiting.answer() => {
                                if let Some(told) = told {
                                    // Who hung up needs no answer.
                                    let _ = reply.send(told);
                                }
                            }
                            () = reply.closed() => {}
                        }
                    });
                }
                Asking::Used { number } => self.used(number),
                Asking::Refused(refusal) => refused.note(refusal),
            }
        }
    }

    fn used(&self, number: u64) {
        let mut grants = self.desk.grants();
        let Some(lent) = grants.by_number(number) else {
            return;
        };
        let first = lent.used.replace(clock::wall()).is_none();
        if first {
            tracing::info!(profile = %lent.profile, grant = lent.id(), "fetched its first keys");
            drop(grants);
            self.engine.announce();
        }
    }
}

/// Whoever is refused a thousand times a second is one line a minute.
#[derive(Default)]
struct Refused {
    told: Option<Moment>,
    since: u64,
}

impl Refused {
    fn note(&mut self, refusal: Refusal) {
        self.since += 1;
        let now = clock::now().at;
        if self.told.is_some_and(|told| now.since(told) < PAUSE) {
            return;
        }
        tracing::warn!(
            count = self.since,
            "refused at the container credentials endpoint; the last: {refusal:?}"
        );
        *self = Self {
            told: Some(now),
            since: 0,
        };
    }
}

const PAUSE: Duration = Duration::from_secs(60);
