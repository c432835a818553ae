//! Keys of every kind.

use super::*;
use crate::secret::Secret;

#[test]
fn sha_1_needs_the_dangerous_name() {
    let secret = Secret::new("1234567890123456").unwrap();
    let weak = KeyError::WeakAlgorithm(Algorithm::HmacSha1);
    assert_eq!(SigningKey::hmac("a", Algorithm::HmacSha1, &secret).err(), Some(weak.clone()));
    assert_eq!(VerifyingKey::hmac(Algorithm::HmacSha1, &secret).err(), Some(weak));
    assert_eq!(VerifyingKey::dangerous_hmac_sha1(&secret).algorithm(), Algorithm::HmacSha1);
}

#[test]
fn only_the_declared_reading_of_a_secrets_text_verifies() {
    let text = "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==";
    let decoded = VerifyingKey::hmac_sha256(&Secret::from_base64(text).unwrap());
    let literal = VerifyingKey::hmac_sha256(&Secret::new(text).unwrap());
    let key = SigningKey::hmac_sha256("a", &Secret::new("correct horse battery staple").unwrap()).unwrap();
    let signature = [key.sign(&[b"message"]).unwrap()];
    assert!(decoded.verify(&[b"message"], &signature));
    assert!(!literal.verify(&[b"message"], &signature));
}

#[test]
fn no_debug_form_shows_a_secret() {
    let secret = Secret::new("hunter2hunter2hunter2").unwrap();
    let key = SigningKey::hmac_sha256("alice", &secret).unwrap();
    let shown = format!("{secret:?} {key:?} {:?}", VerifyingKey::hmac_sha256(&secret));
    assert!(!shown.contains("hunter2") && shown.contains("alice"), "{shown}");
}

#[test]
fn a_key_id_is_text_without_control_characters() {
    for id in ["alice", "https://a.example/u#main-key", "SN=1,CA=\"x\\y\"", "\u{e4}\u{20ac}", &"x".repeat(1024)] {
        assert_eq!(KeyId::new(id).unwrap().as_str(), id);
    }
    for id in ["", "a\nb", "a\u{1b}[2J", "\u{85}", &"x".repeat(1025)] {
        assert_eq!(KeyId::new(id).err(), Some(KeyError::InvalidKeyId), "{id:?}");
    }
}

#[cfg(feature = "asymmetric")]
mod asymmetric {
    use super::*;

    const ED25519: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEqBwTIJ9Oi8ZvISzMvkXU1JlRI9YHOcIGbcR1hAdRmI\n-----END PRIVATE KEY-----\n";

    #[test]
    fn a_key_verifies_what_its_other_half_signed_and_nothing_else() {
        let key = SigningKey::from_pem("a", Algorithm::Ed25519, ED25519).unwrap();
        let verifying = key.verifying_key().unwrap();
        let signature = [key.sign(&[b"mess", b"age"]).unwrap()];
        assert!(verifying.verify(&[b"message"], &signature));
        assert!(!verifying.verify(&[b"massage"], &signature));
        assert!(!verifying.verify(&[b"message"], &[]));
    }

    #[test]
    fn a_key_of_another_kind_than_the_algorithm_wants_is_refused() {
        for algorithm in [Algorithm::RsaSha256, Algorithm::RsaPssSha512, Algorithm::EcdsaSha256, Algorithm::HmacSha256]
        {
            let wrong = Some(KeyError::WrongKind(algorithm));
            assert_eq!(SigningKey::from_pem("a", algorithm, ED25519).err(), wrong);
        }
        let secret = Secret::new("1234567890123456").unwrap();
        let wrong = KeyError::WrongKind(Algorithm::RsaSha256);
        assert_eq!(SigningKey::hmac("a", Algorithm::RsaSha256, &secret).err(), Some(wrong.clone()));
        assert_eq!(VerifyingKey::hmac(Algorithm::RsaSha256, &secret).err(), Some(wrong));
    }
}
