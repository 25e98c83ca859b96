/* The verdict on one RST or one silence, and the tables it is read from.
 *
 * Tables are data, each in a .def file of its own: kinds, facts, rules, outcomes, results, stacks,
 * causes, advice, ICMP errors. Everything here is a pure function of a verdict; flow.c and reset.c fill it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_VERDICT_H
#define TCPABORT_VERDICT_H

#include <stddef.h>

#include "diagnostic.h"
#include "machine.h"
#include "origin.h"
#include "segment.h"

enum ta_blame { TA_BY_ABORTER, TA_BY_NETWORK, TA_BY_NOBODY };

enum ta_kind {
#define KIND(id, slug, title, headline, blame) id,
#include "kinds.def"
#undef KIND
    TA_KIND_COUNT
};

enum ta_fact {
#define FACT(id, name, sentence) TA_FACT_##id,
#include "facts.def"
#undef FACT
    TA_FACT_COUNT
};
_Static_assert(TA_FACT_COUNT <= 64, "a set of facts fits 64 bits");

/* A fact as a set: TA_F(OBEYED). Sets are joined by |. */
#define TA_F(id) (UINT64_C(1) << TA_FACT_##id)

enum ta_result {
#define RESULT(id, name, number, overlapped, fd_close) id,
#include "results.def"
#undef RESULT
    TA_RESULT_COUNT
};

enum ta_stack {
#define STACK(id, slug, name) id,
#include "stacks.def"
#undef STACK
    TA_STACK_COUNT
};

/* ICMP errors, counted from 1; 0 is none. */
enum { TA_ANY_CODE = 255 };

struct ta_icmp_error {
    uint8_t version, type, code; /* code may be TA_ANY_CODE */
    const char *title;
    uint8_t linux_, bsd, bsd_connected; /* enum ta_result */
};
extern const struct ta_icmp_error ta_icmp_errors[];
extern const size_t ta_icmp_error_count;

enum ta_cause {
#define CAUSE(id, slug, title) id,
#include "causes.def"
#undef CAUSE
    TA_CAUSE_COUNT
};

/* LIMIT(id, slug, meaning): what the capture cannot show. */
#define TA_LIMITS(LIMIT)                                                                           \
    LIMIT(TA_LIMIT_LATE_START, "late_start", "the capture begins after the client's SYN")          \
    LIMIT(TA_LIMIT_EARLY_END, "early_end", "the capture ends while an answer was still awaited")       \
    LIMIT(TA_LIMIT_ONE_WAY, "one_way", "only one direction was captured")                          \
    LIMIT(TA_LIMIT_TRUNCATED, "truncated", "TCP headers were cut by the capture")                  \
    LIMIT(TA_LIMIT_DUPLICATES, "duplicates", "the same packets were captured more than once")              \
    LIMIT(TA_LIMIT_LOSS, "loss", "an ACK covers payload that was not captured")                    \
    LIMIT(TA_LIMIT_TIME_BACKWARDS, "time_backwards", "time runs backwards inside the stream")

enum ta_limit {
#define LIMIT(id, slug, meaning) id,
    TA_LIMITS(LIMIT)
#undef LIMIT
        TA_LIMIT_COUNT
};
_Static_assert(TA_LIMIT_COUNT <= 16, "a set of limits fits 16 bits");

/* Hints of what the application was doing: hints.def. */
enum ta_hint_id {
#define HINT(id, headline, text) id,
#include "hints.def"
#undef HINT
    TA_HINT_COUNT
};

enum { TA_HINTS_MAX = 5 };

struct ta_hint {
    uint8_t id;  /* enum ta_hint_id */
    uint8_t end; /* %E */
    uint32_t number;
    uint32_t frame, other; /* %f and %o; of a time, frame is its milliseconds */
};

enum ta_effect {
    TA_EFFECT_RESET,      /* the receiver obeys it */
    TA_EFFECT_CHALLENGED, /* the receiver answers with a challenge ACK (RFC 5961) and lives on */
    TA_EFFECT_IGNORED,    /* the receiver drops it, or has no connection left */
    TA_EFFECT_DUPLICATE,  /* an earlier RST closed the receiver */
    TA_EFFECT_UNKNOWN,
    TA_EFFECT_COUNT
};

enum ta_shape {
    TA_SHAPE_REPLY,  /* built from the segment it answers */
    TA_SHAPE_ACTIVE, /* RST+ACK at the sender's SND.NXT */
    TA_SHAPE_OTHER,
    TA_SHAPE_COUNT
};

enum ta_handle { TA_HANDLE_OPEN, TA_HANDLE_CLOSED, TA_HANDLE_UNKNOWN, TA_HANDLE_COUNT };
enum ta_harm { TA_HARM_NONE, TA_HARM_POSSIBLE, TA_HARM_LOST, TA_HARM_COUNT };
enum ta_certainty { TA_CERTAINTY_LOW, TA_CERTAINTY_MEDIUM, TA_CERTAINTY_HIGH, TA_CERTAINTY_COUNT };
enum ta_capture_point {
    TA_POINT_CLIENT,
    TA_POINT_SERVER,
    TA_POINT_MIDDLE,
    TA_POINT_UNKNOWN,
    TA_POINT_COUNT
};

/* A row of outcomes.def. */
struct ta_answer {
    uint8_t recv, send;  /* enum ta_result */
    char evidence;       /* M, S, C, D, T or F */
    uint8_t alternative; /* enum ta_result; TA_NOT_KNOWN when there is none */
};

/* What happened to an end, as a set for the rows of outcomes.def. */
enum ta_role {
    TA_ABORTED = 1,   /* it sent the RST, and has no socket (any more) */
    TA_GAVE_UP = 2,   /* it stopped trying, in silence or with a RST */
    TA_RESET = 4,     /* it received the RST and obeys */
    TA_UNTOUCHED = 8,
    TA_ANY_ROLE = 15,
};

/* What Windows does with data that was received and not read yet. */
enum ta_queue { TA_KEPT, TA_ERASED, TA_UNSURE, TA_NO_QUEUE /* no data, or no application */ };

struct ta_outcome {
    const char *rows;
    unsigned roles;
    uint32_t states;
    uint64_t need, bar;
    enum ta_queue queue;
    struct ta_answer stack[TA_STACK_COUNT];
};
extern const struct ta_outcome ta_outcomes[];
extern const size_t ta_outcome_count;

/* A row of rules.def. */
struct ta_rule {
    enum ta_kind kind;
    uint32_t states;
    uint64_t need, bar;
    const char *why;
};
extern const struct ta_rule ta_rules[];
extern const size_t ta_rule_count;

/* What is known about one RST at the moment it was captured; or about the silence in which a stream ended: then facts has
 * TA_F(SILENCE), and effect, shape and trigger mean nothing. Frame numbers are 0 and times -1 where there is nothing to
 * name. */
struct ta_evidence {
    uint64_t facts;                /* set of enum ta_fact */
    uint8_t aborter;               /* the end that sent the RST, gave up, or closed alone */
    uint8_t told;                  /* the end whose application is told */
    bool gave_up_before;           /* the aborter answers a segment after it gave up in silence */
    uint8_t effect, shape;         /* enum ta_effect, ta_shape */
    uint8_t icmp;                  /* with TA_F(ICMP): number of the ICMP error */
    uint8_t state_before[TA_ENDS]; /* enum ta_state when the RST came */
    uint8_t handle[TA_ENDS];       /* enum ta_handle */
    uint8_t ttl[TA_ENDS];          /* of each end's first segment, 0 unknown */
    uint8_t guess[TA_ENDS];        /* enum ta_stack each end probably is; TA_STACK_COUNT where nothing tells */
    uint16_t limits;               /* bit n: enum ta_limit n */
    uint32_t unacked_bytes[TA_ENDS], unread_bytes[TA_ENDS];
    uint32_t alert_bytes[TA_ENDS]; /* how many of the un-ACKed ones are TLS alerts */
    uint32_t bytes_after_fin;      /* payload that acknowledges the aborter's FIN */
    uint32_t frame;                /* the decisive one */
    int64_t time;                  /* its time stamp, nanoseconds since the Unix epoch */
    uint32_t fin_frame, trigger_frame, icmp_frame;
    int64_t fin_to_rst, idle;      /* nanoseconds; idle: since the segment before, RSTs only */
    struct ta_figures rst;         /* what tells who sent it */
};

/* The verdict: what follows from the evidence. */
struct ta_verdict {
    struct ta_evidence evidence;
    uint8_t kind;                  /* enum ta_kind; TA_KIND_NONE for a duplicate */
    uint8_t rule;                  /* index into ta_rules */
    uint8_t cause, harm;           /* enum ta_cause, ta_harm */
    uint8_t outcome[TA_ENDS];      /* index into ta_outcomes */
    uint32_t data_frame;           /* the payload that the harm is about */
    uint8_t hint_count;
    struct ta_hint hint[TA_HINTS_MAX]; /* who keeps a verdict needs only as many as there are, and nothing after them */
};

/* Fills rule, kind, outcome, cause and harm from facts, states, limits and bytes. */
void ta_judge(struct ta_verdict *verdict);

/* What this end's recv() and send() return on a stack. */
struct ta_answer ta_answer(const struct ta_verdict *verdict, int end, enum ta_stack stack);

/* What becomes of data this end had received and not read. */
enum ta_queue ta_queue(const struct ta_verdict *verdict, int end, enum ta_stack stack);

/* The number of the ICMP error, 0 when it is none to TCP. */
unsigned ta_find_icmp(uint8_t version, uint8_t type, uint8_t code);

/* The result an application notices: recv's when it is an error, else send's when it is one, else recv's. */
enum ta_result ta_first_failure(const struct ta_answer *answer);

/* Whether an application on this stack gets an error that its end's state alone would not give. */
bool ta_is_told(const struct ta_verdict *verdict, int end, enum ta_stack stack);

/* WSAGetLastError() of the first failing call, 0 when there is none: the handle is not known to be
 * open, nothing fails, or the evidence does not carry a number. */
unsigned ta_winsock(const struct ta_verdict *verdict, int end);

/* Which stack sends this TTL, as captured, and these options in its SYN (ta_syn_options.order); TA_STACK_COUNT
 * when that tells nothing. */
enum ta_stack ta_guess_stack(uint8_t ttl, uint32_t order);

/* The stack whose error a summary names first: the one guessed, else Windows. */
enum ta_stack ta_headline_stack(const struct ta_verdict *verdict);

/* How sure the verdict is, given the stack it is told for. */
enum ta_certainty ta_certainty(const struct ta_verdict *verdict, enum ta_stack headline);

enum ta_capture_point ta_capture_point(const uint8_t ttl[TA_ENDS]);

/* Names, all static. */
const char *ta_kind_slug(enum ta_kind kind);
const char *ta_kind_title(enum ta_kind kind);
enum ta_blame ta_kind_blame(enum ta_kind kind);
const char *ta_kind_headline(enum ta_kind kind);
const char *ta_fact_name(enum ta_fact fact);
const char *ta_result_name(enum ta_result result);
unsigned ta_result_number(enum ta_result result);
unsigned ta_result_overlapped(enum ta_result result);
unsigned ta_result_fd_close(enum ta_result result);
bool ta_result_is_error(enum ta_result result);
const char *ta_stack_slug(enum ta_stack stack);
const char *ta_stack_name(enum ta_stack stack);
const char *ta_cause_slug(enum ta_cause cause);
const char *ta_cause_title(enum ta_cause cause);
const char *ta_limit_slug(enum ta_limit limit);
const char *ta_effect_slug(enum ta_effect effect);
const char *ta_shape_slug(enum ta_shape shape);
const char *ta_handle_slug(enum ta_handle handle);
const char *ta_harm_slug(enum ta_harm harm);
const char *ta_certainty_slug(enum ta_certainty certainty);
const char *ta_capture_point_slug(enum ta_capture_point point);
const char *ta_icmp_title(unsigned number);
const char *ta_method_name(unsigned number);    /* from 1; "" after the last */
const char *ta_alert_name(uint8_t description); /* "" for an unknown one, like the next */
const char *ta_handshake_name(uint8_t type);
unsigned ta_idle_seconds(unsigned number);      /* of a row of idle.def, from 1; 0 after the last */
const char *ta_idle_owner(unsigned number);
const char *ta_end_slug(int end); /* "client", "server" */
const char *ta_blamed(const struct ta_verdict *verdict); /* value of tcpabort.aborted_by */
const char *ta_rule_text(const struct ta_verdict *verdict);

#endif
