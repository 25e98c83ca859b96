/* What Wireshark looks for in a plugin's shared object.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#define WS_BUILD_DLL /* on Windows: WS_DLL_PUBLIC exports from here */
#include <gmodule.h>
#include <ws_symbol_export.h>

#include <epan/tap.h>

#include "compat.h"
#include "packet-tcpabort.h"
#include "window/reports.h"

WS_DLL_PUBLIC_DEF const char plugin_version[] = TCPABORT_VERSION;
WS_DLL_PUBLIC_DEF const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WS_DLL_PUBLIC_DEF const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

WS_DLL_PUBLIC void plugin_register(void);
void plugin_register(void)
{
    static const proto_plugin protocol = { proto_register_tcpabort, proto_reg_handoff_tcpabort };
    static const tap_plugin reports = { register_tap_listener_tcpabort_reports };

    proto_register_plugin(&protocol);
    tap_register_plugin(&reports);
}
