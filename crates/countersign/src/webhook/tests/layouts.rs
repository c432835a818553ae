//! What is refused when a layout is made.

use super::{spec, timed};
use crate::webhook::{
    At, BodyHash, DigestSpec, Mac, PairsOf, PairsSpec, Piece, PublicUrl, SignatureEncoding, Sort, Spec, TimeFormat,
    Weakness, Webhook, WebhookError,
};

fn error(spec: Spec) -> WebhookError {
    Webhook::new("acme", spec).unwrap_err()
}

fn form(pair: &str) -> PairsSpec {
    PairsSpec::new(PairsOf::Form, Sort::Line, pair)
}

fn digest(at: At, hash: BodyHash, encoding: SignatureEncoding) -> DigestSpec {
    DigestSpec { at, hash, encoding, prefix: String::new() }
}

#[test]
fn parts_that_cannot_go_together_are_refused_for_their_reason() {
    let query = || PairsSpec::new(PairsOf::Query, Sort::Key, "{k}={v}");
    let own_form = |pairs: PairsSpec| spec("").signature_at(At::Form("sig".to_owned())).signing(Piece::Pairs(pairs));
    let raw = SignatureEncoding::Raw;
    let with_digest = |digest| Spec { digest: Some(digest), ..spec("{body}") };
    let many: Vec<String> = (0..70).map(|n| format!("{{header:x-{n}}}")).collect();
    let many = many.join("\n");
    for (spec, reason) in [
        (spec("{body}").encoding(raw), "a token is written as it is, alone, and nothing else is"),
        (
            Spec { mac: Mac::DangerousToken, ..spec("") }.dangerous(),
            "a token is written as it is, alone, and nothing else is",
        ),
        (
            Spec { mac: Mac::DangerousToken, ..spec("").encoding(raw).listing(",", ["v={sig}"]) }.dangerous(),
            "a token is written as it is, alone, and nothing else is",
        ),
        (spec("{secret}{body}"), "a secret stands in front of a message that is hashed"),
        (
            Spec { mac: Mac::DangerousHashSha256, ..spec("{body}") }.dangerous(),
            "a secret stands in front of a message that is hashed",
        ),
        (
            Spec { mac: Mac::DangerousHashSha256, ..spec("{body}{secret}") }.dangerous(),
            "a secret stands in front of a message that is hashed",
        ),
        (spec("{body}").signature_at(At::Layout), "a signature cannot stand beside itself"),
        (spec("{body}").signature_at(At::Headers(vec![])), "signatures stand in one to sixteen fields"),
        (
            spec("{body}").signature_at(At::Headers((0..17).map(|n| format!("x-{n}")).collect())),
            "signatures stand in one to sixteen fields",
        ),
        (spec("{body}").id(At::Layout), "what there is one of stands in one place"),
        (spec("{body}").key_id(At::Headers(vec!["x-a".to_owned()])), "what there is one of stands in one place"),
        (
            spec("{time}{body}").time(At::HeaderSeq("x-{n}".to_owned()), TimeFormat::Unix, 1),
            "what there is one of stands in one place",
        ),
        (
            with_digest(digest(At::header("x-hash"), BodyHash::Sha1, SignatureEncoding::Hex)),
            "a digest is a SHA-256 or a SHA-512 in a field or in the query",
        ),
        (
            with_digest(digest(At::Form("h".to_owned()), BodyHash::Sha256, SignatureEncoding::Hex)),
            "a digest is a SHA-256 or a SHA-512 in a field or in the query",
        ),
        (
            with_digest(digest(At::header("x-hash"), BodyHash::Sha256, raw)),
            "a digest is a SHA-256 or a SHA-512 in a field or in the query",
        ),
        (spec("{body}.{body}"), "the body is signed twice"),
        (
            spec("{body}").signature_at(At::Form("sig".to_owned())),
            "a signature in the body cannot be one over the body",
        ),
        (
            spec("{digest:sha256:hex}").signature_at(At::Form("sig".to_owned())),
            "a signature in the body cannot be one over the body",
        ),
        (own_form(form("{k}={v}")), "a signature among the pairs that it covers"),
        (own_form(form("{k}={v}").except(&["SIG", "sig2"])), "a signature among the pairs that it covers"),
        (
            spec("").signature_at(At::Query("sig".to_owned())).signing(Piece::Pairs(query())).without_body(),
            "a signature among the pairs that it covers",
        ),
        (
            spec("{method}").digest(At::header("x-hash"), SignatureEncoding::Hex),
            "the digest is not signed, so it says nothing",
        ),
        (
            spec("{path}").digest(At::Query("hash".to_owned()), SignatureEncoding::Hex),
            "the digest is not signed, so it says nothing",
        ),
        (spec("{time}.{body}"), "the time is signed, but nothing says where it stands"),
        (timed("{body}"), "the time is not signed, so it says nothing"),
        (
            spec("{path}{body}").time(At::Query("t".to_owned()), TimeFormat::Unix, 1),
            "the time is not signed, so it says nothing",
        ),
        (
            own_form(form("{k}={v}").except(&["sig", "time"])).time(At::Form("time".to_owned()), TimeFormat::Unix, 1),
            "the time is not signed, so it says nothing",
        ),
        (spec("{id}.{body}"), "the id is signed, but nothing says where it stands"),
        (own_form(form("{k}").except(&["sig"])), "a pair is signed without its name or its value"),
        (own_form(form("{v}").except(&["sig"])), "a pair is signed without its name or its value"),
        (spec(&format!("{many}\n{{body}}")), "more is signed than can be named"),
    ] {
        let shown = format!("{spec:?}");
        assert_eq!(error(spec), WebhookError::Impossible(reason), "{shown}");
    }
}

#[test]
fn no_control_character_is_written_into_a_request() {
    let reason = WebhookError::Impossible("a control character stands where a value does");
    for control in ["a\r\nEvil: ", "a\n", "a\r", "a\0", "a\tb", "\x7F", "\u{85}"] {
        let digest = DigestSpec {
            prefix: control.to_owned(),
            ..digest(At::header("x-hash"), BodyHash::Sha256, SignatureEncoding::Hex)
        };
        for spec in [
            spec("{body}").written(format!("{control}{{sig}}")),
            spec("{body}").listing(",", ["v={sig}".to_owned(), control.to_owned()]),
            spec("{body}").listing(control, ["v={sig}"]),
            spec("{body}").listing(",", ["v={sig}"]).behind(control),
            spec("{body}").signature_at(At::Query(control.to_owned())),
            spec("{query}").signature_at(At::Form(control.to_owned())),
            spec("{body}").id(At::Query(control.to_owned())),
            Spec { digest: Some(digest), ..spec("{body}") },
        ] {
            let shown = format!("{spec:?}");
            assert_eq!(error(spec), reason, "{shown}");
        }
    }
}

#[test]
fn nothing_else_stands_where_the_signature_does() {
    let reason = WebhookError::Impossible("something else stands where the signature does");
    let in_query = |spec: Spec| spec.signature_at(At::Query("s".to_owned()));
    for spec in [
        spec("{header:X-Signature}{body}"),
        spec("{body}").id(At::header("x-signature")),
        spec("{body}").key_id(At::header("x-signature")),
        spec("{time}{body}").time(At::header("x-signature"), TimeFormat::Unix, 1),
        // The pair of the signature is no part of the query that is signed.
        in_query(spec("{query}{body}").time(At::Query("s".to_owned()), TimeFormat::Unix, 1)),
        in_query(spec("{target}{body}").id(At::Query("s".to_owned()))),
        in_query(spec("{query:s}{body}")),
        spec("{body}").signature_at(At::Headers(vec!["x-a".to_owned(), "x-b".to_owned()])).id(At::header("X-B")),
        spec("{header:x-7}{body}").signature_at(At::HeaderSeq("x-{n}".to_owned())),
    ] {
        let shown = format!("{spec:?}");
        assert_eq!(error(spec), reason, "{shown}");
    }
}

#[test]
fn a_name_is_visible_ascii_and_none_of_ours() {
    let reason = WebhookError::Impossible("its name is empty, too long, taken, or not of visible ASCII");
    for name in ["", "cavage", "a b", "\u{e4}", "a\n", &"x".repeat(65)] {
        assert_eq!(Webhook::new(name, spec("{body}")).err(), Some(reason.clone()), "{name:?}");
    }
    assert!(Webhook::new(&"x".repeat(64), spec("{body}")).is_ok());
}

#[test]
fn names_in_braces_mean_something_or_are_refused() {
    for text in [
        "{Body}",
        "{body",
        "body}",
        "{}",
        "{body:1}",
        "{header}",
        "{form}",
        "{json}",
        "{digest}",
        "{digest:sha256}",
        "{digest:crc32:hex}",
        "{digest:sha256:base32}",
        "{sig}{body}",
        "{k}",
        "{timestamp}",
    ] {
        assert!(matches!(error(spec(text)), WebhookError::Template { .. }), "{text}");
    }
    for pair in ["{k}={v}{body}", "{k}={v}{", "{name}={value}"] {
        let pairs = spec("").signing(Piece::Pairs(form(pair)));
        assert!(matches!(error(pairs), WebhookError::Template { .. }), "{pair}");
    }
}

#[test]
fn fields_urls_and_pointers_are_judged_before_any_request_is() {
    for name in ["", "a b", "a:b", "x-\u{e4}"] {
        let wrong = WebhookError::FieldName(name.to_owned());
        assert_eq!(error(Spec::new(Mac::HmacSha256, "{body}", At::header(name))), wrong);
        assert_eq!(error(spec("{body}").id(At::header(name))), wrong);
        assert_eq!(error(spec(&format!("{{header:{name}}}{{body}}"))), wrong);
    }
    for name in ["x-signature", "x-{n}-{n}"] {
        let wrong = WebhookError::FieldName(name.to_owned());
        assert_eq!(error(spec("{body}").signature_at(At::HeaderSeq(name.to_owned()))), wrong);
    }
    assert_eq!(error(spec("{url}{body}")), WebhookError::NeedsUrl);
    let url = PublicUrl::Fixed("hooks.example".to_owned());
    assert_eq!(error(spec("{url}{body}").url(url)), WebhookError::Url("hooks.example".to_owned()));
    let json = |pointer: &str| spec("{body}").id(At::Json(pointer.to_owned()));
    if cfg!(feature = "json") {
        for pointer in ["", "id", "/a~", "/a~2"] {
            assert_eq!(error(json(pointer)), WebhookError::Pointer(pointer.to_owned()));
        }
        assert!(Webhook::new("acme", json("/a~1b/~0")).is_ok());
    } else {
        assert_eq!(error(json("/id")), WebhookError::NeedsFeature("json"));
    }
    if cfg!(not(feature = "asymmetric")) {
        let ed25519 = Spec { mac: Mac::Ed25519, ..spec("{body}") };
        assert_eq!(error(ed25519), WebhookError::NeedsFeature("asymmetric"));
    }
}

#[test]
fn what_protects_too_little_is_taken_where_it_is_said_to_be_dangerous_and_not_else() {
    let token = Spec { mac: Mac::DangerousToken, ..spec("").encoding(SignatureEncoding::Raw) };
    let hash = Spec { mac: Mac::DangerousHashSha256, ..spec("{secret}{body}") };
    for (spec, weakness) in [
        (token, Weakness::Token),
        (hash, Weakness::PlainHash),
        (spec("{method}"), Weakness::BodyUncovered),
        (spec(""), Weakness::BodyUncovered),
        (spec("{form:a}"), Weakness::BodyUncovered),
    ] {
        assert_eq!(error(spec.clone()), WebhookError::Dangerous(weakness));
        assert!(Webhook::new("acme", spec.dangerous()).unwrap().weaknesses().contains(&weakness));
    }
    // A hash of all of it is enough, and so is a request that has none.
    for spec in
        [spec("{digest:sha256:raw}"), spec("").signing(Piece::Pairs(form("{k}={v}"))), spec("{path}").without_body()]
    {
        assert!(Webhook::new("acme", spec).is_ok());
    }
}

#[test]
fn values_with_nothing_between_them_that_holds_are_said_to_run_together() {
    let fixed = || PublicUrl::Fixed("https://hooks.example/in".to_owned());
    let origin = || PublicUrl::Origin("https://hooks.example".to_owned());
    let pairs = || Piece::Pairs(form("{k}{v}"));
    let id = |message: &str| timed(message).id(At::header("x-id"));
    for (spec, runs_together) in [
        (spec("{path}{body}"), true),
        (spec("{method}{path}{body}"), true),
        (spec("{header:x-a}{header:x-b}{body}"), true),
        (spec("{header:x-a}|{path}|{body}"), false),
        (spec("{method}|{body}"), false),
        // What has a length of its own parts nothing: the next value may begin with another such.
        (id("{id}{time}{body}"), true),
        (id("{id}.{time}.{body}"), false),
        (id("{time}.{id}.{body}"), false),
        (id("{body}.{id}.{time}"), false),
        (id("{body}{time}.{id}"), false),
        (timed("{time}{body}"), false),
        (timed("{body}{time}"), false),
        (spec("{url}{body}").url(origin()), true),
        (spec("{url}{body}").url(fixed()), false),
        (spec("{url}").and(pairs()).url(origin()), true),
        (spec("{url}").and(pairs()).url(fixed()), false),
        (spec("").signing(pairs()).and(Piece::Template("|{body}".to_owned())), true),
    ] {
        let shown = format!("{:?}", spec.message);
        let weaknesses = Webhook::new("acme", spec).unwrap().weaknesses();
        assert_eq!(weaknesses.contains(&Weakness::ValuesRunTogether), runs_together, "{shown}");
    }
}

#[test]
fn a_single_pair_of_the_query_and_a_url_that_is_fixed_are_not_the_query() {
    let url = |url| spec("{url}{body}").url(url);
    let names = |spec: Spec| {
        let covers = Webhook::new("acme", spec).unwrap().covers();
        covers.iter().map(|(component, _)| component.as_str().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(spec("{query:a}.{body}")), "(body)");
    assert_eq!(names(spec("{query}.{body}")), "(query) (body)");
    let in_query = spec("{time}.{id}.{body}").id(At::Query("id".to_owned()));
    assert_eq!(names(in_query.time(At::Query("t".to_owned()), TimeFormat::Unix, 1)), "(body)");
    assert_eq!(names(url(PublicUrl::Fixed("https://a.example/?a=1".to_owned()))), "(target-uri) (body)");
    assert_eq!(names(url(PublicUrl::candidates(|_| Vec::new()))), "(target-uri) (body)");
    assert_eq!(names(url(PublicUrl::FromHost("https".to_owned()))), "(target-uri) (path) (query) (body)");
}
