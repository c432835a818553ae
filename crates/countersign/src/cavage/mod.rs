//! draft-cavage HTTP Signatures (draft-cavage-http-signatures-12).

mod base;
mod carrier;
mod challenge;
mod cursor;
mod dialect;
mod dialects;
mod explain;
mod grammar;
mod lines;
mod list;
mod made;
mod read;
mod switch;
mod target;
mod write;

pub(crate) use self::dialect::{Due, SecretText};
pub use self::{dialect::Dialect, explain::SignatureParameters, switch::Switch};
use self::{
    dialect::{DigestForm, Wire},
    switch::Switches,
};
use crate::{
    algorithm::Algorithm,
    component::{Component, CoveredComponents},
    coverage::Coverage,
    error::{SignError, VerifyError},
    field::{FieldName, WellKnown},
    key::{KeyId, KeyMetadata},
    request::Request,
    scheme::{BodyUse, Parsed, Place, Scheme, SigningParams, Unsigned, sealed::Sealed},
    scheme_name::SchemeName,
    time::UnixTime,
};

/// draft-cavage HTTP Signatures: `Signature: keyId="…",algorithm="…",headers="…",signature="…"`.
///
/// *Writing is strict.* One form goes out, the one that nearly every verifier takes: these parameters in this order,
/// nothing after a comma, `created` and `expires` only where they are covered, names in lower case, padded Base64, and the
/// key's registered algorithm name. That name departs from draft 12, which deprecates all but `hs2019`: most deployments
/// know only the older names.
///
/// *Reading is tolerant.* Parameters come in any order and case, with white space (RFC 7235 section 2.1), quoted or bare;
/// `algorithm` may be absent or `hs2019`; an absent `headers` means `(created)` when there is a `created`, else `date`;
/// the word `Signature` may stand inside the `Signature` field; both that field and `Authorization: Signature` are read.
/// `(created)` and `(expires)` may be covered under every algorithm's name, and so may `(keyid)`, `(key-id)`, `(algorithm)`,
/// `(opaque)` and `request-line`, as libraries do beside the draft. What is unclear is refused: a parameter or a covered name
/// twice, both fields at once, either twice.
///
/// [`Cavage::draft12`] goes by the letter. Deployments that do otherwise are [`Dialect`]s; single oddities are [`Switch`]es, each
/// refused unless it is [allowed](Self::allowing) by its name.
///
/// What has to be covered, and how old it may be, is the [`Policy`](crate::Policy)'s alone.
///
/// ```
/// use countersign::{Cavage, Request, Secret, Signer, SigningKey, UnixTime};
///
/// let secret = Secret::new("correct horse battery staple")?;
/// let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("alice", &secret)?);
/// let fields = [("host", "api.example")];
/// let parts = signer.sign(&Request::new("GET", "/orders?page=2", &fields).with_body(b""), UnixTime::from_secs(784_111_777))?;
/// assert_eq!(parts.fields[0].name.as_str(), "date");
/// assert!(parts.fields[1].value.starts_with(
///     br#"keyId="alice",algorithm="hmac-sha256",headers="(request-target) host date",signature=""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cavage {
    dialect: &'static Dialect,
    /// Another field than the dialect writes.
    carrier: Option<WellKnown>,
    switches: Switches,
}

impl Default for Cavage {
    fn default() -> Self {
        Self::new()
    }
}

impl Cavage {
    /// The longest value of a signature field that is read, in bytes.
    pub const MAX_FIELD_LEN: usize = 8 * 1024;

    /// The form that nearly every deployment reads, in the `Signature` field (draft 12 section 4.1).
    #[must_use]
    pub const fn new() -> Self {
        Self::of(Dialect::STANDARD)
    }

    /// Draft 12 to the letter.
    ///
    /// It writes `hs2019` and covers `(created)` in place of `date`. It reads no other algorithm's name, takes an absent list for
    /// `(created)`, takes a name that is listed twice, and knows none of the names that libraries added. A policy that goes by the
    /// letter too takes no signature from the future: [`Dialect::policy`] of `draft-12`.
    #[must_use]
    pub const fn draft12() -> Self {
        Self::of(Dialect::DRAFT_12)
    }

    /// The dialect of a deployment.
    pub(crate) const fn of(dialect: &'static Dialect) -> Self {
        Self { dialect, carrier: None, switches: dialect.wire.switches }
    }

    /// Writes `Authorization: Signature …` instead (draft 12 section 3.1). What is read stays as the dialect has it:
    /// by default both.
    #[must_use]
    pub const fn in_authorization(mut self) -> Self {
        self.carrier = Some(WellKnown::Authorization);
        self
    }

    /// Writes the `Signature` field, in a dialect that writes `Authorization`. What is read stays as the dialect has it.
    #[must_use]
    pub const fn in_signature(mut self) -> Self {
        self.carrier = Some(WellKnown::Signature);
        self
    }

    /// Takes something beside the dialect that is refused otherwise.
    #[must_use]
    pub const fn allowing(mut self, switch: Switch) -> Self {
        self.switches = self.switches.with(switch);
        self
    }

    /// The dialect.
    #[must_use]
    pub const fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    const fn wire(&self) -> &'static Wire {
        &self.dialect.wire
    }

    const fn allows(&self, switch: Switch) -> bool {
        self.switches.has(switch)
    }

    /// The name that is written for an algorithm.
    fn algorithm_name(&self, algorithm: Algorithm) -> &'static str {
        if self.allows(Switch::Hs2019) {
            return "hs2019";
        }
        let other = self.wire().algorithm_names.iter().find(|(other, _)| *other == algorithm);
        other.map_or(algorithm.name(), |(_, name)| name)
    }

    /// Whether a field other than `date` tells when a request was signed.
    fn is_date(&self, name: &FieldName) -> bool {
        let named = self.wire().also_dates.contains(&name.as_str());
        named || (self.allows(Switch::XDate) && name.well_known() == Some(WellKnown::XDate))
    }

    fn reads_multihash(&self) -> bool {
        self.allows(Switch::MultihashDigest) || self.wire().digest == DigestForm::Multihash
    }

    fn carrier(&self) -> WellKnown {
        self.carrier.unwrap_or(self.wire().carrier)
    }
}

/// Rows of data as a table. `(request-target)` is the target whatever the dialect calls it.
pub(crate) fn coverage(rows: &[(&'static str, Due)], scheme: &Cavage) -> Coverage {
    rows.iter().fold(Coverage::empty(), |table, (name, due)| {
        // A test reads every name of every dialect.
        let components = scheme.components(name).ok();
        let component = components.and_then(|components| components.iter().next().cloned());
        component.into_iter().fold(table, |table, component| table.and(component, due.when()))
    })
}

impl Sealed for Cavage {}

impl Scheme for Cavage {
    fn name(&self) -> SchemeName {
        SchemeName::fixed("cavage")
    }

    fn body_use(&self) -> BodyUse {
        BodyUse::Digest
    }

    fn prepare<'r>(
        &self,
        request: &Request<'r>,
        params: &SigningParams<'_>,
        now: UnixTime,
    ) -> Result<Unsigned<'r>, SignError> {
        write::prepare(self, request, params, now)
    }

    fn most_signatures(&self) -> usize {
        1
    }

    fn coverage(&self) -> Coverage {
        coverage(self.dialect.covers, self)
    }

    fn fixed_text(&self, keys: &[KeyMetadata]) -> String {
        keys.first().map(|key| write::fixed_text(self, key)).unwrap_or_default()
    }

    fn challenge(&self, realm: &str, components: &str) -> String {
        let wire = self.wire();
        let target = wire.targets.first().map_or(Component::RequestTarget.as_str(), |target| target.name);
        let components = components.replace(Component::RequestTarget.as_str(), target);
        format!("{} realm=\"{realm}\",headers=\"{components}\"", wire.word)
    }

    fn asked_for(&self, challenges: &mut dyn Iterator<Item = &[u8]>) -> Option<CoveredComponents> {
        challenge::asked_for(self, challenges)
    }

    fn claimed_key_id(&self, request: &Request<'_>) -> Option<KeyId> {
        let mut params = grammar::SignatureParams::default();
        grammar::parse(carrier::find(self, request).ok()?.1, self.wire().key_id, &mut params).ok()?;
        KeyId::new(&params.key_id?.text()).ok()
    }

    fn place(&self, request: &Request<'_>) -> Result<Option<Place>, VerifyError> {
        match carrier::find(self, request) {
            Ok((field, _)) => Ok(Some(Place::Field(field.into()))),
            Err(VerifyError::NoSignature) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn parse(
        &self,
        request: &Request<'_>,
        usual: &[CoveredComponents],
        parsed: &mut Parsed,
    ) -> Result<(), VerifyError> {
        read::parse(self, request, usual, parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_key_gives_comes_first_in_every_layout() {
        use super::dialect::Param;
        for dialect in Dialect::ALL {
            let mut others = dialect
                .wire
                .layout
                .iter()
                .map(|(param, _)| *param)
                .skip_while(|param| matches!(param, Param::KeyId | Param::Algorithm));
            let late = others.any(|param| matches!(param, Param::KeyId | Param::Algorithm));
            assert!(!late, "{}: the prepared text would not be a beginning", dialect.name());
        }
    }

    #[test]
    fn every_name_in_every_table_is_a_component() {
        for dialect in Dialect::ALL {
            for rows in [dialect.covers, dialect.requires.unwrap_or_default()] {
                assert_eq!(coverage(rows, &Cavage::of(dialect)).iter().count(), rows.len(), "{}", dialect.name());
            }
        }
    }
}
