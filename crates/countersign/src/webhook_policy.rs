//! A webhook's layout with its policy, its verifier and its signer in one hand.

use std::time::Duration;

use crate::{
    key::SigningKey,
    policy::Policy,
    scheme::Scheme,
    sign::Signer,
    verifier::Verifier,
    webhook::{Webhook, WebhookError},
};

impl Webhook {
    /// What verifies requests of this layout, under [its policy](Self::policy).
    ///
    /// ```
    /// use countersign::{Request, UnixTime, webhook::Webhook};
    ///
    /// let github = Webhook::preset("github")?;
    /// let fields = [("x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")];
    /// let request = Request::new("POST", "/hooks", &fields).with_body(b"Hello, World!");
    /// let unverified = github.verifier().begin(&request, UnixTime::from_secs(1_700_000_000))?;
    /// unverified.verify(&[github.verifying_key("It's a Secret to Everybody")?], b"Hello, World!")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier::new(self.clone(), self.policy())
    }

    /// What signs requests of this layout with all of these keys.
    ///
    /// ```
    /// use countersign::webhook::{Webhook, WebhookError};
    ///
    /// let github = Webhook::preset("github")?;
    /// let key = |id| github.signing_key(id, "It's a Secret to Everybody");
    /// let signer = github.signer(vec![key("new")?, key("old")?]);
    /// assert_eq!(signer.err(), Some(WebhookError::TooManyKeys { room: 1, keys: 2 }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When there are more keys than the layout has room for signatures.
    pub fn signer(&self, keys: Vec<SigningKey>) -> Result<Signer, WebhookError> {
        let room = self.most_signatures();
        if keys.len() > room {
            return Err(WebhookError::TooManyKeys { room, keys: keys.len() });
        }
        Ok(Signer::with_keys(self.clone(), keys))
    }

    /// The policy that goes with the layout: all that it signs is asked for, and its own tolerance of time. What it does not sign,
    /// no policy can ask for: [`Self::weaknesses`] tells.
    ///
    /// ```
    /// use countersign::{Verifier, webhook::Webhook};
    ///
    /// let github = Webhook::preset("github")?;
    /// let verifier = Verifier::new(github.clone(), github.policy().max_keys(8));
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
