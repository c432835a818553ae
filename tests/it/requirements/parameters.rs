//! Section 2.1 and 2.2: the parameters.

use super::*;

const LISTED: &str = r#"headers="date""#;
const DATED: &str = "date: Sat, 07 Jun 2014 19:51:35 GMT";

#[test]
fn r01_a_signature_without_a_key_id_is_refused() {
    assert_eq!(judge(LISTED, DATED), "malformed");
    assert_eq!(judge_by_the_letter(LISTED, DATED), "malformed");
    assert_eq!(judge(&format!(r#"keyId="",{LISTED}"#), DATED), "malformed");
    assert_eq!(judge(&format!(r#"keyId="a b/c#d, e",{LISTED}"#), DATED), "accepted");
}

#[test]
fn r02_the_key_fixes_the_algorithm_for_both_sides() {
    let params = format!(r#"keyId="alice",{LISTED},signature="{}""#, mac(DATED));
    let sha512 = VerifyingKey::hmac(Algorithm::HmacSha512, &secret()).unwrap();
    assert_eq!(read(&params).unwrap().verify(&[sha512], b"").err(), Some(VerifyError::SignatureMismatch));
    let key = SigningKey::hmac("alice", Algorithm::HmacSha512, &secret()).unwrap();
    assert_eq!(key.metadata().algorithm, Algorithm::HmacSha512);
    assert_eq!(key.verifying_key().unwrap().algorithm(), Algorithm::HmacSha512);
}

#[test]
fn r03_the_signature_is_required_and_standard_base64() {
    let with = |signature: &str| read(&format!(r#"keyId="alice",{LISTED}{signature}"#)).map(drop);
    let right = mac(DATED);
    assert_eq!(with(&format!(r#",signature="{right}""#)), Ok(()));
    assert_eq!(with(""), Err(VerifyError::Malformed("no signature")));
    for wrong in ["", "=", "-_8=", &right.replace('=', ""), &format!("{right}="), &format!(" {right}")] {
        let refused = with(&format!(r#",signature="{wrong}""#));
        assert_eq!(refused, Err(VerifyError::Malformed("the signature is not Base64")), "{wrong:?}");
    }
}

#[test]
fn r04_by_the_letter_no_deprecated_algorithm_may_be_stated() {
    for algorithm in DEPRECATED {
        let params = format!(r#"keyId="alice",algorithm="{algorithm}",{LISTED}"#);
        assert_eq!(judge_by_the_letter(&params, DATED), "unknown-algorithm", "{algorithm}");
    }
    let stated = |name: &str| format!(r#"keyId="alice",algorithm="{name}",{LISTED}"#);
    assert_eq!(judge_by_the_letter(&stated("hs2019"), DATED), "accepted");
    // The default takes them: nearly every deployment writes one.
    assert_eq!(judge(&stated("hmac-sha256"), DATED), "accepted");
    assert_eq!(judge(&stated("no-such"), DATED), "unknown-algorithm");
}

#[test]
fn r05_the_algorithm_is_taken_from_the_key_and_not_from_the_message() {
    for stated in ["", r#",algorithm="hs2019""#] {
        assert_eq!(judge(&format!(r#"keyId="alice"{stated},{LISTED}"#), DATED), "accepted", "{stated}");
        assert_eq!(judge_by_the_letter(&format!(r#"keyId="alice"{stated},{LISTED}"#), DATED), "accepted", "{stated}");
    }
}

#[test]
fn r06_an_algorithm_at_odds_with_the_key_is_an_error() {
    for stated in ["hmac-sha512", "hmac-sha1", "rsa-sha256", "ed25519"] {
        let params = format!(r#"keyId="alice",algorithm="{stated}",{LISTED}"#);
        assert_eq!(judge(&params, DATED), "algorithm-mismatch", "{stated}");
    }
}

#[test]
fn r07_created_is_a_whole_number_of_seconds() {
    let with = |created: &str| judge(&format!(r#"keyId="alice",created={created},{LISTED}"#), DATED);
    for right in [CREATED, "\"1402170695\"", "0"] {
        assert_eq!(with(right), "accepted", "{right}");
    }
    for wrong in ["1402170695.0", "1402170695.5", "-1", "+1", "\"\"", "\" 1\"", "soon", "18446744073709551616"] {
        assert_eq!(with(wrong), "malformed", "{wrong}");
    }
}

#[test]
fn r08_a_signature_from_the_future_is_not_processed() {
    let created = |ahead: u64| {
        let created = NOW.as_secs() + ahead;
        (format!(r#"keyId="alice",created={created},headers="(created)""#), format!("(created): {created}"))
    };
    for (ahead, by_default, by_the_letter) in
        [(0, "accepted", "accepted"), (1, "accepted", "in-future"), (30, "accepted", "in-future")]
    {
        let (params, base) = created(ahead);
        assert_eq!(judge(&params, &base), by_default, "{ahead}");
        assert_eq!(judge_by_the_letter(&params, &base), by_the_letter, "{ahead}");
    }
    let (params, base) = created(31);
    assert_eq!(judge(&params, &base), "in-future");
    let uncovered = format!(r#"keyId="alice",created={},{LISTED}"#, NOW.as_secs() + 31);
    assert_eq!(judge(&uncovered, DATED), "in-future");
}

#[test]
fn r09_expires_is_a_number_of_seconds_whose_decimals_are_cut_off() {
    let with = |expires: &str| judge(&format!(r#"keyId="alice",expires={expires},{LISTED}"#), DATED);
    for right in [EXPIRES, "1402170999.5", "\"1402170999\"", "1402170700.9"] {
        assert_eq!(with(right), "accepted", "{right}");
    }
    for wrong in ["1402170999.", ".5", "\"1402170999,061\"", "-1", "never", "1e400"] {
        assert_eq!(with(wrong), "malformed", "{wrong}");
    }
}

#[test]
fn r10_a_signature_that_has_expired_is_not_processed() {
    for (expires, expected) in [("1402170700", "accepted"), ("1402170699", "expired"), ("1402170699.9", "expired")] {
        let params = format!(r#"keyId="alice",expires={expires},{LISTED}"#);
        assert_eq!(judge(&params, DATED), expected, "{expires}");
        assert_eq!(judge_by_the_letter(&params, DATED), expected, "{expires}");
    }
}

#[test]
fn r11_the_list_is_written_in_lower_case_with_single_spaces_and_read_otherwise_too() {
    let field = written(Cavage::new(), &["HOST", "Date", "(Request-Target)"]);
    assert!(field.contains(r#",headers="host date (request-target)","#), "{field}");
    let string = "host: example.org\ndate: Sat, 07 Jun 2014 19:51:35 GMT";
    for list in ["host date", "Host DATE", " host   date ", "host\tdate"] {
        assert_eq!(judge(&format!(r#"keyId="alice",headers="{list}""#), string), "accepted", "{list}");
    }
}

#[test]
fn r12_an_absent_list_means_created() {
    let params = format!(r#"keyId="alice",created={CREATED}"#);
    assert_eq!(judge(&params, "(created): 1402170695"), "accepted");
    assert_eq!(judge_by_the_letter(&params, "(created): 1402170695"), "accepted");
    // Without a `created` the default takes it for `date`, as all drafts before 11 did; by the letter it is missing.
    assert_eq!(judge(r#"keyId="alice""#, DATED), "accepted");
    assert_eq!(judge_by_the_letter(r#"keyId="alice""#, DATED), "missing-component");
}

#[test]
fn r13_the_order_of_the_list_is_the_order_of_the_lines() {
    let string = "host: example.org\ndate: Sat, 07 Jun 2014 19:51:35 GMT";
    assert_eq!(base("host date"), string);
    assert_eq!(judge(r#"keyId="alice",headers="host date""#, string), "accepted");
    assert_eq!(judge(r#"keyId="alice",headers="date host""#, string), "signature-mismatch");
}

#[test]
fn r14_an_empty_list_is_refused_and_not_written() {
    for list in ["", " ", "\t "] {
        assert_eq!(judge(&format!(r#"keyId="alice",headers="{list}""#), ""), "components", "{list:?}");
        assert_eq!(judge_by_the_letter(&format!(r#"keyId="alice",headers="{list}""#), ""), "components");
    }
    let fields = fields();
    let unsigned = signer(Cavage::new()).covering(Coverage::empty()).sign(&Request::new("GET", "/", &fields), NOW);
    assert_eq!(unsigned, Err(countersign::ComponentError::Empty.into()));
}

#[test]
fn r15_a_listed_parameter_twice_is_not_processed() {
    let once = format!(r#"keyId="alice",algorithm="hs2019",created={CREATED},expires={EXPIRES},{LISTED}"#);
    assert_eq!(judge(&once, DATED), "accepted");
    for again in [r#"keyId="alice""#, "algorithm=hs2019", "created=1402170695", "expires=1402170999", LISTED] {
        assert_eq!(judge(&format!("{once},{again}"), DATED), "ambiguous", "{again}");
        assert_eq!(judge_by_the_letter(&format!("{once},{again}"), DATED), "ambiguous", "{again}");
        assert_eq!(judge(&format!("{},{once}", again.to_uppercase()), DATED), "ambiguous", "{again}");
    }
    let signed_twice = format!(r#"{once},signature="{}""#, mac(DATED));
    assert_eq!(judge(&signed_twice, DATED), "ambiguous");
}

#[test]
fn r16_parameters_that_the_draft_does_not_list_are_skipped() {
    let params = format!(r#"version="1",keyId="alice",nonce=abc,{LISTED},x="headers=\"host\"",nonce=abc"#);
    assert_eq!(judge(&params, DATED), "accepted");
    assert_eq!(judge_by_the_letter(&params, DATED), "accepted");
}
