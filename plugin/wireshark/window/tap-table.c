/* tshark -q -z tcpabort,table[,filter], and Statistics / TCP aborts by stream: the rows of -z tcpabort,streams
 * as a table that the window can sort.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "window/tally.h"

#include <epan/stat_tap_ui.h>

enum { STREAM, FILTER, BEGAN, DECIDED, CLIENT, SERVER, KIND_, BY, HARM, CLIENT_SEES, SERVER_SEES, FIN, DATA, FRAME, COLUMNS };

static const char TITLE[] = "TCP aborts by stream";

#define TEXT(name) { TABLE_ITEM_STRING, TAP_ALIGN_LEFT, name, "%s" }
#define NUMBER(name) { TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, name, "%u" }
static stat_tap_table_item columns[COLUMNS] = {
    [STREAM] = NUMBER("Stream"), [FILTER] = TEXT("Filter"), [BEGAN] = TEXT("Began"), [DECIDED] = TEXT("Decided"),
    [CLIENT] = TEXT("Client"), [SERVER] = TEXT("Server"), [KIND_] = TEXT("Kind"), [BY] = TEXT("By"), [HARM] = TEXT("Harm"),
    [CLIENT_SEES] = TEXT("Client sees"), [SERVER_SEES] = TEXT("Server sees"), [FIN] = NUMBER("FIN frame"),
    [DATA] = NUMBER("Data frame"), [FRAME] = NUMBER("End frame"),
};

/* Every dialog reads from the rows that it was filled from until the last dialog is closed: rows that a reset drops
 * are kept until then, and all texts. */
static GPtrArray *dropped;
static GStringChunk *texts;

static stat_tap_table_ui table_ui;

static void set_text(stat_tap_table_item_type *item, const char *text)
{
    *item = (stat_tap_table_item_type){ .type = TABLE_ITEM_STRING, .value.string_value = text };
}

static void set_number(stat_tap_table_item_type *item, unsigned number)
{
    *item = (stat_tap_table_item_type){ .type = TABLE_ITEM_UINT, .value.uint_value = number };
}

static void count(void *owner _U_, const struct report_connection *c)
{
    stat_tap_table *table = stat_tap_find_table(&table_ui, TITLE);
    const struct report_options options = reports_options();
    const struct ta_verdict *v = c->verdict;
    stat_tap_table_item_type row[COLUMNS];

    if (!report_lists(&options, c))
        return;
    set_number(&row[STREAM], c->number);
    set_text(&row[FILTER], g_string_chunk_insert(texts, c->filter));
    set_text(&row[BEGAN], report_time_text(texts, c->first_time));
    set_text(&row[DECIDED], report_time_text(texts, v->evidence.time));
    set_text(&row[CLIENT], report_end_text(texts, &c->end[TA_CLIENT]));
    set_text(&row[SERVER], report_end_text(texts, &c->end[TA_SERVER]));
    set_text(&row[KIND_], ta_kind_slug(c->kind));
    set_text(&row[BY], report_blamed(c));
    set_text(&row[HARM], ta_harm_slug((enum ta_harm)v->harm));
    set_text(&row[CLIENT_SEES], report_errors_text(texts, v, TA_CLIENT));
    set_text(&row[SERVER_SEES], report_errors_text(texts, v, TA_SERVER));
    set_number(&row[FIN], v->evidence.fin_frame);
    set_number(&row[DATA], v->data_frame);
    set_number(&row[FRAME], v->evidence.frame);
    stat_tap_init_table_row(table, table->num_elements, COLUMNS, row);
}

static void reset(stat_tap_table *table)
{
    for (unsigned row = 0; row < table->num_elements; row++)
        g_ptr_array_add(dropped, table->elements[row]);
    table->num_elements = 0;
    tally_start(&table_ui, count);
}

static void init(stat_tap_table_ui *ui)
{
    stat_tap_table *table = stat_tap_find_table(ui, TITLE);

    if (!table) {
        table = stat_tap_init_table(TITLE, COLUMNS, 0, NULL);
        stat_tap_add_table(ui, table);
    }
    reports_check_enabled(table_ui.cli_string);
    reset(table);
}

static tap_packet_status packet(void *data _U_, packet_info *pinfo _U_, epan_dissect_t *edt _U_, const void *record,
                                tap_flags_t flags _U_)
{
    tally_packet(&table_ui, (const struct stream *)record);
    return TAP_PACKET_REDRAW;
}

/* Called for each item when no dialog is left. */
static void free_item(stat_tap_table *table _U_, unsigned row, unsigned column, stat_tap_table_item_type *item _U_)
{
    if (row > 0 || column > 0)
        return;
    g_ptr_array_set_size(dropped, 0);
    g_string_chunk_clear(texts);
}

void table_register(void)
{
    table_ui = (stat_tap_table_ui){
        .group = REGISTER_PACKET_STAT_GROUP_UNSORTED,
        .title = TITLE,
        .tap_name = "tcpabort",
        .cli_string = "tcpabort,table",
        .stat_tap_init_cb = init,
        .packet_func = packet,
        .stat_tap_reset_table_cb = reset,
        .stat_tap_free_table_item_cb = free_item,
        .nfields = COLUMNS,
        .fields = columns,
    };
    dropped = g_ptr_array_new_with_free_func(g_free);
    texts = g_string_chunk_new(4096);
    register_stat_tap_table_ui(&table_ui);
}
