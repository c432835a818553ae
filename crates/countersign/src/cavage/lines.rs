//! The lines of a request as it is read: the signing string, and what the values in it say of the time and of the body.

use super::{
    Cavage,
    base::{self, LineError, Source},
    cursor::malformed,
    dialect::{Absent, DateLine},
};
use crate::{
    component::{Component, CoveredComponents},
    digest::ExpectedDigests,
    error::VerifyError,
    field::{FieldName, WellKnown},
    request::{Request, trim},
    scheme::SignedTimes,
    signature_base::SignatureBase,
    time::UnixTime,
};

/// The signing string, and what the values in it say of the time and of the body, growing together.
pub(super) struct Lines<'p> {
    pub(super) base: &'p mut SignatureBase,
    pub(super) times: &'p mut SignedTimes,
    pub(super) digests: &'p mut ExpectedDigests,
    /// The components that are not there.
    pub(super) absent: Vec<Component>,
    /// The field in which a covered `date` stands, where that is another.
    pub(super) date_stands_in: Option<&'static str>,
}

impl Lines<'_> {
    pub(super) fn read(
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

    #[inline]
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

    #[inline]
    fn push_line(&mut self, component: &Component, source: &Source<'_, '_>) -> Result<(), VerifyError> {
        base::push_line(self.base, component, source).map_err(|error| refusal(error, component))
    }

    #[inline]
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
                if let Some(found) = value.map_err(|error| refusal(error, component))? {
                    read_date(found.value, source.wire.numeric_zone, self.times);
                    self.date_stands_in = found.other;
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
        Component::Field(name) => {
            let elsewhere = match (name.well_known(), source.wire.date) {
                (Some(WellKnown::Host), _) => source.request.authority.is_some(),
                (Some(WellKnown::Date), DateLine::Replaced(other) | DateLine::Valued(other)) => {
                    !matches!(base::named(source.request, other), Ok(None))
                }
                _ => false,
            };
            !elsewhere && !source.request.has_field(name)
        }
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

/// Takes over a date that is covered. Of several, told by several fields, the first and the last are judged.
fn read_date(value: &[u8], numeric_zone: bool, times: &mut SignedTimes) {
    let date = match value.strip_suffix(b"+0000") {
        Some(rest) if numeric_zone => UnixTime::from_http_date(&[rest, b"GMT"].concat()),
        _ => UnixTime::from_http_date(value),
    };
    times.date_is_unreadable |= date.is_none();
    let Some(date) = date else { return };
    let (first, last) = (times.date.unwrap_or(date).min(date), times.other_date.unwrap_or(date).max(date));
    times.date = Some(first);
    times.other_date = (last != first).then_some(last).or(times.other_date);
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
