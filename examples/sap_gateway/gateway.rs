//! The gateway.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER},
    },
    web::{self, Bytes, Data, Payload, ServiceConfig},
};
use countersign::{Claim, Credential, KeyError, webhook::Webhook};
use countersign_actix::{SignatureConfig, Signed};
use reqwest::{Client, Response, Url};
use thiserror::Error;

use super::secrets::{SecretError, SecretStore};
use crate::tour::{Failure, client};

/// The field by which the target tells what became of a message.
pub const CORRELATION: &str = "sap_messageprocessinglogid";
/// The most bytes of an answer that are passed back.
const ANSWER_LIMIT: usize = 256 * 1024;
/// How long the target may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a message whose signature holds is not sent on, or not answered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The user and the password cannot be had: 503.
    #[error("not possible now")]
    Secrets(#[from] SecretError),
    /// The target cannot be reached, or its answer is of no use: 502.
    #[error("the target does not answer")]
    Target(#[source] Failure),
    /// The target takes too long: 504.
    #[error("the target takes too long")]
    TooSlow,
    /// The verified body cannot be read again, which is our own fault: 500.
    #[error("the message was lost")]
    Lost,
}

impl From<reqwest::Error> for GatewayError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() { Self::TooSlow } else { Self::Target(error.into()) }
    }
}

impl ResponseError for GatewayError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Secrets(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Target(_) => StatusCode::BAD_GATEWAY,
            Self::TooSlow => StatusCode::GATEWAY_TIMEOUT,
            Self::Lost => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        // The partner learns that it has to send again, and nothing of what is behind the gateway.
        tracing::error!(error = self as &dyn std::error::Error, "a message was not sent on");
        let mut answer = HttpResponse::build(self.status_code());
        if matches!(self, Self::Secrets(_)) {
            answer.insert_header((RETRY_AFTER, "5"));
        }
        answer.body(format!("{self}\n"))
    }
}

/// Why there is no key to verify with. None of it is the partner's fault, so that it is a 503 and never a 401.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PartnerKeyError {
    /// It cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// What is kept is no key.
    #[error("the partner's key: {0}")]
    Key(#[from] KeyError),
}

/// Who sent a message, as handlers learn it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partner;

/// The loader: the partner's key, asked for with each message, so that a key that was changed counts at once.
async fn load<S: SecretStore>(
    webhook: Webhook,
    secrets: Arc<S>,
) -> Result<Option<Credential<Partner>>, PartnerKeyError> {
    let text = secrets.find("SourceSystem", "partner").await?;
    Ok(Some(Credential::new(webhook.verifying_key(text.expose())?, Partner)))
}

/// What verifies the partner's messages.
///
/// # Errors
/// When there is no such preset.
pub fn config<S: SecretStore>(secrets: &Arc<S>) -> Result<SignatureConfig<Partner>, Failure> {
    let (webhook, secrets) = (Webhook::preset("sap-gigya")?, Arc::clone(secrets));
    let verifier = webhook.verifier();
    let load = move |_: Claim| load(webhook.clone(), Arc::clone(&secrets));
    Ok(SignatureConfig::new(load).verifier(verifier).realm("partner"))
}

/// Where messages go, and what they need there.
#[derive(Debug)]
pub struct Gateway<S> {
    secrets: Arc<S>,
    http: Client,
    target: Url,
    patience: Duration,
}

impl<S: SecretStore> Gateway<S> {
    /// Sends messages on to `target`. The client follows no redirect: it would take user and password along.
    ///
    /// # Errors
    /// When that is no URL, and when there is no client to be had.
    pub fn new(secrets: Arc<S>, target: &str) -> Result<Self, Failure> {
        Ok(Self { secrets, http: client()?, target: target.parse()?, patience: PATIENCE })
    }

    /// How long the target may take; ten seconds unless set.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    async fn send_on(&self, body: Bytes) -> Result<HttpResponse, GatewayError> {
        let user = self.secrets.find("CPI", "username").await?;
        let password = self.secrets.find("CPI", "password").await?;
        // Fields of the partner's are not passed on: none of them is signed, and `Content-Type` gives the body its meaning.
        let request = self.http.post(self.target.clone()).header("content-type", "application/json");
        let request = request.basic_auth(user.expose(), Some(password.expose())).timeout(self.patience);
        answer(request.body(body).send().await?).await
    }
}

/// The target's status and text, and its word for what became of the message.
async fn answer(mut response: Response) -> Result<HttpResponse, GatewayError> {
    let status = response.status().as_u16();
    // Of our own password, and of a place where we do not go: to the partner a 401 would say that its signature is wrong.
    if matches!(status, 300..=399 | 401 | 407) {
        return Err(GatewayError::Target(format!("it answered {status}").into()));
    }
    let status = StatusCode::from_u16(status).map_err(|error| GatewayError::Target(error.into()))?;
    let mut answer = HttpResponse::build(status);
    for name in [CORRELATION, CONTENT_TYPE.as_str()] {
        let value = response.headers().get(name).and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok());
        if let (Some(value), Ok(name)) = (value, HeaderName::try_from(name)) {
            answer.insert_header((name, value));
        }
    }
    let mut text = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if text.len().saturating_add(chunk.len()) > ANSWER_LIMIT {
            return Err(GatewayError::Target("its answer is too long".into()));
        }
        text.extend_from_slice(&chunk);
    }
    Ok(answer.body(text))
}

/// Runs only for a message whose signature holds. [`Payload`] gives the bytes of the wire, which are those that were signed; `Bytes` may
/// decode them.
async fn forward<S: SecretStore>(
    message: Signed<Payload, Partner>,
    gateway: Data<Gateway<S>>,
) -> Result<HttpResponse, GatewayError> {
    let body = message.into_inner().to_bytes().await.map_err(|_| GatewayError::Lost)?;
    gateway.send_on(body).await
}

/// The one route: `/webhook`.
pub fn routes<S: SecretStore>(
    config: SignatureConfig<Partner>,
    gateway: Data<Gateway<S>>,
) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
    move |app| {
        app.app_data(config.clone()).app_data(gateway.clone()).route("/webhook", web::post().to(forward::<S>));
    }
}
