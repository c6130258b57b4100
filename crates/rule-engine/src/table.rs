//! A TOML table with places, read key by key; what is not known is refused with a suggestion.

use crate::error::{Problems, suggest};
use crate::parse::parse_length;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A place in the file.
pub(crate) type Place = Range<usize>;

/// A text with its place, quotes included.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) place: Place,
}

/// One table.
pub(crate) struct Table<'t, 'i> {
    what: &'static str,
    place: Place,
    entries: Vec<(&'t str, Place, &'t Spanned<DeValue<'i>>)>,
}

impl<'t, 'i> Table<'t, 'i> {
    /// Takes a table in which any key may stand, in the order of the file.
    pub(crate) fn open(table: &'t DeTable<'i>, place: Place, what: &'static str) -> Self {
        let mut entries: Vec<_> = table.iter().map(|(k, v)| (k.get_ref().as_ref(), k.span(), v)).collect();
        entries.sort_by_key(|(_, place, _)| place.start);
        Self { what, place, entries }
    }

    /// Takes a table in which only `known` keys may stand.
    pub(crate) fn new(
        table: &'t DeTable<'i>,
        place: Place,
        what: &'static str,
        known: &[&'static str],
        problems: &mut Problems<'_>,
    ) -> Self {
        let opened = Self::open(table, place, what);
        for (key, place, _) in &opened.entries {
            if !known.contains(key) {
                problems.add(
                    place.clone(),
                    format!("unknown key `{key}` in {what}"),
                    suggest(key, known.iter().copied()),
                );
            }
        }
        opened
    }

    /// Takes a value that must be a table.
    pub(crate) fn of(
        value: &'t Spanned<DeValue<'i>>,
        what: &'static str,
        known: &[&'static str],
        problems: &mut Problems<'_>,
    ) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Self::new(table, value.span(), what, known, problems)),
            _ => {
                problems.add(
                    value.span(),
                    format!("{what} must be a table"),
                    format!("write `{{ {} = … }}`", known.first().unwrap_or(&"key")),
                );
                None
            }
        }
    }

    /// Takes a value that must be a table, in which any key may stand.
    pub(crate) fn any(
        value: &'t Spanned<DeValue<'i>>,
        what: &'static str,
        problems: &mut Problems<'_>,
    ) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Self::open(table, value.span(), what)),
            _ => {
                problems.add(
                    value.span(),
                    format!("{what} must be a table"),
                    "write `\"…\" = \"…\"` below `[text.de]`",
                );
                None
            }
        }
    }

    pub(crate) fn place(&self) -> Place {
        self.place.clone()
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'t str, Place, &'t Spanned<DeValue<'i>>)> {
        self.entries.iter().cloned()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.entries.iter().find(|(k, ..)| *k == key).map(|(.., v)| *v)
    }

    pub(crate) fn text(&self, key: &str, problems: &mut Problems<'_>) -> Option<Text> {
        text(self.get(key)?, key, problems)
    }

    pub(crate) fn required(&self, key: &str, example: &str, problems: &mut Problems<'_>) -> Option<Text> {
        if self.get(key).is_none() {
            problems.add(
                self.place.clone(),
                format!("{} has no `{key}`", self.what),
                format!("add e.g. `{key} = {example}`"),
            );
        }
        self.text(key, problems)
    }

    /// A text that becomes something else.
    pub(crate) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
        &self,
        key: &str,
        problems: &mut Problems<'_>,
    ) -> Option<T> {
        let text = self.text(key, problems)?;
        parsed(&text, problems)
    }

    pub(crate) fn texts(&self, key: &str, problems: &mut Problems<'_>) -> Vec<Text> {
        let Some(value) = self.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(items) => items.iter().filter_map(|v| text(v, key, problems)).collect(),
            _ => {
                problems.add(value.span(), format!("`{key}` must be a list"), format!("write `{key} = [\"…\"]`"));
                Vec::new()
            }
        }
    }

    /// A length of time in seconds.
    pub(crate) fn seconds(&self, key: &str, problems: &mut Problems<'_>) -> Option<i64> {
        let text = self.text(key, problems)?;
        match parse_length(&text.text) {
            Ok(length) => Some(length.delta().num_seconds()),
            Err(e) => {
                problems.add(
                    text.place,
                    format!("`{key}` is no length of time: {}", e.message),
                    "write e.g. `\"30 min\"`, `\"4 h\"`, `\"7 d\"`",
                );
                None
            }
        }
    }

    /// The tables of an array of tables.
    pub(crate) fn tables(
        &self,
        key: &str,
        what: &'static str,
        known: &[&'static str],
        problems: &mut Problems<'_>,
    ) -> Vec<Table<'t, 'i>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(items) => items.iter().filter_map(|v| Table::of(v, what, known, problems)).collect(),
            _ => {
                problems.add(value.span(), format!("`{key}` must be written `[[{key}]]`"), "double the brackets");
                Vec::new()
            }
        }
    }
}

/// A value that must be a text.
pub(crate) fn text(value: &Spanned<DeValue<'_>>, key: &str, problems: &mut Problems<'_>) -> Option<Text> {
    match value.get_ref() {
        DeValue::String(s) => Some(Text { text: s.to_string(), place: value.span() }),
        _ => {
            problems.add(value.span(), format!("`{key}` must be a text"), "put it in quotes");
            None
        }
    }
}

/// A text that becomes something else.
pub(crate) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
    text: &Text,
    problems: &mut Problems<'_>,
) -> Option<T> {
    text.text.parse().map_err(|e: T::Err| problems.add(text.place.clone(), e.to_string(), "")).ok()
}

/// Where the text itself begins within its place: behind the quotes, and a line break that TOML drops.
pub(crate) fn content_start(file: &str, place: &Place) -> usize {
    let raw = file.get(place.clone()).unwrap_or("");
    let quotes = ["\"\"\"\r\n", "\"\"\"\n", "'''\r\n", "'''\n", "\"\"\"", "'''"];
    place.start + quotes.into_iter().find(|q| raw.starts_with(q)).map_or(1, str::len)
}
