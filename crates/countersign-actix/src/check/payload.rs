//! Bodies: whether there is one, and reading it under its limit.

use actix_web::{
    HttpRequest,
    dev::Payload,
    http::{Method, Version, header},
    web::{Bytes, BytesMut},
};
use countersign::Request;
use futures::StreamExt;

use crate::refusal::Refusal;

/// Whether there was a body where there is none now: somebody took it, and an empty one would be checked in its place.
pub(super) fn body_is_gone(request: &HttpRequest, head: &Request<'_>) -> bool {
    request.version() == Version::HTTP_2 || head.has_body()
}

/// Whether what follows the head is no body but another protocol (RFC 9110 sections 7.8 and 9.3.6).
pub(super) fn is_upgrade(request: &HttpRequest, head: &Request<'_>) -> bool {
    let asks = || request.method() == Method::CONNECT || request.headers().contains_key(header::UPGRADE);
    request.version() != Version::HTTP_2 && asks() && !head.has_body()
}

/// Reads the bytes of the wire, and no more of them than the limit. `each` is given every chunk as it comes.
pub(super) async fn buffered(
    payload: &mut Payload,
    limit: usize,
    mut each: impl FnMut(&[u8]),
) -> Result<Bytes, Refusal> {
    let mut body = Buffer::default();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(Refusal::BodyUnreadable)?;
        if body.len().saturating_add(chunk.len()) > limit {
            return Err(Refusal::BodyTooLarge);
        }
        each(&chunk);
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
