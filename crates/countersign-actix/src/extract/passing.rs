//! A body that is hashed as it passes.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    dev::Payload,
    error::PayloadError,
    rt::time::{Instant, Sleep, sleep},
    web::Bytes,
};
use countersign::{HeadVerified, Verified};
use futures::{FutureExt, Stream, StreamExt};

use crate::{check::Late, refusal::Refusal};

/// The body of a request, wherever its stream is: with an extractor, with the handler, or given up by both.
pub(super) struct Progress {
    state: State,
    /// What has not been read. It is kept until the answer, since the framework reads a body to its end that nobody holds.
    unread: Payload,
    limits: Option<Limits>,
}

/// What has become of the body.
enum State {
    Passing(Box<HeadVerified>),
    Verified(Box<Verified>),
    Refused(Refusal),
}

/// What a body may be, and how it is refused.
struct Limits {
    late: Late,
    /// How many bytes may still come.
    left: usize,
    /// How long nothing may come.
    pause: Duration,
    deadline: Pin<Box<Sleep>>,
}

type Item = Option<Result<Bytes, PayloadError>>;

impl Progress {
    /// A body that is still anybody's.
    pub(super) fn passing(head: HeadVerified, unread: Payload, late: Late, limit: usize, pause: Duration) -> Self {
        let limits = Limits { late, left: limit, pause, deadline: Box::pin(sleep(pause)) };
        Self { state: State::Passing(Box::new(head)), unread, limits: Some(limits) }
    }

    /// A body that was checked before.
    pub(super) fn verified(verified: Verified) -> Self {
        Self { state: State::Verified(Box::new(verified)), unread: Payload::None, limits: None }
    }

    /// The proof, or why there is none, with what is left unread.
    pub(super) fn proof(&mut self) -> Result<Verified, (Refusal, Payload)> {
        let refusal = match &self.state {
            State::Verified(verified) => return Ok((**verified).clone()),
            State::Refused(refusal) => refusal.again(),
            State::Passing(_) => incomplete(),
        };
        Err((refusal, std::mem::replace(&mut self.unread, Payload::None)))
    }

    /// The refusal, if the body was refused.
    pub(super) fn refused(&self) -> Option<Refusal> {
        match &self.state {
            State::Refused(refusal) => Some(refusal.again()),
            _ => None,
        }
    }

    pub(super) fn take_unread(&mut self) -> Payload {
        std::mem::replace(&mut self.unread, Payload::None)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Item> {
        let (State::Passing(head), Some(limits)) = (&mut self.state, &mut self.limits) else {
            return Poll::Ready(None);
        };
        let Poll::Ready(chunk) = self.unread.poll_next_unpin(cx) else {
            ready!(limits.deadline.poll_unpin(cx));
            let refusal = limits.late.refuse_body(Refusal::BodyTooSlow);
            return self.fail(refusal, PayloadError::Io(io::ErrorKind::TimedOut.into()));
        };
        let bytes = match chunk {
            Some(Ok(bytes)) => bytes,
            Some(Err(error)) => {
                let refusal = limits.late.refuse_body(incomplete());
                return self.fail(refusal, error);
            }
            None => return self.end(),
        };
        let Some(left) = limits.left.checked_sub(bytes.len()) else {
            let refusal = limits.late.refuse_body(Refusal::BodyTooLarge);
            return self.fail(refusal, PayloadError::Overflow);
        };
        limits.left = left;
        limits.deadline.as_mut().reset(Instant::now().checked_add(limits.pause).unwrap_or_else(Instant::now));
        head.update(&bytes);
        Poll::Ready(Some(Ok(bytes)))
    }

    fn fail(&mut self, refusal: Refusal, error: PayloadError) -> Poll<Item> {
        self.state = State::Refused(refusal);
        Poll::Ready(Some(Err(error)))
    }

    fn end(&mut self) -> Poll<Item> {
        let (State::Passing(head), Some(limits)) =
            (std::mem::replace(&mut self.state, State::Refused(incomplete())), &self.limits)
        else {
            return Poll::Ready(None);
        };
        match head.finish() {
            Ok(verified) => {
                self.state = State::Verified(Box::new(verified));
                Poll::Ready(None)
            }
            Err(error) => {
                let refusal = limits.late.refuse(error);
                // No more than what the refusal itself would tell the peer.
                let error = io::Error::new(io::ErrorKind::InvalidData, refusal.to_string());
                self.fail(refusal, PayloadError::Io(error))
            }
        }
    }
}

fn incomplete() -> Refusal {
    Refusal::BodyUnreadable(PayloadError::Incomplete(None))
}

/// The stream of a body in progress.
pub(super) struct Passing(pub(super) Rc<RefCell<Progress>>);

impl Stream for Passing {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Item> {
        self.0.borrow_mut().poll(cx)
    }
}
