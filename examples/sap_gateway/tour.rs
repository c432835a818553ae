//! What is sent on, and what is refused.

use std::sync::Arc;

use actix_web::web::Data;
use reqwest::{Request, Response, header::HeaderValue};

use super::{
    PARTNER_KEY, PASSWORD, USER,
    gateway::{CORRELATION, Gateway, config, routes},
    partner::Source,
    secrets::{KeyValueMaps, SecretText},
    target::{self, Target},
};
use crate::{
    serving::Running,
    tour::{Failure, Rows, shown},
};

const BODY: &str = "{\"events\":[{\"type\":\"accountLoggedIn\",\"id\":\"e1\"}]}";

/// The secrets of the tour.
#[must_use]
pub fn secrets() -> Arc<KeyValueMaps> {
    let maps = KeyValueMaps::default();
    for (map, name, text) in
        [("SourceSystem", "partner", PARTNER_KEY), ("CPI", "username", USER), ("CPI", "password", PASSWORD)]
    {
        maps.keep(map, name, SecretText::new(text));
    }
    Arc::new(maps)
}

/// The status, the word for what became of the message, and the text of an answer.
///
/// # Errors
/// When it does not come to its end.
pub async fn answered(response: Response) -> reqwest::Result<String> {
    let log = response.headers().get(CORRELATION).map(|log| String::from_utf8_lossy(log.as_bytes()).into_owned());
    let text = shown(response).await?;
    Ok(log.map_or_else(|| text.clone(), |log| format!("{text}, {log}")))
}

/// Starts the target and the gateway in front of it, and sends messages.
///
/// # Errors
/// When a call cannot be made. An answer that is not as expected is none.
pub async fn run() -> Result<Rows, Failure> {
    let (system, secrets) = (Data::new(Target::default()), secrets());
    let behind = Running::start(target::routes(system.clone()))?;
    let gateway = Data::new(Gateway::new(Arc::clone(&secrets), &behind.url("/flow"))?);
    let server = Running::start(routes(config(&secrets)?, gateway))?;
    let (url, source) = (&server.url("/webhook"), Source::new(PARTNER_KEY)?);
    let mut rows = Rows::default();
    let call = async |request: Request| -> Result<String, Failure> {
        Ok(answered(source.http.execute(request).await?).await?)
    };
    let message = || source.message(url, BODY);

    println!("The gateway's secrets: {secrets:?}\n");
    rows.add("a signed message is sent on", "200 processed, log-1", call(message()?).await?);
    let arrived = system.take();
    let same = arrived.iter().filter(|arrival| *arrival.body == *BODY.as_bytes()).count();
    rows.add("what arrived there, to the byte", "1 message", format!("{same} message"));

    let mut changed = message()?;
    *changed.body_mut() = Some(BODY.replace("e1", "e2").into());
    let mut unsigned = message()?;
    unsigned.headers_mut().remove("x-gigya-sig-hmac-sha1");
    let mut no_hash = message()?;
    no_hash.headers_mut().insert("x-gigya-sig-hmac-sha1", HeaderValue::from_static("no hash at all"));
    let other = Source::new("YW5vdGhlciBrZXkgdGhhbiB0aGUgcGFydG5lcidz")?.message(url, BODY)?;
    for (done, request) in [
        ("another event id", changed),
        ("no hash", unsigned),
        ("a hash that is none", no_hash),
        ("signed with another key", other),
    ] {
        rows.add(done, "401", call(request).await?);
    }
    rows.add("what of these arrived there", "0 messages", format!("{} messages", system.take().len()));

    system.answer_with(422);
    rows.add("the target's own refusal is passed back", "422, log-1", call(message()?).await?);
    system.answer_with(200);
    secrets.keep("CPI", "password", SecretText::new("a password of yesterday"));
    rows.add("our password is wrong there: no fault of the partner's", "502", call(message()?).await?);
    secrets.keep("CPI", "password", SecretText::new(PASSWORD));
    let _ = system.take();
    for (done, map) in [("the secret store is down", ""), ("or only for the user and the password", "CPI")] {
        secrets.set_down(Some(map));
        rows.add(done, "503", call(message()?).await?);
    }
    secrets.set_down(None);
    rows.add("what of these arrived there", "0 messages", format!("{} messages", system.take().len()));

    // A port at which nobody listens any more.
    let gone = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
    let gateway = Data::new(Gateway::new(Arc::clone(&secrets), &format!("http://{gone}/flow"))?);
    let server = Running::start(routes(config(&secrets)?, gateway))?;
    let message = source.message(&server.url("/webhook"), BODY)?;
    rows.add("the target is gone", "502", call(message).await?);
    Ok(rows)
}
