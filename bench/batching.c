/* A broadcaster that collects what is said in one turn, and then sends each listener one piece.
 *
 * It prints the port it listens on.  Who spoke gets the lines of the others alone.  It shows what
 * collecting is worth without anything else around it, and how much the load generator can take.
 */

#include "broadcaster.h"

/* Where in what was said in the room a line stands. */
struct line {
    size_t at, size;
};

static struct bytes busy;   /* pointers to the rooms in which something was said in this turn */
static struct bytes told;   /* pointers to those who were told something alone */

static void say(struct connection *from, const char *line, size_t size)
{
    struct room *room = from->room;
    struct line own = {room->said.size, size};
    if (!room->said.size)
        add(&busy, (char *)&room, sizeof room);
    add(&room->said, line, size);
    add(&from->own, (char *)&own, sizeof own);
}

static void tell(struct connection *to, const char *line, size_t size)
{
    if (!to->told.size)
        add(&told, (char *)&to, sizeof to);
    add(&to->told, line, size);
}

static void send_others_lines(struct connection *one)
{
    static struct bytes piece;
    const struct line *own = (struct line *)one->own.at, *last = own + one->own.size / sizeof *own;
    const struct bytes *said = &one->room->said;
    size_t from = 0;
    piece.size = 0;
    for (; own < last; from = own->at + own->size, own++)
        add(&piece, said->at + from, own->at - from);
    add(&piece, said->at + from, said->size - from);
    one->own.size = 0;
    if (piece.size)
        send_to(one, piece.at, piece.size);
}

static void send_room(struct room *room)
{
    for (uint32_t i = 0; i < room->count; i++) {
        struct connection *one = room->people[i];
        if (one->own.size)
            send_others_lines(one);
        else
            send_to(one, room->said.at, room->said.size);
    }
    room->said.size = 0;
}

static void turn_ends(void)
{
    struct room **room = (struct room **)busy.at;
    for (size_t i = 0; i < busy.size / sizeof *room; i++)
        send_room(room[i]);
    struct connection **one = (struct connection **)told.at;
    for (size_t i = 0; i < told.size / sizeof *one; i++) {
        if (!one[i]->gone)
            send_to(one[i], one[i]->told.at, one[i]->told.size);
        one[i]->told.size = 0;
    }
    busy.size = told.size = 0;
}
