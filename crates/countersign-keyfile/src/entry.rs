//! One key of the file.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use countersign::{Algorithm, KeyError, KeyId, KeyState, RingKey, Secret, SigningKey, UnixTime, VerifyingKey};
use zeroize::Zeroizing;

use crate::{
    error::KeyFileError,
    fields::Fields,
    kind::{SourceKind, Weakness},
    life::Life,
    raw::RawKey,
    source::material,
};

/// Who a key belongs to, and the line that says so.
pub(crate) struct Name {
    pub(crate) text: Arc<str>,
    pub(crate) line: usize,
}

/// One `[[key]]` that can be used.
///
/// It shows what a key is, and never its material.
///
/// ```
/// use countersign_keyfile::{KeyFile, SourceKind, Weakness};
///
/// let text = "[[key]]\nid = 'alice'\nalgorithm = 'hmac-sha256'\nsecret = '123456'\ndangerous = true";
/// let keys = KeyFile::parse(text, ".")?;
/// let [alice] = keys.entries() else { panic!() };
/// assert_eq!((alice.line(), alice.source()), (1, SourceKind::Secret));
/// assert!(alice.can_sign());
/// assert_eq!(alice.weaknesses(), [Weakness::ShortSecret(6)]);
/// # Ok::<(), countersign_keyfile::KeyFileError>(())
/// ```
pub struct Entry {
    id: KeyId,
    name: Option<Name>,
    algorithm: Algorithm,
    line: usize,
    source: SourceKind,
    /// The file that its material is in, where that is another than the key file.
    file: Option<PathBuf>,
    weaknesses: Vec<Weakness>,
    life: Life,
    verifying: VerifyingKey,
    /// The secret, or the PEM of the private key; a public key leaves nothing to keep.
    signing: Option<Zeroizing<Vec<u8>>>,
}

impl Entry {
    /// What the key is called.
    #[must_use]
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// Who it belongs to, where it says so.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_ref().map(|name| &*name.text)
    }

    pub(crate) const fn name_in_place(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    /// What it signs or verifies with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The line on which it begins, counted from one.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// Where its material comes from.
    #[must_use]
    pub const fn source(&self) -> SourceKind {
        self.source
    }

    /// The file that its material is in; `None` where it is in the key file itself or in no file.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Whether it holds what signs, whatever its state. All keys can verify.
    #[must_use]
    pub const fn can_sign(&self) -> bool {
        self.signing.is_some()
    }

    /// What has become of it, where the file says so; where it does not, the key is active.
    #[must_use]
    pub const fn state(&self) -> Option<KeyState> {
        self.life.state
    }

    /// Its state, said or not.
    pub(crate) fn state_or_active(&self) -> KeyState {
        self.life.state.unwrap_or(KeyState::Active)
    }

    /// When it was created, where the file says so.
    #[must_use]
    pub const fn created(&self) -> Option<UnixTime> {
        self.life.created
    }

    /// What it is called within a ring: its `ring_id`, or its id where it has none.
    #[must_use]
    pub fn ring_id(&self) -> &KeyId {
        self.life.ring_id.as_ref().unwrap_or(&self.id)
    }

    /// Everything for which it has to say `dangerous = true`.
    #[must_use]
    pub fn weaknesses(&self) -> &[Weakness] {
        &self.weaknesses
    }

    /// The key that verifies.
    #[must_use]
    pub const fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// The key that signs, made anew each time, since it is one that cannot be copied.
    pub(crate) fn signing_key(&self) -> Option<Result<SigningKey, KeyFileError>> {
        let material = self.signing.as_ref()?;
        let key = signing_key(self.id.as_str(), self.algorithm, material);
        Some(key.map_err(|source| KeyFileError::Key { line: self.line, source }))
    }

    /// The key as a ring holds it.
    pub(crate) fn ring_key(&self) -> Result<RingKey, KeyFileError> {
        let created = self.life.created.unwrap_or(UnixTime::from_secs(0));
        let key = match self.signing_key() {
            Some(signing) => RingKey::new(signing?, created),
            None => Ok(RingKey::only_verifying(self.id.clone(), self.verifying.clone(), created)),
        };
        let key = key.map_err(|source| KeyFileError::Key { line: self.line, source })?;
        Ok(key.called(self.ring_id().clone()).in_state(self.state_or_active()))
    }

    /// Reads what a table says, and makes its keys to see that they can be used.
    pub(crate) fn from_raw(raw: &RawKey, folder: &Path) -> Result<Self, KeyFileError> {
        let fields = Fields::read(raw)?;
        let id = fields.id.text("id")?;
        let id = KeyId::new(id).map_err(|source| KeyFileError::Key { line: fields.id.line, source })?;
        let name =
            fields.name.map(|field| Ok(Name { text: field.text("name")?.into(), line: field.line })).transpose()?;
        let algorithm = fields.algorithm()?;
        let life = Life::read(&fields)?;
        let dangerous = fields.dangerous.map_or(Ok(false), |field| field.truth("dangerous"))?;
        let (kind, field) = fields.source;
        let value = field.text(kind.field())?;
        if kind.is_secret() != algorithm.is_symmetric() {
            return Err(KeyFileError::WrongSource { line: field.line, algorithm, kind });
        }
        let mut weaknesses = Vec::new();
        let mut weak = |line, weakness| {
            weaknesses.push(weakness);
            if dangerous { Ok(()) } else { Err(KeyFileError::Weak { line, weakness }) }
        };
        if algorithm.is_sha1() {
            weak(fields.algorithm.line, Weakness::Sha1)?;
        }
        let material = material(kind, value, folder, field.line)?;
        let wrong = |source| KeyFileError::Key { line: field.line, source };
        if kind.is_secret() && (1..Secret::MIN_LEN).contains(&material.len()) {
            weak(field.line, Weakness::ShortSecret(material.len()))?;
        }
        let verifying = if kind.is_secret() {
            verifying_secret(algorithm, &material).map_err(wrong)?
        } else if kind == SourceKind::PrivateKeyFile {
            let key = signing_key(id.as_str(), algorithm, &material);
            key.and_then(|key| key.verifying_key()).map_err(wrong)?
        } else {
            if let Some(weakness) = weak_rsa(algorithm, &material) {
                weak(field.line, weakness)?;
            }
            VerifyingKey::dangerous_weak_from_pem(algorithm, &material).map_err(wrong)?
        };
        let public = matches!(kind, SourceKind::PublicKey | SourceKind::PublicKeyFile);
        let signing = (!public).then_some(material);
        let file = kind.is_file().then(|| folder.join(value));
        Ok(Self { id, name, algorithm, line: raw.line, source: kind, file, weaknesses, life, verifying, signing })
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("id", &self.id)
            .field("name", &self.name())
            .field("algorithm", &self.algorithm)
            .field("line", &self.line)
            .field("source", &self.source)
            .field("state", &self.life.state)
            .finish_non_exhaustive()
    }
}

// Whether a secret or a hash is weak was judged before, with the file's line; so the constructors for weak ones are called.

fn verifying_secret(algorithm: Algorithm, material: &[u8]) -> Result<VerifyingKey, KeyError> {
    let secret = Secret::dangerous_short(material)?;
    if algorithm == Algorithm::HmacSha1 {
        Ok(VerifyingKey::dangerous_hmac_sha1(&secret))
    } else {
        VerifyingKey::hmac(algorithm, &secret)
    }
}

fn signing_key(id: &str, algorithm: Algorithm, material: &[u8]) -> Result<SigningKey, KeyError> {
    if !algorithm.is_symmetric() {
        return SigningKey::from_pem(id, algorithm, material);
    }
    let secret = Secret::dangerous_short(material)?;
    if algorithm == Algorithm::HmacSha1 {
        SigningKey::dangerous_hmac_sha1(id, &secret)
    } else {
        SigningKey::hmac(id, algorithm, &secret)
    }
}

/// What is weak about a public RSA key, whatever hash it is used with.
fn weak_rsa(algorithm: Algorithm, pem: &[u8]) -> Option<Weakness> {
    let strong = if algorithm == Algorithm::RsaSha1 { Algorithm::RsaSha256 } else { algorithm };
    match VerifyingKey::from_pem(strong, pem) {
        Err(KeyError::RsaSize(bits)) if bits < 2048 => Some(Weakness::ShortRsa(bits)),
        Err(KeyError::RsaExponent) => Some(Weakness::SmallRsaExponent),
        _ => None,
    }
}
