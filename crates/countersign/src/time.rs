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
    /// A date before the epoch or one that is not an HTTP-date is `None`.
    #[must_use]
    pub fn from_http_date(text: &[u8]) -> Option<Self> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
