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
