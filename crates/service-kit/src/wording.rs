//! Puts what a reader of TOML or JSON says into the words of whoever wrote the text.

/// In what the text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// a configuration file
    Toml,
    /// a message
    Json,
}

impl Syntax {
    /// What holds keys, with and without its article.
    const fn structure(self) -> (&'static str, &'static str) {
        match self {
            Syntax::Toml => ("a section", "section"),
            Syntax::Json => ("an object", "object"),
        }
    }

    fn entry(self, name: &str) -> String {
        match self {
            Syntax::Toml => format!("`{name} = …`"),
            Syntax::Json => format!("`\"{name}\": …`"),
        }
    }
}

/// The message without Rust's type names, and what to do.
#[must_use]
pub fn plain(message: &str, syntax: Syntax) -> (String, Option<String>) {
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
        let remedy = format!("add {} to this {}", syntax.entry(name), syntax.structure().1);
        return (format!("`{name}` is missing"), Some(remedy));
    }
    (without_types(&message, syntax), None)
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

fn without_types(message: &str, syntax: Syntax) -> String {
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
        ("type: sequence", "type: list"),
        ("invalid type: ", "wrong type: "),
    ] {
        text = text.replace(rust, words);
    }
    let (a_structure, structure) = syntax.structure();
    text = text.replace("type: map", &format!("type: {structure}")).replace("a map", a_structure);
    match text.split_once("expected struct ") {
        // A list could stand for the fields in their order, which nobody means.
        Some((before, _)) if before.starts_with("invalid length") => {
            format!("wrong type: list, expected {a_structure}")
        }
        Some((before, _)) => format!("{before}expected {a_structure}"),
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
