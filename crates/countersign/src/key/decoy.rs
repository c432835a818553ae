//! What an unknown key is verified with: it takes to refuse it about what it takes to refuse a wrong signature.
//!
//! The kind and the size of the unknown key are guessed by what the request states and by how long its signature is. A server
//! whose keys are of one kind, and whose policy says so, guesses right.

use std::sync::LazyLock;

use super::VerifyingKey;
use crate::algorithm::{Algorithm, AlgorithmSet};

/// The lengths of signatures by which keys of different sizes are told, see `crypto/decoy`.
const LENGTHS: [usize; 5] = [64, 96, 256, 384, 512];

static DECOYS: LazyLock<Vec<(usize, VerifyingKey)>> = LazyLock::new(|| {
    let decoys = |algorithm: &Algorithm| {
        let algorithm = *algorithm;
        LENGTHS.iter().filter_map(move |len| VerifyingKey::decoy(algorithm, *len).map(|decoy| (*len, decoy)))
    };
    Algorithm::ALL.iter().flat_map(decoys).collect()
});

/// A key for a signature of this length, of the algorithm that is stated, or else of one that is allowed and likely.
pub(crate) fn decoy(
    stated: Option<Algorithm>,
    allowed: AlgorithmSet,
    signature_len: usize,
) -> Option<&'static VerifyingKey> {
    let algorithm = match stated {
        Some(stated) => stated,
        None => likely(signature_len).iter().chain(Algorithm::ALL).copied().find(|likely| allowed.contains(*likely))?,
    };
    let of_it = || DECOYS.iter().filter(|(_, decoy)| decoy.algorithm() == algorithm);
    // The first that is made for signatures this long, or the one for the longest.
    let fits = of_it().find(|(len, _)| signature_len <= len.saturating_add(8)).or_else(|| of_it().next_back());
    fits.map(|(_, decoy)| decoy)
}

/// What makes signatures of a length, the likeliest first.
const fn likely(signature_len: usize) -> &'static [Algorithm] {
    match signature_len {
        20 => &[Algorithm::HmacSha1],
        28 => &[Algorithm::HmacSha224],
        48 => &[Algorithm::HmacSha384],
        64 => &[Algorithm::Ed25519, Algorithm::HmacSha512],
        65..=72 => &[Algorithm::EcdsaSha256],
        73..=104 => &[Algorithm::EcdsaSha384],
        105..=127 | 129..=150 => &[Algorithm::EcdsaSha512],
        128.. => &[Algorithm::RsaSha256, Algorithm::RsaSha512, Algorithm::RsaPssSha512, Algorithm::RsaPssSha256],
        _ => &[Algorithm::HmacSha256],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoy_is_of_the_stated_algorithm_or_of_a_likely_one_that_is_allowed() {
        let of = |stated, allowed, len| decoy(stated, allowed, len).map(VerifyingKey::algorithm);
        let every = AlgorithmSet::EVERY;
        for (len, expected) in [(20, Algorithm::HmacSha1), (32, Algorithm::HmacSha256), (48, Algorithm::HmacSha384)] {
            assert_eq!(of(None, every, len), Some(expected));
            assert_eq!(of(Some(Algorithm::HmacSha512), every, len), Some(Algorithm::HmacSha512));
        }
        let hmacs = AlgorithmSet::of(&[Algorithm::HmacSha512]);
        assert_eq!(of(None, hmacs, 256), Some(Algorithm::HmacSha512));
    }

    #[cfg(feature = "asymmetric")]
    #[test]
    fn a_decoy_for_every_algorithm_and_length_verifies_nothing() {
        let rsa = |len| decoy(None, AlgorithmSet::EVERY, len).map(VerifyingKey::algorithm);
        assert_eq!([rsa(256), rsa(384), rsa(512), rsa(1024)], [Some(Algorithm::RsaSha256); 4]);
        assert_eq!(
            [rsa(64), rsa(71), rsa(103)].map(|found| found.unwrap()),
            [Algorithm::Ed25519, Algorithm::EcdsaSha256, Algorithm::EcdsaSha384]
        );
        for algorithm in Algorithm::ALL {
            for len in LENGTHS {
                let found = decoy(Some(*algorithm), AlgorithmSet::EVERY, len).unwrap();
                assert_eq!(found.algorithm(), *algorithm);
                assert!(!found.verify(&[b"message"], &[crate::signature::Signature::new(&vec![1; len])]));
            }
        }
    }
}
