//! A request as a webhook's parts look at it, on either side.

use std::{borrow::Cow, cell::OnceCell};

use super::{
    pairs::{self, Pair},
    plan::{Carrier, KeyIdAt, Part, Plan, Source},
    spec::PairsOf,
};
use crate::{
    error::VerifyError,
    field::WellKnown,
    request::{Request, trim},
};

/// The type of a form's body (RFC 9110 section 8.3).
const FORM: &[u8] = b"application/x-www-form-urlencoded";

/// A request, with what was read out of it so far.
pub(super) struct View<'v> {
    pub(super) request: &'v Request<'v>,
    pub(super) target: &'v str,
    pub(super) body: &'v [u8],
    /// The URLs that may have been signed, where one is.
    pub(super) urls: Vec<String>,
    query_pairs: OnceCell<Vec<Pair<'static>>>,
    form_pairs: OnceCell<Vec<Pair<'v>>>,
}

impl<'v> View<'v> {
    pub(super) fn new(plan: &Plan, request: &'v Request<'v>, body: &'v [u8]) -> Result<Self, VerifyError> {
        let mut view = Self::without_urls(request, body);
        if plan.signs_url {
            let form = plan.spec.url_form;
            let urls = plan.spec.url.as_ref().map(|url| url.of(request, &plan.unsigned_target(request.target), form));
            view.urls = urls.filter(|urls| !urls.is_empty()).ok_or(VerifyError::Absent("authority"))?;
            let mut queries = view.urls.iter().map(|url| url.split_once('?').map_or("", |(_, query)| query));
            let own = queries.next().unwrap_or_default();
            // What is read from the one must not be proven by the other.
            if plan.reads_query() && queries.any(|other| other != own) {
                return Err(VerifyError::Ambiguous("query that may have been signed"));
            }
        }
        Ok(view)
    }

    /// The same for what needs no URL.
    pub(super) fn without_urls(request: &'v Request<'v>, body: &'v [u8]) -> Self {
        Self {
            request,
            target: request.target,
            body,
            urls: Vec::new(),
            query_pairs: OnceCell::new(),
            form_pairs: OnceCell::new(),
        }
    }

    /// The only value in a place, without white space around that of a header field; `None` when there is none.
    pub(super) fn value(&self, source: &Source) -> Result<Option<Cow<'_, [u8]>>, VerifyError> {
        match source {
            Source::Header(name) if name.well_known() == Some(WellKnown::Host) => {
                Ok(self.request.host().map(|host| Cow::Borrowed(host.as_bytes())))
            }
            Source::Header(name) => {
                let value = self.request.single(name).map_err(|_| VerifyError::Ambiguous("field of one name"))?;
                Ok(value.map(|value| Cow::Borrowed(trim(value))))
            }
            Source::Query(name) => Ok(pairs::single(self.query_pairs()?, name)?.map(|value| Cow::Borrowed(&**value))),
            Source::Form(name) => Ok(pairs::single(self.form_pairs()?, name)?.map(|value| Cow::Borrowed(&**value))),
            Source::Json(pointer) => {
                json_text(self.body, pointer).map(|text| text.map(|text| Cow::Owned(text.into_bytes())))
            }
        }
    }

    /// The signature's own pair, which is never part of the URL that is signed.
    pub(super) fn carried(&self, source: &Source) -> Result<Option<Cow<'_, [u8]>>, VerifyError> {
        let Source::Query(name) = source else { return self.value(source) };
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let pairs = pairs::read(query.as_bytes())?;
        Ok(pairs::single(&pairs, name)?.map(|value| Cow::Owned(value.to_vec())))
    }

    /// The query that is signed: the URL's own where that is signed, since the target's may be another.
    fn query(&self) -> &str {
        let signed = self.urls.first().map_or(self.target, String::as_str);
        signed.split_once('?').map_or("", |(_, query)| query)
    }

    pub(super) fn query_pairs(&self) -> Result<&[Pair<'_>], VerifyError> {
        if self.query_pairs.get().is_none() {
            let owned = |pair: Pair<'_>| Pair {
                name: Cow::Owned(pair.name.into_owned()),
                value: Cow::Owned(pair.value.into_owned()),
            };
            let pairs = pairs::read(self.query().as_bytes())?.into_iter().map(owned).collect();
            let _ = self.query_pairs.set(pairs);
        }
        Ok(self.query_pairs.get().map(Vec::as_slice).unwrap_or_default())
    }

    /// The pairs of the form. A body that says to be something else is none: whoever reads it next would read other pairs.
    pub(super) fn form_pairs(&self) -> Result<&[Pair<'v>], VerifyError> {
        if self.form_pairs.get().is_none() {
            if !self.body.is_empty() && !may_be_form(self.request) {
                return Err(VerifyError::Malformed("the body is no form"));
            }
            let _ = self.form_pairs.set(pairs::read(self.body)?);
        }
        Ok(self.form_pairs.get().map(Vec::as_slice).unwrap_or_default())
    }
}

impl Plan {
    /// Whether any single value of the query counts.
    fn reads_query(&self) -> bool {
        let is = |source: &Source| matches!(source, Source::Query(_));
        self.time.as_ref().and_then(|time| time.source.as_ref()).is_some_and(is)
            || self.id.as_ref().is_some_and(|id| is(&id.source))
            || matches!(&self.key_id, Some(KeyIdAt::Source(source)) if is(source))
            || self.digest.as_ref().is_some_and(|digest| is(&digest.source))
            || self.parts.iter().any(|part| match part {
                Part::Value { source, .. } => is(source),
                Part::Pairs(pairs) => pairs.spec.fields == PairsOf::Query,
                _ => false,
            })
    }

    /// The target without the pair of the signature, which cannot be signed.
    pub(super) fn unsigned_target<'t>(&self, target: &'t str) -> Cow<'t, str> {
        let (Carrier::One(Source::Query(name)), Some((path, query))) = (&self.carrier, target.split_once('?')) else {
            return Cow::Borrowed(target);
        };
        match pairs::without(query, name) {
            // With the pair in it a query that was empty and one that was not there are the same.
            rest if rest.is_empty() => Cow::Borrowed(path),
            Cow::Borrowed(_) => Cow::Borrowed(target),
            Cow::Owned(rest) => Cow::Owned(format!("{path}?{rest}")),
        }
    }
}

/// Whether the body is a form, as far as its type says.
pub(super) fn may_be_form(request: &Request<'_>) -> bool {
    match request.single(&WellKnown::ContentType.into()) {
        Ok(None) => true,
        Ok(Some(value)) => {
            let end = memchr::memchr(b';', value).unwrap_or(value.len());
            value.get(..end).is_some_and(|kind| trim(kind).eq_ignore_ascii_case(FORM))
        }
        Err(_) => false,
    }
}

#[cfg(feature = "json")]
fn json_text(body: &[u8], pointer: &str) -> Result<Option<String>, VerifyError> {
    crate::scheme::json_text(body, pointer)
        .map_err(|_| VerifyError::Malformed("the body is not the JSON that it should be"))
}

#[cfg(not(feature = "json"))]
fn json_text(_: &[u8], _: &str) -> Result<Option<String>, VerifyError> {
    Err(VerifyError::Malformed("this build reads no JSON"))
}
