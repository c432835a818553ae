//! What a layout covers, in the words of the other schemes.

use super::{
    error::WebhookError,
    plan::{Part, Plan, Source},
    spec::PairsOf,
    url::PublicUrl,
};
use crate::{
    component::{Component, ComponentError, CoveredComponents},
    coverage::{Coverage, When},
    field::WellKnown,
};

impl Plan {
    /// Finds what is covered, in the words of the other schemes.
    pub(super) fn cover(&mut self) -> Result<(), WebhookError> {
        let mut covered = Vec::new();
        let mut cover = |component: Component| {
            if !covered.contains(&component) {
                covered.push(component);
            }
        };
        // One pair is not the query.
        let of = |source: &Source| (!matches!(source, Source::Query(_))).then(|| source.component());
        // What is fixed, or somebody's own, says nothing of the request.
        let is_request_url = !matches!(self.spec.url, Some(PublicUrl::Fixed(_) | PublicUrl::Candidates(_)));
        let signs_url = self.has(|part| matches!(part, Part::Url));
        for part in &self.parts {
            match part {
                Part::Text(_) => {}
                Part::Body | Part::BodyHash(..) => cover(Component::Body),
                Part::Method => cover(Component::Method),
                Part::Url if !is_request_url => cover(Component::TargetUri),
                Part::Url => [Component::TargetUri, Component::Path, Component::Query].into_iter().for_each(&mut cover),
                Part::Target => [Component::Path, Component::Query].into_iter().for_each(&mut cover),
                Part::Path => cover(Component::Path),
                Part::Query => cover(Component::Query),
                Part::Time => match self.time.as_ref().and_then(|time| time.source.as_ref()) {
                    Some(source) => of(source).into_iter().for_each(&mut cover),
                    None => cover(Component::Created),
                },
                Part::Id => self.id.iter().filter_map(|id| of(&id.source)).for_each(&mut cover),
                Part::Value { source, .. } => of(source).into_iter().for_each(&mut cover),
                Part::Pairs(pairs) => match pairs.spec.fields {
                    PairsOf::Form => cover(Component::Form),
                    PairsOf::Query if signs_url && !is_request_url => {}
                    PairsOf::Query => cover(Component::Query),
                },
            }
        }
        self.coverage =
            covered.iter().fold(Coverage::empty(), |table, component| table.and(component.clone(), When::Always));
        if self.digest.is_some() && !self.covers_body() {
            self.coverage = self.coverage.clone().and(Component::field(WellKnown::Digest), When::Always);
        }
        self.covered = match CoveredComponents::new(covered) {
            Err(ComponentError::TooMany) => return Err(WebhookError::Impossible("more is signed than can be named")),
            covered => covered.unwrap_or_else(|_| CoveredComponents::none()),
        };
        Ok(())
    }
}
