//! What a person chose and the daemon must do: each on a thread of its own, because it may take as
//! long as Cognito does.

use poolkey_core::environment::{Shell, environment};
use poolkey_core::event::SignOutScope;
use poolkey_core::failure::Failure;
use poolkey_core::messages::Language;
use poolkey_core::name::{LoginName, ProfileName};
use poolkey_ipc::{Ask, Client, Reply};
use tokio::sync::mpsc::Sender;

use crate::clipboard::Clipboard;
use crate::desk::Event;
use crate::notify::Ring;

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Errand {
    SignOut(LoginName),
    Renew(LoginName),
    /// With what was copied last, which is taken away first: the same keys may be copied twice.
    Copy(ProfileName, Shell, Option<Clipboard>),
}

/// Does it, and says what a person would not see in the menu.
pub(crate) fn run(
    errand: Errand,
    client: Client,
    language: Language,
    bell: Sender<Ring>,
    events: Sender<Event>,
) {
    tokio::task::spawn_blocking(move || {
        let said = match errand {
            Errand::SignOut(login) => sign_out(&login, &client, language),
            Errand::Renew(login) => done(client.ask(&Ask::Renew {
                login: login.to_string(),
            })),
            Errand::Copy(profile, shell, last) => {
                drop(last);
                copy(&profile, shell, &client, language, &events)
            }
        };
        let said = said.unwrap_or_else(|failure| Some(told(&failure, language)));
        if let Some((title, body)) = said {
            // Whoever ended the icon meanwhile does not want to know.
            let _ = bell.blocking_send(Ring::Say { title, body });
        }
    });
}

/// A title and what stands below it; `None`: the menu says enough.
type Said = Option<(String, String)>;

fn sign_out(login: &LoginName, client: &Client, language: Language) -> Result<Said, Failure> {
    let ask = Ask::SignOut {
        login: login.to_string(),
        scope: SignOutScope::Session,
    };
    let reply = client.ask(&ask)?;
    let Reply::SignedOut(told) = reply else {
        return done(Ok(reply));
    };
    Ok(told.not_revoked.map(|failure| {
        let title = language.say("notice.not_revoked", &[("login", login.as_str())]);
        // It says whether Poolkey goes on trying.
        (title, failure.to_string())
    }))
}

fn copy(
    profile: &ProfileName,
    shell: Shell,
    client: &Client,
    language: Language,
    events: &Sender<Event>,
) -> Result<Said, Failure> {
    let document = client.document(profile.as_str())?;
    let places = [("profile", profile.as_str())];
    let say = |key| language.say(key, &places);
    Ok(Some(
        match Clipboard::hold(environment(&document, shell)?) {
            Ok(clipboard) => {
                // Should the icon end at this moment, the clipboard is cleared as it is dropped.
                let _ = events.blocking_send(Event::Copied(clipboard));
                (say("notice.copied"), say("notice.copied_body"))
            }
            Err(error) => {
                let body = format!("{error} {}", say("notice.not_copied_remedy"));
                (say("notice.not_copied"), body)
            }
        },
    ))
}

fn done(reply: Result<Reply, Failure>) -> Result<Said, Failure> {
    match reply? {
        Reply::Failed(failure) => Err(failure),
        Reply::Document(_)
        | Reply::Status(_)
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
        | Reply::Other(_) => Ok(None),
    }
}

/// A failure in the person's language, with the daemon's own sentence as its detail.
fn told(failure: &Failure, language: Language) -> (String, String) {
    (language.headline(failure.code), failure.to_string())
}
