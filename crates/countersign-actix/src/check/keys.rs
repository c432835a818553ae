//! From a head to who signed it: the claim, its keys, the signature.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::rt::time::{Instant, timeout};
use countersign::{
    Claim, Credential, KeyId, Request, SchemeName, UnixTime, Unverified, Verifier, VerifyError, VerifyingKey,
};
use futures::future::BoxFuture;

use crate::{
    config::{BoxError, SignatureConfig},
    events::{self, Timing},
    refusal::Refusal,
};

/// A check of one request.
pub(super) struct Check<'a, C> {
    pub(super) config: &'a SignatureConfig<C>,
    pub(super) head: Request<'a>,
    pub(super) timing: &'a Timing,
}

/// Why a request does not hold under one scheme.
pub(super) enum Failure {
    /// It may hold under another.
    Cause(Cause),
    /// It cannot be checked at all.
    Refusal(Refusal),
}

/// What was wrong, and how far the check came.
pub(super) struct Cause {
    pub(super) error: VerifyError,
    pub(super) scheme: SchemeName,
    pub(super) key_id: Option<KeyId>,
    pub(super) reached: Reached,
}

/// How far a check came; later values came further.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reached {
    Head,
    Keys,
    Signature,
}

type Loaded<C> = Result<Option<Credential<C>>, BoxError>;

/// How far a check came without waiting.
enum Start<'a, V, C> {
    Unsigned,
    Verified(V, C),
    Waiting(Box<(Unverified, BoxFuture<'a, Loaded<C>>)>),
    /// Signed with several keys by name.
    Several(Box<Several>),
}

/// A request that names several keys.
struct Several {
    unverified: Unverified,
    claim: Claim,
    /// When it was read.
    now: UnixTime,
}

impl<'a, C: 'static> Check<'a, C> {
    /// Finds the keys of a request and verifies it with them; `None` when there is no signature at all.
    pub(super) async fn authenticate<V>(
        &self,
        verifier: &Verifier,
        head: &Request<'_>,
        verify: impl Fn(Unverified, &[VerifyingKey]) -> Result<V, VerifyError>,
    ) -> Result<Option<(V, C)>, Failure> {
        // One poll takes a loader that has its answer ready all the way, with what is large on the stack: every request
        // pays for the size of the future around it.
        let start = poll_fn(|cx| Poll::Ready(self.start(verifier, head, &verify, cx))).await?;
        let mut waiting = match start {
            Start::Unsigned => return Ok(None),
            Start::Verified(verified, caller) => return Ok(Some((verified, caller))),
            Start::Waiting(waiting) => waiting,
            Start::Several(several) => {
                return Box::pin(self.each_key_id(verifier, head, &verify, several)).await.map(Some);
            }
        };
        let answer = Box::pin(self.in_time(&mut waiting.1, self.config.0.key_deadline)).await;
        // Taken out of its box only here, so that there is no room for it in the future of requests that never wait.
        let (unverified, _) = *waiting;
        let answer = answer.ok_or_else(|| too_slow(unverified.scheme(), unverified.key_id()))?;
        self.answer(unverified, answer, &verify).map(Some)
    }

    /// Tries one key id after the other, each with its own keys and its own signatures, until one holds. All of them together have the
    /// one deadline: how many there are is the peer's to say.
    async fn each_key_id<V>(
        &self,
        verifier: &Verifier,
        head: &Request<'_>,
        verify: impl Fn(Unverified, &[VerifyingKey]) -> Result<V, VerifyError>,
        several: Box<Several>,
    ) -> Result<(V, C), Failure> {
        let Several { unverified, claim, now } = *several;
        let ids: Vec<KeyId> = unverified.key_id().into_iter().chain(unverified.other_key_ids()).cloned().collect();
        let (scheme, key_id) = (claim.scheme().clone(), claim.key_id().cloned());
        let mut furthest = Cause { error: VerifyError::UnknownKey, scheme, key_id, reached: Reached::Keys };
        let mut unverified = Some(unverified);
        let mut left = self.config.0.key_deadline;
        for id in ids {
            let since = Instant::now();
            let mut load = self.config.0.loader.load(claim.clone().with_key_id(id.clone()));
            let answer = self.in_time(&mut load, left).await;
            let answer = answer.ok_or_else(|| too_slow(claim.scheme(), Some(&id)))?;
            left = left.saturating_sub(since.elapsed());
            // Verifying takes what was read, so it is read again for each.
            let unverified = match unverified.take() {
                Some(unverified) => unverified,
                None => verifier.begin(head, now).map_err(|error| unreadable(verifier, head, error))?,
            };
            match self.answer(unverified.with_key_id(&id), answer, &verify) {
                Err(Failure::Cause(cause)) if furthest.reached < cause.reached => furthest = cause,
                Err(Failure::Cause(_)) => {}
                ended => return ended,
            }
        }
        Err(Failure::Cause(furthest))
    }

    /// What a loader answers before its deadline.
    async fn in_time(&self, load: &mut BoxFuture<'a, Loaded<C>>, deadline: Duration) -> Option<Loaded<C>> {
        let since = self.timing.now();
        let answer = timeout(deadline, load).await;
        self.timing.loaded(since);
        answer.ok()
    }

    fn start<V>(
        &self,
        verifier: &Verifier,
        head: &Request<'_>,
        verify: impl Fn(Unverified, &[VerifyingKey]) -> Result<V, VerifyError>,
        cx: &mut Context<'_>,
    ) -> Result<Start<'a, V, C>, Failure> {
        let config = &self.config.0;
        let since = self.timing.now();
        let now = (config.clock)();
        let unverified = match verifier.begin(head, now) {
            Ok(unverified) => unverified,
            Err(VerifyError::NoSignature) => return Ok(Start::Unsigned),
            Err(error) => return Err(unreadable(verifier, head, error)),
        };
        self.timing.verified(since);
        let claim = Claim::new(&unverified, head);
        if unverified.other_key_ids().next().is_some() {
            return Ok(Start::Several(Box::new(Several { unverified, claim, now })));
        }
        let since = self.timing.now();
        let mut load = config.loader.load(claim);
        let answer = load.as_mut().poll(cx);
        self.timing.loaded(since);
        match answer {
            Poll::Ready(answer) => {
                self.answer(unverified, answer, verify).map(|(verified, caller)| Start::Verified(verified, caller))
            }
            Poll::Pending => Ok(Start::Waiting(Box::new((unverified, load)))),
        }
    }

    /// Verifies with the loaded keys. An unknown key is verified with none, so that it takes as long as a known one.
    fn answer<V>(
        &self,
        unverified: Unverified,
        answer: Loaded<C>,
        verify: impl Fn(Unverified, &[VerifyingKey]) -> Result<V, VerifyError>,
    ) -> Result<(V, C), Failure> {
        let (scheme, key_id) = (unverified.scheme().clone(), unverified.key_id().cloned());
        let credential = answer.map_err(|error| {
            events::loader_failed(&error, &scheme, key_id.as_ref());
            Failure::Refusal(Refusal::Unavailable)
        })?;
        let since = self.timing.now();
        let result = match credential {
            Some(Credential { keys, caller, realm, .. }) => verify(within(unverified, realm), &keys)
                .map(|verified| (verified, caller))
                .map_err(|error| (error, Reached::Signature)),
            None => verify(unverified, &[]).and(Err(VerifyError::UnknownKey)).map_err(|error| (error, Reached::Keys)),
        };
        self.timing.verified(since);
        result.map_err(|(error, reached)| Failure::Cause(Cause { error, scheme, key_id, reached }))
    }
}

fn within(unverified: Unverified, realm: Option<Arc<str>>) -> Unverified {
    match realm {
        Some(realm) => unverified.in_realm(realm),
        None => unverified,
    }
}

fn unreadable(verifier: &Verifier, head: &Request<'_>, error: VerifyError) -> Failure {
    let (scheme, key_id) = (verifier.scheme(), verifier.claimed_key_id(head));
    Failure::Cause(Cause { error, scheme, key_id, reached: Reached::Head })
}

fn too_slow(scheme: &SchemeName, key_id: Option<&KeyId>) -> Failure {
    events::loader_too_slow(scheme, key_id);
    Failure::Refusal(Refusal::Unavailable)
}

#[cfg(test)]
mod tests;
