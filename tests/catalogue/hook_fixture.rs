//! The routes of the server of this process that take webhooks, one for each provider's layout.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use actix_web::{
    FromRequest, HttpRequest, Scope,
    dev::Payload,
    error::ErrorBadRequest,
    http::header::CONTENT_TYPE,
    web::{self, Bytes},
};
use countersign::{
    Claim, Credential, KeyError, KeyId, Policy, Secret, UnixTime, Verifier, VerifyingKey,
    webhook::{Webhook, WebhookError},
};
use countersign_actix::{ReplayProtection, SignatureConfig, SignatureGuard, Signed};
use futures::future::LocalBoxFuture;

use super::{
    fixture::{BODY_LIMIT, SECRET},
    served::Calls,
    subject::HMAC,
};

/// The layouts that have a route of their own. Names and keys are those of the presets.
pub const PRESETS: [&str; 9] =
    ["stripe", "github", "standard-webhooks", "slack", "flow-ami", "docusign", "worldpay", "linear", "hubspot-v1"];

/// A route that takes signatures of the other kind beside a webhook's.
pub const SHARED: &str = "shared";
/// The key id under which the loader of the shared route finds the key that was registered for the webhook.
pub const HOOK_KEY: &str = "stripe-key";
/// The one key id that a webhook which names its key may name.
pub const NAMED_KEY: &str = "k1";

/// The layout of a route.
#[must_use]
pub fn webhook(name: &str) -> Webhook {
    let dangerous = |error| match error {
        WebhookError::Dangerous(_) => Webhook::dangerous_preset(name),
        other => Err(other),
    };
    Webhook::preset(name).or_else(dangerous).unwrap()
}

/// A layout's key as its provider would show it: one secret for all of them, which serves each for itself.
#[must_use]
pub fn key_text(name: &str) -> String {
    let encode = |bytes| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    match name {
        "standard-webhooks" => format!("whsec_{}", encode(SECRET)),
        _ => String::from_utf8(SECRET.to_vec()).unwrap(),
    }
}

/// The keys of the webhooks, and what else the shared route is given.
struct Keys {
    own: BTreeMap<&'static str, VerifyingKey>,
    plain: VerifyingKey,
}

impl Keys {
    fn load(&self, claim: &Claim) -> Option<Credential<&'static str>> {
        let id = claim.key_id().map(KeyId::as_str);
        let key = match (claim.scheme().as_str(), id) {
            ("cavage", Some(HMAC)) => Some(&self.plain),
            ("cavage", Some(HOOK_KEY)) => self.own.get("stripe"),
            (name, None | Some(NAMED_KEY)) => self.own.get(name),
            _ => None,
        };
        // What the shared route has for the webhook was registered for others.
        if claim.target().contains(SHARED) && claim.scheme().as_str() == "stripe" {
            let github = self.own.get("github").cloned();
            let keys = std::iter::once(self.plain.clone()).chain(github).collect();
            return Some(Credential::with_keys(keys, "somebody"));
        }
        key.cloned().map(|key| Credential::new(key, "somebody"))
    }
}

fn configs(now: UnixTime) -> Vec<(&'static str, SignatureConfig<&'static str>)> {
    let loader = || {
        let own = PRESETS.iter().map(|name| (*name, webhook(name).verifying_key(&key_text(name)).unwrap())).collect();
        let keys = Keys { own, plain: VerifyingKey::hmac_sha256(&Secret::new(SECRET).unwrap()) };
        move |claim: Claim| std::future::ready(Ok::<_, KeyError>(keys.load(&claim)))
    };
    let verifier = |name| {
        let webhook = webhook(name);
        Verifier::new(webhook.clone(), webhook.policy())
    };
    let config = || SignatureConfig::new(loader()).clock(move || now).body_limit(BODY_LIMIT);
    let own = PRESETS.iter().map(|name| (*name, config().verifier(verifier(name))));
    let shared = config().policy(Policy::default()).also(verifier("stripe"));
    own.chain([(SHARED, shared)]).collect()
}

/// A body as a handler wants it: whoever reads it counts as reached.
struct Parsed(Bytes);

impl FromRequest for Parsed {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, body) = (request.clone(), Bytes::from_request(request, payload));
        Box::pin(async move {
            let body = body.await?;
            request.app_data::<Calls>().unwrap().fetch_add(1, Ordering::SeqCst);
            if request.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json") {
                serde_json::from_slice::<serde_json::Value>(&body).map_err(ErrorBadRequest)?;
            }
            Ok(Self(body))
        })
    }
}

async fn hook(body: Signed<Parsed, &'static str>) -> String {
    let delivery = body.proof().delivery_id();
    let delivery =
        delivery.map(|id| format!("{} {}", id.as_str(), if id.is_covered() { "signed" } else { "unsigned" }));
    format!("{} {}", delivery.unwrap_or_default(), String::from_utf8_lossy(&body.0))
}

/// The routes behind the extractor and those behind the guard.
pub struct Hooks(Vec<(&'static str, SignatureConfig<&'static str>)>);

impl Hooks {
    #[must_use]
    pub fn new(now: UnixTime) -> Self {
        Self(configs(now))
    }

    #[must_use]
    pub fn remembered(now: UnixTime, protection: &ReplayProtection) -> Self {
        let once = |(name, config): (_, SignatureConfig<_>)| (name, config.once(protection.clone()));
        Self(configs(now).into_iter().map(once).collect())
    }

    #[must_use]
    pub fn extracted(&self) -> Scope {
        self.0.iter().fold(web::scope("/hooks"), |all, (name, config)| {
            all.service(web::scope(name).app_data(config.clone()).default_service(web::to(hook)))
        })
    }

    #[must_use]
    pub fn guarded(&self, path: &str) -> Scope {
        self.0.iter().fold(web::scope(path), |all, (name, config)| {
            let guard = SignatureGuard::new(config.clone());
            all.service(web::scope(name).app_data(config.clone()).wrap(guard).default_service(web::to(hook)))
        })
    }
}
