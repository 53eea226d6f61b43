//! `[profile.…]`

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::{At, span, stray, values};
use crate::config::ids::{is_identity_pool_id, is_policy_arn, is_region, is_role_arn};
use crate::config::{
    ConfigError, FileSpec, KeySource, LoginSpec, PoolFlow, PoolSource, ProfileSpec, RoleSession,
    RoleSource, StsSpec, Variants,
};
use crate::name::LoginName;

/// All keys of all kinds of profiles.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProfile {
    login: Option<Spanned<String>>,
    identity_pool_id: Option<Spanned<String>>,
    flow: Option<Spanned<FlowName>>,
    role_arn: Option<Spanned<String>>,
    session_name: Option<Spanned<String>>,
    duration: Option<Spanned<String>>,
    session_policy: Option<Spanned<String>>,
    policy_arns: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) source_profile: Option<Spanned<String>>,
    external_id: Option<Spanned<String>>,
    tags: Option<Spanned<BTreeMap<Spanned<String>, String>>>,
    transitive_tags: Option<Spanned<Vec<Spanned<String>>>>,
    endpoint: Option<Spanned<String>>,
    sts_endpoint: Option<Spanned<String>>,
    sts_region: Option<Spanned<String>>,
    signin_endpoint: Option<Spanned<String>>,
    fips: Option<Spanned<bool>>,
    dual_stack: Option<Spanned<bool>>,
    pub(super) write_profile: Option<Spanned<String>>,
    region: Option<Spanned<String>>,
    output: Option<Spanned<String>>,
}

/// The two flows of identity pools.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FlowName {
    #[default]
    Enhanced,
    Classic,
}

impl RawProfile {
    pub(super) fn check(
        mut self,
        name: Range<usize>,
        logins: &BTreeMap<LoginName, LoginSpec>,
        at: At<'_>,
    ) -> Result<ProfileSpec, ConfigError> {
        let sts = StsSpec {
            region: self.region(at)?,
            endpoint: values::endpoint("sts_endpoint", self.sts_endpoint.take(), at)?,
            variants: self.variants(),
        };
        let signin_endpoint = values::endpoint("signin_endpoint", self.signin_endpoint.take(), at)?;
        let source = if let Some(source) = self.source_profile.take() {
            KeySource::Role(self.role(&source, &name, at)?)
        } else if let Some(pool) = self.identity_pool_id.take() {
            KeySource::Pool(self.pool(&pool, logins, at)?)
        } else {
            let told = "a profile has an identity_pool_id or a source_profile";
            return Err(at(name, told.into()));
        };
        Ok(ProfileSpec {
            source,
            sts,
            signin_endpoint,
        })
    }

    /// What is written of it into other files.
    pub(super) fn file(&self, at: At<'_>) -> Result<Option<FileSpec>, ConfigError> {
        let file = FileSpec {
            write_profile: match &self.write_profile {
                None => None,
                Some(name) => Some(
                    name.get_ref()
                        .parse()
                        .map_err(|bad| at(name.span(), format!("write_profile: {bad}")))?,
                ),
            },
            region: match &self.region {
                None => None,
                Some(region) if is_region(region.get_ref()) => Some(region.get_ref().clone()),
                Some(region) => {
                    return Err(at(region.span(), "region looks like \"us-east-1\"".into()));
                }
            },
            output: match &self.output {
                None => None,
                Some(output) if OUTPUTS.contains(&output.get_ref().as_str()) => {
                    Some(output.get_ref().clone())
                }
                Some(output) => {
                    let told = format!("output is one of {}", OUTPUTS.join(", "));
                    return Err(at(output.span(), told));
                }
            },
        };
        Ok((file != FileSpec::default()).then_some(file))
    }

    fn pool(
        mut self,
        id: &Spanned<String>,
        logins: &BTreeMap<LoginName, LoginSpec>,
        at: At<'_>,
    ) -> Result<PoolSource, ConfigError> {
        let login = match &self.login {
            None => None,
            Some(login) => Some(known(login, logins, at)?),
        };
        if !is_identity_pool_id(id.get_ref()) {
            return Err(at(
                id.span(),
                "identity_pool_id looks like \
                 \"us-east-1:01234567-89ab-cdef-0123-456789abcdef\""
                    .into(),
            ));
        }
        let role_arn = self.role_arn(at)?;
        let flow = match self.flow.as_ref().map(|flow| *flow.get_ref()) {
            None | Some(FlowName::Enhanced) => {
                self.fit(
                    &["login", "flow", "role_arn", "endpoint"],
                    "the enhanced flow of an identity pool",
                    at,
                )?;
                if let (None, Some(given)) = (&login, &self.role_arn) {
                    let told = "a guest cannot ask for a role: the identity pool has one for all";
                    return Err(at(given.span(), told.into()));
                }
                PoolFlow::Enhanced { role_arn }
            }
            Some(FlowName::Classic) => {
                self.fit(
                    &[
                        "login",
                        "flow",
                        "role_arn",
                        "endpoint",
                        "session_name",
                        "duration",
                        "session_policy",
                        "policy_arns",
                    ],
                    "the classic flow of an identity pool",
                    at,
                )?;
                let Some(role_arn) = role_arn else {
                    let here = span(self.flow.as_ref()).unwrap_or_default();
                    return Err(at(here, "flow = \"classic\" needs a role_arn".into()));
                };
                PoolFlow::Classic {
                    role_arn,
                    session: self.session(LONGEST_ROLE, "duration is 15m to 12h", at)?,
                }
            }
        };
        Ok(PoolSource {
            login,
            identity_pool_id: id.get_ref().clone(),
            flow,
            variants: self.variants(),
            endpoint: values::endpoint("endpoint", self.endpoint.take(), at)?,
        })
    }

    fn role(
        self,
        source: &Spanned<String>,
        name: &Range<usize>,
        at: At<'_>,
    ) -> Result<RoleSource, ConfigError> {
        self.fit(
            &[
                "role_arn",
                "session_name",
                "duration",
                "session_policy",
                "policy_arns",
                "external_id",
                "tags",
                "transitive_tags",
            ],
            "source_profile",
            at,
        )?;
        let Some(role_arn) = self.role_arn(at)? else {
            return Err(at(name.clone(), "source_profile needs a role_arn".into()));
        };
        let tags = self.tags(at)?;
        Ok(RoleSource {
            source_profile: source
                .get_ref()
                .parse()
                .map_err(|bad| at(source.span(), format!("source_profile: {bad}")))?,
            role_arn,
            session: self.session(
                LONGEST_CHAINED,
                "duration is 15m to 1h for a role that is assumed with the keys of another",
                at,
            )?,
            external_id: self.external_id(at)?,
            transitive_tags: self.transitive_tags(&tags, at)?,
            tags,
        })
    }

    fn session(
        &self,
        longest: Duration,
        told: &str,
        at: At<'_>,
    ) -> Result<RoleSession, ConfigError> {
        Ok(RoleSession {
            name: match &self.session_name {
                None => None,
                Some(name) if is_session_name(name.get_ref()) => Some(name.get_ref().clone()),
                Some(name) => {
                    let told = "session_name has 2 to 64 letters, digits and any of + = , . @ - _";
                    return Err(at(name.span(), told.into()));
                }
            },
            duration: values::duration_within(
                self.duration.as_ref(),
                SHORTEST_ROLE,
                longest,
                told,
                at,
            )?,
            policy: match &self.session_policy {
                None => None,
                Some(policy) if is_policy(policy.get_ref()) => Some(policy.get_ref().clone()),
                Some(policy) => {
                    let told = "session_policy is a policy document: one JSON object with a \
                                “Statement”, of at most 2048 characters";
                    return Err(at(policy.span(), told.into()));
                }
            },
            policy_arns: self.policy_arns(at)?,
        })
    }

    fn policy_arns(&self, at: At<'_>) -> Result<Vec<String>, ConfigError> {
        let Some(arns) = &self.policy_arns else {
            return Ok(Vec::new());
        };
        if arns.get_ref().len() > 10 {
            return Err(at(arns.span(), "policy_arns has at most 10 ARNs".into()));
        }
        for arn in arns.get_ref() {
            if !is_policy_arn(arn.get_ref()) {
                let told = "a policy's ARN looks like \"arn:aws:iam::aws:policy/ReadOnlyAccess\"";
                return Err(at(arn.span(), told.into()));
            }
        }
        Ok(arns
            .get_ref()
            .iter()
            .map(|arn| arn.get_ref().clone())
            .collect())
    }

    fn role_arn(&self, at: At<'_>) -> Result<Option<String>, ConfigError> {
        match &self.role_arn {
            None => Ok(None),
            Some(role) if is_role_arn(role.get_ref()) => Ok(Some(role.get_ref().clone())),
            Some(role) => Err(at(
                role.span(),
                "role_arn looks like \"arn:aws:iam::123456789012:role/NAME\"".into(),
            )),
        }
    }

    fn external_id(&self, at: At<'_>) -> Result<Option<String>, ConfigError> {
        let Some(id) = &self.external_id else {
            return Ok(None);
        };
        let text = id.get_ref();
        let good = (2..=1224).contains(&text.len())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c));
        if good {
            Ok(Some(text.clone()))
        } else {
            let told = "external_id has 2 to 1224 letters, digits and any of _ + = , . @ : / -";
            Err(at(id.span(), told.into()))
        }
    }

    fn tags(&self, at: At<'_>) -> Result<BTreeMap<String, String>, ConfigError> {
        let Some(tags) = &self.tags else {
            return Ok(BTreeMap::new());
        };
        if tags.get_ref().len() > 50 {
            return Err(at(tags.span(), "there are at most 50 tags".into()));
        }
        let mut read = BTreeMap::new();
        for (key, value) in tags.get_ref() {
            let name = key.get_ref();
            if !(1..=128).contains(&name.chars().count()) || value.chars().count() > 256 {
                let told = "a tag has a name of 1 to 128 and a value of at most 256 characters";
                return Err(at(key.span(), told.into()));
            }
            read.insert(name.clone(), value.clone());
        }
        Ok(read)
    }

    fn transitive_tags(
        &self,
        tags: &BTreeMap<String, String>,
        at: At<'_>,
    ) -> Result<Vec<String>, ConfigError> {
        let given = self.transitive_tags.as_ref();
        let given = given.map_or(&[][..], |given| given.get_ref().as_slice());
        for key in given {
            if !tags.contains_key(key.get_ref()) {
                let told = format!("there is no tag “{}” that could go on", key.get_ref());
                return Err(at(key.span(), told));
            }
        }
        Ok(given.iter().map(|key| key.get_ref().clone()).collect())
    }

    fn region(&self, at: At<'_>) -> Result<Option<String>, ConfigError> {
        match &self.sts_region {
            None => Ok(None),
            Some(region) if is_region(region.get_ref()) => Ok(Some(region.get_ref().clone())),
            Some(region) => Err(at(
                region.span(),
                "sts_region looks like \"us-east-1\"".into(),
            )),
        }
    }

    fn variants(&self) -> Variants {
        let is_on = |given: &Option<Spanned<bool>>| given.as_ref().is_some_and(|on| *on.get_ref());
        Variants {
            fips: is_on(&self.fips),
            dual_stack: is_on(&self.dual_stack),
        }
    }

    /// Nothing is given that says nothing for this kind of profile.
    fn fit(&self, fits: &[&str], kind: &str, at: At<'_>) -> Result<(), ConfigError> {
        let given = [
            ("login", span(self.login.as_ref())),
            ("identity_pool_id", span(self.identity_pool_id.as_ref())),
            ("flow", span(self.flow.as_ref())),
            ("role_arn", span(self.role_arn.as_ref())),
            ("session_name", span(self.session_name.as_ref())),
            ("duration", span(self.duration.as_ref())),
            ("session_policy", span(self.session_policy.as_ref())),
            ("policy_arns", span(self.policy_arns.as_ref())),
            ("external_id", span(self.external_id.as_ref())),
            ("tags", span(self.tags.as_ref())),
            ("transitive_tags", span(self.transitive_tags.as_ref())),
            ("endpoint", span(self.endpoint.as_ref())),
        ];
        stray(&given, fits, kind, at)
    }
}

fn known(
    login: &Spanned<String>,
    logins: &BTreeMap<LoginName, LoginSpec>,
    at: At<'_>,
) -> Result<LoginName, ConfigError> {
    let name = login.get_ref();
    name.parse()
        .ok()
        .filter(|name: &LoginName| logins.contains_key(name))
        .ok_or_else(|| {
            at(
                login.span(),
                format!("there is no [login.{name}] in this file"),
            )
        })
}

/// `[\w+=,.@-]*`, 2 to 64 characters (`RoleSessionName` of the model of STS).
fn is_session_name(text: &str) -> bool {
    (2..=64).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
}

fn is_policy(text: &str) -> bool {
    text.chars().count() <= 2048
        && serde_json::from_str::<serde_json::Value>(text)
            .is_ok_and(|policy| policy.get("Statement").is_some())
}

/// What the AWS CLI prints.
const OUTPUTS: &[&str] = &["json", "yaml", "yaml-stream", "text", "table", "off"];

/// What STS takes as `DurationSeconds`.
const SHORTEST_ROLE: Duration = Duration::from_secs(15 * 60);
const LONGEST_ROLE: Duration = Duration::from_secs(12 * 3600);

/// And of keys that are a role's themselves.
const LONGEST_CHAINED: Duration = Duration::from_secs(3600);
