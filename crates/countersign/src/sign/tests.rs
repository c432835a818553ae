//! What a signer covers: what a server asks for, and no body where that is said by name.

use super::Signer;
use crate::{
    algorithm::Algorithm,
    cavage::{Cavage, Dialect},
    component::Component,
    coverage::{Coverage, When},
    error::{SignError, VerifyError},
    field::WellKnown,
    key::{KeyMetadata, SigningKey},
    policy::Policy,
    request::{Fields, Request},
    scheme::Scheme,
    secret::Secret,
    signature::Signature,
    time::UnixTime,
    verifier::Verifier,
    webhook::Webhook,
};

mod refused;

const NOW: UnixTime = UnixTime::from_secs(784_111_777);
const FIELDS: [(&str, &str); 2] = [("host", "api.example"), ("x-tenant", "blue")];

fn get() -> Request<'static> {
    Request::new("GET", "/orders", &FIELDS).with_body(b"")
}

fn post() -> Request<'static> {
    Request::new("POST", "/orders", &FIELDS).with_body(b"{}")
}

fn signer() -> Signer {
    signer_of(Cavage::new())
}

fn signer_of(scheme: impl Scheme) -> Signer {
    Signer::for_remote_keys(scheme, vec![KeyMetadata::new("alice".parse().unwrap(), Algorithm::HmacSha256)])
}

/// The list of what is covered in a request.
fn covered(signer: &Signer, request: &Request<'_>) -> Result<String, SignError> {
    let parts = signer.prepare(request, NOW)?.attach(&[Signature::new(&[1; 32])])?;
    let field = String::from_utf8(parts.fields.last().unwrap().value.clone()).unwrap();
    let list = field.split_once("headers=\"").unwrap().1;
    Ok(list.split_once('"').unwrap().0.to_owned())
}

fn components(names: &str) -> Vec<Component> {
    names.split_whitespace().map(|name| name.parse().unwrap()).collect()
}

/// What is covered once it was asked for.
fn answer(signer: &Signer, request: &Request<'_>, headers: &str, allowed: &str) -> Option<String> {
    let challenge = format!(r#"Basic realm="a", Signature realm="b",headers="{headers}""#);
    let signer = signer.answering(request, [challenge.as_bytes()], &components(allowed))?;
    Some(covered(&signer, request).unwrap())
}

#[test]
fn what_a_server_asks_for_is_covered_beside_what_is_covered_already() {
    let own = "(request-target) host date";
    for (headers, added) in [
        ("x-tenant", "x-tenant"),
        ("X-Tenant date", "x-tenant"),
        ("content-length host x-tenant", "content-length x-tenant"),
        ("(request-target) host date digest", "digest"),
    ] {
        let answer = answer(&signer(), &get(), headers, "x-tenant digest content-length host");
        assert_eq!(answer, Some(format!("{own} {added}")), "{headers}");
    }
    let posted = answer(&signer(), &post(), "digest x-tenant", "x-tenant");
    assert_eq!(posted, Some(format!("{own} digest x-tenant")));
}

#[test]
fn a_condition_that_does_not_hold_in_this_request_is_one_more_thing_to_cover() {
    let named = signer().cover("x-tenant".parse().unwrap(), When::Method(vec!["POST".to_owned()]));
    assert_eq!(answer(&named, &post(), "x-tenant", "x-tenant"), None, "covered already");
    let own = "(request-target) host date x-tenant";
    assert_eq!(answer(&named, &get(), "x-tenant", "x-tenant").as_deref(), Some(own));
    assert_eq!(answer(&named, &get(), "x-tenant", ""), None, "not allowed in this request");
    // What is not asked for keeps its condition.
    let more = answer(&named, &post(), "x-tenant content-length", "content-length").unwrap();
    assert_eq!(more, "(request-target) host date digest x-tenant content-length");
}

#[test]
fn a_body_that_is_not_at_hand_is_covered_with_its_digest_already() {
    let fields = [("host", "api.example"), ("digest", "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")];
    let streamed = Request::new("POST", "/orders", &fields);
    assert_eq!(answer(&signer(), &streamed, "digest", "digest"), None);
}

#[test]
fn a_challenge_that_asks_for_nothing_else_is_not_answered() {
    for headers in ["date", "(request-target) host date", "host"] {
        assert_eq!(answer(&signer(), &get(), headers, "host date digest"), None, "{headers}");
    }
    assert_eq!(answer(&signer(), &post(), "(request-target) host date digest", "digest"), None);
}

#[test]
fn a_challenge_that_asks_for_anything_that_is_not_allowed_is_not_answered_at_all() {
    for (headers, allowed) in
        [("x-tenant", ""), ("x-tenant cookie", "x-tenant"), ("cookie x-tenant", "x-tenant"), ("(created)", "x-tenant")]
    {
        assert_eq!(answer(&signer(), &get(), headers, allowed), None, "{headers}");
    }
}

#[test]
fn a_challenge_never_asks_for_what_has_no_name_in_a_list() {
    let unnamed = [Component::Body, Component::Method, Component::TargetUri, Component::Form, Component::Json];
    for component in &unnamed {
        let challenge = format!(r#"Signature headers="{component}""#);
        assert!(signer().answering(&post(), [challenge.as_bytes()], &unnamed).is_none(), "{component}");
    }
}

#[test]
fn webhooks_know_of_no_challenge() {
    let signer = signer_of(Webhook::preset("github").unwrap());
    for challenge in [r#"Signature headers="host""#, r#"Webhook realm="a",headers="host""#] {
        let allowed = components("host");
        assert!(signer.answering(&post(), [challenge.as_bytes()], &allowed).is_none(), "{challenge}");
    }
}

#[test]
fn what_a_verifier_of_any_dialect_asks_for_is_what_its_signer_reads() {
    for dialect in Dialect::ALL {
        for (method, has_body) in [("GET", false), ("POST", true), ("DELETE", false)] {
            let policy = dialect.policy().require("x-tenant".parse().unwrap(), When::Always);
            let listed = policy.challenge(method, has_body);
            let challenge = Verifier::new(dialect.scheme(), policy).challenge(r#"a\" b, c="#, method, has_body);
            let signer = signer_of(dialect.scheme()).covering(Coverage::empty());
            let request = Request::new(method, "/", &FIELDS).with_body(if has_body { b"{}" } else { b"" });
            let others = [&b"Negotiate abc=="[..], challenge.as_bytes(), b"Basic realm=\"a\""];
            let answering = signer.answering(&request, others, &components(&listed)).unwrap();
            let names: Vec<_> = answering.coverage.iter().map(|(component, _)| component.as_str()).collect();
            assert_eq!(names.join(" "), listed, "{}", dialect.name());
        }
    }
}

/// A request whose body is a stream.
fn streamed(fields: &dyn Fields) -> Request<'_> {
    Request::new("POST", "/upload", fields)
}

#[test]
fn a_stream_is_signed_without_its_body_only_where_that_is_asked_for_by_name() {
    let fields = [("host", "api.example"), ("content-type", "text/plain"), ("content-length", "5")];
    let (usual, now) = (signer().cover(Component::field(WellKnown::ContentLength), When::Always), NOW);
    assert_eq!(usual.sign(&streamed(&fields), now).err(), Some(SignError::UnreadBody));
    let unbound = usual.clone().dangerous_not_covering_the_body();
    assert_eq!(covered(&unbound, &streamed(&fields)).as_deref(), Ok("(request-target) host date content-type"));
    // A body that is at hand is not covered either.
    let at_hand = streamed(&fields).with_body(b"hello");
    assert_eq!(covered(&unbound, &at_hand).as_deref(), Ok("(request-target) host date content-type"));
    assert_eq!(usual.prepare(&streamed(&fields), now).err(), Some(SignError::UnreadBody), "the other is as it was");
}

#[test]
fn no_digest_that_the_caller_gave_is_covered_without_the_body() {
    let fields = [
        ("host", "api.example"),
        ("digest", "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        ("content-digest", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
        ("x-content-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ];
    let usual = signer()
        .cover(Component::field(WellKnown::ContentDigest), When::Present)
        .cover(Component::field(WellKnown::XContentSha256), When::Always);
    let all = "(request-target) host date digest content-digest x-content-sha256";
    assert_eq!(covered(&usual, &streamed(&fields)).as_deref(), Ok(all));
    let unbound = usual.dangerous_not_covering_the_body();
    assert_eq!(covered(&unbound, &streamed(&fields)).as_deref(), Ok("(request-target) host date"));
    // What is covered from then on is covered.
    let bound = unbound.cover(Component::field(WellKnown::Digest), When::Body);
    assert_eq!(covered(&bound, &streamed(&fields)).as_deref(), Ok("(request-target) host date digest"));
}

#[test]
fn a_default_policy_refuses_a_body_that_was_signed_for_without_being_covered() {
    let fields = [("host", "api.example"), ("content-length", "5")];
    let parts = signer().dangerous_not_covering_the_body().prepare(&streamed(&fields), NOW).unwrap();
    let parts = parts.attach(&[Signature::new(&[1; 32])]).unwrap();
    let mut sent: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    sent.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
    let refused = Verifier::new(Cavage::new(), Policy::default()).begin(&streamed(&sent), NOW);
    assert_eq!(refused.err(), Some(VerifyError::NotCovered(Component::field(WellKnown::Digest))));
}

#[test]
fn a_scheme_that_signs_the_body_itself_signs_no_stream_in_any_case() {
    let github = Webhook::preset("github").unwrap();
    let signer = Signer::new(github.clone(), github.signing_key("k", "a secret of some length").unwrap());
    let unbound = signer.clone().dangerous_not_covering_the_body();
    assert_eq!(unbound.sign(&streamed(&FIELDS), NOW).err(), Some(SignError::UnreadBody));
    let request = streamed(&FIELDS).with_body(b"{}");
    assert_eq!(unbound.sign(&request, NOW), signer.sign(&request, NOW));
}
