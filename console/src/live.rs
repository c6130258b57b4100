//! What changes while somebody looks: server-sent events, fed by the store's notices.

use crate::access::Caller;
use crate::app::Shared;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, unfold};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use store::Notice;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;

/// An open page is told so often that it is still connected.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// A stream ends after this and the browser comes back: then the session is looked at again.
const AT_MOST: Duration = Duration::from_secs(300);

struct Feed {
    notices: Receiver<Arc<Notice>>,
    stop: CancellationToken,
    until: tokio::time::Instant,
    caller: Caller,
}

/// `GET /events`: what to look at again, by name. It carries no patient data; the page asks for what it shows.
pub(crate) async fn events(
    State(app): State<Shared>,
    caller: Caller,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let feed = Feed {
        notices: app.store.notices(),
        stop: app.stop.clone(),
        until: tokio::time::Instant::now() + AT_MOST,
        caller,
    };
    let stream = unfold((feed, true), |(mut feed, first)| async move {
        // The first word tells the page that it is connected and had better look again.
        let event = if first { Event::default().event("hello").data("") } else { feed.next().await? };
        Some((Ok(event), (feed, false)))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE).text("still here"))
}

impl Feed {
    async fn next(&mut self) -> Option<Event> {
        loop {
            let notice = tokio::select! {
                () = self.stop.cancelled() => return None,
                () = tokio::time::sleep_until(self.until) => return None,
                notice = self.notices.recv() => notice,
            };
            match notice {
                // Who sees whom is another question now: the browser comes back and is asked who it is.
                Ok(notice) if notice.people.contains(&self.caller.actor.0) => return None,
                Ok(notice) => {
                    if let Some(event) = event_of(&notice.seen_by(self.caller.scope())) {
                        return Some(event);
                    }
                }
                // Whoever lags has missed something: say so and let the page look at everything.
                Err(RecvError::Lagged(_)) => return Some(Event::default().event("tasks").data("")),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

fn event_of(notice: &Notice) -> Option<Event> {
    if !notice.tasks.is_empty() {
        let ids: Vec<_> = notice.tasks.iter().map(care::TaskId::as_str).collect();
        return Some(Event::default().event("tasks").data(ids.join(" ")));
    }
    if !notice.patients.is_empty() {
        let ids: Vec<_> = notice.patients.iter().map(care::PatientId::as_str).collect();
        return Some(Event::default().event("patients").data(ids.join(" ")));
    }
    (!notice.sources.is_empty()).then(|| Event::default().event("sources").data(""))
}
