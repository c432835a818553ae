//! Keys that live elsewhere: the middleware asks for each signature, and sends nothing that was not signed.

use std::{io, sync::Arc, time::Duration};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use countersign::{
    Algorithm, Cavage, KeyId, KeyMetadata, Policy, Request, SignError, Signature, Signer, UnixTime, Verifier,
    VerifyingKey,
};
use countersign_reqwest::{Error, KeyService, Keys, SigningMiddleware, sign_remotely};
use reqwest::Client;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

use crate::{support::now, wire::Recorder};

const OK: &str = "HTTP/1.1 200 OK";

fn pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
}

fn metadata() -> KeyMetadata {
    KeyMetadata::new(KeyId::new("kms-key").unwrap(), Algorithm::Ed25519)
}

fn signer(keys: usize) -> Signer {
    Signer::for_remote_keys(Cavage::new(), vec![metadata(); keys])
}

/// A service that takes its time.
fn kms() -> impl KeyService {
    let pair = Arc::new(pair());
    move |key: KeyMetadata, message: Vec<u8>| {
        let pair = Arc::clone(&pair);
        async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            assert_eq!(key, metadata());
            Ok::<_, io::Error>(Signature::new(pair.sign(&message).as_ref()))
        }
    }
}

async fn out_of_order(_: KeyMetadata, _: Vec<u8>) -> Result<Signature, io::Error> {
    Err(io::Error::other("the device is out of order"))
}

fn client(middleware: SigningMiddleware) -> ClientWithMiddleware {
    let bare = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    ClientBuilder::new(bare).with(middleware).build()
}

#[actix_web::test]
async fn what_a_key_elsewhere_signed_is_accepted_with_its_public_half() {
    let server = Recorder::start(OK).await;
    let client = client(SigningMiddleware::new(Keys::remote(signer(1), kms())));
    client.post(server.url("/orders?page=2")).body("{}").send().await.unwrap();
    let [raw] = &server.take()[..] else { panic!("one request") };

    let key = VerifyingKey::from_der(Algorithm::Ed25519, pair().public_key().as_ref()).unwrap();
    let request = Request::new(&raw.method, &raw.target, &raw.fields);
    let unverified = Verifier::new(Cavage::new(), Policy::default()).begin(&request, now()).unwrap();
    assert_eq!(unverified.key_id().unwrap().as_str(), "kms-key");
    let verified = unverified.verify(&[key], &raw.body).unwrap();
    assert_eq!(verified.covered().to_string(), "(request-target) host date digest");
}

#[actix_web::test]
async fn a_request_that_the_service_does_not_sign_is_unchanged_and_not_sent() {
    let server = Recorder::start(OK).await;
    let sent = client(SigningMiddleware::new(Keys::remote(signer(1), out_of_order))).get(server.url("/")).send().await;
    let error = sent.unwrap_err().to_string();
    assert!(error.contains("the device is out of order"), "{error}");
    assert_eq!(server.take().len(), 0);

    let mut request = Client::new().get("http://api.example/").header("x-own", "1").build().unwrap();
    let before = format!("{request:?}");
    let refused = sign_remotely(&mut request, &signer(1), &out_of_order).await.unwrap_err();
    assert!(matches!(refused, Error::KeyService(_)), "{refused:?}");
    assert_eq!(format!("{request:?}"), before);
}

#[actix_web::test]
async fn the_service_is_not_asked_for_a_request_that_cannot_be_signed() {
    async fn never(_: KeyMetadata, _: Vec<u8>) -> Result<Signature, io::Error> {
        panic!("asked for a request that cannot be signed")
    }
    let mut request = Client::new().get("http://api.example/").build().unwrap();
    let refused = sign_remotely(&mut request, &signer(2), &never).await.unwrap_err();
    assert!(matches!(refused, Error::Sign(SignError::SignatureCount { expected: 1, given: 2 })), "{refused:?}");
}

#[test]
fn what_is_prepared_can_outlive_the_request() {
    let unsigned = {
        let fields = [("host".to_owned(), "api.example".to_owned())];
        let request = Request::new("POST", "/", &fields).with_body(b"{}");
        signer(1).prepare(&request, UnixTime::from_secs(784_111_777)).unwrap().into_owned()
    };
    let base = unsigned.signature_base().into_owned();
    assert!(base.starts_with(b"(request-target): post /\nhost: api.example\ndate: "));
    let parts = unsigned.attach(&[Signature::new(pair().sign(&base).as_ref())]).unwrap();
    assert_eq!(parts.fields.len(), 3);
}

#[test]
fn a_signature_that_is_none_of_the_keys_algorithm_is_not_attached() {
    let attach = |algorithm: Algorithm, bytes: &[u8]| {
        let key = KeyMetadata::new(KeyId::new("kms-key").unwrap(), algorithm);
        let fields = [("host", "api.example")];
        let request = Request::new("GET", "/", &fields).with_body(b"");
        let unsigned = Signer::for_remote_keys(Cavage::new(), vec![key]).prepare(&request, now()).unwrap();
        unsigned.attach(&[Signature::new(bytes)]).map(drop)
    };
    let refused = Err(SignError::SignatureForm);
    for algorithm in Algorithm::ALL {
        assert_eq!(attach(*algorithm, b""), refused, "{algorithm}");
        assert_eq!(attach(*algorithm, &[1; 31]), refused, "{algorithm}");
    }
    assert_eq!(attach(Algorithm::HmacSha256, &[1; 33]), refused);
    assert_eq!(attach(Algorithm::Ed25519, &[1; 64]), Ok(()));
    assert_eq!(attach(Algorithm::RsaSha256, &[1; 256]), Ok(()));
    // Services answer with ECDSA in either form.
    assert_eq!(attach(Algorithm::EcdsaSha256, &[1; 64]), Ok(()));
    assert_eq!(attach(Algorithm::EcdsaSha256, &[0x30, 6, 2, 1, 1, 2, 1, 1]), Ok(()));
    assert_eq!(attach(Algorithm::EcdsaSha256, &[0x30, 6, 2, 1, 1, 2, 1]), refused);
}
