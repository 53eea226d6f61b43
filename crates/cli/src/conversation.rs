//! A conversation with the daemon: its questions go to whoever answers them, until it is done.

use poolkey_core::conversation::{Answer, Outcome, Question};
use poolkey_core::event::ConversationId;
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::session::User;
use poolkey_ipc::{Ask, Client, Reply};

use crate::ending::{Ending, complain};
use crate::interrupt::Interrupt;

/// What it came to.
pub(crate) enum End {
    SignedIn(User),
    Outcome(Outcome),
}

/// Whoever answers questions.
pub(crate) trait Answers {
    /// The answer, of the question's own kind. `problem` is what was wrong with the last one.
    fn answer(&mut self, question: &Question, problem: Option<&Failure>) -> Result<Answer, Ending>;
}

/// Begins one and leads it to its end. However it ends, nothing of it stays at the daemon.
pub(crate) fn converse(
    begin: &Ask,
    answers: &mut dyn Answers,
    interrupt: &Interrupt,
    client: &Client,
) -> Result<End, Ending> {
    let mut reply = client.ask(begin)?;
    loop {
        interrupt.stops_here();
        match reply {
            Reply::Question {
                conversation,
                question,
                problem,
            } => {
                interrupt.cancels(Some(conversation.clone()));
                let answered = answers.answer(&question, problem.as_ref());
                interrupt.stops_here();
                let next = answered.and_then(|answer| {
                    let ask = Ask::Answer {
                        conversation: conversation.clone(),
                        answer,
                    };
                    Ok(client.ask(&ask)?)
                });
                interrupt.stops_here();
                reply = match next {
                    Ok(reply) => reply,
                    Err(ending) => return Err(give_up(conversation, ending, interrupt, client)),
                };
            }
            Reply::SignedIn { user } => {
                interrupt.cancels(None);
                return Ok(End::SignedIn(user));
            }
            Reply::Outcome(outcome) => {
                interrupt.cancels(None);
                return Ok(End::Outcome(outcome));
            }
            Reply::Failed(failure) => {
                interrupt.cancels(None);
                return Err(failure.into());
            }
            other @ (Reply::Document(_)
            | Reply::Status(_)
            | Reply::SignedOut(_)
            | Reply::WhoAmI(_)
            | Reply::Token(_)
            | Reply::Console(_)
            | Reply::Grant(_)
            | Reply::Findings(_)
            | Reply::Done
            | Reply::Other(_)) => return Err(other.unexpected().into()),
        }
    }
}

fn give_up(
    conversation: ConversationId,
    ending: Ending,
    interrupt: &Interrupt,
    client: &Client,
) -> Ending {
    if let Ok(Reply::Failed(failure)) = client.ask(&Ask::Cancel { conversation })
        && !matches!(ending, Ending::Failed(_))
    {
        complain(&failure);
    }
    interrupt.cancels(None);
    ending
}

/// The daemon asks for something that only a newer version understands.
pub(crate) fn newer_question() -> Failure {
    Trouble::Protocol("The daemon asks what this version cannot show: it is newer.".into()).into()
}
