//! Compatibility switches: what a verifier may be told to take beside its dialect.

use std::fmt;

/// Something that some peers do and that is refused unless it is allowed by its name.
///
/// ```
/// use countersign::{Cavage, Switch};
///
/// let scheme = Cavage::new().allowing(Switch::RawEcdsa);
/// assert_eq!(Switch::from_name("raw-ecdsa"), Some(Switch::RawEcdsa));
/// # let _ = scheme;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Switch {
    /// Takes a signature over the target without its query where that over the whole does not match. Anybody on the way can
    /// change the query of such a request: look at [`Verified::covers_target_as_sent`](crate::Verified::covers_target_as_sent).
    DangerousQuerylessTarget,
    /// Takes a signature over the target with the percent escapes of its path resolved, where that over the target as sent does
    /// not match. Different targets have the same signature then.
    DangerousDecodedPath,
    /// Reads a covered field that is absent as the dialect's own servers do, as empty or not at all. Has a meaning in the dialects
    /// whose servers do so, and none elsewhere. Whoever takes the field away is not noticed.
    DangerousAbsentFields,
    /// Reads `request-target` in the list as the name of the target's line, not as that of a field.
    BareRequestTarget,
    /// Takes ECDSA signatures as two numbers side by side (IEEE P1363) as well as in DER, and writes them so.
    RawEcdsa,
    /// Takes a covered `x-date` for the time of signing, as a covered `date`.
    XDate,
    /// Reads a digest in multihash form, `mh=u…`.
    MultihashDigest,
    /// Takes the `Signature` field and `Authorization: Signature …` at once where both say the same.
    EqualCarriers,
    /// Writes `hs2019` in place of the algorithm's name. It is read either way, and means what the key says.
    Hs2019,
}

impl Switch {
    /// Every switch.
    pub const ALL: &'static [Self] = &[
        Self::DangerousQuerylessTarget,
        Self::DangerousDecodedPath,
        Self::DangerousAbsentFields,
        Self::BareRequestTarget,
        Self::RawEcdsa,
        Self::XDate,
        Self::MultihashDigest,
        Self::EqualCarriers,
        Self::Hs2019,
    ];

    /// The switch's name, as the command takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DangerousQuerylessTarget => "dangerous-queryless-target",
            Self::DangerousDecodedPath => "dangerous-decoded-path",
            Self::DangerousAbsentFields => "dangerous-absent-fields",
            Self::BareRequestTarget => "bare-request-target",
            Self::RawEcdsa => "raw-ecdsa",
            Self::XDate => "x-date",
            Self::MultihashDigest => "multihash-digest",
            Self::EqualCarriers => "equal-carriers",
            Self::Hs2019 => "hs2019",
        }
    }

    /// The switch of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|switch| switch.name() == name)
    }
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The switches that are on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Switches(u16);

impl Switches {
    pub(super) const NONE: Self = Self(0);

    #[must_use]
    pub(super) const fn with(self, switch: Switch) -> Self {
        Self(self.0 | Self::bit(switch))
    }

    pub(super) const fn has(self, switch: Switch) -> bool {
        self.0 & Self::bit(switch) != 0
    }

    const fn bit(switch: Switch) -> u16 {
        1_u16.wrapping_shl(switch as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_switch_and_no_two_share_a_bit() {
        let mut all = Switches::NONE;
        for switch in Switch::ALL {
            assert_eq!(Switch::from_name(switch.name()), Some(*switch));
            assert!(!all.has(*switch));
            all = all.with(*switch);
            assert!(all.has(*switch));
        }
        assert_eq!(Switch::from_name("queryless-target"), None);
    }
}
