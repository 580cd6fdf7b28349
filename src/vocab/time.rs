//! Time on the wire: seconds since 1970 UTC inside, RFC 3339 with any offset outside.

use crate::object::{Wrong, quote};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Seconds since 1970-01-01 UTC. Parts of a second are dropped on reading: nothing we decide depends on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(i64);

/// 0000-01-01T00:00:00Z, the first second RFC 3339 can write.
const FIRST: i64 = -62_167_219_200;
/// 9999-12-30T22:00:00Z, the last second that every offset can write.
const LAST: i64 = 253_402_207_200;

impl Seconds {
    /// The point `seconds` after 1970-01-01 UTC.
    pub const fn new(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01 UTC.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 date and time. The offset is demanded, since a local time names no point in time.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let wrong = || Wrong::new("", "a date and time as RFC 3339 has it", quote(text));
        let whole = without_fraction(text).ok_or_else(wrong)?;
        let stamp: jiff::Timestamp = whole.parse().map_err(|_| wrong())?;
        Ok(Self(stamp.as_second()))
    }
}

/// The text without its parts of a second, if it has the shape of RFC 3339. jiff alone takes more: `[Europe/Berlin]`, `20240307T`.
fn without_fraction(text: &str) -> Option<String> {
    let shape = b"0000-00-00T00:00:00";
    let (head, rest) = (text.get(..shape.len())?, text.get(shape.len()..)?);
    let fits = head.bytes().zip(shape).all(|(found, want)| match want {
        b'0' => found.is_ascii_digit(),
        b'T' => matches!(found, b'T' | b't' | b' '),
        _ => found == *want,
    });
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => {
            let end = fraction.bytes().take_while(u8::is_ascii_digit).count();
            fraction.get(end..).filter(|_| end > 0)?
        }
        None => rest,
    };
    let is_offset = match offset.as_bytes() {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', a, b, b':', c, d] => [a, b, c, d].iter().all(|x| x.is_ascii_digit()),
        _ => false,
    };
    (fits && is_offset).then(|| format!("{head}{offset}"))
}

impl fmt::Display for Seconds {
    /// RFC 3339 in UTC. A time before the year 0 or after 9999 is written as the nearest one that can be written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0.clamp(FIRST, LAST)) {
            Ok(stamp) => write!(f, "{stamp}"),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl From<i64> for Seconds {
    fn from(seconds: i64) -> Self {
        Self(seconds)
    }
}

impl From<Seconds> for i64 {
    fn from(time: Seconds) -> Self {
        time.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_with_any_offset_and_any_fraction() {
        #[rustfmt::skip]
        let rows = [
            ("1970-01-01T00:00:00Z",                 Some(0)),
            ("2024-03-07T00:00:00Z",                 Some(1_709_769_600)),
            ("2024-03-07t01:00:00+01:00",            Some(1_709_769_600)),
            ("2014-12-31T23:00:00-08:00",            Some(1_420_095_600)),
            ("2024-03-07T00:00:00.999999999999999Z", Some(1_709_769_600)),
            ("1969-12-31T23:59:59.5Z",               Some(-1)),
            ("2024-03-07T00:00:00",                  None),
            ("2024-03-07",                           None),
            ("2024-03-07T00:00:00.Z",                None),
            ("2024-03-07T00:00:00Z[UTC]",            None),
            ("20240307T000000Z",                     None),
            ("2024-13-07T00:00:00Z",                 None),
            ("2024-03-07T00:00:00é",                 None),
            ("not a date",                           None),
            ("",                                     None),
        ];
        for (text, expected) in rows {
            assert_eq!(Seconds::parse(text).ok().map(Seconds::get), expected, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for seconds in [0, -1, 1_709_769_600, FIRST, LAST] {
            assert_eq!(Seconds::parse(&Seconds(seconds).to_string()), Ok(Seconds(seconds)));
        }
        assert_eq!(Seconds(0).to_string(), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn a_time_out_of_reach_is_written_as_the_nearest_one() {
        assert_eq!(Seconds(i64::MAX).to_string(), "9999-12-30T22:00:00Z");
        assert_eq!(Seconds(i64::MIN).to_string(), "0000-01-01T00:00:00Z");
    }
}
