//! Wycheproof's vectors: signatures that were forged, or are encoded in ways that some libraries take and others do not.

#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows has failed")]

use ::wycheproof::{TestResult, ecdsa, eddsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

use super::*;
use crate::{
    secret::Secret,
    signature::{Signature, with_raw_ecdsa},
};

/// How many signatures of a set are accepted, and how many refused.
type Counts = (usize, usize);

/// Judges one signature by the key, and holds the judgement to the vector's.
fn judge(counts: &mut Counts, key: &VerifyingKey, message: &[u8], signature: &[Signature], expected: bool, name: &str) {
    let accepted = key.verify(&[message], signature);
    assert_eq!(accepted, expected, "{name}");
    counts.0 += usize::from(accepted);
    counts.1 += usize::from(!accepted);
}

/// Judges every signature of a set under a key that is read by `$key` from the group, in the form that `$form` brings it into.
/// What Wycheproof leaves open is refused, unless `$expected` says otherwise of a test.
macro_rules! judge_set {
    ($module:ident, $name:expr, $key:expr, $form:expr, $expected:expr) => {{
        let (set, mut counts) = ($module::TestSet::load($name).unwrap(), (0, 0));
        for group in &set.test_groups {
            for key in $key(group) {
                for test in &group.tests {
                    let expected = $expected(group, test);
                    let name = format!("{:?} {}: {}", $name, test.tc_id, test.comment);
                    judge(&mut counts, &key, &test.msg, &$form(&test.sig), expected, &name);
                }
            }
        }
        counts
    }};
}

fn as_it_is(signature: &[u8]) -> Vec<Signature> {
    vec![Signature::new(signature)]
}

macro_rules! is_valid {
    ($module:ident) => {
        |_: &$module::TestGroup, test: &$module::Test| test.result == TestResult::Valid
    };
}

/// The key from PEM and from DER, of which every signature is judged under the one from DER.
macro_rules! public_key {
    ($module:ident, $algorithm:expr) => {
        |group: &$module::TestGroup| {
            // Some of the RSA keys have an exponent of 3.
            assert!(VerifyingKey::dangerous_weak_from_pem($algorithm, &group.pem).is_ok());
            [VerifyingKey::dangerous_weak_from_der($algorithm, &group.der).unwrap()]
        }
    };
}

#[test]
fn an_hmac_is_accepted_whole_and_never_truncated() {
    for (algorithm, name, whole, truncated) in [
        (Algorithm::HmacSha1, mac::TestName::HmacSha1, 160, 83),
        (Algorithm::HmacSha224, mac::TestName::HmacSha224, 224, 85),
        (Algorithm::HmacSha256, mac::TestName::HmacSha256, 256, 87),
        (Algorithm::HmacSha384, mac::TestName::HmacSha384, 384, 87),
        (Algorithm::HmacSha512, mac::TestName::HmacSha512, 512, 87),
    ] {
        let (mut whole_counts, mut truncated_counts) = ((0, 0), (0, 0));
        for group in mac::TestSet::load(name).unwrap().test_groups {
            let is_whole = group.tag_size == whole;
            let counts = if is_whole { &mut whole_counts } else { &mut truncated_counts };
            for test in &group.tests {
                let secret = Secret::dangerous_short(test.key.to_vec()).unwrap();
                let key = match algorithm {
                    Algorithm::HmacSha1 => VerifyingKey::dangerous_hmac_sha1(&secret),
                    _ => VerifyingKey::hmac(algorithm, &secret).unwrap(),
                };
                let expected = is_whole && test.result == TestResult::Valid;
                let name = format!("{name:?} {}: {}", test.tc_id, test.comment);
                judge(counts, &key, &test.msg, &as_it_is(&test.tag), expected, &name);
            }
        }
        assert_eq!((whole_counts, truncated_counts), ((33, 54), (0, truncated)), "{algorithm}");
    }
}

#[test]
fn ed25519_signatures_are_judged_as_rfc_8032_has_it() {
    let key = public_key!(eddsa, Algorithm::Ed25519);
    assert_eq!(judge_set!(eddsa, eddsa::TestName::Ed25519, key, as_it_is, is_valid!(eddsa)), (88, 63));
}

type Set<Name> = (Algorithm, Name, Counts);

const PKCS1: [Set<rsa_pkcs1_verify::TestName>; 12] = {
    use rsa_pkcs1_verify::TestName as Name;
    [
        (Algorithm::RsaSha256, Name::Rsa2048Sha256, (9, 250)),
        (Algorithm::RsaSha256, Name::Rsa3072Sha256, (8, 251)),
        (Algorithm::RsaSha256, Name::Rsa4096Sha256, (7, 251)),
        (Algorithm::RsaSha256, Name::Rsa8192Sha256, (7, 251)),
        (Algorithm::RsaSha384, Name::Rsa2048Sha384, (7, 251)),
        (Algorithm::RsaSha384, Name::Rsa3072Sha384, (7, 252)),
        (Algorithm::RsaSha384, Name::Rsa4096Sha384, (7, 252)),
        (Algorithm::RsaSha384, Name::Rsa8192Sha384, (7, 252)),
        (Algorithm::RsaSha512, Name::Rsa2048Sha512, (8, 251)),
        (Algorithm::RsaSha512, Name::Rsa3072Sha512, (8, 252)),
        (Algorithm::RsaSha512, Name::Rsa4096Sha512, (7, 252)),
        (Algorithm::RsaSha512, Name::Rsa8192Sha512, (7, 252)),
    ]
};

/// One signature in each set is left open: an encoding of the hash's name without its NULL, which RFC 8017 forbids (appendix
/// A.2.4) and which is refused.
#[test]
fn rsa_pkcs1_signatures_are_judged_as_rfc_8017_has_it() {
    for (algorithm, name, expected) in PKCS1 {
        let key = public_key!(rsa_pkcs1_verify, algorithm);
        let counts = judge_set!(rsa_pkcs1_verify, name, key, as_it_is, is_valid!(rsa_pkcs1_verify));
        assert_eq!(counts, expected, "{name:?}");
    }
}

/// `WithParams` are keys that say themselves that they are for PSS alone.
const PSS: [Set<rsa_pss_verify::TestName>; 14] = {
    use rsa_pss_verify::TestName as Name;
    [
        (Algorithm::RsaPssSha256, Name::RsaPss2048Sha256Mgf1SaltLen32, (64, 44)),
        (Algorithm::RsaPssSha256, Name::RsaPss2048Sha256Mgf1SaltLen32WithParams, (64, 44)),
        (Algorithm::RsaPssSha256, Name::RsaPss3072Sha256Mgf1SaltLen32, (64, 44)),
        (Algorithm::RsaPssSha256, Name::RsaPss3072Sha256Mgf1SaltLen32WithParams, (64, 44)),
        (Algorithm::RsaPssSha256, Name::RsaPss4096Sha256Mgf1SaltLen32, (64, 44)),
        (Algorithm::RsaPssSha384, Name::RsaPss2048Sha384Mgf1SaltLen48, (96, 45)),
        (Algorithm::RsaPssSha384, Name::RsaPss4096Sha384Mgf1SaltLen48, (96, 45)),
        (Algorithm::RsaPssSha512, Name::RsaPss4096Sha512Mgf1SaltLen64, (133, 46)),
        (Algorithm::RsaPssSha512, Name::RsaPss4096Sha512Mgf1SaltLen64WithParams, (133, 46)),
        // With another salt, or another hash in the mask.
        (Algorithm::RsaPssSha256, Name::RsaPss2048Sha256Mgf1SaltLen0, (2, 101)),
        (Algorithm::RsaPssSha256, Name::RsaPss2048Sha256Mgf1SaltLen0WithParams, (2, 101)),
        (Algorithm::RsaPssSha512, Name::RsaPss4096Sha512Mgf1SaltLen32, (1, 176)),
        (Algorithm::RsaPssSha512, Name::RsaPss4096Sha512Mgf1SaltLen32WithParams, (1, 176)),
        (Algorithm::RsaPssSha256, Name::RsaPss2048Sha256Mgf1Sha1_20, (0, 108)),
    ]
};

/// A salt as long as the hash, and the longest that fits, are both accepted whatever the set asks for; all others are refused, and
/// so is a mask that is made with another hash.
#[test]
fn rsa_pss_signatures_are_judged_by_their_salt_and_by_their_mask() {
    for (algorithm, name, expected) in PSS {
        let hash_len = match algorithm {
            Algorithm::RsaPssSha256 => 32,
            Algorithm::RsaPssSha384 => 48,
            _ => 64,
        };
        let expects = |group: &rsa_pss_verify::TestGroup, test: &rsa_pss_verify::Test| {
            let usual = group.salt_size == hash_len && test.result == TestResult::Valid;
            // By RFC 8017 section 9.1.1: as long as the modulus, without the hash and two bytes.
            let longest = group.key_size / 8 - hash_len - 2;
            let lengths = [hash_len, longest].map(|len| format!("s_len changed to {len}"));
            group.mgf_hash == Some(group.hash) && (usual || lengths.contains(&test.comment))
        };
        let key = public_key!(rsa_pss_verify, algorithm);
        assert_eq!(judge_set!(rsa_pss_verify, name, key, as_it_is, expects), expected, "{name:?}");
    }
}

#[test]
fn a_key_that_says_it_is_for_another_use_is_refused() {
    use rsa_pss_verify::TestName as Name;
    for (algorithm, name, expected) in [
        (Algorithm::RsaSha256, Name::RsaPss2048Sha256Mgf1SaltLen32WithParams, KeyError::WrongKind as fn(_) -> _),
        (Algorithm::RsaPssSha384, Name::RsaPss2048Sha256Mgf1SaltLen32WithParams, KeyError::NotOffered),
        (Algorithm::RsaPssSha512, Name::RsaPss2048Sha512Mgf1Sha256SaltLen32WithParams, KeyError::NotOffered),
        (Algorithm::RsaPssSha256, Name::RsaPss2048Sha1Mgf1SaltLen20WithParams, KeyError::NotOffered),
    ] {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let refused = VerifyingKey::from_der(algorithm, &group.der);
            assert_eq!(refused.err(), Some(expected(algorithm)), "{name:?} {algorithm}");
        }
    }
}

const IN_DER: [Set<ecdsa::TestName>; 7] = {
    use ecdsa::TestName as Name;
    [
        (Algorithm::EcdsaSha256, Name::EcdsaSecp256r1Sha256, (174, 310)),
        (Algorithm::EcdsaSha512, Name::EcdsaSecp256r1Sha512, (243, 311)),
        (Algorithm::EcdsaSha256, Name::EcdsaSecp384r1Sha256, (162, 310)),
        (Algorithm::EcdsaSha384, Name::EcdsaSecp384r1Sha384, (194, 310)),
        (Algorithm::EcdsaSha512, Name::EcdsaSecp384r1Sha512, (231, 311)),
        (Algorithm::EcdsaSha512, Name::EcdsaSecp521r1Sha512, (232, 310)),
        (Algorithm::EcdsaSha256, Name::EcdsaSecp256k1Sha256, (168, 308)),
    ]
};

const AS_TWO_NUMBERS: [Set<ecdsa::TestName>; 6] = {
    use ecdsa::TestName as Name;
    [
        (Algorithm::EcdsaSha256, Name::EcdsaSecp256r1Sha256P1363, (173, 89)),
        (Algorithm::EcdsaSha512, Name::EcdsaSecp256r1Sha512P1363, (242, 90)),
        (Algorithm::EcdsaSha384, Name::EcdsaSecp384r1Sha384P1363, (193, 87)),
        (Algorithm::EcdsaSha512, Name::EcdsaSecp384r1Sha512P1363, (230, 88)),
        (Algorithm::EcdsaSha512, Name::EcdsaSecp521r1Sha512P1363, (231, 87)),
        (Algorithm::EcdsaSha256, Name::EcdsaSecp256k1Sha256P1363, (167, 85)),
    ]
};

#[test]
fn ecdsa_signatures_are_judged_in_both_forms_on_every_curve() {
    for (algorithm, name, expected) in IN_DER {
        let key = public_key!(ecdsa, algorithm);
        assert_eq!(judge_set!(ecdsa, name, key, as_it_is, is_valid!(ecdsa)), expected, "{name:?}");
    }
    let as_der = |signature: &[u8]| with_raw_ecdsa(&[Signature::new(signature)]);
    for (algorithm, name, expected) in AS_TWO_NUMBERS {
        let key = public_key!(ecdsa, algorithm);
        assert_eq!(judge_set!(ecdsa, name, key, as_der, is_valid!(ecdsa)), expected, "{name:?}");
    }
}

/// Why a set is left out, by a part of its name.
const LEFT_OUT: [(&str, &str); 13] = [
    ("Brainpool", "curves that are not offered"),
    ("Secp160", "curves that are not offered"),
    ("Secp192", "curves that are not offered"),
    ("Secp224", "curves that are not offered"),
    ("Sha3_", "a hash that is not offered"),
    ("Shake", "a hash that is not offered"),
    ("Sha512_2", "a hash that is not offered"),
    ("2048Sha224", "RSA is not offered with this hash"),
    ("Secp256k1Sha512", "this curve is offered with SHA-256 alone"),
    ("Bitcoin", "a rule of Bitcoin's: of the two signatures that ECDSA takes, only one"),
    ("2048Sha1Mgf1", "RSASSA-PSS is not offered with SHA-1"),
    ("Sha512Mgf1Sha256", "the key itself says that it is for a mask with another hash, so it is not taken"),
    ("Pssmisc", "one signature for each hash, mask and salt, of which the sets above have more"),
];

#[test]
fn every_set_of_rsa_and_ecdsa_is_judged_or_left_out_for_a_reason() {
    fn shown<T: std::fmt::Debug>(names: impl IntoIterator<Item = T>) -> Vec<String> {
        names.into_iter().map(|name| format!("{name:?}")).collect()
    }
    let (pkcs1, pss, ecdsa) =
        (rsa_pkcs1_verify::TestName::all(), rsa_pss_verify::TestName::all(), ecdsa::TestName::all());
    let all = [shown(pkcs1), shown(pss), shown(ecdsa)].concat();
    let judged = [
        shown(PKCS1.map(|(_, name, _)| name)),
        shown(PSS.map(|(_, name, _)| name)),
        shown([&IN_DER[..], &AS_TWO_NUMBERS].concat().iter().map(|(_, name, _)| name)),
    ]
    .concat();
    let is_left_out = |name: &String| LEFT_OUT.iter().any(|(part, _)| name.contains(part));
    for name in &all {
        assert_ne!(judged.contains(name), is_left_out(name), "{name}");
    }
    for (part, reason) in LEFT_OUT {
        assert!(all.iter().any(|name| name.contains(part)), "{part}: {reason}");
    }
}
