use poolkey_core::config::{PoolFlow, PoolSource, RoleSession, RoleSource, StsSpec, Variants};

use super::*;

fn pool(region: &str) -> ProfileSpec {
    ProfileSpec {
        source: KeySource::Pool(PoolSource {
            login: None,
            identity_pool_id: format!("{region}:a"),
            flow: PoolFlow::Enhanced { role_arn: None },
            endpoint: None,
            variants: Variants::default(),
        }),
        sts: StsSpec::default(),
        signin_endpoint: None,
    }
}

fn role(arn: &str) -> ProfileSpec {
    ProfileSpec {
        source: KeySource::Role(RoleSource {
            source_profile: "dev".parse().unwrap(),
            role_arn: arn.into(),
            session: RoleSession::default(),
            external_id: None,
            tags: Default::default(),
            transitive_tags: Vec::new(),
        }),
        sts: StsSpec::default(),
        signin_endpoint: None,
    }
}

fn there(service: Option<&str>, region: Option<&str>) -> Destination {
    Destination {
        service: service.map(str::to_owned),
        region: region.map(str::to_owned),
        seconds: None,
    }
}

fn told(spec: &ProfileSpec, destination: &Destination) -> (String, String) {
    let console = Console::of(spec, destination).unwrap();
    (console.endpoint.to_string(), console.destination)
}

#[test]
fn each_partition_has_hosts_of_its_own() {
    for (region, endpoint, destination) in [
        (
            "eu-west-1",
            "https://signin.aws.amazon.com/federation",
            "https://console.aws.amazon.com/s3/home?region=eu-west-1",
        ),
        (
            "us-gov-west-1",
            "https://signin.amazonaws-us-gov.com/federation",
            "https://console.amazonaws-us-gov.com/s3/home?region=us-gov-west-1",
        ),
        (
            "cn-north-1",
            "https://signin.amazonaws.cn/federation",
            "https://console.amazonaws.cn/s3/home?region=cn-north-1",
        ),
        (
            "eusc-de-east-1",
            "https://eusc-de-east-1.signin.amazonaws-eusc.eu/federation",
            "https://eusc-de-east-1.console.amazonaws-eusc.eu/s3/home?region=eusc-de-east-1",
        ),
    ] {
        assert_eq!(
            told(&pool(region), &there(Some("s3"), None)),
            (endpoint.into(), destination.into())
        );
    }
    let unknown = Console::of(&pool("us-iso-east-1"), &Destination::default());
    let fault = unknown.unwrap_err();
    assert!(fault.text.contains("signin_endpoint"), "{fault}");
}

#[test]
fn a_profile_s_own_region_is_where_it_leads() {
    let first = told(&pool("eu-west-1"), &Destination::default()).1;
    assert_eq!(
        first,
        "https://console.aws.amazon.com/console/home?region=eu-west-1"
    );
    let other = told(&pool("eu-west-1"), &there(None, Some("us-east-2"))).1;
    assert_eq!(
        other,
        "https://console.aws.amazon.com/console/home?region=us-east-2"
    );
    let mut named = pool("eu-west-1");
    named.sts.region = Some("eu-central-1".into());
    let named = told(&named, &Destination::default()).1;
    assert!(named.ends_with("=eu-central-1"), "{named}");
    let gov = told(
        &role("arn:aws-us-gov:iam::000000000000:role/Deploy"),
        &Destination::default(),
    );
    assert_eq!(gov.0, "https://signin.amazonaws-us-gov.com/federation");
}

#[test]
fn keys_of_one_partition_open_no_other() {
    for (own, region) in [
        ("eu-west-1", "us-gov-west-1"),
        ("us-gov-west-1", "us-east-1"),
        ("us-east-1", "cn-north-1"),
    ] {
        let fault = Console::of(&pool(own), &there(None, Some(region))).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Misconfigured);
        assert!(
            fault.text.contains(own) && fault.text.contains(region),
            "{fault}"
        );
    }
}

#[test]
fn nothing_gets_into_an_address_but_names() {
    for there in [
        there(Some("s3/../../evil"), None),
        there(Some("s3?x=y&"), None),
        there(Some("@evil.example"), None),
        there(Some(""), None),
        there(None, Some("us-east-1&Destination=x")),
        there(None, Some("evil.example/")),
    ] {
        assert!(
            Console::of(&pool("us-east-1"), &there).is_err(),
            "{there:?}"
        );
    }
}

#[test]
fn an_endpoint_of_ones_own_is_used_and_must_be_safe() {
    let mut spec = pool("us-east-1");
    for endpoint in ["http://127.0.0.1:9310", "http://127.0.0.1:9310/"] {
        spec.signin_endpoint = Some(endpoint.into());
        let endpoint = told(&spec, &Destination::default()).0;
        assert_eq!(endpoint, "http://127.0.0.1:9310/federation");
    }
    spec.signin_endpoint = Some("http://signin.example.com".into());
    assert!(Console::of(&spec, &Destination::default()).is_err());
}
