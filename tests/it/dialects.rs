//! Every dialect: what it writes, that it reads what it writes, and that nothing of what it covers can be changed.

use std::fmt::Write as _;

use countersign::{
    Cavage, Component, Coverage, Dialect, Policy, Request, Signer, SigningKey, UnixTime, Verified, Verifier,
    VerifyError, VerifyingKey,
};

use crate::{
    golden::same_as_reviewed,
    support::{secret, secs},
};

const NOW: UnixTime = UnixTime::from_secs(784_111_777);
const TARGET: &str = "/orders/%7Eann?page=2&q=a+b";

/// A request that has what every dialect covers.
struct Message {
    method: &'static str,
    target: &'static str,
    fields: Vec<(String, String)>,
    body: &'static str,
}

impl Message {
    fn new(method: &'static str, body: &'static str) -> Self {
        let mut fields = vec![("host", "api.example:8080"), ("v-c-merchant-id", "shop"), ("x-request-id", "8a2c")];
        if !body.is_empty() {
            fields.extend([("content-type", "application/json"), ("content-length", "10")]);
        } else if method != "GET" {
            fields.extend([("content-type", "application/json"), ("content-length", "0")]);
        }
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { method, target: TARGET, fields, body }
    }

    fn every_kind() -> [Self; 3] {
        [Self::new("GET", ""), Self::new("POST", r#"{"item":1}"#), Self::new("DELETE", "")]
    }

    fn request(&self) -> Request<'_> {
        Request::new(self.method, self.target, &self.fields).with_body(self.body.as_bytes())
    }

    fn signed(mut self, scheme: Cavage) -> Self {
        let signer = Signer::new(scheme, SigningKey::hmac_sha256("alice", &secret()).unwrap());
        for field in signer.sign(&self.request(), NOW).unwrap().fields {
            self.set(field.name.as_str(), std::str::from_utf8(&field.value).unwrap());
        }
        self
    }

    fn set(&mut self, name: &str, value: &str) {
        self.fields.retain(|(present, _)| present != name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    fn verified(&self, scheme: Cavage, policy: Policy) -> Result<Verified, VerifyError> {
        let unverified = Verifier::new(scheme, policy).begin(&self.request(), NOW.plus(secs(1)))?;
        unverified.verify(&[VerifyingKey::hmac_sha256(&secret())], self.body.as_bytes())
    }
}

/// Dialects whose servers read another target than their clients send, so that they do not read what is written for them.
fn writes_for_other_readers(dialect: &Dialect) -> bool {
    ["flask-cavage", "go-fed", "fedify", "bovine", "tyk"].contains(&dialect.name())
}

#[test]
fn what_each_dialect_writes_is_as_reviewed() {
    let mut shown = String::new();
    for dialect in Dialect::ALL {
        writeln!(shown, "{}", dialect.name()).unwrap();
        for message in Message::every_kind() {
            let before = message.fields.clone();
            let signed = message.signed(dialect.scheme());
            writeln!(shown, "  {} {}", signed.method, signed.target).unwrap();
            for (name, value) in signed.fields.iter().filter(|field| !before.contains(field)) {
                writeln!(shown, "  + {name}: {value}").unwrap();
            }
        }
    }
    same_as_reviewed("dialects.txt", &shown);
}

#[test]
fn what_each_dialect_asks_for_is_as_reviewed() {
    let mut shown = String::new();
    for dialect in Dialect::ALL {
        writeln!(shown, "{}: {}", dialect.name(), dialect.about()).unwrap();
        let table = |coverage: &Coverage| {
            coverage.iter().map(|(component, when)| format!("{component} {when:?}")).collect::<Vec<_>>().join(", ")
        };
        writeln!(shown, "  covers {}", table(&dialect.coverage())).unwrap();
        let unprotected: Vec<_> = dialect.unprotected().iter().map(ToString::to_string).collect();
        writeln!(shown, "  unprotected {}", unprotected.join(" ")).unwrap();
        let verifier = Verifier::new(dialect.scheme(), dialect.policy());
        writeln!(shown, "  GET  {}", verifier.challenge("r", "GET", false)).unwrap();
        writeln!(shown, "  POST {}", verifier.challenge("r", "POST", true)).unwrap();
    }
    same_as_reviewed("dialect-policies.txt", &shown);
}

#[test]
fn each_dialect_reads_what_it_writes_and_its_policy_accepts_it() {
    for dialect in Dialect::ALL {
        for message in Message::every_kind() {
            let mut signed = message.signed(dialect.scheme());
            if writes_for_other_readers(dialect) {
                continue;
            }
            // A line for a digest that is not there is written for gin's servers and read under a switch.
            let blank_digest = dialect.name() == "gin" && signed.body.is_empty();
            let scheme = match dialect.scheme() {
                scheme if blank_digest => scheme.allowing(countersign::Switch::DangerousAbsentFields),
                scheme => scheme,
            };
            let verified = signed.verified(scheme, dialect.policy());
            let verified = verified.unwrap_or_else(|error| panic!("{} {}: {error}", dialect.name(), signed.method));
            assert_eq!(verified.key_id().unwrap().as_str(), "alice");
            let covers = verified.covered().contains(&Component::RequestTarget);
            assert_eq!(verified.covers_target_as_sent(), covers, "{}", dialect.name());

            if covers {
                signed.target = "/other";
                let refused = signed.verified(scheme, dialect.policy()).err();
                assert_eq!(refused, Some(VerifyError::SignatureMismatch), "{}", dialect.name());
            }
        }
    }
}

#[test]
fn what_is_written_for_readers_of_another_target_is_read_under_a_switch() {
    use countersign::Switch::{DangerousDecodedPath, DangerousQuerylessTarget};
    for dialect in Dialect::ALL.iter().filter(|dialect| writes_for_other_readers(dialect)) {
        for message in Message::every_kind() {
            let signed = message.signed(dialect.scheme());
            let refused = signed.verified(dialect.scheme(), dialect.policy()).err();
            assert_eq!(refused, Some(VerifyError::SignatureMismatch), "{}", dialect.name());
            let lenient = dialect.scheme().allowing(DangerousQuerylessTarget).allowing(DangerousDecodedPath);
            let verified = signed.verified(lenient, dialect.policy()).unwrap();
            assert!(!verified.covers_target_as_sent(), "{}", dialect.name());
        }
    }
}

#[test]
fn no_dialect_is_read_as_another_that_signs_another_string() {
    let message = || Message::new("GET", "").signed(Dialect::named("kong").unwrap().scheme());
    let refused = message().verified(Cavage::new(), Policy::default()).err();
    assert_eq!(refused, Some(VerifyError::NoSignature));
    let standard = Message::new("GET", "").signed(Cavage::new().in_authorization());
    for dialect in ["apisix", "draft-00", "draft-01", "cybersource"] {
        let dialect = Dialect::named(dialect).unwrap();
        assert!(standard.verified(dialect.scheme(), dialect.policy()).is_err(), "{}", dialect.name());
    }
}

#[test]
fn every_name_leads_to_its_dialect_in_any_case_and_no_two_share_one() {
    let mut names = Vec::new();
    for dialect in Dialect::ALL {
        assert_eq!(Dialect::named(&dialect.name().to_uppercase()), Some(*dialect));
        assert!(!dialect.about().is_empty());
        assert!(!names.contains(&dialect.name()), "{}", dialect.name());
        names.push(dialect.name());
    }
    assert_eq!(Dialect::named("mastodon"), Dialect::named("fediverse"));
    assert_eq!(Dialect::named("no such"), None);
}

#[test]
fn the_standard_dialect_covers_what_the_default_policy_requires() {
    assert_eq!(Dialect::STANDARD.coverage(), Coverage::standard());
    assert_eq!(Dialect::STANDARD.policy(), Policy::default());
    let flask = Dialect::named("flask-cavage").unwrap();
    assert_eq!((flask.coverage(), flask.policy()), (Coverage::flask_cavage(), Policy::flask_cavage()));
}

#[test]
fn a_date_that_was_signed_cannot_be_replaced_by_another_field_with_its_value() {
    let misskey = Dialect::named("misskey").unwrap();
    let mut signed = Message::new("GET", "").signed(misskey.scheme());
    signed.set("x-date", &NOW.to_http_date());
    assert!(signed.verified(misskey.scheme(), misskey.policy()).is_ok(), "a field that is not covered changes nothing");
    signed.set("date", &NOW.minus(secs(60)).to_http_date());
    let refused = signed.verified(misskey.scheme(), misskey.policy()).err();
    assert_eq!(refused, Some(VerifyError::SignatureMismatch));
    // Without a date the other field stands in for it.
    signed.fields.retain(|(name, _)| name != "date");
    assert!(signed.verified(misskey.scheme(), misskey.policy()).is_ok());
}

#[test]
fn a_date_that_stands_in_another_field_is_covered_there_and_not_under_its_own_name() {
    let (tyk, date) = (Dialect::named("tyk").unwrap(), NOW.to_http_date());
    let mut message = Message::new("GET", "");
    message.target = "/orders";
    message.set("x-aux-date", &date);
    let mut signed = message.signed(tyk.scheme());
    signed.set("date", "Mon, 01 Jan 1990 00:00:00 GMT");
    let verified = signed.verified(tyk.scheme(), tyk.policy()).unwrap();
    assert_eq!(verified.covered().to_string(), "(request-target) x-aux-date");
    let asks_for_date = tyk.policy().require(Component::field(countersign::WellKnown::Date), countersign::When::Always);
    let refused = signed.verified(tyk.scheme(), asks_for_date).err();
    assert_eq!(refused.map(|error| error.code()), Some("not-covered"));

    // Also where absent fields are read as empty.
    signed.fields.retain(|(name, _)| name != "date");
    let lenient = tyk.scheme().allowing(countersign::Switch::DangerousAbsentFields);
    assert_eq!(signed.verified(lenient, tyk.policy()).unwrap().signed_at(), Some(NOW));
    let refused = signed.verified(tyk.scheme(), tyk.policy().max_skew(secs(0)).max_age(secs(0))).err();
    assert_eq!(refused, Some(VerifyError::TooOld));
}
