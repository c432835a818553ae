//! What is no field `Signature`, or another spelling of one.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    case::{Case, Cases, Expect},
    craft::Craft,
    lab::Lab,
    parsing::with,
};

/// Bytes that look random and are the same in every run.
fn noise(len: usize) -> Vec<u8> {
    let mut state = u32::try_from(len).unwrap().wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        u8::try_from(state & 0xff).unwrap()
    };
    (0..len).map(|_| next()).collect()
}

pub fn broken_grammar(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let mut cases = Vec::new();
    let value = signed.signature();
    for (name, broken) in [
        ("a quote without end", value.trim_end_matches('"').to_owned()),
        ("no comma", value.replacen(',', " ", 1)),
        ("a name alone", format!("{value},x")),
        ("= alone", "=".to_owned()),
        ("a name without a value", "keyId=".to_owned()),
        ("a semicolon", value.replacen(',', ";", 1)),
        ("half", value[..value.len() / 2].to_owned()),
        ("a backslash at the end", format!("{}\\", value.trim_end_matches('"'))),
        ("quotes alone", "\"\"".to_owned()),
    ] {
        cases.push(Case::new(name, &signed, with(&signed, |_| broken), Expect::refused("malformed")));
    }
    // Empty elements, which a reader of lists has to pass over (RFC 9110 section 5.6.1.2).
    for (name, odd) in [
        ("a comma before", format!(",{value}")),
        ("a comma behind", format!("{value},")),
        ("two commas", value.replacen(',', ",,", 1)),
    ] {
        let expect = Expect::accepted().or_refused("malformed");
        cases.push(Case::new(name, &signed, with(&signed, |_| odd), expect));
    }
    // What is no text at all: over HTTP/1.1 the framework refuses NUL, over HTTP/2 every control character.
    let carrier = |bytes: &[u8]| signed.clone().without("signature").without("authorization").field("Signature", bytes);
    for (name, bytes) in [("NUL", &b"\0"[..]), ("0x80", b"\x80"), ("0xff", b"\xff"), ("a cut character", b"\xe2\x82")] {
        let mut inside = value.clone().into_bytes();
        inside.splice(8..8, bytes.iter().copied());
        let expect = Expect::refused("malformed").or(400).or(0);
        cases.push(Case::new(format!("{name} inside"), &signed, carrier(&inside), expect));
    }
    for len in [1, 2, 3, 7, 64, 256, 1024, 4096, 8192] {
        // Without line ends, which would be another attack.
        let bytes: Vec<u8> = noise(len).into_iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
        let expect = || Expect::refused("malformed").or(400).or(0);
        cases.push(Case::new(format!("{len} bytes of noise"), &signed, carrier(&bytes), expect()));
        let printable: Vec<u8> = bytes.iter().map(|byte| byte % 94 + b'!').collect();
        cases.push(Case::new(format!("{len} printable bytes"), &signed, carrier(&printable), expect()));
    }
    Ok(cases)
}

pub fn base64_spellings(lab: &Lab<'_>) -> Cases {
    let mut signed = lab.signed();
    let mut text = STANDARD.encode(signed.signature_bytes());
    // One that the alphabet for URLs spells otherwise; every other time makes another signature.
    for number in 0..200 {
        if text.contains(['+', '/']) {
            break;
        }
        signed = lab.sign_also(lab.plain().field("X-Number", number.to_string()), &["x-number"]);
        text = STANDARD.encode(signed.signature_bytes());
    }
    let bare = text.trim_end_matches('=').to_owned();
    let mut tail = bare.clone().into_bytes();
    // The bits of the last letter that stand for nothing: four of them behind 32 bytes, where two are.
    let last = tail.last_mut().unwrap();
    *last = if last.is_ascii_digit() { last.wrapping_add(1) } else { *last + 1 };
    let tail = format!("{}{}", String::from_utf8(tail).unwrap(), "=".repeat(text.len() - bare.len()));
    let spellings = [
        ("a blank before", format!(" {text}")),
        ("a blank behind", format!("{text} ")),
        ("a blank inside", format!("{} {}", &text[..8], &text[8..])),
        ("a tab inside", format!("{}\t{}", &text[..8], &text[8..])),
        ("the alphabet for URLs", text.replace('+', "-").replace('/', "_")),
        ("one letter of it", text.replacen('+', "-", 1).replacen('/', "_", 1)),
        ("no padding", bare),
        ("more padding", format!("{text}=")),
        ("bits behind the end", tail),
        ("percent escapes", text.replace('=', "%3D")),
        ("in the middle of a line", format!("{text}\u{a0}")),
    ];
    let padded = text.ends_with('=');
    let odd_tail = |name: &str| matches!(name, "no padding" | "bits behind the end" | "percent escapes");
    let cases = spellings.into_iter().filter(|(name, _)| padded || !odd_tail(name)).map(|(name, spelling)| {
        Case::new(name, &signed, signed.clone().with_signature_text(&spelling), Expect::refused("malformed"))
    });
    Ok(cases.collect())
}

pub fn odd_expires(lab: &Lab<'_>) -> Cases {
    let now = lab.now().as_secs();
    let plain = lab.plain();
    let list = lab.list_with(&plain, &["(created)", "(expires)"]).join(" ");
    // With the digest that the list names.
    let whole = lab.twin().without("signature").without("authorization");
    let crafted = |expires: &str| Craft::new(lab).list(&list).created(now).expires(expires).sign(whole.clone());
    let mut cases = Vec::new();
    for expires in [
        "NaN",
        "inf",
        "-inf",
        "1e400",
        "1e10",
        "0x7fffffff",
        "+9999999999",
        "\"\"",
        "1.",
        ".5",
        "1.5.5",
        "9999999999,5",
    ] {
        cases.push(Case::new(expires, &lab.twin(), crafted(expires), Expect::refused("malformed")));
    }
    cases.push(Case::new("a fraction ahead", &lab.twin(), crafted(&format!("{}.9", now + 100)), Expect::accepted()));
    let past = crafted(&format!("{}.9", now - 1 - lab.margin()));
    cases.push(Case::new("a fraction behind", &lab.twin(), past, Expect::refused("expired")));
    let created = Craft::new(lab).list(&list).created("1.5").expires(now + 100).sign(whole.clone());
    cases.push(Case::new("created with a fraction", &lab.twin(), created, Expect::refused("malformed")));
    Ok(cases)
}
