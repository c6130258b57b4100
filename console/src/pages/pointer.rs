//! Where in a message a JSON pointer points (RFC 6901).

use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::ops::Range;

/// The bytes that `pointer` names. Of a member that is not there, those of the object that lacks it; none where the
/// text is no JSON or the whole of it is meant.
pub(super) fn place_of(text: &str, pointer: &str) -> Option<Range<usize>> {
    let mut steps = pointer.strip_prefix('/')?.split('/').peekable();
    let mut at: &RawValue = serde_json::from_str(text).ok()?;
    steps.peek()?;
    for step in steps {
        let step = step.replace("~1", "/").replace("~0", "~");
        match child(at, &step) {
            Some(inner) => at = inner,
            None => break,
        }
    }
    let found = at.get();
    // A value borrowed from the text stands in it.
    let start = found.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    let range = start..start.checked_add(found.len())?;
    text.get(range.clone()).is_some_and(|t| t == found).then_some(range)
}

fn child<'a>(value: &'a RawValue, step: &str) -> Option<&'a RawValue> {
    match value.get().as_bytes().first()? {
        b'{' => serde_json::from_str::<BTreeMap<String, &RawValue>>(value.get()).ok()?.remove(step),
        b'[' => serde_json::from_str::<Vec<&RawValue>>(value.get()).ok()?.get(step.parse::<usize>().ok()?).copied(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pointer: &str, expected: Option<&str>) {
        let text = r#" {"id": "ä", "values": {"weight": {"value": 176, "unit": "lbs"}, "a/b": [1, {"c": 2}]}}"#;
        assert_eq!(place_of(text, pointer).and_then(|r| text.get(r)), expected, "{pointer}");
    }

    #[test]
    fn a_pointer_is_found_in_the_text() {
        check("/values/weight/unit", Some("\"lbs\""));
        check("/values/a~1b/1/c", Some("2"));
        check("/id", Some("\"ä\""));
        check("/values/weight/missing", Some(r#"{"value": 176, "unit": "lbs"}"#));
        check("", None);
        check("nonsense", None);
        assert_eq!(place_of("no json", "/a"), None);
    }
}
