//! What passes through the joint on the way in: what a request claims.

use std::fmt;

use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::{
    algorithm::Algorithm, component::CoveredComponents, digest::ExpectedDigests, field::WellKnown, key::KeyId,
    signature::Signature, signature_base::SignatureBase, time::UnixTime,
};

/// The algorithm as the request states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatedAlgorithm {
    /// None, or `hs2019`: what the key says.
    AsTheKey,
    /// This one, so the key has to agree.
    Named(Algorithm),
}

/// When a request says that it was signed and that it expires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SignedTimes {
    /// A covered time of signing that a parameter of the signature gives.
    pub(crate) created: Option<UnixTime>,
    /// A covered time of signing that a field of the request gives.
    pub(crate) date: Option<UnixTime>,
    /// Another such time, of a second field.
    pub(crate) other_date: Option<UnixTime>,
    /// Whether such a field is covered and cannot be read.
    pub(crate) date_is_unreadable: bool,
    /// A covered time after which the signature is void.
    pub(crate) expires: Option<UnixTime>,
    /// The same two parameters where they are stated without being covered: they can only hurt the signature.
    pub(crate) stated_created: Option<UnixTime>,
    pub(crate) stated_expires: Option<UnixTime>,
}

/// What a request claims, read but not checked: nothing can be verified with it. Only
/// [`Verifier::begin`](crate::Verifier::begin) goes on from here.
#[must_use]
pub struct Parsed {
    pub(crate) key_id: Option<KeyId>,
    pub(crate) algorithm: StatedAlgorithm,
    /// The field in which the signature stands, where it is one that is known ahead.
    pub(crate) place: Option<WellKnown>,
    /// Whether only keys that were made for this very scheme serve it.
    pub(crate) own_keys: bool,
    /// Further key ids and the signatures that stand under them, where a request is signed with several keys by name.
    pub(crate) others: Vec<(KeyId, SmallVec<[Signature; 1]>)>,
    /// Whether signatures of several keys may stand beside each other: which of them is left is then anybody's to say.
    pub(crate) may_have_several: bool,
    /// What the sender calls this delivery.
    pub(crate) delivery: Option<Delivery>,
    /// The SHA-256 of the body that all this was read from, where the base has no hole for it: nothing else would tell it from
    /// another one.
    pub(crate) read_from: Option<[u8; 32]>,
    /// One, or several of which any may match.
    pub(crate) signatures: SmallVec<[Signature; 1]>,
    /// Whether ECDSA signatures may be two numbers side by side.
    pub(crate) raw_ecdsa: bool,
    pub(crate) base: SignatureBase,
    /// The base under other readings of the target than as it was sent, where they are accepted, in order; usually none.
    pub(crate) other_bases: Vec<SignatureBase>,
    pub(crate) covered: CoveredComponents,
    pub(crate) times: SignedTimes,
    pub(crate) digests: ExpectedDigests,
}

/// A sender's own id of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) id: SmolStr,
    pub(crate) is_covered: bool,
}

impl SignedTimes {
    /// The covered times of signing.
    pub(crate) fn covered(&self) -> impl Iterator<Item = UnixTime> {
        [self.created, self.date, self.other_date].into_iter().flatten()
    }
}

impl Parsed {
    /// A claim of nothing, for a scheme to fill.
    #[inline]
    pub(crate) fn empty() -> Self {
        Self {
            key_id: None,
            algorithm: StatedAlgorithm::AsTheKey,
            own_keys: false,
            others: Vec::new(),
            may_have_several: false,
            delivery: None,
            read_from: None,
            place: None,
            signatures: SmallVec::new(),
            raw_ecdsa: false,
            base: SignatureBase::new(),
            other_bases: Vec::new(),
            covered: CoveredComponents::none(),
            times: SignedTimes::default(),
            digests: ExpectedDigests::none(),
        }
    }
}

impl fmt::Debug for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parsed").field("key_id", &self.key_id).field("covered", &self.covered).finish_non_exhaustive()
    }
}
