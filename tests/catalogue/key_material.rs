//! Rows on keys, in process.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::{
    Algorithm, Cavage, KeyError, Policy, Request, Secret, Signer, SigningKey, UnixTime, Verifier, VerifyError,
    VerifyingKey,
};

const NOW: UnixTime = UnixTime::from_secs(784_111_777);

/// The bytes as pairs of digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A DER value.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head = match len {
        [0, len @ ..0x80] => vec![tag, len],
        [0, len] => vec![tag, 0x81, len],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [head, content.to_vec()].concat()
}

fn number(bytes: &[u8]) -> Vec<u8> {
    if bytes[0] < 0x80 { der(2, bytes) } else { der(2, &[&[0], bytes].concat()) }
}

/// A public RSA key in PKCS#1, and the same in SPKI.
fn rsa(modulus: &[u8], exponent: &[u8]) -> [Vec<u8>; 2] {
    let pkcs1 = der(0x30, &[number(modulus), number(exponent)].concat());
    let algorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    let spki = der(0x30, &[&algorithm[..], &der(3, &[&[0], &pkcs1[..]].concat())].concat());
    [pkcs1, spki]
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

const RSA_ALGORITHMS: [Algorithm; 6] = [
    Algorithm::RsaSha256,
    Algorithm::RsaSha384,
    Algorithm::RsaSha512,
    Algorithm::RsaPssSha256,
    Algorithm::RsaPssSha384,
    Algorithm::RsaPssSha512,
];

pub fn key_shapes() {
    let modulus = |bits: usize| {
        let mut modulus = vec![0xff; bits / 8];
        modulus[bits / 8 - 1] = 0xfd;
        modulus
    };
    let even = vec![0xfe; 256];
    let usual: &[u8] = &[1, 0, 1];
    // The usual key, made in the same way, is taken: it is the oddity that is refused.
    let control = rsa(&modulus(2048), usual);
    assert!(control.iter().all(|der| VerifyingKey::from_der(Algorithm::RsaSha256, der).is_ok()));
    for (what, modulus, exponent) in [
        ("e = 1", modulus(2048), &[1][..]),
        ("e = 3", modulus(2048), &[3]),
        ("e = 35", modulus(2048), &[35]),
        ("e = 65535", modulus(2048), &[0xff, 0xff]),
        ("an even e", modulus(2048), &[1, 0, 0]),
        ("e = 0", modulus(2048), &[0]),
        ("an even modulus", even, usual),
        ("512 bits", modulus(512), usual),
        ("1024 bits", modulus(1024), usual),
        ("2040 bits", modulus(2040), usual),
        ("8200 bits", modulus(8200), usual),
        ("16384 bits", modulus(16_384), usual),
    ] {
        for der in rsa(&modulus, exponent) {
            for algorithm in RSA_ALGORITHMS {
                assert!(VerifyingKey::from_der(algorithm, &der).is_err(), "{what}, {algorithm}, DER");
                assert!(VerifyingKey::from_pem(algorithm, pem(&der)).is_err(), "{what}, {algorithm}, PEM");
            }
        }
    }
}

pub fn private_as_public() {
    let documents = [
        (Algorithm::RsaSha256, include_str!("../peers/keys/rsa.pem")),
        (Algorithm::EcdsaSha256, include_str!("../peers/keys/p256.pem")),
        (Algorithm::Ed25519, include_str!("../peers/keys/ed25519.pem")),
    ];
    for (algorithm, pem) in documents {
        assert!(SigningKey::from_pem("a", algorithm, pem).is_ok());
        let error = VerifyingKey::from_pem(algorithm, pem).err().unwrap();
        assert_eq!(error, KeyError::Unreadable("a private key where a public one is wanted"), "{algorithm}");
        let shown = format!("{error} {error:?}");
        for line in pem.lines().filter(|line| !line.starts_with('-')) {
            assert!(!shown.contains(line), "{shown}");
        }
    }
}

pub fn short_secrets() {
    assert_eq!(Secret::new("").err(), Some(KeyError::EmptySecret));
    assert_eq!(Secret::dangerous_short("").err(), Some(KeyError::EmptySecret));
    for len in [1, 15] {
        assert_eq!(Secret::new(vec![7; len]).err(), Some(KeyError::ShortSecret(len)));
        assert_eq!(Secret::from_hex(&"07".repeat(len)).err(), Some(KeyError::ShortSecret(len)));
        assert_eq!(Secret::from_base64(&STANDARD.encode(vec![7; len])).err(), Some(KeyError::ShortSecret(len)));
        assert!(Secret::dangerous_short(vec![7; len]).is_ok());
    }
    assert!(Secret::new([7; 16]).is_ok());
}

/// The fields of a GET, signed.
fn signed(signer: &Signer) -> Vec<(String, Vec<u8>)> {
    let mut fields = vec![("host".to_owned(), b"api.example".to_vec())];
    let parts = signer.sign(&Request::new("GET", "/a", &fields).with_body(b""), NOW).unwrap();
    fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
    fields
}

fn verify(fields: &Vec<(String, Vec<u8>)>, policy: Policy, keys: &[VerifyingKey]) -> Option<VerifyError> {
    let unverified = Verifier::new(Cavage::new(), policy).begin(&Request::new("GET", "/a", fields), NOW).unwrap();
    unverified.verify(keys, b"").err()
}

pub fn secret_forms() {
    let bytes = b"correct horse battery staple";
    let (base64, hex) = (STANDARD.encode(bytes), hex(bytes));
    let forms = || {
        [
            ("bytes", Secret::new(bytes).unwrap(), true),
            ("Base64, decoded", Secret::from_base64(&base64).unwrap(), true),
            ("hexadecimal, decoded", Secret::from_hex(&hex).unwrap(), true),
            ("Base64 as it is", Secret::new(base64.as_str()).unwrap(), false),
            ("hexadecimal as it is", Secret::new(hex.as_str()).unwrap(), false),
        ]
    };
    for (signs, secret, same) in forms() {
        let fields = signed(&Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret).unwrap()));
        for (verifies, other, also) in forms() {
            let expected = (!(signs == verifies || (same && also))).then_some(VerifyError::SignatureMismatch);
            let error = verify(&fields, Policy::default(), &[VerifyingKey::hmac_sha256(&other)]);
            assert_eq!(error, expected, "{signs} and {verifies}");
        }
    }
}

pub fn keys_tried() {
    let secret = Secret::new("correct horse battery staple").unwrap();
    let fields = signed(&Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret).unwrap()));
    let tried = Arc::new(AtomicUsize::new(0));
    let candidate = |_| {
        let tried = Arc::clone(&tried);
        VerifyingKey::dangerous_custom(Algorithm::HmacSha256, move |_, _| {
            tried.fetch_add(1, Ordering::SeqCst);
            false
        })
    };
    let mut keys: Vec<_> = (0..1000).map(candidate).collect();
    // The right one at the end is not come to.
    keys.push(VerifyingKey::hmac_sha256(&secret));
    assert_eq!(verify(&fields, Policy::default(), &keys), Some(VerifyError::SignatureMismatch));
    assert_eq!(tried.swap(0, Ordering::SeqCst), 4);
    assert_eq!(verify(&fields, Policy::default().max_keys(100), &keys), Some(VerifyError::SignatureMismatch));
    assert_eq!(tried.swap(0, Ordering::SeqCst), 100);
    assert_eq!(verify(&fields, Policy::default(), &keys[998..]), None);
}
