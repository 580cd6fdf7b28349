//! Which content types count as ActivityPub. Anything else that a server happens to serve, such as a file somebody
//! uploaded, must never be read as an actor's word.

/// The profile that makes `application/ld+json` ActivityStreams.
const PROFILE: &str = "https://www.w3.org/ns/activitystreams";

/// Whether a `Content-Type` is `application/activity+json`, or `application/ld+json` with the ActivityStreams profile.
pub fn is_activity_json(content_type: &str) -> bool {
    let (kind, mut parameters) = split(content_type);
    match kind.as_str() {
        "application/activity+json" => true,
        "application/ld+json" => parameters.any(|(name, value)| {
            name.eq_ignore_ascii_case("profile") && value.split_ascii_whitespace().any(|profile| profile == PROFILE)
        }),
        _ => false,
    }
}

/// Whether a `Content-Type` is JSON of any kind, as WebFinger and NodeInfo send it.
pub fn is_json(content_type: &str) -> bool {
    let (kind, _) = split(content_type);
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

/// The type in lower case, and its parameters with quotation marks taken off. No value we look for holds a `;`.
fn split(content_type: &str) -> (String, impl Iterator<Item = (&str, &str)>) {
    let mut parts = content_type.split(';');
    let kind = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let parameters = parts.filter_map(|part| part.split_once('='));
    (kind, parameters.map(|(name, value)| (name.trim(), value.trim().trim_matches('"'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_activity_types_count_as_activities() {
        #[rustfmt::skip]
        let rows = [
            ("application/activity+json",                                                           true,  true),
            ("application/activity+json; charset=utf-8",                                            true,  true),
            ("Application/Activity+JSON ; charset=utf-8",                                           true,  true),
            (r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams""#,             true,  true),
            (r#"application/ld+json;charset=utf-8;Profile="https://www.w3.org/ns/activitystreams""#, true, true),
            (r#"application/ld+json; profile="https://a.example https://www.w3.org/ns/activitystreams""#, true, true),
            ("application/ld+json; profile=https://www.w3.org/ns/activitystreams",                  true,  true),
            ("application/ld+json",                                                                 false, true),
            (r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams#evil""#,        false, true),
            (r#"application/ld+json; profiles="https://www.w3.org/ns/activitystreams""#,            false, true),
            ("application/json",                                                                    false, true),
            ("application/jrd+json; charset=utf-8",                                                 false, true),
            ("text/html; application/activity+json",                                                false, false),
            ("text/plain",                                                                          false, false),
            ("image/svg+json",                                                                      false, false),
            ("application/activity+jsonp",                                                          false, false),
            ("",                                                                                    false, false),
        ];
        for (text, activity, json) in rows {
            assert_eq!((is_activity_json(text), is_json(text)), (activity, json), "{text:?}");
        }
    }
}
