//! What is to be covered, and when: one table for the signer and for the policy.

use crate::{component::Component, field::WellKnown, request::Request};

/// When a component has to be covered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum When {
    /// In every request.
    Always,
    /// When the request has a body, whatever its method.
    Body,
    /// When the request has the field.
    Present,
    /// When the request has one of these methods, in whatever case.
    Method(Vec<String>),
}

/// Components in the order in which they are signed, each with its condition.
///
/// A [`Signer`](crate::Signer) covers what its coverage names; a [`Policy`](crate::Policy) requires what its coverage
/// names. Both start from [`Coverage::standard`], so that by default what is signed here is accepted here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage(Vec<(Component, When)>);

impl Coverage {
    /// No component at all, to add to.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// `(request-target) host date`; `digest` with a body; `content-type` and `content-encoding` where they are present,
    /// since they could otherwise be added or changed on the way and give the body another meaning.
    #[must_use]
    pub fn standard() -> Self {
        Self::empty()
            .and(Component::RequestTarget, When::Always)
            .and(Component::field(WellKnown::Host), When::Always)
            .and(Component::field(WellKnown::Date), When::Always)
            .and(Component::field(WellKnown::Digest), When::Body)
            .and(Component::field(WellKnown::ContentType), When::Present)
            .and(Component::field(WellKnown::ContentEncoding), When::Present)
    }

    /// What the Flask-Cavage extension requires: `(request-target) host date`, and for POST, PUT and PATCH also
    /// `content-length content-type digest`.
    ///
    /// The extension leaves the query out of the target of those three, so it refuses one that has a query, and it looks key
    /// ids up as far as their first character that is no letter, digit or underscore.
    #[must_use]
    pub fn flask_cavage() -> Self {
        let writing = || When::Method(["POST", "PUT", "PATCH"].map(str::to_owned).to_vec());
        Self::empty()
            .and(Component::RequestTarget, When::Always)
            .and(Component::field(WellKnown::Host), When::Always)
            .and(Component::field(WellKnown::Date), When::Always)
            .and(Component::field(WellKnown::ContentLength), writing())
            .and(Component::field(WellKnown::ContentType), writing())
            .and(Component::field(WellKnown::Digest), writing())
    }

    /// The same with one more component at the end, or with another condition for one that is there already.
    #[must_use]
    pub fn and(mut self, component: Component, when: When) -> Self {
        match self.0.iter_mut().find(|(present, _)| *present == component) {
            Some(entry) => entry.1 = when,
            None => self.0.push((component, when)),
        }
        self
    }

    /// The same with one more row, beside any that the component has: it falls due when either condition holds.
    pub(crate) fn also(mut self, component: Component, when: When) -> Self {
        if !self.0.iter().any(|(present, own)| *present == component && own.implies(&when)) {
            self.0.push((component, when));
        }
        self
    }

    /// The same without one component.
    #[must_use]
    pub fn without(mut self, component: &Component) -> Self {
        self.0.retain(|(present, _)| present != component);
        self
    }

    /// Every component with its condition, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Component, &When)> {
        self.0.iter().map(|(component, when)| (component, when))
    }
}

impl When {
    /// Whether a component falls due in this request.
    pub(crate) fn applies(&self, component: &Component, request: &Request<'_>, has_body: bool) -> bool {
        match (self, component) {
            (Self::Always, _) => true,
            (Self::Body, _) => has_body,
            (Self::Present, Component::Field(name)) => request.has_field(name),
            (Self::Present, _) => false,
            (Self::Method(methods), _) => methods.iter().any(|method| method.eq_ignore_ascii_case(request.method)),
        }
    }

    /// Whether this condition holds at least wherever `other` does.
    pub(crate) fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Always, _) => true,
            (Self::Method(own), Self::Method(theirs)) => {
                theirs.iter().all(|method| own.iter().any(|own| own.eq_ignore_ascii_case(method)))
            }
            _ => self == other,
        }
    }
}
