//! From a request to a claim that is within the policy.

use std::sync::Arc;

use crate::{
    authority::{Unclear, clear_authority},
    component::CoveredComponents,
    error::VerifyError,
    hop::named_by_connection,
    key::KeyId,
    policy::Policy,
    request::Request,
    scheme::{BodyUse, Place, Scheme},
    scheme_name::SchemeName,
    time::UnixTime,
    verify::Unverified,
};

/// A scheme and a policy; cheap to clone.
///
/// The flow is the protocol's own: [`begin`](Verifier::begin) reads the request and judges it by the policy, the caller
/// loads the keys of [`Unverified::key_id`] in whatever way it likes, and [`Unverified::verify`] gives the proof.
///
/// ```
/// use countersign::{Cavage, Policy, Request, Secret, Signer, SigningKey, UnixTime, Verifier, VerifyError, VerifyingKey};
///
/// let secret = Secret::new("correct horse battery staple")?;
/// let now = UnixTime::from_secs(784_111_777);
///
/// // The client signs ...
/// let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
/// let mut fields = vec![("host".to_owned(), b"api.example".to_vec())];
/// let parts = signer.sign(&Request::new("GET", "/orders?page=2", &fields).with_body(b""), now)?;
/// fields.extend(parts.fields.into_iter().map(|field| (field.name.to_string(), field.value)));
///
/// // ... and the server verifies.
/// let verifier = Verifier::new(Cavage::new(), Policy::default());
/// let unverified = verifier.begin(&Request::new("GET", "/orders?page=2", &fields), now)?;
/// assert_eq!(unverified.key_id().unwrap().as_str(), "alice");
/// let keys = [VerifyingKey::hmac_sha256(&secret)];
/// let verified = unverified.verify(&keys, b"")?;
/// assert_eq!(verified.covered().to_string(), "(request-target) host date");
///
/// // Nothing of it fits another request.
/// let other = verifier.begin(&Request::new("GET", "/orders?page=3", &fields), now)?;
/// assert_eq!(other.verify(&keys, b"").err(), Some(VerifyError::SignatureMismatch));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Verifier {
    scheme: Arc<dyn Scheme>,
    plan: Arc<Plan>,
}

/// What is prepared once and used on every request.
#[derive(Debug)]
struct Plan {
    policy: Policy,
    /// What fingerprints are made within, where any are.
    realm: Option<Arc<str>>,
    usual: Vec<CoveredComponents>,
}

impl Plan {
    fn new(policy: Policy, realm: Option<Arc<str>>) -> Self {
        Self { usual: policy.usual(), policy, realm }
    }
}

impl Verifier {
    /// Verifies what `scheme` reads and `policy` accepts.
    #[must_use]
    pub fn new(scheme: impl Scheme, policy: Policy) -> Self {
        Self { scheme: Arc::new(scheme), plan: Arc::new(Plan::new(policy, None)) }
    }

    /// Makes [fingerprints](crate::Verified::fingerprint) of what it verifies, for a [`ReplayStore`](crate::ReplayStore) to remember. `realm`
    /// is what tells requests apart that are signed alike and are for somebody else: one name for all servers that a request may reach.
    #[must_use]
    pub fn fingerprinting(&self, realm: &str) -> Self {
        let plan = Plan::new(self.plan.policy.clone(), Some(realm.into()));
        Self { scheme: Arc::clone(&self.scheme), plan: Arc::new(plan) }
    }

    /// How the scheme protects the body. With [`BodyUse::Signed`] the body has to be in the request before
    /// [`begin`](Self::begin).
    #[must_use]
    pub fn body_use(&self) -> BodyUse {
        self.scheme.body_use()
    }

    /// The same scheme under another policy.
    #[must_use]
    pub fn with_policy(&self, policy: Policy) -> Self {
        Self { scheme: Arc::clone(&self.scheme), plan: Arc::new(Plan::new(policy, self.plan.realm.clone())) }
    }

    /// What a refused request is answered with: the value of `WWW-Authenticate`, which depends on the policy, on the method and
    /// on whether there is a body, and on nothing else (draft-cavage 12 section 3.1.1).
    #[must_use]
    pub fn challenge(&self, realm: &str, method: &str, has_body: bool) -> String {
        self.scheme.challenge(realm, &self.plan.policy.challenge(method, has_body))
    }

    /// Whether the [challenge](Self::challenge) differs by the method; if not, it can be prepared.
    #[must_use]
    pub fn challenge_goes_by_method(&self) -> bool {
        self.plan.policy.goes_by_method()
    }

    /// The key id that a request claims, as far as it can be read; for the log, when [`begin`](Self::begin) refuses it.
    #[must_use]
    pub fn claimed_key_id(&self, request: &Request<'_>) -> Option<KeyId> {
        self.scheme.claimed_key_id(request)
    }

    /// Where a request is signed in this scheme; `None` when it is not signed in it at all.
    ///
    /// # Errors
    /// When it is signed in more than one place.
    pub fn place(&self, request: &Request<'_>) -> Result<Option<Place>, VerifyError> {
        self.scheme.place(request)
    }

    /// What the scheme is called.
    #[must_use]
    pub fn scheme(&self) -> SchemeName {
        self.scheme.name()
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.plan.policy
    }

    /// Whether both read requests in the same way, whatever their policies.
    #[must_use]
    pub fn shares_scheme_with(&self, other: &Self) -> bool {
        // Schemes that were made apart may read one request in two ways, for all that is known here.
        Arc::ptr_eq(&self.scheme, &other.scheme)
    }

    /// Whether every request that this accepts is one that `other` accepts too, with the same meaning: it is of the same scheme, and
    /// the policy is at least as strict.
    #[must_use]
    pub fn is_at_least_as_strict_as(&self, other: &Self) -> bool {
        self.shares_scheme_with(other) && self.policy().is_at_least_as_strict_as(other.policy())
    }

    /// Reads a request's signature and judges it by the policy. Nothing is proven yet.
    ///
    /// # Errors
    /// [`VerifyError::NoSignature`] when there is none at all; anything else when there is one that cannot be accepted
    /// whatever the key.
    pub fn begin(&self, request: &Request<'_>, now: UnixTime) -> Result<Unverified, VerifyError> {
        if self.body_use() == BodyUse::Signed && request.body.is_none() {
            return Err(VerifyError::BodyNeeded);
        }
        let mut unverified = Unverified::of_nothing(self.scheme.name(), self.plan.policy.keys());
        match self.judge(request, now, &mut unverified) {
            Ok(()) => Ok(unverified),
            Err(error) => Err(error),
        }
    }

    /// Works in place: an `Unverified` is large, and moving it costs as much as reading the request.
    fn judge(&self, request: &Request<'_>, now: UnixTime, unverified: &mut Unverified) -> Result<(), VerifyError> {
        let parsed = &mut unverified.parsed;
        self.scheme.parse(request, &self.plan.usual, parsed)?;
        clear_authority(request).map_err(unclear)?;
        end_to_end(request, &parsed.covered)?;
        unverified.valid_until = self.plan.policy.check(request, parsed, now)?;
        unverified.realm.clone_from(&self.plan.realm);
        unverified.body_refused = self.plan.policy.uncovered_with_body(parsed);
        Ok(())
    }
}

/// Out of line: nearly every request is clear.
#[cold]
fn unclear(unclear: Unclear) -> VerifyError {
    match unclear {
        Unclear::Several => VerifyError::Ambiguous("Host field"),
        Unclear::Unusable => VerifyError::UnusableAuthority,
        Unclear::Mismatch => VerifyError::AuthorityMismatch,
    }
}

/// A field that `Connection` names belongs to one hop: whoever forwards the request takes it away.
fn end_to_end(request: &Request<'_>, covered: &CoveredComponents) -> Result<(), VerifyError> {
    if !covered.has_field() {
        return Ok(());
    }
    named_by_connection(request, |spelt| covered.field_named(spelt))
        .map_or(Ok(()), |name| Err(VerifyError::HopByHop(name)))
}
