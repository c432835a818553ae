//! What a verifier takes for signed.

use super::{NOW, SECRET, Sent, acme, spec, timed};
use crate::{
    component::Component,
    error::VerifyError,
    field::WellKnown,
    key::{KeyId, VerifyingKey},
    policy::Policy,
    request::Request,
    secret::Secret,
    time::UnixTime,
    verifier::Verifier,
    webhook::{At, Mac, SignatureEncoding, Spec, TextEncoding, TimeFormat, Webhook},
};

fn field(name: &str) -> Component {
    Component::Field(name.parse().unwrap())
}

#[test]
fn what_is_missing_is_an_error_and_never_empty() {
    let whole = || timed("{id}.{time}.{header:x-a}.{body}").id(At::header("x-id"));
    let sent = || Sent::new(whole(), "/", &[("x-id", "1"), ("x-a", "a")], b"x").signed();
    assert!(sent().verify().is_ok());
    assert_eq!(sent().without("x-signature").refusal(), VerifyError::NoSignature);
    assert_eq!(sent().without("x-time").refusal(), VerifyError::Absent("time"));
    assert_eq!(sent().without("x-id").refusal(), VerifyError::Absent("delivery id"));
    assert_eq!(sent().without("x-a").refusal(), VerifyError::Missing(field("x-a")));
    assert_eq!(sent().with("x-time", "").refusal(), VerifyError::Malformed("a time of another form"));
    assert_eq!(sent().with("x-id", "").refusal(), VerifyError::Malformed("an unusable delivery id"));
    // A field that is there without a value is signed as such.
    assert_eq!(sent().with("x-a", "").refusal(), VerifyError::SignatureMismatch);
    for empty in ["", " ", "\t"] {
        assert_eq!(sent().with("x-signature", empty).refusal(), VerifyError::Malformed("nothing in it is a signature"));
    }
}

#[test]
fn nothing_that_counts_stands_there_twice() {
    let whole = || timed("{id}.{time}.{header:x-a}.{body}").id(At::header("x-id"));
    let sent = || Sent::new(whole(), "/", &[("x-id", "1"), ("x-a", "a")], b"x").signed();
    for name in ["x-id", "x-time", "x-a"] {
        let again = sent().field(name);
        assert_eq!(sent().also(name, &again).refusal(), VerifyError::Ambiguous("field of one name"), "{name}");
    }
    let again = sent().field("x-signature");
    assert_eq!(sent().also("x-signature", &again).refusal(), VerifyError::Ambiguous("field with a signature"));
}

#[test]
fn the_text_that_was_received_is_what_is_signed() {
    let rfc3339 = spec("{time}.{body}").time(At::header("x-time"), TimeFormat::Rfc3339, 300);
    let time = "2023-11-14T22:13:20.123456789Z";
    let sent = Sent::new(rfc3339, "/", &[("x-time", time)], b"x").signed();
    assert!(sent.verify().is_ok());
    // The same moment, written otherwise.
    for other in ["2023-11-14T22:13:20.12345678900Z", "2023-11-14T23:13:20.123456789+01:00"] {
        assert_eq!(sent.clone().with("x-time", other).refusal(), VerifyError::SignatureMismatch, "{other}");
    }
    let listed = timed("{time}.{body}");
    let sent = Sent::new(listed, "/", &[], b"x").signed();
    for other in ["01700000000", "+1700000000", "1700000000.0", "1.7e9"] {
        let refusal = VerifyError::Malformed("a time of another form");
        assert_eq!(sent.clone().with("x-time", other).refusal(), refusal, "{other}");
    }
}

#[test]
fn a_time_is_judged_on_both_sides_and_only_within_what_the_layout_says() {
    let sent = Sent::new(timed("{time}.{body}"), "/", &[], b"x").signed();
    let at = |secs: u64| {
        let request = sent.request();
        let begun = sent.verifier().begin(&request, UnixTime::from_secs(secs));
        begun.and_then(|unverified| unverified.verify(&[sent.key()], &sent.body)).map(drop).err()
    };
    assert_eq!(at(1_700_000_300), None);
    assert_eq!(at(1_700_000_301), Some(VerifyError::TooOld));
    assert_eq!(at(1_699_999_700), None);
    assert_eq!(at(1_699_999_699), Some(VerifyError::InFuture));
}

#[test]
fn digits_of_either_case_are_one_signature_and_nothing_else_is() {
    let sent = Sent::new(spec("{body}"), "/", &[], b"x").signed();
    let signature = sent.field("x-signature");
    assert!(sent.clone().with("x-signature", &signature.to_uppercase()).verify().is_ok());
    let short = &signature[..63];
    let malformed = VerifyError::Malformed("nothing in it is a signature");
    for text in [short, &format!("0x{signature}"), &format!("{signature} 0"), &signature.replace('1', "\u{661}")] {
        if text != signature {
            assert_eq!(sent.clone().with("x-signature", text).refusal(), malformed, "{text}");
        }
    }
    for text in [&signature[..62], &format!("{signature}00")] {
        assert_eq!(sent.clone().with("x-signature", text).refusal(), VerifyError::SignatureMismatch, "{text}");
    }
}

#[test]
fn what_cannot_be_a_signature_is_passed_over_as_long_as_another_is_there() {
    let listed = || spec("{body}").listing(",", ["v1={sig}"]);
    let sent = Sent::new(listed(), "/", &[], b"x").signed();
    let own = sent.field("x-signature");
    for value in [format!("v1=dummy,{own}"), format!("v1=,{own},v1=zz"), format!("v1={},{own}", "00".repeat(32))] {
        assert!(sent.clone().with("x-signature", &value).verify().is_ok(), "{value}");
    }
    let malformed = VerifyError::Malformed("nothing in it is a signature");
    assert_eq!(sent.with("x-signature", "v1=dummy,v1=").refusal(), malformed);
}

#[test]
fn credentials_of_another_kind_are_no_signature() {
    let in_authorization = || Spec::new(Mac::HmacSha256, "{body}", At::header("authorization")).written("ACME {sig}");
    let sent = Sent::new(in_authorization(), "/", &[], b"x").signed();
    assert!(sent.verify().is_ok());
    for other in ["Bearer abc", "Basic YTpi", "acme 00"] {
        let sent = sent.clone().with("authorization", other);
        assert_eq!(sent.refusal(), VerifyError::NoSignature, "{other}");
        assert_eq!(sent.verifier().place(&sent.request()), Ok(None));
    }
    let malformed = VerifyError::Malformed("nothing in it is a signature");
    assert_eq!(sent.with("authorization", "ACME zz").refusal(), malformed);
}

#[test]
fn a_host_that_is_signed_is_the_one_that_the_request_is_for() {
    let with_host = || spec("{header:host}\n{body}");
    let sent = Sent::new(with_host(), "/", &[("host", "a.example")], b"x").signed();
    assert!(sent.verify().is_ok());
    assert_eq!(sent.clone().with("host", "b.example").refusal(), VerifyError::SignatureMismatch);
    assert_eq!(sent.clone().also("host", "a.example").refusal(), VerifyError::Missing(field("host")));
    let bare = sent.without("host");
    assert_eq!(bare.refusal(), VerifyError::Missing(field("host")));
    // HTTP/2 has it elsewhere.
    let request = bare.request().with_authority("a.example");
    assert!(bare.verifier().begin(&request, NOW).unwrap().verify(&[bare.key()], b"x").is_ok());
    let from_host = spec("{url}\n{body}").url(crate::webhook::PublicUrl::FromHost("https".to_owned()));
    let sent = Sent::new(from_host, "/in", &[("host", "a.example")], b"x").signed();
    assert_eq!(sent.base(), "https://a.example/in\\nx");
    assert_eq!(sent.clone().without("host").refusal(), VerifyError::Absent("authority"));
    assert_eq!(sent.with("host", "a.example/in?").refusal(), VerifyError::UnusableAuthority);
}

#[test]
fn a_field_that_is_signed_is_not_taken_away_on_the_way() {
    let sent = Sent::new(timed("{time}.{header:x-a}.{body}"), "/", &[("x-a", "a")], b"x").signed();
    for name in ["x-a", "X-Time"] {
        let hop = sent.clone().with("connection", &format!("keep-alive, {name}"));
        assert_eq!(hop.refusal(), VerifyError::HopByHop(name.parse().unwrap()), "{name}");
    }
    assert!(sent.with("connection", "close, x-b").verify().is_ok());
}

#[test]
fn each_key_id_has_signatures_of_its_own_and_another_ones_count_for_nothing() {
    let named = || spec("{body}").listing(",", ["{key_id}={sig}"]).key_id(At::Layout);
    let mut sent = Sent::new(named(), "/", &[], b"x");
    sent.sign(&["right"]).unwrap();
    let wrong = "00".repeat(32);
    let sent = sent.clone().with("x-signature", &format!("wrong={wrong},{},wrong=zz", sent.field("x-signature")));
    let begin = || sent.verifier().begin(&sent.request(), NOW).unwrap();
    let id = |id: &str| id.parse::<KeyId>().unwrap();
    assert_eq!(begin().key_id(), Some(&id("wrong")));
    assert_eq!(begin().other_key_ids().collect::<Vec<_>>(), [&id("right")]);
    let verify = |unverified: crate::verify::Unverified| unverified.verify(&[sent.key()], b"x");
    assert_eq!(verify(begin()).err(), Some(VerifyError::SignatureMismatch));
    assert_eq!(verify(begin().with_key_id(&id("unknown"))).err(), Some(VerifyError::SignatureMismatch));
    assert_eq!(verify(begin().with_key_id(&id("right"))).unwrap().key_id(), Some(&id("right")));
    let back = begin().with_key_id(&id("right")).with_key_id(&id("wrong"));
    assert_eq!(verify(back).err(), Some(VerifyError::SignatureMismatch));
    let many: Vec<String> = (0..9).map(|n| format!("k{n}={wrong}")).collect();
    let too_many = VerifyError::Malformed("it names too many keys");
    assert_eq!(sent.clone().with("x-signature", &many.join(",")).refusal(), too_many);
    assert_eq!(sent.clone().with("x-signature", &many[..8].join(",")).refusal(), VerifyError::SignatureMismatch);
}

#[test]
fn a_key_id_in_a_field_has_to_be_there_and_be_one() {
    let named = || spec("{body}").key_id(At::header("x-key"));
    let sent = Sent::new(named(), "/", &[], b"x").signed();
    assert_eq!(sent.verify().unwrap().key_id().map(KeyId::as_str), Some("k1"));
    assert_eq!(sent.clone().without("x-key").refusal(), VerifyError::Absent("key id"));
    assert_eq!(sent.with("x-key", "").refusal(), VerifyError::Malformed("an unusable key id"));
}

#[test]
fn the_proof_tells_whether_the_delivery_id_is_signed() {
    let covered = timed("{id}.{time}.{body}").id(At::header("x-id"));
    let uncovered = spec("{body}").id(At::header("x-id"));
    let in_form =
        || crate::webhook::PairsSpec::new(crate::webhook::PairsOf::Form, crate::webhook::Sort::Key, "{k}={v}&");
    let in_form = spec("").signing(crate::webhook::Piece::Pairs(in_form())).id(At::Form("id".to_owned()));
    for (spec, is_covered) in [(covered, true), (uncovered, false), (in_form, true)] {
        let sent = Sent::new(spec, "/", &[("x-id", "d1")], b"id=d1").signed();
        let verified = sent.verify().unwrap();
        let id = verified.delivery_id().unwrap();
        assert_eq!((id.as_str(), id.is_covered()), ("d1", is_covered));
    }
}

#[test]
fn keys_serve_the_layout_that_they_were_made_for_and_no_other() {
    let sent = Sent::new(spec("{body}"), "/", &[], b"x").signed();
    let with = |keys: &[VerifyingKey]| {
        let unverified = sent.verifier().begin(&sent.request(), NOW).unwrap();
        unverified.verify(keys, b"x").map(drop).err()
    };
    let plain = VerifyingKey::hmac_sha256(&Secret::new(SECRET).unwrap());
    let github = Webhook::preset("github").unwrap().verifying_key(SECRET).unwrap();
    assert_eq!(with(&[sent.key()]), None);
    assert_eq!(with(&[plain.clone(), github.clone()]), Some(VerifyError::KeyOfOtherScheme));
    assert_eq!(with(&[plain, github, sent.key()]), None);
    assert_eq!(with(&[]), Some(VerifyError::UnknownKey));
    // Nor by another algorithm than its own.
    let sha512 = Webhook::new("acme", Spec { mac: Mac::HmacSha512, ..spec("{body}") }).unwrap();
    assert_eq!(with(&[sha512.verifying_key(SECRET).unwrap()]), Some(VerifyError::AlgorithmMismatch));
}

#[test]
fn one_secret_text_stands_for_other_bytes_in_other_layouts() {
    let text = "bm90IHdoYXQgaXQgbG9va3MgbGlrZQ==";
    let key = |encoding| acme(spec("{body}").key_encoding(encoding));
    let signed = |webhook: &Webhook| {
        let signer = crate::sign::Signer::new(webhook.clone(), webhook.signing_key("k1", text).unwrap());
        let fields = [("host", "a.example")];
        signer.sign(&Request::new("POST", "/", &fields).with_body(b"x"), NOW).unwrap().fields[0].value.clone()
    };
    assert_ne!(signed(&key(TextEncoding::Utf8)), signed(&key(TextEncoding::Base64)));
    let stripped = acme(spec("{body}").key_encoding(TextEncoding::Base64).key_strip("whsec_"));
    assert_eq!(signed(&stripped), signed(&key(TextEncoding::Base64)));
    assert!(stripped.verifying_key(&format!("whsec_{text}")).is_ok());
    assert!(key(TextEncoding::Base64).verifying_key(&format!("whsec_{text}")).is_err());
    for unset in ["", "whsec_"] {
        assert_eq!(stripped.verifying_key(unset).err(), Some(crate::error::KeyError::EmptySecret));
        assert_eq!(stripped.dangerous_short_signing_key("k1", unset).err(), Some(crate::error::KeyError::EmptySecret));
    }
}

#[test]
fn a_policy_that_names_the_places_of_signatures_holds_for_webhooks_too() {
    let sent = Sent::new(spec("{body}"), "/", &[], b"x").signed();
    let only = |fields: &[WellKnown], sent: &Sent| {
        let verifier = Verifier::new(sent.webhook.clone(), sent.webhook.policy().only_in(fields));
        verifier.begin(&sent.request(), NOW).map(drop).err()
    };
    let refused = Some(VerifyError::Absent("signature in a field that is accepted"));
    assert_eq!(only(&[WellKnown::Signature], &sent), refused);
    let in_signature =
        Sent::new(Spec::new(Mac::HmacSha256, "{body}", At::header("signature")), "/", &[], b"x").signed();
    assert_eq!(only(&[WellKnown::Signature], &in_signature), None);
    let elsewhere = VerifyError::PlaceNotAccepted(WellKnown::Signature.into());
    assert_eq!(only(&[WellKnown::Authorization], &in_signature), Some(elsewhere));
}

#[test]
fn a_policy_cannot_be_satisfied_by_one_pair_of_the_query() {
    let sent = Sent::new(spec("{query:a}.{body}"), "/?a=1&b=2", &[], b"x").signed();
    assert!(sent.verify().is_ok());
    let policy = Policy::dangerous_requiring_nothing().require(Component::Query, crate::coverage::When::Always);
    let refused = Verifier::new(sent.webhook.clone(), policy).begin(&sent.request(), NOW).map(drop);
    assert_eq!(refused.err(), Some(VerifyError::NotCovered(Component::Query)));
}

#[test]
fn a_form_is_read_from_what_says_to_be_one() {
    let ami = crate::webhook::Preset::named("flow-ami").unwrap().spec();
    let sent = Sent::new(ami, "/", &[], b"a=1").signed();
    let form = "application/x-www-form-urlencoded; charset=UTF-8";
    assert!(sent.clone().with("content-type", form).verify().is_ok());
    assert_eq!(sent.clone().also("content-type", form).also("content-type", form).refusal().code(), "malformed");
    for kind in ["multipart/form-data; boundary=x", "application/json", "text/plain", ""] {
        let refusal = VerifyError::Malformed("the body is no form");
        assert_eq!(sent.clone().with("content-type", kind).refusal(), refusal, "{kind}");
    }
    for added in ["&b=1", "&a=1", "&timestamp=2023-11-14T22:13:20Z", "&signature=00"] {
        let body = [&sent.body, added.as_bytes()].concat();
        assert!(sent.clone().body(&body).verify().is_err(), "{added}");
    }
    // What the layout leaves out, by its word.
    let blank = [&sent.body, &b"&b="[..]].concat();
    assert!(sent.body(&blank).verify().is_ok());
}

#[test]
fn numbered_fields_are_read_in_a_row_and_any_of_them_counts() {
    let numbered = || spec("{body}").signature_at(At::HeaderSeq("x-signature-{n}".to_owned()));
    let numbered = || numbered().encoding(SignatureEncoding::Base64);
    let mut sent = Sent::new(numbered(), "/", &[], b"x");
    sent.sign(&["k1"]).unwrap();
    let own = sent.field("x-signature-1");
    let bare = sent.clone().without("x-signature-1");
    assert!(bare.clone().with("x-signature-1", "AAAA").with("x-signature-2", &own).verify().is_ok());
    assert!(bare.clone().with("x-signature-7", &own).verify().is_ok());
    assert_eq!(bare.clone().with("x-signature-101", &own).refusal(), VerifyError::NoSignature);
    let gap = bare.clone().with("x-signature-1", "AAAA").with("x-signature-3", &own);
    assert_eq!(gap.refusal(), VerifyError::SignatureMismatch);
    let twice = sent.also("x-signature-1", &own);
    assert_eq!(twice.refusal(), VerifyError::Ambiguous("field with a signature"));
    assert_eq!(twice.verifier().place(&twice.request()), Err(VerifyError::Ambiguous("field with a signature")));
}
