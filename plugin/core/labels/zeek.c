/* Zeek's view of a connection; see zeek.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "zeek.h"

#include <stdio.h>
#include <string.h>

#include "seq.h"

/* Up to PARTIAL, which is an end that was first seen without a SYN, an end counts as idle or opening. */
enum state { INACTIVE, SYN_SENT, SYN_ACK_SENT, PARTIAL, ESTABLISHED, CLOSED, RESET };

/* Letters that an end gets once, or again only with another number. */
enum { HAD_SYN = 1, HAD_FIN = 2, HAD_RST = 4, HAD_FIN_RST = 8, HAD_MANY = 16, HAD_DATA = 32, HAD_ACK = 64 };

static void become(struct ta_zeek_end *end, enum state state)
{
    if (end->state == state)
        return;
    end->before = end->state;
    end->state = (uint8_t)state;
}

static void put(struct ta_zeek *zeek, char letter)
{
    if (zeek->letters < TA_ZEEK_HISTORY)
        zeek->history[zeek->letters] = letter;
    if (zeek->letters <= TA_ZEEK_HISTORY)
        zeek->letters++;
}

static void put_for(struct ta_zeek *zeek, const struct ta_zeek_end *end, char letter)
{
    if (end == &zeek->end[TA_SERVER])
        letter = (char)(letter - 'A' + 'a');
    put(zeek, letter);
}

/* A letter for the 1st, 10th, 100th ... time. */
static void count(struct ta_zeek *zeek, const struct ta_zeek_end *end, uint32_t *times, char letter)
{
    uint32_t power = 1;

    if (*times == UINT32_MAX)
        return;
    ++*times;
    while (power < *times && power <= UINT32_MAX / 10)
        power *= 10;
    if (power == *times)
        put_for(zeek, end, letter);
}

/* True when the end had this letter before. */
static bool log_once(struct ta_zeek *zeek, struct ta_zeek_end *end, uint8_t bit, char letter)
{
    if (end->logged & bit)
        return true;
    end->logged |= bit;
    put_for(zeek, end, letter);
    return false;
}

static void log_number(struct ta_zeek *zeek, struct ta_zeek_end *end, uint8_t bit, char letter, uint32_t *last, uint32_t number)
{
    if (log_once(zeek, end, bit, letter) && *last != number)
        put_for(zeek, end, letter);
    *last = number;
}

static void log_flags(struct ta_zeek *zeek, struct ta_zeek_end *end, const struct ta_segment *s, uint32_t seq)
{
    switch (s->flags & (TA_SYN | TA_FIN | TA_RST)) {
    case 0:
        if (s->len > 0)
            log_once(zeek, end, HAD_DATA, 'D');
        else if (s->flags & TA_ACK)
            log_once(zeek, end, HAD_ACK, 'A');
        break;
    case TA_SYN: log_number(zeek, end, HAD_SYN, s->flags & TA_ACK ? 'H' : 'S', &end->last_syn, seq); break;
    case TA_FIN: log_number(zeek, end, HAD_FIN, 'F', &end->last_fin, seq + s->len); break;
    case TA_RST: log_number(zeek, end, HAD_RST, 'R', &end->last_rst, seq); break;
    case TA_SYN | TA_RST:
    case TA_SYN | TA_FIN: log_once(zeek, end, HAD_MANY, 'Q'); break;
    default: log_once(zeek, end, HAD_FIN_RST, 'I'); break;
    }
}

/* Numbers count from the SYN; before a first segment without one, a SYN is presumed. A SYN with another number starts
 * over, until the end has closed. */
static void start(struct ta_zeek_end *end, const struct ta_segment *s)
{
    bool syn = s->flags & TA_SYN;
    bool repeats = (end->state == SYN_SENT || end->state == SYN_ACK_SENT) && s->seq == end->start;
    bool open = end->state < CLOSED || (end->state == RESET && end->before == INACTIVE);

    if (end->state != INACTIVE && (!syn || repeats || !open))
        return;
    end->start = syn ? s->seq : s->seq - 1;
    end->last = syn ? 1 + (s->flags & TA_RST ? 0 : s->len) + !!(s->flags & TA_FIN) : 1;
    end->acked = 0;
    if (end->state == INACTIVE)
        end->whole = 1;
}

/* How far the end has sent, and whether it sent payload once more. A RST or SYN far off is not believed, nor what
 * follows a RST. A FIN right after the SYN is, for what lies between may not have been captured. */
static void log_sent(struct ta_zeek *zeek, struct ta_zeek_end *end, const struct ta_segment *s, uint32_t next)
{
    enum { FAR = 1 << 20 };
    int32_t distance = ta_seq_distance(end->last, next);

    if (s->flags & (TA_SYN | TA_RST) && (distance > FAR || distance < -FAR))
        return;
    bool only_fin = s->flags & TA_FIN && end->last == 1;
    if (end->state == RESET && !only_fin)
        return;
    if (only_fin || distance > 0)
        end->last = next;
    else if (s->len > 0)
        count(zeek, end, &end->repeats, 'T');
}

/* Whether `whole` reached the next block, which then counts as well. */
static bool join_block(struct ta_zeek_end *end)
{
    for (int i = 0; i < TA_ZEEK_BLOCKS; i++) {
        uint32_t from = end->block[i].from, to = end->block[i].to;
        if (from == to || ta_seq_after(from, end->whole))
            continue;
        end->whole = ta_seq_later(end->whole, to);
        end->block[i].from = end->block[i].to;
        return true;
    }
    return false;
}

static void add_payload(struct ta_zeek_end *end, uint32_t from, uint32_t to)
{
    int place = 0;

    if (!ta_seq_after(from, end->whole)) {
        end->whole = ta_seq_later(end->whole, to);
        while (join_block(end))
            ;
        return;
    }
    for (int i = TA_ZEEK_BLOCKS - 1; i >= 0; i--) {
        bool empty = end->block[i].from == end->block[i].to;
        if (empty)
            place = i;
        else if (!ta_seq_after(from, end->block[i].to) && !ta_seq_after(end->block[i].from, to)) {
            place = i;
            break;
        }
    }
    bool empty = end->block[place].from == end->block[place].to;
    end->block[place].from = empty || ta_seq_before(from, end->block[place].from) ? from : end->block[place].from;
    end->block[place].to = empty ? to : ta_seq_later(to, end->block[place].to);
}

/* An end that was followed from its SYN and not reset. */
static bool is_clean(const struct ta_zeek_end *end)
{
    return end->state == ESTABLISHED || (end->state == CLOSED && end->before == ESTABLISHED);
}

/* `ack` covers payload of `end` that was not captured: a gap for each hole. */
static void log_gaps(struct ta_zeek *zeek, struct ta_zeek_end *end, const struct ta_zeek_end *peer, uint32_t ack)
{
    if (end->sent_fin && !ta_seq_before(ack, end->fin_end))
        ack = end->fin_end - 1;
    while (ta_seq_after(ack, end->whole)) {
        uint32_t hole_end = ack;
        for (int i = 0; i < TA_ZEEK_BLOCKS; i++)
            if (end->block[i].from != end->block[i].to && ta_seq_before(end->block[i].from, hole_end))
                hole_end = end->block[i].from;
        if (is_clean(end) && is_clean(peer))
            count(zeek, end, &end->gaps, 'G');
        end->whole = hole_end;
        while (join_block(end))
            ;
    }
}

/* The first segment of an end. */
static void open_end(struct ta_zeek_end *end, struct ta_zeek_end *peer, const struct ta_segment *s)
{
    bool client = s->from == TA_CLIENT;

    if (s->flags & TA_SYN && client) {
        become(end, s->flags & TA_ACK ? SYN_ACK_SENT : SYN_SENT);
    } else if (s->flags & TA_SYN) {
        if (peer->state == SYN_SENT)
            become(peer, ESTABLISHED);
        become(end, ESTABLISHED);
    }
    if (s->flags & TA_FIN)
        become(end, CLOSED);
    if (s->flags & TA_RST)
        become(end, RESET);
    if (end->state != INACTIVE)
        return;
    if (!client && s->len == 0 && peer->state == SYN_SENT)
        return; /* an ACK before the SYN-ACK */
    become(end, s->flags & TA_ACK && peer->state == ESTABLISHED ? ESTABLISHED : PARTIAL);
}

static void advance(struct ta_zeek_end *end, struct ta_zeek_end *peer, const struct ta_segment *s)
{
    bool fin = s->flags & TA_FIN, rst = s->flags & TA_RST;

    switch ((enum state)end->state) {
    case INACTIVE: open_end(end, peer, s); break;
    case SYN_SENT:
    case SYN_ACK_SENT:
        if (fin)
            become(end, CLOSED);
        if (rst)
            become(end, RESET);
        break;
    case PARTIAL:
    case ESTABLISHED:
        if (end->state == PARTIAL && peer->state == INACTIVE && (s->flags & (TA_SYN | TA_ACK)) == TA_SYN)
            become(end, SYN_SENT);
        if (fin && !rst) {
            become(end, CLOSED);
            if (peer->state == RESET && peer->before == CLOSED)
                become(peer, CLOSED); /* FIN, RST, then the other FIN: a normal end */
        }
        if (rst)
            become(end, RESET);
        break;
    case CLOSED:
        if (rst && peer->state != CLOSED)
            become(end, RESET); /* after both FINs a RST means nothing */
        break;
    case RESET: break;
    }
}

/* Most segments: payload in order, or an ACK of it, from an end that has sent such before. They only move numbers on. */
static bool is_plain(struct ta_zeek_end *end, struct ta_zeek_end *peer, const struct ta_segment *s)
{
    uint32_t seq = s->seq - end->start, ack = s->ack - peer->start;
    bool open = end->state == ESTABLISHED || end->state == PARTIAL;

    if ((s->flags & (TA_SYN | TA_FIN | TA_RST | TA_ACK)) != TA_ACK || !open || s->window == 0 || s->truncated
        || !(end->logged & (s->len > 0 ? HAD_DATA : HAD_ACK)) || seq != end->last || seq != end->whole
        || ta_seq_after(ack, peer->whole))
        return false;
    end->last = end->whole = seq + s->len;
    peer->acked = ta_seq_later(peer->acked, ack);
    return true;
}

void ta_zeek_step(struct ta_zeek *zeek, const struct ta_segment *s)
{
    struct ta_zeek_end *end = &zeek->end[s->from], *peer = &zeek->end[1 - s->from];
    bool syn = s->flags & TA_SYN, fin = s->flags & TA_FIN, rst = s->flags & TA_RST;

    if (is_plain(end, peer, s) || s->truncated)
        return;
    if (!zeek->begun && s->from == TA_SERVER)
        put(zeek, '^');
    zeek->begun = true;
    start(end, s);
    uint32_t seq = s->seq - end->start, next = seq + (rst ? 0 : s->len) + syn + fin;
    log_flags(zeek, end, s, seq);
    if (s->window == 0 && !rst && peer->state != CLOSED && end->state != RESET)
        count(zeek, end, &end->zero_windows, 'W');
    if (fin) {
        end->sent_fin = true;
        end->fin_end = next;
    }
    bool acks = s->flags & TA_ACK && peer->state != INACTIVE;
    uint32_t ack = s->ack - peer->start;
    if (acks && !rst)
        peer->acked = ta_seq_later(peer->acked, ack);
    log_sent(zeek, end, s, next);
    advance(end, peer, s);
    if (acks)
        log_gaps(zeek, peer, end, ack);
    if (s->len > 0 && !rst)
        add_payload(end, seq + syn, seq + syn + s->len);
}

/* By sequence numbers: what was ACKed counts as sent. */
static bool sent_no_payload(const struct ta_zeek_end *end)
{
    return ta_seq_later(end->last, end->acked) <= 1u + end->sent_fin;
}

/* The server's RST. */
static const char *name_rejection(const struct ta_zeek_end *client, const struct ta_zeek_end *server)
{
    bool unused = client->state == RESET && sent_no_payload(client) && sent_no_payload(server);

    if (client->state == SYN_SENT || client->state == SYN_ACK_SENT || unused)
        return "REJ";
    return client->state == INACTIVE || client->state == PARTIAL ? "RSTRH" : "RSTR";
}

/* Whether the history is a SYN of the client and then its RST, nothing else of it between but payload. */
static bool is_syn_then_rst(const struct ta_zeek *zeek)
{
    char text[TA_ZEEK_TEXT];
    const char *at = text;

    ta_zeek_history(zeek, text);
    at += *at == '^';
    return *at == 'S' && at[strcspn(at, "HAFGIQR")] == 'R';
}

const char *ta_zeek_conn_state(const struct ta_zeek *zeek)
{
    const struct ta_zeek_end *client = &zeek->end[TA_CLIENT], *server = &zeek->end[TA_SERVER];
    bool client_idle = client->state == INACTIVE || client->state == PARTIAL;
    bool server_idle = server->state == INACTIVE || server->state == PARTIAL;

    if (server->state == RESET)
        return name_rejection(client, server);
    if (client->state == RESET)
        return !server_idle ? "RSTO" : is_syn_then_rst(zeek) ? "RSTOS0" : "OTH";
    if (client->state == CLOSED)
        return server->state == CLOSED ? "SF" : server_idle ? "SH" : "S2";
    if (server->state == CLOSED)
        return client_idle ? "SHR" : "S3";
    if (client->state == SYN_SENT && server->state == INACTIVE)
        return "S0";
    return client->state == ESTABLISHED && server->state == ESTABLISHED ? "S1" : "OTH";
}

void ta_zeek_history(const struct ta_zeek *zeek, char text[TA_ZEEK_TEXT])
{
    size_t kept = zeek->letters < TA_ZEEK_HISTORY ? zeek->letters : TA_ZEEK_HISTORY;

    snprintf(text, TA_ZEEK_TEXT, "%.*s%s", (int)kept, zeek->history, zeek->letters > TA_ZEEK_HISTORY ? "..." : "");
}
