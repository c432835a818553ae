//! The challenges of a config, prepared: whoever is refused should not cost more than whoever is let in.

use std::sync::OnceLock;

use actix_web::http::header::HeaderValue;
use countersign::Verifier;

/// The value of `WWW-Authenticate` without a body and with one, as far as it does not depend on the method.
#[derive(Default)]
pub(crate) struct Challenges([OnceLock<HeaderValue>; 2]);

impl Challenges {
    pub(crate) fn find<'v>(
        &self,
        verifiers: impl Iterator<Item = &'v Verifier> + Clone,
        realm: &str,
        method: &str,
        has_body: bool,
    ) -> HeaderValue {
        let [without, with] = &self.0;
        let prepared = if has_body { with } else { without };
        if verifiers.clone().any(Verifier::challenge_goes_by_method) {
            return join(verifiers, realm, method, has_body);
        }
        prepared.get_or_init(|| join(verifiers, realm, method, has_body)).clone()
    }
}

fn join<'v>(verifiers: impl Iterator<Item = &'v Verifier>, realm: &str, method: &str, has_body: bool) -> HeaderValue {
    let mut challenges: Vec<String> = verifiers.map(|verifier| verifier.challenge(realm, method, has_body)).collect();
    challenges.dedup();
    // Control characters were left out of the realm, so that it always can be.
    HeaderValue::from_bytes(challenges.join(", ").as_bytes()).unwrap_or(HeaderValue::from_static("Signature"))
}
