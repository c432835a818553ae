//! The one check behind the extractors and the guard.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use actix_web::{
    HttpRequest,
    dev::Payload,
    http::{Method, Version, header},
    rt::time::timeout,
    web::{Bytes, BytesMut},
};
use countersign::{BodyUse, Claim, Credential, KeyId, Request, Unverified, Verified, VerifyError, VerifyingKey};
use futures::{StreamExt, future::BoxFuture};

use crate::{
    config::{BoxError, SignatureConfig},
    fields::{ActixFields, head},
    refusal::{Refusal, shown},
};

/// What the check found: the proof, and who sent the request.
#[derive(Clone, Debug)]
pub(crate) struct Found<C> {
    pub(crate) verified: Verified,
    pub(crate) caller: C,
    /// The body that was signed.
    pub(crate) body: Bytes,
}

/// Checks a request, cheapest and least revealing first: grammar, policy and time; the keys; the signature over the head;
/// only then the body, under its limit, and its digest.
///
/// Afterwards `payload` gives the body that was signed. `None` when there is no signature at all; then it gives the body
/// as it came.
pub(crate) async fn check<C: 'static>(
    config: &SignatureConfig<C>,
    request: &HttpRequest,
    payload: &mut Payload,
) -> Result<Option<Found<C>>, Refusal> {
    let fields = ActixFields(request.headers());
    let mut head = head(request, &fields);
    if !matches!(payload, Payload::None) && is_upgrade(request, &head) {
        // What follows is another protocol, and has no end to wait for: nobody behind the check takes it for a body.
        *payload = Payload::None;
    }
    if matches!(payload, Payload::None) {
        if body_is_gone(request, &head) {
            tracing::error!("another extractor took the body before its signature was checked");
            return Err(Refusal::Misconfigured);
        }
        head = head.with_body(b"");
    }
    let check = Check { config, head };
    match config.0.verifier.body_use() {
        BodyUse::Digest => check.head_first(payload).await,
        BodyUse::Signed => Box::pin(check.body_first(payload)).await,
    }
}

/// The refusal of a request that is not signed and has to be.
pub(crate) fn unsigned<C: 'static>(config: &SignatureConfig<C>, request: &HttpRequest) -> Refusal {
    let fields = ActixFields(request.headers());
    Check { config, head: head(request, &fields) }.refuse(VerifyError::NoSignature, None)
}

/// Whether there was a body where there is none now: somebody took it, and an empty one would be checked in its place.
fn body_is_gone(request: &HttpRequest, head: &Request<'_>) -> bool {
    request.version() == Version::HTTP_2 || head.has_body()
}

/// Whether what follows the head is no body but another protocol (RFC 9110 sections 7.8 and 9.3.6).
fn is_upgrade(request: &HttpRequest, head: &Request<'_>) -> bool {
    let asks = || request.method() == Method::CONNECT || request.headers().contains_key(header::UPGRADE);
    request.version() != Version::HTTP_2 && asks() && !head.has_body()
}

struct Check<'a, C> {
    config: &'a SignatureConfig<C>,
    head: Request<'a>,
}

type Answer<C> = Result<Option<Credential<C>>, BoxError>;

/// How far a check came without waiting.
enum Start<'a, V, C> {
    Unsigned,
    Verified(V, C),
    Waiting(Box<(Unverified, BoxFuture<'a, Answer<C>>)>),
}

impl<'a, C: 'static> Check<'a, C> {
    async fn head_first(&self, payload: &mut Payload) -> Result<Option<Found<C>>, Refusal> {
        let Some((mut head, caller)) = self.authenticate(&self.head, Unverified::verify_head).await? else {
            return Ok(None);
        };
        let key_id = head.key_id().cloned();
        let body = self.read(payload, key_id.as_ref()).await?;
        head.update(&body);
        let verified = head.finish().map_err(|error| self.refuse(error, key_id.as_ref()))?;
        Ok(Some(Found { verified, caller, body }))
    }

    async fn body_first(&self, payload: &mut Payload) -> Result<Option<Found<C>>, Refusal> {
        let body = self.read(payload, None).await?;
        let found = self.authenticate(&self.head.with_body(&body), |it, keys| it.verify(keys, &body)).await?;
        Ok(found.map(|(verified, caller)| Found { verified, caller, body }))
    }

    /// Finds the keys of a request and verifies it with them; `None` when there is no signature at all.
    async fn authenticate<V>(
        &self,
        head: &Request<'_>,
        verify: impl Fn(Unverified, &[VerifyingKey]) -> Result<V, VerifyError>,
    ) -> Result<Option<(V, C)>, Refusal> {
        // One poll takes a loader that has its answer ready all the way, with what is large on the stack: every request
        // pays for the size of the future around it.
        let (unverified, load) = match poll_fn(|cx| Poll::Ready(self.start(head, &verify, cx))).await? {
            Start::Unsigned => return Ok(None),
            Start::Verified(verified, caller) => return Ok(Some((verified, caller))),
            Start::Waiting(waiting) => *waiting,
        };
        let answer = Box::pin(timeout(self.config.0.key_deadline, load)).await.map_err(|_| {
            let (scheme, key_id) = (self.scheme(), shown(unverified.key_id()));
            tracing::error!(cause = "key-deadline", scheme, key_id, "the key loader took longer than its deadline");
            Refusal::Unavailable
        })?;
        self.answer(unverified, answer, &verify).map(Some)
    }

    fn start<V>(
        &self,
        head: &Request<'_>,
        verify: impl Fn(Unverified, &[VerifyingKey]) -> Result<V, VerifyError>,
        cx: &mut Context<'_>,
    ) -> Result<Start<'a, V, C>, Refusal> {
        let config = &self.config.0;
        let unverified = match config.verifier.begin(head, (config.clock)()) {
            Ok(unverified) => unverified,
            Err(VerifyError::NoSignature) => return Ok(Start::Unsigned),
            Err(error) => return Err(self.refuse(error, config.verifier.claimed_key_id(head).as_ref())),
        };
        let mut load = config.loader.load(Claim::new(&unverified, head));
        match load.as_mut().poll(cx) {
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
        answer: Answer<C>,
        verify: impl Fn(Unverified, &[VerifyingKey]) -> Result<V, VerifyError>,
    ) -> Result<(V, C), Refusal> {
        let key_id = unverified.key_id().cloned();
        let credential = answer.map_err(|error| {
            let (scheme, key_id) = (self.scheme(), shown(key_id.as_ref()));
            tracing::error!(cause = "key-loader", scheme, key_id, %error, "the key loader failed");
            Refusal::Unavailable
        })?;
        let result = match credential {
            Some(Credential { keys, caller, .. }) => verify(unverified, &keys).map(|verified| (verified, caller)),
            None => verify(unverified, &[]).and(Err(VerifyError::UnknownKey)),
        };
        result.map_err(|error| self.refuse(error, key_id.as_ref()))
    }

    /// Reads the bytes of the wire, no more of them than the limit, and puts them back for whoever reads next.
    async fn read(&self, payload: &mut Payload, key_id: Option<&KeyId>) -> Result<Bytes, Refusal> {
        if matches!(payload, Payload::None) {
            return Ok(Bytes::new());
        }
        let read = Box::pin(timeout(self.config.0.body_deadline, buffered(payload, self.config.0.body_limit))).await;
        let body = read.unwrap_or(Err(Refusal::BodyTooSlow)).inspect_err(|refusal| {
            let cause = match refusal {
                Refusal::BodyTooLarge => "body-too-large",
                Refusal::BodyTooSlow => "body-deadline",
                _ => "body-unreadable",
            };
            tracing::warn!(cause, scheme = self.scheme(), key_id = shown(key_id), detail = %refusal, "request refused");
        })?;
        *payload = Payload::from(body.clone());
        Ok(body)
    }

    fn scheme(&self) -> &'static str {
        self.config.0.verifier.scheme().as_str()
    }

    /// The challenge depends on the route, the method and whether there is a body: never on the cause.
    fn refuse(&self, cause: VerifyError, key_id: Option<&KeyId>) -> Refusal {
        let (config, has_body) = (&self.config.0, self.head.has_body());
        let (scheme, key_id) = (self.scheme(), shown(key_id));
        tracing::warn!(cause = cause.code(), scheme, key_id, detail = %cause, "request refused");
        let challenge = config.verifier.challenge(&config.realm, self.head.method, has_body);
        Refusal::Unauthenticated { cause, challenge, has_body }
    }
}

async fn buffered(payload: &mut Payload, limit: usize) -> Result<Bytes, Refusal> {
    let mut body = Buffer::default();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(Refusal::BodyUnreadable)?;
        if body.len().saturating_add(chunk.len()) > limit {
            return Err(Refusal::BodyTooLarge);
        }
        body.push(chunk);
    }
    Ok(body.into_bytes())
}

/// The chunks of a body; a single one is kept as it came.
#[derive(Default)]
struct Buffer {
    first: Bytes,
    joined: BytesMut,
}

impl Buffer {
    fn len(&self) -> usize {
        self.first.len().saturating_add(self.joined.len())
    }

    fn push(&mut self, chunk: Bytes) {
        if self.len() == 0 {
            self.first = chunk;
        } else {
            self.joined.extend_from_slice(&std::mem::take(&mut self.first));
            self.joined.extend_from_slice(&chunk);
        }
    }

    fn into_bytes(self) -> Bytes {
        if self.joined.is_empty() { self.first } else { self.joined.freeze() }
    }
}
