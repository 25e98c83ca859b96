/* tcpabort: how did a TCP connection end, who ended it, what was lost, and which error does each application get?
 *
 * Feed it what a capture shows of one connection, a segment at a time, and ask it:
 *
 *     struct ta_connection *connection = calloc(1, ta_connection_size());   // zeroed memory is a new connection
 *     struct ta_verdict verdict;
 *     char text[TA_SUMMARY_SIZE];
 *
 *     for each segment, in the order of the capture:
 *         if (ta_step(connection, &segment, NULL, &ta_default_policy, &verdict) & TA_STEP_JUDGED)
 *             ... a RST: the verdict on it is final
 *     at the end of the capture, whose latest time stamp is `now`:
 *         kind = ta_stream_kind(connection, now, &ta_default_policy);
 *         if (ta_stream_silence(connection, now, &ta_default_policy, &verdict))
 *             ... an end gave up, or only one end closed
 *     ta_summary(text, sizeof text, &verdict, TA_STACK_AUTO, NULL);
 *
 * What goes in: struct ta_segment and struct ta_icmp, plain values read from packets (segment.h). All segments of one
 * connection belong in one struct ta_connection, and TA_CLIENT and TA_SERVER are the same ends in all of them;
 * ta_first_sender_is_client() chooses for the first one. Segments that were captured twice have `duplicate` set; a
 * struct ta_duplicates finds them. `application` is what a payload says, where somebody has read it; NULL otherwise.
 *
 * What comes out: struct ta_verdict, with the evidence it rests on, and functions of it (verdict.h). Everything decided
 * about a RST is decided from that segment and earlier ones, and never changes. A later segment may show that it had no
 * effect: TA_STEP_OVERRULED.
 *
 * No allocation, no global state, no clock but the capture's, no error: any segment is taken, however hostile. A
 * connection may be copied with memcpy(), and is gone when its memory is. Functions that ask take a const connection
 * and change nothing. Times are nanoseconds; frame numbers count from 1, and 0 is none. Standard C11; needs no library.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_H
#define TCPABORT_H

#include <stddef.h>

#include "segment.h"
#include "verdict.h"

/* ---- A connection: step it ---- */

struct ta_connection;

/* Bytes of a connection, to be zeroed by the caller. */
size_t ta_connection_size(void);

/* What a step did, as bits. */
enum {
    TA_STEP_JUDGED = 1,    /* the segment is a RST and *verdict is filled */
    TA_STEP_OVERRULED = 2, /* the segment proves that a RST before it had no effect: ta_overruled_frame() */
};

/* Takes the connection's next segment. `application`: what its payload says, or NULL. Returns TA_STEP_...; `verdict` is
 * written only with TA_STEP_JUDGED. */
unsigned ta_step(struct ta_connection *connection, const struct ta_segment *segment, const struct ta_application *application,
                 const struct ta_policy *policy, struct ta_verdict *verdict);

/* Takes an ICMP error. False when it means nothing to the connection: it is no error to TCP, or quotes a number before
 * SND.UNA or after SND.NXT (RFC 5927 section 4). */
bool ta_step_icmp(struct ta_connection *connection, const struct ta_icmp *icmp);

/* Whether the sender of a connection's first captured segment is the client: the sender of a SYN, else the receiver of a
 * SYN-ACK, else the higher port, else the first sender. */
bool ta_first_sender_is_client(uint8_t flags, uint16_t source_port, uint16_t destination_port);

/* The newest packets of a capture, of all its connections. Zero it once for the capture. */
enum { TA_DUPLICATE_SETS = 1 << 13, TA_DUPLICATE_WAYS = 4 };
struct ta_duplicates {
    uint64_t prints[TA_DUPLICATE_SETS][TA_DUPLICATE_WAYS]; /* private */
};

/* Whether the packet was captured before, on another interface, in another VLAN, at another layer of the host, or in a
 * capture that was merged with this one: the same once more, no retransmission. `stream` tells its connection from the
 * capture's others; `nxt` is ta_snd_nxt() of its sender. To be asked once for each segment, which it remembers. */
bool ta_is_duplicate(struct ta_duplicates *duplicates, uint32_t stream, uint32_t nxt, const struct ta_segment *segment);

/* ---- A connection: ask it ---- */

enum ta_state ta_end_state(const struct ta_connection *connection, int end);

/* SND.NXT of the end, 0 when nothing was captured of it. */
uint32_t ta_snd_nxt(const struct ta_connection *connection, int end);

/* The RST that decided how it ended so far, 0 when none did. */
uint32_t ta_decisive_frame(const struct ta_connection *connection);

/* The RST that the last TA_STEP_OVERRULED was about. */
uint32_t ta_overruled_frame(const struct ta_connection *connection);

/* How it ended: exactly one kind, never none or ignored_rst. `now`: the capture's latest time stamp. */
enum ta_kind ta_stream_kind(const struct ta_connection *connection, int64_t now, const struct ta_policy *policy);

/* The verdict on the silence in which it ended: true when no RST decided, and an end gave up or only one end closed. */
bool ta_stream_silence(const struct ta_connection *connection, int64_t now, const struct ta_policy *policy, struct ta_verdict *verdict);

/* What the capture cannot show of it, as a set: bit n is enum ta_limit n. */
unsigned ta_stream_limits(const struct ta_connection *connection, int64_t now, const struct ta_policy *policy);

/* Whether the handshake of this connection, which has ended, goes on with the segment: the client repeats its SYN, or a
 * SYN-ACK acknowledges it. */
bool ta_repeats_handshake(const struct ta_connection *connection, const struct ta_segment *segment);

/* Whether the end that gave up had no answer to this segment of it, as far as the capture shows. */
bool ta_is_unanswered(const struct ta_connection *connection, const struct ta_verdict *verdict, const struct ta_segment *segment);

/* What speaks for or against the end whose address a RST bears having sent it: signs.def. */
enum ta_sign {
#define SIGN(id, slug, side, group, title) id,
#include "../explain/signs.def"
#undef SIGN
    TA_SIGN_COUNT
};

enum ta_origin {
    TA_ORIGIN_UNDECIDED,
    TA_ORIGIN_ENDPOINT, /* signs of two groups for the end, none against it */
    TA_ORIGIN_NETWORK,  /* signs of two groups against it */
    TA_ORIGIN_COUNT
};

/* The signs about the RST of a verdict, by all that was captured up to now: bit n is enum ta_sign n; and what they come to.
 * None about silence. No verdict depends on them. */
unsigned ta_signs(const struct ta_connection *connection, const struct ta_verdict *verdict);
enum ta_origin ta_origin(const struct ta_connection *connection, const struct ta_verdict *verdict);

/* What others would call the connection; no verdict depends on it. */
enum { TA_ZEEK_HISTORY = 32, TA_ZEEK_TEXT = TA_ZEEK_HISTORY + sizeof "..." };
struct ta_labels {
    const char *zeek_state;          /* conn_state of Zeek's conn.log: S0, S1, SF ... */
    char zeek_history[TA_ZEEK_TEXT]; /* its history; ends in "..." when there are more than TA_ZEEK_HISTORY letters. May be empty */
    const char *tamper_signature;    /* of "Global, Passive Detection of Connection Tampering"; NULL when none matches */
    const char *tamper_stage;        /* of that signature: Post-SYN, Post-ACK, Post-PSH or Later */
};
struct ta_labels ta_labels(const struct ta_connection *connection, int64_t now);

/* ---- What is read of packets ---- */

/* Whether the timestamps option (RFC 7323) is among these; ta_syn_options.order. */
bool ta_has_timestamps(uint32_t order);

/* The number of the HTTP method that is the first word of `text`; 0 none. */
unsigned ta_find_method(const uint8_t *text, size_t length);

const char *ta_method_name(unsigned number);    /* of HTTP, from 1; "" after the last; static, like the next */
const char *ta_alert_name(uint8_t description); /* of TLS; "" for an unknown one */
const char *ta_handshake_name(uint8_t type);    /* the same */

/* Bytes of an alert in TLS 1.3: the header, level and description, the true type, the tag of AES-GCM or ChaCha20 (RFC
 * 8446 section 5.2). Two bytes of payload take as many. */
enum { TA_SIZE_OF_ALERT = 5 + 2 + 1 + 16 };

/* The bytes of a RST that may say why it was sent. */
enum { TA_DIAGNOSTICS = 3, TA_DIAGNOSTIC_SIZE = 256 };
struct ta_reset_bytes {
    const uint8_t *options, *payload;            /* as captured; not read where the length is 0 */
    uint32_t options_captured, payload_captured; /* bytes */
    uint32_t payload_sent;                       /* bytes, at least payload_captured */
    uint16_t window;                             /* the 16 bits of the header */
    bool from_netscaler;                         /* captured by the NetScaler that sent it */
};

/* Writes what the RST says, a line each, and returns how many lines, 0 to TA_DIAGNOSTICS: a text or the IETF's code in its
 * payload, the reason in its MPTCP option, a NetScaler's code in its window. Nothing of it is proven: whoever can send the
 * RST can write what he likes.
 *
 * A line is terminated UTF-8 without control characters, invisible ones or such that change the direction of others;
 * those are escaped as \n, \x1b or \u202e, bytes that are no UTF-8 as \xff, a backslash as \\. A long text is cut,
 * and says how many bytes of the payload are not shown. */
unsigned ta_diagnose(const struct ta_reset_bytes *reset, char lines[TA_DIAGNOSTICS][TA_DIAGNOSTIC_SIZE]);

/* A line that begins so goes on with the sender's own words. */
#define TA_DIAGNOSTIC_TEXT "text: "

/* ---- Words ---- */

/* Room for every summary, hint and sign. */
enum { TA_SUMMARY_SIZE = 1024 + TA_DIAGNOSTICS * TA_DIAGNOSTIC_SIZE, TA_HINT_SIZE = 512, TA_SIGN_SIZE = 256 };

/* One sentence for a human, always terminated; returns what snprintf would, like the next two. `stack`: one of enum ta_stack,
 * or TA_STACK_AUTO; `diagnostic`: the lines of
 * ta_diagnose(), then NULL; NULL when there are none. */
int ta_summary(char *text, size_t size, const struct ta_verdict *verdict, unsigned stack, const char *const *diagnostic);

/* The verdict's hint number `index`. */
int ta_hint_text(char *text, size_t size, const struct ta_verdict *verdict, unsigned index);

/* One of the signs with its figures and frames: "ttl_step: TTL 64, 63 in ...". */
int ta_sign_text(char *text, size_t size, const struct ta_connection *connection, const struct ta_verdict *verdict, enum ta_sign sign);

/* What to look at or change next, one sentence; static. */
const char *ta_advice(const struct ta_verdict *verdict);

/* Who ended it: as ta_blamed(), but the network where the signs say so. */
const char *ta_stream_blamed(const struct ta_connection *connection, const struct ta_verdict *verdict);

/* Names, all static. */
const char *ta_sign_slug(enum ta_sign sign);
const char *ta_sign_title(enum ta_sign sign);
const char *ta_origin_slug(enum ta_origin origin);

#endif
