//! A request as it is sent, and sent again.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header::HOST};
use http_body_util::Full;
use hyper_util::client::legacy::{Client, connect::HttpConnector};

use actix_web::web::Bytes;

use crate::{
    parties::{self, ACCOUNT, CAUSE, FAIL},
    story::Answer,
};

pub(crate) type Http = Client<HttpConnector, Full<Bytes>>;

/// The bytes of a request, but for the server that it goes to.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) fields: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn new(method: Method, target: String, body: Vec<u8>) -> Self {
        let fields = HeaderMap::from_iter([(HOST, HeaderValue::from_static(parties::HOST))]);
        Self { method, target, fields, body }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.fields.insert(HeaderName::from_static(name), value.parse().unwrap());
    }

    /// Sends it, with its handler told to fail or not.
    pub(crate) async fn send(&self, http: &Http, port: u16, fails: bool) -> Answer {
        let uri = format!("http://127.0.0.1:{port}{}", self.target);
        let mut request = Request::new(Full::new(Bytes::from(self.body.clone())));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri.parse().unwrap();
        *request.headers_mut() = self.fields.clone();
        if fails {
            request.headers_mut().insert(FAIL, HeaderValue::from_static("yes"));
        }
        match read(http, request).await {
            Ok((status, cause, body)) => self.answer(status, cause, &body),
            Err(error) => Answer::Other(error),
        }
    }

    fn answer(&self, status: u16, cause: Option<String>, body: &[u8]) -> Answer {
        match (status, cause) {
            (200, None) if body == self.echo() => Answer::Accepted,
            (200, None) => Answer::Other("200 with another echo".to_owned()),
            (202, None) => Answer::Handled,
            (500, None) => Answer::Failed,
            (200, Some(cause)) if cause == "already-delivered" => Answer::Seen,
            (401, Some(cause)) => Answer::Refused(cause),
            (503, Some(cause)) => Answer::Unavailable(cause),
            (status, cause) => Answer::Other(format!("{status} {}", cause.unwrap_or_default())),
        }
    }

    /// What the handler of requests answers: what it was sent.
    fn echo(&self) -> Vec<u8> {
        let account = self.fields.get(ACCOUNT).map_or(&[][..], HeaderValue::as_bytes);
        [account, b" ", self.target.as_bytes(), b" ", &self.body].concat()
    }
}

async fn read(http: &Http, request: Request<Full<Bytes>>) -> Result<(u16, Option<String>, Bytes), String> {
    let answer = http.request(request).await.map_err(|error| format!("no answer: {error:?}"))?;
    let cause = answer.headers().get(CAUSE).map(|cause| String::from_utf8_lossy(cause.as_bytes()).into_owned());
    let status = answer.status().as_u16();
    let body = http_body_util::BodyExt::collect(answer.into_body()).await;
    let body = body.map_err(|error| format!("half an answer: {error:?}"))?.to_bytes();
    Ok((status, cause, body))
}
