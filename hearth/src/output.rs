//! What a command reports, for people or as JSON.

use std::io::Write;

use serde::Serialize;

use crate::failure::Failure;

/// Standard output and how to write to it.
pub(crate) struct Output<'a> {
    json: bool,
    out: &'a mut dyn Write,
}

impl<'a> Output<'a> {
    pub(crate) fn new(json: bool, out: &'a mut dyn Write) -> Self {
        Self { json, out }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// One line as it is.
    pub(crate) fn line(&mut self, text: impl std::fmt::Display) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{text}")?)
    }

    /// One JSON value on a line, whatever the mode.
    pub(crate) fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string(value)
            .map_err(|error| Failure::expected(format!("cannot be written as JSON: {error}")))?;
        self.line(text)
    }

    /// A result: `value` for machines, `text` for people.
    pub(crate) fn report<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
        text: impl std::fmt::Display,
    ) -> Result<(), Failure> {
        if self.json { self.value(value) } else { self.line(text) }
    }

    /// A list: a JSON array for machines, aligned columns for people.
    pub(crate) fn list<T: Serialize>(
        &mut self,
        items: &[T],
        columns: &[&str],
        row: impl Fn(&T) -> Vec<String>,
    ) -> Result<(), Failure> {
        if self.json {
            return self.value(items);
        }
        let head: Vec<String> = columns.iter().map(|name| name.to_uppercase()).collect();
        let rows: Vec<Vec<String>> = std::iter::once(head).chain(items.iter().map(row)).collect();
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns.len()).map(width).collect();
        for row in &rows {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            self.line(cells.join("  ").trim_end())?;
        }
        Ok(())
    }

    /// For writers that want the stream itself.
    pub(crate) fn stream(&mut self) -> &mut dyn Write {
        self.out
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }
}
