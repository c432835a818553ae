//! What keeps two values apart that stand in one message.
//!
//! Where a byte could pass from one value to the next, one signature would fit two requests. So a value must not hold the text that
//! parts it from its neighbour, as far as its kind can do without that text.

use memchr::{memchr, memmem};

use super::{
    plan::{Part, Plan, Source},
    spec::Spec,
    url::PublicUrl,
};

/// The texts that a value must not hold.
#[derive(Debug, Default)]
pub(super) struct Guard {
    before: Option<Vec<u8>>,
    behind: Option<Vec<u8>>,
}

impl Guard {
    /// Whether the value begins and ends where it seems to: no text beside it is found earlier, or later, than where it stands.
    pub(super) fn admits(&self, value: &[u8]) -> bool {
        // It is one byte nearly always, for which to prepare a search takes longer than to search.
        let within = |delimiter: &[u8], text: &[u8]| match delimiter {
            [byte] => memchr(*byte, text).is_some(),
            _ => memmem::find(text, delimiter).is_some(),
        };
        let behind = self.behind.as_deref().is_some_and(|text| match text.split_last() {
            Some((_, [])) | None => within(text, value),
            Some((_, start)) => within(text, &[value, start].concat()),
        });
        let before = self.before.as_deref().is_some_and(|text| match text.split_first() {
            Some((_, [])) | None => within(text, value),
            Some((_, end)) => within(text, &[end, value].concat()),
        });
        !behind && !before
    }

    /// Those of all parts, in their order.
    pub(super) fn of(parts: &[Part], spec: &Spec) -> Vec<Self> {
        let text = |part: Option<&Part>| match part {
            Some(Part::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let mut is_behind_any = false;
        let guard = |(at, part): (usize, &Part)| match Kind::of(part, spec) {
            Kind::Settled => Self::default(),
            Kind::Anything => {
                is_behind_any = true;
                Self::default()
            }
            Kind::Guarded => {
                let before = at.checked_sub(1).filter(|_| is_behind_any).and_then(|at| text(parts.get(at)));
                Self { before, behind: text(parts.get(at.saturating_add(1))) }
            }
        };
        parts.iter().enumerate().map(guard).collect()
    }
}

/// How much of a part its peer chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// None of it, or its length at least is known: a time within the tolerance, a hash.
    Settled,
    /// A value that can do without the text beside it.
    Guarded,
    /// Whatever there is.
    Anything,
}

impl Kind {
    fn of(part: &Part, spec: &Spec) -> Self {
        match part {
            Part::Text(_) | Part::Time | Part::BodyHash(..) => Self::Settled,
            Part::Url if matches!(spec.url, Some(PublicUrl::Fixed(_))) => Self::Settled,
            // Values of a provider's own data hold what they like.
            Part::Value { source: Source::Json(_), .. } | Part::Body | Part::Pairs(_) => Self::Anything,
            _ => Self::Guarded,
        }
    }
}

impl Plan {
    /// Whether a byte of one value can pass for one of another.
    pub(super) fn values_run_together(&self) -> bool {
        let kinds = self.parts.iter().zip(&self.guards).map(|(part, guard)| (Kind::of(part, &self.spec), guard));
        let free: Vec<_> = kinds.filter(|(kind, _)| *kind != Kind::Settled).collect();
        let parted =
            |(_, one): &(Kind, &Guard), (_, other): &(Kind, &Guard)| one.behind.is_some() || other.before.is_some();
        free.iter().filter(|(kind, _)| *kind == Kind::Anything).count() > 1
            || free.windows(2).any(|two| matches!(two, [one, other] if !parted(one, other)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(before: Option<&str>, behind: Option<&str>) -> Guard {
        let bytes = |text: &str| text.as_bytes().to_vec();
        Guard { before: before.map(bytes), behind: behind.map(bytes) }
    }

    #[test]
    fn a_value_ends_where_the_text_behind_it_is_found_first() {
        assert!(guard(None, None).admits(b"a.b"));
        assert!(guard(None, Some(".")).admits(b"ab"));
        assert!(!guard(None, Some(".")).admits(b"a.b"));
        assert!(!guard(None, Some(".")).admits(b"ab."));
        // `ab--` and `--` could be `ab` and `----`.
        assert!(guard(None, Some("--")).admits(b"a-b"));
        assert!(!guard(None, Some("--")).admits(b"ab-"));
        assert!(!guard(None, Some("--")).admits(b"a--b"));
    }

    #[test]
    fn a_value_begins_where_the_text_before_it_is_found_last() {
        assert!(guard(Some("."), None).admits(b"ab"));
        assert!(!guard(Some("."), None).admits(b".ab"));
        assert!(guard(Some("--"), None).admits(b"a-"));
        assert!(!guard(Some("--"), None).admits(b"-a"));
    }
}
