//! The URL that a sender signed, which no server can know from a request alone.

use std::{borrow::Cow, fmt, sync::Arc};

use percent_encoding::percent_decode_str;

use super::error::WebhookError;
use crate::request::Request;

/// The most forms of a URL that are tried.
const MOST: usize = 8;

/// Which URL is signed: configured or supplied, since behind a proxy nothing in a request tells it.
#[derive(Clone)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum PublicUrl {
    /// This very text, as it was registered with the provider.
    Fixed(String),
    /// This origin, such as `https://hooks.example`, and the request's own target behind it.
    Origin(String),
    /// This scheme, `https` or `http`, the authority that the request names, and its target. Whoever sends a request names the authority,
    /// so one that was signed for another server of the same secret can be sent to this one: prefer [`Self::Origin`].
    FromHost(String),
    /// What a function of yours gives for a request: every URL that the sender may have signed, the likeliest first. No more than
    /// eight are tried; the first is the one that is signed with. All have one query where a value of it is looked at, such as a time or
    /// a digest: else the request is refused.
    #[cfg_attr(feature = "serde", serde(skip))]
    Candidates(UrlCandidates),
}

/// A function that gives the URLs which a sender may have signed.
#[derive(Clone)]
pub struct UrlCandidates(Arc<dyn Urls>);

trait Urls: Send + Sync {
    fn urls(&self, request: &Request<'_>) -> Vec<String>;
}

impl<F: Fn(&Request<'_>) -> Vec<String> + Send + Sync> Urls for F {
    fn urls(&self, request: &Request<'_>) -> Vec<String> {
        self(request)
    }
}

impl PublicUrl {
    /// The URLs that a function of yours gives, see [`Self::Candidates`].
    pub fn candidates(urls: impl Fn(&Request<'_>) -> Vec<String> + Send + Sync + 'static) -> Self {
        Self::Candidates(UrlCandidates(Arc::new(urls)))
    }

    /// Whether the text can be what it is said to be.
    pub(super) fn check(&self) -> Result<(), WebhookError> {
        let fits = |text: &str, whole: bool| {
            let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
            let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
            plain
                && rest.is_some_and(|rest| {
                    !rest.is_empty() && !rest.starts_with('/') && (whole || !rest.contains(['/', '?', '#']))
                })
        };
        let (text, fits) = match self {
            Self::Fixed(url) => (url, fits(url, true)),
            Self::Origin(origin) => (origin, fits(origin, false)),
            Self::FromHost(scheme) => (scheme, matches!(scheme.as_str(), "https" | "http")),
            Self::Candidates(_) => return Ok(()),
        };
        if fits { Ok(()) } else { Err(WebhookError::Url(text.clone())) }
    }

    /// The URLs that may have been signed for a request with this target; none when the request names no authority and one is
    /// wanted.
    pub(super) fn of(&self, request: &Request<'_>, target: &str, form: UrlForm) -> Vec<String> {
        let urls = match self {
            Self::Fixed(url) => vec![url.clone()],
            Self::Origin(origin) => vec![format!("{origin}{target}")],
            Self::FromHost(scheme) => {
                request.host().map(|host| format!("{scheme}://{host}{target}")).into_iter().collect()
            }
            Self::Candidates(urls) => urls.0.urls(request),
        };
        let mut all: Vec<String> = Vec::new();
        for url in urls.into_iter().flat_map(|url| form.of(url)) {
            if all.len() < MOST && !all.contains(&url) {
                all.push(url);
            }
        }
        all
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(url) => f.debug_tuple("Fixed").field(url).finish(),
            Self::Origin(origin) => f.debug_tuple("Origin").field(origin).finish(),
            Self::FromHost(scheme) => f.debug_tuple("FromHost").field(scheme).finish(),
            Self::Candidates(_) => f.write_str("Candidates(..)"),
        }
    }
}

impl PartialEq for PublicUrl {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed(own), Self::Fixed(other))
            | (Self::Origin(own), Self::Origin(other))
            | (Self::FromHost(own), Self::FromHost(other)) => own == other,
            (Self::Candidates(own), Self::Candidates(other)) => Arc::ptr_eq(&own.0, &other.0),
            _ => false,
        }
    }
}

impl fmt::Debug for UrlCandidates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UrlCandidates(..)")
    }
}

/// In which forms a sender may have signed a URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum UrlForm {
    /// As it is.
    #[default]
    AsIs,
    /// Also with the default port of its scheme, and also without any port, as Twilio does.
    EitherPort,
    /// Also with the escapes of `: / ? @ ! $ ' ( ) * , ;` undone, as `HubSpot` does.
    PartlyDecoded,
}

impl UrlForm {
    fn of(self, url: String) -> Vec<String> {
        let other = match self {
            Self::AsIs => Vec::new(),
            Self::EitherPort => either_port(&url),
            Self::PartlyDecoded => vec![partly_decoded(&url).into_owned()],
        };
        std::iter::once(url).chain(other).collect()
    }
}

fn either_port(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else { return Vec::new() };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let port = authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    match port {
        Some((host, _)) => vec![format!("{scheme}://{host}{target}")],
        None => vec![format!("{scheme}://{authority}:{}{target}", if scheme == "http" { "80" } else { "443" })],
    }
}

fn partly_decoded(url: &str) -> Cow<'_, str> {
    const DECODED: [&str; 12] = ["3A", "2F", "3F", "40", "21", "24", "27", "28", "29", "2A", "2C", "3B"];
    let mut pieces = url.split('%');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let escape = piece.get(..2).filter(|escape| DECODED.iter().any(|known| known.eq_ignore_ascii_case(escape)));
        if let Some((escape, rest)) = escape.and_then(|escape| Some((escape, piece.get(2..)?))) {
            text.push_str(&percent_decode_str(&format!("%{escape}")).decode_utf8_lossy());
            text.push_str(rest);
        } else {
            text.push('%');
            text.push_str(piece);
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_port_is_added_where_there_is_none_and_any_port_taken_off() {
        let forms = |url: &str| UrlForm::EitherPort.of(url.to_owned());
        assert_eq!(forms("https://a.example/p?q=1"), ["https://a.example/p?q=1", "https://a.example:443/p?q=1"]);
        assert_eq!(forms("http://a.example"), ["http://a.example", "http://a.example:80"]);
        assert_eq!(forms("https://a.example:8443/p"), ["https://a.example:8443/p", "https://a.example/p"]);
        assert_eq!(forms("https://[::1]:8443/p"), ["https://[::1]:8443/p", "https://[::1]/p"]);
    }

    #[test]
    fn only_the_escapes_that_are_listed_are_undone() {
        assert_eq!(partly_decoded("https://a/%3a%20%2F%3B%41%4"), "https://a/:%20/;%41%4");
    }

    #[test]
    fn a_url_needs_a_scheme_and_a_host_and_an_origin_nothing_else() {
        for text in ["", "https://", "https:///x", "a.example/x", "ftp://a.example", "https://a .example"] {
            let url = PublicUrl::Fixed(text.to_owned());
            assert_eq!(url.check(), Err(WebhookError::Url(text.to_owned())));
        }
        assert_eq!(PublicUrl::Fixed("https://a.example:8443/x?y".to_owned()).check(), Ok(()));
        assert_eq!(PublicUrl::Origin("https://a.example".to_owned()).check(), Ok(()));
        for more in ["https://a.example/", "https://a.example?", "https://a.example#"] {
            assert_eq!(PublicUrl::Origin(more.to_owned()).check(), Err(WebhookError::Url(more.to_owned())));
        }
        assert_eq!(PublicUrl::FromHost("HTTPS".to_owned()).check(), Err(WebhookError::Url("HTTPS".to_owned())));
    }
}
