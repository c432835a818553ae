//! Keys that are one key, and signatures that are two.

use super::{Sent, key, sent, signing_key};
#[cfg(feature = "asymmetric")]
use crate::key::SigningKey;
use crate::{algorithm::Algorithm, key::VerifyingKey, secret::Secret};

#[test]
fn a_secret_is_one_key_however_often_it_is_read() {
    let again = signing_key("bob").verifying_key().unwrap();
    assert_eq!(sent().fingerprint(&again), sent().fingerprint(&key()));
}

#[test]
fn a_key_that_cannot_be_told_from_others_goes_by_its_id() {
    let custom = || VerifyingKey::dangerous_custom(Algorithm::HmacSha256, |_, _| true);
    let of = |id| Sent::new(signing_key(id)).fingerprint(&custom());
    assert_eq!(of("alice"), of("alice"));
    assert_ne!(of("alice"), of("bob"));
}

#[test]
fn nothing_of_a_secret_is_in_a_fingerprint_that_could_be_told_from_it() {
    // Two secrets for one algorithm that are one key are one key here too (RFC 2104 section 2).
    let padded = VerifyingKey::hmac_sha256(&Secret::new(*b"correct horse battery staple\0\0").unwrap());
    assert_eq!(sent().fingerprint(&padded), sent().fingerprint(&key()));
}

#[cfg(feature = "asymmetric")]
mod asymmetric {
    use super::*;
    use crate::ecdsa_form::{der_from_raw, raw_from_der};
    macro_rules! document {
        ($name:literal) => {
            include_str!(concat!("../../key/testdata/", $name, ".pem"))
        };
    }

    use base64::{Engine, engine::general_purpose::STANDARD};

    /// The order of the group of P-256 (FIPS 186-5).
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
        0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];

    fn p256(id: &str) -> SigningKey {
        SigningKey::from_pem(id, Algorithm::EcdsaSha256, document!("p256-pkcs8")).unwrap()
    }

    /// What the order is more than a number.
    fn from_order(number: &[u8]) -> Vec<u8> {
        let mut borrow = 0;
        let mut digits: Vec<u8> = ORDER
            .iter()
            .zip(number)
            .rev()
            .map(|(order, digit)| {
                let difference = i16::from(*order).wrapping_sub(i16::from(*digit)).wrapping_sub(borrow);
                borrow = i16::from(difference < 0);
                difference.to_le_bytes()[0]
            })
            .collect();
        digits.reverse();
        digits
    }

    #[test]
    fn the_other_signature_that_anybody_can_make_of_one_has_the_same_fingerprint() {
        let sent = Sent::new(p256("alice"));
        let key = p256("alice").verifying_key().unwrap();
        let twin = sent.respelt(|text| {
            let (start, signature) = text.split_once("signature=\"").unwrap();
            let raw = raw_from_der(&STANDARD.decode(signature.trim_end_matches('"')).unwrap()).unwrap();
            let (r, s) = raw.split_at(32);
            let der = der_from_raw(&[r, &from_order(s)].concat()).unwrap();
            format!("{start}signature=\"{}\"", STANDARD.encode(der))
        });
        assert_eq!(twin.fingerprint(&key), sent.fingerprint(&key));
        // So has one that is made anew: an ECDSA signature is another each time.
        assert_eq!(Sent::new(p256("alice")).fingerprint(&key), sent.fingerprint(&key));
    }

    #[test]
    fn a_key_is_the_same_in_every_document() {
        let documents = |algorithm, documents: &[&str]| {
            let read = |pem: &&str| VerifyingKey::from_pem(algorithm, pem).unwrap();
            documents.iter().map(read).collect::<Vec<_>>()
        };
        let p256_keys = documents(
            Algorithm::EcdsaSha256,
            &[document!("p256-spki"), document!("p256-spki-compressed"), document!("p256-certificate")],
        );
        let rsa_keys = documents(
            Algorithm::RsaSha256,
            &[document!("rsa-2048-spki"), document!("rsa-2048-pkcs1-public"), document!("rsa-2048-certificate")],
        );
        let ed25519_keys = documents(Algorithm::Ed25519, &[document!("ed25519-spki")]);
        let rsa = SigningKey::from_pem("alice", Algorithm::RsaSha256, document!("rsa-2048-pkcs8")).unwrap();
        let ed25519 = SigningKey::from_pem("alice", Algorithm::Ed25519, document!("ed25519-pkcs8")).unwrap();
        let mut all = Vec::new();
        for (signing, keys) in [(p256("alice"), p256_keys), (rsa, rsa_keys), (ed25519, ed25519_keys)] {
            let own = signing.verifying_key().unwrap();
            let sent = Sent::new(signing);
            let fingerprint = sent.fingerprint(&own);
            for (at, key) in keys.iter().enumerate() {
                assert_eq!(sent.fingerprint(key), fingerprint, "{:?}, {at}", own.algorithm());
            }
            assert!(!all.contains(&own.identity().copied()), "{:?}", own.algorithm());
            all.push(own.identity().copied());
        }
    }

    #[test]
    fn keys_on_one_curve_are_told_apart() {
        let other = SigningKey::from_pem("alice", Algorithm::EcdsaSha256, document!("secp256k1-pkcs8")).unwrap();
        let other_key = other.verifying_key().unwrap();
        let key = p256("alice").verifying_key().unwrap();
        assert_ne!(Sent::new(other).fingerprint(&other_key), Sent::new(p256("alice")).fingerprint(&key));
    }
}
