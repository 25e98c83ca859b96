/* What each end's socket calls return: outcomes.def, results.def, icmp.def.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_SOCKETS_H
#define TCPABORT_SOCKETS_H

#include <stddef.h>

#include "judge/judge.h"

/* ICMP errors, counted from 1; 0 is none. */
enum { TA_ANY_CODE = 255 };

struct ta_icmp_error {
    uint8_t version, type, code; /* code may be TA_ANY_CODE */
    const char *title;
    uint8_t linux_, bsd, bsd_connected; /* enum ta_result */
};
extern const struct ta_icmp_error ta_icmp_errors[];
extern const size_t ta_icmp_error_count;

/* What happened to an end, as a set for the rows of outcomes.def. */
enum ta_role {
    TA_ABORTED = 1,   /* it sent the RST, and has no socket (any more) */
    TA_GAVE_UP = 2,   /* it stopped trying, in silence or with a RST */
    TA_RESET = 4,     /* it received the RST and obeys */
    TA_UNTOUCHED = 8,
    TA_ANY_ROLE = 15,
};

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

/* The number of the ICMP error, 0 when it is none to TCP. */
unsigned ta_find_icmp(uint8_t version, uint8_t type, uint8_t code);

/* Fills `outcome` of a verdict that was judged. */
void ta_find_outcomes(struct ta_verdict *verdict);

#endif
