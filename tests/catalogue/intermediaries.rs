//! What proxies read, add or take away, and what travels beside a request.

use super::{
    case::{Case, Cases, Expect, Protocol, Shot},
    lab::Lab,
    message::Message,
};

pub fn method_override(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let mut cases = Vec::new();
    for name in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"] {
        let attack = signed.clone().field(name, "DELETE");
        cases.push(Case::new(format!("an unsigned {name}"), &signed, attack, Expect::refused("not-covered")));
        if lab.is_ours() {
            let covered = lab.sign_also(lab.plain().field(name, "DELETE"), &[&name.to_lowercase()]);
            cases.push(Case::new(format!("{name}, covered"), &signed, covered, Expect::accepted()));
        }
    }
    let separator = if lab.target().contains('?') { '&' } else { '?' };
    let query = signed.clone().target(format!("{}{separator}_method=DELETE", lab.target()));
    cases.push(Case::new("_method in the query", &signed, query, Expect::refused("signature-mismatch")));
    if lab.with_body().is_ok() {
        let body = signed.clone().body("_method=DELETE");
        cases.push(Case::new("_method in the body", &signed, body, Expect::refused("digest-mismatch")));
        let typed = signed.clone().replacing("content-type", "application/x-www-form-urlencoded");
        cases.push(Case::new("another content type", &signed, typed, Expect::refused("signature-mismatch")));
    }
    Ok(cases)
}

pub fn forwarded_host(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let host = &lab.subject.host;
    let wrong = signed.clone().replacing("host", "evil.example");
    let fields = [
        ("X-Forwarded-Host", host.clone()),
        ("Forwarded", format!("host={host}")),
        ("Forwarded", format!("for=127.0.0.1;host=\"{host}\";proto=http")),
        ("X-Original-Host", host.clone()),
        ("X-Host", host.clone()),
        ("X-Forwarded-Server", host.clone()),
    ];
    let mut cases = Vec::new();
    for (name, value) in fields {
        let attack = wrong.clone().field(name, value.as_str());
        let expect = Expect::refused("signature-mismatch").or_refused("unknown-authority");
        cases.push(Case::new(format!("{name}: {value}"), &signed, attack, expect));
    }
    // And where the host is right, such a field changes nothing.
    if lab.is_ours() {
        let attack = signed.clone().field("X-Forwarded-Host", "evil.example").field("Forwarded", "host=evil.example");
        cases.push(Case::new("the other way round", &signed, attack, Expect::accepted()));
    }
    Ok(cases)
}

pub fn digest_in_trailers(lab: &Lab<'_>) -> Cases {
    let mut signed = lab.with_body().map(|plain| lab.sign(plain))?.chunked(7);
    let control = signed.clone();
    let digest = signed.value("digest");
    signed = signed.without("digest");
    signed.trailers.push(("Digest".to_owned(), digest.clone().into_bytes()));
    let announced = signed.clone().field("Trailer", "Digest");
    let mut uncovered =
        lab.sign_list(lab.with_body()?, &["(request-target)", "host", "date", "content-type"]).chunked(7);
    uncovered.trailers.push(("Digest".to_owned(), digest.into_bytes()));
    let expect = |cause| Expect::refused(cause).or(400);
    Ok(vec![
        Case::new("covered", &control, signed, expect("missing-component")),
        Case::new("covered and announced", &control, announced, expect("missing-component")),
        Case::new("not covered", &control, uncovered, expect("not-covered")),
    ])
}

pub fn hop_by_hop(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let case = |name: &str| {
        let attack = signed.clone().field("Connection", name);
        Case::new(format!("{name} named in Connection"), &signed, attack, Expect::refused("hop-by-hop"))
    };
    let mut cases = vec![case("date"), case("Date"), case("host"), case("keep-alive, date")];
    if lab.with_body().is_ok() {
        cases.extend([case("digest"), case("close, Digest"), case("content-type")]);
    }
    let harmless = signed.clone().field("Connection", "keep-alive, x-other");
    cases.push(Case::new("another field", &signed, harmless, Expect::accepted()));
    Ok(cases)
}

pub fn second_request(lab: &Lab<'_>) -> Cases {
    let (signed, plain) = (lab.signed(), lab.plain());
    let tampered = signed.clone().target(format!("{}&y=2", lab.target()));
    let pipelined = |second: &Message| Shot::Messages(vec![signed.clone(), second.clone()]);
    let mut cases = vec![Case::new("unsigned", &signed, pipelined(&plain), Expect::each(&[200, 401], "no-signature"))];
    let expect = Expect::each(&[200, 401], "signature-mismatch");
    cases.push(Case::new("with the first one's signature", &signed, pipelined(&tampered), expect));
    if lab.protocol == Protocol::Http2 {
        // Streams have no order: behind a refusal the signed one is still let through.
        let shot = Shot::Messages(vec![plain.clone(), signed.clone(), plain]);
        cases.push(Case::new("on both sides", &signed, shot, Expect::each(&[401, 200, 401], "no-signature")));
    }
    Ok(cases)
}
