//! ECDSA signatures (FIPS 186-5), in DER.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, KeyPair},
};

use crate::{
    algorithm::{Algorithm, Family},
    error::KeyError,
    signature::Signature,
};

/// The curves that are offered, each with what signs and what verifies on it.
const CURVES: [Curve; 4] = [
    Curve {
        signing: &[(Algorithm::EcdsaSha256, &signature::ECDSA_P256_SHA256_ASN1_SIGNING)],
        verifying: &[
            (Algorithm::EcdsaSha256, &signature::ECDSA_P256_SHA256_ASN1),
            (Algorithm::EcdsaSha384, &signature::ECDSA_P256_SHA384_ASN1),
            (Algorithm::EcdsaSha512, &signature::ECDSA_P256_SHA512_ASN1),
            (Algorithm::EcdsaSha1, &signature::ECDSA_P256_SHA1_ASN1),
        ],
    },
    Curve {
        signing: &[(Algorithm::EcdsaSha384, &signature::ECDSA_P384_SHA384_ASN1_SIGNING)],
        verifying: &[
            (Algorithm::EcdsaSha384, &signature::ECDSA_P384_SHA384_ASN1),
            (Algorithm::EcdsaSha256, &signature::ECDSA_P384_SHA256_ASN1),
            (Algorithm::EcdsaSha512, &signature::ECDSA_P384_SHA512_ASN1),
        ],
    },
    Curve {
        signing: &[
            (Algorithm::EcdsaSha512, &signature::ECDSA_P521_SHA512_ASN1_SIGNING),
            (Algorithm::EcdsaSha384, &signature::ECDSA_P521_SHA384_ASN1_SIGNING),
            (Algorithm::EcdsaSha256, &signature::ECDSA_P521_SHA256_ASN1_SIGNING),
        ],
        verifying: &[
            (Algorithm::EcdsaSha512, &signature::ECDSA_P521_SHA512_ASN1),
            (Algorithm::EcdsaSha384, &signature::ECDSA_P521_SHA384_ASN1),
            (Algorithm::EcdsaSha256, &signature::ECDSA_P521_SHA256_ASN1),
            (Algorithm::EcdsaSha1, &signature::ECDSA_P521_SHA1_ASN1),
        ],
    },
    // secp256k1.
    Curve {
        signing: &[(Algorithm::EcdsaSha256, &signature::ECDSA_P256K1_SHA256_ASN1_SIGNING)],
        verifying: &[(Algorithm::EcdsaSha256, &signature::ECDSA_P256K1_SHA256_ASN1)],
    },
];

struct Curve {
    signing: &'static [(Algorithm, &'static EcdsaSigningAlgorithm)],
    verifying: &'static [(Algorithm, &'static EcdsaVerificationAlgorithm)],
}

/// A private key with its curve and its hash.
pub(crate) struct EcdsaKey(EcdsaKeyPair);

impl EcdsaKey {
    /// The key of a DER document, PKCS#8 or SEC 1; `None` when the document holds no key on an offered curve.
    pub(crate) fn from_der(algorithm: Algorithm, der: &[u8]) -> Option<Result<Self, KeyError>> {
        let read = |signing| {
            EcdsaKeyPair::from_pkcs8(signing, der).or_else(|_| EcdsaKeyPair::from_private_key_der(signing, der))
        };
        for curve in &CURVES {
            let Some((_, usual)) = curve.signing.first() else { continue };
            if let Ok(pair) = read(usual) {
                let offered = curve.signing.iter().find(|(offered, _)| *offered == algorithm);
                return Some(match offered {
                    Some((_, signing)) if std::ptr::eq(*signing, *usual) => Ok(Self(pair)),
                    Some((_, signing)) => read(signing).map(Self).map_err(|_| KeyError::NotOffered(algorithm)),
                    None if algorithm.family() == Family::Ecdsa => Err(KeyError::NotOffered(algorithm)),
                    None => Err(KeyError::WrongKind(algorithm)),
                });
            }
        }
        None
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Option<Signature> {
        let signature = self.0.sign(&SystemRandom::new(), message).ok()?;
        Some(Signature::new(signature.as_ref()))
    }

    /// The public point, uncompressed (SEC 1 section 2.3.3).
    pub(crate) fn public_point(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }
}

/// How the library may verify an algorithm, one a curve; the key's own curve is the one under which it can be read.
pub(super) fn verifying(algorithm: Algorithm) -> impl Iterator<Item = &'static EcdsaVerificationAlgorithm> {
    CURVES.iter().filter_map(move |curve| {
        curve.verifying.iter().find(|(known, _)| *known == algorithm).map(|(_, verifying)| *verifying)
    })
}

/// Every way in which a public key on an offered curve can be read.
pub(super) fn curves() -> impl Iterator<Item = &'static EcdsaVerificationAlgorithm> {
    CURVES.iter().filter_map(|curve| curve.verifying.first().map(|(_, verifying)| *verifying))
}
