//! The canonical form of the request.

use super::{
    case::{Case, Cases, Expect, Row, Shot},
    h1, intermediaries,
    lab::Lab,
    message::Message,
    smuggling::smuggling,
};

pub const ROWS: &[Row] = &[
    Row::wire("A71", "A list split into lines and joined", list_split),
    Row::wire("A72", "The order of repeated values", value_order),
    Row::wire("A73", "White space inside of a value", inner_space),
    Row::wire("A74", "White space around a value", outer_space),
    Row::wire("A75", "Empty and absent", empty_and_absent),
    Row::wire("A76", "The query left out", query_dropped),
    Row::wire("A77", "/a and /a?", empty_query),
    Row::wire("A78", "Paths in another form", path_forms),
    Row::lib("A79", "NormalizePath in front of the verifier", super::in_process::normalized_path)
        .but("outside of the guard the target is another one before the check sees it; it has to stand inside"),
    Row::wire("A80", "A fragment in the target", fragment)
        .but("the framework cuts it off before anybody sees it, so the signature for the rest holds"),
    Row::wire("A81", "An absolute-form target", absolute_form).http1(),
    Row::wire("A82", "A method in lower case", lower_case_method),
    Row::wire("A83", "Method override", intermediaries::method_override),
    Row::wire("A84", "The host of a forwarding field", intermediaries::forwarded_host),
    Row::wire("A85", "Spellings of the host", super::authority::host_spelling),
    Row::wire("A87", ":authority and host differ", super::authority::two_authorities).http2(),
    Row::wire("A88", "HTTP/2 without authority and host", super::authority::no_authority).http2(),
    Row::wire("A89", ":path without a slash", super::authority::odd_path).http2(),
    Row::wire("A90", "HTTP/1.0 without Host", super::authority::old_version).http1(),
    Row::wire("A91", "Request smuggling", smuggling).http1(),
    Row::wire("A92", "Bare LF as a line end", bare_line_feed).http1(),
    Row::wire("A93", "A digest in the trailers", intermediaries::digest_in_trailers),
    Row::wire("A94", "A covered field named in Connection", intermediaries::hop_by_hop).http1(),
    Row::wire("A95", "A second request on the connection", intermediaries::second_request),
];

/// Signed with these values of a field, which is covered.
fn with_values(lab: &Lab<'_>, values: &[&str]) -> Message {
    let message = values.iter().fold(lab.plain(), |message, value| message.field("X-A", *value));
    lab.sign_also(message, &["x-a"])
}

/// The same with other values, at the place of the old ones.
fn revalued(signed: &Message, values: &[&str]) -> Message {
    values.iter().fold(signed.clone().without("x-a"), |message, value| message.field("X-A", *value))
}

fn list_split(lab: &Lab<'_>) -> Cases {
    let one = with_values(lab, &["a, b"]);
    let two = with_values(lab, &["a", "b"]);
    let case = |name: &str, signed: &Message, values: &[&str], expect| {
        Case::new(name, signed, revalued(signed, values), expect)
    };
    Ok(vec![
        case("split", &one, &["a", "b"], Expect::accepted()),
        case("joined", &two, &["a, b"], Expect::accepted()),
        case("joined without a blank", &two, &["a,b"], Expect::refused("signature-mismatch")),
        case("a value more", &two, &["a", "b", "c"], Expect::refused("signature-mismatch")),
        case("a value less", &two, &["a"], Expect::refused("signature-mismatch")),
    ])
}

fn value_order(lab: &Lab<'_>) -> Cases {
    let signed = with_values(lab, &["a", "b"]);
    Ok(vec![Case::new("b, a", &signed, revalued(&signed, &["b", "a"]), Expect::refused("signature-mismatch"))])
}

fn inner_space(lab: &Lab<'_>) -> Cases {
    let signed = with_values(lab, &["a  b"]);
    let case = |value: &str| {
        Case::new(format!("{value:?}"), &signed, revalued(&signed, &[value]), Expect::refused("signature-mismatch"))
    };
    Ok(["a b", "a   b", "a\tb", "ab"].into_iter().map(case).collect())
}

fn outer_space(lab: &Lab<'_>) -> Cases {
    let signed = with_values(lab, &["a"]);
    let case = |value: &str| {
        Case::new(format!("{value:?}"), &signed, revalued(&signed, &[value]), Expect::accepted().or(400).or(0))
    };
    Ok(["  a  ", "\ta", "a\t"].into_iter().map(case).collect())
}

fn empty_and_absent(lab: &Lab<'_>) -> Cases {
    let signed = with_values(lab, &[""]);
    Ok(vec![
        Case::new("empty", &lab.signed(), signed.clone(), Expect::accepted()),
        Case::new("removed", &signed, signed.clone().without("x-a"), Expect::refused("missing-component")),
        Case::new("blanks", &signed, revalued(&signed, &["  "]), Expect::accepted().or(400).or(0)),
        Case::new("twice", &signed, revalued(&signed, &["", ""]), Expect::refused("signature-mismatch")),
    ])
}

fn query_dropped(lab: &Lab<'_>) -> Cases {
    let path = lab.target().split('?').next().unwrap().to_owned();
    let bare = lab.sign(lab.plain().target(path.clone()));
    // A server elsewhere may want its query; there the signature alone is moved.
    let control = if lab.is_ours() { bare.clone() } else { lab.signed() };
    let case = |query: &str| {
        let attack = bare.clone().target(format!("{path}{query}"));
        Case::new(query, &control, attack, Expect::refused("signature-mismatch"))
    };
    let mut cases: Vec<_> = ["?admin=1", "?x=1", "?a=b&admin=1"].into_iter().map(case).collect();
    if lab.target().contains('?') {
        let signed = lab.signed();
        for target in [path.clone(), format!("{}&admin=1", lab.target()), format!("{}x", lab.target())] {
            let attack = signed.clone().target(target.clone());
            cases.push(Case::new(target, &signed, attack, Expect::refused("signature-mismatch")));
        }
    }
    Ok(cases)
}

fn empty_query(lab: &Lab<'_>) -> Cases {
    let path = lab.target().split('?').next().unwrap();
    let (bare, empty) = (path.to_owned(), format!("{path}?"));
    let sign = |target: &str| lab.sign(lab.plain().target(target));
    let control = |signed: &Message| if lab.is_ours() { signed.clone() } else { lab.signed() };
    let expect = || Expect::refused("signature-mismatch");
    let (for_bare, for_empty) = (sign(&bare), sign(&empty));
    Ok(vec![
        Case::new("one more", &control(&for_bare), for_bare.clone().target(empty), expect()),
        Case::new("one less", &control(&for_empty), for_empty.clone().target(bare), expect()),
    ])
}

fn path_forms(lab: &Lab<'_>) -> Cases {
    lab.any_target()?;
    // The prefix that tells the kind of route stays as it is.
    let prefix = lab.target().split("/inbox").next().unwrap();
    let groups: [&[&str]; 6] = [
        &[
            "/inbox",
            "/x/../inbox",
            "/./inbox",
            "//inbox",
            "/inbox/",
            "/inbox/.",
            "/%69nbox",
            "/INBOX",
            "/inbox;v=1",
            "/inbox%20",
        ],
        &["/a%2Fb", "/a%2fb", "/a/b", "/a%252Fb", "/a\\b"],
        &["/a.b", "/a%2eb", "/a%2Eb"],
        &["/a+b", "/a%20b", "/a%2Bb"],
        &["/a?b=c", "/a?b=%63", "/a?b=c&", "/a?b=c#", "/a?&b=c", "/a?B=c"],
        &["/\u{e4}", "/%C3%A4", "/%c3%a4"],
    ];
    let mut cases = Vec::new();
    for group in groups {
        let (control, others) = group.split_first().unwrap();
        if !control.is_ascii() {
            // What is no ASCII may be no target at all.
            continue;
        }
        let signed = lab.sign(lab.plain().target(format!("{prefix}{control}")));
        for other in others.iter().filter(|other| !other.ends_with('#')) {
            let attack = signed.clone().target(format!("{prefix}{other}"));
            let expect = Expect::refused("signature-mismatch");
            cases.push(Case::new(format!("{control} as {other}"), &signed, attack, expect));
            // And back.
            let reverse = lab.sign(lab.plain().target(format!("{prefix}{other}")));
            let attack = reverse.clone().target(format!("{prefix}{control}"));
            let expect = Expect::refused("signature-mismatch");
            cases.push(Case::new(format!("{other} as {control}"), &reverse, attack, expect));
        }
    }
    Ok(cases)
}

fn fragment(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let target = lab.target().to_owned();
    let attack = signed.clone().target(format!("{target}#x"));
    let expect = Expect::accepted().or(400).or(0).or_refused("signature-mismatch");
    let expect = expect.looking("no fragment at the handler", move |answer| {
        answer.status != 200 || (!answer.body.contains('#') && answer.body.contains(&target))
    });
    let expect = if lab.is_ours() { expect } else { Expect::accepted().or(400).or(0).or(401) };
    Ok(vec![Case::new("behind the query", &signed, attack, expect)])
}

fn absolute_form(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let host = &lab.subject.host;
    let at = |authority: &str| signed.clone().target(format!("http://{authority}{}", lab.target()));
    let expect = || Expect::refused("authority-mismatch").or_refused("unusable-authority").or(400);
    let refused = |authority: &str| Case::new(authority, &signed, at(authority), expect());
    let mut cases = vec![
        refused("evil.example"),
        refused(&format!("{host}.evil.example")),
        refused(&format!("{host}:81")),
        refused(&format!("{host}@evil.example")),
        refused(&format!("evil.example@{host}")),
    ];
    if lab.is_ours() {
        cases.push(Case::new("its own", &signed, at(host), Expect::accepted()));
        // Signed as it is sent, the authority of the target still is not the host's.
        let evil = lab.sign(lab.plain().target(format!("http://evil.example{}", lab.target())));
        let expect = Expect::refused("authority-mismatch").or(400);
        cases.push(Case::new("signed with it", &signed, evil, expect));
    }
    Ok(cases)
}

fn lower_case_method(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let method = &lab.subject.method;
    let mixed = format!("{}{}", &method[..1], method[1..].to_lowercase());
    let case = |method: String| {
        let attack = Message { method: method.clone(), ..signed.clone() };
        Case::new(method, &signed, attack, Expect::refused("ambiguous-method").or(400).or(0))
    };
    Ok(vec![case(method.to_lowercase()), case(mixed)])
}

fn bare_line_feed(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let bytes = h1::bytes(&signed);
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let head: Vec<u8> = bytes[..end].iter().copied().filter(|byte| *byte != b'\r').collect();
    let feeds = [&head[..], &bytes[end..]].concat();
    let mut changed = feeds.clone();
    let at = changed.iter().position(|byte| *byte == b'1').unwrap();
    changed[at] = b'2';
    let mut cases = vec![Case::new("the same", &signed, Shot::Bytes(feeds, 1), Expect::accepted().or(400).or(0))];
    if lab.target().contains('1') {
        let expect = Expect::refused("signature-mismatch").or(400).or(0);
        cases.push(Case::new("another target", &signed, Shot::Bytes(changed, 1), expect));
    }
    Ok(cases)
}
