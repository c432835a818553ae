//! What a guard has found already, and what is left to check.

use std::rc::Rc;

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use countersign::Verifier;

use crate::{
    answer::Answering,
    check::{Asker, Found, check},
    config::SignatureConfig,
    events,
    refusal::Refusal,
};

/// What a guard leaves in a request's extensions for those behind it.
pub(crate) struct Passed<C> {
    pub(crate) config: SignatureConfig<C>,
    /// `None` when there was no signature, and none had to be.
    pub(crate) found: Option<Found<C>>,
}

impl<C> Passed<C> {
    /// With what the guard verified the request.
    fn verifier(&self) -> Option<(&Found<C>, &Verifier)> {
        let found = self.found.as_ref()?;
        Some((found, self.config.0.verifier_at(found.accepted)))
    }
}

/// What is left to do for one who asks for a check.
pub(crate) enum Need<C> {
    /// Nothing: a guard's finding is enough.
    Taken(Rc<Passed<C>>),
    Check(SignatureConfig<C>),
}

/// The nearest config counts, and what a guard found as far as it reaches. `own` is that of the app data, or a guard's.
///
/// Behind a guard `payload` gives the body that was signed, whoever took it before.
pub(crate) fn need<C: 'static>(
    own: Option<&SignatureConfig<C>>,
    request: &HttpRequest,
    payload: &mut Payload,
) -> Result<Need<C>, Refusal> {
    let passed = request.extensions().get::<Rc<Passed<C>>>().cloned();
    let Some(passed) = passed else {
        return own.cloned().map(Need::Check).ok_or_else(unguarded::<C>);
    };
    let Some((found, accepted)) = passed.verifier() else {
        // It was not signed in any scheme of the guard's: it may be in one of the own.
        return Ok(own.cloned().map_or_else(|| Need::Taken(Rc::clone(&passed)), Need::Check));
    };
    if !found.body.is_empty() {
        *payload = Payload::from(found.body.clone());
    }
    let stricter = own.and_then(|own| own.beyond(&passed.config, accepted));
    Ok(stricter.map_or_else(|| Need::Taken(Rc::clone(&passed)), Need::Check))
}

/// A request that went through, with the config that let it.
pub(crate) struct Passage<C> {
    pub(crate) config: SignatureConfig<C>,
    /// `None` when there is no signature at all; the body is as it came.
    pub(crate) found: Option<Found<C>>,
}

/// Takes over what a guard found, or checks what is left.
pub(crate) async fn pass<C: Clone + 'static>(
    request: &HttpRequest,
    payload: &mut Payload,
) -> Result<Passage<C>, (Refusal, Answering)> {
    let own = request.app_data::<SignatureConfig<C>>();
    let config = match need(own, request, payload) {
        Ok(Need::Check(config)) => config,
        Ok(Need::Taken(passed)) => {
            return Ok(Passage { config: passed.config.clone(), found: passed.found.clone() });
        }
        Err(refusal) => return Err((refusal, Answering::PLAIN)),
    };
    match check(&config, request, payload, Asker::Extractor).await {
        Ok(found) => Ok(Passage { config, found }),
        Err(refusal) => Err((refusal, config.0.answering.clone())),
    }
}

pub(crate) async fn inner<T: FromRequest>(request: &HttpRequest, payload: &mut Payload) -> Result<T, actix_web::Error> {
    T::from_request(request, payload).await.map_err(Into::into)
}

pub(crate) fn unguarded<C>() -> Refusal {
    let caller = std::any::type_name::<C>();
    events::misconfigured(&format!(
        "no SignatureConfig<{caller}> in the app data, and no SignatureGuard of it around the route"
    ));
    Refusal::Misconfigured
}
