//! What stands around a signature: one item, or a list of them.

mod write;

use smallvec::SmallVec;

use super::{
    error::WebhookError,
    spec::{At, Layout, Spec},
    template::{self, Token},
};
use crate::{error::VerifyError, request::trim};

/// The most signatures that a request may carry, but for MACs in fields that each have one: each costs a comparison, and the list is
/// the peer's to write.
pub(super) const MOST_SIGNATURES: usize = 16;
/// The most items of a list that are looked at.
const MOST_ITEMS: usize = 64;
/// The longest value that is read, in bytes.
const MAX_LEN: usize = 8 * 1024;

/// Why text is refused that would be written into a request.
pub(super) const CONTROL: &str = "a control character stands where a value does";

#[derive(Debug)]
pub(super) struct LayoutPlan {
    prefix: Vec<u8>,
    sep: Option<Vec<u8>>,
    items: Vec<Vec<Mark>>,
    positional: bool,
}

/// A piece of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mark {
    Text(Vec<u8>),
    Signature,
    Time,
    KeyId,
}

/// What was found beside one another in one place.
#[derive(Debug)]
pub(super) struct Found<'v> {
    /// How many signatures are taken at most.
    most: usize,
    pub(super) time: Option<&'v [u8]>,
    pub(super) signatures: SmallVec<[FoundSignature<'v>; 2]>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FoundSignature<'v> {
    pub(super) key_id: Option<&'v [u8]>,
    pub(super) text: &'v [u8],
}

/// What an item of a message was matched with.
#[derive(Clone, Copy, Default)]
struct Captured<'v> {
    signature: Option<&'v [u8]>,
    time: Option<&'v [u8]>,
    key_id: Option<&'v [u8]>,
}

impl LayoutPlan {
    pub(super) fn new(spec: &Spec) -> Result<Self, WebhookError> {
        let Layout { prefix, sep, items, positional } = &spec.signature.layout;
        // A line break would end the field and begin another.
        if [prefix].into_iter().chain(sep).chain(items).any(|text| text.contains(char::is_control)) {
            return Err(WebhookError::Impossible(CONTROL));
        }
        let items: Vec<Vec<Mark>> = items.iter().map(|item| marks(item)).collect::<Result<_, _>>()?;
        let plan = Self {
            prefix: prefix.clone().into_bytes(),
            sep: sep.clone().map(String::into_bytes),
            items,
            positional: *positional,
        };
        plan.check()?;
        for (mark, wanted, reason) in [
            (
                Mark::Time,
                spec.time.as_ref().map(|time| &time.at),
                "the time stands beside the signature in one of the two only",
            ),
            (
                Mark::KeyId,
                spec.key_id.as_ref().map(|id| &id.at),
                "the key id stands beside the signature in one of the two only",
            ),
        ] {
            if plan.has(&mark) != (wanted == Some(&At::Layout)) {
                return Err(WebhookError::Impossible(reason));
            }
        }
        Ok(plan)
    }

    fn check(&self) -> Result<(), WebhookError> {
        let impossible = |reason| Err(WebhookError::Impossible(reason));
        let with = |mark: &Mark| self.items.iter().filter(|item| item.contains(mark)).count();
        if self.items.len() > MOST_ITEMS {
            return impossible("it has more items than are read");
        }
        if with(&Mark::Signature) == 0 {
            return impossible("no item has a signature");
        }
        if with(&Mark::Time) > 1 {
            return impossible("two items have a time");
        }
        if self.items.iter().any(|item| item.contains(&Mark::KeyId) && !item.contains(&Mark::Signature)) {
            return impossible("a key id stands apart from its signature");
        }
        let text = |mark: &Mark| matches!(mark, Mark::Text(_));
        let runs_together = |item: &[Mark]| item.windows(2).any(|two| two.iter().all(|mark| !text(mark)));
        let repeats = |item: &[Mark]| {
            let named: Vec<_> = item.iter().filter(|mark| !text(mark)).collect();
            named.iter().enumerate().any(|(at, mark)| named.iter().take(at).any(|earlier| earlier == mark))
        };
        if self.items.iter().any(|item| item.is_empty() || runs_together(item) || repeats(item)) {
            return impossible("an item cannot be taken apart");
        }
        match &self.sep {
            None if self.items.len() != 1 || self.positional => impossible("several items need something between them"),
            Some(sep) if sep.is_empty() || trim(sep) != sep.as_slice() && sep != b" " => {
                impossible("what stands between two items is empty, or has white space around it")
            }
            Some(_) if self.positional && self.items.iter().any(|item| item.len() != 1) => {
                impossible("items that are told by their place have no text")
            }
            Some(_)
                if !self.positional
                    && self.items.len() > 1
                    && self.items.iter().any(|item| !item.first().is_some_and(text)) =>
            {
                impossible("items that do not begin with text cannot be told apart")
            }
            _ => Ok(()),
        }
    }

    fn has(&self, mark: &Mark) -> bool {
        self.items.iter().any(|item| item.contains(mark))
    }

    /// The text that a value begins with if it is of this layout, where every one does.
    pub(super) fn lead(&self) -> &[u8] {
        match self.items.as_slice() {
            _ if !self.prefix.is_empty() => &self.prefix,
            [item] => match item.first() {
                Some(Mark::Text(text)) => text,
                _ => b"",
            },
            _ => b"",
        }
    }

    /// How many signatures there is room for.
    pub(super) fn room(&self) -> usize {
        let own = self.items.iter().filter(|item| item.contains(&Mark::Signature)).count();
        let signs = |item: &Vec<Mark>| item.contains(&Mark::Signature);
        // One item with the time in it would tell it as often as there are signatures, and behind the last place there are others.
        let repeats = !self.items.iter().any(|item| signs(item) && item.contains(&Mark::Time))
            && (!self.positional || self.items.last().is_some_and(signs));
        match (own, &self.sep) {
            (1, Some(_)) if repeats => MOST_SIGNATURES,
            (_, None) => 1,
            (several, Some(_)) => several,
        }
    }

    /// Whether a key id can stand here and be found again.
    pub(super) fn admits_key_id(&self, id: &str) -> bool {
        let holds = |text: &[u8]| memchr::memmem::find(id.as_bytes(), text).is_some();
        let marked = self.items.iter().filter(|item| item.contains(&Mark::KeyId));
        let texts = marked.flatten().filter_map(|mark| if let Mark::Text(text) = mark { Some(text) } else { None });
        trim(id.as_bytes()).len() == id.len() && !texts.chain(&self.sep).any(|text| holds(text))
    }

    /// Takes a value apart. Items that are none of ours are passed over.
    pub(super) fn read<'v>(&self, value: &'v [u8], found: &mut Found<'v>) -> Result<(), VerifyError> {
        if value.len() > MAX_LEN {
            return Err(VerifyError::Malformed("it is too long"));
        }
        let Some(value) = value.strip_prefix(self.prefix.as_slice()) else {
            return Err(VerifyError::Malformed("it does not begin as it has to"));
        };
        let Some(sep) = &self.sep else {
            let captured = self.items.first().and_then(|item| capture(item, value));
            return captured.map_or(Ok(()), |captured| found.take(captured));
        };
        let mut seen = 0_u64;
        for (at, piece) in split(value, sep).enumerate() {
            if at >= MOST_ITEMS {
                return Err(VerifyError::Malformed("it has too many items"));
            }
            let piece = trim(piece);
            let item = if self.positional {
                let item = self.items.get(at).or(self.items.last());
                item.and_then(|item| capture(item, piece)).map(|captured| (at, captured))
            } else {
                self.items.iter().enumerate().find_map(|(at, item)| Some((at, capture(item, piece)?)))
            };
            if let Some((at, captured)) = item {
                seen |= 1_u64.wrapping_shl(u32::try_from(at).unwrap_or(0));
                found.take(captured)?;
            }
        }
        // Text alone says how to read the rest, so it has to be there.
        let fixed = |item: &Vec<Mark>| item.iter().all(|mark| matches!(mark, Mark::Text(_)));
        let missing = |(at, item): (usize, &Vec<Mark>)| {
            fixed(item) && seen & 1_u64.wrapping_shl(u32::try_from(at).unwrap_or(0)) == 0
        };
        if self.items.iter().enumerate().any(missing) {
            Err(VerifyError::Malformed("an item is missing"))
        } else {
            Ok(())
        }
    }
}

impl<'v> Found<'v> {
    /// Nothing yet, and at most so many signatures.
    pub(super) fn at_most(most: usize) -> Self {
        Self { most, time: None, signatures: SmallVec::new() }
    }

    fn take(&mut self, captured: Captured<'v>) -> Result<(), VerifyError> {
        if let Some(time) = captured.time
            && self.time.replace(time).is_some()
        {
            return Err(VerifyError::Ambiguous("time beside the signature"));
        }
        if let Some(text) = captured.signature {
            if self.signatures.len() >= self.most {
                return Err(VerifyError::Malformed("it has too many signatures"));
            }
            self.signatures.push(FoundSignature { key_id: captured.key_id, text });
        }
        Ok(())
    }
}

fn marks(item: &str) -> Result<Vec<Mark>, WebhookError> {
    let mark = |token| match token {
        Token::Text(text) => Ok(Mark::Text(text.into_bytes())),
        Token::Name(name) => match name.as_str() {
            "sig" => Ok(Mark::Signature),
            "time" => Ok(Mark::Time),
            "key_id" => Ok(Mark::KeyId),
            _ => Err(template::unknown(item)),
        },
    };
    template::read(item)?.into_iter().map(mark).collect()
}

/// What stands in an item's gaps; `None` when it is another kind of item.
fn capture<'v>(item: &[Mark], piece: &'v [u8]) -> Option<Captured<'v>> {
    let (mut captured, mut rest) = (Captured::default(), piece);
    let mut marks = item;
    while let [mark, behind @ ..] = marks {
        marks = behind;
        let value = match (mark, behind) {
            (Mark::Text(text), _) => {
                rest = rest.strip_prefix(text.as_slice())?;
                continue;
            }
            (_, [Mark::Text(text), ..]) => {
                let (value, left) = rest.split_at_checked(find(rest, text)?)?;
                rest = left;
                value
            }
            _ => std::mem::take(&mut rest),
        };
        match mark {
            Mark::Time => captured.time = Some(value),
            Mark::KeyId => captured.key_id = Some(value),
            _ => captured.signature = Some(value),
        }
    }
    rest.is_empty().then_some(captured)
}

/// Where one text begins in another. What stands between items is one byte nearly always, for which to prepare a search takes longer
/// than to search.
fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    match wanted {
        [byte] => memchr::memchr(*byte, text),
        _ => memchr::memmem::find(text, wanted),
    }
}

fn split<'v>(value: &'v [u8], sep: &[u8]) -> impl Iterator<Item = &'v [u8]> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let value = rest?;
        let at = find(value, sep);
        let (piece, behind) = at.and_then(|at| value.split_at_checked(at)).unwrap_or((value, b""));
        rest = at.and_then(|_| behind.get(sep.len()..));
        Some(piece)
    })
}

#[cfg(test)]
mod tests;
