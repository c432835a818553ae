//! The extractor of bodies that are too large to be held until they are checked.

use std::{
    cell::RefCell,
    io,
    ops::{Deref, DerefMut},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    error::PayloadError,
    rt::time::{Instant, Sleep, sleep},
    web::Bytes,
};
use countersign::{HeadVerified, KeyId, Verified};
use futures::{FutureExt, Stream, StreamExt, future::LocalBoxFuture};

use super::pass::{Need, inner, need};
use crate::{
    answer::Answering,
    check::{FoundHead, Late, Proven, check_head, unsigned},
    config::SignatureConfig,
    refusal::Refusal,
    unread::Refused,
};

/// A request whose head is signed, with a body that nobody has checked yet: for uploads that are too large to be held.
///
/// `T` is an extractor that hands the body on as it comes, such as [`web::Payload`](actix_web::web::Payload). What it gives is hashed on
/// the way, in constant memory. **The handler sees bytes that may not be the signed ones.** When they are not, the stream ends with an
/// error, and so does one that is longer than the config's limit or pauses for longer than its deadline. Whatever the handler did
/// with the bytes has to be undone then: only [`verified`](Self::verified) tells that all of them were the signed ones.
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
    state: Rc<RefCell<State>>,
    answering: Answering,
}

/// What has become of the body.
enum State {
    Passing(Box<HeadVerified>),
    Verified(Box<Verified>),
    Refused(Refusal),
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
        let refusal = match &mut *self.state.borrow_mut() {
            State::Verified(verified) => return Ok((**verified).clone()),
            State::Refused(refusal) => std::mem::replace(refusal, incomplete()),
            State::Passing(_) => incomplete(),
        };
        Err(Refused::new(refusal, Payload::None, self.answering.clone()))
    }
}

fn incomplete() -> Refusal {
    Refusal::BodyUnreadable(PayloadError::Incomplete(None))
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

impl<T, C: std::fmt::Debug> std::fmt::Debug for SignedUnchecked<T, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { extract(&request, payload).await })
    }
}

async fn extract<T: FromRequest, C: Clone + 'static>(
    request: &HttpRequest,
    mut payload: Payload,
) -> Result<SignedUnchecked<T, C>, actix_web::Error> {
    let own = request.app_data::<SignatureConfig<C>>();
    let config = match need(own, request, &mut payload) {
        Ok(Need::Check(config)) => config,
        Ok(Need::Taken(passed)) => {
            let (config, Some(found)) = (&passed.config, &passed.found) else {
                let answering = passed.config.0.answering.clone();
                return Err(Refused::new(unsigned(&passed.config, request), payload, answering).into());
            };
            // A guard has checked the body: it is a stream of one piece.
            let state = State::Verified(Box::new(found.verified.clone()));
            return finished(request, payload, config, found.caller.clone(), state).await;
        }
        Err(refusal) => return Err(Refused::new(refusal, payload, Answering::PLAIN).into()),
    };
    let refuse = |refusal, payload| Refused::new(refusal, payload, config.0.answering.clone());
    let FoundHead { proven, caller, .. } = match check_head(&config, request, &mut payload).await {
        Ok(Some(found)) => found,
        Ok(None) => return Err(refuse(unsigned(&config, request), payload).into()),
        Err(refusal) => return Err(refuse(refusal, payload).into()),
    };
    let head = match proven {
        Proven::Whole(verified, _) => {
            return finished(request, payload, &config, caller, State::Verified(Box::new(verified))).await;
        }
        Proven::Head(head) => head,
    };
    let key_id = head.key_id().cloned();
    let late = Late::new(&config, request, head.scheme(), key_id.as_ref());
    let state = Rc::new(RefCell::new(State::Passing(Box::new(head))));
    let passing = Passing {
        body: payload,
        state: Rc::clone(&state),
        late,
        left: config.0.body_limit,
        deadline: Box::pin(sleep(config.0.body_deadline)),
        pause: config.0.body_deadline,
    };
    let mut payload = Payload::from(Box::pin(passing) as Pin<Box<dyn Stream<Item = _>>>);
    let answering = config.0.answering.clone();
    match inner(request, &mut payload).await {
        Ok(inner) => Ok(SignedUnchecked { inner, caller, key_id, state, answering }),
        Err(error) => match std::mem::replace(&mut *state.borrow_mut(), State::Refused(incomplete())) {
            // An extractor that read all of it failed for our reason.
            State::Refused(refusal) => Err(Refused::new(refusal, payload, answering).into()),
            _ => Err(error),
        },
    }
}

/// A request of which nothing is left to check.
async fn finished<T: FromRequest, C>(
    request: &HttpRequest,
    mut payload: Payload,
    config: &SignatureConfig<C>,
    caller: C,
    state: State,
) -> Result<SignedUnchecked<T, C>, actix_web::Error> {
    let key_id = match &state {
        State::Verified(verified) => verified.key_id().cloned(),
        _ => None,
    };
    let (state, answering) = (Rc::new(RefCell::new(state)), config.0.answering.clone());
    Ok(SignedUnchecked { inner: inner(request, &mut payload).await?, caller, key_id, state, answering })
}

/// A body that is hashed as it passes.
struct Passing {
    body: Payload,
    state: Rc<RefCell<State>>,
    late: Late,
    /// How many bytes may still come.
    left: usize,
    deadline: Pin<Box<Sleep>>,
    /// How long nothing may come.
    pause: std::time::Duration,
}

impl Passing {
    fn fail(&self, refusal: Refusal, error: PayloadError) -> Poll<Option<Result<Bytes, PayloadError>>> {
        *self.state.borrow_mut() = State::Refused(refusal);
        Poll::Ready(Some(Err(error)))
    }

    fn end(&self) -> Poll<Option<Result<Bytes, PayloadError>>> {
        let mut state = self.state.borrow_mut();
        let State::Passing(head) = std::mem::replace(&mut *state, State::Refused(incomplete())) else {
            return Poll::Ready(None);
        };
        match head.finish() {
            Ok(verified) => {
                *state = State::Verified(Box::new(verified));
                Poll::Ready(None)
            }
            Err(error) => {
                drop(state);
                let refusal = self.late.refuse(error);
                // No more than what the refusal itself would tell the peer.
                let error = io::Error::new(io::ErrorKind::InvalidData, refusal.to_string());
                self.fail(refusal, PayloadError::Io(error))
            }
        }
    }
}

impl Stream for Passing {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if !matches!(&*this.state.borrow(), State::Passing(_)) {
            return Poll::Ready(None);
        }
        let Poll::Ready(chunk) = this.body.poll_next_unpin(cx) else {
            ready!(this.deadline.poll_unpin(cx));
            let refusal = this.late.refuse_body(Refusal::BodyTooSlow);
            return this.fail(refusal, PayloadError::Io(io::ErrorKind::TimedOut.into()));
        };
        let bytes = match chunk {
            Some(Ok(bytes)) => bytes,
            Some(Err(error)) => {
                let refusal = this.late.refuse_body(Refusal::BodyUnreadable(PayloadError::Incomplete(None)));
                return this.fail(refusal, error);
            }
            None => return this.end(),
        };
        let Some(left) = this.left.checked_sub(bytes.len()) else {
            return this.fail(this.late.refuse_body(Refusal::BodyTooLarge), PayloadError::Overflow);
        };
        this.left = left;
        this.deadline.as_mut().reset(Instant::now().checked_add(this.pause).unwrap_or_else(Instant::now));
        if let State::Passing(head) = &mut *this.state.borrow_mut() {
            head.update(&bytes);
        }
        Poll::Ready(Some(Ok(bytes)))
    }
}
