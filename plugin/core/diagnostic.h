/* What a RST itself says of its cause: a text or the IETF's code in its payload, the reason in its MPTCP option, a
 * NetScaler's code in its window.
 *
 * Nothing of it is proven: whoever can send the RST can write what he likes. So a line is safe to print anywhere.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_DIAGNOSTIC_H
#define TCPABORT_DIAGNOSTIC_H

#include <stdbool.h>
#include <stdint.h>

enum { TA_DIAGNOSTICS = 3, TA_DIAGNOSTIC_SIZE = 256 };

/* A line that begins so goes on with the sender's own words. */
#define TA_DIAGNOSTIC_TEXT "text: "

struct ta_reset_bytes {
    const uint8_t *options, *payload;           /* as captured; not read where the length is 0 */
    uint32_t options_captured, payload_captured; /* bytes */
    uint32_t payload_sent;                      /* bytes, at least payload_captured */
    uint16_t window;                            /* the 16 bits of the header */
    bool from_netscaler;                        /* captured by the NetScaler that sent it */
};

/* Writes what the RST says, a line each, and returns how many lines, 0 to TA_DIAGNOSTICS.
 *
 * A line is terminated UTF-8 without control characters, invisible ones or such that change the direction of others;
 * those are escaped as \n, \x1b or \u202e, bytes that are no UTF-8 as \xff, a backslash as \\. A long text is cut,
 * and says how many bytes of the payload are not shown. */
unsigned ta_diagnose(const struct ta_reset_bytes *reset, char lines[TA_DIAGNOSTICS][TA_DIAGNOSTIC_SIZE]);

#endif
