//! From a request to what it claims.

use super::{
    Cavage,
    base::{Source, Stated},
    carrier,
    cursor::{Value, malformed},
    dialect::{Absent, DefaultList, TargetText, Wire},
    grammar::{self, SignatureParams},
    lines::Lines,
    list::{self, List},
    switch::Switch,
    target,
};
use crate::{
    algorithm::Algorithm,
    component::{Component, CoveredComponents},
    digest::ExpectedDigests,
    error::VerifyError,
    field::{FieldName, WellKnown},
    key::KeyId,
    request::Request,
    scheme::{Parsed, SignedTimes, StatedAlgorithm},
    signature_base::SignatureBase,
    time::UnixTime,
};

pub(super) fn parse(
    scheme: &Cavage,
    request: &Request<'_>,
    usual: &[CoveredComponents],
    parsed: &mut Parsed,
) -> Result<(), VerifyError> {
    let wire = scheme.wire();
    let mut params = SignatureParams::default();
    let (place, text) = carrier::find(scheme, request)?;
    grammar::parse(text, wire.key_id, &mut params)?;
    let stated_key_id = params.key_id.ok_or_else(|| malformed("no keyId"))?.text();
    let algorithm = params.algorithm.map(Value::text);
    let created = params.created.map(Value::text);
    let expires = params.expires.map(Value::text);
    let opaque = params.opaque.map(Value::text);
    let stated = Stated {
        key_id: Some(&stated_key_id),
        algorithm: algorithm.as_deref(),
        created: created.as_deref(),
        expires: expires.as_deref(),
        opaque: opaque.as_deref(),
    };
    let List { covered, repeated, target } = covered_components(scheme, &params, usual)?;
    let stated_algorithm = stated_algorithm(stated.algorithm, wire.by_the_letter)?;
    let key_id = KeyId::new(&stated_key_id).map_err(|_| VerifyError::Malformed("not a usable keyId"))?;
    (parsed.key_id, parsed.algorithm, parsed.covered) = (Some(key_id), stated_algorithm, covered);
    let signature = params.signature.ok_or_else(|| malformed("no signature"))?.text();
    if !wire.encoding.decode_onto(signature.as_bytes(), &mut parsed.signatures) {
        return Err(malformed("the signature is not Base64"));
    }
    parsed.place = Some(place);
    parsed.raw_ecdsa = scheme.allows(Switch::RawEcdsa);
    read_times(stated, &parsed.covered, &mut parsed.times)?;
    let source = Source {
        request,
        wire,
        stated,
        target,
        target_text: TargetText::AsSent,
        absent: if scheme.allows(Switch::DangerousAbsentFields) { wire.absent } else { Absent::Refused },
    };
    let Parsed { covered, base, times, digests, .. } = parsed;
    let mut lines = Lines { base, times, digests, absent: Vec::new(), date_stands_in: None };
    lines.read(scheme, covered, repeated.as_deref(), &source)?;
    let (absent, date_stands_in) = (lines.absent, lines.date_stands_in);
    for target_text in target::other_readings(scheme, request) {
        let (mut base, mut times, mut digests) =
            (SignatureBase::new(), SignedTimes::default(), ExpectedDigests::none());
        let (absent, date_stands_in) = (Vec::new(), None);
        let mut lines = Lines { base: &mut base, times: &mut times, digests: &mut digests, absent, date_stands_in };
        // A reading that cannot be written, such as a decoded line end, is none.
        if lines.read(scheme, &parsed.covered, repeated.as_deref(), &Source { target_text, ..source }).is_ok() {
            parsed.other_bases.push(base);
        }
    }
    if !absent.is_empty() || date_stands_in.is_some() {
        parsed.covered = truly_covered(&parsed.covered, &absent, date_stands_in)?;
    }
    unclear_fields(request, &parsed.covered, wire)
}

/// What is not there is not covered, whatever the list says, and a date that stands elsewhere is covered there.
fn truly_covered(
    listed: &CoveredComponents,
    absent: &[Component],
    date_stands_in: Option<&'static str>,
) -> Result<CoveredComponents, VerifyError> {
    let date = Component::field(WellKnown::Date);
    let other = date_stands_in.and_then(|name| name.parse::<FieldName>().ok()).map(Component::Field);
    let mut covered: Vec<Component> = Vec::new();
    for component in listed.iter().filter(|component| !absent.contains(component)) {
        let component = other.as_ref().filter(|_| *component == date).unwrap_or(component);
        if !covered.contains(component) {
            covered.push(component.clone());
        }
    }
    Ok(CoveredComponents::new(covered)?)
}

/// Fields that have to be single are so whether they are covered or not: whoever reads them next may take either value.
fn unclear_fields(request: &Request<'_>, covered: &CoveredComponents, wire: &Wire) -> Result<(), VerifyError> {
    let known = |field: WellKnown| covered.contains(&Component::field(field)) || wire.reads.contains(&field);
    for (field, name) in [
        (WellKnown::Host, "Host field"),
        (WellKnown::Date, "Date field"),
        (WellKnown::Authorization, "Authorization field"),
    ] {
        // Those that are covered or read have been looked at.
        if !known(field) && request.single(&field.into()).is_err() {
            return Err(VerifyError::Ambiguous(name));
        }
    }
    Ok(())
}

/// An absent list means `(created)` (section 2.1.6), or `date` as in all drafts before 11.
fn covered_components(
    scheme: &Cavage,
    params: &SignatureParams<'_>,
    usual: &[CoveredComponents],
) -> Result<List, VerifyError> {
    let listed = params.headers.map(Value::text);
    let listed = match (&listed, scheme.wire().default_list) {
        (Some(list), _) => list.as_ref(),
        (None, DefaultList::Created) => Component::Created.as_str(),
        (None, DefaultList::WhicheverIsThere) if params.created.is_some() => Component::Created.as_str(),
        (None, _) => WellKnown::Date.as_str(),
    };
    Ok(list::read(scheme, listed, usual)?)
}

/// `hs2019` names no algorithm: it says that the key's metadata does (appendix E.2). By the letter no other is allowed, since
/// all others are deprecated (section 2.1.3).
fn stated_algorithm(stated: Option<&str>, by_the_letter: bool) -> Result<StatedAlgorithm, VerifyError> {
    let Some(stated) = stated else {
        return Ok(StatedAlgorithm::AsTheKey);
    };
    match Algorithm::from_name(stated).filter(|_| !by_the_letter) {
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
pub(super) fn integer(text: &str) -> Result<UnixTime, VerifyError> {
    // `parse` alone would take a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| digits);
    seconds.map(UnixTime::from_secs).ok_or_else(|| malformed("not a whole number of seconds"))
}

/// `expires` may have decimals (section 2.1.5), which are cut off: a signature does not live longer for them.
pub(super) fn seconds(text: &str) -> Result<UnixTime, VerifyError> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    if decimals.is_empty() || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(VerifyError::Malformed("not a number of seconds"));
    }
    integer(whole)
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
