//! Whether a body may be changed, by what the request says of it.

use super::SignatureParts;
use crate::{
    error::SignError,
    field::{FieldName, WellKnown},
    request::{Fields, trim},
};

/// The type of a form's body (RFC 9110 section 8.3).
const FORM: &[u8] = b"application/x-www-form-urlencoded";

/// What is made of a whole body, beside its length.
const MADE_OF_THE_BODY: [&str; 6] =
    ["content-encoding", "digest", "content-digest", "repr-digest", "content-md5", "x-content-sha256"];

impl SignatureParts {
    /// Whether what is to be set in the body can be, by the fields of the request: for whoever changes one, before [`body`](Self::body).
    /// `body` is the one without the signature. Where nothing is to be set in it, it always can.
    ///
    /// The length is another afterwards; whoever changes the body sets it.
    ///
    /// ```
    /// use countersign::{SignError, SignatureParts};
    ///
    /// let mut parts = SignatureParts::default();
    /// parts.form.push(("signature".to_owned(), "0a1b".to_owned()));
    /// let form = [("content-type", "application/x-www-form-urlencoded")];
    /// assert_eq!(parts.fit(&form, b"a=1"), Ok(()));
    /// assert_eq!(parts.fit(&[("content-type", "application/json")], b"{}"), Err(SignError::NotAForm));
    /// ```
    ///
    /// # Errors
    /// [`SignError::NotAForm`] when pairs are to be set in a body that does not say to be a form, unless it is empty and says nothing;
    /// [`SignError::StaleField`] when a field was made of the body as it is, such as a digest.
    pub fn fit(&self, fields: &dyn Fields, body: &[u8]) -> Result<(), SignError> {
        if !self.changes_body() {
            return Ok(());
        }
        if !self.form.is_empty() && !may_take_pairs(fields, body) {
            return Err(SignError::NotAForm);
        }
        let stale =
            MADE_OF_THE_BODY.into_iter().filter_map(|name| name.parse().ok()).find(|name| is_there(fields, name));
        stale.map_or(Ok(()), |name| Err(SignError::StaleField(name)))
    }
}

fn may_take_pairs(fields: &dyn Fields, body: &[u8]) -> bool {
    let (mut types, mut forms) = (0_usize, 0_usize);
    fields.visit(&WellKnown::ContentType.into(), &mut |value| {
        let essence = value.split(|byte| *byte == b';').next().unwrap_or_default();
        types = types.saturating_add(1);
        forms = forms.saturating_add(usize::from(trim(essence).eq_ignore_ascii_case(FORM)));
    });
    types == forms && (types > 0 || body.is_empty())
}

fn is_there(fields: &dyn Fields, name: &FieldName) -> bool {
    let mut present = false;
    fields.visit(name, &mut |_| present = true);
    present
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

    fn parts(form: bool, json: bool) -> SignatureParts {
        let one = |is: bool| if is { vec![("/sig".to_owned(), "x".to_owned())] } else { Vec::new() };
        SignatureParts { form: one(form), json: one(json), ..SignatureParts::default() }
    }

    #[test]
    fn pairs_go_into_a_form_or_into_nothing_that_says_nothing() {
        let none: [(&str, &str); 0] = [];
        let form = parts(true, false);
        assert_eq!(form.fit(&none, b""), Ok(()));
        assert_eq!(form.fit(&none, b"{}"), Err(SignError::NotAForm));
        assert_eq!(form.fit(&none, b"a=1"), Err(SignError::NotAForm));
        for content_type in [TYPE.1, " Application/X-WWW-form-urlencoded ; charset=utf-8"] {
            for body in [&b""[..], b"a=1"] {
                assert_eq!(form.fit(&[("content-type", content_type)], body), Ok(()), "{content_type}");
            }
        }
        for other in ["application/json", "multipart/form-data; boundary=b", "text/plain", "", "application/x-www-form"]
        {
            for body in [&b""[..], b"a=1"] {
                assert_eq!(form.fit(&[("content-type", other)], body), Err(SignError::NotAForm), "{other}");
            }
            assert_eq!(form.fit(&[TYPE, ("content-type", other)], b"a=1"), Err(SignError::NotAForm), "{other}");
            assert_eq!(parts(false, true).fit(&[("content-type", other)], b"{}"), Ok(()), "{other}");
        }
    }

    #[test]
    fn no_field_says_of_the_body_what_is_no_longer_so() {
        for name in MADE_OF_THE_BODY {
            let stale = Err(SignError::StaleField(name.parse().unwrap()));
            assert_eq!(parts(true, false).fit(&[TYPE, (name, "x")], b"a=1"), stale, "{name}");
            assert_eq!(parts(false, true).fit(&[(name, "x")], b"{}"), stale, "{name}");
            assert_eq!(parts(false, false).fit(&[(name, "x")], b"a=1"), Ok(()), "{name}");
        }
        assert_eq!(parts(true, false).fit(&[TYPE, ("content-length", "3")], b"a=1"), Ok(()));
    }
}
