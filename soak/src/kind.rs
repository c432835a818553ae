//! The kinds of requests there are, and how many of each.

/// What a label is, from the moment that it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Sent once.
    Good,
    /// The same bytes to both servers at the same moment.
    Twins,
    /// Accepted, and the same bytes later to the other server.
    Replayed,
    ChangedBody,
    ChangedTarget,
    ChangedField,
    ChangedSignature,
    WrongKey,
    UnknownKey,
    TooOld,
    InFuture,
    Unsigned,
    /// Signed without the field that the policy requires.
    NotCovered,
    /// A delivery of a webhook that is handled at once.
    Delivery,
    /// The same delivery to both servers at the same moment.
    DeliveryTwins,
    /// A delivery that was handled and comes again.
    DeliveryAgain,
    /// A delivery whose handler fails first.
    DeliveryFails,
    /// A delivery with another body than the one that was signed.
    DeliveryForged,
}

/// How often each comes, and the causes with which it is refused where nothing else is amiss.
const TABLE: [(Kind, &str, u64, &[&str]); 18] = [
    (Kind::Good, "good", 30, &["replayed"]),
    (Kind::Twins, "good, twice at once", 10, &["replayed"]),
    (Kind::Replayed, "good, replayed later", 12, &["replayed", "too-old"]),
    (Kind::ChangedBody, "changed body", 4, &["digest-mismatch"]),
    (Kind::ChangedTarget, "changed target", 4, &["signature-mismatch"]),
    (Kind::ChangedField, "changed signed field", 4, &["signature-mismatch"]),
    (Kind::ChangedSignature, "changed signature", 3, &["signature-mismatch"]),
    (Kind::WrongKey, "wrong key", 4, &["signature-mismatch"]),
    (Kind::UnknownKey, "unknown key", 4, &["unknown-key"]),
    (Kind::TooOld, "too old", 3, &["too-old"]),
    (Kind::InFuture, "in the future", 3, &["in-future"]),
    (Kind::Unsigned, "unsigned", 3, &["no-signature"]),
    (Kind::NotCovered, "required field not signed", 2, &["not-covered"]),
    (Kind::Delivery, "delivery", 4, &[]),
    (Kind::DeliveryTwins, "delivery, twice at once", 3, &[]),
    (Kind::DeliveryAgain, "delivery, sent again", 3, &[]),
    (Kind::DeliveryFails, "delivery, failing first", 2, &[]),
    (Kind::DeliveryForged, "delivery, forged", 2, &["signature-mismatch"]),
];

impl Kind {
    /// Picks by `number`, each as often as the table says.
    pub(crate) fn picked(number: u64) -> Self {
        let mut number = number % TABLE.iter().map(|row| row.2).sum::<u64>();
        for (kind, _, share, _) in TABLE {
            match number.checked_sub(share) {
                Some(rest) => number = rest,
                None => return kind,
            }
        }
        unreachable!("the number is less than the sum")
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        TABLE.into_iter().map(|row| row.0)
    }

    pub(crate) fn name(self) -> &'static str {
        self.row().1
    }

    /// The causes with which a request of this kind may be refused.
    pub(crate) fn causes(self) -> &'static [&'static str] {
        self.row().3
    }

    pub(crate) fn is_delivery(self) -> bool {
        self >= Self::Delivery
    }

    /// Whether no handler may ever see it.
    pub(crate) fn is_bad(self) -> bool {
        (Self::ChangedBody..=Self::NotCovered).contains(&self) || self == Self::DeliveryForged
    }

    pub(crate) fn is_twins(self) -> bool {
        matches!(self, Self::Twins | Self::DeliveryTwins)
    }

    fn row(self) -> (Self, &'static str, u64, &'static [&'static str]) {
        TABLE.into_iter().find(|row| row.0 == self).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, TABLE};

    #[test]
    fn each_kind_comes_as_often_as_the_table_says() {
        let sum: u64 = TABLE.iter().map(|row| row.2).sum();
        for (kind, name, share, _) in TABLE {
            let picked = (7 * sum..8 * sum).filter(|number| Kind::picked(*number) == kind).count();
            assert_eq!(u64::try_from(picked), Ok(share), "{name}");
        }
    }
}
