//! What a verifier wants of a request before it looks at the signature.

use std::time::Duration;

use crate::{
    algorithm::{Algorithm, AlgorithmSet},
    component::{Component, CoveredComponents},
    coverage::{Coverage, When},
    error::VerifyError,
    field::WellKnown,
    request::Request,
    scheme::Parsed,
    time::UnixTime,
};

/// What has to be covered, how old it may be, and which algorithms are accepted.
///
/// Strict by default. Times and limits are settable; whatever else asks for less than the default says `dangerous` in its
/// name, or is the table of a deployment that says so in its documentation.
///
/// By default: `(request-target) host` and a time, `digest` with a body whatever the method, `content-type` and
/// `content-encoding` where they are present; signed at most 300 seconds ago and at most 30 seconds ahead; at most four
/// keys tried.
///
/// ```
/// use countersign::{Coverage, Policy, When};
/// use std::time::Duration;
///
/// let policy = Policy::default()
///     .max_age(Duration::from_secs(60))
///     .require("x-tenant".parse()?, When::Always);
/// assert!(policy.is_at_least_as_strict_as(&Policy::default()));
/// assert!(!Policy::default().is_at_least_as_strict_as(&policy));
/// # Ok::<(), countersign::ComponentError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    required: Coverage,
    time: Time,
    /// Whether a body has to be bound, since something is required with one.
    binds_body: bool,
    max_age: Duration,
    max_skew: Duration,
    algorithms: AlgorithmSet,
    max_keys: usize,
    upper_case_method: bool,
}

/// What a policy wants to know of the time of signing; later values want more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Time {
    /// A signature never grows old.
    Ignored,
    /// A covered time is judged.
    Judged,
    /// A time has to be covered.
    Required,
}

impl Default for Policy {
    /// [`Coverage::standard`], but for its `date`: any covered time of signing will do.
    fn default() -> Self {
        Self::dangerous_requiring(Coverage::standard().without(&Component::field(WellKnown::Date)))
    }
}

impl Policy {
    /// The default policy with another table of what has to be covered. What the table leaves out, anybody on the way may
    /// change. A covered time is required in any case.
    ///
    /// To ask for more than the default, call [`require`](Self::require) instead.
    #[must_use]
    pub fn dangerous_requiring(required: Coverage) -> Self {
        let binds_body = required.iter().any(|(_, when)| *when == When::Body);
        Self {
            required,
            binds_body,
            time: Time::Required,
            max_age: Duration::from_secs(300),
            max_skew: Duration::from_secs(30),
            algorithms: AlgorithmSet::EVERY,
            max_keys: 4,
            upper_case_method: true,
        }
    }

    /// The table of the Flask-Cavage extension, [`Coverage::flask_cavage`].
    ///
    /// It leaves the body of a GET or DELETE unsigned, so anybody on the way may add or change one: a handler behind it
    /// must not read a body there. Freshness, which the extension does not check, is checked here as by default.
    #[must_use]
    pub fn flask_cavage() -> Self {
        Self::dangerous_requiring(Coverage::flask_cavage())
    }

    /// Requires nothing, not even a time: any correct signature opens any request, again and again.
    #[must_use]
    pub fn dangerous_requiring_nothing() -> Self {
        let mut policy = Self::dangerous_requiring(Coverage::empty()).dangerous_without_time();
        policy.upper_case_method = false;
        policy
    }

    /// The same without the need of a covered time: a signature never grows old, and can be replayed for ever.
    #[must_use]
    pub const fn dangerous_without_time(mut self) -> Self {
        self.time = Time::Ignored;
        self
    }

    /// The same without the need of a covered time; one that is covered has to be fresh. A signature without one never grows
    /// old.
    #[must_use]
    pub const fn dangerous_time_optional(mut self) -> Self {
        self.time = Time::Judged;
        self
    }

    /// Requires one more component, or one in more cases than before.
    ///
    /// Of the fields `digest`, `content-digest` and `x-content-sha256` are compared with the body, and `digest` stands for any of
    /// them; to cover another one with a hash in it proves the field alone.
    #[must_use]
    pub fn require(mut self, component: Component, when: When) -> Self {
        self.binds_body |= when == When::Body;
        self.required = self.required.also(component, when);
        self
    }

    /// The greatest age of a signature, in whole seconds. Zero accepts only this very second.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// How far ahead of our clock a signature may have been made, in whole seconds.
    ///
    /// The signature can be replayed for this much longer, so it should stay small.
    #[must_use]
    pub const fn max_skew(mut self, skew: Duration) -> Self {
        self.max_skew = skew;
        self
    }

    /// Accepts keys of these algorithms only. By default whatever a key was made for is accepted.
    #[must_use]
    pub fn only_algorithms(mut self, algorithms: &[Algorithm]) -> Self {
        self.algorithms = AlgorithmSet::of(algorithms);
        self
    }

    /// How many of the loaded keys are tried on one request; four unless set, and one at the least.
    #[must_use]
    pub const fn max_keys(mut self, keys: usize) -> Self {
        self.max_keys = if keys == 0 { 1 } else { keys };
        self
    }

    /// Whether every request that this policy accepts is one that `other` accepts too.
    #[must_use]
    pub fn is_at_least_as_strict_as(&self, other: &Self) -> bool {
        let requires = |component: &Component, when: &When| {
            self.required.iter().any(|(own, own_when)| own == component && own_when.implies(when))
        };
        self.algorithms.is_within(other.algorithms)
            && other.required.iter().all(|(component, when)| requires(component, when))
            && self.time >= other.time
            && (self.binds_body || !other.binds_body)
            && (self.upper_case_method || !other.upper_case_method)
            && self.max_age <= other.max_age
            && self.max_skew <= other.max_skew
            && self.max_keys <= other.max_keys
    }

    /// What a request of this method has to cover.
    ///
    /// Depends on nothing else of the request, so that the answer to a refused request tells nothing of the reason. With a
    /// body `content-type` is listed where it is required when present; a time that may be any is listed as `date`.
    pub(crate) fn challenge(&self, method: &str, has_body: bool) -> String {
        let content_type = Component::field(WellKnown::ContentType);
        let listed = |(component, when): &(&Component, &When)| match when {
            When::Always => true,
            When::Body => has_body,
            When::Present => has_body && **component == content_type,
            When::Method(methods) => methods.iter().any(|listed| listed.eq_ignore_ascii_case(method)),
        };
        let mut names: Vec<_> = Vec::new();
        for (component, _) in self.required.iter().filter(listed) {
            if !names.contains(&component.as_str()) {
                names.push(component.as_str());
            }
        }
        if self.time == Time::Required && !names.iter().any(|name| matches!(*name, "date" | "(created)")) {
            names.insert(names.len().min(2), WellKnown::Date.as_str());
        }
        names.join(" ")
    }

    /// The coverages that this policy asks of ordinary requests.
    pub(crate) fn usual(&self) -> Vec<CoveredComponents> {
        let lists = [self.challenge("GET", false), self.challenge("POST", true), self.challenge("POST", false)];
        lists.iter().filter_map(|list| list.parse().ok()).collect()
    }

    /// How many keys are tried, and of which algorithms.
    pub(crate) const fn keys(&self) -> (usize, AlgorithmSet) {
        (self.max_keys, self.algorithms)
    }

    /// Judges what a request claims. Gives the moment after which the same request would be refused, if there is one.
    pub(crate) fn check(
        &self,
        request: &Request<'_>,
        parsed: &Parsed,
        now: UnixTime,
    ) -> Result<Option<UnixTime>, VerifyError> {
        if self.upper_case_method && request.method.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return Err(VerifyError::AmbiguousMethod);
        }
        self.check_coverage(request, parsed)?;
        self.check_time(parsed, now)
    }

    fn check_coverage(&self, request: &Request<'_>, parsed: &Parsed) -> Result<(), VerifyError> {
        let has_body = request.has_body();
        let uncovered = |(component, when): &(&Component, &When)| {
            !satisfies(parsed, component) && when.applies(component, request, has_body)
        };
        if let Some((component, _)) = self.required.iter().find(uncovered) {
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
        let uncovered = |(component, when): &(&Component, &When)| **when == When::Body && !satisfies(parsed, component);
        let row = self.required.iter().find(uncovered).map(|(component, _)| component.clone());
        row.or_else(|| (self.binds_body && !binds_body(parsed)).then(|| Component::field(WellKnown::Digest)))
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
            if self.time != Time::Ignored && until < now {
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
}

/// Whether the body is bound: by a digest that will be compared with it, whichever field it stands in, or by being signed.
fn binds_body(parsed: &Parsed) -> bool {
    parsed.digests.is_some() || parsed.covered.contains(&Component::Body)
}

/// Whether a component that is required is covered. `digest` stands for any digest that will be compared.
#[inline]
fn satisfies(parsed: &Parsed, component: &Component) -> bool {
    match component {
        Component::Field(name) => match name.well_known() {
            Some(WellKnown::Digest) => binds_body(parsed),
            Some(WellKnown::ContentDigest | WellKnown::XContentSha256) => {
                parsed.digests.is_some() && parsed.covered.contains(component)
            }
            _ => parsed.covered.contains(component),
        },
        _ => parsed.covered.contains(component),
    }
}

fn uncovered_error(parsed: &Parsed, component: &Component) -> VerifyError {
    if parsed.covered.contains(component) {
        VerifyError::UnusableDigest("none of a known algorithm")
    } else {
        VerifyError::NotCovered(component.clone())
    }
}
