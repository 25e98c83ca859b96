/* Retransmissions and probes: how often an end has sent what its peer has not answered.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flow.h"

void ta_count_retry(struct ta_end *from, const struct ta_segment *s, bool is_new, bool probe)
{
    /* Sent again within less than the shortest retransmission timer (Linux: 200 ms): one try, or a copy. */
    const int64_t one_try = 190 * TA_MILLISECOND;

    /* New payload behind what is un-ACKed is no repetition; a probe begins a count of its own. */
    if (from->retry.count == 0 || probe != from->retry.is_probe) {
        bool goes_on = probe && from->retry.is_probe; /* the one before was answered */
        from->retry.count = 1;
        from->retry.peer_sent = false;
        from->retry.gap = goes_on ? s->time - from->retry.time : 0;
    } else if (s->time - from->retry.time < one_try) {
        from->retry.frame = s->frame;
        from->retry.frame_time = s->time;
        return;
    } else if (!is_new) {
        from->retry.count += from->retry.count < UINT8_MAX;
        from->retry.gap = s->time - from->retry.time;
    }
    from->retry.is_probe = probe;
    from->retry.frame = s->frame;
    from->retry.time = from->retry.frame_time = s->time;
}

void ta_answer_retries(struct ta_end *end, bool progress)
{
    if (end->retry.is_probe)
        end->retry.count = 0; /* any segment answers a probe */
    else if (progress)
        end->retry.count = end->retry.count && end->seq.una != end->seq.nxt; /* what is left was sent once, as far as is known */
    else
        end->retry.peer_sent = true;
    if (progress) {
        end->retry.peer_sent = false;
        end->retry.gap = 0;
    }
}
