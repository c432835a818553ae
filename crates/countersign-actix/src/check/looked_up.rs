//! What is looked up of a request that holds, and for how long it is remembered.

use std::{rc::Rc, time::Duration};

use actix_web::HttpRequest;
use countersign::{Acceptance, CoveredComponents, HeadVerified, KeyId, SchemeName, UnixTime, Verified};

use super::{
    keys::{Cause, Check, Reached},
    once::{Asker, Delivery, Not, Subject, once},
};
use crate::refusal::Refusal;

/// Whose request is looked up, and what of it is proven.
struct Of<'a> {
    scheme: &'a SchemeName,
    key_id: Option<&'a KeyId>,
    covered: &'a CoveredComponents,
}

impl<C: 'static> Check<'_, C> {
    /// A head whose body passes unchecked.
    pub(super) async fn head_accepted_once(&self, request: &HttpRequest, head: &HeadVerified) -> Result<(), Refusal> {
        let (now, otherwise) = self.times();
        let acceptance = head.acceptance(otherwise).map(|acceptance| self.lasting(acceptance, otherwise));
        let of = Of { scheme: head.scheme(), key_id: head.key_id(), covered: head.covered() };
        self.look_up(request, Asker::Extractor, acceptance.map(Subject::Request), of, now).await.map(drop)
    }

    pub(super) async fn accepted_once(
        &self,
        request: &HttpRequest,
        asker: Asker,
        verified: &Verified,
    ) -> Result<Option<Rc<Delivery>>, Refusal> {
        let (now, otherwise) = self.times();
        let by_content = self.config.0.replay.as_ref().is_some_and(|protection| protection.by_content)
            && verified.delivery_id().is_some_and(|id| !id.is_covered());
        let request_itself = verified.acceptance(otherwise).map(|acceptance| self.lasting(acceptance, otherwise));
        let subject = match verified.delivery_acceptance(otherwise) {
            // It may still come again for as long as any other delivery.
            Some(delivery) if by_content => request_itself.map(|content| {
                Subject::Delivery(Acceptance::new(content.fingerprint, content.signed_at, delivery.until))
            }),
            Some(delivery) => Some(Subject::Delivery(delivery)),
            None => request_itself.map(Subject::Request),
        };
        let of = Of { scheme: verified.scheme(), key_id: verified.key_id(), covered: verified.covered() };
        self.look_up(request, asker, subject, of, now).await
    }

    async fn look_up(
        &self,
        request: &HttpRequest,
        asker: Asker,
        subject: Option<Subject>,
        of: Of<'_>,
        now: UnixTime,
    ) -> Result<Option<Rc<Delivery>>, Refusal> {
        let Some(subject) = subject else { return Ok(None) };
        once(self.config, (request, of.covered), asker, subject, now).await.map_err(|not| match not {
            Not::Refused(refusal) => refusal,
            Not::Authenticated(error) => {
                let (scheme, key_id) = (of.scheme.clone(), of.key_id.cloned());
                self.refuse(Cause { error, scheme, key_id, reached: Reached::Signature })
            }
        })
    }

    /// The same for as long as any scheme of the config accepts the request: what one has forgotten another may still take. One that judges no
    /// age takes it for ever, whatever end the request names for itself.
    fn lasting(&self, mut acceptance: Acceptance, otherwise: UnixTime) -> Acceptance {
        let mut lives = self.config.verifiers().map(|verifier| verifier.policy().longest_life());
        let longest = lives.try_fold(Duration::ZERO, |longest, life| life.map(|life| longest.max(life)));
        match (longest, acceptance.signed_at) {
            (Some(_), _) if self.config.0.also.is_empty() => {}
            (Some(longest), Some(signed_at)) => acceptance.until = acceptance.until.max(signed_at.plus(longest)),
            _ => acceptance.until = otherwise,
        }
        acceptance
    }

    /// Now, and until when something is remembered that would be accepted for ever.
    fn times(&self) -> (UnixTime, UnixTime) {
        let retention = self.config.0.replay.as_ref().map_or(Duration::ZERO, |protection| protection.retention);
        let now = (self.config.0.clock)();
        (now, now.plus(retention))
    }
}
