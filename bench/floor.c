/* The floor: a broadcaster that sends each line to each listener at once, one send for each.
 *
 * It prints the port it listens on.  What it does per delivery is a system call and nothing else,
 * so that no server that sends every message by itself can take less.
 */

#include "broadcaster.h"

static void say(struct connection *from, const char *line, size_t size)
{
    struct room *room = from->room;
    for (uint32_t i = 0; i < room->count; i++)
        if (room->people[i] != from)
            send_to(room->people[i], line, size);
}

static void tell(struct connection *to, const char *line, size_t size)
{
    send_to(to, line, size);
}

static void turn_ends(void)
{
}
