//! Algorithms of signatures and digests, and the one table of their names.

use std::fmt;

/// A signature algorithm: what the key decides and the header may only agree with.
///
/// The names are those of the draft-cavage registries (draft 12, appendix E.2, and its predecessors).
///
/// ```
/// use countersign::Algorithm;
///
/// assert_eq!(Algorithm::HmacSha256.name(), "hmac-sha256");
/// assert_eq!(Algorithm::from_name("HMAC-SHA256"), Some(Algorithm::HmacSha256));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-1: only for peers that know no better, and only under a `dangerous` name.
    HmacSha1,
    /// HMAC with SHA-224.
    HmacSha224,
    /// HMAC with SHA-256.
    HmacSha256,
    /// HMAC with SHA-384.
    HmacSha384,
    /// HMAC with SHA-512.
    HmacSha512,
    /// RSASSA-PKCS1-v1_5 with SHA-1 (RFC 8017 section 8.2): verified only, and only under a `dangerous` name.
    RsaSha1,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaSha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaSha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaSha512,
    /// RSASSA-PSS with SHA-256 (RFC 8017 section 8.1).
    RsaPssSha256,
    /// RSASSA-PSS with SHA-384.
    RsaPssSha384,
    /// RSASSA-PSS with SHA-512.
    RsaPssSha512,
    /// ECDSA with SHA-1 (FIPS 186-4), on the key's curve: verified only, and only under a `dangerous` name.
    EcdsaSha1,
    /// ECDSA with SHA-256, on the key's curve. Signatures are DER (RFC 3279 section 2.2.3).
    EcdsaSha256,
    /// ECDSA with SHA-384, on the key's curve.
    EcdsaSha384,
    /// ECDSA with SHA-512, on the key's curve.
    EcdsaSha512,
    /// Ed25519 (RFC 8032), without a hash taken before.
    Ed25519,
    /// No signature: the secret itself is sent, so whoever sees one request can make any other. For webhooks that have nothing
    /// else, and not among [`Self::ALL`].
    DangerousToken,
    /// No MAC: SHA-256 over the secret and then the message, which whoever has seen one request can make longer (length extension).
    /// For webhooks that have nothing else, and not among [`Self::ALL`].
    DangerousSha256,
}

/// What kind of key an algorithm takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Hmac,
    Rsa,
    Ecdsa,
    Ed25519,
    /// A secret without a MAC.
    Plain,
}

impl Algorithm {
    /// Every signature algorithm that this build knows.
    pub const ALL: &'static [Self] = &[
        Self::HmacSha256,
        Self::HmacSha384,
        Self::HmacSha512,
        Self::HmacSha224,
        Self::HmacSha1,
        Self::RsaSha256,
        Self::RsaSha384,
        Self::RsaSha512,
        Self::RsaSha1,
        Self::RsaPssSha256,
        Self::RsaPssSha384,
        Self::RsaPssSha512,
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::EcdsaSha512,
        Self::EcdsaSha1,
        Self::Ed25519,
    ];

    /// The name that is written, then the other spellings that deployments send.
    const fn names(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::HmacSha1 => ("hmac-sha1", &["HmacSHA1"]),
            Self::HmacSha224 => ("hmac-sha224", &["HmacSHA224"]),
            Self::HmacSha256 => ("hmac-sha256", &["HmacSHA256"]),
            Self::HmacSha384 => ("hmac-sha384", &["HmacSHA384"]),
            Self::HmacSha512 => ("hmac-sha512", &["HmacSHA512"]),
            Self::RsaSha1 => ("rsa-sha1", &["SHA1withRSA"]),
            Self::RsaSha256 => ("rsa-sha256", &["SHA256withRSA"]),
            Self::RsaSha384 => ("rsa-sha384", &["SHA384withRSA"]),
            Self::RsaSha512 => ("rsa-sha512", &["SHA512withRSA"]),
            Self::RsaPssSha256 => ("rsa-pss-sha256", &["SHA256withRSAandMGF1"]),
            Self::RsaPssSha384 => ("rsa-pss-sha384", &["SHA384withRSAandMGF1"]),
            Self::RsaPssSha512 => ("rsa-pss-sha512", &["SHA512withRSAandMGF1"]),
            Self::EcdsaSha1 => ("ecdsa-sha1", &["SHA1withECDSA"]),
            Self::EcdsaSha256 => ("ecdsa-sha256", &["ec-sha256", "SHA256withECDSA"]),
            Self::EcdsaSha384 => ("ecdsa-sha384", &["ec-sha384", "SHA384withECDSA"]),
            Self::EcdsaSha512 => ("ecdsa-sha512", &["ec-sha512", "SHA512withECDSA"]),
            Self::Ed25519 => ("ed25519", &["ed25519-sha512"]),
            Self::DangerousToken => ("token", &[]),
            Self::DangerousSha256 => ("hash-sha256", &[]),
        }
    }

    /// The registered name, as it is written in the `algorithm` parameter.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.names().0
    }

    /// The algorithm of a name, in any case and in the spellings that deployments use. Unknown names are `None`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|algorithm| {
            let (written, others) = algorithm.names();
            written == name || std::iter::once(&written).chain(others).any(|known| known.eq_ignore_ascii_case(name))
        })
    }

    /// Whether the algorithm rests on SHA-1, which a key offers only under a `dangerous` name.
    #[must_use]
    pub const fn is_sha1(self) -> bool {
        matches!(self, Self::HmacSha1 | Self::RsaSha1 | Self::EcdsaSha1)
    }

    /// Whether both sides hold the same secret, rather than a private and a public key.
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        matches!(self.family(), Family::Hmac | Family::Plain)
    }

    /// How long a MAC is, in bytes; zero for what is none.
    pub(crate) const fn mac_len(self) -> usize {
        match self {
            Self::HmacSha1 => 20,
            Self::HmacSha224 => 28,
            Self::HmacSha256 => 32,
            Self::HmacSha384 => 48,
            Self::HmacSha512 => 64,
            _ => 0,
        }
    }

    pub(crate) const fn family(self) -> Family {
        match self {
            Self::HmacSha1 | Self::HmacSha224 | Self::HmacSha256 | Self::HmacSha384 | Self::HmacSha512 => Family::Hmac,
            Self::RsaSha1
            | Self::RsaSha256
            | Self::RsaSha384
            | Self::RsaSha512
            | Self::RsaPssSha256
            | Self::RsaPssSha384
            | Self::RsaPssSha512 => Family::Rsa,
            Self::EcdsaSha1 | Self::EcdsaSha256 | Self::EcdsaSha384 | Self::EcdsaSha512 => Family::Ecdsa,
            Self::Ed25519 => Family::Ed25519,
            Self::DangerousToken | Self::DangerousSha256 => Family::Plain,
        }
    }
}

/// A set of algorithms.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct AlgorithmSet(u32);

impl AlgorithmSet {
    pub(crate) const EVERY: Self = Self(u32::MAX);

    pub(crate) fn of(algorithms: &[Algorithm]) -> Self {
        Self(algorithms.iter().fold(0, |set, algorithm| set | Self::bit(*algorithm)))
    }

    pub(crate) const fn contains(self, algorithm: Algorithm) -> bool {
        self.0 & Self::bit(algorithm) != 0
    }

    pub(crate) const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    const fn bit(algorithm: Algorithm) -> u32 {
        1_u32.wrapping_shl(algorithm as u32)
    }
}

impl fmt::Debug for AlgorithmSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::EVERY {
            return f.write_str("every");
        }
        f.debug_set().entries(Algorithm::ALL.iter().filter(|algorithm| self.contains(**algorithm))).finish()
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A hash that a body's digest may use (RFC 3230, RFC 5843).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DigestAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// Some of the hashes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct DigestSet(u8);

impl DigestSet {
    pub(crate) const EVERY: Self = Self(u8::MAX);

    pub(crate) fn of(algorithms: &[DigestAlgorithm]) -> Self {
        Self(algorithms.iter().fold(0, |set, algorithm| set | Self::bit(*algorithm)))
    }

    pub(crate) const fn contains(self, algorithm: DigestAlgorithm) -> bool {
        self.0 & Self::bit(algorithm) != 0
    }

    pub(crate) const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    const fn bit(algorithm: DigestAlgorithm) -> u8 {
        1_u8.wrapping_shl(algorithm as u32)
    }
}

impl fmt::Debug for DigestSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::EVERY {
            return f.write_str("every");
        }
        f.debug_set().entries(DigestAlgorithm::ALL.iter().filter(|algorithm| self.contains(**algorithm))).finish()
    }
}

impl DigestAlgorithm {
    /// Every algorithm that is known.
    pub const ALL: &'static [Self] = &[Self::Sha256, Self::Sha512];

    /// The registered name, as the `Digest` field writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
        }
    }
}

impl fmt::Display for DigestAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_the_table_leads_back_to_its_algorithm() {
        for algorithm in Algorithm::ALL {
            let (written, others) = algorithm.names();
            assert_eq!(Algorithm::from_name(written), Some(*algorithm));
            for name in others {
                assert_eq!(Algorithm::from_name(name), Some(*algorithm));
            }
        }
    }

    #[test]
    fn names_that_mean_no_algorithm_are_unknown() {
        for name in ["", "none", "hs2019", "rsa-md5", "hmac-sha256 ", "hmac"] {
            assert_eq!(Algorithm::from_name(name), None, "{name:?}");
        }
    }
}
