//! Python clients against our server: requests, signed with httpsig as Flask-Cavage's documentation shows it.

use actix_web::{
    dev::Service,
    http::header::{HeaderName, HeaderValue},
    rt::task::spawn_blocking,
    web,
};
use countersign::{Algorithm, Credential, Policy, Secret, StaticKeys, VerifyingKey};
use countersign_actix::{Refusal, Refused, SignatureConfig, Signed};

use super::{Exchanges, run, text};
use crate::support::Server;

const SECRET: &str = "123456789";
const LONG_SECRET: &str = "correct horse battery staple";

/// Greets whoever signed, under `/flask` by Flask-Cavage's policy and under `/default` by ours.
fn server() -> Server {
    let flask = VerifyingKey::hmac_sha256(&Secret::dangerous_short(SECRET).unwrap());
    let sha512 = VerifyingKey::hmac(Algorithm::HmacSha512, &Secret::new(LONG_SECRET).unwrap()).unwrap();
    let keys = StaticKeys::new()
        .with("access_key_1".parse().unwrap(), Credential::new(flask, "Flask"))
        .with("access_key_2".parse().unwrap(), Credential::new(sha512, "Long"));
    let flask = SignatureConfig::new(keys.clone()).policy(Policy::flask_cavage());
    let default = SignatureConfig::new(keys);
    Server::start(move |app| {
        app.configure(|app| scope(app, "/flask", flask.clone()));
        app.configure(|app| scope(app, "/default", default.clone()));
    })
}

/// Names the cause of a refusal to the client, as no real server should, for the tests to tell one 401 from another.
fn scope(app: &mut web::ServiceConfig, path: &str, config: SignatureConfig<&'static str>) {
    let scope = web::scope(path).app_data(config).route("/hello_world_private", web::to(greet));
    app.service(scope.wrap_fn(|request, service| {
        let response = service.call(request);
        async move {
            let mut response = response.await?;
            let refusal =
                response.response().error().and_then(|error| error.as_error::<Refused>()).map(Refused::refusal);
            if let Some(Refusal::Unauthenticated { cause, .. }) = refusal {
                let cause = HeaderValue::try_from(cause.to_string()).unwrap();
                response.headers_mut().insert(HeaderName::from_static("x-cause"), cause);
            }
            Ok(response)
        }
    }));
}

async fn greet(body: Signed<String, &'static str>) -> String {
    format!("{} sent {:?}", body.caller(), *body)
}

/// The status, and then the body of what was accepted or the cause of a refusal.
type Answer = (u64, String);

fn refused(cause: &str) -> Answer {
    (401, cause.to_owned())
}

fn accepted(body: &str) -> Answer {
    (200, body.to_owned())
}

struct Client {
    server: Server,
    version: String,
    exchanges: Exchanges,
}

impl Client {
    fn new() -> Self {
        Self { server: server(), version: String::new(), exchanges: Exchanges::default() }
    }

    async fn expect(&mut self, method: &str, scope: &str, args: &[&str], expected: Answer) {
        let url = self.server.url(&format!("{scope}/hello_world_private?page=2"));
        let args: Vec<_> = [method, &url].iter().chain(args).map(ToString::to_string).collect();
        let exchange = args.join(" ");
        // The server lives on this thread's runtime, which must not wait for its own client.
        let answer =
            spawn_blocking(move || run("flask_client.py", &args.iter().map(String::as_str).collect::<Vec<_>>()));
        let answer = answer.await.unwrap();
        self.version = text(&answer, "version");
        let status = answer["status"].as_u64().unwrap();
        let outcome = (status, text(&answer, if status == 200 { "body" } else { "cause" }));
        self.exchanges.expect(&exchange, &outcome, &expected);
    }

    fn report(self) {
        self.exchanges.report("requests+httpsig", &self.version);
    }
}

const SIGNED: [&str; 4] = ["--key-id", "access_key_1", "--secret", SECRET];

fn signed<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&SIGNED, more].concat()
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn flask_cavages_policy_accepts_what_a_requests_client_signs_for_it() {
    let mut client = Client::new();
    client.expect("GET", "/flask", &SIGNED, accepted(r#"Flask sent """#)).await;
    client.expect("DELETE", "/flask", &SIGNED, accepted(r#"Flask sent """#)).await;
    for method in ["POST", "PUT", "PATCH"] {
        let args = signed(&["--json", r#"{"item":1}"#]);
        client.expect(method, "/flask", &args, accepted(r#"Flask sent "{\"item\": 1}""#)).await;
    }
    client.report();
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn flask_cavages_policy_refuses_a_requests_client_with_a_wrong_secret_or_an_unknown_key() {
    let mut client = Client::new();
    for (method, body) in [("GET", &[][..]), ("POST", &["--json", "{}"])] {
        let bad_secret = [&["--key-id", "access_key_1", "--secret", "badSecret"], body].concat();
        client.expect(method, "/flask", &bad_secret, refused("the signature does not match")).await;
        let unknown = [&["--key-id", "access_key_9", "--secret", SECRET], body].concat();
        client.expect(method, "/flask", &unknown, refused("unknown key")).await;
        let algorithm = signed(&[&["--algorithm", "hmac-sha512"], body].concat());
        client.expect(method, "/flask", &algorithm, refused("the stated algorithm is not the key's")).await;
    }
    client.report();
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn flask_cavages_policy_refuses_a_body_that_was_changed_after_a_requests_client_signed_it() {
    let mut client = Client::new();
    let altered = signed(&["--json", r#"{"item":1}"#, "--sent-json", r#"{"item":2}"#]);
    client.expect("POST", "/flask", &altered, refused("the body does not match its digest")).await;
    client.report();
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn flask_cavages_policy_refuses_a_requests_client_that_does_not_sign() {
    let mut client = Client::new();
    client.expect("GET", "/flask", &[], refused("the request is not signed")).await;
    client.expect("POST", "/flask", &["--json", "{}"], refused("the request is not signed")).await;
    client.report();
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn the_client_of_flask_cavages_quickstart_passes_under_its_policy_and_not_under_ours_since_its_body_is_unsigned()
{
    let mut client = Client::new();
    let quickstart = signed(&["--json", "{}"]);
    client.expect("GET", "/flask", &quickstart, accepted(r#"Flask sent "{}""#)).await;
    client.expect("GET", "/default", &quickstart, refused("digest must be covered")).await;

    let bad_secret = ["--key-id", "access_key_1", "--secret", "badSecret", "--json", "{}"];
    client.expect("GET", "/flask", &bad_secret, refused("the signature does not match")).await;
    client.report();
}

#[actix_web::test]
#[ignore = "needs the peers that tests/run installs"]
async fn the_default_policy_accepts_a_requests_client_that_covers_its_body_in_either_field() {
    let mut client = Client::new();
    for field in ["Authorization", "Signature"] {
        let args = signed(&["--json", "{}", "--field", field]);
        client.expect("POST", "/default", &args, accepted(r#"Flask sent "{}""#)).await;
        let sha512 = ["--key-id", "access_key_2", "--secret", LONG_SECRET, "--algorithm", "hmac-sha512"];
        let args = [&sha512[..], &["--json", "{}", "--field", field]].concat();
        client.expect("POST", "/default", &args, accepted(r#"Long sent "{}""#)).await;
    }
    client.report();
}
