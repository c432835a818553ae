//! A request signed with keys that are here.

use std::time::SystemTime;

use countersign::{Fields, Request, Signer, UnixTime, Unsigned};
use http::header::{CONTENT_LENGTH, HOST};

use crate::{apply::apply, error::Error, fields::HeaderFields, outgoing::Outgoing};

/// Signs a request, last of all before it is sent, with the time of the system's clock.
///
/// Sets `Signature`, and `Date` and `Digest` where they are covered and missing; where the scheme puts its signature into the query
/// or into the body, that is set instead. A request that is sent again needs a new date: sign a fresh copy of the unsigned request.
///
/// # Errors
/// When the request lacks what is to be covered or a place for the signature. It is unchanged then.
///
/// See the [crate's documentation](crate) for an example.
pub fn sign(request: &mut impl Outgoing, signer: &Signer) -> Result<(), Error> {
    sign_at(request, signer, SystemTime::now().into())
}

/// Signs a request as [`sign`] does, at a time that you give.
///
/// # Errors
/// Those of [`sign`]. The request is unchanged then.
pub fn sign_at(request: &mut impl Outgoing, signer: &Signer, now: UnixTime) -> Result<(), Error> {
    whole(request)?;
    let parts = with_head(request, |head| signer.sign(&head, now))?;
    apply(request, parts)
}

/// The request laid out for keys that live elsewhere.
pub(crate) fn prepare(request: &impl Outgoing, signer: &Signer, now: UnixTime) -> Result<Unsigned<'static>, Error> {
    whole(request)?;
    Ok(with_head(request, |head| signer.prepare(&head, now).map(Unsigned::into_owned))?)
}

/// Clients send as many bytes as `Content-Length` says, where the caller set it.
fn whole(request: &impl Outgoing) -> Result<(), Error> {
    let (Some(body), Some(length)) = (request.body(), request.headers().get(CONTENT_LENGTH)) else { return Ok(()) };
    if length.as_bytes() == body.len().to_string().as_bytes() { Ok(()) } else { Err(Error::LengthMismatch) }
}

/// Lends a request as the core reads it: as it will be on the wire. A body that cannot be read ahead is one that is not at hand.
///
/// ```
/// use countersign::WellKnown;
///
/// let request = http::Request::get("https://api.example:443/orders?page=2").body(Vec::new())?;
/// countersign_http::with_head(&request, |head| {
///     assert_eq!((head.method, head.target, head.authority), ("GET", "/orders?page=2", Some("api.example")));
/// });
/// # Ok::<(), http::Error>(())
/// ```
pub fn with_head<T>(request: &impl Outgoing, read: impl FnOnce(Request<'_>) -> T) -> T {
    let fields = HeaderFields(request.headers());
    let fields: &dyn Fields = &fields;
    // A field of the caller's own is sent in its place.
    let authority = if request.headers().contains_key(HOST) { None } else { request.authority() };
    let target = request.target();
    let mut head = Request::new(request.method(), &target, fields);
    head.authority = authority.as_deref();
    read(match request.body() {
        Some(bytes) => head.with_body(bytes),
        None => head,
    })
}
