//! `poolkey login` and `poolkey renew`.

use std::io::Write;

use poolkey_core::conversation::{Factor, Goal};
use poolkey_ipc::{Ask, Client};

use crate::args::{LoginArgs, YesNo};
use crate::conversation::End;
use crate::daemon::expect_done;
use crate::ending::Ending;
use crate::front::Front;
use crate::outcome::Of;
use crate::prompts::{Expected, Given, Link};
use crate::{logins, outcome, window};

/// Signs in, to a new login if need be.
pub(crate) fn run(args: &LoginArgs, client: &Client) -> Result<(), Ending> {
    if args.window {
        return Ok(window::open(args.name.as_deref())?);
    }
    let mut front = Front::open(args.json, client);
    let ended = sign_in(args, &mut front);
    front.end(ended, |of, end| outcome::tell(&of, &Goal::SignIn, &end))
}

fn sign_in(args: &LoginArgs, front: &mut Front) -> Result<(Of, End), Ending> {
    let username = args.username.as_deref();
    let name = logins::named_or_new(args.name.as_deref(), &args.new, username, front)?;
    let given = Given {
        username: args.username.clone(),
        factors: args.factor.iter().map(|name| Factor::from(*name)).collect(),
        remember_device: args.remember_device.map(|told| match told {
            YesNo::Yes => true,
            YesNo::No => false,
        }),
        attributes: args.attribute.iter().cloned().collect(),
        later: None,
        link: if args.print_url {
            Link::Print
        } else {
            Link::Open
        },
        expected: Expected {
            user: args.expect.clone(),
            first_is_right: args.yes,
        },
    };
    let begin = Ask::SignIn {
        login: name.to_string(),
        username: args.username.clone(),
        another_account: args.another_account,
    };
    let end = front.converse(&begin, given)?;
    let of = Of {
        login: name,
        username: front.username.clone(),
        printed_link: front.printed_link,
    };
    Ok((of, end))
}

/// Renews a login's tokens and keys.
pub(crate) fn renew(login: &str, client: &Client) -> Result<(), Ending> {
    let ask = Ask::Renew {
        login: login.to_owned(),
    };
    expect_done(client.ask(&ask)?)?;
    Ok(writeln!(anstream::stdout(), "Renewed “{login}”.")?)
}
