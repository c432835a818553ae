//! What must not change unnoticed: which types can be shared, and every default.

use std::{fmt::Write as _, path::Path};

use countersign::{
    Cavage, Claim, ComponentError, Coverage, Credential, HeadVerified, KeyError, KeyId, Policy, Secret, SignError,
    Signature, SignatureParts, Signer, SigningKey, StaticKeys, UnixTime, Unverified, Verified, Verifier, VerifyError,
    VerifyingKey,
};
use countersign_actix::{MaybeSigned, Refusal, SignatureConfig, SignatureGuard, Signed};
use countersign_reqwest::SigningMiddleware;

use crate::{
    support::signer,
    wire::{Raw, verify},
};

const NOW: UnixTime = UnixTime::from_secs(784_111_777);

/// Compares with `tests/golden/`, or writes there when asked to by `UPDATE_GOLDEN=1`.
pub(crate) fn same_as_reviewed(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        std::fs::write(&path, found).unwrap();
    }
    let reviewed = std::fs::read_to_string(&path).unwrap();
    let only = |these: &str, others: &str| {
        let lines = these.lines().filter(|line| !others.lines().any(|other| other == *line));
        lines.fold(String::new(), |all, line| all + line + "\n")
    };
    let (gone, new) = (only(&reviewed, found), only(found, &reviewed));
    assert!(
        found == reviewed,
        "golden/{name} differs. A change here changes what users get without asking: review it, name it in the change \
         log, then run again with UPDATE_GOLDEN=1.\n--- gone\n{gone}--- new\n{new}"
    );
}

#[test]
fn everything_that_is_kept_or_held_across_an_await_can_be_shared() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Signer>();
    shared::<Verifier>();
    shared::<Policy>();
    shared::<Coverage>();
    shared::<Cavage>();
    shared::<Unverified>();
    shared::<HeadVerified>();
    shared::<Verified>();
    shared::<SigningKey>();
    shared::<VerifyingKey>();
    shared::<Secret>();
    shared::<KeyId>();
    shared::<Signature>();
    shared::<SignatureParts>();
    shared::<Claim>();
    shared::<Credential>();
    shared::<StaticKeys>();
    shared::<SignatureConfig<()>>();
    shared::<SignatureGuard<()>>();
    shared::<Signed<(), ()>>();
    shared::<MaybeSigned<(), ()>>();
    shared::<SigningMiddleware>();
}

#[test]
fn every_error_can_travel_between_threads_as_an_error() {
    fn error<T: std::error::Error + Send + Sync + 'static>() {}
    error::<ComponentError>();
    error::<KeyError>();
    error::<SignError>();
    error::<VerifyError>();
    error::<countersign_reqwest::Error>();
    error::<Refusal>();
}

#[test]
fn the_default_policy_is_the_reviewed_one() {
    same_as_reviewed("policy-default.txt", &format!("{:#?}\n", Policy::default()));
}

#[test]
fn the_policy_of_flask_cavage_is_the_reviewed_one() {
    same_as_reviewed("policy-flask-cavage.txt", &format!("{:#?}\n", Policy::flask_cavage()));
}

#[test]
fn the_standard_coverage_is_the_reviewed_one() {
    same_as_reviewed("coverage-standard.txt", &format!("{:#?}\n", Coverage::standard()));
}

#[test]
fn the_challenges_are_the_reviewed_ones() {
    let mut found = String::new();
    for (name, policy) in [("default", Policy::default()), ("flask-cavage", Policy::flask_cavage())] {
        for (method, has_body) in [("GET", false), ("GET", true), ("POST", false), ("POST", true), ("DELETE", false)] {
            let body = if has_body { "body" } else { "no body" };
            writeln!(
                found,
                "{name}, {method}, {body}: {}",
                Verifier::new(Cavage::new(), policy.clone()).challenge("golden", method, has_body)
            )
            .unwrap();
        }
    }
    same_as_reviewed("challenges.txt", &found);
}

#[test]
fn what_the_default_signer_adds_is_the_reviewed_output() {
    let get = Raw::new("GET", "/orders?page=2");
    let post = Raw::new("POST", "/orders").field("Content-Type", "application/json").body(br#"{"item":1}"#);
    let mut found = String::new();
    for raw in [get, post] {
        let (given, signed) = (raw.fields.len(), raw.sign(&signer("alice"), NOW));
        verify(&signed, NOW).unwrap();
        writeln!(found, "{} {}", signed.method, signed.target).unwrap();
        for (at, (name, value)) in signed.fields.iter().enumerate() {
            let sign = if at < given { ' ' } else { '+' };
            writeln!(found, "{sign} {name}: {}", String::from_utf8_lossy(value)).unwrap();
        }
    }
    same_as_reviewed("default-output.txt", &found);
}
