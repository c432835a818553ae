//! What a reqwest client does that follows redirects by itself, and what ours does instead.

use countersign::VerifyError;
use countersign_reqwest::{SigningMiddleware, client};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

use crate::{
    support::{Events, now, signer},
    wire::{Raw, Recorder, verify},
};

const OK: &str = "HTTP/1.1 200 OK";

/// A server whose `/old` leads elsewhere.
async fn moved(status: u16, location: String) -> Recorder {
    Recorder::answering(move |request, _| {
        let moved = format!("HTTP/1.1 {status} Moved\r\nLocation: {location}");
        Some(if request.target == "/old" { moved } else { OK.to_owned() })
    })
    .await
}

/// A client as it comes, with the signature inside, and redirects below that.
fn careless() -> ClientWithMiddleware {
    ClientBuilder::new(reqwest::Client::new()).with(SigningMiddleware::new(signer("alice"))).build()
}

async fn post(client: &ClientWithMiddleware, server: &Recorder) -> Vec<Raw> {
    client.post(server.url("/old")).body("{}").send().await.unwrap();
    server.take()
}

#[actix_web::test]
async fn what_reqwest_follows_by_itself_carries_a_stale_signature_and_ours_a_fresh_one() {
    let server = moved(302, "/new".to_owned()).await;
    let (events, _guard) = Events::capture();

    let [_, stale] = &post(&careless(), &server).await[..] else { panic!("not followed") };
    assert_eq!((stale.method.as_str(), stale.target.as_str(), stale.body.len()), ("GET", "/new", 0));
    assert!(stale.fields.iter().any(|(name, _)| name == "digest"));
    assert_eq!(verify(stale, now()).err(), Some(VerifyError::SignatureMismatch));
    let warned = &events.take_client()[0]["message"];
    assert!(warned.contains("redirect::Policy::none()"), "{warned}");

    let [_, fresh] = &post(&client(signer("alice")).unwrap(), &server).await[..] else { panic!("not followed") };
    assert_eq!((fresh.method.as_str(), fresh.target.as_str(), fresh.body.len()), ("GET", "/new", 0));
    assert_eq!(verify(fresh, now()).unwrap().covered().to_string(), "(request-target) host date");
    assert!(events.take_client().is_empty());
}

#[actix_web::test]
async fn reqwest_hands_signature_and_body_to_another_host_and_ours_does_not() {
    let stranger = Recorder::start(OK).await;
    let server = moved(307, stranger.url("/new")).await;

    post(&careless(), &server).await;
    let leaked = stranger.take().remove(0);
    assert_eq!(leaked.body, b"{}");
    assert!(["signature", "digest"].iter().all(|name| leaked.fields.iter().any(|(own, _)| own == name)));

    let answer = client(signer("alice")).unwrap().post(server.url("/old")).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 307);
    assert!(stranger.take().is_empty());
}

#[actix_web::test]
async fn reqwest_hands_credentials_to_the_second_page_of_another_host_and_ours_does_not() {
    let stranger = moved(302, "/new".to_owned()).await;
    let server = moved(302, stranger.url("/old")).await;
    let send = async |client: ClientWithMiddleware| {
        client.get(server.url("/old")).bearer_auth("token").header("X-Api-Key", "key").send().await.unwrap();
        let names = |raw: Raw| raw.fields.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        stranger.take().into_iter().map(names).collect::<Vec<_>>()
    };
    let [first, second] = &send(careless()).await[..] else { panic!("not followed") };
    let has = |names: &[String], name: &str| names.iter().any(|own| own == name);
    assert!(!has(first, "authorization") && has(first, "signature") && has(first, "x-api-key"));
    assert!(has(second, "authorization"), "{second:?}");

    let [first, second] = &send(client(signer("alice")).unwrap()).await[..] else { panic!("not followed") };
    assert_eq!((first, second), (&["referer", "accept", "host"].map(str::to_owned).to_vec(), first));
}
