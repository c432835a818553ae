//! A second request behind a signed one, by two readings of where the first one ends.

use std::io::Write;

use super::{
    answer::Seen,
    case::{Case, Cases, Expect, Shot},
    h1,
    lab::Lab,
    message::Message,
};

/// The head of a message with these lines for its framing, then these bytes.
fn framed(message: &Message, lines: &str, rest: &[u8]) -> Vec<u8> {
    let bare = Message { body: Vec::new(), ..message.clone() };
    let mut head = h1::head(&bare);
    head.truncate(head.len() - 2);
    [&head[..], lines.as_bytes(), b"\r\n", rest].concat()
}

/// All that comes back until the server closes.
fn until_closed(lab: &Lab<'_>, bytes: &[u8]) -> Seen {
    let mut stream = h1::connect(lab.subject.address);
    let _ = stream.write_all(bytes);
    // One more than there may be: what was not refused would be answered twice, or left open.
    let seen = h1::read(&mut stream, 3);
    let mut statuses = seen.statuses();
    if statuses.last() != Some(&0) {
        return Seen { wrong: Some(format!("{seen} came, and the connection was not closed")), ..seen };
    }
    statuses.pop();
    Seen { answers: seen.answers[..statuses.len()].to_vec(), wrong: None }
}

pub fn smuggling(lab: &Lab<'_>) -> Cases {
    let signed = lab.with_body().map(|plain| lab.sign(plain))?;
    let second = h1::bytes(&lab.plain());
    let body = &signed.body;
    let len = body.len();
    let chunks = [format!("{len:x}\r\n").as_bytes(), body, b"\r\n0\r\n\r\n"].concat();
    let with_second = |body: &[u8]| [body, &second].concat();
    let all = chunks.len() + second.len();
    let forms = [
        (
            "a length and chunks",
            format!("Content-Length: {all}\r\nTransfer-Encoding: chunked\r\n"),
            with_second(&chunks),
        ),
        (
            "chunks and a length",
            format!("Transfer-Encoding: chunked\r\nContent-Length: {len}\r\n"),
            with_second(&chunks),
        ),
        (
            "two lengths",
            format!("Content-Length: {len}\r\nContent-Length: {}\r\n", len + second.len()),
            with_second(body),
        ),
        ("two lengths in one", format!("Content-Length: {len}, {}\r\n", len + second.len()), with_second(body)),
        ("a length with a sign", format!("Content-Length: +{len}\r\n"), with_second(body)),
        ("a length in hexadecimal", format!("Content-Length: {len:#x}\r\n"), with_second(body)),
        ("an unknown coding", "Transfer-Encoding: xchunked\r\n".to_owned(), with_second(&chunks)),
        ("chunked, then another", "Transfer-Encoding: chunked, identity\r\n".to_owned(), with_second(&chunks)),
        (
            "two codings",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n".to_owned(),
            with_second(&chunks),
        ),
        ("a blank before the colon", "Transfer-Encoding : chunked\r\n".to_owned(), with_second(&chunks)),
        ("a folded coding", "Transfer-Encoding:\r\n chunked\r\n".to_owned(), with_second(&chunks)),
        ("a vertical tab", "Transfer-Encoding: \x0bchunked\r\n".to_owned(), with_second(&chunks)),
    ];
    let mut cases = Vec::new();
    for (name, lines, rest) in forms {
        let bytes = framed(&signed, &lines, &rest);
        let shot = Shot::Do(Box::new(move |lab| until_closed(lab, &bytes)));
        cases.push(Case::new(name, &signed, shot, Expect::unreadable()));
    }
    // The size of a chunk is read behind the head, which holds.
    for (name, size) in [
        ("a size with a sign", format!("+{len:x}")),
        ("a size in another form", format!("{len:#x}")),
        ("a huge size", "fffffffffffffffff".to_owned()),
    ] {
        let rest = [size.as_bytes(), b"\r\n", body, b"\r\n0\r\n\r\n", &second].concat();
        let bytes = framed(&signed, "Transfer-Encoding: chunked\r\n", &rest);
        let shot = Shot::Do(Box::new(move |lab| until_closed(lab, &bytes)));
        let expect = Expect { events: Some(1), causes: vec!["body-unreadable"], ..Expect::unreadable() };
        cases.push(Case::new(name, &signed, shot, expect));
    }
    Ok(cases)
}
