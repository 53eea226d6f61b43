//! `consumer PROFILE CALLS PAUSE_MS`: asks STS who it is, so many times, with one client, and prints
//! a line a call: `ok ACCESS_KEY ARN` or `failed WHAT THE SDK SAYS`.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_sts::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_sts::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sts::error::{BoxError, DisplayErrorContext};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [profile, calls, pause] = words.as_slice() else {
        return Err("usage: consumer PROFILE CALLS PAUSE_MS".into());
    };
    let calls: u32 = calls.parse()?;
    let pause = Duration::from_millis(pause.parse()?);

    let mut config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .region("us-east-1")
        .endpoint_url(std::env::var("STS_URL")?)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    if profile != "-" {
        config = config.profile_name(profile);
    }
    let config = config.load().await;
    let signer = Signer::default();
    let config = aws_sdk_sts::config::Builder::from(&config)
        .interceptor(signer.clone())
        .build();
    let sts = aws_sdk_sts::Client::from_conf(config);

    for call in 0..calls {
        if call > 0 {
            tokio::time::sleep(pause).await;
        }
        match sts.get_caller_identity().send().await {
            Ok(who) => println!("ok {} {}", signer.last(), who.arn().unwrap_or("-")),
            Err(error) => {
                let told = DisplayErrorContext(error).to_string();
                println!("failed {}", told.replace('\n', " "));
            }
        }
    }
    Ok(())
}

/// Reads off each request which access key signed it.
#[derive(Clone, Debug, Default)]
struct Signer(Arc<Mutex<String>>);

impl Signer {
    fn last(&self) -> String {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Intercept for Signer {
    fn name(&self) -> &'static str {
        "Signer"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let header = context.request().headers().get("authorization");
        let key = header
            .and_then(|header| header.split_once("Credential="))
            .and_then(|(_, rest)| rest.split_once('/'))
            .map_or("-", |(key, _)| key);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = key.to_owned();
        Ok(())
    }
}
