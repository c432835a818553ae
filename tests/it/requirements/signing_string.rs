//! Section 2.3 to 2.5: the signing string, how it is signed, and how it is verified.

use countersign::{Component, SignError};

use super::*;

#[test]
fn r17_the_values_of_the_listed_fields_are_used_in_the_order_of_the_list() {
    let string = base("x-empty host (request-target) date");
    assert_eq!(
        string,
        "x-empty: \nhost: example.org\n(request-target): get /foo?Q=1&q=%7e\ndate: Sat, 07 Jun 2014 19:51:35 GMT"
    );
    assert_eq!(judge(r#"keyId="alice",headers="x-empty host (request-target) date""#, &string), "accepted");
}

#[test]
fn r18_the_target_and_a_time_are_covered_by_default() {
    let components = |scheme: Cavage| {
        let field = signer(scheme).sign(&Request::new("GET", "/", &fields()).with_body(b""), NOW).unwrap();
        String::from_utf8(field.fields.last().unwrap().value.clone()).unwrap()
    };
    let standard = components(Cavage::new());
    assert!(standard.contains(r#"algorithm="hmac-sha256",headers="(request-target) host date""#), "{standard}");
    let by_the_letter = components(Cavage::draft12());
    let expected = r#"algorithm="hs2019",created=1402170700,headers="(request-target) (created) host""#;
    assert!(by_the_letter.contains(expected), "{by_the_letter}");
}

#[test]
fn r19_the_target_is_the_method_in_lower_case_and_path_and_query_as_sent() {
    let line = |method: &str, target: &str| {
        let none: [(&str, &str); 0] = [];
        let base = Cavage::new().signature_base(
            &Request::new(method, target, &none),
            "(request-target)",
            &SignatureParameters::default(),
        );
        String::from_utf8(base.unwrap()).unwrap()
    };
    for target in ["/", "/A/%7Euser/?Q=1&q=%20", "//a/../b?", "*", "http://example.org/absolute", "/a?b?c#d"] {
        assert_eq!(line("GET", target), format!("(request-target): get {target}"));
        assert_eq!(line("PaTcH", target), format!("(request-target): patch {target}"));
    }
}

#[test]
fn r20_by_the_letter_created_may_not_be_covered_under_rsa_hmac_and_ecdsa_names() {
    for algorithm in DEPRECATED {
        let params = format!(r#"keyId="alice",algorithm="{algorithm}",created={CREATED},headers="(created)""#);
        assert_eq!(judge_by_the_letter(&params, "(created): 1402170695"), "unknown-algorithm", "{algorithm}");
    }
    let params = format!(r#"keyId="alice",algorithm="hmac-sha256",created={CREATED},headers="(created)""#);
    assert_eq!(judge(&params, "(created): 1402170695"), "accepted");
}

#[test]
fn r21_a_covered_created_that_is_missing_or_no_integer_is_an_error() {
    assert_eq!(judge(r#"keyId="alice",headers="(created)""#, "(created): "), "missing-component");
    assert_eq!(judge_by_the_letter(r#"keyId="alice",headers="(created)""#, "(created): "), "missing-component");
    let params = r#"keyId="alice",created="now",headers="(created)""#;
    assert_eq!(judge(params, "(created): now"), "malformed");
    assert_eq!(base("(created)"), "(created): 1402170695");
}

#[test]
fn r22_by_the_letter_expires_may_not_be_covered_under_rsa_hmac_and_ecdsa_names() {
    for algorithm in DEPRECATED {
        let params = format!(r#"keyId="alice",algorithm="{algorithm}",expires={EXPIRES},headers="(expires)""#);
        assert_eq!(judge_by_the_letter(&params, "(expires): 1402170999"), "unknown-algorithm", "{algorithm}");
    }
    let params = format!(r#"keyId="alice",algorithm="hmac-sha256",expires={EXPIRES},headers="(expires)""#);
    assert_eq!(judge(&params, "(expires): 1402170999"), "accepted");
}

#[test]
fn r23_a_covered_expires_that_is_missing_or_no_number_is_an_error_and_its_value_is_its_own() {
    assert_eq!(judge(r#"keyId="alice",headers="(expires)""#, "(expires): "), "missing-component");
    let params = r#"keyId="alice",expires="later",headers="(expires)""#;
    assert_eq!(judge(params, "(expires): later"), "malformed");
    let both = format!(r#"keyId="alice",created={CREATED},expires={EXPIRES},headers="(expires) (created)""#);
    assert_eq!(judge(&both, "(expires): 1402170999\n(created): 1402170695"), "accepted");
    assert_eq!(judge(&both, "(expires): 1402170695\n(created): 1402170695"), "signature-mismatch");
}

#[test]
fn r24_a_line_is_the_name_in_lower_case_a_colon_a_space_and_the_value_without_white_space_around() {
    assert_eq!(base("X-SPACED"), "x-spaced: two  spaces\tand a tab");
}

#[test]
fn r25_several_values_are_joined_in_the_order_of_the_message() {
    assert_eq!(base("cache-control"), "cache-control: max-age=60, must-revalidate");
}

#[test]
fn r26_an_empty_value_leaves_the_colon_and_the_space() {
    assert_eq!(base("x-empty"), "x-empty: ");
    assert_eq!(base("x-empty host"), "x-empty: \nhost: example.org");
}

#[test]
fn r27_nothing_else_of_a_value_is_changed() {
    for value in ["a  b\tc", "a:b: c", "\"quoted\\\"\"", "%7E%7e", "A, b,c ,d", "caf\u{e9}"] {
        let fields = [("x-value".to_owned(), value.to_owned())];
        let base = Cavage::new().signature_base(
            &Request::new("GET", "/", &fields),
            "x-value",
            &SignatureParameters::default(),
        );
        assert_eq!(base.unwrap(), format!("x-value: {value}").as_bytes());
    }
}

#[test]
fn r28_a_listed_field_that_is_absent_is_an_error_on_both_sides() {
    let params = r#"keyId="alice",headers="date x-absent""#;
    let string = "date: Sat, 07 Jun 2014 19:51:35 GMT\nx-absent: ";
    assert_eq!(judge(params, string), "missing-component");
    assert_eq!(judge_by_the_letter(params, string), "missing-component");
    let absent: Component = "x-absent".parse().unwrap();
    let coverage = Coverage::standard().and(absent.clone(), When::Always);
    let refused =
        signer(Cavage::new()).covering(coverage).sign(&Request::new("GET", "/", &fields()).with_body(b""), NOW);
    assert_eq!(refused, Err(SignError::Missing(absent)));
}

#[test]
fn r29_lines_are_parted_by_line_feeds_and_none_stands_at_the_end() {
    assert_eq!(base("x-empty x-spaced").matches('\n').count(), 1);
    assert!(!base("host date").ends_with('\n'));
    let params = r#"keyId="alice",headers="host date""#;
    assert_eq!(judge(params, "host: example.org\r\ndate: Sat, 07 Jun 2014 19:51:35 GMT"), "signature-mismatch");
    assert_eq!(judge(params, "host: example.org\ndate: Sat, 07 Jun 2014 19:51:35 GMT\n"), "signature-mismatch");
}

#[test]
fn r30_the_client_signs_the_signing_string_of_its_list_and_message() {
    let fields = fields();
    let request = Request::new("GET", "/foo?Q=1&q=%7e", &fields).with_body(b"");
    let unsigned = signer(Cavage::new()).prepare(&request, NOW).unwrap();
    assert_eq!(unsigned.signature_base().as_ref(), base("(request-target) host date").as_bytes());
}

#[test]
fn r31_the_client_signs_with_the_key_of_the_key_id() {
    let field = written(Cavage::new(), &["date"]);
    assert!(field.starts_with(r#"keyId="alice","#), "{field}");
    assert!(field.contains(&mac("date: Sat, 07 Jun 2014 19:51:35 GMT")), "{field}");
}

#[test]
fn r32_the_signature_is_written_in_base64() {
    let field = written(Cavage::new(), &["date"]);
    let (_, signature) = field.split_once("signature=\"").unwrap();
    assert_eq!(STANDARD.decode(signature.trim_end_matches('"')).unwrap().len(), 32);
}

#[test]
fn r33_the_server_rebuilds_the_string_from_the_message_that_it_received() {
    let string = base("(request-target) host");
    let params = r#"keyId="alice",headers="(request-target) host""#;
    assert_eq!(judge(params, &string), "accepted");
    for other in [string.replace("get", "post"), string.replace("Q=1", "Q=2"), string.replace("example", "evil")] {
        assert_eq!(judge(params, &other), "signature-mismatch", "{other}");
    }
}

#[test]
fn r34_the_server_does_not_take_the_algorithm_from_the_message() {
    let string = base("date");
    let sha512 = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, SECRET.as_bytes()), string.as_bytes());
    for stated in ["hmac-sha512", "hs2019"] {
        let signature = STANDARD.encode(sha512);
        let params = format!(r#"keyId="alice",algorithm="{stated}",headers="date",signature="{signature}""#);
        let refused = read(&params).unwrap().verify(&[VerifyingKey::hmac_sha256(&secret())], b"");
        assert!(refused.is_err(), "{stated}");
        let right = VerifyingKey::hmac(Algorithm::HmacSha512, &secret()).unwrap();
        assert!(read(&params).unwrap().verify(&[right], b"").is_ok(), "{stated}");
    }
}

#[test]
fn r35_a_listed_field_or_the_default_created_that_is_absent_is_an_error() {
    for list in ["x-absent", "x-absent date", "(created)", "(expires)"] {
        let params = format!(r#"keyId="alice",headers="{list}""#);
        assert_eq!(judge(&params, ""), "missing-component", "{list}");
        assert_eq!(judge_by_the_letter(&params, ""), "missing-component", "{list}");
    }
    assert_eq!(judge_by_the_letter(r#"keyId="alice""#, "(created): "), "missing-component");
}
