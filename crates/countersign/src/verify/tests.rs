//! What a request is known by when it comes again.

mod keys;
mod webhooks;

use super::Verified;
use crate::{
    cavage::{Cavage, Switch},
    component::Component,
    coverage::When,
    error::VerifyError,
    fingerprint::Fingerprint,
    key::{SigningKey, VerifyingKey},
    policy::Policy,
    request::Request,
    scheme::Scheme,
    secret::Secret,
    sign::Signer,
    time::UnixTime,
    verifier::Verifier,
};

const NOW: UnixTime = UnixTime::from_secs(784_111_777);
const SECRET: &str = "correct horse battery staple";
const REALM: &str = "api";

type Field = (String, Vec<u8>);

/// A request on its way, of which nothing is fixed but what is signed.
#[derive(Clone, Debug)]
struct Sent {
    target: &'static str,
    fields: Vec<Field>,
}

impl Sent {
    /// A GET, signed in the field `Signature`.
    fn new(key: SigningKey) -> Self {
        Self::signed_by(&Signer::new(Cavage::new(), key), "/orders?page=2", NOW)
    }

    fn signed_by(signer: &Signer, target: &'static str, now: UnixTime) -> Self {
        let mut fields = vec![("host".to_owned(), b"api.example".to_vec()), ("x-tenant".to_owned(), b"blue".to_vec())];
        let parts = signer.sign(&Request::new("GET", target, &fields).with_body(b""), now).unwrap();
        fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
        Self { target, fields }
    }

    /// The same with other text in its signature's field.
    fn respelt(&self, change: impl Fn(&str) -> String) -> Self {
        let mut respelt = self.clone();
        let (_, value) = respelt.fields.iter_mut().find(|(name, _)| name == "signature").unwrap();
        let changed = change(std::str::from_utf8(value).unwrap());
        assert_ne!(changed.as_bytes(), value, "nothing was changed");
        *value = changed.into_bytes();
        respelt
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    fn verify(&self, verifier: &Verifier, key: &VerifyingKey) -> Result<Verified, VerifyError> {
        let request = Request::new("GET", self.target, &self.fields);
        verifier.begin(&request, NOW)?.verify(std::slice::from_ref(key), b"")
    }

    fn fingerprint(&self, key: &VerifyingKey) -> Fingerprint {
        self.verify(&verifier(), key).unwrap().fingerprint().unwrap()
    }
}

fn verifier() -> Verifier {
    verifier_of(Cavage::new())
}

fn verifier_of(scheme: impl Scheme) -> Verifier {
    Verifier::new(scheme, Policy::default()).fingerprinting(REALM)
}

fn signing_key(id: &str) -> SigningKey {
    SigningKey::hmac_sha256(id, &Secret::new(SECRET).unwrap()).unwrap()
}

fn key() -> VerifyingKey {
    VerifyingKey::hmac_sha256(&Secret::new(SECRET).unwrap())
}

fn sent() -> Sent {
    Sent::new(signing_key("alice"))
}

#[test]
fn a_fingerprint_is_made_where_it_is_asked_for_and_nowhere_else() {
    let plain = Verifier::new(Cavage::new(), Policy::default());
    let verified = sent().verify(&plain, &key()).unwrap();
    assert_eq!((verified.fingerprint(), verified.delivery_fingerprint()), (None, None));
    let verified = sent().verify(&plain.fingerprinting(REALM), &key()).unwrap();
    assert!(verified.fingerprint().is_some());
    // What is no webhook is not delivered.
    assert_eq!(verified.delivery_fingerprint(), None);
    let other_policy =
        plain.fingerprinting(REALM).with_policy(Policy::default().require("x-tenant".parse().unwrap(), When::Always));
    assert_eq!(sent().verify(&other_policy, &key()).err(), Some(VerifyError::NotCovered("x-tenant".parse().unwrap())));
    let other_policy = plain.fingerprinting(REALM).with_policy(Policy::default());
    assert_eq!(sent().verify(&other_policy, &key()).unwrap().fingerprint(), verified.fingerprint());
}

#[test]
fn the_head_alone_has_the_fingerprint_of_the_whole() {
    let request = sent();
    let head = Request::new("GET", request.target, &request.fields);
    let head = verifier().begin(&head, NOW).unwrap().verify_head(&[key()]).unwrap();
    assert_eq!(head.finish().unwrap().fingerprint(), Some(request.fingerprint(&key())));
}

/// Writes a field anew, out of its parameters.
type Spelling = fn(&[String]) -> String;

#[test]
fn a_request_that_is_spelt_otherwise_has_the_same_fingerprint() {
    let parameters = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    let spellings: [(&str, Spelling); 5] = [
        ("in another order", |all| all.iter().rev().cloned().collect::<Vec<_>>().join(",")),
        ("with spaces", |all| all.join(" , ")),
        ("with empty elements", |all| format!(",{},", all.join(",,"))),
        ("without its algorithm", |all| {
            all.iter().filter(|one| !one.starts_with("algorithm")).cloned().collect::<Vec<_>>().join(",")
        }),
        ("with a parameter of its own", |all| format!("{},nonce=\"1\"", all.join(","))),
    ];
    let original = sent().fingerprint(&key());
    for (how, spell) in spellings {
        let respelt = sent().respelt(|text| spell(&parameters(text)));
        assert_eq!(respelt.fingerprint(&key()), original, "{how}");
    }
    assert_eq!(sent().with("x-other", "1").with("date-of-birth", "x").fingerprint(&key()), original);
    let mut other_case = sent();
    other_case.fields.iter_mut().for_each(|(name, _)| name.make_ascii_uppercase());
    other_case.fields.rotate_left(1);
    assert_eq!(other_case.fingerprint(&key()), original);
}

#[test]
fn a_signature_is_spelt_in_one_way_alone() {
    for (from, to) in [("=\"", "\""), ("=\"", "==\""), ("=\"", "= \"")] {
        let end = |text: &str| format!("{}{to}", text.strip_suffix(from).unwrap());
        let refused = sent().respelt(end).verify(&verifier(), &key()).map(drop);
        assert!(matches!(refused, Err(VerifyError::Malformed(_))), "{to}: {refused:?}");
    }
    // Bits behind the last byte.
    let bits = |text: &str| {
        let (start, last) = text.strip_suffix("=\"").unwrap().split_at(text.len() - 3);
        format!("{start}{}=\"", char::from(last.as_bytes()[0] + 1))
    };
    assert!(matches!(sent().respelt(bits).verify(&verifier(), &key()), Err(VerifyError::Malformed(_))));
}

#[test]
fn a_key_id_in_other_letters_leads_to_the_same_fingerprint_when_it_leads_to_the_same_key() {
    let respelt = sent().respelt(|text| text.replace("\"alice\"", "\"ALICE\""));
    assert_eq!(respelt.verify(&verifier(), &key()).unwrap().key_id().unwrap().as_str(), "ALICE");
    assert_eq!(respelt.fingerprint(&key()), sent().fingerprint(&key()));
}

#[test]
fn a_field_that_the_signature_moves_to_makes_no_difference() {
    let either =
        Sent::signed_by(&Signer::new(Cavage::new().in_authorization(), signing_key("alice")), "/orders?page=2", NOW);
    assert!(either.fields.iter().any(|(name, _)| name == "authorization"));
    assert_eq!(either.fingerprint(&key()), sent().fingerprint(&key()));
}

#[test]
fn whatever_is_signed_otherwise_has_another_fingerprint() {
    let original = sent().fingerprint(&key());
    let other_secret = Secret::new("incorrect horse battery staple").unwrap();
    let other_key = Sent::new(SigningKey::hmac_sha256("alice", &other_secret).unwrap());
    assert_ne!(other_key.fingerprint(&VerifyingKey::hmac_sha256(&other_secret)), original);

    let other_realm = Verifier::new(Cavage::new(), Policy::default()).fingerprinting("admin");
    assert_ne!(sent().verify(&other_realm, &key()).unwrap().fingerprint(), Some(original));

    let signer = Signer::new(Cavage::new(), signing_key("alice"));
    assert_ne!(Sent::signed_by(&signer, "/orders?page=3", NOW).fingerprint(&key()), original);
    let later = UnixTime::from_secs(784_111_778);
    assert_ne!(Sent::signed_by(&signer, "/orders?page=2", later).fingerprint(&key()), original);
    let tenant = signer.cover("x-tenant".parse().unwrap(), When::Always);
    assert_ne!(Sent::signed_by(&tenant, "/orders?page=2", NOW).fingerprint(&key()), original);
    assert_eq!(
        Sent::signed_by(&tenant, "/orders?page=2", NOW).fingerprint(&key()),
        Sent::signed_by(&tenant, "/orders?page=2", NOW).fingerprint(&key())
    );
}

#[test]
fn two_requests_that_are_read_as_one_have_one_fingerprint() {
    // The one target under another reading has the base of the other.
    let lenient = verifier_of(Cavage::new().allowing(Switch::DangerousQuerylessTarget));
    let sent = Sent::signed_by(&Signer::new(Cavage::new(), signing_key("alice")), "/orders", NOW);
    let original = sent.verify(&lenient, &key()).unwrap();
    let with_query = Sent { target: "/orders?page=2", ..sent };
    let again = with_query.verify(&lenient, &key()).unwrap();
    assert!(original.covers_target_as_sent() && !again.covers_target_as_sent());
    assert_eq!(again.fingerprint(), original.fingerprint());
}

#[test]
fn a_request_whose_time_is_ignored_holds_for_ever() {
    let valid_until = |policy| {
        let verified = sent().verify(&Verifier::new(Cavage::new(), policy).fingerprinting(REALM), &key()).unwrap();
        verified.valid_until().map(UnixTime::as_secs)
    };
    assert_eq!(valid_until(Policy::default()), Some(784_112_077));
    assert_eq!(valid_until(Policy::default().dangerous_time_optional()), Some(784_112_077));
    assert_eq!(valid_until(Policy::default().dangerous_without_time()), None);
    assert_eq!(valid_until(Policy::dangerous_requiring_nothing()), None);
}

#[test]
fn a_time_at_which_a_signature_expires_counts_even_where_other_times_are_ignored() {
    let signer = Signer::new(Cavage::new(), signing_key("alice"));
    let signer = signer.cover(Component::Created, When::Always).cover(Component::Expires, When::Always);
    let signer = signer.expiring_after(std::time::Duration::from_secs(60));
    let sent = Sent::signed_by(&signer, "/orders", NOW);
    for policy in [Policy::default(), Policy::default().dangerous_without_time()] {
        let verified = sent.verify(&Verifier::new(Cavage::new(), policy), &key()).unwrap();
        assert_eq!(verified.valid_until().map(UnixTime::as_secs), Some(784_111_837));
    }
}
