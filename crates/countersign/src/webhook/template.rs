//! Templates, read once: what a message holds can never be taken for a name in braces.

use super::error::WebhookError;

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Text(String),
    /// A name that stood in braces.
    Name(String),
}

/// Reads text with names in braces; a brace itself is written twice.
pub(super) fn read(template: &str) -> Result<Vec<Token>, WebhookError> {
    let wrong = |reason| WebhookError::Template { text: template.to_owned(), reason };
    let (mut tokens, mut text) = (Vec::new(), String::new());
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace) = rest.split_at_checked(at).unwrap_or((rest, ""));
        text.push_str(before);
        rest = if let Some(behind) = brace.strip_prefix("{{") {
            text.push('{');
            behind
        } else if let Some(behind) = brace.strip_prefix("}}") {
            text.push('}');
            behind
        } else {
            let inside = brace.strip_prefix('{').ok_or_else(|| wrong("a brace that closes nothing"))?;
            let (name, behind) = inside.split_once('}').ok_or_else(|| wrong("a brace that is not closed"))?;
            if !text.is_empty() {
                tokens.push(Token::Text(std::mem::take(&mut text)));
            }
            tokens.push(Token::Name(name.to_owned()));
            behind
        };
    }
    text.push_str(rest);
    if !text.is_empty() {
        tokens.push(Token::Text(text));
    }
    Ok(tokens)
}

/// The error for a name that means nothing.
pub(super) fn unknown(template: &str) -> WebhookError {
    WebhookError::Template { text: template.to_owned(), reason: "a name in braces that means nothing here" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_text_and_a_doubled_brace_is_one() {
        let text = |text: &str| Token::Text(text.to_owned());
        let name = |name: &str| Token::Name(name.to_owned());
        assert_eq!(read("v0:{time}:{body}").unwrap(), [text("v0:"), name("time"), text(":"), name("body")]);
        assert_eq!(read("{{{a}}}").unwrap(), [text("{"), name("a"), text("}")]);
        assert_eq!(read("").unwrap(), []);
        for template in ["{", "}", "{a", "a}b"] {
            assert!(matches!(read(template), Err(WebhookError::Template { .. })), "{template}");
        }
    }
}
