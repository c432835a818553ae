//! The client for programs without a runtime, and the default fields of both.

use std::{io::Cursor, ops::Deref, sync::mpsc, thread};

use actix_web::web::{self, Bytes};
use countersign::{
    Algorithm, Cavage, KeyMetadata, KeyRing, RingKey, RingPolicy, RingSigner, SharedKeyRing, SignError, Signature,
    Signer, When,
};
use countersign_actix::{SignatureConfig, SignatureGuard, Signed};
use countersign_reqwest::{
    ClientError, ClockCorrection, Error, Keychain, Keys, Redirects, Signing, SigningClientBuilder,
    blocking::{SigningClient, sign, sign_at},
};
use reqwest::{
    Method,
    blocking::{Body, Client, Request, Response},
    header::{HeaderMap, HeaderName, HeaderValue},
};
use tokio::{net::TcpSocket, sync::oneshot};

use super::{NOW, OK, covered};
use crate::{
    support::{Events, Server, alices_keys, now, secs, signer, signing_key},
    wire::{Raw, Recorder},
};

const STANDARD: &str = "(request-target) host date";

/// What lives in a runtime of its own, on a thread of its own, for as long as this does.
struct Apart<T> {
    inner: T,
    _end: oneshot::Sender<()>,
}

impl<T: Send + 'static> Apart<T> {
    fn start(start: impl AsyncFnOnce() -> T + Send + 'static) -> Self {
        let (started, inner) = mpsc::channel();
        let (end, ended) = oneshot::channel();
        thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                started.send(start().await).unwrap();
                let _ = ended.await;
            });
        });
        Self { inner: inner.recv().unwrap(), _end: end }
    }
}

impl<T> Deref for Apart<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

fn recorder(answer: &'static str) -> Apart<Recorder> {
    Apart::start(async move || Recorder::start(answer).await)
}

fn answering(script: impl Fn(&Raw, usize) -> String + Send + 'static) -> Apart<Recorder> {
    Apart::start(async move || Recorder::answering(move |request, before| Some(script(request, before))).await)
}

fn client(signing: impl Into<Signing>) -> SigningClient {
    SigningClient::over(Client::builder().no_proxy(), signing).unwrap()
}

fn alice() -> Signing {
    Signing::new(signer("alice"))
}

fn send(client: &SigningClient, method: &Method, url: &str, body: &'static str) -> Response {
    client
        .send(|http| {
            let request = http.request(method.clone(), url);
            if body.is_empty() { request } else { request.body(body) }
        })
        .unwrap()
}

fn shown(seen: &[Raw]) -> Vec<(String, String, String)> {
    seen.iter().map(|raw| (raw.method.clone(), raw.target.clone(), covered(raw, now()))).collect()
}

fn row(method: &str, target: &str, covered: &str) -> (String, String, String) {
    (method.to_owned(), target.to_owned(), covered.to_owned())
}

fn has(raw: &Raw, name: &str) -> bool {
    raw.fields.iter().any(|(own, _)| own == name)
}

#[test]
fn what_a_blocking_client_sends_is_signed() {
    let server = recorder(OK);
    for client in [client(signer("alice")), client(alice()), SigningClient::new(signer("alice")).unwrap()] {
        for (method, body, more) in
            [("GET", "", ""), ("POST", "{}", " digest"), ("POST", "", ""), ("DELETE", "x", " digest")]
        {
            let answer = send(&client, &method.parse().unwrap(), &server.url("/orders?page=2"), body);
            assert_eq!(answer.status(), 200);
            let seen = server.take();
            assert_eq!(shown(&seen), [row(method, "/orders?page=2", &format!("{STANDARD}{more}"))]);
            assert_eq!(seen[0].body, body.as_bytes());
        }
    }
}

#[test]
fn our_server_accepts_what_a_blocking_client_sends_and_nothing_unsigned() {
    let server = Apart::start(async || {
        Server::start(|app| {
            let echo = async |body: Signed<Bytes, &'static str>| body.to_vec();
            let guard = SignatureGuard::new(SignatureConfig::new(alices_keys()));
            app.service(web::scope("").wrap(guard).default_service(web::to(echo)));
        })
    });
    let answer = send(&client(alice()), &Method::POST, &server.url("/orders"), "{}");
    assert_eq!((answer.status().as_u16(), answer.text().unwrap()), (200, "{}".to_owned()));
    let unsigned = Client::builder().no_proxy().build().unwrap().post(server.url("/orders")).body("{}");
    assert_eq!(unsigned.send().unwrap().status(), 401);
}

#[test]
fn one_call_signs_a_blocking_request_or_leaves_it_as_it_is() {
    let server = recorder(OK);
    let http = Client::builder().no_proxy().build().unwrap();
    let mut request = http.post(server.url("/orders")).body("{}").build().unwrap();
    sign(&mut request, &signer("alice")).unwrap();
    http.execute(request).unwrap();
    let mut request = http.post(server.url("/orders")).body("{}").build().unwrap();
    sign_at(&mut request, &signer("alice"), now().minus(secs(60))).unwrap();
    http.execute(request).unwrap();
    let seen = server.take();
    assert_eq!(shown(&seen), [(); 2].map(|()| row("POST", "/orders", &format!("{STANDARD} digest"))));

    let lacking = signer("alice").cover("x-tenant".parse().unwrap(), When::Always);
    let mut request = http.post("http://api.example/").body("{}").build().unwrap();
    let before = format!("{request:?} {:?}", request.headers());
    let error = sign_at(&mut request, &lacking, NOW).unwrap_err();
    assert!(matches!(error, Error::Sign(SignError::Missing(name)) if name == "x-tenant".parse().unwrap()));
    assert_eq!(format!("{request:?} {:?}", request.headers()), before);
}

#[test]
fn each_request_of_a_redirect_is_signed_anew() {
    for (status, next) in
        [(303, row("GET", "/new", STANDARD)), (307, row("POST", "/new", &format!("{STANDARD} digest")))]
    {
        let server = answering(move |request, _| {
            let moved = format!("HTTP/1.1 {status} Moved\r\nLocation: /new");
            if request.target == "/old" { moved } else { OK.to_owned() }
        });
        let answer = send(&client(alice()), &Method::POST, &server.url("/old"), "{}");
        assert_eq!((answer.status().as_u16(), answer.url().path()), (200, "/new"));
        assert_eq!(shown(&server.take()), [row("POST", "/old", &format!("{STANDARD} digest")), next]);

        let answer = send(&client(alice().following(Redirects::none())), &Method::POST, &server.url("/old"), "{}");
        assert_eq!(answer.status(), status);
        assert_eq!(server.take().len(), 1);
    }
}

#[test]
fn redirects_are_followed_as_often_as_the_settings_say_and_ten_times_unless_they_do() {
    let server = recorder("HTTP/1.1 302 Found\r\nLocation: /");
    for (client, limit) in [(client(alice()), 10), (client(alice().following(Redirects::limited(2))), 2)] {
        let error = client.send(|http| http.get(server.url("/"))).unwrap_err();
        assert!(matches!(error, ClientError::TooManyRedirects(found) if found == limit), "{error:?}");
        assert_eq!(server.take().len(), limit + 1);
    }
}

#[test]
fn reqwests_own_redirects_are_off_whatever_its_builder_says() {
    let server = recorder("HTTP/1.1 302 Found\r\nLocation: /");
    let careless = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::limited(3));
    let client = SigningClient::over(careless, alice().following(Redirects::none())).unwrap();
    assert_eq!(send(&client, &Method::GET, &server.url("/"), "").status(), 302);
    assert_eq!(server.take().len(), 1);
}

#[test]
fn a_stranger_gets_no_signature_no_body_and_no_credentials() {
    let stranger = recorder(OK);
    let (events, _guard) = Events::capture();
    for (status, reaches) in [(307, false), (302, true)] {
        let location = stranger.url("/new");
        let server = answering(move |_, _| format!("HTTP/1.1 {status} Moved\r\nLocation: {location}"));
        let defaults = [(HeaderName::from_static("x-tenant"), HeaderValue::from_static("blue"))];
        let client = client(alice()).default_headers(defaults.into_iter().collect());
        let request = |http: &Client| http.post(server.url("/")).bearer_auth("token").body("{}");
        let answer = client.send(request).unwrap();
        let seen = stranger.take();
        if reaches {
            assert_eq!(answer.status(), 200);
            let [raw] = &seen[..] else { panic!("not one request") };
            assert_eq!((raw.method.as_str(), raw.body.len()), ("GET", 0));
            let names: Vec<_> = raw.fields.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["referer", "accept", "host"]);
        } else {
            assert_eq!((answer.status().as_u16(), seen.len()), (307, 0));
            let refused = &events.take_client()[0];
            assert_eq!(refused["origin"], stranger.url(""));
        }
    }
}

#[test]
fn a_wrong_clock_is_corrected_once_and_stays_so() {
    let theirs = NOW.plus(secs(600));
    let server = answering(move |request, _| {
        let status = if request.value("date") == theirs.to_http_date() { "200 OK" } else { "401 Unauthorized" };
        format!("HTTP/1.1 {status}\r\nDate: {}", theirs.to_http_date())
    });
    let wrong = alice().clock(|| NOW);
    let corrected = client(wrong.clone().correcting_the_clock(ClockCorrection::default()));
    let (events, _guard) = Events::capture();
    for (client, status, requests) in
        [(client(wrong), 401, 1), (corrected.clone(), 200, 2), (corrected.clone(), 200, 1), (corrected, 200, 1)]
    {
        assert_eq!(send(&client, &Method::POST, &server.url("/"), "{}").status(), status);
        let seen = server.take();
        assert!(seen.iter().all(|raw| raw.body == b"{}"));
        assert_eq!(seen.len(), requests);
    }
    let [event] = &events.take_client()[..] else { panic!("not one event") };
    assert_eq!((event["origin"].clone(), event["seconds"].as_str()), (server.url(""), "600"));
}

#[test]
fn a_challenge_is_answered_once() {
    let ask = format!("Signature headers=\"{STANDARD} x-request-id\"");
    let server = answering(move |_, before| {
        if before < 9 { format!("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {ask}") } else { OK.to_owned() }
    });
    let answers = alice().answering_challenges(["x-request-id".parse().unwrap()]);
    for (client, lists) in [
        (client(alice()), vec![STANDARD.to_owned()]),
        (client(answers), vec![STANDARD.to_owned(), format!("{STANDARD} x-request-id")]),
    ] {
        let answer = client.send(|http| http.get(server.url("/")).header("X-Request-Id", "8a2c")).unwrap();
        assert_eq!(answer.status(), 401);
        let seen: Vec<_> = server.take().iter().map(|raw| covered(raw, now())).collect();
        assert_eq!(seen, lists);
    }
}

#[test]
fn keys_in_a_service_cannot_sign_for_a_blocking_client() {
    async fn kms(_: KeyMetadata, _: Vec<u8>) -> Result<Signature, std::io::Error> {
        panic!("nobody waits for it")
    }
    let server = recorder(OK);
    let metadata = KeyMetadata::new("alice".parse().unwrap(), Algorithm::HmacSha256);
    let client = client(Keys::remote(Signer::for_remote_keys(Cavage::new(), vec![metadata]), kms));
    let error = client.send(|http| http.get(server.url("/"))).unwrap_err();
    assert!(matches!(error, ClientError::RemoteKeys), "{error:?}");
    assert!(server.take().is_empty());
}

#[test]
fn keys_in_a_ring_sign_and_without_one_nothing_is_sent() {
    let server = recorder(OK);
    let ring = SharedKeyRing::new(KeyRing::new(RingPolicy::default()));
    let client = client(RingSigner::new(Cavage::new(), &ring, now()).unwrap());
    let error = client.send(|http| http.get(server.url("/"))).unwrap_err();
    assert!(matches!(error, ClientError::Unsigned(Error::Sign(SignError::NoKey))), "{error:?}");
    assert!(server.take().is_empty());
    ring.update(|ring| ring.add_active(RingKey::new(signing_key("alice"), now()).unwrap(), now())).unwrap();
    send(&client, &Method::GET, &server.url("/"), "");
    assert_eq!(shown(&server.take()), [row("GET", "/", STANDARD)]);
}

#[test]
fn an_origin_that_no_key_is_meant_for_gets_nothing_or_no_signature() {
    let (server, other) = (recorder(OK), recorder(OK));
    let keys = Keychain::new().with(server.url("").parse().unwrap(), signer("alice"));
    let strict = client(keys.clone());
    assert_eq!(send(&strict, &Method::GET, &server.url("/"), "").status(), 200);
    let error = strict.send(|http| http.get(other.url("/"))).unwrap_err();
    assert!(matches!(&error, ClientError::NoKeyFor(origin) if origin.to_string() == other.url("")), "{error:?}");
    let error = strict.execute(Request::new(Method::GET, "data:,x".parse().unwrap())).unwrap_err();
    assert!(matches!(error, ClientError::NoOrigin), "{error:?}");
    assert!(other.take().is_empty());

    send(&client(keys.others_unsigned()), &Method::GET, &other.url("/"), "");
    let [raw] = &other.take()[..] else { panic!("not one request") };
    assert!(!has(raw, "signature"));
}

#[test]
fn a_body_from_a_reader_is_signed_once_it_is_buffered_or_its_digest_is_given() {
    let server = recorder(OK);
    // A blocking client collects nothing by itself.
    let client = client(alice().collecting_streams(1024));
    let build =
        |http: &Client| http.post(server.url("/")).body(Body::new(Cursor::new("from a reader"))).build().unwrap();
    let http = Client::new();

    let error = client.execute(build(&http)).unwrap_err();
    assert!(matches!(error, ClientError::Unsigned(Error::Sign(SignError::UnreadBody))), "{error:?}");
    assert!(server.take().is_empty());

    let mut buffered = build(&http);
    buffered.body_mut().as_mut().unwrap().buffer().unwrap();
    client.execute(buffered).unwrap();
    let digest = countersign::digest_field(countersign::DigestAlgorithm::Sha256, b"from a reader");
    let mut given = build(&http);
    given.headers_mut().insert("digest", digest.parse().unwrap());
    client.execute(given).unwrap();
    let seen = server.take();
    assert_eq!(shown(&seen), [(); 2].map(|()| row("POST", "/", &format!("{STANDARD} digest"))));
    assert!(seen.iter().all(|raw| raw.body == b"from a reader"));
    assert_eq!([has(&seen[0], "transfer-encoding"), has(&seen[1], "transfer-encoding")], [false, true]);
}

#[test]
fn a_reader_can_be_left_uncovered_by_name() {
    let server = recorder(OK);
    let client = client(alice().dangerous_leaving_streams_uncovered());
    client.send(|http| http.post(server.url("/")).body(Body::new(Cursor::new("from a reader")))).unwrap();
    let [raw] = &server.take()[..] else { panic!("not one request") };
    assert!(raw.value("signature").contains(&format!("headers=\"{STANDARD}\"")) && !has(raw, "digest"));
}

#[test]
fn what_reqwest_cannot_send_or_build_is_its_own_error() {
    // A port that is taken, and where nobody listens.
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/", taken.local_addr().unwrap());
    let client = client(alice());
    let error = client.send(|http| http.get(&url)).unwrap_err();
    assert!(matches!(&error, ClientError::Http(error) if error.is_connect()), "{error:?}");
    let error = client.send(|http| http.get("no url")).unwrap_err();
    assert!(matches!(&error, ClientError::Http(error) if error.is_builder()), "{error:?}");
}

/// Fields by their names and values, in order.
fn fields(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pair =
        |(name, value): &(&'static str, &'static str)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    let mut fields = HeaderMap::new();
    for (name, value) in pairs.iter().map(pair) {
        fields.append(name, value);
    }
    fields
}

fn values(raw: &Raw, name: &str) -> Vec<String> {
    let own = raw.fields.iter().filter(|(own, _)| own == name);
    own.map(|(_, value)| String::from_utf8(value.clone()).unwrap()).collect()
}

/// Alice's signer, which covers a tenant.
fn tenant() -> Signer {
    signer("alice").cover("x-tenant".parse().unwrap(), When::Always)
}

const WITH_TENANT: &str = "(request-target) host date x-tenant";

#[test]
fn default_fields_of_a_blocking_client_are_covered_and_a_requests_own_win() {
    let server = recorder(OK);
    let client =
        client(tenant()).default_headers(fields(&[("x-tenant", "blue"), ("x-tenant", "green"), ("x-more", "1")]));
    client.send(|http| http.get(server.url("/"))).unwrap();
    client.send(|http| http.get(server.url("/")).header("X-Tenant", "red")).unwrap();
    let seen = server.take();
    assert_eq!(shown(&seen), [(); 2].map(|()| row("GET", "/", WITH_TENANT)));
    assert_eq!(
        (values(&seen[0], "x-tenant"), values(&seen[0], "x-more")),
        (vec!["blue".into(), "green".into()], vec!["1".into()])
    );
    assert_eq!((values(&seen[1], "x-tenant"), values(&seen[1], "x-more")), (vec!["red".into()], vec!["1".into()]));
}

fn builder(signer: Signer) -> SigningClientBuilder {
    SigningClientBuilder::new(signer).reqwest(reqwest::Client::builder().no_proxy())
}

#[actix_web::test]
async fn default_fields_are_covered_and_a_requests_own_win() {
    let server = Recorder::start(OK).await;
    let client = builder(tenant()).default_headers(fields(&[("x-tenant", "blue"), ("x-more", "1")])).build().unwrap();
    client.get(server.url("/")).send().await.unwrap();
    client.get(server.url("/")).header("X-Tenant", "red").header("X-Tenant", "pink").send().await.unwrap();
    let seen = server.take();
    assert_eq!(shown(&seen), [(); 2].map(|()| row("GET", "/", WITH_TENANT)));
    assert_eq!((values(&seen[0], "x-tenant"), values(&seen[0], "x-more")), (vec!["blue".into()], vec!["1".into()]));
    assert_eq!(values(&seen[1], "x-tenant"), ["red", "pink"]);

    let none = builder(tenant()).default_headers(HeaderMap::new()).build().unwrap();
    none.get(server.url("/")).send().await.unwrap_err();
    assert!(server.take().is_empty());
}

#[actix_web::test]
async fn a_default_field_with_several_values_is_covered_with_all_of_them() {
    let server = Recorder::start(OK).await;
    let several = fields(&[("x-tenant", "blue"), ("x-tenant", "green"), ("x-tenant", "red")]);
    let client = builder(tenant()).default_headers(several).build().unwrap();
    client.get(server.url("/")).send().await.unwrap();
    let [raw] = &server.take()[..] else { panic!("not one request") };
    assert_eq!(values(raw, "x-tenant"), ["blue", "green", "red"]);
    assert_eq!(covered(raw, now()), WITH_TENANT);
}

#[actix_web::test]
async fn default_fields_go_along_to_our_own_origin_and_to_no_stranger() {
    let stranger = Recorder::start(OK).await;
    let location = stranger.url("/new");
    let server = Recorder::answering(move |request, _| {
        let target = if request.target == "/near" { "/old" } else { &location };
        Some(format!("HTTP/1.1 302 Found\r\nLocation: {target}"))
    })
    .await;
    let client = builder(tenant()).default_headers(fields(&[("x-tenant", "blue")])).build().unwrap();
    assert_eq!(client.get(server.url("/near")).send().await.unwrap().status(), 200);
    assert_eq!(shown(&server.take()), [row("GET", "/near", WITH_TENANT), row("GET", "/old", WITH_TENANT)]);
    let [raw] = &stranger.take()[..] else { panic!("not one request") };
    assert!(!has(raw, "x-tenant") && !has(raw, "signature"));
}

#[actix_web::test]
async fn reqwests_own_default_fields_are_not_covered_and_go_to_strangers() {
    let stranger = Recorder::start(OK).await;
    let server = Recorder::start(&format!("HTTP/1.1 302 Found\r\nLocation: {}", stranger.url("/new"))).await;
    let http = || reqwest::Client::builder().no_proxy().default_headers(fields(&[("x-tenant", "blue")]));
    let optional = signer("alice").cover("x-tenant".parse().unwrap(), When::Present);
    let client = SigningClientBuilder::new(optional).reqwest(http()).build().unwrap();
    client.get(server.url("/")).send().await.unwrap();
    let (seen, strange) = (server.take(), stranger.take());
    assert_eq!(shown(&seen), [row("GET", "/", STANDARD)]);
    assert_eq!(
        (values(&seen[0], "x-tenant"), values(&strange[0], "x-tenant")),
        (vec!["blue".into()], vec!["blue".into()])
    );

    // Where they have to be covered, they are missing.
    let client = SigningClientBuilder::new(tenant()).reqwest(http()).build().unwrap();
    client.get(server.url("/")).send().await.unwrap_err();
    assert!(server.take().is_empty());
}
