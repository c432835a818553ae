//! What an answer of 401 can lead to: the same request, signed once more.

use countersign::UnixTime;
use countersign_http::with_head;
use http::{
    HeaderMap, HeaderValue,
    header::{DATE, WWW_AUTHENTICATE},
};

use super::Exchange;
use crate::{
    clock::Lesson,
    events,
    message::{Message, Wire},
    origin::{Origin, is_trustworthy},
};

impl<M: Message> Exchange<'_, M> {
    pub(super) fn signs_again(&mut self, request: &mut M, headers: &HeaderMap) -> bool {
        let Some(signed) = self.signed else { return false };
        // Each on its own, since a server that minds the time first may ask for more afterwards.
        self.corrects_the_clock(request, headers, signed) || self.answers_the_challenge(request, headers, signed)
    }

    fn corrects_the_clock(&mut self, request: &M, headers: &HeaderMap, signed: UnixTime) -> bool {
        let Some(correction) = &self.signing.correction else { return false };
        // A date of the caller's own is not ours to correct.
        let ours = !request.headers().contains_key(DATE);
        if self.clock_was_corrected || self.trail.hops > 0 || !ours || !is_trustworthy(request.url()) {
            return false;
        }
        let Some(origin) = Origin::of(request.url()) else { return false };
        match correction.learn(origin.clone(), headers, signed, self.signing.now()) {
            Lesson::Nothing => return false,
            Lesson::Known => {}
            Lesson::New(learned) => events::clock_corrected(&origin, learned),
        }
        self.clock_was_corrected = true;
        true
    }

    fn answers_the_challenge(&mut self, request: &mut M, headers: &HeaderMap, signed: UnixTime) -> bool {
        if self.challenge_was_answered || self.signing.answerable.is_empty() {
            return false;
        }
        let asked: Vec<HeaderValue> = headers.get_all(WWW_AUTHENTICATE).iter().cloned().collect();
        if !self.identified(request, |request| self.can_answer(request, &asked, signed)) {
            return false;
        }
        (self.asked, self.challenge_was_answered) = (asked, true);
        events::challenge_answered(Origin::of(request.url()).as_ref());
        true
    }

    /// What cannot be signed is no answer, and no error either: the server's is one already.
    fn can_answer(&self, request: &mut M, asked: &[HeaderValue], signed: UnixTime) -> bool {
        let Ok(Some(keys)) = self.signing.keychain.keys(request.url()) else { return false };
        let Ok(signer) = keys.signer(self.signing.now()) else { return false };
        let signer = self.covering(signer, request);
        let answering = self.answering(&signer, request, asked);
        answering.is_some_and(|signer| with_head(&Wire(request), |head| signer.prepare(&head, signed).is_ok()))
    }
}
