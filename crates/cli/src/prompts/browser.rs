//! A sign-in in the browser: it is opened, or its link is shown, and waited for, while a person may
//! paste the address that it ended on.

use std::io::{self, Write as _};
use std::time::Duration;

use poolkey_core::conversation::Answer;
use poolkey_core::failure::{Code, Failure};
use poolkey_core::time::UnixTime;

use super::{Prompts, wording};
use crate::browser::{self, Surroundings};
use crate::ending::Ending;
use crate::words;

/// What is done with the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Link {
    /// The browser opens it, where there is one.
    #[default]
    Open,
    /// It goes to stdout.
    Print,
}

/// The browser that is waited for.
pub(super) struct Waiting {
    url: String,
    since: UnixTime,
    /// What was told of it last.
    problem: Option<Failure>,
}

impl Prompts<'_> {
    pub(super) fn browser(
        &mut self,
        url: &str,
        redirect_uri: &str,
        problem: Option<&Failure>,
    ) -> Result<Answer, Ending> {
        let again = match &mut self.waiting {
            None => false,
            Some(waiting) if waiting.url == url => {
                // It stays until there is another answer, and is told once.
                if let Some(new) = problem.filter(|_| waiting.problem.as_ref() != problem) {
                    waiting.problem = Some(new.clone());
                    self.person.tell(&wording::problem(new))?;
                }
                return self.wait();
            }
            Some(_) => true,
        };
        self.person.hush()?;
        if let Some(problem) = problem {
            if !self.person.can_be_asked_again() {
                // Nobody is there to do it better.
                return Err(problem.clone().into());
            }
            self.person.tell(&wording::problem(problem))?;
        }
        if again {
            // One that fails at once would open the browser for ever.
            self.person.line("Press Enter to try again: ", AGAIN)?;
        }
        self.waiting = Some(Waiting {
            url: url.to_owned(),
            since: words::now(),
            problem: problem.cloned(),
        });
        self.send(url, redirect_uri)?;
        self.person.listen()?;
        Ok(Answer::Wait)
    }

    /// Whether the link went to stdout, where nothing else belongs then.
    pub(crate) fn printed_link(&self) -> bool {
        self.printed_link
    }

    /// What was pasted, or that the browser is still waited for. The pause keeps a daemon that
    /// answers at once from being asked without end.
    fn wait(&mut self) -> Result<Answer, Ending> {
        if let Some(address) = self.person.heard(PAUSE)? {
            return Ok(Answer::Address(address));
        }
        let since = self.waiting.as_ref().map(|waiting| waiting.since);
        match since {
            Some(since) if words::now().secs_after(since) > LONGEST_WAIT => Err(nobody_came()),
            Some(_) | None => Ok(Answer::Wait),
        }
    }

    fn send(&mut self, url: &str, redirect_uri: &str) -> Result<(), Ending> {
        let hindrance = match self.given.link {
            Link::Print => Some("Open this link in a browser:".to_owned()),
            Link::Open => Surroundings::of_process()
                .hindrance()
                .map(|why| format!("{why} Open this link in one, on whatever machine:")),
        };
        let hindrance = match hindrance {
            None => browser::open(url)
                .err()
                .map(|why| format!("{} Open this link in one:", browser::not_opened(&why))),
            some => some,
        };
        match hindrance {
            None => {
                self.person
                    .tell("Your browser opens for the sign-in. If it does not, open this link:")?;
                self.person.tell(url)?;
            }
            Some(told) => {
                self.person.tell(&told)?;
                let mut out = io::stdout().lock();
                writeln!(out, "{}", words::clean(url))?;
                out.flush()?;
                self.printed_link = true;
            }
        }
        if !self.person.can_be_asked_again() {
            return self.person.tell("Waiting for the browser.");
        }
        self.person
            .tell("Waiting for the browser; Ctrl-C gives up.")?;
        self.person.tell(&format!(
            "Where the browser is on another machine, it ends on an address that it cannot show, \
             {redirect_uri}?…: paste that here and press Enter{}.",
            self.person.hides()
        ))
    }
}

fn nobody_came() -> Ending {
    Ending::Failed(Failure {
        code: Code::NoConversation,
        sentence: "Nobody finished the sign-in in the browser in time.".into(),
        remedy: "Run the command again.".into(),
    })
}

const AGAIN: &str = "The sign-in in the browser came to nothing.";

const PAUSE: Duration = Duration::from_millis(100);

/// The daemon's listener waits ten minutes; in seconds.
const LONGEST_WAIT: i64 = 660;
