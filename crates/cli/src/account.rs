//! `poolkey account`.

use poolkey_core::conversation::{Factor, FactorState, Goal};
use poolkey_core::name::LoginName;
use poolkey_ipc::{Ask, Client};

use crate::args::{
    AccountCommand, DevicesCommand, FactorArgs, Member, MfaCommand, SignUpArgs, Who,
};
use crate::conversation::End;
use crate::ending::Ending;
use crate::front::Front;
use crate::logins;
use crate::outcome::{self, Of};
use crate::profiles_file::ProfilesFile;
use crate::prompts::Given;

/// Leads the conversation that the command stands for, and tells what came of it.
pub(crate) fn run(command: &AccountCommand, client: &Client) -> Result<(), Ending> {
    match command {
        AccountCommand::SignUp(args) => sign_up(args, client),
        AccountCommand::Confirm { who, as_admin } => {
            let goal = if *as_admin {
                Goal::ConfirmAsAdmin
            } else {
                Goal::Confirm
            };
            stranger(who, goal, client)
        }
        AccountCommand::ResendCode(who) => stranger(who, Goal::ResendCode, client),
        AccountCommand::ForgotPassword(who) => stranger(who, Goal::ForgotPassword, client),
        AccountCommand::ResetPassword(who) => stranger(who, Goal::ResetPassword, client),
        AccountCommand::ChangePassword(who) => member(who, Goal::ChangePassword, client),
        AccountCommand::Show(who) => member(who, Goal::Show, client),
        AccountCommand::Mfa(command) => mfa(command, client),
        AccountCommand::Devices(command) => devices(command, client),
        AccountCommand::VerifyAttribute { login, name, json } => {
            let goal = Goal::VerifyAttribute { name: name.clone() };
            whoever(login.as_deref(), None, *json, goal, client)
        }
    }
}

fn sign_up(args: &SignUpArgs, client: &Client) -> Result<(), Ending> {
    let goal = Goal::SignUp {
        attributes: args.attribute.iter().cloned().collect(),
    };
    let username = args.who.username.as_deref();
    let mut front = Front::open(args.who.json, client);
    let named = logins::named_or_new(args.who.login.as_deref(), &args.new, username, &mut front);
    let ended = named.and_then(|name| lead(name, username, &goal, &mut front));
    front.end(ended, |of, end| outcome::tell(&of, &goal, &end))
}

fn mfa(command: &MfaCommand, client: &Client) -> Result<(), Ending> {
    let set = |args: &FactorArgs, state| {
        let goal = Goal::SetFactor {
            factor: Factor::from(args.factor),
            state,
        };
        whoever(args.login.as_deref(), None, args.json, goal, client)
    };
    match command {
        MfaCommand::Show(who) => {
            let mut front = Front::open(who.json, client);
            let named = logins::named(who.login.as_deref(), &mut front.person);
            let ended = named.and_then(|name| lead(name, None, &Goal::Show, &mut front));
            front.end(ended, |of, end| outcome::tell_factors(&of, &end))
        }
        MfaCommand::Prefer(args) => set(args, FactorState::Preferred),
        MfaCommand::On(args) => set(args, FactorState::On),
        MfaCommand::Off(args) => set(args, FactorState::Off),
        MfaCommand::SetUp(who) => member(who, Goal::SetUpApp, client),
    }
}

fn devices(command: &DevicesCommand, client: &Client) -> Result<(), Ending> {
    match command {
        DevicesCommand::List(who) => member(who, Goal::ListDevices, client),
        DevicesCommand::Forget { login, key, json } => {
            let (login, key) = match (login, key) {
                (Some(only), None) if is_device_key(only) && !is_login(only) => (None, Some(only)),
                (login, key) => (login.as_deref(), key.as_ref()),
            };
            let goal = Goal::ForgetDevice { key: key.cloned() };
            whoever(login, None, *json, goal, client)
        }
    }
}

/// Somebody who need not be signed in.
fn stranger(who: &Who, goal: Goal, client: &Client) -> Result<(), Ending> {
    let username = who.username.as_deref();
    whoever(who.login.as_deref(), username, who.json, goal, client)
}

/// Somebody who is signed in.
fn member(who: &Member, goal: Goal, client: &Client) -> Result<(), Ending> {
    whoever(who.login.as_deref(), None, who.json, goal, client)
}

fn whoever(
    login: Option<&str>,
    username: Option<&str>,
    json: bool,
    goal: Goal,
    client: &Client,
) -> Result<(), Ending> {
    let mut front = Front::open(json, client);
    let named = logins::named(login, &mut front.person);
    let ended = named.and_then(|name| lead(name, username, &goal, &mut front));
    front.end(ended, |of, end| outcome::tell(&of, &goal, &end))
}

fn lead(
    name: LoginName,
    username: Option<&str>,
    goal: &Goal,
    front: &mut Front,
) -> Result<(Of, End), Ending> {
    let username = username.map(str::to_owned);
    let later = matches!(goal, Goal::SignUp { .. })
        .then(|| outcome::command("account confirm", &name, username.as_deref()));
    let begin = Ask::Account {
        login: name.to_string(),
        username: username.clone(),
        goal: goal.clone(),
    };
    let given = Given {
        username,
        later,
        ..Given::default()
    };
    let end = front.converse(&begin, given)?;
    let of = Of {
        login: name,
        username: front.username.clone(),
        printed_link: front.printed_link,
    };
    Ok((of, end))
}

/// `us-east-1_` and a UUID: what Cognito calls a device.
fn is_device_key(text: &str) -> bool {
    text.split_once('_').is_some_and(|(region, uuid)| {
        let is_of_it = |c: char| c.is_ascii_hexdigit() || c == '-';
        region.contains('-') && uuid.len() == 36 && uuid.chars().all(is_of_it)
    })
}

fn is_login(name: &str) -> bool {
    ProfilesFile::of_process()
        .and_then(|file| file.read())
        .is_ok_and(|config| config.logins.keys().any(|login| login.as_str() == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_devices_key_is_told_from_a_logins_name() {
        assert!(is_device_key(
            "us-east-1_01234567-89ab-cdef-0123-456789abcdef"
        ));
        for name in ["acme", "my_login", "us-east-1_AbCdEf123"] {
            assert!(!is_device_key(name), "{name}");
        }
    }
}
