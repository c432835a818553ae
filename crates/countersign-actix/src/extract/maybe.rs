//! The extractor of requests that may be signed.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures::future::LocalBoxFuture;

use super::{
    pass::inner,
    signed::{Extracted, Signed, extract, share},
};

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
                Extracted::Unsigned(_, mut payload) => Ok(Self::Anonymous(inner(&request, &mut payload).await?)),
            }
        })
    }
}
