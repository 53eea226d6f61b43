//! What a page may ask of keys that others use: the AWS console in the person's browser, and the
//! permissions at the container credentials endpoint.

use poolkey_core::console::Destination;
use poolkey_core::failure::{Code, Failure};
use poolkey_core::time::UnixTime;
use poolkey_ipc::handoff::hand_over;
use poolkey_ipc::{Ask, Client, Reply};
use serde::Serialize;
use tauri::State;

use crate::browser;
use crate::commands::{Done, beside, done};

/// Sends the person's browser to the AWS console. Neither the page nor any program's arguments have
/// the address: whoever has it is in.
#[tauri::command]
pub(crate) async fn open_console(
    client: State<'_, Client>,
    profile: String,
) -> Done<ConsoleOpened> {
    let client = client.inner().clone();
    beside(move || {
        let destination = Destination::default();
        let reply = client.ask(&Ask::Console {
            profile,
            destination,
        })?;
        let Reply::Console(link) = reply else {
            return Err(reply.unexpected());
        };
        let url = link.url.expose();
        browser::check(url)?;
        let open = |address: &str| browser::open(address).map_err(|failure| failure.sentence);
        hand_over(url, open).map_err(|sentence| Failure {
            code: Code::Other,
            sentence,
            remedy: "Choose a default browser in the system's settings, and try again.".into(),
        })?;
        Ok(ConsoleOpened {
            session_ends: link.session_ends,
        })
    })
    .await
}

/// The browser is on its way.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ConsoleOpened {
    /// When the session in the console ends.
    session_ends: UnixTime,
}

/// Ends a permission to fetch keys at the endpoint.
#[tauri::command]
pub(crate) async fn revoke(client: State<'_, Client>, grant: String) -> Done<()> {
    let client = client.inner().clone();
    beside(move || done(client.ask(&Ask::Revoke { grant })?)).await
}
