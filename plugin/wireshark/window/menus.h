/* What the window gets besides statistics: a conversation filter, and the menu "TCP abort".
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_MENUS_H
#define TCPABORT_MENUS_H

#include <stdbool.h>

void menus_register(int protocol);

/* Asks once whether there is a window, that is to say whether this is Wireshark; and what the answer was. */
void menus_handoff(void);
bool menus_in_window(void);

#endif
