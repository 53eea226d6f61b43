//! A login and a profile as forms: each key of `profiles.toml` as it is written there.

use poolkey_core::config::{Flow, Preference};
use poolkey_core::name::ProfileName;
use poolkey_ipc::shim;
use serde::{Deserialize, Serialize};
use toml_edit::TableLike;

use super::word;
use super::written::{Fields, Pair, Said, flag, list, map, text};

/// What proves who a login is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum LoginFormKind {
    UserPool,
    Oidc,
    Command,
}

/// A login as a form. What belongs to another kind than its own is not written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub(crate) struct LoginForm {
    pub(super) name: String,
    kind: LoginFormKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_pool_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<Flow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_challenge: Option<Preference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_life: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    admin_profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    fips: bool,
    dual_stack: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    redirect_uris: Vec<String>,
    scopes: Vec<String>,
    parameters: Vec<Pair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idp_identifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logout_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    token_command: Vec<String>,
}

impl Default for LoginForm {
    fn default() -> Self {
        Self::of("", &toml_edit::Table::new())
    }
}

impl LoginForm {
    pub(super) fn of(name: &str, table: &dyn TableLike) -> Self {
        Self {
            name: name.to_owned(),
            kind: if table.contains_key("token_command") {
                LoginFormKind::Command
            } else if table.contains_key("issuer") {
                LoginFormKind::Oidc
            } else {
                LoginFormKind::UserPool
            },
            user_pool_id: text(table, "user_pool_id"),
            client_id: text(table, "client_id"),
            username: text(table, "username"),
            flow: known(table, "flow"),
            preferred_challenge: known(table, "preferred_challenge"),
            session_life: text(table, "session_life"),
            admin_profile: text(table, "admin_profile"),
            endpoint: text(table, "endpoint"),
            fips: flag(table, "fips"),
            dual_stack: flag(table, "dual_stack"),
            domain: text(table, "domain"),
            redirect_uris: list(table, "redirect_uris"),
            scopes: list(table, "scopes"),
            parameters: map(table, "parameters"),
            identity_provider: text(table, "identity_provider"),
            idp_identifier: text(table, "idp_identifier"),
            logout_uri: text(table, "logout_uri"),
            issuer: text(table, "issuer"),
            token_command: list(table, "token_command"),
        }
    }

    pub(super) fn fields(&self) -> Fields {
        use LoginFormKind::{Command, Oidc, UserPool};
        let of = |kinds: &[LoginFormKind], said: Said| {
            if kinds.contains(&self.kind) {
                said
            } else {
                said.nothing()
            }
        };
        let pool = |said| of(&[UserPool], said);
        let browser = |said| of(&[UserPool, Oidc], said);
        vec![
            ("user_pool_id", pool(words(&self.user_pool_id))),
            ("issuer", of(&[Oidc, Command], words(&self.issuer))),
            ("client_id", browser(words(&self.client_id))),
            (
                "token_command",
                of(&[Command], Said::List(self.token_command.clone())),
            ),
            ("username", browser(words(&self.username))),
            ("flow", pool(Said::Text(self.flow.as_ref().and_then(word)))),
            (
                "preferred_challenge",
                pool(Said::Text(self.preferred_challenge.as_ref().and_then(word))),
            ),
            ("domain", pool(words(&self.domain))),
            ("redirect_uris", browser(lines(&self.redirect_uris))),
            ("scopes", browser(lines(&self.scopes))),
            ("identity_provider", pool(words(&self.identity_provider))),
            ("idp_identifier", pool(words(&self.idp_identifier))),
            ("logout_uri", pool(words(&self.logout_uri))),
            ("parameters", browser(pairs(&self.parameters))),
            ("session_life", browser(words(&self.session_life))),
            ("admin_profile", pool(words(&self.admin_profile))),
            ("endpoint", pool(words(&self.endpoint))),
            ("fips", pool(Said::Flag(self.fips))),
            ("dual_stack", pool(Said::Flag(self.dual_stack))),
        ]
    }
}

/// Where a profile's keys come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum ProfileFormKind {
    /// An identity pool, for a login.
    Login,
    /// An identity pool, for guests.
    Guest,
    /// A role, for the keys of another profile.
    Role,
}

/// Which of the two flows of identity pools; absent where it is the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum PoolFlowName {
    Enhanced,
    Classic,
}

/// A profile as a form. What belongs to another kind than its own is not written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub(crate) struct ProfileForm {
    pub(super) name: String,
    kind: ProfileFormKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_pool_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<PoolFlowName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_policy: Option<String>,
    policy_arns: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    tags: Vec<Pair>,
    transitive_tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sts_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sts_region: Option<String>,
    fips: bool,
    dual_stack: bool,
    /// Under which name its keys are kept in a file, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    write_profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    /// The lines that `~/.aws/config` needs.
    #[serde(skip_deserializing)]
    aws_config: String,
}

impl Default for ProfileForm {
    fn default() -> Self {
        Self::of("", &toml_edit::Table::new())
    }
}

impl ProfileForm {
    pub(super) fn of(name: &str, table: &dyn TableLike) -> Self {
        Self {
            name: name.to_owned(),
            kind: if table.contains_key("source_profile") {
                ProfileFormKind::Role
            } else if table.contains_key("login") {
                ProfileFormKind::Login
            } else {
                ProfileFormKind::Guest
            },
            login: text(table, "login"),
            identity_pool_id: text(table, "identity_pool_id"),
            source_profile: text(table, "source_profile"),
            role_arn: text(table, "role_arn"),
            flow: known(table, "flow"),
            session_name: text(table, "session_name"),
            duration: text(table, "duration"),
            session_policy: text(table, "session_policy"),
            policy_arns: list(table, "policy_arns"),
            external_id: text(table, "external_id"),
            tags: map(table, "tags"),
            transitive_tags: list(table, "transitive_tags"),
            endpoint: text(table, "endpoint"),
            sts_endpoint: text(table, "sts_endpoint"),
            sts_region: text(table, "sts_region"),
            write_profile: text(table, "write_profile"),
            region: text(table, "region"),
            output: text(table, "output"),
            fips: flag(table, "fips"),
            dual_stack: flag(table, "dual_stack"),
            aws_config: name.parse().map_or_else(
                |_| String::new(),
                |name: ProfileName| shim::aws_config(&name, &shim::path()).join("\n"),
            ),
        }
    }

    pub(super) fn fields(&self) -> Fields {
        use ProfileFormKind::{Guest, Login, Role};
        let of = |fits: bool, said: Said| if fits { said } else { said.nothing() };
        let pool = |said| of(matches!(self.kind, Login | Guest), said);
        let chain = |said| of(self.kind == Role, said);
        let classic = self.flow == Some(PoolFlowName::Classic);
        let assumed = |said| of(self.kind == Role || classic, said);
        vec![
            ("login", of(self.kind == Login, words(&self.login))),
            ("identity_pool_id", pool(words(&self.identity_pool_id))),
            ("source_profile", chain(words(&self.source_profile))),
            ("role_arn", words(&self.role_arn)),
            ("flow", pool(Said::Text(self.flow.as_ref().and_then(word)))),
            ("session_name", assumed(words(&self.session_name))),
            ("duration", assumed(words(&self.duration))),
            ("session_policy", assumed(words(&self.session_policy))),
            ("policy_arns", assumed(lines(&self.policy_arns))),
            ("external_id", chain(words(&self.external_id))),
            ("tags", chain(pairs(&self.tags))),
            ("transitive_tags", chain(lines(&self.transitive_tags))),
            ("endpoint", pool(words(&self.endpoint))),
            ("sts_endpoint", words(&self.sts_endpoint)),
            ("sts_region", words(&self.sts_region)),
            ("write_profile", words(&self.write_profile)),
            ("region", words(&self.region)),
            ("output", words(&self.output)),
            ("fips", Said::Flag(self.fips)),
            ("dual_stack", Said::Flag(self.dual_stack)),
        ]
    }
}

impl Said {
    /// The same key without what it says.
    fn nothing(self) -> Self {
        match self {
            Self::Text(_) => Self::Text(None),
            Self::Flag(_) => Self::Flag(false),
            Self::List(_) => Self::List(Vec::new()),
            Self::Map(_) => Self::Map(Vec::new()),
        }
    }
}

/// One of several words, where it is one that is known.
fn known<T: for<'a> Deserialize<'a>>(table: &dyn TableLike, key: &str) -> Option<T> {
    serde_json::from_value(text(table, key)?.into()).ok()
}

fn words(text: &Option<String>) -> Said {
    let text = text.as_deref().map(str::trim);
    Said::Text(text.filter(|text| !text.is_empty()).map(str::to_owned))
}

fn lines(list: &[String]) -> Said {
    let words = list.iter().map(|word| word.trim());
    Said::List(
        words
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect(),
    )
}

fn pairs(pairs: &[Pair]) -> Said {
    let pairs = pairs
        .iter()
        .map(|(name, word)| (name.trim().to_owned(), word.clone()));
    Said::Map(pairs.filter(|(name, _)| !name.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(fields: &Fields, key: &str) -> Said {
        let found = fields.iter().find(|(name, _)| *name == key);
        found.map(|(_, said)| said.clone()).unwrap()
    }

    #[test]
    fn a_form_of_another_kind_leaves_what_is_not_its_own() {
        let form = LoginForm {
            kind: LoginFormKind::Oidc,
            user_pool_id: Some("us-east-1_A".into()),
            issuer: Some(" https://idp.example ".into()),
            flow: Some(Flow::Browser),
            fips: true,
            scopes: vec!["openid".into(), " ".into()],
            token_command: vec!["/bin/x".into()],
            ..LoginForm::default()
        };
        let fields = form.fields();
        assert_eq!(said(&fields, "user_pool_id"), Said::Text(None));
        assert_eq!(said(&fields, "flow"), Said::Text(None));
        assert_eq!(said(&fields, "fips"), Said::Flag(false));
        assert_eq!(said(&fields, "token_command"), Said::List(Vec::new()));
        assert_eq!(said(&fields, "scopes"), Said::List(vec!["openid".into()]));
        let issuer = Said::Text(Some("https://idp.example".into()));
        assert_eq!(said(&fields, "issuer"), issuer);
        let command = LoginForm {
            kind: LoginFormKind::Command,
            client_id: Some("desk".into()),
            ..form
        };
        let fields = command.fields();
        for key in ["client_id", "username", "session_life"] {
            assert_eq!(said(&fields, key), Said::Text(None), "{key}");
        }
        assert_eq!(said(&fields, "scopes"), Said::List(Vec::new()));
        let program = Said::List(vec!["/bin/x".into()]);
        assert_eq!(said(&fields, "token_command"), program);
    }

    #[test]
    fn a_role_without_the_classic_flow_has_no_session_of_its_own() {
        let form = ProfileForm {
            kind: ProfileFormKind::Login,
            login: Some("acme".into()),
            duration: Some("12h".into()),
            source_profile: Some("dev".into()),
            ..ProfileForm::default()
        };
        assert_eq!(said(&form.fields(), "duration"), Said::Text(None));
        assert_eq!(said(&form.fields(), "source_profile"), Said::Text(None));
        let classic = ProfileForm {
            flow: Some(PoolFlowName::Classic),
            ..form
        };
        let kept = Said::Text(Some("12h".into()));
        assert_eq!(said(&classic.fields(), "duration"), kept);
    }

    #[test]
    fn the_kind_is_told_by_the_keys() {
        for (text, kind) in [
            ("user_pool_id = \"x\"", LoginFormKind::UserPool),
            ("issuer = \"x\"\nclient_id = \"y\"", LoginFormKind::Oidc),
            (
                "issuer = \"x\"\ntoken_command = [\"/x\"]",
                LoginFormKind::Command,
            ),
        ] {
            let document: toml_edit::DocumentMut = text.parse().unwrap();
            assert_eq!(LoginForm::of("x", document.as_table()).kind, kind, "{text}");
        }
    }
}
