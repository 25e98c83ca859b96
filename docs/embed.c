/* The core of tcpabort in a program of one's own: seven segments in, one sentence out.
 *
 *     cc -Iplugin/core/include docs/embed.c build/libtcpabort_core.a -o embed
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "tcpabort.h"

int main(void)
{
    static const struct ta_segment segments[] = { /* a server closes, then resets what its client still sends */
        { .frame = 1, .from = TA_CLIENT, .flags = TA_SYN, .seq = 1000, .window = 65535, .ttl = 128 },
        { .frame = 2, .from = TA_SERVER, .flags = TA_SYN | TA_ACK, .seq = 5000, .ack = 1001, .window = 65535, .ttl = 64 },
        { .frame = 3, .from = TA_CLIENT, .flags = TA_ACK, .seq = 1001, .ack = 5001, .window = 65535, .ttl = 128 },
        { .frame = 4, .from = TA_SERVER, .flags = TA_FIN | TA_ACK, .seq = 5001, .ack = 1001, .window = 65535, .ttl = 64 },
        { .frame = 5, .from = TA_CLIENT, .flags = TA_ACK, .seq = 1001, .ack = 5002, .window = 65535, .ttl = 128 },
        { .frame = 6, .from = TA_CLIENT, .flags = TA_ACK, .seq = 1001, .ack = 5002, .len = 20, .window = 65535, .ttl = 128 },
        { .frame = 7, .from = TA_SERVER, .flags = TA_RST, .seq = 5002, .ttl = 64 },
    };
    struct ta_connection *connection = calloc(1, ta_connection_size());
    struct ta_verdict verdict;
    char text[TA_SUMMARY_SIZE];

    for (size_t i = 0; connection && i < sizeof segments / sizeof *segments; i++)
        if (ta_step(connection, &segments[i], NULL, &ta_default_policy, &verdict) & TA_STEP_JUDGED) {
            ta_summary(text, sizeof text, &verdict, TA_STACK_AUTO, NULL);
            printf("frame %u: %s: %s\n", (unsigned)verdict.evidence.frame, ta_kind_slug(verdict.kind), text);
        }
    free(connection);
    return 0;
}
