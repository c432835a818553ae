//! reqwest's request as signing changes it: all of it or nothing.

use countersign::{SignError, SignatureField, SignatureParts, WellKnown};
use reqwest::{
    Body, Request, Url,
    header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue},
};
use url::Position;

use crate::{error::Error, fields::ReqwestFields};

const FORM: &str = "application/x-www-form-urlencoded";

/// Sets what signing adds.
pub(crate) fn apply(request: &mut Request, parts: SignatureParts) -> Result<(), Error> {
    let url = changed_url(request, &parts)?;
    let body = changed_body(request, &parts)?;
    let becomes_a_form = !parts.form.is_empty() && !request.headers().contains_key(CONTENT_TYPE);
    let headers = parts.fields.into_iter().map(header).collect::<Result<Vec<_>, _>>()?;
    // Nothing can fail from here on, so the request is changed as a whole or not at all.
    if let Some(url) = url {
        *request.url_mut() = url;
    }
    if let Some(body) = body {
        *request.body_mut() = Some(Body::from(body));
    }
    if becomes_a_form {
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
    }
    for (name, _) in &headers {
        request.headers_mut().remove(name);
    }
    // One after the other, since a scheme may set several of one name.
    for (name, value) in headers {
        request.headers_mut().append(name, value);
    }
    Ok(())
}

/// Path and query as they go over the wire.
pub(crate) fn target(url: &Url) -> &str {
    &url[Position::BeforePath..Position::AfterQuery]
}

/// The request's body; `None` when it cannot be read ahead.
pub(crate) fn body(request: &Request) -> Option<&[u8]> {
    request.body().map_or(Some(b""), Body::as_bytes)
}

fn changed_url(request: &Request, parts: &SignatureParts) -> Result<Option<Url>, Error> {
    if !parts.changes_target() {
        return Ok(None);
    }
    let url = request.url();
    with_target(url.clone(), &parts.target(target(url))).map(Some)
}

/// A URL escapes what it is given in its own way, and signed is only the one that is expected.
fn with_target(mut url: Url, expected: &str) -> Result<Url, Error> {
    url.set_query(expected.split_once('?').map(|(_, query)| query));
    if target(&url) == expected { Ok(url) } else { Err(Error::InvalidQuery) }
}

fn changed_body(request: &Request, parts: &SignatureParts) -> Result<Option<Vec<u8>>, Error> {
    if !parts.changes_body() {
        return Ok(None);
    }
    let before = body(request).ok_or(Error::UnreadBody)?;
    parts.fit(&ReqwestFields(request.headers()), before).map_err(|error| match error {
        SignError::NotAForm => Error::NotAForm,
        SignError::StaleField(field) => Error::StaleField(field),
        error => Error::Sign(error),
    })?;
    let body = parts.body(before)?.into_owned();
    let length = body.len().to_string();
    // The client sets none that is there already.
    if request.headers().get_all(CONTENT_LENGTH).iter().any(|value| value.as_bytes() != length.as_bytes()) {
        return Err(Error::StaleField(WellKnown::ContentLength.into()));
    }
    Ok(Some(body))
}

fn header(field: SignatureField) -> Result<(HeaderName, HeaderValue), Error> {
    let name = HeaderName::from_bytes(field.name.as_str().as_bytes());
    match (name, HeaderValue::try_from(field.value)) {
        (Ok(name), Ok(mut value)) => {
            value.set_sensitive(field.sensitive);
            Ok((name, value))
        }
        _ => Err(Error::InvalidField(field.name)),
    }
}

#[cfg(test)]
mod tests;
