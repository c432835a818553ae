//! What a policy asks for, and that asking for more never asks for less.

use countersign::{
    Algorithm, Cavage, Component, Coverage, Policy, Request, Secret, Signer, SigningKey, UnixTime, Verified, Verifier,
    VerifyError, VerifyingKey, When,
};

use crate::{
    support::{secret, signer, verifying_key},
    wire::Raw,
};

const NOW: UnixTime = UnixTime::from_secs(784_111_777);

fn named(name: &str) -> Component {
    name.parse().unwrap()
}

fn judge(policy: &Policy, raw: &Raw, body: &[u8]) -> Result<Verified, VerifyError> {
    let request = Request::new(&raw.method, &raw.target, &raw.fields);
    Verifier::new(Cavage::new(), policy.clone()).begin(&request, NOW)?.verify(&[verifying_key()], body)
}

#[test]
fn requiring_a_component_in_one_case_leaves_the_others_as_they_were() {
    let put = Raw::new("PUT", "/").sign(&signer("alice"), NOW);
    let with_length = put.clone().field("Content-Length", "5");
    let get = Raw::new("GET", "/").sign(&signer("alice").covering(Coverage::standard().without(&named("host"))), NOW);
    for policy in [
        Policy::default().require(named("digest"), When::Method(vec!["POST".to_owned()])),
        Policy::default().require(named("host"), When::Present).require(named("digest"), When::Present),
    ] {
        assert!(judge(&policy, &put, b"").is_ok());
        assert_eq!(judge(&policy, &put, b"EVIL!").err(), Some(VerifyError::NotCovered(named("digest"))));
        assert_eq!(judge(&policy, &with_length, b"EVIL!").err(), Some(VerifyError::NotCovered(named("digest"))));
        let without_host = get.clone().without("host");
        assert_eq!(judge(&policy, &without_host, b"").err(), Some(VerifyError::NotCovered(named("host"))));
        assert!(policy.is_at_least_as_strict_as(&Policy::default()));
    }
    let post = Policy::default().require(named("digest"), When::Method(vec!["POST".to_owned()]));
    let empty = Raw::new("POST", "/").sign(&signer("alice"), NOW);
    assert_eq!(judge(&post, &empty, b"").err(), Some(VerifyError::NotCovered(named("digest"))));
}

#[test]
fn only_a_digest_that_is_compared_binds_the_body() {
    let coverage = Coverage::standard().without(&named("digest")).and(named("x-body-hash"), When::Body);
    let policy = Policy::dangerous_requiring(coverage.clone());
    let post = Raw::new("POST", "/").field("X-Body-Hash", "sha-256=:AAAA:").body(b"EVIL");
    let signed = post.sign(&signer("alice").covering(coverage), NOW);
    let expected = Some(VerifyError::NotCovered(named("digest")));
    assert_eq!(judge(&policy, &signed, b"EVIL").err(), expected);
    assert_eq!(judge(&policy, &signed.without("content-length"), b"EVIL").err(), expected);
}

#[test]
fn a_digest_in_any_of_its_fields_binds_the_body() {
    for field in ["content-digest", "x-content-sha256"] {
        let coverage = Coverage::standard().without(&named("digest")).and(named(field), When::Body);
        let post = Raw::new("POST", "/").body(b"GOOD").sign(&signer("alice").covering(coverage), NOW);
        assert!(judge(&Policy::default(), &post, b"GOOD").is_ok(), "{field}");
        assert_eq!(judge(&Policy::default(), &post, b"EVIL").err(), Some(VerifyError::DigestMismatch), "{field}");
    }
}

#[test]
fn a_body_that_nobody_announced_needs_its_digest_all_the_same() {
    let get = Raw::new("GET", "/").sign(&signer("alice"), NOW);
    assert!(judge(&Policy::default(), &get, b"").is_ok());
    assert_eq!(judge(&Policy::default(), &get, b"x").err(), Some(VerifyError::NotCovered(named("digest"))));
}

#[test]
fn at_most_so_many_keys_are_tried_and_one_at_the_least() {
    let get = Raw::new("GET", "/").sign(&signer("alice"), NOW);
    let other = VerifyingKey::hmac_sha256(&Secret::new("another secret of some length").unwrap());
    let request = Request::new("GET", "/", &get.fields);
    for (most, before, accepted) in [(4, 3, true), (4, 4, false), (1, 0, true), (1, 1, false), (0, 0, true)] {
        let verifier = Verifier::new(Cavage::new(), Policy::default().max_keys(most));
        let mut keys = vec![other.clone(); before];
        keys.push(verifying_key());
        let verified = verifier.begin(&request, NOW).unwrap().verify(&keys, b"");
        assert_eq!(verified.as_ref().map(Verified::key_index).ok(), accepted.then_some(before));
    }
}

#[test]
fn a_policy_accepts_the_algorithms_it_names_and_no_others() {
    let get = |algorithm| {
        let key = SigningKey::hmac("alice", algorithm, &secret()).unwrap();
        let raw = Raw::new("GET", "/").sign(&Signer::new(Cavage::new(), key), NOW);
        let request = Request::new("GET", "/", &raw.fields);
        let policy = Policy::default().only_algorithms(&[Algorithm::HmacSha512]);
        let keys = [VerifyingKey::hmac(algorithm, &secret()).unwrap()];
        Verifier::new(Cavage::new(), policy).begin(&request, NOW).unwrap().verify(&keys, b"").err()
    };
    assert_eq!(get(Algorithm::HmacSha512), None);
    assert_eq!(get(Algorithm::HmacSha256), Some(VerifyError::AlgorithmNotAllowed(Algorithm::HmacSha256)));
}

#[test]
fn nobody_without_a_key_makes_us_hash_more_than_64_kib() {
    let coverage = Coverage::standard().and(named("x-long"), When::Present);
    let long =
        Raw::new("GET", "/").field("X-Long", vec![b'x'; 60 * 1024]).sign(&signer("alice").covering(coverage), NOW);
    assert!(judge(&Policy::default(), &long, b"").is_ok());
    let longer = long.replacing("X-Long", vec![b'x'; 65 * 1024]);
    assert_eq!(
        judge(&Policy::default(), &longer, b"").err(),
        Some(VerifyError::Malformed("more than 64 KiB are covered"))
    );
}

#[test]
fn a_signature_without_a_time_is_accepted_only_by_its_dangerous_name() {
    let coverage = Coverage::standard().without(&named("date"));
    let timeless = Raw::new("GET", "/").sign(&signer("alice").covering(coverage), NOW);
    assert_eq!(judge(&Policy::default(), &timeless, b"").err(), Some(VerifyError::NoCoveredTime));
    let policy = Policy::default().dangerous_without_time();
    assert_eq!(judge(&policy, &timeless, b"").unwrap().valid_until(), None);
    assert!(!policy.is_at_least_as_strict_as(&Policy::default()));
}

#[test]
fn a_body_stays_bound_however_what_is_required_with_it_is_said() {
    let always = Policy::dangerous_requiring(Coverage::empty().and(named("x-t"), When::Always));
    let body = Policy::dangerous_requiring(Coverage::empty().and(named("x-t"), When::Body));
    assert!(!always.is_at_least_as_strict_as(&body));
    let both = always.require(named("x-t"), When::Body);
    assert!(both.is_at_least_as_strict_as(&body));
    let coverage = Coverage::empty().and(named("x-t"), When::Always).and(named("date"), When::Always);
    let post = Raw::new("POST", "/").field("X-T", "1").body(b"abc").sign(&signer("alice").covering(coverage), NOW);
    for policy in [body, both] {
        assert_eq!(judge(&policy, &post, b"EVIL").err(), Some(VerifyError::NotCovered(named("digest"))));
    }
}

#[test]
fn a_method_is_meant_in_whatever_case_it_is_listed() {
    let policy = Policy::default().require(named("x-t"), When::Method(vec!["post".to_owned()]));
    let post = Raw::new("POST", "/").field("X-T", "1").sign(&signer("alice"), NOW);
    assert_eq!(judge(&policy, &post, b"").err(), Some(VerifyError::NotCovered(named("x-t"))));
}

#[test]
fn a_required_digest_field_of_no_known_algorithm_does_not_bind_the_body() {
    let policy = Policy::dangerous_requiring(Coverage::empty().and(named("content-digest"), When::Always));
    let coverage = Coverage::standard().without(&named("digest")).and(named("content-digest"), When::Always);
    let good = Raw::new("POST", "/").body(b"GOOD").sign(&signer("alice").covering(coverage.clone()), NOW);
    assert!(judge(&policy, &good, b"GOOD").is_ok());
    let fields =
        vec![("host".to_owned(), b"api.example".to_vec()), ("content-digest".to_owned(), b"md5=:AAAA:".to_vec())];
    let params = r#"keyId="alice",headers="date content-digest",signature="AAAA""#;
    let mut fields = fields;
    fields.push(("date".to_owned(), NOW.to_http_date().into_bytes()));
    fields.push(("signature".to_owned(), params.as_bytes().to_vec()));
    let refused = Verifier::new(Cavage::new(), policy).begin(&Request::new("POST", "/", &fields), NOW).err();
    assert_eq!(refused, Some(VerifyError::UnusableDigest("none of an accepted algorithm")));
}

#[test]
fn host_date_and_credentials_are_single_whether_they_are_covered_or_not() {
    let coverage = Coverage::empty().and(Component::RequestTarget, When::Always).and(Component::Created, When::Always);
    let signed = Raw::new("GET", "/").sign(&signer("alice").covering(coverage), NOW);
    let policy = Policy::dangerous_requiring(Coverage::empty());
    assert!(judge(&policy, &signed.clone().field("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), b"").is_ok());
    for (name, value) in
        [("Host", "a.example"), ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Authorization", "Bearer x")]
    {
        let twice = signed.clone().without(name).field(name, value).field(name, value);
        let refused = judge(&policy, &twice, b"").err().map(|error| error.code());
        assert_eq!(refused, Some("ambiguous"), "{name}");
    }
}

#[test]
fn keys_that_the_policy_does_not_accept_count_among_those_that_are_tried() {
    let get = Raw::new("GET", "/").sign(&signer("alice"), NOW);
    let signature = get.value("signature").replace(r#"algorithm="hmac-sha256","#, "");
    let get = get.replacing("signature", signature);
    let keys = [VerifyingKey::hmac(Algorithm::HmacSha512, &secret()).unwrap(), verifying_key()];
    let judge = |policy: Policy| {
        let request = Request::new(&get.method, &get.target, &get.fields);
        Verifier::new(Cavage::new(), policy).begin(&request, NOW).unwrap().verify(&keys, b"").err()
    };
    let one = Policy::default().max_keys(1);
    let stricter = one.clone().only_algorithms(&[Algorithm::HmacSha256]);
    assert!(stricter.is_at_least_as_strict_as(&one));
    assert_eq!(judge(one), Some(VerifyError::SignatureMismatch));
    assert_eq!(judge(stricter), Some(VerifyError::AlgorithmNotAllowed(Algorithm::HmacSha512)));
    assert_eq!(judge(Policy::default().only_algorithms(&[Algorithm::HmacSha256])), None);
}
