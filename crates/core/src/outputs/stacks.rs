//! The outputs of a deployment: of CloudFormation's stacks, of the CDK, SAM and Serverless, and of
//! Terraform. Their names are anybody's choice, so that an id is known by its shape.

use serde_json::Value;

use super::{Ambiguity, Candidate, Found, IdKind, Outputs, shape};

/// Takes the ids out of outputs, and says what there are several of.
pub(super) fn read(value: &Value) -> Option<Found> {
    let named = outputs(value);
    let mut found = Found::default();
    let Found { outputs, ambiguous } = &mut found;
    let Outputs {
        user_pool_id,
        client_id,
        identity_pool_id,
        domain,
        scopes: _,
        redirect_uris: _,
        logout_uri: _,
    } = outputs;
    for (slot, kind) in [
        (user_pool_id, IdKind::UserPool),
        (client_id, IdKind::Client),
        (identity_pool_id, IdKind::IdentityPool),
        (domain, IdKind::Domain),
    ] {
        let candidates = candidates(&named, kind);
        match candidates.as_slice() {
            [] => {}
            [only] => *slot = Some(only.id.clone()),
            [_, _, ..] => ambiguous.push(Ambiguity { kind, candidates }),
        }
    }
    found.has_ids().then_some(found)
}

/// An output, by the name that the file has for it.
struct Output<'a> {
    stack: Option<&'a str>,
    name: &'a str,
    value: &'a str,
}

fn outputs(value: &Value) -> Vec<Output<'_>> {
    // `aws cloudformation describe-stacks`
    if let Some(stacks) = value["Stacks"].as_array() {
        let stacks = stacks.iter();
        return stacks
            .flat_map(|stack| listed(stack["StackName"].as_str(), &stack["Outputs"]))
            .collect();
    }
    // Its `Outputs` alone, and `sam list stack-outputs`.
    if value.is_array() {
        return listed(None, value);
    }
    if value["Outputs"].is_array() {
        return listed(None, &value["Outputs"]);
    }
    let Some(entries) = value.as_object() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, value) in entries {
        match value {
            // Serverless.
            Value::String(value) => found.push(Output {
                stack: None,
                name,
                value,
            }),
            Value::Object(inner) => match inner.get("value") {
                // `terraform output -json`
                Some(value) if inner.contains_key("sensitive") => {
                    if inner["sensitive"] == Value::Bool(false) {
                        found.extend(of_terraform(name, value));
                    }
                }
                // `cdk deploy --outputs-file`
                Some(_) | None => found.extend(named(Some(name), value)),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {}
        }
    }
    found
}

/// `[{"OutputKey": …, "OutputValue": …}]`
fn listed<'a>(stack: Option<&'a str>, list: &'a Value) -> Vec<Output<'a>> {
    let of = |output: &'a Value| {
        Some(Output {
            stack,
            name: output["OutputKey"].as_str()?,
            value: output["OutputValue"].as_str()?,
        })
    };
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(of)
        .collect()
}

/// A text, or an object of texts.
fn of_terraform<'a>(name: &'a str, value: &'a Value) -> Vec<Output<'a>> {
    match value.as_str() {
        Some(value) => vec![Output {
            stack: None,
            name,
            value,
        }],
        None => named(Some(name), value),
    }
}

fn named<'a>(stack: Option<&'a str>, value: &'a Value) -> Vec<Output<'a>> {
    let entries = value.as_object().into_iter().flatten();
    entries
        .filter_map(|(name, value)| {
            Some(Output {
                stack,
                name,
                value: value.as_str()?,
            })
        })
        .collect()
}

/// The ids of a kind, each once.
fn candidates(outputs: &[Output<'_>], kind: IdKind) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for output in outputs {
        if let Some(id) = id(output, kind)
            && found.iter().all(|other| other.id != id)
            && found.len() < MOST
        {
            found.push(Candidate {
                id: id.to_owned(),
                name: told(output),
            });
        }
    }
    found
}

fn id<'a>(output: &Output<'a>, kind: IdKind) -> Option<&'a str> {
    let value = output.value.trim();
    match kind {
        IdKind::UserPool => {
            let id = of_arn(value, "cognito-idp", "userpool/").unwrap_or(value);
            shape::is_user_pool(id).then_some(id)
        }
        IdKind::IdentityPool => {
            let id = of_arn(value, "cognito-identity", "identitypool/").unwrap_or(value);
            shape::is_identity_pool(id).then_some(id)
        }
        // Much else is of 26 letters and digits.
        IdKind::Client => {
            let name = output.name.to_ascii_lowercase();
            let is_clients = name.contains("client") && !name.contains("secret");
            (is_clients && shape::is_made_client(value)).then_some(value)
        }
        IdKind::Domain => {
            let host = value.strip_prefix("https://").unwrap_or(value);
            let host = host.split(['/', '?', '#']).next()?;
            shape::is_cognitos_domain(host).then_some(host)
        }
    }
}

/// `ID` of `arn:aws:cognito-idp:us-east-1:123456789012:userpool/ID`.
fn of_arn<'a>(text: &'a str, service: &str, resource: &str) -> Option<&'a str> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", _, named, _, _, last] = parts[..] else {
        return None;
    };
    (named == service).then(|| last.strip_prefix(resource))?
}

/// What the file calls it, fit to be shown.
fn told(output: &Output<'_>) -> String {
    let whole = match output.stack {
        Some(stack) => format!("{stack}.{}", output.name),
        None => output.name.to_owned(),
    };
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    whole.chars().map(clean).take(LONGEST_NAME).collect()
}

/// Nobody chooses among more.
const MOST: usize = 50;

const LONGEST_NAME: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outputs::NoOutputs;

    const POOL: &str = "eu-west-1_AbCdEf123";
    const CLIENT: &str = "1example23456789abcdefghij";
    const IDENTITY: &str = "eu-west-1:01234567-89ab-cdef-0123-456789abcdef";
    const HOST: &str = "acme.auth.eu-west-1.amazoncognito.com";

    fn all() -> Outputs {
        Outputs {
            user_pool_id: Some(POOL.into()),
            client_id: Some(CLIENT.into()),
            identity_pool_id: Some(IDENTITY.into()),
            domain: Some(HOST.into()),
            ..Outputs::default()
        }
    }

    fn listed() -> String {
        format!(
            r#"[{{"OutputKey":"UserPoolId","OutputValue":"{POOL}","Description":"the pool","ExportName":"x"}},
                {{"OutputKey":"WebClientId","OutputValue":"{CLIENT}"}},
                {{"OutputKey":"IdentityPool","OutputValue":"{IDENTITY}"}},
                {{"OutputKey":"HostedUI","OutputValue":"https://{HOST}/login?client_id={CLIENT}"}},
                {{"OutputKey":"ApiUrl","OutputValue":"https://x.execute-api.eu-west-1.amazonaws.com/"}}]"#
        )
    }

    #[test]
    fn each_kind_of_file_is_read() {
        let list = listed();
        for file in [
            list.clone(),
            format!(r#"{{"Outputs":{list}}}"#),
            format!(r#"{{"Stacks":[{{"StackName":"Auth","Parameters":[],"Outputs":{list}}}]}}"#),
            // Spread over stacks, with an ARN beside the id.
            format!(
                r#"{{"AuthStack":{{"UserPoolId":"{POOL}","UserPoolArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/{POOL}",
                     "UserPoolClientId":"{CLIENT}","UserPoolClientSecret":"2example23456789abcdefghij"}},
                     "IdentityStack":{{"IdentityPoolId":"{IDENTITY}","Domain":"https://{HOST}"}}}}"#
            ),
            format!(
                r#"{{"user_pool":{{"sensitive":false,"type":"string","value":"{POOL}"}},
                     "ids":{{"sensitive":false,"type":["object",{{}}],"value":{{"client_id":"{CLIENT}","identity_pool_id":"{IDENTITY}"}}}},
                     "other_client":{{"sensitive":true,"type":"string","value":"2example23456789abcdefghij"}},
                     "domain":{{"sensitive":false,"type":"string","value":"{HOST}"}}}}"#
            ),
            format!(
                r#"{{"UserPoolId":"{POOL}","ClientId":"{CLIENT}","Identity":"arn:aws:cognito-identity:eu-west-1:123456789012:identitypool/{IDENTITY}","Ui":"{HOST}"}}"#
            ),
        ] {
            let found = Found {
                outputs: all(),
                ambiguous: Vec::new(),
            };
            assert_eq!(Found::parse(&file), Ok(found), "{file}");
            assert_eq!(Outputs::parse(&file), Ok(all()), "{file}");
        }
    }

    #[test]
    fn of_several_none_is_taken() {
        let file = format!(
            r#"{{"A":{{"PoolId":"{POOL}","WebClient":"{CLIENT}","AppClient":"2example23456789abcdefghij"}},
                 "B":{{"PoolId":"eu-west-1_Other1234","Again":"{POOL}","Identity":"{IDENTITY}"}}}}"#
        );
        let found = Found::parse(&file).unwrap();
        assert_eq!(
            found.outputs,
            Outputs {
                identity_pool_id: Some(IDENTITY.into()),
                ..Outputs::default()
            }
        );
        let told: Vec<(IdKind, Vec<(&str, &str)>)> = found
            .ambiguous
            .iter()
            .map(|several| {
                let of = several.candidates.iter();
                let of = of.map(|one| (one.name.as_str(), one.id.as_str()));
                (several.kind, of.collect())
            })
            .collect();
        assert_eq!(
            told,
            [
                (
                    IdKind::UserPool,
                    vec![("A.PoolId", POOL), ("B.PoolId", "eu-west-1_Other1234")]
                ),
                (
                    IdKind::Client,
                    vec![
                        ("A.AppClient", "2example23456789abcdefghij"),
                        ("A.WebClient", CLIENT)
                    ]
                ),
            ]
        );
        // Where all there is is not plain, somebody may still choose.
        let file = format!(r#"{{"A":"{POOL}","B":"eu-west-1_Other1234"}}"#);
        assert_eq!(Found::parse(&file).unwrap().ambiguous.len(), 1);
        assert_eq!(Outputs::parse(&file), Err(NoOutputs));
    }

    #[test]
    fn nothing_but_ids_is_taken() {
        for file in [
            r#"{"A":{"UserPoolId":"$(rm -rf ~)","ClientId":"`id`"}}"#,
            r#"{"token_command":["/bin/sh","-c","x"],"endpoint":"https://evil.example"}"#,
            r#"{"Domain":"https://acme.auth.eu-west-1.amazoncognito.com"}"#,
            r#"{"A":{"Domain":"evil.example","UserPoolId":"my_thing"}}"#,
            r#"{"Secret":"1example23456789abcdefghij","ClientSecret":"1example23456789abcdefghij"}"#,
            r#"[{"OutputKey":"UserPoolId"},{"OutputValue":"eu-west-1_AbCdEf123"},7,null]"#,
            r#"{"Stacks":{"UserPoolId":1}}"#,
        ] {
            assert_eq!(Found::parse(file), Err(NoOutputs), "{file}");
        }
        // A name is shown, and nobody's terminal obeys it.
        let file = format!(r#"{{"\u001b[2Ja":"{POOL}","b\u0000":"eu-west-1_Other1234"}}"#);
        let found = Found::parse(&file).unwrap();
        for one in &found.ambiguous[0].candidates {
            assert!(!one.name.contains(char::is_control), "{}", one.name);
        }
    }

    #[test]
    fn a_file_that_has_no_end_comes_to_one() {
        let many: Vec<String> = (0..9000)
            .map(|n| format!(r#""p{n}":"eu-west-1_Pool{n}""#))
            .collect();
        let found = Found::parse(&format!("{{{}}}", many.join(","))).unwrap();
        assert_eq!(found.ambiguous[0].candidates.len(), MOST);
        let deep = "{\"a\":".repeat(200_000);
        assert_eq!(Found::parse(&deep), Err(NoOutputs));
        let lists = "[".repeat(1_000_000);
        assert_eq!(Found::parse(&lists), Err(NoOutputs));
    }
}
