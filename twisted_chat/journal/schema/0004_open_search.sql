-- The index has what was said in the open alone: what it finds, and how long it takes, tells nobody
-- what is said in private. What is on record under a name with a ! was said in a private room, what
-- is under @ was told alone; those who may read that have it looked at one by one.
CREATE VIEW open_event AS
SELECT seq, words FROM event
WHERE words IS NOT NULL AND room <> '@' AND instr(room, '!') = 0;

DROP TABLE found;
CREATE VIRTUAL TABLE found USING fts5 (
    words,
    content = 'open_event',
    content_rowid = 'seq',
    tokenize = 'trigram',
    detail = none,
    columnsize = 0
);
INSERT INTO found (found, rank) VALUES ('automerge', 8);
INSERT INTO found (rowid, words) SELECT seq, words FROM open_event;
UPDATE progress SET indexed = (SELECT coalesce(max(seq), 0) FROM event);
