/* Signatures of connection tampering; see tamper.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "tamper.h"

#include <stddef.h>

enum { PACKETS = 10, ALL = PACKETS };
static const int64_t silence = 3000 * TA_MILLISECOND;

enum compare { ANY, EQUAL, DIFFERENT, ONE_ZERO };

const struct ta_tamper_signature ta_tamper_signatures[] = {
#define SIGNATURE(stage, name, rst, rsts, rst_ack, rst_acks, compare) { name, stage, rst, rsts, rst_ack, rst_acks, compare },
#include "tamper.def"
#undef SIGNATURE
};
const unsigned ta_tamper_signature_count = sizeof ta_tamper_signatures / sizeof *ta_tamper_signatures;

static void take_reset(struct ta_tamper *tamper, const struct ta_segment *s)
{
    if (s->flags & TA_ACK) {
        tamper->reset_acks++;
        return;
    }
    if (tamper->resets++ == 0)
        tamper->ack = s->ack;
    tamper->differ |= s->ack != tamper->ack;
    tamper->zero |= s->ack == 0;
}

void ta_tamper_step(struct ta_tamper *tamper, const struct ta_segment *s)
{
    if (s->from == TA_SERVER)
        tamper->server_ended |= (s->flags & (TA_FIN | TA_RST)) != 0;
    if (s->from == TA_SERVER || tamper->packets > PACKETS)
        return;
    tamper->packets++;
    tamper->time = s->time;
    if (tamper->packets > PACKETS)
        return;
    switch (s->flags & (TA_SYN | TA_FIN | TA_RST | TA_ACK)) {
    case TA_SYN: tamper->misfit |= tamper->packets > 1; break;
    case TA_RST:
    case TA_RST | TA_ACK:
        tamper->misfit |= tamper->packets == 1;
        take_reset(tamper, s);
        break;
    case TA_ACK:
        tamper->misfit |= tamper->packets == 1 || tamper->resets > 0 || tamper->reset_acks > 0;
        tamper->acked_last = s->len == 0;
        tamper->pushed |= s->len > 0 && s->flags & TA_PSH;
        tamper->acks += s->len == 0;
        tamper->data += s->len > 0;
        break;
    default: tamper->misfit = true; break;
    }
}

/* Which stage the packets before the end are at; TA_TAMPER_STAGES when at none. */
static enum ta_tamper_stage find_stage(const struct ta_tamper *tamper)
{
    if (tamper->data == 0)
        return tamper->acks == 0 ? TA_POST_SYN : tamper->acks == 1 ? TA_POST_ACK : TA_TAMPER_STAGES;
    if (!tamper->pushed)
        return TA_TAMPER_STAGES;
    if (tamper->data > 1)
        return TA_LATER;
    return tamper->acked_last ? TA_TAMPER_STAGES : TA_POST_PSH;
}

const struct ta_tamper_signature *ta_tamper_match(const struct ta_tamper *tamper, int64_t now)
{
    enum compare compare = !tamper->differ ? EQUAL : tamper->zero ? ONE_ZERO : DIFFERENT;
    bool reset = tamper->resets > 0 || tamper->reset_acks > 0;

    if (tamper->packets == 0 || tamper->misfit)
        return NULL;
    if (!reset && (tamper->packets > PACKETS || tamper->server_ended || now - tamper->time <= silence))
        return NULL;
    for (unsigned i = 0; i < ta_tamper_signature_count; i++) {
        const struct ta_tamper_signature *s = &ta_tamper_signatures[i];
        if (s->stage == find_stage(tamper) && tamper->resets >= s->resets_least && tamper->resets <= s->resets_most
            && tamper->reset_acks >= s->reset_acks_least && tamper->reset_acks <= s->reset_acks_most
            && (s->compare == ANY || s->compare == compare))
            return s;
    }
    return NULL;
}

const char *ta_tamper_stage_name(const struct ta_tamper_signature *signature)
{
    static const char *const names[TA_TAMPER_STAGES] = { "Post-SYN", "Post-ACK", "Post-PSH", "Later" };
    return names[signature->stage];
}
