//! The AWS console: AWS's federation endpoint turns keys into an address that signs a browser in.
//!
//! The keys travel in the body of a `POST`, where no log of URLs has them, as AWS's own toolkits do
//! it; the documentation shows `GET`, which is for an endpoint that takes no `POST`. How long the
//! session lasts is asked for only where somebody wants to know it: for keys of which AWS takes no
//! length, it answers with status 400, and is asked again without.

use poolkey_core::config::{KeySource, ProfileSpec};
use poolkey_core::console::{ConsoleSession, Destination};
use poolkey_core::fault::{Fault, FaultKind};
use poolkey_core::secret::Secret;
use poolkey_core::session::Keys;
use serde::{Deserialize, Serialize};
use url::Url;
use url::form_urlencoded::Serializer;

use crate::Cognito;
use crate::call::hide;
use crate::classify;
use crate::oauth::http::{Answer, TOKENS, authority, exchange, safe};

/// Asks for a sign-in token, and makes the address of it.
pub(crate) async fn open(
    cognito: &Cognito,
    spec: &ProfileSpec,
    keys: &Keys,
    destination: &Destination,
) -> Result<ConsoleSession, Fault> {
    let console = Console::of(spec, destination)?;
    let session = Session {
        session_id: keys.access_key_id.expose(),
        session_key: keys.secret_access_key.expose(),
        session_token: keys.session_token.expose(),
    };
    let session = serde_json::to_string(&session).map(Secret::new);
    let session = session.map_err(|_| Fault::new(FaultKind::Service, "The keys make no JSON."))?;
    let asked = console.token(cognito, keys, &session, destination.seconds);
    let (token, seconds) = match asked.await? {
        Some(token) => (token, destination.seconds),
        None => {
            let token = console.token(cognito, keys, &session, None).await?;
            (token.ok_or_else(|| console.without())?, None)
        }
    };
    let mut url = console.endpoint;
    url.query_pairs_mut()
        .append_pair("Action", "login")
        .append_pair("Issuer", ISSUER)
        .append_pair("Destination", &console.destination)
        .append_pair("SigninToken", token.expose());
    Ok(ConsoleSession {
        url: Secret::new(url.as_str()),
        seconds,
    })
}

/// Where AWS is asked, and where the browser goes from there.
#[derive(Debug, PartialEq, Eq)]
struct Console {
    endpoint: Url,
    destination: String,
}

/// What the endpoint takes as `Session`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Session<'a> {
    session_id: &'a str,
    session_key: &'a str,
    session_token: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    signin_token: Secret,
}

impl Console {
    fn of(spec: &ProfileSpec, destination: &Destination) -> Result<Self, Fault> {
        let misconfigured = |text: String| Fault::new(FaultKind::Misconfigured, text);
        // What becomes part of a URL.
        destination
            .check()
            .map_err(|told| misconfigured(told.into()))?;
        let own = region(spec);
        let region = destination.region.as_deref().unwrap_or(own);
        let partition = Partition::of(region);
        if partition != Partition::of(own) {
            return Err(misconfigured(format!(
                "Keys of {own} are of no use in {region}: that is another partition of AWS."
            )));
        }
        let endpoint = match &spec.signin_endpoint {
            Some(endpoint) => format!("{}/federation", endpoint.trim_end_matches('/')),
            None => {
                let host = partition.signin(region).ok_or_else(|| {
                    misconfigured(format!(
                        "Poolkey does not know the console of {region}: give the profile its \
                         signin_endpoint."
                    ))
                })?;
                format!("https://{host}/federation")
            }
        };
        let service = destination.service.as_deref().unwrap_or("console");
        let host = partition.console(region);
        Ok(Self {
            endpoint: safe(&endpoint)?,
            destination: format!("https://{host}/{service}/home?region={region}"),
        })
    }

    /// `getSigninToken`; `None` where AWS takes no session of this length for these keys.
    async fn token(
        &self,
        cognito: &Cognito,
        keys: &Keys,
        session: &Secret,
        seconds: Option<u32>,
    ) -> Result<Option<Secret>, Fault> {
        let form = form(session, seconds);
        let post = http::Request::post(self.endpoint.as_str())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(form.expose().as_bytes().to_vec());
        let mut answer = self.ask(cognito, post).await?;
        if answer.status == 405 {
            let get = http::Request::get(format!("{}?{}", self.endpoint, form.expose()))
                .header("accept", "application/json")
                .body(Vec::new());
            answer = self.ask(cognito, get).await?;
        }
        if answer.status == 200 {
            let given: Given = serde_json::from_str(answer.body.expose())
                .ok()
                .filter(|given: &Given| !given.signin_token.expose().is_empty())
                .ok_or_else(|| self.without())?;
            return Ok(Some(given.signin_token));
        }
        if answer.status == 400 && seconds.is_some() {
            return Ok(None);
        }
        let secrets = [
            session,
            &keys.secret_access_key,
            &keys.session_token,
            &keys.access_key_id,
        ];
        let told = hide(answer.body.expose(), &secrets);
        let host = authority(&self.endpoint);
        Err(classify::federation(&host, answer.status, &told))
    }

    fn without(&self) -> Fault {
        let host = authority(&self.endpoint);
        Fault::new(
            FaultKind::Service,
            format!("{host} answered without a sign-in token."),
        )
    }

    async fn ask(
        &self,
        cognito: &Cognito,
        request: http::Result<http::Request<Vec<u8>>>,
    ) -> Result<Answer, Fault> {
        let request = request
            .map_err(|_| Fault::new(FaultKind::Misconfigured, "The endpoint makes no request."))?;
        exchange(cognito, "getSigninToken", request, TOKENS).await
    }
}

fn form(session: &Secret, seconds: Option<u32>) -> Secret {
    let mut form = Serializer::new(String::new());
    form.append_pair("Action", "getSigninToken")
        .append_pair("SessionType", "json")
        .append_pair("Session", session.expose());
    if let Some(seconds) = seconds {
        form.append_pair("SessionDuration", &seconds.to_string());
    }
    Secret::new(form.finish())
}

/// Where the profile's keys are from, which tells the partition.
fn region(spec: &ProfileSpec) -> &str {
    match (&spec.sts.region, &spec.source) {
        (Some(region), _) => region,
        (None, KeySource::Pool(pool)) => pool.region(),
        (None, KeySource::Role(role)) => match role.role_arn.split(':').nth(1) {
            Some("aws-cn") => "cn-north-1",
            Some("aws-us-gov") => "us-gov-west-1",
            Some("aws-eusc") => "eusc-de-east-1",
            Some(_) | None => "us-east-1",
        },
    }
}

/// The parts of AWS that know nothing of each other's accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Partition {
    Aws,
    China,
    GovCloud,
    Europe,
    /// Those that no public network reaches.
    Isolated,
}

impl Partition {
    fn of(region: &str) -> Self {
        match region.split('-').next().unwrap_or_default() {
            "cn" => Self::China,
            "eusc" => Self::Europe,
            "us" if region.starts_with("us-gov-") => Self::GovCloud,
            _ if region.split('-').any(|part| part.starts_with("iso")) => Self::Isolated,
            _ => Self::Aws,
        }
    }

    /// The federation endpoint's host.
    fn signin(self, region: &str) -> Option<String> {
        match self {
            Self::Aws => Some("signin.aws.amazon.com".into()),
            Self::China => Some("signin.amazonaws.cn".into()),
            Self::GovCloud => Some("signin.amazonaws-us-gov.com".into()),
            // It has none that is of all its regions.
            Self::Europe => Some(format!("{region}.signin.amazonaws-eusc.eu")),
            Self::Isolated => None,
        }
    }

    fn console(self, region: &str) -> String {
        match self {
            Self::Aws | Self::Isolated => "console.aws.amazon.com".into(),
            Self::China => "console.amazonaws.cn".into(),
            Self::GovCloud => "console.amazonaws-us-gov.com".into(),
            Self::Europe => format!("{region}.console.amazonaws-eusc.eu"),
        }
    }
}

/// Whose link it is: AWS shows it to a person whose session is over.
const ISSUER: &str = "Poolkey";

#[cfg(test)]
mod tests;
