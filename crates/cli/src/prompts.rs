//! Each question as a person is asked it, or as a script's options and lines answer it.

use std::collections::{BTreeMap, VecDeque};

use poolkey_core::conversation::{Answer, CodeFor, Factor, Medium, Question};
use poolkey_core::failure::Failure;
use poolkey_core::secret::Secret;

use crate::conversation::{Answers, newer_question};
use crate::ending::Ending;
use crate::terminal::Person;

mod browser;
mod identity;
mod new;
mod wording;

pub(crate) use browser::Link;
pub(crate) use identity::Expected;

/// A person, and what was given beforehand.
pub(crate) struct Prompts<'a> {
    person: &'a mut Person,
    given: Given,
    /// What the person typed of attributes, to be offered when they are asked for again.
    attributes: BTreeMap<String, String>,
    /// The key that was shown, and the name that its app's device was given.
    app: Option<(Secret, Option<String>)>,
    told_of_resending: bool,
    resent: bool,
    username: Option<String>,
    /// The name that was given beforehand, whether or not it was asked for.
    given_username: Option<String>,
    waiting: Option<browser::Waiting>,
    printed_link: bool,
}

/// What options say. Each is used once: what was wrong is not given again.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) username: Option<String>,
    pub(crate) factors: VecDeque<Factor>,
    pub(crate) remember_device: Option<bool>,
    pub(crate) attributes: BTreeMap<String, String>,
    /// The command that goes on where the code of a new account does not come at once.
    pub(crate) later: Option<String>,
    /// What is done with the link of a sign-in in the browser.
    pub(crate) link: Link,
    /// Who is meant.
    pub(crate) expected: Expected,
}

impl<'a> Prompts<'a> {
    pub(crate) fn new(person: &'a mut Person, given: Given) -> Self {
        Self {
            person,
            given_username: given.username.clone(),
            given,
            attributes: BTreeMap::new(),
            app: None,
            told_of_resending: false,
            resent: false,
            username: None,
            waiting: None,
            printed_link: false,
        }
    }

    /// The user's name that was answered last.
    pub(crate) fn who(&self) -> Option<String> {
        self.username.clone()
    }
}

impl Answers for Prompts<'_> {
    fn answer(&mut self, question: &Question, problem: Option<&Failure>) -> Result<Answer, Ending> {
        if let Question::Browser { url, redirect_uri } = question {
            return self.browser(url, redirect_uri, problem);
        }
        self.person.hush()?;
        if let Some(problem) = problem
            && self.person.can_be_asked_again()
        {
            self.person.tell(&wording::problem(problem))?;
        }
        let answer = self.ask(question, problem);
        match (answer, problem) {
            // A script that has no further answer is told what was wrong with its last one.
            (Err(Ending::Failed(_) | Ending::Usage(_)), Some(problem))
                if !self.person.can_be_asked_again() =>
            {
                Err(problem.clone().into())
            }
            (answer, _) => answer,
        }
    }
}

impl Prompts<'_> {
    fn ask(&mut self, question: &Question, problem: Option<&Failure>) -> Result<Answer, Ending> {
        match question {
            Question::Username { hint } => self.username(hint.as_deref(), problem),
            Question::Password { username } => {
                let prompt = format!("Password of {username}: ");
                self.person.secret(&prompt).map(Answer::Password)
            }
            Question::ClientSecret { client_id } => {
                let prompt = format!("Secret of app client {client_id}: ");
                self.person.secret(&prompt).map(Answer::ClientSecret)
            }
            Question::Code {
                code_for,
                medium,
                destination,
                can_resend,
            } => self.code(code_for, *medium, destination.as_deref(), *can_resend),
            Question::Choice {
                choice_of,
                ways,
                elsewhere,
            } => {
                let offered: Vec<Factor> = ways.iter().map(|way| way.factor).collect();
                let lines = wording::choice(*choice_of, ways, elsewhere);
                self.choice(&offered, elsewhere, &lines).map(Answer::Choice)
            }
            Question::AppSetup { key, uri } => self.app_setup(key, uri),
            Question::NewPassword {
                username,
                attributes,
            } => Ok(Answer::NewPassword {
                password: self.new_password(username)?,
                attributes: self.attributes(attributes)?,
            }),
            Question::Attributes { names } => self.attributes(names).map(Answer::Attributes),
            Question::Custom { parameters } => {
                let custom = wording::Custom::of(parameters);
                for line in &custom.told {
                    self.person.tell(line)?;
                }
                let answer = if custom.is_secret {
                    self.person.secret(&custom.prompt)
                } else {
                    self.person.typed(&custom.prompt)
                };
                answer.map(Answer::Custom)
            }
            Question::RememberDevice { name } => {
                self.remember_device(name).map(Answer::RememberDevice)
            }
            Question::Browser { url, redirect_uri } => self.browser(url, redirect_uri, problem),
            Question::Identity { user, was } => self.identity(user, was.as_ref()),
            Question::Other => Err(newer_question().into()),
        }
    }

    fn username(
        &mut self,
        hint: Option<&str>,
        problem: Option<&Failure>,
    ) -> Result<Answer, Ending> {
        if let Some(name) = self.given.username.take() {
            return Ok(Answer::Username(name));
        }
        let name = match hint {
            Some(hint) if problem.is_none() && !self.person.can_be_asked_again() => hint.to_owned(),
            Some(hint) => {
                let typed = self
                    .person
                    .line(&format!("User name [{hint}]: "), NAME_IT)?;
                if typed.is_empty() {
                    hint.to_owned()
                } else {
                    typed
                }
            }
            None => loop {
                let typed = self.person.line("User name: ", NAME_IT)?;
                if !typed.is_empty() {
                    break typed;
                }
            },
        };
        self.username = Some(name.clone());
        Ok(Answer::Username(name))
    }

    fn code(
        &mut self,
        code_for: &CodeFor,
        medium: Medium,
        destination: Option<&str>,
        can_resend: bool,
    ) -> Result<Answer, Ending> {
        let at_terminal = self.person.can_be_asked_again();
        if at_terminal
            && *code_for == CodeFor::Confirm
            && let Some(later) = self.given.later.take()
        {
            self.person.tell(&format!(
                "The account waits for a code. To give it later, stop with Ctrl-C; then run: {later}"
            ))?;
        }
        if at_terminal && can_resend {
            if std::mem::take(&mut self.resent) {
                self.person.tell("Another code was sent.")?;
            }
            if !std::mem::replace(&mut self.told_of_resending, true) {
                self.person
                    .tell("Press Enter alone to have another code sent.")?;
            }
        }
        let prompt = wording::code(code_for, medium, destination);
        loop {
            let code = self.person.typed(&prompt)?;
            if !code.expose().trim().is_empty() {
                return Ok(Answer::Code(code));
            }
            if can_resend {
                self.resent = true;
                return Ok(Answer::Resend);
            }
            if !at_terminal {
                return Err(Ending::Usage("The code is empty.".into()));
            }
        }
    }

    fn choice(
        &mut self,
        offered: &[Factor],
        elsewhere: &[Factor],
        lines: &[String],
    ) -> Result<Factor, Ending> {
        if offered.is_empty() {
            return Err(wording::nothing_offered(elsewhere).into());
        }
        let mut given = std::mem::take(&mut self.given.factors);
        if let Some(at) = given.iter().position(|factor| offered.contains(factor)) {
            let chosen = given.remove(at);
            self.given.factors = given;
            return chosen.ok_or_else(|| Ending::Usage("No way is chosen.".into()));
        }
        if !self.person.can_be_asked_again() {
            let offered: Vec<&str> = offered
                .iter()
                .map(|factor| wording::option(*factor))
                .collect();
            return Err(Ending::Usage(format!(
                "Say which way to take: --factor {}",
                offered.join("|")
            )));
        }
        for line in lines {
            self.person.tell(line)?;
        }
        let last = offered.len();
        loop {
            let typed = self.person.line(&format!("Number (1 to {last}): "), "")?;
            let number = typed.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
            let named = offered
                .iter()
                .find(|factor| wording::option(**factor).eq_ignore_ascii_case(&typed));
            if let Some(chosen) = number.and_then(|n| offered.get(n)).or(named) {
                return Ok(*chosen);
            }
        }
    }

    fn remember_device(&mut self, name: &str) -> Result<bool, Ending> {
        if let Some(given) = self.given.remember_device.take() {
            return Ok(given);
        }
        let prompt = format!(
            "Shall the user pool remember this computer as “{name}” and ask for less here? (y/n): "
        );
        loop {
            let missing = "Say whether the user pool shall remember this computer: \
                           --remember-device yes|no";
            let typed = self.person.line(&prompt, missing)?;
            match &*typed.to_lowercase() {
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => {}
            }
        }
    }
}

const NAME_IT: &str = "Say who it is: --username NAME";
