//! Parsing of the Signature field.

use super::{
    case::{Case, Cases, Expect, Protocol, Row, Shot},
    craft::Craft,
    fixture::QUOTED_ID,
    grammar, h1,
    lab::Lab,
    message::Message,
    subject::Key,
};

pub const ROWS: &[Row] = &[
    Row::wire("A51", "keyId twice", key_id_twice),
    Row::wire("A52", "Another parameter twice", parameter_twice),
    Row::wire("A53", "Parameters inside of a quoted value", inside_quotes),
    Row::wire("A54", "A greedy match", greedy_match),
    Row::wire("A55", "Escapes in quoted strings", escapes),
    Row::wire("A56", "White space", white_space),
    Row::wire("A58", "Two Signature lines", two_lines),
    Row::wire("A59", "The word Signature in the Signature field", word_in_field),
    Row::wire("A60", "Broken grammar", grammar::broken_grammar),
    Row::wire("A61", "Other spellings of Base64", grammar::base64_spellings),
    Row::wire("A63", "expires that is no number", grammar::odd_expires),
    Row::wire("A64", "A covered value that is not UTF-8", not_utf8),
    Row::wire("A65", "A field named as a pseudo-name", pseudo_name),
    Row::lib("A65", "A field named as a pseudo-name, in a map", super::in_process::pseudo_names_are_no_fields),
    Row::wire("A67", "A line end in a covered value", line_end),
    Row::lib("A67", "A line end in a covered value, by the library", super::in_process::line_ends_are_refused),
    Row::wire("A68", "An encoded line end in the target", encoded_line_end),
    Row::wire("A69", "A folded line", folded_line).http1(),
];

pub fn with(signed: &Message, rewrite: impl FnOnce(&str) -> String) -> Message {
    signed.clone().resigned(|value| rewrite(&value))
}

fn key_id_twice(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let case = |name: &str, rewrite: fn(&str, &str) -> String| {
        let attack = with(&signed, |value| rewrite(value, &lab.hmac().id));
        Case::new(name, &signed, attack, Expect::refused("ambiguous"))
    };
    Ok(vec![
        case("bob behind", |value, _| format!("{value},keyId=\"bob\"")),
        case("bob before", |value, _| format!("keyId=\"bob\",{value}")),
        case("the same", |value, id| format!("{value},keyId=\"{id}\"")),
        case("in another case", |value, _| format!("{value},KEYID=\"bob\"")),
        case("as a token", |value, _| format!("{value},keyId=bob")),
    ])
}

fn parameter_twice(lab: &Lab<'_>) -> Cases {
    let mut cases = Vec::new();
    for signed in [lab.signed(), lab.twin()] {
        for twice in [
            "signature=\"AAAA\"",
            "headers=\"date\"",
            "algorithm=\"none\"",
            "created=1",
            "expires=9999999999",
            "SIGNATURE=\"AAAA\"",
            "Headers=\"date\"",
        ] {
            let name = twice.split('=').next().unwrap().to_lowercase();
            if !signed.signature().contains(&format!("{name}=")) {
                continue;
            }
            let before = with(&signed, |value| format!("{twice},{value}"));
            cases.push(Case::new(format!("{twice} before"), &signed, before, Expect::refused("ambiguous")));
            let behind = with(&signed, |value| format!("{value},{twice}"));
            cases.push(Case::new(format!("{twice} behind"), &signed, behind, Expect::refused("ambiguous")));
        }
    }
    Ok(cases)
}

fn with_id(lab: &Lab<'_>, signed: &Message, quoted: &str) -> Message {
    with(signed, |value| value.replacen(&format!("keyId=\"{}\"", lab.hmac().id), &format!("keyId=\"{quoted}\""), 1))
}

fn inside_quotes(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let ids =
        ["https://e/?a=1,created=9999999999,headers=date", "x, keyId=alice, signature=AAAA", "x;created=1", "a,b=c,d"];
    let case = |id: &str| Case::new(id, &signed, with_id(lab, &signed, id), Expect::refused("unknown-key").naming(id));
    Ok(ids.into_iter().map(case).collect())
}

fn greedy_match(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let id = &lab.hmac().id;
    let attack =
        with(&signed, |value| value.replacen(&format!("keyId=\"{id}\""), r#"keyId="a",x="\",algorithm=\"none""#, 1));
    let swallowed = with_id(lab, &signed, &format!(r#"a\",keyId=\"{id}"#));
    let whole = format!(r#"a",keyId="{id}"#);
    Ok(vec![
        Case::new("in a parameter that nobody knows", &signed, attack, Expect::refused("unknown-key").naming("a")),
        Case::new("in the key id", &signed, swallowed, Expect::refused("unknown-key").naming(&whole)),
    ])
}

fn escapes(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let refused = |name: &str, id: &str, read: &str| {
        Case::new(name, &signed, with_id(lab, &signed, id), Expect::refused("unknown-key").naming(read))
    };
    let unescaped = with_id(lab, &signed, "a\"b");
    let mut cases = vec![
        refused("of a quote", r#"c\"d"#, "c\"d"),
        refused("of a backslash", r"c\\d", r"c\d"),
        Case::new("a quote without", &signed, unescaped, Expect::refused("malformed")),
    ];
    if lab.is_ours() {
        // What the signer escapes the verifier reads back, also where it escapes more than it has to.
        let key = Key { id: QUOTED_ID.to_owned(), ..lab.hmac().clone() };
        let quoted = lab.sign_with(lab.plain(), key.signing());
        assert!(quoted.signature().contains(r#"keyId="a\"b\\c""#), "{}", quoted.signature());
        cases.push(Case::new("from signer to verifier", &signed, quoted, Expect::accepted()));
        let id = lab.hmac().id.as_str();
        let escaped = with_id(lab, &signed, &format!("\\{id}"));
        cases.push(Case::new("of what needs none", &signed, escaped, Expect::accepted()));
    }
    Ok(cases)
}

type Rewrite = fn(&str) -> String;

/// Where white space may stand that changes nothing.
pub const WHITE_SPACE: [(&str, Rewrite); 7] = [
    ("before", |value| format!("  {value}")),
    ("behind", |value| format!("{value}  ")),
    ("a blank behind a comma", |value| value.replace("\",", "\", ")),
    ("a tab behind a comma", |value| value.replace("\",", "\",\t")),
    ("around =", |value| value.replace("=\"", " = \"")),
    ("two blanks in the list", |value| value.replace(" host", "  host")),
    ("a tab in the list", |value| value.replace(" host", "\thost")),
];

fn white_space(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let case = |(name, rewrite): (&str, Rewrite)| {
        Case::new(name, &signed, with(&signed, rewrite), Expect::accepted().or_refused("malformed"))
    };
    Ok(WHITE_SPACE.into_iter().map(case).collect())
}

fn two_lines(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let good = signed.signature();
    let mut bytes = signed.signature_bytes();
    bytes[0] ^= 1;
    let bad = signed.clone().with_signature_bytes(&bytes).signature();
    let bare = signed.clone().without("signature").without("authorization");
    let case = |name: &str, first: &str, second: &str| {
        let attack = bare.clone().field("Signature", first).field("Signature", second);
        Case::new(name, &signed, attack, Expect::refused("ambiguous"))
    };
    Ok(vec![
        case("good, then bad", &good, &bad),
        case("bad, then good", &bad, &good),
        case("good twice", &good, &good),
        case("good, then empty", &good, ""),
    ])
}

fn word_in_field(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let value = signed.signature();
    let bare = signed.clone().without("signature").without("authorization");
    let parameters = value.strip_prefix("Signature ").unwrap_or(&value);
    let case = |word: &str| {
        let attack = bare.clone().field("Signature", format!("{word}{parameters}"));
        Case::new(format!("the word {word:?}"), &signed, attack, Expect::refused("malformed"))
    };
    Ok(["Signature ", "signature ", "Signature\t", "Bearer "].into_iter().map(case).collect())
}

fn not_utf8(lab: &Lab<'_>) -> Cases {
    let signed = lab.sign_also(lab.plain().field("X-A", b"a\xff".to_vec()), &["x-a"]);
    let changed = |value: &[u8]| signed.clone().replacing("x-a", value);
    let mismatch = || Expect::refused("signature-mismatch");
    Ok(vec![
        Case::new("as it is", &lab.signed(), signed.clone(), Expect::accepted().or_refused("signature-mismatch")),
        Case::new("another byte", &lab.signed(), changed(b"a\xfe"), mismatch()),
        Case::new("none", &lab.signed(), changed(b"a"), mismatch()),
        Case::new("as UTF-8", &lab.signed(), changed("a\u{ff}".as_bytes()), mismatch()),
        Case::new("as what stands for it", &lab.signed(), changed("a\u{fffd}".as_bytes()), mismatch()),
        Case::new("removed", &lab.signed(), signed.clone().without("x-a"), Expect::refused("missing-component")),
    ])
}

fn pseudo_name(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let target = format!("{} /safe", lab.subject.method.to_lowercase());
    let case = |name: &str, value: &str| {
        let attack = signed.clone().field(name, value);
        Case::new(name, &signed, attack, Expect::unreadable())
    };
    Ok(vec![case("(request-target)", &target), case("(created)", "1"), case("(expires)", "9999999999")])
}

fn line_end(lab: &Lab<'_>) -> Cases {
    let signed = lab.sign_also(lab.plain().field("X-A", "a"), &["x-a"]);
    let host = &lab.subject.host;
    let case = |name: &str, value: String| {
        Case::new(name, &signed, signed.clone().replacing("x-a", value), Expect::unreadable())
    };
    let mut cases = vec![
        case("LF and another host", format!("a\nhost: {host}")),
        case("CR LF and another host", format!("a\r\nhost: {host}")),
        case("CR", "a\rb".to_owned()),
        case("NUL", "a\0b".to_owned()),
    ];
    if lab.protocol == Protocol::Http2 {
        // Over HTTP/1.1 these are other fields, and none of a name that is covered.
        cases.push(case("LF", "a\nb".to_owned()));
        cases.push(case("CR LF", "a\r\nx-b: b".to_owned()));
    }
    Ok(cases)
}

fn encoded_line_end(lab: &Lab<'_>) -> Cases {
    lab.any_target()?;
    let mut cases = Vec::new();
    for escape in ["%0a", "%0A", "%0d%0a", "%00"] {
        let prefix = lab.target().split('?').next().unwrap();
        let target = format!("{prefix}{escape}host:%20evil");
        let signed = lab.sign(lab.plain().target(target.clone()));
        let seen = target.clone();
        let expect =
            Expect::accepted().looking("the raw target at the handler", move |answer| answer.body.contains(&seen));
        cases.push(Case::new(format!("{escape}, signed raw"), &lab.signed(), signed.clone(), expect));
        let other = signed.clone().target(target.replace("evil", "even"));
        cases.push(Case::new(format!("{escape}, another"), &signed, other, Expect::refused("signature-mismatch")));
        // Over the decoded target, which adds a line.
        let decoded = format!("{prefix}\nhost: evil");
        let dated = lab.plain().target(decoded).field("Date", lab.now().to_http_date());
        let list = "(request-target) host date digest content-type";
        let dated =
            dated.field("Digest", countersign::digest_field(countersign::DigestAlgorithm::Sha256, &lab.subject.body));
        let decoded = Craft::new(lab).list(list).sign(dated).target(target);
        cases.push(Case::new(
            format!("{escape}, signed decoded"),
            &signed,
            decoded,
            Expect::refused("signature-mismatch"),
        ));
    }
    Ok(cases)
}

fn folded_line(lab: &Lab<'_>) -> Cases {
    let signed = lab.sign_also(lab.plain().field("X-A", "a b"), &["x-a"]);
    let bytes = String::from_utf8(h1::bytes(&signed)).unwrap();
    let case = |name: &str, fold: &str| {
        let folded = bytes.replacen("X-A: a b", &format!("X-A: a{fold}b"), 1).into_bytes();
        Case::new(name, &signed, Shot::Bytes(folded, 1), Expect::unreadable())
    };
    Ok(vec![case("a blank", "\r\n "), case("a tab", "\r\n\t"), case("behind LF", "\n ")])
}
