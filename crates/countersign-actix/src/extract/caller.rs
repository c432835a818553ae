//! The extractor of the caller alone.

use std::{ops::Deref, rc::Rc};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use futures::future::{Ready, ready};

use super::pass::{Passed, unguarded};
use crate::{answer::Answering, check::unsigned, unread::Refused};

/// The caller's context behind a [`SignatureGuard`](crate::SignatureGuard), for handlers that need nothing else of the
/// proof. Without the guard the answer is 500; behind one that lets unsigned requests pass, 401 for those.
///
/// It is what the guard found under its own policy. What the app data asks for beyond that, only [`Signed`](crate::Signed) checks.
///
/// ```
/// use countersign_actix::Caller;
///
/// async fn greet(caller: Caller<&'static str>) -> String {
///     format!("Hello, {}", *caller)
/// }
/// # let _ = actix_web::web::get().to(greet);
/// ```
#[derive(Clone, Debug)]
pub struct Caller<C>(C);

impl<C> Caller<C> {
    /// The context itself.
    pub fn into_inner(self) -> C {
        self.0
    }
}

impl<C> Deref for Caller<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<C: Clone + 'static> FromRequest for Caller<C> {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let passed = request.extensions().get::<Rc<Passed<C>>>().cloned();
        let Some(passed) = passed else {
            return ready(Err(Refused::new(unguarded::<C>(), payload.take(), Answering::PLAIN).into()));
        };
        ready(passed.found.as_ref().map(|found| Self(found.caller.clone())).ok_or_else(|| {
            let (refusal, answering) = (unsigned(&passed.config, request), passed.config.0.answering.clone());
            Refused::new(refusal, payload.take(), answering).into()
        }))
    }
}
