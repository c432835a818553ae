//! The check as middleware, for a scope or a whole app.

use std::rc::Rc;

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};
use futures::future::{LocalBoxFuture, Ready, ready};

use crate::{
    check::{Found, check, unsigned},
    config::SignatureConfig,
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
#[derive(Clone, Debug)]
pub struct SignatureGuard<C = ()>(SignatureConfig<C>);

impl<C: Clone + 'static> SignatureGuard<C> {
    /// Checks every request as `config` says.
    #[must_use]
    pub const fn new(config: SignatureConfig<C>) -> Self {
        Self(config)
    }
}

/// What the guard leaves in a request's extensions for the extractors.
pub(crate) struct Passed<C> {
    pub(crate) config: SignatureConfig<C>,
    pub(crate) found: Found<C>,
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
        ready(Ok(SignatureGuardService { service: Rc::new(service), config: self.0.clone() }))
    }
}

/// The service that [`SignatureGuard`] puts in front of another.
#[derive(Debug)]
pub struct SignatureGuardService<S, C> {
    service: Rc<S>,
    config: SignatureConfig<C>,
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
        let (service, config) = (Rc::clone(&self.service), self.config.clone());
        Box::pin(async move {
            let (http, mut payload) = request.into_parts();
            let refusal = match check(&config, &http, &mut payload).await {
                Ok(Some(found)) => {
                    http.extensions_mut().insert(Rc::new(Passed { config, found }));
                    let request = ServiceRequest::from_parts(http, payload);
                    return service.call(request).await.map(ServiceResponse::map_into_left_body);
                }
                Ok(None) => unsigned(&config, &http),
                Err(refusal) => refusal,
            };
            // As a response rather than an error, so that the middleware around this one can see and log it.
            Ok(ServiceResponse::new(http, HttpResponse::from_error(Refused::new(refusal, payload)))
                .map_into_right_body())
        })
    }
}
