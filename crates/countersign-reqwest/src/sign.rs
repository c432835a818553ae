//! reqwest's request as the core reads it, and as signing changes it.

use std::{error::Error as StdError, sync::LazyLock, time::SystemTime};

use countersign::{FieldName, Fields, Request, SignError, SignatureParts, Signer, UnixTime, Unsigned, WellKnown};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;
use url::Position;

/// Why a request was not signed. It is unchanged, and was not sent.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The request lacks what is to be covered.
    #[error("the request cannot be signed: {0}")]
    Sign(#[from] SignError),
    /// A field that is to be set cannot stand in a header.
    #[error("{0} cannot be set to what is to be signed")]
    InvalidField(FieldName),
    /// The service that holds the key did not sign.
    #[error("the key's service did not sign: {0}")]
    KeyService(#[source] Box<dyn StdError + Send + Sync>),
    /// The scheme puts its signature into the query or a form, which this version does not set.
    #[error("the scheme's signature does not travel in a header")]
    Unsupported,
}

/// Signs a request, last of all before it is sent, with the time of the system's clock.
///
/// Sets `Signature`, and `Date` and `Digest` where they are covered and missing. A request that is sent again needs a new
/// date: sign a fresh copy of the unsigned request.
///
/// # Errors
/// When the request lacks what is to be covered. It is unchanged then.
///
/// See the [crate's documentation](crate) for an example.
pub fn sign(request: &mut reqwest::Request, signer: &Signer) -> Result<(), Error> {
    sign_at(request, signer, SystemTime::now().into())
}

/// Signs a request as [`sign`] does, at a time that you give.
///
/// # Errors
/// When the request lacks what is to be covered. It is unchanged then.
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

pub(crate) fn apply(request: &mut reqwest::Request, parts: SignatureParts) -> Result<(), Error> {
    let headers = headers(parts)?;
    // Nothing can fail from here on, so the request is changed as a whole or not at all.
    for (name, value) in headers {
        request.headers_mut().insert(name, value);
    }
    Ok(())
}

/// A prepared name is looked up faster than text.
static KNOWN: LazyLock<Vec<HeaderName>> =
    LazyLock::new(|| WellKnown::ALL.iter().map(|known| HeaderName::from_static(known.as_str())).collect());

/// A header map as the core looks into it.
struct ReqwestFields<'a>(&'a HeaderMap);

impl Fields for ReqwestFields<'_> {
    fn visit<'a>(&'a self, name: &FieldName, each: &mut dyn FnMut(&'a [u8])) {
        let values = match name.well_known().and_then(|known| KNOWN.get(known as usize)) {
            Some(known) => self.0.get_all(known),
            None => self.0.get_all(name.as_str()),
        };
        values.iter().for_each(|value| each(value.as_bytes()));
    }
}

/// The request as it will be on the wire: a body that cannot be read ahead is one that is not at hand.
fn head<'a>(request: &'a reqwest::Request, fields: &'a dyn Fields, authority: Option<&'a str>) -> Request<'a> {
    let target = &request.url()[Position::BeforePath..Position::AfterQuery];
    let mut head = Request::new(request.method().as_str(), target, fields);
    head.authority = authority;
    match request.body().map(reqwest::Body::as_bytes) {
        None => head.with_body(b""),
        Some(Some(bytes)) => head.with_body(bytes),
        Some(None) => head,
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

fn headers(parts: SignatureParts) -> Result<Vec<(HeaderName, HeaderValue)>, Error> {
    if !parts.query.is_empty() || !parts.form.is_empty() {
        return Err(Error::Unsupported);
    }
    let header = |field: countersign::SignatureField| {
        let name = HeaderName::from_bytes(field.name.as_str().as_bytes());
        let value = HeaderValue::try_from(field.value);
        match (name, value) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(field.sensitive);
                Ok((name, value))
            }
            _ => Err(Error::InvalidField(field.name)),
        }
    };
    parts.fields.into_iter().map(header).collect()
}
