//! Desktop notifications: `org.freedesktop.Notifications`.
//!
//! There is at most one for each subject; what is told anew takes the old one's place. The server's
//! signals are listened to only while something of ours is shown, because they tell of everybody's
//! notifications.

use std::collections::{BTreeMap, HashMap};
use std::future::pending;

use futures_util::StreamExt;
use poolkey_core::menu::{Icon, icon};
use poolkey_core::notice::{Notice, Subject, Target};
use tokio::sync::mpsc::{Receiver, Sender};
use zbus::message::{Message, Type};
use zbus::zvariant::{DynamicType, Value};
use zbus::{Connection, MatchRule, MessageStream};

use crate::desk::Event;

/// What is to be shown, or no longer.
#[derive(Debug)]
pub(crate) enum Ring {
    /// A trouble.
    Show(Notice),
    /// It is over.
    Withdraw(Subject),
    /// What came of something that a person did.
    Say {
        /// The first line.
        title: String,
        /// The rest.
        body: String,
    },
    /// Nothing may be left, and nothing more comes.
    Silence,
}

/// Shows what is rung for, and tells of clicks, until silence is wanted or the bus is gone.
pub(crate) async fn run(
    connection: Connection,
    mut ringing: Receiver<Ring>,
    events: Sender<Event>,
) {
    let mut alive = listen(&connection, BUS).await;
    let mut server = Server {
        connection,
        shown: BTreeMap::new(),
        clicks: HashMap::new(),
        signals: None,
        speaks: None,
        token: None,
    };
    loop {
        tokio::select! {
            ring = ringing.recv() => match ring {
                Some(Ring::Show(notice)) => server.show(notice).await,
                Some(Ring::Withdraw(subject)) => server.withdraw(&About::Trouble(subject)).await,
                Some(Ring::Say { title, body }) => server.say(title, body).await,
                Some(Ring::Silence) | None => return server.silence().await,
            },
            signal = next(&mut server.signals) => {
                if let Some(clicked) = signal.and_then(|signal| server.signal(&signal)) {
                    // More clicks than can be kept are of no person.
                    let _ = events.try_send(clicked);
                }
            }
            end = next(&mut alive) => if end.is_none() {
                // Whoever listens ends with the session anyway.
                let _ = events.send(Event::Over).await;
                return;
            },
        }
    }
}

/// What a notification is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    Trouble(Subject),
    /// What a person did last.
    Deed,
}

struct Server {
    connection: Connection,
    shown: BTreeMap<About, u32>,
    clicks: HashMap<u32, Target>,
    signals: Option<MessageStream>,
    /// What the server is able to do, once it was asked.
    speaks: Option<Vec<String>>,
    /// The desktop's leave to come to the front, for the click that follows.
    token: Option<(u32, String)>,
}

impl Server {
    async fn show(&mut self, notice: Notice) {
        let picture = match notice.subject {
            Subject::SignIn(_) | Subject::Ending(_) => Icon::NeedsSignIn,
            Subject::Connection | Subject::Keychain => Icon::Waiting,
        };
        let about = About::Trouble(notice.subject);
        let actions = ["default", &notice.button, "open", &notice.button];
        let shown = self
            .notify(&about, picture, &notice.title, &notice.body, &actions)
            .await;
        if let Some(number) = shown {
            self.clicks.insert(number, notice.target);
            self.shown.insert(about, number);
        }
    }

    async fn say(&mut self, title: String, body: String) {
        if let Some(number) = self
            .notify(&About::Deed, Icon::Well, &title, &body, &[])
            .await
        {
            self.shown.insert(About::Deed, number);
        }
    }

    async fn notify(
        &mut self,
        about: &About,
        picture: Icon,
        title: &str,
        body: &str,
        actions: &[&str],
    ) -> Option<u32> {
        if self.signals.is_none() {
            self.signals = listen(&self.connection, SIGNALS).await;
        }
        if self.speaks.is_none() {
            let told = self.call("GetCapabilities", &()).await?;
            self.speaks = told.body().deserialize().ok();
        }
        let body = if self.can("body-markup") {
            escaped(body)
        } else {
            body.to_owned()
        };
        let actions = if self.can("actions") { actions } else { &[] };
        let image = Value::from((SIDE, SIDE, 4 * SIDE, true, 8, 4, rgba(picture)));
        let hints = HashMap::from([
            ("urgency", Value::from(1_u8)),
            ("image-data", image),
            ("transient", Value::from(*about == About::Deed)),
        ]);
        let replaces = self.shown.get(about).copied().unwrap_or_default();
        let timeout = -1_i32;
        let body = (
            "Poolkey", replaces, "", title, body, actions, hints, timeout,
        );
        let reply = self.call("Notify", &body).await?;
        let number = reply.body().deserialize().ok();
        if replaces != 0 && number != Some(replaces) {
            self.clicks.remove(&replaces);
        }
        number
    }

    async fn withdraw(&mut self, about: &About) {
        if let Some(number) = self.shown.remove(about) {
            self.clicks.remove(&number);
            self.call("CloseNotification", &(number,)).await;
            self.rest();
        }
    }

    async fn silence(mut self) {
        while let Some((about, _)) = self.shown.first_key_value() {
            let about = about.clone();
            self.withdraw(&about).await;
        }
    }

    /// What a signal of the server means for us.
    fn signal(&mut self, signal: &Message) -> Option<Event> {
        let header = signal.header();
        let body = signal.body();
        match header.member()?.as_str() {
            "ActivationToken" => {
                let (number, token): (u32, String) = body.deserialize().ok()?;
                if self.clicks.contains_key(&number) {
                    self.token = Some((number, token));
                }
                None
            }
            "ActionInvoked" => {
                let (number, _): (u32, String) = body.deserialize().ok()?;
                let target = self.clicks.get(&number)?.clone();
                let token = self.token.take().filter(|(of, _)| *of == number);
                Some(Event::Clicked(target, token.map(|(_, token)| token)))
            }
            "NotificationClosed" => {
                let (number, _): (u32, u32) = body.deserialize().ok()?;
                self.shown.retain(|_, shown| *shown != number);
                self.clicks.remove(&number);
                self.rest();
                None
            }
            _ => None,
        }
    }

    /// While nothing of ours is shown, nothing is listened to.
    fn rest(&mut self) {
        if self.shown.is_empty() {
            self.signals = None;
            self.token = None;
        }
    }

    fn can(&self, ability: &str) -> bool {
        self.speaks.iter().flatten().any(|known| known == ability)
    }

    async fn call<B>(&self, method: &str, body: &B) -> Option<Message>
    where
        B: serde::Serialize + DynamicType,
    {
        let place = (Some(SERVER), PATH, Some(SERVER));
        let called = self
            .connection
            .call_method(place.0, place.1, place.2, method, body);
        match called.await {
            Ok(reply) => Some(reply),
            Err(error) => {
                crate::complain(&format!("no notification ({method}): {error}"));
                None
            }
        }
    }
}

/// The next message; for ever nothing where nothing is listened to.
async fn next(stream: &mut Option<MessageStream>) -> Option<Message> {
    match stream {
        Some(stream) => stream.next().await?.ok(),
        None => pending().await,
    }
}

async fn listen(connection: &Connection, sender: &'static str) -> Option<MessageStream> {
    let rule = MatchRule::builder().msg_type(Type::Signal);
    let rule = match sender {
        BUS => rule.sender(BUS).and_then(|rule| rule.member("NameLost")),
        _ => rule.interface(SERVER).and_then(|rule| rule.path(PATH)),
    };
    let rule = rule.ok()?.build();
    MessageStream::for_match_rule(rule, connection, Some(QUEUE))
        .await
        .ok()
}

/// The body may hold markup, so what looks like it is taken literally.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The icon as notifications want it: alpha last.
fn rgba(picture: Icon) -> Vec<u8> {
    let mut pixels = icon::argb(picture, SIDE.unsigned_abs());
    for pixel in pixels.chunks_exact_mut(4) {
        pixel.rotate_left(1);
    }
    pixels
}

const BUS: &str = "org.freedesktop.DBus";
const SERVER: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const SIGNALS: &str = SERVER;
const SIDE: i32 = 48;
const QUEUE: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_elsewhere_is_no_markup() {
        assert_eq!(escaped("<b>&amp;"), "&lt;b&gt;&amp;amp;");
    }

    #[test]
    fn the_picture_has_its_alpha_last() {
        let pixels = rgba(Icon::Well);
        assert_eq!(pixels.len(), 48 * 48 * 4);
        assert_eq!(pixels[3], 0, "the corner is clear");
        let middle = &pixels[4 * (48 * 6 + 24)..][..4];
        assert_eq!(middle, [0x0b, 0x84, 0x68, 0xff], "the badge");
    }
}
