//! A deployment's dialect as both sides use it.

use std::time::Duration;

use crate::{
    cavage::{Cavage, Dialect, SecretText, coverage},
    coverage::Coverage,
    error::KeyError,
    policy::Policy,
    secret::Secret,
};

impl Dialect {
    /// The scheme that signs and verifies in this dialect.
    #[must_use]
    pub const fn scheme(&'static self) -> Cavage {
        Cavage::of(self)
    }

    /// What the deployment's clients cover; a [`Signer`](crate::Signer) of this dialect's scheme does unless it is told otherwise.
    #[must_use]
    pub fn coverage(&'static self) -> Coverage {
        coverage(self.covers, &self.scheme())
    }

    /// What a server asks for that takes the deployment's clients: what they all cover, and how old it may be.
    ///
    /// Where it asks for less than [`Policy::default`], [`about`](Self::about) says what anybody on the way may change.
    ///
    /// ```
    /// use countersign::{Dialect, Policy, Verifier};
    ///
    /// let fediverse = Dialect::named("fediverse").unwrap();
    /// let verifier = Verifier::new(fediverse.scheme(), fediverse.policy());
    /// assert_eq!(Dialect::STANDARD.policy(), Policy::default());
    /// # let _ = verifier;
    /// ```
    #[must_use]
    pub fn policy(&'static self) -> Policy {
        let policy = match self.requires {
            None => Policy::default(),
            Some(rows) => Policy::dangerous_requiring(coverage(rows, &self.scheme())),
        };
        policy.max_age(Duration::from_secs(self.max_age)).max_skew(Duration::from_secs(self.max_skew))
    }

    /// A shared secret as the deployment hands it out: its text, or the bytes that the text stands for.
    ///
    /// ```
    /// use countersign::Dialect;
    ///
    /// let cybersource = Dialect::named("cybersource").unwrap();
    /// assert!(cybersource.secret("Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==").is_ok());
    /// assert!(cybersource.secret("correct horse battery staple").is_err());
    /// ```
    ///
    /// # Errors
    /// As for [`Secret::new`] and [`Secret::from_base64`].
    pub fn secret(&self, text: &str) -> Result<Secret, KeyError> {
        match self.secret {
            SecretText::Literal => Secret::new(text),
            SecretText::Base64 => Secret::from_base64(text),
        }
    }
}
