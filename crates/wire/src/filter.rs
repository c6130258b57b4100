//! Topic filters: what a source may subscribe to, and what a filter matches (MQTT 5, section 4.7).

use crate::topic::ROOT;
use vitals::SourceId;

/// Whether `filter` is well-formed: `#` alone in the last level, `+` alone in its level, not empty, no NUL,
/// at most 65,535 bytes.
#[must_use]
pub fn filter_is_valid(filter: &str) -> bool {
    let mut levels = filter.split('/').peekable();
    let mut fine = !filter.is_empty() && filter.len() <= 65_535 && !filter.contains('\0');
    while let Some(level) = levels.next() {
        let last = levels.peek().is_none();
        fine &= match level {
            "#" => last,
            "+" => true,
            text => !text.contains(['#', '+']),
        };
    }
    fine
}

/// Whether `source` may subscribe to `filter`: it is well-formed and its first three levels are, letter for
/// letter, the source's own branch, with at least one level below. Of what it then matches only receipts and
/// prompts are ever published there by Hearth, so a wide filter (`…/#`) gives no more than a narrow one. A
/// shared subscription (`$share/…`) belongs to a broker and is refused.
#[must_use]
pub fn subscription_allowed(source: &SourceId, filter: &str) -> bool {
    let below = filter
        .strip_prefix(ROOT)
        .and_then(|f| f.strip_prefix('/'))
        .and_then(|f| f.strip_prefix(source.as_str()))
        .and_then(|f| f.strip_prefix('/'));
    below.is_some_and(|below| !below.is_empty()) && filter_is_valid(filter)
}

/// Whether a valid `filter` matches `topic`: `+` is one level, `#` is its parent and everything below, and
/// neither reaches a topic that starts with `$`.
#[must_use]
pub fn filter_matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut topic = topic.split('/');
    for level in filter.split('/') {
        match (level, topic.next()) {
            ("#", _) => return true,
            (_, None) => return false,
            ("+", Some(_)) => {}
            (want, Some(have)) if want == have => {}
            _ => return false,
        }
    }
    topic.next().is_none()
}

/// `filter` as a subscription that several ingests share: each message goes to one of them.
#[must_use]
pub fn shared(group: &str, filter: &str) -> String {
    format!("$share/{group}/{filter}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn subscriptions_stay_below_the_own_branch() {
        let hub = SourceId::new("hub").unwrap();
        for (filter, allowed) in [
            ("hearth/v1/hub/#", true),
            ("hearth/v1/hub/+/receipt", true),
            ("hearth/v1/hub/scale/prompt", true),
            ("hearth/v1/hub/+/+", true),
            ("hearth/v1/hub/+/#", true),
            ("hearth/v1/hub", false),
            ("hearth/v1/hub/", false),
            ("hearth/v1/hub/#/receipt", false),
            ("hearth/v1/hub/a+/receipt", false),
            ("hearth/v1/hub/a\0/receipt", false),
            ("hearth/v1/hub2/#", false),
            ("hearth/v1/+/scale/receipt", false),
            ("hearth/+/hub/scale/receipt", false),
            ("hearth/v1/#", false),
            ("+/v1/hub/#", false),
            ("#", false),
            ("", false),
            ("$share/g/hearth/v1/hub/#", false),
            ("$SYS/#", false),
        ] {
            assert_eq!(subscription_allowed(&hub, filter), allowed, "{filter}");
        }
    }

    #[test]
    fn matches_as_the_standard_says() {
        for (filter, topic, matches) in [
            ("a/b", "a/b", true),
            ("a/b", "a/b/c", false),
            ("a/+", "a/b", true),
            ("a/+", "a", false),
            ("a/+", "a/", true),
            ("a/#", "a", true),
            ("a/#", "a/b/c", true),
            ("#", "a/b", true),
            ("+/+", "/a", true),
            ("#", "$SYS/a", false),
            ("+/a", "$SYS/a", false),
            ("$SYS/#", "$SYS/a", true),
        ] {
            assert_eq!(filter_matches(filter, topic), matches, "{filter} {topic}");
        }
    }

    proptest! {
        #[test]
        fn a_topic_made_from_a_filter_matches_it(levels in prop::collection::vec("[+]|[a-c]{0,2}", 1..6), tail in prop::option::of("[a-c/]{0,5}")) {
            let mut filter = levels.join("/");
            let mut topic = filter.replace('+', "x");
            if let Some(tail) = tail {
                filter.push_str("/#");
                topic = format!("{topic}/{tail}");
            }
            prop_assert!(filter_matches(&filter, &topic), "{} {}", filter, topic);
            prop_assert_eq!(filter_is_valid(&filter), !filter.is_empty());
            let longer = format!("{topic}/y");
            prop_assert_eq!(filter_matches(&filter, &longer), filter.ends_with('#'));
        }
    }
}
