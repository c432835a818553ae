//! reqwest's request as signing changes it: all of it or nothing.

use countersign::{FieldName, SignatureField, SignatureParts, WellKnown};
use reqwest::{
    Body, Request, Url,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use url::Position;

use crate::error::Error;

const FORM: &str = "application/x-www-form-urlencoded";

/// Sets what signing adds.
pub(crate) fn apply(request: &mut Request, parts: SignatureParts) -> Result<(), Error> {
    let url = changed_url(request, &parts)?;
    let body = changed_body(request, &parts)?;
    let becomes_a_form = becomes_a_form(request, &parts)?;
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
    let body = parts.body(body(request).ok_or(Error::UnreadBody)?)?.into_owned();
    match stale_field(request, body.len()) {
        Some(field) => Err(Error::StaleField(field)),
        None => Ok(Some(body)),
    }
}

/// A field that says of the body what is not so of one of this length with the signature in it.
fn stale_field(request: &Request, len: usize) -> Option<FieldName> {
    let stale = |field: &WellKnown| {
        let mut values = request.headers().get_all(field.as_str()).iter();
        match field {
            WellKnown::ContentLength => values.any(|value| value.as_bytes() != len.to_string().as_bytes()),
            // The others were made of the whole body.
            _ => values.next().is_some(),
        }
    };
    let of_the_body = [
        WellKnown::ContentLength,
        WellKnown::ContentEncoding,
        WellKnown::Digest,
        WellKnown::ContentDigest,
        WellKnown::XContentSha256,
    ];
    of_the_body.into_iter().find(stale).map(FieldName::from)
}

/// Whether the request gets a form where it had no body and said nothing of one.
fn becomes_a_form(request: &Request, parts: &SignatureParts) -> Result<bool, Error> {
    if parts.form.is_empty() {
        return Ok(false);
    }
    let mut types = request.headers().get_all(CONTENT_TYPE).iter().peekable();
    if types.peek().is_none() {
        return Ok(body(request).is_some_and(<[u8]>::is_empty));
    }
    if types.all(is_form) { Ok(false) } else { Err(Error::NotAForm) }
}

fn is_form(content_type: &HeaderValue) -> bool {
    let essence = content_type.to_str().ok().and_then(|text| text.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(FORM))
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
