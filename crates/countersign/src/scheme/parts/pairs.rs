//! Pairs set in a query or a form.

use form_urlencoded::{byte_serialize, parse};

/// Sets pairs in place of those of the same name, and else at the end. All other bytes stay as they are.
pub(super) fn set(text: &[u8], pairs: &[(String, String)]) -> Vec<u8> {
    let mut left: Vec<_> = pairs.iter().map(Some).collect();
    let mut set = Joined::default();
    // Nothing at all is no pair, whereas every ampersand stands between two, be they empty.
    let own = (!text.is_empty()).then(|| text.split(|byte| *byte == b'&'));
    for pair in own.into_iter().flatten() {
        let Some((name, _)) = parse(pair).next() else {
            set.push(pair);
            continue;
        };
        if !pairs.iter().any(|(new, _)| *new == name) {
            set.push(pair);
        } else if let Some(new) = left.iter_mut().find_map(|new| new.take_if(|(new, _)| *new == name)) {
            set.push(&escaped(new));
        }
    }
    for new in left.into_iter().flatten() {
        set.push(&escaped(new));
    }
    set.text
}

/// Pairs with an ampersand between any two.
#[derive(Default)]
struct Joined {
    text: Vec<u8>,
    begun: bool,
}

impl Joined {
    fn push(&mut self, pair: &[u8]) {
        if self.begun {
            self.text.push(b'&');
        }
        self.begun = true;
        self.text.extend_from_slice(pair);
    }
}

fn escaped((name, value): &(String, String)) -> Vec<u8> {
    let escape = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("{}={}", escape(name), escape(value)).into_bytes()
}
