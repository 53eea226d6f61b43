//! What AWS Amplify writes for the apps of a user pool: the ids that a login and a profile need.
//!
//! Read are `amplify_outputs.json` (Amplify Gen 2), `amplifyconfiguration.json` (Gen 1, mobile and
//! web) and `aws-exports.js` (Gen 1, web). Ids are taken out of them and nothing else: no address
//! and no command.

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
}

/// The text holds none of the ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no amplify_outputs.json, amplifyconfiguration.json or aws-exports.js with an `auth` part"
)]
pub struct NoOutputs;

impl Outputs {
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
        [gen_2, mobile, exports]
            .into_iter()
            .map(|read| read(&value))
            .find(|found| *found != Self::default())
            .ok_or(NoOutputs)
    }
}

/// `amplify_outputs.json`.
fn gen_2(value: &Value) -> Outputs {
    let auth = &value["auth"];
    Outputs {
        user_pool_id: text(&auth["user_pool_id"]),
        client_id: text(&auth["user_pool_client_id"]),
        identity_pool_id: text(&auth["identity_pool_id"]),
    }
}

/// `amplifyconfiguration.json` of the mobile libraries.
fn mobile(value: &Value) -> Outputs {
    let plugin = &value["auth"]["plugins"]["awsCognitoAuthPlugin"];
    let pool = &plugin["CognitoUserPool"]["Default"];
    let identity = &plugin["CredentialsProvider"]["CognitoIdentity"]["Default"];
    Outputs {
        user_pool_id: text(&pool["PoolId"]),
        client_id: text(&pool["AppClientId"]),
        identity_pool_id: text(&identity["PoolId"]),
    }
}

/// `aws-exports.js`, and `amplifyconfiguration.json` of the web libraries.
fn exports(value: &Value) -> Outputs {
    Outputs {
        user_pool_id: text(&value["aws_user_pools_id"]),
        client_id: text(&value["aws_user_pools_web_client_id"]),
        identity_pool_id: text(&value["aws_cognito_identity_pool_id"]),
    }
}

fn text(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The object that a script assigns: `const awsmobile = {…};`.
fn object_of(script: &str) -> Option<&str> {
    let rest = &script[script.find('{')?..];
    rest.get(..=rest.rfind('}')?)
}

/// A file of Amplify's has some 10 KB.
const LARGEST: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Outputs {
        Outputs {
            user_pool_id: Some("us-east-1_AbCdEf123".into()),
            client_id: Some("1example23456789".into()),
            identity_pool_id: Some("us-east-1:01234567-89ab-cdef-0123-456789abcdef".into()),
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
    fn what_holds_no_ids_is_refused() {
        for text in [
            "",
            "{}",
            "[]",
            "}{",
            "const x = {",
            r#"{"auth":{"user_pool_id":" "}}"#,
        ] {
            assert_eq!(Outputs::parse(text), Err(NoOutputs), "{text}");
        }
        assert_eq!(Outputs::parse(&" ".repeat(LARGEST + 1)), Err(NoOutputs));
    }
}
