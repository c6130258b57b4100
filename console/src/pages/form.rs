//! Forms: their fields, and the token that each carries.

use crate::access::Caller;
use crate::problem::Problem;
use crate::text::{Lang, t};
use axum::extract::{Form, FromRequest, Request};
use maud::{Markup, html};

/// The fields of a form that was sent; a name may stand more than once.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let form = Form::from_request(request, state).await;
        form.map(|Form(pairs)| Self(pairs)).map_err(|_| {
            Problem::bad_request("The form could not be read.").saying(|lang| t!(lang, "problem-form-again"))
        })
    }
}

/// A form that a link has filled in.
impl From<Vec<(String, String)>> for Fields {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }
}

impl Fields {
    #[cfg(test)]
    pub(super) fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// The field, if it is there and not empty.
    pub(super) fn get<'a>(&'a self, name: &str) -> Option<&'a str> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, v)| v.trim()).find(|v| !v.is_empty())
    }

    /// The field, or a problem that names it.
    pub(super) fn required<'a>(&'a self, name: &str, lang: Lang, what: &str) -> Result<&'a str, Problem> {
        let missing = || Problem::field(format!("/{name}"), t!(lang, "problem-please-give", what = what));
        self.get(name).ok_or_else(missing)
    }

    /// The field as it was sent, spaces and all: passwords.
    pub(super) fn raw<'a>(&'a self, name: &str) -> &'a str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
    }

    /// Every field as it was sent.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every field of this name, the empty ones too: a column of rows.
    pub(super) fn column<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.trim())
    }

    /// Every field of this name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.trim()).filter(|v| !v.is_empty())
    }
}

/// Where the form wants to be afterwards: a page of ours, or the list.
pub(super) fn back(fields: &Fields) -> &str {
    let is_ours = |path: &&str| path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n']);
    fields.get("back").filter(is_ours).unwrap_or("/")
}

/// A text within a URL.
pub(super) fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// The hidden field that every form of a signed-in person carries.
pub(super) fn csrf(caller: &Caller) -> Markup {
    html! { input type="hidden" name="csrf" value=(caller.csrf()); }
}

/// What breaks something for somebody is asked for twice: a summary that opens what it `means` and the button that does it.
pub(super) fn twice(caller: &Caller, action: &str, summary: &str, means: &str, does: &str) -> Markup {
    html! {
        details {
            summary { (summary) }
            p { (means) }
            form method="post" action=(action) { (csrf(caller)) button type="submit" { (does) } }
        }
    }
}
