//! Keys that are changed while requests are on their way, on both sides of a socket.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use actix_web::{HttpResponse, web};
use countersign::{
    Cavage, KeyId, KeyRing, KeyState, OnActivate, RingCaller, RingKey, RingLoader, RingPolicy, RingSigner, Secret,
    SharedKeyRing, SignError, SigningKey, UnixTime,
};
use countersign_actix::{SignatureConfig, Signed};
use countersign_reqwest::{ClientError, Error, SigningClientBuilder, SigningMiddleware};
use futures::future::join_all;
use reqwest::Client;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

use crate::{
    support::{Server, now, secs},
    wire::Recorder,
};

fn id(text: &str) -> KeyId {
    text.parse().unwrap()
}

/// The same key on both sides, as it is after it was handed over.
fn key(text: &str, created: UnixTime) -> RingKey {
    let secret = Secret::new(format!("{text} is a long secret")).unwrap();
    RingKey::new(SigningKey::hmac_sha256(text, &secret).unwrap(), created).unwrap()
}

fn ring(policy: RingPolicy) -> SharedKeyRing {
    SharedKeyRing::new(KeyRing::new(policy))
}

fn client(ring: &SharedKeyRing) -> ClientWithMiddleware {
    let signer = RingSigner::new(Cavage::new(), ring, now()).unwrap();
    let http = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    ClientBuilder::new(http).with(SigningMiddleware::new(signer)).build()
}

/// The key that the request was verified with, and its state.
async fn matched(request: Signed<web::Bytes, RingCaller>) -> String {
    let key = request.caller().matched(request.proof()).unwrap();
    format!("{} {}", key.id, key.state)
}

fn serve(ring: &SharedKeyRing) -> Server {
    let config = SignatureConfig::new(RingLoader::new(ring.clone(), now));
    Server::start(move |app| {
        app.app_data(config.clone()).route("/orders", web::post().to(matched)).route("/moved", web::post().to(moved));
    })
}

async fn moved(_: Signed<web::Bytes, RingCaller>) -> HttpResponse {
    HttpResponse::TemporaryRedirect().append_header(("Location", "/orders")).finish()
}

/// The status and the body of the answer.
async fn call(client: &ClientWithMiddleware, server: &Server) -> (u16, String) {
    let response = client.post(server.url("/orders")).body("{}").send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// A key is handed over, accepted, changed over to and disposed of, in the order in which two programs do it.
#[actix_web::test]
async fn a_key_is_changed_without_a_request_being_refused() {
    let (ours, theirs) = (ring(RingPolicy::one_at_a_time()), ring(RingPolicy::default().accept_pending(true)));
    for ring in [&ours, &theirs] {
        ring.update(|ring| ring.add_active(key("old", now()), now())).unwrap();
    }
    let (client, server) = (client(&ours), serve(&theirs));
    let is = async |expected: &str| assert_eq!(call(&client, &server).await, (200, expected.to_owned()));
    is("old active").await;
    for ring in [&theirs, &ours] {
        ring.update(|ring| ring.add_pending(key("new", now()))).unwrap();
        is("old active").await;
    }
    ours.update(|ring| ring.activate(&id("new"), now())).unwrap();
    is("new pending").await;
    theirs.update(|ring| ring.activate(&id("new"), now())).unwrap();
    theirs.update(|ring| ring.retire(&id("old"), secs(60), now())).unwrap();
    is("new active").await;

    // The new one turns out to be bad: back to the one before.
    ours.update(|ring| ring.dispose_compromised(&id("new"))).unwrap();
    ours.update(|ring| ring.restore(&id("old"))).unwrap();
    ours.update(|ring| ring.activate(&id("old"), now())).unwrap();
    is("old retiring").await;
    theirs.update(|ring| ring.dispose_compromised(&id("new"))).unwrap();
    theirs.update(|ring| ring.dispose(&id("old"))).unwrap();
    assert_eq!(call(&client, &server).await.0, 401);
}

#[actix_web::test]
async fn keys_rotate_under_load_and_no_request_is_refused() {
    let policy = RingPolicy::default().max_active(1).on_activate(OnActivate::RetireOld(secs(60)));
    let (ours, theirs) = (ring(policy.clone()), ring(policy));
    for ring in [&theirs, &ours] {
        ring.update(|ring| ring.add_active(key("0", now()), now())).unwrap();
    }
    let (client, server) = (client(&ours), serve(&theirs));
    let (stop, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    let load = async || {
        while !stop.load(Ordering::SeqCst) {
            let (status, body) = call(&client, &server).await;
            assert_eq!(status, 200, "{body}");
            calls.fetch_add(1, Ordering::SeqCst);
        }
    };
    let rotate = async {
        for rotation in 1..=30 {
            let text = rotation.to_string();
            // Whoever verifies is told first.
            for ring in [&theirs, &ours] {
                ring.update(|ring| ring.add_active(key(&text, now()), now())).unwrap();
            }
            let before = calls.load(Ordering::SeqCst);
            while calls.load(Ordering::SeqCst) < before + 4 {
                actix_web::rt::time::sleep(secs(0)).await;
            }
        }
        stop.store(true, Ordering::SeqCst);
    };
    futures::join!(join_all((0..8).map(|_| load())), rotate);
    assert!(calls.load(Ordering::SeqCst) >= 120);
    assert_eq!(call(&client, &server).await, (200, "30 active".to_owned()));
}

/// Each key is handed over, accepted, changed over to, left to run out and disposed of, while some requests are between two hops.
#[actix_web::test]
async fn keys_come_and_go_while_requests_are_redirected_and_none_is_refused() {
    let (ours, theirs) = (ring(RingPolicy::one_at_a_time()), ring(RingPolicy::default().accept_pending(true)));
    for ring in [&theirs, &ours] {
        ring.update(|ring| ring.add_active(key("0", now()), now())).unwrap();
    }
    let signer = RingSigner::new(Cavage::new(), &ours, now()).unwrap();
    let client = SigningClientBuilder::new(signer).reqwest(Client::builder().no_proxy()).build().unwrap();
    let (server, stop) = (serve(&theirs), AtomicBool::new(false));
    let calls = [const { AtomicUsize::new(0) }; 16];
    let load = async |calls: &AtomicUsize| {
        while !stop.load(Ordering::SeqCst) {
            let response = client.post(server.url("/moved")).body("{}").send().await.unwrap();
            assert_eq!((response.status().as_u16(), response.url().path()), (200, "/orders"));
            calls.fetch_add(1, Ordering::SeqCst);
        }
    };
    // Until nothing is under way any more that was signed before.
    let everybody_called_again = async || {
        let before = calls.each_ref().map(|calls| calls.load(Ordering::SeqCst));
        while calls.iter().zip(before).any(|(calls, before)| calls.load(Ordering::SeqCst) < before + 2) {
            actix_web::rt::time::sleep(secs(0)).await;
        }
    };
    let rotate = async {
        for rotation in 1..=10 {
            let (old, new) = ((rotation - 1).to_string(), rotation.to_string());
            theirs.update(|ring| ring.add_pending(key(&new, now()))).unwrap();
            ours.update(|ring| ring.add_pending(key(&new, now()))).unwrap();
            ours.update(|ring| ring.activate(&id(&new), now())).unwrap();
            theirs.update(|ring| ring.activate(&id(&new), now())).unwrap();
            theirs.update(|ring| ring.retire(&id(&old), secs(60), now())).unwrap();
            everybody_called_again().await;
            theirs.update(|ring| ring.dispose(&id(&old))).unwrap();
            for ring in [&theirs, &ours] {
                ring.update(|ring| ring.purge(&id(&old))).unwrap();
            }
        }
        everybody_called_again().await;
        stop.store(true, Ordering::SeqCst);
    };
    futures::join!(join_all(calls.iter().map(load)), rotate);
    assert_eq!(call(&client, &server).await, (200, "10 active".to_owned()));
}

#[actix_web::test]
async fn a_retiring_key_is_refused_once_its_time_is_over() {
    let theirs = ring(RingPolicy::default());
    let created = now();
    theirs.update(|ring| ring.add_active(key("old", created), created)).unwrap();
    let ours = ring(RingPolicy::default());
    ours.update(|ring| ring.add_active(key("old", created), created)).unwrap();
    theirs.update(|ring| ring.retire(&id("old"), secs(60), created)).unwrap();
    let (client, later) = (client(&ours), Arc::new(AtomicBool::new(false)));
    let clock = Arc::clone(&later);
    let clock = move || if clock.load(Ordering::SeqCst) { created.plus(secs(60)) } else { created };
    let config = SignatureConfig::new(RingLoader::new(theirs, clock));
    let server = Server::start(move |app| {
        app.app_data(config.clone()).route("/orders", web::post().to(matched));
    });
    assert_eq!(call(&client, &server).await, (200, "old retiring".to_owned()));
    later.store(true, Ordering::SeqCst);
    assert_eq!(call(&client, &server).await.0, 401);
}

#[actix_web::test]
async fn without_a_key_in_use_nothing_is_sent() {
    let recorder = Recorder::start("HTTP/1.1 200 OK").await;
    let ours = ring(RingPolicy::one_at_a_time());
    let client = client(&ours);
    let refused = async || {
        let error = client.get(recorder.url("/")).send().await.unwrap_err();
        let reqwest_middleware::Error::Middleware(error) = error else { panic!("{error}") };
        assert!(matches!(error.downcast_ref(), Some(ClientError::Unsigned(Error::Sign(SignError::NoKey)))), "{error}");
    };
    refused().await;
    ours.update(|ring| ring.add_pending(key("new", now()))).unwrap();
    refused().await;
    assert!(recorder.take().is_empty());
    ours.update(|ring| ring.activate(&id("new"), now())).unwrap();
    assert_eq!(ours.snapshot().key(&id("new")).unwrap().state(), KeyState::Active);
    assert!(client.get(recorder.url("/")).send().await.unwrap().status().is_success());
    assert_eq!(recorder.take().len(), 1);
}
