//! A webhook's layout and policy in one hand.

use std::time::Duration;

use crate::{policy::Policy, webhook::Webhook};

impl Webhook {
    /// The policy that goes with the layout: all that it signs is asked for, and its own tolerance of time. What it does not sign,
    /// no policy can ask for: [`Self::weaknesses`] tells.
    ///
    /// ```
    /// use countersign::{Verifier, webhook::Webhook};
    ///
    /// let github = Webhook::preset("github")?;
    /// let verifier = Verifier::new(github.clone(), github.policy());
    /// # let _ = verifier;
    /// # Ok::<(), countersign::webhook::WebhookError>(())
    /// ```
    #[must_use]
    pub fn policy(&self) -> Policy {
        let policy = Policy::dangerous_requiring(self.covers());
        match self.tolerance() {
            Some((past, future)) => policy.max_age(Duration::from_secs(past)).max_skew(Duration::from_secs(future)),
            None => policy.dangerous_without_time(),
        }
    }
}
