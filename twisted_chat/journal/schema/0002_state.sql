-- Durable state that is no event, and what another process changed of it.
CREATE TABLE record (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;

CREATE TABLE change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB
);

-- How far an account has heard a room; `here` while it is in it.
CREATE TABLE position (
    identity TEXT NOT NULL,
    room TEXT NOT NULL,
    heard INTEGER NOT NULL,
    here INTEGER NOT NULL,
    PRIMARY KEY (identity, room)
) WITHOUT ROWID;
CREATE INDEX position_room ON position (room);
CREATE INDEX position_here ON position (here) WHERE here;

-- Programs' own ids for what they sent.
CREATE TABLE sent (
    actor TEXT NOT NULL,
    once TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (actor, once)
) WITHOUT ROWID;

-- One row. `told`: everybody has heard up to here. `time`: of the newest event. `in_order`:
-- whether no event has an earlier time than one before it.
CREATE TABLE progress (
    told INTEGER NOT NULL,
    time REAL NOT NULL,
    in_order INTEGER NOT NULL
);
INSERT INTO progress
SELECT coalesce(max(seq), 0), coalesce(max(time), 0), 1 FROM event;
