//! Logins and profiles, one a line.

use std::fmt::Write;
use std::path::Path;

use poolkey_core::snapshot::{
    LoginKind, LoginState, LoginView, ProfileView, Snapshot, WrittenView,
};
use poolkey_core::time::UnixTime;
use poolkey_ipc::grant::GrantView;

use super::table::table;
use super::{BAD, GOOD};
use crate::words::{clean, since, until};

pub(super) fn logins(logins: &[LoginView], now: UnixTime) -> String {
    let head = ["LOGIN", "STATE", "USER", "SESSION ENDS", "RENEWS", "AT"];
    let mut rows = vec![head.map(String::from)];
    rows.extend(logins.iter().map(|login| login_row(login, now)));
    table(&rows)
}

pub(super) fn profiles(profiles: &[ProfileView], now: UnixTime) -> String {
    let head = ["PROFILE", "KEYS OF", "ROLE", "KEYS", "RENEWS"];
    let mut rows = vec![head.map(String::from)];
    rows.extend(profiles.iter().map(|profile| profile_row(profile, now)));
    table(&rows)
}

/// What is lent at the container credentials endpoint.
pub(crate) fn grants(grants: &[GrantView], now: UnixTime) -> String {
    let head = ["LENT", "PROFILE", "TO", "ENDS", "KEYS FETCHED"];
    let mut rows = vec![head.map(String::from)];
    rows.extend(grants.iter().map(|grant| {
        let to = match grant.pid {
            Some(pid) => format!("process {pid}"),
            None => "who has its token".to_owned(),
        };
        let ends = match (grant.until, grant.pid) {
            (Some(end), _) => format!("in {}", until(end, now)),
            (None, Some(_)) => "with it".to_owned(),
            (None, None) => "when revoked".to_owned(),
        };
        let used = match grant.used {
            Some(used) => format!("{} ago", since(used, now)),
            None => "never".to_owned(),
        };
        [clean(&grant.id), grant.profile.to_string(), to, ends, used]
    }));
    table(&rows)
}

/// What is no trouble and should be known.
pub(super) fn notes(snapshot: &Snapshot, now: UnixTime) -> String {
    let mut text = String::new();
    for login in &snapshot.logins {
        let name = &login.name;
        match login.unrevoked {
            0 => {}
            1 => {
                let _ = writeln!(
                    text,
                    "{name}: A session that is over here is not revoked yet. Poolkey tries again."
                );
            }
            count => {
                let _ = writeln!(
                    text,
                    "{name}: {count} sessions that are over here are not revoked yet. Poolkey tries \
                     again."
                );
            }
        }
        let offered = login.roles.offered.len();
        if offered > 1 {
            let _ = writeln!(
                text,
                "{name}: There are {offered} roles to choose from: poolkey profile roles {name}"
            );
        }
    }
    for profile in &snapshot.profiles {
        if let Some(told) = profile.written.as_ref().and_then(|it| written(it, now)) {
            let _ = writeln!(text, "{}: {told}", profile.name);
        }
    }
    text
}

/// Keys for tools that read files only. Where nothing stands there for a trouble, that is told.
fn written(written: &WrittenView, now: UnixTime) -> Option<String> {
    let name = &written.name;
    match (written.until, &written.trouble) {
        (Some(end), _) if end > now => Some(format!(
            "The credentials file has its keys as “{name}”, for {}. Programs of boto3, \
             JavaScript, Go and Rust read it once: for those that run longer use “poolkey exec” or \
             credential_process.",
            until(end, now)
        )),
        (Some(_), _) => Some(format!(
            "The keys that the credentials file has as “{name}” have expired."
        )),
        (None, None) => Some(format!("The credentials file has no keys as “{name}” yet.")),
        (None, Some(_)) => None,
    }
}

fn login_row(login: &LoginView, now: UnixTime) -> [String; 6] {
    let state = match login.state {
        LoginState::Unread => "waiting for the vault".to_owned(),
        LoginState::SignedOut => "signed out".to_owned(),
        LoginState::SigningIn => "signing in".to_owned(),
        LoginState::SignedIn => format!("{GOOD}signed in{GOOD:#}"),
        LoginState::NeedsSignIn => format!("{BAD}needs sign-in{BAD:#}"),
    };
    let user = login
        .user
        .as_ref()
        .map_or("", |user| user.email.as_deref().unwrap_or(&user.username));
    let renews = match (login.state, login.renews) {
        _ if login.working => "at work".to_owned(),
        (LoginState::SignedIn, Some(at)) => format!("in {}", until(at, now)),
        (LoginState::SignedIn, None) => "on demand".to_owned(),
        (
            LoginState::Unread
            | LoginState::SignedOut
            | LoginState::SigningIn
            | LoginState::NeedsSignIn,
            _,
        ) => "–".to_owned(),
    };
    [
        login.name.to_string(),
        state,
        clean(user),
        session_ends(login, now),
        renews,
        provider(login),
    ]
}

/// What was learnt from earlier sessions is no promise.
fn session_ends(login: &LoginView, now: UnixTime) -> String {
    match (login.state, login.session_ends) {
        (LoginState::SignedIn, Some(at)) if login.session_end_is_learnt => {
            format!("in about {}", until(at, now))
        }
        (LoginState::SignedIn, Some(at)) => format!("in {}", until(at, now)),
        (LoginState::SignedIn, None) => "not known".to_owned(),
        (
            LoginState::Unread
            | LoginState::SignedOut
            | LoginState::SigningIn
            | LoginState::NeedsSignIn,
            _,
        ) => "–".to_owned(),
    }
}

/// What proves who it is, as short as it tells something.
fn provider(login: &LoginView) -> String {
    let provider = clean(&login.provider);
    match login.kind {
        LoginKind::UserPool if login.browser => format!("{provider} (browser)"),
        LoginKind::UserPool => provider,
        LoginKind::Oidc => match provider.strip_prefix("https://") {
            Some(rest) => rest.to_owned(),
            None => provider,
        },
        LoginKind::Command => {
            let name = Path::new(&provider)
                .file_name()
                .and_then(|name| name.to_str());
            format!("program {}", name.unwrap_or(&provider))
        }
    }
}

fn profile_row(profile: &ProfileView, now: UnixTime) -> [String; 5] {
    let keys = match profile.keys_expire {
        Some(at) if at > now => format!("{GOOD}for {}{GOOD:#}", until(at, now)),
        Some(_) => format!("{BAD}expired{BAD:#}"),
        None => "none yet".to_owned(),
    };
    let renews = match profile.renews {
        Some(at) => format!("in {}", until(at, now)),
        None => "on demand".to_owned(),
    };
    let name = match &profile.source_profile {
        Some(source) => format!("{} ← {source}", profile.name),
        None => profile.name.to_string(),
    };
    let of = profile
        .login
        .as_ref()
        .map_or_else(|| "guests".to_owned(), ToString::to_string);
    [name, of, role(profile), keys, renews]
}

/// `dev` of `arn:aws:iam::123456789012:role/path/dev`.
fn role(profile: &ProfileView) -> String {
    let Some(arn) = &profile.role_arn else {
        return "–".to_owned();
    };
    let name = clean(arn.rsplit('/').next().unwrap_or(arn));
    if profile.classic {
        format!("{name} (classic)")
    } else {
        name
    }
}
