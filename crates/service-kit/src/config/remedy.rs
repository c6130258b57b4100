//! Puts what the TOML reader says into the words of whoever edits the file.

/// The message without Rust's type names, and what to do.
pub(super) fn of(message: &str) -> (String, Option<String>) {
    let message = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
    for (start, what) in [("unknown field ", "key"), ("unknown variant ", "word")] {
        if let Some(rest) = message.strip_prefix(start) {
            let mut names = rest.split('`').skip(1).step_by(2);
            let wrong = names.next().unwrap_or_default();
            let known: Vec<&str> = names.collect();
            return (format!("unknown {what} `{wrong}`"), suggestion(wrong, &known));
        }
    }
    if let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return (format!("`{name}` is missing"), Some(format!("add `{name} = …` to this section")));
    }
    (plain(&message), None)
}

fn suggestion(wrong: &str, known: &[&str]) -> Option<String> {
    let near = known.iter().map(|name| (distance(wrong, name), *name)).min();
    match near {
        Some((steps, name)) if steps <= 2 || steps.saturating_mul(3) <= name.len() => {
            Some(format!("did you mean `{name}`?"))
        }
        Some(_) => {
            Some(format!("known here: {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")))
        }
        None => Some("nothing can be set here".to_owned()),
    }
}

fn plain(message: &str) -> String {
    let mut text = message.to_owned();
    for (rust, words) in [
        ("expected u8", "expected a whole number from 0 to 255"),
        ("expected u16", "expected a whole number from 0 to 65535"),
        ("expected u32", "expected a whole number, not negative"),
        ("expected u64", "expected a whole number, not negative"),
        ("expected usize", "expected a whole number, not negative"),
        ("expected i64", "expected a whole number"),
        ("expected a string", "expected a text in quotes"),
        ("expected a boolean", "expected true or false"),
        ("expected socket address", "expected an address with port, like \"127.0.0.1:8080\""),
        ("invalid socket address syntax", "expected an address with port, like \"127.0.0.1:8080\""),
        ("expected a sequence", "expected a list in square brackets"),
        ("invalid type: ", "wrong type: "),
    ] {
        text = text.replace(rust, words);
    }
    match text.split_once("expected struct ") {
        Some((before, _)) => format!("{before}expected a section"),
        None => text,
    }
}

/// Levenshtein distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i.saturating_add(1)];
        for ((y, diagonal), above) in b.iter().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or(0);
            let change = diagonal.saturating_add(usize::from(x != *y));
            next.push(change.min(above.saturating_add(1)).min(left.saturating_add(1)));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
