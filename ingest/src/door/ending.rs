//! The end of a connection: what was read is committed, last words are said, the session is left in order.

use super::connect;
use super::connection::Connection;
use super::reason::Parting;
use std::future::poll_fn;
use std::time::Duration;
use store::StoreError;
use tokio::time::Instant;

/// Ends `connection` because of `why`.
pub(crate) async fn end(mut connection: Connection, why: Parting) {
    let limit = connection.door.drain;
    // What was read is on its way to the journal, whoever is gone: it is waited for, so that its receipts are in
    // the session before the next connection takes it.
    let finished = tokio::time::timeout(limit, finish(&mut connection, why)).await;
    if !matches!(finished, Ok(Ok(()))) && why != Parting::NotCommitted {
        tracing::warn!(source = %connection.opened.source.id, "a connection ended before its last commit");
    }
    connection.io.endpoint.part(why);
    let limit = words_limit(&connection, why);
    connection.io.flush(limit).await;
    let left = match will(&mut connection, why).await {
        Ok(()) => leave(&mut connection).await,
        Err(error) => leave(&mut connection).await.and(Err(error)),
    };
    if let Err(error) = left {
        tracing::error!(source = %connection.opened.source.id, error = %error, "a session could not be left in order");
    }
    // The next connection may have the session while this client takes its time to go.
    let Connection { io, opened, .. } = &mut connection;
    opened.connected = None;
    opened.owner = None;
    io.close(limit).await;
}

async fn finish(connection: &mut Connection, why: Parting) -> Result<(), StoreError> {
    loop {
        connection.flight.launch(&connection.door.pipeline);
        let next = poll_fn(|cx| connection.flight.poll_next(cx)).await;
        let Some(done) = next else { return Ok(()) };
        let done = done?;
        if why == Parting::NotCommitted {
            // An acknowledgement behind one that is missing would be out of order.
            continue;
        }
        connection.acknowledge(done);
        if why.acknowledges() {
            connection.io.flush(connection.door.limits.write.0).await;
        }
    }
}

/// A client that is gone, or takes nothing, is not waited for.
fn words_limit(connection: &Connection, why: Parting) -> Duration {
    match why {
        Parting::Lost | Parting::Stuck | Parting::GoodbyeWithWill => Duration::ZERO,
        Parting::TakenOver | Parting::Silent => Duration::from_secs(1),
        _ => connection.door.limits.write.0,
    }
}

async fn will(connection: &mut Connection, why: Parting) -> Result<(), StoreError> {
    let (door, opened) = (&connection.door, &connection.opened);
    let key = (opened.source.id.clone(), opened.session.client_id.clone());
    match &opened.will {
        // It waits in the store for the next start.
        Some(_) if why == Parting::Drain => Ok(()),
        Some(will) if why.says_will() => door.gone(&key, will.payload.clone(), will.delay.min(opened.expiry)).await,
        _ => door.settle_will(&key).await,
    }
}

async fn leave(connection: &mut Connection) -> Result<(), StoreError> {
    let (door, opened) = (&connection.door, &connection.opened);
    opened.session.state().bell = None;
    if opened.expiry > 0 {
        let age = Duration::from_secs(u64::from(opened.expiry));
        opened.session.state().expires = Some(Instant::now() + age);
        return connect::put(door, &opened.session, Some(opened.expiry)).await;
    }
    opened.source.forget(&opened.session);
    let (store, source, client_id) = (&door.pipeline.store, &opened.source.id, &opened.session.client_id);
    // It may have lasted before this connection said otherwise.
    if store.mqtt_session(source, client_id, door.pipeline.clock.now()).await?.is_some() {
        store.drop_mqtt_session(source, client_id).await?;
    }
    Ok(())
}
