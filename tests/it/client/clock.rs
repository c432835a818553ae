//! A clock that is wrong, and servers that show it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use actix_web::web;
use countersign::UnixTime;
use countersign_actix::{SignatureConfig, SignatureGuard};
use countersign_reqwest::{ClockCorrection, Keychain, Redirects, Signing, SigningClientBuilder};
use futures::future::join_all;
use reqwest::{Body, Client};
use reqwest_middleware::ClientWithMiddleware;

use super::{NOW, OK, covered};
use crate::{
    support::{Events, Server, alices_keys, now, secs, signer},
    wire::{Raw, Recorder},
};

const REFUSED: &str = "HTTP/1.1 401 Unauthorized";

/// A clock that tests set.
#[derive(Clone)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    fn at(time: UnixTime) -> Self {
        Self(Arc::new(AtomicU64::new(time.as_secs())))
    }

    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.0.load(Ordering::SeqCst))
    }

    fn set(&self, time: UnixTime) {
        self.0.store(time.as_secs(), Ordering::SeqCst);
    }
}

fn dated(answer: &str, time: UnixTime) -> String {
    format!("{answer}\r\nDate: {}", time.to_http_date())
}

/// A server that refuses what was signed more than 30 seconds off its own clock.
async fn strict(clock: &Clock) -> Recorder {
    let clock = clock.clone();
    Recorder::answering(move |request, _| {
        let off = signed_at(request).as_secs().abs_diff(clock.now().as_secs());
        Some(dated(if off > 30 { REFUSED } else { OK }, clock.now()))
    })
    .await
}

fn signed_at(request: &Raw) -> UnixTime {
    UnixTime::from_http_date(request.value("date").as_bytes()).unwrap()
}

fn signing(clock: &Clock) -> Signing {
    let clock = clock.clone();
    Signing::new(signer("alice")).clock(move || clock.now())
}

fn correcting(clock: &Clock, correction: &ClockCorrection) -> ClientWithMiddleware {
    client(signing(clock).correcting_the_clock(correction.clone()))
}

fn client(signing: Signing) -> ClientWithMiddleware {
    SigningClientBuilder::new(signing).reqwest(Client::builder().no_proxy()).build().unwrap()
}

/// The status of the answer, and when each request was signed that it took.
async fn get(client: &ClientWithMiddleware, server: &Recorder) -> (u16, Vec<UnixTime>) {
    let status = client.get(server.url("/")).send().await.unwrap().status().as_u16();
    (status, server.take().iter().map(signed_at).collect())
}

/// What a fresh client, whose clock shows `NOW`, is answered by a server that always answers so.
async fn answered(answer: String) -> (u16, Vec<UnixTime>) {
    let server = Recorder::start(&answer).await;
    get(&correcting(&Clock::at(NOW), &ClockCorrection::default()), &server).await
}

#[actix_web::test]
async fn a_request_that_a_wrong_clock_signed_is_signed_again_by_the_servers() {
    for theirs in [NOW.plus(secs(600)), NOW.minus(secs(600))] {
        let (ours, server) = (Clock::at(NOW), strict(&Clock::at(theirs)).await);
        let client = correcting(&ours, &ClockCorrection::default());
        let answer = client.post(server.url("/orders?page=2")).body("{}").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let [first, second] = &server.take()[..] else { panic!("not two requests") };
        for (raw, time) in [(first, NOW), (second, theirs)] {
            assert_eq!(covered(raw, time), "(request-target) host date digest");
            assert_eq!(
                (raw.method.as_str(), raw.target.as_str(), &raw.body[..]),
                ("POST", "/orders?page=2", &b"{}"[..])
            );
        }
    }
}

#[actix_web::test]
async fn nothing_is_corrected_unless_it_is_asked_for() {
    let (ours, server) = (Clock::at(NOW), strict(&Clock::at(NOW.plus(secs(600)))).await);
    assert_eq!(get(&client(signing(&ours)), &server).await, (401, vec![NOW]));
}

#[actix_web::test]
async fn a_difference_of_the_skew_or_of_more_than_an_hour_teaches_nothing() {
    for (difference, learned) in [(0, false), (30, false), (31, true), (3600, true), (3601, false)] {
        for theirs in [NOW.plus(secs(difference)), NOW.minus(secs(difference))] {
            let signed = if learned { vec![NOW, theirs] } else { vec![NOW] };
            assert_eq!(answered(dated(REFUSED, theirs)).await, (401, signed), "{difference}");
        }
    }
    let (ours, server) = (Clock::at(NOW), Recorder::start(&dated(REFUSED, NOW.plus(secs(301)))).await);
    for (skew, requests) in [(300, 2), (301, 1)] {
        let client = correcting(&ours, &ClockCorrection::beyond(secs(skew)));
        assert_eq!(get(&client, &server).await.1.len(), requests, "{skew}");
    }
}

#[actix_web::test]
async fn what_was_learned_is_used_by_the_next_request_and_by_every_clone() {
    let (ours, theirs) = (Clock::at(NOW), NOW.plus(secs(600)));
    let server = strict(&Clock::at(theirs)).await;
    let correction = ClockCorrection::default();
    let signing = signing(&ours).correcting_the_clock(correction.clone());
    let first = client(signing.clone());
    assert_eq!(get(&first, &server).await, (200, vec![NOW, theirs]));
    for client in [first.clone(), first, client(signing), correcting(&ours, &correction)] {
        assert_eq!(get(&client, &server).await, (200, vec![theirs]));
    }
    let apart = correcting(&ours, &ClockCorrection::default());
    assert_eq!(get(&apart, &server).await, (200, vec![NOW, theirs]));
}

#[actix_web::test]
async fn requests_at_the_same_time_are_all_corrected() {
    let (ours, server) = (Clock::at(NOW), strict(&Clock::at(NOW.plus(secs(600)))).await);
    let client = correcting(&ours, &ClockCorrection::default());
    let answers = join_all((0..8).map(|_| client.get(server.url("/")).send())).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap().status() == 200));
    assert!(server.take().len() <= 16);
    assert_eq!(get(&client, &server).await, (200, vec![NOW.plus(secs(600))]));
}

#[actix_web::test]
async fn what_was_learned_is_over_after_an_hour_and_when_the_clock_steps_back() {
    for (passed, holds) in [(0, true), (3599, true), (3600, false), (-1, false)] {
        let (ours, theirs) = (Clock::at(NOW), Clock::at(NOW.plus(secs(600))));
        let server = strict(&theirs).await;
        let client = correcting(&ours, &ClockCorrection::default());
        get(&client, &server).await;
        let later = UnixTime::from_secs(NOW.as_secs().checked_add_signed(passed).unwrap());
        ours.set(later);
        theirs.set(later.plus(secs(600)));
        let signed = if holds { vec![theirs.now()] } else { vec![later, theirs.now()] };
        assert_eq!(get(&client, &server).await, (200, signed), "{passed}");
    }
}

#[actix_web::test]
async fn what_was_forgotten_is_learned_anew() {
    let (ours, theirs) = (Clock::at(NOW), NOW.minus(secs(600)));
    let server = strict(&Clock::at(theirs)).await;
    let correction = ClockCorrection::default();
    let client = correcting(&ours, &correction);
    get(&client, &server).await;
    correction.forget();
    assert_eq!(get(&client, &server).await, (200, vec![NOW, theirs]));
    assert_eq!(get(&client, &server).await, (200, vec![theirs]));
}

#[actix_web::test]
async fn what_one_origin_shows_is_not_held_against_another() {
    let (ours, theirs) = (Clock::at(NOW), NOW.plus(secs(600)));
    let (wrong, right) = (strict(&Clock::at(theirs)).await, strict(&Clock::at(NOW)).await);
    let client = correcting(&ours, &ClockCorrection::default());
    assert_eq!(get(&client, &wrong).await, (200, vec![NOW, theirs]));
    assert_eq!(get(&client, &right).await, (200, vec![NOW]));
    assert_eq!(get(&client, &wrong).await, (200, vec![theirs]));
}

#[actix_web::test]
async fn a_correction_that_is_wrong_by_now_is_corrected() {
    let (ours, theirs) = (Clock::at(NOW), Clock::at(NOW.plus(secs(600))));
    let server = strict(&theirs).await;
    let client = correcting(&ours, &ClockCorrection::default());
    let mut signed = NOW;
    for time in [NOW.plus(secs(600)), NOW.minus(secs(3000)), NOW, NOW.plus(secs(3600))] {
        theirs.set(time);
        assert_eq!(get(&client, &server).await, (200, vec![signed, time]));
        signed = time;
    }
    // More than an hour is not learned, and what was before is left.
    theirs.set(NOW.plus(secs(3700)));
    assert_eq!(get(&client, &server).await, (401, vec![signed]));
    theirs.set(signed);
    assert_eq!(get(&client, &server).await, (200, vec![signed]));
}

#[actix_web::test]
async fn a_call_is_signed_again_once_whatever_the_server_shows_then() {
    // There is always something else to learn.
    let script = |_: &Raw, before: usize| {
        let time = if before.is_multiple_of(2) { NOW.plus(secs(600)) } else { NOW.minus(secs(600)) };
        (before < 9).then(|| format!("{}\r\nX-Number: {before}", dated(REFUSED, time)))
    };
    let (ours, server) = (Clock::at(NOW), Recorder::answering(script).await);
    let client = correcting(&ours, &ClockCorrection::default());
    let answer = client.get(server.url("/")).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["x-number"].as_bytes()), (401, &b"1"[..]));
    assert_eq!(server.take().iter().map(signed_at).collect::<Vec<_>>(), [NOW, NOW.plus(secs(600))]);

    // What the last answer showed was not learned.
    let answer = client.get(server.url("/")).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["x-number"].as_bytes()), (401, &b"2"[..]));
    assert_eq!(server.take().iter().map(signed_at).collect::<Vec<_>>(), [NOW.plus(secs(600))]);
}

#[actix_web::test]
async fn an_answer_without_one_fresh_date_teaches_nothing() {
    let date = NOW.plus(secs(600)).to_http_date();
    for fields in [
        String::new(),
        "\r\nDate: ".to_owned(),
        "\r\nDate: 784112377".to_owned(),
        format!("\r\nDate: {date}, {date}"),
        format!("\r\nDate: {date}\r\nDate: {date}"),
        format!("\r\nDate: {date}\r\nDate: {}", NOW.to_http_date()),
        format!("\r\nDate: {date}\r\nAge: 0"),
        format!("\r\nDate: {date}\r\nAge: 600"),
    ] {
        assert_eq!(answered(format!("{REFUSED}{fields}")).await, (401, vec![NOW]), "{fields}");
    }
    assert_eq!(answered(format!("{REFUSED}\r\nDate: {date}")).await.1.len(), 2);
}

#[actix_web::test]
async fn no_status_but_401_teaches_anything() {
    for status in [200, 400, 403, 404, 407, 429, 500, 503] {
        let ours = Clock::at(NOW);
        let theirs = NOW.plus(secs(600));
        let server = Recorder::start(&dated(&format!("HTTP/1.1 {status} Status"), theirs)).await;
        let client = correcting(&ours, &ClockCorrection::default());
        for _ in 0..2 {
            assert_eq!(get(&client, &server).await, (status, vec![NOW]));
        }
    }
}

#[actix_web::test]
async fn a_request_that_was_not_signed_teaches_nothing() {
    let (ours, theirs) = (Clock::at(NOW), NOW.plus(secs(600)));
    let server = Recorder::start(&dated(REFUSED, theirs)).await;
    let correction = ClockCorrection::default();
    let clock = ours.clone();
    let keys = Keychain::new().with("https://api.example".parse().unwrap(), signer("alice")).others_unsigned();
    let unsigned = Signing::new(keys).clock(move || clock.now()).correcting_the_clock(correction.clone());
    let answer = client(unsigned).get(server.url("/")).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let [raw] = &server.take()[..] else { panic!("not one request") };
    assert!(raw.fields.iter().all(|(name, _)| !["date", "signature"].contains(&name.as_str())));

    assert_eq!(get(&correcting(&ours, &correction), &server).await, (401, vec![NOW, theirs]));
}

#[actix_web::test]
async fn an_answer_behind_a_redirect_teaches_nothing() {
    let (ours, theirs) = (Clock::at(NOW), NOW.plus(secs(600)));
    for elsewhere in [false, true] {
        let last = Recorder::start(&dated(REFUSED, theirs)).await;
        let target = if elsewhere { last.url("/new") } else { "/new".to_owned() };
        let first = Recorder::answering(move |request, _| {
            let moved = format!("HTTP/1.1 307 Moved\r\nLocation: {target}");
            Some(dated(if request.target == "/old" { &moved } else { REFUSED }, theirs))
        })
        .await;
        let last = if elsewhere { &last } else { &first };
        let redirects = Redirects::default().allowing(first.url("").parse().unwrap(), last.url("").parse().unwrap());
        let correction = ClockCorrection::default();
        let client = client(signing(&ours).following(redirects).correcting_the_clock(correction));

        let answer = client.get(first.url("/old")).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.url().as_str()), (401, last.url("/new").as_str()));
        let mut seen = first.take();
        if elsewhere {
            seen.extend(last.take());
        }
        let seen: Vec<_> = seen.iter().map(|raw| (raw.target.as_str(), signed_at(raw))).collect();
        assert_eq!(seen, [("/old", NOW), ("/new", NOW)]);

        // The same answer without a redirect does.
        assert_eq!(get(&client, last).await, (401, vec![NOW, theirs]));
    }
}

#[actix_web::test]
async fn what_was_learned_before_is_used_behind_a_redirect() {
    let (ours, theirs) = (Clock::at(NOW), NOW.plus(secs(600)));
    let server = Recorder::answering(move |request, _| {
        let off = signed_at(request) != theirs;
        let moved = "HTTP/1.1 303 See Other\r\nLocation: /new";
        Some(dated(
            if off {
                REFUSED
            } else if request.target == "/old" {
                moved
            } else {
                OK
            },
            theirs,
        ))
    })
    .await;
    let client = correcting(&ours, &ClockCorrection::default());
    let answer = client.post(server.url("/old")).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let seen = server.take();
    let seen: Vec<_> = seen.iter().map(|raw| (&raw.method[..], &raw.target[..], signed_at(raw))).collect();
    assert_eq!(seen, [("POST", "/old", NOW), ("POST", "/old", theirs), ("GET", "/new", theirs)]);
}

#[actix_web::test]
async fn a_stream_is_sent_once_and_its_answer_teaches_nothing() {
    let (ours, theirs) = (Clock::at(NOW), NOW.plus(secs(600)));
    let server = strict(&Clock::at(theirs)).await;
    let client = correcting(&ours, &ClockCorrection::default());
    let digest = countersign::digest_field(countersign::DigestAlgorithm::Sha256, b"streamed");
    let stream = Body::wrap(Body::from("streamed"));
    let answer = client.post(server.url("/")).header("Digest", digest).body(stream).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let [raw] = &server.take()[..] else { panic!("not one request") };
    assert_eq!((signed_at(raw), &raw.body[..]), (NOW, &b"streamed"[..]));
    assert_eq!(get(&client, &server).await, (200, vec![NOW, theirs]));
}

#[actix_web::test]
async fn over_plain_http_only_this_machine_is_believed() {
    let (ours, theirs) = (Clock::at(NOW), NOW.plus(secs(600)));
    let server = strict(&Clock::at(theirs)).await;
    for (host, believed) in [("api.example", false), ("localhost.api.example", false), ("localhost", true)] {
        let signing = signing(&ours).correcting_the_clock(ClockCorrection::default());
        let http = Client::builder().no_proxy().resolve(host, server.addr);
        let client = SigningClientBuilder::new(signing).reqwest(http).build().unwrap();
        let url = format!("http://{host}:{}/", server.addr.port());
        let status = client.get(url).send().await.unwrap().status().as_u16();
        let seen = server.take();
        assert_eq!(seen[0].value("host"), format!("{host}:{}", server.addr.port()));
        let signed: Vec<_> = seen.iter().map(signed_at).collect();
        let expected = if believed { (200, vec![NOW, theirs]) } else { (401, vec![NOW]) };
        assert_eq!((status, signed), expected, "{host}");
    }
}

#[actix_web::test]
async fn what_is_learned_is_an_event_with_its_origin_and_its_seconds_and_no_url() {
    for (theirs, seconds) in [(NOW.plus(secs(600)), "600"), (NOW.minus(secs(600)), "-600")] {
        let (ours, server) = (Clock::at(NOW), strict(&Clock::at(theirs)).await);
        let (events, _guard) = Events::capture();
        let client = correcting(&ours, &ClockCorrection::default());
        for _ in 0..2 {
            let url = format!("http://user:password@{}/secret?token=secret#secret", server.addr);
            assert_eq!(client.get(url).send().await.unwrap().status(), 200);
        }
        let message = "this machine's clock is wrong by what the server shows; signing again";
        let origin = format!("http://{}", server.addr);
        let expected = [("message", message), ("origin", &origin), ("seconds", seconds)];
        let expected: BTreeMap<_, _> = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(events.take_client(), [expected]);
    }
}

#[actix_web::test]
async fn what_teaches_nothing_leaves_no_event() {
    let (events, _guard) = Events::capture();
    answered(dated(REFUSED, NOW)).await;
    answered(dated(REFUSED, NOW.plus(secs(3601)))).await;
    answered(dated(OK, NOW.plus(secs(600)))).await;
    assert!(events.take_client().is_empty());
}

#[actix_web::test]
async fn our_server_refuses_a_wrong_clock_and_accepts_it_corrected() {
    let server = Server::start(|app| {
        let guard = SignatureGuard::new(SignatureConfig::new(alices_keys()));
        app.service(web::scope("").wrap(guard).default_service(web::to(async || "welcome")));
    });
    for fast in [false, true] {
        let wrong = move || if fast { now().plus(secs(600)) } else { now().minus(secs(600)) };
        let signing = Signing::new(signer("alice")).clock(wrong);
        let corrected = client(signing.clone().correcting_the_clock(ClockCorrection::default()));
        for (client, status) in [(client(signing), 401), (corrected.clone(), 200), (corrected, 200)] {
            let answer = client.post(server.url("/orders?page=2")).body("{}").send().await.unwrap();
            assert_eq!(answer.status(), status, "{fast}");
        }
    }
}
