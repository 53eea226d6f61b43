//! What is logged: to stderr, which is the desktop's own log.

use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::prelude::*;

/// Begins to log what `POOLKEY_LOG` says (`info`, `poolkey_desktop=debug`, …).
#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read here, once"
)]
pub(crate) fn begin() {
    let wanted = std::env::var("POOLKEY_LOG").unwrap_or_default();
    let targets: Targets = wanted
        .parse()
        .ok()
        .filter(|_| !wanted.is_empty())
        .unwrap_or_else(|| Targets::new().with_default(tracing::Level::INFO));
    tracing_subscriber::registry()
        .with(
            tracing_subscriber::fmt::layer()
                .with_writer(std::io::stderr)
                .with_ansi(false),
        )
        .with(targets)
        // It says where it sends the browser, and whoever has an address of the console is in.
        .with(filter_fn(|said| !said.target().starts_with("webbrowser")))
        .init();
}
