//! Lists: `{"items", "next"}`, cursors, and filters that know their names.

use crate::cursor;
use crate::problem::Problem;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use store::{Page, PageRequest};
use utoipa::ToSchema;
use vitals::Instant;

/// Largest page.
const MAX_LIMIT: u32 = 500;
/// Where the caller does not say.
const DEFAULT_LIMIT: u32 = 100;

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct List<T> {
    /// this part
    pub(super) items: Vec<T>,
    /// goes back as `?cursor=`; null at the end
    pub(super) next: Option<String>,
}

impl<T> List<T> {
    /// A store's page, each item made ready to be shown.
    pub(super) fn of<S>(page: Page<S>, show: impl FnMut(S) -> T) -> Self {
        Self { items: page.items.into_iter().map(show).collect(), next: page.next.map(cursor::write) }
    }

    /// A part of what is at hand as a whole, sorted by `key`, which must be unique and never change.
    pub(super) fn cut(items: Vec<T>, key: impl Fn(&T) -> String, page: &PageRequest) -> Self {
        let mut keyed: Vec<(String, T)> = items.into_iter().map(|item| (key(&item), item)).collect();
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        let after = page.after.as_deref().unwrap_or_default();
        let mut rest =
            keyed.into_iter().skip_while(|(key, _)| page.after.is_some() && key.as_str() <= after).peekable();
        let mut items = Vec::new();
        let mut last = None;
        while items.len() < usize::try_from(page.limit).unwrap_or(usize::MAX)
            && let Some((key, item)) = rest.next()
        {
            last = Some(key);
            items.push(item);
        }
        let next = if rest.peek().is_some() { last.map(cursor::write) } else { None };
        Self { items, next }
    }
}

/// The query of a list, before it is known which filters the list has.
pub(super) struct RawFilters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for RawFilters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(pairs)| Self(pairs))
            .map_err(|_| Problem::bad_request("The query cannot be read; write `?name=value&name=value`."))
    }
}

impl RawFilters {
    /// Takes the query of a list with these filters; an unknown one is refused rather than ignored.
    pub(super) fn known(self, names: &[&str]) -> Result<Filters, Problem> {
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in self.0 {
            if !names.contains(&name.as_str()) && name != "cursor" && name != "limit" {
                let known: Vec<_> = names.iter().chain(&["cursor", "limit"]).map(|n| format!("`{n}`")).collect();
                return Err(Problem::bad_request(format!("Unknown filter `{name}`; known are {}.", known.join(", "))));
            }
            // A filter given twice is a list of both.
            values.entry(name).and_modify(|v| *v = format!("{v},{value}")).or_insert(value);
        }
        Ok(Filters { values })
    }
}

/// The query of a list, by name.
pub(super) struct Filters {
    values: BTreeMap<String, String>,
}

impl Filters {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// A comma list; empty where it is not given.
    pub(super) fn list<T: FromStr>(&self, name: &str) -> Result<Vec<T>, Problem>
    where
        T::Err: Display,
    {
        let parts = self.text(name).into_iter().flat_map(|text| text.split(','));
        parts
            .map(|part| part.trim().parse().map_err(|e| Problem::bad_request(format!("Filter `{name}`: {e}."))))
            .collect()
    }

    pub(super) fn instant(&self, name: &str) -> Result<Option<Instant>, Problem> {
        // An unescaped `+` of an offset arrives as a space.
        let parse = |text: &str| chrono::DateTime::parse_from_rfc3339(&text.replace(' ', "+"));
        let Some(text) = self.text(name) else { return Ok(None) };
        parse(text).map(|t| Some(t.to_utc())).map_err(|e| {
            Problem::bad_request(format!("Filter `{name}`: {e}; write `2026-11-21T07:12:04Z` or with an offset."))
        })
    }

    pub(super) fn page(&self) -> Result<PageRequest, Problem> {
        let limit = match self.text("limit").map(str::parse::<u32>) {
            None => DEFAULT_LIMIT,
            Some(Ok(limit @ 1..=MAX_LIMIT)) => limit,
            Some(_) => return Err(Problem::bad_request("`limit` is a whole number from 1 to 500.")),
        };
        Ok(PageRequest { after: cursor::read(self.text("cursor"))?, limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(pairs: &[(&str, &str)]) -> Result<Filters, Problem> {
        let pairs = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        RawFilters(pairs).known(&["status", "from"])
    }

    #[test]
    fn an_unknown_filter_is_refused_and_lists_are_split() {
        assert!(filters(&[("statsu", "x")]).is_err_and(|p| p.detail.contains("`statsu`")));
        let f = filters(&[("status", "1,2"), ("status", "3")]).unwrap();
        assert_eq!(f.list::<u8>("status").unwrap(), [1, 2, 3]);
        assert!(filters(&[("status", "x")]).unwrap().list::<u8>("status").is_err());
        assert!(filters(&[("from", "2026-01-01T00:00:00 01:00")]).unwrap().instant("from").unwrap().is_some());
        for bad in ["0", "501", "x", "-1"] {
            assert!(filters(&[("limit", bad)]).unwrap().page().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_walk_over_a_whole_gives_everything_once() {
        let mut page = PageRequest { after: None, limit: 3 };
        let mut seen = Vec::new();
        loop {
            let part = List::cut((10..20).rev().collect(), |n: &i32| n.to_string(), &page);
            seen.extend(part.items);
            let Some(next) = part.next else { break };
            page.after = cursor::read(Some(&next)).unwrap();
        }
        assert_eq!(seen, (10..20).collect::<Vec<_>>());
    }
}
