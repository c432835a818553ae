//! What is signed, laid out for both sides.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    plan::{HashText, Part, Plan},
    spec::{BodyHash, PairsOf},
    view::View,
};
use crate::{component::Component, error::VerifyError, signature_base::SignatureBase};

/// The longest id of a delivery, in bytes.
const MAX_ID: usize = 256;

impl Plan {
    /// The bytes that are signed, with a hole where the body goes.
    pub(super) fn lay(
        &self,
        view: &View<'_>,
        url: Option<&str>,
        time: Option<&[u8]>,
        id: Option<&[u8]>,
        base: &mut SignatureBase,
    ) -> Result<(), VerifyError> {
        for (part, guard) in self.parts.iter().zip(&self.guards) {
            let mut push = |value: &[u8]| {
                if !guard.admits(value) {
                    return Err(VerifyError::Malformed("a value with what parts it from the next one in it"));
                }
                base.push(value);
                Ok(())
            };
            match part {
                Part::Text(text) => base.push(text),
                Part::Body => base.push_body(),
                Part::Method => push(view.request.method.as_bytes())?,
                Part::Url => push(url.ok_or(VerifyError::Absent("authority"))?.as_bytes())?,
                Part::Target => push(self.unsigned_target(view.target).as_bytes())?,
                Part::Path => push(view.target.split('?').next().unwrap_or_default().as_bytes())?,
                Part::Query => {
                    let target = self.unsigned_target(view.target);
                    push(target.split_once('?').map_or("", |(_, query)| query).as_bytes())?;
                }
                Part::Time => match time {
                    Some(time) => base.push(time),
                    None => return Err(VerifyError::Absent("time")),
                },
                Part::Id => push(id.ok_or(VerifyError::Absent("delivery id"))?)?,
                Part::Value { source, optional } => match view.value(source)? {
                    Some(value) => push(&value)?,
                    None if *optional => {}
                    None => {
                        return Err(match source.component() {
                            component @ Component::Field(_) => VerifyError::Missing(component),
                            _ => VerifyError::Absent("value that is signed"),
                        });
                    }
                },
                Part::Pairs(pairs) => {
                    let own = match pairs.spec.fields {
                        PairsOf::Form => view.form_pairs()?,
                        PairsOf::Query => view.query_pairs()?,
                    };
                    pairs.write(own, &mut |text| base.push(text))?;
                }
                Part::BodyHash(hash, form) => push_hash(base, *hash, *form, view.body),
            }
        }
        Ok(())
    }
}

fn push_hash(base: &mut SignatureBase, hash: BodyHash, form: HashText, body: &[u8]) {
    let bytes = hash.hasher().hash(body);
    match form {
        HashText::Raw => base.push(&bytes),
        HashText::Hex => bytes.iter().for_each(|byte| base.push(format!("{byte:02x}").as_bytes())),
        HashText::Base64 => base.push(STANDARD.encode(&bytes).as_bytes()),
    }
}

/// Whether a text can be the id of a delivery: visible, and short enough to be kept.
pub(super) fn is_id(text: &[u8]) -> bool {
    (1..=MAX_ID).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic)
}
