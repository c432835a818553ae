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
    /// The open route over itself: has to read 1.00.
    pub control: f64,
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
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let (address, server) = mpsc::channel();
    let server_core = cores.first().copied();
    thread::spawn(move || {
        server_core.map(core_affinity::set_for_current);
        serve(&address)
    });
    cores.last().copied().map(core_affinity::set_for_current);
    let address = server.recv_timeout(Duration::from_secs(10))?;
    let mut load = Load::connect(address)?;
    let (open, guarded) = (signed_request("/plain")?, signed_request("/guard")?);

    for _ in 0..20 {
        load.slice(&open)?;
        load.slice(&guarded)?;
    }
    let (mut rates, mut ratios, mut controls) = (vec![], vec![], vec![]);
    for _ in 0..PAIRS {
        let first = load.slice(&open)?;
        ratios.push(load.slice(&guarded)? / first);
        let second = load.slice(&open)?;
        controls.push(load.slice(&open)? / second);
        rates.push(first);
    }
    Ok(Figures { open: median(rates), guarded: median(ratios), control: median(controls) })
}

fn serve(address: &mpsc::Sender<SocketAddr>) -> std::io::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let store = KeyStore::new().map_err(std::io::Error::other)?;
        let config = SignatureConfig::new(move |claim: Claim| {
            let found = store.find(&claim);
            async move { found }
        });
        let server = HttpServer::new(move || {
            App::new()
                .app_data(config.clone())
                .route("/plain", web::get().to(open))
                .route("/guard", web::get().to(guarded))
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0))?;
        if let Some(bound) = server.addrs().first() {
            let _ = address.send(*bound);
        }
        server.run().await
    })
}

/// The same bytes for both routes but for the path, so that what differs is the guard alone.
fn signed_request(path: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let [(id, secret, _), ..] = CLIENTS;
    let signer = Signer::new(Cavage::new(), SigningKey::hmac_sha256(id, &Secret::new(secret)?)?);
    let fields = [("host", "127.0.0.1")];
    let parts = signer.sign(&Request::new("GET", path, &fields).with_body(b""), SystemTime::now().into())?;
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
    fn slice(&mut self, request: &[u8]) -> Result<f64, Box<dyn Error>> {
        let (start, mut answered, mut under_way) = (Instant::now(), 0_u64, 0_usize);
        for connection in &mut self.0 {
            connection.stream.write_all(request)?;
            under_way = under_way.saturating_add(1);
        }
        let mut waiting = vec![true; self.0.len()];
        while under_way > 0 {
            let more = start.elapsed() < SLICE;
            for (connection, waiting) in self.0.iter_mut().zip(&mut waiting) {
                if !*waiting || !connection.has_answer()? {
                    continue;
                }
                answered = answered.saturating_add(1);
                if more {
                    connection.stream.write_all(request)?;
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
    /// Whether the answer is here; it ends with the body of both routes.
    fn has_answer(&mut self) -> Result<bool, Box<dyn Error>> {
        let mut room = [0; 1024];
        match self.stream.read(&mut room) {
            Ok(0) => return Err("the server closed a connection".into()),
            Ok(len) => self.received.extend_from_slice(room.get(..len).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        if !self.received.ends_with(b"\r\n\r\nok") {
            return Ok(false);
        }
        if !self.received.starts_with(b"HTTP/1.1 200") {
            return Err(String::from_utf8_lossy(&self.received).into());
        }
        self.received.clear();
        Ok(true)
    }
}
