//! Colours of values and fields.

use serde::{Deserialize, Serialize};

/// An RGB colour: `#` and six hexadecimal digits, lower case.
///
/// Source: ForgeFed, `enumValueColor`, `fieldColor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color(String);

/// A text that is no colour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected # and six hexadecimal digits, found {0:?}")]
pub struct NoColor(String);

impl Color {
    /// Reads a colour.
    pub fn parse(text: &str) -> Result<Self, NoColor> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        match digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            Some(_) => Ok(Self(text.to_ascii_lowercase())),
            None => Err(NoColor(text.chars().take(20).collect())),
        }
    }

    /// The text of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether dark letters are read on it better than light ones: by the brightness that eyes give the three parts.
    pub fn is_light(&self) -> bool {
        let part = |at: usize| self.0.get(at..at + 2).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or(0);
        299 * part(1) + 587 * part(3) + 114 * part(5) >= 128_000
    }
}

impl TryFrom<String> for Color {
    type Error = NoColor;
    fn try_from(text: String) -> Result<Self, NoColor> {
        Self::parse(&text)
    }
}

impl From<Color> for String {
    fn from(color: Color) -> Self {
        color.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_a_hash_and_six_hexadecimal_digits() {
        assert_eq!(Color::parse("#AaBb09").unwrap().as_str(), "#aabb09");
        for other in ["", "#", "aabb09", "#aabb0", "#aabb099", "#aabbgg", "red", "#ääb"] {
            assert!(Color::parse(other).is_err(), "{other}");
        }
    }

    #[test]
    fn dark_letters_are_for_light_colours() {
        assert!(Color::parse("#ffff00").unwrap().is_light());
        assert!(!Color::parse("#0000ff").unwrap().is_light());
    }
}
