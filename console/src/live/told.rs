//! Says to somebody whose page is open that a message waits for them: the browser shows it where nobody looks at the
//! page.

use super::End;
use crate::access::Caller;
use crate::app::Shared;
use crate::text::t;
use axum::response::sse::Event;
use futures_util::stream::{BoxStream, StreamExt, once, select, unfold};
use std::future::ready;
use std::sync::Arc;
use store::Told;
use tokio::sync::broadcast::Receiver;

/// One reader's messages, as they are written.
struct Waiting {
    told: Receiver<Arc<[Told]>>,
    caller: Caller,
}

impl Waiting {
    /// `told`, with a sentence in the reader's language and nothing about whom.
    async fn next(&mut self, end: &End) -> Option<Event> {
        loop {
            // Whoever lags has the list, and the message itself leaves by another way too.
            let Ok(told) = end.or(&mut self.told).await? else { continue };
            let count = told.iter().filter(|t| t.recipient == self.caller.actor).count();
            if count > 0 {
                return Some(Event::default().event("told").data(t!(
                    self.caller.lang,
                    "notify-mail-waiting",
                    count = count
                )));
            }
        }
    }
}

/// Adds the reader's messages to what a page follows; when that is over, so is all of it.
pub(super) fn beside(events: BoxStream<'static, Event>, app: &Shared, caller: &Caller) -> BoxStream<'static, Event> {
    let waiting = Waiting { told: app.live.listen_told(), caller: caller.clone() };
    let told = unfold((waiting, End::of(app)), |(mut waiting, end)| async move {
        Some((waiting.next(&end).await?, (waiting, end)))
    });
    let events = events.map(Some).chain(once(ready(None)));
    select(events, told.map(Some)).take_while(|event| ready(event.is_some())).filter_map(ready).boxed()
}
