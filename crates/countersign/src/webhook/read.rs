//! What a request claims that is signed as a webhook.

use std::borrow::Cow;

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::{
    layout::Found,
    message::is_id,
    plan::{Carrier, KeyIdAt, Plan, Source},
    view::{View, may_be_form},
};
use crate::{
    component::Component,
    crypto::sha256,
    digest::ExpectedDigests,
    error::VerifyError,
    field::{FieldName, WellKnown},
    key::KeyId,
    request::{Request, trim},
    scheme::{Delivery, Parsed, Place, SignedTimes, StatedAlgorithm},
    signature::Signature,
    signature_base::SignatureBase,
};

/// The most keys by whose names one request may be signed.
const MOST_KEY_IDS: usize = 8;

impl Plan {
    pub(super) fn parse(&self, request: &Request<'_>, parsed: &mut Parsed) -> Result<(), VerifyError> {
        let Some(body) = request.body else { return Err(VerifyError::BodyNeeded) };
        let view = View::new(self, request, body)?;
        let values = self.carried(&view)?;
        let mut found = Found::at_most(self.most_read());
        for value in &values {
            self.layout.read(value, &mut found)?;
        }
        if self.spec.without_body && !body.is_empty() {
            return Err(VerifyError::NotCovered(Component::Body));
        }
        parsed.algorithm = StatedAlgorithm::Named(self.algorithm);
        parsed.covered = self.covered.clone();
        parsed.own_keys = true;
        parsed.may_have_several = self.layout.room() > 1
            || matches!(&self.carrier, Carrier::Fields(names) | Carrier::Sequence(names) if names.len() > 1);
        if let Carrier::One(Source::Header(name)) = &self.carrier {
            parsed.place = name.well_known();
        }
        self.take_signatures(&found, &view, parsed)?;
        let time = self.time_text(&view, found.time)?;
        if let (Some(plan), Some(text)) = (&self.time, &time) {
            let Some(read) = plan.format.read(text) else {
                return Err(VerifyError::Malformed("a time of another form"));
            };
            parsed.times = SignedTimes { created: Some(read), ..SignedTimes::default() };
        }
        let id = self.id_text(&view)?;
        if let (Some(plan), Some(text)) = (&self.id, &id) {
            let id = SmolStr::from(String::from_utf8_lossy(text));
            parsed.delivery = Some(Delivery { id, is_covered: plan.is_covered });
        }
        if let Some(digest) = &self.digest {
            let text = view.value(&digest.source)?.ok_or(VerifyError::Absent("digest of its body"))?;
            let text = text.strip_prefix(digest.prefix.as_bytes());
            let mut hash = SmallVec::new();
            let read = text.is_some_and(|text| digest.encoding.decode_onto(text, &mut hash));
            let hash = hash.first().filter(|_| read).map(Signature::as_bytes).unwrap_or_default();
            parsed.digests = ExpectedDigests::of_hash(digest.is_sha512, hash)?;
        }
        let mut urls = view.urls.iter().map(|url| Some(url.as_str()));
        let first = urls.next().flatten();
        self.lay(&view, first, time.as_deref(), id.as_deref(), &mut parsed.base)?;
        for url in urls {
            let mut base = SignatureBase::new();
            self.lay(&view, url, time.as_deref(), id.as_deref(), &mut base)?;
            parsed.other_bases.push(base);
        }
        parsed.read_from = (!parsed.base.needs_body()).then(|| sha256(body));
        Ok(())
    }

    /// The values in which signatures stand, at least one.
    fn carried<'v>(&self, view: &'v View<'_>) -> Result<SmallVec<[Cow<'v, [u8]>; 1]>, VerifyError> {
        let field = |name: &FieldName| match view.request.single(name) {
            Ok(value) => Ok(value.map(|value| Cow::Borrowed(trim(value)))),
            Err(_) => Err(VerifyError::Ambiguous("field with a signature")),
        };
        let mut values = SmallVec::new();
        match &self.carrier {
            Carrier::One(source @ Source::Header(name)) => match field(name)? {
                Some(value) if self.is_ours(source, &value) => values.push(value),
                _ => {}
            },
            Carrier::One(source) => match view.carried(source)? {
                Some(value) if self.is_ours(source, &value) => values.push(value),
                _ => {}
            },
            Carrier::Fields(names) => {
                for name in names {
                    values.extend(field(name)?);
                }
            }
            Carrier::Sequence(names) => {
                for name in names {
                    match field(name)? {
                        Some(value) => values.push(value),
                        None if values.is_empty() => {}
                        None => break,
                    }
                }
            }
        }
        if values.is_empty() { Err(VerifyError::NoSignature) } else { Ok(values) }
    }

    /// Whether a value is for us at all: credentials of another kind are no signature.
    fn is_ours(&self, source: &Source, value: &[u8]) -> bool {
        let shared = matches!(source, Source::Header(name)
            if matches!(name.well_known(), Some(WellKnown::Authorization | WellKnown::ProxyAuthorization)));
        !shared || value.starts_with(self.layout.lead())
    }

    /// Takes over what can be a signature; one that cannot be is as good as none, as long as another is there.
    fn take_signatures(&self, found: &Found<'_>, view: &View<'_>, parsed: &mut Parsed) -> Result<(), VerifyError> {
        let one_id = match &self.key_id {
            Some(KeyIdAt::Source(source)) => {
                let text = view.value(source)?.ok_or(VerifyError::Absent("key id"))?;
                Some(key_id(&text).ok_or(VerifyError::Malformed("an unusable key id"))?)
            }
            _ => None,
        };
        let by_name = matches!(self.key_id, Some(KeyIdAt::Layout));
        parsed.key_id = one_id;
        for signature in &found.signatures {
            if !by_name {
                let _ = self.encoding.decode_onto(signature.text, &mut parsed.signatures);
                continue;
            }
            let Some(id) = signature.key_id.and_then(key_id) else { continue };
            let list = if parsed.key_id.as_ref().is_none_or(|own| *own == id) {
                parsed.key_id = Some(id);
                &mut parsed.signatures
            } else if let Some(at) = parsed.others.iter().position(|(other, _)| *other == id) {
                match parsed.others.get_mut(at) {
                    Some((_, list)) => list,
                    None => continue,
                }
            } else {
                if parsed.others.len().saturating_add(1) >= MOST_KEY_IDS {
                    return Err(VerifyError::Malformed("it names too many keys"));
                }
                parsed.others.push((id, SmallVec::new()));
                match parsed.others.last_mut() {
                    Some((_, list)) => list,
                    None => continue,
                }
            };
            let _ = self.encoding.decode_onto(signature.text, list);
        }
        let none = parsed.signatures.is_empty() && parsed.others.iter().all(|(_, list)| list.is_empty());
        if none { Err(VerifyError::Malformed("nothing in it is a signature")) } else { Ok(()) }
    }

    /// The text of the time, which has to be there wherever the layout has one.
    pub(super) fn time_text<'v>(
        &self,
        view: &'v View<'_>,
        beside: Option<&'v [u8]>,
    ) -> Result<Option<Cow<'v, [u8]>>, VerifyError> {
        let Some(plan) = &self.time else { return Ok(None) };
        let text = match &plan.source {
            Some(source) => view.value(source)?,
            None => beside.map(Cow::Borrowed),
        };
        if text.is_some() { Ok(text) } else { Err(VerifyError::Absent("time")) }
    }

    /// The text of the delivery's id, which has to be there where it is signed.
    pub(super) fn id_text<'v>(&self, view: &'v View<'_>) -> Result<Option<Cow<'v, [u8]>>, VerifyError> {
        let Some(plan) = &self.id else { return Ok(None) };
        match view.value(&plan.source)? {
            Some(text) if is_id(&text) => Ok(Some(text)),
            Some(_) => Err(VerifyError::Malformed("an unusable delivery id")),
            None if plan.is_covered => Err(VerifyError::Absent("delivery id")),
            None => Ok(None),
        }
    }

    pub(super) fn place(&self, request: &Request<'_>) -> Result<Option<Place>, VerifyError> {
        let twice = || VerifyError::Ambiguous("field with a signature");
        let in_body = matches!(&self.carrier, Carrier::One(source) if source.is_in_body());
        let Some(body) = request.body.or((!in_body).then_some(b"")) else {
            // A body that is nothing of the kind need not be read to know that.
            let form = matches!(&self.carrier, Carrier::One(Source::Form(_)));
            return if form && !may_be_form(request) || !request.has_body() {
                Ok(None)
            } else {
                Err(VerifyError::BodyNeeded)
            };
        };
        match &self.carrier {
            Carrier::Fields(names) | Carrier::Sequence(names) => {
                for name in names {
                    if request.single(name).map_err(|_| twice())?.is_some() {
                        return Ok(Some(Place::Field(name.clone())));
                    }
                }
                Ok(None)
            }
            Carrier::One(Source::Header(name)) => {
                let value = request.single(name).map_err(|_| twice())?;
                let ours = |value: &&[u8]| self.is_ours(&Source::Header(name.clone()), trim(value));
                Ok(value.filter(ours).map(|_| Place::Field(name.clone())))
            }
            Carrier::One(source) => {
                if matches!(source, Source::Form(_)) && !may_be_form(request) {
                    return Ok(None);
                }
                let view = View::without_urls(request, body);
                let found = match (view.carried(source), source) {
                    // What is no JSON at all has no signature in it.
                    (Err(VerifyError::Malformed(_)), Source::Json(_)) => None,
                    (found, _) => found?,
                };
                Ok(found.and(match source {
                    Source::Query(name) => Some(Place::Query(name.clone())),
                    Source::Form(name) => Some(Place::Form(name.clone())),
                    Source::Json(pointer) => Some(Place::Json(pointer.clone())),
                    Source::Header(name) => Some(Place::Field(name.clone())),
                }))
            }
        }
    }

    /// The key id that a request claims, as far as it can be read.
    pub(super) fn claimed_key_id(&self, request: &Request<'_>) -> Option<KeyId> {
        let view = View::without_urls(request, request.body.unwrap_or_default());
        match self.key_id.as_ref()? {
            KeyIdAt::Source(source) => key_id(&view.value(source).ok()??),
            KeyIdAt::Layout => {
                let values = self.carried(&view).ok()?;
                let mut found = Found::at_most(self.most_read());
                for value in &values {
                    self.layout.read(value, &mut found).ok()?;
                }
                found.signatures.iter().find_map(|signature| key_id(signature.key_id?))
            }
        }
    }
}

fn key_id(text: &[u8]) -> Option<KeyId> {
    KeyId::new(std::str::from_utf8(text).ok()?).ok()
}
