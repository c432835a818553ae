//! From a claim to the proof of who sent a request.

#[cfg(test)]
mod tests;
mod verified;

use std::{fmt, sync::Arc};

use self::verified::Fingerprints;
pub use self::verified::{DeliveryId, Verified};
use crate::{
    algorithm::{Algorithm, AlgorithmSet, Family},
    component::{Component, CoveredComponents},
    crypto::sha256,
    digest::BodyCheck,
    error::VerifyError,
    fingerprint::{Fingerprint, Of},
    key::{KeyId, VerifyingKey, decoy},
    replay::Acceptance,
    scheme::{Parsed, StatedAlgorithm},
    scheme_name::SchemeName,
    signature::with_raw_ecdsa,
    time::UnixTime,
};

/// A signature that was read and is within the policy, but not checked: everything it says is a claim.
///
/// Owned, so that it can be held while the keys are loaded.
#[must_use = "nothing is proven until the signature is verified"]
pub struct Unverified {
    pub(crate) parsed: Parsed,
    /// How many keys may be tried, and of which algorithms.
    keys: (usize, AlgorithmSet),
    scheme: SchemeName,
    pub(crate) valid_until: Option<UnixTime>,
    /// What a fingerprint is made within, where one is wanted.
    pub(crate) realm: Option<Arc<str>>,
    /// A realm within it, of whoever the keys belong to.
    own_realm: Option<Arc<str>>,
    /// What a body would need covered and is not.
    pub(crate) body_refused: Option<Component>,
}

impl Unverified {
    /// A claim of nothing, which [`Verifier::begin`](crate::Verifier::begin) alone makes and fills.
    #[inline]
    pub(crate) fn of_nothing(scheme: SchemeName, keys: (usize, AlgorithmSet)) -> Self {
        Self {
            parsed: Parsed::empty(),
            keys,
            scheme,
            valid_until: None,
            realm: None,
            own_realm: None,
            body_refused: None,
        }
    }

    /// The key id that the request claims; `None` in a scheme that names none.
    #[must_use]
    pub const fn key_id(&self) -> Option<&KeyId> {
        self.parsed.key_id.as_ref()
    }

    /// The key ids beside it, in a scheme that signs with several keys by name.
    pub fn other_key_ids(&self) -> impl Iterator<Item = &KeyId> {
        self.parsed.others.iter().map(|(id, _)| id)
    }

    /// The same with one of the [other key ids](Self::other_key_ids), whose signatures alone count then; unchanged for any other id.
    pub fn with_key_id(mut self, id: &KeyId) -> Self {
        let at = self.parsed.others.iter().position(|(other, _)| other == id);
        if let Some((id, signatures)) = at.map(|at| self.parsed.others.swap_remove(at)) {
            let signatures = std::mem::replace(&mut self.parsed.signatures, signatures);
            let earlier = self.parsed.key_id.replace(id);
            self.parsed.others.extend(earlier.map(|id| (id, signatures)));
        }
        self
    }

    /// The scheme in which the request is signed.
    #[must_use]
    pub const fn scheme(&self) -> &SchemeName {
        &self.scheme
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

    /// The same, with [fingerprints](Verified::fingerprint) within a realm of whoever the keys belong to: that of their
    /// [`Credential`](crate::Credential).
    pub fn in_realm(mut self, realm: Arc<str>) -> Self {
        self.own_realm = Some(realm);
        self
    }

    /// Verifies the signature and the body together. `body` is the whole body as on the wire.
    ///
    /// Call it with no keys at all for an unknown key id: that takes about as long as a wrong signature does, as long as the kind of
    /// key shows in what the request states, in the signature's length, or in [`Policy::only_algorithms`](crate::Policy::only_algorithms).
    ///
    /// # Errors
    /// When no key fits, or when the body is not the one that was signed.
    pub fn verify(self, keys: &[VerifyingKey], body: &[u8]) -> Result<Verified, VerifyError> {
        if self.parsed.read_from.is_some_and(|read_from| read_from != sha256(body)) {
            return Err(VerifyError::OtherBody);
        }
        let found = self.matching_key(keys, body)?;
        let unasked = self.body_refused.is_none() || body.is_empty();
        if unasked && !self.parsed.digests.is_some() {
            return Ok(self.into_verified(&found, body));
        }
        let mut head = self.into_head(&found, body);
        head.update(body);
        head.finish()
    }

    /// Verifies the head alone, before any of the body is read.
    ///
    /// # Errors
    /// When no key fits; [`VerifyError::BodyNeeded`] when the scheme signs the body directly.
    pub fn verify_head(self, keys: &[VerifyingKey]) -> Result<HeadVerified, VerifyError> {
        if self.parsed.base.needs_body() || self.parsed.read_from.is_some() {
            return Err(VerifyError::BodyNeeded);
        }
        let found = self.matching_key(keys, b"")?;
        Ok(self.into_head(&found, b""))
    }

    fn matching_key<'k>(&self, keys: &'k [VerifyingKey], body: &[u8]) -> Result<Match<'k>, VerifyError> {
        let (most, algorithms) = self.keys;
        // A key serves the scheme that it was made for, and no other: the same secret may be used in two of them.
        let serves = |key: &VerifyingKey| match key.scheme() {
            None => !self.parsed.own_keys,
            Some(scheme) => self.parsed.own_keys && *scheme == self.scheme,
        };
        let agrees = |key: &VerifyingKey| {
            let stated = match self.parsed.algorithm {
                StatedAlgorithm::AsTheKey => true,
                StatedAlgorithm::Named(stated) => stated == key.algorithm(),
            };
            stated && serves(key)
        };
        let (mut tried, mut found) = (false, None);
        // Those that the policy does not accept count among them: a stricter policy must not come to keys that another never tries.
        for (index, key) in keys.iter().enumerate().filter(|(_, key)| agrees(key)).take(most) {
            if !algorithms.contains(key.algorithm()) {
                continue;
            }
            tried = true;
            // None is left out behind the one that fits, so that the time does not tell which it was.
            let reading = self.matching_reading(key, body);
            let fits = reading.map(|reading| Match { index, key, reading });
            found = found.or(fits);
        }
        if let Some(found) = found {
            return Ok(found);
        }
        if tried {
            return Err(VerifyError::SignatureMismatch);
        }
        // As much work as for a wrong signature, so that the time does not tell one from an unknown key.
        let stated = match self.parsed.algorithm {
            StatedAlgorithm::AsTheKey => None,
            StatedAlgorithm::Named(stated) => Some(stated),
        };
        let len = self.parsed.signatures.first().map_or(0, |signature| signature.as_bytes().len());
        if let Some(decoy) = decoy(stated, algorithms, len) {
            std::hint::black_box(self.matching_reading(decoy, body));
        }
        Err(match keys.iter().find(|key| agrees(key)) {
            Some(key) => VerifyError::AlgorithmNotAllowed(key.algorithm()),
            None if keys.is_empty() => VerifyError::UnknownKey,
            None if !keys.iter().any(serves) => VerifyError::KeyOfOtherScheme,
            None => VerifyError::AlgorithmMismatch,
        })
    }

    /// Under which reading of the target one of the signatures is this key's.
    fn matching_reading(&self, key: &VerifyingKey, body: &[u8]) -> Option<usize> {
        let converted = (self.parsed.raw_ecdsa && key.algorithm().family() == Family::Ecdsa)
            .then(|| with_raw_ecdsa(&self.parsed.signatures));
        let signatures = converted.as_ref().unwrap_or(&self.parsed.signatures);
        let mut bases = std::iter::once(&self.parsed.base).chain(&self.parsed.other_bases);
        bases.position(|base| key.verify(&base.parts(body), signatures))
    }

    fn into_head(mut self, found: &Match<'_>, signed_body: &[u8]) -> HeadVerified {
        let body = std::mem::take(&mut self.parsed.digests).check();
        let body_refused = self.body_refused.take();
        HeadVerified { verified: self.into_verified(found, signed_body), body, body_refused, has_body: false }
    }

    #[inline]
    fn into_verified(self, found: &Match<'_>, body: &[u8]) -> Verified {
        Verified {
            fingerprints: self.realm.as_deref().map(|realm| Box::new(self.fingerprints(realm, found, body))),
            scheme: self.scheme,
            key_id: self.parsed.key_id,
            delivery: self.parsed.delivery,
            key: found.key.clone(),
            key_index: found.index,
            target_is_as_sent: found.reading == 0,
            covered: self.parsed.covered,
            signed_at: self.parsed.times.covered().min(),
            valid_until: self.valid_until,
        }
    }
}

impl Unverified {
    fn fingerprints(&self, realm: &str, found: &Match<'_>, body: &[u8]) -> Fingerprints {
        let (scheme, key_id) = (self.scheme.as_str().as_bytes(), self.parsed.key_id.as_ref().map(KeyId::as_str));
        // The key itself rather than what it is called: a store that finds one key under two ids would let a request pass under each.
        // Where several may sign, whoever takes one signature away would have another key match.
        let key = match (self.parsed.may_have_several, found.key.identity()) {
            (true, _) => &[],
            (false, Some(identity)) => &identity[..],
            (false, None) => key_id.unwrap_or_default().as_bytes(),
        };
        let base =
            found.reading.checked_sub(1).and_then(|at| self.parsed.other_bases.get(at)).unwrap_or(&self.parsed.base);
        let delivery = self.parsed.delivery.as_ref().map(|delivery| {
            let id = delivery.id.as_bytes();
            Fingerprint::of(Of::Delivery, &[scheme, realm.as_bytes(), key], [id, b"", b""])
        });
        // Where a token stands for a signature nothing is signed, and every request would be the same one.
        let signs_nothing = found.key.algorithm() == Algorithm::DangerousToken;
        let bytes = if signs_nothing { [b"", body, b""] } else { base.parts(body) };
        let request = Fingerprint::of(Of::Request, &[scheme, realm.as_bytes(), key], bytes);
        let within = |fingerprint: Fingerprint| match &self.own_realm {
            Some(own) => fingerprint.within(own),
            None => fingerprint,
        };
        Fingerprints { request: within(request), delivery: delivery.map(within), is_webhook: self.parsed.own_keys }
    }
}

/// The key that matched, and how.
struct Match<'k> {
    index: usize,
    key: &'k VerifyingKey,
    /// Under which reading of the target, of which the first is as it was sent.
    reading: usize,
}

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

    /// The scheme in which the request is signed.
    #[must_use]
    pub const fn scheme(&self) -> &SchemeName {
        self.verified.scheme()
    }

    /// What the signature covers. Of the body that is no more than its digest until [`finish`](Self::finish).
    #[must_use]
    pub const fn covered(&self) -> &CoveredComponents {
        self.verified.covered()
    }

    /// What a [`ReplayStore`](crate::ReplayStore) is to remember of the request, as [`Verified::acceptance`] has it. The body is not proven
    /// then: whoever sends this head with another one takes the place of the request that was signed.
    #[must_use]
    pub fn acceptance(&self, otherwise: UnixTime) -> Option<Acceptance> {
        self.verified.acceptance(otherwise)
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
