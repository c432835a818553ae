//! The one check behind the extractors and the guard.

mod keys;
mod looked_up;
mod once;
mod payload;

use std::rc::Rc;

use actix_web::{HttpRequest, dev::Payload, http::header::HeaderValue, rt::time::timeout, web::Bytes};
use countersign::{BodyUse, HeadVerified, KeyId, Request, SchemeName, Unverified, Verified, Verifier, VerifyError};

pub(crate) use self::once::{Asker, Delivery};
use self::{
    keys::{Cause, Check, Failure, Reached},
    payload::{body_is_gone, buffered, is_upgrade},
};
use crate::{
    config::SignatureConfig,
    events::{self, Timing},
    fields::Head,
    refusal::Refusal,
};

/// What the check found: the proof, and who sent the request.
#[derive(Clone, Debug)]
pub(crate) struct Found<C> {
    pub(crate) verified: Verified,
    pub(crate) caller: C,
    /// The body that was signed.
    pub(crate) body: Bytes,
    /// Which of the config's verifiers accepted it.
    pub(crate) accepted: usize,
    /// What is to be told how its handler ended.
    pub(crate) delivery: Option<Rc<Delivery>>,
}

/// What the check found before the body was read.
pub(crate) struct FoundHead<C> {
    pub(crate) proven: Proven,
    pub(crate) caller: C,
    accepted: usize,
}

/// How much of a request is proven.
pub(crate) enum Proven {
    /// The head. The body is still anybody's.
    Head(HeadVerified),
    /// All of it, in a scheme that signs the body directly.
    Whole(Verified, Bytes),
}

/// Checks a request, cheapest and least revealing first: grammar, policy and time; the keys; the signature over the head;
/// only then the body, under its limit, and its digest; and last of all whether it was accepted before.
///
/// Afterwards `payload` gives the body that was signed. `None` when there is no signature at all; then it gives the body
/// as it came.
pub(crate) async fn check<C: 'static>(
    config: &SignatureConfig<C>,
    request: &HttpRequest,
    payload: &mut Payload,
    asker: Asker,
) -> Result<Option<Found<C>>, Refusal> {
    let (head, timing) = (Head::new(request, &config.0.public), Timing::start());
    let result = match reading(request, &head, payload) {
        Ok(head) => Check { config, head, timing: &timing }.run_with_body(request, payload, asker).await,
        Err(refusal) => Err(refusal),
    };
    timing.end(outcome(&result));
    result
}

/// The same without the body, but in a scheme that signs it directly. Whoever reads it has to check it.
pub(crate) async fn check_head<C: 'static>(
    config: &SignatureConfig<C>,
    request: &HttpRequest,
    payload: &mut Payload,
) -> Result<Option<FoundHead<C>>, Refusal> {
    let (head, timing) = (Head::new(request, &config.0.public), Timing::start());
    let result = match reading(request, &head, payload) {
        Ok(head) => Check { config, head, timing: &timing }.run_head(request, payload).await,
        Err(refusal) => Err(refusal),
    };
    timing.end(outcome(&result));
    result
}

/// The refusal of a request that is not signed and has to be.
pub(crate) fn unsigned<C: 'static>(config: &SignatureConfig<C>, request: &HttpRequest) -> Refusal {
    Late::new(config, request, config.0.verifier.scheme(), None).refuse(VerifyError::NoSignature)
}

/// The refusals of a request for something that is found when the check is over.
pub(crate) struct Late {
    scheme: SchemeName,
    key_id: Option<KeyId>,
    challenge: HeaderValue,
    has_body: bool,
}

impl Late {
    pub(crate) fn new<C: 'static>(
        config: &SignatureConfig<C>,
        request: &HttpRequest,
        scheme: SchemeName,
        key_id: Option<&KeyId>,
    ) -> Self {
        let head = Head::new(request, &config.0.public);
        let head = head.as_request();
        let has_body = head.has_body();
        Self { scheme, key_id: key_id.cloned(), challenge: config.challenge(head.method, has_body), has_body }
    }

    pub(crate) fn refuse(&self, cause: VerifyError) -> Refusal {
        events::refused(&cause, &self.scheme, self.key_id.as_ref());
        Refusal::Unauthenticated { cause, challenge: self.challenge.clone(), has_body: self.has_body }
    }

    pub(crate) fn refuse_body(&self, refusal: Refusal) -> Refusal {
        events::body_refused(&refusal, &self.scheme, self.key_id.as_ref());
        refusal
    }
}

fn outcome<T>(result: &Result<Option<T>, Refusal>) -> &'static str {
    match result {
        Ok(Some(_)) => "accepted",
        Ok(None) => "unsigned",
        Err(refusal) => refusal.code(),
    }
}

/// The request as it is read, with what is known of its body.
fn reading<'h>(request: &HttpRequest, head: &'h Head<'_>, payload: &mut Payload) -> Result<Request<'h>, Refusal> {
    let head = head.as_request();
    if !matches!(payload, Payload::None) && is_upgrade(request, &head) {
        // What follows is another protocol, and has no end to wait for: nobody behind the check takes it for a body.
        *payload = Payload::None;
    }
    if !matches!(payload, Payload::None) {
        return Ok(head);
    }
    if body_is_gone(request, &head) {
        events::misconfigured("another extractor took the body before its signature was checked");
        return Err(Refusal::Misconfigured);
    }
    Ok(head.with_body(b""))
}

impl<C: 'static> Check<'_, C> {
    /// Tries the schemes in order, those first that can be judged without the body. `None` when the request is signed in none.
    async fn run(&self, payload: &mut Payload) -> Result<Option<FoundHead<C>>, Refusal> {
        if !self.config.0.also.is_empty() {
            self.in_one_place()?;
        }
        let mut furthest: Option<Cause> = None;
        for (accepted, verifier) in self.verifiers(BodyUse::Digest) {
            match self.authenticate(verifier, &self.head, Unverified::verify_head).await {
                Ok(Some((head, caller))) => {
                    return Ok(Some(FoundHead { proven: Proven::Head(head), caller, accepted }));
                }
                Ok(None) => {}
                Err(Failure::Cause(cause)) => keep_furthest(&mut furthest, cause),
                Err(Failure::Refusal(refusal)) => return Err(refusal),
            }
        }
        for (accepted, verifier) in self.verifiers(BodyUse::Signed) {
            // No body is read for a signature that is not there.
            if matches!(verifier.place(&self.head), Ok(None)) {
                continue;
            }
            let body = self.read(payload, &verifier.scheme(), None, |_| {}).await?;
            let verify = |it: Unverified, keys: &_| it.verify(keys, &body);
            match Box::pin(self.authenticate(verifier, &self.head.with_body(&body), verify)).await {
                Ok(Some((verified, caller))) => {
                    return Ok(Some(FoundHead { proven: Proven::Whole(verified, body), caller, accepted }));
                }
                Ok(None) => {}
                Err(Failure::Cause(cause)) => keep_furthest(&mut furthest, cause),
                Err(Failure::Refusal(refusal)) => return Err(refusal),
            }
        }
        furthest.map_or(Ok(None), |cause| Err(self.refuse(cause)))
    }

    fn verifiers(&self, body_use: BodyUse) -> impl Iterator<Item = (usize, &Verifier)> {
        self.config.verifiers().enumerate().filter(move |(_, verifier)| verifier.body_use() == body_use)
    }

    /// One scheme must not look at a signature while another's stands elsewhere: whose request it is would depend on the order.
    fn in_one_place(&self) -> Result<(), Refusal> {
        let mut found = None;
        for verifier in self.config.verifiers() {
            let error = match verifier.place(&self.head) {
                Ok(None) | Err(VerifyError::NoSignature | VerifyError::BodyNeeded) => continue,
                Ok(place) if found.is_none() || found == place => {
                    found = place;
                    continue;
                }
                Ok(_) => VerifyError::Ambiguous("place for the signature"),
                Err(error) => error,
            };
            let (scheme, key_id) = (verifier.scheme(), verifier.claimed_key_id(&self.head));
            return Err(self.refuse(Cause { error, scheme, key_id, reached: Reached::Head }));
        }
        Ok(())
    }

    /// Goes on with the body of a request whose head holds.
    async fn run_with_body(
        &self,
        request: &HttpRequest,
        payload: &mut Payload,
        asker: Asker,
    ) -> Result<Option<Found<C>>, Refusal> {
        let Some(FoundHead { proven, caller, accepted }) = self.run(payload).await? else { return Ok(None) };
        let (verified, body) = match proven {
            Proven::Whole(verified, body) => (verified, body),
            Proven::Head(head) => self.body_of(head, payload).await?,
        };
        let mut found = Found { verified, caller, body, accepted, delivery: None };
        if self.config.0.replay.is_some() {
            found.delivery = Box::pin(self.accepted_once(request, asker, &found.verified)).await?;
        }
        Ok(Some(found))
    }

    async fn body_of(&self, mut head: HeadVerified, payload: &mut Payload) -> Result<(Verified, Bytes), Refusal> {
        let (scheme, key_id) = (head.scheme().clone(), head.key_id().cloned());
        // Chunk by chunk, so that a large body does not hold the thread.
        let body = self.read(payload, &scheme, key_id.as_ref(), |chunk| head.update(chunk)).await?;
        match head.finish() {
            Ok(verified) => Ok((verified, body)),
            Err(error) => Err(self.refuse(Cause { error, scheme, key_id, reached: Reached::Signature })),
        }
    }

    /// The head of a request whose body passes unchecked. It is looked up before a handler sees any of it.
    async fn run_head(&self, request: &HttpRequest, payload: &mut Payload) -> Result<Option<FoundHead<C>>, Refusal> {
        let Some(found) = self.run(payload).await? else { return Ok(None) };
        if self.config.0.replay.is_some() {
            match &found.proven {
                Proven::Whole(verified, _) => {
                    self.accepted_once(request, Asker::Extractor, verified).await?;
                }
                Proven::Head(head) => self.head_accepted_once(request, head).await?,
            }
        }
        Ok(Some(found))
    }

    /// Reads the bytes of the wire, no more of them than the limit, and puts them back for whoever reads next.
    async fn read(
        &self,
        payload: &mut Payload,
        scheme: &SchemeName,
        key_id: Option<&KeyId>,
        each: impl FnMut(&[u8]),
    ) -> Result<Bytes, Refusal> {
        if matches!(payload, Payload::None) {
            return Ok(Bytes::new());
        }
        let read = buffered(payload, self.config.0.body_limit, each);
        let read = Box::pin(timeout(self.config.0.body_deadline, read)).await;
        let body = read.unwrap_or(Err(Refusal::BodyTooSlow));
        let body = body.inspect_err(|refusal| events::body_refused(refusal, scheme, key_id))?;
        *payload = Payload::from(body.clone());
        Ok(body)
    }

    fn refuse(&self, cause: Cause) -> Refusal {
        events::refused(&cause.error, &cause.scheme, cause.key_id.as_ref());
        let has_body = self.head.has_body();
        let challenge = self.config.challenge(self.head.method, has_body);
        Refusal::Unauthenticated { cause: cause.error, challenge, has_body }
    }
}

fn keep_furthest(furthest: &mut Option<Cause>, cause: Cause) {
    if furthest.as_ref().is_none_or(|kept| kept.reached < cause.reached) {
        *furthest = Some(cause);
    }
}
