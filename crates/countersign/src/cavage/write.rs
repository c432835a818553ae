//! From a request to what is to be signed and where it goes.

use std::borrow::Cow;

use smallvec::{SmallVec, smallvec};

use super::{
    Cavage,
    base::{self, LineError, Source, Stated, push_date, push_line, push_value},
    carrier,
    dialect::{Absent, Param},
    made::{self, Found},
    switch::Switch,
};
use crate::{
    algorithm::{Algorithm, Family},
    component::{Component, ComponentError},
    error::SignError,
    field::{FieldName, WellKnown},
    hop::named_by_connection,
    key::KeyMetadata,
    request::{Request, trim},
    scheme::{Gap, Place, SignatureParts, SigningParams, Slot, Unsigned},
    signature::{Encoding, SignatureForm},
    signature_base::SignatureBase,
    time::UnixTime,
};

pub(super) fn prepare<'r>(
    scheme: &Cavage,
    request: &Request<'r>,
    params: &SigningParams<'_>,
    now: UnixTime,
) -> Result<Unsigned<'r>, SignError> {
    let due = |spelt: &[u8]| {
        let mut named = params.coverage.iter().filter(|(component, _)| component.field_named(spelt).is_some());
        named.find(|(component, when)| when.is_due(component, request))?.0.field_named(spelt).cloned()
    };
    if let Some(name) = named_by_connection(request, due) {
        return Err(SignError::HopByHop(name));
    }
    let [key] = params.keys else {
        return Err(SignError::SignatureCount { expected: 1, given: params.keys.len() });
    };
    if key.scheme.is_some() {
        return Err(SignError::KeyOfOtherScheme(key.id.to_string()));
    }
    if let Some(taken) = carrier::taken(scheme, request) {
        return Err(SignError::Occupied(taken.into()));
    }
    let wire = scheme.wire();
    // Verifiers want it single whether it is covered or not.
    let date = Component::field(WellKnown::Date);
    if !params.coverage.always_has(&date) && request.single(&WellKnown::Date.into()).is_err() {
        return Err(SignError::Ambiguous(WellKnown::Date.into()));
    }
    let covers = |stated: &Component| {
        params.coverage.mentions(stated)
            && params.coverage.iter().any(|(component, when)| component == stated && when.is_due(component, request))
    };
    let states = |param, component: Component| match (covers(&component), wire.writes(param)) {
        (true, false) => Err(SignError::Unsupported(component)),
        (covered, written) => Ok(covered || (written && wire.states_created && param == Param::Created)),
    };
    let created = states(Param::Created, Component::Created)?.then(|| now.as_secs().to_string());
    let expires = states(Param::Expires, Component::Expires)?.then(|| params.expires.as_secs().to_string());
    let stated = Stated {
        key_id: Some(key.id.as_str()),
        algorithm: Some(scheme.algorithm_name(key.algorithm)),
        created: created.as_deref(),
        expires: expires.as_deref(),
        opaque: None,
    };
    // Filled in place: it is large, and moving it costs as much as writing it.
    let mut unsigned = Unsigned {
        base: SignatureBase::new(),
        body: request.body.unwrap_or_default().into(),
        parts: SignatureParts { fields: Vec::with_capacity(2), ..SignatureParts::default() },
        slots: SmallVec::new(),
        signatures: 1,
    };
    let mut draft = Draft::new(request, scheme, stated, params.prepared, &mut unsigned);
    base::begin(draft.base, wire, key.id.as_str());
    for (param, lead) in wire.layout {
        let start = draft.text.len();
        match param {
            // They are in the text that was prepared.
            Param::KeyId | Param::Algorithm => {}
            Param::Created => draft.push_param(lead, stated.created),
            Param::Expires => draft.push_param(lead, stated.expires),
            Param::Headers | Param::HeadersUnlessDate => {
                draft.text.push_str(lead);
                let list = draft.text.len();
                for component in params.coverage.due(request) {
                    draft.cover(component, now)?;
                }
                if draft.text.len() == list {
                    return Err(ComponentError::Empty.into());
                }
                let left_out = *param == Param::HeadersUnlessDate && draft.text.get(list..) == Some("date");
                draft.text.push('"');
                if left_out {
                    draft.text.truncate(start);
                }
            }
            Param::Signature => {
                draft.text.push_str(lead);
                draft.gap = draft.text.len();
                draft.text.push('"');
            }
        }
    }
    base::end(draft.base, wire);
    let slot = draft.into_slot(key.algorithm);
    unsigned.slots.push(slot);
    Ok(unsigned)
}

/// What the carrier's value begins with, whatever the request: the parameters that the key gives.
pub(super) fn fixed_text(scheme: &Cavage, key: &KeyMetadata) -> String {
    let mut text = String::new();
    if scheme.carrier() != WellKnown::Signature {
        text.push_str(scheme.wire().word);
        text.push(' ');
    }
    for (param, lead) in scheme.wire().layout {
        let value = match param {
            Param::KeyId => key.id.as_str(),
            Param::Algorithm => scheme.algorithm_name(key.algorithm),
            _ => continue,
        };
        text.push_str(lead);
        push_quoted(&mut text, value);
        text.push('"');
    }
    text
}

/// The signing string, the carrier's value, and the added fields, growing together.
struct Draft<'a, 'r> {
    scheme: &'a Cavage,
    source: Source<'a, 'r>,
    base: &'a mut SignatureBase,
    parts: &'a mut SignatureParts,
    text: String,
    /// Where in the text the signature goes.
    gap: usize,
}

impl<'a, 'r> Draft<'a, 'r> {
    fn new(
        request: &'a Request<'r>,
        scheme: &'a Cavage,
        stated: Stated<'a>,
        prepared: &str,
        unsigned: &'a mut Unsigned<'_>,
    ) -> Self {
        let wire = scheme.wire();
        let mut text = String::with_capacity(prepared.len().saturating_add(384));
        text.push_str(prepared);
        let source = Source {
            request,
            wire,
            stated,
            target: wire.targets.first().copied().unwrap_or(super::dialect::REQUEST_TARGET),
            target_text: wire.writes_target,
            absent: Absent::Refused,
        };
        Self { scheme, source, base: &mut unsigned.base, parts: &mut unsigned.parts, text, gap: 0 }
    }

    fn push_param(&mut self, lead: &str, value: Option<&str>) {
        let Some(value) = value else { return };
        self.text.push_str(lead);
        self.text.push_str(value);
        if lead.ends_with('"') {
            self.text.push('"');
        }
    }

    /// Appends one component, and makes its value where the request lacks one that can be made.
    fn cover(&mut self, component: &Component, now: UnixTime) -> Result<(), SignError> {
        let wire = self.source.wire;
        let unread = match component {
            Component::Algorithm => wire.by_the_letter || !wire.writes(Param::Algorithm),
            Component::KeyId | Component::DashedKeyId | Component::RequestLine => wire.by_the_letter,
            _ => false,
        };
        if unread {
            return Err(SignError::Unsupported(component.clone()));
        }
        let pushed = match component {
            Component::Field(name) => match made::value(self.scheme, self.source.request, name, now)? {
                Some(Found::Made(value)) => {
                    let pushed = self.push_made(component, name, &value);
                    self.parts.add_field(name.clone(), value.into_bytes());
                    pushed
                }
                Some(Found::There(value)) if name.well_known() == Some(WellKnown::Date) => {
                    push_date(self.base, component, Some(value), &self.source).map(drop)
                }
                Some(Found::There(value)) => push_value(self.base, component, trim(value)),
                Some(Found::Blank) => push_value(self.base, component, b""),
                None => push_line(self.base, component, &self.source),
            },
            _ => push_line(self.base, component, &self.source),
        };
        pushed.map_err(|error| refusal(error, component))?;
        // The list begins behind a quotation mark.
        if !self.text.ends_with('"') {
            self.text.push(' ');
        }
        self.text.push_str(match component {
            Component::RequestTarget => self.source.target.name,
            other => other.as_str(),
        });
        Ok(())
    }

    fn push_made(&mut self, component: &Component, name: &FieldName, value: &str) -> Result<(), LineError> {
        if name.well_known() == Some(WellKnown::Date) {
            push_date(self.base, component, Some(value.as_bytes()), &self.source).map(drop)
        } else {
            push_value(self.base, component, value.as_bytes())
        }
    }

    /// The field's text, with a gap where the signature goes.
    #[inline]
    fn into_slot(mut self, algorithm: Algorithm) -> Slot {
        let family = algorithm.family();
        let then = if self.text.len() == self.gap.saturating_add(1) {
            self.text.pop();
            Cow::Borrowed("\"")
        } else {
            Cow::Owned(self.text.split_off(self.gap))
        };
        let encoding = match self.source.wire.encoding {
            // Only the MACs of the deployments that escape are escaped.
            Encoding::UrlEscapedBase64 if family != Family::Hmac => Encoding::Base64,
            encoding => encoding,
        };
        let raw = family == Family::Ecdsa && self.scheme.allows(Switch::RawEcdsa);
        let form = if raw { SignatureForm::RawEcdsa } else { SignatureForm::Usual };
        let gaps = smallvec![Gap { signature: 0, encoding, algorithm, form, then }];
        Slot { place: Place::Field(self.scheme.carrier().into()), text: self.text.into_bytes(), gaps }
    }
}

pub(super) fn refusal(error: LineError, component: &Component) -> SignError {
    match (error, component) {
        (LineError::Missing, _) => SignError::Missing(component.clone()),
        (LineError::ForbiddenByte, _) => SignError::ForbiddenByte(component.clone()),
        (LineError::Several, Component::Field(name)) => SignError::Ambiguous(name.clone()),
        (LineError::Several, _) => SignError::Ambiguous(WellKnown::Host.into()),
        (LineError::Unsupported, _) => SignError::Unsupported(component.clone()),
        (LineError::TooLong, _) => SignError::TooLong,
    }
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
