//! Compatibility switches: each thing is refused without its switch and taken with it.

use countersign::{
    Algorithm, Cavage, Coverage, Dialect, Policy, Request, Signature, SignatureParameters, Signer, SigningKey, Switch,
    UnixTime, Verified, Verifier, VerifyError, VerifyingKey, When,
};

use crate::support::{secret, signing_key, verifying_key};

const NOW: UnixTime = UnixTime::from_secs(784_111_777);
const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

fn lenient() -> Policy {
    Policy::dangerous_requiring(Coverage::empty()).dangerous_time_optional()
}

/// A request with its fields, signed by alice over what she lists, whatever the request itself says.
struct Signed {
    target: &'static str,
    fields: Vec<(String, String)>,
}

impl Signed {
    fn new(target: &'static str, signed_target: &str, list: &str) -> Self {
        let fields = vec![("host".to_owned(), "api.example".to_owned()), ("date".to_owned(), DATE.to_owned())];
        let coverage =
            list.split(' ').fold(Coverage::empty(), |all, name| all.and(name.parse().unwrap(), When::Always));
        let signer = Signer::new(Cavage::new(), signing_key("alice")).covering(coverage);
        let parts = signer.sign(&Request::new("GET", signed_target, &fields).with_body(b""), NOW).unwrap();
        let mut signed = Self { target, fields };
        for field in parts.fields {
            signed.set(field.name.as_str(), std::str::from_utf8(&field.value).unwrap());
        }
        signed
    }

    fn set(&mut self, name: &str, value: &str) {
        self.fields.retain(|(present, _)| present != name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    fn judge(&self, scheme: Cavage, policy: Policy) -> Result<Verified, VerifyError> {
        let unverified = Verifier::new(scheme, policy).begin(&Request::new("GET", self.target, &self.fields), NOW)?;
        unverified.verify(&[verifying_key()], b"")
    }
}

#[test]
fn a_target_without_its_query_is_taken_under_its_switch_and_said_to_be_one() {
    let signed = Signed::new("/a?amount=1", "/a", "(request-target) host date");
    assert_eq!(signed.judge(Cavage::new(), lenient()).err(), Some(VerifyError::SignatureMismatch));
    let scheme = Cavage::new().allowing(Switch::DangerousQuerylessTarget);
    assert!(!signed.judge(scheme, lenient()).unwrap().covers_target_as_sent());
    let whole = Signed::new("/a?amount=1", "/a?amount=1", "(request-target) host date");
    assert!(whole.judge(scheme, lenient()).unwrap().covers_target_as_sent());
    let other = Signed::new("/b?amount=1", "/a", "(request-target) host date");
    assert_eq!(other.judge(scheme, lenient()).err(), Some(VerifyError::SignatureMismatch));
}

#[test]
fn a_decoded_path_is_taken_under_its_switch_and_said_to_be_one() {
    let signed = Signed::new("/%7Eann?q=%20", "/~ann?q=%20", "(request-target) date");
    assert_eq!(signed.judge(Cavage::new(), lenient()).err(), Some(VerifyError::SignatureMismatch));
    let scheme = Cavage::new().allowing(Switch::DangerousDecodedPath);
    assert!(!signed.judge(scheme, lenient()).unwrap().covers_target_as_sent());
    // An escaped line end does not become a line, and hinders no signature over the target as it was sent.
    let broken = Signed::new("/a%0Ahost:%20evil", "/a", "(request-target) date");
    assert_eq!(broken.judge(scheme, lenient()).err(), Some(VerifyError::SignatureMismatch));
    let raw = Signed::new("/a%0Ahost:%20evil", "/a%0Ahost:%20evil", "(request-target) date");
    assert!(raw.judge(scheme, lenient()).unwrap().covers_target_as_sent());
}

#[test]
fn a_bare_request_target_is_a_field_unless_its_switch_is_on() {
    let mut signed = Signed::new("/a", "/a", "(request-target) date");
    let kept = signed.fields.last().unwrap().1.clone();
    signed.set("signature", &kept.replace("(request-target)", "request-target"));
    assert_eq!(signed.judge(Cavage::new(), lenient()).err().map(|error| error.code()), Some("missing-component"));
    let scheme = Cavage::new().allowing(Switch::BareRequestTarget);
    // Its line has that name too, so the signature of the other name does not fit.
    assert_eq!(signed.judge(scheme, lenient()).err(), Some(VerifyError::SignatureMismatch));
    let bare = Dialect::named("cybersource").unwrap().scheme();
    let request = Request::new("GET", "/a", &signed.fields);
    let base = scheme.signature_base(&request, "request-target", &SignatureParameters::default()).unwrap();
    assert_eq!(base, b"request-target: get /a");
    assert_eq!(
        bare.signature_base(&request, "(request-target)", &SignatureParameters::default()).unwrap(),
        b"(request-target): get /a"
    );
    let both = scheme.signature_base(&request, "request-target (request-target)", &SignatureParameters::default());
    assert!(both.is_err(), "both names of one target");
}

#[test]
fn raw_ecdsa_is_taken_and_written_under_its_switch() {
    let key = || SigningKey::from_pem("ec", Algorithm::EcdsaSha256, include_str!("../peers/keys/p256.pem")).unwrap();
    let fields = [("host", "api.example"), ("date", DATE)];
    let request = Request::new("GET", "/", &fields).with_body(b"");
    let judge = |reads: Cavage, writes: Cavage| {
        let parts = Signer::new(writes, key()).sign(&request, NOW).unwrap();
        let value = String::from_utf8(parts.fields[0].value.clone()).unwrap();
        let mut fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        fields.push(("signature".to_owned(), value));
        let unverified =
            Verifier::new(reads, Policy::default()).begin(&Request::new("GET", "/", &fields), NOW).unwrap();
        unverified.verify(&[key().verifying_key().unwrap()], b"").map(drop)
    };
    let (der, raw) = (Cavage::new(), Cavage::new().allowing(Switch::RawEcdsa));
    assert_eq!(judge(der, der), Ok(()));
    assert_eq!(judge(der, raw), Err(VerifyError::SignatureMismatch));
    assert_eq!(judge(raw, raw), Ok(()));
    assert_eq!(judge(raw, der), Ok(()));

    let unsigned = Signer::new(raw, key()).prepare(&request, NOW).unwrap();
    let refused = unsigned.attach(&[Signature::new(b"no signature")]);
    assert_eq!(refused, Err(countersign::SignError::SignatureForm));
}

#[test]
fn an_x_date_is_a_time_under_its_switch() {
    let mut signed = Signed::new("/a", "/a", "(request-target) host");
    signed.set("x-date", DATE);
    let coverage = ["(request-target)", "host", "x-date"]
        .iter()
        .fold(Coverage::empty(), |all, name| all.and(name.parse().unwrap(), When::Always));
    let request = Request::new("GET", "/a", &signed.fields).with_body(b"");
    let parts = Signer::new(Cavage::new(), signing_key("alice")).covering(coverage);
    let field = parts.sign(&request, NOW).unwrap().fields.pop().unwrap();
    signed.set("signature", std::str::from_utf8(&field.value).unwrap());
    assert_eq!(signed.judge(Cavage::new(), Policy::default()).err(), Some(VerifyError::NoCoveredTime));
    let scheme = Cavage::new().allowing(Switch::XDate);
    assert!(signed.judge(scheme, Policy::default()).is_ok());
    let late = Verifier::new(scheme, Policy::default())
        .begin(&Request::new("GET", "/a", &signed.fields), UnixTime::from_secs(NOW.as_secs() + 301));
    assert_eq!(late.err(), Some(VerifyError::TooOld));
}

#[test]
fn a_multihash_is_a_digest_under_its_switch() {
    let scheme = Dialect::named("digital-bazaar").unwrap().scheme();
    let fields = [("host", "api.example"), ("date", DATE)];
    let coverage = Coverage::standard();
    let signer = Signer::new(scheme, signing_key("alice")).covering(coverage);
    let parts = signer.sign(&Request::new("POST", "/", &fields).with_body(b"body"), NOW).unwrap();
    let mut all: Vec<_> = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    all.push(("content-length".to_owned(), "4".to_owned()));
    for field in parts.fields {
        all.push((field.name.to_string(), String::from_utf8(field.value).unwrap()));
    }
    let judge = |scheme: Cavage, body: &[u8]| {
        let unverified = Verifier::new(scheme, Policy::default()).begin(&Request::new("POST", "/", &all), NOW)?;
        unverified.verify(&[verifying_key()], body).map(drop)
    };
    assert_eq!(judge(Cavage::new(), b"body"), Err(VerifyError::UnusableDigest("none of an accepted algorithm")));
    let multihash = Cavage::new().allowing(Switch::MultihashDigest);
    assert_eq!(judge(multihash, b"body"), Ok(()));
    assert_eq!(judge(multihash, b"ydob"), Err(VerifyError::DigestMismatch));
}

#[test]
fn both_fields_at_once_are_taken_under_their_switch_where_they_say_the_same() {
    let mut signed = Signed::new("/a", "/a", "(request-target) host date");
    let params = signed.fields.last().unwrap().1.clone();
    signed.set("authorization", &format!("Signature {params}"));
    let twice = Some(VerifyError::Ambiguous("place for the signature"));
    assert_eq!(signed.judge(Cavage::new(), lenient()).err(), twice);
    let scheme = Cavage::new().allowing(Switch::EqualCarriers);
    assert!(signed.judge(scheme, lenient()).is_ok());
    signed.set("authorization", &format!("Signature {}", params.replace("alice", "mallory")));
    assert_eq!(signed.judge(scheme, lenient()).err(), twice);
}

#[test]
fn hs2019_is_written_under_its_switch_and_read_either_way() {
    let key = SigningKey::hmac("alice", Algorithm::HmacSha512, &secret()).unwrap();
    let fields = [("host", "api.example")];
    let request = Request::new("GET", "/", &fields).with_body(b"");
    let parts = Signer::new(Cavage::new().allowing(Switch::Hs2019), key).sign(&request, NOW).unwrap();
    let value = String::from_utf8(parts.fields[1].value.clone()).unwrap();
    assert!(value.starts_with(r#"keyId="alice",algorithm="hs2019",headers="#), "{value}");
}

#[test]
fn an_absent_field_is_read_as_the_dialect_does_under_its_switch_and_counts_as_not_covered() {
    for (name, line) in [("kong", "x-absent:"), ("tyk", "x-absent: "), ("gin", "x-absent: "), ("apisix", "")] {
        let dialect = Dialect::named(name).unwrap();
        let fields = [("date", DATE)];
        let request = Request::new("GET", "/a", &fields);
        let refused = dialect.scheme().signature_base(&request, "date x-absent", &SignatureParameters::default());
        assert!(refused.is_err(), "{name}");
        let lenient = dialect.scheme().allowing(Switch::DangerousAbsentFields);
        let base = String::from_utf8(
            lenient.signature_base(&request, "date x-absent", &SignatureParameters::default()).unwrap(),
        )
        .unwrap();
        let expected = if line.is_empty() { format!("date: {DATE}") } else { format!("date: {DATE}\n{line}") };
        assert_eq!(base.trim_end_matches('\n'), expected, "{name}");
    }
    // Elsewhere the switch changes nothing.
    let request = [("date", DATE)];
    let standard = Cavage::new().allowing(Switch::DangerousAbsentFields);
    assert!(
        standard
            .signature_base(&Request::new("GET", "/", &request), "x-absent", &SignatureParameters::default())
            .is_err()
    );

    let kong = Dialect::named("kong").unwrap();
    let params = r#"hmac username="alice",algorithm="hmac-sha256",headers="date digest",signature="AAAA""#;
    let fields = [("date", DATE), ("authorization", params)];
    let read = |scheme: Cavage| Verifier::new(scheme, lenient()).begin(&Request::new("POST", "/", &fields), NOW);
    assert_eq!(read(kong.scheme()).err().map(|error| error.code()), Some("missing-component"));
    let unverified = read(kong.scheme().allowing(Switch::DangerousAbsentFields)).unwrap();
    assert_eq!(unverified.covered().to_string(), "date");
    assert_eq!(
        unverified.verify(&[VerifyingKey::hmac_sha256(&secret())], b"").err(),
        Some(VerifyError::SignatureMismatch)
    );
}
