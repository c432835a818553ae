//! Properties of RSA, ECDSA and Ed25519 from the signer to the verifier, and of what is written in every dialect.

use std::sync::LazyLock;

use countersign::{
    Algorithm, Cavage, Component, Coverage, CoveredComponents, Dialect, KeyMetadata, Policy, Request, Secret,
    Signature, Signer, SigningKey, UnixTime, Verified, Verifier, VerifyError, VerifyingKey, When,
};
use proptest::{collection::vec, prelude::*, sample};

const NOW: UnixTime = UnixTime::from_secs(784_111_777);

type Field = (String, Vec<u8>);

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!("../../crates/countersign/src/key/testdata/", $name, ".pem"))
    };
}

const RSA: (&str, &str) = (key!("rsa-2048-pkcs8"), key!("rsa-2048-spki"));
const P256: (&str, &str) = (key!("p256-pkcs8"), key!("p256-spki"));
const P384: (&str, &str) = (key!("p384-pkcs8"), key!("p384-spki"));
const P521: (&str, &str) = (key!("p521-pkcs8"), key!("p521-spki"));
const SECP256K1: (&str, &str) = (key!("secp256k1-pkcs8"), key!("secp256k1-spki"));
const ED25519: (&str, &str) = (key!("ed25519-pkcs8"), key!("ed25519-spki"));

/// Every algorithm that signs with a private key, on every curve.
const KEYS: [(Algorithm, (&str, &str)); 13] = [
    (Algorithm::RsaSha256, RSA),
    (Algorithm::RsaSha384, RSA),
    (Algorithm::RsaSha512, RSA),
    (Algorithm::RsaPssSha256, RSA),
    (Algorithm::RsaPssSha384, RSA),
    (Algorithm::RsaPssSha512, RSA),
    (Algorithm::EcdsaSha256, P256),
    (Algorithm::EcdsaSha384, P384),
    (Algorithm::EcdsaSha256, P521),
    (Algorithm::EcdsaSha384, P521),
    (Algorithm::EcdsaSha512, P521),
    (Algorithm::EcdsaSha256, SECP256K1),
    (Algorithm::Ed25519, ED25519),
];

/// Both sides of each key, read once.
static PAIRS: LazyLock<Vec<(Signer, VerifyingKey)>> = LazyLock::new(|| {
    let pair = |(algorithm, (private, public))| {
        let key = SigningKey::from_pem("alice", algorithm, private).unwrap();
        (Signer::new(Cavage::new(), key), VerifyingKey::from_pem(algorithm, public).unwrap())
    };
    KEYS.into_iter().map(pair).collect()
});

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A request as it stands on the wire.
#[derive(Clone, Debug)]
struct Wire {
    target: String,
    fields: Vec<Field>,
    body: Vec<u8>,
}

fn unsigned() -> impl Strategy<Value = Wire> {
    let parts =
        ("/[!-~]{0,40}", "[a-z0-9-][a-z0-9.-]{0,20}(:[0-9]{1,4})?", "[a-z]{1,9}/[a-z+]{1,9}", vec(any::<u8>(), 1..64));
    parts.prop_map(|(target, host, media_type, body)| {
        let fields = [("host", host), ("content-type", media_type), ("content-length", body.len().to_string())];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.into_bytes())).to_vec();
        Wire { target, fields, body }
    })
}

impl Wire {
    fn signed(&self, signer: &Signer) -> Self {
        let request = Request::new("POST", &self.target, &self.fields).with_body(&self.body);
        let parts = signer.sign(&request, NOW).unwrap();
        let added = parts.fields.into_iter().map(|field| (field.name.to_string(), field.value));
        Self { fields: self.fields.iter().cloned().chain(added).collect(), ..self.clone() }
    }

    fn verified(&self, key: &VerifyingKey) -> Result<Verified, VerifyError> {
        let request = Request::new("POST", &self.target, &self.fields);
        let unverified = Verifier::new(Cavage::new(), Policy::default()).begin(&request, NOW)?;
        unverified.verify(std::slice::from_ref(key), &self.body)
    }

    fn field(&mut self, name: &str) -> &mut Vec<u8> {
        &mut self.fields.iter_mut().find(|(own, _)| own == name).unwrap().1
    }
}

/// Changes one byte into another letter or digit.
fn change(bytes: &mut [u8], at: sample::Index) {
    let byte = &mut bytes[at.index(bytes.len())];
    *byte = if *byte == b'x' { b'y' } else { b'x' };
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn what_a_private_key_signs_its_public_half_alone_verifies(wire in unsigned()) {
        for (at, (signer, key)) in PAIRS.iter().enumerate() {
            let signed = wire.signed(signer);
            let verified = signed.verified(key).unwrap();
            prop_assert_eq!(verified.key_id().unwrap().as_str(), "alice");
            prop_assert_eq!(verified.covered().as_str(), "(request-target) host date digest content-type");
            for (other_at, (_, other)) in PAIRS.iter().enumerate().filter(|(other_at, _)| *other_at != at) {
                // With the same algorithm, on another curve.
                let same = other.algorithm() == key.algorithm();
                let expected = if same { VerifyError::SignatureMismatch } else { VerifyError::AlgorithmMismatch };
                prop_assert_eq!(signed.verified(other).err(), Some(expected), "{} {}", at, other_at);
            }
        }
    }

    #[test]
    fn one_byte_changed_in_what_is_signed_is_refused(wire in unsigned(), at in any::<sample::Index>()) {
        for (signer, key) in PAIRS.iter() {
            let signed = wire.signed(signer);
            for field in ["host", "content-type"] {
                let mut changed = signed.clone();
                change(changed.field(field), at);
                // A letter in a port makes the host none.
                let error = changed.verified(key).err().filter(|error| *error != VerifyError::UnusableAuthority);
                prop_assert_eq!(error.unwrap_or(VerifyError::SignatureMismatch), VerifyError::SignatureMismatch);
                prop_assert!(changed.verified(key).is_err(), "{}", field);
            }
            let mut changed = signed.clone();
            let mut target = changed.target.into_bytes();
            change(&mut target, at);
            let is_path = target[0] == b'/';
            changed.target = String::from_utf8(target).unwrap();
            let expected = if is_path { VerifyError::SignatureMismatch } else { VerifyError::UnusableTarget };
            prop_assert_eq!(changed.verified(key).err(), Some(expected));

            let mut changed = signed.clone();
            *changed.field("date") = UnixTime::from_secs(784_111_778).to_http_date().into_bytes();
            prop_assert_eq!(changed.verified(key).err(), Some(VerifyError::SignatureMismatch));

            let mut changed = signed;
            change(&mut changed.body, at);
            prop_assert_eq!(changed.verified(key).err(), Some(VerifyError::DigestMismatch));
        }
    }
}

/// The oldest trick: a public key is known to everybody, and so is an HMAC under it.
#[test]
fn an_hmac_under_a_public_key_is_refused_whatever_it_states() {
    let target = "/orders".to_owned();
    let fields = [("host", "api.example"), ("content-type", "text/plain"), ("content-length", "4")];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).to_vec();
    let wire = Wire { target, fields, body: b"body".to_vec() };
    let hs2019 = Cavage::new().allowing(countersign::Switch::Hs2019);
    for ((_, (_, public)), (_, key)) in KEYS.into_iter().zip(PAIRS.iter()) {
        let secret = Secret::new(public).unwrap();
        for algorithm in Algorithm::ALL.iter().filter(|algorithm| algorithm.is_symmetric() && !algorithm.is_sha1()) {
            let hmac = || SigningKey::hmac("alice", *algorithm, &secret).unwrap();
            let stated = wire.signed(&Signer::new(Cavage::new(), hmac()));
            assert_eq!(stated.verified(key).err(), Some(VerifyError::AlgorithmMismatch));
            let unstated = wire.signed(&Signer::new(hs2019, hmac()));
            assert_eq!(unstated.verified(key).err(), Some(VerifyError::SignatureMismatch));
        }
    }
}

const COVERABLE: [&str; 9] =
    ["(request-target)", "host", "date", "digest", "content-type", "content-length", "(created)", "(expires)", "x-a"];

/// ECDSA's two numbers in DER, which one dialect writes side by side.
fn as_der(bytes: &[u8; 32]) -> Vec<u8> {
    let mut number = bytes.to_vec();
    number[0] = number[0] & 0x7f | 1;
    [&[0x30, 68, 2, 32], &number[..], &[2, 32], &number[..]].concat()
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn what_is_written_in_a_dialect_is_read_back_in_it(
        key_id in prop_oneof!["[ -~]{1,40}", "[\"\\\\,= ä€]{1,20}", "\\PC{1,60}"],
        list in sample::subsequence(COVERABLE.to_vec(), 1..=COVERABLE.len()).prop_shuffle(),
        (path, value) in ("/[a-z/]{0,20}", vec(any::<u8>().prop_filter("a line", |byte| !b"\r\n\0".contains(byte)), 0..20)),
        algorithm in sample::select(Algorithm::ALL.to_vec()),
        bytes in any::<[u8; 32]>(),
    ) {
        let len = match algorithm {
            Algorithm::HmacSha1 => 20,
            Algorithm::HmacSha224 => 28,
            Algorithm::HmacSha256 => 32,
            Algorithm::HmacSha384 => 48,
            Algorithm::HmacSha512 | Algorithm::Ed25519 => 64,
            _ => 256,
        };
        let ecdsa = algorithm.name().starts_with("ecdsa");
        let signature = if ecdsa { as_der(&bytes) } else { bytes.iter().copied().cycle().take(len).collect() };
        for dialect in Dialect::ALL {
            let components: Vec<Component> = list.iter().map(|name| name.parse().unwrap()).collect();
            let mut fields: Vec<Field> = [("host", "api.example"), ("content-type", "text/plain")]
                .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
                .to_vec();
            fields.push(("x-a".to_owned(), value.clone()));
            let key = KeyMetadata::new(key_id.parse().unwrap(), algorithm);
            let prepare = |components: &[Component], fields: &Vec<Field>| {
                let always = |all: Coverage, next: &Component| all.and(next.clone(), When::Always);
                let signer = Signer::for_remote_keys(dialect.scheme(), vec![key.clone()])
                    .covering(components.iter().fold(Coverage::empty(), always));
                let request = Request::new("POST", &path, fields).with_body(b"body");
                let unsigned = signer.prepare(&request, NOW)?;
                let base = unsigned.signature_base().into_owned();
                unsigned.attach(&[Signature::new(&signature)]).map(|parts| (parts, base))
            };
            // Where a dialect has no such parameters, its times are left out, and something else stands in for them.
            let without_times: Vec<_> = components
                .iter()
                .map(|component| match component {
                    Component::Created => "x-b".parse().unwrap(),
                    Component::Expires => "x-c".parse().unwrap(),
                    other => other.clone(),
                })
                .collect();
            fields.extend(["x-b", "x-c"].map(|name| (name.to_owned(), b"1".to_vec())));
            let (covered, (parts, base)) = match prepare(&components, &fields) {
                Ok(written) => (components, written),
                Err(_) => (without_times.clone(), prepare(&without_times, &fields).unwrap()),
            };
            fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));

            let verifier = Verifier::new(dialect.scheme(), Policy::dangerous_requiring_nothing());
            let request = Request::new("POST", &path, &fields);
            let read = verifier.begin(&request, NOW).unwrap_or_else(|error| panic!("{}: {error}", dialect.name()));
            prop_assert_eq!(verifier.claimed_key_id(&request), read.key_id().cloned());
            prop_assert_eq!(read.key_id().unwrap().as_str(), &key_id);
            prop_assert_eq!(read.covered(), &CoveredComponents::new(covered).unwrap(), "{}", dialect.name());
            let expected = signature.clone();
            let same = VerifyingKey::dangerous_custom(algorithm, move |message, read| message == base && read == expected);
            prop_assert!(read.verify(&[same], b"body").is_ok(), "{}", dialect.name());
        }
    }
}
