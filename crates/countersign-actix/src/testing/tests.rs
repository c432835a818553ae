use countersign::{Cavage, Secret, SigningKey};

use super::*;

const FORM: &str = "Application/x-www-form-urlencoded; charset=utf-8";

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn parts(query: Pairs<'_>, form: Pairs<'_>, json: Pairs<'_>) -> SignatureParts {
    let owned = |pairs: Pairs<'_>| pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let mut parts = SignatureParts::default();
    (parts.query, parts.form, parts.json) = (owned(query), owned(form), owned(json));
    parts
}

fn body(request: &mut Request) -> Vec<u8> {
    let chunks = request.take_payload().collect::<Vec<_>>().now_or_never().unwrap();
    chunks.into_iter().flat_map(Result::unwrap).collect()
}

fn applied(request: TestRequest, parts: &SignatureParts, body: Option<&[u8]>) -> Result<Request, SignError> {
    let mut request = request.to_request();
    apply(&mut request, parts, body).map(|()| request)
}

#[test]
fn a_signature_in_the_query_goes_into_the_requests_own_target() {
    let in_query = parts(&[("sig", "x=")], &[], &[]);
    for (uri, expected) in [
        ("/", "/?sig=x%3D"),
        ("/a?b=%7e&sig=1", "/a?b=%7e&sig=x%3D"),
        ("http://api.example:81/a", "http://api.example:81/a?sig=x%3D"),
    ] {
        let request = applied(TestRequest::with_uri(uri), &in_query, Some(b"")).unwrap();
        assert_eq!(request.uri().to_string(), expected);
    }
    let missing = SignError::Missing(Component::RequestTarget);
    assert_eq!(applied(TestRequest::with_uri("api.example:80"), &in_query, Some(b"")).err(), Some(missing));
}

#[test]
fn a_signature_in_the_body_comes_with_the_length_and_the_type_that_a_client_sends() {
    let in_form = parts(&[], &[("sig", "x")], &[]);
    let mut request = applied(TestRequest::post(), &in_form, Some(b"")).unwrap();
    assert_eq!(request.headers().get("content-type").unwrap(), "application/x-www-form-urlencoded");
    assert_eq!(body(&mut request), b"sig=x");

    let own = TestRequest::post().insert_header(("content-length", "3")).insert_header(("content-type", FORM));
    let mut request = applied(own, &in_form, Some(b"a=1")).unwrap();
    assert_eq!(request.headers().get("content-length").unwrap(), "9");
    assert_eq!(request.headers().get("content-type").unwrap(), FORM);
    assert_eq!(body(&mut request), b"a=1&sig=x");

    let mut request = applied(TestRequest::post(), &parts(&[], &[], &[("/sig", "x")]), Some(b"{}")).unwrap();
    assert!(request.headers().is_empty());
    assert_eq!(body(&mut request), br#"{"sig":"x"}"#);
}

#[test]
fn a_body_that_is_not_at_hand_or_none_of_json_takes_no_signature() {
    let in_json = parts(&[], &[], &[("/sig", "x")]);
    assert_eq!(applied(TestRequest::post(), &in_json, None).err(), Some(SignError::UnreadBody));
    assert_eq!(applied(TestRequest::post(), &in_json, Some(b"")).err(), Some(SignError::NotJson));
}

#[test]
fn a_body_that_is_no_form_or_has_a_digest_is_left_as_it_is() {
    let in_form = parts(&[], &[("sig", "x")], &[]);
    assert_eq!(applied(TestRequest::post(), &in_form, Some(b"{}")).err(), Some(SignError::NotAForm));
    let json = || TestRequest::post().insert_header(("content-type", "application/json"));
    assert_eq!(applied(json(), &in_form, Some(b"{}")).err(), Some(SignError::NotAForm));
    let digested = json().insert_header(("digest", "SHA-256=x"));
    let stale = SignError::StaleField("digest".parse().unwrap());
    assert_eq!(applied(digested, &parts(&[], &[], &[("/sig", "x")]), Some(b"{}")).err(), Some(stale));
}

#[test]
fn a_field_that_no_header_can_have_is_an_error_and_no_unsigned_request() {
    let secret = Secret::new("correct horse battery staple").unwrap();
    let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret).unwrap());
    let head = countersign::Request::new("GET", "/", &[("host", "a")]).with_body(b"");
    let mut parts = signer.sign(&head, now()).unwrap();
    parts.fields.truncate(1);
    (parts.fields[0].name, parts.fields[0].value) = ("x-sig".parse().unwrap(), b"a\nb".to_vec());
    let invalid = SignError::InvalidField("x-sig".parse().unwrap());
    assert_eq!(applied(TestRequest::get(), &parts, Some(b"")).err(), Some(invalid));
}

#[test]
fn a_body_is_the_tests_own_and_a_field_takes_the_place_of_those_of_its_name() {
    let secret = Secret::new("correct horse battery staple").unwrap();
    let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret).unwrap());
    let request =
        TestRequest::post().set_payload("payload").append_header(("x-sig", "1")).append_header(("x-sig", "2"));
    let mut request = sign(request, &signer).unwrap();
    assert_eq!(body(&mut request), b"payload");

    let mut twice =
        signer.sign(&countersign::Request::new("GET", "/", &[("host", "a")]).with_body(b""), now()).unwrap();
    for (field, value) in twice.fields.iter_mut().zip(["3", "4"]) {
        (field.name, field.value) = ("x-sig".parse().unwrap(), value.into());
    }
    apply(&mut request, &twice, Some(b"")).unwrap();
    assert_eq!(request.headers().get_all("x-sig").collect::<Vec<_>>(), ["3", "4"]);
}

fn now() -> UnixTime {
    SystemTime::now().into()
}
