//! A plain request of http, sent by hyper.

use std::{
    borrow::Cow,
    fmt, io,
    task::{self, Poll},
};

use actix_web::{
    HttpRequest,
    web::{self, Bytes},
};
use aws_lc_rs::hmac;
use countersign::{
    Algorithm, Cavage, DigestAlgorithm, KeyMetadata, SignError, Signature, SignatureParts, Signer, digest_field,
};
use countersign_actix::{SignatureConfig, SignatureGuard};
use countersign_http::{Error, Outgoing, apply, sign, sign_remotely};
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Request, Uri, header::HOST};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{self as client, Client},
    rt::{TokioExecutor, TokioIo},
};
use tokio::net::TcpStream;
use tower_service::Service;

use crate::support::{SECRET, Server, alices_keys, signer};

/// Connects to a server of ours, whatever the URI says.
#[derive(Clone)]
struct To(u16);

impl Service<Uri> for To {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let port = self.0;
        Box::pin(async move { TcpStream::connect(("127.0.0.1", port)).await.map(TokioIo::new) })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Http1,
    Http2,
}

use Protocol::{Http1, Http2};

const BOTH: [Protocol; 2] = [Http1, Http2];

/// What came over the wire: method, target, the two places of the host, and the body.
async fn seen(request: HttpRequest, body: Bytes) -> String {
    let host = request.headers().get(HOST.as_str()).map_or("-", |host| host.to_str().unwrap());
    let authority = request.uri().authority().map_or("-", |authority| authority.as_str());
    let target = request.uri().path_and_query().unwrap().as_str();
    format!("{} {target} {host} {authority} {}", request.method(), String::from_utf8_lossy(&body))
}

fn guarded() -> Server {
    Server::start(|app| {
        let guard = SignatureGuard::new(SignatureConfig::new(alices_keys()));
        app.service(web::scope("").wrap(guard).default_service(web::to(seen)));
    })
}

fn open() -> Server {
    Server::start(|app| {
        app.default_service(web::to(seen));
    })
}

fn builder(protocol: Protocol) -> client::Builder {
    let mut builder = Client::builder(TokioExecutor::new());
    builder.http2_only(protocol == Http2);
    builder
}

async fn send<B: Into<Bytes>>(server: &Server, protocol: Protocol, request: Request<B>) -> (u16, String) {
    let client: Client<_, Full<Bytes>> = builder(protocol).build(To(server.port));
    read(client.request(request.map(|body| Full::new(body.into()))).await.unwrap()).await
}

async fn read<B: BodyExt<Data = Bytes, Error: fmt::Debug>>(answer: http::Response<B>) -> (u16, String) {
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn get(uri: &str) -> Request<Bytes> {
    Request::get(uri).body(Bytes::new()).unwrap()
}

fn signed<B>(mut request: Request<B>) -> Request<B>
where
    Request<B>: Outgoing,
{
    sign(&mut request, &signer("alice")).unwrap();
    request
}

#[actix_web::test]
async fn what_was_signed_is_what_hyper_sends_over_either_protocol() {
    let server = guarded();
    for protocol in BOTH {
        for (uri, target, host) in [
            ("http://api.example", "/", "api.example"),
            ("http://api.example/", "/", "api.example"),
            ("http://api.example/?a", "/?a", "api.example"),
            ("http://api.example/a?", "/a?", "api.example"),
            ("http://api.example:8080/%7ea//b?x=%2f&y='[1]'", "/%7ea//b?x=%2f&y='[1]'", "api.example:8080"),
            ("http://API.Example/", "/", "API.Example"),
            ("http://[::1]:8080/", "/", "[::1]:8080"),
        ] {
            let places = match protocol {
                Http1 => format!("{host} -"),
                Http2 => format!("- {host}"),
            };
            let answer = send(&server, protocol, signed(get(uri))).await;
            assert_eq!(answer, (200, format!("GET {target} {places} ")), "{protocol:?} {uri}");
            for (method, body) in [("POST", "{}"), ("POST", ""), ("DELETE", "{}"), ("OPTIONS", "")] {
                let request = Request::builder().method(method).uri(uri).body(Bytes::from(body)).unwrap();
                let answer = send(&server, protocol, signed(request)).await;
                assert_eq!(answer, (200, format!("{method} {target} {places} {body}")), "{protocol:?} {uri}");
            }
        }
    }
}

#[actix_web::test]
async fn what_was_changed_after_signing_is_refused_over_either_protocol() {
    let server = guarded();
    let changes: [fn(&mut Request<Bytes>); 7] = [
        |request| *request.method_mut() = http::Method::PUT,
        |request| *request.uri_mut() = Uri::from_static("http://api.example/orders?page=3"),
        |request| *request.uri_mut() = Uri::from_static("http://other.example/orders?page=2"),
        |request| *request.body_mut() = Bytes::from("[]"),
        |request| drop(request.headers_mut().remove("digest")),
        |request| drop(request.headers_mut().remove("signature")),
        |request| {
            let date = HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT");
            request.headers_mut().insert("date", date);
        },
    ];
    for protocol in BOTH {
        let request = || signed(Request::post("http://api.example/orders?page=2").body(Bytes::from("{}")).unwrap());
        assert_eq!(send(&server, protocol, request()).await.0, 200);
        for (at, change) in changes.iter().enumerate() {
            let mut request = request();
            change(&mut request);
            assert_eq!(send(&server, protocol, request).await.0, 401, "{protocol:?} {at}");
        }
    }
}

/// HTTP/1.1 leaves out of `Host` what does not belong there, and sends the slash that is missing; HTTP/2 takes the URI as it is.
#[actix_web::test]
async fn a_uri_that_http_2_sends_as_it_is_spelt_is_refused_there() {
    let (open, guarded) = (open(), guarded());
    for (uri, one, two) in [
        ("http://api.example:80/", "GET / api.example - ", "GET / - api.example:80 "),
        ("http://user:word@api.example/", "GET / api.example - ", "GET / - user:word@api.example "),
        ("http://api.example?a", "GET /?a api.example - ", "GET ?a - api.example "),
    ] {
        assert_eq!(send(&open, Http1, signed(get(uri))).await, (200, one.to_owned()));
        assert_eq!(send(&guarded, Http1, signed(get(uri))).await, (200, one.to_owned()));
        assert_eq!(send(&open, Http2, signed(get(uri))).await, (200, two.to_owned()));
        assert_eq!(send(&guarded, Http2, signed(get(uri))).await.0, 401, "{uri}");
    }
}

#[actix_web::test]
async fn a_host_field_of_ones_own_is_what_is_signed_and_over_http_2_has_to_be_the_authority() {
    let server = guarded();
    let asking = |host: &'static str, uri: &str| {
        let mut request = get(uri);
        request.headers_mut().insert(HOST, HeaderValue::from_static(host));
        signed(request)
    };
    let other = || asking("api.example", "http://127.0.0.1/");
    assert_eq!(send(&server, Http1, other()).await, (200, "GET / api.example - ".to_owned()));
    assert_eq!(send(&server, Http2, other()).await.0, 401);
    let same = || asking("api.example:80", "http://api.example:80/");
    assert_eq!(send(&server, Http1, same()).await, (200, "GET / api.example:80 - ".to_owned()));
    assert_eq!(send(&server, Http2, same()).await, (200, "GET / api.example:80 api.example:80 ".to_owned()));
}

#[actix_web::test]
async fn a_key_elsewhere_signs_a_plain_request() {
    let server = guarded();
    let service = async |_: KeyMetadata, message: Vec<u8>| {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), &message);
        Ok::<_, io::Error>(Signature::new(tag.as_ref()))
    };
    let key = KeyMetadata::new("alice".parse().unwrap(), Algorithm::HmacSha256);
    let signer = Signer::for_remote_keys(Cavage::new(), vec![key]);
    for protocol in BOTH {
        let mut request = Request::post("http://api.example/orders").body(Bytes::from("{}")).unwrap();
        sign_remotely(&mut request, &signer, &service).await.unwrap();
        let (status, seen) = send(&server, protocol, request).await;
        assert!(status == 200 && seen.starts_with("POST /orders ") && seen.ends_with(" {}"), "{seen}");
    }
}

/// A request whose body is sent as it comes.
struct Streamed(Request<Vec<u8>>);

impl Outgoing for Streamed {
    type Location = Uri;

    fn method(&self) -> &str {
        Outgoing::method(&self.0)
    }
    fn target(&self) -> Cow<'_, str> {
        self.0.target()
    }
    fn authority(&self) -> Option<Cow<'_, str>> {
        self.0.authority()
    }
    fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }
    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.0.headers_mut()
    }
    fn body(&self) -> Option<&[u8]> {
        None
    }
    fn set_body(&mut self, _: Vec<u8>) {
        panic!("there is no body here");
    }
    fn with_target(&self, target: &str) -> Option<Uri> {
        self.0.with_target(target)
    }
    fn set_location(&mut self, location: Uri) {
        self.0.set_location(location);
    }
}

#[actix_web::test]
async fn a_stream_is_signed_by_the_digest_in_its_fields_and_not_without() {
    let server = guarded();
    let post = || Streamed(Request::post("http://api.example/orders").body(Vec::new()).unwrap());
    let mut without = post();
    assert!(matches!(sign(&mut without, &signer("alice")), Err(Error::Sign(SignError::UnreadBody))));
    assert!(without.headers().is_empty());

    for protocol in BOTH {
        for (of, status) in [("streamed", 200), ("other", 401)] {
            let mut request = post();
            let digest = digest_field(DigestAlgorithm::Sha256, of.as_bytes());
            request.headers_mut().insert("digest", HeaderValue::try_from(digest).unwrap());
            sign(&mut request, &signer("alice")).unwrap();
            let chunks = futures::stream::iter([Ok::<_, io::Error>("stre"), Ok("amed")]);
            let client = builder(protocol).build(To(server.port));
            let request = request.0.map(|_| reqwest::Body::wrap_stream(chunks));
            assert_eq!(read(client.request(request).await.unwrap()).await.0, status, "{protocol:?} {of}");
        }
    }
}

#[actix_web::test]
async fn a_body_may_be_of_any_type_that_is_bytes() {
    async fn accepted<B: Into<Bytes> + From<Vec<u8>>>(server: &Server)
    where
        Request<B>: Outgoing,
    {
        for protocol in BOTH {
            let request = Request::post("http://api.example/").body(B::from(b"{}".to_vec())).unwrap();
            let (status, seen) = send(server, protocol, signed(request)).await;
            assert!(status == 200 && seen.ends_with(" {}"), "{seen}");
        }
    }
    let server = guarded();
    accepted::<Bytes>(&server).await;
    accepted::<Vec<u8>>(&server).await;
    accepted::<Box<[u8]>>(&server).await;
}

#[test]
fn a_signature_in_the_body_is_set_in_bytes_too() {
    let mut parts = SignatureParts::default();
    parts.form = vec![("sig".to_owned(), "x+".to_owned())];
    let form = Request::post("http://api.example/").header("Content-Type", "application/x-www-form-urlencoded");
    let mut request = form.body(Bytes::from_static(b"a=1")).unwrap();
    apply(&mut request, parts).unwrap();
    assert_eq!(request.body(), "a=1&sig=x%2B");
}
