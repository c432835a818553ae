//! Points in time, always given by the caller.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The last second that an HTTP-date can express: 9999-12-31T23:59:59Z.
const LAST_HTTP_DATE: u64 = 253_402_300_799;

/// Whole seconds since 1970-01-01T00:00:00Z.
///
/// The core reads no clock: whoever calls it passes the present moment in. All arithmetic saturates, since one of the
/// operands usually comes from a peer.
///
/// ```
/// use countersign::UnixTime;
/// use std::time::Duration;
///
/// let signed_at = UnixTime::from_secs(1_700_000_000);
/// assert_eq!(signed_at.plus(Duration::from_secs(300)).as_secs(), 1_700_000_300);
/// assert_eq!(UnixTime::from_secs(u64::MAX).plus(Duration::from_secs(1)).as_secs(), u64::MAX);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// The moment `secs` seconds after the epoch.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs)
    }

    /// Seconds since the epoch.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// This moment moved ahead by whole seconds of `span`; stays at the largest value rather than wrap.
    #[must_use]
    pub const fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.as_secs()))
    }

    /// This moment moved back by whole seconds of `span`; stays at the epoch rather than wrap.
    #[must_use]
    pub const fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.as_secs()))
    }

    /// Reads an HTTP-date (RFC 9110 section 5.6.7), in any of its three forms.
    ///
    /// The name of the weekday is not held against the date: it says nothing that the date does not, and peers get it
    /// wrong. A date before the epoch or one that is not an HTTP-date is `None`.
    #[must_use]
    pub fn from_http_date(text: &[u8]) -> Option<Self> {
        imf_fixdate(text).or_else(|| Self::from_obsolete_date(text))
    }

    fn from_obsolete_date(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let moment = httpdate::parse_http_date(text).ok()?;
        moment.duration_since(UNIX_EPOCH).ok().map(|span| Self(span.as_secs()))
    }

    /// The IMF-fixdate of this moment (RFC 9110 section 5.6.7), as the `Date` field carries it.
    ///
    /// Later moments than an HTTP-date can express, those after the year 9999, give the last one that it can.
    #[must_use]
    pub fn to_http_date(self) -> String {
        let span = Duration::from_secs(self.0.min(LAST_HTTP_DATE));
        UNIX_EPOCH.checked_add(span).map(httpdate::fmt_http_date).unwrap_or_default()
    }
}

impl From<SystemTime> for UnixTime {
    /// A moment before the epoch becomes the epoch.
    fn from(moment: SystemTime) -> Self {
        Self(moment.duration_since(UNIX_EPOCH).map_or(0, |span| span.as_secs()))
    }
}

/// Reads the one form that is still written, `Sun, 06 Nov 1994 08:49:37 GMT`, in a quarter of the time that the general
/// reader takes.
fn imf_fixdate(text: &[u8]) -> Option<UnixTime> {
    let (weekday, rest) = text.split_first_chunk::<5>()?;
    let (day, rest) = rest.split_first_chunk::<2>()?;
    let (month, rest) = rest.split_first_chunk::<5>()?;
    let [y1, y2, y3, y4, b' ', h1, h2, b':', m1, m2, b':', s1, s2, b' ', b'G', b'M', b'T'] = rest else {
        return None;
    };
    if !matches!(weekday, b"Mon, " | b"Tue, " | b"Wed, " | b"Thu, " | b"Fri, " | b"Sat, " | b"Sun, ") {
        return None;
    }
    // Days before the month in a year that begins in March, so that a leap day is its last.
    let (before, days, of_last_year) = match month {
        b" Mar " => (0, 31, 0),
        b" Apr " => (31, 30, 0),
        b" May " => (61, 31, 0),
        b" Jun " => (92, 30, 0),
        b" Jul " => (122, 31, 0),
        b" Aug " => (153, 31, 0),
        b" Sep " => (184, 30, 0),
        b" Oct " => (214, 31, 0),
        b" Nov " => (245, 30, 0),
        b" Dec " => (275, 31, 0),
        b" Jan " => (306, 31, 1),
        b" Feb " => (337, 29, 1),
        _ => return None,
    };
    let year = number([*y1, *y2, *y3, *y4])?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = if before == 337 && !leap { 28 } else { days };
    let day = number(*day)?;
    let (hour, minute, second) = (number([*h1, *h2])?, number([*m1, *m2])?, number([*s1, *s2])?);
    if year < 1970 || !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Whole days since the first of March of the year 0, of which 719,468 lie before the epoch.
    let years = year.saturating_sub(of_last_year);
    let leap_days = (years / 4).saturating_sub(years / 100).saturating_add(years / 400);
    let days = years.saturating_mul(365).saturating_add(leap_days).saturating_add(before).saturating_add(day);
    let hours = days.checked_sub(719_469)?.saturating_mul(24).saturating_add(hour);
    Some(UnixTime(hours.saturating_mul(60).saturating_add(minute).saturating_mul(60).saturating_add(second)))
}

fn number<const N: usize>(digits: [u8; N]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then(|| number.saturating_mul(10).saturating_add(digit.into()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_until_the_year_9999_reads_as_the_library_reads_it() {
        for day in 0..LAST_HTTP_DATE / 86_400 {
            let moment = UnixTime::from_secs(day * 86_400 + day % 86_400);
            let text = moment.to_http_date();
            assert_eq!(imf_fixdate(text.as_bytes()), Some(moment), "{text}");
        }
    }

    #[test]
    fn what_the_library_refuses_is_refused_but_for_a_wrong_weekday() {
        let right = "Sun, 06 Nov 1994 08:49:37 GMT";
        for at in 0..right.len() {
            for byte in b' '..=b'~' {
                let mut text = right.as_bytes().to_vec();
                text[at] = byte;
                let library = UnixTime::from_obsolete_date(&text);
                if at >= 5 && library.is_none() && imf_fixdate(&text).is_some() {
                    // Another date on which the weekday is another.
                    assert!(matches!(at, 5 | 6 | 8..=10 | 12..=15), "{}", String::from_utf8_lossy(&text));
                } else if at >= 5 {
                    assert_eq!(imf_fixdate(&text), library, "{}", String::from_utf8_lossy(&text));
                }
            }
        }
        for text in ["Mon, 29 Feb 2023 00:00:00 GMT", "Mon, 29 Feb 2100 00:00:00 GMT", "Mon, 31 Apr 2024 00:00:00 GMT"]
        {
            assert_eq!(UnixTime::from_http_date(text.as_bytes()), None, "{text}");
        }
        for text in ["Wed, 31 Dec 1969 23:59:59 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Xxx, 06 Nov 1994 08:49:37 GMT"]
        {
            assert_eq!(UnixTime::from_http_date(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_wrong_weekday_is_not_held_against_the_date() {
        assert_eq!(
            UnixTime::from_http_date(b"Tue, 07 Jun 2014 20:51:35 GMT"),
            Some(UnixTime::from_secs(1_402_174_295))
        );
    }

    #[test]
    fn all_three_forms_of_an_http_date_are_one_moment() {
        let expected = Some(UnixTime::from_secs(784_111_777));
        assert_eq!(UnixTime::from_http_date(b"Sun, 06 Nov 1994 08:49:37 GMT"), expected);
        assert_eq!(UnixTime::from_http_date(b"Sunday, 06-Nov-94 08:49:37 GMT"), expected);
        assert_eq!(UnixTime::from_http_date(b"Sun Nov  6 08:49:37 1994"), expected);
    }

    #[test]
    fn what_is_no_http_date_is_none() {
        for text in [&b""[..], b"now", b"1994-11-06T08:49:37Z", b"Sun, 06 Nov 1994 25:49:37 GMT", b"\xff\xfe"] {
            assert_eq!(UnixTime::from_http_date(text), None, "{text:?}");
        }
        assert_eq!(UnixTime::from_http_date(b"Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT"), None);
    }

    #[test]
    fn a_time_beyond_the_year_9999_formats_without_panic() {
        assert_eq!(UnixTime::from_secs(u64::MAX).to_http_date(), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(UnixTime::from_secs(784_111_777).to_http_date(), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
