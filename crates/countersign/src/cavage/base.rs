//! The lines of the signing string (draft 12 section 2.3), the same for both sides.

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
    pub(super) created: Option<&'a str>,
    pub(super) expires: Option<&'a str>,
}

/// Appends the line of one component.
pub(super) fn push_line(
    base: &mut SignatureBase,
    component: &Component,
    request: &Request<'_>,
    stated: Stated<'_>,
) -> Result<(), LineError> {
    match component {
        Component::RequestTarget => push_request_target(base, request),
        Component::Created => push_value(base, component, stated.created.ok_or(LineError::Missing)?.as_bytes()),
        Component::Expires => push_value(base, component, stated.expires.ok_or(LineError::Missing)?.as_bytes()),
        Component::Field(name) if name.well_known() == Some(WellKnown::Host) => {
            let field = request.single(name).map_err(|_| LineError::Several)?;
            let host = field.or_else(|| request.authority.map(str::as_bytes));
            push_value(base, component, trim(host.ok_or(LineError::Missing)?))
        }
        Component::Field(name) => push_field(base, component, name, request),
        Component::Body => Err(LineError::Unsupported),
    }
}

/// Appends the line of a component whose value the signer makes.
pub(super) fn push_value(base: &mut SignatureBase, component: &Component, value: &[u8]) -> Result<(), LineError> {
    start_line(base, component);
    push_checked(base, value)
}

fn start_line(base: &mut SignatureBase, component: &Component) {
    let known = match component {
        Component::RequestTarget => "\n(request-target): ",
        Component::Field(name) => name.well_known().map_or("", WellKnown::line),
        _ => "",
    };
    match (known.as_bytes(), base.is_empty()) {
        ([], first) => {
            base.push(if first { b"" } else { b"\n" });
            base.push(component.as_str().as_bytes());
            base.push(b": ");
        }
        ([_, rest @ ..], true) => base.push(rest),
        (line, false) => base.push(line),
    }
}

fn push_checked(base: &mut SignatureBase, value: &[u8]) -> Result<(), LineError> {
    if base.len().saturating_add(value.len()) > MAX_BASE {
        return Err(LineError::TooLong);
    }
    base.push(value);
    if fits_a_line(value) { Ok(()) } else { Err(LineError::ForbiddenByte) }
}

fn push_request_target(base: &mut SignatureBase, request: &Request<'_>) -> Result<(), LineError> {
    start_line(base, &Component::RequestTarget);
    match request.method {
        "GET" => base.push(b"get"),
        "POST" => base.push(b"post"),
        "PUT" => base.push(b"put"),
        other => push_checked(base, other.to_ascii_lowercase().as_bytes())?,
    }
    base.push(b" ");
    push_checked(base, request.target.as_bytes())
}

/// All values of a field, each without the white space around it, joined with a comma and a space.
fn push_field(
    base: &mut SignatureBase,
    component: &Component,
    name: &FieldName,
    request: &Request<'_>,
) -> Result<(), LineError> {
    let mut result = Err(LineError::Missing);
    request.fields.visit(name, &mut |value| {
        let first = result == Err(LineError::Missing);
        if first {
            start_line(base, component);
        } else {
            base.push(b", ");
        }
        let pushed = push_checked(base, trim(value));
        if first || pushed.is_err() {
            result = pushed;
        }
    });
    result
}
