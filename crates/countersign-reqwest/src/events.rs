//! What a client does on its own, for whoever runs it. No URL stands in an event, since it may carry a signature.

use tracing::{debug, info, warn};
use url::Url;

use crate::{clock::Correction, origin::Origin};

pub(crate) fn clock_corrected(origin: &Origin, correction: Correction) {
    warn!(%origin, seconds = correction.seconds(), "this machine's clock is wrong by what the server shows; signing again");
}

pub(crate) fn challenge_answered(origin: Option<&Origin>) {
    info!(origin = origin.map(tracing::field::display), "the server asks for more to be covered; signing again");
}

pub(crate) fn redirect_refused(origin: &Origin) {
    warn!(%origin, "a redirect to another origin was not followed: the request has a body, or is not safe to repeat there");
}

pub(crate) fn not_followed(next: &Url, cause: &'static str) {
    warn!(
        origin = Origin::of(next).as_ref().map(tracing::field::display),
        cause, "a redirect was not followed: it is the answer"
    );
}

pub(crate) fn followed_to_a_stranger(url: &Url) {
    debug!(
        origin = Origin::of(url).as_ref().map(tracing::field::display),
        "following a redirect to another origin without a signature"
    );
}

pub(crate) fn redirected_below(origin: Option<&Origin>) {
    warn!(
        origin = origin.map(tracing::field::display),
        "the answer is of another URL than was signed for, so a redirect was followed below the signature, which it took along: \
         build reqwest's client with redirect::Policy::none()"
    );
}
