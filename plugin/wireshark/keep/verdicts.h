/* The RSTs of the capture with the verdicts on them, and the one that decided each stream.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_VERDICTS_H
#define TCPABORT_VERDICTS_H

#include "tcpabort.h"

/* A verdict, and what became known besides. */
struct verdict_record {
    struct ta_verdict verdict;
    uint32_t overruled; /* later frame that shows this RST had no effect; 0 none */
    const char *diagnostic[TA_DIAGNOSTICS + 1]; /* what the RST says: lines of ta_diagnose(), then NULL */
};

void verdicts_begin(void);

/* A RST of the stream with this number, by ascending frames; its verdict comes later. */
void verdicts_add(uint32_t frame, uint32_t stream, const struct ta_reset_bytes *reset);

/* The frame, whose number the next frame has too, was dropped by a read filter: nobody will ask for its verdicts. */
void verdicts_drop(uint32_t frame);

/* The verdict on a RST of the stream. The first one counts. `decides`: it fixes how the stream ended. */
void verdicts_set(uint32_t stream, const struct ta_verdict *verdict, bool decides);

/* The later frame `by` shows that the RST of frame `reset` had no effect. */
void verdicts_overrule(uint32_t stream, uint32_t reset, uint32_t by);

/* The verdict on the RST of this stream in this frame, and the one that decided the stream, written to `room`; NULL when
 * there is none, or it is not known yet. */
const struct verdict_record *verdicts_of_frame(uint32_t frame, uint32_t stream, struct verdict_record *room);
const struct verdict_record *verdicts_decisive(uint32_t stream, struct verdict_record *room);

/* The frame of that one, 0 when no RST has decided the stream. */
uint32_t verdicts_decisive_frame(uint32_t stream);

#endif
