//! Algorithms and keys.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::{Algorithm, Cavage, Signer, SigningKey, Switch};

use super::{
    case::{Case, Cases, Expect, Row},
    craft::Craft,
    fixture::PUBLIC,
    key_material::{key_shapes, keys_tried, private_as_public, secret_forms, short_secrets},
    lab::Lab,
    message::Message,
    rsa_sha1,
    subject::{ED25519, P256, RSA_2048, RSA_4096, RSA_PSS},
};

const LIST: &str = "(request-target) host date digest content-type";

pub const ROWS: &[Row] = &[
    Row::wire("A26", "A public key as the secret of an HMAC", public_key_as_secret),
    Row::wire("A27", "The same under hs2019 or no algorithm", public_key_as_secret_unstated),
    Row::wire("A28", "An algorithm that is none", no_algorithm),
    Row::wire("A29", "Down to SHA-1", sha1).once(),
    Row::wire("A30", "Another algorithm than the key's", other_algorithm),
    Row::wire("A31", "One RSA key, two paddings", other_padding),
    Row::wire("A32", "SHA-256 for a key bound to SHA-512", other_hash),
    Row::wire("A33", "Weak RSA", weak_rsa),
    Row::lib("A34", "RSA with odd parameters", key_shapes),
    Row::wire("A36", "ECDSA with zero and out of range", ecdsa_out_of_range)
        .but("the published sets sign messages that are no signing strings: they run with the unit tests of the keys"),
    Row::wire("A40", "A second encoding of an Ed25519 signature", ed25519_encodings),
    Row::lib("A42", "A private key where a public one is wanted", private_as_public),
    Row::lib("A43", "An empty or a short secret", short_secrets),
    Row::lib("A44", "A secret's text for its bytes", secret_forms),
    Row::lib("A47", "A loader with a thousand keys", keys_tried),
    Row::not_tried("A48", "A threshold that counts one key twice", "no scheme here asks for several keys at once"),
];

/// What is public of a key, in every form in which somebody may take it for a secret.
fn public_forms(pem: &str) -> Vec<(&'static str, Vec<u8>)> {
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let spki = STANDARD.decode(base64).unwrap();
    // SPKI of RSA: 24 bytes up to the PKCS#1 document within.
    let pkcs1 = spki[24..].to_vec();
    assert_eq!(pkcs1[0], 0x30);
    vec![
        ("PEM", pem.as_bytes().to_vec()),
        ("PEM without its last line end", pem.trim_end().as_bytes().to_vec()),
        ("SPKI", spki),
        ("PKCS#1", pkcs1),
    ]
}

fn with_public_key(lab: &Lab<'_>, stated: &[Option<&str>], expect: fn() -> Expect) -> Cases {
    let key = lab.key(RSA_2048)?;
    let control = lab.sign_with(lab.plain(), key.signing());
    let message = control.clone().without("signature");
    let (_, _, pem) = PUBLIC.iter().find(|(name, ..)| *name == RSA_2048).unwrap();
    let mut cases = Vec::new();
    for (form, secret) in public_forms(pem) {
        for stated in stated {
            let craft = Craft::new(lab).key(&key.id, &secret).list(LIST);
            let craft = if let Some(name) = stated { craft.algorithm(name) } else { craft };
            cases.push(Case::new(format!("{form}, {stated:?}"), &control, craft.sign(message.clone()), expect()));
        }
    }
    Ok(cases)
}

fn public_key_as_secret(lab: &Lab<'_>) -> Cases {
    with_public_key(lab, &[Some("hmac-sha256")], || Expect::refused("algorithm-mismatch").naming(RSA_2048))
}

fn public_key_as_secret_unstated(lab: &Lab<'_>) -> Cases {
    with_public_key(lab, &[Some("hs2019"), None], || Expect::refused("signature-mismatch").naming(RSA_2048))
}

fn stating(signed: &Message, algorithm: &str) -> Message {
    signed.clone().resigned(|value| {
        let (head, rest) = value.split_once("algorithm=\"").unwrap();
        let (_, rest) = rest.split_once('"').unwrap();
        format!("{head}algorithm=\"{algorithm}\"{rest}")
    })
}

fn no_algorithm(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let names = ["none", "", "rsa-md5", "dsa-sha1", "hmac-sha256 ", " hmac-sha256", "hmac-sha256,none", "hmac", "null"];
    let case = |name: &str| {
        Case::new(format!("{name:?}"), &signed, stating(&signed, name), Expect::refused("unknown-algorithm"))
    };
    let mut cases: Vec<_> = names.into_iter().map(case).collect();
    if let Ok(key) = lab.key(RSA_2048) {
        let signed = lab.sign_with(lab.plain(), key.signing());
        let attack = stating(&signed, "RSA-SHA256 ");
        cases.push(Case::new("RSA-SHA256 and a blank", &signed, attack, Expect::refused("unknown-algorithm")));
    }
    Ok(cases)
}

/// A signer of the subject's that states `hs2019`.
fn unstated(lab: &Lab<'_>, key: SigningKey) -> Signer {
    let scheme: Cavage = lab.subject.scheme();
    Signer::new(scheme.allowing(Switch::Hs2019), key)
}

fn sha1(lab: &Lab<'_>) -> Cases {
    let key = lab.hmac();
    if key.algorithm == Algorithm::HmacSha1 {
        return Err(super::case::Skip("needs a key that is not for SHA-1"));
    }
    let weak = || key.signing_with(Algorithm::HmacSha1);
    let stated = lab.sign_with(lab.plain(), weak());
    let hidden = lab.plain().sign(&unstated(lab, weak()), lab.now());
    let mut cases = vec![
        Case::new("HMAC, stated", &lab.signed(), stated, Expect::refused("algorithm-mismatch")),
        Case::new("HMAC, not stated", &lab.signed(), hidden, Expect::refused("signature-mismatch")),
    ];
    if let Ok(key) = lab.key(RSA_2048) {
        let signed = lab.sign_with(lab.plain(), key.signing());
        let expect = Expect::refused("algorithm-mismatch");
        cases.push(Case::new("RSA, stated", &signed, stating(&signed, "rsa-sha1"), expect));
        let string = rsa_sha1::signing_string(&signed);
        let signature = rsa_sha1::sign(&key.material, string.as_bytes());
        let public = UnparsedPublicKey::new(
            &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            public_forms(PUBLIC[0].2).remove(3).1,
        );
        public.verify(string.as_bytes(), &signature).unwrap();
        let right = signed.clone().with_signature_bytes(&signature);
        let expect = Expect::refused("algorithm-mismatch");
        cases.push(Case::new("RSA, right and stated", &signed, stating(&right, "rsa-sha1"), expect));
        let expect = Expect::refused("signature-mismatch");
        cases.push(Case::new("RSA, right and not stated", &signed, stating(&right, "hs2019"), expect));
    }
    Ok(cases)
}

fn other_algorithm(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let other = if lab.hmac().algorithm == Algorithm::HmacSha512 { "hmac-sha256" } else { "hmac-sha512" };
    let expect = || Expect::refused("algorithm-mismatch");
    let mut cases = vec![
        Case::new("another hash", &signed, stating(&signed, other), expect()),
        Case::new("another kind", &signed, stating(&signed, "rsa-sha256"), expect()),
        Case::new("Ed25519", &signed, stating(&signed, "ed25519"), expect()),
    ];
    if let Ok(key) = lab.key(RSA_2048) {
        let signed = lab.sign_with(lab.plain(), key.signing());
        cases.push(Case::new("RSA, another hash", &signed, stating(&signed, "rsa-sha512"), expect()));
        let right = lab.sign_with(lab.plain(), key.signing_with(Algorithm::RsaSha512));
        cases.push(Case::new("RSA, a right one of another hash", &signed, right, expect()));
    }
    Ok(cases)
}

fn other_padding(lab: &Lab<'_>) -> Cases {
    let (pkcs1, pss) = (lab.key(RSA_2048)?, lab.key(RSA_PSS)?);
    let mut cases = Vec::new();
    for (key, other) in [(pkcs1, Algorithm::RsaPssSha256), (pss, Algorithm::RsaSha256)] {
        let control = lab.sign_with(lab.plain(), key.signing());
        let attack = lab.plain().sign(&unstated(lab, key.signing_with(other)), lab.now());
        cases.push(Case::new(format!("{other}, not stated"), &control, attack, Expect::refused("signature-mismatch")));
        let attack = lab.sign_with(lab.plain(), key.signing_with(other));
        cases.push(Case::new(format!("{other}, stated"), &control, attack, Expect::refused("algorithm-mismatch")));
    }
    Ok(cases)
}

fn other_hash(lab: &Lab<'_>) -> Cases {
    let mut cases = Vec::new();
    for (name, other) in [(RSA_4096, Algorithm::RsaSha256), (RSA_2048, Algorithm::RsaSha512)] {
        let key = lab.key(name)?;
        let control = lab.plain().sign(&unstated(lab, key.signing()), lab.now());
        let attack = lab.plain().sign(&unstated(lab, key.signing_with(other)), lab.now());
        cases.push(Case::new(name, &control, attack, Expect::refused("signature-mismatch")));
    }
    Ok(cases)
}

fn weak_rsa(lab: &Lab<'_>) -> Cases {
    lab.ours("needs a key that refuses itself inside of the loader")?;
    let attack = lab.plain().sign(&lab.signer_as("weak1024"), lab.now());
    Ok(vec![Case::new("1024 bits", &lab.signed(), attack, Expect::unavailable("key-loader").naming("weak1024"))])
}

/// A number in DER.
pub fn integer(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if bytes[0] >= 0x80 {
        bytes.insert(0, 0);
    }
    [&[2, u8::try_from(bytes.len()).unwrap()], &bytes[..]].concat()
}

/// The order of P-256.
pub const ORDER: &[u8] = &[
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

fn ecdsa_out_of_range(lab: &Lab<'_>) -> Cases {
    let signed = lab.sign_with(lab.plain(), lab.key(P256)?.signing());
    let last = |byte: u8| [&ORDER[..31], &[byte]].concat();
    let (zero, one, order) = (vec![0], vec![1], ORDER.to_vec());
    let (less, next, whole) = (last(0x50), last(0x52), vec![0xff; 32]);
    let numbers = [&zero, &one, &order, &less, &next, &whole];
    let mut cases = Vec::new();
    for (r_at, r) in numbers.iter().enumerate() {
        for (s_at, s) in numbers.iter().enumerate() {
            let pair = [integer(r), integer(s)].concat();
            let der = [&[0x30, u8::try_from(pair.len()).unwrap()], &pair[..]].concat();
            let attack = signed.clone().with_signature_bytes(&der);
            cases.push(Case::new(format!("{r_at} and {s_at}"), &signed, attack, Expect::refused("signature-mismatch")));
        }
    }
    // Negative numbers, none, and the two side by side.
    let odd: [&[u8]; 5] = [&[0x30, 6, 2, 1, 0xff, 2, 1, 0xff], &[0x30, 4, 2, 0, 2, 0], &[0x30, 0], &[0; 64], &[0; 1]];
    for bytes in odd {
        let attack = signed.clone().with_signature_bytes(bytes);
        cases.push(Case::new(format!("{bytes:02x?}"), &signed, attack, Expect::refused("signature-mismatch")));
    }
    Ok(cases)
}

/// The order of Ed25519's base point, least byte first.
const ED25519_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn ed25519_encodings(lab: &Lab<'_>) -> Cases {
    let signed = lab.sign_with(lab.plain(), lab.key(ED25519)?.signing());
    let signature = signed.signature_bytes();
    let mut cases = Vec::new();
    let mut case = |name: &str, bytes: &[u8]| {
        let attack = signed.clone().with_signature_bytes(bytes);
        cases.push(Case::new(name, &signed, attack, Expect::refused("signature-mismatch")));
    };
    let mut more = signature.clone();
    for times in 1..=7 {
        let mut carry = 0;
        for (byte, order) in more[32..].iter_mut().zip(ED25519_ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            (*byte, carry) = (u8::try_from(sum & 0xff).unwrap(), sum >> 8);
        }
        case(&format!("S + {times} L"), &more);
    }
    let mut sign = signature.clone();
    sign[31] ^= 0x80;
    case("another sign of R", &sign);
    // The neutral point, as it is and in its other encodings, with S = 0.
    let neutral = |first: u8, fill: u8, last: u8| [&[first], &[fill; 30][..], &[last], &[0; 32][..]].concat();
    case("R = 1", &neutral(1, 0, 0));
    case("R = 1 with a sign", &neutral(1, 0, 0x80));
    case("R = p + 1", &neutral(0xee, 0xff, 0x7f));
    Ok(cases)
}
