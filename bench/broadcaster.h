/* What the two broadcasters in C share: connections, lines, and what the kernel has not taken yet.
 *
 * The first line of a connection is `ROOM NUMBER`, both in five digits; it is answered with `in`.
 * Every line after it goes to all others in the room, as it is; `>NUMBER text` to that person
 * alone.  One thread, epoll, no names, no rules, no bounds: less than any chat server has to do.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PLACES = 100000, READ_BYTES = 1 << 16, EVENTS = 512 };

struct bytes {
    char *at;
    size_t size, room;
};

struct connection {
    int fd;
    bool gone;
    struct room *room;
    uint32_t index;             /* among those in the room */
    struct bytes unread;        /* the beginning of a line */
    struct bytes waiting;       /* what the kernel has not taken yet */
    struct bytes own, told;     /* for who collects: see batching.c */
};

struct room {
    struct connection **people;
    uint32_t count, space;
    struct bytes said;          /* the same */
};

/* What a broadcaster does with a line, and at the end of each turn. */
static void say(struct connection *from, const char *line, size_t size);
static void tell(struct connection *to, const char *line, size_t size);
static void turn_ends(void);

static struct room rooms[PLACES];
static struct connection *numbered[PLACES];
static struct connection *dying[EVENTS];
static unsigned dying_count;
static int poll_fd;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void add(struct bytes *bytes, const char *more, size_t size)
{
    if (bytes->size + size > bytes->room) {
        bytes->room = (bytes->size + size) * 2;
        bytes->at = realloc(bytes->at, bytes->room);
        if (!bytes->at)
            fail("no memory");
    }
    memcpy(bytes->at + bytes->size, more, size);
    bytes->size += size;
}

static void take_off(struct bytes *bytes, size_t size)
{
    bytes->size -= size;
    memmove(bytes->at, bytes->at + size, bytes->size);
}

static void wait_for(struct connection *one, uint32_t events, int how)
{
    struct epoll_event event = {.events = events, .data.ptr = one};
    epoll_ctl(poll_fd, how, one->fd, &event);
}

/* One send; what the kernel does not take waits, and nothing is dropped. */
static void send_to(struct connection *one, const char *bytes, size_t size)
{
    ssize_t gone = 0;
    if (!one->waiting.size) {
        gone = send(one->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (gone < 0 && errno != EAGAIN)
            return; /* epoll will tell that it is gone */
        gone = gone < 0 ? 0 : gone;
        if ((size_t)gone < size)
            wait_for(one, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    }
    if ((size_t)gone < size)
        add(&one->waiting, bytes + gone, size - gone);
}

static void send_waiting(struct connection *one)
{
    ssize_t gone = send(one->fd, one->waiting.at, one->waiting.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (gone > 0)
        take_off(&one->waiting, gone);
    if (!one->waiting.size)
        wait_for(one, EPOLLIN, EPOLL_CTL_MOD);
}

static void enter(struct connection *one, const char *line)
{
    unsigned room = strtoul(line, NULL, 10) % PLACES, number = strtoul(line + 6, NULL, 10) % PLACES;
    struct room *into = one->room = &rooms[room];
    if (into->count == into->space) {
        into->space = into->space * 2 + 16;
        into->people = realloc(into->people, into->space * sizeof *into->people);
        if (!into->people)
            fail("no memory");
    }
    one->index = into->count;
    into->people[into->count++] = one;
    numbered[number] = one;
    send_to(one, "in\n", 3);
}

static void take_line(struct connection *one, const char *line, size_t size)
{
    if (!one->room) {
        if (size >= 12)
            enter(one, line);
    } else if (*line != '>') {
        say(one, line, size);
    } else if (size >= 7) {
        struct connection *to = numbered[strtoul(line + 1, NULL, 10) % PLACES];
        if (to)
            tell(to, line, size);
    }
}

static void take_lines(struct connection *one, const char *from, size_t size)
{
    const char *stop = from + size, *newline;
    for (; (newline = memchr(from, '\n', stop - from)); from = newline + 1) {
        if (!one->unread.size) {
            take_line(one, from, newline + 1 - from);
            continue;
        }
        add(&one->unread, from, newline + 1 - from);
        take_line(one, one->unread.at, one->unread.size);
        one->unread.size = 0;
    }
    if (from < stop)
        add(&one->unread, from, stop - from);
}

static void leave(struct connection *one)
{
    close(one->fd);
    one->gone = true;
    dying[dying_count++] = one;
    if (!one->room)
        return;
    struct connection *last = one->room->people[--one->room->count];
    one->room->people[one->index] = last;
    last->index = one->index;
    for (unsigned number = 0; number < PLACES; number++)
        if (numbered[number] == one)
            numbered[number] = NULL;
}

/* Only when the turn is over, as one may be among its events still. */
static void bury(void)
{
    while (dying_count) {
        struct connection *one = dying[--dying_count];
        free(one->unread.at);
        free(one->waiting.at);
        free(one->own.at);
        free(one->told.at);
        free(one);
    }
}

static void serve(struct connection *one, uint32_t events)
{
    static char buffer[READ_BYTES];
    if (events & EPOLLOUT)
        send_waiting(one);
    if (!(events & ~EPOLLOUT))
        return;
    ssize_t size = recv(one->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size > 0)
        take_lines(one, buffer, size);
    else if (size == 0 || errno != EAGAIN)
        leave(one);
}

static void let_in(int listening)
{
    int fd, yes = 1;
    while ((fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *one = calloc(1, sizeof *one);
        if (!one)
            fail("no memory");
        one->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        wait_for(one, EPOLLIN, EPOLL_CTL_ADD);
    }
}

static int listen_somewhere(void)
{
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof where;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&where, size) || listen(fd, 4096)
        || getsockname(fd, (struct sockaddr *)&where, &size))
        fail("cannot listen");
    printf("%d\n", ntohs(where.sin_port));
    fflush(stdout);
    return fd;
}

int main(void)
{
    static struct epoll_event events[EVENTS];
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    int listening = listen_somewhere();
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, listening, &event);
    for (;;) {
        int count = epoll_wait(poll_fd, events, EVENTS, -1);
        for (int i = 0; i < count; i++)
            if (events[i].data.ptr)
                serve(events[i].data.ptr, events[i].events);
            else
                let_in(listening);
        turn_ends();
        bury();
    }
}
