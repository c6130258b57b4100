//! Configuration files: every mistake at once, each with its place and a remedy.

mod units;

use std::{fmt, ops::Range};

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue, Deserializer, Error};

pub use units::{Bytes, Span};

use crate::wording::{Syntax, plain};

/// A mistake in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The file, as the caller named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        self.remedy.as_ref().map_or(Ok(()), |remedy| write!(f, "; {remedy}"))
    }
}

impl ConfigError {
    /// A mistake at `offset` bytes into `text`, for checks that a caller makes after loading.
    #[must_use]
    pub fn at(text: &str, file: &str, offset: usize, message: impl Into<String>, remedy: Option<String>) -> Self {
        let before = text.get(..offset.min(text.len())).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline.saturating_add(1));
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count().saturating_add(1),
            column: before.get(line_start..).unwrap_or_default().chars().count().saturating_add(1),
            message: message.into(),
            remedy,
        }
    }
}

/// Where in `text` the value of a key stands, in bytes; `path` leads to it through the sections. The start of the
/// file where the key is not written, since then its default is meant.
#[must_use]
pub fn place_of(text: &str, path: &[&str]) -> usize {
    fn find(table: &DeTable<'_>, path: &[&str]) -> Option<usize> {
        let (key, rest) = path.split_first()?;
        let value = table.iter().find(|(name, _)| name.get_ref().as_ref() == *key)?.1;
        match value.get_ref() {
            DeValue::Table(inner) if !rest.is_empty() => find(inner, rest),
            _ => Some(value.span().start),
        }
    }
    let (document, _) = DeTable::parse_recoverable(text);
    find(document.get_ref(), path).unwrap_or(0)
}

/// Reads a whole configuration.
///
/// The type should say `#[serde(deny_unknown_fields)]`, and give defaults to what may be left out.
///
/// # Errors
/// Every mistake that can be found in one go, in the order of the file: the offending entry is taken out and the
/// rest is read again, so that one mistake does not hide the next.
pub fn load<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, Vec<ConfigError>> {
    let (mut document, syntax) = DeTable::parse_recoverable(text);
    let mut mistakes: Vec<(usize, Error)> = Vec::new();
    let had_syntax_errors = !syntax.is_empty();
    mistakes.extend(syntax.into_iter().map(|error| (start(&error), error)));
    let mut removed: Vec<String> = Vec::new();
    let value = loop {
        match T::deserialize(Deserializer::from(document.clone())) {
            Ok(value) => break Some(value),
            Err(error) => {
                let echo = removed.iter().any(|key| error.message() == format!("missing field `{key}`"));
                // What a broken line would have set must not be reported as missing too.
                let echo = echo || (had_syntax_errors && error.message().starts_with("missing field"));
                let taken_out = error.span().and_then(|span| take_out(document.get_mut(), &span));
                if !echo {
                    mistakes.push((start(&error), error));
                }
                match taken_out {
                    Some(key) => removed.push(key),
                    None => break None,
                }
            }
        }
    };
    match value {
        Some(value) if mistakes.is_empty() => Ok(value),
        _ => {
            mistakes.sort_by_key(|(offset, _)| *offset);
            Err(mistakes.into_iter().map(|(offset, error)| explain(text, file, offset, &error)).collect())
        }
    }
}

fn start(error: &Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

fn explain(text: &str, file: &str, offset: usize, error: &Error) -> ConfigError {
    let (message, remedy) = plain(error.message(), Syntax::Toml);
    ConfigError::at(text, file, offset, message, remedy)
}

/// Takes out the smallest entry that holds `span` (in an array, the whole array) and returns its key.
fn take_out(table: &mut DeTable<'_>, span: &Range<usize>) -> Option<String> {
    let holds = |outer: Range<usize>| outer.start <= span.start && span.end <= outer.end;
    for (_, value) in table.iter_mut() {
        let inner = match value.get_mut() {
            DeValue::Table(inner) => take_out(inner, span),
            DeValue::Array(items) => items.iter_mut().find_map(|item| match item.get_mut() {
                DeValue::Table(inner) => take_out(inner, span),
                _ => None,
            }),
            _ => None,
        };
        if inner.is_some() {
            return inner;
        }
    }
    let key = table.iter().find(|(key, value)| holds(key.span()) || holds(value.span())).map(|(key, _)| key.clone())?;
    table.remove(&key);
    Some(key.into_inner().into_owned())
}

#[cfg(test)]
mod tests;
