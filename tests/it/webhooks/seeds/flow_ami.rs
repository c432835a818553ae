//! Action menu items and webhooks of Flow Production Tracking.

use actix_web::web::Data;
use aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY;
use countersign_examples::flow_ami::{
    TOKEN, WEBHOOK_TOKEN,
    flow::{FORM, Flow, body},
    server::{Desk, config, routes},
    tour,
};
use form_urlencoded::{Serializer, parse};

use super::{NOW, call, hex, is_as_expected, mac, refused, telling};
use crate::{support::Server, wire::Raw};

fn serve() -> (Server, Data<Desk>) {
    let desk = Data::new(Desk::default());
    let of = |preset, token| telling(config(preset, token).unwrap());
    (Server::start(routes(of("flow-ami", TOKEN), of("flow-webhook", WEBHOOK_TOKEN), desk.clone())), desk)
}

/// What the provider's sample makes of a form: fields without a value are none, and lines are sorted whole.
fn sample_signature(form: &str) -> String {
    let pairs = parse(form.as_bytes()).filter(|(name, value)| name != "signature" && !value.is_empty());
    let mut lines: Vec<String> = pairs.map(|(name, value)| format!("{name}={value}\r\n")).collect();
    lines.sort();
    hex(&mac(HMAC_SHA1_FOR_LEGACY_USE_ONLY, TOKEN.as_bytes(), lines.concat().as_bytes()))
}

/// A form with the sample's signature, at a moment that is 1,700,000,000.
fn sampled(pairs: &[(&str, &str)]) -> String {
    let form = Serializer::new(String::new()).extend_pairs(pairs).append_pair("timestamp", TIME).finish();
    let signature = sample_signature(&form);
    format!("{form}&signature={signature}")
}

const TIME: &str = "2023-11-14T22:13:20Z";
const DONE: &str = "Version 6,9 of Demo & Co for zo\u{eb}";

fn post(form: &str) -> Raw {
    Raw::new("POST", "/action").field("Content-Type", "application/x-www-form-urlencoded").body(form.as_bytes())
}

fn event(signature: &str, body: &str) -> Raw {
    let raw = Raw::new("POST", "/events").field("X-SG-Delivery-Id", "d-1");
    raw.field("X-SG-Signature", signature).body(body.as_bytes())
}

fn event_signature(body: &str) -> String {
    hex(&mac(HMAC_SHA1_FOR_LEGACY_USE_ONLY, WEBHOOK_TOKEN.as_bytes(), body.as_bytes()))
}

#[actix_web::test]
async fn every_answer_of_the_tour_is_as_expected() {
    is_as_expected(&tour::run().await.unwrap(), 16);
}

#[actix_web::test]
async fn what_we_send_is_signed_as_the_sample_has_it() {
    let flow = Flow::new(TOKEN, WEBHOOK_TOKEN).unwrap();
    let form = body(&flow.action("http://flow.example/action", &FORM, NOW).unwrap());
    assert!(form.contains("&title=&timestamp=2023-11-14T22%3A13%3A20Z&signature="), "{form}");
    assert!(form.ends_with(&sample_signature(&form)), "{form}");
    let event = flow.event("http://flow.example/events", "d-1", "{}").unwrap();
    assert_eq!(event.headers()["x-sg-signature"], format!("sha1={}", event_signature("{}")).as_str());
}

#[actix_web::test]
async fn what_the_sample_signs_is_accepted_in_any_order_of_its_fields() {
    let (server, desk) = serve();
    assert_eq!(call(&server, &post(&sampled(&FORM))).await, (200, DONE.to_owned()));
    let mut pairs: Vec<_> = sampled(&FORM).split('&').map(str::to_owned).collect();
    pairs.reverse();
    assert_eq!(call(&server, &post(&pairs.join("&"))).await, (200, DONE.to_owned()));
    // Not the order of the names: a hyphen and a digit come before the equals sign.
    let with = [&FORM[..], &[("cols-x", "1"), ("cols2", "2")]].concat();
    assert_eq!(call(&server, &post(&sampled(&with))).await, (200, DONE.to_owned()));
    assert_eq!(desk.take(), [DONE, DONE, DONE]);
}

#[actix_web::test]
async fn a_form_that_was_changed_in_any_field_reaches_no_handler() {
    let (server, desk) = serve();
    let form = sampled(&FORM);
    let mismatch = refused("signature-mismatch");
    let pairs: Vec<_> = form.split('&').filter(|pair| !pair.starts_with("signature=")).collect();
    for pair in pairs {
        let (name, value) = pair.split_once('=').unwrap();
        let taken_out = form.replace(&format!("{pair}&"), "");
        let expected = match name {
            "timestamp" => refused("absent"),
            // It was not signed.
            "title" => (200, DONE.to_owned()),
            _ => mismatch.clone(),
        };
        assert_eq!(call(&server, &post(&taken_out)).await, expected, "{name}");
        if name != "timestamp" {
            let changed = form.replace(pair, &format!("{name}={value}x"));
            assert_eq!(call(&server, &post(&changed)).await, mismatch, "{name}");
            let renamed = form.replace(pair, &format!("x{name}={value}"));
            let expected = if name == "title" { (200, DONE.to_owned()) } else { mismatch.clone() };
            assert_eq!(call(&server, &post(&renamed)).await, expected, "{name}");
        }
    }
    assert_eq!(call(&server, &post(&form.replace("%3A20Z", "%3A21Z"))).await, mismatch);
    assert_eq!(call(&server, &post(&format!("{form}&added=1"))).await, mismatch);
    assert_eq!(call(&server, &post(&format!("{form}&added="))).await, (200, DONE.to_owned()));
    assert_eq!(desk.take(), [DONE; 3]);
}

#[actix_web::test]
async fn a_field_that_stands_there_twice_is_refused_blank_or_not_and_however_it_is_spelt() {
    let (server, desk) = serve();
    let form = sampled(&FORM);
    let signature = sample_signature(&form);
    for again in [
        "selected_ids=7",
        "selected_ids=6%2C9",
        "selected_ids=",
        "%73elected_ids=",
        "title=",
        "timestamp=",
        "timestamp=2023-11-14T22%3A13%3A20Z",
        &format!("signature={signature}"),
        "signature=",
    ] {
        for changed in [format!("{form}&{again}"), format!("{again}&{form}")] {
            assert_eq!(call(&server, &post(&changed)).await, refused("ambiguous"), "{again}");
        }
    }
    assert!(desk.take().is_empty());
}

#[actix_web::test]
async fn a_form_is_accepted_for_ten_seconds_either_way_and_no_longer() {
    for (signed_at, expected) in [
        ("2023-11-14T22:13:09Z", refused("too-old")),
        ("2023-11-14T22:13:10Z", (200, DONE.to_owned())),
        ("2023-11-14T22:13:30Z", (200, DONE.to_owned())),
        ("2023-11-14T22:13:31Z", refused("in-future")),
        ("2017-01-01T00:00:00Z", refused("too-old")),
        ("9999-12-31T23:59:59Z", refused("in-future")),
        ("1700000000", refused("malformed")),
        ("", refused("malformed")),
    ] {
        let (server, desk) = serve();
        let form = Serializer::new(String::new()).extend_pairs(FORM).append_pair("timestamp", signed_at).finish();
        let form = format!("{form}&signature={}", sample_signature(&form));
        let reached = usize::from(expected.0 == 200);
        assert_eq!(call(&server, &post(&form)).await, expected, "{signed_at}");
        assert_eq!(desk.take().len(), reached, "{signed_at}");
    }
}

#[actix_web::test]
async fn what_is_no_signed_form_reaches_no_handler() {
    let (server, desk) = serve();
    let form = sampled(&FORM);
    let signature = sample_signature(&form);
    let multipart = post(&form).replacing("Content-Type", "multipart/form-data; boundary=b");
    let unsigned = post(form.split("&signature").next().unwrap());
    let in_query = Raw::new("POST", &format!("/action?{form}")).body(b"");
    for (raw, cause) in [
        (unsigned, "no-signature"),
        (in_query, "no-signature"),
        (post(""), "no-signature"),
        (multipart, "no-signature"),
        (post(&form.replace(&signature, "")), "malformed"),
        (post(&form.replace(&signature, "0")), "malformed"),
        (post(&form.replace(&signature, &signature[..38])), "signature-mismatch"),
        (post(&form.replace(&signature, &format!("sha1%3D{signature}"))), "malformed"),
    ] {
        assert_eq!(call(&server, &raw).await, refused(cause), "{raw:?}");
    }
    assert!(desk.take().is_empty());
}

#[actix_web::test]
async fn an_event_shows_its_delivery_and_any_other_body_is_refused() {
    let (server, desk) = serve();
    let (signature, body) = (event_signature("{\"id\":1}"), "{\"id\":1}");
    let signed = event(&format!("sha1={signature}"), body);
    let done = (200, "8 bytes, delivery d-1".to_owned());
    assert_eq!(call(&server, &signed).await, done);
    assert_eq!(call(&server, &event(&format!("sha1={}", signature.to_uppercase()), body)).await, done);
    // Nobody signs it: whoever sends a delivery again can give it another id, or none.
    let other_id = signed.clone().replacing("X-SG-Delivery-Id", "d-2");
    assert_eq!(call(&server, &other_id).await, (200, "8 bytes, delivery d-2".to_owned()));
    let no_id = signed.clone().without("X-SG-Delivery-Id");
    assert_eq!(call(&server, &no_id).await, (200, "8 bytes, delivery none".to_owned()));
    assert_eq!(desk.take().len(), 4);
    for (raw, cause) in [
        (signed.clone().body(b"{\"id\":2}"), "signature-mismatch"),
        (signed.clone().body(b"{\"id\":1} "), "signature-mismatch"),
        (signed.clone().body(b""), "signature-mismatch"),
        (event(&signature, body), "malformed"),
        (event(&format!("sha256={signature}"), body), "malformed"),
        (event(&format!("sha1={}", "0".repeat(40)), body), "signature-mismatch"),
        (signed.clone().field("X-SG-Signature", "sha1=00"), "ambiguous"),
        (signed.clone().field("X-SG-Delivery-Id", "d-2"), "ambiguous"),
        (signed.without("X-SG-Signature"), "no-signature"),
    ] {
        assert_eq!(call(&server, &raw).await, refused(cause), "{raw:?}");
    }
    assert!(desk.take().is_empty());
}

#[actix_web::test]
async fn a_token_of_one_layout_is_none_of_the_other() {
    let events = config("flow-webhook", TOKEN).unwrap();
    let desk = Data::new(Desk::default());
    let server = Server::start(routes(telling(config("flow-ami", TOKEN).unwrap()), telling(events), desk.clone()));
    // The form, as it is sent, signed as a body; and sent where forms are not taken.
    let form = sampled(&FORM);
    let raw = event(&format!("sha1={}", sample_signature(&form)), &form);
    assert_eq!(call(&server, &raw).await, refused("signature-mismatch"));
    assert!(desk.take().is_empty());
}

#[actix_web::test]
async fn all_that_is_refused_gets_one_answer_to_the_byte() {
    let desk = Data::new(Desk::default());
    let (actions, events) = (config("flow-ami", TOKEN).unwrap(), config("flow-webhook", WEBHOOK_TOKEN).unwrap());
    let server = Server::start(routes(actions.clock(|| NOW), events, desk.clone()));
    let form = sampled(&FORM);
    let old = form.replace("2023", "2022").replace(&sample_signature(&form), "");
    let old = format!("{old}{}", sample_signature(&old));
    let mut answers = vec![post(&old).send(server.port).await];
    for changed in
        [format!("{form}&a=1"), format!("{form}&title="), "a=1".to_owned(), form.replace("signature=", "signature=x")]
    {
        answers.push(post(&changed).send(server.port).await);
    }
    assert_eq!(answers[0].status, 401);
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
    assert!(desk.take().is_empty());
}
