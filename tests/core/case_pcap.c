/* Writes cases as a capture, so that the same cases can be run through tshark and the plugin.
 *
 *     case_pcap OUT.pcap FILE.cases... [NAME...] [option...]
 *       NAME                        only these cases; default: all
 *       --copies N                  every case N times, each copy a stream of its own
 *       --interleave                a frame of every stream in turn instead of stream after stream
 *       --index                     prints a line a stream: name, number of its first frame, number of frames,
 *                                   expected (tab between); not together with --interleave
 *       --client A --server A       IPv4 addresses; default: 192.0.2.x and 198.51.100.x
 *       --client-port N --server-port N
 *
 * Ethernet, IPv4 and TCP with right checksums and SYN options, ICMP errors from 203.0.113.1; nanosecond timestamps.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case_file.h"
#include "frame_bytes.h"
#include "player.h"

enum { HOSTS = 250, DISCARD_PORT = 9, FIRST_PORT = 49152 };

struct stream {
    const struct test_case *test;
    const struct recording *recording;
    struct frame_address address[TA_ENDS];
};

struct request {
    const char *output;
    struct case_list cases;
    const char *only[256];
    size_t only_count;
    unsigned long copies;
    bool interleave, index;
    struct frame_address address[TA_ENDS];
    bool address_given[TA_ENDS];
};

static int usage(const char *problem, const char *what)
{
    fprintf(stderr, "case_pcap: %s%s\n", problem, what);
    fputs("usage: case_pcap OUT.pcap FILE.cases... [NAME...] [--copies N] [--interleave] [--index]\n"
          "           [--client A] [--server A] [--client-port N] [--server-port N]\n", stderr);
    return 2;
}

static bool read_number(const char *text, unsigned long most, unsigned long *number)
{
    char *end;
    *number = strtoul(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && *number >= 1 && *number <= most;
}

/* An option with a value; false when the value is bad or the option unknown. */
static bool read_option(struct request *request, const char *option, const char *value)
{
    unsigned long port;
    if (!value)
        return false;
    if (strcmp(option, "--copies") == 0)
        return read_number(value, 10000000, &request->copies);
    for (int end = 0; end < TA_ENDS; end++) {
        const char *name = end == TA_CLIENT ? "--client" : "--server";
        if (strncmp(option, name, strlen(name)) != 0)
            continue;
        if (strcmp(option + strlen(name), "-port") == 0 && read_number(value, 65535, &port)) {
            request->address[end].port = (uint16_t)port;
            return true;
        }
        struct in_addr host;
        if (option[strlen(name)] != '\0' || inet_pton(AF_INET, value, &host) != 1)
            return false;
        request->address[end].host = ntohl(host.s_addr);
        request->address_given[end] = true;
        return true;
    }
    return false;
}

static bool is_case_file(const char *text)
{
    size_t length = strlen(text);
    return length > 6 && strcmp(text + length - 6, ".cases") == 0;
}

/* 0: go on; else the exit status. */
static int read_arguments(int argc, char **argv, struct request *request)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--interleave") == 0)
            request->interleave = true;
        else if (strcmp(argv[i], "--index") == 0)
            request->index = true;
        else if (strncmp(argv[i], "--", 2) == 0) {
            if (!read_option(request, argv[i], i + 1 < argc ? argv[i + 1] : NULL))
                return usage("bad option: ", argv[i]);
            i++;
        } else if (!request->output)
            request->output = argv[i];
        else if (is_case_file(argv[i])) {
            if (!case_file_read(&request->cases, argv[i]))
                return 1;
        } else if (request->only_count < sizeof request->only / sizeof *request->only)
            request->only[request->only_count++] = argv[i];
        else
            return usage("too many names", "");
    }
    if (!request->output || request->cases.files == 0)
        return usage("an output and a .cases file are needed", "");
    if (request->index && request->interleave)
        return usage("--index goes without --interleave", "");
    return 0;
}

static bool wanted(const struct request *request, const struct test_case *test)
{
    for (size_t i = 0; i < request->only_count; i++)
        if (strcmp(request->only[i], test->name) == 0)
            return true;
    return request->only_count == 0;
}

/* Plays every wanted case. Returns how many, or 0 after a complaint. */
static size_t play_cases(const struct request *request, struct recording *recordings, const struct test_case **tests)
{
    size_t count = 0;
    for (size_t i = 0; i < request->cases.count; i++) {
        const struct test_case *test = &request->cases.item[i];
        char error[256];
        if (!wanted(request, test))
            continue;
        if (!player_play(test->segments, false, &recordings[count], error, sizeof error)) {
            fprintf(stderr, "%s:%u: %s: %s\n", test->file, test->line, test->name, error);
            return 0;
        }
        tests[count++] = test;
    }
    if (count == 0 || (request->only_count > 0 && count != request->only_count)) {
        fputs("case_pcap: no such case\n", stderr);
        return 0;
    }
    return count;
}

/* Stream `number` of the capture gets ends of its own: other hosts, or other client ports when the
 * hosts are given. */
static void place_stream(const struct request *request, size_t number, struct stream *stream)
{
    memcpy(stream->address, request->address, sizeof stream->address);
    struct frame_address *client = &stream->address[TA_CLIENT], *server = &stream->address[TA_SERVER];
    size_t turn = number;
    if (!request->address_given[TA_CLIENT]) {
        client->host = 0xC0000201u + (uint32_t)(turn % HOSTS); /* 192.0.2.1 and up */
        turn /= HOSTS;
    }
    if (!request->address_given[TA_SERVER]) {
        server->host = 0xC6336401u + (uint32_t)(turn % HOSTS); /* 198.51.100.1 and up */
        turn /= HOSTS;
    }
    client->port = (uint16_t)(client->port + turn);
}

static void print_index(const struct stream *streams, size_t count)
{
    unsigned long first = 1;
    for (size_t i = 0; i < count; i++) {
        unsigned frames = streams[i].recording->count;
        printf("%s\t%lu\t%u\t%s\n", streams[i].test->name, first, frames, streams[i].test->expected);
        first += frames;
    }
}

static struct pcap_pkthdr header_at(int64_t time)
{
    return (struct pcap_pkthdr){ .ts = { (time_t)(time / 1000000000), (suseconds_t)(time % 1000000000) } };
}

/* A frame without TCP when the case ends later than its last segment: it moves the capture's clock. */
static void write_end(pcap_dumper_t *dumper, const struct recording *recording)
{
    static const uint8_t bytes[60] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 };
    struct pcap_pkthdr header = header_at(recording->end);

    header.len = header.caplen = sizeof bytes;
    if (recording->end > recording->frame[recording->count - 1].segment.time)
        pcap_dump((u_char *)dumper, &header, bytes);
}

static void write_frame(pcap_dumper_t *dumper, const struct stream *stream, unsigned i, int64_t later)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    const struct player_frame *frame = &stream->recording->frame[i];
    const struct ta_segment *segment = &frame->segment;
    struct pcap_pkthdr header = header_at(segment->time + later);

    if (frame->icmp_type != 0)
        header.len = (bpf_u_int32)frame_bytes_icmp(segment, frame->icmp_type, frame->icmp_code, stream->address, bytes);
    else
        header.len = (bpf_u_int32)frame_bytes(segment, frame->has_says ? frame->says : NULL, stream->address, bytes);
    header.caplen = segment->truncated && frame->icmp_type == 0 ? FRAME_BYTES_CUT : header.len;
    pcap_dump((u_char *)dumper, &header, bytes);
}

static unsigned longest(const struct stream *streams, size_t count)
{
    unsigned frames = 0;
    for (size_t i = 0; i < count; i++)
        if (streams[i].recording->count > frames)
            frames = streams[i].recording->count;
    return frames;
}

/* Stream after stream, each a second after the one before; or a frame of every stream in turn. */
static void write_streams(pcap_dumper_t *dumper, const struct stream *streams, size_t count, bool interleave)
{
    static const int64_t microsecond = 1000, second = 1000000000;
    if (interleave) {
        unsigned frames = longest(streams, count);
        for (unsigned i = 0; i < frames; i++)
            for (size_t s = 0; s < count; s++)
                if (i < streams[s].recording->count)
                    write_frame(dumper, &streams[s], i, (int64_t)s * microsecond);
        return;
    }
    int64_t later = 0;
    for (size_t s = 0; s < count; s++) {
        const struct recording *recording = streams[s].recording;
        for (unsigned i = 0; i < recording->count; i++)
            write_frame(dumper, &streams[s], i, later);
        later += recording->frame[recording->count - 1].segment.time - recording->frame[0].segment.time + second;
    }
}

static int write_capture(const struct request *request, const struct stream *streams, size_t count)
{
    pcap_t *pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, FRAME_BYTES_MAX, PCAP_TSTAMP_PRECISION_NANO);
    pcap_dumper_t *dumper = pcap ? pcap_dump_open(pcap, request->output) : NULL;
    if (!dumper) {
        fprintf(stderr, "case_pcap: %s\n", pcap ? pcap_geterr(pcap) : "out of memory");
        if (pcap)
            pcap_close(pcap);
        return 1;
    }
    write_streams(dumper, streams, count, request->interleave);
    if (count == 1)
        write_end(dumper, streams[0].recording);
    int failed = pcap_dump_flush(dumper) != 0;
    if (failed)
        fprintf(stderr, "case_pcap: %s: cannot be written\n", request->output);
    pcap_dump_close(dumper);
    pcap_close(pcap);
    if (request->index)
        print_index(streams, count);
    return failed;
}

static int make_capture(const struct request *request)
{
    size_t most = request->cases.count;
    struct recording *recordings = calloc(most + 1, sizeof *recordings);
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
    const struct test_case **tests = calloc(most + 1, sizeof *tests);
    size_t count = recordings && tests ? play_cases(request, recordings, tests) : 0;
    struct stream *streams = count ? calloc(count * request->copies, sizeof *streams) : NULL;
    int status = 1;
    if (streams) {
        for (size_t i = 0; i < count * request->copies; i++) {
            streams[i] = (struct stream){ .test = tests[i % count], .recording = &recordings[i % count] };
            place_stream(request, i, &streams[i]);
        }
        status = write_capture(request, streams, count * request->copies);
    }
    free(streams);
    free(tests);
    free(recordings);
    return status;
}

int main(int argc, char **argv)
{
    static struct request request = {
        .copies = 1,
        .address = { [TA_CLIENT] = { .port = FIRST_PORT }, [TA_SERVER] = { .port = DISCARD_PORT } },
    };
    int status = read_arguments(argc, argv, &request);
    if (status == 0)
        status = make_capture(&request);
    case_list_free(&request.cases);
    return status;
}
