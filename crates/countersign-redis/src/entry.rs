//! What is written for one request: its key, its value and how long it stays.

use std::{str, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use countersign::{Acceptance, Fingerprint, Ticket, UnixTime};

/// The value of what was accepted. A small number, since the server keeps one object for all that have it.
pub(crate) const SEEN: &[u8] = b"1";

/// The longest time that is asked for, in milliseconds: what the server adds to its clock has to stay a signed number of 64 bits.
const LONGEST: u64 = u64::MAX >> 2;

/// Half of the fingerprint names an entry: 128 bits, of which no two are the same by chance. To look for two on purpose gains nobody
/// anything, since the second is refused.
const NAMED_BY: usize = 16;

/// `<prefix>:{<22 characters>}`. In a cluster the part in braces alone says which server has it, whatever the prefix is.
pub(crate) fn key(prefix: &str, fingerprint: &Fingerprint) -> String {
    let named_by = fingerprint.as_bytes().first_chunk::<NAMED_BY>().map_or(&[][..], |bytes| bytes);
    let mut key = String::with_capacity(prefix.len().saturating_add(25));
    key.push_str(prefix);
    key.push_str(":{");
    BASE64_URL_SAFE_NO_PAD.encode_string(named_by, &mut key);
    key.push('}');
    key
}

/// The value of what is under way: who reserved it.
pub(crate) fn token(ticket: Ticket) -> String {
    format!("t{:016x}", ticket.0)
}

/// Whether a value is one of [`token`]'s.
pub(crate) fn is_token(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"t").and_then(|digits| str::from_utf8(digits).ok());
    digits
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .is_some_and(|ticket| token(Ticket(ticket)).as_bytes() == value)
}

/// How many milliseconds an entry is kept. `until` is a whole second that still counts, and `now` one that may be nearly over.
pub(crate) fn kept_for(acceptance: &Acceptance, now: UnixTime, margin: Duration) -> u64 {
    let seconds = acceptance.until.as_secs().saturating_sub(now.as_secs()).saturating_add(1);
    milliseconds(Duration::from_secs(seconds).saturating_add(margin))
}

/// As the server takes them: at least one.
pub(crate) fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX).clamp(1, LONGEST)
}
