//! Arbitrary requests to every preset, by keys that are known: nothing panics, what is accepted is accepted once more and by its
//! signing bytes alone, no other body fits it, and what was read can be signed and read again.
#![no_main]

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use countersign::{
    Request, SignError, Signer, UnixTime, Verifier, VerifyingKey,
    webhook::{At, Mac, Preset, PublicUrl, Spec, UrlForm, Webhook, WebhookError},
};
use libfuzzer_sys::fuzz_target;

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
/// Text that is also Base64 and hexadecimal digits.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

struct Side {
    webhook: Webhook,
    verifier: Verifier,
    signer: Signer,
    key: VerifyingKey,
}

static SIDES: LazyLock<Vec<Side>> = LazyLock::new(|| Preset::all().flat_map(sides).collect());

/// A preset under each kind of URL, where it signs one.
fn sides(preset: &Preset) -> Vec<Side> {
    let origin = || PublicUrl::Origin("https://hooks.example".to_owned());
    let urls = [origin(), PublicUrl::FromHost("https".to_owned())];
    let signs_url = Webhook::new(preset.name(), preset.spec().dangerous()).err() == Some(WebhookError::NeedsUrl);
    let forms = [UrlForm::AsIs, UrlForm::EitherPort, UrlForm::PartlyDecoded];
    let mut specs: Vec<Spec> = vec![preset.spec().url(origin())];
    if signs_url {
        specs = urls.iter().flat_map(|url| forms.map(|form| preset.spec().url(url.clone()).url_form(form))).collect();
    }
    specs.into_iter().filter_map(|spec| side(preset, spec)).collect()
}

/// None for those that need a library which takes long to build here.
fn side(preset: &Preset, spec: Spec) -> Option<Side> {
    if matches!(spec.mac, Mac::Ed25519 | Mac::EcdsaP256Sha256) {
        return None;
    }
    let webhook = Webhook::new(preset.name(), spec.dangerous()).expect("a preset works");
    let key = webhook.verifying_key(SECRET).expect("a text of every encoding");
    let signer = Signer::new(webhook.clone(), webhook.signing_key("k1", SECRET).expect("the same"));
    Some(Side { verifier: Verifier::new(webhook.clone(), webhook.policy()), signer, key, webhook })
}

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    side: u8,
    method: Option<&'a str>,
    target: &'a str,
    authority: Option<&'a str>,
    kind: Kind,
    /// By their places among those that the preset knows.
    fields: Vec<(u8, &'a [u8])>,
    others: Vec<(&'a str, &'a [u8])>,
    body: &'a [u8],
    sign: bool,
}

#[derive(Arbitrary, Debug)]
enum Kind {
    Form,
    Json,
    Absent,
}

/// The fields in which the preset looks for something.
fn known(spec: &Spec) -> Vec<String> {
    let mut names = Vec::new();
    let mut add = |at: &At| match at {
        At::Header(name) => names.push(name.clone()),
        At::Headers(all) => names.extend(all.iter().cloned()),
        At::HeaderSeq(name) => names.extend((1..4).map(|n| name.replace("{n}", &n.to_string()))),
        _ => {}
    };
    add(&spec.signature.at);
    spec.time.iter().for_each(|time| add(&time.at));
    spec.id.iter().chain(&spec.key_id).for_each(|id| add(&id.at));
    spec.digest.iter().for_each(|digest| add(&digest.at));
    names.extend(["host", "connection", "webhook-event", "content-type"].map(str::to_owned));
    names
}

type Field = (String, Vec<u8>);

fn set(fields: &mut Vec<Field>, name: &str, value: &[u8]) {
    fields.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
    fields.push((name.to_owned(), value.to_vec()));
}

fuzz_target!(|input: Input| {
    let side = &SIDES[usize::from(input.side) % SIDES.len()];
    let names = known(side.webhook.spec());
    let mut fields: Vec<Field> = match input.kind {
        Kind::Form => vec![("content-type".to_owned(), b"application/x-www-form-urlencoded".to_vec())],
        Kind::Json => vec![("content-type".to_owned(), b"application/json".to_vec())],
        Kind::Absent => Vec::new(),
    };
    let own = input.fields.iter().map(|(at, value)| (names[usize::from(*at) % names.len()].clone(), value.to_vec()));
    fields.extend(own);
    fields.extend(input.others.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())));
    let (method, mut target) = (input.method.unwrap_or("POST"), input.target.to_owned());
    let mut body = input.body.to_vec();
    let first = request(method, &target, input.authority, &fields, &body);
    look(side, &first);
    if !input.sign {
        return;
    }
    let parts = match side.signer.sign(&first, NOW) {
        Ok(parts) => parts,
        Err(SignError::KeyFailed | SignError::SignatureForm) => panic!("the key made no signature"),
        Err(_) => return,
    };
    for field in &parts.fields {
        set(&mut fields, field.name.as_str(), &field.value);
    }
    target = parts.target(&target).into_owned();
    body = parts.body(&body).expect("it was signed so").into_owned();
    let signed = request(method, &target, input.authority, &fields, &body);
    look(side, &signed);
    // What was signed a second time is the same.
    if let Ok(verified) = judge(side, &signed, &body) {
        assert_eq!(verified, side.webhook.name().as_str());
        let again = side.signer.sign(&signed, NOW).expect("it was signed before");
        assert_eq!(again.target(&target), target.as_str());
        assert_eq!(again.body(&body).expect("it was signed before"), &body[..]);
        for field in &again.fields {
            let own = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(field.name.as_str()));
            assert_eq!(own.map(|(_, value)| value), Some(&field.value));
        }
    }
});

fn request<'a>(
    method: &'a str,
    target: &'a str,
    authority: Option<&'a str>,
    fields: &'a Vec<Field>,
    body: &'a [u8],
) -> Request<'a> {
    let mut request = Request::new(method, target, fields).with_body(body);
    request.authority = authority;
    request
}

fn judge(side: &Side, request: &Request<'_>, body: &[u8]) -> Result<String, countersign::VerifyError> {
    let unverified = side.verifier.begin(request, NOW)?;
    unverified.verify(std::slice::from_ref(&side.key), body).map(|verified| verified.scheme().to_string())
}

/// Every question that can be asked of a request.
fn look(side: &Side, request: &Request<'_>) {
    let body = request.body.unwrap_or_default();
    let place = side.verifier.place(request);
    let claimed = side.verifier.claimed_key_id(request);
    let Ok(unverified) = side.verifier.begin(request, NOW) else { return };
    assert!(matches!(place, Ok(Some(_))), "{}: {place:?}", side.webhook.name());
    assert!(unverified.key_id().is_none() || claimed.is_some());
    let base = unverified.signature_base(body).into_owned();
    let Ok(verified) = unverified.verify(std::slice::from_ref(&side.key), body) else { return };
    assert!(verified.signed_at().is_some() == side.webhook.tolerance().is_some());
    assert!(judge(side, request, body).is_ok());
    // Whatever the body is of, another one has another base, or else is none of what is signed.
    let longer = [body, b"x"].concat();
    let other = (*request).with_body(&longer);
    let Ok(unverified) = side.verifier.begin(&other, NOW) else { return };
    let same = unverified.signature_base(&longer) == base;
    let accepted = unverified.verify(std::slice::from_ref(&side.key), &longer).is_ok();
    let is_token = side.webhook.spec().mac == Mac::DangerousToken;
    assert!(!accepted || same || is_token, "{}", side.webhook.name());
    let covers_body = side.webhook.covers().iter().any(|(component, _)| component.as_str() == "(body)");
    assert!(!accepted || !covers_body, "{}", side.webhook.name());
}
