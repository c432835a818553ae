//! The lines of the signing string (draft 12 section 2.3), the same for both sides.

use super::{
    dialect::{Absent, DateLine, Frame, TargetForm, TargetLine, TargetText, Wire},
    target,
};
use crate::{
    component::Component,
    field::{FieldName, WellKnown},
    request::{Request, trim},
    signature_base::{SignatureBase, fits_a_line},
};

/// Why a line cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineError {
    /// The request has nothing of the kind.
    Missing,
    /// The value would break the line.
    ForbiddenByte,
    /// A field that has to be single has several values.
    Several,
    /// draft-cavage has no line for this.
    Unsupported,
    /// The string would be longer than [`MAX_BASE`].
    TooLong,
}

/// The longest signing string, in bytes: whoever has no key can make us hash this much and no more.
const MAX_BASE: usize = 64 * 1024;

/// The parameters that have lines, as text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stated<'a> {
    pub(super) key_id: Option<&'a str>,
    pub(super) algorithm: Option<&'a str>,
    pub(super) created: Option<&'a str>,
    pub(super) expires: Option<&'a str>,
    pub(super) opaque: Option<&'a str>,
}

/// What lines are made from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a, 'r> {
    pub(super) request: &'a Request<'r>,
    pub(super) wire: &'static Wire,
    pub(super) stated: Stated<'a>,
    pub(super) target: TargetLine,
    pub(super) target_text: TargetText,
    /// What becomes of a covered field that is absent.
    pub(super) absent: Absent,
}

/// Begins a signing string.
pub(super) fn begin(base: &mut SignatureBase, wire: &Wire, key_id: &str) {
    if wire.frame == Frame::KeyIdAndFinalLineEnd {
        base.push(key_id.as_bytes());
    }
}

/// Ends a signing string.
pub(super) fn end(base: &mut SignatureBase, wire: &Wire) {
    if wire.frame == Frame::KeyIdAndFinalLineEnd {
        base.push(b"\n");
    }
}

/// Appends the line of one component.
pub(super) fn push_line(
    base: &mut SignatureBase,
    component: &Component,
    source: &Source<'_, '_>,
) -> Result<(), LineError> {
    let (request, stated) = (source.request, source.stated);
    let parameter = match component {
        Component::RequestTarget => return push_request_target(base, source),
        Component::RequestLine => return push_request_line(base, request.method, request.target.as_bytes()),
        Component::Created => stated.created,
        Component::Expires => stated.expires,
        Component::KeyId | Component::DashedKeyId => stated.key_id,
        Component::Algorithm => stated.algorithm,
        Component::Opaque => stated.opaque,
        Component::Field(name) if name.well_known() == Some(WellKnown::Host) => {
            let field = request.single(name).map_err(|_| LineError::Several)?;
            return match field.or_else(|| request.authority.map(str::as_bytes)) {
                Some(host) => push_value(base, component, trim(host)),
                None => push_absent(base, component, source.absent),
            };
        }
        Component::Field(name) => return push_field(base, component, name, source),
        // What the other schemes cover has no name here.
        Component::Body
        | Component::Method
        | Component::Path
        | Component::Query
        | Component::TargetUri
        | Component::Form
        | Component::Json => return Err(LineError::Unsupported),
    };
    push_value(base, component, parameter.ok_or(LineError::Missing)?.as_bytes())
}

/// Appends the line of a component whose value is at hand.
#[inline]
pub(super) fn push_value(base: &mut SignatureBase, component: &Component, value: &[u8]) -> Result<(), LineError> {
    start_line(base, component);
    push_checked(base, value)
}

/// A date that was found under the name `date`.
pub(super) struct FoundDate<'r> {
    pub(super) value: &'r [u8],
    /// The field that it stands in, where that is another.
    pub(super) other: Option<&'static str>,
}

/// Appends the line of a covered `date`, of whose values there is at most one. Gives what says when the request was signed.
#[inline]
pub(super) fn push_date<'r>(
    base: &mut SignatureBase,
    component: &Component,
    own: Option<&'r [u8]>,
    source: &Source<'_, 'r>,
) -> Result<Option<FoundDate<'r>>, LineError> {
    let (other, renames) = match source.wire.date {
        DateLine::Replaced(name) => (Some(name), true),
        // Never beside a date of its own, which would be covered by name and not in truth.
        DateLine::Valued(name) if own.is_none() => (Some(name), false),
        DateLine::Own | DateLine::Valued(_) => (None, false),
    };
    let value = other.map(|name| named(source.request, name)).transpose()?.flatten();
    let found = match (value, own) {
        (Some(value), _) => FoundDate { value: trim(value), other },
        (None, Some(value)) => FoundDate { value: trim(value), other: None },
        (None, None) => return push_absent(base, component, source.absent).map(|()| None),
    };
    match found.other.filter(|_| renames) {
        Some(name) => start_plain(base, name),
        None => start_line(base, component),
    }
    push_checked(base, found.value).map(|()| Some(found))
}

pub(super) fn named<'r>(request: &Request<'r>, name: &str) -> Result<Option<&'r [u8]>, LineError> {
    let name: FieldName = name.parse().map_err(|_| LineError::Unsupported)?;
    request.single(&name).map_err(|_| LineError::Several)
}

fn start_line(base: &mut SignatureBase, component: &Component) {
    let known = match component {
        Component::RequestTarget => "\n(request-target): ",
        Component::Field(name) => name.well_known().map_or("", WellKnown::line),
        _ => "",
    };
    match (known.as_bytes(), base.is_empty()) {
        ([], _) => start_plain(base, component.as_str()),
        ([_, rest @ ..], true) => base.push(rest),
        (line, false) => base.push(line),
    }
}

fn start_plain(base: &mut SignatureBase, name: &str) {
    end_previous(base);
    base.push(name.as_bytes());
    base.push(b": ");
}

fn end_previous(base: &mut SignatureBase) {
    if !base.is_empty() {
        base.push(b"\n");
    }
}

fn push_checked(base: &mut SignatureBase, value: &[u8]) -> Result<(), LineError> {
    if base.len().saturating_add(value.len()) > MAX_BASE {
        return Err(LineError::TooLong);
    }
    base.push(value);
    if fits_a_line(value) { Ok(()) } else { Err(LineError::ForbiddenByte) }
}

fn push_request_target(base: &mut SignatureBase, source: &Source<'_, '_>) -> Result<(), LineError> {
    let (method, target) = (source.request.method, target::text(source.target_text, source.request));
    match source.target.form {
        TargetForm::RequestLine => return push_request_line(base, method, &target),
        TargetForm::Bare => {
            end_previous(base);
            push_checked(base, method.as_bytes())?;
        }
        TargetForm::Named => {
            if source.target.name == Component::RequestTarget.as_str() {
                start_line(base, &Component::RequestTarget);
            } else {
                start_plain(base, source.target.name);
            }
            match method {
                "GET" => base.push(b"get"),
                "POST" => base.push(b"post"),
                "PUT" => base.push(b"put"),
                other => push_checked(base, other.to_ascii_lowercase().as_bytes())?,
            }
        }
    }
    base.push(b" ");
    push_checked(base, &target)
}

fn push_request_line(base: &mut SignatureBase, method: &str, target: &[u8]) -> Result<(), LineError> {
    end_previous(base);
    push_checked(base, method.as_bytes())?;
    base.push(b" ");
    push_checked(base, target)?;
    base.push(b" HTTP/1.1");
    Ok(())
}

/// All values of a field, each without the white space around it, joined with a comma and a space.
fn push_field(
    base: &mut SignatureBase,
    component: &Component,
    name: &FieldName,
    source: &Source<'_, '_>,
) -> Result<(), LineError> {
    let mut result = Err(LineError::Missing);
    source.request.fields.visit(name, &mut |value| {
        let first = result == Err(LineError::Missing);
        if first {
            start_line(base, component);
        } else if source.wire.single_values {
            result = Err(LineError::Several);
            return;
        } else {
            base.push(b", ");
        }
        let pushed = push_checked(base, trim(value));
        if first || pushed.is_err() {
            result = pushed;
        }
    });
    if result == Err(LineError::Missing) { push_absent(base, component, source.absent) } else { result }
}

/// A covered field that is absent, where the dialect's servers do not mind.
pub(super) fn push_absent(base: &mut SignatureBase, component: &Component, absent: Absent) -> Result<(), LineError> {
    match absent {
        Absent::Refused => return Err(LineError::Missing),
        Absent::Skipped => {}
        Absent::Blank => start_line(base, component),
        Absent::BlankWithoutSpace => {
            end_previous(base);
            base.push(component.as_str().as_bytes());
            base.push(b":");
        }
    }
    Ok(())
}
