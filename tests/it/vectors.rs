//! The published and derived vectors of draft-cavage: every one is taken, or listed by its id with the reason.

mod vector;

use std::sync::LazyLock;

use countersign::{Cavage, VerifyError};
use serde::Deserialize;
use serde_json::Value;

use self::vector::Vector;
use crate::support::times;

/// What differs, and why. A judgement that is not there is the vector's own.
#[derive(Deserialize)]
struct Exception {
    id: String,
    signer: Option<String>,
    verifier: Option<String>,
    draft12: Option<String>,
    reason: String,
}

static ALL: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut file: Value = serde_json::from_str(include_str!("../vectors/cavage.json")).unwrap();
    serde_json::from_value(file["vectors"].take()).unwrap()
});

static EXCEPTIONS: LazyLock<Vec<Exception>> = LazyLock::new(|| {
    let mut file: Value = serde_json::from_str(include_str!("../vectors/exceptions.json")).unwrap();
    serde_json::from_value(file["exceptions"].take()).unwrap()
});

fn chosen(chooses: impl Fn(&Vector) -> bool) -> Vec<Vector> {
    ALL.iter().map(|vector| Vector::deserialize(vector).unwrap()).filter(chooses).collect()
}

fn is_parse(vector: &Vector) -> bool {
    vector.kind == "parse"
}

fn exception(id: &str) -> Option<&'static Exception> {
    EXCEPTIONS.iter().find(|exception| exception.id == id)
}

/// What a verifier or a signer made of a vector, in a word.
fn outcome<T>(result: Result<T, VerifyError>) -> &'static str {
    match result {
        Ok(_) => "accepted",
        Err(error) => error.code(),
    }
}

/// All that differs, so that one run shows it.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn note(&mut self, id: &str, ours: &str, expected: &str) {
        if ours != expected {
            self.0.push(format!("{id}: {ours} instead of {expected}"));
        }
    }
}

#[test]
fn the_signer_reproduces_every_vector_byte_for_byte() {
    let (mut reproduced, mut differences) = (0, Differences::default());
    for vector in chosen(|vector| vector.kind == "sign") {
        let expected = exception(&vector.id).and_then(|exception| exception.signer.as_deref());
        differences.note(&vector.id, vector.sign(), expected.unwrap_or("reproduces"));
        reproduced += usize::from(expected.is_none());
    }
    assert_eq!((reproduced, differences.0), (49, vec![]));
}

#[test]
fn the_verifier_judges_every_vector_as_the_vector_says() {
    let (mut agreed, mut differences) = (0, Differences::default());
    for vector in chosen(|vector| ["sign", "verify"].contains(&vector.kind.as_str())) {
        let expected = exception(&vector.id).and_then(|exception| exception.verifier.as_deref());
        let own = vector.expected_outcome();
        differences.note(&vector.id, outcome(vector.verify(vector.dialect().scheme())), expected.unwrap_or(own));
        agreed += usize::from(expected.is_none_or(|expected| (expected == "accepted") == vector.valid));
    }
    assert_eq!((agreed, differences.0), (119, vec![]));
}

#[test]
fn draft_12_to_the_letter_judges_every_vector_as_the_vector_says() {
    let (mut agreed, mut differences) = (0, Differences::default());
    for vector in chosen(|vector| vector.draft12_strict != "n/a") {
        let ours = match vector.kind.as_str() {
            "parse" => outcome(vector.parse(Cavage::draft12())),
            _ => outcome(vector.verify(Cavage::draft12())),
        };
        let expected = exception(&vector.id).and_then(|exception| exception.draft12.as_deref());
        let accepts = expected.unwrap_or(&vector.draft12_strict) == "accept";
        let agrees = (ours == "accepted") == accepts;
        differences.note(&vector.id, ours, if agrees { ours } else { &vector.draft12_strict });
        agreed += usize::from(expected.is_none());
    }
    assert_eq!((agreed, differences.0), (135, vec![]));
}

#[test]
fn the_published_signing_string_is_ours() {
    let vectors = chosen(|vector| vector.kind == "signing_string");
    for vector in &vectors {
        let (covered, created) =
            (vector.covered_headers.as_ref().unwrap().join(" "), vector.created.unwrap().to_string());
        let base = Cavage::new().signature_base(&vector.request(&vector.headers), &covered, &times(&created, "0"));
        assert_eq!(base.unwrap(), vector.expected_signing_string.as_ref().unwrap().as_bytes(), "{}", vector.id);
    }
    assert_eq!(vectors.len(), 1);
}

#[test]
fn headers_that_should_parse_do_and_say_what_they_say() {
    let mut checked = 0;
    for vector in chosen(|vector| is_parse(vector) && vector.valid) {
        let unverified = vector.parse(Cavage::new()).unwrap_or_else(|error| panic!("{}: {error}", vector.id));
        for (name, value) in vector.parse_expect.as_ref().and_then(|expect| expect.params.as_ref()).unwrap() {
            match name.as_str() {
                "keyId" => assert_eq!(unverified.key_id().unwrap().as_str(), value, "{}", vector.id),
                "headers" => assert_eq!(unverified.covered().as_str(), value, "{}", vector.id),
                // A time shows where it is signed.
                _ if unverified.covered().as_str().contains(name) => {
                    let base = String::from_utf8(unverified.signature_base(b"").into_owned()).unwrap();
                    assert!(base.lines().any(|line| line == format!("({name}): {value}")), "{}: {base}", vector.id);
                }
                _ => assert_eq!(vector.id, "parse-expires-decimal"),
            }
            checked += 1;
        }
        // None of them is signed with this key, which shows that they were read to their ends.
        let error = unverified.verify(&[crate::support::verifying_key()], b"").err();
        assert_eq!(error, Some(VerifyError::SignatureMismatch), "{}", vector.id);
    }
    assert_eq!(checked, 8);
}

#[test]
fn headers_that_should_not_parse_are_refused_as_what_they_are() {
    for vector in chosen(|vector| is_parse(vector) && !vector.valid) {
        let expected = match vector.id.as_str() {
            "parse-basic-scheme" => "no-signature",
            "parse-dup-created" => "ambiguous",
            _ => "malformed",
        };
        assert_eq!(vector.parse(Cavage::new()).err().map(|error| error.code()), Some(expected), "{}", vector.id);
    }
}

#[test]
fn every_exception_is_of_a_vector_and_has_its_reason() {
    let all = chosen(|_| true);
    let of = |kind: &str| all.iter().filter(|vector| vector.kind == kind).count();
    // The two raw ones are signatures over no signing string: the keys' own tests have them.
    assert_eq!((of("sign") + of("verify"), of("parse"), of("signing_string"), of("raw")), (128, 20, 1, 2));
    assert_eq!(all.len(), 151);
    for exception in EXCEPTIONS.iter() {
        assert!(!exception.reason.is_empty(), "{}", exception.id);
        assert_eq!(all.iter().filter(|vector| vector.id == exception.id).count(), 1, "{}", exception.id);
        let judged = [&exception.signer, &exception.verifier, &exception.draft12].iter().any(|word| word.is_some());
        assert!(judged, "{}: differs in nothing", exception.id);
    }
}
