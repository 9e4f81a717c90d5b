-- The words of what is found by them, as they are compared. `indexed`: the index has them up to here.
ALTER TABLE event ADD COLUMN words TEXT;
UPDATE event SET words = words_of(body);
ALTER TABLE progress ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;

-- Without the places of the trigrams: what has them all is looked at anyway, and half is written.
CREATE VIRTUAL TABLE found USING fts5 (
    words,
    content = 'event',
    content_rowid = 'seq',
    tokenize = 'trigram',
    detail = none,
    columnsize = 0
);
-- Rarer and larger merges: it is written in large pieces.
INSERT INTO found (found, rank) VALUES ('automerge', 8);
INSERT INTO found (rowid, words) SELECT seq, words FROM event WHERE words IS NOT NULL;
UPDATE progress SET indexed = (SELECT coalesce(max(seq), 0) FROM event);
