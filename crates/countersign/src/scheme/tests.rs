//! The joint holds schemes of other kinds than the first: the body signed directly, several signatures at once, and a
//! signature that travels in a query or a form.

use smallvec::{SmallVec, smallvec};

use super::{
    BodyUse, Gap, Parsed, Place, Scheme, SchemeName, SignatureParts, SignedTimes, SigningParams, Slot, Unsigned,
    sealed::Sealed,
};
use crate::{
    algorithm::Algorithm,
    component::{Component, CoveredComponents},
    coverage::{Coverage, When},
    error::{SignError, VerifyError},
    field::WellKnown,
    key::{KeyId, KeyMetadata, SigningKey, VerifyingKey},
    policy::Policy,
    request::Request,
    secret::Secret,
    sign::Signer,
    signature::{Encoding, Signature, SignatureForm},
    signature_base::SignatureBase,
    time::UnixTime,
    verifier::Verifier,
};

/// `t=<seconds>,v1=<hex>,v1=<hex>` in the `Signature` field, each over `<seconds>.<body>`.
#[derive(Debug)]
struct Listed;

impl Listed {
    fn base(time: &str) -> SignatureBase {
        let mut base = SignatureBase::new();
        base.push(time.as_bytes());
        base.push(b".");
        base.push_body();
        base
    }
}

impl Sealed for Listed {}

impl Scheme for Listed {
    fn name(&self) -> SchemeName {
        SchemeName::fixed("listed")
    }

    fn body_use(&self) -> BodyUse {
        BodyUse::Signed
    }

    fn prepare<'r>(
        &self,
        request: &Request<'r>,
        params: &SigningParams<'_>,
        now: UnixTime,
    ) -> Result<Unsigned<'r>, SignError> {
        let time = now.as_secs().to_string();
        let gaps: SmallVec<[Gap; 1]> = (0..params.keys.len())
            .map(|signature| {
                let then = if signature.saturating_add(1) < params.keys.len() { ",v1=" } else { "" };
                Gap {
                    signature,
                    encoding: Encoding::Hex,
                    algorithm: Algorithm::HmacSha256,
                    form: SignatureForm::Usual,
                    then: then.into(),
                }
            })
            .collect();
        let text = format!("t={time},v1=").into_bytes();
        Ok(Unsigned {
            base: Self::base(&time),
            body: request.body.ok_or(SignError::UnreadBody)?.into(),
            parts: SignatureParts::default(),
            slots: smallvec![Slot { place: Place::Field(WellKnown::Signature.into()), text, gaps }],
            signatures: params.keys.len(),
        })
    }

    fn most_signatures(&self) -> usize {
        usize::MAX
    }

    fn coverage(&self) -> Coverage {
        Coverage::empty().and(Component::Body, When::Always)
    }

    fn fixed_text(&self, _: &[KeyMetadata]) -> String {
        String::new()
    }

    fn challenge(&self, realm: &str, _: &str) -> String {
        format!("Webhook realm=\"{realm}\"")
    }

    fn claimed_key_id(&self, _: &Request<'_>) -> Option<KeyId> {
        None
    }

    fn place(&self, request: &Request<'_>) -> Result<Option<Place>, VerifyError> {
        let name = WellKnown::Signature.into();
        Ok(request.has_field(&name).then_some(Place::Field(name)))
    }

    fn parse(&self, request: &Request<'_>, _: &[CoveredComponents], parsed: &mut Parsed) -> Result<(), VerifyError> {
        let field = request.single(&WellKnown::Signature.into()).ok().flatten().ok_or(VerifyError::NoSignature)?;
        let (mut time, mut signatures) = ("", SmallVec::new());
        for item in std::str::from_utf8(field).unwrap().split(',') {
            match item.split_once('=') {
                Some(("t", text)) => time = text,
                Some(("v1", hex)) => assert!(Encoding::Hex.decode_onto(hex.as_bytes(), &mut signatures)),
                _ => {}
            }
        }
        let signed_at = time.parse().ok().map(UnixTime::from_secs).ok_or(VerifyError::Malformed("no time"))?;
        let covered = CoveredComponents::new(vec![Component::Created, Component::Body])?;
        let times = SignedTimes { created: Some(signed_at), ..SignedTimes::default() };
        *parsed = Parsed { signatures, base: Self::base(time), times, covered, ..Parsed::empty() };
        Ok(())
    }
}

/// The pairs of a form or a query but for `signature`, signed as they are; the signature is one more pair.
#[derive(Debug)]
struct Pairs(fn(String) -> Place);

impl Pairs {
    fn base(body: &[u8]) -> (SignatureBase, SmallVec<[Signature; 1]>) {
        let (mut base, mut signatures) = (SignatureBase::new(), SmallVec::new());
        for pair in body.split(|byte| *byte == b'&') {
            match pair.strip_prefix(b"signature=") {
                Some(hex) => assert!(Encoding::Hex.decode_onto(hex, &mut signatures)),
                None => base.push(pair),
            }
        }
        (base, signatures)
    }
}

impl Sealed for Pairs {}

impl Scheme for Pairs {
    fn name(&self) -> SchemeName {
        SchemeName::fixed("pairs")
    }

    fn body_use(&self) -> BodyUse {
        BodyUse::Signed
    }

    fn prepare<'r>(
        &self,
        request: &Request<'r>,
        _: &SigningParams<'_>,
        _: UnixTime,
    ) -> Result<Unsigned<'r>, SignError> {
        let body = request.body.ok_or(SignError::UnreadBody)?;
        let gaps = smallvec![Gap {
            signature: 0,
            encoding: Encoding::Hex,
            algorithm: Algorithm::HmacSha256,
            form: SignatureForm::Usual,
            then: "".into()
        }];
        Ok(Unsigned {
            base: Self::base(body).0,
            body: body.into(),
            parts: SignatureParts::default(),
            slots: smallvec![Slot { place: self.0("signature".to_owned()), text: Vec::new(), gaps }],
            signatures: 1,
        })
    }

    fn most_signatures(&self) -> usize {
        1
    }

    fn coverage(&self) -> Coverage {
        Coverage::empty().and(Component::Body, When::Always)
    }

    fn fixed_text(&self, _: &[KeyMetadata]) -> String {
        String::new()
    }

    fn challenge(&self, realm: &str, _: &str) -> String {
        format!("Webhook realm=\"{realm}\"")
    }

    fn claimed_key_id(&self, _: &Request<'_>) -> Option<KeyId> {
        None
    }

    fn place(&self, _: &Request<'_>) -> Result<Option<Place>, VerifyError> {
        Ok(Some((self.0)("signature".to_owned())))
    }

    fn parse(&self, request: &Request<'_>, _: &[CoveredComponents], parsed: &mut Parsed) -> Result<(), VerifyError> {
        let (base, signatures) = Self::base(request.body.ok_or(VerifyError::BodyNeeded)?);
        let covered = CoveredComponents::new(vec![Component::Body])?;
        *parsed = Parsed { signatures, base, covered, ..Parsed::empty() };
        Ok(())
    }
}

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const NO_FIELDS: [(&str, &str); 0] = [];

fn secret(text: &str) -> Secret {
    Secret::new(format!("{text} is a long secret")).unwrap()
}

fn signing(text: &str) -> SigningKey {
    SigningKey::hmac_sha256(text, &secret(text)).unwrap()
}

fn verifying(text: &str) -> VerifyingKey {
    VerifyingKey::hmac_sha256(&secret(text))
}

fn body_policy() -> Policy {
    Policy::dangerous_requiring(Coverage::empty().and(Component::Body, When::Always))
}

#[test]
fn a_scheme_that_signs_the_body_directly_carries_several_signatures_of_which_any_may_match() {
    let signer = Signer::with_keys(Listed, vec![signing("old"), signing("new")]);
    let parts = signer.sign(&Request::new("POST", "/hook", &NO_FIELDS).with_body(b"payload"), NOW).unwrap();
    let value = String::from_utf8(parts.fields[0].value.clone()).unwrap();
    assert_eq!(value.matches("v1=").count(), 2, "{value}");

    let fields = [("signature", value)];
    let verifier = Verifier::new(Listed, body_policy());
    let verify = |key: &str, body: &[u8], now| {
        let request = Request::new("POST", "/hook", &fields).with_body(body);
        verifier.begin(&request, now)?.verify(&[verifying(key)], body)
    };
    assert!(verify("old", b"payload", NOW).is_ok());
    assert!(verify("new", b"payload", NOW).unwrap().covered().contains(&Component::Body));
    assert_eq!(verify("new", b"Payload", NOW).err(), Some(VerifyError::SignatureMismatch));
    assert_eq!(verify("other", b"payload", NOW).err(), Some(VerifyError::SignatureMismatch));
    let late = UnixTime::from_secs(NOW.as_secs() + 301);
    assert_eq!(verify("new", b"payload", late).err(), Some(VerifyError::TooOld));
}

#[test]
fn a_body_that_is_signed_directly_is_asked_for_first_and_needs_no_digest() {
    let verifier = Verifier::new(Listed, body_policy().require(Component::field(WellKnown::Digest), When::Body));
    let signer = Signer::new(Listed, signing("a"));
    let parts = signer.sign(&Request::new("POST", "/", &NO_FIELDS).with_body(b"x"), NOW).unwrap();
    let fields = [("signature", parts.fields[0].value.clone())];
    let request = Request::new("POST", "/", &fields);
    assert_eq!(verifier.begin(&request, NOW).err(), Some(VerifyError::BodyNeeded));
    let unverified = verifier.begin(&request.with_body(b"x"), NOW).unwrap();
    assert_eq!(unverified.verify_head(&[verifying("a")]).err(), Some(VerifyError::BodyNeeded));
    assert!(verifier.begin(&request.with_body(b"x"), NOW).unwrap().verify(&[verifying("a")], b"x").is_ok());
}

#[test]
fn a_signature_travels_in_a_query_in_a_form_or_in_json_as_well() {
    let request = Request::new("POST", "/", &NO_FIELDS).with_body(b"a=1&b=2");
    let in_query = Signer::new(Pairs(Place::Query), signing("a")).sign(&request, NOW).unwrap();
    let in_form = Signer::new(Pairs(Place::Form), signing("a")).sign(&request, NOW).unwrap();
    assert_eq!((in_query.query.len(), in_query.form.len()), (1, 0));
    assert_eq!(in_form.form, in_query.query);
    let in_json = Signer::new(Pairs(Place::Json), signing("a")).sign(&request, NOW).unwrap();
    assert_eq!((&in_json.json, in_json.query.len(), in_json.form.len()), (&in_query.query, 0, 0));

    let (name, value) = &in_form.form[0];
    let verifier = Verifier::new(Pairs(Place::Form), Policy::dangerous_requiring_nothing());
    for (body, expected) in [
        (String::from_utf8(in_form.body(b"a=1&b=2").unwrap().into_owned()).unwrap(), None),
        (format!("a=1&{name}={value}&b=2"), None),
        (format!("a=1&b=3&{name}={value}"), Some(VerifyError::SignatureMismatch)),
    ] {
        let request = request.with_body(body.as_bytes());
        let result = verifier.begin(&request, NOW).unwrap().verify(&[verifying("a")], body.as_bytes());
        assert_eq!(result.err(), expected);
    }
}
