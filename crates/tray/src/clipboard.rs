//! Keys in the clipboard: marked as a secret, so that no history keeps them, and gone after a
//! minute unless somebody copied something else meanwhile.

use std::fmt;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use arboard::SetExtLinux;
use poolkey_core::secret::Secret;

/// Keys that lie in the clipboard. Dropped, they are taken away.
pub(crate) struct Clipboard {
    /// Nothing is ever sent: that it is gone is the word.
    over: Option<SyncSender<()>>,
    holder: Option<JoinHandle<()>>,
}

impl Clipboard {
    /// Puts a text there, by a thread: who owns a selection must be there to hand it out.
    pub(crate) fn hold(text: Secret) -> Result<Self, String> {
        let (over, ended) = sync_channel::<()>(0);
        let (told, outcome) = sync_channel(1);
        let holder = thread::Builder::new()
            .name("clipboard".into())
            .spawn(move || {
                let mut clipboard = match put(&text) {
                    Ok(clipboard) => clipboard,
                    Err(error) => {
                        let _ = told.send(Err(error.to_string()));
                        return;
                    }
                };
                let _ = told.send(Ok(()));
                // Either the minute is over, or whoever wanted it is gone.
                let _ = ended.recv_timeout(LENGTH);
                take_away(&mut clipboard, &text);
            });
        let holder = holder.map_err(|error| error.to_string())?;
        match outcome.recv() {
            Ok(Ok(())) => Ok(Self {
                over: Some(over),
                holder: Some(holder),
            }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err("The clipboard cannot be used.".into()),
        }
    }
}

fn put(text: &Secret) -> Result<arboard::Clipboard, arboard::Error> {
    let mut clipboard = arboard::Clipboard::new()?;
    clipboard.set().exclude_from_history().text(text.expose())?;
    Ok(clipboard)
}

/// What is not ours is left alone. Ours must go before the clipboard is closed, which would hand
/// it to the desktop's clipboard manager.
fn take_away(clipboard: &mut arboard::Clipboard, text: &Secret) {
    if clipboard
        .get_text()
        .is_ok_and(|found| Secret::new(found) == *text)
        && let Err(error) = clipboard.clear()
    {
        crate::complain(&format!("the clipboard cannot be cleared: {error}"));
    }
}

impl Drop for Clipboard {
    fn drop(&mut self) {
        drop(self.over.take());
        if let Some(holder) = self.holder.take() {
            // It ends well, or has told why not.
            let _ = holder.join();
        }
    }
}

impl fmt::Debug for Clipboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clipboard")
    }
}

const LENGTH: Duration = Duration::from_secs(60);
