//! From a request to a claim that is within the policy.

use std::sync::Arc;

use crate::{
    component::CoveredComponents,
    error::VerifyError,
    field::WellKnown,
    key::KeyId,
    policy::Policy,
    request::Request,
    scheme::{BodyUse, Scheme, SchemeName},
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
    usual: Vec<CoveredComponents>,
}

impl Plan {
    fn new(policy: Policy) -> Self {
        Self { usual: policy.usual(), policy }
    }
}

impl Verifier {
    /// Verifies what `scheme` reads and `policy` accepts.
    #[must_use]
    pub fn new(scheme: impl Scheme, policy: Policy) -> Self {
        Self { scheme: Arc::new(scheme), plan: Arc::new(Plan::new(policy)) }
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
        Self { scheme: Arc::clone(&self.scheme), plan: Arc::new(Plan::new(policy)) }
    }

    /// What a refused request is answered with: the value of `WWW-Authenticate`, which depends on the policy, on the method and
    /// on whether there is a body, and on nothing else (draft-cavage 12 section 3.1.1).
    #[must_use]
    pub fn challenge(&self, realm: &str, method: &str, has_body: bool) -> String {
        self.scheme.challenge(realm, &self.plan.policy.challenge(method, has_body))
    }

    /// The key id that a request claims, as far as it can be read; for the log, when [`begin`](Self::begin) refuses it.
    #[must_use]
    pub fn claimed_key_id(&self, request: &Request<'_>) -> Option<KeyId> {
        self.scheme.claimed_key_id(request)
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

    /// Reads a request's signature and judges it by the policy. Nothing is proven yet.
    ///
    /// # Errors
    /// [`VerifyError::NoSignature`] when there is none at all; anything else when there is one that cannot be accepted
    /// whatever the key.
    pub fn begin(&self, request: &Request<'_>, now: UnixTime) -> Result<Unverified, VerifyError> {
        if self.body_use() == BodyUse::Signed && request.body.is_none() {
            return Err(VerifyError::BodyNeeded);
        }
        let parsed = self.scheme.parse(request, &self.plan.usual)?;
        same_authority(request)?;
        let valid_until = self.plan.policy.check(request, &parsed, now)?;
        let body_refused = self.plan.policy.uncovered_with_body(&parsed);
        Ok(Unverified::new(parsed, self.scheme.name(), self.plan.policy.keys(), valid_until, body_refused))
    }
}

/// Where the request carries its authority twice, as HTTP/2 and absolute-form targets can, both have to agree.
fn same_authority(request: &Request<'_>) -> Result<(), VerifyError> {
    let Some(authority) = request.authority else {
        return Ok(());
    };
    match request.single(&WellKnown::Host.into()) {
        Ok(None) => Ok(()),
        Ok(Some(host)) if host.eq_ignore_ascii_case(authority.as_bytes()) => Ok(()),
        Ok(Some(_)) => Err(VerifyError::AuthorityMismatch),
        Err(_) => Err(VerifyError::Ambiguous("Host field")),
    }
}
