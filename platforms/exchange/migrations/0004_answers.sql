-- Requests of services that are idempotent by message id, and their answers, so that none is run twice.
CREATE TABLE answers (
    client TEXT NOT NULL,
    service TEXT NOT NULL,
    message TEXT NOT NULL,
    request BLOB NOT NULL,
    begun INTEGER NOT NULL,
    head BLOB,
    body BLOB,
    PRIMARY KEY (client, service, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_by_time ON answers (begun);
