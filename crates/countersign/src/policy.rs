//! What a verifier wants of a request before it looks at the signature.

mod judge;

use std::{sync::Arc, time::Duration};

use crate::{
    algorithm::{Algorithm, AlgorithmSet, DigestAlgorithm, DigestSet},
    authority::Authority,
    component::{Component, CoveredComponents},
    coverage::{Coverage, When},
    field::WellKnown,
};

/// What has to be covered, how old it may be, and which algorithms are accepted.
///
/// Strict by default. Times and limits are settable; whatever else asks for less than the default says `dangerous` in its
/// name, or is the table of a deployment that says so in its documentation.
///
/// By default: `(request-target) host` and a time, `digest` with a body whatever the method, `content-type`, `content-encoding` and
/// the fields that override the method where they are present; signed at most 300 seconds ago and at most 30 seconds ahead; at most four
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
    /// What is required with a body. Where there is anything, the body has to be bound.
    with_body: Vec<Component>,
    max_age: Duration,
    max_skew: Duration,
    algorithms: AlgorithmSet,
    digests: DigestSet,
    /// The fields that may carry the signature; `None` for whatever the scheme reads.
    places: Option<Arc<[WellKnown]>>,
    /// The authorities that are ours; `None` for any.
    authorities: Option<Arc<[Authority]>>,
    max_keys: usize,
    /// Whether the method has to be in upper case, and the target a path.
    clear_request_line: bool,
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
        let with_body = required.iter().filter(|(_, when)| **when == When::Body);
        let with_body = with_body.map(|(component, _)| component.clone()).collect();
        Self {
            required,
            with_body,
            time: Time::Required,
            max_age: Duration::from_secs(300),
            max_skew: Duration::from_secs(30),
            algorithms: AlgorithmSet::EVERY,
            digests: DigestSet::EVERY,
            places: None,
            authorities: None,
            max_keys: 4,
            clear_request_line: true,
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
        policy.clear_request_line = false;
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
        if when == When::Body {
            self.with_body.push(component.clone());
        }
        self.required = self.required.also(component, when);
        self
    }

    /// The greatest age of a signature, in whole seconds. Zero accepts only this very second.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// How long behind the moment that it names a signature is accepted at most; `None` where its age is not judged, or it need not name any.
    #[must_use]
    pub fn longest_life(&self) -> Option<Duration> {
        (self.time == Time::Required).then_some(self.max_age)
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

    /// Takes a body for bound only by a digest of these algorithms. Digests of others are compared all the same where they are
    /// known.
    #[must_use]
    pub fn only_digests(mut self, algorithms: &[DigestAlgorithm]) -> Self {
        self.digests = DigestSet::of(algorithms);
        self
    }

    /// Accepts a signature in these fields only. One that stands elsewhere, as those of most webhooks do, is refused, and does not count
    /// as none.
    ///
    /// ```
    /// use countersign::{Policy, WellKnown};
    ///
    /// let policy = Policy::default().only_in(&[WellKnown::Signature]);
    /// # let _ = policy;
    /// ```
    #[must_use]
    pub fn only_in(mut self, fields: &[WellKnown]) -> Self {
        self.places = Some(fields.into());
        self
    }

    /// Accepts requests for these authorities only, so that what a client signed for another server is not taken here.
    ///
    /// Compared is the `Host` field, or `:authority`, as it arrives; no `Forwarded` is ever asked. Since it would say nothing of what was
    /// signed otherwise, `host` has to be covered then, whatever the table says.
    #[must_use]
    pub fn only_authorities(self, own: impl IntoIterator<Item = Authority>) -> Self {
        let mut policy = self.require(Component::field(WellKnown::Host), When::Always);
        policy.authorities = Some(own.into_iter().collect());
        policy
    }

    /// How many of the loaded keys are tried on one request; four unless set, and one at the least. Those of another algorithm than the
    /// request states do not count.
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
            && self.digests.is_within(other.digests)
            && is_within(self.places.as_deref(), other.places.as_deref())
            && is_within(self.authorities.as_deref(), other.authorities.as_deref())
            && other.required.iter().all(|(component, when)| requires(component, when))
            && self.time >= other.time
            && (self.binds_body() || !other.binds_body())
            && (self.clear_request_line || !other.clear_request_line)
            && self.max_age <= other.max_age
            && self.max_skew <= other.max_skew
            && self.max_keys <= other.max_keys
    }

    /// Whether what is required differs by the method.
    pub(crate) fn goes_by_method(&self) -> bool {
        self.required.iter().any(|(_, when)| matches!(when, When::Method(_)))
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

    /// Whether a body has to be bound, since something is required with one.
    const fn binds_body(&self) -> bool {
        !self.with_body.is_empty()
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
}

/// Whether everything that is accepted here is accepted there; `None` accepts all.
fn is_within<T: PartialEq>(own: Option<&[T]>, other: Option<&[T]>) -> bool {
    match (own, other) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(own), Some(other)) => own.iter().all(|accepted| other.contains(accepted)),
    }
}
