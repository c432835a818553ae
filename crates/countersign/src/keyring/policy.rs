//! How many keys a ring has in which state, and which of them sign and verify.

use std::time::Duration;

/// What becomes of the keys that were active until now when another one is activated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnActivate {
    /// They are disposed at once, and can be restored.
    DisposeOld,
    /// They are retiring for so long.
    RetireOld(Duration),
    /// They stay active.
    KeepOld,
}

/// Which keys of a ring sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignWith {
    /// The newest of the active ones.
    Newest,
    /// All that are active or retiring, each with a signature of its own, in schemes that carry several.
    All,
    /// The oldest of those that are active or retiring, so that a new key is used once the old one is over.
    Oldest,
}

/// How many keys a ring has in which state, and which of them sign and verify.
///
/// By default: any number of pending and active keys, of which the newest active one signs, until each is retired or disposed of by
/// itself; pending keys do not verify; at most four keys are tried. This is for schemes that name the key.
///
/// ```
/// use countersign::{OnActivate, RingPolicy, SignWith};
///
/// // A header for each of up to a hundred keys, as DocuSign Connect sends them.
/// let policy = RingPolicy::default().max_pending(0).max_active(100).sign_with(SignWith::All).max_tried(100);
/// assert_eq!(policy.on_activation(), OnActivate::KeepOld);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingPolicy {
    pub(super) max_pending: Option<usize>,
    pub(super) replace_pending: bool,
    pub(super) max_active: Option<usize>,
    pub(super) on_activate: OnActivate,
    pub(super) sign_with: SignWith,
    pub(super) accept_pending: bool,
    pub(super) max_tried: usize,
}

impl Default for RingPolicy {
    fn default() -> Self {
        Self {
            max_pending: None,
            replace_pending: false,
            max_active: None,
            on_activate: OnActivate::KeepOld,
            sign_with: SignWith::Newest,
            accept_pending: false,
            max_tried: 4,
        }
    }
}

impl RingPolicy {
    /// One key at a time, with another one ready: at most one is pending, which a new one replaces, and at most one is active, which is
    /// disposed of when another one is activated. Disposed keys can be restored.
    ///
    /// These are Gnatta's signing keys: generate, activate, dispose, restore. Since the change is a hard cut, whoever receives holds
    /// the new key as pending ahead of it and sets [`accept_pending`](Self::accept_pending).
    #[must_use]
    pub fn one_at_a_time() -> Self {
        let policy = Self::default().max_pending(1).replacing_pending(true);
        policy.max_active(1).on_activate(OnActivate::DisposeOld)
    }

    /// One active key. When another one is activated, it goes on for so long, and until then every message is signed with both: whoever
    /// receives changes over at any moment in between.
    ///
    /// This is how Standard Webhooks, Svix and Stripe rotate, for up to 24 hours.
    #[must_use]
    pub fn overlapping(span: Duration) -> Self {
        Self::default().max_active(1).on_activate(OnActivate::RetireOld(span)).sign_with(SignWith::All)
    }

    /// The most keys that are pending at once; any number unless set.
    #[must_use]
    pub const fn max_pending(mut self, most: usize) -> Self {
        self.max_pending = Some(most);
        self
    }

    /// Whether a pending key beyond the most takes the place of the oldest, which is disposed; it is refused unless set.
    #[must_use]
    pub const fn replacing_pending(mut self, replace: bool) -> Self {
        self.replace_pending = replace;
        self
    }

    /// The most keys that are active at once, those that are retiring not counted; any number unless set.
    #[must_use]
    pub const fn max_active(mut self, most: usize) -> Self {
        self.max_active = Some(most);
        self
    }

    /// What becomes of the active keys when another one is activated; they stay active unless set.
    #[must_use]
    pub const fn on_activate(mut self, then: OnActivate) -> Self {
        self.on_activate = then;
        self
    }

    /// Which keys sign; the newest unless set.
    #[must_use]
    pub const fn sign_with(mut self, keys: SignWith) -> Self {
        self.sign_with = keys;
        self
    }

    /// Whether pending keys verify, for receivers whose sender changes over at a moment of its own; they do not unless set.
    #[must_use]
    pub const fn accept_pending(mut self, accept: bool) -> Self {
        self.accept_pending = accept;
        self
    }

    /// The most keys that are tried for one request, newest first; four unless set. [`Policy::max_keys`](crate::Policy::max_keys)
    /// limits the verifier by itself.
    #[must_use]
    pub const fn max_tried(mut self, most: usize) -> Self {
        self.max_tried = most;
        self
    }

    /// What becomes of the active keys when another one is activated.
    #[must_use]
    pub const fn on_activation(&self) -> OnActivate {
        self.on_activate
    }

    /// Which keys sign.
    #[must_use]
    pub const fn signs_with(&self) -> SignWith {
        self.sign_with
    }
}
