//! STS: roles that a web identity or other keys may assume, and who keys are.

use aws_sdk_sts::config::{Builder, Config, Credentials as Signing};
use aws_sdk_sts::types::{Credentials, PolicyDescriptorType, Tag};
use poolkey_core::config::{RoleSession, RoleSource, StsSpec};
use poolkey_core::event::Identified;
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::session::{Keys, User};
use poolkey_core::time::UnixTime;

use crate::Cognito;
use crate::call::call;
use crate::classify::Operation;
use crate::keys::{Given, keys, seconds, without};
use crate::setup::{self, Scene};
use crate::tokens;

/// A role that a web identity assumes.
pub(crate) struct WebRole<'a> {
    pub(crate) role_arn: &'a str,
    pub(crate) session: &'a RoleSession,
    pub(crate) name: String,
}

impl WebRole<'_> {
    /// `AssumeRoleWithWebIdentity`: the token is all the proof there is, and nothing is signed.
    pub(crate) async fn assume(
        &self,
        cognito: &Cognito,
        spec: &StsSpec,
        token: &Secret,
        scene: &Scene<'_>,
    ) -> Result<Keys, Fault> {
        let request = cognito
            .clients
            .sts(spec)
            .assume_role_with_web_identity()
            .role_arn(self.role_arn)
            .role_session_name(&self.name)
            .web_identity_token(token.expose())
            .set_duration_seconds(seconds(self.session.duration))
            .set_policy(self.session.policy.clone())
            .set_policy_arns(policy_arns(self.session));
        let answer = call(Operation::AssumeRoleWithWebIdentity, &[token], |probe| {
            request.customize().interceptor(probe).send()
        })
        .await
        .map_err(|refusal| setup::tell(refusal, scene))?;
        let given = answer.map(|output| output.credentials.map(Given::from));
        let given = given.whole().ok_or_else(|| without(WHOSE, "keys"))?;
        keys(given, WHOSE, &*cognito.wall)
    }
}

/// `AssumeRole`, signed with the keys of the profile before it in the chain.
pub(crate) async fn assume_role(
    cognito: &Cognito,
    spec: &StsSpec,
    role: &RoleSource,
    by: &Keys,
    user: Option<&User>,
) -> Result<Keys, Fault> {
    let mut tags = Vec::new();
    for (key, value) in &role.tags {
        let tag = Tag::builder().key(key).value(value).build();
        tags.push(tag.map_err(|bad| Fault::new(FaultKind::Misconfigured, bad.to_string()))?);
    }
    let request = cognito
        .clients
        .sts(spec)
        .assume_role()
        .role_arn(&role.role_arn)
        .role_session_name(session_name(&role.session, user))
        .set_duration_seconds(seconds(role.session.duration))
        .set_policy(role.session.policy.clone())
        .set_policy_arns(policy_arns(&role.session))
        .set_external_id(role.external_id.clone())
        .set_tags(some(tags))
        .set_transitive_tag_keys(some(role.transitive_tags.clone()));
    let answer = call(Operation::AssumeRole, &secrets(by), |probe| {
        let request = request.customize().config_override(signing(by));
        request.interceptor(probe).send()
    })
    .await
    .map_err(|refusal| setup::tell(refusal, &Scene::Chain { role, sts: spec }))?;
    let given = answer.map(|output| output.credentials.map(Given::from));
    let given = given.whole().ok_or_else(|| without(WHOSE, "keys"))?;
    keys(given, WHOSE, &*cognito.wall)
}

/// `GetCallerIdentity`, which needs no permission, and what the ID token says.
pub(crate) async fn identify(
    cognito: &Cognito,
    spec: &StsSpec,
    keys: &Keys,
    id_token: Option<&Secret>,
) -> Result<Identified, Fault> {
    let claims = match id_token {
        Some(token) => tokens::payload(token)?,
        None => Default::default(),
    };
    let request = cognito.clients.sts(spec).get_caller_identity();
    let output = call(Operation::GetCallerIdentity, &secrets(keys), |probe| {
        let request = request.customize().config_override(signing(keys));
        request.interceptor(probe).send()
    })
    .await
    .map_err(|refusal| setup::tell(refusal, &Scene::Caller { sts: spec }))?
    .output;
    let part = |text: Option<String>, what| {
        text.filter(|text| !text.is_empty())
            .ok_or_else(|| without(WHOSE, what))
    };
    Ok(Identified {
        arn: part(output.arn, "an ARN")?,
        account: part(output.account, "an account")?,
        user_id: part(output.user_id, "a user id")?,
        claims,
    })
}

/// `RoleSessionName`: what the configuration says, or who is signed in, as far as IAM's alphabet
/// goes. It shows in CloudTrail and in the ARN.
pub(crate) fn session_name(session: &RoleSession, user: Option<&User>) -> String {
    if let Some(name) = &session.name {
        return name.clone();
    }
    let Some(user) = user else {
        return GUEST.to_owned();
    };
    // A name that a pool made up says less than an address.
    let told = match &user.email {
        Some(email) if user.username == user.sub => email,
        Some(_) | None => &user.username,
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let name: String = told
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .take(LONGEST_NAME)
        .collect();
    if name.len() < SHORTEST_NAME {
        return format!("{NAMELESS}{name}");
    }
    name
}

fn policy_arns(session: &RoleSession) -> Option<Vec<PolicyDescriptorType>> {
    let arns = session.policy_arns.iter();
    some(
        arns.map(|arn| PolicyDescriptorType::builder().arn(arn).build())
            .collect(),
    )
}

/// An empty list is not sent.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// These keys and no others: the client itself has none, and looks for none.
fn signing(keys: &Keys) -> Builder {
    Config::builder().credentials_provider(Signing::new(
        keys.access_key_id.expose(),
        keys.secret_access_key.expose(),
        Some(keys.session_token.expose().to_owned()),
        None,
        "poolkey",
    ))
}

fn secrets(keys: &Keys) -> [&Secret; 3] {
    [
        &keys.secret_access_key,
        &keys.session_token,
        &keys.access_key_id,
    ]
}

impl From<Credentials> for Given {
    fn from(credentials: Credentials) -> Self {
        Self {
            expiration: Some(UnixTime::from_secs(credentials.expiration.secs())),
            access_key_id: Some(credentials.access_key_id),
            secret_access_key: Some(credentials.secret_access_key),
            session_token: Some(credentials.session_token),
        }
    }
}

const WHOSE: &str = "STS";
const GUEST: &str = "guest";
const NAMELESS: &str = "poolkey-";
const SHORTEST_NAME: usize = 2;
const LONGEST_NAME: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn named(username: &str, email: Option<&str>) -> String {
        let user = User {
            sub: "0aa1".into(),
            username: username.into(),
            email: email.map(str::to_owned),
        };
        session_name(&RoleSession::default(), Some(&user))
    }

    #[test]
    fn a_session_bears_the_name_of_who_is_signed_in() {
        assert_eq!(named("ada", Some("ada@example.com")), "ada");
        assert_eq!(named("0aa1", Some("ada@example.com")), "ada@example.com");
        assert_eq!(named("0aa1", None), "0aa1");
        assert_eq!(named("Google_1/2 3:ä", None), "Google_1-2-3--");
        assert_eq!(named("u", None), "poolkey-u");
        assert_eq!(named("", None), "poolkey-");
        assert_eq!(named(&"n".repeat(99), None).len(), 64);
        assert_eq!(session_name(&RoleSession::default(), None), "guest");
        let given = RoleSession {
            name: Some("build-7".into()),
            ..RoleSession::default()
        };
        assert_eq!(session_name(&given, None), "build-7");
    }
}
