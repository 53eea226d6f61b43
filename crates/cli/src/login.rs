//! `poolkey login` and `poolkey renew`.

use std::io::Write;

use poolkey_core::config::Config;
use poolkey_core::conversation::{Answer, Question};
use poolkey_core::event::ConversationId;
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::name::LoginName;
use poolkey_core::session::User;
use poolkey_ipc::{Ask, Client, Reply};
use toml_edit::{Table, value};

use crate::args::{FlowName, LoginArgs};
use crate::daemon;
use crate::ending::{Ending, complain};
use crate::interrupt::Interrupt;
use crate::profiles_file::{ProfilesFile, insert};
use crate::terminal::Person;

/// Signs in, to a new login if need be.
pub(crate) fn run(args: &LoginArgs, client: &Client) -> Result<(), Ending> {
    let interrupt = Interrupt::catch(client);
    let mut person = Person::at_hand(&interrupt);
    let file = ProfilesFile::of_process()?;
    let config = file.read()?;

    let name = name(args.name.as_deref(), &config, &mut person)?;
    match config.logins.get(&name) {
        Some(login) => {
            let asked = [
                (&args.user_pool_id, &login.user_pool_id),
                (&args.client_id, &login.client_id),
            ];
            if asked
                .iter()
                .any(|(asked, is)| asked.as_ref().is_some_and(|id| id != *is))
            {
                return Err(Ending::Usage(format!(
                    "The login “{name}” is there already, with another user pool or app client. \
                     Take another name, or edit “{}”.",
                    file.path().display()
                )));
            }
        }
        None => {
            add(&name, args, &file, &mut person)?;
            daemon::reload(&file, client)?;
        }
    }

    let user = converse(
        &name,
        args.username.clone(),
        &mut person,
        &interrupt,
        client,
    )?;
    let shown = user.email.as_deref().unwrap_or(&user.username);
    Ok(writeln!(
        anstream::stdout(),
        "Signed in to “{name}” as {shown}."
    )?)
}

/// Renews a login's tokens and keys.
pub(crate) fn renew(login: &str, client: &Client) -> Result<(), Ending> {
    let ask = Ask::Renew {
        login: login.to_owned(),
    };
    match client.ask(&ask)? {
        Reply::Done => Ok(writeln!(anstream::stdout(), "Renewed “{login}”.")?),
        Reply::Failed(failure) => Err(failure.into()),
        other @ (Reply::Document(_)
        | Reply::Status(_)
        | Reply::Question { .. }
        | Reply::SignedIn { .. }
        | Reply::SignedOut(_)
        | Reply::Outcome(_)
        | Reply::Other(_)) => Err(off_the_point(&other)),
    }
}

/// An answer to something that was not asked.
pub(crate) fn off_the_point(reply: &Reply) -> Ending {
    let kind = match reply {
        Reply::Document(_) => "document",
        Reply::Status(_) => "status",
        Reply::Question { .. } => "question",
        Reply::SignedIn { .. } => "signed_in",
        Reply::SignedOut(_) => "signed_out",
        Reply::Outcome(_) => "outcome",
        Reply::Done => "done",
        Reply::Failed(_) => "failed",
        Reply::Other(kind) => kind,
    };
    let told = format!("The daemon's answer “{kind}” does not fit the question.");
    Failure::from(Trouble::Protocol(told)).into()
}

fn name(given: Option<&str>, config: &Config, person: &mut Person) -> Result<LoginName, Ending> {
    let known: Vec<&str> = config.logins.keys().map(LoginName::as_str).collect();
    let named = match (given, &known[..]) {
        (Some(name), _) => name.to_owned(),
        (None, [only]) => (*only).to_owned(),
        (None, []) => person.line("Name of the new login: ", "Name a login.")?,
        (None, _) => person.line(
            &format!("Login ({}): ", known.join(", ")),
            "There are several logins: name one.",
        )?,
    };
    named
        .parse()
        .map_err(|bad| Ending::Usage(format!("“{named}” cannot be a login's name: {bad}.")))
}

/// Puts a login into `profiles.toml`, asking for what is missing.
fn add(
    name: &LoginName,
    args: &LoginArgs,
    file: &ProfilesFile,
    person: &mut Person,
) -> Result<(), Ending> {
    let unknown = || Failure::from(Trouble::UnknownLogin(name.to_string()));
    let mut id = |given: &Option<String>, prompt: &str| match given {
        Some(id) => Ok(id.clone()),
        None if person.can_be_asked_again() => person.line(prompt, ""),
        None => Err(unknown().into()),
    };
    let user_pool_id = id(&args.user_pool_id, "User pool id: ")?;
    let client_id = id(&args.client_id, "App client id: ")?;

    let mut table = Table::new();
    table["user_pool_id"] = value(user_pool_id);
    table["client_id"] = value(client_id);
    let flow = args.flow.map(|flow| match flow {
        FlowName::UserSrp => "USER_SRP_AUTH",
        FlowName::UserPassword => "USER_PASSWORD_AUTH",
        FlowName::AdminUserPassword => "ADMIN_USER_PASSWORD_AUTH",
    });
    let rest = [
        ("username", args.username.as_deref()),
        ("flow", flow),
        ("admin_profile", args.admin_profile.as_deref()),
        ("endpoint", args.endpoint.as_deref()),
    ];
    for (key, given) in rest {
        if let Some(given) = given {
            table[key] = value(given);
        }
    }
    file.edit(|document| insert(document, "login", name.as_str(), table))?;
    Ok(())
}

/// Puts each question to the person until the sign-in is done.
fn converse(
    login: &LoginName,
    username: Option<String>,
    person: &mut Person,
    interrupt: &Interrupt,
    client: &Client,
) -> Result<User, Ending> {
    let mut given = username.clone();
    let mut reply = client.ask(&Ask::SignIn {
        login: login.to_string(),
        username,
    })?;
    loop {
        match reply {
            Reply::Question {
                conversation,
                question,
                problem,
            } => {
                interrupt.cancels(Some(conversation.clone()));
                match answer(&question, problem.as_ref(), &mut given, person) {
                    Ok(answer) => {
                        reply = client.ask(&Ask::Answer {
                            conversation,
                            answer,
                        })?;
                    }
                    Err(ending) => return Err(give_up(conversation, problem, ending, client)),
                }
            }
            Reply::SignedIn { user } => {
                interrupt.cancels(None);
                return Ok(user);
            }
            Reply::Failed(failure) => return Err(failure.into()),
            other @ (Reply::Document(_)
            | Reply::Status(_)
            | Reply::SignedOut(_)
            | Reply::Outcome(_)
            | Reply::Done
            | Reply::Other(_)) => return Err(off_the_point(&other)),
        }
    }
}

fn answer(
    question: &Question,
    problem: Option<&Failure>,
    given: &mut Option<String>,
    person: &mut Person,
) -> Result<Answer, Ending> {
    if let Some(problem) = problem
        && person.can_be_asked_again()
    {
        person.tell(&problem.to_string())?;
    }
    match question {
        Question::Username { hint } => {
            // What was given once is not given again: it was the wrong name.
            let prompt = match hint {
                Some(hint) => format!("User name [{hint}]: "),
                None => "User name: ".to_owned(),
            };
            let name = match (given.take(), hint) {
                (Some(name), _) => name,
                (None, Some(hint)) if !person.can_be_asked_again() => hint.clone(),
                (None, _) => person.line(&prompt, "Say who signs in: --username NAME")?,
            };
            Ok(Answer::Username(match hint {
                Some(hint) if name.is_empty() => hint.clone(),
                Some(_) | None => name,
            }))
        }
        Question::Password { username } => Ok(Answer::Password(
            person.secret(&format!("Password of {username}: "))?,
        )),
        Question::Code { .. }
        | Question::Choice { .. }
        | Question::AppSetup { .. }
        | Question::NewPassword { .. }
        | Question::Attributes { .. }
        | Question::Custom { .. }
        | Question::RememberDevice { .. }
        | Question::Other => Err(Failure::from(Trouble::Protocol(
            "The daemon asks what this version cannot show.".into(),
        ))
        .into()),
        Question::ClientSecret { client_id } => Ok(Answer::ClientSecret(
            person.secret(&format!("Secret of app client {client_id}: "))?,
        )),
    }
}

/// A script that has no further answer is told what was wrong with its last one.
fn give_up(
    conversation: ConversationId,
    problem: Option<Failure>,
    ending: Ending,
    client: &Client,
) -> Ending {
    if let Ok(Reply::Failed(failure)) = client.ask(&Ask::Cancel { conversation }) {
        complain(&failure);
    }
    match problem {
        Some(problem) => problem.into(),
        None => ending,
    }
}
