//! One client for several APIs, each with its own key, scheme and dialect: who signs where, and who never does.

use countersign::{
    Cavage, KeyId, KeyRing, Policy, Request, RingKey, RingPolicy, RingSigner, SharedKeyRing, Signer, SigningKey,
    UnixTime, Verifier, VerifyingKey, webhook::Webhook,
};
use countersign_reqwest::{ClientError, Keychain, Keys, Origin, Redirects, Signing, SigningClientBuilder};
use futures::future::join_all;
use reqwest::Method;
use reqwest_middleware::ClientWithMiddleware;

use super::OK;
use crate::{
    support::{SECRET, now, secret, signer, signing_key, verifying_key},
    wire::{Raw, Recorder},
};

/// All fields that any of the schemes here puts its signature into.
const SIGNATURES: [&str; 3] = ["signature", "authorization", "x-hub-signature-256"];

/// An API and what it knows of its callers.
struct Api {
    server: Recorder,
    signer: Signer,
    verifier: Verifier,
    key: VerifyingKey,
    key_id: Option<&'static str>,
    field: &'static str,
}

/// A server that redirects where a target's query says, with the status in its path.
async fn server() -> Recorder {
    Recorder::answering(|raw, _| {
        Some(match raw.target[1..].split_once('?') {
            Some((status, to)) if to.starts_with("http") => format!("HTTP/1.1 {status} Moved\r\nLocation: {to}"),
            _ => OK.to_owned(),
        })
    })
    .await
}

impl Api {
    async fn orders() -> Self {
        Self {
            server: server().await,
            signer: signer("orders-key"),
            verifier: Verifier::new(Cavage::new(), Policy::default()),
            key: verifying_key(),
            key_id: Some("orders-key"),
            field: "signature",
        }
    }

    async fn social() -> Self {
        let key = SigningKey::ed25519_from_seed("social-key", &[7; 32]).unwrap();
        let scheme = || Cavage::draft12().in_authorization();
        Self {
            server: server().await,
            key: key.verifying_key().unwrap(),
            signer: Signer::new(scheme(), key),
            verifier: Verifier::new(scheme(), Policy::default()),
            key_id: Some("social-key"),
            field: "authorization",
        }
    }

    async fn hook() -> Self {
        let github = Webhook::preset("github").unwrap();
        Self {
            server: server().await,
            signer: Signer::new(github.clone(), github.signing_key("hook-key", SECRET).unwrap()),
            verifier: Verifier::new(github.clone(), github.policy()),
            key: github.verifying_key(SECRET).unwrap(),
            key_id: None,
            field: "x-hub-signature-256",
        }
    }

    fn origin(&self) -> Origin {
        origin(&self.server)
    }

    /// What came here, each of which was signed as this API wants it, and in no other way.
    fn accepted(&self) -> Vec<String> {
        let accept = |raw: Raw| {
            assert_eq!(names(&raw, &SIGNATURES), [self.field]);
            let request = Request::new(&raw.method, &raw.target, &raw.fields).with_body(&raw.body);
            let unverified = self.verifier.begin(&request, now()).unwrap();
            assert_eq!(unverified.key_id().map(KeyId::as_str), self.key_id);
            unverified.verify(std::slice::from_ref(&self.key), &raw.body).unwrap();
            format!("{} {}", raw.method, raw.target)
        };
        self.server.take().into_iter().map(accept).collect()
    }
}

fn origin(server: &Recorder) -> Origin {
    server.url("").parse().unwrap()
}

fn names(raw: &Raw, wanted: &[&'static str]) -> Vec<&'static str> {
    let has = |name: &&&str| raw.fields.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    wanted.iter().filter(has).copied().collect()
}

/// Asserts that what came was not signed at all.
fn unsigned(server: &Recorder) -> Vec<Raw> {
    let requests = server.take();
    for raw in &requests {
        assert_eq!(names(raw, &SIGNATURES), Vec::<&str>::new());
        assert_eq!(names(raw, &["date", "digest"]), Vec::<&str>::new());
    }
    requests
}

fn client(keychain: impl Into<Keychain>, redirects: Redirects) -> ClientWithMiddleware {
    SigningClientBuilder::new(Signing::new(keychain).following(redirects)).build().unwrap()
}

fn error(answer: reqwest_middleware::Result<reqwest::Response>) -> ClientError {
    let Err(reqwest_middleware::Error::Middleware(error)) = answer else { panic!("{answer:?}") };
    error.downcast().unwrap()
}

async fn three() -> ([Api; 3], Keychain) {
    let apis = [Api::orders().await, Api::social().await, Api::hook().await];
    let keychain = apis.iter().fold(Keychain::new(), |keychain, api| keychain.with(api.origin(), api.signer.clone()));
    (apis, keychain)
}

#[actix_web::test]
async fn each_api_gets_its_own_key_scheme_and_dialect_and_nothing_else() {
    let (apis, keychain) = three().await;
    let client = client(keychain, Redirects::default());
    let calls = (0..12).map(|n| client.post(apis[n % 3].server.url(&format!("/{n}"))).body("{}").send());
    join_all(calls).await.into_iter().for_each(|answer| assert_eq!(answer.unwrap().status(), 200));
    for (n, api) in apis.iter().enumerate() {
        let mut accepted = api.accepted();
        let mut expected: Vec<_> = (n..12).step_by(3).map(|n| format!("POST /{n}")).collect();
        accepted.sort();
        expected.sort();
        assert_eq!(accepted, expected);
    }
}

#[actix_web::test]
async fn for_an_unknown_origin_nothing_is_signed_and_nothing_is_sent() {
    let ([orders, ..], keychain) = three().await;
    let unknown = server().await;
    let strict = client(keychain.clone(), Redirects::default());
    for method in [Method::GET, Method::POST] {
        let refused = error(strict.request(method, unknown.url("/")).send().await);
        assert!(matches!(&refused, ClientError::NoKeyFor(none) if *none == origin(&unknown)), "{refused:?}");
        assert_eq!(refused.to_string(), format!("no key is meant for {}", unknown.url("")));
    }
    // The same server under another name is another origin.
    let localhost = format!("http://localhost:{}/", orders.server.addr.port());
    assert!(matches!(error(strict.get(localhost).send().await), ClientError::NoKeyFor(_)));
    assert!(unknown.take().is_empty() && orders.server.take().is_empty());

    let lenient = client(keychain.others_unsigned(), Redirects::default());
    lenient.post(unknown.url("/")).header("X-Own", "1").body("{}").send().await.unwrap();
    let [raw] = &unsigned(&unknown)[..] else { panic!("one request") };
    assert_eq!((raw.value("x-own").as_str(), &raw.body[..]), ("1", &b"{}"[..]));
    lenient.post(orders.server.url("/")).body("{}").send().await.unwrap();
    assert_eq!(orders.accepted(), ["POST /"]);
}

#[actix_web::test]
async fn an_origin_is_the_same_in_upper_case() {
    let orders = Api::orders().await;
    let port = orders.server.addr.port();
    let keychain = Keychain::new().with(format!("HTTP://LocalHost:0{port}/").parse().unwrap(), orders.signer.clone());
    client(keychain, Redirects::default()).get(format!("Http://LOCALHOST:{port}/")).send().await.unwrap();
    assert_eq!(orders.accepted(), ["GET /"]);
}

#[actix_web::test]
async fn a_redirect_to_another_api_of_the_keychain_carries_nothing() {
    let ([orders, social, hook], keychain) = three().await;
    let client = client(keychain, Redirects::default());
    for target in [&social, &hook] {
        for (method, status) in [(Method::GET, 302), (Method::GET, 307), (Method::POST, 303)] {
            let url = orders.server.url(&format!("/{status}?{}", target.server.url("/new")));
            let request = client.request(method, url).bearer_auth("token").header("Cookie", "a=b");
            assert_eq!(request.send().await.unwrap().status(), 200);
            assert_eq!(orders.server.take().len(), 1);
            let [raw] = &unsigned(&target.server)[..] else { panic!("one request") };
            assert_eq!((raw.method.as_str(), names(raw, &["authorization", "cookie"])), ("GET", vec![]));
        }
        let url = orders.server.url(&format!("/307?{}", target.server.url("/new")));
        assert_eq!(client.post(url).body("{}").send().await.unwrap().status(), 307);
        assert_eq!((orders.accepted().len(), target.server.take().len()), (1, 0));
    }
}

#[actix_web::test]
async fn an_allowed_redirect_is_signed_with_the_targets_own_key_and_never_with_the_firsts() {
    let (apis, keychain) = three().await;
    let pairs = apis.iter().flat_map(|from| apis.iter().map(move |to| (from.origin(), to.origin())));
    let redirects = pairs.fold(Redirects::default(), |redirects, (from, to)| redirects.allowing(from, to));
    let client = client(keychain, redirects);
    for from in &apis {
        for to in &apis {
            for status in [307, 308] {
                let target = format!("/{status}?{}", to.server.url("/new"));
                let answer = client.post(from.server.url(&target)).body("{}").send().await.unwrap();
                assert_eq!((answer.status().as_u16(), answer.url().as_str()), (200, to.server.url("/new").as_str()));
                let mut came = from.accepted();
                came.extend(to.accepted());
                assert_eq!(came, [format!("POST {target}"), "POST /new".to_owned()]);
            }
        }
    }
    // There and back again, each with its own.
    let [orders, social, _] = &apis;
    let there = social.server.url(&format!("/307?{}", orders.server.url("/home")));
    client.put(orders.server.url(&format!("/308?{there}"))).body("{}").send().await.unwrap();
    assert_eq!((orders.accepted().len(), social.accepted().len()), (2, 1));
}

#[actix_web::test]
async fn where_credentials_stand_in_the_place_of_the_signature_the_redirect_is_the_answer() {
    let ([orders, social, _], keychain) = three().await;
    let client = client(keychain, Redirects::default().allowing(orders.origin(), social.origin()));
    let url = orders.server.url(&format!("/302?{}", social.server.url("/new")));
    assert_eq!(client.get(url).bearer_auth("token").send().await.unwrap().status(), 302);
    assert_eq!((orders.server.take().len(), social.server.take().len()), (1, 0));
}

#[actix_web::test]
async fn a_redirect_to_an_unknown_origin_carries_nothing_and_to_an_allowed_one_without_a_key_it_is_the_answer() {
    let ([orders, ..], keychain) = three().await;
    let unknown = server().await;
    let url = |status: u16| orders.server.url(&format!("/{status}?{}", unknown.url("/new")));

    let strict = client(keychain.clone(), Redirects::default());
    assert_eq!(strict.get(url(302)).header("X-Own", "1").send().await.unwrap().status(), 200);
    let [raw] = &unsigned(&unknown)[..] else { panic!("one request") };
    assert_eq!(names(raw, &["x-own"]), Vec::<&str>::new());
    assert_eq!(strict.post(url(307)).body("{}").send().await.unwrap().status(), 307);
    assert_eq!(unknown.take().len(), 0);

    let allowing = Redirects::default().allowing(orders.origin(), origin(&unknown));
    let without_a_key = client(keychain.clone(), allowing.clone());
    assert_eq!(without_a_key.post(url(307)).body("{}").send().await.unwrap().status(), 307);
    assert_eq!(unknown.take().len(), 0);

    let lenient = client(keychain.others_unsigned(), allowing);
    assert_eq!(lenient.post(url(307)).body("{}").send().await.unwrap().status(), 200);
    let [raw] = &unsigned(&unknown)[..] else { panic!("one request") };
    assert_eq!((raw.method.as_str(), &raw.body[..]), ("POST", &b"{}"[..]));
    assert_eq!(orders.accepted().len(), 4);
}

#[actix_web::test]
async fn an_origin_that_one_api_may_redirect_to_is_a_stranger_to_all_others() {
    let ([orders, social, hook], keychain) = three().await;
    let client = client(keychain, Redirects::default().allowing(orders.origin(), social.origin()));
    let there = |from: &Api| from.server.url(&format!("/307?{}", social.server.url("/transfer?to=mallory")));
    let answer = client.post(there(&hook)).body("{}").header("X-Own", "1").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), social.server.take().len()), (307, 0));
    assert_eq!(client.post(there(&orders)).body("{}").send().await.unwrap().status(), 200);
    assert_eq!(social.accepted(), ["POST /transfer?to=mallory"]);
}

#[actix_web::test]
async fn a_signer_for_any_origin_leaves_an_origin_with_its_own_keys_to_them() {
    let (any, social) = (Api::orders().await, Api::social().await);
    let keychain = Keychain::from(any.signer.clone()).with(social.origin(), social.signer.clone());
    let client = client(keychain, Redirects::default().allowing(any.origin(), social.origin()));
    client.post(any.server.url("/")).body("{}").send().await.unwrap();
    client.post(social.server.url("/")).body("{}").send().await.unwrap();
    let redirected = format!("/307?{}", social.server.url("/new"));
    client.post(any.server.url(&redirected)).body("{}").send().await.unwrap();
    assert_eq!(any.accepted(), ["POST /".to_owned(), format!("POST {redirected}")]);
    assert_eq!(social.accepted(), ["POST /", "POST /new"]);

    // Whatever origin the caller asks, but none that somebody else chooses.
    let stranger = server().await;
    client.get(any.server.url(&format!("/302?{}", stranger.url("/")))).send().await.unwrap();
    assert_eq!((any.accepted().len(), unsigned(&stranger).len()), (1, 1));
}

#[actix_web::test]
async fn each_origin_has_a_ring_of_its_own_and_keys_in_a_service_beside_it() {
    let key = |id: &str| RingKey::new(SigningKey::hmac_sha256(id, &secret()).unwrap(), UnixTime::from_secs(0)).unwrap();
    let rings = [(); 2].map(|()| SharedKeyRing::new(KeyRing::new(RingPolicy::one_at_a_time())));
    let servers = [server().await, server().await, server().await];
    let in_ring = |ring| RingSigner::new(Cavage::new(), ring, now()).unwrap();
    let keychain = Keychain::new()
        .with(origin(&servers[0]), in_ring(&rings[0]))
        .with(origin(&servers[1]), in_ring(&rings[1]))
        .with(origin(&servers[2]), Keys::from(Signer::new(Cavage::new(), signing_key("fixed"))));
    let client = client(keychain, Redirects::default());
    let key_ids = async || {
        let mut ids = Vec::new();
        for server in &servers {
            let sent = client.get(server.url("/")).send().await;
            let id = server.take().pop().map(|raw| {
                let request = Request::new(&raw.method, &raw.target, &raw.fields);
                let unverified = Verifier::new(Cavage::new(), Policy::default()).begin(&request, now()).unwrap();
                let id = unverified.key_id().unwrap().to_string();
                unverified.verify(&[verifying_key()], b"").unwrap();
                id
            });
            ids.push(id.unwrap_or_else(|| format!("{:?}", error(sent))));
        }
        ids
    };
    let none = "Unsigned(Sign(NoKey))";
    assert_eq!(key_ids().await, [none, none, "fixed"]);
    rings[0].update(|ring| ring.add_active(key("first"), now())).unwrap();
    assert_eq!(key_ids().await, ["first", none, "fixed"]);
    rings[1].update(|ring| ring.add_active(key("second"), now())).unwrap();
    rings[0].update(|ring| ring.dispose_compromised(&"first".parse().unwrap())).unwrap();
    assert_eq!(key_ids().await, [none, "second", "fixed"]);
}
