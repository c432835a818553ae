//! Properties that hold for every request: what is signed verifies, what is tampered with does not, and nothing panics.

use countersign::{
    Algorithm, Cavage, Component, Coverage, Policy, Request, Signer, SigningKey, UnixTime, Verified, Verifier,
    VerifyError, VerifyingKey, When,
};
use proptest::{collection::vec, prelude::*, sample};

use crate::support::secret;

const NOW: UnixTime = UnixTime::from_secs(784_111_777);

type Field = (String, Vec<u8>);

fn config() -> ProptestConfig {
    ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() }
}

/// A request before it is signed, and how it is to be.
#[derive(Clone, Debug)]
struct Case {
    method: String,
    target: String,
    host: String,
    fields: Vec<Field>,
    body: Vec<u8>,
    key_id: String,
    algorithm: Algorithm,
    in_authorization: bool,
    covers_created: bool,
}

/// The same with its signature, as it stands on the wire.
#[derive(Clone, Debug)]
struct Wire {
    method: String,
    target: String,
    fields: Vec<Field>,
    body: Vec<u8>,
}

fn field_value() -> impl Strategy<Value = Vec<u8>> {
    let fits = |byte: &u8| !matches!(byte, b'\r' | b'\n' | b'\0');
    let odd = sample::select(vec![&b""[..], b" ", b"\t a \t", b"a, b", b"a  b", b"\xff\xfe", b": x", b",", b"\"\\"]);
    prop_oneof![vec(any::<u8>().prop_filter("a line break", fits), 0..24), odd.prop_map(<[u8]>::to_vec)]
}

fn case() -> impl Strategy<Value = Case> {
    let method = prop_oneof![Just("GET".to_owned()), Just("POST".to_owned()), "[A-Z]{1,9}"];
    let target = prop_oneof![Just("/a?".to_owned()), "/[!-~]{0,40}", "/(%2F|//|;v=1|\\?|&|=|\\.\\./|a){0,12}"];
    let host = "[a-zA-Z0-9-][a-zA-Z0-9.-]{0,19}(:[0-9]{1,4})?";
    let fields = vec(("x-[a-d]", field_value()), 0..6);
    let key_id = prop_oneof!["[ -~]{1,40}", "[\"\\\\,= ä€]{1,20}"];
    let hmacs: Vec<_> = Algorithm::ALL.iter().copied().filter(|algorithm| algorithm.is_symmetric()).collect();
    let algorithm = sample::select(hmacs);
    let parts = (method, target, host, fields, vec(any::<u8>(), 0..64), key_id, algorithm);
    (parts, any::<bool>(), any::<bool>()).prop_map(|(parts, in_authorization, covers_created)| {
        let (method, target, host, fields, body, key_id, algorithm) = parts;
        Case { method, target, host, fields, body, key_id, algorithm, in_authorization, covers_created }
    })
}

impl Case {
    fn signing_key(&self) -> SigningKey {
        match self.algorithm {
            Algorithm::HmacSha1 => SigningKey::dangerous_hmac_sha1(&self.key_id, &secret()).unwrap(),
            algorithm => SigningKey::hmac(&self.key_id, algorithm, &secret()).unwrap(),
        }
    }

    fn verifying_key(&self) -> VerifyingKey {
        match self.algorithm {
            Algorithm::HmacSha1 => VerifyingKey::dangerous_hmac_sha1(&secret()),
            algorithm => VerifyingKey::hmac(algorithm, &secret()).unwrap(),
        }
    }

    fn coverage(&self) -> Coverage {
        let mut coverage = Coverage::standard();
        if self.covers_created {
            coverage = coverage.and(Component::Created, When::Always);
        }
        self.fields.iter().fold(coverage, |all, (name, _)| all.and(name.parse().unwrap(), When::Always))
    }

    fn sign(&self) -> Wire {
        let scheme = if self.in_authorization { Cavage::new().in_authorization() } else { Cavage::new() };
        let signer = Signer::new(scheme, self.signing_key()).covering(self.coverage());
        let mut fields = self.fields.clone();
        fields.push(("Host".to_owned(), self.host.clone().into_bytes()));
        fields.push(("Content-Length".to_owned(), self.body.len().to_string().into_bytes()));
        let request = Request::new(&self.method, &self.target, &fields).with_body(&self.body);
        let parts = signer.sign(&request, NOW).unwrap();
        fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
        Wire { method: self.method.clone(), target: self.target.clone(), fields, body: self.body.clone() }
    }

    /// Verifies as a server does that knows one key, by its id.
    fn verify(&self, wire: &Wire) -> Result<Verified, VerifyError> {
        let request = Request::new(&wire.method, &wire.target, &wire.fields);
        let unverified = Verifier::new(Cavage::new(), Policy::default()).begin(&request, NOW)?;
        let known = unverified.key_id().is_some_and(|id| id.as_str() == self.key_id);
        let keys = if known { vec![self.verifying_key()] } else { Vec::new() };
        unverified.verify(&keys, &wire.body)
    }
}

/// A change of one byte.
#[derive(Clone, Debug)]
enum Change {
    Flip(sample::Index, u8),
    Insert(sample::Index, u8),
    Delete(sample::Index),
}

impl Change {
    /// Bytes that are put in are letters and digits: white space at an edge, or a backslash, may mean nothing.
    fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            (any::<sample::Index>(), 1_u8..).prop_map(|(at, mask)| Self::Flip(at, mask)),
            (any::<sample::Index>(), sample::select(b"aZ019".to_vec())).prop_map(|(at, byte)| Self::Insert(at, byte)),
            any::<sample::Index>().prop_map(Self::Delete),
        ]
    }

    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Insert(at, byte) => bytes.insert(at.index(bytes.len() + 1), *byte),
            _ if bytes.is_empty() => bytes.push(b'x'),
            Self::Flip(at, mask) => {
                let at = at.index(bytes.len());
                bytes[at] ^= mask;
            }
            Self::Delete(at) => drop(bytes.remove(at.index(bytes.len()))),
        }
    }

    fn apply_to_text(&self, text: &mut String) {
        let mut bytes = std::mem::take(text).into_bytes();
        self.apply(&mut bytes);
        *text = String::from_utf8_lossy(&bytes).into_owned();
    }
}

/// What is changed on the way.
#[derive(Clone, Copy, Debug)]
enum Part {
    Method,
    Target,
    Body,
    Field(&'static str),
    /// The value of one parameter of the signature's carrier.
    Param(&'static str),
}

impl Wire {
    fn carrier(&mut self) -> &mut Vec<u8> {
        let carries = |field: &&mut Field| matches!(field.0.as_str(), "signature" | "authorization");
        &mut self.fields.iter_mut().find(carries).unwrap().1
    }

    /// Whether there was something of the kind to change, and the change means something.
    fn tamper(&mut self, part: Part, change: &Change) -> bool {
        match part {
            Part::Method => change.apply_to_text(&mut self.method),
            Part::Target => change.apply_to_text(&mut self.target),
            Part::Body => change.apply(&mut self.body),
            Part::Field(name) => {
                let Some((_, value)) = self.fields.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(name)) else {
                    return false;
                };
                let before = value.trim_ascii().to_vec();
                change.apply(value);
                return value.trim_ascii() != before;
            }
            Part::Param(name) => {
                let carrier = self.carrier();
                let text = String::from_utf8(carrier.clone()).unwrap();
                // From the end, since a key id may hold anything.
                let Some(start) = text.rfind(name).map(|at| at + name.len()) else { return false };
                let end = if name.ends_with('"') { text.len() - 1 } else { start + NOW.as_secs().to_string().len() };
                let mut value = carrier[start..end].to_vec();
                change.apply(&mut value);
                carrier.splice(start..end, value);
            }
        }
        true
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_the_signer_signs_the_verifier_accepts(case in case(), cut in any::<sample::Index>()) {
        let wire = case.sign();
        let verified = case.verify(&wire).unwrap();
        prop_assert_eq!(verified.key_id().unwrap().as_str(), &case.key_id);
        prop_assert_eq!(verified.signed_at(), Some(NOW));
        for (component, _) in case.coverage().iter().filter(|(_, when)| **when == When::Always) {
            prop_assert!(verified.covered().contains(component));
        }

        let request = Request::new(&wire.method, &wire.target, &wire.fields);
        let unverified = Verifier::new(Cavage::new(), Policy::default()).begin(&request, NOW).unwrap();
        let mut head = unverified.verify_head(&[case.verifying_key()]).unwrap();
        let (first, second) = wire.body.split_at(cut.index(wire.body.len() + 1));
        head.update(first);
        head.update(second);
        prop_assert!(head.finish().is_ok());
    }

    #[test]
    fn one_byte_changed_anywhere_in_what_is_signed_is_refused(
        case in case(),
        change in Change::any(),
        part in sample::select(vec![
            Part::Method, Part::Target, Part::Body, Part::Field("host"), Part::Field("date"), Part::Field("digest"),
            Part::Field("x-a"), Part::Field("x-b"), Part::Param("signature=\""), Part::Param(",created="),
        ]),
    ) {
        let mut wire = case.sign();
        if wire.tamper(part, &change) {
            prop_assert!(case.verify(&wire).is_err(), "{:?}", wire);
        }
    }

    #[test]
    fn a_covered_field_that_is_removed_or_repeated_is_refused(case in case(), at in any::<sample::Index>()) {
        let original = case.sign();
        let at = at.index(original.fields.len());
        prop_assume!(!original.fields[at].0.eq_ignore_ascii_case("content-length"));
        let mut removed = original.clone();
        removed.fields.remove(at);
        prop_assert!(case.verify(&removed).is_err());
        let mut repeated = original.clone();
        repeated.fields.push(original.fields[at].clone());
        prop_assert!(case.verify(&repeated).is_err());
    }

    #[test]
    fn whatever_happens_to_the_signatures_header_it_stands_for_the_same_key_and_list_or_is_refused(
        case in case(),
        changes in vec((any::<sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
    ) {
        let mut wire = case.sign();
        let covered = case.verify(&wire).unwrap().covered().clone();
        let carrier = wire.carrier();
        for (at, byte, kind) in changes {
            match kind {
                0 => Change::Flip(at, byte),
                1 => Change::Insert(at, byte),
                _ => Change::Delete(at),
            }
            .apply(carrier);
        }
        if let Ok(verified) = case.verify(&wire) {
            prop_assert_eq!(verified.key_id().unwrap().as_str(), &case.key_id);
            prop_assert_eq!(verified.covered(), &covered);
        }
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_panic(
        names in vec(sample::select(vec![
            "signature", "authorization", "date", "digest", "host", "content-length", "transfer-encoding",
        ]), 0..6),
        values in vec(vec(any::<u8>(), 0..64), 6),
        carrier in vec(sample::select(vec![
            "keyId", "signature", "headers", "created", "expires", "algorithm", "=", "\"", ",", " ", "\\", "date", "host",
            "(request-target)", "(created)", "1", ".", "18446744073709551615", "AAAA", "hs2019", "\u{e4}", "Signature ",
        ]), 0..40),
        (method, target, body) in (any::<String>(), any::<String>(), vec(any::<u8>(), 0..9)),
    ) {
        let mut fields: Vec<_> = names.into_iter().zip(values).map(|(name, value)| (name.to_owned(), value)).collect();
        for garbled in [false, true] {
            if garbled {
                fields.retain(|(name, _)| name != "signature");
                fields.push(("signature".to_owned(), carrier.concat().into_bytes()));
            }
            for policy in [Policy::default(), Policy::dangerous_requiring_nothing()] {
                let request = Request::new(&method, &target, &fields);
                let begun = Verifier::new(Cavage::new(), policy).begin(&request, NOW);
                let verified = begun.and_then(|unverified| unverified.verify(&[crate::support::verifying_key()], &body));
                prop_assert!(verified.is_err());
            }
        }
    }

    #[test]
    fn what_a_verifier_asks_for_its_client_covers_then_whatever_stands_beside_the_challenge(
        names in sample::subsequence(vec!["digest", "x-a", "x-b", "x-c", "content-length"], 1..6),
        realm in "([ !#-\\[\\]-~]|\\\\[ -~]){0,20}",
        others in vec(sample::select(vec![
            "Basic realm=\"a, Signature headers=\\\"x\\\"\"", "Negotiate abc==", "Negotiate", "", ", ,", "Digest headers=date, qop=auth",
        ]), 0..4),
        (at, in_one) in (any::<sample::Index>(), any::<bool>()),
    ) {
        let components: Vec<Component> = names.iter().map(|name| name.parse().unwrap()).collect();
        let with = |policy: Policy, component: &Component| policy.require(component.clone(), When::Always);
        let verifier = Verifier::new(Cavage::new(), components.iter().fold(Policy::default(), with));
        let mut values: Vec<_> = others.into_iter().map(str::to_owned).collect();
        values.insert(at.index(values.len() + 1), verifier.challenge(&realm, "GET", false));
        let values = if in_one { vec![values.join(", ")] } else { values };

        let signer = Signer::new(Cavage::new(), crate::support::signing_key("alice"));
        let mut fields: Vec<Field> = [("host", "api.example"), ("x-a", "1"), ("x-b", "2"), ("x-c", "3")]
            .map(|(name, value)| (name.to_owned(), value.into()))
            .to_vec();
        let signer = {
            let request = Request::new("GET", "/", &fields).with_body(b"");
            let answers = || values.iter().map(String::as_bytes);
            prop_assert!(signer.answering(&request, answers(), &components[1..]).is_none());
            signer.answering(&request, answers(), &components).unwrap()
        };
        let parts = signer.sign(&Request::new("GET", "/", &fields).with_body(b""), NOW).unwrap();
        fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
        let unverified = verifier.begin(&Request::new("GET", "/", &fields), NOW).unwrap();
        let verified = unverified.verify(&[crate::support::verifying_key()], b"").unwrap();
        prop_assert_eq!(verified.covered().to_string(), format!("(request-target) host date {}", names.join(" ")));
    }

    #[test]
    fn arbitrary_challenges_are_read_without_panic_and_ask_for_nothing_that_is_not_allowed(
        bytes in vec(vec(any::<u8>(), 0..64), 0..3),
        parts in vec(vec(sample::select(vec![
            "Signature", "headers", "realm", "=", "==", "\"", ",", " ", "\\", "\t", "date", "host", "x-a", "(request-target)",
            "(body)", "abc", "Basic", "/", "\u{e4}", "Signature headers=\"x-a\"",
        ]), 0..16), 0..3),
    ) {
        let signer = Signer::new(Cavage::new(), crate::support::signing_key("alice"));
        let allowed: Vec<Component> = vec!["x-a".parse().unwrap(), Component::Body];
        let fields = [("host", "api.example"), ("x-a", "1")];
        let request = Request::new("GET", "/", &fields).with_body(b"");
        let texts: Vec<_> = parts.iter().map(|parts| parts.concat()).collect();
        for values in [bytes.iter().map(Vec::as_slice).collect(), texts.iter().map(String::as_bytes).collect::<Vec<_>>()] {
            let Some(answering) = signer.answering(&request, values, &allowed) else { continue };
            let unsigned = answering.prepare(&request, NOW).unwrap();
            let base = String::from_utf8(unsigned.signature_base().into_owned()).unwrap();
            prop_assert!(base.ends_with("\nx-a: 1") && base.lines().count() == 4, "{}", base);
        }
    }

    #[test]
    fn signing_arbitrary_requests_does_not_panic(
        (method, target, host) in (any::<String>(), any::<String>(), vec(any::<u8>(), 0..20)),
        (date, digest, body) in (vec(any::<u8>(), 0..30), vec(any::<u8>(), 0..60), vec(any::<u8>(), 0..9)),
    ) {
        let fields = vec![("host", host), ("date", date), ("digest", digest)];
        let signer = Signer::new(Cavage::new(), crate::support::signing_key("alice"));
        let _ = signer.sign(&Request::new(&method, &target, &fields).with_body(&body), NOW);
    }
}
