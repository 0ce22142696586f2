-- Types of event of this node's members.
CREATE TABLE event_types (
    name TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    schema TEXT NOT NULL,
    retention_days INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT, WITHOUT ROWID;

-- What was published, without what it says.
CREATE TABLE published (
    event_type TEXT NOT NULL,
    event BLOB NOT NULL,
    number INTEGER NOT NULL,
    publisher TEXT NOT NULL,
    at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL,
    PRIMARY KEY (event_type, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX published_by_time ON published (event_type, at);
CREATE INDEX published_withdrawn ON published (event_type, number) WHERE withdrawn = 1;

CREATE TABLE subscriptions (
    id BLOB NOT NULL PRIMARY KEY,
    event_type TEXT NOT NULL,
    subscriber TEXT NOT NULL,
    -- Service and path are empty for who fetches.
    service TEXT NOT NULL,
    path TEXT NOT NULL,
    ttl_seconds INTEGER NOT NULL,
    fifo INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asked', 'granted', 'refused', 'ended')),
    asked_at INTEGER NOT NULL,
    decided_at INTEGER,
    decided_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    position INTEGER,
    failures INTEGER NOT NULL,
    resume_at INTEGER NOT NULL,
    UNIQUE (event_type, subscriber)
) STRICT, WITHOUT ROWID;

-- What is due and not confirmed. A row goes when its event is confirmed; a dead letter stays until it is replayed.
CREATE TABLE deliveries (
    subscription BLOB NOT NULL,
    number INTEGER NOT NULL,
    event BLOB NOT NULL,
    event_key TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    ready_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'dead')),
    last_error TEXT NOT NULL,
    PRIMARY KEY (subscription, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_in_order ON deliveries (subscription, event_key, number) WHERE state = 'waiting';
CREATE INDEX deliveries_expiring ON deliveries (expires_at) WHERE state = 'waiting';
CREATE INDEX deliveries_of_event ON deliveries (event);

-- The delivery log.
CREATE TABLE attempts (
    line INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription BLOB NOT NULL,
    event BLOB NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_of_subscription ON attempts (subscription, line);
CREATE INDEX attempts_of_event ON attempts (event, line);
CREATE INDEX attempts_by_time ON attempts (at);

-- Which of the nodes that share these tables hands events out.
CREATE TABLE lease (
    one INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
    node TEXT NOT NULL,
    beat INTEGER NOT NULL
) STRICT;

-- How far the outbox of each system of the process was carried over.
CREATE TABLE outboxes (
    system TEXT NOT NULL PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
