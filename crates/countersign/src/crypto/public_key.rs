//! Keys as documents: PEM (RFC 7468) and DER, private and public, as people have them.

use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};
use x509_cert::{
    Certificate,
    der::{Decode, Encode, asn1::AnyRef},
    spki::SubjectPublicKeyInfoRef,
};
use zeroize::Zeroizing;

use super::{
    ecdsa,
    ecdsa::EcdsaKey,
    ed25519::Ed25519Key,
    material::SigningMaterial,
    rsa,
    rsa::{PublicRsa, RsaKey},
};
use crate::{
    algorithm::{Algorithm, Family},
    error::KeyError,
};

/// The longest document that is read, in bytes: no key of an offered size comes near it.
const MAX_LEN: usize = 64 * 1024;

/// How many bytes a raw Ed25519 key has.
const ED25519_LEN: usize = 32;

/// The DER form of a key. What it holds is told by its structure and not by its label, since labels are often wrong: PKCS#8
/// stands under `EC PRIVATE KEY` and under `ED25519 PRIVATE KEY`.
pub(crate) struct KeyDocument(Zeroizing<Vec<u8>>);

impl KeyDocument {
    /// Reads the first key or certificate of a PEM text.
    pub(crate) fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        if text.len() > MAX_LEN {
            return Err(KeyError::Unreadable("longer than 64 KiB"));
        }
        let blocks = pem::parse_many(text).map_err(|_| KeyError::Unreadable("not PEM"))?;
        // All of them are overwritten, the one that is taken and those that are not.
        let blocks = blocks.into_iter().map(|block| {
            let locked = block.tag().starts_with("ENCRYPTED") || block.headers().get("Proc-Type").is_some();
            // OpenSSL writes the name of the curve before a key on it.
            let is_key = block.tag() != "EC PARAMETERS";
            (is_key, locked, Zeroizing::new(block.into_contents()))
        });
        let blocks: Vec<_> = blocks.collect();
        match blocks.iter().find(|(is_key, ..)| *is_key) {
            None => Err(KeyError::Unreadable("no PEM block")),
            Some((_, true, _)) => Err(KeyError::Unreadable("locked with a passphrase")),
            Some((_, false, der)) => Self::from_der(der),
        }
    }

    pub(crate) fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        if der.len() > MAX_LEN {
            return Err(KeyError::Unreadable("longer than 64 KiB"));
        }
        // The library does not look at what follows. The raw bytes of an Ed25519 key may begin like a document.
        let whole = der.first() != Some(&0x30) || der.len() == ED25519_LEN || AnyRef::from_der(der).is_ok();
        if whole { Ok(Self(der.to_vec().into())) } else { Err(KeyError::Unreadable("not one whole document")) }
    }

    /// The private key of the document.
    pub(crate) fn signing(&self, algorithm: Algorithm) -> Result<SigningMaterial, KeyError> {
        let der = self.0.as_slice();
        let rsa = || RsaKey::from_der(algorithm, der).map(|key| key.map(|key| SigningMaterial::Rsa(Box::new(key))));
        let ecdsa =
            || EcdsaKey::from_der(algorithm, der).map(|key| key.map(|key| SigningMaterial::Ecdsa(Box::new(key))));
        let ed25519 =
            || Ed25519Key::from_der(algorithm, der).map(|key| key.map(|key| SigningMaterial::Ed25519(Box::new(key))));
        rsa().or_else(ecdsa).or_else(ed25519).unwrap_or_else(|| Err(self.why_not_signing(algorithm)))
    }

    fn why_not_signing(&self, algorithm: Algorithm) -> KeyError {
        match rsa::private_bits(&self.0) {
            Some(_) if algorithm.family() != Family::Rsa => KeyError::WrongKind(algorithm),
            Some(bits @ (..2048 | 8193..)) => KeyError::RsaSize(bits),
            // One that says that it is for RSASSA-PSS alone, or whose numbers do not belong together.
            Some(_) => KeyError::Unreadable("an RSA key that is not offered"),
            None if PublicKey::kind_of(&self.public_der()).is_some() => {
                KeyError::Unreadable("a public key where a private one is wanted")
            }
            None => KeyError::Unreadable("no private key of an offered kind"),
        }
    }

    /// The public key of the document.
    pub(crate) fn verifying(&self, algorithm: Algorithm, weak: bool) -> Result<PublicKey, KeyError> {
        PublicKey::from_der(algorithm, &self.public_der(), weak).map_err(|error| match error {
            KeyError::Unreadable(_) if self.is_private() => {
                KeyError::Unreadable("a private key where a public one is wanted")
            }
            error => error,
        })
    }

    /// Whether the document holds a private key, of whatever size.
    fn is_private(&self) -> bool {
        let der = self.0.as_slice();
        rsa::private_bits(der).is_some()
            || EcdsaKey::from_der(Algorithm::EcdsaSha256, der).is_some()
            || Ed25519Key::from_der(Algorithm::Ed25519, der).is_some()
    }

    /// The key of a certificate, and anything else as it is.
    fn public_der(&self) -> Zeroizing<Vec<u8>> {
        let certificate = Certificate::from_der(&self.0).ok();
        let key =
            certificate.and_then(|certificate| certificate.tbs_certificate().subject_public_key_info().to_der().ok());
        key.map_or_else(|| self.0.clone(), Zeroizing::new)
    }
}

/// A public key, parsed once.
pub(crate) struct PublicKey {
    /// One, or several where a signature can have been made in several ways.
    ways: Vec<ParsedPublicKey>,
}

impl PublicKey {
    /// The key of a document: SPKI (RFC 5280), PKCS#1 for RSA, or the raw bytes for the other two.
    pub(crate) fn from_der(algorithm: Algorithm, der: &[u8], weak: bool) -> Result<Self, KeyError> {
        let rsa = if algorithm.family() == Family::Rsa { PublicRsa::from_der(der) } else { None };
        let ways: Vec<&'static dyn VerificationAlgorithm> = match (algorithm.family(), &rsa) {
            (Family::Hmac | Family::Plain, _) | (Family::Rsa, None) => Vec::new(),
            (Family::Rsa, Some(PublicRsa { bits: bits @ ..2048, .. })) if !weak => {
                return Err(KeyError::RsaSize(*bits));
            }
            (Family::Rsa, Some(PublicRsa { small_exponent: true, .. })) if !weak => {
                return Err(KeyError::RsaExponent);
            }
            (Family::Rsa, Some(key)) => {
                rsa::lets_use(der, algorithm)?;
                rsa::verifying(algorithm, key.bits)?
            }
            (Family::Ecdsa, _) => {
                ecdsa::verifying(algorithm).map(|way| -> &'static dyn VerificationAlgorithm { way }).collect()
            }
            (Family::Ed25519, _) => vec![&signature::ED25519],
        };
        let der = rsa.as_ref().map_or(der, |key| &key.pkcs1);
        let ways: Vec<_> = ways.into_iter().filter_map(|way| ParsedPublicKey::new(way, der).ok()).collect();
        if ways.is_empty() { Err(Self::why_not(algorithm, der)) } else { Ok(Self { ways }) }
    }

    /// What tells the key from others, whatever document it came in.
    ///
    /// Of a point that is its first coordinate alone, since the second may be left out of a document. Whoever has the private key of one
    /// of the two points with that coordinate has that of the other.
    pub(crate) fn identity(&self) -> &[u8] {
        let document: &[u8] = self.ways.first().map_or(&[], AsRef::as_ref);
        let spki = SubjectPublicKeyInfoRef::from_der(document).ok();
        let key = spki.and_then(|spki| spki.subject_public_key.as_bytes()).unwrap_or(document);
        // SEC 1 section 2.3.3; an Ed25519 key has an even number of bytes.
        match key {
            [2 | 3, x @ ..] if x.len().is_multiple_of(2) => x,
            [4, point @ ..] if point.len().is_multiple_of(2) => point.get(..point.len() / 2).unwrap_or_default(),
            other => other,
        }
    }

    fn why_not(algorithm: Algorithm, der: &[u8]) -> KeyError {
        match Self::kind_of(der) {
            Some(kind) if kind == algorithm.family() => KeyError::NotOffered(algorithm),
            Some(_) => KeyError::WrongKind(algorithm),
            None => KeyError::Unreadable("no public key of an offered kind"),
        }
    }

    /// What kind of public key a document holds.
    fn kind_of(der: &[u8]) -> Option<Family> {
        let curve = || ecdsa::curves().any(|curve| ParsedPublicKey::new(curve, der).is_ok());
        if PublicRsa::from_der(der).is_some() {
            Some(Family::Rsa)
        } else if ParsedPublicKey::new(&signature::ED25519, der).is_ok() {
            Some(Family::Ed25519)
        } else {
            curve().then_some(Family::Ecdsa)
        }
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.ways.iter().any(|way| way.verify_sig(message, signature).is_ok())
    }
}
