//! Whom a request is for: the host, and what HTTP/2 has in its place.

use super::{
    case::{Case, Cases, Expect, Protocol},
    craft::Craft,
    lab::Lab,
    message::{Authority, Message},
};

pub fn host_spelling(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let host = &lab.subject.host;
    let mut cases = Vec::new();
    for spelling in [host.to_uppercase(), format!("{host}:80"), format!("{host}."), format!("www.{host}")] {
        if spelling == *host {
            continue;
        }
        let attack = signed.clone().replacing("host", spelling.as_str());
        // A server elsewhere may not serve this host at all.
        let expect = Expect::refused("signature-mismatch").or_refused("unknown-authority");
        let expect = if lab.is_ours() { expect } else { expect.or(400).or(404).or(421) };
        cases.push(Case::new(format!("{spelling} for {host}"), &signed, attack, expect));
    }
    if lab.knows_its_host() {
        // The list of own hosts compares parsed hosts: these are all the same one.
        for own in [host.to_uppercase(), format!("{host}."), format!("{host}:80")] {
            let own_signed = lab.sign(lab.plain().replacing("host", own.as_str()));
            cases.push(Case::new(format!("{own}, signed"), &signed, own_signed, Expect::accepted()));
        }
        for other in [format!("{host}.evil.example"), format!("evil{host}"), format!("{host}:81"), format!("{host}..")]
        {
            let attack = lab.sign(lab.plain().replacing("host", other.as_str()));
            let expect = Expect::refused("unknown-authority").or_refused("unusable-authority");
            cases.push(Case::new(format!("{other}, signed"), &signed, attack, expect));
        }
    }
    // Signed as it is: what is no single authority is refused whoever signs it. No signer of ours would.
    let unsigned = signed.clone().without("signature").without("authorization");
    let craft = Craft::new(lab).list(&lab.list(&signed).join(" "));
    for odd in [
        format!("{host}, {host}"),
        format!("{host},evil.example"),
        format!("user@{host}"),
        format!("user:pw@{host}"),
        String::new(),
    ] {
        let attack = craft.sign(unsigned.clone().replacing("host", odd.as_str()));
        let expect = Expect::refused("unusable-authority").or_refused("unknown-authority").or(400);
        let expect = if lab.protocol == Protocol::Http2 { expect.or(0) } else { expect };
        cases.push(Case::new(format!("unusable: {odd:?}"), &signed, attack, expect));
    }
    Ok(cases)
}

fn beside(message: &Message, authority: &str, host: &str) -> Message {
    message.clone().replacing("host", host).authority(Authority::Given(authority.as_bytes().to_vec()))
}

pub fn two_authorities(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let host = &lab.subject.host;
    let expect = || Expect::refused("authority-mismatch").or_refused("unusable-authority").or(400).or(0);
    let evil = lab.sign(lab.plain().replacing("host", "evil.example"));
    let mut cases = vec![
        Case::new("another authority", &signed, beside(&signed, "evil.example", host), expect()),
        Case::new("another host", &signed, beside(&signed, host, "evil.example"), expect()),
        Case::new("signed for evil, authority evil", &signed, beside(&evil, "evil.example", host), expect()),
        Case::new("signed for evil, host evil", &signed, beside(&evil, host, "evil.example"), expect()),
        Case::new("an empty host", &signed, beside(&signed, host, ""), expect()),
    ];
    let twice = signed.clone().field("Host", "evil.example").authority(Authority::Given(host.as_bytes().to_vec()));
    cases.push(Case::new("two hosts beside it", &signed, twice, expect().or_refused("ambiguous")));
    if lab.is_ours() {
        cases.push(Case::new("both the same", &signed, beside(&signed, host, host), Expect::accepted()));
        let host_alone = signed.clone().authority(Authority::Absent);
        cases.push(Case::new("host alone", &signed, host_alone, Expect::accepted().or(400).or(0)));
    }
    Ok(cases)
}

pub fn no_authority(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let gone = |message: Message| message.without("host").authority(Authority::Absent);
    let expect = |cause| Expect::refused(cause).or_refused("unknown-authority").or(400).or(0);
    // With an empty line for it in the signing string, and with none.
    let whole = signed.clone().without("signature").without("authorization").without("host");
    let list = lab.list(&signed).join(" ");
    let empty = Craft::new(lab).list(&list).sign(whole.clone()).authority(Authority::Absent);
    let without = Craft::new(lab).list(&list.replace("host ", "")).sign(whole).authority(Authority::Absent);
    Ok(vec![
        Case::new("removed", &signed, gone(signed.clone()), expect("missing-component")),
        Case::new("signed as empty", &signed, empty, expect("missing-component")),
        Case::new("not covered", &signed, without, expect("not-covered")),
    ])
}

pub fn odd_path(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let mut cases = Vec::new();
    for path in ["http://evil/x", "x", "*", "", "evil.example:80", "//evil.example/x", "?x=1"] {
        let expect = || {
            let refused = Expect::refused("unusable-target").or_refused("signature-mismatch").or(400).or(0);
            if lab.is_ours() { refused } else { refused.or(404) }
        };
        cases.push(Case::new(format!("{path:?}"), &signed, signed.clone().target(path), expect()));
    }
    // Signed as it is sent, which takes a key: it is still no path, and what a handler makes of it is not what was meant.
    for path in ["http://evil/x", "x", "*", "evil.example:80", "?x=1"] {
        let signed_so = lab.sign(lab.plain().target(path));
        let expect = Expect::refused("unusable-target").or_refused("authority-mismatch").or(400).or(0);
        cases.push(Case::new(format!("{path:?}, signed"), &signed, signed_so, expect));
    }
    Ok(cases)
}

pub fn old_version(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let old = |message: Message| Message { version: "HTTP/1.0", ..message };
    let bare = signed.clone().without("host");
    let list = lab.list(&signed).join(" ");
    let whole = bare.clone().without("signature").without("authorization");
    let empty = Craft::new(lab).list(&list).sign(whole.clone());
    let without = Craft::new(lab).list(&list.replace("host ", "")).sign(whole);
    let expect = |cause| Expect::refused(cause).or_refused("unknown-authority").or(400);
    Ok(vec![
        Case::new("removed", &signed, old(bare), expect("missing-component")),
        Case::new("signed as empty", &signed, old(empty), expect("missing-component")),
        Case::new("not covered", &signed, old(without), expect("not-covered")),
    ])
}
