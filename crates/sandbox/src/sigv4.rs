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

/// Percent-encodes what is not unreserved.
pub(crate) fn encode(text: &str) -> String {
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
mod tests;
