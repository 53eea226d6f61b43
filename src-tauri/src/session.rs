//! What a page may ask of a session that there is: its end, and who its keys are.

use poolkey_core::event::{SignOutScope, SignedOut, WhoAmI};
use poolkey_core::failure::Failure;
use poolkey_ipc::{Ask, Client, Reply};
use serde::{Deserialize, Serialize};
use tauri::State;

use crate::browser;
use crate::commands::{Done, beside};

/// Ends a login's session.
#[tauri::command]
pub(crate) async fn sign_out(
    client: State<'_, Client>,
    login: String,
    scope: SignOutScope,
    browser: InBrowser,
) -> Done<SignedOutHere> {
    let client = client.inner().clone();
    beside(move || {
        let reply = client.ask(&Ask::SignOut { login, scope })?;
        let Reply::SignedOut(told) = reply else {
            return Err(reply.unexpected());
        };
        let browser = match (browser, &told.logout_url) {
            (InBrowser::Stay, _) => None,
            (InBrowser::SignOut, None) => Some(SentTo::Nowhere),
            (InBrowser::SignOut, Some(address)) => Some(match browser::open(address) {
                Ok(()) => SentTo::Provider,
                Err(failure) => SentTo::Failed { failure },
            }),
        };
        Ok(SignedOutHere {
            told,
            scope,
            browser,
        })
    })
    .await
}

/// Whether the browser shall be signed out, too.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum InBrowser {
    Stay,
    SignOut,
}

/// What a sign-out came to, and what became of the browser where that was asked for.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SignedOutHere {
    told: SignedOut,
    scope: SignOutScope,
    browser: Option<SentTo>,
}

/// Where the browser was sent.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "to", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum SentTo {
    /// To the page that signs out.
    Provider,
    /// No such page is known.
    Nowhere,
    /// No browser opens.
    Failed { failure: Failure },
}

/// Who a profile's keys are.
#[tauri::command]
pub(crate) async fn who_am_i(client: State<'_, Client>, profile: String) -> Done<WhoAmI> {
    let client = client.inner().clone();
    beside(move || {
        let reply = client.ask(&Ask::WhoAmI { profile })?;
        let Reply::WhoAmI(who) = reply else {
            return Err(reply.unexpected());
        };
        Ok(*who)
    })
    .await
}
