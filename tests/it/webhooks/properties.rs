//! What holds for any layout: what is signed verifies, and nothing else does, however its bytes are dealt out anew.

use countersign::{
    Request, SignError, Signer, UnixTime, Verified, Verifier, VerifyError, VerifyingKey,
    webhook::{At, Mac, SignatureEncoding, Spec, TimeFormat, Webhook},
};
use proptest::{collection::vec, prelude::*, sample};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const SECRETS: [&str; 3] =
    ["the first secret, long enough", "the second secret, long enough", "the third, long enough"];

fn config() -> ProptestConfig {
    ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() }
}

type Field = (String, Vec<u8>);

/// A layout and a request in it.
#[derive(Clone, Debug)]
struct Sent {
    webhook: Webhook,
    target: String,
    fields: Vec<Field>,
    body: Vec<u8>,
}

impl Sent {
    fn request(&self) -> Request<'_> {
        Request::new("POST", &self.target, &self.fields).with_body(&self.body)
    }

    fn sign(&mut self, keys: usize) -> Result<(), SignError> {
        let key = |at: usize| self.webhook.signing_key(&format!("k{at}"), SECRETS[at]).unwrap();
        let parts = Signer::with_keys(self.webhook.clone(), (0..keys).map(key).collect()).sign(&self.request(), NOW)?;
        for field in &parts.fields {
            self.fields.retain(|(name, _)| name != field.name.as_str());
            self.fields.push((field.name.to_string(), field.value.clone()));
        }
        self.target = parts.target(&self.target).into_owned();
        self.body = parts.body(&self.body)?.into_owned();
        Ok(())
    }

    fn keys(&self) -> Vec<VerifyingKey> {
        vec![self.webhook.verifying_key(SECRETS[0]).unwrap()]
    }

    fn verify(&self) -> Result<Verified, VerifyError> {
        let verifier = Verifier::new(self.webhook.clone(), self.webhook.policy());
        verifier.begin(&self.request(), NOW)?.verify(&self.keys(), &self.body)
    }

    fn with(&self, name: &str, value: &[u8]) -> Self {
        let mut other = self.clone();
        other.fields.retain(|(own, _)| own != name);
        other.fields.push((name.to_owned(), value.to_vec()));
        other
    }
}

/// Where the signature stands, what is around it, and what else is beside it.
fn layout() -> impl Strategy<Value = Spec> {
    let mac = sample::select(vec![Mac::HmacSha1, Mac::HmacSha224, Mac::HmacSha256, Mac::HmacSha384, Mac::HmacSha512]);
    let encoding = sample::select(vec![
        SignatureEncoding::Hex,
        SignatureEncoding::HexUpper,
        SignatureEncoding::Base64,
        SignatureEncoding::Base64Url,
    ]);
    let message = sample::select(vec![
        "{body}",
        "{time}.{body}",
        "{time}{target}\n{body}",
        "{body}|{header:x-a}|{time}",
        "{method} {path}?{query}\n{time}\n{digest:sha256:hex}",
        "{header:host}{time}{digest:md5:base64}{body}{{}}",
        "{id}.{time}.{digest:sha1:raw}",
    ]);
    let format = sample::select(vec![TimeFormat::Unix, TimeFormat::UnixMs, TimeFormat::Rfc3339, TimeFormat::HttpDate]);
    let carrier = sample::select(vec![
        At::header("x-signature"),
        At::header("authorization"),
        At::Query("sig nature".to_owned()),
        At::Headers(vec!["x-one".to_owned(), "x-two".to_owned()]),
        At::HeaderSeq("x-signature-{n}".to_owned()),
    ]);
    (mac, encoding, message, format, carrier, 0..5_usize, 0..3_usize).prop_map(
        |(mac, encoding, message, format, carrier, around, time_at)| {
            let time = if message.contains("{time}") { time_at } else { 3 };
            let spec = Spec::new(mac, message, carrier).encoding(encoding).id(At::header("x-id"));
            let spec = match time {
                0 if around == 3 => spec.time(At::Layout, format, 300),
                0 | 1 => spec.time(At::header("x-time"), format, 300),
                2 => spec.time(At::Query("t".to_owned()), format, 300),
                _ => spec,
            };
            let in_layout = spec.time.as_ref().is_some_and(|time| time.at == At::Layout);
            match around {
                1 => spec.written("sha=<{sig}>"),
                2 => spec.listing(" ", ["v1,{sig}"]),
                3 if in_layout => spec.listing(";", ["t={time}", "v1={sig}"]).behind("Hook "),
                3 | 4 => spec.listing(",", ["{key_id}/{sig}"]).key_id(At::Layout),
                _ => spec,
            }
        },
    )
}

fn sent() -> impl Strategy<Value = Sent> {
    let text = "[!-~]([ -~]{0,12}[!-~])?";
    (layout(), "/[a-z/]{0,6}(\\?[a-s=&%+]{0,8})?", text, "[!-~]{1,12}", vec(any::<u8>(), 0..48)).prop_map(
        |(spec, target, value, id, body)| {
            let field = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
            let fields = vec![field("host", "hooks.example"), field("x-a", &value), field("x-id", &id)];
            Sent { webhook: Webhook::new("any", spec).unwrap(), target, fields, body }
        },
    )
}

/// What a signer says of a value that would not be read as it was meant.
const UNREADABLE: SignError = SignError::Unreadable("a value with what parts it from the next one in it");

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_is_signed_verifies_with_any_number_of_keys_and_no_other_body_does(
        mut sent in sent(), keys in 1..4_usize, at in any::<sample::Index>(), mask in 1_u8..,
    ) {
        let spec = sent.webhook.spec().clone();
        match sent.sign(keys) {
            Ok(()) => {}
            Err(SignError::SignatureCount { .. }) if keys > 1 => return Ok(()),
            Err(error) if error == UNREADABLE => return Ok(()),
            Err(error) => prop_assert!(false, "{}: {:?}", error, sent),
        }
        let verified = sent.verify();
        prop_assert!(verified.is_ok(), "{:?}: {:?}", verified.err(), sent);
        prop_assert_eq!(verified.unwrap().signed_at(), spec.time.as_ref().map(|_| NOW));
        let mut other = sent.clone();
        if other.body.is_empty() {
            other.body.push(mask);
        } else {
            let at = at.index(other.body.len());
            other.body[at] ^= mask;
        }
        prop_assert!(other.verify().is_err(), "{:?}", other);
    }

    #[test]
    fn no_byte_of_the_signatures_field_can_change(
        mut sent in sent(), at in any::<sample::Index>(), byte in b'!'..=b'~',
    ) {
        let named = ["x-signature", "authorization", "x-one", "x-signature-1"];
        if sent.sign(1).is_err() {
            return Ok(());
        }
        let Some((name, value)) = sent.fields.iter().find(|(name, _)| named.contains(&name.as_str())).cloned() else {
            return Ok(());
        };
        let mut changed = value.clone();
        let at = at.index(value.len());
        changed[at] = byte;
        let accepted = sent.with(&name, &changed).verify().is_ok();
        let is_hex = matches!(sent.webhook.spec().signature.encoding, SignatureEncoding::Hex | SignatureEncoding::HexUpper);
        let same = changed == value || (is_hex && changed.eq_ignore_ascii_case(&value));
        // The name of the only key is not signed, and whoever has the keys goes by it.
        let renamed = value.iter().position(|byte| *byte == b'/').is_some_and(|end| at < end);
        prop_assert!(!accepted || same || renamed, "{}", changed.escape_ascii());
    }

    #[test]
    fn arbitrary_requests_never_panic(
        sent in sent(), target in "/[ -~]{0,24}", fields in vec(("x-[a-z]{1,4}|x-signature|x-time|x-id|authorization",
        vec(any::<u8>(), 0..40)), 0..6), body in vec(any::<u8>(), 0..64),
    ) {
        let sent = Sent { target, fields, body, ..sent };
        prop_assert!(sent.verify().is_err());
        let _ = sent.clone().sign(1);
    }
}

/// The values of a message that are a peer's to choose, and what stands between them.
#[derive(Clone, Debug)]
struct Message {
    order: Vec<&'static str>,
    between: Vec<&'static str>,
    values: Vec<String>,
}

impl Message {
    fn any() -> impl Strategy<Value = Self> {
        let order = Just(vec!["{id}", "{header:x-a}", "{header:x-b}", "{body}"]).prop_shuffle();
        let between = vec(sample::select(vec![".", "|", "--", "aa", ", ", "a-a"]), 3);
        (order, between, vec("[-a.|, x]{0,6}", 4)).prop_map(|(order, between, values)| Self { order, between, values })
    }

    fn sent(&self, values: &[&str]) -> Option<Sent> {
        let message: String = (0..4).map(|at| [self.order[at], self.between.get(at).unwrap_or(&"")].concat()).collect();
        let spec = Spec::new(Mac::HmacSha256, message, At::header("x-signature")).id(At::header("x-id"));
        let of = |part: &str| values[self.order.iter().position(|own| *own == part).unwrap()];
        let names = [("x-id", "{id}"), ("x-a", "{header:x-a}"), ("x-b", "{header:x-b}")];
        // White space around a field's value is none of it.
        let fits = names.iter().all(|(_, part)| of(part).trim() == of(part));
        let fields = names.map(|(name, part)| (name.to_owned(), of(part).as_bytes().to_vec())).to_vec();
        let webhook = Webhook::new("any", spec).unwrap();
        assert!(
            webhook.weaknesses().iter().all(|weakness| *weakness != countersign::webhook::Weakness::ValuesRunTogether)
        );
        fits.then(|| Sent { webhook, target: "/".to_owned(), fields, body: of("{body}").as_bytes().to_vec() })
    }
}

/// All ways to cut a text at these pieces, in their order.
fn cuts<'t>(text: &'t str, between: &[&str]) -> Vec<Vec<&'t str>> {
    let [first, rest @ ..] = between else { return vec![vec![text]] };
    let places = (0..text.len()).filter(|at| text[*at..].starts_with(first));
    places
        .flat_map(|at| {
            let behind = cuts(&text[at + first.len()..], rest);
            behind.into_iter().map(move |mut values| {
                values.insert(0, &text[..at]);
                values
            })
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..config() })]

    #[test]
    fn what_is_signed_can_be_dealt_out_to_its_values_in_one_way_only(message in Message::any()) {
        let values: Vec<&str> = message.values.iter().map(String::as_str).collect();
        let Some(mut sent) = message.sent(&values) else { return Ok(()) };
        if sent.sign(1).is_err() {
            return Ok(());
        }
        prop_assert!(sent.verify().is_ok());
        let (_, signature) = sent.fields.iter().find(|(name, _)| name == "x-signature").unwrap();
        let pieces = (0..4).map(|at| [values[at], message.between.get(at).unwrap_or(&"")].concat());
        let text = pieces.collect::<String>();
        for other in cuts(&text, &message.between).iter().filter(|other| **other != values) {
            let Some(other) = message.sent(other) else { continue };
            let accepted = other.with("x-signature", signature).verify().is_ok();
            prop_assert!(!accepted, "{:?} for {:?}", other, sent);
        }
    }
}
