//! Word from the system that the world may have changed: it woke up, or came to a network.

use std::rc::Rc;
use std::time::Duration;

use poolkey_core::event::Event;
use tokio::sync::mpsc;

use crate::engine::Engine;

#[cfg(target_os = "linux")]
mod logind;
#[cfg(target_os = "linux")]
mod netlink;

/// Tells the engine of each, for ever. Where the system tells nothing, the engine's own clock
/// check finds a sleep within half a minute.
pub(crate) async fn listen(engine: Rc<Engine>) {
    // Kept alive, so that without any teller this waits for ever.
    let (tell, mut told) = mpsc::channel(1);
    #[cfg(target_os = "linux")]
    {
        if let Err(error) = logind::start(tell.clone()) {
            tracing::debug!("no word of sleep: {error}");
        }
        if let Err(error) = netlink::start(tell.clone()) {
            tracing::debug!("no word of networks: {error}");
        }
    }
    while told.recv().await.is_some() {
        engine.feed(Event::Woke);
        // A network that comes and goes is looked at every few seconds, not at each change.
        tokio::time::sleep(TOGETHER).await;
    }
    drop(tell);
}

const TOGETHER: Duration = Duration::from_secs(2);
