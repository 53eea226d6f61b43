//! Variables by which AWS's tools would find other keys, and find them first.

/// A variable that leads a tool to other keys than those that a person asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shadow {
    /// The variable.
    pub name: &'static str,
    /// What a tool does that finds it.
    pub does: &'static str,
}

const fn shadow(name: &'static str, does: &'static str) -> Shadow {
    Shadow { name, does }
}

/// All of them.
///
/// `AWS_ACCOUNT_ID` is none: it says nothing without keys, with keys it is set where the account is
/// known, and people have it in their own scripts.
/// `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` lead to files, which are looked into.
pub const SHADOWS: &[Shadow] = &[
    shadow(
        "AWS_ACCESS_KEY_ID",
        "gives keys, which every SDK takes before all others",
    ),
    shadow(
        "AWS_SECRET_ACCESS_KEY",
        "gives keys, which every SDK takes before all others",
    ),
    shadow("AWS_SESSION_TOKEN", "belongs to those keys"),
    shadow(
        "AWS_SECURITY_TOKEN",
        "is the older name of AWS_SESSION_TOKEN, and botocore reads it first",
    ),
    shadow(
        "AWS_CREDENTIAL_EXPIRATION",
        "says when those keys end: botocore and JavaScript would take ours for expired",
    ),
    shadow(
        "AWS_SESSION_EXPIRATION",
        "is another tool's word for the end of its keys, which prompts show",
    ),
    shadow(
        "AWS_CREDENTIAL_SCOPE",
        "says which region JavaScript signs for with those keys",
    ),
    shadow(
        "AWS_ACCESS_KEY",
        "gives keys to Go, Ruby and the first SDK for Java",
    ),
    shadow(
        "AWS_SECRET_KEY",
        "gives keys to Go, Ruby and the first SDK for Java",
    ),
    shadow("AMAZON_ACCESS_KEY_ID", "gives keys to Ruby"),
    shadow("AMAZON_SECRET_ACCESS_KEY", "gives keys to Ruby"),
    shadow("AMAZON_SESSION_TOKEN", "belongs to those keys"),
    shadow(
        "AWS_PROFILE",
        "names another profile, which JavaScript takes before keys of the environment",
    ),
    shadow(
        "AWS_DEFAULT_PROFILE",
        "names another profile to the AWS CLI, boto3 and C++",
    ),
    shadow(
        "AWS_ROLE_ARN",
        "names the role to take with a web identity, which comes before profiles",
    ),
    shadow("AWS_ROLE_SESSION_NAME", "names the session of that role"),
    shadow(
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "has a web identity, which comes before profiles",
    ),
    shadow(
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "leads to another endpoint, before AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ),
    shadow(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "leads to another endpoint",
    ),
    shadow(
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "belongs to that endpoint; Java takes it before the file",
    ),
    shadow(
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "belongs to that endpoint; most SDKs take it before AWS_CONTAINER_AUTHORIZATION_TOKEN",
    ),
    shadow(
        "AWS_CREDENTIAL_FILE",
        "leads botocore to a file with keys, before the endpoint",
    ),
    shadow(
        "AWS_CREDENTIAL_PROFILES_FILE",
        "leads the first SDK for Java to a file with keys, before the endpoint",
    ),
    shadow(
        "AWS_BEARER_TOKEN_BEDROCK",
        "is a key of Bedrock's own, which its clients take before all others",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_once_and_says_why() {
        for (number, shadow) in SHADOWS.iter().enumerate() {
            let others = &SHADOWS[number + 1..];
            assert!(others.iter().all(|other| other.name != shadow.name));
            assert!(shadow.does.len() > 10, "{}", shadow.name);
            let plain = |c: char| c.is_ascii_uppercase() || c == '_';
            assert!(shadow.name.chars().all(plain), "{}", shadow.name);
        }
    }
}
