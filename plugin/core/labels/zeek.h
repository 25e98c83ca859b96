/* What Zeek would log of a connection: conn_state and history of its conn.log.
 *
 * Another tool's label, for people who filter by it; no verdict rests on it. The rules are those of Zeek's TCP
 * analyzer (TCPSessionAdapter.cc, TCP_Reassembler.cc) and of its conn log (base/protocols/conn/main.zeek).
 * Left out: Zeek's timers, which end a connection that is idle or was closed some seconds ago; checksums (c) and the
 * analysis limit (x); payload cut by the snapshot length, a gap for Zeek (g). Where the capture starts inside a
 * connection, Zeek tells the originator by its list of server ports; here it is the client.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_ZEEK_H
#define TCPABORT_ZEEK_H

#include "tcpabort.h"

enum { TA_ZEEK_BLOCKS = 3 };

/* One end as Zeek sees it. Sequence numbers count from `start`, the number of its SYN. */
struct ta_zeek_end {
    uint8_t state, before; /* private to zeek.c */
    uint8_t logged;         /* letters it has had, as bits */
    bool sent_fin;
    uint32_t start;
    uint32_t last;  /* after the last byte it sent, SYN and FIN counted */
    uint32_t acked; /* the peer ACKed everything before */
    uint32_t whole; /* payload before was captured, or ACKed and counted as a gap */
    uint32_t last_syn, last_fin, last_rst; /* numbers of those logged last */
    uint32_t fin_end;                      /* after its last FIN */
    uint32_t repeats, zero_windows, gaps;
    struct {
        uint32_t from, to; /* [from, to); empty when equal */
    } block[TA_ZEEK_BLOCKS]; /* payload after a hole; with more holes than that, one is forgotten */
};

/* Zero it, feed it every segment of one stream in capture order. */
struct ta_zeek {
    struct ta_zeek_end end[TA_ENDS];
    bool begun;
    uint8_t letters; /* of its history; TA_ZEEK_HISTORY + 1: there were more than are kept */
    char history[TA_ZEEK_HISTORY];
};

void ta_zeek_step(struct ta_zeek *zeek, const struct ta_segment *segment);

/* S0, S1, SF, REJ, S2, S3, RSTO, RSTR, RSTOS0, RSTRH, SH, SHR or OTH. */
const char *ta_zeek_conn_state(const struct ta_zeek *zeek);

/* The letters, capital ones for the client; ends in "..." when there are more than TA_ZEEK_HISTORY. May be empty. */
void ta_zeek_history(const struct ta_zeek *zeek, char text[TA_ZEEK_TEXT]);

#endif
