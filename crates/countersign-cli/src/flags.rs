//! Values of flags: what they are read into, and what is wrong with those that cannot be.

use std::{str::FromStr, time::SystemTime};

use countersign::{Algorithm, Cavage, Coverage, UnixTime, When};

use crate::{failure::Failure, key_kind::KeyKind};

/// An algorithm as a flag names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AlgorithmFlag {
    /// `hs2019`, which names none: the key's kind decides.
    Hs2019,
    /// One by its name.
    Named(Algorithm),
}

impl AlgorithmFlag {
    /// The algorithm, where one is named.
    pub(crate) const fn named(self) -> Option<Algorithm> {
        match self {
            Self::Hs2019 => None,
            Self::Named(algorithm) => Some(algorithm),
        }
    }
}

impl FromStr for AlgorithmFlag {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if name.eq_ignore_ascii_case("hs2019") {
            return Ok(Self::Hs2019);
        }
        Algorithm::from_name(name).map(Self::Named).ok_or_else(|| {
            let names: Vec<_> = Algorithm::ALL.iter().map(|known| known.name()).collect();
            format!("not one of hs2019, {}", names.join(", "))
        })
    }
}

/// Reads `--key-type`, in any case.
pub(crate) fn key_type(name: &str) -> Result<KeyKind, String> {
    KeyKind::named(name).ok_or_else(|| format!("not one of {}", KeyKind::NAMES.map(|(name, _)| name).join(", ")))
}

/// Reads a point in time: whole seconds since 1970 and nothing else, not even a sign.
pub(crate) fn unix_time(text: &str) -> Result<UnixTime, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| digits);
    seconds.map(UnixTime::from_secs).ok_or_else(|| "not a whole number of seconds since 1970".to_owned())
}

/// The value of `--headers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadersFlag<'a> {
    /// No flag, or one with an empty text, as an unset variable gives: asking for nothing has to be said.
    Absent,
    /// The flag without a value.
    Nothing,
    /// A list of names.
    List(&'a str),
}

impl<'a> HeadersFlag<'a> {
    pub(crate) fn new(flag: Option<&'a Option<String>>) -> Self {
        match flag.map(Option::as_deref) {
            None => Self::Absent,
            Some(None) => Self::Nothing,
            Some(Some(list)) if list.trim().is_empty() => Self::Absent,
            Some(Some(list)) => Self::List(list),
        }
    }
}

/// A list, in the names of the dialect, as a table of what is always covered.
pub(crate) fn coverage(scheme: &Cavage, list: &str) -> Result<Coverage, Failure> {
    let components = scheme.components(list)?;
    Ok(components.iter().fold(Coverage::empty(), |table, component| table.and(component.clone(), When::Always)))
}

/// The clock: the flag, else the system's.
pub(crate) fn now(flag: Option<UnixTime>) -> UnixTime {
    flag.unwrap_or_else(|| SystemTime::now().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_digits_and_nothing_else() {
        assert_eq!(unix_time("784111777"), Ok(UnixTime::from_secs(784_111_777)));
        for text in ["", "+1", "-1", "1.0", " 1", "not-an-integer", "18446744073709551616"] {
            assert!(unix_time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_empty_list_is_no_list_and_a_flag_without_value_is_an_empty_one() {
        assert_eq!(HeadersFlag::new(None), HeadersFlag::Absent);
        assert_eq!(HeadersFlag::new(Some(&Some(" ".to_owned()))), HeadersFlag::Absent);
        assert_eq!(HeadersFlag::new(Some(&None)), HeadersFlag::Nothing);
        assert_eq!(HeadersFlag::new(Some(&Some("host date".to_owned()))), HeadersFlag::List("host date"));
    }
}
