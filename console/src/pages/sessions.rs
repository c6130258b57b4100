//! Who is signed in, where and since when, and the end of it.

use super::form::csrf;
use crate::access::{Caller, Credential};
use crate::app::App;
use crate::problem::Problem;
use crate::text::{Lang, t};
use maud::{Markup, html};
use store::WebSession;

/// Sessions that are in force, of one person or of everybody.
pub(super) async fn current(app: &App, user: Option<&str>) -> Result<Vec<WebSession>, Problem> {
    let now = app.clock.now();
    let all = app.store.sessions(user, now).await?;
    Ok(all.into_iter().filter(|s| now.signed_duration_since(s.last_seen) <= app.config.idle_timeout).collect())
}

/// Ends one of somebody's sessions.
pub(super) async fn end(app: &App, user: &str, wanted: &str) -> Result<(), Problem> {
    let all = app.store.sessions(Some(user), app.clock.now()).await?;
    let session =
        all.into_iter().find(|s| s.public_id() == wanted).ok_or_else(|| Problem::not_found("such session"))?;
    Ok(app.store.end_session(&session.token_sha256).await?)
}

fn means(lang: Lang, means: &str) -> String {
    match means {
        "second-factor" => t!(lang, "accounts-means-second-factor"),
        "recovery-code" => t!(lang, "accounts-means-recovery"),
        "oidc" => t!(lang, "accounts-means-oidc"),
        _ => t!(lang, "accounts-means-password"),
    }
}

/// The sessions with a way to end each; `path` is where that is sent.
pub(super) fn table(app: &App, caller: &Caller, open: &[WebSession], path: &str) -> Markup {
    let (lang, words) = (caller.lang, caller.words(app));
    let own = |session: &WebSession| matches!(&caller.credential, Credential::Session(s) if s.token_sha256 == session.token_sha256);
    html! {
        @if open.is_empty() { p.quiet { (t!(lang, "accounts-no-sessions")) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(t!(lang, "accounts-sessions")) { table {
                thead { tr {
                    th { (t!(lang, "accounts-device")) } th { (t!(lang, "accounts-means")) } th { (t!(lang, "accounts-since")) }
                    th { (t!(lang, "accounts-last-seen")) } th { span.hide { (t!(lang, "accounts-end")) } }
                } }
                tbody { @for session in open { tr {
                    th scope="row" { @if session.agent.is_empty() { (t!(lang, "accounts-unknown-device")) } @else { (session.agent) }
                        @if own(session) { " " span.tag { (t!(lang, "accounts-this-one")) } } }
                    td { (means(lang, &session.means)) }
                    td.num { (words.clock(session.created_at)) }
                    td.num { (words.ago(session.last_seen)) }
                    td.forms { @if !own(session) { form method="post" action={ (path) "/" (session.public_id()) } { (csrf(caller))
                        button.plain type="submit" { (t!(lang, "accounts-end")) } } } }
                } } }
            } }
        }
    }
}
