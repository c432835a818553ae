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
}

impl Algorithm {
    /// Every algorithm that this build knows.
    pub const ALL: &'static [Self] =
        &[Self::HmacSha256, Self::HmacSha384, Self::HmacSha512, Self::HmacSha224, Self::HmacSha1];

    /// The name that is written, then the other spellings that deployments send.
    const fn names(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::HmacSha1 => ("hmac-sha1", &["HmacSHA1"]),
            Self::HmacSha224 => ("hmac-sha224", &["HmacSHA224"]),
            Self::HmacSha256 => ("hmac-sha256", &["HmacSHA256"]),
            Self::HmacSha384 => ("hmac-sha384", &["HmacSHA384"]),
            Self::HmacSha512 => ("hmac-sha512", &["HmacSHA512"]),
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
        matches!(self, Self::HmacSha1)
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
