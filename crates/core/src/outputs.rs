//! What the files of a deployment tell: the ids that a login and a profile need.
//!
//! Read is what AWS Amplify writes for the apps of a user pool, and the outputs of stacks. Taken out
//! of them are ids and what a sign-in in the browser needs; of the URLs only those of this machine, and
//! never a command.

use serde::{Deserialize, Serialize};
use serde_json::Value;

mod amplify;
mod shape;
mod stacks;

/// The ids that were found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct Outputs {
    /// The user pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_pool_id: Option<String>,
    /// Its app client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The identity pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_pool_id: Option<String>,
    /// The user pool's domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// What the app asks for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Where a browser may come back to on this machine.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Where a browser may go on this machine after a sign-out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logout_uri: Option<String>,
}

/// What a file tells of a deployment: what is plain, and what somebody has to choose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The ids that there is one of.
    pub outputs: Outputs,
    /// What there are several of. None of these is in `outputs`.
    pub ambiguous: Vec<Ambiguity>,
}

/// Several of what only one can be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguity {
    /// What they are.
    pub kind: IdKind,
    /// Where each was found, in the file's order; at least two.
    pub candidates: Vec<Candidate>,
}

/// An id, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The id.
    pub id: String,
    /// The name that the file has for it: `AuthStack.UserPoolId`.
    pub name: String,
}

/// What an id is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdKind {
    /// A user pool.
    UserPool,
    /// An app client.
    Client,
    /// An identity pool.
    IdentityPool,
    /// A user pool's domain.
    Domain,
}

impl Found {
    /// Takes the ids out of a file's text.
    ///
    /// # Errors
    ///
    /// It holds none.
    pub fn parse(text: &str) -> Result<Self, NoOutputs> {
        if text.len() > LARGEST {
            return Err(NoOutputs);
        }
        let value: Value = serde_json::from_str(text)
            .or_else(|_| serde_json::from_str(object_of(text).unwrap_or_default()))
            .map_err(|_| NoOutputs)?;
        let plain = |outputs| Self {
            outputs,
            ambiguous: Vec::new(),
        };
        amplify::read(&value)
            .map(plain)
            .or_else(|| stacks::read(&value))
            .ok_or(NoOutputs)
    }

    fn has_ids(&self) -> bool {
        let is_id = |several: &Ambiguity| several.kind != IdKind::Domain;
        self.outputs.has_ids() || self.ambiguous.iter().any(is_id)
    }
}

/// The text holds none of the ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is neither a file of Amplify's (amplify_outputs.json, amplifyconfiguration.json, \
     aws-exports.js) nor the outputs of stacks (of CloudFormation, CDK, SAM, Serverless or Terraform, \
     as JSON), with the id of a user pool, an app client or an identity pool in it"
)]
pub struct NoOutputs;

impl Outputs {
    /// Takes the ids out of a file's text that there is one of.
    ///
    /// # Errors
    ///
    /// It holds none.
    pub fn parse(text: &str) -> Result<Self, NoOutputs> {
        let outputs = Found::parse(text)?.outputs;
        outputs.has_ids().then_some(outputs).ok_or(NoOutputs)
    }

    fn has_ids(&self) -> bool {
        self.user_pool_id.is_some() || self.client_id.is_some() || self.identity_pool_id.is_some()
    }
}

/// The object that a script assigns: `const awsmobile = {…};`.
fn object_of(script: &str) -> Option<&str> {
    let rest = &script[script.find('{')?..];
    rest.get(..=rest.rfind('}')?)
}

/// In bytes; such a file has some 10 KB.
pub const LARGEST: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Outputs {
        Outputs {
            user_pool_id: Some("us-east-1_AbCdEf123".into()),
            client_id: Some("1example23456789".into()),
            identity_pool_id: Some("us-east-1:01234567-89ab-cdef-0123-456789abcdef".into()),
            ..Outputs::default()
        }
    }

    #[test]
    fn each_kind_of_file_is_read() {
        for file in [
            r#"{"version":"1.4","auth":{"aws_region":"us-east-1","user_pool_id":"us-east-1_AbCdEf123",
                "user_pool_client_id":"1example23456789",
                "identity_pool_id":"us-east-1:01234567-89ab-cdef-0123-456789abcdef","mfa_methods":[]}}"#,
            r#"{"auth":{"plugins":{"awsCognitoAuthPlugin":{
                "CredentialsProvider":{"CognitoIdentity":{"Default":{"PoolId":"us-east-1:01234567-89ab-cdef-0123-456789abcdef","Region":"us-east-1"}}},
                "CognitoUserPool":{"Default":{"PoolId":"us-east-1_AbCdEf123","AppClientId":"1example23456789"}}}}}}"#,
            "/* eslint-disable */\n// WARNING: DO NOT EDIT.\n\nconst awsmobile = {\n    \"aws_project_region\": \"us-east-1\",\n    \
             \"aws_cognito_identity_pool_id\": \"us-east-1:01234567-89ab-cdef-0123-456789abcdef\",\n    \
             \"aws_user_pools_id\": \"us-east-1_AbCdEf123\",\n    \"aws_user_pools_web_client_id\": \"1example23456789\",\n    \
             \"oauth\": {}\n};\n\n\nexport default awsmobile;\n",
        ] {
            assert_eq!(Outputs::parse(file), Ok(all()), "{file}");
        }
    }

    #[test]
    fn what_a_browser_needs_is_read_too() {
        for file in [
            r#"{"auth":{"user_pool_id":"us-east-1_AbCdEf123","user_pool_client_id":"1example23456789",
                "identity_pool_id":"us-east-1:01234567-89ab-cdef-0123-456789abcdef",
                "oauth":{"identity_providers":["GOOGLE"],"domain":"acme.auth.us-east-1.amazoncognito.com",
                "scopes":["openid","email"],"response_type":"code",
                "redirect_sign_in_uri":["https://app.example.com/","http://localhost:8400/callback","http://localhost/"],
                "redirect_sign_out_uri":["https://app.example.com/","http://localhost:8400/out"]}}}"#,
            r#"{"aws_user_pools_id":"us-east-1_AbCdEf123","aws_user_pools_web_client_id":"1example23456789",
                "aws_cognito_identity_pool_id":"us-east-1:01234567-89ab-cdef-0123-456789abcdef",
                "oauth":{"domain":"acme.auth.us-east-1.amazoncognito.com","scope":["openid","email"],
                "redirectSignIn":"https://app.example.com/,http://localhost:8400/callback",
                "redirectSignOut":"http://localhost:8400/out,https://app.example.com/","responseType":"code"}}"#,
            r#"{"auth":{"plugins":{"awsCognitoAuthPlugin":{
                "CredentialsProvider":{"CognitoIdentity":{"Default":{"PoolId":"us-east-1:01234567-89ab-cdef-0123-456789abcdef"}}},
                "CognitoUserPool":{"Default":{"PoolId":"us-east-1_AbCdEf123","AppClientId":"1example23456789"}},
                "Auth":{"Default":{"OAuth":{"WebDomain":"acme.auth.us-east-1.amazoncognito.com",
                "Scopes":["openid","email"],"SignInRedirectURI":"myapp://,http://localhost:8400/callback",
                "SignOutRedirectURI":"myapp://,http://localhost:8400/out"}}}}}}}"#,
        ] {
            let found = Outputs {
                domain: Some("acme.auth.us-east-1.amazoncognito.com".into()),
                scopes: vec!["openid".into(), "email".into()],
                redirect_uris: vec!["http://localhost:8400/callback".into()],
                logout_uri: Some("http://localhost:8400/out".into()),
                ..all()
            };
            assert_eq!(Outputs::parse(file), Ok(found), "{file}");
        }
    }

    #[test]
    fn what_holds_no_ids_is_refused() {
        for text in [
            "",
            "{}",
            "[]",
            "}{",
            "const x = {",
            r#"{"auth":{"user_pool_id":" "}}"#,
            r#"{"auth":{"oauth":{"domain":"x"}}}"#,
        ] {
            assert_eq!(Outputs::parse(text), Err(NoOutputs), "{text}");
        }
        assert_eq!(Outputs::parse(&" ".repeat(LARGEST + 1)), Err(NoOutputs));
    }
}
