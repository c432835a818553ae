//! A guarded route against an open one: requests a second of a real server, in short slices in turn.

use std::{
    error::Error,
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant, SystemTime},
};

use actix_web::{App, HttpServer, web};
use countersign::{Cavage, Claim, Request, Secret, Signer, SigningKey};
use countersign_actix::{SignatureConfig, Signed};
use countersign_cache::CachedKeys;
use countersign_examples::{CLIENTS, Client, KeyStore};

use crate::median;

const CONNECTIONS: usize = 32;
const SLICE: Duration = Duration::from_millis(15);
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

/// Requests of one kind, and how the answer to them begins and ends.
struct Exchange {
    request: Vec<u8>,
    status: &'static [u8],
    end: &'static [u8],
}

impl Exchange {
    fn accepted(path: &str) -> Result<Self, Box<dyn Error>> {
        let [(id, ..), ..] = CLIENTS;
        Ok(Self { request: signed_request(path, id, path)?, status: b"HTTP/1.1 200", end: b"\r\n\r\nok" })
    }

    fn refused(request: Vec<u8>) -> Self {
        Self { request, status: b"HTTP/1.1 401", end: b"not accepted\n" }
    }
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
    let [open, guarded, cached] =
        [Exchange::accepted("/plain")?, Exchange::accepted("/guard")?, Exchange::accepted("/cache")?];
    let [(id, ..), ..] = CLIENTS;
    let refused = [
        Exchange::refused(signed_request("/guard", id, "/other")?),
        Exchange::refused(signed_request("/guard", "mallory-1", "/guard")?),
        Exchange::refused(b"GET /guard HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: */*\r\n\r\n".to_vec()),
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
    for field in parts.fields {
        request.extend_from_slice(field.name.as_str().as_bytes());
        request.extend_from_slice(b": ");
        request.extend_from_slice(&field.value);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    Ok(request)
}

/// Connections that each have one request under way, served in turn without waiting.
struct Load(Vec<Connection>);

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Load {
    fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let connection = |_| {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            Ok(Connection { stream, received: Vec::with_capacity(1024) })
        };
        (0..CONNECTIONS).map(connection).collect::<std::io::Result<_>>().map(Self)
    }

    /// Requests a second over one slice, from the first request until the last answer.
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn slice(&mut self, exchange: &Exchange) -> Result<f64, Box<dyn Error>> {
        let (start, mut answered, mut under_way) = (Instant::now(), 0_u64, 0_usize);
        for connection in &mut self.0 {
            connection.stream.write_all(&exchange.request)?;
            under_way = under_way.saturating_add(1);
        }
        let mut waiting = vec![true; self.0.len()];
        while under_way > 0 {
            let more = start.elapsed() < SLICE;
            for (connection, waiting) in self.0.iter_mut().zip(&mut waiting) {
                if !*waiting || !connection.has_answer(exchange)? {
                    continue;
                }
                answered = answered.saturating_add(1);
                if more {
                    connection.stream.write_all(&exchange.request)?;
                } else {
                    *waiting = false;
                    under_way = under_way.saturating_sub(1);
                }
            }
        }
        Ok(answered as f64 / start.elapsed().as_secs_f64())
    }
}

impl Connection {
    /// Whether the answer is here.
    fn has_answer(&mut self, expected: &Exchange) -> Result<bool, Box<dyn Error>> {
        let mut room = [0; 1024];
        match self.stream.read(&mut room) {
            Ok(0) => return Err("the server closed a connection".into()),
            Ok(len) => self.received.extend_from_slice(room.get(..len).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        if !self.received.ends_with(expected.end) {
            return Ok(false);
        }
        if !self.received.starts_with(expected.status) {
            return Err(String::from_utf8_lossy(&self.received).into());
        }
        self.received.clear();
        Ok(true)
    }
}
