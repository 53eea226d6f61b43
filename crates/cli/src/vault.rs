//! `poolkey vault`.

use std::io::Write;

use poolkey_core::secret::Secret;
use poolkey_ipc::{Ask, Client};

use crate::args::VaultCommand;
use crate::daemon::expect_done;
use crate::ending::Ending;
use crate::interrupt::Interrupt;
use crate::terminal::Person;

/// Opens the encrypted file.
pub(crate) fn run(command: &VaultCommand, client: &Client) -> Result<(), Ending> {
    let VaultCommand::Unlock { create } = command;
    let interrupt = Interrupt::catch(client);
    let mut person = Person::at_hand(&interrupt);
    let ask = Ask::Unlock {
        passphrase: passphrase(*create, &mut person)?,
        create: *create,
    };
    expect_done(client.ask(&ask)?)?;
    Ok(writeln!(anstream::stdout(), "The vault is open.")?)
}

/// A new one is asked for twice: nobody can look it up later.
fn passphrase(create: bool, person: &mut Person) -> Result<Secret, Ending> {
    loop {
        let first = person.secret("Passphrase: ")?;
        if first.expose().is_empty() {
            if !person.can_be_asked_again() {
                return Err(Ending::Usage("The passphrase is empty.".into()));
            }
            person.tell("It cannot be empty.")?;
            continue;
        }
        if !create || !person.can_be_asked_again() || person.secret("Once more: ")? == first {
            return Ok(first);
        }
        person.tell("The two are not the same.")?;
    }
}
