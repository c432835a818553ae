//! A key from its first day to its last.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, SystemTime},
};

use actix_web::web::Data;
use countersign::{KeyId, UnixTime};
use countersign_reqwest::sign_at;
use futures::future::{join, join_all};
use reqwest::{Method, Request};

use super::{
    keys::Keys,
    layout,
    receiver::{Count, config, routes},
    sender::Sender,
};
use crate::{
    serving::Running,
    tour::{Failure, Rows, client, send},
};

/// The field of the signature, for this tour.
const FIELD: &str = "x-our-signature";

/// How often the key is changed under load.
const ROTATIONS: usize = 5;

fn now() -> UnixTime {
    SystemTime::now().into()
}

/// Starts a receiver, and sends to it with one key after the other.
///
/// # Errors
/// When a call cannot be made. An answer that is not as expected is none.
pub async fn run() -> Result<Rows, Failure> {
    let webhook = layout(FIELD)?;
    let (ours, theirs) = (Keys::of_sender(webhook.clone()), Keys::of_receiver(webhook));
    let count = Data::new(Count::default());
    let server = Running::start(routes(config(&theirs), count.clone()))?;
    let (url, sender) = (server.url("/gnatta"), Sender::new(&ours)?);
    let (one, two, three): (KeyId, KeyId, KeyId) = ("key-1".parse()?, "key-2".parse()?, "key-3".parse()?);
    let mut rows = Rows::default();
    let post = async || sender.send(Method::POST, &url, "{}").await;

    ours.generate(&one, now())?;
    let unsent = post().await.unwrap_or_else(|_| "nothing is sent".to_owned());
    rows.add("a key is generated", "nothing is sent", unsent);
    let text = ours.generate(&two, now())?;
    rows.add("another one replaces it", "key-1 disposed, key-2 pending", ours.states());
    ours.activate(&two, now())?;
    rows.add("it is activated before the receiver has it", "401", post().await?);
    theirs.take_over(&two, &text, now())?;
    rows.add("the receiver has it, as pending", "200 POST of 2 bytes, key-2 pending", post().await?);
    theirs.activate(&two, now())?;
    rows.add("and activates it", "200 POST of 2 bytes, key-2 active", post().await?);
    let get = sender.send(Method::GET, &url, "").await?;
    rows.add("a GET is signed too", "200 GET of 0 bytes, key-2 active", get);

    theirs.take_over(&three, &ours.generate(&three, now())?, now())?;
    ours.activate(&three, now())?;
    rows.add("another key takes its place", "200 POST of 2 bytes, key-3 pending", post().await?);
    rows.add("and disposes of it", "key-1 disposed, key-2 disposed, key-3 active", ours.states());
    theirs.activate(&three, now())?;
    for keys in [&theirs, &ours] {
        keys.restore(&two)?;
    }
    ours.activate(&two, now())?;
    rows.add("by mistake: it is restored", "200 POST of 2 bytes, key-2 pending", post().await?);
    theirs.activate(&two, now())?;
    rows.add("so it stands with the sender", "key-1 disposed, key-2 active, key-3 disposed", ours.states());
    rows.add("and with the receiver", "key-2 active, key-3 retiring", theirs.states());

    refusals(&mut rows, &sender, &url, &count).await?;
    rows.add(
        "five times another key, under load",
        "0 refused",
        rotate_under_load(&ours, &theirs, &sender, &url).await?,
    );
    Ok(rows)
}

async fn refusals(rows: &mut Rows, sender: &Sender, url: &str, count: &Count) -> Result<(), Failure> {
    let http = client()?;
    let before = count.so_far();
    let signed = |at: UnixTime| -> Result<Request, Failure> {
        let mut request = http.post(url).body("{}").build()?;
        sign_at(&mut request, &sender.signer(at)?, at)?;
        Ok(request)
    };
    let mut other_method = signed(now())?;
    *other_method.method_mut() = Method::PUT;
    let mut other_body = signed(now())?;
    *other_body.body_mut() = Some("[]".into());
    let mut other_time = signed(now())?;
    other_time.headers_mut().insert("x-request-timestamp", "2017-01-01T15:35:00Z".parse()?);
    let mut other_field = signed(now())?;
    if let Some(value) = other_field.headers_mut().remove(FIELD) {
        other_field.headers_mut().insert("x-request-signature", value);
    }
    let old = UnixTime::from_secs(now().as_secs().saturating_sub(301));
    for (done, request) in [
        ("another method", other_method),
        ("another body", other_body),
        ("another time", other_time),
        ("the signature in another field", other_field),
        ("signed more than five minutes ago", signed(old)?),
        ("and ten minutes ahead", signed(now().plus(Duration::from_secs(600)))?),
    ] {
        rows.add(done, "401", send(&http, request).await?);
    }
    rows.add("the handler ran for these", "0 times", format!("{} times", count.so_far().saturating_sub(before)));
    Ok(())
}

/// Changes the key while eight clients send without a pause: the receiver is told first, and has both keys for a while.
///
/// # Errors
/// When a key cannot be changed.
pub async fn rotate_under_load(ours: &Keys, theirs: &Keys, sender: &Sender, url: &str) -> Result<String, Failure> {
    let (stop, sent, refused) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let load = async || {
        while !stop.load(Ordering::SeqCst) {
            let answer = sender.send(Method::POST, url, "{}").await;
            if !answer.is_ok_and(|answer| answer.starts_with("200")) {
                refused.fetch_add(1, Ordering::SeqCst);
            }
            sent.fetch_add(1, Ordering::SeqCst);
        }
    };
    let rotate = async {
        let changed = change_keys(ours, theirs, &sent).await;
        stop.store(true, Ordering::SeqCst);
        changed
    };
    let (_, changed) = join(join_all((0..8).map(|_| load())), rotate).await;
    changed?;
    println!("{} requests were sent while the key was changed {ROTATIONS} times.\n", sent.load(Ordering::SeqCst));
    Ok(format!("{} refused", refused.load(Ordering::SeqCst)))
}

async fn change_keys(ours: &Keys, theirs: &Keys, sent: &AtomicUsize) -> Result<(), Failure> {
    for rotation in 1..=ROTATIONS {
        let id: KeyId = format!("rotated-{rotation}").parse()?;
        theirs.take_over(&id, &ours.generate(&id, now())?, now())?;
        ours.activate(&id, now())?;
        some_more(sent).await;
        theirs.activate(&id, now())?;
        some_more(sent).await;
    }
    Ok(())
}

/// Until a few more requests were answered.
async fn some_more(sent: &AtomicUsize) {
    let enough = sent.load(Ordering::SeqCst).saturating_add(20);
    while sent.load(Ordering::SeqCst) < enough {
        actix_web::rt::time::sleep(Duration::from_millis(1)).await;
    }
}
