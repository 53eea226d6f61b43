//! Every kind of login and profile, and what does not go with it.

use super::*;

const EVERY: &str = r#"
[login.acme]
user_pool_id = "eu-west-1_AbCdEf123"
client_id = "3n4b5urk1ft4fl3mg5e62d9ado"
domain = "acme.auth.eu-west-1.amazoncognito.com/"
redirect_uris = ["http://localhost:8400/callback", "http://[::1]:9379/"]
scopes = ["openid", "email"]
identity_provider = "Google"
logout_uri = "http://localhost:8400/out"
parameters = { resource = "https://api.example.com" }
fips = true

[login.google]
issuer = "https://accounts.google.com"
client_id = "1-a.apps.googleusercontent.com"
parameters = { access_type = "offline", prompt = "consent" }

[login.ci]
token_command = ["/usr/bin/token", "--for", "poolkey"]
issuer = "https://gitlab.example.com/"

[profile.dev]
login = "acme"
identity_pool_id = "us-east-1:01234567-89ab-cdef-0123-456789abcdef"

[profile.long]
login = "google"
identity_pool_id = "us-east-1:01234567-89ab-cdef-0123-456789abcdef"
flow = "classic"
role_arn = "arn:aws:iam::123456789012:role/long"
session_name = "ann@desk"
duration = "12h"
session_policy = '{"Version":"2012-10-17","Statement":[]}'
policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
sts_region = "eu-west-1"
dual_stack = true

[profile.guest]
identity_pool_id = "us-east-1:01234567-89ab-cdef-0123-456789abcdef"

[profile.prod]
source_profile = "dev"
role_arn = "arn:aws-us-gov:iam::123456789012:role/path/prod"
duration = "15m"
external_id = "acme:1"
tags = { team = "x", cost = "" }
transitive_tags = ["team"]

[profile.audit]
source_profile = "prod"
role_arn = "arn:aws:iam::210987654321:role/audit"
"#;

fn every() -> Config {
    Config::parse(EVERY).unwrap()
}

fn login(name: &str) -> LoginSpec {
    every().logins[&name.parse().unwrap()].clone()
}

fn profile(name: &str) -> ProfileSpec {
    every().profiles[&name.parse().unwrap()].clone()
}

#[test]
fn a_domain_makes_a_browser_the_way_in() {
    let LoginSpec::UserPool(pool) = login("acme") else {
        panic!("a user pool");
    };
    assert_eq!(pool.flow, Flow::Browser);
    let managed = pool.managed_login.unwrap();
    assert_eq!(
        managed.domain,
        "https://acme.auth.eu-west-1.amazoncognito.com"
    );
    assert_eq!(managed.browser.redirect_uris.len(), 2);
    assert_eq!(
        managed.identity_provider,
        Some(IdentityProvider::Name("Google".into()))
    );
    assert_eq!(
        managed.logout_uri.as_deref(),
        Some("http://localhost:8400/out")
    );
    assert!(pool.variants.fips && !pool.variants.dual_stack);
    assert!(login("acme").signs_in_by_browser());

    let chosen = EVERY.replace("fips = true", "flow = \"USER_SRP_AUTH\"");
    let config = Config::parse(&chosen).unwrap();
    let spec = &config.logins[&"acme".parse().unwrap()];
    assert!(!spec.signs_in_by_browser());
    assert!(spec.user_pool().unwrap().managed_login.is_some());
}

#[test]
fn other_providers_and_programs_are_logins() {
    let LoginSpec::Oidc(google) = login("google") else {
        panic!("an OpenID provider");
    };
    assert_eq!(google.browser.redirect_uris, ["http://127.0.0.1/callback"]);
    assert!(google.browser.scopes.is_empty());
    assert_eq!(google.browser.parameters["access_type"], "offline");
    assert_eq!(
        login("ci"),
        LoginSpec::Command(CommandSpec {
            command: vec!["/usr/bin/token".into(), "--for".into(), "poolkey".into()],
            issuer: Some("https://gitlab.example.com/".into()),
        })
    );
    assert_eq!(login("ci").provider(), "/usr/bin/token");
}

#[test]
fn profiles_know_where_their_keys_come_from() {
    let long = profile("long");
    let Some(PoolFlow::Classic { role_arn, session }) = long.pool().map(|pool| pool.flow.clone())
    else {
        panic!("the classic flow");
    };
    assert_eq!(role_arn, "arn:aws:iam::123456789012:role/long");
    assert_eq!(session.name.as_deref(), Some("ann@desk"));
    assert_eq!(session.duration, Some(Duration::from_secs(12 * 3600)));
    assert_eq!(session.policy_arns.len(), 1);
    assert_eq!(long.sts.region.as_deref(), Some("eu-west-1"));
    assert!(long.sts.variants.dual_stack && !long.sts.variants.fips);

    assert_eq!(profile("guest").pool().unwrap().login, None);
    let KeySource::Role(prod) = profile("prod").source else {
        panic!("a role of another profile");
    };
    assert_eq!(prod.source_profile.as_str(), "dev");
    assert_eq!(prod.tags["team"], "x");
    assert_eq!(prod.transitive_tags, ["team"]);
}

#[test]
fn a_chain_has_the_login_at_its_root() {
    let config = every();
    let of = |name: &str| config.login_of(&name.parse().unwrap()).unwrap();
    assert_eq!(of("audit").as_str(), "acme");
    assert_eq!(of("long").as_str(), "google");
    assert!(of("guest").is_guest());
    let audit = "audit".parse().unwrap();
    let (root, _) = config.root(&audit).unwrap();
    assert_eq!(root.as_str(), "dev");
}

/// What is written in place of what, in which line that is wrong, and a word of what is told.
#[test]
fn what_does_not_go_together_is_told() {
    let cases = [
        (
            "[login.ci]",
            "[login.guest]",
            "[login.guest]",
            "another name",
        ),
        (
            "domain = \"acme.auth.eu-west-1.amazoncognito.com/\"",
            "",
            "redirect_uris",
            "no domain",
        ),
        (
            "acme.auth.eu-west-1.amazoncognito.com/",
            "acme.example.com/login",
            "domain",
            "without a path",
        ),
        (
            "acme.auth.eu-west-1.amazoncognito.com/",
            "http://acme.example.com",
            "domain",
            "without a path",
        ),
        (
            "redirect_uris = [\"http://localhost:8400/callback\", \"http://[::1]:9379/\"]",
            "",
            "domain",
            "redirect_uris",
        ),
        (
            "localhost:8400/callback",
            "localhost/callback",
            "redirect_uris",
            "a port",
        ),
        (
            "localhost:8400/callback",
            "localhost:0/callback",
            "redirect_uris",
            "a port",
        ),
        (
            "localhost:8400/callback",
            "localhost:08400/callback",
            "redirect_uris",
            "a port",
        ),
        (
            "localhost:8400/callback",
            "localhost:99999/callback",
            "redirect_uris",
            "a port",
        ),
        (
            "localhost:8400/callback",
            "localhost.evil.example:8400/",
            "redirect_uris",
            "this machine",
        ),
        (
            "localhost:8400/callback",
            "localhost:8400/callback?a=b",
            "redirect_uris",
            "this machine",
        ),
        (
            "http://localhost:8400/callback",
            "https://localhost:8400/callback",
            "redirect_uris",
            "http://",
        ),
        (
            "http://localhost:8400/callback",
            "myapp://callback",
            "redirect_uris",
            "http://",
        ),
        ("[\"openid\", \"email\"]", "[\"email\"]", "scopes", "openid"),
        (
            "[\"openid\", \"email\"]",
            "[\"openid email\"]",
            "scopes",
            "one word",
        ),
        (
            "identity_provider = \"Google\"",
            "identity_provider = \"Google\"\nidp_identifier = \"a\"",
            "idp_identifier",
            "already",
        ),
        ("{ resource", "{ state", "parameters", "itself"),
        (
            "fips = true",
            "flow = \"BROWSER\"\nissuer = \"https://a\"",
            "issuer",
            "user_pool_id",
        ),
        (
            "https://accounts.google.com",
            "http://accounts.google.com",
            "issuer",
            "iss",
        ),
        (
            "1-a.apps.googleusercontent.com",
            "a b",
            "client_id = \"a b\"",
            "spaces",
        ),
        (
            "parameters = { access_type",
            "flow = \"USER_AUTH\"\nparameters = { access_type",
            "flow",
            "issuer",
        ),
        (
            "\"/usr/bin/token\"",
            "\"token\"",
            "token_command",
            "absolute",
        ),
        (
            "\"/usr/bin/token\"",
            "\"~/token\"",
            "token_command",
            "absolute",
        ),
        (
            "[\"/usr/bin/token\", \"--for\", \"poolkey\"]",
            "[]",
            "token_command",
            "names a program",
        ),
        (
            "duration = \"12h\"",
            "duration = \"13h\"",
            "duration",
            "15m to 12h",
        ),
        (
            "duration = \"15m\"",
            "duration = \"2h\"",
            "duration",
            "15m to 1h",
        ),
        (
            "duration = \"15m\"",
            "duration = \"14m\"",
            "duration",
            "15m to 1h",
        ),
        ("ann@desk", "a", "session_name", "2 to 64"),
        (
            "'{\"Version\":\"2012-10-17\",\"Statement\":[]}'",
            "'{}'",
            "session_policy",
            "Statement",
        ),
        (
            "iam::aws:policy/ReadOnlyAccess",
            "iam::aws:role/x",
            "policy_arns",
            "ReadOnlyAccess",
        ),
        ("flow = \"classic\"", "", "session_name", "enhanced flow"),
        ("flow = \"classic\"", "flow = \"basic\"", "flow", "classic"),
        (
            "[profile.guest]",
            "[profile.guest]\nrole_arn = \"arn:aws:iam::123456789012:role/x\"",
            "role_arn = \"arn:aws:iam::123456789012:role/x\"",
            "guest",
        ),
        (
            "source_profile = \"dev\"",
            "source_profile = \"dev\"\nlogin = \"acme\"",
            "login = \"acme\"\nrole",
            "source_profile",
        ),
        (
            "source_profile = \"dev\"",
            "source_profile = \"stage\"",
            "source_profile = \"stage\"",
            "[profile.stage]",
        ),
        (
            "source_profile = \"dev\"",
            "source_profile = \"audit\"",
            "source_profile = \"prod\"",
            "never comes",
        ),
        (
            "source_profile = \"dev\"",
            "source_profile = \"prod\"",
            "source_profile",
            "never comes",
        ),
        ("acme:1", "a", "external_id", "2 to 1224"),
        (
            "[\"team\"]",
            "[\"cost\", \"who\"]",
            "transitive_tags",
            "who",
        ),
        (
            "sts_region = \"eu-west-1\"",
            "sts_region = \"a.b\"",
            "sts_region",
            "us-east-1",
        ),
        (
            "[profile.guest]\nidentity_pool_id = \"us-east-1:01234567-89ab-cdef-0123-456789abcdef\"",
            "[profile.guest]",
            "[profile.guest]",
            "source_profile",
        ),
        (
            "user_pool_id = \"eu-west-1_AbCdEf123\"\nclient_id = \"3n4b5urk1ft4fl3mg5e62d9ado\"",
            "client_id = \"x\"",
            "[login.acme]",
            "user_pool_id, an issuer",
        ),
    ];
    for (from, to, place, word) in cases {
        assert!(EVERY.contains(from), "{from}");
        let text = EVERY.replacen(from, to, 1);
        let error = Config::parse(&text).expect_err(to);
        let changed = EVERY[..EVERY.find(from).unwrap()].rfind('\n').unwrap();
        let after = text[changed..].find(place).map(|place| changed + place);
        let begin = after.or_else(|| text.find(place)).unwrap();
        let line = 1 + text[..begin].matches('\n').count();
        assert_eq!(error.line, line, "{to}: {error}");
        assert!(error.text.contains(word), "{to}: {error}");
    }
}

#[test]
fn a_long_chain_is_refused_and_a_long_one_that_fits_is_not() {
    let chain = |hops: usize| {
        let mut text = EVERY.to_owned();
        for hop in 0..hops {
            let source = if hop == 0 {
                "guest".to_owned()
            } else {
                format!("hop{}", hop - 1)
            };
            text += &format!(
                "[profile.hop{hop}]\nsource_profile = \"{source}\"\n\
                 role_arn = \"arn:aws:iam::123456789012:role/x\"\n"
            );
        }
        Config::parse(&text)
    };
    assert!(chain(7).is_ok());
    assert!(chain(8).unwrap_err().text.contains("at most 8"));
}
