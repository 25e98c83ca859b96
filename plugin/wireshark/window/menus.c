/* The menu's entries; see menus.h. Other programs register them, too, and never call them.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "window/menus.h"

#include <epan/packet.h>
#include <epan/conversation_filter.h>
#include <epan/plugin_if.h>
#include <wsutil/report_message.h>

#include "compat.h"
#include "keep/frames.h"
#include "window/reports.h"

static bool in_window;

/* The frame's stream that was aborted, of several the first; else its first stream. NULL when it has none. */
static const struct report_connection *find_abort(uint32_t frame)
{
    const struct stream *stream;

    for (unsigned i = 0; (stream = frames_stream(frame, i)) != NULL; i++) {
        const struct report_connection *connection = reports_connection(stream);
        if (connection->verdict)
            return connection;
    }
    stream = frames_stream(frame, 0);
    return stream ? reports_connection(stream) : NULL;
}

static ws_bool has_stream(packet_info *pinfo FILTER_DATA)
{
    return frames_stream(pinfo->num, 0) != NULL;
}

/* The stream, with the ICMP error that belongs to its end; freed by g_free(). */
static char *build_filter(packet_info *pinfo FILTER_DATA)
{
    const struct report_connection *found = find_abort(pinfo->num);

    return found ? g_strdup(found->filter) : NULL;
}

static void *frame_number(frame_data *frame, void *unused _U_)
{
    return GUINT_TO_POINTER(frame->num);
}

static void show_abort(ext_menubar_gui_type gui _U_, void *window _U_, void *data _U_)
{
    uint32_t frame = GPOINTER_TO_UINT(plugin_if_get_frame_data(frame_number, NULL));
    const struct report_connection *found = find_abort(frame);

    if (frame == 0)
        report_warning("Select a packet of the TCP stream first.");
    else if (!found)
        report_warning("Packet %u belongs to no TCP stream.", frame);
    else if (!found->verdict)
        report_warning("TCP stream %u has no abort to show; its kind is %s (%s).", found->number, ta_kind_slug(found->kind),
                       ta_kind_title(found->kind));
    else
        plugin_if_goto_frame(found->verdict->evidence.frame);
}

void menus_handoff(void)
{
    ws_info_t *info;

    plugin_if_get_ws_info(&info); /* only a window answers */
    in_window = info->ws_info_supported;
}

bool menus_in_window(void)
{
    return in_window;
}

void menus_register(int protocol)
{
    ext_menu_t *menu = ext_menubar_register_menu(protocol, "TCP a&bort", TRUE);

    ext_menubar_add_entry(menu, "&Show this stream's abort", "Goes to the packet that decides how the selected packet's TCP stream ended",
                          show_abort, NULL);
    register_conversation_filter("tcpabort", "TCP abort", has_stream, build_filter NO_FILTER_DATA);
}
