//! RSA signatures (RFC 8017).

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        self, KeyPair, RsaKeyPair, RsaParameters, RsaPssSaltLength, RsaSignatureEncoding, VerificationAlgorithm,
    },
};
use x509_cert::{
    der::{Decode, Reader, SliceReader, Tag, Tagged, asn1::AnyRef, oid::ObjectIdentifier},
    spki::SubjectPublicKeyInfoRef,
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
        (_, ..2048) => return Err(KeyError::NotOffered(algorithm)),
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

/// A public key as PKCS#1 (RFC 8017 appendix A.1.1), whatever it stood in.
pub(super) struct PublicRsa {
    pub(super) pkcs1: Vec<u8>,
    pub(super) bits: usize,
    /// Whether the public exponent is under 65,537, which makes mistakes of other implementations forgeries.
    pub(super) small_exponent: bool,
}

impl PublicRsa {
    /// `None` when the document holds no RSA key.
    pub(super) fn from_der(der: &[u8]) -> Option<Self> {
        let key = aws_lc_rs::rsa::PublicKey::from_der(der).ok()?;
        let bits = bit_len(key.modulus().big_endian_without_leading_zero())?;
        let exponent = key.exponent();
        let small_exponent = bit_len(exponent.big_endian_without_leading_zero())? < 17;
        Some(Self { pkcs1: key.as_ref().to_vec(), bits, small_exponent })
    }
}

fn bit_len(number: &[u8]) -> Option<usize> {
    let leading = number.first()?.leading_zeros();
    number.len().checked_mul(8)?.checked_sub(usize::try_from(leading).ok()?)
}

/// id-RSASSA-PSS (RFC 8017 appendix A.2.3).
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

/// Whether a document lets its key be used with an algorithm: a key may say that it is for RSASSA-PSS alone, and with which hashes
/// (RFC 4055 section 1.2). The library would take such a key for PKCS#1 v1.5, and verify RSASSA-PSS with it under that name.
pub(super) fn lets_use(der: &[u8], algorithm: Algorithm) -> Result<(), KeyError> {
    let Ok(key) = SubjectPublicKeyInfoRef::from_der(der) else { return Ok(()) };
    if key.algorithm.oid != RSASSA_PSS {
        return Ok(());
    }
    let hash = match algorithm {
        Algorithm::RsaPssSha256 => 1,
        Algorithm::RsaPssSha384 => 2,
        Algorithm::RsaPssSha512 => 3,
        _ => return Err(KeyError::WrongKind(algorithm)),
    };
    let fits = key.algorithm.parameters.is_none_or(|parameters| {
        // The hash, and MGF1 with the same one; what follows is the length of the salt.
        let id = [0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, hash, 5, 0];
        let mask: &[u8] = &[0xa1, 0x1c, 0x30, 0x1a, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
        let expected = [&[0xa0, 0x0f], &id[..], mask, &id[..]].concat();
        parameters.value().starts_with(&expected)
    });
    if fits { Ok(()) } else { Err(KeyError::NotOffered(algorithm)) }
}

/// How many bits the modulus of a private key has, PKCS#8 or PKCS#1, whether or not the library takes it.
pub(super) fn private_bits(der: &[u8]) -> Option<usize> {
    match &*values(der)? {
        // PKCS#8: the version, the algorithm, and a document within.
        [version, algorithm, document, ..]
            if [version.tag(), algorithm.tag(), document.tag()] == [Tag::Integer, Tag::Sequence, Tag::OctetString] =>
        {
            pkcs1_bits(&values(document.value())?)
        }
        pkcs1 => pkcs1_bits(pkcs1),
    }
}

/// The version, the modulus, and seven numbers more (RFC 8017 appendix A.1.2).
fn pkcs1_bits(values: &[AnyRef<'_>]) -> Option<usize> {
    let all_numbers = values.len() >= 9 && values.iter().take(9).all(|value| value.tag() == Tag::Integer);
    let modulus = values.get(1).filter(|_| all_numbers)?.value();
    bit_len(modulus.strip_prefix(&[0]).unwrap_or(modulus))
}

/// What a sequence holds.
fn values(sequence: &[u8]) -> Option<Vec<AnyRef<'_>>> {
    let sequence = AnyRef::from_der(sequence).ok().filter(|any| any.tag() == Tag::Sequence)?;
    let mut reader = SliceReader::new(sequence.value()).ok()?;
    let mut values = Vec::new();
    while !reader.is_finished() {
        values.push(AnyRef::decode(&mut reader).ok()?);
    }
    Some(values)
}
