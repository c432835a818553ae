//! What several tests use: keys, clients and servers on free ports.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    future::{Ready, ready},
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use actix_web::{App, HttpServer, dev::ServerHandle, web};
use countersign::{
    Cavage, Claim, Credential, KeyId, Secret, SignatureParameters, Signer, SigningKey, StaticKeys, UnixTime,
    VerifyingKey,
};
use countersign_tests::events::fields;
use tracing::{Dispatch, Event, Subscriber, subscriber::DefaultGuard};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

pub(crate) const SECRET: &str = "correct horse battery staple";

pub(crate) fn secret() -> Secret {
    Secret::new(SECRET).unwrap()
}

pub(crate) fn signing_key(id: &str) -> SigningKey {
    SigningKey::hmac_sha256(id, &secret()).unwrap()
}

pub(crate) fn verifying_key() -> VerifyingKey {
    VerifyingKey::hmac_sha256(&secret())
}

pub(crate) fn signer(id: &str) -> Signer {
    Signer::new(Cavage::new(), signing_key(id))
}

pub(crate) fn now() -> UnixTime {
    SystemTime::now().into()
}

pub(crate) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A running server, stopped when dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    handle: ServerHandle,
}

impl Server {
    /// Serves what `routes` sets up on a free loopback port.
    pub(crate) fn start(routes: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static) -> Self {
        let server = HttpServer::new(move || App::new().configure(routes.clone()))
            .workers(1)
            .disable_signals()
            .client_disconnect_timeout(millis(200))
            .bind_auto_h2c(("127.0.0.1", 0))
            .unwrap();
        let port = server.addrs()[0].port();
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { port, handle }
    }

    pub(crate) fn url(&self, target: &str) -> String {
        format!("http://127.0.0.1:{}{target}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Dropping the future that this gives does not take the order back.
        drop(self.handle.stop(false));
    }
}

/// The name under which alice's loaders know her.
pub(crate) const ALICE: &str = "Alice";

pub(crate) fn alices_keys() -> StaticKeys<&'static str> {
    StaticKeys::new().with("alice".parse().unwrap(), Credential::new(verifying_key(), ALICE))
}

/// Alice's keys, and how often they were asked for.
pub(crate) fn counting_loader(
    loads: &Arc<AtomicUsize>,
) -> impl Fn(Claim) -> Ready<Result<Option<Credential<&'static str>>, Infallible>> + Send + Sync + 'static {
    let loads = Arc::clone(loads);
    move |claim| {
        loads.fetch_add(1, Ordering::SeqCst);
        let known = claim.key_id().map(KeyId::as_str) == Some("alice");
        ready(Ok(known.then(|| Credential::new(verifying_key(), ALICE))))
    }
}

/// The target of the events that say how a check ended and what it took.
const TIMING: &str = "countersign_actix::timing";

type EventList = Arc<Mutex<Vec<BTreeMap<String, String>>>>;

/// The tracing events of this thread, each as its fields.
#[derive(Clone, Default)]
pub(crate) struct Events {
    refused: EventList,
    client: EventList,
    timing: EventList,
}

impl Events {
    /// Captures until the guard is dropped.
    pub(crate) fn capture() -> (Self, DefaultGuard) {
        // While there is but one subscriber, whether an event is wanted is asked of the thread that first comes by: it may be one of
        // another test, which has none.
        static OTHERS: LazyLock<[Dispatch; 2]> =
            LazyLock::new(|| [(); 2].map(|()| Dispatch::new(tracing_subscriber::registry().with(Events::default()))));
        LazyLock::force(&OTHERS);
        let events = Self::default();
        let guard = tracing_subscriber::registry().with(events.clone()).set_default();
        (events, guard)
    }

    /// What came from the server's crate since the last call.
    pub(crate) fn take(&self) -> Vec<BTreeMap<String, String>> {
        std::mem::take(&mut *self.refused.lock().unwrap())
    }

    /// What came from the client's crate since the last call.
    pub(crate) fn take_client(&self) -> Vec<BTreeMap<String, String>> {
        std::mem::take(&mut *self.client.lock().unwrap())
    }

    /// How checks ended since the last call, and what they took.
    pub(crate) fn take_timing(&self) -> Vec<BTreeMap<String, String>> {
        std::mem::take(&mut *self.timing.lock().unwrap())
    }
}

impl<S: Subscriber> Layer<S> for Events {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let target = event.metadata().target();
        let list = match target {
            TIMING => &self.timing,
            _ if target.starts_with("countersign_actix") => &self.refused,
            _ if target.starts_with("countersign_reqwest") => &self.client,
            _ => return,
        };
        list.lock().unwrap().push(fields(event));
    }
}

/// Parameters of a signature with these times and nothing else.
pub(crate) fn times(created: &str, expires: &str) -> SignatureParameters {
    let mut params = SignatureParameters::default();
    params.created = Some(created.to_owned());
    params.expires = Some(expires.to_owned());
    params
}
