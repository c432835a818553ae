//! What of the request's target is signed.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::{Cavage, dialect::TargetText, switch::Switch};
use crate::request::Request;

/// The target's text as bytes.
#[inline]
pub(super) fn text<'r>(of: TargetText, request: &Request<'r>) -> Cow<'r, [u8]> {
    match of {
        TargetText::AsSent => Cow::Borrowed(request.target.as_bytes()),
        other => changed(other, request),
    }
}

fn changed<'r>(of: TargetText, request: &Request<'r>) -> Cow<'r, [u8]> {
    let (path, query) = match request.target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (request.target, None),
    };
    let decoded = || percent_decode_str(path).collect::<Vec<u8>>();
    match of {
        TargetText::AsSent => Cow::Borrowed(request.target.as_bytes()),
        TargetText::WithoutQuery => Cow::Borrowed(path.as_bytes()),
        TargetText::DecodedWithoutQuery => Cow::Owned(decoded()),
        TargetText::Decoded { no_query_for } => {
            let mut text = decoded();
            let drops = no_query_for.iter().any(|method| method.eq_ignore_ascii_case(request.method));
            // An empty query is none where this is done.
            if let Some(query) = query.filter(|query| !drops && !query.is_empty()) {
                text.push(b'?');
                text.extend_from_slice(query.as_bytes());
            }
            Cow::Owned(text)
        }
    }
}

/// The other readings that the switches allow, those first that leave less out.
#[inline]
pub(super) fn other_readings(scheme: &Cavage, request: &Request<'_>) -> Vec<TargetText> {
    let (queryless, decoded) =
        (scheme.allows(Switch::DangerousQuerylessTarget), scheme.allows(Switch::DangerousDecodedPath));
    if !queryless && !decoded {
        return Vec::new();
    }
    let allowed = [
        (decoded, TargetText::Decoded { no_query_for: &[] }),
        (queryless, TargetText::WithoutQuery),
        (queryless && decoded, TargetText::DecodedWithoutQuery),
    ];
    let mut seen = vec![text(TargetText::AsSent, request)];
    let mut readings = Vec::new();
    for (_, reading) in allowed.into_iter().filter(|(allowed, _)| *allowed) {
        let text = text(reading, request);
        if !seen.contains(&text) {
            seen.push(text);
            readings.push(reading);
        }
    }
    readings
}
