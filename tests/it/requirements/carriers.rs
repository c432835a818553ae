//! Section 3, section 4 and appendix B: where a signature travels, what its parameters look like, and what a server asks for.

use super::*;

/// What becomes of a request whose signature stands in this field with this value.
fn carried(fields: &[(&str, &str)]) -> &'static str {
    let mut all = self::fields();
    all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let request = Request::new("GET", "/foo?Q=1&q=%7e", &all);
    let keys = [VerifyingKey::hmac_sha256(&secret())];
    let judged = Verifier::new(Cavage::new(), lenient()).begin(&request, NOW).and_then(|read| read.verify(&keys, b""));
    judged.err().map_or("accepted", |error| error.code())
}

fn params() -> String {
    format!(r#"keyId="alice",headers="host",signature="{}""#, mac("host: example.org"))
}

#[test]
fn r36_a_signature_stands_in_authorization_or_in_signature() {
    let params = params();
    assert_eq!(carried(&[("Signature", &params)]), "accepted");
    assert_eq!(carried(&[("Authorization", &format!("Signature {params}"))]), "accepted");
    assert_eq!(carried(&[("Authorization", &format!("sIGNATURE {params}"))]), "accepted");
    assert_eq!(carried(&[("Authorization", &params)]), "no-signature");
    assert_eq!(carried(&[("Authorization", &format!("Signature2 {params}"))]), "no-signature");
    assert_eq!(carried(&[("Signature", &params), ("Authorization", "Bearer x")]), "accepted");
    assert_eq!(carried(&[("Signature", &params), ("Authorization", &format!("Signature {params}"))]), "ambiguous");

    let field = |scheme: Cavage| {
        let parts = signer(scheme).sign(&Request::new("GET", "/", &fields()).with_body(b""), NOW).unwrap();
        parts.fields.last().unwrap().name.to_string()
    };
    assert_eq!(
        (field(Cavage::new()), field(Cavage::new().in_authorization())),
        ("signature".into(), "authorization".into())
    );
}

#[test]
fn r37_names_are_read_in_any_case_and_values_quoted_or_bare_with_white_space_and_empty_elements() {
    let signature = mac("host: example.org");
    for params in [
        format!(r#"KEYID="alice",Headers="host",SIGNATURE="{signature}""#),
        format!(r#"keyId=alice,headers=host,signature="{signature}""#),
        format!("keyId = \"alice\" ,\theaders\t=\t\"host\" , signature = \"{signature}\""),
        format!(r#",, keyId="\a\lice",,headers="host", ,signature="{signature}",,"#),
    ] {
        assert_eq!(carried(&[("Signature", &params)]), "accepted", "{params}");
    }
    assert_eq!(carried(&[("Signature", &params().replace("\",", "\";"))]), "malformed");
}

#[test]
fn r38_a_challenge_names_what_has_to_be_signed() {
    let verifier = Verifier::new(Cavage::new(), Policy::default());
    assert_eq!(
        verifier.challenge("api", "GET", false),
        r#"Signature realm="api",headers="(request-target) host date""#
    );
    let kong = Dialect::named("kong").unwrap();
    let verifier = Verifier::new(kong.scheme(), kong.policy());
    assert_eq!(verifier.challenge("api", "GET", false), r#"hmac realm="api",headers="@request-target date""#);
}

#[test]
fn r39_no_parameter_is_written_that_is_not_registered() {
    for scheme in [Cavage::new(), Cavage::draft12()] {
        let field = written(scheme, &["(created)", "(expires)", "host"]);
        let names: Vec<_> = field.split(',').filter_map(|param| param.split_once('=')).map(|(name, _)| name).collect();
        assert_eq!(names, ["keyId", "algorithm", "created", "expires", "headers", "signature"]);
    }
}
