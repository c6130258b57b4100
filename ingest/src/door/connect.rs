//! From the first byte to CONNACK: who it is, and which session.

use super::Door;
use super::bell::{self, Bell};
use super::endpoint::{Connect, Packet, Will};
use super::io::Io;
use super::reason::Refusal;
use super::session::Session;
use super::source::{self, Connected, SourceState};
use rand::TryRngCore;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use store::{MqttSession, StoreError};
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;
use vitals::SourceId;
use wire::Topic;

/// Longest client id, in bytes; it is kept with every persistent session.
const LONGEST_CLIENT_ID: usize = 256;

/// An open connection.
pub(crate) struct Opened {
    pub(crate) source: Arc<SourceState>,
    pub(crate) session: Arc<Session>,
    /// seconds that the session outlives the connection
    pub(crate) expiry: u32,
    pub(crate) keep_alive: Duration,
    pub(crate) will: Option<Will>,
    /// counts among the source's connections while this lives
    pub(crate) connected: Option<Connected>,
    /// nobody else has the session while this lives
    pub(crate) owner: Option<OwnedMutexGuard<()>>,
}

/// Reads CONNECT and answers it. `None` where the connection is to be closed; what was to be said is written.
pub(crate) async fn open(door: &Arc<Door>, io: &mut Io, bell: &Arc<Bell>, peer: IpAddr) -> Option<Opened> {
    let first = tokio::time::timeout(door.limits.connect.0, io.first()).await;
    let Ok(Some(Packet::Connect(connect))) = first else {
        door.metrics.connect("no-connect");
        return None;
    };
    match admit(door, *connect, bell, peer).await {
        Ok((opened, present, told)) => {
            io.endpoint.accept(present, told.client_id.as_deref(), told.expiry);
            opened.session.resume(&mut io.endpoint);
            door.metrics.connect("accepted");
            Some(opened)
        }
        Err(why) => {
            door.metrics.connect(why.word());
            let delay = door.note_refusal(peer);
            tokio::time::sleep(delay).await;
            io.endpoint.refuse(why);
            None
        }
    }
}

/// What a version 5 client is told about its session where it is not what it asked for.
struct Told {
    client_id: Option<String>,
    expiry: Option<u32>,
}

async fn admit(
    door: &Arc<Door>,
    mut connect: Connect,
    bell: &Arc<Bell>,
    peer: IpAddr,
) -> Result<(Opened, bool, Told), Refusal> {
    if connect.other_method {
        return Err(Refusal::Method);
    }
    let source = identify(door, &mut connect).await?;
    if let Some(will) = &connect.will
        && !matches!(Topic::parse(&will.topic), Ok(Topic::Status { source: whose }) if whose == source.id)
    {
        tracing::info!(source = %source.id, %peer, "refused a will that is not for the source's own status");
        return Err(Refusal::NotAuthorised);
    }
    // A client that was closed for what it published comes back at once and does it again.
    tokio::time::sleep(door.source_delay(&source.id)).await;
    let mut told = Told { client_id: None, expiry: None };
    if connect.client_id.is_empty() {
        if !connect.v5 && !connect.clean {
            return Err(Refusal::ClientId);
        }
        connect.client_id = random_id().ok_or(Refusal::Unavailable)?;
        told.client_id = Some(connect.client_id.clone());
    }
    if connect.client_id.len() > LONGEST_CLIENT_ID {
        return Err(Refusal::ClientId);
    }
    let expiry = connect.expiry.min(longest(door));
    if expiry != connect.expiry {
        told.expiry = Some(expiry);
    }
    let connected = source.connect(bell, door.limits.connections_per_source)?;
    let (session, owner, present) = session(door, &source, &connect, expiry, bell).await.map_err(|error| {
        tracing::warn!(source = %source.id, error = %error, "a session could not be opened");
        Refusal::Unavailable
    })?;
    source.seen.store(true, std::sync::atomic::Ordering::Release);
    let keep_alive = Duration::from_millis(u64::from(connect.keep_alive) * 1_500);
    Ok((
        Opened {
            source,
            session,
            expiry,
            keep_alive,
            will: connect.will,
            connected: Some(connected),
            owner: Some(owner),
        },
        present,
        told,
    ))
}

/// Who it is. The store is asked once; afterwards the record is kept current by its notices.
async fn identify(door: &Door, connect: &mut Connect) -> Result<Arc<SourceState>, Refusal> {
    let password = connect.password.take().unwrap_or_default();
    let id = connect.user.as_deref().and_then(|user| SourceId::new(user).ok()).ok_or(Refusal::BadCredentials)?;
    if let Some(known) = door.sources.get(&id) {
        return known.check(&password).map(|()| known);
    }
    let record = door.pipeline.store.source_key(&id).await.map_err(|error| {
        tracing::warn!(error = %error, "a source could not be looked up");
        Refusal::Unavailable
    })?;
    // Only who can prove to be a known source takes a place in memory.
    source::check(record.as_ref(), &password)?;
    let record = record.ok_or(Refusal::BadCredentials)?;
    // Before its first reading, so that receipts wait for its sessions that have not come back yet.
    let asleep = asleep(door, &record.id).await.map_err(|error| {
        tracing::warn!(source = %record.id, error = %error, "a source's sessions could not be looked up");
        Refusal::Unavailable
    })?;
    Ok(door.sources.add(&record, door.bucket(), asleep))
}

/// Longest life of a session without a connection, in seconds.
fn longest(door: &Door) -> u32 {
    u32::try_from(door.limits.session_age.0.as_secs()).unwrap_or(u32::MAX)
}

/// The source's sessions that a former process left. One that was connected when that was killed sleeps from now on.
async fn asleep(door: &Door, source: &SourceId) -> Result<Vec<Arc<Session>>, StoreError> {
    let (now, here) = (door.pipeline.clock.now(), Instant::now());
    let longest = Duration::from_secs(u64::from(longest(door)));
    let stored = door.pipeline.store.mqtt_sessions(source, door.limits.sessions_per_source, now).await?;
    let wake = |stored: MqttSession| {
        let left = stored.expires_at.map(|at| at.signed_duration_since(now).to_std().unwrap_or_default());
        Session::asleep(stored, here + left.unwrap_or(longest).min(longest))
    };
    Ok(stored.into_iter().map(wake).collect())
}

fn random_id() -> Option<String> {
    let mut bytes = [0_u8; 16];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).ok()?;
    Some(format!("auto-{}", hex::encode(bytes)))
}

/// Gets hold of the session: tells its present connection to go, waits until that has finished, and makes what
/// must last durable. True if the client finds a session.
async fn session(
    door: &Arc<Door>,
    source: &Arc<SourceState>,
    connect: &Connect,
    expiry: u32,
    bell: &Arc<Bell>,
) -> Result<(Arc<Session>, OwnedMutexGuard<()>, bool), StoreError> {
    let (session, owner) = take_over(door, source, &connect.client_id).await;
    let store = &door.pipeline.store;
    let kept = {
        let mut state = session.state();
        if state.expires.is_some_and(|at| at <= Instant::now()) {
            state.established = false;
        }
        state.established
    };
    let key = (source.id.clone(), connect.client_id.clone());
    door.came_back(&key, connect.clean).await?;
    let present = if connect.clean {
        if store.mqtt_session(&source.id, &connect.client_id, door.pipeline.clock.now()).await?.is_some() {
            store.drop_mqtt_session(&source.id, &connect.client_id).await?;
        }
        session.state().reset();
        false
    } else if kept {
        true
    } else {
        let stored = store.mqtt_session(&source.id, &connect.client_id, door.pipeline.clock.now()).await?;
        session.state().reset();
        stored.map(|stored| session.state().filters = stored.subscriptions).is_some()
    };
    let will = connect.will.as_ref().map(|will| (will.payload.clone(), will.delay.min(expiry)));
    let kept = async { if expiry > 0 { put(door, &session, None).await } else { Ok(()) } };
    tokio::try_join!(kept, door.keep_will(&key, will))?;
    let mut state = session.state();
    state.established = true;
    state.expires = None;
    // What a former connection had queued but not delivered is in the queue still; what it lost is asked again.
    state.bell = Some(Arc::clone(bell));
    if state.waiting > 0 {
        // Somebody came for it while we waited: the newest connection has it in the end.
        bell.ring(bell::TAKE_OVER);
    }
    drop(state);
    Ok((session, owner, present))
}

async fn take_over(door: &Door, source: &SourceState, client_id: &str) -> (Arc<Session>, OwnedMutexGuard<()>) {
    loop {
        let session = source.session(client_id, door.limits.sessions_per_source);
        {
            let mut state = session.state();
            state.waiting = state.waiting.saturating_add(1);
            if let Some(bell) = &state.bell {
                bell.ring(bell::TAKE_OVER);
            }
        }
        let waiting = Waiting(&session);
        let owner = Arc::clone(&session.owner).lock_owned().await;
        drop(waiting);
        if !session.state().gone {
            return (session, owner);
        }
    }
}

/// Counts who waits for a session, also where the waiting is given up.
struct Waiting<'a>(&'a Session);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.waiting = state.waiting.saturating_sub(1);
    }
}

/// Writes a session down as it is.
pub(crate) async fn put(door: &Door, session: &Session, expires_in: Option<u32>) -> Result<(), StoreError> {
    let in_time =
        |seconds: u32| door.pipeline.clock.now().checked_add_signed(chrono::TimeDelta::seconds(i64::from(seconds)));
    let row = MqttSession {
        source: session.source.clone(),
        client_id: session.client_id.clone(),
        subscriptions: session.state().filters.clone(),
        expires_at: expires_in.and_then(in_time),
    };
    door.pipeline.store.put_mqtt_session(row, door.limits.sessions_per_source).await
}
