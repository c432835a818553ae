//! What a policy makes of a request.

use super::{Policy, Time};
use crate::{
    component::Component, coverage::When, error::VerifyError, field::WellKnown, request::Request, scheme::Parsed,
    time::UnixTime,
};

impl Policy {
    /// Judges what a request claims. Gives the moment after which the same request would be refused, if there is one.
    pub(crate) fn check(
        &self,
        request: &Request<'_>,
        parsed: &Parsed,
        now: UnixTime,
    ) -> Result<Option<UnixTime>, VerifyError> {
        if self.clear_request_line {
            check_request_line(request)?;
        }
        if let Some(accepted) = &self.places {
            match parsed.place {
                Some(place) if accepted.contains(&place) => {}
                Some(place) => return Err(VerifyError::PlaceNotAccepted(place.into())),
                None => return Err(VerifyError::Absent("signature in a field that is accepted")),
            }
        }
        self.check_authority(request)?;
        self.check_coverage(request, parsed)?;
        self.check_time(parsed, now)
    }

    fn check_authority(&self, request: &Request<'_>) -> Result<(), VerifyError> {
        let Some(own) = &self.authorities else { return Ok(()) };
        let host = request.host().is_some_and(|host| own.iter().any(|own| own.is(host.as_bytes())));
        if host { Ok(()) } else { Err(VerifyError::UnknownAuthority) }
    }

    fn check_coverage(&self, request: &Request<'_>, parsed: &Parsed) -> Result<(), VerifyError> {
        let (has_body, bits) = (request.has_body(), parsed.covered.bits());
        if self.with_body.is_empty() && self.required.beyond(bits).next().is_none() {
            return Ok(());
        }
        let anything_present = self.required.present_beyond(bits, |names| request.fields.has_any(names));
        let uncovered = |(component, when, plain): &(&Component, &When, bool)| {
            let may_apply = match when {
                When::Body => has_body,
                When::Present => !plain || anything_present,
                _ => true,
            };
            may_apply && (*plain || !self.satisfies(parsed, component)) && when.applies(component, request, has_body)
        };
        if let Some((component, ..)) = self.required.beyond(bits).find(uncovered) {
            return Err(uncovered_error(parsed, component));
        }
        match has_body.then(|| self.uncovered_with_body(parsed)).flatten() {
            Some(component) => Err(uncovered_error(parsed, &component)),
            None => Ok(()),
        }
    }

    /// What a body would need covered and is not, for one that comes unannounced.
    ///
    /// Where the policy asks for anything with a body, the body itself has to be bound: by a digest that is compared with it,
    /// or by being signed.
    pub(crate) fn uncovered_with_body(&self, parsed: &Parsed) -> Option<Component> {
        let row = self.with_body.iter().find(|component| !self.satisfies(parsed, component)).cloned();
        row.or_else(|| (self.binds_body() && !self.body_is_bound(parsed)).then(|| Component::field(WellKnown::Digest)))
    }

    fn check_time(&self, parsed: &Parsed, now: UnixTime) -> Result<Option<UnixTime>, VerifyError> {
        let times = &parsed.times;
        let latest = now.plus(self.max_skew);
        let mut valid_until = times.expires;
        for time in times.covered() {
            let until = time.plus(self.max_age);
            if time > latest {
                return Err(VerifyError::InFuture);
            }
            // It holds for ever, then.
            if self.time == Time::Ignored {
                continue;
            }
            if until < now {
                return Err(VerifyError::TooOld);
            }
            valid_until = Some(valid_until.map_or(until, |earlier| earlier.min(until)));
        }
        if self.time != Time::Ignored && times.date_is_unreadable {
            return Err(VerifyError::UnreadableDate);
        }
        if self.time == Time::Required && times.covered().next().is_none() {
            return Err(VerifyError::NoCoveredTime);
        }
        if times.stated_created.is_some_and(|created| created > latest) {
            return Err(VerifyError::InFuture);
        }
        let expired = times
            .stated_expires
            .is_some_and(|expires| expires < now || times.stated_created.is_some_and(|created| expires < created));
        if expired { Err(VerifyError::Expired) } else { Ok(valid_until) }
    }

    /// Whether the body is bound: by a digest that will be compared with it, whichever field it stands in, or by being signed.
    fn body_is_bound(&self, parsed: &Parsed) -> bool {
        parsed.digests.has_one_of(self.digests) || parsed.covered.contains(&Component::Body)
    }

    /// Whether a component that is required is covered. `digest` stands for any digest that will be compared.
    #[inline]
    fn satisfies(&self, parsed: &Parsed, component: &Component) -> bool {
        match component {
            Component::Field(name) => match name.well_known() {
                Some(WellKnown::Digest) => self.body_is_bound(parsed),
                Some(WellKnown::ContentDigest | WellKnown::XContentSha256) => {
                    parsed.digests.has_one_of(self.digests) && parsed.covered.contains(component)
                }
                _ => parsed.covered.contains(component),
            },
            _ => parsed.covered.contains(component),
        }
    }
}

fn uncovered_error(parsed: &Parsed, component: &Component) -> VerifyError {
    if parsed.covered.contains(component) {
        VerifyError::UnusableDigest("none of an accepted algorithm")
    } else {
        VerifyError::NotCovered(component.clone())
    }
}

/// A method in lower case has the signing string of the one in upper case. A target that is no path, as every form of it is once its
/// authority is taken off (RFC 9112 section 3.2), is read in other ways by whoever routes the request.
fn check_request_line(request: &Request<'_>) -> Result<(), VerifyError> {
    if request.method.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Err(VerifyError::AmbiguousMethod);
    }
    let is_path = request.target.starts_with('/') || (request.target == "*" && request.method == "OPTIONS");
    if is_path { Ok(()) } else { Err(VerifyError::UnusableTarget) }
}
