//! A loader whose type is forgotten.

use std::{error::Error, panic::AssertUnwindSafe};

use countersign::{Claim, Credential, KeyLoader};
use futures::{FutureExt, future::BoxFuture};

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// A loader whose type is forgotten, so that an extractor can find it by the caller's type alone.
pub(crate) trait AnyLoader<C>: Send + Sync {
    fn load(&self, claim: Claim) -> BoxFuture<'_, Result<Option<Credential<C>>, BoxError>>;
}

impl<L: KeyLoader> AnyLoader<L::Caller> for L {
    fn load(&self, claim: Claim) -> BoxFuture<'_, Result<Option<Credential<L::Caller>>, BoxError>> {
        let answer = async move { KeyLoader::load(self, claim).await.map_err(Into::into) };
        // A panic of the user's callback is an outage: it must neither end the connection nor pass for an unknown key.
        let answer = AssertUnwindSafe(answer).catch_unwind();
        Box::pin(answer.map(|answer| answer.unwrap_or_else(|_| Err("the loader panicked".into()))))
    }
}
