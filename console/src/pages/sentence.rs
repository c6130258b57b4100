//! Conditions of rules as a person reads them: "systolic at or above 180 mmHg".

use super::limits::{InForce, readable};
use super::words;
use vitals::{Kind, Quantity};

/// The condition of a rule of `book` in words, parameters by their value in force.
pub(super) fn sentence(condition: &str, book: &str, parameters: &InForce) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut rest = condition.trim();
    while let Some(first) = rest.chars().next() {
        let (token, after) = if is_word(first) {
            word(rest)
        } else {
            // `>=` before `>`, or half of it would be left over.
            let end = if rest.starts_with(">=") || rest.starts_with("<=") { 2 } else { first.len_utf8() };
            rest.split_at_checked(end).unwrap_or((rest, ""))
        };
        rest = after;
        let called = is_word(first) && !matches!(token, "and" | "or" | "not");
        if let Some((inner, after)) = rest.strip_prefix('(').and_then(|r| r.split_once(')')).filter(|_| called) {
            out.push(call(token, inner));
            rest = after;
            continue;
        }
        if !token.trim().is_empty() {
            out.push(plain(token, book, parameters));
        }
    }
    out.join(" ").replace("( ", "(").replace(" )", ")").replace(" ,", ",")
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
}

/// A word, or a unit in brackets that follows a number: `mm[Hg]`, `mg/dL`.
fn word(text: &str) -> (&str, &str) {
    let part = |c: char| is_word(c) || matches!(c, '[' | ']' | '/' | '%');
    let end = text.find(|c| !part(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn plain(token: &str, book: &str, parameters: &InForce) -> String {
    match token {
        ">=" => "at or above".to_owned(),
        ">" => "above".to_owned(),
        "<=" => "at or below".to_owned(),
        "<" => "below".to_owned(),
        "-" => "minus".to_owned(),
        "+" => "plus".to_owned(),
        "mm[Hg]" => "mmHg".to_owned(),
        name => match parameters.get(&format!("{book}.{name}")) {
            Some((value, _)) => readable(value),
            None if name.contains('_') => format!("the {} (not set)", name.replace('_', " ")),
            None => name.to_owned(),
        },
    }
}

fn call(function: &str, inner: &str) -> String {
    let (subject, window) = inner.split_once(',').map_or((inner.trim(), ""), |(s, w)| (s.trim(), w.trim()));
    let named = subject.replace('_', "-");
    let subject = match (named.parse::<Quantity>(), named.parse::<Kind>()) {
        (Ok(quantity), _) => words::quantity(quantity).to_lowercase(),
        (_, Ok(kind)) => words::kind(kind).to_lowercase(),
        _ => subject.to_owned(),
    };
    let within = match window {
        "" => String::new(),
        w if w.starts_with("last") => format!(" of the {w}"),
        w if w.ends_with("ago") => format!(" {}", w.replace(" .. ", " to ")),
        w => format!(" within {w}"),
    };
    match function {
        "latest" => format!("{subject}{within}"),
        "rise" | "drop" | "change" => format!("{function} of {subject}{within}"),
        "count" => format!("number of {subject} readings{within}"),
        "missing" => format!("no {subject} for {window}"),
        "onset" => format!("{subject} before it began"),
        "min" => format!("lowest {subject}{within}"),
        "max" => format!("highest {subject}{within}"),
        other => format!("{other} {subject}{within}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use care::ParameterOrigin;

    #[track_caller]
    fn check(condition: &str, expected: &str) {
        let set = |key: &str, value: &str| (key.to_owned(), (value.to_owned(), ParameterOrigin::Rulebook));
        let parameters = [set("b.high", "180 mm[Hg]"), set("b.gain_3d", "2 kg")].into();
        assert_eq!(sentence(condition, "b", &parameters), expected);
    }

    #[test]
    fn conditions_read_as_sentences() {
        check("latest(systolic) >= high", "systolic at or above 180 mmHg");
        check("rise(weight, 72 h) > gain_3d", "rise of weight within 72 h above 2 kg");
        check("missing(body-weight, 3 d)", "no weight for 3 d");
        check("latest(spo2) < low_spo2", "oxygen saturation below the low spo2 (not set)");
        check(
            "not (median(weight, last 3) <= gain_3d - 1 kg or max(systolic, 1 d) < 90 mm[Hg])",
            "not (median weight of the last 3 at or below 2 kg minus 1 kg or highest systolic within 1 d below 90 mmHg)",
        );
        check(
            "latest(weight) - latest(weight, 12 h .. 36 h ago) >= gain_3d",
            "weight minus weight 12 h to 36 h ago at or above 2 kg",
        );
    }
}
