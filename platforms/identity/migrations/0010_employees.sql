-- Who represents an organisation gives its employees mandates. Such a one holds no longer than the one it was given from.
ALTER TABLE mandates ADD COLUMN given_from BLOB REFERENCES mandates (id);
CREATE INDEX mandates_given_from ON mandates (given_from);
