//! What a person makes new: an authenticator app that knows a key, a password, attributes.

use std::collections::BTreeMap;

use poolkey_core::conversation::Answer;
use poolkey_core::secret::Secret;

use super::{Prompts, wording};
use crate::ending::Ending;
use crate::qr;
use crate::terminal::Shown;

impl Prompts<'_> {
    /// Shows the key once, and asks for a code until the pool takes one.
    pub(super) fn app_setup(&mut self, key: &Secret, uri: &Secret) -> Result<Answer, Ending> {
        if !self.person.can_be_asked_again() {
            return Err(Ending::Usage(
                "An authenticator app is set up at a terminal, or with --json.".into(),
            ));
        }
        let known = self.app.take().filter(|(shown, _)| shown == key);
        let name = match known {
            Some((_, name)) => name,
            None => {
                self.show_key(key, uri)?;
                let name = self.person.line("Name for this device [none]: ", "")?;
                Some(name).filter(|name| !name.is_empty())
            }
        };
        self.app = Some((key.clone(), name.clone()));
        loop {
            let code = self.person.typed("Code that the app shows: ")?;
            match code.expose().trim() {
                "" => {}
                word if word.eq_ignore_ascii_case("link") => self.person.tell(uri.expose())?,
                _ => {
                    return Ok(Answer::AppSetup {
                        code,
                        device_name: name,
                    });
                }
            }
        }
    }

    fn show_key(&mut self, key: &Secret, uri: &Secret) -> Result<(), Ending> {
        let shown = match qr::draw(uri.expose()) {
            Some(picture) => self.person.show(&picture)?,
            None => Shown::Nothing,
        };
        let lead = match shown {
            Shown::Whole => "Scan this with an authenticator app, or type the key into it:",
            Shown::TooNarrow => {
                "Type this key into an authenticator app (a wider terminal shows a QR code):"
            }
            Shown::Nothing => "Type this key into an authenticator app:",
        };
        self.person.tell(lead)?;
        let grouped = wording::grouped(key.expose());
        self.person.tell(&format!("    {}", *grouped))?;
        self.person
            .tell("(Type “link” instead of a code to see it as an otpauth link.)")
    }

    /// Nobody can look it up later, so it is typed twice.
    pub(super) fn new_password(&mut self, username: &str) -> Result<Secret, Ending> {
        let prompt = match username {
            "" => "New password: ".to_owned(),
            name => format!("New password of {name}: "),
        };
        loop {
            let first = self.person.secret(&prompt)?;
            if !self.person.can_be_asked_again() {
                return Ok(first);
            }
            if first.expose().is_empty() {
                self.person.tell("It cannot be empty.")?;
            } else if self.person.secret("Once more: ")? == first {
                return Ok(first);
            } else {
                self.person.tell("The two are not the same.")?;
            }
        }
    }

    pub(super) fn attributes(
        &mut self,
        names: &[String],
    ) -> Result<BTreeMap<String, String>, Ending> {
        let mut all = BTreeMap::new();
        for name in names {
            let value = match self.given.attributes.remove(name) {
                Some(value) => value,
                None => self.attribute(name)?,
            };
            self.attributes.insert(name.clone(), value.clone());
            all.insert(name.clone(), value);
        }
        Ok(all)
    }

    fn attribute(&mut self, name: &str) -> Result<String, Ending> {
        let label = wording::attribute(name);
        let before = self.attributes.get(name).cloned();
        let prompt = match &before {
            Some(before) => format!("{label} [{before}]: "),
            None => format!("{label}: "),
        };
        let missing = format!("The user pool wants to know more: --attribute {name}=VALUE");
        loop {
            let typed = self.person.line(&prompt, &missing)?;
            match &before {
                _ if !typed.is_empty() => return Ok(typed),
                Some(before) => return Ok(before.clone()),
                None => {}
            }
        }
    }
}
