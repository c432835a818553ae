//! What a provider's layout comes to.

use countersign::webhook::{Preset, PublicUrl, Spec, Webhook, WebhookError};

/// Those whose tolerance is ours although their layout has one, as their notes say.
const OUR_TOLERANCE: &[&str] = &["gnatta"];

/// What a provider's layout comes to.
pub(super) struct Facts {
    pub(super) webhook: Option<Webhook>,
    pub(super) signs_url: bool,
    pub(super) is_dangerous: bool,
    /// Whether the tolerance is ours and not the provider's.
    pub(super) tolerance_is_ours: bool,
}

impl Facts {
    pub(super) fn of(preset: &Preset) -> Self {
        let made = |spec: Spec| Webhook::new(preset.name(), spec);
        let url = || PublicUrl::Fixed("https://hooks.example/hook".to_owned());
        let spec = preset.spec();
        let says_none = spec.time.as_ref().is_some_and(|time| time.past.is_none());
        Self {
            signs_url: matches!(made(spec.clone().dangerous()), Err(WebhookError::NeedsUrl)),
            is_dangerous: matches!(made(spec.clone().url(url())), Err(WebhookError::Dangerous(_))),
            webhook: made(spec.url(url()).dangerous()).ok(),
            tolerance_is_ours: says_none || OUR_TOLERANCE.contains(&preset.name()),
        }
    }

    /// In seconds, past and future.
    pub(super) fn tolerance(&self) -> String {
        let mark = if self.tolerance_is_ours { "*" } else { "" };
        match self.webhook.as_ref().and_then(Webhook::tolerance) {
            Some((past, future)) => format!("{past}/{future}{mark}"),
            None => "-".to_owned(),
        }
    }
}
