//! What is tried with every peer: the request as it was signed, then each covered thing changed, then other keys.

use countersign::{Cavage, Policy, Switch, VerifyError};

use super::{
    keys::Key,
    line::Peer,
    message::{Change, Message},
};

/// The standard coverage of a GET and of a POST.
pub(super) const STANDARD: (&str, &str) =
    ("(request-target) host date", "(request-target) host date digest content-type");

/// Each carrier by the name of its field.
pub(super) const CARRIERS: [&str; 2] = ["signature", "authorization"];

/// Writes into the field of that name.
pub(super) fn in_field(scheme: Cavage, field: &str) -> Cavage {
    if field == "signature" { scheme.in_signature() } else { scheme.in_authorization() }
}

/// We sign, and the peer verifies.
#[derive(Clone, Copy)]
pub(super) struct WeSign<'a> {
    pub(super) key: Key,
    pub(super) scheme: Cavage,
    pub(super) field: &'static str,
    /// What a GET covers, and what a POST does.
    pub(super) covers: (&'static str, &'static str),
    /// How the peer refuses what does not match.
    pub(super) refusal: &'static str,
    /// The changes that it refuses in another way, or not at all.
    pub(super) but: &'a [(Change, Option<&'static str>)],
}

impl WeSign<'_> {
    pub(super) fn to(&self, peer: &mut Peer) {
        for (what, signed, covered) in self.signed() {
            // What we mean to test is what we have signed.
            let any_target = self.scheme.allowing(Switch::DangerousQuerylessTarget);
            let any_policy = Policy::dangerous_requiring_nothing();
            let own = signed.verified(any_target, &any_policy, &self.key.verifying(self.scheme));
            assert_eq!(own, Ok((self.key.id().to_owned(), covered.to_owned())), "{what}");

            let (key, asked) = (self.key.for_peer(), (covered, self.field));
            peer.expect_verified(&what, &signed, &key, asked, None);
            for change in Change::of(covered) {
                let refusal = self.but.iter().find(|(other, _)| *other == change);
                let refusal = refusal.map_or(Some(self.refusal), |(_, refusal)| *refusal);
                peer.expect_verified(&format!("{what} {change:?}"), &change.made_to(&signed), &key, asked, refusal);
            }
            let another = self.key.another_for_peer();
            peer.expect_verified(&format!("{what} another key"), &signed, &another, asked, Some(self.refusal));
        }
    }

    /// For a form that the peer cannot read: it refuses what nobody has changed.
    pub(super) fn in_vain_to(&self, peer: &mut Peer) {
        for (what, signed, covered) in self.signed() {
            let asked = (covered, self.field);
            peer.expect_verified(&what, &signed, &self.key.for_peer(), asked, Some(self.refusal));
        }
    }

    fn signed(&self) -> [(String, Message, &'static str); 2] {
        let (get, post) = self.covers;
        [(Message::get(), get), (Message::post(), post)].map(|(message, covered)| {
            let what = format!("{} {} {}", message.method, self.field, self.key.algorithm());
            (what, message.signed(in_field(self.scheme, self.field), self.key.signing(self.scheme)), covered)
        })
    }
}

/// The peer signs, and we verify.
#[derive(Clone)]
pub(super) struct PeerSigns {
    pub(super) key: Key,
    pub(super) scheme: Cavage,
    pub(super) policy: Policy,
    pub(super) field: &'static str,
    /// What a GET covers, and what a POST does.
    pub(super) covers: (&'static str, &'static str),
    /// Whether the peer is given the fields that it could make.
    pub(super) dated: bool,
    /// Fields that the deployment needs.
    pub(super) fields: &'static [(&'static str, &'static str)],
    /// Whether the peer leaves the query unsigned.
    pub(super) queryless: bool,
    /// Whether the peer says what it signed with.
    pub(super) states_algorithm: bool,
}

impl PeerSigns {
    /// What most peers do.
    pub(super) fn standard(key: Key, field: &'static str) -> Self {
        Self {
            key,
            scheme: Cavage::new(),
            policy: Policy::default(),
            field,
            covers: STANDARD,
            dated: true,
            fields: &[],
            queryless: false,
            states_algorithm: true,
        }
    }

    pub(super) fn to_us(&self, peer: &mut Peer) {
        let (get, post) = self.covers;
        for (message, covered) in [(Message::get(), get), (Message::post(), post)] {
            let what = format!("{} {} {}", message.method, self.field, self.key.algorithm());
            let signed = peer.sign(&self.given(message), self.key, covered, self.field);
            let key = self.key.verifying(self.scheme);
            let accepted = Ok((self.key.id().to_owned(), covered.to_owned()));
            peer.exchanges.expect(&what, &signed.verified(self.scheme, &self.policy, &key), &accepted);

            for change in Change::of(covered) {
                let expected = match change {
                    Change::Query if self.queryless => accepted.clone(),
                    Change::Body => Err(VerifyError::DigestMismatch),
                    _ => Err(VerifyError::SignatureMismatch),
                };
                let outcome = change.made_to(&signed).verified(self.scheme, &self.policy, &key);
                assert_eq!(outcome, expected, "{what} {change:?}");
            }
            let outcome = signed.verified(self.scheme, &self.policy, &self.key.another());
            assert_eq!(outcome, Err(VerifyError::SignatureMismatch), "{what} another key");
            let mismatch =
                if self.states_algorithm { VerifyError::AlgorithmMismatch } else { VerifyError::SignatureMismatch };
            for key in self.key.of_other_algorithms(self.scheme) {
                let outcome = signed.verified(self.scheme, &self.policy, &key);
                assert_eq!(outcome, Err(mismatch.clone()), "{what} {key:?}");
            }
        }
    }

    fn given(&self, message: Message) -> Message {
        let mut message = if self.dated { message.dated() } else { message };
        for (name, value) in self.fields {
            message.set(name, value);
        }
        message
    }
}
