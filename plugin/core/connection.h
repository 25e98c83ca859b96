/* All that is followed of one connection.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_CONNECTION_H
#define TCPABORT_CONNECTION_H

#include "explain/context.h"
#include "explain/sender.h"
#include "labels/tamper.h"
#include "labels/zeek.h"
#include "tcpabort.h"
#include "track/flow.h"

struct ta_connection {
    struct ta_flow flow;
    struct ta_senders senders;
    struct ta_zeek zeek;
    struct ta_tamper tamper;
    struct ta_context context;
};

#endif
