use countersign::{
    Cavage, Component, Coverage, Secret, SignError, SignatureField, SignatureParts, Signer, SigningKey, UnixTime, When,
};
use countersign_http::Error;
use http::HeaderValue;
use reqwest::{Body, Request};

use super::*;

const FORM: &str = "application/x-www-form-urlencoded";

fn apply(request: &mut Request, parts: SignatureParts) -> Result<(), Error> {
    countersign_http::apply(&mut Wire(request), parts)
}

fn body(request: &Request) -> Option<&[u8]> {
    Message::body(request)
}

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn request(url: &str) -> Request {
    Request::new(Method::POST, url.parse().unwrap())
}

fn with_body(body: impl Into<Body>) -> Request {
    let mut request = request("http://api.example/hook?a");
    *request.body_mut() = Some(body.into());
    request
}

fn with_field(mut request: Request, name: &'static str, value: &str) -> Request {
    request.headers_mut().append(name, value.parse().unwrap());
    request
}

fn pairs(pairs: Pairs<'_>) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn parts(query: Pairs<'_>, form: Pairs<'_>, json: Pairs<'_>) -> SignatureParts {
    let mut parts = SignatureParts::default();
    (parts.query, parts.form, parts.json) = (pairs(query), pairs(form), pairs(json));
    parts
}

/// Parts that set one field, which only a signer makes.
fn in_a_field(name: &str, value: &[u8]) -> SignatureField {
    let secret = Secret::new("correct horse battery staple").unwrap();
    let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret).unwrap())
        .covering(Coverage::empty().and(Component::RequestTarget, When::Always));
    let none: [(&str, &str); 0] = [];
    let head = countersign::Request::new("GET", "/", &none).with_body(b"");
    let mut field = signer.sign(&head, UnixTime::from_secs(784_111_777)).unwrap().fields.remove(0);
    (field.name, field.value) = (name.parse().unwrap(), value.to_vec());
    field
}

/// All of a request that signing could change.
fn shown(request: &Request) -> String {
    format!("{} {} {:?} {:?}", request.method(), request.url(), request.headers(), body(request))
}

fn refused(mut request: Request, parts: SignatureParts) -> Error {
    let before = shown(&request);
    let error = apply(&mut request, parts).unwrap_err();
    assert_eq!(shown(&request), before);
    error
}

#[test]
fn a_pair_is_set_in_the_query_and_the_rest_of_the_url_stays() {
    for (url, expected) in [
        ("http://u:p@api.example:81", "http://u:p@api.example:81/?sig=x%2B"),
        ("http://api.example/?", "http://api.example/?sig=x%2B"),
        ("http://api.example/%7ea?b=%2f&sig=old&c='#frag", "http://api.example/%7ea?b=%2f&sig=x%2B&c=%27#frag"),
        ("http://api.example/?q=\u{e4} {|}", "http://api.example/?q=%C3%A4%20{|}&sig=x%2B"),
    ] {
        let mut request = request(url);
        apply(&mut request, parts(&[("sig", "x+")], &[], &[])).unwrap();
        assert_eq!(request.url().as_str(), expected);
        assert!(request.body().is_none() && request.headers().is_empty());
    }
}

#[test]
fn a_query_that_the_url_spells_otherwise_is_an_error() {
    let mut request = request("http://api.example/a?b");
    let request = Wire(&mut request);
    for spelt_alike in ["/a?b=%7e&c={|}&d=%zz?", "/a?", "/a?&&"] {
        assert_eq!(target(&request.with_target(spelt_alike).unwrap()), spelt_alike);
    }
    for otherwise in ["/a?b=1 2", "/a?b='", "/a?b=\u{e4}", "/a?b=#c", "/a?b\n", "/b?b", "/a?b=\"<>"] {
        assert_eq!(request.with_target(otherwise), None, "{otherwise:?}");
    }
}

#[test]
fn a_pair_is_set_in_the_form_and_only_an_empty_body_gets_the_type_of_one() {
    const TYPE: &str = "application/x-www-form-urlencoded";
    let form = || parts(&[], &[("sig", "x=")], &[]);
    for (mut request, expected, content_type) in [
        (request("http://api.example/"), &b"sig=x%3D"[..], Some(TYPE)),
        (with_body(""), b"sig=x%3D", Some(TYPE)),
        (with_field(with_body(&b"a=%7e&b=\xFF"[..]), "content-type", TYPE), b"a=%7e&b=\xFF&sig=x%3D", Some(TYPE)),
        (with_field(with_body("sig=1&a"), "content-type", TYPE), b"sig=x%3D&a", Some(TYPE)),
        (
            with_field(with_body("a"), "content-type", "Application/X-www-form-urlencoded ;charset=utf-8"),
            { b"a&sig=x%3D" },
            Some("Application/X-www-form-urlencoded ;charset=utf-8"),
        ),
    ] {
        apply(&mut request, form()).unwrap();
        assert_eq!(body(&request), Some(expected));
        let own = request.headers().get("content-type").map(|own| own.to_str().unwrap());
        assert_eq!(own, content_type);
    }
}

#[test]
fn a_value_is_set_in_a_json_body_and_its_type_is_left_alone() {
    let mut request = with_field(with_body(r#"{"n":1.50, "a":{}}"#), "content-type", "application/json");
    apply(&mut request, parts(&[], &[], &[("/a/sig", "x")])).unwrap();
    assert_eq!(body(&request), Some(&br#"{"n":1.50, "a":{"sig":"x"}}"#[..]));
    assert_eq!(request.headers()["content-type"], "application/json");
    assert_eq!(request.headers().len(), 1);
}

#[test]
fn a_body_that_is_none_of_json_is_left_as_it_is() {
    let error = refused(with_body("a=1"), parts(&[("sig", "x")], &[], &[("/sig", "x")]));
    assert!(matches!(error, Error::Sign(SignError::NotJson)), "{error}");
}

#[test]
fn a_stream_takes_a_signature_in_the_query_and_none_in_the_body() {
    let stream = || with_body(Body::wrap(Body::from("streamed")));
    for in_the_body in [parts(&[], &[("sig", "x")], &[]), parts(&[], &[], &[("/sig", "x")])] {
        let error = refused(stream(), in_the_body);
        assert!(matches!(error, Error::UnreadBody), "{error}");
    }
    let mut request = stream();
    apply(&mut request, parts(&[("sig", "x")], &[], &[])).unwrap();
    assert_eq!(request.url().query(), Some("a&sig=x"));
    assert!(request.body().is_some_and(|body| body.as_bytes().is_none()));
}

#[test]
fn a_body_of_another_type_takes_no_pair_of_a_form() {
    for other in ["application/json", "multipart/form-data; boundary=b", "text/plain", "", "application/x-www-form"] {
        let error = refused(with_field(with_body("a"), "content-type", other), parts(&[], &[("sig", "x")], &[]));
        assert!(matches!(error, Error::NotAForm), "{other}: {error}");
    }
    let error = refused(with_body("{}"), parts(&[], &[("sig", "x")], &[]));
    assert!(matches!(error, Error::NotAForm), "{error}");
}

#[test]
fn a_field_that_would_be_wrong_about_the_new_body_is_an_error() {
    let form = || parts(&[], &[("sig", "x")], &[]);
    let a_form = || with_field(with_body("a=1"), "content-type", FORM);
    for (name, value) in [
        ("content-length", "3"),
        ("content-length", "+9"),
        ("content-encoding", "gzip"),
        ("digest", "SHA-256=x"),
        ("content-digest", "sha-256=:x:"),
        ("x-content-sha256", "x"),
        ("content-md5", "x"),
        ("repr-digest", "sha-256=:x:"),
    ] {
        let error = refused(with_field(a_form(), name, value), form());
        assert!(matches!(&error, Error::StaleField(field) if field.as_str() == name), "{name}: {error}");
        let mut query_alone = with_field(a_form(), name, value);
        assert!(apply(&mut query_alone, parts(&[("sig", "x")], &[], &[])).is_ok());
    }
    let mut ahead = with_field(a_form(), "content-length", "9");
    apply(&mut ahead, form()).unwrap();
    assert_eq!(body(&ahead), Some(&b"a=1&sig=x"[..]));
}

#[test]
fn fields_take_the_place_of_those_of_their_name_and_may_be_several() {
    let mut parts = SignatureParts::default();
    parts.fields = vec![in_a_field("x-sig", b"1"), in_a_field("x-sig", b"2"), in_a_field("x-sig-2", b"3")];
    let mut request = with_field(with_field(with_body("a"), "x-sig", "old"), "x-other", "kept");
    apply(&mut request, parts).unwrap();
    let values = |name| request.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!((values("x-sig"), values("x-sig-2"), values("x-other")), (vec!["1", "2"], vec!["3"], vec!["kept"]));
    assert!(request.headers().get_all("x-sig").iter().all(HeaderValue::is_sensitive));
}

#[test]
fn a_part_that_fails_leaves_all_others_undone() {
    let mut with_bad_field = parts(&[("sig", "x")], &[("sig", "x")], &[]);
    with_bad_field.fields = vec![in_a_field("x-sig", b"1"), in_a_field("x-bad", b"a\nb")];
    let error = refused(request("http://api.example/"), with_bad_field);
    assert!(matches!(&error, Error::InvalidField(name) if name.as_str() == "x-bad"), "{error}");
}
