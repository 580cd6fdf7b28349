//! The draft-cavage `Signature` header, read by us before any library sees it: bounded in length, count and numbers,
//! nothing given twice, blanks where peers put them.
//!
//! Source: draft-cavage-http-signatures-12, section 2.1; quoting as in RFC 9110, section 5.6.4.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderName;

use super::error::{SignatureError, shortened};
use crate::limits::{COVERED_MAX, KEY_ID_BYTES_MAX, SIGNATURE_HEADER_BYTES_MAX, SIGNATURE_PARAMETERS_MAX, TIME_MAX_S};

/// The header's name in findings; `Authorization: Signature` has the same contents.
pub(super) const HEADER: &str = "signature";

/// Names in `headers=` that are not headers.
pub(super) const REQUEST_TARGET: &str = "(request-target)";
/// When the signature was made, signed.
pub(super) const CREATED: &str = "(created)";
/// When it ends, signed.
pub(super) const EXPIRES: &str = "(expires)";

/// A time as it was written, since its text is what is signed, and as a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Timestamp {
    pub text: String,
    /// Seconds since 1970; a fraction is cut off.
    pub seconds: u64,
}

/// What the header says. No more than that: coverage, times and key are judged elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CavageHeader {
    pub key_id: String,
    pub algorithm: Option<String>,
    pub created: Option<Timestamp>,
    pub expires: Option<Timestamp>,
    /// Covered names in lower case, in the order of the header, each once.
    pub covered: Vec<String>,
    pub signature: Vec<u8>,
}

impl CavageHeader {
    /// Reads the header's value, without the word `Signature` of an `Authorization` header.
    pub(super) fn parse(text: &str) -> Result<Self, SignatureError> {
        if text.len() > SIGNATURE_HEADER_BYTES_MAX {
            let limit = SIGNATURE_HEADER_BYTES_MAX;
            return Err(SignatureError::TooLarge { header: HEADER, limit, found: text.len() });
        }
        let mut parameters = parameters(text)?;
        let mut take = |name: &str| {
            let at = parameters.iter().position(|(found, _)| *found == name)?;
            Some(parameters.swap_remove(at).1)
        };
        let key_id = take("keyId").ok_or(SignatureError::ParameterMissing { name: "keyId" })?;
        if key_id.is_empty() || key_id.len() > KEY_ID_BYTES_MAX {
            return Err(SignatureError::malformed(HEADER, "a keyId of 1 to 2048 bytes", &key_id));
        }
        let signature = take("signature").ok_or(SignatureError::ParameterMissing { name: "signature" })?;
        let signature = STANDARD
            .decode(&signature)
            .map_err(|_| SignatureError::malformed(HEADER, "a signature in base64", &signature))?;
        Ok(Self {
            key_id,
            algorithm: take("algorithm"),
            created: take("created").map(whole_seconds).transpose()?,
            expires: take("expires").map(seconds_and_fraction).transpose()?,
            // The default of the draft. It covers too little for us, and is refused as such.
            covered: take("headers").map_or_else(|| Ok(vec![CREATED.to_owned()]), |names| covered(&names))?,
            signature,
        })
    }

    /// Whether a name is covered.
    pub(super) fn covers(&self, name: &str) -> bool {
        self.covered.iter().any(|covered| covered == name)
    }
}

/// The parameters in their order: `name="value"` or `name=value`, parted by commas, blanks allowed around each.
fn parameters(text: &str) -> Result<Vec<(&str, String)>, SignatureError> {
    let mut found: Vec<(&str, String)> = Vec::new();
    let mut rest = text.trim_matches([' ', '\t']);
    // Some senders repeat the scheme of the Authorization form here.
    rest = rest.strip_prefix("Signature ").unwrap_or(rest).trim_start_matches([' ', '\t']);
    while !rest.is_empty() {
        let (name, after) =
            rest.split_once('=').ok_or_else(|| SignatureError::malformed(HEADER, "`name=\"value\"`", rest))?;
        let name = name.trim_matches([' ', '\t']);
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
            return Err(SignatureError::malformed(HEADER, "the name of a parameter", name));
        }
        if found.iter().any(|(earlier, _)| *earlier == name) {
            return Err(SignatureError::ParameterTwice { name: shortened(name) });
        }
        if found.len() == SIGNATURE_PARAMETERS_MAX {
            let limit = SIGNATURE_PARAMETERS_MAX;
            return Err(SignatureError::TooMany { what: "parameters", limit, found: limit + 1 });
        }
        let (value, after) = value(after.trim_start_matches([' ', '\t']))?;
        found.push((name, value));
        let after = after.trim_start_matches([' ', '\t']);
        rest = match after.strip_prefix(',') {
            Some(more) => more.trim_start_matches([' ', '\t', ',']),
            None if after.is_empty() => "",
            None => return Err(SignatureError::malformed(HEADER, "a comma between parameters", after)),
        };
    }
    Ok(found)
}

/// One value and what follows it.
fn value(text: &str) -> Result<(String, &str), SignatureError> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (bare, after) = text.split_at(end);
        if bare.is_empty() || bare.contains('"') {
            return Err(SignatureError::malformed(HEADER, "a value", text));
        }
        return Ok((bare.to_owned(), after));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Ok((value, &quoted[at + 1..])),
            '\\' => match chars.next() {
                Some((_, escaped)) => value.push(escaped),
                None => break,
            },
            _ => value.push(char),
        }
    }
    Err(SignatureError::malformed(HEADER, "a closing quotation mark", text))
}

fn covered(names: &str) -> Result<Vec<String>, SignatureError> {
    let mut covered: Vec<String> = Vec::new();
    for name in names.split([' ', '\t']).filter(|name| !name.is_empty()) {
        if covered.len() == COVERED_MAX {
            return Err(SignatureError::TooMany {
                what: "covered headers",
                limit: COVERED_MAX,
                found: COVERED_MAX + 1,
            });
        }
        let name = name.to_ascii_lowercase();
        let pseudo = matches!(name.as_str(), REQUEST_TARGET | CREATED | EXPIRES);
        // Covering a signature by itself proves nothing, and the library would read the wrong header.
        let unsupported = matches!(name.as_str(), "signature" | "authorization");
        if unsupported || !pseudo && HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(SignatureError::UnsupportedComponent { name: shortened(&name) });
        }
        if covered.contains(&name) {
            return Err(SignatureError::CoveredTwice { name });
        }
        covered.push(name);
    }
    Ok(covered)
}

/// `created`: the draft allows no fraction.
fn whole_seconds(text: String) -> Result<Timestamp, SignatureError> {
    match bounded_number(&text) {
        Some(seconds) => Ok(Timestamp { text, seconds }),
        None => Err(SignatureError::malformed(HEADER, "whole seconds since 1970, before the year 2100", &text)),
    }
}

/// `expires`: the draft allows a fraction.
fn seconds_and_fraction(text: String) -> Result<Timestamp, SignatureError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    let fraction_sound = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    match bounded_number(whole).filter(|_| fraction_sound) {
        Some(seconds) => Ok(Timestamp { text, seconds }),
        None => Err(SignatureError::malformed(HEADER, "seconds since 1970, before the year 2100", &text)),
    }
}

fn bounded_number(text: &str) -> Option<u64> {
    let digits = (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|seconds| digits && *seconds <= TIME_MAX_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_in_every_way_peers_write_it() {
        let expected =
            CavageHeader::parse(r#"keyId="https://a.example/u,1#main-key",headers="date host",signature="AAAA""#);
        let expected = expected.unwrap();
        assert_eq!(expected.key_id, "https://a.example/u,1#main-key");
        assert_eq!(expected.covered, ["date", "host"]);
        assert_eq!(expected.signature, [0, 0, 0]);
        #[rustfmt::skip]
        let rows = [
            ("blanks after commas", r#"keyId="https://a.example/u,1#main-key", headers="date host",	signature="AAAA""#),
            ("blanks around all",   r#" keyId = "https://a.example/u,1#main-key" , headers = "date host" , signature = "AAAA" "#),
            ("another order",       r#"signature="AAAA",headers="date host",keyId="https://a.example/u,1#main-key""#),
            ("upper-case names",    r#"keyId="https://a.example/u,1#main-key",headers="Date HOST",signature="AAAA""#),
            ("more blanks",         r#"keyId="https://a.example/u,1#main-key",headers=" date   host ",signature="AAAA""#),
            ("escapes",             r#"keyId="https://a.example/u,1\#main-key",headers="date host",signature="AAAA""#),
            ("unknown parameter",   r#"keyId="https://a.example/u,1#main-key",v=1,headers="date host",signature="AAAA""#),
            ("scheme repeated",     r#"Signature keyId="https://a.example/u,1#main-key",headers="date host",signature="AAAA""#),
            ("comma at the end",    r#"keyId="https://a.example/u,1#main-key",headers="date host",signature="AAAA","#),
        ];
        for (what, text) in rows {
            assert_eq!(CavageHeader::parse(text).as_ref(), Ok(&expected), "{what}");
        }
    }

    #[test]
    fn times_are_taken_bare_or_quoted_and_keep_their_text() {
        for created in ["1800000000", "\"1800000000\""] {
            let header = format!(r#"keyId="k",created={created},expires="1800000300.25",signature="""#);
            let header = CavageHeader::parse(&header).unwrap();
            assert_eq!(header.created, Some(Timestamp { text: "1800000000".into(), seconds: 1_800_000_000 }));
            assert_eq!(header.expires, Some(Timestamp { text: "1800000300.25".into(), seconds: 1_800_000_300 }));
            assert_eq!(header.covered, ["(created)"], "the default of the draft");
        }
    }

    #[test]
    fn what_is_not_such_a_header_is_refused() {
        let many = (0..17).map(|n| format!("p{n}=1,")).collect::<String>();
        let wide = (0..33).map(|n| format!("h{n} ")).collect::<String>();
        let malformed = "signature-malformed";
        #[rustfmt::skip]
        let rows = [
            ("empty",                   "",                                                "signature-parameter-missing"),
            ("no key id",               r#"signature="AAAA""#,                             "signature-parameter-missing"),
            ("no signature",            r#"keyId="k""#,                                    "signature-parameter-missing"),
            ("empty key id",            r#"keyId="",signature="AAAA""#,                    malformed),
            ("long key id",             &format!(r#"keyId="{}",signature="AAAA""#, "k".repeat(2049)), malformed),
            ("key id twice",            r#"keyId="a",keyId="b",signature="AAAA""#,         "signature-parameter-twice"),
            ("signature twice",         r#"keyId="a",signature="AAAA",signature="AAAA""#,  "signature-parameter-twice"),
            ("header twice in list",    r#"keyId="a",headers="date Date",signature="""#,   "signature-covered-twice"),
            ("covers the signature",    r#"keyId="a",headers="signature",signature="""#,   "signature-component-unsupported"),
            ("covers authorization",    r#"keyId="a",headers="authorization",signature="""#, "signature-component-unsupported"),
            ("unknown pseudo-header",   r#"keyId="a",headers="(status)",signature="""#,    "signature-component-unsupported"),
            ("too many parameters",     &many,                                             "signature-too-many"),
            ("too many covered",        &format!(r#"keyId="a",headers="{wide}",signature="""#), "signature-too-many"),
            ("too long",                &" ".repeat(4097),                                 "signature-too-large"),
            ("quote never closed",      r#"keyId="k"#,                                     malformed),
            ("ends in an escape",       "keyId=\"k\\",                                     malformed),
            ("no comma",                r#"keyId="k"signature="AAAA""#,                    malformed),
            ("no value",                r#"keyId=,signature="AAAA""#,                      malformed),
            ("quote in a bare value",   r#"keyId=a"b,signature="AAAA""#,                   malformed),
            ("no name",                 r#"="k""#,                                         malformed),
            ("not a name",              r#"key id="k""#,                                   malformed),
            ("no equals sign",          "keyId",                                           malformed),
            ("not base64",              r#"keyId="k",signature="***""#,                    malformed),
            // Each of these stops the library's own parser with a panic, or reads as another time.
            ("created: u64::MAX",       r#"keyId="k",created=18446744073709551615,signature="""#, malformed),
            ("created: near i64::MAX",  r#"keyId="k",created=9223372036854775000,signature="""#, malformed),
            ("created: after 2099",     r#"keyId="k",created=4102444801,signature="""#,    malformed),
            ("created: a fraction",     r#"keyId="k",created=1800000000.5,signature="""#,  malformed),
            ("created: negative",       r#"keyId="k",created=-1,signature="""#,            malformed),
            ("created: plus sign",      r#"keyId="k",created=+1,signature="""#,            malformed),
            ("created: empty",          r#"keyId="k",created="",signature="""#,            malformed),
            ("expires: u64::MAX",       r#"keyId="k",expires=18446744073709551615,signature="""#, malformed),
            ("expires: two fractions",  r#"keyId="k",expires=1.2.3,signature="""#,         malformed),
            ("expires: empty fraction", r#"keyId="k",expires=1.,signature="""#,            malformed),
        ];
        for (what, text, code) in rows {
            assert_eq!(CavageHeader::parse(text).map_err(|error| error.code()), Err(code), "{what}");
        }
    }

    #[test]
    fn a_finding_shows_only_a_little_of_what_came() {
        let error = CavageHeader::parse(&format!("keyId={}", "\"".repeat(4000))).unwrap_err();
        assert!(error.to_string().len() < 300, "{error}");
    }
}
