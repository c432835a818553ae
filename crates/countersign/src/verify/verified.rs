//! The proof.

use crate::{
    component::{Component, CoveredComponents},
    fingerprint::Fingerprint,
    key::{KeyId, VerifyingKey},
    replay::Acceptance,
    scheme::Delivery,
    scheme_name::SchemeName,
    time::UnixTime,
};

/// A sender's own id of a delivery, by which one that is sent again is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryId<'a>(&'a Delivery);

impl<'a> DeliveryId<'a> {
    /// The id as it was sent.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        &self.0.id
    }

    /// Whether the signature covers the id. Where it does not, whoever sends a delivery again can give it another id.
    #[must_use]
    pub const fn is_covered(self) -> bool {
        self.0.is_covered
    }
}

/// The proof that a request was signed with a key and is unchanged in what was covered. Made here and nowhere else.
#[derive(Clone, Debug)]
pub struct Verified {
    pub(super) scheme: SchemeName,
    pub(super) key_id: Option<KeyId>,
    pub(super) delivery: Option<Delivery>,
    pub(super) key: VerifyingKey,
    pub(super) key_index: usize,
    pub(super) target_is_as_sent: bool,
    pub(super) covered: CoveredComponents,
    pub(super) signed_at: Option<UnixTime>,
    pub(super) valid_until: Option<UnixTime>,
    /// In a box, since most requests have none and all pay for the size of the proof.
    pub(super) fingerprints: Option<Box<Fingerprints>>,
}

/// What a request is known by when it comes again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fingerprints {
    pub(super) request: Fingerprint,
    pub(super) delivery: Option<Fingerprint>,
    pub(super) is_webhook: bool,
}

impl Verified {
    /// The scheme in which the request was signed.
    #[must_use]
    pub const fn scheme(&self) -> &SchemeName {
        &self.scheme
    }

    /// What the sender calls this delivery, the same each time that it is sent; `None` in a scheme without such an id.
    #[must_use]
    pub const fn delivery_id(&self) -> Option<DeliveryId<'_>> {
        match &self.delivery {
            Some(delivery) => Some(DeliveryId(delivery)),
            None => None,
        }
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

    /// Whether the target is covered as it was sent, with its query. Where [`Switch`](crate::Switch)es or a dialect allow other
    /// readings, or where the policy asks for no target, it may not be.
    #[must_use]
    pub fn covers_target_as_sent(&self) -> bool {
        self.target_is_as_sent && self.covered.contains(&Component::RequestTarget)
    }

    /// When the request says that it was signed, the earliest where it says so twice; `None` only if the policy wanted no
    /// time.
    #[must_use]
    pub const fn signed_at(&self) -> Option<UnixTime> {
        self.signed_at
    }

    /// What the request is known by when it comes again; `None` unless the verifier [makes fingerprints](crate::Verifier::fingerprinting).
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.fingerprints.as_ref().map(|fingerprints| fingerprints.request)
    }

    /// What a [`ReplayStore`](crate::ReplayStore) is to remember of the request; `None` unless the verifier makes fingerprints. `otherwise` is
    /// how long, where the request is accepted for ever.
    #[must_use]
    pub fn acceptance(&self, otherwise: UnixTime) -> Option<Acceptance> {
        let until = self.valid_until.unwrap_or(otherwise);
        self.fingerprint().map(|fingerprint| Acceptance::new(fingerprint, self.signed_at, until))
    }

    /// What a store is to remember of the delivery of a webhook, until `otherwise` at least: its sender may send it again with another time.
    #[must_use]
    pub fn delivery_acceptance(&self, otherwise: UnixTime) -> Option<Acceptance> {
        let until = self.valid_until.map_or(otherwise, |until| until.max(otherwise));
        self.delivery_fingerprint().map(|fingerprint| Acceptance::new(fingerprint, self.signed_at, until))
    }

    /// What the delivery of a webhook is known by when its sender sends it again: its [id](Self::delivery_id), or where the scheme has none the
    /// [fingerprint](Self::fingerprint). `None` for whatever is no webhook, and unless the verifier makes fingerprints.
    #[must_use]
    pub fn delivery_fingerprint(&self) -> Option<Fingerprint> {
        let fingerprints = self.fingerprints.as_ref().filter(|fingerprints| fingerprints.is_webhook)?;
        Some(fingerprints.delivery.unwrap_or(fingerprints.request))
    }

    /// The last moment at which this policy would accept the same request.
    #[must_use]
    pub const fn valid_until(&self) -> Option<UnixTime> {
        self.valid_until
    }
}
