//! Fields that a signer makes where they are covered and missing.

use super::{Cavage, dialect::DigestForm};
use crate::{
    algorithm::DigestAlgorithm,
    digest::{ExpectedDigests, bare_hash, content_digest_field, digest_field, multihash_field},
    error::{SignError, VerifyError},
    field::{FieldName, WellKnown},
    request::Request,
    time::UnixTime,
};

/// A field's value: of the request, to be added to it, or empty without a field.
pub(super) enum Found<'r> {
    There(&'r [u8]),
    Made(String),
    Blank,
}

/// The value of a field that is single, or is missing and can be made; `None` for all others. A digest that is there is checked
/// where it can be.
pub(super) fn value<'r>(
    scheme: &Cavage,
    request: &Request<'r>,
    name: &FieldName,
    now: UnixTime,
) -> Result<Option<Found<'r>>, SignError> {
    let single = || request.single(name).map_err(|_| SignError::Ambiguous(name.clone()));
    let wire = scheme.wire();
    let Some(known) = name.well_known() else {
        return if scheme.is_date(name) { date(single()?, wire.numeric_zone, now) } else { Ok(None) };
    };
    match known {
        WellKnown::Date => date(single()?, wire.numeric_zone, now),
        WellKnown::XDate if scheme.is_date(name) => date(single()?, wire.numeric_zone, now),
        WellKnown::ContentLength => match (single()?, request.body) {
            (Some(value), _) => Ok(Some(Found::There(value))),
            (None, body) => Ok(body.map(|body| Found::Made(body.len().to_string()))),
        },
        WellKnown::Digest if wire.blank_digest && request.body == Some(b"") && !request.has_field(name) => {
            Ok(Some(Found::Blank))
        }
        WellKnown::Digest => digest(
            request,
            name,
            |digests, value| digests.read(value, scheme.reads_multihash()),
            |body| match wire.digest {
                DigestForm::Sha256 => digest_field(DigestAlgorithm::Sha256, body),
                DigestForm::LowerSha256 => digest_field(DigestAlgorithm::Sha256, body).replacen("SHA", "sha", 1),
                DigestForm::LowerSha512 => digest_field(DigestAlgorithm::Sha512, body).replacen("SHA", "sha", 1),
                DigestForm::Multihash => multihash_field(body),
            },
        ),
        WellKnown::ContentDigest => digest(request, name, ExpectedDigests::read_content_digest, |body| {
            content_digest_field(DigestAlgorithm::Sha256, body)
        }),
        WellKnown::XContentSha256 => digest(request, name, ExpectedDigests::read_bare_sha256, bare_hash),
        _ => Ok(None),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "every branch above has this form")]
fn date(there: Option<&[u8]>, numeric_zone: bool, now: UnixTime) -> Result<Option<Found<'_>>, SignError> {
    Ok(Some(match there {
        Some(value) => Found::There(value),
        None if numeric_zone => Found::Made(now.to_http_date().replace("GMT", "+0000")),
        None => Found::Made(now.to_http_date()),
    }))
}

/// A digest that the caller gave has to be one that can be checked, and the body's where the body is at hand.
fn digest<'r>(
    request: &Request<'r>,
    name: &FieldName,
    read: impl Fn(&mut ExpectedDigests, &[u8]) -> Result<(), VerifyError>,
    make: impl Fn(&[u8]) -> String,
) -> Result<Option<Found<'r>>, SignError> {
    if !request.has_field(name) {
        return match request.body {
            Some(body) => Ok(Some(Found::Made(make(body)))),
            None => Err(SignError::UnreadBody),
        };
    }
    let (mut expected, mut readable) = (ExpectedDigests::none(), true);
    request.fields.visit(name, &mut |value| readable &= read(&mut expected, value).is_ok());
    if !readable || !expected.is_some() {
        return Err(SignError::DigestMismatch);
    }
    let Some(body) = request.body else {
        return Ok(None);
    };
    let mut check = expected.check();
    check.update(body);
    check.finish().map(|()| None).map_err(|_| SignError::DigestMismatch)
}
