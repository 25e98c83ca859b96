/* Keeps what the signs of signs.def are found by; see sender.h.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sender.h"

#include "seq.h"
#include "tcpabort.h"

enum { SERIES = 128 /* most by which a counting stack's IP ID moves from packet to packet, offloaded ones too */ };

static const int64_t second = 1000 * TA_MILLISECOND;

static void count(uint8_t *number)
{
    if (*number < UINT8_MAX)
        ++*number;
}

static uint32_t microseconds(int64_t from, int64_t to)
{
    int64_t time = (to - from) / 1000;
    return time < 0 || time > UINT32_MAX ? UINT32_MAX : (uint32_t)time;
}

/* What the path leaves in a packet. */
static void learn_path(struct ta_sender *own, const struct ta_segment *s)
{
    if (own->ttl_low == 0 || s->ttl < own->ttl_low)
        own->ttl_low = s->ttl;
    if (s->ttl > own->ttl_high)
        own->ttl_high = s->ttl;
    own->mac_varies |= own->segments > 0 && s->mac != own->mac;
    own->mac = s->mac;
}

static void learn_ip_id(struct ta_sender *own, uint16_t ip_id)
{
    if (ip_id == 0)
        return; /* Linux does not count SYN-ACKs, macOS nothing */
    uint16_t step = (uint16_t)(ip_id - own->ip_id);
    own->ids_wild |= own->ids > 0 && (step == 0 || step > SERIES);
    own->ip_id = ip_id;
    count(&own->ids);
}

/* How fast `from` answers: only by ACKs of what was sent once, for which copy they answer is certain. */
static void learn_reaction(struct ta_sender *own, const struct ta_sender *peer, const struct ta_end *from,
                        const struct ta_end *to, const struct ta_segment *s)
{
    if (!from->sent.last.has_ack || from->sent.last.ack != s->ack || s->time - from->last_time > 2 * second)
        own->ack_time = s->time;
    if (!to->seq.known || s->ack != to->seq.nxt || !ta_seq_after(s->ack, to->seq.una) || to->retry.count > 1 || peer->nxt_time == 0)
        return;
    uint32_t reaction = microseconds(peer->nxt_time, s->time);
    if (own->answers == 0 || reaction < own->reaction)
        own->reaction = reaction;
    count(&own->answers);
}

/* Something that `from`, which has sent a RST, cannot have said before: neither a copy nor a packet that comes late looks like it. */
static void learn_news(struct ta_sender *own, const struct ta_end *from, const struct ta_end *to,
                      const struct ta_segment *s, bool is_new)
{
    enum { STRAY = 1 << 24 };
    bool data = is_new && from->seq.known && !(s->flags & TA_SYN) && !ta_seq_after(s->seq, from->seq.nxt + STRAY);
    /* What lies before the RST's SEQ was sent before it, and overtaken. */
    data &= ta_seq_after(s->seq + s->len + !!(s->flags & TA_FIN), own->rst_seq);
    bool ack = s->flags & TA_ACK && to->seq.known && ta_seq_after(s->ack, to->seq.una) && !ta_seq_after(s->ack, to->seq.nxt);
    bool data_before = own->news_is_data && own->news_frame > own->rst_frame;

    if (!data && (!ack || data_before))
        return;
    own->news_is_data = data;
    own->news_frame = s->frame;
    own->news_time = s->time;
}

void ta_sender_segment(struct ta_senders *senders, const struct ta_flow *flow, const struct ta_segment *s)
{
    struct ta_sender *own = &senders->end[s->from], *peer = &senders->end[1 - s->from];
    const struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];
    bool syn = s->flags & TA_SYN, fin = s->flags & TA_FIN;
    uint32_t end_seq = s->seq + s->len + syn + fin;
    bool is_new = end_seq != s->seq && (!from->seq.known || ta_seq_after(end_seq, from->seq.nxt));

    senders->limits_before_rst = flow->limits;
    learn_path(own, s);
    learn_ip_id(own, s->ip_id);
    if (s->flags & TA_ACK)
        learn_reaction(own, peer, from, to, s);
    if (own->rst_frame != 0)
        learn_news(own, from, to, s, is_new);
    if (is_new)
        own->nxt_time = s->time;
    if (own->segments == 0)
        own->first_frame = s->frame;
    own->last_frame = s->frame;
    if (syn)
        own->syn_frame = s->frame;
    else
        own->spoke = true;
    count(&own->segments);
}

void ta_sender_duplicate(struct ta_senders *senders, const struct ta_segment *s)
{
    learn_path(&senders->end[s->from], s);
}

bool ta_has_timestamps(uint32_t order)
{
    enum { TIMESTAMPS = 8 };
    for (; order; order >>= 4)
        if ((order & 15) == TIMESTAMPS)
            return true;
    return false;
}

/* How far SEQ lies behind SND.NXT, where no stack puts it: not at an ACK of the peer (a reply; BSD after a time-out),
 * not at its own FIN (macOS), not at the edge of the peer's window (Linux, tcp_acceptable_seq()). */
static uint32_t find_behind(const struct ta_end *from, const struct ta_end *to, const struct ta_segment *s)
{
    enum { SHIFT_MAX = 14 };
    bool inside = ta_seq_after(s->seq, from->seq.una) && ta_seq_before(s->seq, from->seq.nxt);
    bool before = s->flags & TA_ACK && s->seq != 0 && ta_seq_before(s->seq, from->seq.una) && from->retry.count == 0;
    uint32_t window = s->seq - to->sent.last.ack;

    if (!from->seq.known || !to->seq.known || from->retry.count > 1 || from->retry.is_probe || (!inside && !before))
        return 0;
    if ((from->fin.sent && s->seq == from->fin.seq) || (from->syn.sent && s->seq == from->seq.iss + 1))
        return 0;
    for (int shift = 0; shift <= SHIFT_MAX; shift++)
        if ((uint32_t)to->window.last << shift == window)
            return 0;
    return from->seq.nxt - s->seq;
}

/* The time since the packet that the RST answers passed. */
static uint32_t find_reaction(const struct ta_sender *peer, const struct ta_end *to, const struct ta_segment *s)
{
    if (s->flags & TA_ACK) /* it ACKs what was first sent then */
        return to->seq.known && s->ack == to->seq.nxt && peer->nxt_time ? microseconds(peer->nxt_time, s->time) : UINT32_MAX;
    return to->sent.last.has_ack && s->seq == to->sent.last.ack && peer->ack_time ? microseconds(peer->ack_time, s->time)
                                                                       : UINT32_MAX;
}

/* Two RSTs of one end, close together: NDSS RST_SEQ_CHANGE and RST_ACK_CHANGE. An end that answers several segments
 * repeats numbers that its peer has sent. */
static void compare_resets(const struct ta_flow *flow, struct ta_sender *own, const struct ta_sender *peer,
                           const struct ta_segment *s)
{
    const struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];
    uint32_t seq_step = s->seq - own->rst_seq, ack_step = s->ack - own->rst_ack;
    int64_t apart = s->time - own->rst_time;

    if (own->rst_frame == 0 || own->pair_frame[0] != 0 || apart < 0 || apart > 2 * second)
        return;
    bool seq_changes = from->seq.known && !from->fin.sent && ta_seq_distance(own->rst_seq, s->seq) > 2
                       && ta_seq_after(s->seq, from->seq.nxt);
    bool both_ack = own->rst_flags & s->flags & TA_ACK, silent_peer = peer->last_frame < own->rst_frame;
    uint32_t highest = ta_seq_later(s->ack, own->rst_ack);
    bool ack_changes = both_ack && silent_peer && ack_step != 0 && to->seq.known
                       && ta_seq_after(highest, flow->decisive.frame ? to->reset.nxt : to->seq.nxt);
    if (!seq_changes && !ack_changes)
        return;
    own->pair_ack = !seq_changes;
    own->pair_step = seq_changes ? seq_step : ack_step;
    own->pair_frame[0] = own->rst_frame;
    own->pair_frame[1] = s->frame;
}

struct ta_rst_headers ta_sender_rst(struct ta_senders *senders, const struct ta_flow *flow, const struct ta_segment *s)
{
    enum { LINUX_OPTIONS = 0x24813 }; /* MSS, SACK permitted, timestamps, NOP, window scale: p0f.fp */
    struct ta_sender *own = &senders->end[s->from], *peer = &senders->end[1 - s->from];
    const struct ta_end *from = &flow->end[s->from], *to = &flow->end[1 - s->from];
    bool alone = from->retry.count <= 1 && own->segments > 0 && !own->spoke && peer->last_frame < own->syn_frame
                 && s->time - from->last_time < second;
    struct ta_rst_headers rst = {
        .mac = s->mac, .frame = s->frame, .seq = s->seq, .ack = s->ack, .ttl = s->ttl, .flags = s->flags,
        .reaction = find_reaction(peer, to, s),
        .behind = find_behind(from, to, s),
        .syn_frame = alone ? own->syn_frame : 0,
        .before_frame = peer->last_frame,
        .ip_id = s->ip_id, .own_id = own->ip_id, .peer_id = peer->ip_id,
        .ids = own->ids, .ids_wild = own->ids_wild,
        .soon = s->time - from->last_time <= 2 * second,
        .exact = from->seq.known && s->seq == from->seq.nxt,
        .has_timestamps = s->timestamps, .options_known = !s->truncated,
        .agreed_timestamps = ta_has_timestamps(from->syn.option_order) && ta_has_timestamps(to->syn.option_order),
        .linux_options = from->syn.option_order == LINUX_OPTIONS,
    };

    if (s->duplicate)
        return (struct ta_rst_headers){ .frame = 0 };
    compare_resets(flow, own, peer, s);
    own->rst_frame = s->frame;
    own->rst_time = s->time;
    own->rst_seq = s->seq;
    own->rst_ack = s->ack;
    own->rst_flags = s->flags;
    own->rst_ttl = s->ttl;
    return rst;
}
