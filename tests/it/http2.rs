//! Over HTTP/2, where the authority stands in the request's own pseudo-field and a body needs no length.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{self, Bytes},
};
use countersign::{DigestAlgorithm, digest_field};
use countersign_actix::{SignatureConfig, SignatureGuard, Signed};
use countersign_reqwest::{ClockCorrection, Signing, SigningClientBuilder, sign};
use reqwest::{Body, Client, Method, Request, Response, Version, multipart::Form};
use reqwest_middleware::{ClientWithMiddleware, RequestBuilder};

use crate::support::{ALICE, Server, alices_keys, now, secs, signer};

type Alice = &'static str;

async fn length(body: Signed<Bytes, Alice>) -> String {
    format!("{} sent {}", body.caller(), body.len())
}

async fn after_another(_: Bytes, body: Signed<Bytes, Alice>) -> String {
    body.len().to_string()
}

/// What got through to a handler, as it was sent.
async fn seen(request: HttpRequest, body: Bytes) -> String {
    format!("{} {} {}", request.method(), request.uri().path_and_query().unwrap(), String::from_utf8_lossy(&body))
}

async fn moved(status: web::Path<u16>) -> HttpResponse {
    let status = StatusCode::from_u16(*status).unwrap();
    HttpResponse::build(status).append_header(("Location", "/seen/there?x=1")).finish()
}

fn serve() -> Server {
    Server::start(|app| {
        let config = SignatureConfig::new(alices_keys());
        let guarded = |path: &str| web::scope(path).wrap(SignatureGuard::new(config.clone()));
        app.service(guarded("/guarded").default_service(web::to(length)))
            .service(guarded("/seen").default_service(web::to(seen)))
            .service(guarded("/moved").route("/{status}", web::to(moved)))
            .app_data(config)
            .route("/after-another", web::to(after_another))
            .default_service(web::to(length));
    })
}

fn client() -> Client {
    Client::builder().http2_prior_knowledge().no_proxy().build().unwrap()
}

async fn execute(request: Request) -> (u16, String) {
    let response: Response = client().execute(request).await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    (response.status().as_u16(), response.text().await.unwrap())
}

fn signed(mut request: Request) -> Request {
    sign(&mut request, &signer("alice")).unwrap();
    request
}

#[actix_web::test]
async fn what_our_client_signs_our_server_accepts_with_a_body_and_without() {
    let server = serve();
    for path in ["/a?b=%2F&c", "/guarded/a?b"] {
        let get = signed(client().get(server.url(path)).build().unwrap());
        assert_eq!(execute(get).await, (200, format!("{ALICE} sent 0")), "{path}");
        let post = signed(client().post(server.url(path)).body("hello").build().unwrap());
        assert_eq!(execute(post).await, (200, format!("{ALICE} sent 5")), "{path}");
    }
}

#[actix_web::test]
async fn what_was_changed_after_signing_is_refused() {
    let server = serve();
    for path in ["/a", "/guarded/a"] {
        let mut target = signed(client().get(server.url(path)).build().unwrap());
        target.url_mut().set_query(Some("b"));
        let mut body = signed(client().post(server.url(path)).body("hello").build().unwrap());
        *body.body_mut() = Some("jello".into());
        let mut added = signed(client().get(server.url(path)).build().unwrap());
        *added.body_mut() = Some(reqwest::Body::wrap(reqwest::Body::from("added")));
        let unsigned = client().get(server.url(path)).build().unwrap();
        for request in [target, body, added, unsigned] {
            assert_eq!(execute(request).await.0, 401, "{path}");
        }
    }
}

#[actix_web::test]
async fn a_host_that_differs_from_the_authority_is_refused() {
    let server = serve();
    let mut request = client().get(server.url("/")).header("host", "api.example").build().unwrap();
    sign(&mut request, &signer("alice")).unwrap();
    assert_eq!(execute(request).await.0, 401);
}

#[actix_web::test]
async fn a_body_that_another_extractor_took_is_a_500() {
    let server = serve();
    let post = signed(client().post(server.url("/after-another")).body("hello").build().unwrap());
    assert_eq!(execute(post).await.0, 500);
}

/// A client that signs, for each of the two protocols.
fn both(signing: impl Into<Signing>) -> [(Version, ClientWithMiddleware); 2] {
    let signing = signing.into();
    let one = Client::builder().http1_only();
    let two = Client::builder().http2_prior_knowledge();
    [(Version::HTTP_11, one), (Version::HTTP_2, two)].map(|(version, reqwest)| {
        let client = SigningClientBuilder::new(signing.clone()).reqwest(reqwest.no_proxy());
        (version, client.build().unwrap())
    })
}

async fn send(request: RequestBuilder, version: Version) -> (u16, String) {
    let response = request.send().await.unwrap();
    assert_eq!(response.version(), version);
    (response.status().as_u16(), response.text().await.unwrap())
}

#[actix_web::test]
async fn every_spelling_of_a_target_that_is_signed_is_the_one_that_is_seen_over_either_protocol() {
    let server = serve();
    for (version, client) in both(signer("alice")) {
        for (target, sent) in [
            ("/seen/a", "/seen/a"),
            ("/seen/a?", "/seen/a?"),
            ("/seen/a?a=1&a=2", "/seen/a?a=1&a=2"),
            ("/seen/a%2Fb/%7euser", "/seen/a%2Fb/%7euser"),
            ("/seen//double//slash", "/seen//double//slash"),
            ("/seen/p;v=1/q;w=2", "/seen/p;v=1/q;w=2"),
            ("/seen/a/../b/./c", "/seen/b/c"),
            ("/seen/a?b#fragment", "/seen/a?b"),
            ("/seen/\u{fc}?q=\u{e4} b|c", "/seen/%C3%BC?q=%C3%A4%20b|c"),
            ("/seen/a?x=[1]&y={2}&z='3'", "/seen/a?x=[1]&y={2}&z=%273%27"),
        ] {
            let answer = send(client.get(server.url(target)), version).await;
            assert_eq!(answer, (200, format!("GET {sent} ")), "{version:?} {target}");
        }
    }
}

#[actix_web::test]
async fn a_body_of_any_kind_arrives_as_it_was_signed_over_either_protocol() {
    let server = serve();
    for (version, client) in both(Signing::new(signer("alice")).collecting_streams(1024)) {
        let url = server.url("/seen/a");
        let digest = digest_field(DigestAlgorithm::Sha256, b"streamed");
        let stream = Body::wrap_stream(futures::stream::iter([Ok::<_, std::io::Error>("stre"), Ok("amed")]));
        for (request, body) in [
            (client.get(&url), ""),
            (client.get(&url).body("of a GET"), "of a GET"),
            (client.delete(&url).body("of a DELETE"), "of a DELETE"),
            (client.request(Method::OPTIONS, &url), ""),
            (client.post(&url), ""),
            (client.post(&url).body(""), ""),
            (client.put(&url).body("text"), "text"),
            (client.patch(&url).json(&["json"]), r#"["json"]"#),
            (client.post(&url).form(&[("a", "b c")]), "a=b+c"),
            (client.post(&url).header("Digest", digest).body(stream), "streamed"),
        ] {
            let (client, request) = request.build_split();
            let request = request.unwrap();
            let expected = format!("{} /seen/a {body}", request.method());
            let answer = send(RequestBuilder::from_parts(client, request), version).await;
            assert_eq!(answer, (200, expected), "{version:?}");
        }
        let form = client.post(&url).multipart(Form::new().text("name", "value"));
        let (status, seen) = send(form, version).await;
        assert!(status == 200 && seen.contains("name=\"name\"\r\n\r\nvalue\r\n"), "{version:?} {seen}");
    }
}

#[actix_web::test]
async fn a_redirect_is_signed_anew_over_either_protocol() {
    let server = serve();
    for (version, client) in both(signer("alice")) {
        for (status, method, body) in
            [(307, "POST", "hello"), (308, "POST", "hello"), (303, "GET", ""), (302, "GET", "")]
        {
            let answer = send(client.post(server.url(&format!("/moved/{status}"))).body("hello"), version).await;
            assert_eq!(answer, (200, format!("{method} /seen/there?x=1 {body}")), "{version:?} {status}");
        }
    }
}

#[actix_web::test]
async fn a_clock_that_is_wrong_is_corrected_over_either_protocol() {
    let server = serve();
    let slow = Signing::new(signer("alice")).clock(|| now().minus(secs(1000)));
    for (version, client) in both(slow.clone()) {
        assert_eq!(send(client.get(server.url("/seen/a")), version).await.0, 401, "{version:?}");
    }
    for at in 0..2 {
        // What one client has learned is not what the other one goes by.
        let (version, client) = &both(slow.clone().correcting_the_clock(ClockCorrection::default()))[at];
        let answer = send(client.post(server.url("/seen/a")).body("hello"), *version).await;
        assert_eq!(answer, (200, "POST /seen/a hello".to_owned()), "{version:?}");
    }
}
