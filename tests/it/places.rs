//! Where a signature may stand, which server it is for, and what else may mislead whoever reads the request next.

use countersign::{
    Authority, Cavage, Component, Coverage, DigestAlgorithm, Policy, Request, UnixTime, Verified, Verifier,
    VerifyError, WellKnown, digest_field,
};

use crate::{
    support::{signer, signing_key, verifying_key},
    wire::Raw,
};

const NOW: UnixTime = UnixTime::from_secs(784_111_777);

fn judge(policy: &Policy, raw: &Raw) -> Result<Verified, VerifyError> {
    let request = Request::new(&raw.method, &raw.target, &raw.fields);
    Verifier::new(Cavage::new(), policy.clone()).begin(&request, NOW)?.verify(&[verifying_key()], &raw.body)
}

fn get() -> Raw {
    Raw::new("GET", "/orders?page=2")
}

fn authority(text: &str) -> Authority {
    text.parse().unwrap()
}

fn not_covered(name: &str) -> VerifyError {
    VerifyError::NotCovered(name.parse().unwrap())
}

#[test]
fn a_signature_in_a_field_that_the_policy_does_not_name_is_refused_and_not_taken_for_none() {
    let in_signature = get().sign(&signer("alice"), NOW);
    let signer = countersign::Signer::new(Cavage::new().in_authorization(), signing_key("alice"));
    let in_authorization = get().sign(&signer, NOW);
    let place = |field: WellKnown| Some(VerifyError::PlaceNotAccepted(field.into()));
    let only = |field| Policy::default().only_in(&[field]);
    assert!(judge(&only(WellKnown::Signature), &in_signature).is_ok());
    assert!(judge(&only(WellKnown::Authorization), &in_authorization).is_ok());
    assert_eq!(judge(&only(WellKnown::Authorization), &in_signature).err(), place(WellKnown::Signature));
    assert_eq!(judge(&only(WellKnown::Signature), &in_authorization).err(), place(WellKnown::Authorization));
    let both = in_signature.field("Authorization", in_authorization.value("authorization"));
    let twice = Some(VerifyError::Ambiguous("place for the signature"));
    assert_eq!(judge(&only(WellKnown::Signature), &both).err(), twice);
}

#[test]
fn a_body_is_bound_only_by_a_digest_that_the_policy_names_and_all_known_ones_have_to_match() {
    let policy = Policy::default().only_digests(&[DigestAlgorithm::Sha512]);
    let [sha256, sha512] = [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512].map(|it| digest_field(it, b"GOOD"));
    let post = |digest: &str| {
        let raw = Raw::new("POST", "/").field("Digest", digest);
        raw.body(b"GOOD").sign(&signer("alice"), NOW)
    };
    assert!(judge(&policy, &post(&sha512)).is_ok());
    assert!(judge(&policy, &post(&format!("{sha512},{sha256}"))).is_ok());
    let unusable = Some(VerifyError::UnusableDigest("none of an accepted algorithm"));
    assert_eq!(judge(&policy, &post(&sha256)).err(), unusable);
    let mut changed = post(&sha512);
    changed.body = b"EVIL".to_vec();
    assert_eq!(judge(&policy, &changed).err(), Some(VerifyError::DigestMismatch));
}

#[test]
fn a_request_for_another_authority_than_ours_is_refused_however_it_is_signed() {
    let policy = Policy::default().only_authorities([authority("api.example"), authority("api.example:8080")]);
    let to = |host: &str| get().replacing("Host", host).sign(&signer("alice"), NOW);
    for host in ["api.example", "API.example.", "api.example:443", "api.example:8080"] {
        assert!(judge(&policy, &to(host)).is_ok(), "{host}");
    }
    for host in ["other.example", "api.example.evil", "api.example:8081", "127.0.0.1"] {
        assert_eq!(judge(&policy, &to(host)).err(), Some(VerifyError::UnknownAuthority), "{host}");
        assert!(judge(&Policy::default(), &to(host)).is_ok(), "{host}");
    }
    let forwarded = to("other.example").field("X-Forwarded-Host", "api.example").field("Forwarded", "host=api.example");
    assert_eq!(judge(&policy, &forwarded).err(), Some(VerifyError::UnknownAuthority));
}

#[test]
fn where_authorities_are_named_the_host_has_to_be_covered_whatever_the_table_says() {
    let coverage = Coverage::standard().without(&"host".parse().unwrap());
    let table = Policy::dangerous_requiring(coverage.clone());
    let raw = get().sign(&signer("alice").covering(coverage), NOW);
    assert!(judge(&table, &raw).is_ok());
    let policy = table.only_authorities([authority("api.example")]);
    assert_eq!(judge(&policy, &raw).err(), Some(not_covered("host")));
    assert!(judge(&policy, &get().sign(&signer("alice"), NOW)).is_ok());
}

#[test]
fn a_host_that_is_empty_or_a_list_or_has_a_user_in_it_is_refused_before_its_signature_is_looked_at() {
    for host in ["", "a, b", "a,b", "u@api.example", "api.example/x", "api.example:x"] {
        let raw = get().sign(&signer("alice"), NOW).replacing("Host", host);
        assert_eq!(judge(&Policy::default(), &raw).err(), Some(VerifyError::UnusableAuthority), "{host:?}");
    }
}

#[test]
fn an_authority_that_is_given_beside_the_host_is_one_host_too() {
    let raw = get().sign(&signer("alice"), NOW);
    let judge = |authority| {
        let request = Request::new(&raw.method, &raw.target, &raw.fields).with_authority(authority);
        Verifier::new(Cavage::new(), Policy::default()).begin(&request, NOW).map(drop)
    };
    assert_eq!(judge("api.example"), Ok(()));
    assert_eq!(judge("u@api.example"), Err(VerifyError::UnusableAuthority));
    assert_eq!(judge("evil.example"), Err(VerifyError::AuthorityMismatch));
}

#[test]
fn a_field_that_overrides_the_method_has_to_be_covered() {
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let unsigned = Raw::new("POST", "/").sign(&signer("alice"), NOW).field(name, "DELETE");
        assert_eq!(judge(&Policy::default(), &unsigned).err(), Some(not_covered(name)), "{name}");
        let signed = Raw::new("POST", "/").field(name, "DELETE").sign(&signer("alice"), NOW);
        let covered = judge(&Policy::default(), &signed).unwrap();
        assert!(covered.covered().contains(&name.parse::<Component>().unwrap()), "{name}");
    }
}

#[test]
fn a_covered_field_that_connection_names_is_refused_since_a_hop_may_take_it_away() {
    for (connection, field) in [("digest", "digest"), ("close, Date", "date"), ("keep-alive,\tHOST ", "host")] {
        let raw = Raw::new("POST", "/").body(b"GOOD").sign(&signer("alice"), NOW).field("Connection", connection);
        let expected = Some(VerifyError::HopByHop(field.parse().unwrap()));
        assert_eq!(judge(&Policy::default(), &raw).err(), expected, "{connection}");
    }
    for connection in ["close", "keep-alive", "keep-alive, x-other", "", "TE, Upgrade"] {
        let raw = get().sign(&signer("alice"), NOW).field("Connection", connection);
        assert!(judge(&Policy::default(), &raw).is_ok(), "{connection}");
    }
    let two = get().sign(&signer("alice"), NOW).field("Connection", "close").field("Connection", "date");
    assert_eq!(judge(&Policy::default(), &two).err(), Some(VerifyError::HopByHop("date".parse().unwrap())));
}

#[test]
fn a_policy_that_names_places_digests_or_authorities_is_stricter_than_one_that_does_not() {
    let default = Policy::default();
    for stricter in [
        default.clone().only_in(&[WellKnown::Signature]),
        default.clone().only_digests(&[DigestAlgorithm::Sha512]),
        default.clone().only_authorities([authority("api.example")]),
    ] {
        assert!(stricter.is_at_least_as_strict_as(&default));
        assert!(!default.is_at_least_as_strict_as(&stricter));
        assert!(stricter.is_at_least_as_strict_as(&stricter));
    }
    let one = default.clone().only_authorities([authority("a")]);
    let two = default.only_authorities([authority("a"), authority("b")]);
    assert!(one.is_at_least_as_strict_as(&two));
    assert!(!two.is_at_least_as_strict_as(&one));
}

#[test]
fn a_target_that_is_no_path_is_refused_although_it_is_signed() {
    for target in ["http://evil.example/x", "x", "", "?a", "*", "evil.example:80"] {
        let raw = Raw::new("GET", target).sign(&signer("alice"), NOW);
        assert_eq!(judge(&Policy::default(), &raw).err(), Some(VerifyError::UnusableTarget), "{target:?}");
    }
    for (method, target) in [("OPTIONS", "*"), ("GET", "//evil.example/x"), ("GET", "/")] {
        assert!(judge(&Policy::default(), &Raw::new(method, target).sign(&signer("alice"), NOW)).is_ok(), "{target:?}");
    }
}

#[test]
fn the_word_in_the_signature_field_is_read_by_default_and_refused_to_the_letter() {
    let judged = |scheme: Cavage| {
        let raw = Raw::new("GET", "/").sign(&countersign::Signer::new(scheme, signing_key("alice")), NOW);
        let value = format!("Signature {}", raw.value("signature"));
        let raw = raw.replacing("signature", value);
        let request = Request::new(&raw.method, &raw.target, &raw.fields);
        Verifier::new(scheme, Policy::default()).begin(&request, NOW).map(drop)
    };
    assert_eq!(judged(Cavage::new()), Ok(()));
    assert!(matches!(judged(Cavage::draft12()), Err(VerifyError::Malformed(_))));
}
