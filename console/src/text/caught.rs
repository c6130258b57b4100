//! Sentences that are kept as text, taken apart again so that they can be said in another language.

/// What stands at the `{}` of `pattern`, where `text` has its form.
pub(super) fn caught<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut literals = pattern.split("{}");
    let mut rest = text.strip_prefix(literals.next()?)?;
    let mut found = Vec::new();
    let mut literals = literals.peekable();
    while let Some(literal) = literals.next() {
        // The last one takes all that is left.
        let (value, after) =
            if literals.peek().is_none() { (rest.strip_suffix(literal)?, "") } else { rest.split_once(literal)? };
        found.push(value);
        rest = after;
    }
    (rest.is_empty() && found.iter().all(|value| !value.is_empty())).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_where_the_form_is_the_same() {
        assert_eq!(caught("{} is {} s after it arrived", "today is 9 s after it arrived"), Some(vec!["today", "9"]));
        assert_eq!(caught("this is no JSON: {}", "this is no JSON: eof"), Some(vec!["eof"]));
        assert_eq!(caught("the payload is empty", "the payload is empty"), Some(vec![]));
        assert_eq!(caught("the payload is empty", "the payload is empty, nearly"), None);
        assert_eq!(caught("`{}` is missing", "`` is missing"), None);
        assert_eq!(caught("{} is no time", "noon is no hour"), None);
    }
}
