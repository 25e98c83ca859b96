/* Who really sent a RST: the end whose address it bears, or something on the way? signs.def lists what speaks for or
 * against the end. Signs are found when asked for, so what came after the RST counts too.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_SIGNS_H
#define TCPABORT_SIGNS_H

#include "sender.h"
#include "tcpabort.h"

/* ta_signs() and ta_origin() of a connection. */
unsigned ta_find_signs(const struct ta_senders *senders, const struct ta_flow *flow, const struct ta_verdict *verdict);
enum ta_origin ta_find_origin(const struct ta_senders *senders, const struct ta_flow *flow, const struct ta_verdict *verdict);

#endif
