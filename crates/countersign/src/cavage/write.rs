//! From a request to what is to be signed and where it goes.

use smallvec::smallvec;

use super::{
    Cavage,
    base::{LineError, Stated, push_line, push_value},
};
use crate::{
    algorithm::DigestAlgorithm,
    component::{Component, ComponentError},
    coverage::When,
    digest::{ExpectedDigests, digest_field},
    error::SignError,
    field::{FieldName, WellKnown},
    key::KeyMetadata,
    request::{Request, trim},
    scheme::{Gap, Place, SignatureParts, SigningParams, Slot, Unsigned},
    signature::Encoding,
    signature_base::SignatureBase,
    time::UnixTime,
};

pub(super) fn prepare<'r>(
    scheme: Cavage,
    request: &Request<'r>,
    params: &SigningParams<'_>,
    now: UnixTime,
) -> Result<Unsigned<'r>, SignError> {
    let [key] = params.keys else {
        return Err(SignError::SignatureCount { expected: 1, given: params.keys.len() });
    };
    if let Some(taken) = scheme.taken_carrier(request) {
        return Err(SignError::Ambiguous(taken.into()));
    }
    // A body that is not at hand counts as one: it may turn out to be there.
    let has_body = request.body.is_none_or(|body| !body.is_empty());
    let is_due = |component: &Component, when: &When| when.applies(component, request, has_body);
    let states =
        |stated| params.coverage.iter().any(|(component, when)| *component == stated && is_due(component, when));
    let created = states(Component::Created).then_some(now);
    let expires = states(Component::Expires).then_some(params.expires);
    let mut draft = Draft::new(request, scheme, key, created, expires);
    for (component, when) in params.coverage.iter() {
        if is_due(component, when) {
            draft.cover(component, now, params.expires)?;
        }
    }
    if draft.base.is_empty() {
        return Err(ComponentError::Empty.into());
    }
    draft.text.push_str("\",signature=\"");
    let gap = Gap { signature: 0, encoding: Encoding::Base64, then: "\"".into() };
    let slot =
        Slot { place: Place::Field(scheme.carrier().into()), text: draft.text.into_bytes(), gaps: smallvec![gap] };
    Ok(Unsigned {
        base: draft.base,
        body: request.body.unwrap_or_default(),
        parts: draft.parts,
        slots: smallvec![slot],
        signatures: 1,
    })
}

/// The signing string, the carrier's value with its `headers` list, and the added fields, growing together.
struct Draft<'a, 'r> {
    request: &'a Request<'r>,
    base: SignatureBase,
    parts: SignatureParts,
    text: String,
}

impl<'a, 'r> Draft<'a, 'r> {
    fn new(
        request: &'a Request<'r>,
        scheme: Cavage,
        key: &KeyMetadata,
        created: Option<UnixTime>,
        expires: Option<UnixTime>,
    ) -> Self {
        let mut text = String::with_capacity(key.id.as_str().len().saturating_add(384));
        if scheme.in_authorization {
            text.push_str("Signature ");
        }
        text.push_str("keyId=\"");
        push_quoted(&mut text, key.id.as_str());
        text.push_str("\",algorithm=\"");
        text.push_str(key.algorithm.name());
        text.push('"');
        for (name, time) in [(",created=", created), (",expires=", expires)] {
            if let Some(time) = time {
                text.push_str(name);
                text.push_str(&time.as_secs().to_string());
            }
        }
        text.push_str(",headers=\"");
        let parts = SignatureParts { fields: Vec::with_capacity(2), ..SignatureParts::default() };
        Self { request, base: SignatureBase::new(), parts, text }
    }

    /// Appends one component, and makes its value where the request lacks one that can be made.
    fn cover(&mut self, component: &Component, now: UnixTime, expires: UnixTime) -> Result<(), SignError> {
        let first = self.base.is_empty();
        let pushed = match component {
            Component::Created => push_value(&mut self.base, component, now.as_secs().to_string().as_bytes()),
            Component::Expires => push_value(&mut self.base, component, expires.as_secs().to_string().as_bytes()),
            Component::Field(name) => match self.value(name, now)? {
                Some(Found::Made(value)) => {
                    let pushed = push_value(&mut self.base, component, value.as_bytes());
                    self.parts.add_field(name.clone(), value.into_bytes());
                    pushed
                }
                Some(Found::There(value)) => push_value(&mut self.base, component, trim(value)),
                None => push_line(&mut self.base, component, self.request, Stated::default()),
            },
            _ => push_line(&mut self.base, component, self.request, Stated::default()),
        };
        pushed.map_err(|error| match error {
            LineError::Missing => SignError::Missing(component.clone()),
            LineError::ForbiddenByte => SignError::ForbiddenByte(component.clone()),
            LineError::Several => SignError::Ambiguous(WellKnown::Host.into()),
            LineError::Unsupported => SignError::Unsupported(component.clone()),
            LineError::TooLong => SignError::TooLong,
        })?;
        if !first {
            self.text.push(' ');
        }
        self.text.push_str(component.as_str());
        Ok(())
    }

    /// The value of a field that is single, or is missing and can be made. A digest that is there is checked where it can
    /// be.
    fn value(&self, name: &FieldName, now: UnixTime) -> Result<Option<Found<'r>>, SignError> {
        let (request, Some(known)) = (self.request, name.well_known()) else {
            return Ok(None);
        };
        let single = || request.single(name).map_err(|_| SignError::Ambiguous(name.clone()));
        match known {
            WellKnown::Date => Ok(Some(single()?.map_or_else(|| Found::Made(now.to_http_date()), Found::There))),
            WellKnown::ContentLength => match (single()?, request.body) {
                (Some(value), _) => Ok(Some(Found::There(value))),
                (None, body) => Ok(body.map(|body| Found::Made(body.len().to_string()))),
            },
            WellKnown::Digest if request.has_field(name) => check_digest(request, name).map(|()| None),
            WellKnown::Digest => match request.body {
                Some(body) => Ok(Some(Found::Made(digest_field(DigestAlgorithm::Sha256, body)))),
                None => Err(SignError::UnreadBody),
            },
            _ => Ok(None),
        }
    }
}

/// A field's value: of the request, or to be added to it.
enum Found<'r> {
    There(&'r [u8]),
    Made(String),
}

/// A `Digest` that the caller gave has to be one that can be checked, and the body's where the body is at hand.
fn check_digest(request: &Request<'_>, name: &FieldName) -> Result<(), SignError> {
    let (mut expected, mut read) = (ExpectedDigests::none(), Ok(()));
    request.fields.visit(name, &mut |value| {
        if read.is_ok() {
            read = expected.read(value);
        }
    });
    if read.is_err() || !expected.is_some() {
        return Err(SignError::DigestMismatch);
    }
    let Some(body) = request.body else {
        return Ok(());
    };
    let mut check = expected.check();
    check.update(body);
    check.finish().map_err(|_| SignError::DigestMismatch)
}

/// Writes the inside of a quoted string (RFC 9110 section 5.6.4). A key id has no control characters.
fn push_quoted(text: &mut String, value: &str) {
    if !value.contains(['"', '\\']) {
        text.push_str(value);
        return;
    }
    for char in value.chars() {
        if matches!(char, '"' | '\\') {
            text.push('\\');
        }
        text.push(char);
    }
}
