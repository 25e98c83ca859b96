-- For comparison: what a Lua post-dissector costs that says how a stream was aborted. It knows a small part of what the
-- plugin knows: states, un-ACKed data and three kinds. tshark -X lua_script:tests/bench/abort.lua -Y abort.kind
local abort = Proto("abort", "How TCP streams were aborted, in Lua")
local kind = ProtoField.string("abort.kind", "Kind")
local client = ProtoField.string("abort.client.state", "Client")
local server = ProtoField.string("abort.server.state", "Server")
local unacked = ProtoField.uint32("abort.unacked_bytes", "Bytes that the sender of the RST had not ACKed")
abort.fields = { kind, client, server, unacked }

local stream_of, flags_of = Field.new("tcp.stream"), Field.new("tcp.flags")
local port_of, seq_of, ack_of, length_of = Field.new("tcp.srcport"), Field.new("tcp.seq_raw"), Field.new("tcp.ack_raw"), Field.new("tcp.len")
local FIN, SYN, RST, ACK = 1, 2, 4, 16

local streams, frames = {}, {}

local function has(flags, flag)
    return bit.band(flags, flag) ~= 0
end

local function after(a, b)
    local distance = (a - b) % 4294967296
    return distance > 0 and distance < 2147483648
end

local function new_end()
    return { state = "UNKNOWN", next = 0, acked = 0, known = false }
end

-- Takes what the end sent and the peer received.
local function send(from, to, flags, seq, ack, length)
    local last = (seq + length + (has(flags, SYN) and 1 or 0) + (has(flags, FIN) and 1 or 0)) % 4294967296
    if not from.known or after(last, from.next) then
        from.next = last
    end
    if not from.known then
        from.acked, from.known = seq, true
    end
    if has(flags, ACK) and to.known and after(ack, to.acked) then
        to.acked = ack
    end
    if has(flags, SYN) then
        from.state = has(flags, ACK) and "SYN_RECEIVED" or "SYN_SENT"
    elseif has(flags, FIN) then
        from.fin = true
        from.state = to.fin and "LAST_ACK" or "FIN_WAIT_1"
    elseif from.state == "SYN_SENT" or from.state == "UNKNOWN" then
        from.state = "ESTABLISHED"
    end
    if to.state == "SYN_RECEIVED" then
        to.state = "ESTABLISHED"
    elseif to.state == "FIN_WAIT_1" and to.acked == to.next then
        to.state = "FIN_WAIT_2"
    elseif to.state == "LAST_ACK" and to.acked == to.next then
        to.state = "CLOSED"
    elseif has(flags, FIN) and to.state == "ESTABLISHED" then
        to.state = "CLOSE_WAIT"
    elseif has(flags, FIN) and to.state == "FIN_WAIT_2" then
        to.state = "TIME_WAIT"
    end
end

local function judge(from, to)
    local verdict = to.state == "SYN_SENT" and "refused" or from.fin and "fin_rst" or "rst"
    local lost = to.known and (to.next - to.acked) % 4294967296 or 0
    from.state, to.state = "CLOSED", "CLOSED"
    return verdict, lost
end

function abort.dissector(_, pinfo, tree)
    local number = stream_of()
    if not number then
        return
    end
    local seen = frames[pinfo.number]
    if not pinfo.visited then
        local flags, port = flags_of().value, port_of().value
        local stream = streams[number.value]
        if not stream then
            local answers = has(flags, SYN) and has(flags, ACK)
            stream = { port = answers and pinfo.dst_port or port, client = new_end(), server = new_end() }
            streams[number.value] = stream
        end
        local from, to = stream.client, stream.server
        if port ~= stream.port then
            from, to = to, from
        end
        seen = {}
        if has(flags, RST) then
            seen.kind, seen.lost = judge(from, to)
        else
            send(from, to, flags, seq_of().value, ack_of().value, length_of().value)
        end
        seen.client, seen.server = stream.client.state, stream.server.state
        frames[pinfo.number] = seen
    end
    local branch = tree:add(abort)
    branch:add(client, seen.client)
    branch:add(server, seen.server)
    if seen.kind then
        branch:add(kind, seen.kind)
        branch:add(unacked, seen.lost)
    end
end

function abort.init()
    streams, frames = {}, {}
end

register_postdissector(abort)
