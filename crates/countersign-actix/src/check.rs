//! The one check behind the extractors and the guard.

use std::{sync::Arc, task::Poll};

use actix_web::{
    HttpRequest,
    dev::Payload,
    http::Version,
    rt::time::timeout,
    web::{Bytes, BytesMut},
};
use countersign::{
    BodyUse, Claim, Credential, HeadVerified, KeyId, Request, Unverified, Verified, VerifyError, VerifyingKey,
};
use futures::StreamExt;

use crate::{
    config::SignatureConfig,
    fields::{ActixFields, head},
    refusal::{Refusal, log_refused, shown},
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
    let head = head(request, &fields);
    if body_is_gone(request, &head, payload) {
        tracing::error!("another extractor took the body before its signature was checked");
        return Err(Refusal::Misconfigured);
    }
    let check = Check { config, head };
    match config.0.verifier.body_use() {
        BodyUse::Digest => check.head_first(payload).await,
        BodyUse::Signed => check.body_first(payload).await,
    }
}

/// The refusal of a request that is not signed and has to be.
pub(crate) fn unsigned<C: 'static>(config: &SignatureConfig<C>, request: &HttpRequest) -> Refusal {
    let fields = ActixFields(request.headers());
    Check { config, head: head(request, &fields) }.refuse(VerifyError::NoSignature, None)
}

/// Whether there was a body that somebody else has taken: an empty one in its place would be checked instead.
fn body_is_gone(request: &HttpRequest, head: &Request<'_>, payload: &Payload) -> bool {
    matches!(payload, Payload::None) && (request.version() == Version::HTTP_2 || head.has_body())
}

struct Check<'a, C> {
    config: &'a SignatureConfig<C>,
    head: Request<'a>,
}

impl<C: 'static> Check<'_, C> {
    async fn head_first(&self, payload: &mut Payload) -> Result<Option<Found<C>>, Refusal> {
        let Some(unverified) = self.begin(&self.head)? else {
            return Ok(None);
        };
        let credential = self.load(Claim::new(&unverified, &self.head)).await?;
        let (mut head, caller): (HeadVerified, C) = self.answer(unverified, credential, Unverified::verify_head)?;
        let body = self.read(payload).await?;
        head.update(&body);
        let key_id = head.key_id().cloned();
        let verified = head.finish().map_err(|error| self.refuse(error, key_id.as_ref()))?;
        Ok(Some(Found { verified, caller, body }))
    }

    async fn body_first(&self, payload: &mut Payload) -> Result<Option<Found<C>>, Refusal> {
        let body = self.read(payload).await?;
        let Some(unverified) = self.begin(&self.head.with_body(&body))? else {
            return Ok(None);
        };
        let credential = self.load(Claim::new(&unverified, &self.head)).await?;
        let (verified, caller) =
            self.answer(unverified, credential, |unverified, keys| unverified.verify(keys, &body))?;
        Ok(Some(Found { verified, caller, body }))
    }

    fn begin(&self, head: &Request<'_>) -> Result<Option<Unverified>, Refusal> {
        let config = &self.config.0;
        match config.verifier.begin(head, (config.clock)()) {
            Ok(unverified) => Ok(Some(unverified)),
            Err(VerifyError::NoSignature) => Ok(None),
            Err(error) => Err(self.refuse(error, config.verifier.claimed_key_id(head).as_ref())),
        }
    }

    /// Asks the loader, in place where it has its answer ready, and with a deadline where it has not.
    async fn load(&self, claim: Claim) -> Result<Option<Credential<C>>, Refusal> {
        let config = &self.config.0;
        let key_id = claim.key_id().cloned();
        let mut load = config.loader.load(claim);
        let answer = match futures::poll!(&mut load) {
            Poll::Ready(answer) => answer,
            Poll::Pending => timeout(config.deadline, load).await.map_err(|_| {
                tracing::error!(key_id = shown(key_id.as_ref()), "the key loader took longer than its deadline");
                Refusal::Unavailable
            })?,
        };
        answer.map_err(|error| {
            tracing::error!(key_id = shown(key_id.as_ref()), %error, "the key loader failed");
            Refusal::Unavailable
        })
    }

    /// Verifies with the loaded keys. An unknown key is verified with none, so that it takes as long as a known one.
    fn answer<V>(
        &self,
        unverified: Unverified,
        credential: Option<Credential<C>>,
        verify: impl FnOnce(Unverified, &[VerifyingKey]) -> Result<V, VerifyError>,
    ) -> Result<(V, C), Refusal> {
        let key_id = unverified.key_id().cloned();
        let (keys, caller) = match credential {
            Some(credential) => (credential.keys, Some(credential.caller)),
            None => (Arc::default(), None),
        };
        let result = verify(unverified, &keys).and_then(|verified| match caller {
            Some(caller) => Ok((verified, caller)),
            None => Err(VerifyError::UnknownKey),
        });
        result.map_err(|error| self.refuse(error, key_id.as_ref()))
    }

    /// Reads the bytes of the wire, no more of them than the limit, and puts them back for whoever reads next.
    async fn read(&self, payload: &mut Payload) -> Result<Bytes, Refusal> {
        if matches!(payload, Payload::None) {
            return Ok(Bytes::new());
        }
        let limit = self.config.0.body_limit;
        let mut body = Buffer::default();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(Refusal::BodyUnreadable)?;
            if body.len().saturating_add(chunk.len()) > limit {
                tracing::warn!(limit, "the body is longer than its limit");
                return Err(Refusal::BodyTooLarge);
            }
            body.push(chunk);
        }
        let body = body.into_bytes();
        *payload = Payload::from(body.clone());
        Ok(body)
    }

    /// The challenge depends on the route, the method and whether there is a body: never on the cause.
    fn refuse(&self, cause: VerifyError, key_id: Option<&KeyId>) -> Refusal {
        log_refused(&cause, key_id);
        let (config, has_body) = (&self.config.0, self.head.has_body());
        let headers = config.verifier.policy().challenge(self.head.method, has_body);
        let challenge = format!("Signature realm=\"{}\",headers=\"{headers}\"", config.realm);
        Refusal::Unauthenticated { cause, challenge, has_body }
    }
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
