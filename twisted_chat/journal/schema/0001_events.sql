-- What happened, in order. `body` is the event's JSON, as docs/protocol.md has it.
CREATE TABLE event (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    time REAL NOT NULL,
    room TEXT NOT NULL,
    actor TEXT NOT NULL,
    concerns TEXT NOT NULL,
    who TEXT NOT NULL,
    said INTEGER NOT NULL,
    ruled INTEGER NOT NULL,
    body BLOB NOT NULL
);

-- Wide enough that counting, and choosing by time, need not look at the rows.
CREATE INDEX event_room ON event (room, seq, said, ruled, time, actor);
CREATE INDEX event_told_by ON event (actor, seq) WHERE room = '@';
CREATE INDEX event_told_to ON event (concerns, seq) WHERE room = '@';
CREATE INDEX event_ruled ON event (room, seq) WHERE ruled;
CREATE INDEX event_ruled_anywhere ON event (seq) WHERE ruled;
