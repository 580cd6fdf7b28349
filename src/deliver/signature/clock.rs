//! Whether the time a signature names is near enough to ours. The time now is always given, never read.

use std::time::UNIX_EPOCH;

use super::error::{SignatureError, shortened};
use crate::limits::{CLOCK_WINDOW, TIME_MAX_S};

/// Judges when a signature was made.
/// - `made`: what the signature covers of `Date`, `(created)`, `created`; each must lie in the window
/// - `expires`: the expiry, if it is named
/// - `expires_signed`: whether the signature covers the expiry, so that it may widen the window
pub(super) fn check(made: &[u64], expires: Option<u64>, expires_signed: bool, now: u64) -> Result<(), SignatureError> {
    if let Some(expired) = expires.filter(|expires| *expires < now) {
        return Err(SignatureError::Expired { expired, now });
    }
    let wide = expires.is_some() && expires_signed;
    let limit_s = if wide { CLOCK_WINDOW.back_with_expiry_s } else { CLOCK_WINDOW.back_s };
    for &made in made {
        if made.saturating_add(limit_s) < now {
            return Err(SignatureError::TooOld { made, now, limit_s });
        }
        if made > now.saturating_add(CLOCK_WINDOW.ahead_s) {
            return Err(SignatureError::FromTheFuture { made, now, limit_s: CLOCK_WINDOW.ahead_s });
        }
    }
    Ok(())
}

/// Reads an HTTP date as seconds since 1970.
pub(super) fn http_date(name: &'static str, text: &str) -> Result<u64, SignatureError> {
    httpdate::parse_http_date(text)
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map(|since| since.as_secs())
        .filter(|seconds| *seconds <= TIME_MAX_S)
        .ok_or_else(|| SignatureError::DateUnreadable { name, found: shortened(text) })
}

/// Writes seconds since 1970 as an HTTP date.
pub(super) fn to_http_date(now: u64) -> String {
    // Bounded, since the writer panics beyond the year 9999.
    httpdate::fmt_http_date(UNIX_EPOCH + std::time::Duration::from_secs(now.min(TIME_MAX_S)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;
    const HOUR: u64 = 3600;

    #[test]
    fn a_signature_is_good_for_an_hour_either_way_and_twelve_back_with_a_signed_expiry() {
        #[rustfmt::skip]
        let rows = [
            ("now",                          NOW,             None,          false, None),
            ("an hour ago",                  NOW - HOUR,      None,          false, None),
            ("an hour and a second ago",     NOW - HOUR - 1,  None,          false, Some("signature-too-old")),
            ("in an hour",                   NOW + HOUR,      None,          false, None),
            ("in an hour and a second",      NOW + HOUR + 1,  None,          false, Some("signature-from-the-future")),
            ("old, expiry signed",           NOW - 12 * HOUR, Some(NOW),     true,  None),
            ("too old, expiry signed",       NOW - 12 * HOUR - 1, Some(NOW), true,  Some("signature-too-old")),
            ("old, expiry not signed",       NOW - 2 * HOUR,  Some(NOW),     false, Some("signature-too-old")),
            ("expired",                      NOW - 60,        Some(NOW - 1), true,  Some("signature-expired")),
            ("expired, expiry not signed",   NOW - 60,        Some(NOW - 1), false, Some("signature-expired")),
            ("expiry does not allow future", NOW + 2 * HOUR,  Some(NOW + 9 * HOUR), true, Some("signature-from-the-future")),
            ("the largest numbers",          u64::MAX,        Some(u64::MAX), true, Some("signature-from-the-future")),
        ];
        for (what, made, expires, signed, expected) in rows {
            let found = check(&[made], expires, signed, NOW).err();
            assert_eq!(found.as_ref().map(SignatureError::code), expected, "{what}");
        }
        assert_eq!(check(&[NOW, 0], None, false, NOW).map_err(|e| e.code()), Err("signature-too-old"), "each counts");
    }

    #[test]
    fn dates_are_read_as_http_writes_them() {
        assert_eq!(http_date("date", "Sun, 22 Nov 2026 01:44:47 GMT"), Ok(1_795_311_887));
        assert_eq!(to_http_date(1_795_311_887), "Sun, 22 Nov 2026 01:44:47 GMT");
        for bad in ["", "yesterday", "2026-11-22T01:44:47Z", "Sun, 22 Nov 2426 01:44:47 GMT", "Sun, 22 Nov 2026"] {
            assert_eq!(http_date("date", bad).map_err(|e| e.code()), Err("signature-date-unreadable"), "{bad:?}");
        }
        assert_eq!(to_http_date(u64::MAX), to_http_date(TIME_MAX_S));
    }
}
