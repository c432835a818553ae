//! A ring as a server's loader.

use std::{convert::Infallible, fmt, future::Future, sync::Arc};

use crate::{
    keyring::{RingKeyInfo, RingKeys, SharedKeyRing},
    loader::{Claim, Credential, KeyLoader},
    time::UnixTime,
    verify::Verified,
};

/// The keys of one ring as a server's loader, while the ring changes.
///
/// A request that names a key is verified with the keys of that name and no others; one in a scheme that names none with whatever the
/// ring accepts at that moment. A server of many parties has a ring for each: it finds the party by the claim's target or key id in a
/// loader of its own, and answers with [`RingCaller::credential`].
///
/// Do not put a cache such as `CachedKeys` of countersign-cache in front: a key that is disposed of would go on verifying until its time in
/// the cache is over. What it holds for requests that name no key ends earlier only with `invalidate_all`.
///
/// ```
/// use countersign::{KeyLoader, KeyRing, RingCaller, RingLoader, RingPolicy, SharedKeyRing};
/// use std::time::SystemTime;
///
/// let ring = SharedKeyRing::new(KeyRing::new(RingPolicy::one_at_a_time().accept_pending(true)));
/// let loader = RingLoader::new(ring.clone(), || SystemTime::now().into()).with_context("Gnatta");
///
/// fn takes_a_loader(_: impl KeyLoader<Caller = RingCaller<&'static str>>) {}
/// takes_a_loader(loader);
/// ```
#[derive(Clone)]
pub struct RingLoader<C = ()> {
    ring: SharedKeyRing,
    clock: Arc<dyn Fn() -> UnixTime + Send + Sync>,
    context: C,
}

impl RingLoader {
    /// Loads from `ring`, with the time that `clock` tells.
    #[must_use]
    pub fn new(ring: SharedKeyRing, clock: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        Self { ring, clock: Arc::new(clock), context: () }
    }
}

impl<C> RingLoader<C> {
    /// The same with a context for handlers, such as who the ring belongs to.
    #[must_use]
    pub fn with_context<D>(self, context: D) -> RingLoader<D> {
        RingLoader { ring: self.ring, clock: self.clock, context }
    }

    /// The ring.
    #[must_use]
    pub const fn ring(&self) -> &SharedKeyRing {
        &self.ring
    }
}

impl<C: Clone + Send + Sync + 'static> KeyLoader for RingLoader<C> {
    type Caller = RingCaller<C>;
    type Error = Infallible;

    fn load(&self, claim: Claim) -> impl Future<Output = Result<Option<Credential<RingCaller<C>>>, Infallible>> + Send {
        let keys = self.ring.snapshot().verifying((self.clock)(), claim.key_id());
        std::future::ready(Ok(RingCaller::credential(keys, self.context.clone())))
    }
}

impl<C: fmt::Debug> fmt::Debug for RingLoader<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingLoader").field("ring", &self.ring).field("context", &self.context).finish_non_exhaustive()
    }
}

/// Who a ring belongs to, and which of its keys a request was verified with.
#[derive(Clone, Debug)]
pub struct RingCaller<C = ()> {
    context: C,
    keys: Arc<[RingKeyInfo]>,
}

impl<C> RingCaller<C> {
    /// What a loader answers for a ring's keys; `None` where there are none, since the key is unknown then.
    #[must_use]
    pub fn credential(keys: RingKeys, context: C) -> Option<Credential<Self>> {
        let (keys, info) = keys.into_parts();
        (!keys.is_empty()).then(|| Credential { keys, caller: Self { context, keys: info }, realm: None })
    }

    /// The context that the loader was given.
    #[must_use]
    pub const fn context(&self) -> &C {
        &self.context
    }

    /// The key that a request was verified with, and its state when the ring was asked. Count them, and you see when the old key is no
    /// longer used. `proof` is that of the request whose caller this is.
    ///
    /// ```
    /// use countersign::{RingCaller, Verified};
    ///
    /// // In a handler: `count(request.caller(), request.proof())`.
    /// fn count(caller: &RingCaller<&'static str>, proof: &Verified) {
    ///     if let Some(key) = caller.matched(proof) {
    ///         println!("{} signed with {}, which is {}", caller.context(), key.id, key.state);
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn matched(&self, proof: &Verified) -> Option<&RingKeyInfo> {
        self.keys.get(proof.key_index())
    }
}

#[cfg(test)]
mod tests;
