/* Many people on one chat server: they come in, speak, listen, and check all that they hear.
 *
 * One thread and epoll, so that one core measures what a server does on another.  `load.py` calls
 * it and says what each setting means.  It prints one JSON object; what goes wrong is one line on
 * standard error and exit code 1.  Nothing takes longer than the times it is given.
 *
 * What is said is `@SSSSS.NNNNNNNN@`, who says it and their how-manieth message it is, filled up
 * with `x`.  It is found wherever it stands in what is read, so that it matters little what a
 * protocol puts around it.  For each listener and speaker it is known which number comes next.
 *
 * Who comes by WebSocket (RFC 6455) sends each text in a frame; what is heard is taken out of its
 * frames where it lies, and from there on is as if it had come in lines.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    HEAD_BYTES = 16,         /* of a message: @SSSSS.NNNNNNNN@ */
    MOST_PEOPLE = 99999,     /* what five digits can number */
    MOST_BYTES = 4000,       /* of a message: about what a line may have anywhere */
    MOST_STEPS = 16,
    MOST_SERVERS = 16,
    MOST_GAPS = 1 << 16,     /* numbers missing in the middle; beyond it late ones are doubled */
    MOST_CELLS = 1 << 28,    /* pairs of listener and speaker: 1 GiB */
    TEMPLATE_BYTES = 1024,   /* of a line that is sent, without the message in it */
    READ_BYTES = 1 << 18,    /* at once: many messages, and still within a core's own cache */
    SPEAK_BYTES = 1 << 16,   /* at once: a window of many messages is few calls */
    HEAD_OF_FRAME = 10,      /* at most, where nothing is masked */
    KEY_BYTES = 4,           /* by which a client masks what it sends */
    CONTROL_BYTES = 125,     /* of what a ping, a pong or a close says */
    EVENTS = 512,
    SILENT_BUFFER = 4096,    /* what the kernel keeps for who does not read */
    SILENT_SEGMENT = 1448,   /* an Ethernet's: see go_silent_later() */
    LOOK_MS = 50,            /* how often memory and time are looked at */
    LINGER_MS = 200,         /* for what comes twice: the second one may be the very last */
};

#define NS 1000000000ull
#define NEVER UINT64_MAX

static struct {
    const char *host, *path, *web, *say;
    const char *hello[MOST_STEPS], *ready[MOST_STEPS];
    unsigned hellos, readies, servers;
    pid_t server[MOST_SERVERS];
    unsigned port, people, rooms, opening, spread, bytes, speakers, window, silent;
    double rate, seconds, warmup, drain, patience;
    bool echo, pong, private;
    int cpu;
} want = {
    .host = "127.0.0.1", .say = "%p\\n", .people = 1000, .rooms = 1, .opening = 200, .bytes = 60,
    .drain = 10, .patience = 60, .cpu = -1,
};

enum state { ABSENT, CONNECTING, UPGRADING, COMING, IN };

struct person {
    int fd;
    enum state state;
    unsigned step;          /* of those by which one comes in */
    uint32_t room;
    uint32_t cells;         /* where in `next` what it has heard of whom begins */
    uint32_t kept;          /* bytes of the last read: see listen_to() */
    char *tail;             /* those bytes */
    char *waiting;          /* what the kernel has not taken yet */
    size_t waiting_bytes;
};

enum opcode { MORE = 0x0, TEXT = 0x1, CLOSE = 0x8, PING = 0x9, PONG = 0xa };

/* What has come of a frame, and what it is part of. */
struct frame {
    uint64_t left;          /* bytes of its payload that are still to come */
    uint8_t opcode, head_bytes, control_bytes;
    bool unfinished;        /* whether a message goes on in another frame */
    const char *over;       /* why there is nothing more to read; NULL while there is */
    unsigned char head[HEAD_OF_FRAME];
    char control[CONTROL_BYTES];
};

/* A message on the way, while there are windows. */
struct flight {
    uint64_t sent_at;
    uint32_t missing;       /* how many have not heard it yet */
};

struct speaker {
    uint32_t person, room, slot, target;
    uint32_t listeners;
    uint32_t sent;          /* messages, and so the number of the next one */
    uint32_t may;           /* how many it may have sent by now */
    uint32_t oldest;        /* the first that is still on the way */
    struct flight *flights;
    char *line;             /* a message as it is sent, but for its number */
    uint32_t line_bytes, number_at;
    bool queued;            /* among those who may have something to say */
};

/* Numbers that are missing in the middle of what one heard of another. */
struct gap {
    uint32_t cell, from, to;
};

static struct person *people;
static struct frame *frames;            /* by person; NULL where nobody comes by WebSocket */
static struct speaker *speakers;
static struct speaker **speaker_of;     /* by person; NULL who only listens */
static uint32_t *next;                  /* the number that comes next, by cell */
static uint32_t slots;                  /* cells of one listener */
static struct gap *gaps;
static unsigned gap_count;
static struct speaker **queue;          /* who may have something to say */
static unsigned queued;

static int poll_fd, timer_fd;
static struct sockaddr_storage address;
static socklen_t address_bytes;
static unsigned begun, in, readers;     /* people that were begun, that are in, that will read */
static bool backlog_full;               /* a UNIX socket says so instead of waiting */
static unsigned tail_bytes;
static uint32_t flight_mask;
static char *buffer;                    /* a tail, and after it a read */
static char *padding;

static struct {
    uint64_t delivered, doubled, disordered, stray, torn;
} heard;

static enum { ENTERING, WARMING, MEASURING, DRAINING, LINGERING, OVER } phase;
static uint64_t start, all_in, all_heard;   /* moments */
static uint64_t talk, begin, end;       /* when they begin to talk, and the span begins and ends */
static uint64_t until;                  /* when the phase is over */
static uint64_t next_due = NEVER, due;  /* paced: when the next one is due, and its number */
static uint64_t latest;                 /* by how much a message was late at most */

static struct {
    uint64_t received, server_cpu, own_cpu, at;
} at_begin, at_end;

static struct {
    clockid_t clock;
    int memory_fd;
} server[MOST_SERVERS];
static uint64_t memory_empty, memory_in, memory_peak, looked_at;

/* ---- small things ---- */

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static void *room_for(size_t count, size_t size)
{
    void *got = calloc(count ? count : 1, size);
    if (!got)
        fail("there is not enough memory for that many people");
    return got;
}

static uint64_t read_clock(clockid_t clock)
{
    struct timespec time;
    if (clock_gettime(clock, &time))
        fail("a server process has ended");
    return time.tv_sec * NS + time.tv_nsec;
}

static uint64_t now_is(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static uint64_t after(uint64_t moment, double seconds)
{
    return moment + (uint64_t)(seconds * NS);
}

/* ---- latency: a histogram of nanoseconds, each bucket within 0.4 % of what is in it ---- */

enum { FINE_BITS = 7, FINE = 1 << FINE_BITS, BUCKETS = 58 * FINE };

static uint64_t histogram[BUCKETS], recorded, longest;

static inline void record(uint64_t ns)
{
    int top = 63 - __builtin_clzll(ns | 1);
    int shift = top > FINE_BITS ? top - FINE_BITS : 0;
    histogram[(shift << FINE_BITS) + (ns >> shift)]++;
    recorded++;
    if (ns > longest)
        longest = ns;
}

static double bucket_ms(int bucket)
{
    int shift = bucket < 2 * FINE ? 0 : bucket / FINE - 1;
    uint64_t low = (uint64_t)(bucket - (shift << FINE_BITS)) << shift;
    return (low + (1ull << shift) / 2.0) / 1e6;
}

static double percentile_ms(double share)
{
    uint64_t wanted = (uint64_t)(share * recorded), counted = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
        counted += histogram[bucket];
        if (counted > wanted)
            return bucket_ms(bucket) < longest / 1e6 ? bucket_ms(bucket) : longest / 1e6;
    }
    return longest / 1e6;
}

/* ---- the server's processes ---- */

static void watch_servers(void)
{
    for (unsigned i = 0; i < want.servers; i++) {
        char name[64];
        snprintf(name, sizeof name, "/proc/%d/statm", want.server[i]);
        server[i].memory_fd = open(name, O_RDONLY | O_CLOEXEC);
        if (server[i].memory_fd < 0 || clock_getcpuclockid(want.server[i], &server[i].clock))
            fail("there is no server process %d", want.server[i]);
    }
}

static uint64_t server_cpu(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < want.servers; i++)
        sum += read_clock(server[i].clock);
    return sum;
}

static uint64_t server_memory(void)
{
    uint64_t pages = 0, resident;
    for (unsigned i = 0; i < want.servers; i++) {
        char text[128] = "";
        if (pread(server[i].memory_fd, text, sizeof text - 1, 0) <= 0)
            fail("server process %d has ended", want.server[i]);
        if (sscanf(text, "%*u %" SCNu64, &resident) == 1)
            pages += resident;
    }
    return pages * sysconf(_SC_PAGESIZE);
}

static void look_at_memory(uint64_t now)
{
    if (now - looked_at < LOOK_MS * NS / 1000)
        return;
    uint64_t memory = server_memory();
    looked_at = now;
    if (memory > memory_peak)
        memory_peak = memory;
}

/* ---- templates ---- */

struct text {
    char bytes[TEMPLATE_BYTES + MOST_BYTES];
    uint32_t size;
    uint32_t payload_at;    /* where what is said stands in it */
};

static void put(struct text *text, const char *bytes, size_t size)
{
    if (text->size + size > sizeof text->bytes)
        fail("a line of the dialect is too long");
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

static void put_number(struct text *text, unsigned number)
{
    char digits[16];
    put(text, digits, snprintf(digits, sizeof digits, "%05u", number));
}

static void put_payload(struct text *text, unsigned person)
{
    char head[HEAD_BYTES + 1];
    snprintf(head, sizeof head, "@%05u.%08u@", person, 0);
    text->payload_at = text->size;
    put(text, head, HEAD_BYTES);
    put(text, padding, want.bytes - HEAD_BYTES);
}

static void put_value(struct text *text, char which, unsigned person, unsigned target)
{
    switch (which) {
    case 'i': put_number(text, person); break;
    case 'r': put_number(text, person % want.rooms); break;
    case 't': put_number(text, target); break;
    case 'p': put_payload(text, person); break;
    case '%': put(text, "%", 1); break;
    default: fail("%%%c in the dialect means nothing", which);
    }
}

/* A template with the values of one person. */
static void fill(struct text *text, const char *template, unsigned person, unsigned target)
{
    text->size = text->payload_at = 0;
    for (const char *at = template; *at; at++) {
        if (*at == '%')
            put_value(text, *++at, person, target);
        else if (*at == '\\' && at[1] == 'n')
            put(text, "\n", 1), at++;
        else if (*at == '\\' && at[1] == 'r')
            put(text, "\r", 1), at++;
        else
            put(text, at, 1);
    }
}

/* ---- frames that are sent ---- */

/* One key for each person: there is nobody between who could be led astray by what is sent. */
static void choose_key(unsigned char *key, unsigned person)
{
    uint32_t chosen = person * 2654435761u ^ 0xa5c3963c;
    memcpy(key, &chosen, KEY_BYTES);
}

static void put_in_frame(struct text *text, enum opcode opcode, unsigned person)
{
    unsigned char head[4 + KEY_BYTES] = {0x80 | opcode, 0x80 | text->size};
    unsigned size = 2;
    if (text->size > CONTROL_BYTES) {
        head[1] = 0x80 | 126;
        head[size++] = text->size >> 8;
        head[size++] = text->size;
    }
    unsigned char *key = head + size;
    choose_key(key, person);
    size += KEY_BYTES;
    if (text->size + size > sizeof text->bytes)
        fail("a line of the dialect is too long");
    memmove(text->bytes + size, text->bytes, text->size);
    memcpy(text->bytes, head, size);
    for (unsigned i = 0; i < text->size; i++)
        text->bytes[size + i] ^= key[i % KEY_BYTES];
    text->size += size;
    text->payload_at += size;
}

/* A text as it goes to the server. */
static void wrap(struct text *text, unsigned person)
{
    if (want.web)
        put_in_frame(text, TEXT, person);
}

/* ---- what is sent ---- */

static unsigned number_of(const struct person *who)
{
    return who - people;
}

/* The last that the server said to somebody, with a word before it if there is anything. */
static const char *last_words(const struct person *who)
{
    static char words[256];
    unsigned size = who->kept < 200 ? who->kept : 200;
    unsigned start = snprintf(words, sizeof words, size ? "; its last words: " : "");
    memcpy(words + start, who->tail + who->kept - size, size);
    for (unsigned i = 0; i < size; i++)
        if (words[start + i] < ' ' || words[start + i] > '~')
            words[start + i] = ' ';
    words[start + size] = 0;
    return words;
}

__attribute__((noreturn)) static void lost(const struct person *who, const char *why)
{
    fail("the server hung up on person %05u, who was %s: %s%s", number_of(who),
         who->state == IN ? "in" : "on the way in", why, last_words(who));
}

__attribute__((noreturn)) static void not_in(void)
{
    const struct person *who = people;
    while (who->state == IN)
        who++;
    fail("after %g seconds only %u of %u people were in; person %05u was %s%s", want.patience, in,
         want.people, number_of(who), who->state > CONNECTING ? "on the way in" : "not connected",
         last_words(who));
}

static void wait_for(struct person *who, uint32_t events, int how)
{
    struct epoll_event event = {.events = events, .data.u32 = number_of(who)};
    if (epoll_ctl(poll_fd, how, who->fd, &event))
        fail("epoll: %s", strerror(errno));
}

static size_t try_to_send(struct person *who, const char *bytes, size_t size)
{
    ssize_t gone = send(who->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (gone >= 0)
        return gone;
    if (errno != EAGAIN && errno != EINTR)
        lost(who, strerror(errno));
    return 0;
}

static void hold_back(struct person *who, const char *bytes, size_t size)
{
    char *more = realloc(who->waiting, who->waiting_bytes + size);
    if (!more)
        fail("there is not enough memory for what the server does not take");
    memcpy(more + who->waiting_bytes, bytes, size);
    if (!who->waiting_bytes)
        wait_for(who, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    who->waiting = more;
    who->waiting_bytes += size;
}

static void send_bytes(struct person *who, const char *bytes, size_t size)
{
    size_t gone = who->waiting_bytes ? 0 : try_to_send(who, bytes, size);
    if (gone < size)
        hold_back(who, bytes + gone, size - gone);
}

/* ---- who speaks ---- */

static uint64_t due_at(uint64_t message)
{
    return talk + (uint64_t)(message * (NS / want.rate));
}

/* What stands there is zeros, masked or not, and a bit that is turned is so under any mask. */
static void write_number(char *at, uint32_t number)
{
    for (int digit = 7; digit >= 0; digit--, number /= 10)
        at[digit] ^= number % 10;
}

static void takes_off(struct speaker *who, uint64_t now)
{
    if (want.rate > 0) {
        uint64_t late = now - due_at((uint64_t)who->sent * want.speakers + (who - speakers));
        if (late > latest)
            latest = late;
    } else {
        who->flights[who->sent & flight_mask] = (struct flight){now, who->listeners};
    }
    who->sent++;
}

/* Send what may be sent by now; what the kernel does not take holds the rest up, in order. */
static void speak(struct speaker *who)
{
    static char lines[SPEAK_BYTES];
    struct person *self = &people[who->person];
    while (who->sent < who->may && !self->waiting_bytes) {
        uint64_t now = now_is();
        size_t size = 0;
        for (; who->sent < who->may && size + who->line_bytes <= SPEAK_BYTES; takes_off(who, now)) {
            memcpy(lines + size, who->line, who->line_bytes);
            write_number(lines + size + who->number_at, who->sent);
            size += who->line_bytes;
        }
        send_bytes(self, lines, size);
    }
}

static void may_speak(struct speaker *who)
{
    if (!who->queued)
        queue[queued++] = who;
    who->queued = true;
}

static void let_speak(void)
{
    while (queued) {
        struct speaker *who = queue[--queued];
        who->queued = false;
        speak(who);
    }
}

static void set_timer(void)
{
    struct itimerspec when = {.it_value = {next_due / NS, next_due % NS}};
    if (next_due != NEVER)
        timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Paced: all that is due goes out, whatever became of what was said before. */
static void send_due(uint64_t now)
{
    while (next_due <= now) {
        struct speaker *who = &speakers[due % want.speakers];
        who->may++;
        speak(who);
        next_due = due_at(++due);
        if (next_due >= end)
            next_due = NEVER;
    }
    set_timer();
}

/* A message was heard by one more; when by all, its speaker may send another. */
static inline uint64_t arrives(struct speaker *who, uint32_t number)
{
    struct flight *flight = &who->flights[number & flight_mask];
    if (--flight->missing == 0) {
        while (who->oldest < who->sent && !who->flights[who->oldest & flight_mask].missing)
            who->oldest++;
        if (want.window && phase < DRAINING) {
            who->may = who->oldest + want.window;
            may_speak(who);
        }
    }
    return flight->sent_at;
}

/* ---- who listens ---- */

/* Whether a number that is not the next one is heard for the first time. */
static bool out_of_turn(uint32_t cell, uint32_t number)
{
    if (number > next[cell]) {
        if (gap_count < MOST_GAPS)
            gaps[gap_count++] = (struct gap){cell, next[cell], number};
        next[cell] = number + 1;
        return true;
    }
    for (unsigned i = gap_count; i-- > 0;) {
        struct gap gap = gaps[i];
        if (gap.cell != cell || number < gap.from || number >= gap.to)
            continue;
        heard.disordered++;
        gaps[i] = (struct gap){cell, gap.from, number};
        if (gap_count < MOST_GAPS)
            gaps[gap_count++] = (struct gap){cell, number + 1, gap.to};
        return true;
    }
    heard.doubled++;
    return false;
}

static inline bool should_hear(unsigned listener, const struct speaker *who)
{
    if (listener == who->person)
        return want.echo;
    return want.private ? listener == who->target : people[listener].room == who->room;
}

static inline void hear(struct person *self, unsigned from, uint32_t number, uint64_t now)
{
    unsigned listener = number_of(self);
    struct speaker *who = from < want.people ? speaker_of[from] : NULL;
    if (!who || number >= who->sent || !should_hear(listener, who)) {
        heard.stray++;
        return;
    }
    uint32_t cell = self->cells + (want.private ? listener == from : who->slot);
    if (number == next[cell])
        next[cell]++;
    else if (!out_of_turn(cell, number))
        return;
    heard.delivered++;
    uint64_t since = want.rate > 0
        ? due_at((uint64_t)number * want.speakers + (who - speakers))
        : arrives(who, number);
    if (since >= begin)
        record(now - since);
}

/* The number that so many digits make; above all of them where they are none. */
static inline uint32_t number_at(const char *at, int digits)
{
    uint32_t number = 0, wrong = 0;
    for (int i = 0; i < digits; i++) {
        uint32_t digit = (uint32_t)(unsigned char)at[i] - '0';
        wrong |= digit > 9;
        number = number * 10 + digit;
    }
    return wrong ? UINT32_MAX : number;
}

/* What stands at an @: where it ends, if it is a message or the beginning of one; else NULL. */
static inline char *take(struct person *self, char *at, uint64_t now)
{
    if (at[6] != '.')
        return NULL;
    uint32_t from = number_at(at + 1, 5);
    if (from == UINT32_MAX)
        return NULL;
    uint32_t number = number_at(at + 7, 8);
    if (number == UINT32_MAX || at[15] != '@'
        || memcmp(at + HEAD_BYTES, padding, want.bytes - HEAD_BYTES)) {
        heard.torn++;
        return at + HEAD_BYTES;
    }
    hear(self, from, number, now);
    return at + want.bytes;
}

static void keep(struct person *self, const char *from, const char *stop)
{
    if (stop - from > tail_bytes)
        from = stop - tail_bytes;
    self->kept = stop - from;
    memcpy(self->tail, from, self->kept);
}

static char *unfinished_line(char *from, char *stop)
{
    char *newline = memrchr(from, '\n', stop - from);
    return newline ? newline + 1 : from;
}

/* Hear all messages.  What comes after the last is kept: it may be the beginning of one more, or
 * the server's last words. */
static void listen_to(struct person *self, char *from, char *stop, uint64_t now)
{
    char *at = from, *end;
    while ((at = memchr(at, '@', stop - at)) && stop - at >= want.bytes) {
        end = take(self, at, now);
        at = end ? end : at + 1;
        from = end ? end : from;
    }
    keep(self, from, stop);
}

/* An IRC server wants to know whether we live. */
static void answer_pings(struct person *self, char *from, char *stop)
{
    char *at = from, *line_end;
    while ((at = memmem(at, stop - at, "PING ", 5)) && (line_end = memchr(at, '\n', stop - at))) {
        if (at == from || at[-1] == '\n') {
            at[1] = 'O';
            send_bytes(self, at, line_end + 1 - at);
            at[1] = 'I';
        }
        at = line_end;
    }
}

/* ---- frames that are read ---- */

static unsigned head_needed(const struct frame *frame)
{
    unsigned length = frame->head_bytes < 2 ? 0 : frame->head[1];
    return length == 126 ? 4 : length == 127 ? HEAD_OF_FRAME : 2;
}

static bool may_come(const struct frame *frame)
{
    unsigned opcode = frame->head[0] & 0xf;
    bool last = frame->head[0] & 0x80;
    if (frame->head[0] & 0x70 || frame->head[1] & 0x80)
        return false;
    if (opcode == CLOSE || opcode == PING || opcode == PONG)
        return last && frame->head[1] <= CONTROL_BYTES;
    return opcode == (frame->unfinished ? MORE : TEXT);
}

static void begin_frame(struct frame *frame)
{
    if (!may_come(frame)) {
        frame->over = "it sent a frame that no server may send here";
        return;
    }
    frame->left = frame->head_bytes == 2 ? frame->head[1] : 0;
    for (unsigned i = 2; i < frame->head_bytes; i++)
        frame->left = frame->left << 8 | frame->head[i];
    frame->opcode = frame->head[0] & 0xf;
    frame->head_bytes = frame->control_bytes = 0;
    if (frame->opcode == TEXT || frame->opcode == MORE)
        frame->unfinished = !(frame->head[0] & 0x80);
}

/* What a frame says that is no part of a message. */
static void obey(struct person *self, struct frame *frame)
{
    static struct text text;
    if (frame->opcode == CLOSE)
        frame->over = "it closed the WebSocket";
    if (frame->opcode != PING)
        return;
    text.size = 0;
    put(&text, frame->control, frame->control_bytes);
    put_in_frame(&text, PONG, number_of(self));
    send_bytes(self, text.bytes, text.size);
}

/* Take out what stands before `after`; the new end.  It is rare, or it would cost too much. */
static char *cut_out(char *at, const char *after, char *stop)
{
    memmove(at, after, stop - after);
    return stop - (after - at);
}

/* The head of a frame becomes line ends where a message begins; elsewhere it goes. */
static char *take_head(struct person *self, struct frame *frame, char **at, char *stop)
{
    char *after = *at;
    while (after < stop && frame->head_bytes < head_needed(frame))
        frame->head[frame->head_bytes++] = *after++;
    bool complete = frame->head_bytes == head_needed(frame);
    if (complete)
        begin_frame(frame);
    if (!complete || frame->over || frame->opcode != TEXT) {
        stop = cut_out(*at, after, stop);
        if (complete && !frame->over && frame->opcode != MORE && !frame->left)
            obey(self, frame);
        return stop;
    }
    memset(*at, '\n', after - *at);
    *at = after;
    return stop;
}

static char *take_payload(struct person *self, struct frame *frame, char **at, char *stop)
{
    size_t here = stop - *at;
    size_t size = frame->left < here ? frame->left : here;
    frame->left -= size;
    if (frame->opcode == TEXT || frame->opcode == MORE) {
        *at += size;
        return stop;
    }
    memcpy(frame->control + frame->control_bytes, *at, size);
    frame->control_bytes += size;
    if (!frame->left)
        obey(self, frame);
    return cut_out(*at, *at + size, stop);
}

/* Leave what the frames hold, each message in a line of its own; the new end. */
static char *unframe(struct person *self, char *at, char *stop)
{
    struct frame *frame = &frames[number_of(self)];
    while (at < stop && !frame->over)
        stop = frame->left ? take_payload(self, frame, &at, stop)
                           : take_head(self, frame, &at, stop);
    return at;
}

/* ---- coming in ---- */

static void is_in(struct person *self)
{
    self->state = IN;
    in++;
    if (number_of(self) >= readers)
        epoll_ctl(poll_fd, EPOLL_CTL_DEL, self->fd, NULL);
}

/* Say what the step says; one that waits for nothing is over at once. */
static void step(struct person *self)
{
    static struct text text;
    for (; self->step < want.hellos; self->step++) {
        fill(&text, want.hello[self->step], number_of(self), 0);
        if (text.size) {
            wrap(&text, number_of(self));
            send_bytes(self, text.bytes, text.size);
        }
        if (*want.ready[self->step])
            return;
    }
    is_in(self);
}

/* The key is any, as nobody wonders here whether it is a WebSocket that answers. */
static void ask_for_web_socket(struct person *self)
{
    static char request[TEMPLATE_BYTES];
    int size = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: %s:%u\r\nOrigin: http://%s:%u\r\n"
                        "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dHdpc3RlZF9jaGF0IHdlYg==\r\n\r\n",
                        want.web, want.host, want.port, want.host, want.port);
    if (size >= (int)sizeof request)
        fail("the path of the WebSocket is too long: %s", want.web);
    send_bytes(self, request, size);
}

/* Where the first frame begins; NULL until the server has answered. */
static char *upgrade(struct person *self, char *from, char *stop)
{
    const char agreed[] = "HTTP/1.1 101 ";
    char *end = memmem(from, stop - from, "\r\n\r\n", 4);
    keep(self, from, stop);
    if (!end)
        return NULL;
    if (!memmem(from, end - from, agreed, sizeof agreed - 1))
        fail("person %05u gets no WebSocket%s", number_of(self), last_words(self));
    self->kept = 0;
    self->state = COMING;
    step(self);
    return end + 4;
}

static void come_in(struct person *self, char *from, char *stop, uint64_t now)
{
    static struct text marker;
    while (self->state == COMING) {
        fill(&marker, want.ready[self->step], number_of(self), 0);
        char *found = memmem(from, stop - from, marker.bytes, marker.size);
        if (!found) {
            keep(self, from, stop);
            return;
        }
        from = found + marker.size;
        self->step++;
        step(self);
    }
    listen_to(self, from, stop, now);
}

static void attend_to(struct person *self, char *from, char *stop, uint64_t now)
{
    if (self->state == IN)
        listen_to(self, from, stop, now);
    else
        come_in(self, from, stop, now);
}

static void attend_to_lines(struct person *self, char *from, char *fresh, char *stop, uint64_t now)
{
    if (want.pong)
        answer_pings(self, unfinished_line(from, fresh), stop);
    attend_to(self, from, stop, now);
}

static void attend_to_frames(struct person *self, char *from, char *fresh, char *stop, uint64_t now)
{
    if (self->state == UPGRADING && !(from = fresh = upgrade(self, from, stop)))
        return;
    attend_to(self, from, unframe(self, fresh, stop), now);
    /* Not before all that came until then is heard, and kept as its last words. */
    if (frames[number_of(self)].over)
        lost(self, frames[number_of(self)].over);
}

static void read_some(struct person *self)
{
    char *fresh = buffer + tail_bytes, *from = fresh - self->kept;
    ssize_t size = recv(self->fd, fresh, READ_BYTES, MSG_DONTWAIT);
    if (size <= 0) {
        if (size < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        lost(self, size ? strerror(errno) : "end of input");
    }
    uint64_t now = now_is();
    memcpy(from, self->tail, self->kept);
    if (want.web)
        attend_to_frames(self, from, fresh, fresh + size, now);
    else
        attend_to_lines(self, from, fresh, fresh + size, now);
    if (next_due <= now)
        send_due(now);
}

static void connected(struct person *self)
{
    int wrong = 0;
    socklen_t size = sizeof wrong;
    getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &wrong, &size);
    if (wrong)
        fail("cannot connect person %05u: %s", number_of(self), strerror(wrong));
    self->state = want.web ? UPGRADING : COMING;
    wait_for(self, EPOLLIN, EPOLL_CTL_MOD);
    if (want.web)
        ask_for_web_socket(self);
    else
        step(self);
}

static void write_some(struct person *self)
{
    size_t gone = try_to_send(self, self->waiting, self->waiting_bytes);
    self->waiting_bytes -= gone;
    memmove(self->waiting, self->waiting + gone, self->waiting_bytes);
    if (self->waiting_bytes)
        return;
    wait_for(self, EPOLLIN, EPOLL_CTL_MOD);
    if (speaker_of[number_of(self)])
        may_speak(speaker_of[number_of(self)]);
}

static void serve(const struct epoll_event *event)
{
    struct person *self = &people[event->data.u32];
    if (self->state == CONNECTING) {
        connected(self);
        return;
    }
    if (event->events & EPOLLOUT)
        write_some(self);
    if (event->events & ~EPOLLOUT)
        read_some(self);
}

/* Who will never read is as on a network: loopback's segments of 64 KiB would have the server's
 * kernel take megabytes for each of them before the server can notice anything. */
static void go_silent_later(int fd)
{
    int size = SILENT_BUFFER, segment = SILENT_SEGMENT;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (!want.path)
        setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
}

/* People come from 127.0.0.2 and on, so many from each. */
static void take_address(int fd, unsigned person)
{
    int yes = 1;
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + person / want.spread);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&from, sizeof from))
        fail("cannot come from %s: %s", inet_ntoa(from.sin_addr), strerror(errno));
}

static int open_socket(unsigned person)
{
    int yes = 1, fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        fail("cannot open the socket of person %05u: %s", person, strerror(errno));
    if (!want.path)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (person >= readers)
        go_silent_later(fd);
    if (want.spread && address.ss_family == AF_INET)
        take_address(fd, person);
    return fd;
}

static void open_one(void)
{
    struct person *self = &people[begun];
    self->fd = open_socket(begun);
    int wrong = connect(self->fd, (struct sockaddr *)&address, address_bytes) ? errno : 0;
    backlog_full = wrong == EAGAIN;
    if (backlog_full) {
        close(self->fd);
        return;
    }
    if (wrong && wrong != EINPROGRESS)
        fail("cannot connect person %05u: %s", begun, strerror(wrong));
    begun++;
    self->state = CONNECTING;
    wait_for(self, EPOLLIN | EPOLLOUT, EPOLL_CTL_ADD);
    if (!wrong)
        connected(self);
}

static void open_more(void)
{
    backlog_full = false;
    while (begun < want.people && begun - in < want.opening && !backlog_full)
        open_one();
}

/* ---- from one phase to the next ---- */

static uint64_t expected(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < want.speakers; i++)
        sum += (uint64_t)speakers[i].sent * speakers[i].listeners;
    return sum;
}

static uint64_t sum_of_sent(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < want.speakers; i++)
        sum += speakers[i].sent;
    return sum;
}

static uint64_t sum_of_unsent(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < want.speakers; i++)
        sum += speakers[i].may - speakers[i].sent;
    return sum;
}

static void begin_talking(uint64_t now)
{
    all_in = talk = now;
    memory_in = memory_peak = server_memory();
    begin = after(now, want.warmup);
    end = after(begin, want.seconds);
    if (want.rate > 0) {
        next_due = now;
        set_timer();
    }
    for (unsigned i = 0; i < want.speakers && want.rate == 0; i++) {
        speakers[i].may = want.window ? want.window : 1;
        may_speak(&speakers[i]);
    }
    phase = WARMING;
    until = begin;
}

static void begin_measuring(uint64_t now)
{
    latest = 0;
    at_begin.at = now;
    at_begin.received = heard.delivered;
    at_begin.server_cpu = server_cpu();
    at_begin.own_cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    phase = MEASURING;
    until = end;
}

static void end_measuring(uint64_t now)
{
    at_end.at = now;
    at_end.received = heard.delivered;
    at_end.server_cpu = server_cpu();
    at_end.own_cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    next_due = NEVER;
    phase = DRAINING;
    until = after(now, want.drain);
    for (unsigned i = 0; i < want.speakers && want.window; i++)
        speakers[i].may = speakers[i].sent;
}

static void begin_lingering(uint64_t now)
{
    all_heard = now;
    phase = LINGERING;
    until = now + LINGER_MS * NS / 1000;
}

static void go_on(uint64_t now)
{
    bool late = now >= until;
    if (phase == ENTERING && in == want.people)
        begin_talking(now);
    else if (phase == ENTERING && late)
        not_in();
    else if (phase == WARMING && late)
        begin_measuring(now);
    else if (phase == MEASURING && late)
        end_measuring(now);
    else if (phase == DRAINING && heard.delivered == expected() && !sum_of_unsent())
        begin_lingering(now);
    else if ((phase == DRAINING || phase == LINGERING) && late)
        phase = OVER;
    if (phase != ENTERING)
        look_at_memory(now);
}

/* Milliseconds that there may be nothing to do. */
static int pause_ms(uint64_t now)
{
    if (backlog_full)
        return 1;
    uint64_t left = until > now ? (until - now) / (NS / 1000) + 1 : 0;
    return left < LOOK_MS ? (int)left : LOOK_MS;
}

static void turn(void)
{
    static struct epoll_event events[EVENTS];
    if (phase == ENTERING)
        open_more();
    let_speak();
    int count = epoll_wait(poll_fd, events, EVENTS, pause_ms(now_is()));
    for (int i = 0; i < count; i++)
        if (events[i].data.u32 < want.people)
            serve(&events[i]);
    uint64_t now = now_is();
    if (next_due <= now)
        send_due(now);
    go_on(now);
}

/* ---- what came of it ---- */

static void print_numbers(void)
{
    uint64_t all = expected();
    printf("{\"people_in\": %u, \"seconds_all_in\": %.6f, ", in, (all_in - start) / 1e9);
    if (want.rate == 0 && !want.window && all_heard)
        printf("\"seconds_all_heard\": %.6f, ", (all_heard - start) / 1e9);
    else
        printf("\"seconds_all_heard\": null, ");
    printf("\"sent\": %" PRIu64 ", \"unsent\": %" PRIu64 ", ", sum_of_sent(), sum_of_unsent());
    printf("\"expected\": %" PRIu64 ", \"delivered\": %" PRIu64 ", ", all, heard.delivered);
    printf("\"missing\": %" PRIu64 ", ", all - heard.delivered);
    printf("\"doubled\": %" PRIu64 ", ", heard.doubled);
    printf("\"disordered\": %" PRIu64 ", \"stray\": %" PRIu64 ", ", heard.disordered, heard.stray);
    printf("\"torn\": %" PRIu64 ", ", heard.torn);
}

static void print_span(void)
{
    double seconds = (at_end.at - at_begin.at) / 1e9;
    double cpu = (at_end.server_cpu - at_begin.server_cpu) / 1e9;
    double own = (at_end.own_cpu - at_begin.own_cpu) / 1e9;
    uint64_t received = at_end.received - at_begin.received;
    printf("\"seconds\": %.6f, \"received\": %" PRIu64 ", ", seconds, received);
    printf("\"deliveries_per_second\": %.1f, ", seconds > 0 ? received / seconds : 0);
    printf("\"cpu_seconds\": %.6f, ", cpu);
    printf("\"cpu_us_per_delivery\": %.4f, ", received ? cpu * 1e6 / received : 0);
    printf("\"own_cpu_share\": %.4f, ", seconds > 0 ? own / seconds : 0);
}

static void print_result(void)
{
    print_numbers();
    print_span();
    printf("\"latency_ms\": {\"p50\": %.4f, \"p99\": %.4f, \"p999\": %.4f, \"max\": %.4f, ",
           percentile_ms(0.5), percentile_ms(0.99), percentile_ms(0.999), longest / 1e6);
    printf("\"receipts\": %" PRIu64 "}, \"late_ms\": %.4f, ", recorded, latest / 1e6);
    printf("\"rss_bytes\": {\"empty\": %" PRIu64 ", \"all_in\": %" PRIu64 ", ",
           memory_empty, memory_in);
    printf("\"peak\": %" PRIu64 "}}\n", memory_peak);
}

/* ---- what is wanted ---- */

static double number(const char *name, const char *text, double least, double most)
{
    char *rest;
    double value = strtod(text, &rest);
    if (!*text || *rest || !(value >= least && value <= most))
        fail("--%s takes a number from %g to %g, and not '%s'", name, least, most, text);
    return value;
}

static unsigned whole(const char *name, const char *text, double least, double most)
{
    double value = number(name, text, least, most);
    if (value != (unsigned)value)
        fail("--%s takes a whole number, and not '%s'", name, text);
    return (unsigned)value;
}

static const struct option OPTIONS[] = {
    {"host", 1, 0, 0},    {"port", 1, 0, 0},     {"path", 1, 0, 0},    {"people", 1, 0, 0},
    {"rooms", 1, 0, 0},   {"opening", 1, 0, 0},  {"spread", 1, 0, 0},  {"bytes", 1, 0, 0},
    {"hello", 1, 0, 0},   {"ready", 1, 0, 0},    {"say", 1, 0, 0},     {"speakers", 1, 0, 0},
    {"rate", 1, 0, 0},    {"window", 1, 0, 0},   {"silent", 1, 0, 0},  {"seconds", 1, 0, 0},
    {"warmup", 1, 0, 0},  {"drain", 1, 0, 0},    {"patience", 1, 0, 0}, {"server", 1, 0, 0},
    {"cpu", 1, 0, 0},     {"echo", 0, 0, 0},     {"pong", 0, 0, 0},    {"private", 0, 0, 0},
    {"web", 1, 0, 0},     {0, 0, 0, 0},
};

static void add_step(const char **steps, unsigned *count, const char *text)
{
    if (*count == MOST_STEPS)
        fail("there are at most %d steps", MOST_STEPS);
    steps[(*count)++] = text;
}

static void add_server(const char *text)
{
    if (want.servers == MOST_SERVERS)
        fail("there are at most %d server processes", MOST_SERVERS);
    want.server[want.servers++] = whole("server", text, 1, 1 << 22);
}

static bool set_text(const char *name, const char *text)
{
    if (!strcmp(name, "host")) want.host = text;
    else if (!strcmp(name, "path")) want.path = text;
    else if (!strcmp(name, "web")) want.web = text;
    else if (!strcmp(name, "say")) want.say = text;
    else if (!strcmp(name, "hello")) add_step(want.hello, &want.hellos, text);
    else if (!strcmp(name, "ready")) add_step(want.ready, &want.readies, text);
    else if (!strcmp(name, "server")) add_server(text);
    else if (!strcmp(name, "echo")) want.echo = true;
    else if (!strcmp(name, "pong")) want.pong = true;
    else if (!strcmp(name, "private")) want.private = true;
    else return false;
    return true;
}

static void set_number(const char *name, const char *text)
{
    const struct { const char *name; unsigned *where; double least, most; } wholes[] = {
        {"port", &want.port, 0, 65535},
        {"people", &want.people, 1, MOST_PEOPLE},
        {"rooms", &want.rooms, 1, MOST_PEOPLE},
        {"opening", &want.opening, 1, MOST_PEOPLE},
        {"spread", &want.spread, 0, MOST_PEOPLE},
        {"bytes", &want.bytes, HEAD_BYTES, MOST_BYTES},
        {"speakers", &want.speakers, 0, MOST_PEOPLE},
        {"window", &want.window, 0, 1 << 16},
        {"silent", &want.silent, 0, MOST_PEOPLE},
        {"cpu", (unsigned *)&want.cpu, 0, CPU_SETSIZE - 1},
    };
    const struct { const char *name; double *where; double most; } times[] = {
        {"rate", &want.rate, 1e7},       {"seconds", &want.seconds, 86400},
        {"warmup", &want.warmup, 86400}, {"drain", &want.drain, 86400},
        {"patience", &want.patience, 86400},
    };
    for (unsigned i = 0; i < sizeof wholes / sizeof *wholes; i++)
        if (!strcmp(name, wholes[i].name))
            *wholes[i].where = whole(name, text, wholes[i].least, wholes[i].most);
    for (unsigned i = 0; i < sizeof times / sizeof *times; i++)
        if (!strcmp(name, times[i].name))
            *times[i].where = number(name, text, 0, times[i].most);
}

static void read_options(int count, char **words)
{
    int which, got;
    while ((got = getopt_long(count, words, "", OPTIONS, &which)) == 0)
        if (!set_text(OPTIONS[which].name, optarg))
            set_number(OPTIONS[which].name, optarg);
    if (got != -1 || optind != count)
        fail("that is no option of the load generator; load.py tells what there is");
}

static unsigned readers_in(unsigned room)
{
    return readers / want.rooms + (room < readers % want.rooms);
}

static void check_options(void)
{
    if (want.hellos != want.readies)
        fail("each --hello goes with a --ready");
    if (want.pong && want.web)
        fail("--pong is for lines, and does not go with --web");
    if (want.silent >= want.people)
        fail("somebody has to read: --silent has to be less than --people");
    readers = want.people - want.silent;
    if (want.rate > 0 && want.window)
        fail("--rate and --window do not go together");
    if ((want.rate > 0 || want.window) && want.seconds == 0)
        fail("--rate and --window need --seconds");
    if (want.rate == 0 && !want.window)
        want.speakers = want.rooms;
    else if (!want.speakers)
        want.speakers = readers;
    if (want.speakers > readers)
        fail("of %u people that read, %u cannot speak", readers, want.speakers);
    if (!want.echo && (want.private ? readers : readers_in(want.rooms - 1)) < 2)
        fail("nobody would hear it: there have to be two people that read in each room");
}

/* ---- before the first one comes ---- */

/* Speakers are spread over the rooms, and in each room over those who are in it. */
static unsigned person_who_speaks(unsigned speaker, uint32_t *slot)
{
    unsigned rooms = want.rooms, all = want.speakers;
    if (all <= rooms) {
        *slot = 0;
        return (uint64_t)speaker * rooms / all;
    }
    unsigned room = speaker % rooms;
    unsigned here = all / rooms + (room < all % rooms);
    *slot = speaker / rooms;
    return room + rooms * (unsigned)((uint64_t)*slot * readers_in(room) / here);
}

static void prepare_line(struct speaker *who)
{
    static struct text text;
    fill(&text, want.say, who->person, who->target);
    if (!text.payload_at && !strstr(want.say, "%p"))
        fail("--say has no %%p in it");
    wrap(&text, who->person);
    who->line = room_for(1, text.size);
    memcpy(who->line, text.bytes, text.size);
    who->line_bytes = text.size;
    who->number_at = text.payload_at + 7;
}

static void prepare_speaker(unsigned index)
{
    struct speaker *who = &speakers[index];
    who->person = person_who_speaks(index, &who->slot);
    who->room = who->person % want.rooms;
    who->target = (who->person + 1) % readers;
    who->listeners = (want.private ? 1 : readers_in(who->room) - 1) + want.echo;
    who->flights = room_for(want.rate > 0 ? 0 : flight_mask + 1, sizeof *who->flights);
    speaker_of[who->person] = who;
    prepare_line(who);
}

static void prepare_speakers(void)
{
    while (flight_mask + 1 < want.window)
        flight_mask = flight_mask * 2 + 1;
    speakers = room_for(want.speakers, sizeof *speakers);
    queue = room_for(want.speakers, sizeof *queue);
    speaker_of = room_for(want.people, sizeof *speaker_of);
    for (unsigned i = 0; i < want.speakers; i++)
        prepare_speaker(i);
}

static void prepare_people(void)
{
    unsigned line = want.bytes > 1024 ? want.bytes : 1024;
    tail_bytes = line;
    slots = want.private ? 2 : (want.speakers + want.rooms - 1) / want.rooms;
    if ((uint64_t)slots * want.people > MOST_CELLS)
        fail("%u speakers are too many for %u people", want.speakers, want.people);
    people = room_for(want.people, sizeof *people);
    next = room_for((size_t)slots * want.people, sizeof *next);
    gaps = room_for(MOST_GAPS, sizeof *gaps);
    buffer = room_for(1, tail_bytes + READ_BYTES);
    frames = want.web ? room_for(want.people, sizeof *frames) : NULL;
    char *tails = room_for(want.people, tail_bytes);
    for (unsigned i = 0; i < want.people; i++) {
        people[i].room = i % want.rooms;
        people[i].cells = i * slots;
        people[i].tail = tails + (size_t)i * tail_bytes;
    }
}

static void find_address(void)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    struct sockaddr_un *local = (struct sockaddr_un *)&address;
    char port[8];
    if (want.path) {
        if (strlen(want.path) >= sizeof local->sun_path)
            fail("the path of the socket is too long: %s", want.path);
        local->sun_family = AF_UNIX;
        strcpy(local->sun_path, want.path);
        address_bytes = sizeof *local;
        return;
    }
    snprintf(port, sizeof port, "%u", want.port);
    if (getaddrinfo(want.host, port, &hints, &found))
        fail("there is no host %s", want.host);
    memcpy(&address, found->ai_addr, found->ai_addrlen);
    address_bytes = found->ai_addrlen;
    freeaddrinfo(found);
}

static void raise_descriptors(void)
{
    struct rlimit limit;
    rlim_t needed = want.people + 64;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= needed)
        return;
    limit.rlim_cur = needed;
    if (limit.rlim_max < needed)
        limit.rlim_max = needed;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        fail("%u people need %lu descriptors: ulimit -Hn", want.people, (unsigned long)needed);
}

static void stay_on_core(void)
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(want.cpu, &cores);
    if (sched_setaffinity(0, sizeof cores, &cores))
        fail("cannot run on core %d: %s", want.cpu, strerror(errno));
}

static void prepare_polling(void)
{
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u32 = UINT32_MAX};
    if (poll_fd < 0 || timer_fd < 0 || epoll_ctl(poll_fd, EPOLL_CTL_ADD, timer_fd, &event))
        fail("epoll: %s", strerror(errno));
}

int main(int count, char **words)
{
    read_options(count, words);
    check_options();
    padding = room_for(1, want.bytes);
    memset(padding, 'x', want.bytes);
    if (want.cpu >= 0)
        stay_on_core();
    raise_descriptors();
    find_address();
    prepare_speakers();
    prepare_people();
    prepare_polling();
    watch_servers();
    memory_empty = server_memory();
    start = now_is();
    until = after(start, want.patience);
    while (phase != OVER)
        turn();
    print_result();
    return 0;
}
