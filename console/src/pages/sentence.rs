//! Conditions of rules as a person reads them: "Weight rises by more than 2 kg within 3 days".

use crate::text::{Lang, Words, t};
use vitals::{Decimal, Kind, Quantity, Unit};

/// What a parameter's name stands for; none where nobody has set it.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A piece of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// `rise(weight, 72 h)`
    Call { function: String, subject: String, window: String },
    /// `>`, `<=`
    Compare(String),
    /// `and`, `or`, `not`, brackets
    Join(String),
    /// a number with its unit, or a parameter
    Amount(String),
    /// `+`, `-`, `times`, `in`, `for`
    Word(String),
}

/// The condition in words, parameters by their value in force.
pub(super) fn sentence(condition: &str, parameters: Lookup<'_>, words: Words) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut part: Vec<Piece> = Vec::new();
    for piece in pieces(condition, parameters, words.lang) {
        match piece {
            Piece::Join(join) => {
                said.extend(clause(&part, words));
                part.clear();
                said.push(joined(&join, words.lang));
            }
            other => part.push(other),
        }
    }
    said.extend(clause(&part, words));
    said.join(" ").replace("( ", "(").replace(" )", ")")
}

/// A severity as the rulebook writes it: `high when latest(systolic) < 100 mm[Hg], otherwise medium`.
pub(super) fn severities(text: &str, parameters: Lookup<'_>, words: Words) -> String {
    let one = |part: &str| {
        let (severity, when) = part.split_once(" when ").unwrap_or((part, ""));
        let word = severity.trim().parse().map_or_else(|_| severity.to_owned(), |s| words.severity_word(s));
        match when {
            "" => word,
            when => t!(words.lang, "rules-severity-when", severity = word, when = sentence(when, parameters, words)),
        }
    };
    let parts: Vec<String> = text.split(", otherwise ").map(one).collect();
    parts.join(&t!(words.lang, "rules-otherwise"))
}

/// "180 mm[Hg]" as "180 mmHg", with the reader's decimal mark; what is no amount stays as it was written.
pub(super) fn readable(text: &str, lang: Lang) -> String {
    let parts = text.trim().split_once(' ');
    let amount = parts.and_then(|(n, unit)| Some((n.parse::<Decimal>().ok()?, unit.trim().parse::<Unit>().ok()?)));
    amount.map_or_else(
        || text.to_owned(),
        |(number, unit)| {
            format!("{} {}", number.to_string().replace('.', &lang.decimal_mark().to_string()), unit.display())
        },
    )
}

fn joined(join: &str, lang: Lang) -> String {
    match join {
        "and" => t!(lang, "rules-and"),
        "or" => t!(lang, "rules-or"),
        "not" => t!(lang, "rules-not"),
        bracket => bracket.to_owned(),
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
}

fn pieces(condition: &str, parameters: Lookup<'_>, lang: Lang) -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    let mut rest = condition.trim_start();
    while let Some(first) = rest.chars().next() {
        if !is_word(first) {
            // `>=` before `>`, or half of it would be left over.
            let two = ["<=", ">=", "==", "!="].iter().any(|op| rest.starts_with(op));
            let (token, after) = rest.split_at_checked(if two { 2 } else { first.len_utf8() }).unwrap_or((rest, ""));
            found.push(match token {
                "(" | ")" => Piece::Join(token.to_owned()),
                "+" | "-" | "*" | "/" => Piece::Word(token.to_owned()),
                other => Piece::Compare(other.to_owned()),
            });
            rest = after.trim_start();
            continue;
        }
        let (token, after) = word(rest);
        rest = after.trim_start();
        let call = rest.strip_prefix('(').and_then(|r| r.split_once(')'));
        match (token, call) {
            ("and" | "or" | "not", _) => found.push(Piece::Join(token.to_owned())),
            ("times" | "in" | "for", _) => found.push(Piece::Word(token.to_owned())),
            (function, Some((inner, after))) => {
                let (subject, window) = inner.split_once(',').unwrap_or((inner, ""));
                let [subject, window] = [subject, window].map(|t| t.trim().to_owned());
                found.push(Piece::Call { function: function.to_owned(), subject, window });
                rest = after.trim_start();
            }
            (number, None) if first.is_ascii_digit() => {
                let (unit, after) = word(rest);
                let is_unit = !unit.is_empty() && !matches!(unit, "and" | "or" | "times" | "in" | "for");
                let (text, after) =
                    if is_unit { (format!("{number} {unit}"), after) } else { (number.to_owned(), rest) };
                found.push(Piece::Amount(readable(&text, lang)));
                rest = after.trim_start();
            }
            (name, None) => found.push(Piece::Amount(match parameters(name) {
                Some(value) => readable(&value, lang),
                None => t!(lang, "rules-not-set", name = name.replace('_', " ")),
            })),
        }
    }
    found
}

/// A word, or a unit with its brackets: `mm[Hg]`, `mg/dL`.
fn word(text: &str) -> (&str, &str) {
    let part = |c: char| is_word(c) || matches!(c, '[' | ']' | '/' | '%');
    let end = text.find(|c| !part(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// One comparison, or one condition that is none.
fn clause(part: &[Piece], words: Words) -> Option<String> {
    if part.is_empty() {
        return None;
    }
    let at = part.iter().position(|p| matches!(p, Piece::Compare(_)));
    let Some((left, [Piece::Compare(op), right @ ..])) = at.and_then(|at| part.split_at_checked(at)) else {
        return Some(expression(part, words));
    };
    let (limit, more) = held(right, words);
    let limit = expression(limit, words);
    Some(compared(left, op, &limit, words) + &more)
}

/// What is compared with, and how often or how long it must hold: `… 2 times in 7 d`, `… for 3 d`.
fn held(right: &[Piece], words: Words) -> (&[Piece], String) {
    let lang = words.lang;
    match right {
        [limit @ .., Piece::Amount(n), Piece::Word(times), Piece::Word(_), Piece::Amount(window)]
            if times == "times" =>
        {
            (limit, t!(lang, "rules-times", n = n.as_str(), window = length(window, lang)))
        }
        [limit @ .., Piece::Word(word), Piece::Amount(window)] if word == "for" => {
            (limit, t!(lang, "rules-holding", window = length(window, lang)))
        }
        _ => (right, String::new()),
    }
}

fn compared(left: &[Piece], op: &str, limit: &str, words: Words) -> String {
    let lang = words.lang;
    let change = match op {
        ">" => t!(lang, "rules-more-than", limit = limit),
        ">=" => t!(lang, "rules-no-less-than", limit = limit),
        "<" => t!(lang, "rules-less-than", limit = limit),
        _ => t!(lang, "rules-no-more-than", limit = limit),
    };
    let moved = |function: &str, what: String, window: String| match function {
        "rise" => Some(t!(lang, "rules-rises", what = what, by = change.as_str(), window = window)),
        "drop" => Some(t!(lang, "rules-drops", what = what, by = change.as_str(), window = window)),
        "change" => Some(t!(lang, "rules-changes", what = what, by = change.as_str(), window = window)),
        _ => None,
    };
    match left {
        [Piece::Call { function, subject, window }] => {
            if let Some(said) = moved(function, name(subject, words), span(window, lang)) {
                return said;
            }
        }
        // "the newest less an earlier one" is a rise.
        [
            Piece::Call { subject: a, window, .. },
            Piece::Word(minus),
            Piece::Call { subject: b, window: earlier, .. },
        ] if a == b && minus == "-" && window.is_empty() && earlier.ends_with("ago") => {
            let against = t!(lang, "rules-against", when = ago(earlier, lang));
            return t!(lang, "rules-rises", what = name(a, words), by = change.as_str(), window = against);
        }
        _ => {}
    }
    let what = expression(left, words);
    match op {
        ">" => t!(lang, "rules-above", what = what, limit = limit),
        ">=" => t!(lang, "rules-at-least", what = what, limit = limit),
        "<" => t!(lang, "rules-below", what = what, limit = limit),
        "<=" => t!(lang, "rules-at-most", what = what, limit = limit),
        _ => format!("{what} {op} {limit}"),
    }
}

fn expression(part: &[Piece], words: Words) -> String {
    let one = |piece: &Piece| match piece {
        Piece::Call { function, subject, window } => call(function, subject, window, words),
        Piece::Amount(text) | Piece::Compare(text) | Piece::Join(text) => text.clone(),
        Piece::Word(word) => match word.as_str() {
            "+" => t!(words.lang, "rules-plus"),
            "-" => t!(words.lang, "rules-minus"),
            other => other.to_owned(),
        },
    };
    part.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn name(subject: &str, words: Words) -> String {
    let named = subject.replace('_', "-");
    match (named.parse::<Quantity>(), named.parse::<Kind>()) {
        (Ok(quantity), _) => words.quantity(quantity),
        (_, Ok(kind)) => words.kind(kind),
        _ => subject.to_owned(),
    }
}

fn call(function: &str, subject: &str, window: &str, words: Words) -> String {
    let (lang, what) = (words.lang, name(subject, words));
    let within = span(window, lang);
    match function {
        "latest" => format!("{what}{within}"),
        "missing" => t!(lang, "rules-missing", what = what, span = length(window, lang)),
        "onset" => t!(lang, "rules-onset", what = what),
        "count" => t!(lang, "rules-count", what = what, window = within),
        "mean" => t!(lang, "rules-mean", what = what, window = within),
        "median" => t!(lang, "rules-median", what = what, window = within),
        "min" => t!(lang, "rules-lowest", what = what, window = within),
        "max" => t!(lang, "rules-highest", what = what, window = within),
        other => format!("{other} {what}{within}"),
    }
}

/// The window of a function, with a space before it; nothing where the newest is meant.
fn span(window: &str, lang: Lang) -> String {
    match window {
        "" => String::new(),
        w if w.ends_with("ago") => format!(" {}", ago(w, lang)),
        w => match w.strip_prefix("last ") {
            Some(n) => t!(lang, "rules-last", n = n),
            None => t!(lang, "rules-within", length = length(w, lang)),
        },
    }
}

/// `12 h .. 36 h ago`.
fn ago(window: &str, lang: Lang) -> String {
    let (near, far) = window.trim_end_matches("ago").split_once("..").unwrap_or((window, ""));
    t!(lang, "rules-ago", near = length(near.trim(), lang), far = length(far.trim(), lang))
}

/// `3 d` as "3 days", `72 h` as it is.
fn length(text: &str, lang: Lang) -> String {
    match text.split_once(' ') {
        Some((n, "d")) => n.parse::<u32>().map_or_else(|_| text.to_owned(), |n| t!(lang, "rules-days", n = n)),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(condition: &str, english: &str, german: &str) {
        let known = |name: &str| match name {
            "high" => Some("180 mm[Hg]".to_owned()),
            "gain_3d" => Some("2 kg".to_owned()),
            _ => None,
        };
        let words = |lang| Words::new(lang, chrono_tz::Tz::UTC, vitals::Instant::UNIX_EPOCH);
        assert_eq!(sentence(condition, &known, words(Lang::English)), english);
        assert_eq!(sentence(condition, &known, words(Lang::German)), german);
    }

    #[test]
    fn conditions_read_as_sentences() {
        check("latest(systolic) >= high", "Systolic is 180 mmHg or more", "Systolisch ist 180 mmHg oder mehr");
        check(
            "rise(weight, 72 h) > gain_3d",
            "Weight rises by more than 2 kg within 72 h",
            "Gewicht steigt um mehr als 2 kg innerhalb von 72 h",
        );
        check("missing(body-weight, 3 d)", "no Weight for 3 days", "keine Messung (Gewicht) seit 3 Tagen");
        check(
            "latest(spo2) < low_spo2",
            "Oxygen saturation is below low spo2 (not set)",
            "Sauerstoffsättigung ist unter low spo2 (nicht festgelegt)",
        );
        check(
            "latest(weight) - latest(weight, 12 h .. 36 h ago) >= gain_3d",
            "Weight rises by at least 2 kg against the reading 12 h to 36 h before",
            "Gewicht steigt um mindestens 2 kg gegenüber der Messung 12 h bis 36 h davor",
        );
        check(
            "not (median(weight, last 3) <= gain_3d - 1 kg or max(systolic, 1 d) < 90 mm[Hg])",
            "not (the median Weight of the last 3 is 2 kg minus 1 kg or less or the highest Systolic within 1 day is below 90 mmHg)",
            "nicht (der Median Gewicht der letzten 3 ist 2 kg minus 1 kg oder weniger oder der Höchstwert Systolisch innerhalb von 1 Tag ist unter 90 mmHg)",
        );
        check(
            "latest(systolic) > high 2 times in 7 d",
            "Systolic is above 180 mmHg, 2 times within 7 days",
            "Systolisch ist über 180 mmHg, 2-mal innerhalb von 7 Tagen",
        );
    }
}
