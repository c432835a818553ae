//! Signing and verifying with a private and a public key, against the bare operation of the library on the same signing string.

use std::hint::black_box;

use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, ParsedPublicKey, RsaKeyPair, VerificationAlgorithm},
};
use countersign::{Algorithm, Cavage, Policy, Request, Signer, SigningKey, Verifier};

use crate::{
    core::{Headers, NOW, TARGET},
    median, nanos_per_call,
};

const PAIRS: usize = 100;

/// What one algorithm costs.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// The algorithm's name.
    pub name: &'static str,
    /// Signing with the bare library, in nanoseconds.
    pub bare_sign: f64,
    /// Verifying with the bare library and a key that is parsed, in nanoseconds.
    pub bare_verify: f64,
    /// Signing a request over the bare library.
    pub sign: f64,
    /// Verifying a request over the bare library.
    pub verify: f64,
}

/// Measures each of the three kinds of key with a GET that covers `(request-target) host date`.
///
/// # Panics
/// When the fixture cannot be built, or is not accepted.
#[must_use]
#[allow(clippy::unwrap_used, reason = "a benchmark whose fixture fails has nothing to measure")]
pub fn measure() -> [Figures; 3] {
    let random = SystemRandom::new();
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    let key = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    let public = key.public_key().as_ref().to_vec();
    let bare = |base: &[u8]| key.sign(base).as_ref().to_vec();
    let ed25519 = compare(Algorithm::Ed25519, pkcs8.as_ref(), (&signature::ED25519, &public), 20, bare);

    let algorithm = &signature::ECDSA_P256_SHA256_ASN1_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).unwrap();
    let public = key.public_key().as_ref().to_vec();
    let bare = |base: &[u8]| key.sign(&random, base).unwrap().as_ref().to_vec();
    let way = (&signature::ECDSA_P256_SHA256_ASN1 as &'static dyn VerificationAlgorithm, &public[..]);
    let p256 = compare(Algorithm::EcdsaSha256, pkcs8.as_ref(), way, 20, bare);

    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let pkcs8 = key.as_der().unwrap();
    let public = key.public_key().as_ref().to_vec();
    let bare = |base: &[u8]| {
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&signature::RSA_PKCS1_SHA256, &random, base, &mut signature).unwrap();
        signature
    };
    let way = (&signature::RSA_PKCS1_2048_8192_SHA256 as &'static dyn VerificationAlgorithm, &public[..]);
    let rsa = compare(Algorithm::RsaSha256, pkcs8.as_ref(), way, 4, bare);
    [ed25519, p256, rsa]
}

#[allow(clippy::unwrap_used, reason = "a benchmark whose fixture fails has nothing to measure")]
fn compare(
    algorithm: Algorithm,
    pkcs8: &[u8],
    (way, public): (&'static dyn VerificationAlgorithm, &[u8]),
    calls: u32,
    bare_sign: impl Fn(&[u8]) -> Vec<u8>,
) -> Figures {
    let key = SigningKey::from_der("access_key_1", algorithm, pkcs8).unwrap();
    let keys = [key.verifying_key().unwrap()];
    let (signer, verifier) = (Signer::new(Cavage::new(), key), Verifier::new(Cavage::new(), Policy::default()));
    let unsigned = Headers::unsigned();
    let to_sign = Request::new("GET", TARGET, &unsigned).with_body(b"");
    let base = signer.prepare(&to_sign, NOW).unwrap().signature_base().into_owned();
    let headers = unsigned.with(signer.sign(&to_sign, NOW).unwrap());
    let signed = Request::new("GET", TARGET, &headers).with_body(b"");
    let public = ParsedPublicKey::new(way, public).unwrap();
    let signature = bare_sign(&base);

    let bare_sign = || bare_sign(black_box(&base));
    let bare_verify = || public.verify_sig(black_box(&base), &signature).unwrap();
    let sign = || signer.sign(black_box(&to_sign), NOW).unwrap();
    let verify = || verifier.begin(black_box(&signed), NOW).unwrap().verify(&keys, b"").unwrap();

    let (mut bare_signs, mut bare_verifies, mut signs, mut verifies) = (vec![], vec![], vec![], vec![]);
    for _ in 0..PAIRS {
        let bare = nanos_per_call(calls, bare_sign);
        signs.push(nanos_per_call(calls, sign) / bare);
        bare_signs.push(bare);
        let bare = nanos_per_call(calls, bare_verify);
        verifies.push(nanos_per_call(calls, verify) / bare);
        bare_verifies.push(bare);
    }
    Figures {
        name: algorithm.name(),
        bare_sign: median(bare_signs),
        bare_verify: median(bare_verifies),
        sign: median(signs),
        verify: median(verifies),
    }
}
