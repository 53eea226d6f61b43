//! What a conversation came to, in words, and what to do next.

use std::io::Write as _;

use poolkey_core::conversation::{
    Account, Factor, FactorState, Goal, KnownDevice, Medium, Outcome,
};
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::name::LoginName;
use poolkey_core::time::UnixTime;

use crate::conversation::End;
use crate::ending::Ending;
use crate::status_text::table;
use crate::words::{self, capital, clean};

/// Whose conversation it was.
pub(crate) struct Of {
    pub(crate) login: LoginName,
    /// The name that was given beforehand or typed.
    pub(crate) username: Option<String>,
    /// Whether stdout has a link already, for whoever reads it alone.
    pub(crate) printed_link: bool,
}

impl Of {
    fn command(&self, verb: &str) -> String {
        command(verb, &self.login, self.username.as_deref())
    }
}

/// Tells it on stdout, or on stderr where stdout is a link's.
pub(crate) fn tell(of: &Of, goal: &Goal, end: &End) -> Result<(), Ending> {
    let text = text(of, goal, end, words::now());
    if of.printed_link {
        return Ok(anstream::stderr().write_all(text.as_bytes())?);
    }
    print(&text)
}

/// Tells the second factors on stdout, where the user's account was asked for.
pub(crate) fn tell_factors(of: &Of, end: &End) -> Result<(), Ending> {
    match end {
        End::Outcome(Outcome::Account(account)) => print(&factors(&of.login, account)),
        End::Outcome(_) | End::SignedIn(_) => {
            let told = "The daemon's answer does not fit the question.".to_owned();
            Err(Failure::from(Trouble::Protocol(told)).into())
        }
    }
}

/// A command to go on with.
pub(crate) fn command(verb: &str, login: &LoginName, username: Option<&str>) -> String {
    match username {
        Some(name) if name.chars().all(is_plain) => {
            format!("poolkey {verb} {login} --username {name}")
        }
        Some(_) | None => format!("poolkey {verb} {login}"),
    }
}

fn print(text: &str) -> Result<(), Ending> {
    Ok(anstream::stdout().write_all(text.as_bytes())?)
}

fn text(of: &Of, goal: &Goal, end: &End, now: UnixTime) -> String {
    let login = &of.login;
    let outcome = match end {
        End::SignedIn(user) => {
            let shown = user.email.as_deref().unwrap_or(&user.username);
            return format!("Signed in to “{login}” as {}.\n", clean(shown));
        }
        End::Outcome(outcome) => outcome,
    };
    match outcome {
        Outcome::Done => done(of, goal),
        Outcome::SignedUp { username } => format!(
            "There is an account “{}” now.\n{}",
            clean(username),
            sign_in(of)
        ),
        Outcome::Unconfirmed { username } => format!(
            "There is an account “{}” now. The user pool sent no code: an administrator has to \
             confirm it.\nWith an administrator's AWS keys: {} --as-admin\n",
            clean(username),
            command("account confirm", login, Some(username))
        ),
        Outcome::CodeSent {
            medium,
            destination,
        } => sent(of, goal, *medium, destination.as_deref()),
        Outcome::Account(account) => whole(account),
        Outcome::Devices { devices } => list(login, devices, now),
        Outcome::DeviceForgotten { key } => {
            format!("The user pool has forgotten the device {}.\n", clean(key))
        }
        Outcome::Other => {
            "It was done; what came of it only a newer version can tell.\n".to_owned()
        }
    }
}

fn done(of: &Of, goal: &Goal) -> String {
    let login = &of.login;
    let told = match goal {
        Goal::SignUp { .. } => "There is an account now.",
        Goal::Confirm | Goal::ConfirmAsAdmin => "The account is confirmed.",
        Goal::ForgotPassword | Goal::ResetPassword => "The new password holds.",
        Goal::ChangePassword => return "The new password holds.\n".to_owned(),
        Goal::SetUpApp => {
            return format!(
                "The authenticator app is set up. Have it asked for first: \
                 poolkey account mfa prefer {login} app\n"
            );
        }
        Goal::SetFactor { factor, state } => {
            let factor = capital(words::factor(*factor));
            return match state {
                FactorState::Preferred => format!("{factor}: on, and asked for first.\n"),
                FactorState::On => format!("{factor}: on.\n"),
                FactorState::Off => format!("{factor}: off.\n"),
            };
        }
        Goal::VerifyAttribute { name } => return format!("“{}” is verified.\n", clean(name)),
        Goal::SignIn
        | Goal::ResendCode
        | Goal::Show
        | Goal::ListDevices
        | Goal::ForgetDevice { .. } => return "It was done.\n".to_owned(),
    };
    format!("{told}\n{}", sign_in(of))
}

fn sign_in(of: &Of) -> String {
    format!("Sign in: {}\n", of.command("login"))
}

fn sent(of: &Of, goal: &Goal, medium: Medium, destination: Option<&str>) -> String {
    let by = match medium {
        Medium::Email => " by e-mail",
        Medium::Sms => " by SMS",
        Medium::App | Medium::Unknown => "",
    };
    let to = destination.map_or_else(String::new, |place| format!(" to {}", clean(place)));
    let next = match goal {
        Goal::ForgotPassword | Goal::ResetPassword => {
            format!(
                "Choose a new password: {}",
                of.command("account reset-password")
            )
        }
        Goal::VerifyAttribute { name } => {
            format!(
                "Give it: poolkey account verify-attribute {} {}",
                of.login,
                clean(name)
            )
        }
        Goal::SignIn
        | Goal::SignUp { .. }
        | Goal::Confirm
        | Goal::ConfirmAsAdmin
        | Goal::ResendCode
        | Goal::ChangePassword
        | Goal::Show
        | Goal::SetUpApp
        | Goal::SetFactor { .. }
        | Goal::ListDevices
        | Goal::ForgetDevice { .. } => {
            format!("Confirm the account: {}", of.command("account confirm"))
        }
    };
    format!("A code is on its way{by}{to}.\n{next}\n")
}

fn whole(account: &Account) -> String {
    let mut rows = vec![["ATTRIBUTE", "VALUE"].map(String::from)];
    rows.push(["user name".to_owned(), clean(&account.username)]);
    for (name, value) in &account.attributes {
        rows.push([clean(name), clean(value)]);
    }
    let mut text = table(&rows);
    let factors: Vec<&str> = account
        .factors
        .iter()
        .map(|one| words::factor(*one))
        .collect();
    text.push_str("\nSecond factors: ");
    text.push_str(&match &factors[..] {
        [] => "none".to_owned(),
        factors => factors.join(", "),
    });
    if let Some(preferred) = account.preferred {
        text.push_str(&format!("; asked for first: {}", words::factor(preferred)));
    }
    text.push('\n');
    text
}

fn factors(login: &LoginName, account: &Account) -> String {
    let mut rows = vec![["FACTOR", "NAME", "STATE"].map(String::from)];
    for (factor, name) in [
        (Factor::App, "app"),
        (Factor::Sms, "sms"),
        (Factor::Email, "email"),
    ] {
        let state = if account.preferred == Some(factor) {
            "on, asked for first"
        } else if account.factors.contains(&factor) {
            "on"
        } else {
            "off"
        };
        rows.push([
            capital(words::factor(factor)),
            name.to_owned(),
            state.to_owned(),
        ]);
    }
    let mut text = table(&rows);
    if account.factors.is_empty() {
        text.push_str(&format!(
            "\nSet up an authenticator app: poolkey account mfa set-up {login}\n"
        ));
    }
    text
}

fn list(login: &LoginName, devices: &[KnownDevice], now: UnixTime) -> String {
    if devices.is_empty() {
        return format!("The user pool knows no device of whoever is signed in to “{login}”.\n");
    }
    let mut rows = vec![["DEVICE", "NAME", "LAST USED", "FROM", "REMEMBERED"].map(String::from)];
    for device in devices {
        let unknown = || "–".to_owned();
        rows.push([
            clean(&device.key),
            match (device.name.as_deref().map(clean), device.is_this) {
                (Some(name), true) => format!("{name} (this computer)"),
                (Some(name), false) => name,
                (None, true) => "this computer".to_owned(),
                (None, false) => unknown(),
            },
            device
                .last_used
                .map_or_else(unknown, |at| format!("{} ago", words::since(at, now))),
            device.last_address.as_deref().map_or_else(unknown, clean),
            match device.remembered {
                Some(true) => "yes".to_owned(),
                Some(false) => "no".to_owned(),
                None => unknown(),
            },
        ]);
    }
    table(&rows)
}

/// What needs no quotes in any shell.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "@._+-".contains(c)
}
