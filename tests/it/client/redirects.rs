//! Redirects, followed above the signature: what comes over the socket at each hop, and where that is what reqwest itself does.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, rt::System, web};
use countersign::{DigestAlgorithm, digest_field};
use countersign_actix::{Caller, SignatureConfig, SignatureGuard};
use countersign_reqwest::{ClientError, Redirects, Signing, SigningClientBuilder, client};
use proptest::{collection::vec, option, prelude::*, sample::select};
use reqwest::{Body, Method, Url};
use reqwest_middleware::ClientWithMiddleware;

use super::{NOW, OK, covered};
use crate::{
    support::{Server, alices_keys, millis, now, secs, signer},
    wire::{Raw, Recorder},
};

/// A server that answers so, in turn, and then well.
async fn chain(hops: &'static [(u16, &'static str)]) -> Recorder {
    Recorder::answering(move |_, before| {
        let hop = hops.get(before);
        Some(hop.map_or(OK.to_owned(), |(status, to)| format!("HTTP/1.1 {status} Moved\r\nLocation: {to}")))
    })
    .await
}

fn ours() -> ClientWithMiddleware {
    client(signer("alice")).unwrap()
}

fn lines(requests: &[Raw]) -> Vec<String> {
    let body = |raw: &Raw| String::from_utf8(raw.body.clone()).unwrap();
    requests.iter().map(|raw| format!("{} {} {}", raw.method, raw.target, body(raw))).collect()
}

fn has(raw: &Raw, name: &str) -> bool {
    raw.fields.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
}

fn client_error(error: reqwest_middleware::Error) -> ClientError {
    let reqwest_middleware::Error::Middleware(error) = error else { panic!("{error}") };
    error.downcast().unwrap()
}

#[actix_web::test]
async fn each_hop_within_the_origin_is_signed_anew_at_its_own_time() {
    let server = chain(&[(307, "/1?x=1"), (308, "dir/2"), (307, "../3"), (303, "?page=4"), (302, "#end")]).await;
    let ticks = Arc::new(AtomicUsize::new(0));
    let clock = Arc::clone(&ticks);
    let at = |tick: usize| NOW.plus(secs(3600 * u64::try_from(tick).unwrap()));
    let signing = Signing::new(signer("alice")).clock(move || at(clock.fetch_add(1, Ordering::SeqCst)));
    let client = SigningClientBuilder::new(signing).build().unwrap();
    let response = client.post(server.url("/0")).body("{}").send().await.unwrap();

    assert_eq!((response.status().as_u16(), response.url().as_str()), (200, server.url("/3?page=4").as_str()));
    let requests = server.take();
    assert_eq!(
        lines(&requests),
        ["POST /0 {}", "POST /1?x=1 {}", "POST /dir/2 {}", "POST /3 {}", "GET /3?page=4 ", "GET /3?page=4 "]
    );
    for (tick, raw) in requests.iter().enumerate() {
        let digest = if raw.method == "POST" { " digest" } else { "" };
        assert_eq!(covered(raw, at(tick)), format!("(request-target) host date{digest}"));
        assert_eq!(raw.value("date"), at(tick).to_http_date());
        assert_eq!(has(raw, "digest"), raw.method == "POST");
    }
    assert_eq!(ticks.load(Ordering::SeqCst), 6);
}

#[actix_web::test]
async fn a_digest_that_was_given_goes_with_the_body_and_comes_with_it() {
    for (status, kept) in [(303, false), (307, true)] {
        let server = Recorder::answering(move |_, before| {
            Some(if before == 0 { format!("HTTP/1.1 {status} Moved\r\nLocation: /new") } else { OK.to_owned() })
        })
        .await;
        let digest = digest_field(DigestAlgorithm::Sha512, b"{}");
        let request = ours().put(server.url("/")).header("Digest", &digest).header("Content-Type", "text/plain");
        request.body("{}").send().await.unwrap();
        let [_, next] = &server.take()[..] else { panic!("not followed") };
        assert_eq!([has(next, "digest"), has(next, "content-type"), has(next, "content-length")], [kept; 3]);
        let rest = if kept { " digest content-type" } else { "" };
        assert_eq!(covered(next, now()), format!("(request-target) host date{rest}"));
        assert!(!kept || next.value("digest") == digest);
    }
}

#[actix_web::test]
async fn a_host_that_the_caller_sets_is_signed_at_each_hop() {
    let server = chain(&[(302, "/1"), (307, "/2")]).await;
    ours().get(server.url("/0")).header("Host", "public.example").send().await.unwrap();
    let requests = server.take();
    assert_eq!(lines(&requests), ["GET /0 ", "GET /1 ", "GET /2 "]);
    for raw in &requests {
        assert_eq!(raw.value("host"), "public.example");
        assert_eq!(covered(raw, now()), "(request-target) host date");
    }
}

#[actix_web::test]
async fn a_loop_ends_with_the_request_after_the_last_redirect_that_is_followed() {
    let server = Recorder::start("HTTP/1.1 302 Found\r\nLocation: /loop").await;
    for (redirects, limit) in [(None, 10), (Some(Redirects::limited(0)), 0), (Some(Redirects::limited(1)), 1)] {
        let signing = Signing::new(signer("alice"));
        let signing = match redirects {
            Some(redirects) => signing.following(redirects),
            None => signing,
        };
        let client = SigningClientBuilder::new(signing).build().unwrap();
        let error = client_error(client.get(server.url("/loop")).send().await.unwrap_err());
        assert!(matches!(error, ClientError::TooManyRedirects(most) if most == limit), "{error:?}");
        assert_eq!(error.to_string(), format!("more than {limit} redirects"));
        let requests = server.take();
        assert_eq!(requests.len(), limit + 1);
        for raw in &requests {
            assert_eq!(covered(raw, now()), "(request-target) host date");
        }
    }
    let none = Signing::new(signer("alice")).following(Redirects::none());
    let response = SigningClientBuilder::new(none).build().unwrap().get(server.url("/loop")).send().await.unwrap();
    assert_eq!((response.status().as_u16(), server.take().len()), (302, 1));
}

#[actix_web::test]
async fn a_stream_is_not_sent_twice_and_the_redirect_that_wants_it_is_the_answer() {
    let stream = || Body::wrap(Body::from("streamed"));
    let digest = || digest_field(DigestAlgorithm::Sha256, b"streamed");
    for (hops, answer, expected) in [
        (&[(307, "/new")], 307, &["POST / streamed"][..]),
        (&[(308, "/new")], 308, &["POST / streamed"]),
        (&[(303, "/new")], 200, &["POST / streamed", "GET /new "]),
        (&[(302, "/new")], 200, &["POST / streamed", "GET /new "]),
    ] {
        let server = chain(hops).await;
        let request = ours().post(server.url("/")).header("Digest", digest()).body(stream());
        assert_eq!(request.send().await.unwrap().status().as_u16(), answer);
        let requests = server.take();
        assert_eq!(lines(&requests), expected);
        for raw in &requests {
            assert!(covered(raw, now()).starts_with("(request-target) host date"));
        }
    }
    let server = chain(&[(307, "/new")]).await;
    let collecting = Signing::new(signer("alice")).collecting_streams(8);
    let client = SigningClientBuilder::new(collecting).build().unwrap();
    assert_eq!(client.post(server.url("/")).body(stream()).send().await.unwrap().status(), 200);
    let requests = server.take();
    assert_eq!(lines(&requests), ["POST / streamed", "POST /new streamed"]);
    for raw in &requests {
        assert_eq!(covered(raw, now()), "(request-target) host date digest");
    }
}

#[actix_web::test]
async fn the_time_limit_of_a_request_holds_for_all_of_its_hops_together() {
    async fn slow(request: HttpRequest) -> HttpResponse {
        tokio::time::sleep(millis(120)).await;
        match request.path() {
            "/first" => HttpResponse::TemporaryRedirect().insert_header(("Location", "/second")).finish(),
            _ => HttpResponse::Ok().finish(),
        }
    }
    let server = Server::start(|app| {
        app.default_service(web::to(slow));
    });
    let send = async |limit| ours().get(server.url("/first")).timeout(limit).send().await;
    assert_eq!(send(secs(10)).await.unwrap().url().path(), "/second");
    let error = send(millis(200)).await.unwrap_err();
    assert!(matches!(&error, reqwest_middleware::Error::Reqwest(error) if error.is_timeout()), "{error:?}");
}

#[actix_web::test]
async fn our_server_accepts_each_hop_of_a_signed_post() {
    async fn moved(_: Caller<&'static str>, status: web::Path<u16>) -> HttpResponse {
        let status = StatusCode::from_u16(*status).unwrap();
        HttpResponse::build(status).insert_header(("Location", "/orders?page=2")).finish()
    }
    async fn orders(caller: Caller<&'static str>, request: HttpRequest, body: web::Bytes) -> String {
        format!("{} {} {} {}", *caller, request.method(), request.uri(), body.len())
    }
    let config = SignatureConfig::new(alices_keys());
    let server = Server::start(move |app| {
        let guarded = web::scope("").wrap(SignatureGuard::new(config.clone()));
        app.service(guarded.route("/moved/{status}", web::post().to(moved)).route("/orders", web::to(orders)));
    });
    for (status, expected) in [
        (301, "Alice GET /orders?page=2 0"),
        (302, "Alice GET /orders?page=2 0"),
        (303, "Alice GET /orders?page=2 0"),
        (307, "Alice POST /orders?page=2 2"),
        (308, "Alice POST /orders?page=2 2"),
    ] {
        let response = ours().post(server.url(&format!("/moved/{status}"))).body("{}").send().await.unwrap();
        assert_eq!(response.url().as_str(), server.url("/orders?page=2"));
        assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (200, expected));
    }
}

#[actix_web::test]
async fn behind_a_stranger_nothing_is_signed_not_even_at_home() {
    // It sends the client back to where it came from.
    let stranger =
        Recorder::answering(|raw, _| Some(format!("HTTP/1.1 302 Found\r\nLocation: {}home", raw.value("referer"))))
            .await;
    let away = stranger.url("/away");
    let server = Recorder::answering(move |raw, _| {
        Some(if raw.target == "/old" { format!("HTTP/1.1 302 Found\r\nLocation: {away}") } else { OK.to_owned() })
    })
    .await;
    let response = ours().get(server.url("/old")).bearer_auth("token").send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.url().as_str()), (200, server.url("/home").as_str()));
    let (away, requests) = (stranger.take(), server.take());
    assert_eq!(lines(&away), ["GET /away "]);
    assert_eq!(lines(&requests), ["GET /old ", "GET /home "]);
    assert_eq!(covered(&requests[0], now()), "(request-target) host date");
    for raw in [&away[0], &requests[1]] {
        assert!(!["signature", "date", "authorization"].iter().any(|name| has(raw, name)), "{raw:?}");
    }
}

/// What a redirect can point at the next step with, and `n`, which points at nothing.
const FORMS: &str = "parsquidfn";

/// A server whose targets say how it answers: steps behind each other, each a status and the form of its `Location`. What is left of them is
/// where that leads to.
async fn scripted() -> Recorder {
    Recorder::answering(|raw, _| {
        let steps = raw.target.rsplit(['/', '?']).next().unwrap();
        let Some((step, rest)) = steps.split_once('.') else { return Some(format!("HTTP/1.1 {steps} Last")) };
        let (status, form) = step.split_at(3);
        let host = raw.value("host");
        let location = match form {
            "p" => format!("/{rest}"),
            "a" => format!("http://{host}/{rest}"),
            "r" => rest.to_owned(),
            "s" => format!("//{host}/{rest}"),
            "q" => format!("?{rest}"),
            "u" => format!("HTTP://{host}/{rest}"),
            "i" => format!("http://eve:secret@{host}/{rest}"),
            "d" => format!("./a/b/../{rest}"),
            "f" => format!("/{rest}#fragment"),
            _ => return Some(format!("HTTP/1.1 {status} Nowhere")),
        };
        Some(format!("HTTP/1.1 {status} Moved\r\nLocation: {location}"))
    })
    .await
}

/// What a client sent, without what signing adds, and what it has in the end, without the user in a `Location`, which reqwest keeps.
async fn followed(
    server: &Recorder,
    client: &ClientWithMiddleware,
    (method, target, body): (&Method, &str, Option<&'static str>),
) -> (Vec<(String, Vec<String>)>, Option<(u16, Url)>) {
    let request = client.request(method.clone(), server.url(target)).header("Cookie", "a=b").header("X-Own", "1");
    let request = match body {
        Some(body) => request.body(body),
        None => request,
    };
    let response = request.send().await;
    let last = response.ok().map(|response| {
        let mut url = response.url().clone();
        url.set_username("").and_then(|()| url.set_password(None)).unwrap();
        (response.status().as_u16(), url)
    });
    let fields = |raw: &Raw| {
        let text = |(name, value): &(String, Vec<u8>)| format!("{name}: {}", String::from_utf8_lossy(value));
        let mut fields: Vec<_> = raw.fields.iter().map(text).collect();
        fields.retain(|field| !["signature: ", "date: ", "digest: "].iter().any(|made| field.starts_with(made)));
        fields.sort_unstable();
        fields
    };
    let requests = server.take();
    (lines(&requests).into_iter().zip(requests.iter().map(fields)).collect(), last)
}

#[test]
fn within_an_origin_the_client_sends_what_reqwest_sends_by_itself() {
    let system = System::new();
    let server = system.block_on(scripted());
    let (plain, ours) = (reqwest_middleware::ClientBuilder::new(reqwest::Client::new()).build(), ours());
    let same = |method: &Method, target: &str, body: Option<&'static str>| {
        system.block_on(async {
            let request = (method, target, body);
            let expected = followed(&server, &plain, request).await;
            assert_eq!(followed(&server, &ours, request).await, expected, "{request:?}");
            expected
        })
    };
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map(|name| name.parse().unwrap());
    let forms: Vec<_> = FORMS.chars().collect();
    let step = (select(vec![301, 302, 303, 307, 308, 300, 304, 305]), select(forms));
    let chains = (
        select(methods.to_vec()),
        option::of(select(vec!["", "{}"])),
        vec(step, 0..5),
        select(vec![200, 204, 404, 503]),
    );
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 96,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let compared = runner.run(&chains, |(method, body, steps, last)| {
        let mut steps: Vec<_> = steps.iter().map(|(status, form)| format!("{status}{form}")).collect();
        steps.push(last.to_string());
        same(&method, &format!("/{}", steps.join(".")), body);
        Ok(())
    });
    compared.unwrap();

    // The most that is followed, and one more, which is an error on both sides and sends nothing more.
    for (redirects, requests, status) in [(10, 11, Some(200)), (11, 11, None)] {
        let (sent, last) = same(&Method::GET, &format!("/{}200", "302p.".repeat(redirects)), None);
        assert_eq!((sent.len(), last.map(|(status, _)| status)), (requests, status));
    }
}

#[actix_web::test]
async fn to_another_origin_reqwest_goes_with_the_body_and_fields_of_the_callers_and_we_do_not() {
    let plain = reqwest_middleware::ClientBuilder::new(reqwest::Client::new()).build();
    let stranger = Recorder::start(OK).await;
    for (status, method, body, follows) in [
        (302, Method::GET, None, true),
        (307, Method::GET, None, true),
        (303, Method::POST, Some("{}"), true),
        (307, Method::GET, Some("{}"), false),
        (307, Method::POST, Some("{}"), false),
        (308, Method::DELETE, None, false),
        (302, Method::PUT, Some("{}"), false),
    ] {
        let to = stranger.url("/new");
        let server = Recorder::answering(move |_, _| Some(format!("HTTP/1.1 {status} Moved\r\nLocation: {to}"))).await;
        let request = (&method, "/old", body);
        let (_, theirs) = followed(&server, &plain, request).await;
        let [raw] = &stranger.take()[..] else { panic!("one request") };
        assert_eq!((theirs.unwrap().0, has(raw, "x-own")), (200, true));

        let (_, last) = followed(&server, &ours(), request).await;
        let requests = stranger.take();
        assert_eq!((last.unwrap().0, requests.len()), if follows { (200, 1) } else { (status, 0) });
        let names = requests.iter().flat_map(|raw| raw.fields.iter().map(|(name, _)| name.as_str()));
        assert!(names.into_iter().all(|name| ["accept", "host", "referer"].contains(&name)));
    }
}

#[actix_web::test]
async fn to_what_is_not_http_reqwest_fails_and_we_give_the_redirect() {
    let plain = reqwest_middleware::ClientBuilder::new(reqwest::Client::new()).build();
    for to in ["mailto:alice@api.example", "ftp://api.example/", "data:,x"] {
        let server = Recorder::answering(move |_, _| Some(format!("HTTP/1.1 302 Found\r\nLocation: {to}"))).await;
        let request = (&Method::GET, "/old", None);
        let (requests, theirs) = followed(&server, &plain, request).await;
        let (ours, last) = followed(&server, &ours(), request).await;
        assert_eq!((requests.len(), ours.len()), (1, 1), "{to}");
        assert_eq!((theirs, last.unwrap().0), (None, 302), "{to}");
    }
}
