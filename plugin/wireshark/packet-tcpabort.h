/* What plugin.c calls.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_PACKET_TCPABORT_H
#define TCPABORT_PACKET_TCPABORT_H

void proto_register_tcpabort(void);
void proto_reg_handoff_tcpabort(void);

#endif
