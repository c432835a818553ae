//! The layouts of known providers.

use std::fmt;

use super::{Webhook, error::WebhookError, presets::GROUPS, spec::Spec, url::PublicUrl};

/// A known provider's layout, by name.
///
/// ```
/// use countersign::webhook::{Evidence, Preset};
///
/// let stripe = Preset::named("stripe").unwrap();
/// assert_eq!(stripe.evidence(), [Evidence::Sdk]);
/// assert_eq!(Preset::all().count(), 82);
/// ```
#[derive(Clone, Copy)]
pub struct Preset {
    name: &'static str,
    evidence: &'static [Evidence],
    note: &'static str,
    spec: fn() -> Spec,
}

/// What a preset rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// A page of the provider that this project began with.
    Seed,
    /// The provider's documentation.
    Documentation,
    /// The source of the provider's own library or sample.
    Sdk,
    /// Somebody else's list of providers: not confirmed by the provider.
    Catalogue,
    /// What its writer knew, and nothing else: not confirmed at all.
    Memory,
}

impl Evidence {
    /// In a word or two.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seed => "seed",
            Self::Documentation => "documentation",
            Self::Sdk => "SDK source",
            Self::Catalogue => "third party, unconfirmed",
            Self::Memory => "memory, unconfirmed",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Preset {
    pub(super) const fn new(
        name: &'static str,
        evidence: &'static [Evidence],
        note: &'static str,
        spec: fn() -> Spec,
    ) -> Self {
        Self { name, evidence, note, spec }
    }

    /// All presets.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        GROUPS.iter().flat_map(|group| group.iter())
    }

    /// The preset of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|preset| preset.name == name)
    }

    /// What it is called.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it rests on.
    #[must_use]
    pub const fn evidence(&self) -> &'static [Evidence] {
        self.evidence
    }

    /// What there is to know of it; empty where it is plain.
    #[must_use]
    pub const fn note(&self) -> &'static str {
        self.note
    }

    /// Its layout, to be changed where a provider has something to be set.
    #[must_use]
    pub fn spec(&self) -> Spec {
        (self.spec)()
    }
}

impl fmt::Debug for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preset").field("name", &self.name).field("evidence", &self.evidence).finish_non_exhaustive()
    }
}

impl Webhook {
    /// The layout of a [`Preset`].
    ///
    /// # Errors
    /// When none is called so, when it signs the URL ([`Self::preset_with_url`]), or when it protects too little to be taken by a name that does not say
    /// so ([`Self::dangerous_preset`]).
    pub fn preset(name: &str) -> Result<Self, WebhookError> {
        Self::new(name, named(name)?.spec())
    }

    /// The layout of a [`Preset`] that signs the URL.
    ///
    /// ```
    /// use countersign::webhook::{PublicUrl, Webhook};
    ///
    /// let square = Webhook::preset_with_url("square", PublicUrl::Fixed("https://shop.example/square".to_owned()))?;
    /// # let _ = square;
    /// # Ok::<(), countersign::webhook::WebhookError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Self::preset`].
    pub fn preset_with_url(name: &str, url: PublicUrl) -> Result<Self, WebhookError> {
        Self::new(name, named(name)?.spec().url(url))
    }

    /// The layout of a [`Preset`] whatever it protects, such as one that sends the secret itself. [`Self::weaknesses`] tells.
    ///
    /// # Errors
    /// When none is called so, or when it signs the URL: call [`Self::new`] with [`Preset::spec`] then.
    pub fn dangerous_preset(name: &str) -> Result<Self, WebhookError> {
        Self::new(name, named(name)?.spec().dangerous())
    }
}

fn named(name: &str) -> Result<&'static Preset, WebhookError> {
    Preset::named(name).ok_or_else(|| WebhookError::UnknownPreset(name.to_owned()))
}
