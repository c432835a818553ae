//! Requests that are sent again to a server that accepts each once. The control is the request itself.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

pub use super::replay_race::race;
use super::{
    algorithms::{ORDER, integer},
    case::{Case, Cases, Expect, Row, Shot},
    hook::Hook,
    lab::Lab,
    message::Message,
    parsing::{WHITE_SPACE, with},
    replay_race, replay_stores, replay_times,
    subject::{ED25519, P256, REQUEST_ID, new_id},
};

pub const ROWS: &[Row] = &[
    Row::wire("A37", "The other signature of the same ECDSA key", other_s).remembered(),
    Row::wire("A56", "White space in what was accepted", white_space).remembered(),
    Row::lib("A126", "A clock that steps back", replay_times::clock_steps_back),
    Row::wire("A128", "The same bytes again", same_bytes).remembered(),
    Row::lib("A129", "The same bytes on a hundred connections at once", replay_race::a_hundred_rounds),
    Row::wire("A130", "Another spelling of what was accepted", respelled).remembered(),
    Row::wire("A131", "One more field that is not covered", one_more_field).remembered(),
    Row::lib("A132", "A second instance", replay_stores::second_instance),
    Row::lib("A133", "A flood that drives out what is remembered", replay_stores::flood),
    Row::lib("A134", "Wrong signatures that fill the memory", replay_stores::wrong_signatures),
    Row::lib("A136", "A memory that is down", replay_stores::down),
    Row::lib("A137", "A memory that hangs", replay_stores::hanging),
    Row::lib("A139", "A restart", replay_times::restart),
    Row::lib("A140", "What is forgotten before its signature is too old", replay_times::forgotten_early),
    Row::wire("A141", "One request id under two keys", two_keys).remembered(),
    Row::lib("A143", "A memory that answers nonsense", replay_stores::nonsense),
    Row::wire("A186", "A delivery that is sent again to a server that remembers it", delivered_again)
        .remembered_hooks()
        .but("an id that is not signed can be replaced, and the handler runs again"),
];

fn replayed() -> Expect {
    Expect::refused("replayed")
}

fn same_bytes(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let mut cases = vec![
        Case::new("as they are", &signed, signed.clone(), replayed()),
        Case::new("with times of the signature's own", &lab.twin(), lab.twin(), replayed()),
        Case::new("twice more", &signed, Shot::Messages(vec![signed.clone(); 2]), Expect::each(&[401; 2], "replayed")),
    ];
    if let Ok(get) = lab.get() {
        let get = lab.sign(get);
        cases.push(Case::new("a GET", &get, get.clone(), replayed()));
    }
    if signed.has_body() {
        cases.push(Case::new("in chunks", &signed, signed.clone().chunked(7), replayed()));
    }
    Ok(cases)
}

/// The signature with its second number subtracted from the order of the curve, which holds for the same string and key.
fn with_other_s(signed: &Message) -> Message {
    let der = signed.signature_bytes();
    let number = |at: usize| &der[at + 2..at + 2 + usize::from(der[at + 1])];
    let r = number(2);
    let s = number(4 + r.len());
    let padded = [&[0; 32], s].concat();
    let (mut other, mut borrow) = ([0; 32], 0);
    for (at, byte) in padded[padded.len() - 32..].iter().enumerate().rev() {
        let difference = i16::from(ORDER[at]) - i16::from(*byte) - borrow;
        borrow = i16::from(difference < 0);
        other[at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    let whole: Vec<u8> = other.into_iter().skip_while(|byte| *byte == 0).collect();
    let pair = [&der[2..4 + r.len()], &integer(&whole)].concat();
    signed.clone().with_signature_bytes(&[&[0x30, u8::try_from(pair.len()).unwrap()], &pair[..]].concat())
}

fn other_s(lab: &Lab<'_>) -> Cases {
    let signed = lab.sign_with(lab.plain(), lab.key(P256)?.signing());
    let other = with_other_s(&signed);
    assert_ne!(other.signature(), signed.signature());
    Ok(vec![
        Case::new("n - s behind s", &signed, other.clone(), replayed()),
        Case::new("s behind n - s", &other, signed, replayed()),
    ])
}

fn white_space(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let spelled = WHITE_SPACE.map(|(name, rewrite)| (name, with(&signed, rewrite)));
    let mut cases: Vec<_> = spelled
        .iter()
        .map(|(name, other)| Case::new(*name, &signed, other.clone(), replayed().or_refused("malformed")))
        .collect();
    let all: Vec<_> = std::iter::once(signed.clone()).chain(spelled.map(|(_, other)| other)).collect();
    let another = lab.sign(lab.plain().replacing(REQUEST_ID, new_id()));
    let statuses = [&[200][..], &[401; 7]].concat();
    let once = Expect::each(&statuses, "replayed").or_refused("malformed");
    cases.push(Case::new("all of them", &another, Shot::Messages(all), once));
    Ok(cases)
}

fn respelled(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let case = |name: &str, other: Message| Case::new(name, &signed, other, replayed());
    let value = |name: &str, rewrite: fn(&str) -> String| case(name, with(&signed, rewrite));
    // Any other spelling of Base64 is another row, and none of them is read.
    let text = STANDARD_NO_PAD.encode(signed.signature_bytes());
    let unpadded = signed.clone().with_signature_text(&text);
    let date = format!("  {} ", signed.value("date"));
    let fields = signed.fields.iter().rev().cloned().collect();
    let bare = signed.clone().without("signature").without("authorization");
    let in_authorization = bare.field("Authorization", format!("Signature {}", signed.signature()));
    let mut cases = vec![
        value("blanks around the commas", |value| value.replace("\",", "\" , ")),
        value("the parameters in another order", reversed),
        value("a parameter that nobody knows", |value| format!("{value},x=\"1\"")),
        value("no algorithm", |value| value.replace("algorithm=\"hmac-sha256\",", "")),
        value("another word for the algorithm", |value| value.replace("\"hmac-sha256\"", "\"hs2019\"")),
        value("a name in capitals in the list", |value| value.replace(" host", " HOST")),
        Case::new("Base64 without padding", &signed, unpadded, Expect::refused("malformed")),
        case("blanks around a covered value", signed.clone().replacing("date", date)),
        case("the fields in another order", Message { fields, ..signed.clone() }),
        case("in Authorization", in_authorization),
    ];
    if let Ok(key) = lab.key(P256) {
        let signed = lab.sign_with(lab.plain(), key.signing());
        let other = with(&with_other_s(&signed), |value| value.replace("\",", "\", "));
        cases.push(Case::new("n - s and blanks", &signed, other, replayed()));
    }
    Ok(cases)
}

/// The last parameter first.
fn reversed(value: &str) -> String {
    let (word, parameters) = value.split_at(value.find("keyId").unwrap_or_default());
    let mut parameters: Vec<_> = parameters.trim_end_matches('"').split("\",").collect();
    parameters.reverse();
    format!("{word}{}\"", parameters.join("\","))
}

fn one_more_field(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let case = |name: &str, value: &str| {
        let more = signed.clone().field(name, value);
        Case::new(name, &signed, more, replayed())
    };
    Ok(vec![
        case("X-Foo", "1"),
        case("Cookie", "a=b"),
        case("Accept", "text/html"),
        case("Idempotency-Key", "another"),
        case("X-Forwarded-For", "192.0.2.1"),
        case("Cache-Control", "no-cache"),
    ])
}

fn two_keys(lab: &Lab<'_>) -> Cases {
    let plain = lab.plain();
    let (own, other) = (lab.sign(plain.clone()), lab.sign_with(plain, lab.key(ED25519)?.signing()));
    let both = Shot::Messages(vec![other.clone(), own.clone(), other.clone()]);
    Ok(vec![
        Case::new("under another key", &own, other, Expect::accepted()),
        Case::new("each again", &own, both, Expect::each(&[200, 401, 401], "replayed")),
    ])
}

fn delivered_again(lab: &Lab<'_>) -> Cases {
    let again = |hook: &Hook<'_>, what: &str| {
        let signed = hook.signed();
        Case::new(format!("{}, {what}", hook.name), &signed, signed.clone(), Expect::handled_before())
    };
    let (docusign, github, stripe) = (lab.hook("docusign")?, lab.hook("github")?, lab.hook("stripe")?);
    let (standard, linear) = (lab.hook("standard-webhooks")?, lab.hook("linear")?);
    let standard_later = standard.sign_at(standard.plain(), lab.now().minus(std::time::Duration::from_secs(5)));
    let renamed = |hook: &Hook<'_>, field: &str| {
        let (signed, name) = (hook.signed(), format!("{}, again under another id", hook.name));
        (name, signed.clone(), signed.replacing(field, "another"))
    };
    let (name, signed, other) = renamed(&linear, "linear-delivery");
    let unsigned = Case::new(name, &signed, other, Expect::accepted());
    let (name, signed, other) = renamed(&standard, "webhook-id");
    let covered = Case::new(name, &signed, other, Expect::refused("signature-mismatch"));
    Ok(vec![
        again(&docusign, "without an id or a time"),
        again(&github, "without a time"),
        again(&linear, "again"),
        again(&stripe, "again"),
        again(&standard, "again"),
        standard.case("signed anew with the same id", standard_later, Expect::handled_before()),
        unsigned,
        covered,
    ])
}
