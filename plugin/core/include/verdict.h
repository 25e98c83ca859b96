/* The verdict on one RST or one silence: kind, harm, cause, and what each end's socket calls return.
 *
 * Its tables are data, each in a .def file of its own. Every function here is a pure one of a verdict.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_VERDICT_H
#define TCPABORT_VERDICT_H

#include "evidence.h"

enum ta_blame { TA_BY_ABORTER, TA_BY_NETWORK, TA_BY_NOBODY };

enum ta_kind {
#define KIND(id, slug, title, headline, blame) id,
#include "../judge/kinds.def"
#undef KIND
    TA_KIND_COUNT
};

enum ta_result {
#define RESULT(id, name, number, overlapped, fd_close) id,
#include "../sockets/results.def"
#undef RESULT
    TA_RESULT_COUNT
};

enum ta_cause {
#define CAUSE(id, slug, title) id,
#include "../judge/causes.def"
#undef CAUSE
    TA_CAUSE_COUNT
};

/* Hints of what the application was doing: hints.def. */
enum ta_hint_id {
#define HINT(id, headline, text) id,
#include "../explain/hints.def"
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

enum ta_harm { TA_HARM_NONE, TA_HARM_POSSIBLE, TA_HARM_LOST, TA_HARM_COUNT };
enum ta_certainty { TA_CERTAINTY_LOW, TA_CERTAINTY_MEDIUM, TA_CERTAINTY_HIGH, TA_CERTAINTY_COUNT };
enum ta_capture_point {
    TA_POINT_CLIENT,
    TA_POINT_SERVER,
    TA_POINT_MIDDLE,
    TA_POINT_UNKNOWN,
    TA_POINT_COUNT
};

/* What an end's calls return on one stack. */
struct ta_answer {
    uint8_t recv, send;  /* enum ta_result */
    char evidence;       /* M, S, C, D, T or F */
    uint8_t alternative; /* enum ta_result; TA_NOT_KNOWN when there is none */
};

/* What Windows does with data that was received and not read yet. */
enum ta_queue { TA_KEPT, TA_ERASED, TA_UNSURE, TA_NO_QUEUE /* no data, or no application */ };

/* The verdict: what follows from the evidence. */
struct ta_verdict {
    struct ta_evidence evidence;
    uint8_t kind;                  /* enum ta_kind; TA_KIND_NONE for a duplicate */
    uint8_t rule;                  /* index into ta_rules: ta_rule_text() */
    uint8_t cause, harm;           /* enum ta_cause, ta_harm */
    uint8_t outcome[TA_ENDS];      /* row of outcomes.def */
    uint32_t data_frame;           /* the payload that the harm is about */
    uint8_t hint_count;
    struct ta_hint hint[TA_HINTS_MAX]; /* who keeps a verdict needs only as many as there are, and nothing after them */
};

/* What this end's recv() and send() return on a stack. */
struct ta_answer ta_answer(const struct ta_verdict *verdict, int end, enum ta_stack stack);

/* What becomes of data this end had received and not read. */
enum ta_queue ta_queue(const struct ta_verdict *verdict, int end, enum ta_stack stack);

/* The result an application notices: recv's when it is an error, else send's when it is one, else recv's. */
enum ta_result ta_first_failure(const struct ta_answer *answer);

/* Whether an application on this stack gets an error that its end's state alone would not give. */
bool ta_is_told(const struct ta_verdict *verdict, int end, enum ta_stack stack);

/* WSAGetLastError() of the first failing call, 0 when there is none: the handle is not known to be
 * open, nothing fails, or the evidence does not carry a number. */
unsigned ta_winsock(const struct ta_verdict *verdict, int end);

/* Which stack a summary names: one of enum ta_stack, or TA_STACK_AUTO for Windows and the POSIX stack both, the one
 * guessed from the victim's TTL first. */
enum { TA_STACK_AUTO = TA_STACK_COUNT };

/* The stack whose error a summary for `stack` names first: that one; with TA_STACK_AUTO the one guessed, else Windows. */
enum ta_stack ta_headline_stack(const struct ta_verdict *verdict, unsigned stack);

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
const char *ta_end_slug(int end); /* "client", "server" */
const char *ta_blamed(const struct ta_verdict *verdict); /* value of tcpabort.aborted_by */
const char *ta_rule_text(const struct ta_verdict *verdict);

#endif
