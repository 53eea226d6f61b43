//! `poolkey serve`.

use std::io::Write;
use std::path::Path;

use poolkey_core::name::ProfileName;
use poolkey_core::time::UnixTime;
use poolkey_ipc::client::Starting;
use poolkey_ipc::grant::{EndpointView, Grant};
use poolkey_ipc::{Ask, Client, Reply};
use serde::Serialize;
use url::Url;

use crate::args::{LendArgs, ServeArgs, ServeCommand};
use crate::daemon::{expect_done, look};
use crate::ending::{Ending, warn};
use crate::status_text::grants;
use crate::words;

/// Lends keys, shows what is lent, and takes it back.
pub(crate) fn run(args: &ServeArgs, client: &Client) -> Result<(), Ending> {
    match &args.command {
        None => lend(&args.lend, client),
        Some(ServeCommand::List { json }) => list(*json, client),
        Some(ServeCommand::Revoke { grant, all }) => {
            if *all {
                revoke_all(client)
            } else {
                grant.iter().try_for_each(|grant| revoke(grant, client))
            }
        }
    }
}

fn lend(args: &LendArgs, client: &Client) -> Result<(), Ending> {
    let profile = args.profile.clone().unwrap_or_default();
    let ask = Ask::Grant {
        name: Some(args.name.clone().unwrap_or_else(|| profile.clone())),
        profile,
        seconds: args.length,
    };
    let reply = client.ask(&ask)?;
    let Reply::Grant(grant) = reply else {
        return Err(reply.unexpected().into());
    };
    let text = if args.json {
        let line = serde_json::to_string(&Lent::of(&grant, args.show_token));
        line.map_err(std::io::Error::from)? + "\n"
    } else if args.env {
        variables(&grant, args.show_token) + &whereabouts(&grant)
    } else {
        told(&grant, args.show_token, words::now())
    };
    anstream::stdout().lock().write_all(text.as_bytes())?;
    // It is lent whether or not there is anything behind it at this moment.
    if let Err(failure) = client.document(grant.view.profile.as_str()) {
        warn(&format!("It gives no keys yet. {failure}"));
    }
    Ok(())
}

fn list(json: bool, client: &Client) -> Result<(), Ending> {
    let endpoint = look(client)?.daemon.endpoint;
    let mut out = anstream::stdout().lock();
    if json {
        let all = endpoint.map(|endpoint| endpoint.grants).unwrap_or_default();
        let line = serde_json::to_string(&all).map_err(std::io::Error::from)?;
        return Ok(writeln!(out, "{line}")?);
    }
    let Some(EndpointView {
        url,
        grants: all,
        trouble,
    }) = endpoint
    else {
        return Ok(writeln!(out, "Nothing is lent.")?);
    };
    write!(out, "{}", grants(&all, words::now()))?;
    writeln!(out, "\nThe endpoint is {url}")?;
    match trouble {
        Some(failure) => Err(failure.into()),
        None => Ok(()),
    }
}

fn revoke(grant: &str, client: &Client) -> Result<(), Ending> {
    let ask = Ask::Revoke {
        grant: grant.to_owned(),
    };
    expect_done(client.ask(&ask)?)?;
    let mut out = anstream::stdout();
    Ok(writeln!(out, "“{}” is revoked.", words::clean(grant))?)
}

/// What is lent at this moment; the daemon takes up what an earlier one left when it starts.
fn revoke_all(client: &Client) -> Result<(), Ending> {
    let all = look(client)?.daemon.endpoint;
    let all = all.map(|endpoint| endpoint.grants).unwrap_or_default();
    if all.is_empty() {
        return Ok(writeln!(anstream::stdout(), "Nothing is lent.")?);
    }
    let client = client.clone().starting(Starting::Never);
    for grant in all {
        revoke(&grant.id, &client)?;
    }
    Ok(())
}

/// A grant as `--json` prints it.
#[derive(Serialize)]
struct Lent<'a> {
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_file: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    directory: Option<&'a Path>,
    port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    id: &'a str,
    profile: &'a ProfileName,
    named: bool,
    since: UnixTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<UnixTime>,
}

impl<'a> Lent<'a> {
    fn of(grant: &'a Grant, show_token: bool) -> Self {
        Self {
            url: &grant.url,
            token_file: grant.token_file.as_deref(),
            directory: grant.token_file.as_deref().and_then(Path::parent),
            port: port(grant),
            token: show_token.then(|| grant.token.expose()),
            id: &grant.view.id,
            profile: &grant.view.profile,
            named: grant.view.named,
            since: grant.view.since,
            until: grant.view.until,
        }
    }
}

/// The two variables that every AWS SDK reads.
fn variables(grant: &Grant, show_token: bool) -> String {
    let file = grant.token_file.as_ref().filter(|_| !show_token);
    let authorization = match file {
        Some(file) => format!("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE={}", file.display()),
        None => format!("AWS_CONTAINER_AUTHORIZATION_TOKEN={}", grant.token.expose()),
    };
    format!(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI={}\n{authorization}\n",
        grant.url
    )
}

/// The two that recipes for containers need: what to mount, and which port to lead there.
fn whereabouts(grant: &Grant) -> String {
    let (directory, port) = (directory(grant), port(grant));
    format!(
        "POOLKEY_GRANT={}\nPOOLKEY_PORT={port}\n",
        directory.display()
    )
}

fn directory(grant: &Grant) -> &Path {
    let file = grant.token_file.as_deref();
    file.and_then(Path::parent).unwrap_or(Path::new(""))
}

fn port(grant: &Grant) -> u16 {
    let url = Url::parse(&grant.url).ok();
    url.and_then(|url| url.port()).unwrap_or_default()
}

fn told(grant: &Grant, show_token: bool, now: UnixTime) -> String {
    let view = &grant.view;
    let end = match view.until {
        Some(until) => format!("for {}", words::until(until, now)),
        None => "until it is revoked".to_owned(),
    };
    format!(
        "The keys of “{}” are lent as “{}”, {end}.\n\n{}\n\
         For a container, mount “{}”\n\
         and lead its port {} to this machine's: docs/containers.md has recipes.\n\
         To end it: poolkey serve revoke {}\n",
        view.profile,
        words::clean(&view.id),
        variables(grant, show_token),
        directory(grant).display(),
        port(grant),
        words::clean(&view.id),
    )
}

#[cfg(test)]
mod tests {
    use poolkey_core::secret::Secret;
    use poolkey_ipc::grant::GrantView;

    use super::*;

    fn grant() -> Grant {
        Grant {
            url: "http://127.0.0.1:4711/v1/credentials/box".into(),
            token: Secret::new("SECRET"),
            token_file: Some("/s/grants/box/token".into()),
            view: GrantView {
                id: "box".into(),
                profile: "dev".parse().unwrap(),
                named: true,
                pid: None,
                since: UnixTime::from_secs(0),
                until: Some(UnixTime::from_secs(8 * 3600)),
                used: None,
            },
        }
    }

    #[test]
    fn the_token_is_shown_to_who_asks_for_it_only() {
        let expected = "\
The keys of “dev” are lent as “box”, for 8 h.

AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:4711/v1/credentials/box
AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/s/grants/box/token

For a container, mount “/s/grants/box”
and lead its port 4711 to this machine's: docs/containers.md has recipes.
To end it: poolkey serve revoke box
";
        assert_eq!(told(&grant(), false, UnixTime::from_secs(0)), expected);
        assert_eq!(
            variables(&grant(), true),
            "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:4711/v1/credentials/box\n\
             AWS_CONTAINER_AUTHORIZATION_TOKEN=SECRET\n"
        );
        let json = serde_json::to_string(&Lent::of(&grant(), false)).unwrap();
        assert_eq!(
            json,
            r#"{"url":"http://127.0.0.1:4711/v1/credentials/box","token_file":"/s/grants/box/token","directory":"/s/grants/box","port":4711,"id":"box","profile":"dev","named":true,"since":0,"until":28800}"#
        );
        assert_eq!(
            whereabouts(&grant()),
            "POOLKEY_GRANT=/s/grants/box\nPOOLKEY_PORT=4711\n"
        );
        let json = serde_json::to_string(&Lent::of(&grant(), true)).unwrap();
        assert!(json.contains(r#""token":"SECRET""#));
    }
}
