//! Over HTTP/2, where the authority stands in the request's own pseudo-field and a body needs no length.

use actix_web::web::{self, Bytes};
use countersign_actix::{SignatureConfig, SignatureGuard, Signed};
use countersign_reqwest::sign;
use reqwest::{Client, Request, Response, Version};

use crate::support::{ALICE, Server, alices_keys, signer};

type Alice = &'static str;

async fn length(body: Signed<Bytes, Alice>) -> String {
    format!("{} sent {}", body.caller(), body.len())
}

async fn after_another(_: Bytes, body: Signed<Bytes, Alice>) -> String {
    body.len().to_string()
}

fn serve() -> Server {
    Server::start(|app| {
        let config = SignatureConfig::new(alices_keys());
        let guarded = web::scope("/guarded").wrap(SignatureGuard::new(config.clone()));
        app.app_data(config)
            .service(guarded.default_service(web::to(length)))
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
