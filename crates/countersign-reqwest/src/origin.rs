//! Where a request goes: scheme, host and port (RFC 6454).

use std::{fmt, str::FromStr};

use thiserror::Error;
use url::{Host, Url};

/// An origin: `http` or `https`, a host, and a port, the scheme's own where none is named (RFC 6454 section 4).
///
/// ```
/// use countersign_reqwest::Origin;
///
/// let origin: Origin = "https://api.example".parse()?;
/// assert_eq!(origin, "HTTPS://API.example:443/".parse()?);
/// assert_ne!(origin, "http://api.example".parse()?);
/// assert_eq!(origin.to_string(), "https://api.example");
/// // A key that is meant for a part of an origin would be one that the rest of it gets as well.
/// assert!("https://api.example/orders".parse::<Origin>().is_err());
/// # Ok::<(), countersign_reqwest::InvalidOrigin>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(url::Origin);

/// What is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not http or https, a host and at most a port")]
pub struct InvalidOrigin;

impl Origin {
    /// Where a URL leads to; `None` where that is no origin.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        matches!(url.scheme(), "http" | "https").then(|| Self(url.origin())).filter(|origin| origin.0.is_tuple())
    }
}

/// Whether both URLs lead to the same origin.
pub(crate) fn same(one: &Url, other: &Url) -> bool {
    (one.scheme(), one.host(), one.port_or_known_default())
        == (other.scheme(), other.host(), other.port_or_known_default())
}

/// Whether nobody on the way can have changed an answer from there: it came over TLS, or from this machine.
pub(crate) fn is_trustworthy(url: &Url) -> bool {
    url.scheme() == "https"
        || match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let url: Url = text.parse().map_err(|_| InvalidOrigin)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        Self::of(&url).filter(|_| bare && anonymous).ok_or(InvalidOrigin)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.ascii_serialization())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn origins_are_the_same_by_scheme_host_and_port() {
        for (one, other, equal) in [
            ("https://api.example/a?b#c", "https://API.example:443/", true),
            ("http://api.example", "http://api.example:80/x", true),
            ("http://u:p@api.example", "http://api.example", true),
            ("https://api.example", "http://api.example", false),
            ("https://api.example", "https://api.example.", false),
            ("https://api.example", "https://www.api.example", false),
            ("https://api.example", "https://api.example:444", false),
            ("http://127.0.0.1:81", "http://localhost:81", false),
            ("http://[::1]", "http://[0:0::1]:80", true),
        ] {
            assert_eq!(same(&url(one), &url(other)), equal, "{one} {other}");
            assert_eq!(Origin::of(&url(one)) == Origin::of(&url(other)), equal, "{one} {other}");
        }
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_none() {
        for text in [
            "api.example",
            "//api.example",
            "https://",
            "https://api.example/a",
            "https://api.example/?",
            "https://api.example#",
            "https://u@api.example",
            "https://:p@api.example",
            "ftp://api.example",
            "ws://api.example",
            "file:///",
            "data:,x",
            "",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(InvalidOrigin), "{text}");
        }
    }

    #[test]
    fn answers_are_trustworthy_over_tls_and_from_this_machine() {
        for (text, expected) in [
            ("https://api.example/", true),
            ("http://127.0.0.1:81/", true),
            ("http://127.8.8.8/", true),
            ("http://[::1]/", true),
            ("http://localhost:81/", true),
            ("http://api.example/", false),
            ("http://localhost.example/", false),
            ("http://10.0.0.1/", false),
            ("http://[::ffff:10.0.0.1]/", false),
        ] {
            assert_eq!(is_trustworthy(&url(text)), expected, "{text}");
        }
    }
}
