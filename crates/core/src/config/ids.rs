//! What ids, regions and hosts look like. They become parts of host names and of calls.

pub(super) fn is_loopback(rest: &str) -> bool {
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// `[\w-]+_[0-9a-zA-Z]+`, at most 55 characters (`UserPoolIdType` of Cognito's model).
pub(super) fn is_pool_id(text: &str) -> bool {
    text.len() <= 55
        && text.split_once('_').is_some_and(|(region, id)| {
            is_region(region) && !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric())
        })
}

/// `[\w-]+:[0-9a-f-]+`, at most 55 characters (`IdentityPoolId` of Cognito's model).
pub(super) fn is_identity_pool_id(text: &str) -> bool {
    text.len() <= 55
        && text.split_once(':').is_some_and(|(region, id)| {
            is_region(region)
                && !id.is_empty()
                && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
        })
}

/// The region becomes part of a host name.
pub(super) fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

pub(super) fn is_role_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, "iam", "", account, resource] = parts[..] else {
        return false;
    };
    arn == "arn"
        && partition.starts_with("aws")
        && account.len() == 12
        && account.chars().all(|c| c.is_ascii_digit())
        && resource.strip_prefix("role/").is_some_and(|name| {
            !name.is_empty() && name.chars().all(|c| is_word(c) || "+=,.@-/".contains(c))
        })
}

pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '+'
}

/// `arn:aws:iam::aws:policy/NAME`, or one of an account's own.
pub(super) fn is_policy_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, "iam", "", account, resource] = parts[..] else {
        return false;
    };
    let owned = account.len() == 12 && account.chars().all(|c| c.is_ascii_digit());
    arn == "arn"
        && partition.starts_with("aws")
        && (account == "aws" || owned)
        && resource.strip_prefix("policy/").is_some_and(|name| {
            !name.is_empty() && name.chars().all(|c| is_word(c) || "+=,.@-/".contains(c))
        })
}
