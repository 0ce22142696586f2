-- An event about a person finds the dossiers that wait for it.
CREATE INDEX dossiers_of_person ON dossiers (person) WHERE person IS NOT NULL;
