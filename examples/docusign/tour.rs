//! Keys that come and go.

use actix_web::web::Data;
use reqwest::{Request, header::HeaderValue};

use super::{
    KEYS,
    connect::{Connect, signatures},
    receiver::{Count, config, routes},
};
use crate::{
    serving::Running,
    tour::{Failure, Rows, send},
};

const BODY: &str = "{\"event\":\"envelope-completed\"}";

/// Starts two receivers, one with a key and one with two, and sends to them.
///
/// # Errors
/// When a call cannot be made. An answer that is not as expected is none.
pub async fn run() -> Result<Rows, Failure> {
    let [first, second, third] = KEYS;
    let count = Data::new(Count::default());
    let one = Running::start(routes(config(&[second])?, count.clone()))?;
    let two = Running::start(routes(config(&[second, third])?, count.clone()))?;
    let (one_url, two_url) = (&one.url("/docusign"), &two.url("/docusign"));
    let account = Connect::new()?;
    let mut rows = Rows::default();
    let call = async |url: &str| send(&account.http, account.message(url, BODY)?).await.map_err(Failure::from);

    for (name, text) in [first, second] {
        account.add_key(name, text)?;
    }
    show(&account.message(one_url, BODY)?);
    rows.add("signed with the first and the second", "200 30 bytes by our second", call(one_url).await?);
    rows.add("known by one of two keys", "200 30 bytes by our second", call(two_url).await?);
    account.add_key(third.0, third.1)?;
    show(&account.message(one_url, BODY)?);
    rows.add("with a third key all numbers move", "200 30 bytes by our second", call(one_url).await?);
    account.delete_key(first.0)?;
    rows.add("and when the first is deleted", "200 30 bytes by our second", call(one_url).await?);
    account.delete_key(second.0)?;
    rows.add("the second is gone as well", "401", call(one_url).await?);
    rows.add("whoever had the third goes on", "200 30 bytes by our third", call(two_url).await?);

    account.add_key(second.0, second.1)?;
    let before = count.so_far();
    let message = || account.message(one_url, BODY);
    let mut unsigned = message()?;
    for (name, _) in signatures(&unsigned) {
        unsigned.headers_mut().remove(&name);
    }
    let mut changed = message()?;
    *changed.body_mut() = Some("{\"event\":\"envelope-voided\"}".into());
    let mut twice = message()?;
    twice.headers_mut().append("x-docusign-signature-1", HeaderValue::from_static("AAAA"));
    for (done, request) in
        [("no signature at all", unsigned), ("another body", changed), ("two signatures of one number", twice)]
    {
        rows.add(done, "401", send(&account.http, request).await?);
    }
    rows.add("the handler ran for these", "0 times", format!("{} times", count.so_far().saturating_sub(before)));
    Ok(rows)
}

fn show(request: &Request) {
    println!("A message with {} signatures:", signatures(request).len());
    for (name, value) in signatures(request) {
        println!("  {name}: {value}");
    }
    println!();
}
