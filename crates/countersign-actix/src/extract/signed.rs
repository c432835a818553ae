//! The extractor of signed requests.

use std::{ops::Deref, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, error::PayloadError, web::Bytes};
use countersign::Verified;
use futures::{FutureExt, Stream, channel::oneshot, future::LocalBoxFuture};

use super::pass::{inner, pass};
use crate::{
    check::{Found, unsigned},
    config::SignatureConfig,
    unread::Refused,
};

/// A request that was signed: its inner extractor's value, who signed it, and the proof.
///
/// `T` is any extractor; it reads the body whose digest was signed, after the check. `C` is the caller's context, which
/// the loader of the [`SignatureConfig<C>`] in the app data gave. Behind a [`SignatureGuard`](crate::SignatureGuard) what
/// the guard found is taken over; where the app data asks for more than the guard did, or has a loader of its own, the request is
/// checked again.
///
/// Anything amiss is a [`Refused`], and the handler is not called. Extractors that come after this one in a handler's arguments
/// read the body that was signed as well, once it is: an extractor of your own that combines them has to await this one first. One
/// that comes before it has taken the body away: the answer is 500.
///
/// <div class="warning">
///
/// `Option<Signed<T>>`, `Result<Signed<T>, _>` and `Either<Signed<T>, _>` turn a *bad* signature into an anonymous call, as they
/// turn any failed extractor into a value. Where a signature is optional use [`MaybeSigned`](crate::MaybeSigned), which lets a request pass only if it has none
/// at all.
///
/// </div>
///
/// ```
/// use actix_web::{App, web};
/// use countersign::{Credential, Secret, StaticKeys, VerifyingKey};
/// use countersign_actix::{SignatureConfig, Signed};
///
/// async fn create(order: Signed<web::Bytes, &'static str>) -> String {
///     format!("{} bytes for {}", order.len(), order.caller())
/// }
///
/// let secret = Secret::new("correct horse battery staple")?;
/// let keys = StaticKeys::new().with("alice".parse()?, Credential::new(VerifyingKey::hmac_sha256(&secret), "Alice"));
/// let app = App::new().app_data(SignatureConfig::new(keys)).route("/orders", web::post().to(create));
/// # let _ = app;
/// # Ok::<(), countersign::KeyError>(())
/// ```
#[derive(Debug)]
pub struct Signed<T, C = ()> {
    inner: T,
    caller: C,
    proof: Verified,
}

impl<T, C> Signed<T, C> {
    /// The caller's context, as the loader gave it.
    pub const fn caller(&self) -> &C {
        &self.caller
    }

    /// The proof: which key, what it covers, when it was made.
    pub const fn proof(&self) -> &Verified {
        &self.proof
    }

    /// The inner extractor's value.
    pub fn into_inner(self) -> T {
        self.inner
    }

    /// The inner extractor's value, the caller's context and the proof.
    pub fn into_parts(self) -> (T, C, Verified) {
        (self.inner, self.caller, self.proof)
    }
}

impl<T, C> Deref for Signed<T, C> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: FromRequest + 'static, C: Clone + 'static> FromRequest for Signed<T, C> {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, (payload, later)) = (request.clone(), share(payload));
        Box::pin(async move {
            match extract(&request, payload, later).await? {
                Extracted::Signed(signed) => Ok(signed),
                Extracted::Unsigned(config, payload) => {
                    Err(Refused::new(unsigned(&config, &request), payload, config.0.answering.clone()).into())
                }
            }
        })
    }
}

pub(super) enum Extracted<T, C> {
    Signed(Signed<T, C>),
    /// There is no signature at all; the body is as it came.
    Unsigned(SignatureConfig<C>, Payload),
}

pub(super) async fn extract<T: FromRequest, C: Clone + 'static>(
    request: &HttpRequest,
    mut payload: Payload,
    later: Option<oneshot::Sender<Bytes>>,
) -> Result<Extracted<T, C>, actix_web::Error> {
    let passage = match pass(request, &mut payload).await {
        Ok(passage) => passage,
        Err((refusal, answering)) => return Err(Refused::new(refusal, payload, answering).into()),
    };
    let Some(Found { verified, caller, body, .. }) = passage.found else {
        return Ok(Extracted::Unsigned(passage.config, payload));
    };
    // Nobody may be waiting for it.
    later.map(|later| later.send(body));
    let inner = inner(request, &mut payload).await?;
    Ok(Extracted::Signed(Signed { inner, caller, proof: verified }))
}

/// Takes the payload, and leaves one for the extractors that come later: it gives the body once that is verified, and an
/// error if it never is. An empty one would pass for a request without a body.
pub(super) fn share(payload: &mut Payload) -> (Payload, Option<oneshot::Sender<Bytes>>) {
    if matches!(payload, Payload::None) {
        return (Payload::None, None);
    }
    let (sender, verified) = oneshot::channel();
    let verified = verified.map(|body| body.map_err(|_| PayloadError::Incomplete(None)));
    let later: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(verified.into_stream());
    (std::mem::replace(payload, Payload::from(later)), Some(sender))
}
