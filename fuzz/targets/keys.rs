//! Arbitrary bytes as keys, in DER and in PEM and for every algorithm: nothing panics, both forms are judged alike, and a key
//! that is read works.
#![no_main]

use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::{
    Algorithm, Cavage, Coverage, KeyError, Policy, Request, Signer, SigningKey, UnixTime, Verifier, VerifyingKey, When,
};
use libfuzzer_sys::fuzz_target;

const NOW: UnixTime = UnixTime::from_secs(784_111_777);

fuzz_target!(|data: &[u8]| {
    let [choice, document @ ..] = data else { return };
    let algorithm = Algorithm::ALL[usize::from(choice & 0x3f) % Algorithm::ALL.len()];
    if choice & 0x80 == 0 {
        // A text: often PEM, whose contents the fuzzer changes at a time.
        let _ = VerifyingKey::from_pem(algorithm, document);
        let _ = VerifyingKey::dangerous_weak_from_pem(algorithm, document);
        check(SigningKey::from_pem("a", algorithm, document));
        return;
    }
    let pem = format!("-----BEGIN ANY KEY-----\n{}\n-----END ANY KEY-----\n", STANDARD.encode(document));
    let strict = VerifyingKey::from_der(algorithm, document).map(drop);
    let weak = VerifyingKey::dangerous_weak_from_der(algorithm, document).map(drop);
    assert!(strict.is_err() || weak.is_ok());
    if pem.len() <= 65_536 {
        assert_eq!(VerifyingKey::from_pem(algorithm, &pem).map(drop), strict);
        assert_eq!(VerifyingKey::dangerous_weak_from_pem(algorithm, &pem).map(drop), weak);
    }
    check(SigningKey::from_der("a", algorithm, document));
});

/// A key that is read signs what its other half verifies.
fn check(key: Result<SigningKey, KeyError>) {
    let Ok(key) = key else { return };
    let public = key.verifying_key().expect("a public half");
    let signer =
        Signer::new(Cavage::new(), key).covering(Coverage::empty().and("host".parse().expect("a name"), When::Always));
    let mut fields = vec![("host".to_owned(), b"api.example".to_vec())];
    let Ok(parts) = signer.sign(&Request::new("GET", "/", &fields).with_body(b""), NOW) else { return };
    fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
    let verifier = Verifier::new(Cavage::new(), Policy::dangerous_requiring_nothing());
    let begun = verifier.begin(&Request::new("GET", "/", &fields), NOW);
    assert!(begun.and_then(|unverified| unverified.verify(&[public], b"")).is_ok());
}
