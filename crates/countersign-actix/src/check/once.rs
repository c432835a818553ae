//! The last step of a check: whether the request was accepted before.

use std::rc::Rc;

use actix_web::{HttpMessage, HttpRequest, http::StatusCode, rt::time::timeout};
use countersign::{Acceptance, Component, CoveredComponents, Fingerprint, Reserved, Ticket, UnixTime, VerifyError};
use futures::future::{BoxFuture, poll_immediate};

use crate::{
    config::{BoxError, ReplayProtection, SignatureConfig},
    events,
    refusal::Refusal,
};

/// What is to be looked up of a request that holds.
pub(crate) enum Subject {
    /// A request of its own, which is accepted once.
    Request(Acceptance),
    /// A delivery that its sender sends until it is answered well.
    Delivery(Acceptance),
}

/// Who asks for a check: a guard alone sees how the handler ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    Guard,
    Extractor,
}

/// A delivery that is reserved while its handler runs.
#[derive(Clone)]
pub(crate) struct Delivery {
    protection: ReplayProtection,
    acceptance: Acceptance,
    ticket: Ticket,
}

/// Why a request is not accepted now.
pub(super) enum Not {
    /// As any other whose signature does not hold.
    Authenticated(VerifyError),
    Refused(Refusal),
}

/// What was looked up already for this request, by each check that it went through.
struct LookedUp(Vec<(ReplayProtection, Fingerprint)>);

/// Looks the request up and remembers it.
pub(super) async fn once<C: 'static>(
    config: &SignatureConfig<C>,
    (request, covered): (&HttpRequest, &CoveredComponents),
    asker: Asker,
    subject: Subject,
    now: UnixTime,
) -> Result<Option<Rc<Delivery>>, Not> {
    let Some(protection) = &config.0.replay else { return Ok(None) };
    // Where the method is not signed, anybody can choose one that is left out.
    let signs_method = [Component::RequestTarget, Component::RequestLine, Component::Method]
        .iter()
        .any(|component| covered.contains(component));
    if signs_method && !protection.minds(request.method()) {
        return Ok(None);
    }
    let (acceptance, is_delivery) = match subject {
        Subject::Request(acceptance) => (acceptance, false),
        Subject::Delivery(acceptance) => (acceptance.leased_for(protection.lease), true),
    };
    if was_looked_up(request, protection, acceptance.fingerprint) {
        return Ok(None);
    }
    if is_delivery && asker == Asker::Extractor {
        events::misconfigured("deliveries are remembered by a SignatureGuard, which sees how their handler ended");
        return Err(Not::Refused(Refusal::Misconfigured));
    }
    let reserved = in_time(protection, protection.store().reserve(acceptance, now)).await;
    let ticket = match (reserved, is_delivery) {
        (Ok(Reserved::New(ticket)), _) => ticket,
        (Ok(Reserved::Seen | Reserved::UnderWay), _) if knows(request, acceptance.fingerprint) => {
            events::misconfigured("two ReplayProtections share a store: make one, and clone it");
            return Err(Not::Refused(Refusal::Misconfigured));
        }
        (Ok(Reserved::Seen), true) => {
            events::delivery_seen(acceptance.fingerprint);
            return Err(Not::Refused(Refusal::AlreadyDelivered(protection.seen)));
        }
        (Ok(Reserved::UnderWay), true) => {
            events::delivery_under_way(acceptance.fingerprint);
            return Err(Not::Refused(Refusal::DeliveryUnderWay));
        }
        (Ok(Reserved::Seen | Reserved::UnderWay), false) => return Err(Not::Authenticated(VerifyError::Replayed)),
        (Ok(_), false) => return Err(Not::Authenticated(VerifyError::BeforeMemory)),
        // Its sender signs it anew, and does not give up on the endpoint.
        (Ok(_), true) => {
            events::delivery_put_off(&VerifyError::BeforeMemory);
            return Err(Not::Refused(Refusal::MemoryUnavailable));
        }
        (Err(error), _) if protection.lets_through() => {
            events::let_through(&error);
            remember(request, protection, acceptance.fingerprint);
            return Ok(None);
        }
        (Err(error), _) => {
            events::store_failed(&error);
            return Err(Not::Refused(Refusal::MemoryUnavailable));
        }
    };
    remember(request, protection, acceptance.fingerprint);
    let delivery = is_delivery.then(|| Rc::new(Delivery { protection: protection.clone(), acceptance, ticket }));
    Ok(delivery)
}

impl Delivery {
    /// Says how the handler ended.
    pub(crate) async fn ended(&self, status: StatusCode, now: UnixTime) {
        let again =
            status.is_server_error() || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
        let store = self.protection.store();
        let told = if again {
            store.release(self.acceptance, self.ticket)
        } else {
            store.commit(self.acceptance, self.ticket, now)
        };
        if let Err(error) = in_time(&self.protection, told).await {
            // The lease ends by itself; until then the delivery is under way to whoever asks.
            events::delivery_not_told(&error);
        }
    }
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery").field("acceptance", &self.acceptance).finish_non_exhaustive()
    }
}

async fn in_time<T>(
    protection: &ReplayProtection,
    mut answer: BoxFuture<'_, Result<T, BoxError>>,
) -> Result<T, BoxError> {
    // A store in memory has its answer ready, and a timer costs more than it.
    if let Some(answer) = poll_immediate(&mut answer).await {
        return answer;
    }
    let late = || Err("the replay store took longer than its deadline".into());
    Box::pin(timeout(protection.deadline, answer)).await.unwrap_or_else(|_| late())
}

/// Whether another memory was asked for the same request.
fn knows(request: &HttpRequest, fingerprint: Fingerprint) -> bool {
    let extensions = request.extensions();
    extensions.get::<LookedUp>().is_some_and(|looked_up| looked_up.0.iter().any(|(_, known)| *known == fingerprint))
}

fn was_looked_up(request: &HttpRequest, protection: &ReplayProtection, fingerprint: Fingerprint) -> bool {
    request.extensions().get::<LookedUp>().is_some_and(|looked_up| {
        looked_up.0.iter().any(|(other, known)| *known == fingerprint && other.shares_store_with(protection))
    })
}

fn remember(request: &HttpRequest, protection: &ReplayProtection, fingerprint: Fingerprint) {
    let mut extensions = request.extensions_mut();
    match extensions.get_mut::<LookedUp>() {
        Some(looked_up) => looked_up.0.push((protection.clone(), fingerprint)),
        None => drop(extensions.insert(LookedUp(vec![(protection.clone(), fingerprint)]))),
    }
}
