//! What changes while somebody looks: server-sent events, fed by the store's notices.
//!
//! A list of tasks is sent the rows that changed, drawn once for all who read alike ([`changes`]); other pages are told
//! to look again.

mod changes;
mod list;
mod told;

pub(crate) use changes::{Live, follow};

use crate::access::Caller;
use crate::app::Shared;
use crate::pages::tasks::ListQuery;
use crate::problem::Problem;
use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{BoxStream, StreamExt, unfold};
use list::List;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use store::Notice;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// An open page is told so often that it is still connected.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// A stream ends after this and the browser comes back: then the session is looked at again.
const AT_MOST: Duration = Duration::from_secs(300);

/// What a page follows.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Follows {
    /// `tasks`: the list with the filters that stand beside it
    view: Option<String>,
    /// one task
    task: Option<String>,
    /// one patient
    patient: Option<String>,
}

/// `GET /events`: what changed of what the page shows.
pub(crate) async fn events(
    State(app): State<Shared>,
    caller: Caller,
    Query(follows): Query<Follows>,
    Query(query): Query<ListQuery>,
) -> Result<Sse<impl futures_util::stream::Stream<Item = Result<Event, Infallible>>>, Problem> {
    let end = End::of(&app);
    let reader = caller.clone();
    let events: BoxStream<'static, Event> = if follows.view.as_deref() == Some("tasks") {
        let list = List::new(&app, &caller, &query)?;
        unfold((list, end), |(mut list, end)| async move { Some((list.next(&end).await?, (list, end))) }).boxed()
    } else {
        let looks = Looks { notices: app.store.notices(), caller, follows, greeted: false };
        unfold((looks, end), |(mut looks, end)| async move { Some((looks.next(&end).await?, (looks, end))) }).boxed()
    };
    let events = told::beside(events, &app, &reader);
    Ok(Sse::new(events.map(Ok)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE).text("still here")))
}

/// When a stream is over.
struct End {
    stop: CancellationToken,
    until: Instant,
}

impl End {
    fn of(app: &Shared) -> Self {
        Self { stop: app.stop.clone(), until: Instant::now() + AT_MOST }
    }

    /// The next of what is listened to; nothing when the stream is over.
    async fn or<T: Clone>(&self, from: &mut Receiver<T>) -> Option<Result<T, u64>> {
        let next = tokio::select! {
            () = self.stop.cancelled() => return None,
            () = tokio::time::sleep_until(self.until) => return None,
            next = from.recv() => next,
        };
        match next {
            Ok(next) => Some(Ok(next)),
            Err(RecvError::Lagged(missed)) => Some(Err(missed)),
            Err(RecvError::Closed) => None,
        }
    }
}

/// An event that says nothing but its name. A browser drops one without data.
fn named(name: &str) -> Event {
    Event::default().event(name).data("-")
}

/// A page that looks again when it is told to.
struct Looks {
    notices: Receiver<Arc<Notice>>,
    caller: Caller,
    follows: Follows,
    greeted: bool,
}

impl Looks {
    async fn next(&mut self, end: &End) -> Option<Event> {
        if !self.greeted {
            self.greeted = true;
            return Some(named("hello"));
        }
        loop {
            let event = match end.or(&mut self.notices).await? {
                // Who sees whom is another question now: the browser comes back and is asked who it is.
                Ok(notice) if notice.people.contains(&self.caller.actor.0) => return None,
                Ok(notice) => self.follows.event(&notice.seen_by(self.caller.scope())),
                // Whoever lags has missed something: say so and let the page look at everything.
                Err(_) => Some("changed"),
            };
            if let Some(event) = event {
                return Some(named(event));
            }
        }
    }
}

impl Follows {
    /// What the page is told of a commit. It carries no patient data; the page asks for what it shows.
    fn event(&self, notice: &Notice) -> Option<&'static str> {
        let of_patient = self.patient.as_ref().is_some_and(|id| notice.patients.iter().any(|p| p.as_str() == id));
        let of_task = self.task.as_ref().is_some_and(|id| notice.tasks.iter().any(|t| t.as_str() == id));
        let named = self.patient.is_some() || self.task.is_some();
        match (of_patient || of_task, named, notice.sources.is_empty()) {
            (true, ..) => Some("changed"),
            (false, false, false) => Some("sources"),
            _ => None,
        }
    }
}
