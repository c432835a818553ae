//! Signing: from a request to what has to be added to it.

use std::{sync::Arc, time::Duration};

use crate::{
    authority::{Unclear, clear_authority},
    component::Component,
    coverage::{Coverage, When},
    error::SignError,
    field::WellKnown,
    key::{KeyMetadata, SigningKey},
    request::Request,
    scheme::{BodyUse, Scheme, SignatureParts, SigningParams, Unsigned},
    time::UnixTime,
};

/// How long a signature lives whose scheme states an end and whose signer sets none: as long as the default policy accepts
/// it.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(300);

/// A scheme, what to cover, and the key to sign with; cheap to clone.
///
/// ```
/// use countersign::{Cavage, Request, Secret, Signer, SigningKey, UnixTime, When};
///
/// let secret = Secret::new("correct horse battery staple")?;
/// let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?)
///     .cover("x-request-id".parse()?, When::Present);
///
/// let fields = [("host", "api.example"), ("content-type", "application/json")];
/// let request = Request::new("POST", "/orders", &fields).with_body(br#"{"item":1}"#);
/// let parts = signer.sign(&request, UnixTime::from_secs(784_111_777))?;
///
/// let names: Vec<_> = parts.fields.iter().map(|field| field.name.as_str()).collect();
/// assert_eq!(names, ["date", "digest", "signature"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Signer {
    scheme: Arc<dyn Scheme>,
    coverage: Arc<Coverage>,
    lifetime: Duration,
    keys: Arc<[Arc<SigningKey>]>,
    metadata: Arc<[KeyMetadata]>,
    /// What the scheme writes for these keys whatever the request.
    prepared: Arc<str>,
}

impl Signer {
    /// Signs with one key, covering what the scheme's dialect does: [`Coverage::standard`] under
    /// [`Cavage::new`](crate::Cavage::new).
    #[must_use]
    pub fn new(scheme: impl Scheme, key: SigningKey) -> Self {
        Self::with_keys(scheme, vec![key])
    }

    /// Signs with several keys at once, in a scheme that carries several signatures.
    #[must_use]
    pub fn with_keys(scheme: impl Scheme, keys: Vec<SigningKey>) -> Self {
        Self::with_shared_keys(scheme, keys.into_iter().map(Arc::new).collect())
    }

    /// Signs with several keys at once that others hold as well, such as those of a [`KeyRing`](crate::KeyRing).
    #[must_use]
    pub fn with_shared_keys(scheme: impl Scheme, keys: Vec<Arc<SigningKey>>) -> Self {
        let metadata = keys.iter().map(|key| key.metadata().clone()).collect();
        Self { keys: keys.into(), ..Self::for_remote_keys(scheme, metadata) }
    }

    /// The same with other keys.
    pub(crate) fn signing_with(&self, keys: Vec<Arc<SigningKey>>) -> Self {
        let metadata: Vec<_> = keys.iter().map(|key| key.metadata().clone()).collect();
        let prepared = self.scheme.fixed_text(&metadata).into();
        Self { keys: keys.into(), metadata: metadata.into(), prepared, ..self.clone() }
    }

    pub(crate) fn most_signatures(&self) -> usize {
        self.scheme.most_signatures()
    }

    /// Prepares requests for keys that live in a KMS or an HSM: [`prepare`](Self::prepare) gives the bytes to sign,
    /// [`Unsigned::attach`] takes the signatures. [`sign`](Self::sign) fails, since there is no key here.
    ///
    /// ```
    /// use countersign::{Algorithm, Cavage, KeyMetadata, Request, Signature, Signer, UnixTime};
    ///
    /// fn ask_the_kms(bytes: &[u8]) -> Vec<u8> {
    ///     vec![0; 32] // over there
    /// }
    ///
    /// let key = KeyMetadata::new("alice".parse()?, Algorithm::HmacSha256);
    /// let signer = Signer::for_remote_keys(Cavage::new(), vec![key]);
    /// let fields = [("host", "api.example")];
    /// let request = Request::new("GET", "/orders", &fields).with_body(b"");
    /// let unsigned = signer.prepare(&request, UnixTime::from_secs(784_111_777))?;
    /// let signature = Signature::new(&ask_the_kms(&unsigned.signature_base()));
    /// let parts = unsigned.attach(&[signature])?;
    /// assert_eq!(parts.fields.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn for_remote_keys(scheme: impl Scheme, keys: Vec<KeyMetadata>) -> Self {
        Self {
            coverage: Arc::new(scheme.coverage()),
            prepared: scheme.fixed_text(&keys).into(),
            scheme: Arc::new(scheme),
            lifetime: DEFAULT_LIFETIME,
            metadata: keys.into(),
            keys: Arc::new([]),
        }
    }

    /// How the scheme protects the body.
    #[must_use]
    pub fn body_use(&self) -> BodyUse {
        self.scheme.body_use()
    }

    /// The keys that sign, in order.
    #[must_use]
    pub fn keys(&self) -> &[KeyMetadata] {
        &self.metadata
    }

    /// Covers this instead.
    #[must_use]
    pub fn covering(mut self, coverage: Coverage) -> Self {
        self.coverage = Arc::new(coverage);
        self
    }

    /// Covers one more component, beside what is covered already.
    #[must_use]
    pub fn cover(mut self, component: Component, when: When) -> Self {
        self.coverage = Arc::new(Coverage::clone(&self.coverage).and(component, when));
        self
    }

    /// The same without the body: nothing of what is covered so far binds it, neither `digest`, `content-digest` and `x-content-sha256`
    /// nor `content-length`. For requests whose body is a stream that cannot be read ahead.
    ///
    /// Anybody on the way can put another body in place of the one that was sent, under a signature that holds. The default
    /// [`Policy`](crate::Policy) refuses a request that has a body and is signed so. Such a field that the request carries is sent as it
    /// is, and proves nothing. What else describes the body stays covered, as `content-type` does.
    ///
    /// Where the scheme signs the body itself ([`BodyUse::Signed`](crate::BodyUse::Signed)) signing goes on failing without it.
    ///
    /// ```
    /// use countersign::{Cavage, Request, Secret, SignError, Signer, SigningKey, UnixTime};
    ///
    /// let secret = Secret::new("correct horse battery staple")?;
    /// let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
    /// let (fields, now) = ([("host", "api.example")], UnixTime::from_secs(784_111_777));
    /// let streamed = Request::new("POST", "/upload", &fields);
    /// assert_eq!(signer.sign(&streamed, now).err(), Some(SignError::UnreadBody));
    ///
    /// let parts = signer.dangerous_not_covering_the_body().sign(&streamed, now)?;
    /// assert!(parts.fields.iter().all(|field| field.name.as_str() != "digest"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn dangerous_not_covering_the_body(mut self) -> Self {
        self.coverage = Arc::new(Coverage::clone(&self.coverage).not_binding_the_body());
        self
    }

    /// The signer for the same request once more, after a server answered it with 401 and asked for more to be covered (draft-cavage 12
    /// section 3.1.1): what this one covers, and then whatever the server lists that is not covered in this request yet.
    ///
    /// `challenges` are all values of `WWW-Authenticate` of the answer. The answer proves nothing of who wrote it, so it can only ask for
    /// more, and only for what is in `allowed`. Signing fails where the request lacks what is asked for and it cannot be made.
    ///
    /// `None` when the challenges ask for nothing else, so that signing once more would change nothing; when they ask for anything that
    /// is neither covered in this request nor in `allowed`; when none of them is of the signer's scheme, or two are; and when any of the
    /// values cannot be read or is longer than [8 KiB](crate::Cavage::MAX_FIELD_LEN), or more than
    /// [`MAX_COMPONENTS`](crate::MAX_COMPONENTS) are listed. Webhooks know of no challenge.
    ///
    /// ```
    /// use countersign::{Cavage, Component, Request, Secret, Signer, SigningKey, UnixTime, WellKnown};
    ///
    /// let secret = Secret::new("correct horse battery staple")?;
    /// let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
    /// let fields = [("host", "api.example")];
    /// let request = Request::new("GET", "/orders", &fields).with_body(b"");
    ///
    /// let answer = [&br#"Signature realm="orders",headers="(request-target) host date digest""#[..]];
    /// let allowed = [Component::field(WellKnown::Digest)];
    /// let signer = signer.answering(&request, answer, &allowed).unwrap();
    /// let parts = signer.sign(&request, UnixTime::from_secs(784_111_777))?;
    /// assert_eq!(parts.fields[1].name.as_str(), "digest");
    ///
    /// // It covers all that was asked for.
    /// assert!(signer.answering(&request, answer, &allowed).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn answering<'c>(
        &self,
        request: &Request<'_>,
        challenges: impl IntoIterator<Item = &'c [u8]>,
        allowed: &[Component],
    ) -> Option<Self> {
        let asked = self.scheme.asked_for(&mut challenges.into_iter())?;
        // What is covered wherever it is present is absent here, and there is nothing more to cover: servers ask for it all the same.
        let is_covered = |component: &&Component| {
            let present = self.coverage.iter().any(|(own, when)| own == *component && *when == When::Present);
            present || self.coverage.due(request).any(|due| due == *component)
        };
        let mut missing = asked.iter().filter(|component| !is_covered(component)).peekable();
        missing.peek()?;
        let coverage = missing.try_fold(Coverage::clone(&self.coverage), |coverage, component| {
            allowed.contains(component).then(|| coverage.and(component.clone(), When::Always))
        })?;
        Some(self.clone().covering(coverage))
    }

    /// How long after signing a covered `(expires)` lies; 300 seconds unless set.
    #[must_use]
    pub const fn expiring_after(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Signs a request. A covered `Date`, `Digest` or `Content-Length` that is missing is made and is among the parts.
    ///
    /// `request.body` has to be there for the digest to be made: `Some(b"")` says that there is no body, `None` that it
    /// is not at hand, which needs a `Digest` field in the request.
    ///
    /// # Errors
    /// When the request lacks what is to be covered, and when every verifier would refuse it: its authority is not one host, or
    /// `Connection` names a field that is to be covered. Nothing has been changed then.
    pub fn sign(&self, request: &Request<'_>, now: UnixTime) -> Result<SignatureParts, SignError> {
        let mut unsigned = self.prepare(request, now)?;
        let parts = unsigned.base_parts();
        match &*self.keys {
            [key] => {
                let signature = key.sign(&parts)?;
                unsigned.fill(&[signature])
            }
            keys => {
                let signatures: Result<Vec<_>, _> = keys.iter().map(|key| key.sign(&parts)).collect();
                unsigned.fill(&signatures?)
            }
        }
    }

    /// Lays a request out for signing elsewhere.
    ///
    /// # Errors
    /// As for [`Signer::sign`].
    pub fn prepare<'r>(&self, request: &Request<'r>, now: UnixTime) -> Result<Unsigned<'r>, SignError> {
        clear_authority(request).map_err(unclear)?;
        let params = SigningParams::new(&self.metadata, &self.coverage, now.plus(self.lifetime), &self.prepared);
        self.scheme.prepare(request, &params, now)
    }
}

#[cold]
fn unclear(unclear: Unclear) -> SignError {
    match unclear {
        Unclear::Several => SignError::Ambiguous(WellKnown::Host.into()),
        Unclear::Unusable => SignError::UnusableAuthority,
        Unclear::Mismatch => SignError::AuthorityMismatch,
    }
}

#[cfg(test)]
mod tests;
