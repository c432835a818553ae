//! keyId and key loading.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use super::{
    case::{Case, Cases, Expect, Row, Shot},
    lab::Lab,
    message::Message,
    subject::RSA_2048,
};

pub const ROWS: &[Row] = &[
    Row::wire("A144", "Path traversal", path_traversal),
    Row::wire("A145", "SQL in keyId", sql),
    Row::wire("A146", "A keyId that is fetched", fetched),
    Row::lib("A148", "A host that is cleaned up", super::in_process::host_clean_up),
    Row::wire("A152", "A loader that fails, panics or is cut off", loader_failures),
    Row::wire("A155", "A huge keyId", huge_key_id),
    Row::wire("A156", "A keyId that writes into the log", log_injection),
    Row::wire("A159", "Callers told by the answer", told_by_answer),
    Row::lib("A160", "Callers told by the time", super::clockwork::told_by_time),
    Row::not_tried(
        "A161",
        "Comparisons that leak",
        "needs valgrind; the comparison is in constant time by its library's word",
    ),
];

/// A right signature under another key id.
fn named(lab: &Lab<'_>, id: &str) -> Message {
    lab.plain().sign(&lab.signer_as(id), lab.now())
}

fn unknown(lab: &Lab<'_>, ids: &[&str]) -> Cases {
    let case = |id: &&str| Case::new(*id, &lab.signed(), named(lab, id), Expect::refused("unknown-key").naming(id));
    Ok(ids.iter().map(case).collect())
}

fn path_traversal(lab: &Lab<'_>) -> Cases {
    let own = format!("./{}", lab.hmac().id);
    let upper = lab.hmac().id.to_uppercase();
    let blank = format!("{} ", lab.hmac().id);
    unknown(
        lab,
        &["../../etc/passwd", "/dev/null", "a%00", r"..\\x", "....//x", "file:///etc/passwd", &own, &upper, &blank],
    )
}

fn sql(lab: &Lab<'_>) -> Cases {
    unknown(lab, &["' OR 1=1--", "' UNION SELECT 'x'--", "a'; DROP TABLE keys;--", "%", "*", "{\"$ne\":null}"])
}

/// Whoever fetches what a key id names comes to this listener.
fn fetched(lab: &Lab<'_>) -> Cases {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut cases = unknown(
        lab,
        &["http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "gopher://127.0.0.1:70/", "http://0x7f.1/"],
    )?;
    let ids = [
        format!("http://127.0.0.1:{port}/actor#main-key"),
        format!("http://localhost:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
    ];
    let messages: Vec<_> = ids.iter().map(|id| named(lab, id)).collect();
    for (id, message) in ids.iter().zip(&messages) {
        cases.push(Case::new(id, &lab.signed(), message.clone(), Expect::refused("unknown-key").naming(id)));
    }
    let expect = Expect::each(&[401; 3], "unknown-key");
    let shot = Shot::Do(Box::new(move |lab| {
        let mut seen = super::answer::Seen::default();
        for message in &messages {
            seen.answers.extend(lab.send(std::slice::from_ref(message)).answers);
        }
        if listener.accept().is_ok() {
            seen.wrong = Some("somebody came to fetch the key".to_owned());
        }
        seen
    }));
    cases.push(Case::new("and nobody comes for them", &lab.signed(), shot, expect));
    Ok(cases)
}

/// Numbers, so that every case fails for the first time.
static ONCE: AtomicUsize = AtomicUsize::new(0);

fn loader_failures(lab: &Lab<'_>) -> Cases {
    lab.ours("needs a loader that fails")?;
    let mut cases = Vec::new();
    for (how, cause) in [("error", "key-loader"), ("panic", "key-loader"), ("slow", "key-deadline")] {
        let id = format!("{how}-once-{}", ONCE.fetch_add(1, Ordering::SeqCst));
        let request = named(lab, &id);
        cases.push(Case::new(how, &lab.signed(), request.clone(), Expect::unavailable(cause).naming(&id)));
        cases.push(Case::new(format!("{how}, and again"), &lab.signed(), request, Expect::accepted()));
        // What the grammar refuses asks for no key at all.
        let id = format!("{how}-once-{}", ONCE.fetch_add(1, Ordering::SeqCst));
        let stale = lab.plain().sign(&lab.signer_as(&id), lab.now().minus(Duration::from_secs(400)));
        cases.push(Case::new(format!("{how}, stale"), &lab.signed(), stale, Expect::refused("too-old")));
    }
    Ok(cases)
}

fn huge_key_id(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let long = |len: usize| {
        let id = lab.hmac().id.as_str();
        let (from, to) = (format!("keyId=\"{id}\""), format!("keyId=\"{}\"", "k".repeat(len)));
        signed.clone().resigned(|value| value.replacen(&from, &to, 1))
    };
    let too_long = || Expect::refused("malformed").or(400).or(431).or(0);
    Ok(vec![
        Case::new("64 KiB", &signed, long(64 * 1024), too_long()),
        Case::new("8 KiB", &signed, long(8 * 1024), Expect::refused("malformed")),
        Case::new("one byte more than is taken", &signed, long(1025), Expect::refused("malformed")),
        Case::new("as long as is taken", &signed, long(1024), Expect::refused("unknown-key").naming(&"k".repeat(256))),
    ])
}

fn log_injection(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let with = |id: &str| {
        let from = format!("keyId=\"{}\"", lab.hmac().id);
        signed.clone().resigned(|value| value.replacen(&from, &format!("keyId=\"{id}\""), 1))
    };
    let mut cases = Vec::new();
    // The framework refuses some control characters; those that it passes on are no key id.
    for id in ["a\u{1b}[2J", "a\u{7}", "a\u{7f}", "a\u{9b}31m", "a\u{85}b", "a\tb"] {
        let expect = Expect::refused("malformed").or(400).or(0).naming("");
        cases.push(Case::new(format!("{id:?}"), &signed, with(id), expect));
    }
    for (quoted, id) in [
        (r#"a\" cause=\"none"#, r#"a" cause="none"#),
        ("a, key_id=bob", "a, key_id=bob"),
        ("\u{202e}bob", "\u{202e}bob"),
    ] {
        let expect = Expect::refused("unknown-key").naming(id);
        cases.push(Case::new(format!("{id:?}"), &signed, with(quoted), expect));
    }
    Ok(cases)
}

/// The row to which all answers of a run are held, with the causes that tell most.
fn told_by_answer(lab: &Lab<'_>) -> Cases {
    let signed = lab.signed();
    let mut wrong = signed.signature_bytes();
    wrong[0] ^= 1;
    let stale = lab.plain().sign(&lab.signer(), lab.now().minus(Duration::from_secs(400)));
    let other = if signed.signature().contains("sha512") { "sha256" } else { "sha512" };
    let own = if other == "sha512" { "sha256" } else { "sha512" };
    let algorithm = signed.clone().resigned(|value| value.replacen(own, other, 1));
    let mut cases = vec![
        Case::new("unknown key", &signed, named(lab, "mallory"), Expect::refused("unknown-key")),
        Case::new("revoked key", &signed, named(lab, "revoked"), Expect::refused("unknown-key")),
        Case::new(
            "wrong signature",
            &signed,
            signed.clone().with_signature_bytes(&wrong),
            Expect::refused("signature-mismatch"),
        ),
        Case::new("stale", &signed, stale, Expect::refused("too-old")),
        Case::new("unsigned", &signed, lab.plain(), Expect::refused("no-signature")),
    ];
    if signed.signature().contains(own) {
        cases.push(Case::new("wrong algorithm", &signed, algorithm, Expect::refused("algorithm-mismatch")));
    }
    if let Ok(key) = lab.key(RSA_2048) {
        let other = lab.sign_with(lab.plain(), key.signing());
        let mut bytes = other.signature_bytes();
        bytes[0] ^= 1;
        cases.push(Case::new(
            "wrong RSA signature",
            &other,
            other.clone().with_signature_bytes(&bytes),
            Expect::refused("signature-mismatch"),
        ));
    }
    Ok(cases)
}
