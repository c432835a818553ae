//! What the action server accepts, and what it refuses.

use std::time::{Duration, SystemTime};

use actix_web::web::Data;
use countersign::UnixTime;

use super::{
    TOKEN, WEBHOOK_TOKEN,
    flow::{FORM, Flow, body, changed},
    server::{Desk, config, routes},
};
use crate::{
    serving::Running,
    tour::{Failure, Rows, send},
};

/// Starts the server and calls it.
///
/// # Errors
/// When a call cannot be made. An answer that is not as expected is none.
pub async fn run() -> Result<Rows, Failure> {
    let desk = Data::new(Desk::default());
    let (actions, events) = (config("flow-ami", TOKEN)?, config("flow-webhook", WEBHOOK_TOKEN)?);
    let server = Running::start(routes(actions, events, desk.clone()))?;
    let (action_url, event_url) = (&server.url("/action"), &server.url("/events"));
    let flow = Flow::new(TOKEN, WEBHOOK_TOKEN)?;
    let mut rows = Rows::default();

    let now = UnixTime::from(SystemTime::now());
    let done = "200 Version 6,9 of Demo & Co for zo\u{eb}";
    let action = flow.action(action_url, &FORM, now)?;
    println!("A signed form:\n  {}\n", body(&action));
    let again = changed(flow.action(action_url, &FORM, now)?, |_| body(&action));
    rows.add("a signed form", done, send(&flow.http, action).await?);
    rows.add("the same again within ten seconds: nothing forbids it", done, send(&flow.http, again).await?);
    let blank = changed(flow.action(action_url, &FORM, now)?, |form| format!("{form}&note="));
    rows.add("with a blank field more, which is not signed", done, send(&flow.http, blank).await?);
    let event = flow.event(event_url, "d-1", "{\"id\":1}")?;
    rows.add("a signed event", "200 8 bytes, delivery d-1", send(&flow.http, event).await?);
    rows.add("the handlers ran", "4 times", format!("{} times", desk.take().len()));

    let (old, ahead) = (UnixTime::from_secs(now.as_secs().saturating_sub(11)), now.plus(Duration::from_secs(60)));
    let others = Flow::new("the token of another action", "the token of another webhook")?;
    let signed = || flow.action(action_url, &FORM, now);
    for (done, request) in [
        ("a form without a signature", flow.http.post(action_url).form(&FORM).build()?),
        ("with other things selected", changed(signed()?, |form| form.replace("6%2C9", "6%2C7"))),
        ("with a field more", changed(signed()?, |form| format!("{form}&ids=7"))),
        ("with a field twice", changed(signed()?, |form| format!("{form}&selected_ids=7"))),
        ("with a blank field twice", changed(signed()?, |form| format!("{form}&title="))),
        ("signed eleven seconds ago", flow.action(action_url, &FORM, old)?),
        ("signed a minute ahead", flow.action(action_url, &FORM, ahead)?),
        ("signed with another token", others.action(action_url, &FORM, now)?),
        ("an event with another body", changed(flow.event(event_url, "d-2", "{\"id\":1}")?, |_| "{\"id\":2}".into())),
        ("an event signed with another token", others.event(event_url, "d-3", "{\"id\":1}")?),
    ] {
        rows.add(done, "401", send(&flow.http, request).await?);
    }
    rows.add("the handlers ran", "0 times", format!("{} times", desk.take().len()));
    Ok(rows)
}
