//! From a request to what it claims.

use super::{
    base::{LineError, Stated, push_line, push_value},
    grammar::{self, SignatureParams, Value, malformed},
};
use crate::{
    algorithm::Algorithm,
    component::{Component, CoveredComponents},
    digest::ExpectedDigests,
    error::VerifyError,
    field::WellKnown,
    key::KeyId,
    request::{Request, trim},
    scheme::{Parsed, SignedTimes, StatedAlgorithm},
    signature::Encoding,
    signature_base::SignatureBase,
    time::UnixTime,
};

pub(super) fn parse(request: &Request<'_>, usual: &[CoveredComponents]) -> Result<Parsed, VerifyError> {
    let mut params = SignatureParams::default();
    grammar::parse(grammar::carrier(request)?, &mut params)?;
    let key_id = params.key_id.ok_or_else(|| malformed("no keyId"))?;
    let key_id = KeyId::new(&key_id.text()).map_err(|_| VerifyError::Malformed("not a usable keyId"))?;
    let created = params.created.map(Value::text);
    let expires = params.expires.map(Value::text);
    let stated = Stated { created: created.as_deref(), expires: expires.as_deref() };
    let covered = covered_components(&params, usual)?;
    // Filled in place: it is large, and moving its parts around would cost as much as reading them.
    let mut parsed = Parsed::new(key_id, stated_algorithm(params.algorithm)?, covered);
    let signature = params.signature.ok_or_else(|| malformed("no signature"))?;
    if !Encoding::Base64.decode_onto(signature.text().as_bytes(), &mut parsed.signatures) {
        return Err(malformed("the signature is not Base64"));
    }
    read_times(stated, &parsed.covered, &mut parsed.times)?;
    let Parsed { covered, base, times, digests, .. } = &mut parsed;
    for component in covered.iter() {
        read_component(component, request, stated, base, digests, times)?;
    }
    Ok(parsed)
}

/// Appends a component's line, and takes over what its value says of the time or of the body.
fn read_component(
    component: &Component,
    request: &Request<'_>,
    stated: Stated<'_>,
    base: &mut SignatureBase,
    digests: &mut ExpectedDigests,
    times: &mut SignedTimes,
) -> Result<(), VerifyError> {
    let known = match component {
        Component::Field(name) => name.well_known(),
        _ => None,
    };
    let pushed = if known == Some(WellKnown::Date) {
        let date = request.single(&WellKnown::Date.into()).map_err(|_| VerifyError::Ambiguous("Date field"))?;
        let date = trim(date.ok_or_else(|| VerifyError::Missing(component.clone()))?);
        times.date = UnixTime::from_http_date(date);
        times.date_is_unreadable = times.date.is_none();
        push_value(base, component, date)
    } else {
        push_line(base, component, request, stated)
    };
    pushed.map_err(|error| match error {
        LineError::Missing | LineError::Unsupported => VerifyError::Missing(component.clone()),
        LineError::ForbiddenByte => VerifyError::ForbiddenByte(component.clone()),
        LineError::TooLong => malformed("more than 64 KiB are covered"),
        LineError::Several => VerifyError::Ambiguous("Host field"),
    })?;
    if known == Some(WellKnown::Digest) { read_digests(request, digests) } else { Ok(()) }
}

/// An absent list means `(created)` (section 2.1.6), or `date` as in all drafts before where nothing was created.
fn covered_components(
    params: &SignatureParams<'_>,
    usual: &[CoveredComponents],
) -> Result<CoveredComponents, VerifyError> {
    let list = params.headers.map(Value::text);
    let list = match &list {
        Some(list) => list.as_ref(),
        None if params.created.is_some() => Component::Created.as_str(),
        None => WellKnown::Date.as_str(),
    };
    match usual.iter().find(|usual| usual.as_str() == list) {
        Some(usual) => Ok(usual.clone()),
        None => Ok(list.parse()?),
    }
}

/// `hs2019` names no algorithm: it says that the key's metadata does (appendix E.2).
fn stated_algorithm(stated: Option<Value<'_>>) -> Result<StatedAlgorithm, VerifyError> {
    let Some(stated) = stated.map(Value::text) else {
        return Ok(StatedAlgorithm::AsTheKey);
    };
    match Algorithm::from_name(&stated) {
        Some(algorithm) => Ok(StatedAlgorithm::Named(algorithm)),
        None if stated.eq_ignore_ascii_case("hs2019") => Ok(StatedAlgorithm::AsTheKey),
        None => Err(VerifyError::UnknownAlgorithm),
    }
}

/// Parameters that are not covered are believed only where they make the signature weaker.
fn read_times(stated: Stated<'_>, covered: &CoveredComponents, times: &mut SignedTimes) -> Result<(), VerifyError> {
    times.stated_created = stated.created.map(integer).transpose()?;
    times.stated_expires = stated.expires.map(seconds).transpose()?;
    times.created = times.stated_created.filter(|_| covered.contains(&Component::Created));
    times.expires = times.stated_expires.filter(|_| covered.contains(&Component::Expires));
    Ok(())
}

/// `created` is a whole number of seconds (section 2.1.4).
fn integer(text: &str) -> Result<UnixTime, VerifyError> {
    // `parse` alone would take a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| digits);
    seconds.map(UnixTime::from_secs).ok_or_else(|| malformed("not a whole number of seconds"))
}

/// `expires` may have decimals (section 2.1.5), which are cut off: a signature does not live longer for them.
fn seconds(text: &str) -> Result<UnixTime, VerifyError> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    if decimals.is_empty() || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(VerifyError::Malformed("not a number of seconds"));
    }
    integer(whole)
}

/// The digests of a covered `Digest` field; of one that is not covered nothing is believed.
fn read_digests(request: &Request<'_>, digests: &mut ExpectedDigests) -> Result<(), VerifyError> {
    let mut result = Ok(());
    request.fields.visit(&WellKnown::Digest.into(), &mut |value| {
        if result.is_ok() {
            result = digests.read(value);
        }
    });
    result?;
    if digests.is_some() { Ok(()) } else { Err(VerifyError::UnusableDigest("none of a known algorithm")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_at_the_edges_are_read_or_refused_but_never_wrap() {
        assert_eq!(integer("0"), Ok(UnixTime::from_secs(0)));
        assert_eq!(integer("18446744073709551615"), Ok(UnixTime::from_secs(u64::MAX)));
        for text in ["18446744073709551616", "-1", "+1", "", " 1", "1.0", "1e3", "NaN", "\u{0661}"] {
            assert!(matches!(integer(text), Err(VerifyError::Malformed(_))), "{text:?}");
        }
    }

    #[test]
    fn decimals_of_expires_are_cut_off() {
        assert_eq!(seconds("1402170699.9"), Ok(UnixTime::from_secs(1_402_170_699)));
        for text in ["1.", ".5", "1.2.3", "1,5", "inf", "NaN", "1e400", "-1.5", "159176..3110"] {
            assert!(matches!(seconds(text), Err(VerifyError::Malformed(_))), "{text:?}");
        }
    }
}
