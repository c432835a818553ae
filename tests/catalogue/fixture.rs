//! The server of this process: actix-web under the default policy, with its calls counted and its events kept.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::{Duration, SystemTime},
};

use actix_web::{App, HttpRequest, HttpServer, dev::ServerHandle, web, web::Bytes};
use countersign::{Algorithm, Claim, Credential, Dialect, KeyError, KeyId, Policy, Secret, UnixTime, VerifyingKey};
use countersign_actix::{Caller, MaybeSigned, SignatureConfig, SignatureGuard, Signed};
use tracing::{Event, Subscriber};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

use crate::events::fields;

use super::{
    hook_fixture::Hooks,
    subject::{ED25519, HMAC, Inside, Key, P256, RSA_2048, RSA_4096, RSA_PSS, Route, Subject},
};

/// The one authority that the server goes by.
pub const HOST: &str = "api.example";
/// The most bytes that a body may have here.
pub const BODY_LIMIT: usize = 64 * 1024;
/// How long the loader may take here.
pub const KEY_DEADLINE: Duration = Duration::from_millis(100);
/// An id that has to be escaped where it is quoted.
pub const QUOTED_ID: &str = r#"a"b\c"#;

/// The bytes of the usual secret.
pub const SECRET: &[u8] = b"thirty-two bytes of test secret!";

macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!("keys/", $name, ".pem"))
    };
}

/// The public halves, for the loader and for those who sign with what is public.
pub const PUBLIC: [(&str, Algorithm, &str); 5] = [
    (RSA_2048, Algorithm::RsaSha256, include_str!("../peers/keys/rsa.pub.pem")),
    (RSA_PSS, Algorithm::RsaPssSha256, include_str!("../peers/keys/rsa.pub.pem")),
    (RSA_4096, Algorithm::RsaSha512, pem!("rsa4096.pub")),
    (P256, Algorithm::EcdsaSha256, include_str!("../peers/keys/p256.pub.pem")),
    (ED25519, Algorithm::Ed25519, include_str!("../peers/keys/ed25519.pub.pem")),
];

fn private_keys() -> BTreeMap<&'static str, Key> {
    let rsa = include_str!("../peers/keys/rsa.pem");
    let keys = [
        (HMAC, Algorithm::HmacSha256, SECRET),
        (RSA_2048, Algorithm::RsaSha256, rsa.as_bytes()),
        (RSA_PSS, Algorithm::RsaPssSha256, rsa.as_bytes()),
        (RSA_4096, Algorithm::RsaSha512, pem!("rsa4096").as_bytes()),
        (P256, Algorithm::EcdsaSha256, include_str!("../peers/keys/p256.pem").as_bytes()),
        (ED25519, Algorithm::Ed25519, include_str!("../peers/keys/ed25519.pem").as_bytes()),
    ];
    let key = |(name, algorithm, material): (&'static str, Algorithm, &[u8])| {
        (name, Key { id: name.to_owned(), algorithm, material: material.to_vec() })
    };
    keys.into_iter().map(key).collect()
}

/// The keys as a server holds them, and the ids that fail once before they load.
struct Keys {
    known: BTreeMap<String, VerifyingKey>,
    failed: Mutex<HashSet<String>>,
}

impl Keys {
    fn new() -> Self {
        let hmac = VerifyingKey::hmac_sha256(&Secret::new(SECRET).unwrap());
        let mut known: BTreeMap<_, _> = PUBLIC
            .iter()
            .map(|(name, algorithm, pem)| ((*name).to_owned(), VerifyingKey::from_pem(*algorithm, pem).unwrap()))
            .collect();
        known.insert(HMAC.to_owned(), hmac.clone());
        known.insert(QUOTED_ID.to_owned(), hmac);
        Self { known, failed: Mutex::default() }
    }

    async fn load(self: Arc<Self>, claim: Claim) -> Result<Option<Credential<&'static str>>, KeyError> {
        let id = claim.key_id().map(KeyId::as_str).unwrap_or_default();
        if id == "weak1024" {
            let key = VerifyingKey::from_pem(Algorithm::RsaSha256, pem!("weak1024.pub"))?;
            return Ok(Some(Credential::new(key, "weak")));
        }
        // A revoked key is one that the store does not give out any more.
        let known = |id: &str| self.known.get(id).filter(|_| id != "revoked").cloned();
        let Some((first, _)) = id.split_once("-once-") else {
            return Ok(known(id).map(|key| Credential::new(key, "somebody")));
        };
        let is_first = self.failed.lock().unwrap().insert(id.to_owned());
        match first {
            "error" if is_first => return Err(KeyError::Unreadable("the store is down")),
            "panic" if is_first => panic_quietly(),
            "slow" if is_first => std::future::pending().await,
            _ => {}
        }
        Ok(known(HMAC).map(|key| Credential::new(key, "somebody")))
    }
}

/// Panics as the catalogue wants it, without a word on the way.
fn panic_quietly() -> ! {
    std::panic::resume_unwind(Box::new("as the catalogue wants it"))
}

/// How often a handler was reached.
pub type Calls = web::Data<AtomicUsize>;

/// Says what reached the handler.
fn shown(request: &HttpRequest, body: &[u8], calls: &Calls) -> String {
    calls.fetch_add(1, Ordering::SeqCst);
    if request.headers().contains_key("x-panic") {
        panic_quietly();
    }
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    format!("{} {target} {}", request.method(), String::from_utf8_lossy(body))
}

async fn signed(body: Signed<Bytes, &'static str>, request: HttpRequest, calls: Calls) -> String {
    shown(&request, &body, &calls)
}

async fn guarded(_: Caller<&'static str>, body: Bytes, request: HttpRequest, calls: Calls) -> String {
    shown(&request, &body, &calls)
}

async fn optional(body: MaybeSigned<Bytes, &'static str>, request: HttpRequest, calls: Calls) -> String {
    match body {
        MaybeSigned::Signed(body) => shown(&request, &body, &calls),
        MaybeSigned::Anonymous(_) => "anonymous".to_owned(),
    }
}

/// While there is a single subscriber, a call site that another thread comes to first is off for all threads.
static SECOND_SUBSCRIBER: LazyLock<tracing::Dispatch> =
    LazyLock::new(|| tracing::Dispatch::new(tracing_subscriber::registry()));

/// The server, stopped when dropped.
pub struct Fixture {
    /// What is attacked.
    pub subject: Subject,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Fixture {
    /// Starts the server on a free loopback port. Its clock stands still, so that no case crosses an edge by itself.
    #[must_use]
    pub fn start() -> Self {
        LazyLock::force(&SECOND_SUBSCRIBER);
        let now = UnixTime::from(SystemTime::now());
        let calls = Arc::new(AtomicUsize::new(0));
        let events = Events::default();
        let (sender, started) = mpsc::channel();
        let (counter, layer) = (calls.clone(), events.clone());
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let keys = Arc::new(Keys::new());
                let loader = move |claim| Arc::clone(&keys).load(claim);
                let config =
                    SignatureConfig::new(loader).clock(move || now).body_limit(BODY_LIMIT).key_deadline(KEY_DEADLINE);
                // On one kind of route the host is held to a list as well.
                let own_host = config.clone().policy(Policy::default().only_authorities([HOST.parse().unwrap()]));
                let server = HttpServer::new(move || {
                    let hooks = Hooks::new(now);
                    // The worker's thread is this server's alone, and its events are wanted for as long as it lives.
                    let subscriber = tracing_subscriber::registry().with(layer.clone());
                    std::mem::forget(tracing::subscriber::set_default(subscriber));
                    App::new()
                        .app_data(Calls::from(counter.clone()))
                        .app_data(config.clone())
                        .service(
                            web::scope("/guarded")
                                .wrap(SignatureGuard::new(own_host.clone()))
                                .default_service(web::to(guarded)),
                        )
                        .service(web::scope("/optional").default_service(web::to(optional)))
                        .service(hooks.extracted())
                        .service(hooks.guarded())
                        .default_service(web::to(signed))
                });
                // Else the small frames of HTTP/2 wait for each other, some 40 ms at a time.
                let server = server.on_connect(|io, _| {
                    if let Some(stream) = io.downcast_ref::<actix_web::rt::net::TcpStream>() {
                        stream.set_nodelay(true).unwrap();
                    }
                });
                let server = server.workers(1).disable_signals().client_disconnect_timeout(Duration::from_millis(200));
                let server = server.bind_auto_h2c(("127.0.0.1", 0)).unwrap();
                let address = server.addrs()[0];
                let server = server.run();
                sender.send((address, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (address, handle) = started.recv().unwrap();
        let targets = [(Route::Extractor, ""), (Route::Guard, "/guarded"), (Route::Optional, "/optional")];
        let hooks = [(Route::Hooks, "/hooks".to_owned()), (Route::GuardedHooks, "/guarded-hooks".to_owned())];
        let subject = Subject {
            address,
            host: HOST.to_owned(),
            other_host: Some("other.example".to_owned()),
            method: "POST".to_owned(),
            body: br#"{"a": 1, "b": [2, 3]}"#.to_vec(),
            content_type: "application/json".to_owned(),
            targets: targets
                .map(|(route, prefix)| (route, format!("{prefix}/inbox?x=1")))
                .into_iter()
                .chain(hooks)
                .collect(),
            dialect: Dialect::STANDARD,
            keys: private_keys(),
            held_at: Some(now),
            inside: Some(Inside { calls, events: events.0 }),
        };
        Self { subject, handle, thread: Some(thread) }
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        // Dropping the future that this gives does not take the order back.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The events of the server's crate, each as its fields.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<BTreeMap<String, String>>>>);

impl<S: Subscriber> Layer<S> for Events {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("countersign_actix") {
            let fields = fields(event);
            // What is let through leaves one as well, which says nothing of a cause.
            if fields.contains_key("cause") {
                self.0.lock().unwrap().push(fields);
            }
        }
    }
}
