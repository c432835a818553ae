//! A request as signing changes it: all of it or nothing.

use countersign::{SignError, SignatureField, SignatureParts, WellKnown};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};

use crate::{error::Error, fields::HeaderFields, outgoing::Outgoing};

const FORM: &str = "application/x-www-form-urlencoded";

/// Sets what signing adds, all of it or nothing; [`sign`](crate::sign()) does it by itself.
///
/// # Errors
/// When a part of it has no place in the request. It is unchanged then.
pub fn apply(request: &mut impl Outgoing, parts: SignatureParts) -> Result<(), Error> {
    let location = changed_location(request, &parts)?;
    let body = changed_body(request, &parts)?;
    let becomes_a_form = !parts.form.is_empty() && !request.headers().contains_key(CONTENT_TYPE);
    let headers = parts.fields.into_iter().map(header).collect::<Result<Vec<_>, _>>()?;
    // Nothing can fail from here on, so the request is changed as a whole or not at all.
    if let Some(location) = location {
        request.set_location(location);
    }
    if let Some(body) = body {
        request.set_body(body);
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

fn changed_location<R: Outgoing>(request: &R, parts: &SignatureParts) -> Result<Option<R::Location>, Error> {
    if !parts.changes_target() {
        return Ok(None);
    }
    let before = request.target();
    request.with_target(&parts.target(&before)).map(Some).ok_or(Error::InvalidQuery)
}

fn changed_body(request: &impl Outgoing, parts: &SignatureParts) -> Result<Option<Vec<u8>>, Error> {
    if !parts.changes_body() {
        return Ok(None);
    }
    let before = request.body().ok_or(Error::UnreadBody)?;
    parts.fit(&HeaderFields(request.headers()), before).map_err(|error| match error {
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
