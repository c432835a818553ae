//! What keeps the values of a message apart.

use super::{NOW, Sent, spec, timed};
use crate::{
    error::VerifyError,
    webhook::{
        At, PairsOf, PairsSpec, Piece, PublicUrl, SignatureEncoding, Sort, Spec, TimeFormat, UrlForm, plan::Part,
    },
};

const RUNS_ON: VerifyError = VerifyError::Malformed("a value with what parts it from the next one in it");

fn sent(message: &str, body: &[u8]) -> Sent {
    let fields = [("host", "a.example"), ("x-id", "msg1"), ("x-a", "one"), ("x-b", "two")];
    Sent::new(timed(message).id(At::header("x-id")), "/in?a=1", &fields, body).signed()
}

#[test]
fn an_id_cannot_take_in_the_dot_and_the_time_behind_it() {
    let sent = sent("{id}.{time}.{body}", b"1700000001.x");
    assert_eq!(sent.base(), "msg1.1700000000.1700000001.x");
    // All three read the same bytes in another way.
    let shifted = sent.clone().with("x-id", "msg1.1700000000").with("x-time", "1700000001").body(b"x");
    assert_eq!(shifted.refusal(), RUNS_ON);
    let shifted = sent.clone().with("x-time", "1700000000.1700000001").body(b"x");
    assert_eq!(shifted.refusal(), VerifyError::Malformed("a time of another form"));
    assert_eq!(sent.verify().unwrap().delivery_id().unwrap().as_str(), "msg1");
}

#[test]
fn a_value_behind_the_body_cannot_take_in_the_end_of_it() {
    let sent = sent("{time}|{body}|{id}", b"x|y");
    assert_eq!(sent.base(), "1700000000|x|y|msg1");
    assert_eq!(sent.clone().body(b"x").with("x-id", "y|msg1").refusal(), RUNS_ON);
    assert!(sent.verify().is_ok());
}

#[test]
fn a_field_that_is_signed_cannot_take_in_what_parts_it_from_the_next() {
    let sent = sent("{time}.{id}.{header:x-a}, {header:x-b}, {body}", b"x, y");
    assert_eq!(sent.base(), "1700000000.msg1.one, two, x, y");
    assert_eq!(sent.clone().with("x-b", "two, x").body(b"y").refusal(), RUNS_ON);
    assert_eq!(sent.clone().with("x-a", "one, two").with("x-b", "x").body(b"y").refusal(), RUNS_ON);
    // A part of it is none of it.
    assert_eq!(sent.with("x-a", "one,").refusal(), VerifyError::SignatureMismatch);
}

#[test]
fn a_method_cannot_take_in_what_parts_it_from_the_time() {
    let mut sent = sent("{method}|{time}|{id}|{body}", b"x");
    sent.method = "POST|1700000000";
    assert_eq!(sent.refusal(), RUNS_ON);
}

#[test]
fn a_path_a_query_and_a_target_cannot_take_in_what_is_behind_them() {
    for (message, moved) in [
        ("{time}{id};{path};{body}", "/in;x?a=1"),
        ("{time}{id};{query};{body}", "/in?a=1;x"),
        ("{time}{id};{target};{body}", "/in?a=1;x"),
    ] {
        let sent = sent(message, b"x;y");
        assert!(sent.verify().is_ok(), "{message}");
        assert_eq!(sent.to(moved).body(b"y").refusal(), RUNS_ON, "{message}");
    }
    let url = PublicUrl::Origin("https://a.example".to_owned());
    let sent = Sent::new(spec("{url};{body}").url(url), "/in", &[], b"x;y").signed();
    assert_eq!(sent.to("/in;x").body(b"y").refusal(), RUNS_ON);
}

#[test]
fn what_stands_in_braces_in_a_value_means_nothing() {
    let sent = sent("{id}.{time}.{header:x-a}.{body}", b"{time}{id}{secret}{{}}");
    assert_eq!(sent.base(), "msg1.1700000000.one.{time}{id}{secret}{{}}");
    let named = sent.with("x-a", "{body}");
    assert_eq!(named.clone().signed().base(), "msg1.1700000000.{body}.{time}{id}{secret}{{}}");
    assert_eq!(named.refusal(), VerifyError::SignatureMismatch);
}

/// As Twilio binds bodies that are no forms.
fn in_query(url: PublicUrl) -> Spec {
    spec("{url}").url(url).digest(At::Query("hash".to_owned()), SignatureEncoding::Hex)
}

#[test]
fn a_digest_in_the_query_is_that_of_the_url_that_is_signed() {
    let origin = PublicUrl::Origin("https://a.example".to_owned());
    let sent = Sent::new(in_query(origin), "/in", &[], b"x").signed();
    assert!(sent.verify().is_ok());
    assert_eq!(sent.clone().body(b"y").refusal(), VerifyError::DigestMismatch);
    // The target that arrives says nothing where the URL is fixed: nor does a digest in it.
    let url = format!("https://a.example{}", sent.target);
    let other = Sent::new(in_query(PublicUrl::Origin("https://a.example".to_owned())), "/in", &[], b"y").signed();
    let fixed = |sent: &Sent| Sent { webhook: super::acme(in_query(PublicUrl::Fixed(url.clone()))), ..sent.clone() };
    assert!(fixed(&sent).verify().is_ok());
    let moved = Sent { target: other.target.clone(), ..fixed(&sent) };
    assert!(moved.verify().is_ok());
    assert_eq!(moved.body(b"y").refusal(), VerifyError::DigestMismatch);
}

#[test]
fn no_digest_is_read_from_one_url_and_proven_by_another() {
    let origin = PublicUrl::Origin("https://a.example".to_owned());
    let sent = Sent::new(in_query(origin), "/in", &[], b"x").signed();
    let evil = Sent::new(in_query(PublicUrl::Origin("https://a.example".to_owned())), "/in", &[], b"evil").signed();
    let urls = [evil.target.clone(), sent.target.clone()].map(|target| format!("https://a.example{target}"));
    let both = PublicUrl::candidates(move |_| urls.to_vec());
    let forged = Sent { webhook: super::acme(in_query(both)), ..sent.clone() }.body(b"evil");
    assert_eq!(forged.refusal(), VerifyError::Ambiguous("query that may have been signed"));
    // Other forms of one URL have one query.
    let ports = in_query(PublicUrl::Origin("https://a.example".to_owned())).url_form(UrlForm::EitherPort);
    assert!(Sent { webhook: super::acme(ports), ..sent }.verify().is_ok());
}

#[test]
fn the_signature_is_no_part_of_the_query_that_is_signed() {
    let url = || PublicUrl::Origin("https://a.example".to_owned());
    for (message, base) in
        [("{target} {body}", "/in?a=1 x"), ("{query} {body}", "a=1 x"), ("{url} {body}", "https://a.example/in?a=1 x")]
    {
        let spec = spec(message).url(url()).signature_at(At::Query("sig".to_owned()));
        let sent = Sent::new(spec, "/in?a=1", &[], b"x").signed();
        assert_eq!(sent.base(), base);
        assert!(sent.verify().is_ok());
        let (_, signature) = sent.target.rsplit_once('=').unwrap();
        // Wherever it stands.
        assert!(sent.clone().to(&format!("/in?sig={signature}&a=1")).verify().is_ok());
        let twice = sent.clone().to(&format!("/in?a=1&sig={signature}&s%69g={signature}"));
        assert_eq!(twice.refusal(), VerifyError::Ambiguous("pair of one name"));
        assert_eq!(sent.clone().to(&format!("/in?a=1&b=2&sig={signature}")).refusal(), VerifyError::SignatureMismatch);
    }
}

#[test]
fn the_body_that_is_verified_is_the_one_that_the_claim_was_read_from() {
    let form = PairsSpec::new(PairsOf::Form, Sort::Key, "{k}={v};");
    let layouts = [
        spec("").signing(Piece::Pairs(form)),
        spec("{digest:sha256:hex}"),
        spec("{method}").dangerous(),
        spec("{time}.{body}").time(At::header("x-time"), TimeFormat::Unix, 300),
    ];
    for layout in layouts {
        let sent = Sent::new(layout, "/", &[], b"a=1").signed();
        let unverified = || sent.verifier().begin(&sent.request(), NOW).unwrap();
        assert!(unverified().verify(&[sent.key()], b"a=1").is_ok());
        let other = unverified().verify(&[sent.key()], b"a=2").err();
        let holds_it = sent.webhook.plan.parts.iter().any(|part| matches!(part, Part::Body));
        assert_eq!(other, Some(if holds_it { VerifyError::SignatureMismatch } else { VerifyError::OtherBody }));
        assert_eq!(unverified().verify_head(&[sent.key()]).err(), Some(VerifyError::BodyNeeded));
    }
}
