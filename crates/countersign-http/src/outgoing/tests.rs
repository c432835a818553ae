use countersign::{Cavage, Component, Secret, SignError, SignatureParts, Signer, SigningKey, UnixTime, WellKnown};

use super::*;
use crate::{Error, apply, sign_at};

const NOW: UnixTime = UnixTime::from_secs(784_111_777);

fn signer() -> Signer {
    let secret = Secret::new("correct horse battery staple").unwrap();
    Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret).unwrap())
}

fn request(uri: &str) -> http::Request<Vec<u8>> {
    http::Request::get(uri).body(Vec::new()).unwrap()
}

#[test]
fn a_uri_is_read_as_it_goes_over_the_wire() {
    for (uri, target, host) in [
        ("http://api.example", "/", Some("api.example")),
        ("http://api.example?a", "/?a", Some("api.example")),
        ("http://api.example/a?", "/a?", Some("api.example")),
        ("http://api.example:80/%7ea//b?x=%2f", "/%7ea//b?x=%2f", Some("api.example")),
        ("https://user:password@api.example:443/", "/", Some("api.example")),
        ("https://api.example:80/", "/", Some("api.example:80")),
        ("http://[::1]:8080/", "/", Some("[::1]:8080")),
        ("/orders?page=2", "/orders?page=2", None),
        ("*", "*", None),
    ] {
        let request = request(uri);
        assert_eq!((&*request.target(), request.authority().as_deref()), (target, host), "{uri}");
    }
}

#[test]
fn a_target_is_changed_byte_for_byte_or_not_at_all() {
    let before = request("http://api.example:81/a?b=%2f");
    let uri = before.with_target("/a?b=%2f&sig=x%2B").unwrap();
    assert_eq!(uri, "http://api.example:81/a?b=%2f&sig=x%2B");
    for unsendable in ["/a b", "/a#b", "/a\u{7f}"] {
        assert_eq!(before.with_target(unsendable), None, "{unsendable}");
    }
    let mut parts = SignatureParts::default();
    parts.query = vec![("sig".to_owned(), "x+".to_owned())];
    let mut after = before.clone();
    apply(&mut after, parts).unwrap();
    assert_eq!(after.uri(), "http://api.example:81/a?b=%2f&sig=x%2B");
}

#[test]
fn a_request_is_signed_as_a_whole_or_unchanged() {
    let mut request = request("/orders");
    let missing = SignError::Missing(Component::field(WellKnown::Host));
    assert!(matches!(sign_at(&mut request, &signer(), NOW), Err(Error::Sign(error)) if error == missing));
    assert!(request.headers().is_empty());
    request.headers_mut().insert("host", "api.example".parse().unwrap());
    *request.body_mut() = b"{}".to_vec();
    sign_at(&mut request, &signer(), NOW).unwrap();
    let names: Vec<_> = request.headers().keys().map(http::HeaderName::as_str).collect();
    assert_eq!(names, ["host", "date", "digest", "signature"]);
    assert!(request.headers()["signature"].is_sensitive());
}

#[test]
fn a_length_that_is_not_the_bodys_is_not_signed() {
    for (length, is_the_bodys) in
        [("2", true), ("3", false), ("02", false), ("+2", false), ("", false), ("2, 2", false)]
    {
        let mut request = request("http://api.example/");
        *request.body_mut() = b"{}".to_vec();
        request.headers_mut().insert("host", "api.example".parse().unwrap());
        request.headers_mut().insert("content-length", length.parse().unwrap());
        let signed = sign_at(&mut request, &signer(), NOW);
        assert_eq!(signed.is_ok(), is_the_bodys, "{length:?}");
        assert!(is_the_bodys || matches!(signed, Err(Error::LengthMismatch)));
        assert_eq!(request.headers().contains_key("signature"), is_the_bodys);
    }
}
