//! AWS Signature Version 4, the server's side: reads a signature and computes what it should be.
//!
//! Both forms are known: the `Authorization` header and the presigned query.

use axum::http::HeaderMap;

use crate::{
    clock::Moment,
    srp::{hmac_sha256, same},
    wire::hex,
};

/// The parts of an HTTP request that are signed.
#[derive(Clone, Copy)]
pub(crate) struct Message<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// A signature as it stands in a request, not yet checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    /// Whose keys.
    pub(crate) access_key: String,
    /// The session token that came along.
    pub(crate) token: Option<String>,
    /// The service in the credential scope.
    pub(crate) service: String,
    /// When it was made.
    pub(crate) time: Moment,
    /// How long a presigned request lives; a header has no such limit of its own.
    pub(crate) lifetime: Option<i64>,
    stamp: String,
    scope: String,
    headers: Vec<String>,
    value: String,
}

/// A signature that cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

impl Signature {
    /// Finds the signature of a request. No signature at all is no error.
    pub(crate) fn read(message: &Message<'_>) -> Result<Option<Self>, Unreadable> {
        if let Some(header) = message.headers.get("authorization") {
            let header = header.to_str().map_err(|_| Unreadable)?;
            return Self::from_header(header, message.headers)
                .ok_or(Unreadable)
                .map(Some);
        }
        let query = pairs(message.query);
        if query.iter().any(|(name, _)| name == "X-Amz-Signature") {
            return Self::from_query(&query).ok_or(Unreadable).map(Some);
        }
        Ok(None)
    }

    /// Whether the owner of `secret` made this signature over this message.
    pub(crate) fn is_by(&self, secret: &str, message: &Message<'_>) -> bool {
        let right = self.compute(secret, &self.canonical(message));
        same(right.as_bytes(), self.value.as_bytes())
    }

    fn from_header(header: &str, headers: &HeaderMap) -> Option<Self> {
        let mut credential = None;
        let mut signed = None;
        let mut value = None;
        for part in header.strip_prefix(ALGORITHM)?.split(',') {
            match part.trim().split_once('=')? {
                ("Credential", text) => credential = Some(text),
                ("SignedHeaders", text) => signed = Some(text),
                ("Signature", text) => value = Some(text),
                _ => return None,
            }
        }
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
        let token = text("x-amz-security-token");
        Self::assemble(
            credential?,
            signed?,
            value?,
            &text("x-amz-date")?,
            token,
            None,
        )
    }

    fn from_query(query: &[(String, String)]) -> Option<Self> {
        let text = |name: &str| Some(query.iter().find(|(n, _)| n == name)?.1.as_str());
        if text("X-Amz-Algorithm")? != ALGORITHM {
            return None;
        }
        Self::assemble(
            text("X-Amz-Credential")?,
            text("X-Amz-SignedHeaders")?,
            text("X-Amz-Signature")?,
            text("X-Amz-Date")?,
            text("X-Amz-Security-Token").map(str::to_owned),
            Some(text("X-Amz-Expires")?.parse().ok()?),
        )
    }

    fn assemble(
        credential: &str,
        signed: &str,
        value: &str,
        stamp: &str,
        token: Option<String>,
        lifetime: Option<i64>,
    ) -> Option<Self> {
        let (access_key, scope) = credential.split_once('/')?;
        let parts: Vec<&str> = scope.split('/').collect();
        let [day, _region, service, "aws4_request"] = parts[..] else {
            return None;
        };
        let headers: Vec<String> = signed.split(';').map(str::to_owned).collect();
        let time = Moment::parse("%Y%m%dT%H%M%SZ", stamp)?;
        if !stamp.starts_with(day) || day.len() != 8 || !headers.iter().any(|h| h == "host") {
            return None;
        }
        Some(Self {
            access_key: access_key.to_owned(),
            token,
            service: service.to_owned(),
            time,
            lifetime,
            stamp: stamp.to_owned(),
            scope: scope.to_owned(),
            headers,
            value: value.to_owned(),
        })
    }

    fn canonical(&self, message: &Message<'_>) -> String {
        let mut query: Vec<String> = pairs(message.query)
            .iter()
            .filter(|(name, _)| name != "X-Amz-Signature")
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        query.sort();
        let header = |name: &String| {
            let values: Vec<String> = message
                .headers
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .map(|value| value.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect();
            format!("{name}:{}\n", values.join(","))
        };
        let headers: String = self.headers.iter().map(header).collect();
        format!(
            "{}\n{}\n{}\n{headers}\n{}\n{}",
            message.method,
            message.path,
            query.join("&"),
            self.headers.join(";"),
            hash(message.body)
        )
    }

    fn compute(&self, secret: &str, canonical: &str) -> String {
        let to_sign = format!(
            "{ALGORITHM}\n{}\n{}\n{}",
            self.stamp,
            self.scope,
            hash(canonical.as_bytes())
        );
        let first = format!("AWS4{secret}").into_bytes();
        let key = self.scope.split('/').fold(first, |key, part| {
            hmac_sha256(&key, part.as_bytes()).to_vec()
        });
        hex(&hmac_sha256(&key, to_sign.as_bytes()))
    }
}

/// The pairs of a query string or a form, decoded.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decode(name), decode(value))
    };
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(pair)
        .collect()
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = || {
            let digits = std::str::from_utf8(bytes.get(at + 1..at + 3)?).ok()?;
            u8::from_str_radix(digits, 16).ok()
        };
        match (bytes[at], escaped()) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn encode(text: &str) -> String {
    let byte = |b: u8| match b {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(b).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn hash(data: &[u8]) -> String {
    hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, data).as_ref())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    /// "Signature Version 4 signing process" of the AWS General Reference: `ListUsers` on IAM.
    #[test]
    fn the_example_of_the_documentation() {
        let headers = headers(&[
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            ),
            (
                "content-type",
                "application/x-www-form-urlencoded; charset=utf-8",
            ),
            ("host", "iam.amazonaws.com"),
            ("x-amz-date", "20150830T123600Z"),
        ]);
        let message = Message {
            method: "GET",
            path: "/",
            query: "Action=ListUsers&Version=2010-05-08",
            headers: &headers,
            body: b"",
        };
        let signature = Signature::read(&message)
            .expect("readable")
            .expect("signed");
        assert_eq!(signature.access_key, "AKIDEXAMPLE");
        assert_eq!(signature.service, "iam");
        assert!(signature.is_by(SECRET, &message));
        assert!(!signature.is_by("another", &message));
        assert!(!signature.is_by(
            SECRET,
            &Message {
                query: "Action=ListRoles&Version=2010-05-08",
                ..message
            }
        ));
        assert!(!signature.is_by(
            SECRET,
            &Message {
                body: b"x",
                ..message
            }
        ));
        assert!(!signature.is_by(
            SECRET,
            &Message {
                method: "POST",
                ..message
            }
        ));
    }

    /// `get-vanilla` and `post-vanilla` of the AWS signature test suite.
    #[test]
    fn the_test_suite() {
        for (method, value) in [
            (
                "GET",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "POST",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
        ] {
            let authorization = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature={value}"
            );
            let headers = headers(&[
                ("authorization", &authorization),
                ("host", "example.amazonaws.com"),
                ("x-amz-date", "20150830T123600Z"),
            ]);
            let message = Message {
                method,
                path: "/",
                query: "",
                headers: &headers,
                body: b"",
            };
            let signature = Signature::read(&message)
                .expect("readable")
                .expect("signed");
            assert!(signature.is_by(SECRET, &message), "{method}");
        }
    }

    #[test]
    fn what_cannot_be_read() {
        let read = |header: &str| {
            let headers = headers(&[
                ("authorization", header),
                ("x-amz-date", "20150830T123600Z"),
            ]);
            let message = Message {
                method: "POST",
                path: "/",
                query: "",
                headers: &headers,
                body: b"",
            };
            Signature::read(&message)
        };
        for bad in [
            "",
            "Bearer x",
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request, SignedHeaders=host",
            "AWS4-HMAC-SHA256 Credential=A/20150831/r/s/aws4_request, SignedHeaders=host, Signature=0",
            "AWS4-HMAC-SHA256 Credential=A/20150830/r/aws4_request, SignedHeaders=host, Signature=0",
            "AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request, SignedHeaders=x-amz-date, Signature=0",
        ] {
            assert_eq!(read(bad), Err(Unreadable), "{bad}");
        }
        assert!(read("AWS4-HMAC-SHA256 Credential=A/20150830/r/s/aws4_request, SignedHeaders=host, Signature=0").is_ok());
    }

    #[test]
    fn forms_and_queries() {
        assert_eq!(
            pairs("a=b%20c+d&e&f=%zz%"),
            [
                ("a".to_owned(), "b c d".to_owned()),
                ("e".to_owned(), String::new()),
                ("f".to_owned(), "%zz%".to_owned()),
            ]
        );
    }

    fn headers(list: &[(&str, &str)]) -> HeaderMap {
        let entry = |(name, value): &(&str, &str)| {
            let name: HeaderName = name.parse().expect("a name");
            (name, HeaderValue::from_str(value).expect("a value"))
        };
        list.iter().map(entry).collect()
    }
}
