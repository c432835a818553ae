//! Who a key belongs to.

use std::sync::Arc;

use countersign::KeyId;

/// Who signed a request, in the words of the key file: what handlers get as the caller. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyOwner {
    key_id: KeyId,
    name: Option<Arc<str>>,
}

impl KeyOwner {
    pub(crate) const fn new(key_id: KeyId, name: Option<Arc<str>>) -> Self {
        Self { key_id, name }
    }

    /// The key id.
    #[must_use]
    pub const fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The `name` that the file gives to the keys of this id; `None` where it gives none.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}
