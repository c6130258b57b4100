//! JSON bodies, read strictly: what is wrong is named and pointed at.

use crate::access::AuditSubject;
use crate::problem::Problem;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_path_to_error::{Path, Segment};
use service_kit::wording::{Syntax, plain};

/// A JSON body of a type that denies unknown fields. No body at all is `{}`.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes =
            Bytes::from_request(request, state).await.map_err(|_| Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE))?;
        parse(if bytes.is_empty() { b"{}" } else { &bytes }).map(Self)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice::<IgnoredAny>(bytes)
        .map_err(|error| Problem::bad_request(format!("The body is no JSON: {error}")))?;
    // Serde would take a list for the fields in their order.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::field("", "wrong type: list, expected an object; send one object in each request"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let message = without_position(error.inner());
        let mut at = pointer(error.path());
        // The path of a field that is missing ends at the object around it.
        if let Some((field, _)) = message.strip_prefix("missing field `").and_then(|m| m.split_once('`')) {
            push(&mut at, field);
        }
        if !error.inner().is_data() {
            // It is JSON: what a field's list holds beyond the fields that it was taken for.
            return Problem::field(at, "wrong type: list, expected an object");
        }
        let (wrong, remedy) = plain(&message, Syntax::Json);
        Problem::field(at, remedy.map_or_else(|| wrong.clone(), |remedy| format!("{wrong}; {remedy}")))
    })
}

/// What is wrong; where it is, the pointer says.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&position).map_or_else(|| text.clone(), str::to_owned)
}

fn pointer(path: &Path) -> String {
    let mut at = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push(&mut at, &index.to_string()),
            Segment::Map { key } => push(&mut at, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    at
}

/// RFC 6901.
pub(super) fn push(pointer: &mut String, part: &str) {
    pointer.push('/');
    pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
}

/// Tells an absent field from one that is `null`: `null` clears.
pub(super) fn nullable<'de, D: serde::Deserializer<'de>, T: serde::Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    serde::Deserialize::deserialize(deserializer).map(Some)
}

/// 201 with a body; `subject` is what the audit trail names.
pub(super) fn created(subject: &str, body: impl Serialize) -> Response {
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    response.extensions_mut().insert(AuditSubject(subject.to_owned()));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(rename = "list")]
        _list: Vec<Inner>,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(rename = "a/b")]
        _a: u8,
    }

    #[track_caller]
    fn check(body: &str, expected: Option<&str>) {
        let problem = parse::<Outer>(body.as_bytes()).unwrap_err();
        assert_eq!(problem.pointer.as_deref(), expected, "{problem:?}");
    }

    #[test]
    fn says_what_is_wrong_in_words_of_the_message() {
        let says = |body: &str, expected: &str| {
            let problem = parse::<Outer>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.detail, expected, "{body}");
        };
        says(r#" [{"list": []}]"#, "wrong type: list, expected an object; send one object in each request");
        says("7", "wrong type: integer `7`, expected an object");
        says(r#"{"list": [[]]}"#, "wrong type: list, expected an object");
        says(r#"{"list": [[1, 2]]}"#, "wrong type: list, expected an object");
        says(r#"{"list": ["x"]}"#, "wrong type: string \"x\", expected an object");
        says(r#"{"list": {}}"#, "wrong type: object, expected a list in square brackets");
        says(r#"{"list": [{"a/b": 300}]}"#, "invalid value: integer `300`, expected a whole number from 0 to 255");
        says(r#"{"list": [{}]}"#, "`a/b` is missing; add `\"a/b\": …` to this object");
        says(r#"{"lits": []}"#, "unknown key `lits`; did you mean `list`?");
    }

    #[test]
    fn points_at_what_is_wrong() {
        check(r#"{"list": [{"a/b": 1}, {"a/b": "x"}]}"#, Some("/list/1/a~1b"));
        check(r#"{"list": [{}]}"#, Some("/list/0/a~1b"));
        check(r#"{"list": [{"a/b": 1, "c": 2}]}"#, Some("/list/0/c"));
        check(r#"{}"#, Some("/list"));
        check(r#"{"#, None);
        check(r#"{"list": []} x"#, None);
    }
}
