//! Where a signature travels: found in one place, and written to one that is free.

use super::{Cavage, dialect::Wire, switch::Switch};
use crate::{
    error::VerifyError,
    field::WellKnown,
    request::{Request, trim},
};

/// Finds the one carrier of a signature and gives its parameters' text.
pub(super) fn find<'r>(scheme: &Cavage, request: &Request<'r>) -> Result<(WellKnown, &'r [u8]), VerifyError> {
    let wire = scheme.wire();
    let mut found: Option<(WellKnown, &[u8])> = None;
    for field in wire.reads {
        let Some(params) = in_field(request, *field, wire)? else { continue };
        match found {
            None => found = Some((*field, params)),
            Some((_, earlier)) if scheme.allows(Switch::EqualCarriers) && trim(earlier) == trim(params) => {}
            Some(_) => return Err(VerifyError::Ambiguous("place for the signature")),
        }
    }
    found.ok_or(VerifyError::NoSignature)
}

#[inline]
fn in_field<'r>(request: &Request<'r>, field: WellKnown, wire: &Wire) -> Result<Option<&'r [u8]>, VerifyError> {
    let word = wire.word;
    let value = request.single(&field.into());
    match field {
        WellKnown::Signature => {
            let value = value.map_err(|_| VerifyError::Ambiguous("Signature field"))?;
            Ok(value.map(|value| if wire.by_the_letter { value } else { without_scheme(value, word) }))
        }
        WellKnown::ProxyAuthorization => {
            let value = value.map_err(|_| VerifyError::Ambiguous("Proxy-Authorization field"))?;
            Ok(value.and_then(|value| after_scheme(value, word)))
        }
        _ => {
            let value = value.map_err(|_| VerifyError::Ambiguous("Authorization field"))?;
            Ok(value.and_then(|value| after_scheme(value, word)))
        }
    }
}

/// What follows the scheme's name, if the credentials are of this scheme.
fn after_scheme<'a>(value: &'a [u8], word: &str) -> Option<&'a [u8]> {
    let (scheme, rest) = trim(value).split_at_checked(word.len())?;
    let ends = matches!(rest, [] | [b' ' | b'\t', ..]);
    (ends && scheme.eq_ignore_ascii_case(word.as_bytes())).then_some(rest)
}

/// The `Signature` field should not repeat the scheme's name, but several clients do. With `=` behind it, it is a parameter.
fn without_scheme<'a>(value: &'a [u8], word: &str) -> &'a [u8] {
    match after_scheme(value, word) {
        Some(rest) if !trim(rest).starts_with(b"=") => rest,
        _ => value,
    }
}

/// The field that signing would make unclear or throw away: credentials of another kind in our place, or a signature of
/// our kind in another.
#[inline]
pub(super) fn taken(scheme: &Cavage, request: &Request<'_>) -> Option<WellKnown> {
    let wire = scheme.wire();
    let own = scheme.carrier();
    let is_taken = |field: &WellKnown| {
        let mut taken = false;
        // Whatever stands in the field `Signature` is a signature, and is replaced where it is our place.
        if *field != WellKnown::Signature || own != WellKnown::Signature {
            request.fields.visit(&(*field).into(), &mut |value| {
                let signature = *field == WellKnown::Signature || after_scheme(value, wire.word).is_some();
                taken |= signature != (*field == own);
            });
        }
        taken
    };
    let elsewhere = (!wire.reads.contains(&own)).then_some(own);
    wire.reads.iter().copied().chain(elsewhere).find(is_taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_found_in_exactly_one_place() {
        let find = |fields: &[(&str, &str)]| {
            let fields = fields.to_vec();
            super::find(&Cavage::new(), &Request::new("GET", "/", &fields))
                .map(|(_, value)| String::from_utf8(trim(value).to_vec()).unwrap())
        };
        let twice = |what| Err(VerifyError::Ambiguous(what));
        assert_eq!(find(&[("signature", "a=1")]).as_deref(), Ok("a=1"));
        assert_eq!(find(&[("signature", "Signature a=1")]).as_deref(), Ok("a=1"));
        assert_eq!(find(&[("signature", "signature=\"x\"")]).as_deref(), Ok("signature=\"x\""));
        assert_eq!(find(&[("authorization", " sIGNATURE\ta=1")]).as_deref(), Ok("a=1"));
        assert_eq!(find(&[("authorization", "Signature")]).as_deref(), Ok(""));
        assert_eq!(find(&[("authorization", "Bearer x"), ("signature", "a=1")]).as_deref(), Ok("a=1"));
        for none in [&[][..], &[("authorization", "Bearer x")], &[("authorization", "Signatures a=1")]] {
            assert_eq!(find(none), Err(VerifyError::NoSignature));
        }
        assert_eq!(find(&[("signature", "a=1"), ("signature", "a=1")]), twice("Signature field"));
        assert_eq!(
            find(&[("authorization", "Bearer x"), ("authorization", "Signature a=1")]),
            twice("Authorization field")
        );
        assert_eq!(find(&[("authorization", "Signature a=1"), ("signature", "a=1")]), twice("place for the signature"));
    }
}
