//! reqwest's request as the core reads it.

use std::time::SystemTime;

use countersign::{Fields, Request, SignError, Signer, UnixTime, Unsigned};
use reqwest::header::HOST;

use crate::{
    apply::{apply, body, target},
    error::Error,
    fields::ReqwestFields,
};

/// Signs a request, last of all before it is sent, with the time of the system's clock.
///
/// Sets `Signature`, and `Date` and `Digest` where they are covered and missing; where the scheme puts its signature into the query
/// or into the body, that is set instead. A request that is sent again needs a new date: sign a fresh copy of the unsigned request.
///
/// # Errors
/// When the request lacks what is to be covered or a place for the signature. It is unchanged then.
///
/// See the [crate's documentation](crate) for an example.
pub fn sign(request: &mut reqwest::Request, signer: &Signer) -> Result<(), Error> {
    sign_at(request, signer, SystemTime::now().into())
}

/// Signs a request as [`sign`] does, at a time that you give.
///
/// # Errors
/// Those of [`sign`]. The request is unchanged then.
pub fn sign_at(request: &mut reqwest::Request, signer: &Signer, now: UnixTime) -> Result<(), Error> {
    let parts = signer.sign(&head(request, &ReqwestFields(request.headers()), authority(request).as_deref()), now)?;
    apply(request, parts)
}

/// The request laid out for keys that live elsewhere.
pub(crate) fn prepare(
    request: &reqwest::Request,
    signer: &Signer,
    now: UnixTime,
) -> Result<Unsigned<'static>, SignError> {
    let authority = authority(request);
    let fields = ReqwestFields(request.headers());
    signer.prepare(&head(request, &fields, authority.as_deref()), now).map(Unsigned::into_owned)
}

/// The request as it will be on the wire: a body that cannot be read ahead is one that is not at hand.
fn head<'a>(request: &'a reqwest::Request, fields: &'a dyn Fields, authority: Option<&'a str>) -> Request<'a> {
    let mut head = Request::new(request.method().as_str(), target(request.url()), fields);
    // A field of the caller's own is sent in its place.
    head.authority = authority.filter(|_| !request.headers().contains_key(HOST));
    match body(request) {
        Some(bytes) => head.with_body(bytes),
        None => head,
    }
}

/// What is sent as `Host`, or as `:authority`, unless the request has a `Host` field: the port only where it is not the
/// scheme's own.
fn authority(request: &reqwest::Request) -> Option<String> {
    let host = request.url().host_str()?;
    Some(match request.url().port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}
