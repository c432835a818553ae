//! `webhook sign`: a request with its signature, wherever that goes.

use countersign::{Scheme, Signer, SigningKey, webhook::Webhook};

use super::{args::WebhookSignArgs, key_file, scheme};
use crate::{Outcome, failure::Failure, flags, message::Message};

pub(crate) fn run(args: &WebhookSignArgs, input: &[u8]) -> Result<Outcome, Failure> {
    let mut message = Message::read(input)?;
    message.request()?;
    let webhook = scheme::webhook(&args.webhook)?;
    let signer = Signer::with_keys(webhook.clone(), keys(args, &webhook)?);
    let request = message.request()?;
    let parts = signer.sign(&request, flags::now(args.webhook.now))?;
    parts.fit(&message, message.body())?;
    let target = parts.changes_target().then(|| parts.target(request.target).into_owned());
    let body = if parts.changes_body() { Some(parts.body(message.body())?.into_owned()) } else { None };
    for field in &parts.fields {
        message.set(field)?;
    }
    if let Some(target) = target {
        message.set_target(&target);
    }
    if let Some(body) = body {
        if !parts.form.is_empty() && message.values("content-type").next().is_none() {
            message.add("content-type", b"application/x-www-form-urlencoded")?;
        }
        message.set_body(body);
    }
    Ok(Outcome::done(message.into_bytes()))
}

fn keys(args: &WebhookSignArgs, webhook: &Webhook) -> Result<Vec<SigningKey>, Failure> {
    let path = &args.webhook.keys;
    let file = key_file::read(path, webhook)?;
    let wrong = |error| Failure::key_file(path, &error);
    if !args.key_id.is_empty() {
        return args.key_id.iter().map(|id| file.webhook_signing_key(webhook, id).map_err(wrong)).collect();
    }
    let mut keys = file.webhook_signing_keys(webhook).map_err(wrong)?;
    if keys.is_empty() {
        return Err(Failure::misuse(format!("{}: no key that signs for {} is active", path.display(), webhook.name())));
    }
    if keys.len() > webhook.most_signatures() {
        keys.truncate(1);
    }
    Ok(keys)
}
