-- The searchable messages by periods of the log. The entries of an index over cases or persons lie all over it, so once it
-- is larger than memory every message costs random reads. Here such an index begins with the period, so that new
-- messages touch only the end of it. The messages are made again from the ledger.
DROP TABLE messages;

-- Names of systems, services, nodes and ledgers, which most messages share.
CREATE TABLE names (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- A period holds messages that one ledger took one after the other, and the times between which they are.
CREATE TABLE periods (
    period INTEGER PRIMARY KEY NOT NULL,
    ledger TEXT NOT NULL,
    messages INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- With row numbers, and so in the order in which they came: an index then holds such a number for a message instead of its
-- key.
CREATE TABLE messages (
    id BLOB NOT NULL,
    ledger INTEGER NOT NULL,
    period INTEGER NOT NULL,
    at INTEGER NOT NULL,
    client INTEGER NOT NULL,
    provider INTEGER NOT NULL,
    service INTEGER NOT NULL,
    path TEXT NOT NULL,
    method TEXT NOT NULL,
    purpose TEXT NOT NULL,
    dossier TEXT NOT NULL,
    person BLOB,
    peer INTEGER NOT NULL,
    status INTEGER NOT NULL,
    request_sent INTEGER,
    request_received INTEGER,
    answer_sent INTEGER,
    answer_received INTEGER,
    PRIMARY KEY (id, ledger)
) STRICT;
CREATE INDEX messages_by_time ON messages (at);
CREATE INDEX messages_by_dossier ON messages (period, dossier, at);
CREATE INDEX messages_by_person ON messages (period, person, at);
CREATE INDEX messages_by_client ON messages (period, client, at);
CREATE INDEX messages_by_provider ON messages (period, provider, at);
CREATE INDEX messages_by_service ON messages (period, service, at);
DELETE FROM progress;
