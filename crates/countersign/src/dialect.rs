//! A deployment's dialect as both sides use it.

use std::time::Duration;

use crate::{
    cavage::{Cavage, Dialect, SecretText, coverage},
    component::Component,
    coverage::Coverage,
    error::KeyError,
    field::WellKnown,
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
    /// Where it asks for less than [`Policy::default`], anybody on the way may change what [`unprotected`](Self::unprotected) lists.
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

    /// What the default policy asks for and this dialect's does not: what anybody on the way may add, take away or change unless you
    /// [`require`](Policy::require) it.
    ///
    /// A dialect that is written or read with another target than the one that was sent says so in [`about`](Self::about).
    ///
    /// ```
    /// use countersign::{Component, Dialect, WellKnown};
    ///
    /// assert_eq!(Dialect::STANDARD.unprotected(), []);
    /// let kong = Dialect::named("kong").unwrap();
    /// assert!(kong.unprotected().contains(&Component::field(WellKnown::Host)));
    /// ```
    #[must_use]
    pub fn unprotected(&'static self) -> Vec<Component> {
        let Some(rows) = self.requires else { return Vec::new() };
        let own = coverage(rows, &self.scheme());
        // A digest binds the body whichever field it stands in.
        let stands_for = |own: &Component, asked: &Component| {
            let digest = Component::field(WellKnown::Digest);
            let others = [WellKnown::ContentDigest, WellKnown::XContentSha256].map(Component::field);
            own == asked || (*asked == digest && others.contains(own))
        };
        let date = Component::field(WellKnown::Date);
        let asked = Coverage::standard();
        let missing = asked.iter().filter(|(asked, when)| {
            **asked != date && !own.iter().any(|(own, own_when)| stands_for(own, asked) && own_when.implies(when))
        });
        missing.map(|(component, _)| component.clone()).collect()
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
