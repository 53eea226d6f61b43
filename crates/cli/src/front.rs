//! Whom the daemon's questions go to: a person, a script, or another program that speaks JSON.

use poolkey_ipc::{Ask, Client};

use crate::conversation::{End, converse};
use crate::ending::Ending;
use crate::interrupt::Interrupt;
use crate::json::JsonLines;
use crate::prompts::{Given, Prompts};
use crate::terminal::Person;

/// One command's way to whoever gave it.
pub(crate) struct Front {
    pub(crate) client: Client,
    /// Nobody where the front end speaks JSON.
    pub(crate) person: Person,
    /// The user's name, as it was given or typed.
    pub(crate) username: Option<String>,
    /// Whether stdout has the link of a sign-in, and nothing else belongs there.
    pub(crate) printed_link: bool,
    json: Option<JsonLines>,
    interrupt: Interrupt,
}

impl Front {
    pub(crate) fn open(json: bool, client: &Client) -> Self {
        let interrupt = Interrupt::catch(client);
        let person = if json {
            Person::absent()
        } else {
            Person::at_hand(&interrupt)
        };
        Self {
            client: client.clone(),
            person,
            username: None,
            printed_link: false,
            json: json.then(JsonLines::of_process),
            interrupt,
        }
    }

    /// Leads a conversation to its end.
    pub(crate) fn converse(&mut self, begin: &Ask, given: Given) -> Result<End, Ending> {
        self.username.clone_from(&given.username);
        match &mut self.json {
            Some(json) => converse(begin, json, &self.interrupt, &self.client),
            None => {
                let mut prompts = Prompts::new(&mut self.person, given);
                let ended = converse(begin, &mut prompts, &self.interrupt, &self.client);
                self.username = prompts.who().or(self.username.take());
                self.printed_link = prompts.printed_link();
                self.person.hush()?;
                ended
            }
        }
    }

    /// Tells the end in words, or as the last line of JSON.
    pub(crate) fn end<T>(
        self,
        ended: Result<(T, End), Ending>,
        words: impl FnOnce(T, End) -> Result<(), Ending>,
    ) -> Result<(), Ending> {
        match (self.json, ended) {
            (None, Ok((of, end))) => words(of, end),
            (None, Err(ending)) => Err(ending),
            (Some(mut json), Ok((_, end))) => Ok(json.end(&end)?),
            (Some(mut json), Err(ending)) => {
                json.fail(&ending)?;
                Err(ending)
            }
        }
    }
}
