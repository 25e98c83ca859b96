/* Differences between Wireshark releases, bridged in one place.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_COMPAT_H
#define TCPABORT_COMPAT_H

#include <stdbool.h>

#include <epan/packet.h>
#include <wiretap/wtap.h>
#include <ws_version.h>

#define WS_AT_LEAST(major, minor)                                                                  \
    (WIRESHARK_VERSION_MAJOR > (major)                                                             \
     || (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

/* Whether a stream ends at a SYN or SYN-ACK that follows a RST or FIN, even one that repeats the handshake's numbers: then a
 * connect() that is refused three times, as Windows does it, has three. */
#define WS_SPLITS_STREAMS WS_AT_LEAST(4, 2)

/* What a boolean preference is kept in. */
#if WS_AT_LEAST(4, 4)
typedef bool ws_bool;
#else
typedef gboolean ws_bool;
#endif

/* What the callback that starts a -z statistic returns. */
#if WS_AT_LEAST(4, 6)
typedef bool stat_start;
#define STAT_STARTED return true
#else
typedef void stat_start;
#define STAT_STARTED return
#endif

/* The callbacks of a conversation filter got an argument of their own. */
#if WS_AT_LEAST(4, 4)
#define FILTER_DATA , void *data _U_
#define NO_FILTER_DATA , NULL
#else
#define FILTER_DATA
#define NO_FILTER_DATA
#endif

/* The value of an unsigned field. */
static inline uint32_t finfo_uint(field_info *fi)
{
#if WS_AT_LEAST(4, 2)
    return fvalue_get_uinteger(fi->value);
#else
    return fvalue_get_uinteger(&fi->value);
#endif
}

/* Whether a data source of a frame has this name; what Wireshark gives is the name and a size in brackets. */
static inline bool source_is(const struct data_source *source, const char *name)
{
#if WS_AT_LEAST(4, 6)
    char *text = get_data_source_description(source);
#else
    char *text = get_data_source_name(source);
#endif
    bool is = g_str_has_prefix(text, name);
    wmem_free(NULL, text);
    return is;
}

#endif
