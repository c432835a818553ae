//! Servers that remember, of the rows that need more than one, or a clock that goes, or a store of their own.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use actix_web::{
    HttpRequest,
    web::{self, Bytes},
};
use countersign::{Credential, MemoryReplayStore, ReplayStore, StaticKeys, UnixTime, When};
use countersign_actix::{ReplayProtection, SignatureConfig, Signed};

use super::{
    h1, in_process,
    message::Message,
    served::{Calls, Served, shown},
    subject::{REQUEST_ID, new_id},
};

/// When all of these servers start.
pub const START: u64 = 1_700_000_000;

/// A clock that is set by hand, in seconds behind [`START`].
#[derive(Clone)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(AtomicU64::new(START)))
    }

    #[must_use]
    pub fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.0.load(Ordering::SeqCst))
    }

    pub fn set(&self, secs: i64) -> UnixTime {
        self.0.store(START.checked_add_signed(secs).unwrap(), Ordering::SeqCst);
        self.now()
    }
}

/// So many seconds behind [`START`].
#[must_use]
pub const fn at(secs: u64) -> UnixTime {
    UnixTime::from_secs(START + secs)
}

/// A memory with plenty of room that begins well before [`START`].
#[must_use]
pub fn memory() -> MemoryReplayStore {
    MemoryReplayStore::new(10_000, UnixTime::from_secs(START - 10_000))
}

/// A request of its own, signed at this time.
#[must_use]
pub fn request(at: UnixTime) -> Message {
    let message = Message::new("GET", "/a").field("Host", "api.example").field("X-Request-Id", new_id());
    message.sign(&in_process::signer().cover(REQUEST_ID.parse().unwrap(), When::Always), at)
}

/// A status, and the cause where there is an event.
pub type Outcome = (u16, String);

/// What is accepted.
#[must_use]
pub fn accepted() -> Outcome {
    (200, String::new())
}

/// What is refused for this cause.
#[must_use]
pub fn refused(cause: &str) -> Outcome {
    (401, cause.to_owned())
}

/// What is refused because of the memory.
#[must_use]
pub fn unavailable() -> Outcome {
    (503, "replay-store".to_owned())
}

/// A server that accepts each request once.
pub struct Instance(pub Served);

impl Instance {
    #[must_use]
    pub fn start(clock: &Clock, store: impl ReplayStore) -> Self {
        Self::protected(1, clock, ReplayProtection::new(store))
    }

    #[must_use]
    pub fn protected(workers: usize, clock: &Clock, protection: ReplayProtection) -> Self {
        let keys = StaticKeys::new().with("alice".parse().unwrap(), Credential::new(in_process::key(), "Alice"));
        let clock = clock.clone();
        let config = SignatureConfig::new(keys).clock(move || clock.now()).once(protection);
        Self(Served::start(workers, move |app| {
            app.app_data(config.clone()).default_service(web::to(signed));
        }))
    }

    /// Sends requests over one connection.
    #[must_use]
    pub fn statuses(&self, messages: &[Message]) -> Vec<u16> {
        let bytes: Vec<u8> = messages.iter().flat_map(h1::bytes).collect();
        let statuses = h1::exchange(self.0.address, &bytes, messages.len()).statuses();
        assert_eq!(statuses.len(), messages.len(), "{statuses:?}");
        statuses
    }

    /// The same, with the causes.
    #[must_use]
    pub fn send(&self, messages: &[Message]) -> Vec<Outcome> {
        drop(self.0.inside.events());
        let statuses = self.statuses(messages);
        // One connection is served in order.
        let mut causes = self.0.inside.events().into_iter().map(|mut event| event.remove("cause").unwrap());
        let outcomes: Vec<_> = statuses
            .into_iter()
            .map(|status| (status, if status == 200 { String::new() } else { causes.next().unwrap_or_default() }))
            .collect();
        assert_eq!(causes.next(), None, "{outcomes:?}");
        outcomes
    }

    #[must_use]
    pub fn send_one(&self, message: &Message) -> Outcome {
        self.send(std::slice::from_ref(message)).remove(0)
    }

    /// How often the handler was reached so far.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.0.inside.calls()
    }
}

async fn signed(body: Signed<Bytes, &'static str>, request: HttpRequest, calls: Calls) -> String {
    shown(&request, &body, &calls)
}
