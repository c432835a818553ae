//! A short byte string that stays off the heap.

/// Bytes that live in place up to `N` and move to the heap beyond.
///
/// Signature bases and signatures are built once a request; measured against it, a `Vec` or a general small vector costs
/// a visible part of the MAC.
#[derive(Clone)]
pub(crate) struct InlineBytes<const N: usize> {
    len: usize,
    inline: [u8; N],
    heap: Vec<u8>,
}

impl<const N: usize> InlineBytes<N> {
    pub(crate) const fn new() -> Self {
        Self { len: 0, inline: [0; N], heap: Vec::new() }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let end = self.len.saturating_add(bytes.len());
        match self.inline.get_mut(self.len..end) {
            Some(space) if self.heap.is_empty() => {
                space.copy_from_slice(bytes);
                self.len = end;
            }
            _ => self.spill(bytes),
        }
    }

    #[cold]
    fn spill(&mut self, bytes: &[u8]) {
        if self.heap.is_empty() {
            self.heap.reserve(self.len.saturating_add(bytes.len()).saturating_mul(2));
            self.heap.extend_from_slice(self.inline.get(..self.len).unwrap_or_default());
        }
        self.heap.extend_from_slice(bytes);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0 && self.heap.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.as_slice().len()
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        if self.heap.is_empty() { self.inline.get(..self.len).unwrap_or_default() } else { &self.heap }
    }
}

impl<const N: usize> From<&[u8]> for InlineBytes<N> {
    fn from(bytes: &[u8]) -> Self {
        let mut new = Self::new();
        new.push(bytes);
        new
    }
}

impl<const N: usize> From<Vec<u8>> for InlineBytes<N> {
    /// Takes the bytes over where they are.
    fn from(heap: Vec<u8>) -> Self {
        Self { len: 0, inline: [0; N], heap }
    }
}

#[cfg(test)]
mod tests {
    use super::InlineBytes;

    #[test]
    fn bytes_keep_their_order_across_the_move_to_the_heap() {
        for sizes in [[0, 4, 4], [3, 1, 0], [3, 2, 9], [8, 0, 1], [0, 0, 0]] {
            let (mut bytes, mut expected) = (InlineBytes::<4>::new(), Vec::new());
            for (n, size) in sizes.into_iter().enumerate() {
                let part = vec![u8::try_from(n).unwrap(); size];
                bytes.push(&part);
                expected.extend(part);
            }
            assert_eq!(bytes.as_slice(), expected);
            assert_eq!(bytes.len(), expected.len());
        }
    }
}
