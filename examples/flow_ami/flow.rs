//! What Flow sends: the form of an action and the events of a webhook.

use countersign::{Signer, UnixTime, webhook::Webhook};
use countersign_reqwest::sign_at;
use reqwest::{Client, Request};

use crate::tour::{Failure, client};

/// The form of an action, as far as it matters here. `title` is blank, as many fields are.
pub const FORM: [(&str, &str); 6] = [
    ("user_login", "zo\u{eb}"),
    ("entity_type", "Version"),
    ("selected_ids", "6,9"),
    ("project_name", "Demo & Co"),
    ("cols", "code"),
    ("title", ""),
];

/// The other side of the action server.
#[derive(Clone, Debug)]
pub struct Flow {
    /// What sends.
    pub http: Client,
    forms: Signer,
    events: Signer,
}

impl Flow {
    /// Signs with these tokens.
    ///
    /// # Errors
    /// When one of them has fewer than 16 bytes.
    pub fn new(token: &str, webhook_token: &str) -> Result<Self, Failure> {
        let signer = |preset, token| -> Result<Signer, Failure> {
            let webhook = Webhook::preset(preset)?;
            Ok(Signer::new(webhook.clone(), webhook.signing_key("flow", token)?))
        };
        let (forms, events) = (signer("flow-ami", token)?, signer("flow-webhook", webhook_token)?);
        Ok(Self { http: client()?, forms, events })
    }

    /// The form of an action, signed at a time: its `timestamp` and its `signature` are fields of it.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn action(&self, url: &str, form: &[(&str, &str)], at: UnixTime) -> Result<Request, Failure> {
        let mut request = self.http.post(url).form(form).build()?;
        sign_at(&mut request, &self.forms, at)?;
        Ok(request)
    }

    /// An event of a webhook, which tells no time.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn event(&self, url: &str, delivery: &str, body: &str) -> Result<Request, Failure> {
        let post = self.http.post(url).header("content-type", "application/json").header("x-sg-delivery-id", delivery);
        let mut request = post.body(body.to_owned()).build()?;
        sign_at(&mut request, &self.events, UnixTime::from_secs(0))?;
        Ok(request)
    }
}

/// The body of a request, as it goes over the wire.
#[must_use]
pub fn body(request: &Request) -> String {
    let bytes = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// The same request with its body changed on the way.
#[must_use]
pub fn changed(mut request: Request, change: impl Fn(String) -> String) -> Request {
    let changed = change(body(&request));
    *request.body_mut() = Some(changed.into());
    request
}
