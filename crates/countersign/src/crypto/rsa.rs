//! RSA signatures (RFC 8017).

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        self, KeyPair, RsaKeyPair, RsaParameters, RsaPssSaltLength, RsaSignatureEncoding, VerificationAlgorithm,
    },
};

use crate::{algorithm::Algorithm, error::KeyError, signature::Signature};

/// The longest signature that is made: of a key of 8192 bits.
const MAX_SIGNATURE: usize = 1024;

/// A private key with its padding and its hash.
pub(crate) struct RsaKey {
    pair: RsaKeyPair,
    encoding: &'static RsaSignatureEncoding,
}

impl RsaKey {
    /// The key of a DER document, PKCS#8 or PKCS#1; `None` when the document holds no RSA key.
    pub(crate) fn from_der(algorithm: Algorithm, der: &[u8]) -> Option<Result<Self, KeyError>> {
        let pair = RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der)).ok()?;
        let encoding = match algorithm {
            Algorithm::RsaSha256 => &signature::RSA_PKCS1_SHA256,
            Algorithm::RsaSha384 => &signature::RSA_PKCS1_SHA384,
            Algorithm::RsaSha512 => &signature::RSA_PKCS1_SHA512,
            Algorithm::RsaPssSha256 => &signature::RSA_PSS_SHA256,
            Algorithm::RsaPssSha384 => &signature::RSA_PSS_SHA384,
            Algorithm::RsaPssSha512 => &signature::RSA_PSS_SHA512,
            Algorithm::RsaSha1 => return Some(Err(KeyError::NotOffered(algorithm))),
            _ => return Some(Err(KeyError::WrongKind(algorithm))),
        };
        Some(Ok(Self { pair, encoding }))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Option<Signature> {
        let mut room = [0; MAX_SIGNATURE];
        let signature = room.get_mut(..self.pair.public_modulus_len())?;
        self.pair.sign(self.encoding, &SystemRandom::new(), message, signature).ok()?;
        Some(Signature::new(signature))
    }

    /// The public half (RFC 8017 appendix A.1.1).
    pub(crate) fn public_der(&self) -> Vec<u8> {
        self.pair.public_key().as_ref().to_vec()
    }
}

static PSS_SHA256_MAX: RsaParameters = signature::RSA_PSS_2048_8192_SHA256.with_pss_salt_length(RsaPssSaltLength::Max);
static PSS_SHA384_MAX: RsaParameters = signature::RSA_PSS_2048_8192_SHA384.with_pss_salt_length(RsaPssSaltLength::Max);
static PSS_SHA512_MAX: RsaParameters = signature::RSA_PSS_2048_8192_SHA512.with_pss_salt_length(RsaPssSaltLength::Max);

/// How the library verifies an algorithm with a key of so many bits. RSASSA-PSS has two ways: signers take a salt as long as
/// the hash, as RFC 8017 recommends, or as long as fits, as several libraries do.
pub(super) fn verifying(
    algorithm: Algorithm,
    bits: usize,
) -> Result<Vec<&'static dyn VerificationAlgorithm>, KeyError> {
    Ok(match (algorithm, bits) {
        (_, 0..1024 | 8193..) => return Err(KeyError::RsaSize(bits)),
        (Algorithm::RsaSha1, ..2048) => vec![&signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY],
        (Algorithm::RsaSha256, ..2048) => vec![&signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY],
        (Algorithm::RsaSha512, ..2048) => vec![&signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY],
        (_, ..2048) => return Err(KeyError::RsaSize(bits)),
        (Algorithm::RsaSha1, _) => vec![&signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY],
        (Algorithm::RsaSha256, _) => vec![&signature::RSA_PKCS1_2048_8192_SHA256],
        (Algorithm::RsaSha384, _) => vec![&signature::RSA_PKCS1_2048_8192_SHA384],
        (Algorithm::RsaSha512, _) => vec![&signature::RSA_PKCS1_2048_8192_SHA512],
        (Algorithm::RsaPssSha256, _) => vec![&signature::RSA_PSS_2048_8192_SHA256, &PSS_SHA256_MAX],
        (Algorithm::RsaPssSha384, _) => vec![&signature::RSA_PSS_2048_8192_SHA384, &PSS_SHA384_MAX],
        (Algorithm::RsaPssSha512, _) => vec![&signature::RSA_PSS_2048_8192_SHA512, &PSS_SHA512_MAX],
        _ => return Err(KeyError::WrongKind(algorithm)),
    })
}

/// How many bits the modulus of a public key has; `None` when the document holds no RSA key.
pub(super) fn bits(der: &[u8]) -> Option<usize> {
    let key = aws_lc_rs::rsa::PublicKey::from_der(der).ok()?;
    let modulus = key.modulus().big_endian_without_leading_zero();
    let leading = modulus.first()?.leading_zeros();
    modulus.len().checked_mul(8)?.checked_sub(usize::try_from(leading).ok()?)
}
