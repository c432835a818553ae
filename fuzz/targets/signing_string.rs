//! Arbitrary requests and lists: what a signer lays out and what a verifier reads are the same bytes, in every dialect.
#![no_main]

use arbitrary::Arbitrary;
use countersign::{
    Algorithm, Component, ComponentError, Coverage, Dialect, KeyId, KeyMetadata, Policy, Request, SignError, Signature,
    SignatureParameters, Signer, Switch, UnixTime, Verifier, VerifyError, When,
};
use libfuzzer_sys::fuzz_target;

const NOW: UnixTime = UnixTime::from_secs(784_111_777);
const NAMES: [&str; 12] = [
    "date",
    "host",
    "digest",
    "content-digest",
    "x-content-sha256",
    "content-type",
    "content-length",
    "x-date",
    "x-aux-date",
    "x-a",
    "x-b",
    "cookie",
];

/// Something that could be a signature of the algorithm.
fn signature(algorithm: Algorithm) -> Signature {
    match algorithm {
        Algorithm::HmacSha1 => Signature::new(&[1; 20]),
        Algorithm::HmacSha224 => Signature::new(&[1; 28]),
        Algorithm::HmacSha256 => Signature::new(&[1; 32]),
        Algorithm::HmacSha384 => Signature::new(&[1; 48]),
        Algorithm::HmacSha512 | Algorithm::Ed25519 => Signature::new(&[1; 64]),
        ecdsa if ecdsa.name().starts_with("ecdsa") => Signature::new(&[0x30, 6, 2, 1, 1, 2, 1, 1]),
        _ => Signature::new(&[1; 256]),
    }
}

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    dialect: u8,
    algorithm: u8,
    method: &'a str,
    target: &'a str,
    authority: Option<&'a str>,
    fields: Vec<(u8, &'a [u8])>,
    body: Option<&'a [u8]>,
    key_id: &'a str,
    list: Vec<Listed<'a>>,
    list_as_text: &'a str,
}

#[derive(Arbitrary, Debug)]
enum Listed<'a> {
    Known(u8, Condition),
    Named(&'a str, Condition),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Condition {
    Always,
    Body,
    Present,
}

const DERIVED: [&str; 6] = ["(request-target)", "(created)", "(expires)", "(keyid)", "(key-id)", "(algorithm)"];

impl Listed<'_> {
    fn row(&self) -> Option<(Component, When)> {
        let (name, condition) = match self {
            Self::Known(at, condition) => {
                let all: Vec<_> = NAMES.iter().chain(&DERIVED).collect();
                (*all[usize::from(*at) % all.len()], *condition)
            }
            Self::Named(name, condition) => (*name, *condition),
        };
        let when = match condition {
            Condition::Always => When::Always,
            Condition::Body => When::Body,
            Condition::Present => When::Present,
        };
        Some((name.parse().ok()?, when))
    }
}

fuzz_target!(|input: Input| {
    let dialect = Dialect::ALL[usize::from(input.dialect) % Dialect::ALL.len()];
    let algorithm = Algorithm::ALL[usize::from(input.algorithm) % Algorithm::ALL.len()];
    let Ok(key_id) = input.key_id.parse() else { return };
    let rows: Vec<_> = input.list.iter().filter_map(Listed::row).collect();
    // An empty table stands for the dialect's own.
    let coverage = if rows.is_empty() {
        dialect.coverage()
    } else {
        rows.into_iter().fold(Coverage::empty(), |all, (component, when)| all.and(component, when))
    };
    let mut fields: Vec<(String, Vec<u8>)> = input
        .fields
        .iter()
        .map(|(name, value)| (NAMES[usize::from(*name) % NAMES.len()].to_owned(), value.to_vec()))
        .collect();
    check_text(dialect, &input, &fields);
    let signer =
        Signer::for_remote_keys(dialect.scheme(), vec![KeyMetadata::new(key_id, algorithm)]).covering(coverage);

    let parts_and_base = {
        let request = as_request(&input, &fields);
        match signer.prepare(&request, NOW) {
            Ok(unsigned) => {
                let base = unsigned.signature_base().into_owned();
                unsigned.attach(&[signature(algorithm)]).map(|parts| (parts, base))
            }
            Err(error) => Err(error),
        }
    };
    let (parts, base) = match parts_and_base {
        Ok(both) => both,
        Err(SignError::KeyFailed) => panic!("there is no key that could fail"),
        Err(_) => return,
    };
    fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
    let request = as_request(&input, &fields);
    // Its clients sign an empty line for a digest that is not there.
    let scheme = match dialect.name() {
        "gin" => dialect.scheme().allowing(Switch::DangerousAbsentFields),
        _ => dialect.scheme(),
    };
    let begun = Verifier::new(scheme, Policy::dangerous_requiring_nothing()).begin(&request, NOW);
    match begun {
        Ok(_) if signs_less(dialect, &input) => {}
        Ok(read) => {
            let bases = [read.signature_base(b""), (&base).into()];
            let [read_base, base] = bases.each_ref().map(|base| String::from_utf8_lossy(base));
            assert_eq!(read_base, base, "{}", dialect.name());
            assert_eq!(read.key_id().map(KeyId::as_str), Some(input.key_id));
        }
        Err(error) if is_known(dialect, &input, &error) => {}
        Err(error) => panic!("{}: what was signed cannot be read: {error}", dialect.name()),
    }
});

/// What is signed although nobody reads it.
fn is_known(dialect: &Dialect, input: &Input<'_>, error: &VerifyError) -> bool {
    match error {
        // In the part of the target that is not signed.
        VerifyError::ForbiddenByte(component) => *component == Component::RequestTarget && signs_less(dialect, input),
        // Nothing but the empty line of a digest, which covers nothing.
        VerifyError::Components(ComponentError::Empty) => dialect.name() == "gin",
        _ => false,
    }
}

/// A list as text, which a verifier reads out of a field and a person asks about: both get the same string.
fn check_text(dialect: &'static Dialect, input: &Input<'_>, fields: &[(String, Vec<u8>)]) {
    let quoted = input.list_as_text.replace('\\', "\\\\").replace('"', "\\\"");
    let word = if dialect.name() == "kong" { "hmac" } else { "Signature" };
    let signature = format!(
        r#"{word} keyId="a",username="a",created=784111777,expires="784111999.5",headers="{quoted}",signature="AAAA""#
    );
    for carrier in ["signature", "authorization"] {
        let mut fields = fields.to_vec();
        fields.push((carrier.to_owned(), signature.clone().into_bytes()));
        let request = as_request(input, &fields);
        let Ok(read) = Verifier::new(dialect.scheme(), Policy::dangerous_requiring_nothing()).begin(&request, NOW)
        else {
            continue;
        };
        let mut params = SignatureParameters::default();
        params.key_id = Some("a".to_owned());
        params.created = Some("784111777".to_owned());
        params.expires = Some("784111999.5".to_owned());
        let asked = dialect.scheme().signature_base(&request, input.list_as_text, &params);
        assert!(signs_less(dialect, input) || asked.as_deref() == Ok(&*read.signature_base(b"")), "{}", dialect.name());
    }
}

/// Some dialects sign less of the target than they read, for servers that do not read it whole.
fn signs_less(dialect: &Dialect, input: &Input<'_>) -> bool {
    matches!(dialect.name(), "flask-cavage" | "go-fed" | "fedify" | "bovine" | "tyk")
        && input.target.contains(['%', '?'])
}

fn as_request<'a>(input: &Input<'a>, fields: &'a Vec<(String, Vec<u8>)>) -> Request<'a> {
    let mut request = Request::new(input.method, input.target, fields);
    request.authority = input.authority;
    request.body = input.body;
    request
}
