use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use poolkey_core::config::{Flow, PoolFlow};
use poolkey_core::time::UnixTime;

use super::*;

fn at(kept: &Kept<usize>, built: &mut usize, region: &str, endpoint: Option<&str>) -> usize {
    let endpoint = endpoint.map(str::to_owned);
    let place = Place::new(region, endpoint.as_ref(), Variants::default());
    kept.at(place, |_| {
        *built += 1;
        *built
    })
}

#[test]
fn clients_are_kept_by_region_and_endpoint_and_the_oldest_goes() {
    let (kept, mut built) = (Kept::default(), 0);
    let mut at = |region: &str, endpoint: Option<&str>| at(&kept, &mut built, region, endpoint);
    assert_eq!(at("r0", None), 1);
    assert_eq!(at("r0", Some("e")), 2);
    assert_eq!(at("r0", None), 1);
    for n in 1..MOST {
        at(&format!("r{n}"), None);
    }
    assert_eq!(at("r0", None), 1, "used after the other");
    assert!(at("r0", Some("e")) > MOST, "the oldest was let go");
}

/// Notes where a request would go, and sends nothing.
#[derive(Clone, Debug, Default)]
struct Nowhere(Arc<Mutex<Vec<String>>>);

impl HttpConnector for Nowhere {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.0.lock().unwrap().push(request.uri().to_owned());
        HttpConnectorFuture::ready(Err(ConnectorError::io("nothing is sent".into())))
    }
}

impl Nowhere {
    fn clients(&self) -> Clients {
        let clients = Clients::new(Clock::new(Arc::new(|| UnixTime::from_secs(0))));
        let connector = SharedHttpConnector::new(self.clone());
        let http = http_client_fn(move |_, _| connector.clone());
        assert!(clients.http.set(http).is_ok());
        clients
    }

    fn last(&self) -> String {
        self.0.lock().unwrap().last().unwrap().clone()
    }
}

const PLAIN: Variants = Variants {
    fips: false,
    dual_stack: false,
};
const FIPS: Variants = Variants {
    fips: true,
    dual_stack: false,
};
const DUAL: Variants = Variants {
    fips: false,
    dual_stack: true,
};
const BOTH: Variants = Variants {
    fips: true,
    dual_stack: true,
};

/// By AWS's own rules: partitions, FIPS, IPv6.
#[rustfmt::skip]
const PLACES: &[(&str, Variants, &str, &str, &str)] = &[
    ("us-east-1",      PLAIN, "cognito-idp.us-east-1.amazonaws.com",         "cognito-identity.us-east-1.amazonaws.com",            "sts.us-east-1.amazonaws.com"),
    ("eu-central-1",   PLAIN, "cognito-idp.eu-central-1.amazonaws.com",      "cognito-identity.eu-central-1.amazonaws.com",         "sts.eu-central-1.amazonaws.com"),
    ("us-west-2",      FIPS,  "cognito-idp-fips.us-west-2.amazonaws.com",    "cognito-identity-fips.us-west-2.amazonaws.com",       "sts-fips.us-west-2.amazonaws.com"),
    ("us-east-1",      DUAL,  "cognito-idp.us-east-1.amazonaws.com",         "cognito-identity.us-east-1.amazonaws.com",            "sts.us-east-1.api.aws"),
    ("us-east-1",      BOTH,  "cognito-idp-fips.us-east-1.amazonaws.com",    "cognito-identity-fips.us-east-1.amazonaws.com",       "sts-fips.us-east-1.api.aws"),
    ("eu-central-1",   DUAL,  "cognito-idp.eu-central-1.amazonaws.com",      "cognito-identity.eu-central-1.amazonaws.com",         "sts.eu-central-1.api.aws"),
    ("us-gov-west-1",  PLAIN, "cognito-idp.us-gov-west-1.amazonaws.com",     "cognito-identity.us-gov-west-1.amazonaws.com",        "sts.us-gov-west-1.amazonaws.com"),
    ("us-gov-west-1",  FIPS,  "cognito-idp-fips.us-gov-west-1.amazonaws.com", "cognito-identity-fips.us-gov-west-1.amazonaws.com",  "sts.us-gov-west-1.amazonaws.com"),
    // There are no user pools in China.
    ("cn-north-1",     PLAIN, "",                                            "cognito-identity.cn-north-1.amazonaws.com.cn",        "sts.cn-north-1.amazonaws.com.cn"),
    ("cn-north-1",     DUAL,  "",                                            "cognito-identity.cn-north-1.api.amazonwebservices.com.cn", "sts.cn-north-1.api.amazonwebservices.com.cn"),
    ("us-gov-east-1",  DUAL,  "",                                            "cognito-identity.us-gov-east-1.api.aws",              "sts.us-gov-east-1.api.aws"),
    ("eusc-de-east-1", PLAIN, "cognito-idp.eusc-de-east-1.amazonaws.eu",     "cognito-identity.eusc-de-east-1.amazonaws.eu",        "sts.eusc-de-east-1.amazonaws.eu"),
];

#[tokio::test]
async fn every_partition_and_variant_has_its_own_host() {
    let nowhere = Nowhere::default();
    let clients = nowhere.clients();
    for (region, variants, user_pool, identity_pool, sts) in PLACES {
        if !user_pool.is_empty() {
            let spec = users(region, None, *variants);
            ask_users(&clients, &spec).await;
            assert_eq!(nowhere.last(), format!("https://{user_pool}/"));
        }
        ask_pools(&clients, &pools(region, None, *variants)).await;
        assert_eq!(nowhere.last(), format!("https://{identity_pool}/"));
        ask_sts(&clients, &roles(region, None, *variants)).await;
        assert_eq!(nowhere.last(), format!("https://{sts}/"));
    }
}

/// An endpoint of one's own has no variants: AWS's rules would refuse the two together.
#[tokio::test]
async fn an_endpoint_of_ones_own_is_what_it_is() {
    let nowhere = Nowhere::default();
    let clients = nowhere.clients();
    for variants in [PLAIN, BOTH] {
        let own = Some("http://127.0.0.1:9/own");
        ask_users(&clients, &users("us-east-1", own, variants)).await;
        ask_pools(&clients, &pools("us-east-1", own, variants)).await;
        ask_sts(&clients, &roles("us-east-1", own, variants)).await;
        let asked = std::mem::take(&mut *nowhere.0.lock().unwrap());
        assert_eq!(asked, ["http://127.0.0.1:9/own/"; 3]);
    }
}

async fn ask_users(clients: &Clients, spec: &UserPoolSpec) {
    let call = clients.users(spec).forgot_password().client_id("c");
    call.username("u").send().await.unwrap_err();
}

async fn ask_pools(clients: &Clients, spec: &PoolSource) {
    let call = clients.pools(spec).get_id().identity_pool_id("p");
    call.send().await.unwrap_err();
}

async fn ask_sts(clients: &Clients, spec: &StsSpec) {
    let call = clients.sts(spec).assume_role_with_web_identity();
    let call = call.role_arn("arn").role_session_name("s");
    call.web_identity_token("t").send().await.unwrap_err();
}

fn users(region: &str, endpoint: Option<&str>, variants: Variants) -> UserPoolSpec {
    UserPoolSpec {
        user_pool_id: format!("{region}_A"),
        client_id: "c".into(),
        username: None,
        flow: Flow::UserSrp,
        preferred_challenge: None,
        session_life: None,
        admin_profile: None,
        managed_login: None,
        endpoint: endpoint.map(str::to_owned),
        variants,
    }
}

fn pools(region: &str, endpoint: Option<&str>, variants: Variants) -> PoolSource {
    PoolSource {
        login: None,
        identity_pool_id: format!("{region}:a"),
        flow: PoolFlow::Enhanced { role_arn: None },
        endpoint: endpoint.map(str::to_owned),
        variants,
    }
}

fn roles(region: &str, endpoint: Option<&str>, variants: Variants) -> StsSpec {
    StsSpec {
        region: Some(region.to_owned()),
        endpoint: endpoint.map(str::to_owned),
        variants,
    }
}
