//! The server of this process, under the default policy.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use actix_web::{
    HttpRequest,
    web::{self, Bytes, ServiceConfig},
};
use countersign::{
    Algorithm, Claim, Credential, Dialect, KeyError, KeyId, MemoryReplayStore, Policy, Secret, UnixTime, VerifyingKey,
    When,
};
use countersign_actix::{Caller, MaybeSigned, ReplayProtection, SignatureConfig, SignatureGuard, Signed};

use super::{
    hook_fixture::Hooks,
    served::{Calls, Served, panic_quietly, shown},
    subject::{ED25519, HMAC, Key, P256, REQUEST_ID, RSA_2048, RSA_4096, RSA_PSS, Route, Subject},
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

/// What is remembered begins so long before the server's time: all that is accepted at all.
const MEMORY: Duration = Duration::from_secs(400);

/// The server, stopped when dropped.
pub struct Fixture {
    /// What is attacked.
    pub subject: Subject,
    _served: Served,
}

impl Fixture {
    /// Starts the server. Its clock stands still, so that no case crosses an edge by itself.
    #[must_use]
    pub fn start() -> Self {
        let now = UnixTime::from(SystemTime::now());
        let served = Served::start(1, routes(now));
        let targets = [
            (Route::Extractor, ""),
            (Route::Guard, "/guarded"),
            (Route::Optional, "/optional"),
            (Route::Remembered, "/once"),
            (Route::GuardedRemembered, "/guarded-once"),
        ];
        let hooks = [
            (Route::Hooks, "/hooks"),
            (Route::GuardedHooks, "/guarded-hooks"),
            (Route::RememberedHooks, "/once-hooks"),
        ];
        let targets = targets.map(|(route, prefix)| (route, format!("{prefix}/inbox?x=1")));
        let subject = Subject {
            address: served.address,
            host: HOST.to_owned(),
            other_host: Some("other.example".to_owned()),
            method: "POST".to_owned(),
            body: br#"{"a": 1, "b": [2, 3]}"#.to_vec(),
            content_type: "application/json".to_owned(),
            targets: targets.into_iter().chain(hooks.map(|(route, path)| (route, path.to_owned()))).collect(),
            dialect: Dialect::STANDARD,
            keys: private_keys(),
            held_at: Some(now),
            remembers: false,
            request_id: None,
            inside: Some(served.inside.clone()),
        };
        Self { subject, _served: served }
    }
}

fn routes(now: UnixTime) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
    let keys = Arc::new(Keys::new());
    let loader = move |claim| Arc::clone(&keys).load(claim);
    let config = SignatureConfig::new(loader).clock(move || now).body_limit(BODY_LIMIT).key_deadline(KEY_DEADLINE);
    // On one kind of route the host is held to a list as well.
    let own_host = config.clone().policy(Policy::default().only_authorities([HOST.parse().unwrap()]));
    let protection = ReplayProtection::new(MemoryReplayStore::new(100_000, now.minus(MEMORY)));
    let with_id = Policy::default().require(REQUEST_ID.parse().unwrap(), When::Always);
    let once = config.clone().policy(with_id).once(protection.clone());
    move |app| {
        let (hooks, remembered_hooks) = (Hooks::new(now), Hooks::remembered(now, &protection));
        let guard = |path, config: &SignatureConfig<&'static str>| {
            web::scope(path).wrap(SignatureGuard::new(config.clone())).default_service(web::to(guarded))
        };
        app.app_data(config.clone())
            .service(guard("/guarded", &own_host))
            .service(web::scope("/optional").default_service(web::to(optional)))
            .service(guard("/guarded-once", &once))
            .service(web::scope("/once").app_data(once.clone()).default_service(web::to(signed)))
            .service(hooks.extracted())
            .service(hooks.guarded("/guarded-hooks"))
            .service(remembered_hooks.guarded("/once-hooks"))
            .default_service(web::to(signed));
    }
}
