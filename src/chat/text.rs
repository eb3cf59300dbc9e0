//! What can be said: one line of text that can be seen.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::error::Error;
use crate::name::must_be_visible;

/// The longest message, in code points.
const MAX: usize = 1000;

/// What somebody says. It exists only parsed: after NFC and trimming as it was typed, and without
/// what cannot be seen, as in names.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageText(String);

/// Logs are no place for what people say to each other.
impl std::fmt::Debug for MessageText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl MessageText {
    /// Reads a message as typed.
    ///
    /// # Errors
    /// `Invalid` at `/message`.
    pub fn parse(typed: &str) -> Result<Self, Error> {
        let text: String = typed.trim().nfc().collect();
        let wrong = |detail: String| Err(Error::invalid_field("/message", detail));
        if text.chars().all(is_combining_mark) {
            return wrong("a message needs at least one visible character".to_owned());
        }
        if text.chars().nth(MAX).is_some() {
            return wrong(format!("a message has at most {MAX} characters"));
        }
        match text.chars().find(|c| must_be_visible(*c).is_err()) {
            Some(c) => wrong(format!(
                "a message is one line of what can be seen; it cannot contain U+{:04X}",
                u32::from(c)
            )),
            None => Ok(Self(text)),
        }
    }

    /// As it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_shown_as_it_was_typed() {
        let kept = |typed: &str| MessageText::parse(typed).unwrap().0;
        assert_eq!(kept("  Hello,  <b>world</b> & \"you\" \n"), "Hello,  <b>world</b> & \"you\"");
        assert_eq!(kept("A\u{30A}sa 👍🏽 ❤\u{FE0F}"), "Åsa 👍🏽 ❤\u{FE0F}");
        assert_eq!(kept(&"é".repeat(1000)).chars().count(), 1000);
        assert_eq!(kept(&"e\u{301}".repeat(1000)).chars().count(), 1000, "counted after NFC");
    }

    #[test]
    fn what_cannot_be_seen_cannot_be_said() {
        for typed in
            ["", " \t\n", "\u{301}", "\u{FE0F}", "a\nb", "a\0b", "a\u{202E}b", "a\u{200B}", "\u{E000}"]
        {
            assert!(MessageText::parse(typed).is_err(), "{typed:?}");
        }
        assert!(MessageText::parse(&"a".repeat(1001)).is_err());
        let refused = MessageText::parse("secret\u{202E}").unwrap_err().to_string();
        assert!(!refused.contains("secret"), "{refused}");
    }

    #[test]
    fn a_message_is_not_printed() {
        assert_eq!(format!("{:?}", MessageText::parse("secret").unwrap()), "…");
    }
}
