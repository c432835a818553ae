//! Signing and verifying against the bare MAC over the same signing string.

use std::hint::black_box;

use countersign::{
    Cavage, FieldName, Fields, Policy, Request, Secret, SignatureParts, Signer, SigningKey, UnixTime, Verifier,
    VerifyingKey,
};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

use crate::{median, nanos_per_call};

const PAIRS: usize = 400;
const CALLS: u32 = 400;
const SECRET: &str = "correct horse battery staple";
pub(crate) const TARGET: &str = "/api/v1/orders?page=2";
const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
pub(crate) const NOW: UnixTime = UnixTime::from_secs(784_111_777);

/// A header map as an adapter sees it: names that are known are looked up prepared.
#[derive(Clone)]
pub(crate) struct Headers(HeaderMap, Vec<HeaderName>);

#[allow(clippy::unwrap_used, reason = "a benchmark whose fixture fails has nothing to measure")]
impl Headers {
    /// Those of an ordinary GET.
    pub(crate) fn unsigned() -> Self {
        let known = countersign::WellKnown::ALL.iter().map(|known| HeaderName::from_static(known.as_str())).collect();
        let mut headers = HeaderMap::new();
        for (name, value) in [("host", "api.example.com"), ("date", DATE), ("accept", "*/*"), ("user-agent", "bench/1")]
        {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Self(headers, known)
    }

    /// The same with what signing adds.
    pub(crate) fn with(&self, parts: SignatureParts) -> Self {
        let mut headers = self.clone();
        for field in parts.fields {
            headers.0.insert(HeaderName::try_from(field.name.as_str()).unwrap(), field.value.try_into().unwrap());
        }
        headers
    }
}

impl Fields for Headers {
    fn visit<'a>(&'a self, name: &FieldName, each: &mut dyn FnMut(&'a [u8])) {
        let values = match name.well_known().and_then(|known| self.1.get(known as usize)) {
            Some(known) => self.0.get_all(known),
            None => match name.prepared(|name| HeaderName::try_from(name).ok()) {
                Some(Some(prepared)) => self.0.get_all(prepared),
                _ => self.0.get_all(name.as_str()),
            },
        };
        values.iter().for_each(|value| each(value.as_bytes()));
    }
}

/// The figures of one run.
#[derive(Debug)]
pub struct Figures {
    /// The bare MAC with a prepared key, in nanoseconds.
    pub mac: f64,
    /// The date that tells whether the machine is quiet, in nanoseconds.
    pub sentinel: f64,
    /// Signing over the bare MAC.
    pub sign: f64,
    /// Verifying over the bare MAC.
    pub verify: f64,
    /// The bare MAC over itself: has to read 1.00.
    pub control: f64,
}

/// Tells whether the machine is quiet: an HTTP-date read by httpdate, in nanoseconds.
#[must_use]
pub fn sentinel() -> f64 {
    nanos_per_call(CALLS, || httpdate::parse_http_date(black_box(DATE)))
}

/// Measures signing and verifying of a GET that covers `(request-target) host date`.
///
/// # Panics
/// When the fixture cannot be built, or is not accepted.
#[must_use]
#[allow(clippy::unwrap_used, reason = "a benchmark whose fixture fails has nothing to measure")]
pub fn measure() -> Figures {
    let secret = Secret::new(SECRET).unwrap();
    let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256("access_key_1", &secret).unwrap());
    let verifier = Verifier::new(Cavage::new(), Policy::default());
    let keys = [VerifyingKey::hmac_sha256(&secret)];
    let unsigned = Headers::unsigned();
    let to_sign = Request::new("GET", TARGET, &unsigned).with_body(b"");
    let base = signer.prepare(&to_sign, NOW).unwrap().signature_base().into_owned();
    let headers = unsigned.with(signer.sign(&to_sign, NOW).unwrap());
    // As an adapter gives it, which knows that a GET without a length has no body.
    let signed = Request::new("GET", TARGET, &headers).with_body(b"");
    let prepared = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();

    let mac = || {
        let mut mac = prepared.clone();
        mac.update(black_box(&base));
        mac.finalize().into_bytes()
    };
    let sign = || signer.sign(black_box(&to_sign), NOW).unwrap();
    let verify = || verifier.begin(black_box(&signed), NOW).unwrap().verify(&keys, b"").unwrap();

    let (mut macs, mut sentinels, mut signs, mut verifies, mut controls) = (vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..PAIRS {
        let first = nanos_per_call(CALLS, mac);
        signs.push(nanos_per_call(CALLS, sign) / first);
        let second = nanos_per_call(CALLS, mac);
        verifies.push(nanos_per_call(CALLS, verify) / second);
        controls.push(nanos_per_call(CALLS, mac) / second);
        sentinels.push(sentinel());
        macs.push(first);
    }
    Figures {
        mac: median(macs),
        sentinel: median(sentinels),
        sign: median(signs),
        verify: median(verifies),
        control: median(controls),
    }
}
