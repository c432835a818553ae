//! Signing requests in the tests of your own routes.
//!
//! ```
//! use actix_web::{App, test::{TestRequest, call_service, init_service}, web};
//! use countersign::{Cavage, Credential, Secret, Signer, SigningKey, StaticKeys, VerifyingKey};
//! use countersign_actix::{SignatureConfig, Signed, testing::sign};
//!
//! async fn create(order: Signed<web::Json<Vec<u32>>, &'static str>) -> String {
//!     format!("{} items for {}", order.len(), order.caller())
//! }
//!
//! # #[actix_web::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = Secret::new("correct horse battery staple")?;
//! let keys = StaticKeys::new().with("alice".parse()?, Credential::new(VerifyingKey::hmac_sha256(&secret), "Alice"));
//! let app = App::new().app_data(SignatureConfig::new(keys)).route("/orders", web::post().to(create));
//! let app = init_service(app).await;
//!
//! let alice = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
//! let request = sign(TestRequest::post().uri("/orders").set_json([1, 2]), &alice)?;
//! assert_eq!(call_service(&app, request).await.status(), 200);
//! # Ok(())
//! # }
//! ```

use std::{cell::RefCell, time::SystemTime};

use actix_http::{HttpMessage, Request};
use actix_web::{
    dev::Payload,
    http::{
        Uri,
        header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue},
        uri::PathAndQuery,
    },
    test::TestRequest,
    web::Bytes,
};
use countersign::{Component, SignError, SignatureField, SignatureParts, Signer, UnixTime};
use futures::{FutureExt, StreamExt, future::ready};

use crate::fields::ActixFields;

/// The host of a test's request that names none.
const TEST_HOST: &str = "localhost:8080";

/// Signs a test's request now, for `call_service`. A `Host` is added where there is none, as a client adds it. A signature that travels in
/// the query or in the body is set there.
///
/// Behind a [`public_prefix`](crate::SignatureConfig::public_prefix) or a
/// [`public_authority`](crate::SignatureConfig::public_authority) clients sign another target than arrives: see [`sign_for`].
///
/// # Errors
/// When the request lacks what is to be covered or a place for the signature, or cannot be signed for another reason.
pub fn sign(request: TestRequest, signer: &Signer) -> Result<Request, SignError> {
    sign_at(request, signer, SystemTime::now().into())
}

/// Signs a test's request for another authority and target than its own: as a client sends it to a proxy in front, or as somebody
/// does who has a signature for something else.
///
/// # Errors
/// Those of [`sign`].
pub fn sign_for(authority: &str, target: &str, request: TestRequest, signer: &Signer) -> Result<Request, SignError> {
    sign_as(Some((authority, target)), request, signer, SystemTime::now().into())
}

/// Signs a test's request at a time of your own, such as one that is too long ago.
///
/// # Errors
/// Those of [`sign`].
pub fn sign_at(request: TestRequest, signer: &Signer, now: UnixTime) -> Result<Request, SignError> {
    sign_as(None, request, signer, now)
}

fn sign_as(
    public: Option<(&str, &str)>,
    request: TestRequest,
    signer: &Signer,
    now: UnixTime,
) -> Result<Request, SignError> {
    let mut request = request.to_request();
    let (body, chunks) = (RefCell::new(Vec::new()), request.take_payload());
    // A test's body is at hand, so that nothing is ever waited for.
    let has_payload = !matches!(chunks, Payload::None);
    let collected = chunks.for_each(|chunk| {
        body.borrow_mut().extend_from_slice(&chunk.unwrap_or_default());
        ready(())
    });
    collected.now_or_never();
    let body = Bytes::from(body.into_inner());
    if has_payload {
        *request.payload() = Payload::from(body.clone());
    }
    if !request.headers().contains_key(HOST) && request.uri().authority().is_none() {
        request.headers_mut().insert(HOST, HeaderValue::from_static(TEST_HOST));
    }
    let (host, target) = public.map_or((None, target(&request)), |(authority, target)| (Some(authority), target));
    let fields = ActixFields { map: request.headers(), host };
    let head = countersign::Request::new(request.method().as_str(), target, &fields);
    // A body that is put in afterwards has its digest in the head already.
    let at_hand = (!body.is_empty() || !head.has_body()).then_some(&body[..]);
    let parts = signer.sign(&at_hand.map_or(head, |body| head.with_body(body)), now)?;
    apply(&mut request, &parts, at_hand)?;
    Ok(request)
}

fn target(request: &Request) -> &str {
    request.uri().path_and_query().map_or("", PathAndQuery::as_str)
}

/// Sets what signing adds. The target is the request's own, whatever was signed for a proxy in front.
fn apply(request: &mut Request, parts: &SignatureParts, body: Option<&[u8]>) -> Result<(), SignError> {
    if parts.changes_target() {
        let uri = with_target(request.uri(), &parts.target(target(request)))?;
        request.head_mut().uri = uri;
    }
    if parts.changes_body() {
        let body = body.ok_or(SignError::UnreadBody)?;
        parts.fit(&ActixFields { map: request.headers(), host: None }, body)?;
        let changed = Bytes::from(parts.body(body)?.into_owned());
        describe(request.headers_mut(), parts, body.is_empty(), changed.len());
        *request.payload() = Payload::from(changed);
    }
    let headers = parts.fields.iter().map(header).collect::<Result<Vec<_>, _>>()?;
    for (name, _) in &headers {
        request.headers_mut().remove(name);
    }
    for (name, value) in headers {
        request.headers_mut().append(name, value);
    }
    Ok(())
}

fn header(field: &SignatureField) -> Result<(HeaderName, HeaderValue), SignError> {
    let name = HeaderName::from_bytes(field.name.as_str().as_bytes());
    match (name, HeaderValue::from_bytes(&field.value)) {
        (Ok(name), Ok(value)) => Ok((name, value)),
        _ => Err(SignError::InvalidField(field.name.clone())),
    }
}

fn with_target(uri: &Uri, target: &str) -> Result<Uri, SignError> {
    // What names an authority and no scheme has no path that a query could follow.
    let missing = || SignError::Missing(Component::RequestTarget);
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target.parse().map_err(|_| missing())?);
    Uri::from_parts(parts).map_err(|_| missing())
}

/// Makes the head say of the new body what a client says.
fn describe(headers: &mut HeaderMap, parts: &SignatureParts, was_empty: bool, len: usize) {
    if headers.contains_key(CONTENT_LENGTH) {
        headers.insert(CONTENT_LENGTH, len.into());
    }
    if !parts.form.is_empty() && was_empty && !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    }
}

#[cfg(test)]
mod tests;
