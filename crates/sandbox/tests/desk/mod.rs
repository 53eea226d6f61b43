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
        self.json(
            "AWSCognitoIdentityProviderService",
            operation,
            headers,
            request,
        )
    }

    fn json(&self, service: &str, operation: &str, headers: &str, request: &Value) -> Reply {
        let target = target(&format!("{service}.{operation}"));
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

    /// Calls an operation of identity pools that nobody signs.
    pub(crate) fn identities(&self, operation: &str, request: &Value) -> Reply {
        self.json("AWSCognitoIdentityService", operation, "", request)
    }

    /// Calls an operation of identity pools as the administrator.
    pub(crate) fn identities_admin(&self, operation: &str, request: &Value) -> Reply {
        let keys = self.admin_keys();
        let headers = self.signature("cognito-identity", &request.to_string(), &keys);
        self.json("AWSCognitoIdentityService", operation, &headers, request)
    }

    /// Calls an operation of STS or IAM: what came back, as XML.
    pub(crate) fn form(
        &self,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
        keys: Option<&Keys>,
    ) -> Result<String, Refused> {
        let mut body = format!("Action={action}");
        for (name, value) in parameters {
            body += &format!("&{name}={}", encode(value));
        }
        let headers = keys.map(|keys| self.signature(service, &body, keys));
        let headers = headers.unwrap_or_default();
        let answer = self.sandbox.send("POST", "/", &headers, &body);
        if answer.status() == 200 {
            return Ok(answer.body);
        }
        Err(Refused {
            code: inside(&answer.body, "Code"),
            message: inside(&answer.body, "Message"),
        })
    }

    /// `GetCallerIdentity`: the ARN and the user's id.
    pub(crate) fn who_is(&self, keys: &Keys) -> Result<(String, String), Refused> {
        let answer = self.form("sts", "GetCallerIdentity", &[], Some(keys))?;
        Ok((inside(&answer, "Arn"), inside(&answer, "UserId")))
    }

    /// The administrator's keys.
    pub(crate) fn admin_keys(&self) -> Keys {
        let ready = |name: &str| {
            self.sandbox.ready[name]
                .as_str()
                .expect("a text")
                .to_owned()
        };
        Keys {
            access_key: ready("admin_key"),
            secret: ready("admin_secret"),
            token: None,
        }
    }

    fn signed(&self, body: &str) -> String {
        self.signature("cognito-idp", body, &self.admin_keys())
    }

    fn signature(&self, service: &str, body: &str, keys: &Keys) -> String {
        let region = self.sandbox.ready["region"].as_str().expect("a text");
        let now = self.sandbox.control("GET", "clock", &Value::Null).json()["now_ms"].as_i64();
        let now = Timestamp::from_millisecond(now.expect("a number")).expect("a time");
        let stamp = now
            .to_zoned(TimeZone::UTC)
            .strftime("%Y%m%dT%H%M%SZ")
            .to_string();
        let scope = format!("{}/{region}/{service}/aws4_request", &stamp[..8]);
        let mut headers = vec![
            ("host", "sandbox".to_owned()),
            ("x-amz-date", stamp.clone()),
        ];
        if let Some(token) = &keys.token {
            headers.push(("x-amz-security-token", token.clone()));
        }
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", hash(body));
        let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hash(&canonical));
        let mut key = format!("AWS4{}", keys.secret).into_bytes();
        for part in scope.split('/') {
            key = mac(&key, part);
        }
        let token = keys.token.as_ref();
        let token = token.map(|token| format!("X-Amz-Security-Token: {token}\r\n"));
        format!(
            "X-Amz-Date: {stamp}\r\n{}Authorization: AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}\r\n",
            token.unwrap_or_default(),
            keys.access_key,
            hex(&mac(&key, &text))
        )
    }
}

/// AWS keys.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) access_key: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

impl Keys {
    /// The keys in an answer of STS.
    pub(crate) fn of_xml(xml: &str) -> Self {
        Self {
            access_key: inside(xml, "AccessKeyId"),
            secret: inside(xml, "SecretAccessKey"),
            token: Some(inside(xml, "SessionToken")),
        }
    }

    /// The keys in an answer of `GetCredentialsForIdentity`.
    pub(crate) fn of_json(answer: &Value) -> Self {
        let text = |name: &str| {
            answer["Credentials"][name]
                .as_str()
                .expect("a text")
                .to_owned()
        };
        Self {
            access_key: text("AccessKeyId"),
            secret: text("SecretKey"),
            token: Some(text("SessionToken")),
        }
    }
}

/// The text of the first element of this name; empty if there is none.
pub(crate) fn inside(xml: &str, name: &str) -> String {
    let rest = xml.split_once(&format!("<{name}>")).map(|(_, rest)| rest);
    let text = rest.and_then(|rest| rest.split_once(&format!("</{name}>")));
    text.map(|(text, _)| text.to_owned()).unwrap_or_default()
}

pub(crate) fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
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
