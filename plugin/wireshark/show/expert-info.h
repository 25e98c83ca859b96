/* Expert info: each verdict of a kind, as severe as the harm that somebody is there to feel.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_EXPERT_INFO_H
#define TCPABORT_EXPERT_INFO_H

#include <epan/packet.h>

#include "keep/verdicts.h"

void experts_register(int protocol);

/* Adds the verdict's to the item of its tree, with the summary unless that is NULL. */
void experts_add(packet_info *pinfo, proto_item *item, const struct ta_verdict *verdict, const char *summary);

/* The same without a tree, for Wireshark's severity light and for expert lists. */
void experts_add_alone(packet_info *pinfo, const struct verdict_record *record);

/* Whether an expert list is being made (-z expert, or Expert Information's window), and whether anybody reads what expert
 * info of this tree says. */
bool experts_listens(void);
bool experts_want_text(proto_tree *tree);

#endif
