//! One open list: which changes it is sent.

use super::End;
use super::changes::{Change, Drawn};
use crate::access::Caller;
use crate::app::Shared;
use crate::pages::tasks::ListQuery;
use crate::pages::tasks::row::Reader;
use crate::problem::Problem;
use axum::response::sse::Event;
use care::Permission;
use std::collections::VecDeque;
use std::sync::Arc;
use store::BoardFilter;
use tokio::sync::broadcast::Receiver;

/// What the connection knows.
pub(super) struct List {
    app: Shared,
    caller: Caller,
    filter: BoardFilter,
    changes: Receiver<(u64, Arc<Change>)>,
    waiting: VecDeque<Event>,
}

impl List {
    pub(super) fn new(app: &Shared, caller: &Caller, query: &ListQuery) -> Result<Self, Problem> {
        // First the ear, then the count: what comes in between is heard and counted.
        let changes = app.live.listen();
        let hello = Event::default().event("hello").data(app.live.version().to_string());
        let filter = query.filter(caller)?;
        Ok(Self { app: app.clone(), caller: caller.clone(), filter, changes, waiting: [hello].into() })
    }

    pub(super) async fn next(&mut self, end: &End) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            match end.or(&mut self.changes).await? {
                Err(_) => return Some(Event::default().event("resync").data("-")),
                Ok((version, change)) => match &*change {
                    Change::People(people) if people.contains(&self.caller.actor.0) => return None,
                    Change::People(_) => {}
                    Change::Many => return Some(Event::default().event("resync").id(version.to_string()).data("-")),
                    Change::Rows(rows) => {
                        let events: Vec<Event> = rows.iter().filter_map(|drawn| self.event(drawn)).collect();
                        self.waiting.extend(events.into_iter().map(|e| e.id(version.to_string())));
                    }
                },
            }
        }
    }

    /// The row where it belongs in this list; where it does not, that it is gone.
    fn event(&self, drawn: &Drawn) -> Option<Event> {
        let row = &drawn.row;
        // Whoever must not see the patient is not even told of the change.
        if !row.patient.as_ref().is_none_or(|patient| self.caller.scope().sees(patient)) {
            return None;
        }
        if !self.filter.takes(row, self.app.clock.now()) {
            return Some(Event::default().event("gone").data(row.task.id.as_str()));
        }
        let owns = row.task.owner.as_ref() == Some(&self.caller.actor);
        let reader = Reader { lang: self.caller.lang, works: self.caller.may(Permission::WorkTasks), owns };
        Some(Event::default().event("row").data(drawn.html(reader)))
    }
}
