//! The layout that the flags name.

use countersign::webhook::{PublicUrl, Spec, Webhook, WebhookError};

use super::{args::WebhookArgs, scheme_file};
use crate::failure::Failure;

/// The layout that the flags name, with the URL that they give.
pub(crate) fn webhook(args: &WebhookArgs) -> Result<Webhook, Failure> {
    let with_url = |spec: Spec| match &args.url {
        Some(url) => spec.url(PublicUrl::Fixed(url.clone())),
        None => spec,
    };
    let (made, place) = match (args.layout.scheme, &args.layout.scheme_file) {
        (Some(preset), _) => {
            let spec = with_url(preset.spec());
            let made = match Webhook::new(preset.name(), spec.clone()) {
                // Whoever names it has it taken, and is told.
                Err(WebhookError::Dangerous(weakness)) => {
                    eprintln!("countersign: warning: {}: {weakness}", preset.name());
                    Webhook::new(preset.name(), spec.dangerous())
                }
                made => made,
            };
            (made, preset.name().to_owned())
        }
        (None, Some(path)) => {
            let (name, spec) = scheme_file::read(path)?;
            (Webhook::new(&name, with_url(spec)), path.display().to_string())
        }
        (None, None) => return Err(Failure::misuse("no layout")),
    };
    made.map_err(|error| match error {
        WebhookError::NeedsUrl => {
            Failure::misuse(format!("{place}: the URL is signed: give it with --url, whole and as the sender has it"))
        }
        WebhookError::Url(_) if args.url.is_some() => Failure::misuse(format!("--url: {error}")),
        WebhookError::Dangerous(weakness) => {
            Failure::misuse(format!("{place}: {weakness}: it is taken only with dangerous = true"))
        }
        error => Failure::misuse(format!("{place}: {error}")),
    })
}
