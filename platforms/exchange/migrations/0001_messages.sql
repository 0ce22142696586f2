-- What the ledger's message entries say, made searchable. Everything here can be made again from the ledger.
CREATE TABLE messages (
    id BLOB PRIMARY KEY NOT NULL,
    at INTEGER NOT NULL,
    client TEXT NOT NULL,
    service TEXT NOT NULL,
    method TEXT NOT NULL,
    purpose TEXT NOT NULL,
    dossier TEXT NOT NULL,
    peer TEXT NOT NULL,
    status INTEGER NOT NULL,
    request_sent INTEGER,
    request_received INTEGER,
    answer_sent INTEGER,
    answer_received INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_by_time ON messages (at);
CREATE INDEX messages_by_dossier ON messages (dossier, at);

-- How far each ledger has been read: nodes of one member may share these tables.
CREATE TABLE progress (
    ledger TEXT PRIMARY KEY NOT NULL,
    next_index INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
