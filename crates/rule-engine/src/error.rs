//! Mistakes in rulebooks, each with its place and remedy.

use serde::Serialize;
use std::fmt;
use std::ops::Range;

/// One mistake in a rulebook file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleError {
    /// the file, as named by whoever loaded it
    pub file: String,
    /// line, from 1
    pub line: usize,
    /// column in characters, from 1
    pub column: usize,
    /// what is wrong
    pub message: String,
    /// what to do about it; may be empty
    pub remedy: String,
    /// the line itself
    pub excerpt: String,
    /// how many characters the mistake spans on that line, at least 1
    pub width: usize,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        let gutter = self.line.to_string().len();
        write!(f, "\n {:gutter$} |\n {} | {}", "", self.line, self.excerpt)?;
        // Tabs are repeated below so that the caret stands under its character.
        let lead: String =
            self.excerpt.chars().take(self.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        write!(f, "\n {:gutter$} | {lead}{}", "", "^".repeat(self.width))?;
        if !self.remedy.is_empty() {
            write!(f, "\n {:gutter$} = {}", "", self.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for RuleError {}

/// A file and the mistakes found in it so far.
pub(crate) struct Problems<'a> {
    name: &'a str,
    text: &'a str,
    pub(crate) errors: Vec<RuleError>,
}

impl<'a> Problems<'a> {
    pub(crate) fn new(name: &'a str, text: &'a str) -> Self {
        Self { name, text, errors: Vec::new() }
    }

    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// Notes a mistake at a byte span of the file.
    pub(crate) fn add(&mut self, span: Range<usize>, message: impl Into<String>, remedy: impl Into<String>) {
        let start = (0..=span.start.min(self.text.len())).rev().find(|i| self.text.is_char_boundary(*i)).unwrap_or(0);
        let head = self.text.get(..start).unwrap_or("");
        let line_start = head.rfind('\n').map_or(0, |i| i + 1);
        let excerpt = self.text.get(line_start..).unwrap_or("").lines().next().unwrap_or("").to_owned();
        let column = head.get(line_start..).unwrap_or("").chars().count() + 1;
        let spanned = self.text.get(start..span.end.max(start)).unwrap_or("").lines().next().unwrap_or("");
        self.errors.push(RuleError {
            file: self.name.to_owned(),
            line: head.matches('\n').count() + 1,
            column,
            message: message.into(),
            remedy: remedy.into(),
            excerpt,
            width: spanned.chars().count().max(1),
        });
    }
}

/// The known word nearest to `word`, where one is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (distance, best) = known.into_iter().map(|k| (distance(word, k), k)).min_by_key(|(d, _)| *d)?;
    (distance <= 2.max(word.chars().count() / 3)).then_some(best)
}

/// "did you mean `x`?", or the list of what is known.
pub(crate) fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, known.clone()) {
        Some(best) => format!("did you mean `{best}`?"),
        None => format!("known are {}", known.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((cb, diagonal), above) in b.iter().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or(0);
            next.push((diagonal + usize::from(ca != *cb)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_at_the_place() {
        let mut p = Problems::new("a.toml", "[rule]\nwhen = \"ä wieght\"\n");
        p.add(18..24, "unknown name `wieght`", suggest("wieght", ["weight", "height"]));
        let text = p.errors[0].to_string();
        assert!(text.starts_with("a.toml:2:11: unknown name `wieght`"), "{text}");
        assert!(text.contains("   |           ^^^^^^\n"), "{text}");
        assert!(text.ends_with("did you mean `weight`?"), "{text}");
    }
}
