//! `webhook verify`: one line with the verdict.

use std::time::Duration;

use countersign::{KeyId, Policy, Unverified, Verifier, VerifyingKey, webhook::Webhook};

use super::{args::WebhookVerifyArgs, key_file, scheme};
use crate::{Outcome, failure::Failure, flags, message::Message, verdict::Verdict};

pub(crate) fn run(args: &WebhookVerifyArgs, input: &[u8]) -> Result<Outcome, Failure> {
    let message = Message::read(input)?;
    let request = message.request()?;
    let webhook = scheme::webhook(&args.webhook)?;
    let now = flags::now(args.webhook.now);
    let keys = key_file::read(&args.webhook.keys, &webhook)?.webhook_keys(&webhook, now);
    let keys = keys.map_err(|error| Failure::key_file(&args.webhook.keys, &error))?;
    let verifier = Verifier::new(webhook.clone(), policy(args, &webhook)?.max_keys(keys.len()));
    let mut tried = Vec::new();
    let verdict = verifier.begin(&request, now).and_then(|unverified| {
        let known: Vec<KeyId> = known_key_ids(&unverified, &keys).cloned().collect();
        let mut verify = |unverified: Unverified| {
            tried = keys.iter().filter(|(id, _)| unverified.key_id().is_none_or(|claimed| claimed == id)).collect();
            let keys: Vec<_> = tried.iter().map(|(_, key)| key.clone()).collect();
            unverified.verify(&keys, message.body())
        };
        let Some((first, others)) = known.split_first() else { return verify(unverified) };
        let first = verify(unverified.with_key_id(first));
        // Each counts with its own key alone; that the first fails says nothing of the others.
        others.iter().fold(first, |verdict, id| {
            verdict.or_else(|error| verify(verifier.begin(&request, now)?.with_key_id(id)).map_err(|_| error))
        })
    });
    let verdict = match &verdict {
        Ok(verified) => Verdict::Accepted { key: tried.get(verified.key_index()).map(|(id, _)| id), verified },
        Err(error) => Verdict::Refused { error, claimed: verifier.claimed_key_id(&request) },
    };
    verdict.outcome(args.json)
}

fn policy(args: &WebhookVerifyArgs, webhook: &Webhook) -> Result<Policy, Failure> {
    let mut policy = webhook.policy();
    for (flag, seconds) in [("--max-age", args.max_age), ("--skew", args.skew)] {
        let Some(seconds) = seconds else { continue };
        if webhook.tolerance().is_none() {
            let name = webhook.name();
            return Err(Failure::misuse(format!("{flag}: nothing in {name} says when a request was signed")));
        }
        let span = Duration::from_secs(seconds);
        policy = if flag == "--skew" { policy.max_skew(span) } else { policy.max_age(span) };
    }
    Ok(policy)
}

/// Of the keys that a request names, those that there are.
fn known_key_ids<'a>(unverified: &'a Unverified, keys: &'a [(KeyId, VerifyingKey)]) -> impl Iterator<Item = &'a KeyId> {
    let named = unverified.key_id().into_iter().chain(unverified.other_key_ids());
    named.filter(|claimed| keys.iter().any(|(id, _)| id == *claimed))
}
