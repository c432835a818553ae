//! Our client against a server behind Flask-Cavage.

use countersign::{Algorithm, Cavage, Coverage, Secret, Signer, SigningKey};
use countersign_reqwest::{SigningMiddleware, sign};
use reqwest::{Client, Method, Request};
use reqwest_middleware::ClientBuilder;
use serde_json::json;

use super::{Exchanges, PeerServer};
use crate::support::secs;

const FIRST: (&str, &str) = ("access_key_1", "123456789");
const SECOND: (&str, &str) = ("access_key_2", "4381326329");
const HYPHENATED: (&str, &str) = ("access-key-3", "9876543210");

type Answer = (u16, String);

fn server() -> PeerServer {
    let secrets = json!({FIRST.0: FIRST.1, SECOND.0: SECOND.1, HYPHENATED.0: HYPHENATED.1});
    PeerServer::start("flask_server.py", &[&secrets.to_string()])
}

fn key((id, secret): (&str, &str)) -> SigningKey {
    SigningKey::hmac_sha256(id, &Secret::dangerous_short(secret).unwrap()).unwrap()
}

fn signer(credentials: (&str, &str)) -> Signer {
    Signer::new(Cavage::new().in_authorization(), key(credentials)).covering(Coverage::flask_cavage())
}

fn client() -> Client {
    Client::builder().no_proxy().timeout(secs(10)).build().unwrap()
}

fn request(method: &Method, url: String, body: &'static str) -> Request {
    let request = client().request(method.clone(), url);
    let request = match *method {
        Method::POST => request.header("content-type", "application/json").body(body),
        _ => request,
    };
    request.build().unwrap()
}

async fn execute(request: Request) -> Answer {
    read(client().execute(request).await.unwrap()).await
}

async fn read(response: reqwest::Response) -> Answer {
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Both ways in which our client signs.
#[derive(Clone, Copy, Debug)]
enum Way {
    Call,
    Middleware,
}

const WAYS: [Way; 2] = [Way::Call, Way::Middleware];

impl Way {
    async fn send(self, signer: &Signer, mut request: Request) -> Answer {
        match self {
            Self::Call => {
                sign(&mut request, signer).unwrap();
                execute(request).await
            }
            Self::Middleware => {
                let client = ClientBuilder::new(client()).with(SigningMiddleware::new(signer.clone())).build();
                read(client.execute(request).await.unwrap()).await
            }
        }
    }
}

fn accepted(body: &str) -> Answer {
    (200, body.to_owned())
}

fn refused() -> Answer {
    (401, "{\"message\":\"Access Denied\"}\n".to_owned())
}

fn report(exchanges: Exchanges, server: &PeerServer) {
    exchanges.report("flask-cavage", &server.version);
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn flask_cavage_accepts_our_get_and_our_post() {
    let (server, mut exchanges) = (server(), Exchanges::default());
    for way in WAYS {
        for credentials in [FIRST, SECOND] {
            let (signer, id) = (signer(credentials), credentials.0);

            let get = way.send(&signer, request(&Method::GET, server.url("/private"), "")).await;
            exchanges.expect(&format!("{way:?} GET"), &get, &accepted(&format!("{id} reads ")));

            let get = way.send(&signer, request(&Method::GET, server.url("/private?a=%2Fb&c=d+e"), "")).await;
            exchanges.expect(&format!("{way:?} GET, query"), &get, &accepted(&format!("{id} reads a=%2Fb&c=d+e")));

            let post = way.send(&signer, request(&Method::POST, server.url("/private"), r#"{"item":1}"#)).await;
            exchanges.expect(&format!("{way:?} POST"), &post, &accepted(&format!("{id} writes {{\"item\":1}}")));

            let post = way.send(&signer, request(&Method::POST, server.url("/private"), "")).await;
            exchanges.expect(&format!("{way:?} POST, empty"), &post, &accepted(&format!("{id} writes ")));
        }
    }
    report(exchanges, &server);
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn flask_cavage_accepts_our_hmac_sha512() {
    let (server, mut exchanges) = (server(), Exchanges::default());
    let secret = Secret::dangerous_short(FIRST.1).unwrap();
    let key = SigningKey::hmac(FIRST.0, Algorithm::HmacSha512, &secret).unwrap();
    let signer = Signer::new(Cavage::new().in_authorization(), key).covering(Coverage::flask_cavage());

    let get = Way::Call.send(&signer, request(&Method::GET, server.url("/private"), "")).await;
    exchanges.expect("GET", &get, &accepted("access_key_1 reads "));

    let post = Way::Call.send(&signer, request(&Method::POST, server.url("/private"), "{}")).await;
    exchanges.expect("POST", &post, &accepted("access_key_1 writes {}"));
    report(exchanges, &server);
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn flask_cavage_refuses_a_wrong_secret_and_an_unknown_key() {
    let (server, mut exchanges) = (server(), Exchanges::default());
    for way in WAYS {
        for credentials in [(FIRST.0, "badSecret"), (FIRST.0, SECOND.1), ("access_key_9", FIRST.1)] {
            for method in [Method::GET, Method::POST] {
                let what = format!("{way:?} {method} {credentials:?}");
                let answer = way.send(&signer(credentials), request(&method, server.url("/private"), "{}")).await;
                exchanges.expect(&what, &answer, &refused());
            }
        }
    }
    report(exchanges, &server);
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn flask_cavage_refuses_what_was_changed_after_we_signed_it() {
    let (server, mut exchanges) = (server(), Exchanges::default());
    let signed = |method| {
        let mut request = request(&method, server.url("/private?amount=1"), r#"{"item":1}"#);
        // The peer leaves the query of a POST out of what it verifies.
        if *request.method() == Method::POST {
            request.url_mut().set_query(None);
        }
        sign(&mut request, &signer(FIRST)).unwrap();
        request
    };
    exchanges.expect("GET, unchanged", &execute(signed(Method::GET)).await, &accepted("access_key_1 reads amount=1"));
    exchanges.expect(
        "POST, unchanged",
        &execute(signed(Method::POST)).await,
        &accepted(r#"access_key_1 writes {"item":1}"#),
    );

    let mut body = signed(Method::POST);
    *body.body_mut() = Some(r#"{"item":2}"#.into());
    exchanges.expect("another body", &execute(body).await, &refused());

    let mut query = signed(Method::GET);
    query.url_mut().set_query(Some("amount=2"));
    exchanges.expect("another query", &execute(query).await, &refused());

    let mut date = signed(Method::GET);
    date.headers_mut().insert("date", "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
    exchanges.expect("another date", &execute(date).await, &refused());

    let mut content_type = signed(Method::POST);
    content_type.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    exchanges.expect("another content type", &execute(content_type).await, &refused());
    report(exchanges, &server);
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn flask_cavage_refuses_what_is_not_signed() {
    let (server, mut exchanges) = (server(), Exchanges::default());
    for method in [Method::GET, Method::POST] {
        let answer = execute(request(&method, server.url("/private"), "{}")).await;
        exchanges.expect(method.as_str(), &answer, &refused());
    }
    report(exchanges, &server);
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn flask_cavage_does_not_see_a_signature_outside_authorization() {
    let (server, mut exchanges) = (server(), Exchanges::default());
    let signer = Signer::new(Cavage::new(), key(FIRST)).covering(Coverage::flask_cavage());
    let answer = Way::Call.send(&signer, request(&Method::GET, server.url("/private"), "")).await;
    exchanges.expect("GET", &answer, &refused());
    report(exchanges, &server);
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn flask_cavage_takes_our_standard_coverage_for_a_get_and_fails_over_it_for_a_post() {
    let (server, mut exchanges) = (server(), Exchanges::default());
    let signer = Signer::new(Cavage::new().in_authorization(), key(FIRST));

    let get = Way::Call.send(&signer, request(&Method::GET, server.url("/private"), "")).await;
    exchanges.expect("GET", &get, &accepted("access_key_1 reads "));

    // Its answer to any coverage that lacks one of its names; the page is Werkzeug's.
    let (status, _) = Way::Call.send(&signer, request(&Method::POST, server.url("/private"), "{}")).await;
    exchanges.expect("POST", &status, &500);
    report(exchanges, &server);
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn flask_cavage_leaves_out_the_query_of_a_post_and_so_refuses_one_that_we_signed() {
    let (server, mut exchanges) = (server(), Exchanges::default());
    let answer = Way::Call.send(&signer(FIRST), request(&Method::POST, server.url("/private?page=2"), "{}")).await;
    exchanges.expect("POST", &answer, &refused());
    report(exchanges, &server);
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn flask_cavage_reads_a_key_id_up_to_its_first_hyphen_and_so_does_not_find_the_key() {
    let (server, mut exchanges) = (server(), Exchanges::default());
    let answer = Way::Call.send(&signer(HYPHENATED), request(&Method::GET, server.url("/private"), "")).await;
    exchanges.expect("GET", &answer, &refused());
    report(exchanges, &server);
}
