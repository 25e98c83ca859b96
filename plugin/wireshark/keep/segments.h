/* The segments of streams, for reports that draw them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_SEGMENTS_H
#define TCPABORT_SEGMENTS_H

#include <epan/wmem_scopes.h>

#include "tcpabort.h"

void segments_begin(void);

/* From now on they are kept, some 80 bytes each. To be called before frames are read. */
void segments_keep(void);

/* The next segment of the stream with this number, if segments are kept. */
void segments_add(uint32_t stream, const struct ta_segment *segment);

/* The stream's segments by ascending frames, as an array of struct ta_segment; of an ICMP error only frame, time and
 * `from`, the end it does not tell. NULL unless they are kept. */
wmem_array_t *segments_of(uint32_t stream);

#endif
