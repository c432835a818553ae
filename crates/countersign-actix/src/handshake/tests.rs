//! What each provider documents, and what must not come of it.

use actix_web::{HttpResponse, ResponseError, body::to_bytes, http::header::HeaderMap, test::TestRequest};
use countersign::KeyError;
use futures::FutureExt;

use super::{Error, MAX_CHALLENGE, Meta, X, Zoom, asana, dropbox, slack, twitch};

type Answer = Result<Option<HttpResponse>, Error>;

const SECRET: &str = "correct horse battery staple";

/// Texts that would be of use to whoever gets them back, or gets their MAC.
const HARMFUL: [&str; 9] = [
    "<script>alert(1)</script>",
    "{\"for_user_id\":\"1\"}",
    "v0:1654503849:{}",
    "a b",
    "a\nb",
    "a\0",
    "\u{e4}",
    "a;b",
    "a%2Fb",
];

/// Texts of which a MAC would be of use, since they are bodies that something reads.
const BODIES: [&str; 22] = [
    "123",
    "0",
    "-1",
    "1.5",
    "1e5",
    "-1.5E+10",
    "1e999",
    "007",
    "+1",
    ".5",
    "true",
    "false",
    "null",
    "NaN",
    "Infinity",
    "-Infinity",
    "a=b",
    "a=b=",
    "=",
    "==",
    "=a",
    "a===",
];
/// Texts that look like them and are none.
const TOKENS: [&str; 6] = ["123a", "True-", "a=", "YWJj==", "1-2", "nulls"];

fn text(answer: Answer) -> String {
    let response = answer.unwrap().unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(fields(&response), [("content-type", "text/plain"), ("x-content-type-options", "nosniff")]);
    body(response)
}

fn json(answer: Answer) -> String {
    let response = answer.unwrap().unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(fields(&response), [("content-type", "application/json"), ("x-content-type-options", "nosniff")]);
    body(response)
}

fn fields(response: &HttpResponse) -> Vec<(&str, &str)> {
    let mut fields: Vec<_> =
        response.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    fields.sort_unstable();
    fields
}

fn body(response: HttpResponse) -> String {
    let body = to_bytes(response.into_body()).now_or_never().unwrap().ok().unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

fn refused(answer: Answer) -> Error {
    answer.map(|answer| answer.map(|response| response.status())).unwrap_err()
}

fn is_no_handshake(answer: &Answer) -> bool {
    matches!(answer, Ok(None))
}

fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn in_json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// The longest challenge there may be, and one that is longer.
fn long() -> [String; 2] {
    [MAX_CHALLENGE, MAX_CHALLENGE + 1].map(|len| "a".repeat(len))
}

fn with_fields(fields: &[(&str, &str)]) -> HeaderMap {
    let request = fields.iter().fold(TestRequest::default(), |request, field| request.append_header(*field));
    request.to_http_request().headers().clone()
}

#[test]
fn slack_gets_its_challenge_back() {
    let documented = br#"{
        "token": "Jhj5dZrVaK7ZwHHjRyZWjbDl",
        "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P",
        "type": "url_verification"
    }"#;
    assert_eq!(text(slack(documented)), "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P");
    for event in
        [&br#"{"type":"event_callback","challenge":"a"}"#[..], b"{\"challenge\":\"a\"}", b"", b"[]", b"payload=a"]
    {
        assert!(is_no_handshake(&slack(event)), "{}", String::from_utf8_lossy(event));
    }
}

#[test]
fn a_challenge_of_slacks_that_is_missing_repeated_or_of_use_is_not_given_back() {
    let of = |rest: &str| refused(slack(format!(r#"{{"type":"url_verification"{rest}}}"#).as_bytes()));
    assert_eq!(of(""), Error::Missing("challenge"));
    assert_eq!(of(r#","challenge":"""#), Error::Missing("challenge"));
    assert_eq!(of(r#","challenge":1"#), Error::Unusable("challenge"));
    assert_eq!(of(r#","challenge":"a","challenge":"b""#), Error::Unusable("challenge"));
    for harmful in HARMFUL {
        assert_eq!(of(&format!(r#","challenge":{}"#, in_json(harmful))), Error::Unusable("challenge"), "{harmful:?}");
    }
}

#[test]
fn twitch_gets_its_challenge_back() {
    let verification = with_fields(&[("Twitch-Eventsub-Message-Type", "webhook_callback_verification")]);
    let documented =
        br#"{"challenge":"pogchamp-kappa-360noscope-vohiyo","subscription":{"id":"f1c2","type":"channel.follow"}}"#;
    assert_eq!(text(twitch(&verification, documented)), "pogchamp-kappa-360noscope-vohiyo");
    let notification = with_fields(&[("Twitch-Eventsub-Message-Type", "notification")]);
    assert!(is_no_handshake(&twitch(&notification, documented)));
    assert!(is_no_handshake(&twitch(&with_fields(&[]), documented)));

    assert_eq!(refused(twitch(&verification, br#"{"event":{}}"#)), Error::Missing("challenge"));
    assert_eq!(refused(twitch(&verification, b"")), Error::Unusable("challenge"));
    for harmful in HARMFUL {
        let body = format!(r#"{{"challenge":{}}}"#, in_json(harmful));
        assert_eq!(refused(twitch(&verification, body.as_bytes())), Error::Unusable("challenge"), "{harmful:?}");
    }
    let twice = with_fields(&[
        ("Twitch-Eventsub-Message-Type", "notification"),
        ("Twitch-Eventsub-Message-Type", "webhook_callback_verification"),
    ]);
    assert_eq!(refused(twitch(&twice, documented)), Error::Repeated("Twitch-Eventsub-Message-Type"));
}

#[test]
fn dropbox_gets_its_challenge_back_and_no_page() {
    assert_eq!(text(dropbox("challenge=abc123")), "abc123");
    assert_eq!(text(dropbox("a=1&challenge=a-%2B_.~%2F%3D&b")), "a-+_.~/=");
    for other in ["", "a=challenge", "Challenge=a", "challenges=a"] {
        assert!(is_no_handshake(&dropbox(other)), "{other}");
    }
    assert_eq!(refused(dropbox("challenge")), Error::Missing("challenge"));
    assert_eq!(refused(dropbox("challenge=a&challenge=a")), Error::Repeated("challenge"));
    assert_eq!(refused(dropbox("challenge=a&%63hallenge=b")), Error::Repeated("challenge"));
    for harmful in HARMFUL {
        assert_eq!(refused(dropbox(&format!("challenge={}", escaped(harmful)))), Error::Unusable("challenge"));
    }
    let [longest, too_long] = long();
    assert_eq!(text(dropbox(&format!("challenge={longest}"))), longest);
    assert_eq!(refused(dropbox(&format!("challenge={too_long}"))), Error::Unusable("challenge"));
}

#[test]
fn meta_gets_its_challenge_back_for_our_token_alone() {
    let meta = Meta::new("meatyhamhock").unwrap();
    let of = |token: &str| format!("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}");
    assert_eq!(text(meta.answer(&of("meatyhamhock"))), "1158201444");
    for wrong in ["", "meatyhamhoc", "meatyhamhock%20", "Meatyhamhock", "meatyhamhocx"] {
        assert_eq!(refused(meta.answer(&of(wrong))), Error::WrongToken, "{wrong}");
    }
    assert_eq!(Error::WrongToken.status_code(), 403);
}

#[test]
fn a_verification_of_metas_that_lacks_or_repeats_a_parameter_is_refused() {
    let meta = Meta::new("a token").unwrap();
    let right = "hub.mode=subscribe&hub.verify_token=a+token&hub.challenge=1";
    assert_eq!(text(meta.answer(right)), "1");
    for (query, expected) in [
        ("hub.mode=subscribe&hub.challenge=1", Error::Missing("hub.verify_token")),
        ("hub.mode=subscribe&hub.verify_token=a+token", Error::Missing("hub.challenge")),
        ("hub.mode=subscribe&hub.verify_token=x", Error::WrongToken),
        ("hub.mode=unsubscribe&hub.verify_token=a+token&hub.challenge=1", Error::Unusable("hub.mode")),
    ] {
        assert_eq!(refused(meta.answer(query)), expected, "{query}");
    }
    for name in ["hub.mode", "hub.verify_token", "hub.challenge"] {
        assert_eq!(refused(meta.answer(&format!("{right}&{name}=x"))), Error::Repeated(name));
    }
    for harmful in HARMFUL {
        let query = format!("hub.mode=subscribe&hub.verify_token=a+token&hub.challenge={}", escaped(harmful));
        assert_eq!(refused(meta.answer(&query)), Error::Unusable("hub.challenge"), "{harmful:?}");
    }
    assert!(is_no_handshake(&meta.answer("hub.verify_token=a+token&hub.challenge=1")));
}

#[test]
fn x_gets_the_mac_of_its_token() {
    let x = X::new(SECRET).unwrap();
    // By the `hmac` of another language.
    let expected = r#"{"response_token":"sha256=5o5Ybv9kFyc+6HIJGxAuR6FZXG3dfYZ0x9VNB4DAUKs="}"#;
    assert_eq!(json(x.answer("crc_token=challenge_string&nonce=mcmllvv")), expected);
    assert!(is_no_handshake(&x.answer("nonce=mcmllvv")));
    assert_eq!(refused(x.answer("crc_token=")), Error::Missing("crc_token"));
    assert_eq!(refused(x.answer("crc_token=a&crc_token=b")), Error::Repeated("crc_token"));
    assert_eq!(refused(x.answer(&format!("crc_token={}", long()[1]))), Error::Unusable("crc_token"));
}

#[test]
fn x_gets_no_mac_of_what_could_be_an_event_since_that_would_be_its_signature() {
    let x = X::new(SECRET).unwrap();
    for harmful in HARMFUL.iter().chain(&BODIES) {
        let answer = x.answer(&format!("crc_token={}", escaped(harmful)));
        assert_eq!(refused(answer), Error::Unusable("crc_token"), "{harmful:?}");
    }
    for token in TOKENS {
        assert!(x.answer(&format!("crc_token={}", escaped(token))).is_ok_and(|answer| answer.is_some()), "{token}");
    }
}

#[test]
fn zoom_gets_its_token_and_the_mac_of_it() {
    let zoom = Zoom::new(SECRET).unwrap();
    let documented = br#"{
        "payload": { "plainToken": "qgg8vlvZRS6UYooatFL8Aw" },
        "event_ts": 1654503849680,
        "event": "endpoint.url_validation"
    }"#;
    // By the `hmac` of another language.
    let expected = concat!(
        r#"{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","#,
        r#""encryptedToken":"7d2c08c7fae9c1c8613a22d702d023e8378c18e68045f330003e109352b6b9c8"}"#
    );
    assert_eq!(json(zoom.answer(documented)), expected);
    for event in [&br#"{"event":"meeting.started","payload":{"plainToken":"a"}}"#[..], b"", b"[]", b"{}"] {
        assert!(is_no_handshake(&zoom.answer(event)), "{}", String::from_utf8_lossy(event));
    }
}

#[test]
fn zoom_gets_no_mac_of_what_could_be_a_signed_event() {
    let zoom = Zoom::new(SECRET).unwrap();
    let of = |payload: &str| {
        let body = format!(r#"{{"event":"endpoint.url_validation","payload":{payload}}}"#);
        refused(zoom.answer(body.as_bytes()))
    };
    assert_eq!(of("{}"), Error::Missing("plainToken"));
    assert_eq!(of("1"), Error::Unusable("plainToken"));
    assert_eq!(of(r#"{"plainToken":"a","plainToken":"b"}"#), Error::Unusable("plainToken"));
    for harmful in HARMFUL.iter().chain(&BODIES) {
        let refused = of(&format!(r#"{{"plainToken":{}}}"#, in_json(harmful)));
        assert_eq!(refused, Error::Unusable("plainToken"), "{harmful:?}");
    }
}

#[test]
fn asana_gets_its_secret_back_and_so_does_whoever_keeps_it() {
    const DOCUMENTED: &str = "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81";
    let secret = asana(&with_fields(&[("X-Hook-Secret", DOCUMENTED)])).unwrap().unwrap();
    assert_eq!(secret.expose(), DOCUMENTED);
    let response = secret.answer();
    assert_eq!(response.status(), 200);
    assert_eq!(fields(&response), [("x-hook-secret", DOCUMENTED)]);
    assert!(response.headers().get("x-hook-secret").unwrap().is_sensitive());
    assert_eq!(body(response), "");
    assert_eq!(format!("{secret:?}"), "AsanaSecret(..)");
}

#[test]
fn a_secret_of_asanas_is_none_where_the_request_is_signed_or_it_can_be_guessed() {
    const GOOD: (&str, &str) = ("X-Hook-Secret", "b537207f20cbfa02");
    let of = |fields: &[(&str, &str)]| asana(&with_fields(fields)).map(|secret| secret.is_some());
    assert_eq!(of(&[GOOD]), Ok(true));
    assert_eq!(of(&[]), Ok(false));
    assert_eq!(of(&[GOOD, ("X-Hook-Signature", "a")]), Ok(false));
    assert_eq!(of(&[GOOD, GOOD]), Err(Error::Repeated("X-Hook-Secret")));
    assert_eq!(of(&[("X-Hook-Secret", "")]), Err(Error::Missing("X-Hook-Secret")));
    for unusable in ["b537207f20cbfa0", "b537207f20cbfa02 b537", "<b537207f20cbfa02>", &long()[1]] {
        assert_eq!(of(&[("X-Hook-Secret", unusable)]), Err(Error::Unusable("X-Hook-Secret")), "{unusable}");
    }
}

#[test]
fn an_error_tells_nothing_of_the_request() {
    for error in [Error::Missing("a"), Error::Repeated("a"), Error::Unusable("a")] {
        let response = error.error_response();
        assert_eq!(response.status(), 400);
        assert_eq!(fields(&response), [("content-type", "text/plain; charset=utf-8")]);
        assert_eq!(body(response), error.to_string());
    }
}

#[test]
fn a_secret_is_never_shown_and_none_is_empty() {
    assert_eq!(format!("{:?}", Meta::new(SECRET).unwrap()), "Meta(..)");
    assert_eq!(format!("{:?}", X::new(SECRET).unwrap()), "X(..)");
    assert_eq!(format!("{:?}", Zoom::new(SECRET).unwrap()), "Zoom(..)");
    assert_eq!(Meta::new("").err(), Some(KeyError::EmptySecret));
    for (secret, error) in [("", KeyError::EmptySecret), ("123456789012345", KeyError::ShortSecret(15))] {
        assert_eq!(X::new(secret).err(), Some(error.clone()));
        assert_eq!(Zoom::new(secret).err(), Some(error));
    }
}
