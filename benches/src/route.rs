//! A guarded route against an open one: requests a second of a real server, in short slices in turn.

use std::{
    error::Error,
    net::SocketAddr,
    sync::mpsc,
    thread,
    time::{Duration, SystemTime},
};

use actix_web::{App, HttpServer, web};
use countersign::{Cavage, Claim, Request, Secret, Signer, SigningKey};
use countersign_actix::{SignatureConfig, Signed};
use countersign_cache::CachedKeys;
use countersign_examples::{CLIENTS, Client, KeyStore};

use crate::{
    load::{Exchange, Load, end_head},
    median,
};

const PAIRS: usize = 240;

/// The figures of one run.
#[derive(Debug)]
pub struct Figures {
    /// Requests a second of the open route.
    pub open: f64,
    /// The guarded route over the open one.
    pub guarded: f64,
    /// The guarded route over the open one, with the keys behind a cache.
    pub cached: f64,
    /// The same route with requests that are refused, over itself with those that are accepted: for a wrong signature, an unknown
    /// key, and none at all.
    pub refused: [f64; 3],
    /// The open route over itself: has to read 1.00.
    pub control: f64,
}

fn accepted(path: &str) -> Result<Exchange, Box<dyn Error>> {
    let [(id, ..), ..] = CLIENTS;
    Ok(Exchange::ok(vec![signed_request(path, id, path)?]))
}

fn refused(request: Vec<u8>) -> Exchange {
    Exchange::refused(request)
}

async fn open() -> &'static str {
    "ok"
}

async fn guarded(_: Signed<(), Client>) -> &'static str {
    "ok"
}

/// Measures a small route with the policy and the loader of the quickstart, the server on one core and its load on another.
///
/// # Errors
/// When the server does not start or does not answer with 200.
pub fn measure() -> Result<Figures, Box<dyn Error>> {
    let address = start()?;
    let mut load = Load::connect(address)?;
    let [open, guarded, cached] = [accepted("/plain")?, accepted("/guard")?, accepted("/cache")?];
    let [(id, ..), ..] = CLIENTS;
    let refused = [
        refused(signed_request("/guard", id, "/other")?),
        refused(signed_request("/guard", "mallory-1", "/guard")?),
        refused(b"GET /guard HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: */*\r\n\r\n".to_vec()),
    ];
    for _ in 0..20 {
        load.slice(&open)?;
        load.slice(&guarded)?;
        load.slice(&cached)?;
    }
    let (mut rates, mut ratios, mut caches, mut controls) = (vec![], vec![], vec![], vec![]);
    let mut refusals = [vec![], vec![], vec![]];
    for _ in 0..PAIRS {
        let first = load.slice(&open)?;
        let accepted = load.slice(&guarded)?;
        ratios.push(accepted / first);
        for (refused, ratios) in refused.iter().zip(&mut refusals) {
            ratios.push(load.slice(refused)? / accepted);
        }
        let second = load.slice(&open)?;
        caches.push(load.slice(&cached)? / second);
        controls.push(load.slice(&open)? / second);
        rates.push(first);
    }
    let (open, guarded, cached, control) = (median(rates), median(ratios), median(caches), median(controls));
    Ok(Figures { open, guarded, cached, refused: refusals.map(median), control })
}

/// Starts the server on one core, and keeps this thread on another.
pub(crate) fn start() -> Result<SocketAddr, Box<dyn Error>> {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let (address, server) = mpsc::channel();
    let server_core = cores.first().copied();
    thread::spawn(move || {
        server_core.map(core_affinity::set_for_current);
        serve(&address)
    });
    cores.last().copied().map(core_affinity::set_for_current);
    Ok(server.recv_timeout(Duration::from_secs(10))?)
}

fn serve(address: &mpsc::Sender<SocketAddr>) -> std::io::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let store = KeyStore::new().map_err(std::io::Error::other)?;
        let loader = move |claim: Claim| {
            let found = store.find(&claim);
            async move { found }
        };
        let cached = SignatureConfig::new(CachedKeys::new(loader.clone()));
        let config = SignatureConfig::new(loader);
        let server = HttpServer::new(move || {
            App::new()
                .app_data(config.clone())
                .route("/plain", web::get().to(open))
                .service(web::resource("/cache").app_data(cached.clone()).route(web::get().to(guarded)))
                .route("/guard", web::get().to(guarded))
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0))?;
        if let Some(bound) = server.addrs().first() {
            let _ = address.send(*bound);
        }
        server.run().await
    })
}

/// The same bytes for all routes but for the path, so that what differs is the guard alone. Signed for another path it is refused.
fn signed_request(path: &str, id: &str, signed_for: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let [(_, secret, _), ..] = CLIENTS;
    let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256(id, &Secret::new(secret)?)?);
    let fields = [("host", "127.0.0.1")];
    let parts = signer.sign(&Request::new("GET", signed_for, &fields).with_body(b""), SystemTime::now().into())?;
    let mut request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: */*\r\n").into_bytes();
    end_head(&mut request, parts);
    Ok(request)
}
