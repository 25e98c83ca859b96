/* Whether the receiver of a RST obeys it.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_ACCEPTANCE_H
#define TCPABORT_ACCEPTANCE_H

#include "track/end.h"

/* What `to` does with this RST of `from`; adds the facts that follow from where its SEQ lies. */
enum ta_effect ta_find_effect(const struct ta_end *from, const struct ta_end *to, const struct ta_segment *segment, uint64_t *facts);

#endif
