//! The authority that a request is for: a host and at most a port (RFC 9110 section 7.2).

use std::{fmt, str::FromStr};

use smol_str::SmolStr;
use thiserror::Error;

use crate::{
    field::{WellKnown, letters_and},
    request::{Request, trim},
};

/// What is no host with at most a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not one host with at most a port")]
pub struct InvalidAuthority;

/// A host and at most a port, as a server is reached by.
///
/// Case does not matter where authorities are compared, nor does one dot at the end. Ports 80 and 443 are the same as none, which clients
/// leave out.
///
/// ```
/// use countersign::{Authority, Policy};
///
/// let policy = Policy::default().only_authorities(["api.example".parse()?, "[::1]:8080".parse()?]);
/// assert!("user@api.example".parse::<Authority>().is_err());
/// # let _ = policy;
/// # Ok::<(), countersign::InvalidAuthority>(())
/// ```
#[derive(Clone, Debug)]
pub struct Authority {
    spelt: SmolStr,
    /// In lower case, without a dot at its end.
    host: SmolStr,
    port: Option<u16>,
}

impl Authority {
    /// Whether a request's authority is this one; `spelt` is as the peer spelt it.
    pub(crate) fn is(&self, spelt: &[u8]) -> bool {
        split(spelt).is_some_and(|(host, port)| {
            let same_port = match (self.port, port) {
                (Some(80), Some(443)) | (Some(443), Some(80)) => false,
                (own, port) => own == port || (is_usual(own) && is_usual(port)),
            };
            same_port && without_dot(host).eq_ignore_ascii_case(self.host.as_bytes())
        })
    }
}

/// Whether clients leave it out.
const fn is_usual(port: Option<u16>) -> bool {
    matches!(port, None | Some(80 | 443))
}

impl PartialEq for Authority {
    fn eq(&self, other: &Self) -> bool {
        (&self.host, self.port) == (&other.host, other.port)
    }
}

impl Eq for Authority {}

impl FromStr for Authority {
    type Err = InvalidAuthority;

    fn from_str(text: &str) -> Result<Self, InvalidAuthority> {
        let (host, port) = split(text.as_bytes()).ok_or(InvalidAuthority)?;
        let host = std::str::from_utf8(without_dot(host)).map_err(|_| InvalidAuthority)?;
        Ok(Self { spelt: SmolStr::new(text), host: SmolStr::new(host.to_ascii_lowercase()), port })
    }
}

impl fmt::Display for Authority {
    /// As it was spelt.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelt)
    }
}

/// What keeps a request from being for one authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unclear {
    /// There are several `Host` fields.
    Several,
    /// One that is there is no host with at most a port.
    Unusable,
    /// `Host` and the authority beside it differ.
    Mismatch,
}

/// The authority is one host, and where the request carries it twice, as HTTP/2 and absolute-form targets can, both agree. A request
/// without any is no matter of this.
#[inline]
pub(crate) fn clear_authority(request: &Request<'_>) -> Result<(), Unclear> {
    let host = request.single(&WellKnown::Host.into()).map_err(|_| Unclear::Several)?;
    let authority = request.authority.map(str::as_bytes);
    if [host, authority].into_iter().flatten().any(|spelt| !is_authority(spelt)) {
        return Err(Unclear::Unusable);
    }
    match (host, authority) {
        (Some(host), Some(authority)) if !host.eq_ignore_ascii_case(authority) => Err(Unclear::Mismatch),
        _ => Ok(()),
    }
}

/// Whether this is one host with at most a port: no list, no user, nothing empty.
#[inline]
pub(crate) fn is_authority(spelt: &[u8]) -> bool {
    // A name alone, as nearly every request has it.
    let is_name = spelt.first().is_some_and(|byte| *byte != b'.') && spelt.iter().copied().all(is_name_byte);
    is_name || split(spelt).is_some()
}

fn split(spelt: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let spelt = trim(spelt);
    let host_len = match spelt {
        [b'[', rest @ ..] => memchr::memchr(b']', rest)?.checked_add(2)?,
        _ => memchr::memchr(b':', spelt).unwrap_or(spelt.len()),
    };
    let (host, port) = spelt.split_at_checked(host_len)?;
    let is_host = match host {
        [] | [b'.'] => false,
        [b'[', inside @ .., b']'] => !inside.is_empty() && inside.iter().copied().all(is_ip_literal_byte),
        name => name.iter().copied().all(is_name_byte),
    };
    let port = match port {
        [] | [b':'] => None,
        [b':', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {
            Some(std::str::from_utf8(digits).ok()?.parse().ok()?)
        }
        _ => return None,
    };
    is_host.then_some((host, port))
}

fn without_dot(host: &[u8]) -> &[u8] {
    host.strip_suffix(b".").unwrap_or(host)
}

/// A byte of an IP literal between its brackets (RFC 3986 section 3.2.2).
const fn is_ip_literal_byte(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')
}

/// A byte of a name (RFC 3986 section 3.2.2), but for the comma, which would make it a list.
#[inline]
fn is_name_byte(byte: u8) -> bool {
    NAME_BYTES.get(usize::from(byte)).copied().unwrap_or(false)
}

const NAME_BYTES: [bool; 256] = letters_and(b"-._~%!$&'()*+;=0123456789");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_with_at_most_a_port_is_an_authority_and_nothing_else_is() {
        for spelt in ["a", "api.example", "A.example.", "a:80", "a:", "127.0.0.1:8080", "[::1]", "[::1]:80", " a "] {
            assert!(is_authority(spelt.as_bytes()), "{spelt}");
        }
        let long = ["a:65536", "a:080000", "a:-1", "a:1:2", "a:x", "a: 1"];
        let wrong =
            ["", ".", " ", ":80", "a,b", "a, b", "u@a", "u:p@a", "a b", "a/b", "a?b", "[]", "[a", "[::1]x", "\u{e4}"];
        for spelt in wrong.iter().chain(&long) {
            assert!(!is_authority(spelt.as_bytes()), "{spelt}");
        }
    }

    #[test]
    fn an_authority_is_the_same_in_any_case_with_a_dot_and_with_the_port_of_its_scheme() {
        let own: Authority = "API.example".parse().unwrap();
        for spelt in ["api.example", "Api.Example.", "api.example:80", "api.example:443", "api.example:"] {
            assert!(own.is(spelt.as_bytes()), "{spelt}");
        }
        for spelt in
            ["api.example:8080", "evil.example", "api.example.evil", "xapi.example", "api.example..", "u@api.example"]
        {
            assert!(!own.is(spelt.as_bytes()), "{spelt}");
        }
        let with_port: Authority = "api.example:8080".parse().unwrap();
        assert!(with_port.is(b"api.example:8080"));
        assert!(!with_port.is(b"api.example"));
        assert_eq!(with_port.to_string(), "api.example:8080");
        let secure: Authority = "API.example.:443".parse().unwrap();
        assert!(secure.is(b"api.example") && secure.is(b"api.example:443"));
        assert!(!secure.is(b"api.example:80") && !secure.is(b"api.example:8443"));
        assert_eq!(secure.to_string(), "API.example.:443");
        assert_eq!("api.example:443".parse(), Ok(secure));
    }
}
