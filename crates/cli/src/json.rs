//! A conversation in lines of JSON, in the wire's own words: for scripts and other front ends.

use std::io::{self, Read, Write};

use poolkey_core::conversation::{Answer, Outcome, Question};
use poolkey_core::failure::{Code, Failure};
use poolkey_core::session::User;
use poolkey_ipc::frame::LONGEST;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::conversation::{Answers, End, newer_question};
use crate::ending::{Ending, USAGE_HINT};
use crate::terminal::{line_of, no_answer, stdin, unreadable};

/// Questions go to stdout, answers come from stdin, a line each.
pub(crate) struct JsonLines {
    stdin: Box<dyn Read>,
    stdout: Box<dyn Write>,
}

impl JsonLines {
    pub(crate) fn of_process() -> Self {
        Self {
            stdin: stdin(),
            stdout: Box::new(io::stdout()),
        }
    }

    /// The last line.
    pub(crate) fn end(&mut self, end: &End) -> io::Result<()> {
        self.write::<Failure>(&match end {
            End::SignedIn(user) => Line::SignedIn { user },
            End::Outcome(outcome) => Line::Outcome { outcome },
        })
    }

    /// The last line, where it came to nothing.
    pub(crate) fn fail(&mut self, ending: &Ending) -> io::Result<()> {
        match ending {
            Ending::Failed(failure) => self.write(&Line::Failed { failure }),
            Ending::Usage(told) => self.write(&Line::Failed {
                failure: &Usage {
                    code: "usage",
                    sentence: told,
                    remedy: USAGE_HINT,
                },
            }),
            // Then this line cannot be written either, or no conversation ends so.
            Ending::Output(_) | Ending::NotRun { .. } | Ending::Told(_) => Ok(()),
        }
    }

    fn write<F: Serialize>(&mut self, line: &Line<'_, F>) -> io::Result<()> {
        // Grown in one piece: it may show the key of an authenticator app.
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST));
        serde_json::to_writer(&mut *bytes, line)?;
        bytes.push(b'\n');
        self.stdout.write_all(&bytes)?;
        self.stdout.flush()
    }
}

impl Answers for JsonLines {
    /// Asks again by itself when a line is no answer to the question.
    fn answer(&mut self, question: &Question, problem: Option<&Failure>) -> Result<Answer, Ending> {
        if *question == Question::Other {
            return Err(newer_question().into());
        }
        let mut problem = problem.cloned();
        loop {
            self.write::<Failure>(&Line::Question {
                question,
                problem: problem.as_ref(),
            })?;
            let line = line_of(&mut self.stdin, LONGEST).map_err(|error| unreadable(&error))?;
            let line = line.ok_or_else(no_answer)?;
            problem = Some(match serde_json::from_str::<Answer>(&line) {
                Ok(answer) if answer.is_to(question) => return Ok(answer),
                Ok(_) => unfit("The answer is of another kind than the question."),
                // Its own sentence could repeat what it read.
                Err(_) => unfit("The line is no answer."),
            });
        }
    }
}

fn unfit(told: &str) -> Failure {
    Failure {
        code: Code::Protocol,
        sentence: told.into(),
        remedy: "Answer with one line like {\"kind\":\"password\",\"value\":\"…\"}, its kind \
                 fitting the question."
            .into(),
    }
}

/// A line that is written. `F` says why it came to nothing.
#[derive(Serialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
enum Line<'a, F> {
    Question {
        question: &'a Question,
        #[serde(skip_serializing_if = "Option::is_none")]
        problem: Option<&'a Failure>,
    },
    SignedIn {
        user: &'a User,
    },
    Outcome {
        outcome: &'a Outcome,
    },
    Failed {
        failure: &'a F,
    },
}

/// A failure that no daemon tells: the arguments are wrong.
#[derive(Serialize)]
struct Usage<'a> {
    code: &'static str,
    sentence: &'a str,
    remedy: &'a str,
}
