//! A condition's text as tokens with places.

use crate::ast::{Span, TimeUnit};
use vitals::{Decimal, Kind, Quantity, Unit};

/// A mistake in a condition's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

impl SyntaxError {
    pub(crate) fn new(span: Span, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { span, message: message.into(), remedy: remedy.into() }
    }
}

/// A piece of text that cannot be divided further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Number(Decimal),
    Unit(Unit),
    Time(TimeUnit),
    Name(String),
    Symbol(&'static str),
}

/// Longest first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 14] = ["<=", ">=", "==", "!=", "..", "<", ">", "(", ")", ",", "+", "-", "*", "/"];

/// Words that may follow a number and are no unit.
const WORDS: [&str; 8] = ["times", "and", "or", "not", "for", "in", "ago", "last"];

/// Splits `text` into tokens.
pub(crate) fn lex(text: &str) -> Result<Vec<(Token, Span)>, SyntaxError> {
    let mut tokens: Vec<(Token, Span)> = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(first) = rest.chars().next() else { break };
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let after_number = matches!(tokens.last(), Some((Token::Number(_), _)));
        let (token, length) = if let Some(found) = after_number.then(|| unit(rest)).flatten() {
            found
        } else if first.is_ascii_digit() {
            number(rest, at)?
        } else if first.is_ascii_alphabetic() || first == '_' || (after_number && first == '[') {
            name(rest, at, after_number)?
        } else if let Some(symbol) = SYMBOLS.into_iter().find(|s| rest.starts_with(s)) {
            (Token::Symbol(symbol), symbol.len())
        } else {
            let remedy = if first == '=' { "write `==` to compare" } else { "remove it" };
            return Err(SyntaxError::new(at..at + first.len_utf8(), format!("unexpected `{first}`"), remedy));
        };
        tokens.push((token, at..at + length));
        at += length;
    }
    Ok(tokens)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Whether `rest` begins with `word` and the word ends there.
fn begins(rest: &str, word: &str) -> bool {
    let ends_as_word = word.ends_with(is_word);
    rest.strip_prefix(word).is_some_and(|after| !ends_as_word || !after.starts_with(is_word))
}

fn unit(rest: &str) -> Option<(Token, usize)> {
    let units = Unit::ALL.into_iter().map(|u| (Token::Unit(u), u.ucum()));
    let times = TimeUnit::ALL.into_iter().map(|t| (Token::Time(t), t.as_str()));
    let (token, text) = units.chain(times).filter(|(_, text)| begins(rest, text)).max_by_key(|(_, t)| t.len())?;
    Some((token, text.len()))
}

fn number(rest: &str, at: usize) -> Result<(Token, usize), SyntaxError> {
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let after = rest.get(digits..).unwrap_or("");
    // `12 h .. 36 h` has a range, not a decimal point.
    let fraction = after.strip_prefix('.').filter(|f| f.starts_with(|c: char| c.is_ascii_digit()));
    let length = fraction.map_or(digits, |f| digits + 1 + f.find(|c: char| !c.is_ascii_digit()).unwrap_or(f.len()));
    let text = rest.get(..length).unwrap_or("");
    let value = Decimal::from_str_exact(text).map_err(|_| {
        SyntaxError::new(at..at + length, format!("`{text}` has too many digits"), "write at most 28 digits")
    })?;
    Ok((Token::Number(value), length))
}

fn name(rest: &str, at: usize, after_number: bool) -> Result<(Token, usize), SyntaxError> {
    // Names with a dash are known ones, so `weight-gain_3d` stays a subtraction.
    let dashed = Quantity::ALL.into_iter().map(Quantity::as_str).chain(Kind::ALL.into_iter().map(Kind::as_str));
    if let Some(known) = dashed.filter(|n| n.contains('-') && begins(rest, n)).max_by_key(|n| n.len()) {
        return Ok((Token::Name(known.to_owned()), known.len()));
    }
    let allowed = |c: char| is_word(c) || (after_number && matches!(c, '[' | ']' | '/'));
    let length = rest.find(|c: char| !allowed(c)).unwrap_or(rest.len());
    let word = rest.get(..length).unwrap_or("");
    if after_number && !WORDS.contains(&word) {
        let remedy = "write it in UCUM: kg, g, [lb_av], mm[Hg], kPa, mg/dL, mmol/L, %, /min, Cel, [degF], cm, m, \
                      [in_i], kg/m2; times are s, min, h, d";
        return Err(SyntaxError::new(at..at + length, format!("unknown unit `{word}`"), remedy));
    }
    Ok((Token::Name(word.to_owned()), length))
}
