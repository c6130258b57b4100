//! As much of a configuration as can be read, for whoever wants every mistake at once.

use std::collections::BTreeSet;

use service_kit::{ConfigError, config};

use super::{Settings, checks};

/// A configuration that may have mistakes.
pub(crate) struct Draft {
    /// what could be read; the rest stands at its default
    pub(crate) settings: Settings,
    /// everything wrong with the text, in its order
    pub(crate) mistakes: Vec<ConfigError>,
    /// sections of which something could not be read
    broken: BTreeSet<String>,
}

impl Draft {
    /// Reads `text`; what cannot be read is noted and left out, and the rest is checked all the same.
    pub(crate) fn read(text: &str, file: &str) -> Self {
        let (settings, mut mistakes, broken) = match config::load::<Settings>(text, file) {
            Ok(settings) => (settings, Vec::new(), BTreeSet::new()),
            Err(mistakes) => {
                let (settings, broken) = rest(text, file, &mistakes);
                (settings, mistakes, broken)
            }
        };
        mistakes.extend(checks::mistakes(&settings, text, file, &broken));
        mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        Self { settings, mistakes, broken }
    }

    /// Whether everything in the section could be read.
    pub(crate) fn is_whole(&self, section: &str) -> bool {
        !self.broken.contains(section)
    }
}

/// What is left when the lines with mistakes are taken out, again and again, and the sections that they stood in. The
/// other lines stay where they are, so that places stay true.
fn rest(text: &str, file: &str, mistakes: &[ConfigError]) -> (Settings, BTreeSet<String>) {
    let mut lines: Vec<&str> = text.lines().collect();
    let mut broken = BTreeSet::new();
    let mut wrong: Vec<usize> = mistakes.iter().map(|mistake| mistake.line.saturating_sub(1)).collect();
    // Each round takes a line out, so it ends.
    for _ in 0..=lines.len() {
        for line in std::mem::take(&mut wrong) {
            broken.insert(section(text, line));
            take_out(&mut lines, line);
        }
        match config::load::<Settings>(&lines.join("\n"), file) {
            Ok(settings) => return (settings, broken),
            Err(mistakes) => wrong.extend(mistakes.iter().map(|mistake| mistake.line.saturating_sub(1))),
        }
    }
    (Settings::default(), broken)
}

/// Empties a line; with a header everything below it, which would otherwise belong to the section before.
fn take_out(lines: &mut [&str], at: usize) {
    let is_header = |line: &str| line.trim_start().starts_with('[');
    let header = lines.get(at).is_some_and(|line| is_header(line));
    for (place, line) in lines.iter_mut().enumerate().skip(at) {
        if place > at && (!header || is_header(line)) {
            return;
        }
        *line = "";
    }
}

/// The first part of the name of the section that a line stands in, or the key of a line before all sections.
fn section(text: &str, line: usize) -> String {
    let name =
        |line: &str| line.trim_start().trim_start_matches('[').split(['.', ']', '=', ' ']).next().map(str::to_owned);
    let lines: Vec<&str> = text.lines().take(line.saturating_add(1)).collect();
    let header = lines.iter().rev().find(|line| line.trim_start().starts_with('['));
    header.or(lines.last()).and_then(|line| name(line)).unwrap_or_default()
}
