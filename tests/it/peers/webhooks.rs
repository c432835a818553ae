//! Webhooks: systems that send and receive them, and the providers' own libraries, on the other end of real requests.

mod ami;
mod docusign;
mod gnatta;
mod sap;
mod sdk;
mod sdks;

use std::convert::Infallible;

use actix_web::{
    HttpResponse,
    rt::task::spawn_blocking,
    web::{self, Bytes},
};
use countersign::{
    Claim, Credential, KeyLoader, Signer, UnixTime, Verifier, VerifyingKey,
    webhook::{Preset, Webhook},
};
use countersign_actix::{SignatureConfig, SignatureGuard, Signed};
use countersign_reqwest::{SigningMiddleware, sign_at};
use reqwest::{Client, Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use serde_json::Value;

use super::{Exchanges, PeerServer, run, text};
use crate::support::{Server, now, secs};

/// What both sides say of a request that they take. A refusal is the cause's code here, and a reason of the peer's there.
const ACCEPTED: &str = "accepted";

/// Stands for our server's URL in the arguments of a peer.
const URL: &str = "URL";

fn preset(name: &str) -> Webhook {
    Webhook::new(name, Preset::named(name).unwrap().spec()).unwrap()
}

fn keys_of(webhook: &Webhook, secrets: &[&str]) -> Vec<VerifyingKey> {
    secrets.iter().map(|secret| webhook.verifying_key(secret).unwrap()).collect()
}

fn signer(webhook: &Webhook, secrets: &[&str]) -> Signer {
    let keys = secrets.iter().enumerate();
    let keys = keys.map(|(number, secret)| webhook.signing_key(&number.to_string(), secret).unwrap());
    Signer::with_keys(webhook.clone(), keys.collect())
}

/// Takes these keys for whoever calls.
fn holding(keys: Vec<VerifyingKey>) -> impl KeyLoader<Caller = ()> {
    move |_: Claim| std::future::ready(Ok::<_, Infallible>(Some(Credential::with_keys(keys.clone(), ()))))
}

/// Refusals tell their cause, as no real server's should, for the tests to tell one 401 from another.
fn config<C: 'static>(webhook: &Webhook, loader: impl KeyLoader<Caller = C>) -> SignatureConfig<C> {
    SignatureConfig::new(loader)
        .verifier(Verifier::new(webhook.clone(), webhook.policy()))
        .dangerous_answer_with_cause(|refusal| HttpResponse::Unauthorized().body(refusal.code()))
}

async fn extracted(body: Signed<Bytes>) -> Bytes {
    body.into_inner()
}

async fn guarded(body: Bytes) -> Bytes {
    body
}

/// Our server, which verifies what a peer sends, with the extractor and with the guard.
struct Receiver {
    server: Server,
    version: String,
    exchanges: Exchanges,
}

impl Receiver {
    fn new(webhook: &Webhook, secrets: &[&str]) -> Self {
        let config = config(webhook, holding(keys_of(webhook, secrets)));
        let server = Server::start(move |app| {
            let guard = web::scope("/guard").wrap(SignatureGuard::new(config.clone()));
            app.service(guard.default_service(web::to(guarded)));
            app.service(web::scope("/extractor").app_data(config.clone()).default_service(web::to(extracted)));
        });
        Self { server, version: String::new(), exchanges: Exchanges::default() }
    }

    /// Lets the peer send what `args` say to either.
    async fn expect(&mut self, script: &'static str, args: &[&str], expected: &str) {
        for way in ["/extractor", "/guard"] {
            let url = self.server.url(way);
            let args: Vec<_> = args.iter().map(|arg| if *arg == URL { &url } else { *arg }).collect();
            let answer = send(script, &args).await;
            self.version = text(&answer, "version");
            let outcome = if answer["status"] == 200 { ACCEPTED.to_owned() } else { text(&answer, "body") };
            self.exchanges.expect(&format!("{args:?}"), &&*outcome, &expected);
        }
    }

    fn report(self, peer: &str) {
        self.exchanges.report(peer, &self.version);
    }
}

/// What a peer got for what it sent. Our servers live on this thread's runtime, which must not wait for their clients.
async fn send(script: &'static str, args: &[&str]) -> Value {
    let args: Vec<_> = args.iter().map(ToString::to_string).collect();
    let answer = spawn_blocking(move || run(script, &args.iter().map(String::as_str).collect::<Vec<_>>()));
    answer.await.unwrap()
}

fn client() -> Client {
    Client::builder().no_proxy().timeout(secs(10)).build().unwrap()
}

fn signing_client(signer: &Signer) -> ClientWithMiddleware {
    ClientBuilder::new(client()).with(SigningMiddleware::new(signer.clone())).build()
}

fn earlier(seconds: u64) -> UnixTime {
    now().minus(secs(seconds))
}

fn later(seconds: u64) -> UnixTime {
    now().plus(secs(seconds))
}

/// A peer that verifies what our client sends.
struct VerifyingPeer {
    server: PeerServer,
    signer: Signer,
    exchanges: Exchanges,
}

impl VerifyingPeer {
    fn new(script: &str, args: &[&str], signer: Signer) -> Self {
        Self { server: PeerServer::start(script, args), signer, exchanges: Exchanges::default() }
    }

    /// What the middleware signs. Gives what else the peer said.
    async fn expect(&mut self, what: &str, request: Request, expected: &str) -> Value {
        let response = signing_client(&self.signer).execute(request).await.unwrap();
        self.judge(what, response, expected).await
    }

    /// What was signed at that time, and changed since.
    async fn expect_changed(
        &mut self,
        what: &str,
        mut request: Request,
        time: UnixTime,
        change: impl FnOnce(&mut Request),
        expected: &str,
    ) {
        sign_at(&mut request, &self.signer, time).unwrap();
        change(&mut request);
        let response = client().execute(request).await.unwrap();
        self.judge(what, response, expected).await;
    }

    async fn judge(&mut self, what: &str, response: Response, expected: &str) -> Value {
        let (status, answer) = (response.status().as_u16(), response.json::<Value>().await.unwrap());
        let outcome = text(&answer, if status == 200 { "verdict" } else { "reason" });
        self.exchanges.expect(what, &&*outcome, &expected);
        answer
    }

    fn report(self, peer: &str) {
        self.exchanges.report(peer, &self.server.version);
    }
}

fn unchanged(_: &mut Request) {}

fn set_body(body: impl Into<reqwest::Body>) -> impl FnOnce(&mut Request) {
    |request| *request.body_mut() = Some(body.into())
}

fn without(field: &'static str) -> impl FnOnce(&mut Request) {
    move |request| {
        request.headers_mut().remove(field).unwrap();
    }
}
