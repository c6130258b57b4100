//! What is answered instead of what was asked: RFC 9457 problem documents for programs, a page for people.

use crate::text::{Lang, t};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use store::StoreError;
use utoipa::ToSchema;

/// Why a request was not done. Travels as an extension of the response; [`crate::server`] writes it as JSON or HTML,
/// whichever the path is.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    /// last part of `type`
    pub(crate) slug: &'static str,
    /// in English, for programs; where a page made it, in the reader's language already
    pub(crate) detail: String,
    /// the detail as a reader of another language is told
    said: Option<Said>,
    /// RFC 6901, into the request's body
    pub(crate) pointer: Option<Box<str>>,
    /// members of their own: status and owner of a task that somebody else holds
    pub(crate) more: BTreeMap<&'static str, serde_json::Value>,
    /// whoever has a reason may look: the query of the page that asks for it
    pub(crate) glass: Option<Box<str>>,
}

/// A sentence that waits for its reader's language.
#[derive(Clone)]
struct Said(Arc<dyn Fn(Lang) -> String + Send + Sync>);

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Said").field(&(self.0)(Lang::English)).finish()
    }
}

/// The sentence of every 500. The cause goes to the log.
const INTERNAL: &str = "Something went wrong on our side. It has been written to the log; trying again is safe.";

impl Problem {
    fn new(status: StatusCode, slug: &'static str, detail: impl Into<String>) -> Self {
        let (detail, said, pointer, more, glass) = (detail.into(), None, None, BTreeMap::new(), None);
        Self { status, slug, detail, said, pointer, more, glass }
    }

    /// With what a reader of another language is told instead of the English detail.
    pub(crate) fn saying(self, say: impl Fn(Lang) -> String + Send + Sync + 'static) -> Self {
        Self { said: Some(Said(Arc::new(say))), ..self }
    }

    /// The same, where this is the one thing that was in the way of what was asked.
    pub(crate) fn if_conflict(self, say: impl Fn(Lang) -> String + Send + Sync + 'static) -> Self {
        if self.status == StatusCode::CONFLICT { self.saying(say) } else { self }
    }

    /// What happened and what to do, to a reader.
    pub(crate) fn detail_in(&self, lang: Lang) -> String {
        match (&self.said, lang) {
            (Some(said), Lang::German) => (said.0)(lang),
            (None, _) | (_, Lang::English) => self.detail.clone(),
        }
    }

    /// The title to a reader.
    pub(crate) fn title_in(&self, lang: Lang) -> String {
        match self.slug {
            "invalid-field" => t!(lang, "problem-invalid-field"),
            "sign-in-required" => t!(lang, "problem-sign-in-required"),
            "not-allowed" => t!(lang, "problem-not-allowed"),
            "csrf" => t!(lang, "problem-csrf"),
            "not-found" => t!(lang, "problem-not-found"),
            "conflict" => t!(lang, "problem-conflict"),
            "unavailable" => t!(lang, "problem-unavailable"),
            "internal" => t!(lang, "problem-internal"),
            "method-not-allowed" => t!(lang, "problem-method-not-allowed"),
            "too-large" => t!(lang, "problem-too-large"),
            _ => t!(lang, "problem-bad-request"),
        }
    }

    /// 400, about the request as a whole or its query.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    /// 400, about one field of the body.
    pub(crate) fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let pointer = Some(pointer.into().into_boxed_str());
        Self { pointer, ..Self::new(StatusCode::BAD_REQUEST, "invalid-field", detail) }
    }

    pub(crate) fn unauthorized() -> Self {
        let detail = "Send a bearer token in `Authorization`, or sign in.";
        Self::new(StatusCode::UNAUTHORIZED, "sign-in-required", detail).saying(|lang| t!(lang, "problem-sign-in"))
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "not-allowed", detail)
    }

    /// 403 of a form that did not come from one of our pages.
    pub(crate) fn csrf() -> Self {
        let detail =
            "This form is out of date or did not come from Hearth. Go back, reload the page and send it again.";
        Self::new(StatusCode::FORBIDDEN, "csrf", detail).saying(|lang| t!(lang, "problem-form-again"))
    }

    pub(crate) fn not_found(what: &str) -> Self {
        let detail = format!("There is no {what} here.");
        let say: fn(Lang) -> String = match what.split(' ').next() {
            Some("patient") => |lang| t!(lang, "problem-no-patient"),
            Some("task") => |lang| t!(lang, "problem-no-task"),
            _ => |lang| t!(lang, "problem-nothing"),
        };
        Self::new(StatusCode::NOT_FOUND, "not-found", detail).saying(say)
    }

    /// It may be there and out of sight; the page says how to look.
    pub(crate) fn or_glass(self, query: String) -> Self {
        Self { glass: Some(query.into()), ..self }
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
    }

    /// 500: one fixed sentence for the caller, the whole chain of causes for the log.
    pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut chain = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            chain.push_str(": ");
            chain.push_str(&inner.to_string());
            cause = inner.source();
        }
        tracing::error!(error = %chain, "a request failed");
        Self::broken(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn broken(status: StatusCode) -> Self {
        Self::new(status, "internal", INTERNAL).saying(|lang| t!(lang, "problem-our-side"))
    }

    /// A status that the framework chose (405, 413, …), in our words.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found("such page"),
            StatusCode::METHOD_NOT_ALLOWED => Self::new(
                status,
                "method-not-allowed",
                "This path does not know that method; `Allow` lists those it knows.",
            )
            .saying(|lang| t!(lang, "problem-no-method")),
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(status, "too-large", "A request may have at most 1 MiB.")
                .saying(|lang| t!(lang, "problem-mebibyte")),
            s if s.is_server_error() => Self::broken(s),
            s => Self::new(s, "bad-request", "The path or the query is malformed.")
                .saying(|lang| t!(lang, "problem-malformed")),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<serde_json::Value>) -> Self {
        self.more.insert(name, value.into());
        self
    }

    pub(crate) fn document(&self, instance: &str) -> ProblemDocument {
        ProblemDocument {
            kind: format!("urn:hearth:problem:{}", self.slug),
            title: self.title_in(Lang::English),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            instance: instance.to_owned(),
            pointer: self.pointer.as_deref().map(str::to_owned),
            more: self.more.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
        }
    }
}

/// RFC 9457.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemDocument {
    /// `urn:hearth:problem:` and a word
    #[serde(rename = "type")]
    #[schema(example = "urn:hearth:problem:not-found")]
    kind: String,
    /// the same for every problem of this type
    title: String,
    /// the HTTP status
    status: u16,
    /// what happened and what to do
    detail: String,
    /// the path that was asked
    instance: String,
    /// RFC 6901 pointer to the field of the body that is wrong
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    more: BTreeMap<String, serde_json::Value>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            // The store names the one thing it looked for, "the task"; here there is no such thing at all.
            StoreError::NotFound(what) => Problem::not_found(what.strip_prefix("the ").unwrap_or(what)),
            StoreError::Conflict(why) => Problem::conflict(why).saying(|lang| t!(lang, "problem-in-the-way")),
            StoreError::Invalid(why) => Problem::bad_request(why).saying(|lang| t!(lang, "problem-cannot-be")),
            StoreError::Stale => Problem::conflict("Somebody changed this in the meantime; look again and retry.")
                .saying(|lang| t!(lang, "problem-stale")),
            StoreError::Unavailable(_) => {
                tracing::error!(%error, "a request failed");
                Problem::unavailable("The store is not writing just now; nothing was changed. Try again shortly.")
                    .saying(|lang| t!(lang, "problem-not-writing"))
            }
            other => Problem::internal(&other),
        }
    }
}
