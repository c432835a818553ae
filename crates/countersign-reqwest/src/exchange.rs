//! One call of the user's: attempts and answers in turn, whoever sends them.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use countersign::{Signer, UnixTime, When};
use countersign_http::with_head;
use http::{HeaderMap, HeaderValue, StatusCode, header::WWW_AUTHENTICATE};

use crate::{
    error::ClientError,
    events,
    keys::Keys,
    message::{Message, Wire},
    origin::{Origin, is_trustworthy},
    redirect::{Step, Trail},
    signing::{Signing, Streams},
};

/// What an answer begins with.
pub(crate) type Head<'a> = (StatusCode, &'a HeaderMap);

/// One call of the user's: says what signs each attempt, and after its answer whether another one follows.
pub(crate) struct Exchange<'s, M> {
    signing: &'s Signing,
    /// What it was made from, unsigned, for as long as another one may follow; and whether the body is still in it.
    before: Option<(M, bool)>,
    trail: Trail,
    /// The time that was signed with.
    signed: Option<UnixTime>,
    clock_was_corrected: bool,
    /// What signs instead until a redirect leads on, since it covers what the server asked for.
    answering: Option<Signer>,
    challenge_was_answered: bool,
    /// The time that the user gave for the whole of it, and since when.
    time_limit: Option<(Duration, Instant)>,
}

/// What signs one attempt.
pub(crate) struct Attempt<'s> {
    pub(crate) keys: &'s Keys,
    pub(crate) signer: Cow<'s, Signer>,
    pub(crate) now: UnixTime,
}

impl<'s, M: Message> Exchange<'s, M> {
    pub(crate) fn new(signing: &'s Signing, request: &M) -> Self {
        let time_limit = request.timeout().filter(|_| signing.may_repeat()).map(|limit| (limit, Instant::now()));
        Self {
            signing,
            before: None,
            trail: Trail::default(),
            signed: None,
            clock_was_corrected: false,
            answering: None,
            challenge_was_answered: false,
            time_limit,
        }
    }

    /// What signs this attempt; `None` where it goes out as it is.
    pub(crate) fn attempt(&mut self, request: &mut M) -> Result<Option<Attempt<'s>>, ClientError> {
        self.signed = None;
        if self.signing.may_repeat() {
            self.before = Some(request.copy().map_or_else(|| (request.copy_head(), false), |copy| (copy, true)));
        }
        let keys = if self.trail.strayed { None } else { self.signing.keychain.keys(request.url())? };
        let Some(keys) = keys else { return Ok(None) };
        let mut now = self.signing.now();
        if let Some(correction) = &self.signing.correction {
            now = correction.corrected(|| Origin::of(request.url()), now);
        }
        self.signed = Some(now);
        // Into this attempt alone: the next one gets another.
        self.identify(request)?;
        Ok(Some(Attempt { keys, signer: self.signer(keys, request, now)?, now }))
    }

    fn identify(&self, request: &mut M) -> Result<(), ClientError> {
        if let Some((field, _)) = &self.signing.request_ids
            && !request.headers().contains_key(field)
        {
            request.headers_mut().insert(field, fresh_id()?);
        }
        Ok(())
    }

    fn signer(&self, keys: &'s Keys, request: &M, now: UnixTime) -> Result<Cow<'s, Signer>, ClientError> {
        match &self.answering {
            Some(answering) => Ok(Cow::Owned(answering.clone())),
            None => Ok(self.covering(keys.signer(now)?, request)),
        }
    }

    /// What covers what the settings say of this request.
    fn covering<'k>(&self, signer: Cow<'k, Signer>, request: &M) -> Cow<'k, Signer> {
        let uncovered = self.signing.streams == Streams::Uncovered && is_unbound_stream(request);
        let signer = if uncovered { Cow::Owned(signer.into_owned().dangerous_not_covering_the_body()) } else { signer };
        match &self.signing.request_ids {
            Some((_, component)) => Cow::Owned(signer.into_owned().cover(component.clone(), When::Always)),
            None => signer,
        }
    }

    /// The request of another attempt, where the answer asks for one; else it is the last.
    pub(crate) fn next(&mut self, answer: Head<'_>) -> Result<Option<M>, ClientError> {
        let Some((mut request, has_body)) = self.before.take() else { return Ok(None) };
        let again = match answer.0 {
            StatusCode::UNAUTHORIZED => has_body && self.signs_again(&mut request, answer.1),
            status if status.is_redirection() => self.follows(&mut request, has_body, answer)?,
            _ => false,
        };
        if let Some((limit, since)) = self.time_limit {
            request.set_timeout(limit.saturating_sub(since.elapsed()));
        }
        Ok(again.then_some(request))
    }

    fn follows(&mut self, request: &mut M, has_body: bool, answer: Head<'_>) -> Result<bool, ClientError> {
        let Some(redirects) = &self.signing.redirects else { return Ok(false) };
        match redirects.step(request, has_body, answer, &mut self.trail)? {
            Step::Stay => Ok(false),
            Step::Refused(stranger) => {
                events::redirect_refused(&stranger);
                Ok(false)
            }
            Step::Follow { stranger } => {
                if stranger {
                    events::followed_to_a_stranger(request.url());
                }
                // What one server asked for is none of the next one's.
                self.answering = None;
                Ok(true)
            }
        }
    }

    fn signs_again(&mut self, request: &mut M, headers: &HeaderMap) -> bool {
        let Some(signed) = self.signed else { return false };
        // Each on its own, since a server that minds the time first may ask for more afterwards.
        self.corrects_the_clock(request, headers, signed) || self.answers_the_challenge(request, headers, signed)
    }

    fn corrects_the_clock(&mut self, request: &mut M, headers: &HeaderMap, signed: UnixTime) -> bool {
        let Some(correction) = &self.signing.correction else { return false };
        if self.clock_was_corrected || self.trail.hops > 0 || !is_trustworthy(request.url()) {
            return false;
        }
        let Some(origin) = Origin::of(request.url()) else { return false };
        let Some(learned) = correction.learn(origin.clone(), headers, signed, self.signing.now()) else { return false };
        events::clock_corrected(&origin, learned);
        self.clock_was_corrected = true;
        true
    }

    fn answers_the_challenge(&mut self, request: &mut M, headers: &HeaderMap, signed: UnixTime) -> bool {
        if self.challenge_was_answered || self.signing.answerable.is_empty() {
            return false;
        }
        let Ok(Some(keys)) = self.signing.keychain.keys(request.url()) else { return false };
        let Ok(signer) = keys.signer(signed) else { return false };
        let signer = self.covering(signer, request);
        if self.identify(request).is_err() {
            return false;
        }
        let challenges = headers.get_all(WWW_AUTHENTICATE).iter().map(HeaderValue::as_bytes);
        let answering = with_head(&Wire(request), |head| {
            let answering = signer.answering(&head, challenges, &self.signing.answerable)?;
            // What cannot be signed is no answer, and no error either: the server's is one already.
            answering.prepare(&head, signed).is_ok().then_some(answering)
        });
        self.challenge_was_answered = answering.is_some();
        self.answering = answering;
        if self.challenge_was_answered {
            events::challenge_answered(Origin::of(request.url()).as_ref());
        }
        self.challenge_was_answered
    }
}

/// 128 random bits, which no two requests share.
fn fresh_id() -> Result<HeaderValue, ClientError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(ClientError::NoRequestId)?;
    let id = format!("{:032x}", u128::from_be_bytes(bytes));
    HeaderValue::try_from(id).map_err(|_| ClientError::NoRequestId(getrandom::Error::UNEXPECTED))
}

/// Whether nothing says what the body is: it is a stream, and no digest was given ahead.
pub(crate) fn is_unbound_stream(request: &impl Message) -> bool {
    request.body().is_none()
        && !["digest", "content-digest", "x-content-sha256"].iter().any(|name| request.headers().contains_key(*name))
}
