//! The extractors.

use std::{ops::Deref, pin::Pin, rc::Rc};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, error::PayloadError, web::Bytes};
use countersign::Verified;
use futures::{
    FutureExt, Stream,
    channel::oneshot,
    future::{LocalBoxFuture, Ready, ready},
};

use crate::{
    check::{Found, check, unsigned},
    config::SignatureConfig,
    guard::Passed,
    refusal::Refusal,
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
/// turn any failed extractor into a value. Where a signature is optional use [`MaybeSigned`], which lets a request pass only if it has none
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
                Extracted::Unsigned(config, payload) => Err(Refused::new(unsigned(&config, &request), payload).into()),
            }
        })
    }
}

enum Extracted<T, C> {
    Signed(Signed<T, C>),
    /// There is no signature at all; the body is as it came.
    Unsigned(SignatureConfig<C>, Payload),
}

async fn extract<T: FromRequest, C: Clone + 'static>(
    request: &HttpRequest,
    mut payload: Payload,
    later: Option<oneshot::Sender<Bytes>>,
) -> Result<Extracted<T, C>, actix_web::Error> {
    let Found { verified, caller, body } = match pass(request, &mut payload).await {
        Ok(Pass::Checked { config, found: None }) => return Ok(Extracted::Unsigned(config, payload)),
        Ok(Pass::Checked { found: Some(found), .. } | Pass::Taken(found)) => found,
        Err(refusal) => return Err(Refused::new(refusal, payload).into()),
    };
    // Nobody may be waiting for it.
    later.map(|later| later.send(body));
    let inner = inner(request, payload).await?;
    Ok(Extracted::Signed(Signed { inner, caller, proof: verified }))
}

/// Takes the payload, and leaves one for the extractors that come later: it gives the body once that is verified, and an
/// error if it never is. An empty one would pass for a request without a body.
fn share(payload: &mut Payload) -> (Payload, Option<oneshot::Sender<Bytes>>) {
    if matches!(payload, Payload::None) {
        return (Payload::None, None);
    }
    let (sender, verified) = oneshot::channel();
    let verified = verified.map(|body| body.map_err(|_| PayloadError::Incomplete(None)));
    let later: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(verified.into_stream());
    (std::mem::replace(payload, Payload::from(later)), Some(sender))
}

async fn inner<T: FromRequest>(request: &HttpRequest, mut payload: Payload) -> Result<T, actix_web::Error> {
    T::from_request(request, &mut payload).await.map_err(Into::into)
}

enum Pass<C> {
    /// The guard's finding is enough.
    Taken(Found<C>),
    /// Checked here; `None` when there is no signature.
    Checked { config: SignatureConfig<C>, found: Option<Found<C>> },
}

/// What the guard found where that is enough, else what the check finds now.
async fn pass<C: Clone + 'static>(request: &HttpRequest, payload: &mut Payload) -> Result<Pass<C>, Refusal> {
    let passed = request.extensions().get::<Rc<Passed<C>>>().cloned();
    let own = request.app_data::<SignatureConfig<C>>();
    let config = match (own, passed) {
        (own, Some(passed)) => {
            if !passed.found.body.is_empty() {
                // Whoever took the body before, this is the one that was signed.
                *payload = Payload::from(passed.found.body.clone());
            }
            match own.and_then(|own| own.beyond(&passed.config)) {
                Some(stricter) => stricter,
                None => return Ok(Pass::Taken(passed.found.clone())),
            }
        }
        (Some(own), None) => own.clone(),
        (None, None) => return Err(unguarded::<C>()),
    };
    let found = check(&config, request, payload).await?;
    Ok(Pass::Checked { config, found })
}

fn unguarded<C>() -> Refusal {
    tracing::error!(
        caller = std::any::type_name::<C>(),
        "no SignatureConfig of this caller's type in the app data, and no SignatureGuard of it around the route"
    );
    Refusal::Misconfigured
}

/// A request that may come without a signature.
///
/// It is anonymous only if there is no signature at all: one that is malformed, stale, unknown or wrong is refused as
/// [`Signed`] refuses it. Let `T` read the body: behind an anonymous request there is none left for other extractors, which fail.
///
/// ```
/// use actix_web::web;
/// use countersign_actix::MaybeSigned;
///
/// async fn greet(request: MaybeSigned<(), &'static str>) -> String {
///     match request {
///         MaybeSigned::Signed(signed) => format!("Hello, {}", signed.caller()),
///         MaybeSigned::Anonymous(()) => "Hello, whoever you are".to_owned(),
///     }
/// }
/// # let _ = web::get().to(greet);
/// ```
#[derive(Debug)]
pub enum MaybeSigned<T, C = ()> {
    /// Signed, and the signature holds.
    Signed(Signed<T, C>),
    /// Not signed at all. The inner extractor's value is anybody's.
    Anonymous(T),
}

impl<T, C> MaybeSigned<T, C> {
    /// The caller's context; `None` for an anonymous request.
    pub const fn caller(&self) -> Option<&C> {
        match self {
            Self::Signed(signed) => Some(signed.caller()),
            Self::Anonymous(_) => None,
        }
    }
}

impl<T: FromRequest + 'static, C: Clone + 'static> FromRequest for MaybeSigned<T, C> {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, (payload, later)) = (request.clone(), share(payload));
        Box::pin(async move {
            match extract(&request, payload, later).await? {
                Extracted::Signed(signed) => Ok(Self::Signed(signed)),
                Extracted::Unsigned(_, payload) => Ok(Self::Anonymous(inner(&request, payload).await?)),
            }
        })
    }
}

/// The caller's context behind a [`SignatureGuard`](crate::SignatureGuard), for handlers that need nothing else of the
/// proof. Without the guard the answer is 500.
///
/// It is what the guard found under its own policy. What the app data asks for beyond that, only [`Signed`] checks.
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

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let extensions = request.extensions();
        let passed = extensions.get::<Rc<Passed<C>>>();
        ready(passed.map(|passed| Self(passed.found.caller.clone())).ok_or_else(|| unguarded::<C>().into()))
    }
}
