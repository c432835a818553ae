use super::*;

#[test]
fn a_message_is_printed_as_it_came() {
    for text in [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n",
        "GET / HTTP/1.1\nhOST:a\n\n\n\nbody",
        "GET / HTTP/1.1\r\nHost:   a  \nZero:\n\r\n",
        "GET /\u{e4} HTTP/1.0\n\n",
        "Host: a\n\n",
    ] {
        let message = Message::read(text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(String::from_utf8(message.into_bytes()).unwrap(), text);
    }
}

#[test]
fn a_field_is_added_with_the_line_end_of_the_first_line() {
    for (text, expected) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\nb", "GET / HTTP/1.1\r\nHost: a\r\nX-New: 1\r\n\r\nb"),
        ("GET / HTTP/1.1\nHost: a\n\nb", "GET / HTTP/1.1\nHost: a\nX-New: 1\n\nb"),
        ("GET / HTTP/1.1\nHost: a", "GET / HTTP/1.1\nHost: a\nX-New: 1\n\n"),
        ("GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX-New: 1\r\n\r\n"),
    ] {
        let mut message = Message::read(text.as_bytes()).unwrap();
        message.add("x-new", b"1").unwrap();
        assert_eq!(String::from_utf8(message.into_bytes()).unwrap(), expected);
    }
}

#[test]
fn a_field_is_never_two_lines() {
    let text = "GET / HTTP/1.1\r\nX-New: 0\r\n\r\nb";
    let refusal = "x-new cannot be set: what it would say holds a control character";
    for value in ["a\r\nEvil: 1", "a\nb", "a\rb", "a\0b", "\x1B"] {
        let mut message = Message::read(text.as_bytes()).unwrap();
        let error = message.add("x-new", value.as_bytes()).unwrap_err();
        assert!(matches!(&error, Failure::Refused(text) if text == refusal), "{value:?}: {error}");
        assert_eq!(message.into_bytes(), text.as_bytes());
    }
    let mut message = Message::read(text.as_bytes()).unwrap();
    message.add("x-new", b"a\tb\xFF").unwrap();
}

#[test]
fn a_field_that_signing_made_is_never_two_lines() {
    let text = "GET / HTTP/1.1\nHost: a\nAuthorization: 0\n\n";
    let mut message = Message::read(text.as_bytes()).unwrap();
    let secret = countersign::Secret::new("correct horse battery staple").unwrap();
    let key = countersign::SigningKey::hmac_sha256("alice", &secret).unwrap();
    let signer = countersign::Signer::new(countersign::Cavage::new(), key);
    let parts = signer.sign(&message.request().unwrap(), countersign::UnixTime::from_secs(0)).unwrap();
    let mut field = parts.fields.into_iter().next().unwrap();
    (field.name, field.value) = ("authorization".parse().unwrap(), b"a\r\nEvil: 1".to_vec());
    assert!(matches!(message.set(&field), Err(Failure::Refused(_))));
    assert_eq!(message.into_bytes(), text.as_bytes());
}

#[test]
fn the_body_is_all_that_follows_the_blank_line() {
    let message = Message::read(b"POST / HTTP/1.1\nContent-Length: 1\n\nabc\n").unwrap();
    assert_eq!(message.body(), b"abc\n");
    assert_eq!(Message::read(b"POST / HTTP/1.1\nContent-Length: 3\n").unwrap().body(), b"");
}

#[test]
fn what_is_no_message_is_unreadable() {
    for (text, line) in [
        ("\n", 1),
        ("\nGET / HTTP/1.1\n\n", 1),
        ("GET / HTTP/2\n\n", 1),
        ("GET  / HTTP/1.1\n\n", 1),
        ("GET /a b HTTP/1.1\n\n", 1),
        ("GE(T / HTTP/1.1\n\n", 1),
        ("GET / HTTP/1.1\nHost: a\n b\n\n", 3),
        ("GET / HTTP/1.1\nHost: a\n\tb\n\n", 3),
        ("GET / HTTP/1.1\nHost : a\n\n", 2),
        ("GET / HTTP/1.1\nHost\n\n", 2),
        ("GET / HTTP/1.1\n: a\n\n", 2),
        ("GET / HTTP/1.1\nX: a\rb\n\n", 2),
        ("GET / HTTP/1.1\nX: a\0b\n\n", 2),
        ("GET / HTTP/1.1\n\r\r\n", 2),
    ] {
        let error = Message::read(text.as_bytes()).err().map(|error| error.to_string());
        let error = error.unwrap_or_else(|| panic!("{text:?} was read"));
        assert!(error.starts_with(&format!("line {line} of the message: ")), "{text:?}: {error}");
    }
    assert!(matches!(Message::read(b""), Err(Failure::Misuse(_))));
}

#[test]
fn a_target_and_a_body_are_set_with_the_length_where_it_is_said() {
    for (text, expected) in [
        ("GET /a HTTP/1.1\r\n\r\n", "GET /b?c HTTP/1.1\r\n\r\nbody"),
        ("GET /a HTTP/1.0\nHost: a", "GET /b?c HTTP/1.0\nHost: a\n\nbody"),
        (
            "GET /a HTTP/1.1\r\ncontent-LENGTH:   1\r\nX: 1\r\n\r\na",
            "GET /b?c HTTP/1.1\r\ncontent-LENGTH: 4\r\nX: 1\r\n\r\nbody",
        ),
    ] {
        let mut message = Message::read(text.as_bytes()).unwrap();
        message.set_target("/b?c");
        message.set_body(b"body".to_vec());
        assert_eq!(message.request().unwrap().target, "/b?c");
        assert_eq!(String::from_utf8(message.into_bytes()).unwrap(), expected);
    }
}

#[test]
fn only_a_message_with_a_request_line_is_a_request() {
    let message = Message::read(b"Date: now\n\n").unwrap();
    assert!(!message.has_request_line());
    assert!(matches!(message.request(), Err(Failure::Misuse(_))));
    let message = Message::read(b"PATCH /a?b HTTP/1.1\n\n").unwrap();
    let request = message.request().unwrap();
    assert_eq!((request.method, request.target), ("PATCH", "/a?b"));
}
