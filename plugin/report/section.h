/* One connection's section of the HTML report.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_SECTION_H
#define TCPABORT_SECTION_H

#include "format.h"

/* Writes the section with the id stream-NUMBER, for a connection with a verdict; `open`: unfolded at first. */
void section_put(GString *page, const struct report *report, const struct report_connection *connection, bool open);

#endif
