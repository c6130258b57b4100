-- Messages to people, written in the transaction of the evaluation that asks for them. Nothing here is about a
-- patient beyond whose task it is. Times are microseconds since 1970 UTC.
CREATE TABLE outbox (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    patient INTEGER NOT NULL,
    task TEXT NOT NULL,
    step INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    channel TEXT NOT NULL,
    severity TEXT NOT NULL,
    written_at INTEGER NOT NULL,
    send_at INTEGER NOT NULL,      -- not before; moved on by each attempt that failed
    state TEXT NOT NULL,           -- waiting, sent, dead, withdrawn
    attempts INTEGER NOT NULL DEFAULT 0,
    batch TEXT,                    -- rows that leave as one message; its id is the message's
    leased_until INTEGER,          -- somebody is at it
    ended_at INTEGER,
    why TEXT,                      -- of the last failure, without an address
    UNIQUE (task, step, recipient, channel)
);
CREATE INDEX outbox_waiting ON outbox (send_at) WHERE state = 'waiting';
CREATE INDEX outbox_batch ON outbox (batch) WHERE batch IS NOT NULL AND state IN ('waiting', 'withdrawn');
CREATE INDEX outbox_dead ON outbox (ended_at) WHERE state = 'dead';
