//! A request laid out for signing as a webhook.

use smallvec::SmallVec;

use super::{
    layout::MOST_SIGNATURES,
    message::is_id,
    plan::{Carrier, KeyIdAt, Plan, Source},
    spec::BodyHash,
    view::View,
};
use crate::{
    error::{SignError, VerifyError},
    field::FieldName,
    hop::named_by_connection,
    key::KeyMetadata,
    request::{Fields, Request},
    scheme::{Place, SignatureParts, SigningParams, Slot, Unsigned},
    signature::Signature,
    signature_base::SignatureBase,
    time::UnixTime,
};

impl Plan {
    pub(super) fn prepare<'r>(
        &self,
        request: &Request<'r>,
        params: &SigningParams<'_>,
        now: UnixTime,
    ) -> Result<Unsigned<'r>, SignError> {
        if let Some(name) = named_by_connection(request, |spelt| self.covered.field_named(spelt)) {
            return Err(SignError::HopByHop(name));
        }
        let room = self.room();
        if params.keys.is_empty() || params.keys.len() > room {
            return Err(SignError::SignatureCount { expected: room, given: params.keys.len() });
        }
        if let Some(other) = params.keys.iter().find(|key| key.scheme.as_ref() != Some(&self.name)) {
            return Err(SignError::KeyOfOtherScheme(other.id.to_string()));
        }
        if let Some((other, _)) =
            params.coverage.iter().find(|(wanted, _)| !self.coverage.iter().any(|(own, _)| own == *wanted))
        {
            return Err(SignError::Unsupported(other.clone()));
        }
        let in_layout = matches!(self.key_id, Some(KeyIdAt::Layout));
        if in_layout && params.keys.iter().any(|key| !self.layout.admits_key_id(key.id.as_str())) {
            return Err(SignError::Unreadable("its key id holds what parts it from its signature"));
        }
        let body = request.body.ok_or(SignError::UnreadBody)?;
        if self.spec.without_body && !body.is_empty() {
            return Err(SignError::Unreadable("it has a body, and what is signed has none"));
        }
        let mut parts = SignatureParts::default();
        let (time, id) = {
            let view = View::without_urls(request, body);
            let time = self.add_time(&view, &mut parts, now)?;
            let id = self.id_to_sign(&view)?;
            self.add_key_id(params.keys, &mut parts);
            self.add_digest(body, &mut parts);
            (time, id)
        };
        let target = parts.target(request.target).into_owned();
        let changed = parts.body(body)?;
        let base = {
            let fields = WithParts { fields: request.fields, parts: &parts };
            let request = Request { target: &target, fields: &fields, body: Some(&changed), ..*request };
            let view = View::new(self, &request, &changed).map_err(unreadable)?;
            let url = view.urls.first().map(String::as_str);
            let mut base = SignatureBase::new();
            self.lay(&view, url, time.as_ref().map(String::as_bytes), id.as_deref(), &mut base).map_err(unreadable)?;
            base
        };
        let slots = self.slots(params.keys, time.as_deref().unwrap_or_default());
        Ok(Unsigned { base, body: changed, parts, slots, signatures: params.keys.len() })
    }

    /// How many keys can sign one request.
    pub(super) fn room(&self) -> usize {
        match (&self.carrier, &self.key_id) {
            // Its one key id says which key signed.
            (_, Some(KeyIdAt::Source(_))) => 1,
            (Carrier::One(_), _) => self.layout.room(),
            // Each would tell the time once more.
            _ if self.time.as_ref().is_some_and(|time| time.source.is_none()) => 1,
            (Carrier::Fields(names) | Carrier::Sequence(names), _) => names.len().min(self.most_read()),
        }
    }

    /// How many signatures of one request are read: as many as can be written, so that no sender is refused for its keys. A MAC is
    /// computed once for all of them; another signature costs its whole check, however many fields there are.
    pub(super) fn most_read(&self) -> usize {
        match &self.carrier {
            Carrier::Fields(names) | Carrier::Sequence(names) if self.algorithm.is_symmetric() => {
                names.len().max(MOST_SIGNATURES)
            }
            _ => MOST_SIGNATURES,
        }
    }

    /// The text of the time: as the request has it already, else made.
    fn add_time(
        &self,
        view: &View<'_>,
        parts: &mut SignatureParts,
        now: UnixTime,
    ) -> Result<Option<String>, SignError> {
        let Some(plan) = &self.time else { return Ok(None) };
        let existing = plan.source.as_ref().map(|source| view.value(source)).transpose().map_err(unreadable)?.flatten();
        if let Some(text) = existing {
            let is_time = plan.format.read(&text).is_some();
            let text = String::from_utf8(text.into_owned()).ok().filter(|_| is_time);
            return text.map(Some).ok_or(SignError::Unreadable("its time has another form"));
        }
        let text = plan.format.write(now);
        if let Some(source) = &plan.source {
            add(parts, source, &text);
        }
        Ok(Some(text))
    }

    /// The delivery's id is the sender's to choose, since it is the same each time that a delivery is sent.
    fn id_to_sign(&self, view: &View<'_>) -> Result<Option<Vec<u8>>, SignError> {
        let Some(plan) = &self.id else { return Ok(None) };
        match view.value(&plan.source).map_err(unreadable)? {
            Some(id) if is_id(&id) => Ok(Some(id.into_owned())),
            Some(_) => Err(SignError::Unreadable("its delivery id is too long, or not of visible ASCII")),
            None if plan.is_covered => Err(SignError::Absent("delivery id")),
            None => Ok(None),
        }
    }

    fn add_key_id(&self, keys: &[KeyMetadata], parts: &mut SignatureParts) {
        if let (Some(KeyIdAt::Source(source)), [key]) = (&self.key_id, keys) {
            add(parts, source, key.id.as_str());
        }
    }

    fn add_digest(&self, body: &[u8], parts: &mut SignatureParts) {
        let Some(digest) = &self.digest else { return };
        let hash = if digest.is_sha512 { BodyHash::Sha512 } else { BodyHash::Sha256 };
        let mut text = digest.prefix.clone().into_bytes();
        digest.encoding.encode(&Signature::new(&hash.hasher().hash(body)), &mut text);
        add(parts, &digest.source, &String::from_utf8_lossy(&text));
    }

    fn slots(&self, keys: &[KeyMetadata], time: &str) -> SmallVec<[Slot; 1]> {
        let numbered: Vec<_> = keys.iter().enumerate().collect();
        let slot = |place: Place, keys: &[(usize, &KeyMetadata)]| {
            let (text, gaps) = self.layout.write(keys, time, self.encoding);
            Slot { place, text, gaps }
        };
        match &self.carrier {
            Carrier::One(source) => std::iter::once(slot(place(source), &numbered)).collect(),
            Carrier::Fields(names) | Carrier::Sequence(names) => {
                let own = names.iter().zip(numbered.chunks(1));
                own.map(|(name, key)| slot(Place::Field(name.clone()), key)).collect()
            }
        }
    }
}

/// A request's fields with those that signing sets in place of its own.
struct WithParts<'a> {
    fields: &'a dyn Fields,
    parts: &'a SignatureParts,
}

impl Fields for WithParts<'_> {
    fn visit<'a>(&'a self, name: &FieldName, each: &mut dyn FnMut(&'a [u8])) {
        match self.parts.fields.iter().find(|field| field.name == *name) {
            Some(field) => each(&field.value),
            None => self.fields.visit(name, each),
        }
    }
}

fn place(source: &Source) -> Place {
    match source {
        Source::Header(name) => Place::Field(name.clone()),
        Source::Query(name) => Place::Query(name.clone()),
        Source::Form(name) => Place::Form(name.clone()),
        Source::Json(pointer) => Place::Json(pointer.clone()),
    }
}

fn add(parts: &mut SignatureParts, source: &Source, text: &str) {
    match source {
        Source::Header(name) => parts.add_field(name.clone(), text.as_bytes().to_vec()),
        Source::Query(name) => parts.query.push((name.clone(), text.to_owned())),
        Source::Form(name) => parts.form.push((name.clone(), text.to_owned())),
        Source::Json(pointer) => parts.json.push((pointer.clone(), text.to_owned())),
    }
}

fn unreadable(error: VerifyError) -> SignError {
    match error {
        VerifyError::Absent(what) => SignError::Absent(what),
        VerifyError::Missing(component) => SignError::Missing(component),
        VerifyError::Malformed(what) | VerifyError::Ambiguous(what) => SignError::Unreadable(what),
        _ => SignError::Unreadable("it cannot be read"),
    }
}
