//! A route that accepts each request once against an open one, and against one that is guarded and remembers nothing.

use std::{
    error::Error,
    net::SocketAddr,
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, SystemTime},
};

use actix_web::{App, HttpServer, web};
use countersign::{
    Cavage, Claim, Component, MemoryReplayStore, Policy, Request, Secret, Signer, SigningKey, UnixTime, When,
};
use countersign_actix::{ReplayProtection, SignatureConfig, Signed};
use countersign_examples::{CLIENTS, Client, KeyStore};

use crate::{
    load::{Exchange, Load, end_head},
    median,
};

const PAIRS: usize = 120;

/// More than the fastest server answers in a round.
const REQUESTS: usize = 220_000;

/// The figures of one run.
#[derive(Debug)]
pub struct Figures {
    /// The guarded route that remembers nothing, over the open one.
    pub guarded: f64,
    /// The route that accepts each request once, with a store in memory, over the open one.
    pub once: f64,
    /// The same with a store in Redis, where there is one.
    pub redis: Option<f64>,
    /// The open route over itself: has to read 1.00.
    pub control: f64,
}

async fn open() -> &'static str {
    "ok"
}

async fn guarded(_: Signed<(), Client>) -> &'static str {
    "ok"
}

/// Measures a small route with the policy and the loader of the quickstart and an id in each request, the server on one core and its load on
/// another. `redis` says where one is, which no other program uses.
///
/// # Errors
/// When the server does not start or does not answer with 200.
pub fn measure(redis: Option<&str>) -> Result<Figures, Box<dyn Error>> {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let (address, server) = mpsc::channel();
    let (server_core, redis_url) = (cores.first().copied(), redis.map(str::to_owned));
    thread::spawn(move || {
        server_core.map(core_affinity::set_for_current);
        serve(&address, redis_url.as_deref())
    });
    cores.last().copied().map(core_affinity::set_for_current);
    let mut load = Load::connect(server.recv_timeout(Duration::from_secs(10))?)?;
    let exchange = |path: &str| signed_requests(path, REQUESTS);
    let (open, guarded) = (Exchange::ok(exchange("/open")?), Exchange::ok(exchange("/guard")?));
    let once = Exchange::once(exchange("/once")?);
    let in_redis = redis.map(|_| exchange("/redis").map(Exchange::once)).transpose()?;
    for _ in 0..10 {
        load.slice(&open)?;
        load.slice(&guarded)?;
        load.slice(&once)?;
    }
    let (mut guards, mut onces, mut redises, mut controls) = (vec![], vec![], vec![], vec![]);
    for _ in 0..PAIRS {
        let first = load.slice(&open)?;
        guards.push(load.slice(&guarded)? / first);
        onces.push(load.slice(&once)? / first);
        if let Some(in_redis) = &in_redis {
            redises.push(load.slice(in_redis)? / first);
        }
        controls.push(load.slice(&open)? / first);
    }
    let redis = redis.map(|_| median(redises));
    Ok(Figures { guarded: median(guards), once: median(onces), redis, control: median(controls) })
}

fn serve(address: &mpsc::Sender<SocketAddr>, redis: Option<&str>) -> std::io::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let keys = KeyStore::new().map_err(std::io::Error::other)?;
        let loader = move |claim: Claim| {
            let found = keys.find(&claim);
            async move { found }
        };
        let id = "x-request-id".parse().map_err(std::io::Error::other)?;
        let config = SignatureConfig::new(loader).policy(Policy::default().require(id, When::Always));
        let store = MemoryReplayStore::new(1_000_000, now().minus(Duration::from_secs(60)));
        let once = config.clone().once(ReplayProtection::new(store));
        let redis = match redis {
            Some(url) => {
                let store = countersign_redis::RedisReplayStore::new(url).map_err(std::io::Error::other)?;
                Some(config.clone().once(ReplayProtection::new(store)))
            }
            None => None,
        };
        let server = HttpServer::new(move || {
            let guarded = |config: &SignatureConfig<Client>, path: &str| {
                web::resource(path).app_data(config.clone()).route(web::get().to(guarded))
            };
            let app = App::new()
                .route("/open", web::get().to(open))
                .service(guarded(&config, "/guard"))
                .service(guarded(&once, "/once"));
            app.configure(|app| {
                if let Some(redis) = &redis {
                    app.service(guarded(redis, "/redis"));
                }
            })
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0))?;
        if let Some(bound) = server.addrs().first() {
            let _ = address.send(*bound);
        }
        server.run().await
    })
}

fn now() -> UnixTime {
    SystemTime::now().into()
}

/// Requests that differ in their ids alone, no two of them alike over all rounds.
fn signed_requests(path: &str, how_many: usize) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    static IDS: AtomicU64 = AtomicU64::new(0);
    let [(id, secret, _), ..] = CLIENTS;
    let own: Component = "x-request-id".parse()?;
    let signer =
        Signer::new(Cavage::new(), SigningKey::hmac_sha256(id, &Secret::new(secret)?)?).cover(own, When::Always);
    let now = now();
    let request = |_| {
        let own = format!("{:016x}", IDS.fetch_add(1, Ordering::Relaxed));
        let fields = [("host", "127.0.0.1"), ("x-request-id", &own)];
        let parts = signer.sign(&Request::new("GET", path, &fields).with_body(b""), now)?;
        let mut request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-request-id: {own}\r\n").into_bytes();
        end_head(&mut request, parts);
        Ok(request)
    };
    (0..how_many).map(request).collect()
}
