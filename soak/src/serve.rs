//! One of the two servers, in a process of its own.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, Write},
    path::PathBuf,
    process,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use actix_web::{App, HttpRequest, HttpResponse, HttpResponseBuilder, HttpServer, http::StatusCode, web};
use clap::Parser;
use countersign::{Claim, Credential, KeyLoader, MemoryReplayStore, VerifyingKey};
use countersign_actix::{Caller, Refusal, ReplayProtection, SignatureConfig, SignatureGuard};
use countersign_cache::CachedKeys;
use countersign_redis::RedisReplayStore;

use crate::{
    Weakness,
    parties::{self, ACCOUNT, CAUSE, CLIENTS, DEADLINE, FAIL, LABEL, LEASE, MARGIN, RETENTION, SENDER, STORE_LIMIT},
};

/// The first argument of a server's process.
pub(crate) const COMMAND: &str = "serve";

/// What the loader is told, one a line.
pub(crate) const WELL: &str = "well";
pub(crate) const STALL: &str = "stall";
pub(crate) const BREAK: &str = "break";

/// Serves until its input ends, and prints its port. Each line of its input is what the loader has to do, and is printed once it does it.
#[derive(Parser)]
pub(crate) struct Serve {
    #[arg(long)]
    redis: String,
    /// What handlers ran is written here
    #[arg(long)]
    log: PathBuf,
    /// Whether keys are remembered for a moment
    #[arg(long)]
    cached: bool,
    #[arg(long, value_enum)]
    weaken: Option<Weakness>,
}

/// What a handler did, a line each.
#[derive(Clone)]
struct Log(Arc<Mutex<File>>);

impl Log {
    fn ran(&self, request: &HttpRequest, caller: &str, ended: &str) {
        let label = request.headers().get(LABEL).map_or("none", |label| label.to_str().unwrap());
        // One call, so that a line is whole.
        self.0.lock().unwrap().write_all(format!("{label} {caller} {ended}\n").as_bytes()).unwrap();
    }
}

/// A loader that does as it is told.
#[derive(Clone)]
struct Keys {
    known: Arc<HashMap<String, VerifyingKey>>,
    mood: Arc<AtomicU8>,
}

/// Longer than the client leaves a connection alone, also one that it never used: the framework would answer that with 408.
const IDLE: Duration = Duration::from_secs(60);

const MOODS: [&str; 3] = [WELL, STALL, BREAK];

impl Keys {
    fn new() -> Self {
        let client = |number| (parties::client_id(number), VerifyingKey::hmac_sha256(&parties::secret(number)));
        let hooks = parties::webhook().verifying_key(parties::WEBHOOK_SECRET).unwrap();
        let known = (0..CLIENTS).map(client).chain([(SENDER.to_owned(), hooks)]).collect();
        Self { known: Arc::new(known), mood: Arc::default() }
    }

    /// Goes by what comes in, and ends the process with it.
    fn obey(&self) {
        let mood = Arc::clone(&self.mood);
        thread::spawn(move || {
            for line in io::stdin().lock().lines().map_while(Result::ok) {
                let told = MOODS.iter().position(|mood| *mood == line).unwrap();
                mood.store(u8::try_from(told).unwrap(), Ordering::SeqCst);
                println!("{line}");
            }
            process::exit(0);
        });
    }
}

impl KeyLoader for Keys {
    type Caller = String;
    type Error = io::Error;

    async fn load(&self, claim: Claim) -> Result<Option<Credential<String>>, io::Error> {
        match MOODS[usize::from(self.mood.load(Ordering::SeqCst))] {
            // As an answer that got lost: it does not come when all is well again.
            STALL => std::future::pending().await,
            BREAK => return Err(io::Error::other("as it was told")),
            _ => actix_web::rt::time::sleep(Duration::from_millis(1)).await,
        }
        let id = claim.key_id().map_or(SENDER, |id| id.as_str());
        Ok(self.known.get(id).map(|key| Credential::new(key.clone(), id.to_owned())))
    }
}

/// Runs a server until its input ends.
pub(crate) fn serve(args: &Serve) -> io::Result<()> {
    let keys = Keys::new();
    keys.obey();
    if args.cached {
        let cached =
            CachedKeys::new(keys).time_to_live(Duration::from_secs(2)).unknown_time_to_live(Duration::from_secs(2));
        run(args, &SignatureConfig::new(cached))
    } else {
        run(args, &SignatureConfig::new(keys))
    }
}

fn run(args: &Serve, config: &SignatureConfig<String>) -> io::Result<()> {
    let config = config.clone().key_deadline(DEADLINE).dangerous_answer_with_cause(with_cause);
    let age = if args.weaken == Some(Weakness::AnyAge) { RETENTION * 100 } else { parties::MAX_AGE };
    let requests = config.clone().policy(parties::policy().max_age(age));
    let deliveries = config.verifier(parties::webhook().verifier());
    let (requests, deliveries) = match protection(args) {
        Some(protection) => (requests.once(protection.clone()), deliveries.once(protection)),
        None => (requests, deliveries),
    };
    let log = Log(Arc::new(Mutex::new(File::create(&args.log)?)));
    let app = move || {
        App::new()
            .app_data(web::Data::new(log.clone()))
            .service(web::scope("/orders").wrap(SignatureGuard::new(requests.clone())).default_service(web::to(order)))
            .service(
                web::scope("/hooks").wrap(SignatureGuard::new(deliveries.clone())).default_service(web::to(delivery)),
            )
    };
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(app).workers(2).disable_signals().keep_alive(IDLE).client_request_timeout(IDLE);
        let server = server.bind(("127.0.0.1", 0))?;
        println!("{}", server.addrs()[0].port());
        server.run().await
    })
}

fn protection(args: &Serve) -> Option<ReplayProtection> {
    let protection = match args.weaken {
        Some(Weakness::NoMemory) => return None,
        Some(Weakness::NotShared) => ReplayProtection::new(MemoryReplayStore::new(1_000_000, SystemTime::now().into())),
        _ => {
            let store = RedisReplayStore::builder(&args.redis).margin(MARGIN).time_limit(STORE_LIMIT).build();
            ReplayProtection::new(store.unwrap())
        }
    };
    let protection = protection.deadline(DEADLINE).retention(RETENTION).lease(LEASE);
    Some(if args.weaken == Some(Weakness::FailOpen) { protection.dangerous_failing_open() } else { protection })
}

/// The cause is told, so that a refusal for another reason is found.
fn with_cause(refusal: &Refusal) -> HttpResponse {
    let status = actix_web::ResponseError::status_code(refusal);
    HttpResponse::build(status).insert_header((CAUSE, refusal.code())).finish()
}

async fn order(request: HttpRequest, log: web::Data<Log>, caller: Caller<String>, body: web::Bytes) -> HttpResponse {
    log.ran(&request, &caller, "well");
    let account = request.headers().get(ACCOUNT).map_or(&[][..], |account| account.as_bytes());
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    HttpResponse::Ok().body([account, b" ", target.as_bytes(), b" ", &body].concat())
}

async fn delivery(request: HttpRequest, log: web::Data<Log>, caller: Caller<String>) -> HttpResponse {
    let (status, ended) = if request.headers().contains_key(FAIL) {
        (StatusCode::INTERNAL_SERVER_ERROR, "failed")
    } else {
        (StatusCode::ACCEPTED, "well")
    };
    // Long enough that a fault begins while some of them run, and the end of those cannot be told.
    actix_web::rt::time::sleep(Duration::from_millis(40)).await;
    log.ran(&request, &caller, ended);
    HttpResponseBuilder::new(status).finish()
}
