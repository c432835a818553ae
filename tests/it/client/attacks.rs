//! The client's rows of the attack catalogue, and what a client's own words must not tell.

use std::{
    borrow::Cow,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use countersign::{
    Algorithm, Cavage, Component, ComponentError, Coverage, KeyMetadata, KeyRing, Request, RingKey, RingPolicy,
    RingSigner, SharedKeyRing, SignError, Signature, Signer, SigningKey, UnixTime, VerifyError, When,
};
use countersign_http::Outgoing;
use countersign_reqwest::{
    ClientError, Error, Keychain, Keys, Origin, Redirects, Signing, SigningClientBuilder, SigningMiddleware, client,
    sign_at,
};
use http::{HeaderMap, HeaderValue};
use reqwest::{Method, Response, Url};

use super::{NOW, OK, bare, covered, middleware, shown};
use crate::{
    support::{Events, SECRET, now, secret, secs, signer, signing_key},
    wire::{Raw, Recorder, verify},
};

fn refused(answer: reqwest_middleware::Result<Response>) -> ClientError {
    let Err(reqwest_middleware::Error::Middleware(error)) = answer else { panic!("{answer:?}") };
    error.downcast().unwrap()
}

fn sign_error(answer: reqwest_middleware::Result<Response>) -> SignError {
    match refused(answer) {
        ClientError::Unsigned(Error::Sign(error)) => error,
        error => panic!("{error:?}"),
    }
}

/// Asserts that a signer refuses a request of each method and form, that the request stays as it was, and that nothing is sent.
async fn signs_nothing(signer: Signer, expected: &SignError) {
    let server = Recorder::start(OK).await;
    let client = client(signer.clone()).unwrap();
    for (method, body) in [(Method::GET, ""), (Method::POST, ""), (Method::POST, "{}")] {
        let mut request = bare().request(method, server.url("/")).body(body).build().unwrap();
        let before = shown(&request);
        let error = sign_at(&mut request, &signer, NOW).unwrap_err();
        assert!(matches!(&error, Error::Sign(error) if error == expected), "{error:?}");
        assert_eq!(shown(&request), before);
        assert_eq!(sign_error(client.execute(request).await), *expected);
    }
    assert_eq!(server.take().len(), 0);
}

/// A02: a signature over nothing is not made.
#[actix_web::test]
async fn an_empty_list_of_components_is_not_signed() {
    let nothing = signer("alice").covering(Coverage::empty());
    signs_nothing(nothing, &SignError::Components(ComponentError::Empty)).await;
}

/// A174: behind a redirect the method is another one, and so is the target.
#[actix_web::test]
async fn a_post_that_is_redirected_to_a_get_is_signed_again() {
    for status in [301, 302, 303] {
        let server = Recorder::answering(move |_, before| {
            Some(if before == 0 { format!("HTTP/1.1 {status} Moved\r\nLocation: /new") } else { OK.to_owned() })
        })
        .await;
        client(signer("alice")).unwrap().post(server.url("/old")).body("{}").send().await.unwrap();
        let [post, get] = &server.take()[..] else { panic!("not followed") };
        assert_eq!((get.method.as_str(), get.target.as_str(), get.body.len()), ("GET", "/new", 0));
        assert_eq!(covered(post, now()), "(request-target) host date digest");
        assert_eq!(covered(get, now()), "(request-target) host date");
        assert_ne!(post.value("signature"), get.value("signature"));
        // What a client would take along that does not sign again.
        let stale = get.clone().replacing("date", post.value("date")).replacing("signature", post.value("signature"));
        let stale = stale.field("digest", post.value("digest"));
        assert_eq!(verify(&stale, now()).err(), Some(VerifyError::SignatureMismatch));
    }
}

/// A175: another host gets neither the body nor a signature that would hold there.
#[actix_web::test]
async fn a_body_is_not_handed_to_another_host() {
    let stranger = Recorder::start(OK).await;
    for status in [307, 308] {
        let to = stranger.url("/new");
        let server = Recorder::answering(move |_, _| Some(format!("HTTP/1.1 {status} Moved\r\nLocation: {to}"))).await;
        let (events, _guard) = Events::capture();
        let answer = client(signer("alice")).unwrap().post(server.url("/old")).body("{}").send().await.unwrap();
        assert_eq!((answer.status().as_u16(), server.take().len(), stranger.take().len()), (status, 1, 0));
        let [event] = &events.take_client()[..] else { panic!("one event") };
        assert!(event["message"].starts_with("a redirect to another origin was not followed"), "{event:?}");
        assert_eq!(event["origin"], stranger.url(""));
    }
}

/// A176: whoever recorded the first attempt has nothing that would pass for the second.
#[actix_web::test]
async fn an_attempt_behind_a_connection_that_was_reset_has_a_date_and_a_signature_of_its_own() {
    let server = Recorder::answering(|_, before| (before == 2).then(|| OK.to_owned())).await;
    let retry = middleware(Response::extensions, |request, extensions, next| {
        Box::pin(async move {
            for _ in 0..2 {
                if let Ok(answer) = next.clone().run(request.try_clone().unwrap(), extensions).await {
                    return Ok(answer);
                }
            }
            next.run(request, extensions).await
        })
    });
    let clock = Arc::new(AtomicU64::new(NOW.as_secs()));
    let signing =
        Signing::new(signer("alice")).clock(move || UnixTime::from_secs(clock.fetch_add(7, Ordering::SeqCst)));
    let client = SigningClientBuilder::new(signing).with(retry).build().unwrap();
    let answer = client.post(server.url("/")).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let attempts = server.take();
    for (n, raw) in (0..).zip(&attempts) {
        let at = NOW.plus(secs(7 * n));
        assert_eq!(raw.value("date"), at.to_http_date());
        assert_eq!(covered(raw, at), "(request-target) host date digest");
    }
    let mut signatures: Vec<_> = attempts.iter().map(|raw| raw.value("signature")).collect();
    signatures.sort();
    signatures.dedup();
    assert_eq!((attempts.len(), signatures.len()), (3, 3));
}

/// A177: what is covered and absent is no empty line.
#[actix_web::test]
async fn a_field_that_is_covered_and_absent_is_an_error() {
    let tenant: Component = "x-tenant".parse().unwrap();
    let signer = signer("alice").cover(tenant.clone(), When::Always);
    signs_nothing(signer, &SignError::Missing(tenant)).await;
}

async fn sends_nothing(kms: impl countersign_reqwest::KeyService, algorithm: Algorithm) -> ClientError {
    let server = Recorder::start(OK).await;
    let key = KeyMetadata::new("kms-key".parse().unwrap(), algorithm);
    let keys = Keys::remote(Signer::for_remote_keys(Cavage::new(), vec![key]), kms);
    let answer = client(keys).unwrap().post(server.url("/")).body("{}").send().await;
    assert_eq!(server.take().len(), 0);
    refused(answer)
}

/// A179: a key that fails makes no request without a signature.
#[actix_web::test]
async fn a_key_that_fails_or_makes_no_signature_sends_nothing() {
    let out_of_order = |_: KeyMetadata, _: Vec<u8>| async { Err::<Signature, _>(io::Error::other("out of order")) };
    let error = sends_nothing(out_of_order, Algorithm::Ed25519).await;
    assert!(matches!(error, ClientError::Unsigned(Error::KeyService(_))), "{error:?}");
    for (algorithm, right) in [(Algorithm::Ed25519, 64), (Algorithm::HmacSha256, 32), (Algorithm::HmacSha512, 64)] {
        for wrong in [0, 1, right - 1, right + 1] {
            let kms =
                move |_: KeyMetadata, _: Vec<u8>| async move { Ok::<_, io::Error>(Signature::new(&vec![1; wrong])) };
            let error = sends_nothing(kms, algorithm).await;
            let form = matches!(error, ClientError::Unsigned(Error::Sign(SignError::SignatureForm)));
            assert!(form, "{algorithm} {wrong}: {error:?}");
        }
    }
    let nobody = Signer::with_keys(Cavage::new(), Vec::new());
    signs_nothing(nobody, &SignError::SignatureCount { expected: 1, given: 0 }).await;
}

/// A182: whoever chooses a URL does not choose what is signed for it.
#[actix_web::test]
async fn a_url_outside_of_the_list_of_origins_is_not_signed_for() {
    let (server, other) = (Recorder::start(OK).await, Recorder::start(OK).await);
    let keychain = Keychain::new().with(server.url("").parse().unwrap(), signer("alice"));
    let client = client(keychain).unwrap();
    let port = other.addr.port();
    for url in [
        other.url("/"),
        format!("http://{}@127.0.0.1:{port}/", server.addr),
        format!("http://127.0.0.1:{port}/{}", server.url("/")),
        format!("http://127.0.0.1:{port}\\@{}/", server.addr),
        format!("http://localhost:{port}/"),
        format!("https://{}/", server.addr),
    ] {
        let error = refused(client.post(&url).body("{}").send().await);
        assert!(matches!(error, ClientError::NoKeyFor(_)), "{url} {error:?}");
    }
    assert_eq!((server.take().len(), other.take().len()), (0, 0));
}

/// A request of a library that lets anything pass.
struct Careless {
    method: &'static str,
    target: &'static str,
    authority: &'static str,
    headers: HeaderMap,
}

impl Outgoing for Careless {
    type Location = ();

    fn method(&self) -> &str {
        self.method
    }
    fn target(&self) -> Cow<'_, str> {
        self.target.into()
    }
    fn authority(&self) -> Option<Cow<'_, str>> {
        Some(self.authority.into())
    }
    fn headers(&self) -> &HeaderMap {
        &self.headers
    }
    fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }
    fn body(&self) -> Option<&[u8]> {
        Some(b"")
    }
    fn set_body(&mut self, _: Vec<u8>) {}
    fn with_target(&self, _: &str) -> Option<()> {
        None
    }
    fn set_location(&mut self, (): ()) {}
}

/// A183: no value adds a line to what is signed.
#[test]
fn a_line_break_or_a_nul_in_a_value_is_not_signed() {
    let also = signer("alice").cover("x-own".parse().unwrap(), When::Present);
    for forbidden in ["a\rb", "a\nb", "a\r\nb", "a\0b", "a\r\nhost: evil.example", "\n", "a\n b"] {
        assert!(HeaderValue::from_str(forbidden).is_err() && HeaderValue::from_bytes(forbidden.as_bytes()).is_err());
        let fields = [("host", "api.example"), ("x-own", forbidden)];
        let own = SignError::ForbiddenByte("x-own".parse().unwrap());
        assert_eq!(also.sign(&Request::new("GET", "/", &fields).with_body(b""), NOW).err(), Some(own), "{forbidden:?}");

        let in_target = SignError::ForbiddenByte(Component::RequestTarget);
        for (method, target, authority, expected) in [
            (forbidden, "/", "api.example", &in_target),
            ("GET", forbidden, "api.example", &in_target),
            ("GET", "/", forbidden, &SignError::UnusableAuthority),
        ] {
            let mut request = Careless { method, target, authority, headers: HeaderMap::new() };
            let error = countersign_http::sign_at(&mut request, &also, NOW).unwrap_err();
            assert!(matches!(&error, Error::Sign(error) if error == expected), "{forbidden:?}: {error:?}");
            assert!(request.headers.is_empty());
        }
    }
}

/// A183 in a URL: what is signed is what is sent, and neither has a line break.
#[actix_web::test]
async fn line_breaks_in_a_url_are_gone_before_it_is_signed() {
    let server = Recorder::start(OK).await;
    let client = client(signer("alice")).unwrap();
    for (target, sent) in [
        ("/a\r\nb", "/ab"),
        ("/a?x=\r\nhost: evil.example", "/a?x=host:%20evil.example"),
        ("/a\0b?\0c", "/a%00b?%00c"),
        ("/a%0d%0ab", "/a%0d%0ab"),
    ] {
        client.get(server.url(target)).send().await.unwrap();
        let [raw] = &server.take()[..] else { panic!("one request") };
        assert_eq!(raw.target, sent);
        assert_eq!(covered(raw, now()), "(request-target) host date");
        assert!(target.contains('%') || target.parse::<http::Uri>().is_err());
    }
    assert_eq!(Url::parse("http://h/a\r\nb").unwrap().as_str(), "http://h/ab");
}

/// Whether a text shows the secret that all keys here are of, however it is written.
fn tells(text: &str) -> bool {
    let bytes = format!("{:?}", SECRET.as_bytes());
    let hex = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, SECRET);
    let inner = bytes.trim_matches(['[', ']']);
    let flat: String = text.split_whitespace().collect::<Vec<_>>().join(" ").replace(", ]", "]");
    [SECRET, "correct horse", inner, &hex, &base64, "7, 7, 7, 7", "07070707"]
        .iter()
        .any(|secret| flat.to_lowercase().contains(&secret.to_lowercase()))
}

#[test]
fn no_form_for_debugging_shows_a_secret() {
    assert!(tells(&format!("{:?}", SECRET.as_bytes())) && tells(&format!("{:#?}", [7; 32])) && tells(SECRET));
    let ring = SharedKeyRing::new(KeyRing::new(RingPolicy::default()));
    ring.update(|ring| ring.add_active(RingKey::new(signing_key("in-ring"), NOW).unwrap(), NOW)).unwrap();
    let in_ring = RingSigner::new(Cavage::new(), &ring, NOW).unwrap();
    let ed25519 = Signer::new(Cavage::new(), SigningKey::ed25519_from_seed("ed25519", &[7; 32]).unwrap());
    let kept = Arc::new(secret());
    let kms = move |_: KeyMetadata, _: Vec<u8>| {
        let kept = Arc::clone(&kept);
        async move { Err::<Signature, _>(io::Error::other(format!("{kept:?}"))) }
    };
    let key = KeyMetadata::new("kms-key".parse().unwrap(), Algorithm::Ed25519);
    let remote = Keys::remote(Signer::for_remote_keys(Cavage::new(), vec![key]), kms);
    let origin: Origin = "https://api.example".parse().unwrap();
    let keychain = Keychain::from(signer("alice")).with(origin.clone(), in_ring.clone());
    let keychain = keychain.with("https://social.example".parse().unwrap(), ed25519.clone());
    let keychain = keychain.with("https://kms.example".parse().unwrap(), remote.clone());
    let signing =
        Signing::new(keychain.clone()).following(Redirects::default().allowing(origin.clone(), origin.clone()));
    let shown = [
        format!("{:?} {:#?}", Keys::from(signer("alice")), Keys::from(signer("alice"))),
        format!("{:?} {:#?}", Keys::from(in_ring.clone()), Keys::from(in_ring)),
        format!("{:?} {:#?}", Keys::from(ed25519.clone()), Keys::from(ed25519)),
        format!("{remote:?} {remote:#?}"),
        format!("{keychain:?} {keychain:#?}"),
        format!("{signing:?} {signing:#?}"),
        format!("{:?} {:#?}", SigningMiddleware::new(signing.clone()), SigningMiddleware::new(signing)),
    ];
    for text in shown {
        assert!(["alice", "in-ring", "ed25519", "kms-key"].iter().any(|id| text.contains(id)), "{text}");
        assert!(!tells(&text), "{text}");
    }
    let errors = [
        ClientError::NoKeyFor(origin),
        ClientError::NoOrigin,
        ClientError::TooManyRedirects(10),
        ClientError::RemoteKeys,
        ClientError::Unsigned(Error::Sign(SignError::KeyFailed)),
    ];
    for error in errors {
        assert!(!tells(&format!("{error:?} {error:#?} {error}")), "{error:?}");
    }
}

/// The value behind `signature="` in a request, and nothing where there is none.
fn mac(raw: &Raw) -> Option<String> {
    let (_, value) = raw.fields.iter().find(|(name, _)| name == "signature" || name == "authorization")?;
    let text = String::from_utf8(value.clone()).unwrap();
    Some(text.rsplit_once("signature=\"")?.1.trim_end_matches('"').to_owned())
}

#[actix_web::test]
async fn no_event_and_no_error_shows_a_signature_or_a_url() {
    let stranger = Recorder::start(OK).await;
    for scheme in [Cavage::new(), Cavage::new().in_authorization()] {
        let to = stranger.url("/away?token=hush");
        let server = Recorder::answering(move |raw, _| {
            Some(match raw.target.as_str() {
                "/loop?token=hush" => "HTTP/1.1 302 Found\r\nLocation: /loop?token=hush".to_owned(),
                _ => format!("HTTP/1.1 307 Moved\r\nLocation: {to}"),
            })
        })
        .await;
        let keychain = Keychain::new().with(server.url("").parse().unwrap(), Signer::new(scheme, signing_key("alice")));
        let below = SigningMiddleware::new(keychain.clone());
        let below = reqwest_middleware::ClientBuilder::new(reqwest::Client::new()).with(below).build();
        let client = client(keychain).unwrap();
        let (events, _guard) = Events::capture();
        let mut told = vec![
            format!("{:?}", refused(client.get(server.url("/loop?token=hush")).send().await)),
            format!("{:?}", refused(client.get(stranger.url("/?token=hush")).send().await)),
        ];
        client.post(server.url("/a?token=hush")).body("{}").send().await.unwrap();
        client.get(server.url("/a?token=hush")).send().await.unwrap();
        below.get(server.url("/a?token=hush")).send().await.unwrap();
        let seen = events.take_client();
        assert_eq!(seen.len(), 3, "{seen:?}");
        told.extend(seen.iter().map(|event| format!("{event:?}")));
        let macs: Vec<_> = server.take().iter().map(|raw| mac(raw).unwrap()).collect();
        assert_eq!(macs.len(), 14);
        for text in told {
            assert!(!text.contains("hush") && !tells(&text), "{text}");
            assert!(macs.iter().all(|mac| mac.len() > 40 && !text.contains(mac)), "{text}");
        }
        stranger.take();
    }
}
