use super::*;

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn in_query(query: &[(&str, &str)]) -> SignatureParts {
    SignatureParts { query: pairs(query), ..SignatureParts::default() }
}

fn in_form(form: &[(&str, &str)]) -> SignatureParts {
    SignatureParts { form: pairs(form), ..SignatureParts::default() }
}

#[test]
fn parts_that_change_nothing_give_back_what_they_are_given() {
    let parts = SignatureParts::default();
    assert!(!parts.changes_target() && !parts.changes_body());
    assert!(matches!(parts.target("/a?b"), Cow::Borrowed("/a?b")));
    assert!(matches!(parts.body(b"\xFF"), Ok(Cow::Borrowed(b"\xFF"))));
}

#[test]
fn a_pair_goes_to_the_end_of_the_query_and_no_other_byte_changes() {
    let parts = in_query(&[("sig", "x")]);
    assert!(parts.changes_target() && !parts.changes_body());
    for (target, expected) in [
        ("", "?sig=x"),
        ("/", "/?sig=x"),
        ("/a?", "/a?sig=x"),
        ("/a?b", "/a?b&sig=x"),
        ("/a?b&", "/a?b&&sig=x"),
        ("/a?&&", "/a?&&&sig=x"),
        ("/a%2fb?c=%7e+%zz&d=?/&=", "/a%2fb?c=%7e+%zz&d=?/&=&sig=x"),
        ("/a?b=\u{e4}", "/a?b=\u{e4}&sig=x"),
        ("/a;sig=1?Sig=1&sigs=1&x=sig", "/a;sig=1?Sig=1&sigs=1&x=sig&sig=x"),
    ] {
        assert_eq!(parts.target(target), expected, "{target:?}");
    }
}

#[test]
fn a_pair_goes_in_place_of_all_of_the_same_name_however_it_is_escaped() {
    let parts = in_query(&[("sig", "x")]);
    for (target, expected) in [
        ("/?sig=old", "/?sig=x"),
        ("/?sig", "/?sig=x"),
        ("/?sig=", "/?sig=x"),
        ("/?a&s%69g=old=er&b", "/?a&sig=x&b"),
        ("/?sig=1&a=%7e&sig=2&sig=3", "/?sig=x&a=%7e"),
        ("/?a&sig=1&", "/?a&sig=x&"),
    ] {
        assert_eq!(parts.target(target), expected, "{target:?}");
    }
    assert_eq!(in_query(&[("a b", "x")]).target("/?a+b=1&a%20b=2"), "/?a+b=x");
}

#[test]
fn several_pairs_keep_their_order_and_those_of_one_name_their_number() {
    let parts = in_query(&[("id", "7"), ("sig", "x"), ("sig", "y")]);
    for (target, expected) in [
        ("/", "/?id=7&sig=x&sig=y"),
        ("/?a", "/?a&id=7&sig=x&sig=y"),
        ("/?sig=1&a", "/?sig=x&a&id=7&sig=y"),
        ("/?sig=1&sig=2&sig=3&id=1", "/?sig=x&sig=y&id=7"),
    ] {
        assert_eq!(parts.target(target), expected, "{target:?}");
    }
}

#[test]
fn a_name_and_a_value_are_escaped_as_in_a_form() {
    let parts = in_query(&[("a b&", "1+2/3=\u{e4}#?%~*-._")]);
    assert_eq!(parts.target("/"), "/?a+b%26=1%2B2%2F3%3D%C3%A4%23%3F%25%7E*-._");
}

#[test]
fn a_form_takes_a_pair_as_a_query_does_whatever_bytes_it_holds() {
    let parts = in_form(&[("sig", "x=")]);
    assert!(parts.changes_body() && !parts.changes_target());
    for (body, expected) in [
        (&b""[..], &b"sig=x%3D"[..]),
        (b"a=1", b"a=1&sig=x%3D"),
        (b"a=\xFF\0&sig=old&b=%FF", b"a=\xFF\0&sig=x%3D&b=%FF"),
        (b"a=1\r\n", b"a=1\r\n&sig=x%3D"),
        (b"?a", b"?a&sig=x%3D"),
    ] {
        assert_eq!(parts.body(body).as_deref(), Ok(expected));
    }
}

#[test]
fn a_body_is_not_a_form_and_json_at_once() {
    let parts = SignatureParts { json: pairs(&[("/sig", "x")]), ..in_form(&[("sig", "x")]) };
    assert_eq!(parts.body(b"{}"), Err(SignError::FormAndJson));
}

#[cfg(not(feature = "json"))]
#[test]
fn a_build_without_json_says_so() {
    let parts = SignatureParts { json: pairs(&[("/sig", "x")]), ..SignatureParts::default() };
    assert!(parts.changes_body());
    assert_eq!(parts.body(b"{}"), Err(SignError::JsonIsOff));
}

#[test]
fn the_debug_form_shows_names_and_no_values() {
    let mut parts = in_query(&[("in-query", "hidden")]);
    parts.form = pairs(&[("in-form", "hidden")]);
    parts.json = pairs(&[("/in/json", "hidden")]);
    parts.fields.push(SignatureField { name: "x-sig".parse().unwrap(), value: b"hidden".to_vec(), sensitive: true });
    let shown = format!("{parts:?}");
    for name in ["in-query", "in-form", "/in/json", "x-sig"] {
        assert!(shown.contains(name), "{shown}");
    }
    assert!(!shown.contains("hidden"), "{shown}");
}

#[cfg(feature = "json")]
mod in_json {
    use super::*;

    fn set(values: &[(&str, &str)], body: &[u8]) -> Result<String, SignError> {
        let parts = SignatureParts { json: pairs(values), ..SignatureParts::default() };
        assert!(parts.changes_body() && !parts.changes_target());
        parts.body(body).map(|body| String::from_utf8(body.into_owned()).unwrap())
    }

    #[test]
    fn a_value_becomes_the_last_member_of_its_object_and_no_other_byte_changes() {
        for (pointer, body, expected) in [
            ("/sig", "{}", r#"{"sig":"x"}"#),
            ("/sig", " \r\n{ } \t", " \r\n{\"sig\":\"x\" } \t"),
            ("/sig", r#"{"b":1, "a" : 2 }"#, r#"{"b":1, "a" : 2,"sig":"x" }"#),
            ("/sig", r#"{"n":[1.0e5,12345678901234567890123,-0.0,"\u00e4"]}"#, {
                r#"{"n":[1.0e5,12345678901234567890123,-0.0,"\u00e4"],"sig":"x"}"#
            }),
            ("/a/sig", r#"{"a":{"z":"}"},"b":0}"#, r#"{"a":{"z":"}","sig":"x"},"b":0}"#),
            ("/a/sig", r#"{"b":0}"#, r#"{"b":0,"a":{"sig":"x"}}"#),
            ("/a/1/sig", r#"{"a":[{},{"b":0}]}"#, r#"{"a":[{},{"b":0,"sig":"x"}]}"#),
            ("/", "{}", r#"{"":"x"}"#),
            ("/a~1b~0/~01", r#"{"a/b~":{}}"#, r#"{"a/b~":{"~1":"x"}}"#),
        ] {
            assert_eq!(set(&[(pointer, "x")], body.as_bytes()).as_deref(), Ok(expected), "{pointer} {body}");
        }
    }

    #[test]
    fn a_value_goes_in_place_of_the_one_that_is_there() {
        for (pointer, body, expected) in [
            ("/sig", r#"{"sig":null,"a":1}"#, r#"{"sig":"x","a":1}"#),
            ("/sig", r#"{ "s\u0069g" : {"old":[1]} , "a":1}"#, r#"{ "s\u0069g" : "x" , "a":1}"#),
            ("/a/sig", r#"{"sig":1,"a":{"sig":"old"},"b":1.50}"#, r#"{"sig":1,"a":{"sig":"x"},"b":1.50}"#),
            ("/0/sig", r#"[{"sig":1},{"sig":2}]"#, r#"[{"sig":"x"},{"sig":2}]"#),
        ] {
            assert_eq!(set(&[(pointer, "x")], body.as_bytes()).as_deref(), Ok(expected), "{pointer} {body}");
        }
    }

    #[test]
    fn several_values_share_the_object_that_is_made_for_the_first() {
        let values =
            [("/signature/timestamp", "1"), ("/signature/token", "t"), ("/signature/signature", "a\"\\\u{e4}\n")];
        let expected = r#"{"event":{},"signature":{"timestamp":"1","token":"t","signature":"a\"\\ä\n"}}"#;
        assert_eq!(set(&values, br#"{"event":{}}"#).as_deref(), Ok(expected));
    }

    #[test]
    fn a_body_that_is_no_json_is_an_error() {
        for body in [&b""[..], b" ", b"{", b"{}x", b"{\"a\":1,}", b"a=1", b"\xEF\xBB\xBF{}", b"{\"a\":\"\xFF\"}"] {
            assert_eq!(set(&[("/sig", "x")], body), Err(SignError::NotJson), "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_place_that_is_not_there_or_there_twice_is_an_error() {
        for (pointer, body) in [
            ("", "{}"),
            ("sig", "{}"),
            ("/sig", "[]"),
            ("/sig", "1"),
            ("/sig", "\"{}\""),
            ("/a/sig", r#"{"a":1}"#),
            ("/a/sig", r#"{"a":null}"#),
            ("/a/0", r#"{"a":[1]}"#),
            ("/a/b/sig", "{}"),
            ("/a/1/sig", r#"{"a":[{}]}"#),
            ("/a/00/sig", r#"{"a":[{}]}"#),
            ("/a/-/sig", r#"{"a":[{}]}"#),
            ("/a/+0/sig", r#"{"a":[{}]}"#),
            ("/a//sig", r#"{"a":[{}]}"#),
            ("/sig", r#"{"sig":1,"sig":2}"#),
            ("/a/sig", r#"{"a":{},"\u0061":{}}"#),
            ("/a~", "{}"),
            ("/a~2", "{}"),
            ("/~\u{e4}", "{}"),
        ] {
            let expected = Err(SignError::NoJsonPlace(pointer.to_owned()));
            assert_eq!(set(&[(pointer, "x")], body.as_bytes()), expected, "{pointer} {body}");
        }
    }
}
