//! Bodies that no signature binds.

use countersign::{DigestAlgorithm::Sha256, digest_field};

use super::{
    body::gzip,
    case::{Case, Cases, Expect, Protocol},
    lab::Lab,
    message::Message,
};

pub fn digest_not_covered(lab: &Lab<'_>) -> Cases {
    let signed = lab.sign_list(lab.with_body()?, &["(request-target)", "host", "date"]);
    let body = "{\"admin\": true}";
    let replaced = signed.clone().body(body).field("Digest", digest_field(Sha256, body.as_bytes()));
    let expect = || Expect::refused("not-covered");
    Ok(vec![
        Case::new("as it is", &lab.signed(), signed, expect()),
        Case::new("body and digest replaced", &lab.signed(), replaced, expect()),
    ])
}

pub fn other_body(lab: &Lab<'_>) -> Cases {
    lab.with_body()?;
    let mut cases = Vec::new();
    for (name, signed) in [("with a date", lab.signed()), ("with (created)", lab.twin())] {
        let mut same_length = signed.body.clone();
        *same_length.last_mut().unwrap() ^= 1;
        for (what, body) in
            [("one bit", same_length), ("shorter", b"{".to_vec()), ("longer", [&signed.body[..], b" "].concat())]
        {
            let attack = signed.clone().body(body);
            cases.push(Case::new(format!("{name}, {what}"), &signed, attack, Expect::refused("digest-mismatch")));
        }
        // Without a body the head announces none: the digest that is covered is still compared.
        let attack = signed.clone().body("");
        cases.push(Case::new(format!("{name}, none"), &signed, attack, Expect::refused("digest-mismatch")));
    }
    Ok(cases)
}

pub fn other_methods(lab: &Lab<'_>) -> Cases {
    lab.any_target()?;
    let mut cases = Vec::new();
    for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"] {
        let plain = Message { method: method.to_owned(), ..lab.with_body()? };
        let attack = lab.sign_list(plain.clone(), &["(request-target)", "host", "date", "content-type"]);
        cases.push(Case::new(method, &lab.sign(plain), attack, Expect::refused("not-covered")));
    }
    Ok(cases)
}

pub fn get_with_body(lab: &Lab<'_>) -> Cases {
    let signed = lab.sign(lab.get()?);
    let expect = || Expect::refused("not-covered");
    Ok(vec![
        Case::new("with its length", &signed, signed.clone().body("extra"), expect()),
        Case::new("without a length", &signed, signed.clone().body("extra").chunked(2), expect()),
        Case::new(
            "with a digest",
            &signed,
            signed.clone().body("extra").field("Digest", digest_field(Sha256, b"extra")),
            expect(),
        ),
    ])
}

/// Every way in which a body can come, under a wrong signature.
pub fn every_body_mode(lab: &Lab<'_>) -> Cases {
    let mut modes = Vec::new();
    if let Ok(get) = lab.get() {
        modes.push(("none", lab.sign(get)));
    }
    if let Ok(plain) = lab.with_body() {
        let name = if lab.protocol == Protocol::Http2 { "without a length" } else { "in chunks" };
        modes.push(("with its length", lab.sign(plain.clone())));
        modes.push((name, lab.sign(plain.clone()).chunked(3)));
        if lab.is_ours() {
            let gzip = gzip(&plain.body);
            modes.push(("in gzip", lab.sign(plain.clone().field("Content-Encoding", "gzip").body(gzip.clone()))));
            modes.push(("in gzip and chunks", lab.sign(plain.field("Content-Encoding", "gzip").body(gzip)).chunked(5)));
        }
    }
    let case = |(mode, signed): (&'static str, Message)| {
        let mut wrong = signed.signature_bytes();
        wrong[0] ^= 0x80;
        let attack = signed.clone().with_signature_bytes(&wrong);
        Case::new(mode, &signed, attack, Expect::refused("signature-mismatch"))
    };
    Ok(modes.into_iter().map(case).collect())
}
