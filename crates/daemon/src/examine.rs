//! What is examined when somebody asks what can be seen from here.

use std::rc::Rc;

use poolkey_cognito::{KeysSubject, LoginSubject, ProfileSubject};
use poolkey_core::config::Config;
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::finding::Finding;
use poolkey_core::name::LoginName;
use poolkey_core::snapshot::ProfileView;
use poolkey_core::time::UnixTime;

use crate::clock;
use crate::engine::Engine;

/// Examines one login and its profiles, or all that is configured.
///
/// # Errors
///
/// There is no such login.
pub(crate) async fn examine(
    engine: &Rc<Engine>,
    login: Option<&str>,
) -> Result<Vec<Finding>, Failure> {
    let config = engine.config();
    let only = match login {
        None => None,
        Some(name) => Some(known(&config, name)?),
    };
    let is_meant = |name: &LoginName| only.as_ref().is_none_or(|only| only == name);
    let logins: Vec<_> = config
        .logins
        .iter()
        .filter(|(name, _)| is_meant(name))
        .map(|(name, spec)| LoginSubject {
            name: name.clone(),
            spec: spec.clone(),
            client_secret: engine.client_secret(name),
        })
        .collect();
    let (shown, now) = (engine.snapshot().profiles, clock::wall());
    let profiles: Vec<_> = config
        .profiles
        .iter()
        .filter(|(name, _)| config.login_of(name).is_some_and(|login| is_meant(&login)))
        .map(|(name, spec)| {
            let mut spec = spec.clone();
            if spec.sts.region.is_none() {
                let root = config.root(name);
                spec.sts.region = root.map(|(_, pool)| pool.region().to_owned());
            }
            ProfileSubject {
                name: name.clone(),
                spec,
                keys: keys(shown.iter().find(|view| view.name == *name), now),
            }
        })
        .collect();
    Ok(engine.performer.examine(&logins, &profiles).await)
}

fn known(config: &Config, name: &str) -> Result<LoginName, Failure> {
    let unknown = || Failure::from(Trouble::UnknownLogin(name.to_owned()));
    let login: LoginName = name.parse().map_err(|_| unknown())?;
    match config.logins.contains_key(&login) {
        true => Ok(login),
        false => Err(unknown()),
    }
}

fn keys(view: Option<&ProfileView>, now: UnixTime) -> KeysSubject {
    match view.and_then(|view| view.keys_expire) {
        Some(end) if end > now => KeysSubject::Held,
        Some(_) | None => KeysSubject::None,
    }
}
