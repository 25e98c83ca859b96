/* tshark -q -z tcpabort,tree[,filter], and Statistics / TCP aborts: how streams ended, counted by kind, by who
 * aborted them, by the error that the application gets, by the cause of the RST and by server.
 *
 * Nodes are set, not increased: Wireshark would take the moment of counting for that of an event and show bursts
 * that never were.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "window/tally.h"

#include <epan/stats_tree.h>

static const char KINDS[] = "Kinds", ABORTED_BY[] = "Aborted by", WINDOWS[] = "Errors on Windows", LINUX[] = "Errors on Linux",
                  CAUSES[] = "Causes of RSTs", SERVERS[] = "Servers";

static GHashTable *trees; /* stats_tree -> its counts, by node */

/* One more at the node; returns its id, for children. */
static int tick(stats_tree *tree, const char *name, int parent, bool with_children)
{
    GHashTable *counts = (GHashTable *)g_hash_table_lookup(trees, tree);
    char *node = g_strdup_printf("%d %s", parent, name);
    int streams = GPOINTER_TO_INT(g_hash_table_lookup(counts, node)) + 1;

    g_hash_table_replace(counts, node, GINT_TO_POINTER(streams));
    return stats_tree_manip_node_int(MN_SET, tree, name, parent, with_children, streams);
}

static void tick_under(stats_tree *tree, const char *topic, const char *name)
{
    tick(tree, name, tick(tree, topic, 0, true), false);
}

/* The error by which the application learns of the end, if it does. */
static void count_error(stats_tree *tree, GStringChunk *scope, const char *topic, const struct ta_verdict *v, enum ta_stack stack)
{
    struct ta_answer answer = ta_answer(v, v->evidence.told, stack);
    enum ta_result result = ta_first_failure(&answer);
    const char *name = ta_result_name(result);

    if (!ta_is_told(v, v->evidence.told, stack))
        return;
    if (ta_result_number(result))
        name = report_text(scope, "%u %s", ta_result_number(result), name);
    tick_under(tree, topic, name);
}

static void count(void *owner, const struct report_connection *c)
{
    stats_tree *tree = (stats_tree *)owner;
    const struct ta_verdict *v = c->verdict;
    GStringChunk *scope = g_string_chunk_new(512);
    const char *kind = report_text(scope, "%s: %s", ta_kind_slug(c->kind), ta_kind_title(c->kind));

    tick_under(tree, KINDS, kind);
    tick_under(tree, ABORTED_BY, report_blamed(c));
    if (v) {
        count_error(tree, scope, WINDOWS, v, TA_WINDOWS);
        count_error(tree, scope, LINUX, v, TA_LINUX);
        if (!(v->evidence.facts & TA_F(SILENCE)))
            tick_under(tree, CAUSES, ta_cause_slug((enum ta_cause)v->cause));
        const char *server = report_end_text(scope, &c->end[TA_SERVER]);
        tick(tree, kind, tick(tree, server, tick(tree, SERVERS, 0, true), true), false);
    }
    g_string_chunk_free(scope);
}

static void forget_counts(void *counts)
{
    g_hash_table_destroy((GHashTable *)counts);
}

/* The window calls this for each filter anew. */
static void init(stats_tree *tree)
{
    static const char *const topics[] = { KINDS, ABORTED_BY, WINDOWS, LINUX, CAUSES, SERVERS };

    reports_check_enabled("tcpabort,tree");
    g_hash_table_replace(trees, tree, g_hash_table_new_full(wmem_str_hash, g_str_equal, g_free, NULL));
    for (unsigned i = 0; i < G_N_ELEMENTS(topics); i++)
        stats_tree_create_node(tree, topics[i], 0, STAT_DT_INT, TRUE);
    tally_start(tree, count);
}

static tap_packet_status packet(stats_tree *tree, packet_info *pinfo _U_, epan_dissect_t *edt _U_, const void *record,
                                tap_flags_t flags _U_)
{
    tally_packet(tree, (const struct stream *)record);
    return TAP_PACKET_REDRAW;
}

static void cleanup(stats_tree *tree)
{
    tally_stop(tree);
    g_hash_table_remove(trees, tree);
}

void tree_register(void)
{
    trees = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, forget_counts);
    stats_tree_register_plugin("tcpabort", "tcpabort", "TCP aborts", TL_REQUIRES_NOTHING, packet, init, cleanup);
}
