/* Labels that others have published for a connection. They are facts of the whole stream, shown on later visits only.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "show/labels.h"

#include "answer/answers.h"
#include "keep/capture.h"
#include "show/fields.h"

static int hf_conn_state, hf_history, hf_signature, hf_stage;
static int ett_zeek = -1, ett_tamper = -1;

/* clang-format off */
static hf_register_info list[] = {
    { &hf_conn_state, { "Zeek conn_state", "tcpabort.zeek.conn_state", FT_STRING, BASE_NONE, NULL, 0,
      "conn_state that Zeek would log of this frame's stream; on later visits only", HFILL } },
    { &hf_history, { "Zeek history", "tcpabort.zeek.history", FT_STRING, BASE_NONE, NULL, 0,
      "history that Zeek would log, without its timers and checksums; on later visits only", HFILL } },
    { &hf_signature, { "Signature", "tcpabort.tamper.signature", FT_STRING, BASE_NONE, NULL, 0,
      "The tampering signature (SIGCOMM 2023) that the client's first 10 packets match, whatever made them so; on later visits only", HFILL } },
    { &hf_stage, { "Stage", "tcpabort.tamper.stage", FT_STRING, BASE_NONE, NULL, 0,
      "Stage of that signature: Post-SYN, Post-ACK, Post-PSH or Later; on later visits only", HFILL } },
};
/* clang-format on */

void labels_register(int protocol)
{
    static int *ett[] = { &ett_zeek, &ett_tamper };

    proto_register_field_array(protocol, list, array_length(list));
    proto_register_subtree_array(ett, array_length(ett));
}

bool labels_wanted(proto_tree *tree)
{
    return proto_field_is_referenced(tree, hf_conn_state) || proto_field_is_referenced(tree, hf_history)
           || proto_field_is_referenced(tree, hf_signature) || proto_field_is_referenced(tree, hf_stage);
}

void labels_show(tvbuff_t *tvb, proto_tree *tree, const struct stream *stream)
{
    const struct ta_labels labels = ta_labels(answer_connection(stream), capture_now());
    proto_item *item;
    proto_tree *branch;

    branch = proto_tree_add_subtree_format(tree, tvb, 0, 0, ett_zeek, &item, "Zeek would log: %s, history %s", labels.zeek_state,
                                           *labels.zeek_history ? labels.zeek_history : "-");
    proto_item_set_generated(item);
    field_add_string(branch, tvb, hf_conn_state, labels.zeek_state);
    if (*labels.zeek_history)
        field_add_string(branch, tvb, hf_history, labels.zeek_history);
    if (!labels.tamper_signature)
        return;
    branch = proto_tree_add_subtree_format(tree, tvb, 0, 0, ett_tamper, &item, "Matches the signature (client to server): %s", labels.tamper_signature);
    proto_item_set_generated(item);
    field_add_string(branch, tvb, hf_signature, labels.tamper_signature);
    field_add_string(branch, tvb, hf_stage, labels.tamper_stage);
}
