//! Digest and body.

use std::io::Write;

use base64::{Engine, engine::general_purpose::STANDARD};
use countersign::{
    DigestAlgorithm::{Sha256, Sha512},
    digest_field,
};

use super::{
    case::{Case, Cases, Expect, Row},
    lab::Lab,
    message::Message,
};

pub const ROWS: &[Row] = &[
    Row::wire("A96", "A weak digest alone", weak_alone),
    Row::wire("A97", "A strong digest wrong, a weak one right", strong_wrong),
    Row::wire("A98", "Two strong digests, one wrong", one_wrong),
    Row::wire("A99", "One algorithm twice", algorithm_twice),
    Row::wire("A100", "The case of the algorithm", algorithm_case),
    Row::wire("A101", "A digest on two lines", two_lines),
    Row::wire("A102", "Other spellings of a digest's Base64", base64_spellings),
    Row::wire("A104", "JSON that was printed again", printed_again),
    Row::wire("A105", "Text that lost something", lossy_text),
    Row::wire("A106", "Content-Encoding", content_encoding),
    Row::wire("A107", "A compression bomb", compression_bomb),
    Row::wire("A108", "A handler that sees bytes early", seen_early),
];

/// The bytes in gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    gzip_at(bytes, flate2::Compression::best())
}

fn gzip_at(bytes: &[u8], level: flate2::Compression) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The base request with this as its `Digest`, which is covered.
fn with_digest(lab: &Lab<'_>, digest: &str) -> Message {
    with_digests(lab, &[digest])
}

fn with_digests(lab: &Lab<'_>, digests: &[&str]) -> Message {
    let plain = lab.plain();
    let list = lab.list(&plain);
    let whole = lab.signed().without("signature").without("authorization").without("digest");
    let whole = digests.iter().fold(whole, |message, digest| message.field("Digest", *digest));
    // By hand: a signer covers no digest that is not the body's.
    super::craft::Craft::new(lab).list(&list.join(" ")).sign(whole)
}

const MD5: &str = "MD5=Sd/dVLAcvNLSq16eXua5uQ==";

fn weak_alone(lab: &Lab<'_>) -> Cases {
    lab.with_body()?;
    let sha1 = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &lab.subject.body);
    let sha1 = format!("SHA={}", STANDARD.encode(sha1));
    let sha1_too = sha1.replacen("SHA", "SHA-1", 1);
    let digests = [MD5, &sha1, &sha1_too, "UNIXsum=30637", "CRC32c=crUfeA==", "id-sha-256=AAAA", "", "none"];
    let case = |digest: &str| {
        Case::new(format!("{digest:?}"), &lab.signed(), with_digest(lab, digest), Expect::refused("unusable-digest"))
    };
    Ok(digests.into_iter().map(case).collect())
}

fn strong_wrong(lab: &Lab<'_>) -> Cases {
    lab.with_body()?;
    let wrong = digest_field(Sha256, b"another body");
    let case = |digest: String| {
        Case::new(digest.clone(), &lab.signed(), with_digest(lab, &digest), Expect::refused("digest-mismatch"))
    };
    Ok(vec![case(format!("{wrong},{MD5}")), case(format!("{MD5},{wrong}"))])
}

fn one_wrong(lab: &Lab<'_>) -> Cases {
    let body = lab.with_body()?.body;
    let mut cases = Vec::new();
    for (right, wrong) in [(Sha256, Sha512), (Sha512, Sha256)] {
        let (right, wrong) = (digest_field(right, &body), digest_field(wrong, b"another body"));
        for digest in [format!("{right},{wrong}"), format!("{wrong}, {right}")] {
            let expect = Expect::refused("digest-mismatch");
            cases.push(Case::new(digest.clone(), &lab.signed(), with_digest(lab, &digest), expect));
        }
    }
    let both = format!("{},{}", digest_field(Sha256, &body), digest_field(Sha512, &body));
    if lab.is_ours() {
        cases.push(Case::new("both right", &lab.signed(), with_digest(lab, &both), Expect::accepted()));
    }
    Ok(cases)
}

fn algorithm_twice(lab: &Lab<'_>) -> Cases {
    let body = lab.with_body()?.body;
    let (right, wrong) = (digest_field(Sha256, &body), digest_field(Sha256, b"another body"));
    let case = |digest: String| {
        Case::new(digest.clone(), &lab.signed(), with_digest(lab, &digest), Expect::refused("unusable-digest"))
    };
    let other_case = right.replacen("SHA", "sha", 1);
    Ok(vec![
        case(format!("{right},{wrong}")),
        case(format!("{wrong},{right}")),
        case(format!("{right},{right}")),
        case(format!("{right},{other_case}")),
    ])
}

fn algorithm_case(lab: &Lab<'_>) -> Cases {
    let body = lab.with_body()?.body;
    let lower = |field: String| field.replacen("SHA", "sha", 1);
    let right = lower(digest_field(Sha256, &body));
    let wrong = lower(digest_field(Sha256, b"another body"));
    let accepted = if lab.is_ours() { Expect::accepted() } else { Expect::accepted().or(401) };
    Ok(vec![
        Case::new("right", &lab.signed(), with_digest(lab, &right), accepted),
        Case::new("wrong", &lab.signed(), with_digest(lab, &wrong), Expect::refused("digest-mismatch")),
    ])
}

fn two_lines(lab: &Lab<'_>) -> Cases {
    let body = lab.with_body()?.body;
    let (right, wrong) = (digest_field(Sha256, &body), digest_field(Sha256, b"another body"));
    let wrong_512 = digest_field(Sha512, b"another body");
    let signed = lab.signed();
    // A line that was added behind the signature changes what is signed.
    let added = signed.clone().field("Digest", wrong.as_str());
    let case =
        |name: &str, lines: &[&str], cause| Case::new(name, &signed, with_digests(lab, lines), Expect::refused(cause));
    Ok(vec![
        case("right, then wrong", &[&right, &wrong], "unusable-digest"),
        case("wrong, then right", &[&wrong, &right], "unusable-digest"),
        case("right, then wrong of another algorithm", &[&right, &wrong_512], "digest-mismatch"),
        Case::new(
            "wrong behind the signature",
            &signed,
            added,
            Expect::refused("unusable-digest").or_refused("signature-mismatch"),
        ),
    ])
}

fn base64_spellings(lab: &Lab<'_>) -> Cases {
    let mut plain = lab.with_body()?;
    // One whose hash is spelt otherwise in the alphabet for URLs, and whose last letter before the padding is no end.
    let mut digest = digest_field(Sha256, &plain.body);
    while !digest.contains(['+', '/']) {
        plain.body.push(b' ');
        digest = digest_field(Sha256, &plain.body);
    }
    let signed = lab.sign(plain);
    let hash = digest.strip_prefix("SHA-256=").unwrap();
    let bytes = STANDARD.decode(hash).unwrap();
    let list = lab.list(&signed).join(" ");
    let bare = signed.clone().without("signature").without("authorization").without("digest");
    let case = |name: &str, hash: String| {
        let message = bare.clone().field("Digest", format!("SHA-256={hash}"));
        let attack = super::craft::Craft::new(lab).list(&list).sign(message);
        Case::new(name, &signed, attack, Expect::refused("unusable-digest"))
    };
    let last = hash.as_bytes()[42];
    let next = char::from(if last == b'z' || last == b'Z' || last == b'9' { b'B' } else { last + 1 });
    Ok(vec![
        case("no padding", hash.trim_end_matches('=').to_owned()),
        case("the alphabet for URLs", hash.replace('+', "-").replace('/', "_")),
        case("bits behind the end", format!("{}{next}=", &hash[..42])),
        case("one byte short", STANDARD.encode(&bytes[..31])),
        case("one byte more", STANDARD.encode([&bytes[..], &[0]].concat())),
        case("none", String::new()),
        case("in hexadecimal", super::key_material::hex(&bytes)),
        case("in quotes", format!("\"{hash}\"")),
        case("as a byte sequence", format!(":{hash}:")),
        case("a blank inside", format!("{} {}", &hash[..9], &hash[9..])),
    ])
}

fn printed_again(lab: &Lab<'_>) -> Cases {
    lab.ours("needs a body that is JSON")?;
    let signed = lab.signed();
    let body = String::from_utf8(signed.body.clone()).unwrap();
    let parsed: serde_json::Value = serde_json::from_str(&body).unwrap();
    let forms = [
        parsed.to_string(),
        serde_json::to_string_pretty(&parsed).unwrap(),
        r#"{"b": [2, 3], "a": 1}"#.to_owned(),
        format!("{body} "),
        format!("{body}\n"),
        format!("\u{feff}{body}"),
        body.replace('1', "1.0"),
        body.replace('a', "\\u0061"),
    ];
    let case = |form: String| {
        assert_ne!(form, body);
        Case::new(form.clone(), &signed, signed.clone().body(form), Expect::refused("digest-mismatch"))
    };
    Ok(forms.into_iter().map(case).collect())
}

fn lossy_text(lab: &Lab<'_>) -> Cases {
    lab.ours("needs a route that takes any bytes")?;
    let signed = lab.sign(lab.with_body()?.body(b"a\xffb".to_vec()));
    let case = |body: &[u8]| {
        let attack = signed.clone().body(body.to_vec());
        Case::new(format!("{body:02x?}"), &signed, attack, Expect::refused("digest-mismatch"))
    };
    Ok(vec![case(b"a\xfeb"), case("a\u{fffd}b".as_bytes()), case("a\u{ff}b".as_bytes()), case(b"a?b"), case(b"ab")])
}

fn content_encoding(lab: &Lab<'_>) -> Cases {
    lab.ours("needs a route that takes gzip")?;
    let plain = lab.with_body()?;
    let text = plain.body.clone();
    let (packed, other) = (gzip(&text), gzip_at(&text, flate2::Compression::none()));
    assert_ne!(packed, other);
    let signed = lab.sign(plain.clone().field("Content-Encoding", "gzip").body(packed.clone()));
    let seen = String::from_utf8(text.clone()).unwrap();
    let decoded =
        Expect::accepted().looking("the decoded text at the handler", move |answer| answer.body.ends_with(&seen));
    // The digest of the text is none of what is on the wire.
    let of_text =
        plain.clone().field("Content-Encoding", "gzip").field("Digest", digest_field(Sha256, &text)).body(packed);
    let list = "(request-target) host date digest content-type content-encoding";
    let of_text = super::craft::Craft::new(lab).list(list).sign(of_text.field("Date", lab.now().to_http_date()));
    let added = lab.signed().field("Content-Encoding", "gzip");
    Ok(vec![
        Case::new("decoded behind the check", &lab.signed(), signed.clone(), decoded),
        Case::new("other bytes", &signed, signed.clone().body(other), Expect::refused("digest-mismatch")),
        Case::new("unpacked on the way", &signed, signed.clone().body(text), Expect::refused("digest-mismatch")),
        Case::new("a digest of the text", &signed, of_text, Expect::refused("digest-mismatch")),
        Case::new("a coding added", &lab.signed(), added, Expect::refused("not-covered")),
        Case::new(
            "the coding removed",
            &signed,
            signed.clone().without("content-encoding"),
            Expect::refused("missing-component"),
        ),
        Case::new(
            "another coding",
            &signed,
            signed.clone().replacing("content-encoding", "identity"),
            Expect::refused("signature-mismatch"),
        ),
    ])
}

fn compression_bomb(lab: &Lab<'_>) -> Cases {
    lab.ours("needs a route that takes gzip")?;
    let bomb = gzip(&vec![0; 2 << 20]);
    assert!(bomb.len() < super::fixture::BODY_LIMIT);
    let plain = lab.with_body()?.field("Content-Encoding", "gzip").body(bomb);
    let signed = lab.sign(plain.clone());
    let small = lab.sign(lab.with_body()?.field("Content-Encoding", "gzip").body(gzip(b"{}")));
    // The limit on what is decoded is the framework's own, whose refusal leaves no event here.
    let expect = Expect { causes: Vec::new(), events: Some(0), ..Expect::too_large() };
    Ok(vec![
        Case::new("unsigned", &small, plain, Expect::refused("no-signature")),
        Case::new("signed", &small, signed, expect),
    ])
}

fn seen_early(lab: &Lab<'_>) -> Cases {
    lab.ours("needs a route that takes any bytes")?;
    let signed = lab.sign(lab.with_body()?.body(vec![b'x'; 20_000])).chunked(1000);
    let mut changed = signed.clone();
    *changed.body.last_mut().unwrap() = b'y';
    let cut = signed.clone().body(vec![b'x'; 19_999]);
    Ok(vec![
        Case::new("another last byte", &signed, changed, Expect::refused("digest-mismatch")),
        Case::new("one byte less", &signed, cut, Expect::refused("digest-mismatch")),
    ])
}
