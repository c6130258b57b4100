//! The one place every request passes: who is it, may they, is the form theirs, and the audit trail.

use super::table::{Access, Found, Row, find};
use super::{AuditDetail, AuditSubject, Caller, Credential, OnlyLooked, session};
use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::text::t;
use axum::RequestExt;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, MatchedPath, RawPathParams, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::net::SocketAddr;
use subtle::ConstantTimeEq;

/// Largest body, bytes; the same as the MQTT endpoint's largest packet.
pub(crate) const MAX_BODY: usize = 1 << 20;

/// Middleware around every route.
pub(crate) async fn guard(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    if let Err(problem) = check_transport(&app, &request) {
        return problem.into_response();
    }
    let Some(template) = request.extensions().get::<MatchedPath>().map(|m| m.as_str().to_owned()) else {
        return next.run(request).await;
    };
    let row = match find(request.method(), &template) {
        Found::Row(row) => row,
        Found::OtherMethod => return next.run(request).await,
        Found::Missing => {
            tracing::error!(route = %template, "a route is not in the table of access and was refused");
            return Problem::forbidden("Nobody may use this path yet.").into_response();
        }
    };
    let Access::Needs(permission) = row.access else { return next.run(request).await };
    let caller = match Caller::identify(&app, request.headers()).await {
        Ok(Some(caller)) => caller,
        Ok(None) => return ask_to_sign_in(&request),
        Err(problem) => return problem.into_response(),
    };
    if caller.must_enrol && !row.path.starts_with("/account") && row.path != "/sign-out" {
        return ask_to_enrol(&request);
    }
    let (subject, named) = named_in(&mut request).await;
    // Whatever is answered instead of what was asked is said in their language.
    let theirs = |mut response: Response| {
        response.extensions_mut().insert(caller.lang);
        response
    };
    if !caller.may(permission) {
        return theirs(refuse(&app, &caller, row, subject).await);
    }
    let request = match admit(&app, &caller, row, request).await {
        Ok(request) => request,
        Err(problem) => return theirs(problem.into_response()),
    };
    let response = theirs(next.run(request).await);
    let done = !response.status().is_client_error() && !response.status().is_server_error();
    let subject = response.extensions().get::<AuditSubject>().map_or(subject, |s| s.0.clone());
    if !done {
        return response;
    }
    let detail = response.extensions().get::<AuditDetail>().map_or(named.as_str(), |d| d.0.as_str());
    let only_looked = response.extensions().get::<OnlyLooked>().map(|l| l.0);
    match write_down(&app, &caller, row, only_looked, (&subject, detail)).await {
        Ok(()) => response,
        Err(problem) => problem.into_response(),
    }
}

/// Behind a proxy, only the named ones are spoken to, and only about what came to them over TLS.
fn check_transport(app: &App, request: &Request) -> Result<(), Problem> {
    if app.config.tls.is_some() || app.config.trusted_proxies.is_empty() {
        return Ok(());
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip().to_canonical());
    let known = peer.is_some_and(|p| p.is_loopback() || app.config.trusted_proxies.contains(&p));
    let over_tls = request.headers().get("x-forwarded-proto").is_some_and(|v| v == "https");
    let from_here = peer.is_some_and(|p| p.is_loopback());
    if known && (over_tls || from_here) {
        return Ok(());
    }
    let problem = Problem::forbidden("Hearth is reached over HTTPS, through the proxy that its configuration names.");
    Err(problem.saying(|lang| t!(lang, "problem-https")))
}

/// Programs get 401; browsers are led to the sign-in page and back.
fn ask_to_sign_in(request: &Request) -> Response {
    let path = request.uri().path();
    let is_page = !path.starts_with("/api/") && path != "/events";
    if !is_page {
        return Problem::unauthorized().into_response();
    }
    if request.method() != Method::GET || path == "/" {
        return Redirect::to("/sign-in").into_response();
    }
    // Paths of pages hold ids only: nothing in them needs escaping beyond what the request line forbids.
    Redirect::to(&format!("/sign-in?next={path}")).into_response()
}

/// A second factor comes before everything else.
fn ask_to_enrol(request: &Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") || path == "/events" {
        return Problem::forbidden("Make a second factor first, at /account/second-factor.").into_response();
    }
    Redirect::to("/account/second-factor").into_response()
}

/// The first parameter of the path: the patient, task, source, row or person that the request is about. And the second,
/// where there is one: what is done to it, such as the verb of a task or the limit that is set.
async fn named_in(request: &mut Request) -> (String, String) {
    let params = request.extract_parts::<RawPathParams>().await.ok();
    let mut values = params.iter().flat_map(RawPathParams::iter).map(|(_, value)| value.to_owned());
    (values.next().unwrap_or_default(), values.next().unwrap_or_default())
}

async fn refuse(app: &App, caller: &Caller, row: &Row, subject: String) -> Response {
    let line = ("refused", subject, format!("{} {}", row.method, row.path));
    if let Err(error) = app.trail.changed(&app.store, &caller.actor, line, app.clock.now()).await {
        return Problem::from(error).into_response();
    }
    let detail = format!("As {} you may not do this; an administrator can give you another role.", caller.role);
    Problem::forbidden(detail).saying(|lang| t!(lang, "problem-role")).into_response()
}

/// Keeps the session alive and checks that a browser's change comes from one of our forms.
async fn admit(app: &App, caller: &Caller, row: &Row, request: Request) -> Result<Request, Problem> {
    let mut request = request;
    if let Credential::Session(session) = &caller.credential {
        if row.wakes {
            session::touch(app, session).await?;
        }
        if row.method != "GET" {
            request = check_csrf(&session.csrf, request).await?;
        }
    }
    request.extensions_mut().insert(caller.clone());
    Ok(request)
}

/// The token stands in the form's field `csrf`, or in the header `X-CSRF-Token`.
async fn check_csrf(expected: &str, request: Request) -> Result<Request, Problem> {
    if from_elsewhere(request.headers()) {
        return Err(Problem::csrf());
    }
    let same = |given: &str| bool::from(given.as_bytes().ct_eq(expected.as_bytes()));
    if let Some(given) = request.headers().get("x-csrf-token") {
        return if given.to_str().is_ok_and(same) { Ok(request) } else { Err(Problem::csrf()) };
    }
    let is_form = |v: &header::HeaderValue| v.as_bytes().starts_with(b"application/x-www-form-urlencoded");
    if !request.headers().get(header::CONTENT_TYPE).is_some_and(is_form) {
        return Err(Problem::csrf());
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, MAX_BODY).await.map_err(|_| Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE))?;
    // The token is hexadecimal, so it needs no decoding.
    let token = bytes.split(|b| *b == b'&').find_map(|pair| pair.strip_prefix(b"csrf="));
    if !token.and_then(|t| std::str::from_utf8(t).ok()).is_some_and(same) {
        return Err(Problem::csrf());
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

/// A browser that says that another site sent the form.
pub(crate) fn from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|v| v != "same-origin" && v != "none")
}

/// Writes the trail before the answer leaves: no data of a patient goes out unrecorded.
async fn write_down(
    app: &App,
    caller: &Caller,
    row: &Row,
    only_looked: Option<&'static str>,
    (subject, detail): (&str, &str),
) -> Result<(), Problem> {
    let Some(action) = only_looked.or(row.audit) else { return Ok(()) };
    let now = app.clock.now();
    if row.method == "GET" {
        app.trail.looked(&app.store, caller, (action, subject), now).await?;
    } else {
        app.trail.did(&app.store, caller, (action, subject, detail), now).await?;
    }
    Ok(())
}
