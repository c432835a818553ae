//! What a request says and what of it is signed, for finding out why two sides differ. Nothing here is proven.

use super::{
    Cavage,
    base::{self, Source, Stated},
    carrier,
    cursor::Value,
    dialect::Absent,
    grammar::{self, SignatureParams},
    list, read,
    switch::Switch,
    write,
};
use crate::{
    component::{Component, ComponentError, CoveredComponents, MAX_COMPONENTS},
    error::{SignError, VerifyError},
    field::WellKnown,
    request::Request,
    signature_base::SignatureBase,
};

/// The parameters of a signature as they stand in the request, their quotes and escapes resolved. `None` is one that is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignatureParameters {
    /// `keyId`, or what the dialect calls it.
    pub key_id: Option<String>,
    /// `algorithm`.
    pub algorithm: Option<String>,
    /// `created`.
    pub created: Option<String>,
    /// `expires`.
    pub expires: Option<String>,
    /// `headers`, the list of covered components.
    pub headers: Option<String>,
}

impl Cavage {
    /// The parameters of a request's signature, of which none has to be there and none is judged.
    ///
    /// ```
    /// use countersign::{Cavage, Request};
    ///
    /// let fields = [("signature", r#"keyId="alice",created=1402170695,headers="(created)""#)];
    /// let stated = Cavage::new().parameters(&Request::new("GET", "/", &fields))?;
    /// assert_eq!(stated.created.as_deref(), Some("1402170695"));
    /// assert_eq!(stated.algorithm, None);
    /// # Ok::<(), countersign::VerifyError>(())
    /// ```
    ///
    /// # Errors
    /// When there is no signature, more than one, or one that does not follow its grammar.
    pub fn parameters(&self, request: &Request<'_>) -> Result<SignatureParameters, VerifyError> {
        let mut params = SignatureParams::default();
        grammar::parse(carrier::find(self, request)?.1, self.wire().key_id, &mut params)?;
        let text = |value: Option<Value<'_>>| value.map(|value| value.text().into_owned());
        Ok(SignatureParameters {
            key_id: text(params.key_id),
            algorithm: text(params.algorithm),
            created: text(params.created),
            expires: text(params.expires),
            headers: text(params.headers),
        })
    }

    /// Reads a list of covered components in the names of the dialect; `(request-target)` is the target in all of them.
    ///
    /// ```
    /// use countersign::{Component, Dialect};
    ///
    /// let covered = Dialect::named("kong").unwrap().scheme().components("date @request-target")?;
    /// assert!(covered.contains(&Component::RequestTarget));
    /// # Ok::<(), countersign::ComponentError>(())
    /// ```
    ///
    /// # Errors
    /// When a name is none of the dialect's, when there is none, or when one stands twice.
    pub fn components(&self, list: &str) -> Result<CoveredComponents, ComponentError> {
        let mut components = Vec::new();
        for name in list.split([' ', '\t']).filter(|name| !name.is_empty()).take(MAX_COMPONENTS.saturating_add(1)) {
            if name.eq_ignore_ascii_case(Component::RequestTarget.as_str()) {
                components.push(Component::RequestTarget);
            } else {
                components.extend(list::read(self, name, &[])?.covered.iter().cloned());
            }
        }
        CoveredComponents::new(components)
    }

    /// The signing string of a request, for finding out why two sides differ. Nothing is added to the request: what is listed has
    /// to be there.
    ///
    /// Of `params` those count that are covered, and the key id where the dialect signs it.
    ///
    /// ```
    /// use countersign::{Cavage, Request, SignatureParameters};
    ///
    /// let fields = [("host", "api.example")];
    /// let request = Request::new("GET", "/orders?page=2", &fields);
    /// let mut params = SignatureParameters::default();
    /// params.created = Some("1402170695".to_owned());
    /// let base = Cavage::new().signature_base(&request, "(request-target) (created) host", &params)?;
    /// assert_eq!(base, b"(request-target): get /orders?page=2\n(created): 1402170695\nhost: api.example");
    /// # Ok::<(), countersign::SignError>(())
    /// ```
    ///
    /// # Errors
    /// When the list cannot be read, when the request lacks what is listed, or when a time is not one.
    pub fn signature_base(
        &self,
        request: &Request<'_>,
        covered: &str,
        params: &SignatureParameters,
    ) -> Result<Vec<u8>, SignError> {
        let list = list::read(self, covered, &[])?;
        let stated = Stated {
            key_id: params.key_id.as_deref(),
            algorithm: params.algorithm.as_deref(),
            created: params.created.as_deref(),
            expires: params.expires.as_deref(),
            opaque: None,
        };
        let created_is_one = stated.created.is_none_or(|text| read::integer(text).is_ok());
        let expires_is_one = stated.expires.is_none_or(|text| read::seconds(text).is_ok());
        for (is_one, component) in [(created_is_one, Component::Created), (expires_is_one, Component::Expires)] {
            if !is_one && list.covered.contains(&component) {
                return Err(SignError::Missing(component));
            }
        }
        let wire = self.wire();
        let source = Source {
            request,
            wire,
            stated,
            target: list.target,
            target_text: wire.writes_target,
            absent: if self.allows(Switch::DangerousAbsentFields) { wire.absent } else { Absent::Refused },
        };
        let mut base = SignatureBase::new();
        base::begin(&mut base, wire, stated.key_id.unwrap_or_default());
        let once: Vec<_> = list.covered.iter().cloned().collect();
        for component in list.repeated.as_ref().unwrap_or(&once) {
            let pushed = match component {
                Component::Field(name) if name.well_known() == Some(WellKnown::Date) => {
                    let date = request.single(name).map_err(|_| SignError::Ambiguous(name.clone()))?;
                    base::push_date(&mut base, component, date, &source).map(drop)
                }
                _ => base::push_line(&mut base, component, &source),
            };
            pushed.map_err(|error| write::refusal(error, component))?;
        }
        base::end(&mut base, wire);
        Ok(base.to_bytes(b"").into_owned())
    }
}
