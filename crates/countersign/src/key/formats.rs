//! Keys in the forms in which people have them, and those that are no keys for what they are wanted for.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;

macro_rules! testdata {
    ($name:literal) => {
        include_str!(concat!("testdata/", $name, ".pem"))
    };
}
pub(super) use testdata;

const RSA: &[Algorithm] = &[
    Algorithm::RsaSha256,
    Algorithm::RsaSha384,
    Algorithm::RsaSha512,
    Algorithm::RsaPssSha256,
    Algorithm::RsaPssSha384,
    Algorithm::RsaPssSha512,
];
const RSA_PRIVATE: &str = testdata!("rsa-2048-pkcs8");
const RSA_PUBLIC: &str = testdata!("rsa-2048-spki");
const P256_PRIVATE: &str = testdata!("p256-pkcs8");
const P256_PUBLIC: &str = testdata!("p256-spki");
const ED25519_PRIVATE: &str = testdata!("ed25519-pkcs8");
const ED25519_PUBLIC: &str = testdata!("ed25519-spki");

/// The contents of the last block of a text.
pub(super) fn der(pem: &str) -> Vec<u8> {
    let block = pem.rsplit("-----BEGIN").next().unwrap();
    let base64: String = block.lines().skip(1).take_while(|line| !line.starts_with('-')).collect();
    STANDARD.decode(base64).unwrap()
}

fn signing(algorithm: Algorithm, pem: &str) -> Result<SigningKey, KeyError> {
    SigningKey::from_pem("a", algorithm, pem)
}

/// Whether what the one signs the other verifies.
fn fit(private: &SigningKey, public: &VerifyingKey) -> bool {
    let signature = [private.sign(&[b"message"]).unwrap()];
    public.verify(&[b"message"], &signature) && !public.verify(&[b"massage"], &signature)
}

/// The error of a private and of a public key that are read from the same text.
fn refusals(algorithm: Algorithm, pem: &str) -> (Option<KeyError>, Option<KeyError>) {
    (signing(algorithm, pem).err(), VerifyingKey::from_pem(algorithm, pem).err())
}

#[test]
fn a_private_key_is_read_in_every_form_and_fits_every_form_of_its_public_half() {
    let forms: [(&[&str], &[&str], &[Algorithm]); 7] = [
        (
            &[RSA_PRIVATE, testdata!("rsa-2048-pkcs1")],
            &[RSA_PUBLIC, testdata!("rsa-2048-pkcs1-public"), testdata!("rsa-2048-certificate")],
            RSA,
        ),
        // SEC 1 is as OpenSSL writes it, behind the curve's name.
        (
            &[P256_PRIVATE, testdata!("p256-sec1")],
            &[P256_PUBLIC, testdata!("p256-certificate"), testdata!("p256-spki-compressed")],
            &[Algorithm::EcdsaSha256],
        ),
        (&[testdata!("p384-pkcs8"), testdata!("p384-sec1")], &[testdata!("p384-spki")], &[Algorithm::EcdsaSha384]),
        (
            &[testdata!("p521-pkcs8"), testdata!("p521-sec1")],
            &[testdata!("p521-spki")],
            &[Algorithm::EcdsaSha512, Algorithm::EcdsaSha384, Algorithm::EcdsaSha256],
        ),
        (
            &[testdata!("secp256k1-pkcs8"), testdata!("secp256k1-sec1")],
            &[testdata!("secp256k1-spki")],
            &[Algorithm::EcdsaSha256],
        ),
        (&[ED25519_PRIVATE], &[ED25519_PUBLIC], &[Algorithm::Ed25519]),
        // PKCS#8 under a label of SEC 1, and without the public point.
        (
            &[testdata!("odd-pkcs8-as-ec-private-key")],
            &[testdata!("odd-pkcs8-as-ec-private-key-spki")],
            &[Algorithm::EcdsaSha256],
        ),
    ];
    let mut pairs = 0;
    for (private, public, algorithms) in forms {
        for algorithm in algorithms {
            for private in private {
                let keys = [signing(*algorithm, private), SigningKey::from_der("a", *algorithm, &der(private))];
                for key in keys.map(Result::unwrap) {
                    assert!(fit(&key, &key.verifying_key().unwrap()), "{algorithm}");
                    for public in public {
                        assert!(
                            fit(&key, &VerifyingKey::from_pem(*algorithm, public).unwrap()),
                            "{algorithm} {public}"
                        );
                        let from_der = VerifyingKey::from_der(*algorithm, &der(public)).unwrap();
                        assert!(fit(&key, &from_der), "{algorithm} {public}");
                        pairs += 1;
                    }
                }
            }
        }
    }
    assert_eq!(pairs, 108);
}

#[test]
fn rsa_keys_with_an_odd_exponent_or_primes_of_unequal_length_sign() {
    let key = signing(Algorithm::RsaSha256, testdata!("odd-unequal-primes-pkcs1")).unwrap();
    assert!(fit(&key, &key.verifying_key().unwrap()));
    assert!(signing(Algorithm::RsaSha256, testdata!("odd-exponent-35-pkcs1")).is_ok());
}

#[test]
fn a_small_public_exponent_verifies_under_the_dangerous_name_alone() {
    let key = signing(Algorithm::RsaSha256, testdata!("odd-exponent-35-pkcs1")).unwrap();
    assert_eq!(key.verifying_key().err(), Some(KeyError::RsaExponent));
    let public = testdata!("odd-exponent-35-spki");
    assert_eq!(VerifyingKey::from_pem(Algorithm::RsaSha256, public).err(), Some(KeyError::RsaExponent));
    assert!(fit(&key, &VerifyingKey::dangerous_weak_from_pem(Algorithm::RsaSha256, public).unwrap()));
}

#[test]
fn ed25519_keys_are_read_with_and_without_their_public_half_and_as_raw_bytes() {
    // RFC 8410 section 10.3: one key in both versions.
    let bare = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
    let with_public = "MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhCoB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJk\
        bGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";
    let public = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";
    let decode = |text: &str| STANDARD.decode(text).unwrap();
    let raw: [u8; 32] = decode(public).split_off(12).try_into().unwrap();
    let seed: [u8; 32] = decode(bare).split_off(16).try_into().unwrap();
    let private = [
        SigningKey::from_der("a", Algorithm::Ed25519, &decode(bare)),
        SigningKey::from_der("a", Algorithm::Ed25519, &decode(with_public)),
        SigningKey::ed25519_from_seed("a", &seed),
    ];
    for key in private.map(Result::unwrap) {
        for public in [&decode(public)[..], &raw] {
            assert!(fit(&key, &VerifyingKey::from_der(Algorithm::Ed25519, public).unwrap()));
        }
    }
}

#[test]
fn a_text_is_read_under_any_label_with_any_line_ends_and_among_other_text() {
    let label = |label: &str| ED25519_PRIVATE.replace("PRIVATE KEY", label);
    let one_line = |pem: &str| {
        let base64 = STANDARD.encode(der(pem));
        format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----")
    };
    let certificate_behind = format!("{ED25519_PRIVATE}{}", testdata!("rsa-2048-certificate"));
    for text in [
        label("ED25519 PRIVATE KEY"),
        label("EC PRIVATE KEY"),
        label("RSA PRIVATE KEY"),
        label("X"),
        ED25519_PRIVATE.replace('\n', "\r\n"),
        ED25519_PRIVATE.trim_end().to_owned(),
        one_line(ED25519_PRIVATE),
        format!("Bag Attributes\n    friendlyName: a\n{ED25519_PRIVATE}and what follows\n"),
        format!("\u{feff}{ED25519_PRIVATE}"),
        certificate_behind,
    ] {
        let key = signing(Algorithm::Ed25519, &text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(fit(&key, &VerifyingKey::from_pem(Algorithm::Ed25519, ED25519_PUBLIC).unwrap()), "{text}");
    }
    // The longest lines that occur: a key of 2048 bits in one.
    assert!(signing(Algorithm::RsaSha256, &one_line(RSA_PRIVATE)).is_ok());
}

#[test]
fn a_locked_key_is_refused_as_one() {
    let locked = Some(KeyError::Unreadable("locked with a passphrase"));
    for text in [testdata!("locked-pkcs8"), testdata!("locked-traditional")] {
        assert_eq!(refusals(Algorithm::RsaSha256, text), (locked.clone(), locked.clone()));
    }
}

#[test]
fn a_half_that_is_not_the_wanted_one_is_named() {
    let (public, private) = (
        Some(KeyError::Unreadable("a public key where a private one is wanted")),
        Some(KeyError::Unreadable("a private key where a public one is wanted")),
    );
    for (algorithm, text) in [
        (Algorithm::RsaSha256, RSA_PUBLIC),
        (Algorithm::RsaSha256, testdata!("rsa-2048-pkcs1-public")),
        (Algorithm::RsaSha256, testdata!("rsa-2048-certificate")),
        (Algorithm::EcdsaSha256, P256_PUBLIC),
        (Algorithm::Ed25519, ED25519_PUBLIC),
    ] {
        assert_eq!(signing(algorithm, text).err(), public);
    }
    for (algorithm, text) in [
        (Algorithm::RsaSha256, RSA_PRIVATE),
        (Algorithm::RsaPssSha256, testdata!("rsa-2048-pkcs1")),
        (Algorithm::RsaSha256, testdata!("rsa-1024-pkcs1")),
        (Algorithm::RsaPssSha256, testdata!("rsa-pss-pkcs8")),
        (Algorithm::EcdsaSha256, P256_PRIVATE),
        (Algorithm::EcdsaSha256, testdata!("p256-sec1")),
        (Algorithm::EcdsaSha512, testdata!("odd-pkcs8-as-ec-private-key")),
        (Algorithm::Ed25519, ED25519_PRIVATE),
        (Algorithm::Ed25519, RSA_PRIVATE),
    ] {
        assert_eq!(VerifyingKey::from_pem(algorithm, text).err(), private);
        assert_eq!(VerifyingKey::dangerous_weak_from_pem(algorithm, text).err(), private);
    }
}

#[test]
fn a_key_of_another_kind_is_refused_for_every_algorithm_that_is_not_its_own() {
    for (private, public, own) in [
        (RSA_PRIVATE, RSA_PUBLIC, "rsa"),
        (P256_PRIVATE, P256_PUBLIC, "ecdsa"),
        (ED25519_PRIVATE, ED25519_PUBLIC, "ed25519"),
    ] {
        for algorithm in Algorithm::ALL.iter().filter(|algorithm| !algorithm.name().starts_with(own)) {
            let wrong = Some(KeyError::WrongKind(*algorithm));
            assert_eq!(signing(*algorithm, private).err(), wrong, "{own} {algorithm}");
            assert_eq!(VerifyingKey::dangerous_weak_from_pem(*algorithm, public).err(), wrong, "{own} {algorithm}");
        }
    }
}

#[test]
fn a_hash_that_is_not_offered_with_the_curve_is_refused() {
    for (algorithm, text) in [
        (Algorithm::EcdsaSha512, P256_PRIVATE),
        (Algorithm::EcdsaSha256, testdata!("p384-pkcs8")),
        (Algorithm::EcdsaSha512, testdata!("secp256k1-pkcs8")),
        (Algorithm::EcdsaSha1, testdata!("p521-pkcs8")),
        (Algorithm::RsaSha1, RSA_PRIVATE),
    ] {
        assert_eq!(signing(algorithm, text).err(), Some(KeyError::NotOffered(algorithm)));
    }
    for (algorithm, text) in
        [(Algorithm::EcdsaSha512, testdata!("secp256k1-spki")), (Algorithm::EcdsaSha1, testdata!("p384-spki"))]
    {
        assert_eq!(VerifyingKey::dangerous_weak_from_pem(algorithm, text).err(), Some(KeyError::NotOffered(algorithm)));
    }
}

#[test]
fn kinds_that_are_not_offered_are_unreadable() {
    let private = Some(KeyError::Unreadable("no private key of an offered kind"));
    let public = Some(KeyError::Unreadable("no public key of an offered kind"));
    for (algorithm, text) in [
        (Algorithm::RsaSha256, testdata!("dsa-pkcs8")),
        (Algorithm::RsaSha256, testdata!("dsa-spki")),
        (Algorithm::EcdsaSha256, testdata!("p224-sec1")),
        (Algorithm::EcdsaSha256, testdata!("p224-spki")),
        (Algorithm::Ed25519, testdata!("x25519-pkcs8")),
    ] {
        assert_eq!(refusals(algorithm, text), (private.clone(), public.clone()), "{text}");
    }
    let for_pss_alone = Some(KeyError::Unreadable("an RSA key that is not offered"));
    assert_eq!(signing(Algorithm::RsaPssSha256, testdata!("rsa-pss-pkcs8")).err(), for_pss_alone);
}
