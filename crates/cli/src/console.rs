//! `poolkey console`.

use std::io::Write;

use poolkey_core::console::ConsoleLink;
use poolkey_core::name::ProfileName;
use poolkey_core::time::UnixTime;
use poolkey_ipc::handoff::hand_over;
use poolkey_ipc::{Ask, Client, Reply};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::args::ConsoleArgs;
use crate::browser::{self, Surroundings};
use crate::ending::Ending;
use crate::whoami::{choose, when};
use crate::words;

/// Has an address made that signs a browser in, and opens it.
pub(crate) fn run(args: &ConsoleArgs, client: &Client) -> Result<(), Ending> {
    let destination = args.destination();
    destination
        .check()
        .map_err(|told| Ending::Usage(told.into()))?;
    let profile = match &args.profile {
        Some(name) => name.clone(),
        None => choose(args.json || args.print_url, client)?,
    };
    let reply = client.ask(&Ask::Console {
        profile,
        destination,
    })?;
    let Reply::Console(link) = reply else {
        return Err(reply.unexpected().into());
    };
    if args.json {
        return print(&json(&link)?);
    }
    let hindrance = match args.print_url {
        true => Some(None),
        false => open(&link).err().map(Some),
    };
    let mut told = anstream::stderr();
    match &hindrance {
        Some(None) | None => {}
        Some(Some(why)) => writeln!(
            told,
            "{} Open this address in one, on whatever machine; whoever has it is in:",
            words::clean(why)
        )?,
    }
    if hindrance.is_some() {
        let url = words::clean(link.url.expose());
        print(&Zeroizing::new(format!("{url}\n")))?;
    }
    for line in lines(&link, args.duration, hindrance.is_some(), words::now()) {
        writeln!(told, "{line}")?;
    }
    Ok(())
}

/// Hands the address to the browser, or says why there is none.
fn open(link: &ConsoleLink) -> Result<(), String> {
    if let Some(why) = Surroundings::of_process().hindrance() {
        return Err(why.to_owned());
    }
    // It may have to start first.
    let _ = writeln!(anstream::stderr(), "Your browser opens the AWS console.");
    hand_over(link.url.expose(), |address| {
        browser::open(address).map_err(|why| browser::not_opened(&why))
    })
}

/// How long it is good for.
fn lines(link: &ConsoleLink, asked: Option<u32>, is_printed: bool, now: UnixTime) -> Vec<String> {
    let mut lines = Vec::new();
    if is_printed {
        let until = when(link.open_until, now);
        lines.push(format!("The address is good until {until}."));
    }
    let ends = when(link.session_ends, now);
    let is_longer = asked.is_some_and(|seconds| {
        let given = link.session_ends.secs_after(now);
        (given - i64::from(seconds)).abs() <= CLOCKS_APART
    });
    lines.push(match (asked, is_longer) {
        (None, _) => format!("The session ends with the keys, at {ends}."),
        (Some(_), true) => format!("The session ends at {ends}."),
        (Some(_), false) => format!(
            "AWS gives these keys no session of the length that was asked for: it ends with the \
             keys, at {ends}."
        ),
    });
    lines
}

#[derive(Serialize)]
struct Json<'a> {
    profile: &'a ProfileName,
    url: &'a str,
    open_until: UnixTime,
    session_ends: UnixTime,
}

fn json(link: &ConsoleLink) -> Result<Zeroizing<String>, Ending> {
    let object = Json {
        profile: &link.profile,
        url: link.url.expose(),
        open_until: link.open_until,
        session_ends: link.session_ends,
    };
    let mut text = Zeroizing::new(serde_json::to_string(&object).map_err(std::io::Error::from)?);
    text.push('\n');
    Ok(text)
}

fn print(text: &str) -> Result<(), Ending> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// A call, and two clocks that tell whole seconds.
const CLOCKS_APART: i64 = 60;

#[cfg(test)]
mod tests {
    use poolkey_core::secret::Secret;

    use super::*;

    #[test]
    fn what_is_told_of_the_session_is_what_aws_gave() {
        let now = UnixTime::from_secs(1_767_584_889);
        let link = |secs: i64| ConsoleLink {
            profile: "dev".parse().unwrap(),
            url: Secret::new("https://signin.example/?t=secret"),
            open_until: UnixTime::from_secs(now.secs() + 900),
            session_ends: UnixTime::from_secs(now.secs() + secs),
        };
        for (secs, asked, told) in [
            (
                3600,
                None,
                "The session ends with the keys, at 2026-01-05T04:48:09Z (in 60 min).",
            ),
            (
                14_395,
                Some(14_400),
                "The session ends at 2026-01-05T07:48:04Z (in 3 h 59 min).",
            ),
            (
                3000,
                Some(14_400),
                "AWS gives these keys no session of the length that was asked for: it ends with \
                 the keys, at 2026-01-05T04:38:09Z (in 50 min).",
            ),
        ] {
            assert_eq!(lines(&link(secs), asked, false, now), [told]);
            let printed = lines(&link(secs), asked, true, now);
            assert_eq!(
                printed[0],
                "The address is good until 2026-01-05T04:03:09Z (in 15 min)."
            );
            assert_eq!(printed[1], told);
        }
        assert_eq!(
            *json(&link(3600)).unwrap(),
            "{\"profile\":\"dev\",\"url\":\"https://signin.example/?t=secret\",\
             \"open_until\":1767585789,\"session_ends\":1767588489}\n"
        );
    }
}
