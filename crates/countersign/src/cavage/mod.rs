//! draft-cavage HTTP Signatures (draft-cavage-http-signatures-12).

mod base;
mod grammar;
mod read;
mod write;

use crate::{
    component::CoveredComponents,
    error::{SignError, VerifyError},
    field::WellKnown,
    key::KeyId,
    request::Request,
    scheme::{BodyUse, Parsed, Scheme, SchemeName, SigningParams, Unsigned, sealed::Sealed},
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
/// What is unclear is refused: a parameter or a covered name twice, both fields at once, either twice.
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cavage {
    in_authorization: bool,
}

impl Cavage {
    /// The longest value of a signature field that is read, in bytes.
    pub const MAX_FIELD_LEN: usize = 8 * 1024;

    /// Writes the `Signature` field (draft 12 section 4.1).
    #[must_use]
    pub const fn new() -> Self {
        Self { in_authorization: false }
    }

    /// Writes `Authorization: Signature …` instead (draft 12 section 3.1). Both are read either way.
    #[must_use]
    pub const fn in_authorization(self) -> Self {
        Self { in_authorization: true }
    }

    /// The field that signing would make unclear or throw away: credentials of another kind in our place, or a signature of
    /// our kind in the other.
    fn taken_carrier(self, request: &Request<'_>) -> Option<WellKnown> {
        let (mut signature, mut credentials) = (false, false);
        request.fields.visit(&WellKnown::Authorization.into(), &mut |value| match grammar::after_scheme(value) {
            Some(_) => signature = true,
            None => credentials = true,
        });
        if self.in_authorization {
            let other = request.has_field(&WellKnown::Signature.into()).then_some(WellKnown::Signature);
            if credentials { Some(WellKnown::Authorization) } else { other }
        } else {
            signature.then_some(WellKnown::Authorization)
        }
    }

    const fn carrier(self) -> WellKnown {
        if self.in_authorization { WellKnown::Authorization } else { WellKnown::Signature }
    }
}

impl Sealed for Cavage {}

impl Scheme for Cavage {
    fn name(&self) -> SchemeName {
        SchemeName("cavage")
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
        write::prepare(*self, request, params, now)
    }

    fn challenge(&self, realm: &str, components: &str) -> String {
        format!("Signature realm=\"{realm}\",headers=\"{components}\"")
    }

    fn claimed_key_id(&self, request: &Request<'_>) -> Option<KeyId> {
        let mut params = grammar::SignatureParams::default();
        grammar::parse(grammar::carrier(request).ok()?, &mut params).ok()?;
        KeyId::new(&params.key_id?.text()).ok()
    }

    fn parse(&self, request: &Request<'_>, usual: &[CoveredComponents]) -> Result<Parsed, VerifyError> {
        read::parse(request, usual)
    }
}
