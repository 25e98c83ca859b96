/* All that the core says of a recording, folded into one number: equal answers, equal numbers.
 *
 * Field by field, for padding and pointers mean nothing.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_FUZZ_ANSWERS_H
#define TCPABORT_FUZZ_ANSWERS_H

#include "judged.h"

/* One verdict. With `mirrored` the ends change roles; `whole`: also what names an end or was found out later: texts, hints,
 * signs, what overruled it. */
uint64_t answers_verdict(const struct judged *judged, unsigned index, bool mirrored, bool whole);

/* Every frame's states and kind, every verdict; `whole` as above, and the labels of others. */
uint64_t answers_all(const struct judged *judged, bool mirrored, bool whole);

#endif
