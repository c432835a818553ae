//! reqwest's two requests, the asynchronous and the blocking one, as one.

use std::{borrow::Cow, time::Duration};

use countersign_http::Outgoing;
use http::{HeaderMap, Method};
use url::{Position, Url};

/// A request of reqwest.
pub(crate) trait Message: Sized {
    fn method(&self) -> &Method;
    fn url(&self) -> &Url;
    fn headers(&self) -> &HeaderMap;
    fn timeout(&self) -> Option<Duration>;
    /// Empty where there is none; `None` where it cannot be read ahead.
    fn body(&self) -> Option<&[u8]>;
    fn set_method(&mut self, method: Method);
    fn set_url(&mut self, url: Url);
    fn headers_mut(&mut self) -> &mut HeaderMap;
    fn set_timeout(&mut self, timeout: Duration);
    fn set_body(&mut self, body: Option<Vec<u8>>);
    /// `None` where the body cannot be sent again.
    fn copy(&self) -> Option<Self>;
    /// All but the body.
    fn copy_head(&self) -> Self;
}

macro_rules! message {
    ($request:ty, $body:ty) => {
        impl Message for $request {
            fn method(&self) -> &Method {
                <$request>::method(self)
            }
            fn url(&self) -> &Url {
                <$request>::url(self)
            }
            fn headers(&self) -> &HeaderMap {
                <$request>::headers(self)
            }
            fn timeout(&self) -> Option<Duration> {
                <$request>::timeout(self).copied()
            }
            fn body(&self) -> Option<&[u8]> {
                <$request>::body(self).map_or(Some(b""), <$body>::as_bytes)
            }
            fn set_method(&mut self, method: Method) {
                *self.method_mut() = method;
            }
            fn set_url(&mut self, url: Url) {
                *self.url_mut() = url;
            }
            fn headers_mut(&mut self) -> &mut HeaderMap {
                <$request>::headers_mut(self)
            }
            fn set_timeout(&mut self, timeout: Duration) {
                *self.timeout_mut() = Some(timeout);
            }
            fn set_body(&mut self, body: Option<Vec<u8>>) {
                *self.body_mut() = body.map(<$body>::from);
            }
            fn copy(&self) -> Option<Self> {
                self.try_clone()
            }
            fn copy_head(&self) -> Self {
                let mut copy = Self::new(self.method().clone(), self.url().clone());
                *copy.headers_mut() = self.headers().clone();
                *copy.version_mut() = self.version();
                *copy.timeout_mut() = self.timeout().copied();
                copy
            }
        }
    };
}

message!(reqwest::Request, reqwest::Body);
#[cfg(feature = "blocking")]
message!(reqwest::blocking::Request, reqwest::blocking::Body);

/// A request as signing reads and changes it.
pub(crate) struct Wire<'a, M>(pub(crate) &'a mut M);

impl<M: Message> Outgoing for Wire<'_, M> {
    type Location = Url;

    fn method(&self) -> &str {
        self.0.method().as_str()
    }

    fn target(&self) -> Cow<'_, str> {
        Cow::Borrowed(target(self.0.url()))
    }

    fn authority(&self) -> Option<Cow<'_, str>> {
        let url = self.0.url();
        // A URL has no port that is the scheme's own.
        url.has_host().then(|| Cow::Borrowed(&url[Position::BeforeHost..Position::BeforePath]))
    }

    fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.0.headers_mut()
    }

    fn body(&self) -> Option<&[u8]> {
        self.0.body()
    }

    fn set_body(&mut self, body: Vec<u8>) {
        self.0.set_body(Some(body));
    }

    fn with_target(&self, expected: &str) -> Option<Url> {
        let mut url = self.0.url().clone();
        url.set_query(expected.split_once('?').map(|(_, query)| query));
        // A URL escapes what it is given in its own way, and signed is only the one that is expected.
        (target(&url) == expected).then_some(url)
    }

    fn set_location(&mut self, location: Url) {
        self.0.set_url(location);
    }
}

/// Path and query as they go over the wire.
fn target(url: &Url) -> &str {
    &url[Position::BeforePath..Position::AfterQuery]
}

#[cfg(test)]
mod tests;
