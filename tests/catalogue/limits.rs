//! Resource limits.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use countersign::{DigestAlgorithm, digest_field};

use super::{
    answer::Seen,
    case::{Case, Cases, Expect, Protocol, Row, Shot},
    fixture::BODY_LIMIT,
    h1, h2,
    lab::Lab,
    message::{Framing, Message},
};

pub const ROWS: &[Row] = &[
    Row::wire("A163", "A Signature field of 64 KiB", long_signature),
    Row::wire("A164", "A body that is buffered before any check", buffered_early),
    Row::lib("A165", "A limit in the wrong layer", super::in_process::limit_in_the_wrong_layer),
    Row::wire("A166", "Chunks without end", endless_chunks),
    Row::wire("A171", "A panic in the handler or in the loader", panics)
        .but("the framework answers nothing where a handler panics: it drops the connection in place of a 500"),
    Row::not_tried(
        "A172",
        "A panic that parsing can reach",
        "the fuzz targets are in fuzz, and run for as long as one lets them",
    ),
    Row::lib("A181", "Secrets left in memory", super::memory::secrets_in_memory),
];

/// How long a refusal by the head alone may take at the most, whatever the build.
const SOON: Duration = Duration::from_secs(1);

/// Sends requests, and finds it wrong when their answer takes too long.
fn soon(message: Message) -> Shot {
    Shot::Do(Box::new(move |lab| {
        let start = Instant::now();
        let seen = lab.send(std::slice::from_ref(&message));
        let took = start.elapsed();
        if took > SOON { Seen { wrong: Some(format!("the answer took {took:?}")), ..seen } } else { seen }
    }))
}

fn long_signature(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let bare = signed.clone().without("signature").without("authorization");
    let with = |value: String| soon(bare.clone().field("Signature", value));
    let expect = || Expect::refused("malformed").or(400).or(431).or(0);
    let own = signed.signature();
    Ok(vec![
        Case::new("8,000 parameters", &signed, with("x=\"1234\",".repeat(8_000) + &own), expect()),
        Case::new("quotes", &signed, with("\\\"".repeat(32 * 1024)), expect()),
        Case::new("commas", &signed, with(",".repeat(64 * 1024)), expect()),
        Case::new("one value", &signed, with(format!("{own},x=\"{}\"", "x".repeat(64 * 1024))), expect()),
        Case::new("just over 8 KiB", &signed, with(format!("{own},x=\"{}\"", "x".repeat(8 * 1024))), expect()),
    ])
}

/// The head of a request with a long body, and the beginning of that: the answer has to come without the rest.
fn buffered_early(lab: &Lab<'_>) -> Cases {
    let control = lab.with_body().map(|plain| lab.sign(plain))?;
    let announced = 4 << 20;
    let plain = Message { body: vec![b'x'; announced], ..lab.plain() };
    let mut wrong = lab.sign(plain.clone());
    let mut bytes = wrong.signature_bytes();
    bytes[0] ^= 1;
    wrong = wrong.with_signature_bytes(&bytes);
    let mut cases = Vec::new();
    for (name, message, cause) in
        [("unsigned", plain, "no-signature"), ("a wrong signature", wrong, "signature-mismatch")]
    {
        let shot = Shot::Do(Box::new(move |lab| match lab.protocol {
            Protocol::Http1 => {
                let mut stream = h1::connect(lab.subject.address);
                let _ = stream.write_all(&h1::head(&message));
                let _ = stream.write_all(&message.body[..1024]);
                h1::read(&mut stream, 1)
            }
            Protocol::Http2 => {
                let beginning =
                    Message { body: message.body[..1024].to_vec(), framing: Framing::Chunks(1024), ..message.clone() };
                h2::unfinished(lab.subject.address, &beginning.field("content-length", announced.to_string()))
            }
        }));
        cases.push(Case::new(name, &control, shot, Expect::refused(cause)));
    }
    Ok(cases)
}

fn endless_chunks(lab: &Lab<'_>) -> Cases {
    let control = lab.with_body().map(|plain| lab.sign(plain))?;
    lab.ours("needs a limit that is known")?;
    // With a digest, so that the head holds.
    let empty = lab.plain().body("").field("Digest", digest_field(DigestAlgorithm::Sha256, b""));
    let mut signed = lab.sign_list(empty.clone(), &["(request-target)", "host", "date", "digest", "content-type"]);
    signed.framing = Framing::Chunks(1);
    let mut unsigned = empty;
    unsigned.framing = Framing::Chunks(1);
    let mut cases = Vec::new();
    for (name, message, expect) in
        [("signed", signed, Expect::too_large()), ("unsigned", unsigned, Expect::refused("no-signature"))]
    {
        let shot = Shot::Do(Box::new(move |lab| {
            let most = 64 * BODY_LIMIT;
            let (seen, sent) = match lab.protocol {
                Protocol::Http1 => endless(lab, &message, most),
                Protocol::Http2 => h2::endless(lab.subject.address, &message, most),
            };
            let wrong = (sent >= most).then(|| "it was read on".to_owned());
            Seen { wrong, ..seen }
        }));
        cases.push(Case::new(name, &control, shot, expect));
    }
    Ok(cases)
}

/// The answer to a body that never ends, and how many bytes went out before the server closed.
fn endless(lab: &Lab<'_>, message: &Message, most: usize) -> (Seen, usize) {
    let mut stream = h1::connect(lab.subject.address);
    let _ = stream.write_all(&h1::head(message));
    let chunk = [&b"400\r\n"[..], &[b'x'; 0x400], b"\r\n"].concat();
    // No more than the limit and what is under way, or the end of the connection would take the answer with it.
    let mut sent = 0;
    while sent <= BODY_LIMIT + 0x400 && stream.write_all(&chunk).is_ok() {
        sent += 0x400;
    }
    let seen = h1::read(&mut stream, 1);
    // The server lingers for as long as it waits for a client to hang up, and not for longer.
    while sent < most && stream.write_all(&chunk).is_ok() {
        std::thread::sleep(Duration::from_millis(5));
        sent += 0x400;
    }
    (seen, sent)
}

fn panics(lab: &Lab<'_>) -> Cases {
    lab.ours("needs a handler that panics")?;
    let signed = lab.signed();
    let panicking =
        lab.plain().sign(&lab.signer_as(&format!("panic-once-{:?}-{:?}", lab.protocol, lab.route)), lab.now());
    let handler = Expect { calls: Some(1), ..Expect::unreadable().or(500) };
    Ok(vec![
        Case::new("the loader", &signed, panicking, Expect::unavailable("key-loader")),
        Case::new("behind it", &signed, signed.clone(), Expect::accepted()),
        Case::new("the handler", &signed, signed.clone().field("X-Panic", "1"), handler),
        Case::new("behind that", &signed, signed.clone(), Expect::accepted()),
    ])
}
