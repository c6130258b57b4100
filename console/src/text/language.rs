//! The languages that the pages speak, and which one a reader gets.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use care::sentence::{English, German, Language};
use chrono::Locale;
use std::convert::Infallible;
use unic_langid::LanguageIdentifier;

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Lang {
    #[default]
    English,
    German,
}

impl Lang {
    /// Every language, as a person chooses among them.
    pub(crate) const ALL: [Lang; 2] = [Lang::English, Lang::German];

    /// BCP 47, as in the attribute `lang`.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Lang::English => "en",
            Lang::German => "de",
        }
    }

    /// In the language itself.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Lang::English => "English",
            Lang::German => "Deutsch",
        }
    }

    /// The language of a code, whatever region follows it.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        let primary = code.trim().split('-').next()?;
        Self::ALL.into_iter().find(|lang| lang.code().eq_ignore_ascii_case(primary))
    }

    /// What the browser would like best of those that there are: `Accept-Language`, by weight.
    pub(crate) fn of_headers(headers: &HeaderMap) -> Self {
        let wishes = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let mut best: Option<(f32, Lang)> = None;
        for wish in wishes.split(',') {
            let mut parts = wish.split(';');
            let Some(lang) = parts.next().and_then(Self::of_code) else { continue };
            let weight = parts.find_map(|p| p.trim().strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
            if best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, lang));
            }
        }
        best.map_or_else(Self::default, |(_, lang)| lang)
    }

    /// For names of months and days.
    pub(crate) const fn locale(self) -> Locale {
        match self {
            Lang::English => Locale::en_GB,
            Lang::German => Locale::de_DE,
        }
    }

    /// Between a number's whole and its fraction.
    pub(crate) const fn decimal_mark(self) -> char {
        match self {
            Lang::English => '.',
            Lang::German => ',',
        }
    }

    /// For sentences that are kept as data.
    pub(crate) const fn voice(self) -> &'static dyn Language {
        match self {
            Lang::English => &English,
            Lang::German => &German,
        }
    }

    /// For Fluent's plural rules.
    pub(super) fn identifier(self) -> LanguageIdentifier {
        self.code().parse().unwrap_or_default()
    }
}

/// For pages that need nobody signed in.
impl<S: Sync> FromRequestParts<S> for Lang {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of_headers(&parts.headers))
    }
}
