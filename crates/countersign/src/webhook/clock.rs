//! Times as webhooks write them.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::spec::TimeFormat;
use crate::time::UnixTime;

/// The longest text of a time that is read, in bytes.
const MAX_LEN: usize = 64;

impl TimeFormat {
    /// The time that a text stands for, in whole seconds. Exactly one spelling of a number is taken.
    pub(super) fn read(self, text: &[u8]) -> Option<UnixTime> {
        if text.len() > MAX_LEN {
            return None;
        }
        match self {
            Self::Unix => number(text).map(UnixTime::from_secs),
            Self::UnixMs => number(text).map(|millis| UnixTime::from_secs(millis / 1000)),
            Self::Rfc3339 => {
                let moment = OffsetDateTime::parse(std::str::from_utf8(text).ok()?, &Rfc3339).ok()?;
                u64::try_from(moment.unix_timestamp()).ok().map(UnixTime::from_secs)
            }
            Self::HttpDate => UnixTime::from_http_date(text),
        }
    }

    /// The text of a time.
    pub(super) fn write(self, time: UnixTime) -> String {
        match self {
            Self::Unix => time.as_secs().to_string(),
            Self::UnixMs => time.as_secs().saturating_mul(1000).to_string(),
            Self::Rfc3339 => {
                // Later than the year 9999, which has no such text, gives the last moment that has one.
                let seconds = i64::try_from(time.as_secs().min(253_402_300_799)).unwrap_or_default();
                let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
                moment.format(&Rfc3339).unwrap_or_default()
            }
            Self::HttpDate => time.to_http_date(),
        }
    }
}

/// Digits without a sign or a leading zero.
fn number(text: &[u8]) -> Option<u64> {
    match text {
        [] | [b'0', _, ..] => None,
        digits => digits.iter().try_fold(0_u64, |number, digit| {
            let digit = digit.wrapping_sub(b'0');
            if digit > 9 { None } else { number.checked_mul(10)?.checked_add(digit.into()) }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_gives_back_the_second_that_was_written() {
        for secs in [0, 1, 784_111_777, 1_700_000_000, 4_102_444_800] {
            let moment = UnixTime::from_secs(secs);
            for format in [TimeFormat::Unix, TimeFormat::UnixMs, TimeFormat::Rfc3339, TimeFormat::HttpDate] {
                assert_eq!(format.read(format.write(moment).as_bytes()), Some(moment), "{format:?}");
            }
        }
        assert_eq!(TimeFormat::Rfc3339.write(UnixTime::from_secs(1_483_284_900)), "2017-01-01T15:35:00Z");
        assert_eq!(TimeFormat::Rfc3339.write(UnixTime::from_secs(u64::MAX)), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn fractions_of_any_length_and_offsets_are_read() {
        for (text, secs) in [
            ("2024-02-29T23:59:59.1234567Z", 1_709_251_199),
            ("2023-11-14T22:13:20.123456789Z", 1_700_000_000),
            ("2023-11-14T14:13:20-08:00", 1_700_000_000),
        ] {
            assert_eq!(TimeFormat::Rfc3339.read(text.as_bytes()), Some(UnixTime::from_secs(secs)), "{text}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_no_time() {
        for text in [
            "",
            "+1",
            "-1",
            " 1",
            "1 ",
            "1.0",
            "1e9",
            "01",
            "0x1",
            "Infinity",
            "NaN",
            "18446744073709551616",
            "\u{664}",
        ] {
            assert_eq!(TimeFormat::Unix.read(text.as_bytes()), None, "{text:?}");
            assert_eq!(TimeFormat::UnixMs.read(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(TimeFormat::Unix.read(b"18446744073709551615"), Some(UnixTime::from_secs(u64::MAX)));
        for text in ["2023-02-29T00:00:00Z", "2023-11-14T22:13:20", "2023-11-14", "1700000000", "1960-01-01T00:00:00Z"]
        {
            assert_eq!(TimeFormat::Rfc3339.read(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(TimeFormat::Unix.read(b"\xff"), None);
    }
}
