//! Every preset is the one of the data, carries what it signs in both directions, and refuses another body.

use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::{
    Request, Signer, UnixTime, Verified, Verifier, VerifyError, VerifyingKey,
    webhook::{
        At, IdSpec, Mac, Piece, Preset, PublicUrl, Repeated, Spec, TextEncoding, TimeFormat, UrlForm, Weakness,
        Webhook, WebhookError,
    },
};
use serde_json::Value;

fn data() -> Vec<(String, Value)> {
    let file: Value = serde_json::from_str(include_str!("../../vectors/webhook-schemes.json")).unwrap();
    file.as_object().unwrap().iter().map(|(name, spec)| (name.clone(), spec.clone())).collect()
}

/// Makes of a preset what the data says, where ours asks for more.
fn as_in_the_data(name: &str, mut spec: Spec) -> Spec {
    spec.url_form = UrlForm::AsIs;
    spec.without_body = false;
    spec.key.strip_private = None;
    match name {
        // The data names the field that tells the time and leaves its freshness to a form that it lacks.
        "vipps" => {
            assert_eq!(spec.time.take().unwrap().format, TimeFormat::HttpDate);
            replace(&mut spec, "{time}", "{header:x-ms-date}");
        }
        "uploadcare" => {
            assert_eq!(spec.time.take().unwrap().at, At::Header("date".to_owned()));
            replace(&mut spec, "{time}", "{header:date}");
        }
        // Its note says so, its value does not.
        "shopify-app-proxy" => match spec.message.first_mut() {
            Some(Piece::Pairs(pairs)) => {
                assert_eq!(pairs.dup, Repeated::Join(",".to_owned()));
                pairs.dup = Repeated::Reject;
            }
            other => panic!("{other:?}"),
        },
        _ => {}
    }
    spec
}

fn replace(spec: &mut Spec, ours: &str, theirs: &str) {
    match spec.message.first_mut() {
        Some(Piece::Template(text)) => *text = text.replace(ours, theirs),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_preset_is_the_one_of_the_data() {
    let data = data();
    assert_eq!(data.len(), 82);
    assert_eq!(Preset::all().count(), 82);
    for (name, mut value) in data {
        let preset = Preset::named(&name).unwrap_or_else(|| panic!("no preset {name}"));
        let evidence = value["_evidence"].as_str().unwrap().to_owned();
        value.as_object_mut().unwrap().retain(|field, _| !field.starts_with('_'));
        let mut theirs: Spec = serde_json::from_value(value).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut ours = as_in_the_data(&name, preset.spec());
        for spec in [&mut ours, &mut theirs] {
            if let Some(time) = &mut spec.time {
                time.future = time.future.filter(|future| Some(*future) != time.past);
            }
        }
        assert_eq!(ours, theirs, "{name}");
        let codes: Vec<_> = preset.evidence().iter().map(|evidence| code(evidence.as_str())).collect();
        assert_eq!(codes.join("+"), evidence, "{name}");
    }
}

fn code(evidence: &str) -> &'static str {
    match evidence {
        "seed" => "seed",
        "documentation" => "D",
        "SDK source" => "S",
        "third party, unconfirmed" => "C",
        "memory, unconfirmed" => "K",
        other => panic!("{other}"),
    }
}

/// The public key of a seed of sevens.
const ED25519_PUBLIC: [u8; 32] = [
    234, 74, 108, 99, 226, 156, 82, 10, 190, 245, 80, 123, 19, 46, 197, 249, 149, 71, 118, 174, 190, 190, 123, 146, 66,
    30, 234, 105, 20, 70, 210, 44,
];
const P256_PRIVATE: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfB4NcusTHDBdUuYzLulHH7mzwRfSFYrWv7dGwVe1ytKhRANCAATaeVo9DKqL6UATksFy8C7P0S18ZMLCHk+SAxzRsQK7BmyD89a8Hh94VIYQAPdzgUBGWL0rU/ENGJvmoJ7iYPmU";
const P256_PUBLIC: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2nlaPQyqi+lAE5LBcvAuz9EtfGTCwh5PkgMc0bECuwZsg/PWvB4feFSGEAD3c4FARli9K1PxDRib5qCe4mD5lA==";
const OTHER_P256_PRIVATE: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2c3TAFS9fj8gDGEg9p3F+0VFW/Nkhrt9hATT9ikMD2ShRANCAAQM0iReKgpPaeR7NpLzgTd2mAhrX04DGuTvBceJNYsMw+9cePr9XjdmiPV2uVM+zQ6TJmIwrN5fOxXIeC27eaa4";

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

/// A request as a preset's provider sends one, before it is signed.
struct Delivery {
    method: &'static str,
    target: String,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Delivery {
    fn of(spec: &Spec, name: &str) -> Self {
        let form = name.starts_with("twilio") && name != "twilio-json"
            || matches!(name, "flow-ami" | "mandrill" | "braintree");
        let (kind, body) = match name {
            "braintree" => ("application/x-www-form-urlencoded", "bt_payload=cGF5bG9hZA%3D%3D"),
            _ if form => ("application/x-www-form-urlencoded", "user=zo%C3%AB&title=All+Versions&empty="),
            "linear" => ("application/json", r#"{"webhookTimestamp":1700000000123,"n":1}"#),
            "mailgun" => ("application/json", r#"{"signature":{"token":"tok50"},"event-data":{}}"#),
            "adyen-standard" => (
                "application/json",
                r#"{"notificationItems":[{"NotificationRequestItem":{"pspReference":"p","amount":{"value":10,"currency":"EUR"}}}]}"#,
            ),
            _ if spec.without_body => ("text/plain", ""),
            _ => ("application/json", r#"{"id":"evt_1","n":1}"#),
        };
        let mut fields = vec![
            ("host".to_owned(), b"hooks.example".to_vec()),
            ("content-type".to_owned(), kind.as_bytes().to_vec()),
            ("webhook-event".to_owned(), b"user.created".to_vec()),
        ];
        if let Some(IdSpec { at: At::Header(name), .. }) = &spec.id {
            fields.push((name.clone(), b"delivery-1".to_vec()));
        }
        let method = if spec.without_body { "GET" } else { "POST" };
        Self { method, target: "/in?x=1&y=a+b".to_owned(), fields, body: body.as_bytes().to_vec() }
    }

    fn request(&self) -> Request<'_> {
        Request::new(self.method, &self.target, &self.fields).with_body(&self.body)
    }

    fn signed(mut self, signer: &Signer) -> Self {
        let parts = signer.sign(&self.request(), NOW).unwrap();
        for field in &parts.fields {
            self.fields.retain(|(name, _)| name != field.name.as_str());
            self.fields.push((field.name.to_string(), field.value.clone()));
        }
        self.target = parts.target(&self.target).into_owned();
        self.body = parts.body(&self.body).unwrap().into_owned();
        self
    }

    fn verify(&self, verifier: &Verifier, keys: &[VerifyingKey], now: UnixTime) -> Result<Verified, VerifyError> {
        verifier.begin(&self.request(), now)?.verify(keys, &self.body)
    }
}

/// Texts of a key pair, or of one secret twice: the one that signs and the one that verifies.
fn key_texts(spec: &Spec) -> (String, String) {
    let (private, public): (Vec<u8>, Vec<u8>) = match spec.mac {
        Mac::Ed25519 => (vec![7; 32], ED25519_PUBLIC.to_vec()),
        Mac::EcdsaP256Sha256 => (STANDARD.decode(P256_PRIVATE).unwrap(), STANDARD.decode(P256_PUBLIC).unwrap()),
        _ => (b"a secret that is long enough".to_vec(), b"a secret that is long enough".to_vec()),
    };
    let encode = |bytes: &[u8]| match spec.key.encoding {
        TextEncoding::Utf8 => String::from_utf8(bytes.to_vec()).unwrap(),
        TextEncoding::Base64 => STANDARD.encode(bytes),
        TextEncoding::Hex => hex(bytes),
        TextEncoding::Base64Url => panic!("no preset has it"),
    };
    (encode(&private), encode(&public))
}

fn webhook(preset: &Preset) -> Webhook {
    let url = PublicUrl::Origin("https://hooks.example".to_owned());
    Webhook::new(preset.name(), preset.spec().url(url).dangerous()).unwrap()
}

/// What a changed body does to a request of this preset: nothing, where the body is not what is signed.
fn survives_another_body(name: &str) -> bool {
    matches!(name, "mailgun" | "adyen-standard" | "braintree" | "gitlab-token" | "telegram")
}

#[test]
fn every_preset_verifies_what_it_signs_and_refuses_a_changed_body_and_another_key() {
    for preset in Preset::all() {
        let (name, spec, webhook) = (preset.name(), preset.spec(), webhook(preset));
        let (private, public) = key_texts(&spec);
        let signer = Signer::new(webhook.clone(), webhook.signing_key("k1", &private).unwrap());
        let keys = [webhook.verifying_key(&public).unwrap()];
        let verifier = Verifier::new(webhook.clone(), webhook.policy());

        let signed = Delivery::of(&spec, name).signed(&signer);
        let verified = signed.verify(&verifier, &keys, NOW);
        let verified = verified.unwrap_or_else(|error| panic!("{name}: {error} in {:?}", signed.fields));
        assert_eq!(verified.scheme().as_str(), name);
        assert_eq!(verified.signed_at().is_some(), spec.time.is_some(), "{name}");

        let mut changed = Delivery { body: signed.body.clone(), ..signed };
        changed.body.extend_from_slice(if changed.body.starts_with(b"{") { b" " } else { b"&added=1" });
        let refused = changed.verify(&verifier, &keys, NOW);
        assert_eq!(refused.is_ok(), survives_another_body(name), "{name}: {:?}", refused.err());
        changed.body = Delivery::of(&spec, name).signed(&signer).body;

        if spec.mac != Mac::DangerousToken {
            let other = webhook.signing_key("k1", &key_texts_of_another(&spec));
            let other = Signer::new(webhook.clone(), other.unwrap());
            let forged = Delivery::of(&spec, name).signed(&other);
            assert_eq!(forged.verify(&verifier, &keys, NOW).err(), Some(VerifyError::SignatureMismatch), "{name}");
        }
        if let Some((past, future)) = webhook.tolerance() {
            let at = |secs: u64| changed.verify(&verifier, &keys, UnixTime::from_secs(secs)).err();
            assert_eq!(at(1_700_000_000 + past), None, "{name}");
            assert_eq!(at(1_700_000_001 + past), Some(VerifyError::TooOld), "{name}");
            assert_eq!(at(1_700_000_000 - future), None, "{name}");
            assert_eq!(at(1_699_999_999 - future), Some(VerifyError::InFuture), "{name}");
        }
    }
}

fn key_texts_of_another(spec: &Spec) -> String {
    if spec.mac == Mac::EcdsaP256Sha256 {
        return OTHER_P256_PRIVATE.to_owned();
    }
    match spec.key.encoding {
        TextEncoding::Utf8 => "another secret that is long enough".to_owned(),
        TextEncoding::Hex => hex(&[9; 32]),
        _ => STANDARD.encode([9; 32]),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[test]
fn a_preset_that_protects_too_little_is_taken_by_its_dangerous_name_alone() {
    let url = || PublicUrl::Origin("https://hooks.example".to_owned());
    let dangerous: Vec<_> = Preset::all()
        .filter_map(|preset| match Webhook::preset_with_url(preset.name(), url()) {
            Ok(_) => None,
            Err(WebhookError::Dangerous(weakness)) => Some((preset.name(), weakness)),
            Err(other) => panic!("{}: {other}", preset.name()),
        })
        .collect();
    assert_eq!(
        dangerous,
        [
            ("hubspot-v2", Weakness::PlainHash),
            ("hubspot-v1", Weakness::PlainHash),
            ("mailgun", Weakness::BodyUncovered),
            ("adyen-standard", Weakness::BodyUncovered),
            ("braintree", Weakness::BodyUncovered),
            ("gitlab-token", Weakness::Token),
            ("telegram", Weakness::Token),
        ]
    );
    assert!(Webhook::dangerous_preset("telegram").is_ok());
    assert_eq!(Webhook::preset("square").err(), Some(WebhookError::NeedsUrl));
    assert_eq!(Webhook::preset("Stripe").err(), Some(WebhookError::UnknownPreset("Stripe".to_owned())));
}

#[test]
fn two_deliveries_with_other_ids_and_bodies_are_two_and_one_that_is_sent_again_is_one() {
    for preset in Preset::all() {
        let (name, spec, webhook) = (preset.name(), preset.spec(), webhook(preset));
        let (private, public) = key_texts(&spec);
        let signer = Signer::new(webhook.clone(), webhook.signing_key("k", &private).unwrap());
        let key = [webhook.verifying_key(&public).unwrap()];
        let verifier = webhook.verifier().fingerprinting("hooks");
        let known_by = |delivery: Delivery| {
            let verified = delivery.signed(&signer).verify(&verifier, &key, NOW).unwrap();
            verified.delivery_fingerprint().unwrap()
        };
        let one = || Delivery::of(&spec, name);
        let mut other = one();
        for (_, value) in other.fields.iter_mut().filter(|(_, value)| value == b"delivery-1") {
            *value = b"delivery-2".to_vec();
        }
        let body = String::from_utf8(other.body.clone()).unwrap();
        other.body = body.replace("\"n\":1", "\"n\":2").replace("zo%C3%AB", "zoe").replace("tok50", "tok51").into();
        other.body = match name {
            "adyen-standard" => body.replace("\"pspReference\":\"p\"", "\"pspReference\":\"q\"").into(),
            "braintree" => b"bt_payload=cGF5bG9hZDI%3D".to_vec(),
            _ => other.body,
        };
        if spec.without_body {
            other.target.push_str("&z=1");
        }
        assert_eq!(known_by(one()), known_by(one()), "{name}");
        assert_ne!(known_by(one()), known_by(other), "{name}");
    }
}
