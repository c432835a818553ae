//! `canonicalize`: the signing string, byte for byte.

use countersign::Cavage;

use crate::{
    Outcome,
    args::CanonicalizeArgs,
    dialect,
    failure::Failure,
    flags::{AlgorithmFlag, HeadersFlag},
    message::Message,
};

/// What an absent list means (draft 12 section 2.1.6).
const DEFAULT_LIST: &str = "(created)";

pub(crate) fn run(args: &CanonicalizeArgs, input: &[u8]) -> Result<Outcome, Failure> {
    let message = Message::read(input)?;
    let scheme = dialect::scheme(&args.scheme);
    // They only stand in for flags, so a signature that cannot be read states nothing.
    let mut stated = scheme.parameters(&message.head_request()).unwrap_or_default();
    let covered = match HeadersFlag::new(args.headers.as_ref()) {
        HeadersFlag::Nothing => return Ok(Outcome::done("")),
        HeadersFlag::List(list) => list,
        HeadersFlag::Absent => &stated.headers.take().unwrap_or_else(|| DEFAULT_LIST.to_owned()),
    };
    // By the letter what the message states forbids as much as the flag does.
    let by_the_letter = scheme == Cavage::draft12();
    let named = stated.algorithm.as_deref().filter(|_| by_the_letter).and_then(|name| name.parse().ok());
    check_names(covered, args.algorithm.or(named), &message)?;
    let text = |flag: Option<countersign::UnixTime>| flag.map(|time| time.as_secs().to_string());
    stated.created = text(args.created).or(stated.created);
    stated.expires = text(args.expires).or(stated.expires);
    Ok(Outcome::done(scheme.signature_base(&message.head_request(), covered, &stated)?))
}

/// What the draft forbids with an algorithm (draft 12 section 2.3), and what a message without request line cannot have.
fn check_names(covered: &str, algorithm: Option<AlgorithmFlag>, message: &Message) -> Result<(), Failure> {
    let has_family = |name: &str| ["rsa", "hmac", "ecdsa"].iter().any(|family| name.starts_with(family));
    let named = algorithm.and_then(AlgorithmFlag::named).filter(|algorithm| has_family(algorithm.name()));
    for name in covered.split_ascii_whitespace().map(str::to_ascii_lowercase) {
        match named {
            Some(algorithm) if matches!(name.as_str(), "(created)" | "(expires)") => {
                return Err(Failure::refused(format!("{name} cannot be covered under the name {algorithm}")));
            }
            _ => {}
        }
        let needs_line = name.contains("request-target") || name.contains("request-line");
        if needs_line && !message.has_request_line() {
            return Err(Failure::refused(format!("{name} is to be covered, but the message has no request line")));
        }
    }
    Ok(())
}
