//! From a request to what it claims.

use super::{
    Cavage,
    base::{self, LineError, Source, Stated},
    carrier,
    dialect::{Absent, DefaultList, TargetText},
    grammar::{self, SignatureParams, Value, malformed},
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
    request::{Request, trim},
    scheme::{Parsed, SignedTimes, StatedAlgorithm},
    signature_base::SignatureBase,
    time::UnixTime,
};

pub(super) fn parse(
    scheme: &Cavage,
    request: &Request<'_>,
    usual: &[CoveredComponents],
) -> Result<Parsed, VerifyError> {
    let wire = scheme.wire();
    let mut params = SignatureParams::default();
    grammar::parse(carrier::find(scheme, request)?, wire.key_id, &mut params)?;
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
    // Filled in place: it is large, and moving its parts around would cost as much as reading them.
    let mut parsed = Parsed::new(Some(key_id), stated_algorithm, covered);
    let signature = params.signature.ok_or_else(|| malformed("no signature"))?.text();
    if !wire.encoding.decode_onto(signature.as_bytes(), &mut parsed.signatures) {
        return Err(malformed("the signature is not Base64"));
    }
    parsed.raw_ecdsa = scheme.allows(Switch::RawEcdsa);
    read_times(stated, &parsed.covered, &mut parsed.times)?;
    let source = Source {
        request,
        wire,
        stated,
        target,
        target_text: wire.reads_target,
        absent: if scheme.allows(Switch::DangerousAbsentFields) { wire.absent } else { Absent::Refused },
    };
    let Parsed { covered, base, times, digests, .. } = &mut parsed;
    let mut lines = Lines { base, times, digests, absent: Vec::new() };
    lines.read(scheme, covered, repeated.as_deref(), &source)?;
    let absent = lines.absent;
    parsed.target_is_as_sent = wire.reads_target == TargetText::AsSent;
    for target_text in target::other_readings(scheme, request) {
        let (mut base, mut times, mut digests) =
            (SignatureBase::new(), SignedTimes::default(), ExpectedDigests::none());
        let mut lines = Lines { base: &mut base, times: &mut times, digests: &mut digests, absent: Vec::new() };
        lines.read(scheme, &parsed.covered, repeated.as_deref(), &Source { target_text, ..source })?;
        parsed.other_bases.push(base);
    }
    if !absent.is_empty() {
        // What is not there is not covered, whatever the list says.
        let there = parsed.covered.iter().filter(|component| !absent.contains(component)).cloned().collect();
        parsed.covered = CoveredComponents::new(there)?;
    }
    Ok(parsed)
}

/// The signing string, and what the values in it say of the time and of the body, growing together.
struct Lines<'p> {
    base: &'p mut SignatureBase,
    times: &'p mut SignedTimes,
    digests: &'p mut ExpectedDigests,
    /// The components that are not there.
    absent: Vec<Component>,
}

impl Lines<'_> {
    fn read(
        &mut self,
        scheme: &Cavage,
        covered: &CoveredComponents,
        repeated: Option<&[Component]>,
        source: &Source<'_, '_>,
    ) -> Result<(), VerifyError> {
        base::begin(self.base, source.wire, source.stated.key_id.unwrap_or_default());
        match repeated {
            None => covered.iter().try_for_each(|component| self.read_any(scheme, component, source))?,
            Some(lines) => lines.iter().try_for_each(|component| self.read_any(scheme, component, source))?,
        }
        base::end(self.base, source.wire);
        Ok(())
    }

    fn read_any(&mut self, scheme: &Cavage, component: &Component, source: &Source<'_, '_>) -> Result<(), VerifyError> {
        if source.absent != Absent::Refused && is_absent(component, source) {
            base::push_absent(self.base, component, source.absent).map_err(|error| refusal(error, component))?;
            self.absent.push(component.clone());
            return Ok(());
        }
        match component {
            Component::Field(name) => self.read_field(scheme, component, name, source),
            _ => self.push_line(component, source),
        }
    }

    fn push_line(&mut self, component: &Component, source: &Source<'_, '_>) -> Result<(), VerifyError> {
        base::push_line(self.base, component, source).map_err(|error| refusal(error, component))
    }

    fn read_field(
        &mut self,
        scheme: &Cavage,
        component: &Component,
        name: &FieldName,
        source: &Source<'_, '_>,
    ) -> Result<(), VerifyError> {
        let request = source.request;
        match name.well_known() {
            Some(WellKnown::Date) => {
                let date = request.single(name).map_err(|_| VerifyError::Ambiguous("Date field"))?;
                let value = base::push_date(self.base, component, date, source);
                if let Some(value) = value.map_err(|error| refusal(error, component))? {
                    read_date(value, source.wire.numeric_zone, self.times);
                }
                Ok(())
            }
            Some(WellKnown::Digest) => {
                self.push_line(component, source)?;
                let multihash = scheme.reads_multihash();
                read_digests(request, name, self.digests, |digests, value| digests.read(value, multihash))
            }
            Some(WellKnown::ContentDigest) => {
                self.push_line(component, source)?;
                read_digests(request, name, self.digests, ExpectedDigests::read_content_digest)
            }
            Some(WellKnown::XContentSha256) => {
                self.push_line(component, source)?;
                read_digests(request, name, self.digests, ExpectedDigests::read_bare_sha256)
            }
            None | Some(WellKnown::XDate) if scheme.is_date(name) => {
                let date = request.single(name).map_err(|_| VerifyError::Ambiguous("date in another field"))?;
                if let Some(value) = date {
                    read_date(trim(value), source.wire.numeric_zone, self.times);
                }
                self.push_line(component, source)
            }
            _ => self.push_line(component, source),
        }
    }
}

fn is_absent(component: &Component, source: &Source<'_, '_>) -> bool {
    match component {
        Component::Field(name) if name.well_known() == Some(WellKnown::Host) => source.request.host().is_none(),
        Component::Field(name) => !source.request.has_field(name),
        _ => false,
    }
}

fn refusal(error: LineError, component: &Component) -> VerifyError {
    match error {
        LineError::Missing | LineError::Unsupported => VerifyError::Missing(component.clone()),
        LineError::ForbiddenByte => VerifyError::ForbiddenByte(component.clone()),
        LineError::TooLong => malformed("more than 64 KiB are covered"),
        LineError::Several if *component == Component::field(WellKnown::Host) => VerifyError::Ambiguous("Host field"),
        LineError::Several => VerifyError::Ambiguous("value of a field that must be single"),
    }
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

/// Takes over a date that is covered. Of two, which may be told by two fields, both are judged.
fn read_date(value: &[u8], numeric_zone: bool, times: &mut SignedTimes) {
    let date = match value.strip_suffix(b"+0000") {
        Some(rest) if numeric_zone => UnixTime::from_http_date(&[rest, b"GMT"].concat()),
        _ => UnixTime::from_http_date(value),
    };
    times.date_is_unreadable |= date.is_none();
    if times.date.is_none() {
        times.date = date;
    } else {
        times.other_date = date;
    }
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

/// The digests of a covered field; of one that is not covered nothing is believed. A field with no digest of a known algorithm
/// does not bind the body, which is the policy's to judge.
fn read_digests(
    request: &Request<'_>,
    name: &FieldName,
    digests: &mut ExpectedDigests,
    read: impl Fn(&mut ExpectedDigests, &[u8]) -> Result<(), VerifyError>,
) -> Result<(), VerifyError> {
    let (mut own, mut result) = (ExpectedDigests::none(), Ok(()));
    request.fields.visit(name, &mut |value| {
        if result.is_ok() {
            result = read(&mut own, value);
        }
    });
    result.and_then(|()| digests.merge(own))
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
