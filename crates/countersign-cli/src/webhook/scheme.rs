//! The layout that the flags name.

use countersign::webhook::{Preset, PublicUrl, Spec, Webhook, WebhookError};

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
            if Preset::named(&name).is_some_and(|preset| !is_same(&spec, &preset.spec())) {
                let path = path.display();
                let reason =
                    format!("it is called {name} as a provider is, whose layout is another: give it a name of its own");
                return Err(Failure::misuse(format!("{path}: {reason}")));
            }
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

/// Whether two layouts are one, so that keys of the one may serve the other: wherever it is sent, and whatever danger is accepted.
fn is_same(spec: &Spec, other: &Spec) -> bool {
    let mut spec = spec.clone();
    (spec.url, spec.dangerous) = (other.url.clone(), other.dangerous);
    spec == *other
}
