//! Verifying: from a request to the proof of who sent it.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use crate::{
    algorithm::AlgorithmSet,
    component::{Component, CoveredComponents, WellKnown},
    digest::BodyCheck,
    error::VerifyError,
    key::{KeyId, VerifyingKey},
    policy::Policy,
    request::Request,
    scheme::{BodyUse, Parsed, Scheme, SchemeName, StatedAlgorithm},
    time::UnixTime,
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

    /// Whether both read the very same scheme, with the same settings.
    #[must_use]
    pub fn shares_scheme_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.scheme, &other.scheme)
    }

    /// The key id that a request claims, as far as it can be read; for the log, when [`begin`](Self::begin) refuses it.
    #[must_use]
    pub fn claimed_key_id(&self, request: &Request<'_>) -> Option<KeyId> {
        self.scheme.claimed_key_id(request)
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
        Ok(Unverified { parsed, keys: self.plan.policy.keys(), scheme: self.scheme.name(), valid_until, body_refused })
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

/// A signature that was read and is within the policy, but not checked: everything it says is a claim.
///
/// Owned, so that it can be held while the keys are loaded.
#[must_use = "nothing is proven until the signature is verified"]
pub struct Unverified {
    parsed: Parsed,
    /// How many keys may be tried, and of which algorithms.
    keys: (usize, AlgorithmSet),
    scheme: SchemeName,
    valid_until: Option<UnixTime>,
    /// What a body would need covered and is not.
    body_refused: Option<Component>,
}

impl Unverified {
    /// The key id that the request claims; `None` in a scheme that names none.
    #[must_use]
    pub const fn key_id(&self) -> Option<&KeyId> {
        self.parsed.key_id.as_ref()
    }

    /// The scheme in which the request is signed.
    #[must_use]
    pub const fn scheme(&self) -> SchemeName {
        self.scheme
    }

    /// What the request claims to cover.
    #[must_use]
    pub const fn covered(&self) -> &CoveredComponents {
        &self.parsed.covered
    }

    /// The bytes that have to be signed, for finding out why two sides differ. Log them at most at debug level and never
    /// show them to the peer.
    #[must_use]
    pub fn signature_base<'a>(&'a self, body: &'a [u8]) -> std::borrow::Cow<'a, [u8]> {
        self.parsed.base.to_bytes(body)
    }

    /// Verifies the signature and the body together. `body` is the whole body as on the wire.
    ///
    /// Call it with no keys at all for an unknown key id: that takes as long as a wrong signature does.
    ///
    /// # Errors
    /// When no key fits, or when the body is not the one that was signed.
    pub fn verify(self, keys: &[VerifyingKey], body: &[u8]) -> Result<Verified, VerifyError> {
        let (key_index, key) = self.matching_key(keys, body)?;
        let unasked = self.body_refused.is_none() || body.is_empty();
        if unasked && !self.parsed.digests.is_some() {
            return Ok(self.into_verified(key_index, key));
        }
        let mut head = self.into_head(key_index, key);
        head.update(body);
        head.finish()
    }

    /// Verifies the head alone, before any of the body is read.
    ///
    /// # Errors
    /// When no key fits; [`VerifyError::BodyNeeded`] when the scheme signs the body directly.
    pub fn verify_head(self, keys: &[VerifyingKey]) -> Result<HeadVerified, VerifyError> {
        if self.parsed.base.needs_body() {
            return Err(VerifyError::BodyNeeded);
        }
        let (key_index, key) = self.matching_key(keys, b"")?;
        Ok(self.into_head(key_index, key))
    }

    fn matching_key<'k>(
        &self,
        keys: &'k [VerifyingKey],
        body: &[u8],
    ) -> Result<(usize, &'k VerifyingKey), VerifyError> {
        let parts = self.parsed.base.parts(body);
        let (most, algorithms) = self.keys;
        let agrees = |key: &VerifyingKey| match self.parsed.algorithm {
            StatedAlgorithm::AsTheKey => true,
            StatedAlgorithm::Named(stated) => stated == key.algorithm(),
        };
        let usable = |(_, key): &(usize, &VerifyingKey)| agrees(key) && algorithms.contains(key.algorithm());
        let mut tried = false;
        for (index, key) in keys.iter().enumerate().filter(usable).take(most) {
            tried = true;
            if key.verify(&parts, &self.parsed.signatures) {
                return Ok((index, key));
            }
        }
        if tried {
            return Err(VerifyError::SignatureMismatch);
        }
        // As much work as for a wrong signature, so that the time tells neither from an unknown key.
        let _ = DECOY.verify(&parts, &self.parsed.signatures);
        Err(match keys.iter().find(|key| agrees(key)) {
            Some(key) => VerifyError::AlgorithmNotAllowed(key.algorithm()),
            None if keys.is_empty() => VerifyError::UnknownKey,
            None => VerifyError::AlgorithmMismatch,
        })
    }

    fn into_head(mut self, key_index: usize, key: &VerifyingKey) -> HeadVerified {
        let body = std::mem::take(&mut self.parsed.digests).check();
        let body_refused = self.body_refused.take();
        HeadVerified { verified: self.into_verified(key_index, key), body, body_refused, has_body: false }
    }

    #[inline]
    fn into_verified(self, key_index: usize, key: &VerifyingKey) -> Verified {
        Verified {
            scheme: self.scheme,
            key_id: self.parsed.key_id,
            key: key.clone(),
            key_index,
            covered: self.parsed.covered,
            signed_at: self.parsed.times.covered().min(),
            valid_until: self.valid_until,
        }
    }
}

/// What an unknown key is verified with.
static DECOY: LazyLock<VerifyingKey> = LazyLock::new(VerifyingKey::decoy);

impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified").field("scheme", &self.scheme).field("parsed", &self.parsed).finish_non_exhaustive()
    }
}

/// A head whose signature holds. The body is still anybody's: pass all of it through [`update`](HeadVerified::update), then
/// [`finish`](HeadVerified::finish).
#[must_use = "the body is not proven until finish"]
pub struct HeadVerified {
    verified: Verified,
    body: BodyCheck,
    body_refused: Option<Component>,
    has_body: bool,
}

impl HeadVerified {
    /// The id of the key with which the head is signed.
    #[must_use]
    pub const fn key_id(&self) -> Option<&KeyId> {
        self.verified.key_id()
    }

    /// Takes in the next bytes of the body, as on the wire.
    pub fn update(&mut self, bytes: &[u8]) {
        self.has_body |= !bytes.is_empty();
        self.body.update(bytes);
    }

    /// Ends the body.
    ///
    /// # Errors
    /// When the body is not the one whose digest was signed, or when there was one and the policy wants more covered then.
    pub fn finish(self) -> Result<Verified, VerifyError> {
        match self.body_refused {
            Some(component) if self.has_body => Err(VerifyError::NotCovered(component)),
            _ => self.body.finish().map(|()| self.verified),
        }
    }
}

impl fmt::Debug for HeadVerified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeadVerified").field("verified", &self.verified).finish_non_exhaustive()
    }
}

/// The proof that a request was signed with a key and is unchanged in what was covered. Made here and nowhere else.
#[derive(Clone, Debug)]
pub struct Verified {
    scheme: SchemeName,
    key_id: Option<KeyId>,
    key: VerifyingKey,
    key_index: usize,
    covered: CoveredComponents,
    signed_at: Option<UnixTime>,
    valid_until: Option<UnixTime>,
}

impl Verified {
    /// The scheme in which the request was signed.
    #[must_use]
    pub const fn scheme(&self) -> SchemeName {
        self.scheme
    }

    /// The id of the key; `None` in a scheme that names none.
    #[must_use]
    pub const fn key_id(&self) -> Option<&KeyId> {
        self.key_id.as_ref()
    }

    /// The key that matched.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Which of the keys matched, by its place in the slice that was given.
    #[must_use]
    pub const fn key_index(&self) -> usize {
        self.key_index
    }

    /// What the signature covers. Whatever is not among it is not proven.
    #[must_use]
    pub const fn covered(&self) -> &CoveredComponents {
        &self.covered
    }

    /// When the request says that it was signed, the earliest where it says so twice; `None` only if the policy wanted no
    /// time.
    #[must_use]
    pub const fn signed_at(&self) -> Option<UnixTime> {
        self.signed_at
    }

    /// The last moment at which this policy would accept the same request.
    #[must_use]
    pub const fn valid_until(&self) -> Option<UnixTime> {
        self.valid_until
    }
}
