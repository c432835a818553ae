//! A server of this process: actix-web on a free loopback port, with its calls counted and its events kept.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpServer,
    dev::ServerHandle,
    web::{self, ServiceConfig},
};
use tracing::{Event, Subscriber};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

use super::subject::Inside;
use crate::events::fields;

/// How often a handler was reached.
pub type Calls = web::Data<AtomicUsize>;

/// Counts the call and says what reached the handler.
#[must_use]
pub fn shown(request: &HttpRequest, body: &[u8], calls: &Calls) -> String {
    calls.fetch_add(1, Ordering::SeqCst);
    if request.headers().contains_key("x-panic") {
        panic_quietly();
    }
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    format!("{} {target} {}", request.method(), String::from_utf8_lossy(body))
}

/// Panics as the catalogue wants it, without a word on the way.
pub fn panic_quietly() -> ! {
    std::panic::resume_unwind(Box::new("as the catalogue wants it"))
}

/// While there is a single subscriber, a call site that another thread comes to first is off for all threads.
static SECOND_SUBSCRIBER: LazyLock<tracing::Dispatch> =
    LazyLock::new(|| tracing::Dispatch::new(tracing_subscriber::registry()));

/// The server, stopped when dropped.
pub struct Served {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it tells.
    pub inside: Inside,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// Serves what `routes` sets up, which may ask for [`Calls`].
    #[must_use]
    pub fn start(workers: usize, routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> Self {
        LazyLock::force(&SECOND_SUBSCRIBER);
        let calls = Arc::new(AtomicUsize::new(0));
        let events = Events::default();
        let (sender, started) = mpsc::channel();
        let (counter, layer) = (calls.clone(), events.clone());
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    // The worker's thread is this server's alone, and its events are wanted for as long as it lives.
                    let subscriber = tracing_subscriber::registry().with(layer.clone());
                    std::mem::forget(tracing::subscriber::set_default(subscriber));
                    App::new().app_data(Calls::from(counter.clone())).configure(routes.clone())
                });
                // Else the small frames of HTTP/2 wait for each other, some 40 ms at a time.
                let server = server.on_connect(|io, _| {
                    if let Some(stream) = io.downcast_ref::<actix_web::rt::net::TcpStream>() {
                        stream.set_nodelay(true).unwrap();
                    }
                });
                let server =
                    server.workers(workers).disable_signals().client_disconnect_timeout(Duration::from_millis(200));
                let server = server.bind_auto_h2c(("127.0.0.1", 0)).unwrap();
                let address = server.addrs()[0];
                let server = server.run();
                sender.send((address, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (address, handle) = started.recv().unwrap();
        Self { address, inside: Inside { calls, events: events.0 }, handle, thread: Some(thread) }
    }
}

impl Drop for Served {
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
