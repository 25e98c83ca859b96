/* A verdict as text on one line: a packet comment.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "format.h"

/* The text with what leads to it and a full stop; nothing of no text. */
static const char *sentence(GStringChunk *scope, const char *lead, GString *text)
{
    if (text->len > 0) {
        g_string_prepend(text, lead);
        g_string_append_c(text, '.');
    }
    return report_keep_text(scope, text);
}

static const char *evidence_text(GStringChunk *scope, const struct ta_verdict *v)
{
    const struct {
        const char *name;
        uint32_t frame;
    } evidence[] = {
        { "FIN", v->evidence.fin_frame },
        { "data", v->data_frame },
        { "answered segment", v->evidence.trigger_frame == v->data_frame ? 0 : v->evidence.trigger_frame },
        { "ICMP error", v->evidence.icmp_frame },
    };
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < G_N_ELEMENTS(evidence); i++)
        if (evidence[i].frame != 0 && evidence[i].frame != v->evidence.frame)
            g_string_append_printf(text, "%s%s in frame %u", text->len ? ", " : "", evidence[i].name, evidence[i].frame);
    return sentence(scope, " Evidence: ", text);
}

static const char *context_text(GStringChunk *scope, const struct ta_verdict *v)
{
    GString *text = g_string_new(NULL);

    for (unsigned i = 0; i < v->hint_count; i++)
        g_string_append_printf(text, "%s%s", text->len ? "; " : "", report_hint_text(scope, v, i));
    return sentence(scope, " Context: ", text);
}

/* What says that something on the way sent the RST, if enough does. */
static const char *origin_text(GStringChunk *scope, const struct report_connection *c)
{
    unsigned signs = ta_origin(c->tcp, c->verdict) == TA_ORIGIN_NETWORK ? ta_signs(c->tcp, c->verdict) : 0;
    GString *text = g_string_new(NULL);

    for (int sign = -1; ta_next_in(signs, &sign);)
        g_string_append_printf(text, "%s%s", text->len ? "; " : "", report_sign_text(scope, c, sign));
    return sentence(scope, " Signs of the reset's origin: ", text);
}

const char *report_comment_text(GStringChunk *scope, const struct report_options *options, const struct report_connection *c)
{
    const struct ta_verdict *v = c->verdict;
    bool decides = v->evidence.facts & TA_F(SILENCE) || ta_decisive_frame(c->tcp) == v->evidence.frame;
    const char *overruled = c->overruled ? report_text(scope, " Overruled by frame %u.", c->overruled) : "";
    const char *other = decides ? "" : report_text(scope, " It did not decide the stream, whose kind is %s.", ta_kind_slug(c->kind));

    return report_text(scope, "tcpabort: %s: %s.%s%s%s%s%s %s TCP stream %u; harm: %s; certainty: %s.", ta_kind_slug((enum ta_kind)v->kind),
                       report_summary_text(scope, options, c), overruled, other, evidence_text(scope, v), context_text(scope, v),
                       origin_text(scope, c), ta_advice(v), c->number, ta_harm_slug((enum ta_harm)v->harm),
                       ta_certainty_slug(report_certainty(options, v)));
}
