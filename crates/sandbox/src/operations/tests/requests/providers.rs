//! Right requests about domains and identity providers.

use serde_json::json;

use super::{Ground, Request, run};
use crate::{wire::Fields, world::World};

impl Ground {
    pub(super) fn providers(&self, world: &mut World) -> Vec<Request> {
        let pool = &self.seeded.user_pool_id;
        let other = "us-east-1_Other0001";
        let request = json!({ "PoolName": "other" });
        let fields = Fields::of(&request).expect("fields");
        let made = world.create_user_pool_as(fields, other.into());
        made.expect("a second pool");
        let domain = |pool: &str, name: &str| json!({ "UserPoolId": pool, "Domain": name });
        run(world, "CreateUserPoolDomain", &domain(other, "other")).expect("a domain");
        let provider = |name: &str, identifier: &str| {
            json!({
                "UserPoolId": pool,
                "ProviderName": name,
                "ProviderType": "OIDC",
                "ProviderDetails": {
                    "client_id": "x",
                    "client_secret": "y",
                    "oidc_issuer": "https://example.com",
                    "authorize_scopes": "openid",
                    "attributes_request_method": "GET",
                },
                "AttributeMapping": { "email": "email" },
                "IdpIdentifiers": [identifier],
            })
        };
        let work = provider("Work", "work.example");
        run(world, "CreateIdentityProvider", &work).expect("a provider");
        let named = json!({ "UserPoolId": pool, "ProviderName": "Work" });
        vec![
            ("CreateUserPoolDomain", domain(pool, "people")),
            ("DescribeUserPoolDomain", json!({ "Domain": "other" })),
            ("DeleteUserPoolDomain", domain(other, "other")),
            ("CreateIdentityProvider", provider("Other", "other.example")),
            ("UpdateIdentityProvider", work),
            ("DescribeIdentityProvider", named.clone()),
            (
                "GetIdentityProviderByIdentifier",
                json!({ "UserPoolId": pool, "IdpIdentifier": "work.example" }),
            ),
            ("ListIdentityProviders", json!({ "UserPoolId": pool })),
            ("DeleteIdentityProvider", named),
        ]
    }
}
