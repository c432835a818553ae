//! The check as middleware, for a scope or a whole app.

use std::rc::Rc;

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::{
        Method,
        header::{self, HeaderName},
    },
};
use futures::future::{LocalBoxFuture, Ready, ready};

use crate::{
    check::{Asker, Delivery, check, unsigned},
    config::SignatureConfig,
    extract::{Need, Passed, need},
    fields::{Head, Public, overrides_method},
    refusal::Refusal,
    unread::Refused,
};

/// Guards all routes of a scope or an app: a request whose signature does not hold reaches none of them.
///
/// Nobody can forget to ask for the check in a handler that stands behind it. Handlers take what it found with
/// [`Signed`](crate::Signed) or [`Caller`](crate::Caller).
///
/// ```
/// use actix_web::{App, web};
/// use countersign::{Credential, Secret, StaticKeys, VerifyingKey};
/// use countersign_actix::{Caller, SignatureConfig, SignatureGuard};
///
/// async fn greet(caller: Caller<&'static str>) -> String {
///     format!("Hello, {}", *caller)
/// }
///
/// let secret = Secret::new("correct horse battery staple")?;
/// let keys = StaticKeys::new().with("alice".parse()?, Credential::new(VerifyingKey::hmac_sha256(&secret), "Alice"));
/// let guard = SignatureGuard::new(SignatureConfig::new(keys));
/// let app = App::new().service(web::scope("/api").wrap(guard).route("/greeting", web::get().to(greet)));
/// # let _ = app;
/// # Ok::<(), countersign::KeyError>(())
/// ```
///
/// Guards may stand within one another: what an outer one found is taken over as far as it reaches, and an inner one can only ask for
/// more.
#[derive(Clone, Debug)]
pub struct SignatureGuard<C = ()> {
    config: SignatureConfig<C>,
    optional: bool,
}

impl<C: Clone + 'static> SignatureGuard<C> {
    /// Checks every request as `config` says.
    #[must_use]
    pub const fn new(config: SignatureConfig<C>) -> Self {
        Self { config, optional: false }
    }

    /// Lets a request pass that has no signature at all, in any of the schemes. One that has is checked, and refused if anything is
    /// amiss with it.
    ///
    /// Handlers behind it ask for [`MaybeSigned`](crate::MaybeSigned), or for [`Signed`](crate::Signed) where an anonymous request is to
    /// be refused.
    #[must_use]
    pub const fn optional(config: SignatureConfig<C>) -> Self {
        Self { config, optional: true }
    }
}

impl<S, B, C> Transform<S, ServiceRequest> for SignatureGuard<C>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
    C: Clone + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type InitError = ();
    type Transform = SignatureGuardService<S, C>;
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(SignatureGuardService { service: Rc::new(service), guard: self.clone() }))
    }
}

/// The service that [`SignatureGuard`] puts in front of another.
#[derive(Debug)]
pub struct SignatureGuardService<S, C> {
    service: Rc<S>,
    guard: SignatureGuard<C>,
}

impl<S, B, C> Service<ServiceRequest> for SignatureGuardService<S, C>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
    C: Clone + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (service, guard) = (Rc::clone(&self.service), self.guard.clone());
        Box::pin(async move {
            let (http, mut payload) = request.into_parts();
            let refused = match guard.admit(&http, &mut payload).await {
                Ok(None) => {
                    let request = ServiceRequest::from_parts(http, payload);
                    return service.call(request).await.map(ServiceResponse::map_into_left_body);
                }
                Ok(Some(delivery)) => {
                    let answer = service.call(ServiceRequest::from_parts(http, payload)).await;
                    let status = answer
                        .as_ref()
                        .map_or_else(|error| error.as_response_error().status_code(), ServiceResponse::status);
                    let now = (guard.config.0.clock)();
                    // A task of its own, since a sender that leaves now takes this one with it.
                    let _ = actix_web::rt::spawn(async move { delivery.ended(status, now).await }).await;
                    return answer.map(ServiceResponse::map_into_left_body);
                }
                Err(refusal) => Refused::new(refusal, payload, guard.config.0.answering.clone()),
            };
            // As a response rather than an error, so that the middleware around this one can see and log it.
            Ok(ServiceResponse::new(http, HttpResponse::from_error(refused)).map_into_right_body())
        })
    }
}

impl<C: Clone + 'static> SignatureGuard<C> {
    /// Leaves what it found in the request's extensions, or refuses. Gives what is to be told how the handler ended.
    async fn admit(&self, request: &HttpRequest, payload: &mut Payload) -> Result<Option<Rc<Delivery>>, Refusal> {
        let config = match need(Some(&self.config), request, payload)? {
            Need::Taken(_) => return Ok(None),
            Need::Check(config) => config,
        };
        let found = check(&config, request, payload, Asker::Guard).await?;
        if found.is_none() && !self.optional {
            if !(config.0.unsigned_preflights && is_preflight(request)) {
                return Err(unsigned(&config, request));
            }
            // None was announced, so there is none to leave unread.
            *payload = Payload::None;
        }
        let delivery = found.as_ref().and_then(|found| found.delivery.clone());
        request.extensions_mut().insert(Rc::new(Passed { config, found }));
        Ok(delivery)
    }
}

/// The request with which a browser asks whether it may send another (CORS protocol, "CORS-preflight request"). It has neither a body
/// nor a field that could make it another request.
fn is_preflight(request: &HttpRequest) -> bool {
    let has = |name: &HeaderName| request.headers().contains_key(name);
    request.method() == Method::OPTIONS
        && has(&header::ORIGIN)
        && has(&header::ACCESS_CONTROL_REQUEST_METHOD)
        && !overrides_method(request)
        && !Head::new(request, &Public::default()).as_request().has_body()
}
