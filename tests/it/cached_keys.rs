//! A server that remembers keys.

use std::{
    future::pending,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use actix_web::web;
use countersign::{Cavage, Claim, Credential, KeyLoader, Policy, Request, Secret, Signer, SigningKey, Verifier};
use countersign_actix::{SignatureConfig, Signed};
use countersign_cache::CachedKeys;
use countersign_reqwest::sign;
use futures::{FutureExt, future::join_all};

use crate::support::{ALICE, Server, counting_loader, millis, now, signer, verifying_key};

async fn greet(request: Signed<(), &'static str>) -> String {
    format!("Hello, {}", request.caller())
}

fn serve(keys: impl KeyLoader<Caller = &'static str>) -> Server {
    start(SignatureConfig::new(keys))
}

fn start(config: SignatureConfig<&'static str>) -> Server {
    Server::start(move |app| {
        app.app_data(config.clone()).route("/greeting", web::get().to(greet));
    })
}

/// The status of the answer to a signed request.
async fn call(server: &Server, signer: &Signer) -> u16 {
    let http = reqwest::Client::new();
    let mut request = http.get(server.url("/greeting")).build().unwrap();
    sign(&mut request, signer).unwrap();
    http.execute(request).await.unwrap().status().as_u16()
}

#[actix_web::test]
async fn neither_many_requests_nor_bad_signatures_make_a_second_load() {
    let loads = Arc::new(AtomicUsize::new(0));
    let keys = CachedKeys::new(counting_loader(&loads));
    let server = serve(keys.clone());
    let wrong = SigningKey::hmac_sha256("alice", &Secret::new("incorrect horse battery staple").unwrap()).unwrap();
    let (alice, wrong) = (signer("alice"), Signer::new(Cavage::new(), wrong));
    for _ in 0..20 {
        assert_eq!(call(&server, &alice).await, 200);
        assert_eq!(call(&server, &wrong).await, 401);
    }
    assert_eq!(loads.load(Ordering::SeqCst), 1);
    keys.invalidate(&"alice".parse().unwrap());
    assert_eq!((call(&server, &alice).await, loads.load(Ordering::SeqCst)), (200, 2));
    for _ in 0..3 {
        assert_eq!(call(&server, &signer("mallory")).await, 401);
    }
    assert_eq!(loads.load(Ordering::SeqCst), 3);
}

/// Answers nothing at first, then an error, then what is right.
fn getting_better() -> (Arc<AtomicUsize>, impl KeyLoader<Caller = &'static str>) {
    let loads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&loads);
    let load = move |_: Claim| {
        let load = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            match load {
                0 => pending().await,
                1 => Err(io::Error::other("the database is down")),
                _ => Ok(Some(Credential::new(verifying_key(), ALICE))),
            }
        }
    };
    (loads, load)
}

#[actix_web::test]
async fn a_load_beyond_its_deadline_and_one_that_fails_are_503_and_the_next_request_loads() {
    let (loads, load) = getting_better();
    let server = start(SignatureConfig::new(CachedKeys::new(load)).key_deadline(millis(100)));
    let alice = signer("alice");
    assert_eq!(call(&server, &alice).await, 503);
    assert_eq!(loads.load(Ordering::SeqCst), 1);
    assert_eq!(call(&server, &alice).await, 503);
    assert_eq!(loads.load(Ordering::SeqCst), 2);
    assert_eq!(call(&server, &alice).await, 200);
    assert_eq!(call(&server, &alice).await, 200);
    assert_eq!(loads.load(Ordering::SeqCst), 3);
}

#[actix_web::test]
async fn requests_that_wait_for_one_load_are_answered_by_it() {
    let loads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&loads);
    let server = serve(CachedKeys::new(move |_: Claim| {
        counted.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::time::sleep(millis(50)).await;
            Ok::<_, io::Error>(Some(Credential::new(verifying_key(), ALICE)))
        }
    }));
    let alice = signer("alice");
    let answers = join_all((0..20).map(|_| call(&server, &alice))).await;
    assert_eq!(answers, [200; 20]);
    assert_eq!(loads.load(Ordering::SeqCst), 1);
}

#[test]
fn what_is_remembered_is_found_without_an_allocation() {
    let keys = CachedKeys::new(counting_loader(&Arc::default()));
    let mut fields = vec![("host".to_owned(), b"api.example".to_vec())];
    let parts = signer("alice").sign(&Request::new("GET", "/", &fields).with_body(b""), now()).unwrap();
    fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
    let request = Request::new("GET", "/", &fields);
    let claim = Claim::new(&Verifier::new(Cavage::new(), Policy::default()).begin(&request, now()).unwrap(), &request);
    let ask = || keys.load(claim.clone()).now_or_never().unwrap().unwrap().unwrap().caller;
    // What is done once in a while, such as to look for what is over, allocates.
    let least = (0..20).map(|_| allocation_counter::measure(|| assert_eq!(ask(), ALICE)).count_total).min();
    assert_eq!(least, Some(0));
}
