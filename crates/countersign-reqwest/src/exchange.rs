//! One call of the user's: attempts and answers in turn, whoever sends them.

mod again;

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use countersign::{BodyUse, Signer, UnixTime, When};
use countersign_http::with_head;
use http::{HeaderMap, HeaderValue, StatusCode};
use url::{Position, Url};

use crate::{
    error::ClientError,
    events,
    keys::Keys,
    message::{Message, Wire},
    origin::Origin,
    redirect::{Step, Trail},
    signing::{Signing, Streams},
};

/// What an answer begins with.
pub(crate) type Head<'a> = (StatusCode, &'a HeaderMap);

/// One call of the user's: says what signs each attempt, and after its answer whether another one follows.
pub(crate) struct Exchange<'s, M> {
    signing: &'s Signing,
    /// What the attempt was made from, unsigned, for as long as another one may follow; and whether the body is still in it.
    before: Option<(M, bool)>,
    trail: Trail,
    /// The time that was signed with.
    signed: Option<UnixTime>,
    clock_was_corrected: bool,
    /// What the server asked for, until a redirect leads on.
    asked: Vec<HeaderValue>,
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
        Self {
            signing,
            before: None,
            trail: Trail::default(),
            signed: None,
            clock_was_corrected: false,
            asked: Vec::new(),
            challenge_was_answered: false,
            time_limit: request.timeout().map(|limit| (limit, Instant::now())),
        }
    }

    /// How many bytes of a body that is a stream are to be collected; `None` where it is to be sent as it is.
    pub(crate) fn collects(&self, request: &M) -> Result<Option<usize>, ClientError> {
        let Streams::Collected(limit) = self.signing.streams else { return Ok(None) };
        if request.body().is_some() {
            return Ok(None);
        }
        let Some(keys) = self.signing.keychain.keys(request.url())? else { return Ok(None) };
        let signs_body = keys.signer(self.signing.now())?.body_use() == BodyUse::Signed;
        Ok((signs_body || is_unbound_stream(request)).then_some(limit))
    }

    /// What is left of the time that the user gave.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.time_limit.map(|(limit, since)| limit.saturating_sub(since.elapsed()))
    }

    /// What signs this attempt; `None` where it goes out as it is.
    pub(crate) fn attempt(&mut self, request: &mut M) -> Result<Option<Attempt<'s>>, ClientError> {
        self.signed = None;
        if self.signing.may_repeat() {
            self.before = Some(request.copy().map_or_else(|| (request.copy_head(), false), |copy| (copy, true)));
        }
        let keys = if self.trail.strayed { None } else { self.signing.keychain.keys(request.url())? };
        let Some(keys) = keys else { return Ok(None) };
        let clock = self.signing.now();
        let now = match &self.signing.correction {
            Some(correction) => correction.corrected(|| Origin::of(request.url()), clock),
            None => clock,
        };
        self.signed = Some(now);
        // Into this attempt alone: the next one gets another.
        self.identify(request)?;
        // Which keys are in use goes by this machine's clock, whatever a server's shows.
        Ok(Some(Attempt { keys, signer: self.signer(keys, request, clock)?, now }))
    }

    /// Gives the request an id where it is to have one; whether it lacked one.
    fn identify(&self, request: &mut M) -> Result<bool, ClientError> {
        match &self.signing.request_ids {
            Some((field, _)) if !request.headers().contains_key(field) => {
                request.headers_mut().insert(field, fresh_id()?);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn signer(&self, keys: &'s Keys, request: &mut M, clock: UnixTime) -> Result<Cow<'s, Signer>, ClientError> {
        let signer = self.covering(keys.signer(clock)?, request);
        // Put together for each attempt, since keys change.
        let answering = (!self.asked.is_empty()).then(|| self.answering(&signer, request, &self.asked)).flatten();
        Ok(answering.map_or(signer, Cow::Owned))
    }

    /// What covers what the settings say of this request.
    fn covering<'k>(&self, signer: Cow<'k, Signer>, request: &M) -> Cow<'k, Signer> {
        let uncovered = self.signing.streams == Streams::Uncovered && is_unbound_stream(request);
        let signer = if uncovered { Cow::Owned(signer.into_owned().dangerous_not_covering_the_body()) } else { signer };
        match &self.signing.request_ids {
            // What signs the body itself, as webhooks do, covers no fields of ours.
            Some((_, component)) if signer.body_use() == BodyUse::Digest => {
                Cow::Owned(signer.into_owned().cover(component.clone(), When::Always))
            }
            _ => signer,
        }
    }

    fn answering(&self, signer: &Signer, request: &mut M, asked: &[HeaderValue]) -> Option<Signer> {
        let asked = asked.iter().map(HeaderValue::as_bytes);
        with_head(&Wire(request), |head| signer.answering(&head, asked, &self.signing.answerable))
    }

    /// The request of another attempt, where the answer asks for one; else it is the last. `sent` is where the attempt went.
    pub(crate) fn next(&mut self, answer: Head<'_>, sent: &Url) -> Result<Option<M>, ClientError> {
        let Some((mut request, has_body)) = self.before.take() else { return Ok(None) };
        let again = match answer.0 {
            StatusCode::UNAUTHORIZED => has_body && self.signs_again(&mut request, answer.1),
            status if status.is_redirection() => self.follows(&mut request, has_body, answer, sent)?,
            _ => false,
        };
        if let Some(left) = self.time_left() {
            request.set_timeout(left);
        }
        Ok(again.then_some(request))
    }

    fn follows(&mut self, request: &mut M, has_body: bool, answer: Head<'_>, sent: &Url) -> Result<bool, ClientError> {
        let Some(redirects) = &self.signing.redirects else { return Ok(false) };
        let signed_url = !same_target(request.url(), sent);
        match redirects.step(request, has_body, answer, &mut self.trail)? {
            Step::Stay => Ok(false),
            Step::Follow { .. } if signed_url => {
                // The new URL may repeat the old signature, or choose the time that is signed.
                events::not_followed(request.url(), "the signature is part of the URL");
                Ok(false)
            }
            Step::Refused(stranger) => {
                events::redirect_refused(&stranger);
                Ok(false)
            }
            Step::Follow { stranger: true } => {
                events::followed_to_a_stranger(request.url());
                Ok(true)
            }
            Step::Follow { stranger: false } => {
                // What one server asked for is none of the next one's.
                self.asked.clear();
                let follows = self.can_be_signed(request);
                if !follows {
                    events::not_followed(request.url(), "the request cannot be signed for there");
                }
                Ok(follows)
            }
        }
    }

    /// Whether there are keys for the request, and it has what they cover: an answer is not thrown away for a request that is never sent.
    fn can_be_signed(&self, request: &mut M) -> bool {
        let keys = match self.signing.keychain.keys(request.url()) {
            Ok(None) => return true,
            Ok(Some(keys)) => keys,
            Err(_) => return false,
        };
        let clock = self.signed.unwrap_or_else(|| self.signing.now());
        self.identified(request, |request| {
            let signer = self.signer(keys, request, clock);
            signer.is_ok_and(|signer| with_head(&Wire(request), |head| signer.prepare(&head, clock).is_ok()))
        })
    }

    /// Looks at the request as it would be with an id, and leaves it as it is.
    fn identified(&self, request: &mut M, look: impl FnOnce(&mut M) -> bool) -> bool {
        let Ok(added) = self.identify(request) else { return false };
        let seen = look(request);
        if let Some((field, _)) = self.signing.request_ids.as_ref().filter(|_| added) {
            request.headers_mut().remove(field);
        }
        seen
    }
}

/// Whether both have the same path and query.
fn same_target(one: &Url, other: &Url) -> bool {
    one[Position::BeforePath..Position::AfterQuery] == other[Position::BeforePath..Position::AfterQuery]
}

/// 128 random bits, which no two requests share.
fn fresh_id() -> Result<HeaderValue, ClientError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(ClientError::NoRequestId)?;
    let id = format!("{:032x}", u128::from_be_bytes(bytes));
    HeaderValue::try_from(id).map_err(|_| ClientError::NoRequestId(getrandom::Error::UNEXPECTED))
}

/// Whether nothing says what the body is: it is a stream, and no digest was given ahead.
fn is_unbound_stream(request: &impl Message) -> bool {
    request.body().is_none()
        && !["digest", "content-digest", "x-content-sha256"].iter().any(|name| request.headers().contains_key(*name))
}
