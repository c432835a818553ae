//! Signatures written in a layout.

use smallvec::SmallVec;

use super::{LayoutPlan, Mark};
use crate::{
    algorithm::Algorithm,
    key::KeyMetadata,
    scheme::Gap,
    signature::{Encoding, SignatureForm},
};

impl LayoutPlan {
    /// The text for these keys, up to the first signature, and what follows.
    pub(in crate::webhook) fn write(
        &self,
        keys: &[(usize, &KeyMetadata)],
        time: &str,
        encoding: Encoding,
    ) -> (Vec<u8>, SmallVec<[Gap; 1]>) {
        let mut writer = Writer { text: self.prefix.clone(), gaps: SmallVec::new() };
        let sep = self.sep.as_deref().unwrap_or_default();
        let own = self.items.iter().filter(|item| item.contains(&Mark::Signature)).count();
        let (mut begun, mut with_signature) = (false, 0_usize);
        for item in &self.items {
            let signs = item.contains(&Mark::Signature);
            let due =
                keys.iter().enumerate().filter(|(at, _)| own == 1 || *at == with_signature).map(|(_, key)| Some(*key));
            let due: Vec<_> = if signs { due.collect() } else { vec![None] };
            with_signature = with_signature.saturating_add(usize::from(signs));
            for key in due {
                if std::mem::replace(&mut begun, true) {
                    writer.push(sep);
                }
                for mark in item {
                    match (mark, key) {
                        (Mark::Text(text), _) => writer.push(text),
                        (Mark::Time, _) => writer.push(time.as_bytes()),
                        (Mark::KeyId, Some((_, key))) => writer.push(key.id.as_str().as_bytes()),
                        (Mark::Signature, Some((at, key))) => writer.gap(at, key.algorithm, encoding),
                        (Mark::KeyId | Mark::Signature, None) => {}
                    }
                }
            }
        }
        (writer.text, writer.gaps)
    }
}

/// Text with gaps.
struct Writer {
    text: Vec<u8>,
    gaps: SmallVec<[Gap; 1]>,
}

impl Writer {
    fn push(&mut self, text: &[u8]) {
        match self.gaps.last_mut() {
            Some(gap) => gap.then.to_mut().push_str(&String::from_utf8_lossy(text)),
            None => self.text.extend_from_slice(text),
        }
    }

    fn gap(&mut self, signature: usize, algorithm: Algorithm, encoding: Encoding) {
        self.gaps.push(Gap { signature, encoding, algorithm, form: SignatureForm::Usual, then: "".into() });
    }
}
