//! One seeded chain, and calls to it as a person, and as the administrator who signs.

#![allow(
    dead_code,
    reason = "shared by several tests, none of which uses all of it"
)]

use aws_lc_rs::{digest, hmac};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::running::{Running, target};

/// A sandbox with one seeded chain.
pub(crate) struct Desk {
    pub(crate) sandbox: Running,
    pub(crate) seeded: Value,
    offset_seconds: i64,
}

/// The code and the text of an error.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) code: String,
    pub(crate) message: String,
}

pub(crate) type Reply = Result<Value, Refused>;

impl Desk {
    pub(crate) fn new(seed: &Value) -> Self {
        let sandbox = Running::start(&[]);
        let answer = sandbox.control("POST", "seed", seed);
        assert_eq!(answer.status(), 200, "{}", answer.body);
        Self {
            seeded: answer.json(),
            sandbox,
            offset_seconds: 0,
        }
    }

    /// Calls an operation that nobody signs. `ClientId` is put in.
    pub(crate) fn call(&self, operation: &str, request: Value) -> Reply {
        let request = with(request, "ClientId", &self.seeded["client_id"]);
        self.send(operation, "", &request)
    }

    /// Calls an operation as the administrator. `UserPoolId` is put in.
    pub(crate) fn admin(&self, operation: &str, request: Value) -> Reply {
        let request = with(request, "UserPoolId", &self.seeded["user_pool_id"]);
        let headers = self.signed(&request.to_string());
        self.send(operation, &headers, &request)
    }

    fn send(&self, operation: &str, headers: &str, request: &Value) -> Reply {
        let target = target(&format!("AWSCognitoIdentityProviderService.{operation}"));
        let headers = format!("{target}{headers}");
        let answer = self
            .sandbox
            .send("POST", "/", &headers, &request.to_string());
        let body = answer.json();
        if answer.status() == 200 {
            return Ok(body);
        }
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Err(Refused {
            code: text("__type"),
            message: text("message"),
        })
    }

    pub(crate) fn sign_in(&self, name: &str, password: &str) -> Reply {
        let mut parameters = json!({ "USERNAME": name, "PASSWORD": password });
        if let Some(hash) = self.hash(name) {
            parameters["SECRET_HASH"] = json!(hash);
        }
        let request = json!({ "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters });
        self.call("InitiateAuth", request)
    }

    /// The access token of the seeded user.
    pub(crate) fn token(&self) -> Value {
        let text = |name: &str| self.seeded[name].as_str().expect("a text");
        let answer = self.sign_in(text("username"), text("password"));
        answer.expect("signed in")["AuthenticationResult"]["AccessToken"].clone()
    }

    /// What `GetUser` says of an attribute.
    pub(crate) fn attribute(&self, token: &Value, name: &str) -> Value {
        let user = self.call("GetUser", json!({ "AccessToken": token }));
        let user = user.expect("a user");
        let all = user["UserAttributes"].as_array().expect("a list").clone();
        let found = all.into_iter().find(|attribute| attribute["Name"] == name);
        found.map_or(Value::Null, |attribute| attribute["Value"].clone())
    }

    /// `SecretHash` of the seeded client, if it has a secret.
    pub(crate) fn hash(&self, name: &str) -> Option<String> {
        let client = self.seeded["client_id"].as_str()?;
        let secret = self.seeded["client_secret"].as_str()?;
        Some(STANDARD.encode(mac(secret.as_bytes(), &format!("{name}{client}"))))
    }

    pub(crate) fn messages(&self) -> Vec<Value> {
        let answer = self.sandbox.control("GET", "outbox", &Value::Null).json();
        answer["messages"].as_array().expect("a list").clone()
    }

    /// The code of the last message.
    pub(crate) fn code(&self) -> String {
        let message = self.messages().pop().expect("a message");
        message["code"].as_str().expect("a text").to_owned()
    }

    /// The code of an authenticator app.
    pub(crate) fn app_code(&self, key: &Value) -> String {
        let answer = self.sandbox.control("POST", "totp", &json!({ "key": key }));
        assert_eq!(answer.status(), 200, "{}", answer.body);
        answer.json()["code"].as_str().expect("a text").to_owned()
    }

    /// So many seconds pass.
    pub(crate) fn wait(&mut self, seconds: i64) {
        self.offset_seconds += seconds;
        let change = json!({ "offset_seconds": self.offset_seconds });
        let answer = self.sandbox.control("POST", "clock", &change);
        assert_eq!(answer.status(), 200, "{}", answer.body);
    }

    fn signed(&self, body: &str) -> String {
        let ready = |name: &str| self.sandbox.ready[name].as_str().expect("a text");
        let now = self.sandbox.control("GET", "clock", &Value::Null).json()["now_ms"].as_i64();
        let now = Timestamp::from_millisecond(now.expect("a number")).expect("a time");
        let stamp = now
            .to_zoned(TimeZone::UTC)
            .strftime("%Y%m%dT%H%M%SZ")
            .to_string();
        let scope = format!(
            "{}/{}/cognito-idp/aws4_request",
            &stamp[..8],
            ready("region")
        );
        let canonical = format!(
            "POST\n/\n\nhost:sandbox\nx-amz-date:{stamp}\n\nhost;x-amz-date\n{}",
            hash(body)
        );
        let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hash(&canonical));
        let secret = format!("AWS4{}", ready("admin_secret"));
        let mut key = secret.into_bytes();
        for part in scope.split('/') {
            key = mac(&key, part);
        }
        format!(
            "X-Amz-Date: {stamp}\r\nAuthorization: AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders=host;x-amz-date, Signature={}\r\n",
            ready("admin_key"),
            hex(&mac(&key, &text))
        )
    }
}

/// The error code of a reply that is one.
pub(crate) fn refusal(reply: Reply) -> String {
    reply.expect_err("refused").code
}

fn with(mut request: Value, name: &str, value: &Value) -> Value {
    if request.get(name).is_none() {
        request[name] = value.clone();
    }
    request
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}

fn hash(text: &str) -> String {
    hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
