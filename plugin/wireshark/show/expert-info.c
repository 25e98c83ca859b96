/* Expert info; see expert-info.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "show/expert-info.h"

#include <epan/expert.h>
#include <epan/tap.h>

#include "preferences.h"

static expert_field ei[TA_KIND_COUNT][TA_HARM_COUNT];

/* One expert field a kind and harm: an expert field's severity cannot vary. */
void experts_register(int protocol)
{
    static const int severity[TA_HARM_COUNT] = { [TA_HARM_NONE] = PI_NOTE, [TA_HARM_POSSIBLE] = PI_WARN, [TA_HARM_LOST] = PI_ERROR };
    expert_module_t *module = expert_register_protocol(protocol);

    for (int kind = TA_KIND_NONE + 1; kind < TA_KIND_COUNT; kind++) {
        char *title = wmem_strdup(wmem_epan_scope(), ta_kind_title(kind));
        title[0] = g_ascii_toupper(title[0]);
        for (int harm = 0; harm < TA_HARM_COUNT; harm++) {
            ei_register_info *info = wmem_new(wmem_epan_scope(), ei_register_info);
            ei[kind][harm] = (expert_field)EI_INIT;
            *info = (ei_register_info){
                &ei[kind][harm],
                { wmem_strdup_printf(wmem_epan_scope(), "tcpabort.expert.%s.%s", ta_kind_slug(kind), ta_harm_slug(harm)),
                  PI_SEQUENCE, severity[harm], title, EXPFILL }
            };
            expert_register_field_array(module, info, 1);
        }
    }
}

/* The harm as far as somebody is there to feel it: without an open socket it is a note. */
static expert_field *field_of(const struct ta_verdict *v)
{
    bool open = v->evidence.handle[TA_CLIENT] == TA_HANDLE_OPEN || v->evidence.handle[TA_SERVER] == TA_HANDLE_OPEN;
    return &ei[v->kind][open ? v->harm : TA_HARM_NONE];
}

/* How much of it Wireshark keeps as expert info: whole characters, for Wireshark 4.0 cuts them in two. */
static int expert_length(const char *summary)
{
    const char *most = summary + MIN(strlen(summary), ITEM_LABEL_LENGTH - 1);
    return (int)((*most ? g_utf8_find_prev_char(summary, most + 1) : most) - summary);
}

void experts_add(packet_info *pinfo, proto_item *item, const struct ta_verdict *v, const char *summary)
{
    if (summary)
        expert_add_info_format(pinfo, item, field_of(v), "%.*s", expert_length(summary), summary);
    else
        expert_add_info(pinfo, item, field_of(v));
}

bool experts_want_text(proto_tree *tree)
{
    static int hf_message;

    if (hf_message == 0)
        hf_message = proto_registrar_get_id_byname("_ws.expert.message");
    return experts_listens() || proto_field_is_referenced(tree, hf_message);
}

bool experts_listens(void)
{
    static int tap_expert;

    if (tap_expert == 0)
        tap_expert = find_tap_id("expert");
    return have_tap_listener(tap_expert);
}

void experts_add_alone(packet_info *pinfo, const struct verdict_record *record)
{
    const struct ta_verdict *v = &record->verdict;
    char room[TA_SUMMARY_SIZE], *summary = experts_listens() ? room : NULL;

    if (v->kind == TA_KIND_NONE)
        return;
    if (summary)
        ta_summary(summary, sizeof room, v, (unsigned)pref_stack, record->diagnostic);
    experts_add(pinfo, NULL, v, summary);
}
