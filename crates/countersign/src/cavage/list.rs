//! The list of covered components as a dialect reads it.

use super::{
    Cavage,
    dialect::{REQUEST_TARGET, TargetForm, TargetLine},
    switch::Switch,
};
use crate::component::{Component, ComponentError, CoveredComponents, MAX_COMPONENTS};

/// `request-target` without its parentheses.
const BARE_REQUEST_TARGET: TargetLine = TargetLine { name: "request-target", form: TargetForm::Named };

/// A list that was read.
pub(super) struct List {
    pub(super) covered: CoveredComponents,
    /// The components line by line, where a name stands twice, as the letter of the draft allows.
    pub(super) repeated: Option<Vec<Component>>,
    /// Under which of its names the target is listed.
    pub(super) target: TargetLine,
}

/// Reads a list; `usual` ones are recognised as a whole.
pub(super) fn read(scheme: &Cavage, list: &str, usual: &[CoveredComponents]) -> Result<List, ComponentError> {
    let wire = scheme.wire();
    if wire.names_are_the_drafts
        && let Some(usual) = usual.iter().find(|usual| usual.as_str() == list)
    {
        return Ok(List { covered: usual.clone(), repeated: None, target: REQUEST_TARGET });
    }
    let mut components = Vec::new();
    let mut target = wire.targets.first().copied().unwrap_or(REQUEST_TARGET);
    let bare = scheme.allows(Switch::BareRequestTarget).then_some(BARE_REQUEST_TARGET);
    for name in list.split([' ', '\t']).filter(|name| !name.is_empty()).take(MAX_COMPONENTS.saturating_add(1)) {
        let is_named = |target: &&TargetLine| target.name.eq_ignore_ascii_case(name);
        if let Some(listed) = wire.targets.iter().chain(bare.as_ref()).find(is_named) {
            target = *listed;
            components.push(Component::RequestTarget);
        } else {
            components.push(component(name, wire.by_the_letter)?);
        }
    }
    if wire.by_the_letter && components.len() <= MAX_COMPONENTS {
        let mut once = Vec::with_capacity(components.len());
        for component in &components {
            if !once.contains(component) {
                once.push(component.clone());
            }
        }
        let repeated = (once.len() < components.len()).then_some(components);
        return Ok(List { covered: CoveredComponents::new(once)?, repeated, target });
    }
    Ok(List { covered: CoveredComponents::new(components)?, repeated: None, target })
}

/// A name that is not the target's.
fn component(name: &str, by_the_letter: bool) -> Result<Component, ComponentError> {
    match name.parse()? {
        // The name of another dialect's target.
        Component::RequestTarget => Err(ComponentError::UnknownDerived),
        Component::KeyId | Component::DashedKeyId | Component::Algorithm | Component::Opaque if by_the_letter => {
            Err(ComponentError::UnknownDerived)
        }
        Component::RequestLine if by_the_letter => Err(ComponentError::UnknownDerived),
        component => Ok(component),
    }
}
