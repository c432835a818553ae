use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::{
    cavage::Cavage,
    error::VerifyError,
    key::SigningKey,
    keyring::{KeyRing, KeyState, RingKey, RingPolicy},
    policy::Policy,
    request::Request,
    secret::Secret,
    sign::Signer,
    verifier::Verifier,
};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

fn signing(id: &str) -> SigningKey {
    SigningKey::hmac_sha256(id, &Secret::new(format!("{id} is a long secret")).unwrap()).unwrap()
}

/// What a loader makes of a request that the key of this id signed.
fn verify(loader: &RingLoader<&'static str>, id: &str) -> Result<(String, KeyState), VerifyError> {
    let mut fields = vec![("host".to_owned(), b"api.example".to_vec())];
    let signer = Signer::new(Cavage::new(), signing(id));
    let parts = signer.sign(&Request::new("GET", "/", &fields).with_body(b""), NOW).unwrap();
    fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
    let request = Request::new("GET", "/", &fields);
    let unverified = Verifier::new(Cavage::new(), Policy::default()).begin(&request, NOW).unwrap();
    let claim = Claim::new(&unverified, &request);
    let load = std::pin::pin!(loader.load(claim));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Ok(answer)) = load.poll(&mut context) else { panic!("it never waits") };
    let Some(credential) = answer else { return Err(VerifyError::UnknownKey) };
    let proof = unverified.verify(&credential.keys, b"")?;
    let matched = credential.caller.matched(&proof).unwrap();
    assert_eq!(*credential.caller.context(), "Gnatta");
    Ok((matched.id.to_string(), matched.state))
}

#[test]
fn a_loader_answers_with_the_ring_of_the_moment_and_tells_which_key_it_was() {
    let ring = SharedKeyRing::new(KeyRing::new(RingPolicy::overlapping(std::time::Duration::from_secs(60))));
    let clock = Arc::new(AtomicU64::new(NOW.as_secs()));
    let read = Arc::clone(&clock);
    let loader = RingLoader::new(ring.clone(), move || UnixTime::from_secs(read.load(Ordering::SeqCst)));
    let loader = loader.with_context("Gnatta");
    assert_eq!(verify(&loader, "old"), Err(VerifyError::UnknownKey));

    ring.update(|ring| ring.add_active(RingKey::new(signing("old"), NOW).unwrap(), NOW)).unwrap();
    assert_eq!(verify(&loader, "old"), Ok(("old".to_owned(), KeyState::Active)));
    ring.update(|ring| ring.add_active(RingKey::new(signing("new"), NOW).unwrap(), NOW)).unwrap();
    let until = UnixTime::from_secs(NOW.as_secs() + 60);
    assert_eq!(verify(&loader, "old"), Ok(("old".to_owned(), KeyState::Retiring { until })));
    assert_eq!(verify(&loader, "new"), Ok(("new".to_owned(), KeyState::Active)));

    clock.store(until.as_secs(), Ordering::SeqCst);
    assert_eq!(verify(&loader, "old"), Err(VerifyError::UnknownKey));
    assert_eq!(verify(&loader, "new"), Ok(("new".to_owned(), KeyState::Active)));
    assert_eq!(verify(&loader, "mallory"), Err(VerifyError::UnknownKey));
}
