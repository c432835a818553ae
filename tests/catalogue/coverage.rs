//! Coverage and skipped checks.

use std::time::Duration;

use super::{
    body_coverage,
    case::{Case, Cases, Expect, Row},
    craft::Craft,
    lab::Lab,
    message::{Authority, Message},
    subject::{ED25519, P256, RSA_2048},
};

pub const ROWS: &[Row] = &[
    Row::wire("A01", "Header names not signed", names_swapped),
    Row::wire("A02", "An empty list", empty_list),
    Row::wire("A03", "The default list", default_list),
    Row::wire("A04", "Only the date covered", only_date),
    Row::wire("A06", "Host not covered", other_host),
    Row::wire("A07", "Digest not covered with a body", body_coverage::digest_not_covered),
    Row::wire("A08", "Digest covered, body never hashed", body_coverage::other_body),
    Row::wire("A09", "A covered field that is absent, read as empty", absent_as_empty),
    Row::wire("A10", "Phantom coverage", phantom_coverage),
    Row::wire("A12", "A name twice in the list", repeated_name),
    Row::wire("A13", "A long list", long_list),
    Row::wire("A15", "No signature at all", unsigned),
    Row::wire("A16", "A bad signature where one is optional", bad_where_optional).optional(),
    Row::wire("A17", "Two places for one credential", two_places),
    Row::wire("A18", "A method whose body is not looked at", body_coverage::other_methods),
    Row::wire("A19", "A GET with a body", body_coverage::get_with_body),
    Row::wire("A20", "An empty signature", empty_signature),
    Row::wire("A21", "A truncated MAC", truncated),
    Row::wire("A22", "Bytes behind a good signature", trailing_bytes),
    Row::wire("A25", "A way to send a body that one kind of route forgot", body_coverage::every_body_mode).everywhere(),
];

fn names_swapped(lab: &Lab<'_>) -> Cases {
    let signed = lab.sign_also(lab.plain().field("X-Role", "user").field("X-Note", "admin"), &["x-role", "x-note"]);
    let mut swapped = signed.clone();
    for (name, _) in &mut swapped.fields {
        *name = match name.as_str() {
            "X-Role" => "X-Note".to_owned(),
            "X-Note" => "X-Role".to_owned(),
            _ => continue,
        };
    }
    Ok(vec![Case::new("names swapped", &signed, swapped, Expect::refused("signature-mismatch"))])
}

fn empty_list(lab: &Lab<'_>) -> Cases {
    let dated = lab.plain().field("Date", lab.now().to_http_date());
    let empty = Craft::new(lab).list("").string("");
    let expect = || Expect::refused("components");
    Ok(vec![
        Case::new("over the empty string", &lab.signed(), empty.clone().sign(dated.clone()), expect()),
        Case::new(
            "with a time stated",
            &lab.signed(),
            empty.created(lab.now().as_secs()).sign(dated.clone()),
            expect(),
        ),
        Case::new("of blanks", &lab.signed(), Craft::new(lab).list("  ").string("").sign(dated), expect()),
    ])
}

fn default_list(lab: &Lab<'_>) -> Cases {
    let now = lab.now();
    let dated = lab.plain().field("Date", now.to_http_date());
    let created = Craft::new(lab).created(now.as_secs()).string(format!("(created): {}", now.as_secs()));
    let date = Craft::new(lab).string(format!("date: {}", now.to_http_date()));
    let expect = || Expect::refused("not-covered");
    Ok(vec![
        Case::new("over (created)", &lab.signed(), created.sign(dated.clone()), expect()),
        Case::new("over date", &lab.signed(), date.sign(dated), expect()),
    ])
}

fn only_date(lab: &Lab<'_>) -> Cases {
    let expect = || Expect::refused("not-covered");
    let date = lab.sign_list(lab.plain(), &["date"]);
    let created = lab.sign_list(lab.plain(), &["(created)"]);
    let mut cases = vec![
        Case::new("date, as it is", &lab.signed(), date.clone(), expect()),
        Case::new("(created), as it is", &lab.signed(), created, expect()),
        Case::new("another path", &lab.signed(), date.clone().target(format!("{}&y=2", lab.target())), expect()),
    ];
    if lab.with_body().is_ok() {
        cases.push(Case::new("another body", &lab.signed(), date.body("{\"admin\": true}"), expect()));
    }
    Ok(cases)
}

fn other_host(lab: &Lab<'_>) -> Cases {
    let plain = lab.plain();
    let list: Vec<_> = lab.list(&plain).into_iter().filter(|name| *name != "host").collect();
    let uncovered = lab.sign_list(plain, &list);
    let mut cases =
        vec![Case::new("not covered, as it is", &lab.signed(), uncovered.clone(), Expect::refused("not-covered"))];
    if let Some(other) = &lab.subject.other_host {
        let moved = uncovered.replacing("host", other.as_str());
        let expect = Expect::refused("not-covered").or_refused("unknown-authority");
        cases.push(Case::new("not covered, to the other host", &lab.signed(), moved, expect));
        let moved = lab.signed().replacing("host", other.as_str());
        let expect = Expect::refused("signature-mismatch").or_refused("unknown-authority");
        cases.push(Case::new("covered, to the other host", &lab.signed(), moved, expect));
        if lab.knows_its_host() {
            let signed_for = lab.sign(lab.plain().replacing("host", other.as_str()));
            let expect = Expect::refused("unknown-authority");
            cases.push(Case::new("signed for the other host", &lab.signed(), signed_for, expect));
        }
    }
    Ok(cases)
}

fn absent_as_empty(lab: &Lab<'_>) -> Cases {
    let plain = lab.with_body()?.field("Date", lab.now().to_http_date());
    let list = "(request-target) host date digest content-type";
    let attack = Craft::new(lab).list(list).sign(plain);
    Ok(vec![Case::new("digest", &lab.signed(), attack, Expect::refused("missing-component"))])
}

fn phantom_coverage(lab: &Lab<'_>) -> Cases {
    let dated = lab.plain().field("Date", lab.now().to_http_date());
    let date = format!("date: {}", lab.now().to_http_date());
    let phantom = Craft::new(lab).list("date digest host").string(date).sign(dated.without("host"));
    let target = format!("(request-target): {} {}", lab.subject.method.to_lowercase(), lab.target());
    let all = format!("{target}\nhost: {}\ndate: {}", lab.subject.host, lab.now().to_http_date());
    let dated = lab.plain().field("Date", lab.now().to_http_date());
    let digest = Craft::new(lab).list("(request-target) host date digest").string(all).sign(dated);
    let gone = || Expect::refused("missing-component");
    Ok(vec![
        Case::new("date alone", &lab.signed(), phantom.authority(Authority::Absent), gone().or(400).or(0)),
        Case::new("all but the digest", &lab.signed(), digest, gone()),
    ])
}

fn repeated_name(lab: &Lab<'_>) -> Cases {
    let dated = || lab.plain().field("Date", lab.now().to_http_date());
    let expect = || Expect::refused("components");
    let twice = format!("{} host", lab.list(&lab.plain()).join(" "));
    let whole = lab.signed().without("signature");
    Ok(vec![
        Case::new("date date date", &lab.signed(), Craft::new(lab).list("date date date").sign(dated()), expect()),
        Case::new("all, and host again", &lab.signed(), Craft::new(lab).list(&twice).sign(whole), expect()),
    ])
}

fn long_list(lab: &Lab<'_>) -> Cases {
    let dated = || lab.plain().field("Date", lab.now().to_http_date()).field("X-Big", vec![b'b'; 8 * 1024]);
    let craft = |list: String| Craft::new(lab).list(&list).string("").sign(dated());
    let distinct: Vec<_> = (0..65).map(|number| format!("x-{number}")).collect();
    let too_long = Expect::refused("malformed").or(400).or(431).or(0);
    Ok(vec![
        Case::new("10,000 names", &lab.signed(), craft("x-big ".repeat(10_000)), too_long),
        Case::new("as many as fit", &lab.signed(), craft("x-big ".repeat(1_300)), Expect::refused("components")),
        Case::new("one more than are read", &lab.signed(), craft(distinct.join(" ")), Expect::refused("components")),
    ])
}

fn unsigned(lab: &Lab<'_>) -> Cases {
    let expect = || {
        Expect::refused("no-signature").looking("a challenge for this scheme", |answer| {
            answer.field("www-authenticate").is_some_and(|challenge| challenge.starts_with("Signature"))
        })
    };
    let expect = || if lab.is_ours() { expect() } else { Expect::refused("no-signature") };
    let bearer = lab.plain().field("Authorization", "Bearer x");
    let mut cases = vec![
        Case::new("plain", &lab.signed(), lab.plain(), expect()),
        Case::new("with credentials of another kind", &lab.signed(), bearer, expect()),
        Case::new("all but the signature", &lab.signed(), lab.signed().without("signature"), expect()),
    ];
    if lab.any_target().is_ok() {
        for method in ["HEAD", "OPTIONS", "TRACE", "PATCH", "DELETE"] {
            let plain = Message { method: method.to_owned(), ..lab.plain() };
            // The answer to HEAD has no body to compare, and to read it would take the method.
            if method != "HEAD" {
                cases.push(Case::new(method, &lab.signed(), plain, expect()));
            }
        }
    }
    Ok(cases)
}

fn bad_where_optional(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let stale = lab.plain().sign(&lab.signer(), lab.now().minus(Duration::from_secs(400)));
    let mut wrong = signed.signature_bytes();
    wrong[0] ^= 1;
    Ok(vec![
        Case::new("malformed", &signed, lab.plain().field("Signature", "keyId="), Expect::refused("malformed")),
        Case::new("empty", &signed, lab.plain().field("Signature", ""), Expect::refused("malformed")),
        Case::new(
            "only the word",
            &signed,
            lab.plain().field("Authorization", "Signature"),
            Expect::refused("malformed"),
        ),
        Case::new("wrong", &signed, signed.clone().with_signature_bytes(&wrong), Expect::refused("signature-mismatch")),
        Case::new(
            "unknown key",
            &signed,
            lab.plain().sign(&lab.signer_as("mallory"), lab.now()),
            Expect::refused("unknown-key"),
        ),
        Case::new("stale", &signed, stale, Expect::refused("too-old")),
    ])
}

fn two_places(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let other = lab.plain().sign(&lab.signer_as("bob"), lab.now()).signature();
    let both = |first: &str, second: &str| {
        let bare = signed.clone().without("signature").without("authorization");
        bare.field("Signature", first).field("Authorization", format!("Signature {second}"))
    };
    let own = signed.signature();
    let own = own.strip_prefix("Signature ").unwrap_or(&own);
    let expect = || Expect::refused("ambiguous");
    Ok(vec![
        Case::new("bob in Authorization", &signed, both(own, &other), expect()),
        Case::new("bob in Signature", &signed, both(&other, own), expect()),
        Case::new("the same in both", &signed, both(own, own), expect()),
    ])
}

fn empty_signature(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let attack = signed.clone().with_signature_text("");
    Ok(vec![Case::new("no bytes", &signed, attack, Expect::refused("malformed"))])
}

fn truncated(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let mac = signed.signature_bytes();
    let cut = |len: usize| {
        let attack = signed.clone().with_signature_bytes(&mac[..len]);
        Case::new(format!("{len} bytes"), &signed, attack, Expect::refused("signature-mismatch"))
    };
    Ok([1, 8, 16, mac.len() - 1].into_iter().map(cut).collect())
}

fn trailing_bytes(lab: &Lab<'_>) -> Cases {
    let mut signed = vec![("hmac", lab.signed()), ("with (created)", lab.twin())];
    for name in [RSA_2048, P256, ED25519] {
        if let Ok(key) = lab.key(name) {
            signed.push((name, lab.sign_with(lab.plain(), key.signing())));
        }
    }
    let mut cases = Vec::new();
    for (name, signed) in signed {
        for byte in [0, b'x'] {
            let attack = signed.clone().with_signature_bytes(&[&signed.signature_bytes()[..], &[byte]].concat());
            cases.push(Case::new(
                format!("{name}, {byte:#04x}"),
                &signed,
                attack,
                Expect::refused("signature-mismatch"),
            ));
        }
    }
    Ok(cases)
}
