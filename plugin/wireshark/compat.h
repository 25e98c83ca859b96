/* Differences between Wireshark releases, bridged in one place.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_COMPAT_H
#define TCPABORT_COMPAT_H

#include <stdbool.h>

#include <epan/proto.h>
#include <ws_version.h>

#define WS_AT_LEAST(major, minor)                                                                  \
    (WIRESHARK_VERSION_MAJOR > (major)                                                             \
     || (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

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

static inline uint32_t finfo_uint(const field_info *fi)
{
#if WS_AT_LEAST(4, 2)
    return fvalue_get_uinteger(fi->value);
#else
    return fvalue_get_uinteger((fvalue_t *)&fi->value);
#endif
}

/* A string field's value. */
static inline const char *finfo_string(const field_info *fi)
{
#if WS_AT_LEAST(4, 2)
    return fvalue_get_string(fi->value);
#else
    return fvalue_get_string((fvalue_t *)&fi->value);
#endif
}

#endif
