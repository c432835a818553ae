//! What is to be covered, and when: one table for the signer and for the policy.

use std::fmt;

use smallvec::SmallVec;

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
#[derive(Clone, PartialEq, Eq)]
pub struct Coverage {
    rows: Vec<(Component, When)>,
    /// For every row the bit of its component, if to be listed is all that it takes to be covered; else none.
    plain: Vec<u32>,
    /// The bits of the components in it, and of those that are always due.
    mentioned: u32,
    always: u32,
}

impl Coverage {
    /// No component at all, to add to.
    #[must_use]
    pub const fn empty() -> Self {
        Self { rows: Vec::new(), plain: Vec::new(), mentioned: 0, always: 0 }
    }

    fn of(rows: Vec<(Component, When)>) -> Self {
        let bits = |rows: &mut dyn Iterator<Item = &(Component, When)>| {
            rows.filter_map(|(component, _)| component.bit()).fold(0, |bits, bit| bits | bit)
        };
        let mentioned = bits(&mut rows.iter());
        let always = bits(&mut rows.iter().filter(|(_, when)| *when == When::Always));
        let plain = rows.iter().map(|(component, _)| component.bit().filter(|_| !component.is_digest()).unwrap_or(0));
        Self { plain: plain.collect(), rows, mentioned, always }
    }

    /// Whether a component that has a bit stands in the table, under whatever condition.
    pub(crate) fn mentions(&self, component: &Component) -> bool {
        component.bit().is_some_and(|bit| self.mentioned & bit != 0)
    }

    /// Whether a component that has a bit is always due.
    pub(crate) fn always_has(&self, component: &Component) -> bool {
        component.bit().is_some_and(|bit| self.always & bit != 0)
    }

    /// `(request-target) host date`; `digest` with a body; `content-type` and `content-encoding` where they are present,
    /// since they could otherwise be added or changed on the way and give the body another meaning; and likewise the three fields
    /// that frameworks take for the method, `x-http-method-override`, `x-http-method` and `x-method-override`.
    #[must_use]
    pub fn standard() -> Self {
        Self::empty()
            .and(Component::RequestTarget, When::Always)
            .and(Component::field(WellKnown::Host), When::Always)
            .and(Component::field(WellKnown::Date), When::Always)
            .and(Component::field(WellKnown::Digest), When::Body)
            .and(Component::field(WellKnown::ContentType), When::Present)
            .and(Component::field(WellKnown::ContentEncoding), When::Present)
            .and(Component::field(WellKnown::XHttpMethodOverride), When::Present)
            .and(Component::field(WellKnown::XHttpMethod), When::Present)
            .and(Component::field(WellKnown::XMethodOverride), When::Present)
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
        match self.rows.iter_mut().find(|(present, _)| *present == component) {
            Some(entry) => entry.1 = when,
            None => self.rows.push((component, when)),
        }
        Self::of(self.rows)
    }

    /// The same with one more row, beside any that the component has: it falls due when either condition holds.
    pub(crate) fn also(mut self, component: Component, when: When) -> Self {
        if !self.rows.iter().any(|(present, own)| *present == component && own.implies(&when)) {
            self.rows.push((component, when));
        }
        Self::of(self.rows)
    }

    /// The same without one component.
    #[must_use]
    pub fn without(mut self, component: &Component) -> Self {
        self.rows.retain(|(present, _)| present != component);
        Self::of(self.rows)
    }

    /// The same without what binds the body: its digests and its length.
    pub(crate) fn not_binding_the_body(mut self) -> Self {
        let is_length = |component: &Component| component.well_known() == Some(WellKnown::ContentLength);
        self.rows.retain(|(present, _)| !present.is_digest() && !is_length(present));
        Self::of(self.rows)
    }

    /// What `look` says of the fields that are due where they are present, and are not on a list with these bits.
    pub(crate) fn present_beyond(&self, bits: u32, look: impl FnOnce(&[WellKnown]) -> bool) -> bool {
        let names = self.beyond(bits).filter(|(_, when, plain)| *plain && **when == When::Present);
        let names: SmallVec<[WellKnown; 8]> = names.filter_map(|(component, ..)| component.well_known()).collect();
        !names.is_empty() && look(&names)
    }

    /// The rows that a list with these bits does not satisfy by itself, each with whether no more than being listed could.
    pub(crate) fn beyond(&self, bits: u32) -> impl Iterator<Item = (&Component, &When, bool)> {
        let open = self.rows.iter().zip(&self.plain).filter(move |(_, plain)| bits & **plain == 0);
        open.map(|((component, when), plain)| (component, when, *plain != 0))
    }

    /// The components that fall due where this request is signed, in order.
    pub(crate) fn due<'c>(&'c self, request: &'c Request<'_>) -> impl Iterator<Item = &'c Component> {
        self.iter().filter(|(component, when)| when.is_due(component, request)).map(|(component, _)| component)
    }

    /// Every component with its condition, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Component, &When)> {
        self.rows.iter().map(|(component, when)| (component, when))
    }
}

impl fmt::Debug for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Coverage").field(&self.rows).finish()
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

    /// Whether a component falls due where this request is signed. A body that is not at hand counts as one: it may turn out to be
    /// there.
    pub(crate) fn is_due(&self, component: &Component, request: &Request<'_>) -> bool {
        self.applies(component, request, request.body.is_none_or(|body| !body.is_empty()))
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
