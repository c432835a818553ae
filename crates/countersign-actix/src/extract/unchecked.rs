//! The extractor of bodies that are too large to be held until they are checked.

use std::{
    cell::RefCell,
    fmt,
    ops::{Deref, DerefMut},
    pin::Pin,
    rc::Rc,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Bytes};
use countersign::{KeyId, Verified};
use futures::{Stream, StreamExt, channel::oneshot, future::LocalBoxFuture};

use super::{
    pass::{Need, inner, need},
    passing::{Passing, Progress},
    signed::share,
};
use crate::{
    answer::Answering,
    check::{FoundHead, Late, Proven, check_head, unsigned},
    config::SignatureConfig,
    unread::{Refused, Unread},
};

/// A request whose head is signed, with a body that nobody has checked yet: for uploads that are too large to be held.
///
/// `T` is an extractor that hands the body on as it comes, such as [`web::Payload`](actix_web::web::Payload). What it gives is hashed on
/// the way, in constant memory. **The handler sees bytes that may not be the signed ones.** When they are not, the stream ends with an
/// error, and so does one that is longer than the config's limit or pauses for longer than its deadline. Whatever the handler did
/// with the bytes has to be undone then: only [`verified`](Self::verified) or [`finish`](Self::finish) tell that all of them were the
/// signed ones. Answer with their error rather than with the stream's: it is the refusal that any other request would get.
///
/// It belongs on a route outside of any [`SignatureGuard`](crate::SignatureGuard), which would hold the body until it is checked.
/// Schemes that sign the body directly, not its digest, are checked as by [`Signed`](crate::Signed).
///
/// ```
/// use actix_web::{HttpResponse, web};
/// use countersign_actix::SignedUnchecked;
/// use futures::StreamExt;
///
/// async fn upload(mut upload: SignedUnchecked<web::Payload>) -> Result<HttpResponse, actix_web::Error> {
///     let mut length = 0;
///     while let Some(Ok(chunk)) = upload.next().await {
///         length += chunk.len();   // into a temporary file, say
///     }
///     let proof = upload.verified()?;   // why it ended early, if it did; only now may it be used
///     Ok(HttpResponse::Ok().body(format!("{length} bytes signed with {:?}", proof.key_id())))
/// }
/// # let _ = web::post().to(upload);
/// ```
pub struct SignedUnchecked<T, C = ()> {
    inner: T,
    caller: C,
    key_id: Option<KeyId>,
    progress: Rc<RefCell<Progress>>,
    answering: Answering,
}

impl<T, C> SignedUnchecked<T, C> {
    /// The caller's context, as the loader gave it. Who sent the head is proven.
    pub const fn caller(&self) -> &C {
        &self.caller
    }

    /// The id of the key with which the head is signed.
    pub const fn key_id(&self) -> Option<&KeyId> {
        self.key_id.as_ref()
    }

    /// The proof, once the body has been read to its end and was the one that was signed.
    ///
    /// # Errors
    /// When the body was another one (401, as for any failed authentication), too long (413), too slow (408), or is not over yet (400).
    pub fn verified(&self) -> Result<Verified, Refused> {
        let proof = self.progress.borrow_mut().proof();
        proof.map_err(|(refusal, unread)| Refused::new(refusal, unread, self.answering.clone()))
    }

    /// Reads what the inner extractor has left of the body, such as what stands behind the last part of a form, and gives the proof.
    ///
    /// # Errors
    /// As [`verified`](Self::verified), but for a body that is not over yet.
    pub async fn finish(self) -> Result<Verified, Refused> {
        let Self { inner, progress, answering, .. } = self;
        drop(inner);
        let mut rest = Passing(Rc::clone(&progress));
        while let Some(Ok(_)) = rest.next().await {}
        let proof = progress.borrow_mut().proof();
        proof.map_err(|(refusal, unread)| Refused::new(refusal, unread, answering))
    }
}

impl<T, C> Deref for SignedUnchecked<T, C> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T, C> DerefMut for SignedUnchecked<T, C> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T, C: fmt::Debug> fmt::Debug for SignedUnchecked<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedUnchecked")
            .field("caller", &self.caller)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

impl<T: FromRequest + 'static, C: Clone + 'static> FromRequest for SignedUnchecked<T, C> {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, (payload, later)) = (request.clone(), share(payload));
        Box::pin(async move { extract(&request, payload, later).await })
    }
}

/// What is known of a request when its handler is to get the body.
struct Known<C> {
    progress: Progress,
    /// The body, where it is at hand; else it is passing.
    body: Option<Bytes>,
    caller: C,
    key_id: Option<KeyId>,
    answering: Answering,
}

async fn extract<T: FromRequest, C: Clone + 'static>(
    request: &HttpRequest,
    payload: Payload,
    later: Option<oneshot::Sender<Bytes>>,
) -> Result<SignedUnchecked<T, C>, actix_web::Error> {
    let Known { progress, body, caller, key_id, answering } = known(request, payload).await?;
    let progress = Rc::new(RefCell::new(progress));
    let mut payload = match body {
        Some(body) => {
            // Nobody may be waiting for it.
            later.map(|later| later.send(body.clone()));
            Payload::from(body)
        }
        None => Payload::from(Box::pin(Passing(Rc::clone(&progress))) as Pin<Box<dyn Stream<Item = _>>>),
    };
    let error = match inner(request, &mut payload).await {
        Ok(inner) => return Ok(SignedUnchecked { inner, caller, key_id, progress, answering }),
        Err(error) => error,
    };
    let mut progress = progress.borrow_mut();
    let unread = progress.take_unread();
    match progress.refused() {
        // An extractor that read all of it failed for our reason.
        Some(refusal) => Err(Refused::new(refusal, unread, answering).into()),
        None => Err(Unread::new(error, unread).into()),
    }
}

async fn known<C: Clone + 'static>(request: &HttpRequest, mut payload: Payload) -> Result<Known<C>, Refused> {
    let own = request.app_data::<SignatureConfig<C>>();
    let config = match need(own, request, &mut payload) {
        Ok(Need::Check(config)) => config,
        Ok(Need::Taken(passed)) => {
            let answering = passed.config.0.answering.clone();
            let Some(found) = &passed.found else {
                return Err(Refused::new(unsigned(&passed.config, request), payload, answering));
            };
            // A guard has checked the body: it is a stream of one piece.
            let (progress, body) = (Progress::verified(found.verified.clone()), Some(found.body.clone()));
            let (caller, key_id) = (found.caller.clone(), found.verified.key_id().cloned());
            return Ok(Known { progress, body, caller, key_id, answering });
        }
        Err(refusal) => return Err(Refused::new(refusal, payload, Answering::PLAIN)),
    };
    let answering = config.0.answering.clone();
    let FoundHead { proven, caller, .. } = match check_head(&config, request, &mut payload).await {
        Ok(Some(found)) => found,
        Ok(None) => return Err(Refused::new(unsigned(&config, request), payload, answering)),
        Err(refusal) => return Err(Refused::new(refusal, payload, answering)),
    };
    Ok(match proven {
        Proven::Whole(verified, body) => {
            let key_id = verified.key_id().cloned();
            Known { progress: Progress::verified(verified), body: Some(body), caller, key_id, answering }
        }
        Proven::Head(head) => {
            let key_id = head.key_id().cloned();
            let late = Late::new(&config, request, head.scheme().clone(), key_id.as_ref());
            let progress = Progress::passing(head, payload, late, config.0.body_limit, config.0.body_deadline);
            Known { progress, body: None, caller, key_id, answering }
        }
    })
}
