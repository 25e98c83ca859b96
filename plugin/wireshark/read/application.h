/* What HTTP and TLS say in a segment.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_APPLICATION_H
#define TCPABORT_APPLICATION_H

#include <epan/packet_info.h>

#include "tcpabort.h"

/* Reads a payload, of which `captured` bytes lie at `bytes`: fills `to`, and the segment's trailing_alerts. True when the
 * payload says something. `record`: SEQ at which the next TLS record of the segment's sender begins, 0 when that is not
 * known; moved on. On a first visit, once a segment. */
bool application_read(packet_info *pinfo, const uint8_t *bytes, uint32_t captured, struct ta_segment *segment,
                      uint32_t *record, struct ta_application *to);

#endif
