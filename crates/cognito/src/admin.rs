//! An administrator's AWS keys, for `ADMIN_USER_PASSWORD_AUTH` only.

use aws_sdk_cognitoidentityprovider::config::Credentials;
use poolkey_core::config::UserPoolSpec;
use poolkey_core::fault::{Fault, FaultKind};

use crate::clients::Clients;

/// Looks the keys up where AWS tools keep them: in the profile that the login names, or else along
/// the usual chain. They are read anew for each sign-in and kept by nobody.
#[cfg(feature = "admin")]
pub(crate) async fn keys(spec: &UserPoolSpec, clients: &Clients) -> Result<Credentials, Fault> {
    use aws_config::default_provider::credentials::DefaultCredentialsChain;
    use aws_config::profile::ProfileFileCredentialsProvider;
    use aws_config::provider_config::ProviderConfig;
    use aws_sdk_cognitoidentityprovider::config::{ProvideCredentials, Region};
    use tracing::{instrument::WithSubscriber, subscriber::NoSubscriber};

    let region = Region::new(spec.region().to_owned());
    let config = ProviderConfig::without_region()
        .with_region(Some(region.clone()))
        .with_http_client(clients.http())
        .with_timeout_config(crate::clients::timeouts());
    let found = async {
        match &spec.admin_profile {
            Some(name) => {
                ProfileFileCredentialsProvider::builder()
                    .configure(&config)
                    .profile_name(name)
                    .build()
                    .provide_credentials()
                    .await
            }
            None => {
                DefaultCredentialsChain::builder()
                    .configure(config)
                    .region(region)
                    .build()
                    .await
                    .provide_credentials()
                    .await
            }
        }
    }
    .with_subscriber(NoSubscriber::new());
    match tokio::time::timeout(PATIENCE, found).await {
        Ok(Ok(keys)) => Ok(keys),
        Ok(Err(_)) | Err(_) => Err(Fault::new(
            FaultKind::Misconfigured,
            match &spec.admin_profile {
                Some(name) => format!("The AWS profile “{name}” gave no administrator's keys."),
                None => "No administrator's AWS keys were found in the environment, the AWS \
                         files or the machine's role."
                    .to_owned(),
            },
        )),
    }
}

/// Built without the `admin` feature.
#[cfg(not(feature = "admin"))]
#[expect(
    clippy::unused_async,
    reason = "has the shape of what it stands in for"
)]
pub(crate) async fn keys(_: &UserPoolSpec, _: &Clients) -> Result<Credentials, Fault> {
    Err(Fault::new(
        FaultKind::Unsupported,
        "This build of Poolkey cannot sign in with an administrator's AWS keys.",
    ))
}

/// A profile may run a program, and that may ask a service, while a person waits.
#[cfg(feature = "admin")]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
