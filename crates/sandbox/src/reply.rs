//! Replies: AWS's headers and bodies, and the ways in which a reply goes missing.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use hyper::body::{Frame, SizeHint};
use serde_json::Value;

use crate::{http::App, random};

/// In a response's extensions: close the connection in place of answering.
#[derive(Clone, Copy)]
pub(crate) struct HangUp;

/// AWS JSON 1.1, with the error code in the headers too.
pub(crate) fn json_response(app: &App, status: u16, body: &Value, error: Option<&str>) -> Response {
    let mut response = respond(
        app,
        status,
        "application/x-amz-json-1.1",
        body.to_string().into_bytes(),
    );
    if let Some(code) = error {
        let message = body["message"].as_str().unwrap_or_default();
        put(
            response.headers_mut(),
            "x-amzn-errortype",
            &format!("{code}:"),
        );
        put(response.headers_mut(), "x-amzn-errormessage", message);
    }
    response
}

/// The query protocol.
pub(crate) fn xml_response(app: &App, status: u16, body: String) -> Response {
    respond(app, status, "text/xml", body.into_bytes())
}

/// Plain JSON: key sets, the control endpoint.
pub(crate) fn plain(app: &App, status: u16, body: &Value) -> Response {
    respond(
        app,
        status,
        "application/json",
        body.to_string().into_bytes(),
    )
}

/// Any body, with what AWS sends along with every reply.
pub(crate) fn respond(app: &App, status: u16, kind: &'static str, body: Vec<u8>) -> Response {
    let date = app.world().clock.told().http_date();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    put(headers, "date", &date);
    put(headers, "x-amzn-requestid", &random::uuid());
    response
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// No reply: the connection is closed.
pub(crate) fn hang_up() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(HangUp);
    response
}

/// Cuts a reply's body after so many bytes, while its headers promise all of it.
pub(crate) fn cut(response: Response, bytes: usize) -> Response {
    response.map(|body| {
        Body::new(Cut {
            body,
            left: bytes,
            flushed: false,
        })
    })
}

/// A body that promises its whole length and breaks off.
struct Cut {
    body: Body,
    left: usize,
    flushed: bool,
}

/// What hyper sees when a body breaks off.
#[derive(Debug, thiserror::Error)]
#[error("the answer is cut short, as asked")]
struct CutShort;

impl HttpBody for Cut {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        if self.left == 0 && !self.flushed {
            // Hyper throws away what it has not written yet when a body fails: let it write first.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.left == 0 {
            return Poll::Ready(Some(Err(CutShort.into())));
        }
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let mut data = frame.into_data().unwrap_or_default();
                data.truncate(self.left);
                self.left -= data.len();
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
