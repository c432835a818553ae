//! Parts of a layout that cannot go together, or protect too little.

use super::{
    error::{Weakness, WebhookError},
    plan::{Carrier, KeyIdAt, Part, Plan, Source},
    spec::{Mac, PairsOf},
};

impl Plan {
    pub(super) fn has(&self, is: impl Fn(&Part) -> bool) -> bool {
        self.parts.iter().any(is)
    }

    /// Whether all of the body is signed, or hashed into what is signed.
    pub(super) fn covers_body(&self) -> bool {
        self.has(|part| matches!(part, Part::Body | Part::BodyHash(..)))
    }

    pub(super) fn covers_form(&self) -> bool {
        self.has(|part| matches!(part, Part::Pairs(pairs) if pairs.spec.fields == PairsOf::Form))
    }

    /// Whether a value in a place is signed.
    fn covers(&self, source: &Source) -> bool {
        let pairs_of = |of: PairsOf, name: &str| {
            self.has(|part| matches!(part, Part::Pairs(pairs) if pairs.spec.fields == of && pairs.covers(name)))
        };
        let named = self.has(|part| matches!(part, Part::Value { source: own, .. } if own == source));
        named
            || match source {
                Source::Header(_) => false,
                Source::Query(name) => {
                    self.has(|part| matches!(part, Part::Target | Part::Query | Part::Url))
                        || pairs_of(PairsOf::Query, name)
                }
                Source::Form(name) => self.covers_body() || pairs_of(PairsOf::Form, name),
                Source::Json(_) => self.covers_body(),
            }
    }

    pub(super) fn check_body(&self) -> Result<(), WebhookError> {
        let impossible = |reason| Err(WebhookError::Impossible(reason));
        let bodies = self.parts.iter().filter(|part| matches!(part, Part::Body)).count();
        if bodies > 1 {
            return impossible("the body is signed twice");
        }
        if matches!(&self.carrier, Carrier::One(source) if source.is_in_body()) && self.covers_body() {
            return impossible("a signature in the body cannot be one over the body");
        }
        if let Carrier::One(Source::Form(name)) = &self.carrier
            && self.covers(&Source::Form(name.clone()))
        {
            return impossible("a signature among the pairs that it covers");
        }
        // The target and the URL are signed without the signature's own pair; pairs are signed as they are listed.
        let among_pairs = |name: &str| {
            self.has(
                |part| matches!(part, Part::Pairs(pairs) if pairs.spec.fields == PairsOf::Query && pairs.covers(name)),
            )
        };
        if matches!(&self.carrier, Carrier::One(Source::Query(name)) if among_pairs(name)) {
            return impossible("a signature among the pairs that it covers");
        }
        let has_digest = self.digest.as_ref().is_some_and(|digest| self.covers(&digest.source) || self.covers_body());
        if self.digest.is_some() && !has_digest {
            return impossible("the digest is not signed, so it says nothing");
        }
        let dangerous = match self.spec.mac {
            Mac::DangerousToken => Some(Weakness::Token),
            Mac::DangerousHashSha256 => Some(Weakness::PlainHash),
            _ if self.covers_body() || self.covers_form() || has_digest || self.spec.without_body => None,
            _ => Some(Weakness::BodyUncovered),
        };
        match dangerous {
            Some(weakness) if !self.spec.dangerous => Err(WebhookError::Dangerous(weakness)),
            _ => Ok(()),
        }
    }

    pub(super) fn check_values(&mut self) -> Result<(), WebhookError> {
        let impossible = |reason| Err(WebhookError::Impossible(reason));
        let times = self.has(|part| matches!(part, Part::Time));
        match &self.time {
            None if times => return impossible("the time is signed, but nothing says where it stands"),
            Some(time) if !times && time.source.as_ref().is_none_or(|source| !self.covers(source)) => {
                return impossible("the time is not signed, so it says nothing");
            }
            _ => {}
        }
        let signs_id = self.has(|part| matches!(part, Part::Id));
        if self.id.is_none() && signs_id {
            return impossible("the id is signed, but nothing says where it stands");
        }
        let is_covered = self.id.as_ref().is_some_and(|id| signs_id || self.covers(&id.source));
        self.id.iter_mut().for_each(|id| id.is_covered = is_covered);
        Ok(())
    }

    /// A place holds one thing: what stands where the signature does cannot be read, and is signed by nothing.
    pub(super) fn check_places(&self) -> Result<(), WebhookError> {
        let carries = |source: &Source| match (&self.carrier, source) {
            (Carrier::One(own), _) => own == source,
            (Carrier::Fields(names) | Carrier::Sequence(names), Source::Header(name)) => names.contains(name),
            _ => false,
        };
        let time = self.time.as_ref().and_then(|time| time.source.as_ref());
        let key_id =
            self.key_id.as_ref().and_then(|at| if let KeyIdAt::Source(source) = at { Some(source) } else { None });
        let id = self.id.as_ref().map(|id| &id.source);
        let digest = self.digest.as_ref().map(|digest| &digest.source);
        let values = self.parts.iter().filter_map(|part| match part {
            Part::Value { source, .. } => Some(source),
            _ => None,
        });
        if [time, key_id, id, digest].into_iter().flatten().chain(values).any(carries) {
            Err(WebhookError::Impossible("something else stands where the signature does"))
        } else {
            Ok(())
        }
    }
}
