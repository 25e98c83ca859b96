/* Copies a pcapng file, adding comments to packets; everything else stays as it is, byte for byte.
 *
 *     pcapng-comment LIST <IN >OUT
 *
 * LIST has a line for each comment, in the order of the packets:
 *     OFFSET<TAB>FRAME<TAB>TEXT
 *     OFFSET   where the packet's block begins in IN, in bytes
 *     FRAME    the packet's number, for messages only
 *     TEXT     UTF-8, at least one byte; what exceeds the 65,535 bytes of an option is cut off
 * A comment that the packet already has, word for word, is not added again. A Simple Packet Block has no room
 * for comments: such packets are counted and left as they are. IN may have several sections, of either byte order.
 *
 * A section whose length is stated gets the length "unspecified" when a comment is added to it, because the new
 * length is known only when the header has long been written. No other block says where something is in the file.
 *
 * Last line on stderr: how many comments were added. Before it there may be one about packets without room.
 * Exit status: 0 copied; 1 IN is damaged, or LIST is not about IN; 2 wrong arguments, or OUT cannot be written.
 * Then OUT is not complete, and stderr has one line, without the name of any file.
 *
 * The format: https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcapng/
 * SPDX-License-Identifier: GPL-2.0-or-later */
#define _POSIX_C_SOURCE 200809L /* getline */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum { BAD_INPUT = 1, BAD_OUTPUT = 2 }; /* exit status */

/* Block types; a Section Header Block's reads the same in both byte orders. */
enum { SECTION_HEADER = 0x0A0D0D0A, OLD_PACKET = 2, SIMPLE_PACKET = 3, ENHANCED_PACKET = 6 };
enum { BYTE_ORDER_MAGIC = 0x1A2B3C4D };
enum { OPTION_END = 0, OPTION_COMMENT = 1 };

enum {
    BLOCK_MIN = 12,          /* type and length; the length again */
    SECTION_HEADER_MIN = 28, /* without options */
    SECTION_LENGTH_AT = 16,  /* 8 bytes */
    CAPTURED_LENGTH_AT = 20, /* in both kinds of packet block, as is the next */
    PACKET_DATA_AT = 28,
    OPTION_MAX = 65535,
    BLOCK_MAX = 134348832, /* the largest that Wireshark reads: 128 MiB of data, 128 KiB of options */
};

struct block {
    unsigned char *bytes;
    size_t room;
    uint64_t offset; /* in IN */
    uint32_t read;   /* bytes in IN */
    uint32_t length; /* with what was added */
    bool big_endian; /* also the order of the blocks that follow */
};

struct list {
    FILE *file;
    char *line;
    size_t room;
    uint64_t line_number;
    bool more; /* the rest is about the line read last */
    uint64_t offset, frame;
    const char *text;
    size_t text_length;
};

struct counts {
    uint64_t added, frames, present, no_room;
};

static _Noreturn void fail(int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("pcapng-comment: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(status);
}

static uint32_t padded(uint32_t length)
{
    return (length + 3) & ~UINT32_C(3);
}

static uint32_t get(const struct block *block, uint32_t at, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | block->bytes[at + (block->big_endian ? i : bytes - 1 - i)];
    return value;
}

static void put(struct block *block, uint32_t at, unsigned bytes, uint32_t value)
{
    for (unsigned i = 0; i < bytes; i++, value >>= 8)
        block->bytes[at + (block->big_endian ? bytes - 1 - i : i)] = value & 0xFF;
}

/* Room for `length` bytes; fails where Wireshark would not read a block of this length. */
static void reserve(struct block *block, uint32_t length)
{
    if (length > BLOCK_MAX)
        fail(BAD_INPUT, "the block at offset %" PRIu64 " is too long", block->offset);
    if (length > block->room) {
        size_t room = length + (size_t)length / 2;
        unsigned char *bytes = realloc(block->bytes, room);

        if (!bytes)
            fail(BAD_OUTPUT, "out of memory");
        block->bytes = bytes;
        block->room = room;
    }
}

/* Reads bytes of the block up to `end`. False at the end of IN, where that is no error: between two blocks. */
static bool read_to(struct block *block, uint32_t end)
{
    reserve(block, end);
    block->length += (uint32_t)fread(block->bytes + block->length, 1, end - block->length, stdin);
    if (ferror(stdin))
        fail(BAD_INPUT, "%s", strerror(errno));
    if (block->length < end && block->length > 0)
        fail(BAD_INPUT, "ends in the middle of the block at offset %" PRIu64, block->offset);
    return block->length == end;
}

/* The length that the block states at `at`. Some writers leave out the padding, which Wireshark forgives. */
static uint32_t stated_length(const struct block *block, uint32_t at)
{
    uint32_t length = get(block, at, 4);

    if (length < BLOCK_MIN || length > BLOCK_MAX)
        fail(BAD_INPUT, "the block at offset %" PRIu64 " states an impossible length, %" PRIu32, block->offset, length);
    return padded(length);
}

/* Reads the next block; false at the end of IN. */
static bool read_block(struct block *block)
{
    bool more, section;
    uint32_t length;

    block->offset += block->read;
    block->length = 0;
    more = read_to(block, BLOCK_MIN);
    section = more && get(block, 0, 4) == SECTION_HEADER;
    if (block->offset == 0 && !section)
        fail(BAD_INPUT, "not a pcapng file");
    if (!more)
        return false;
    if (section) {
        block->big_endian = block->bytes[8] == BYTE_ORDER_MAGIC >> 24;
        if (get(block, 8, 4) != BYTE_ORDER_MAGIC)
            fail(BAD_INPUT, "the section at offset %" PRIu64 " has no known byte order", block->offset);
    }
    length = stated_length(block, 4);
    if (section && length < SECTION_HEADER_MIN)
        fail(BAD_INPUT, "the section header at offset %" PRIu64 " is too short", block->offset);
    read_to(block, length);
    if (stated_length(block, length - 4) != length)
        fail(BAD_INPUT, "the block at offset %" PRIu64 " states two different lengths", block->offset);
    block->read = length;
    return true;
}

/* Where a comment can be added: at the end of the packet's options, before the mark of their end, if there is
 * one. 0 when the same comment is there already. */
static uint32_t end_of_options(const struct block *block, const char *text, uint32_t text_length)
{
    uint32_t end = block->length - 4, captured = 0, at;

    if (end < PACKET_DATA_AT || (captured = get(block, CAPTURED_LENGTH_AT, 4)) > end ||
        PACKET_DATA_AT + padded(captured) > end)
        fail(BAD_INPUT, "the block at offset %" PRIu64 " is too short for its packet", block->offset);
    for (at = PACKET_DATA_AT + padded(captured); at < end; at += 4 + padded(get(block, at + 2, 2))) {
        uint32_t code = get(block, at, 2), length = get(block, at + 2, 2);

        if (code == OPTION_END)
            return at;
        if (length > end - at - 4)
            fail(BAD_INPUT, "an option of the block at offset %" PRIu64 " is too long", block->offset);
        if (code == OPTION_COMMENT && length == text_length && memcmp(block->bytes + at + 4, text, length) == 0)
            return 0;
    }
    return at;
}

/* Adds a comment to a packet block; false when it is there already. */
static bool add_comment(struct block *block, const char *text, size_t text_length)
{
    uint32_t at, length, tail, added;

    if (text_length > OPTION_MAX) {
        for (text_length = OPTION_MAX; text_length > 0 && ((unsigned char)text[text_length] & 0xC0) == 0x80;)
            text_length--; /* not inside a character */
    }
    length = (uint32_t)text_length;
    at = end_of_options(block, text, length);
    if (at == 0)
        return false;

    tail = block->length - 4 - at; /* it begins with the mark of the options' end, which a writer must write */
    added = 4 + padded(length) + (tail > 0 ? 0 : 4);
    reserve(block, block->length + added);
    memmove(block->bytes + at + added, block->bytes + at, tail);
    memset(block->bytes + at, 0, added); /* the padding, and the mark if there was none */
    put(block, at, 2, OPTION_COMMENT);
    put(block, at + 2, 2, length);
    memcpy(block->bytes + at + 4, text, length);
    block->length += added;
    put(block, 4, 4, block->length);
    put(block, block->length - 4, 4, block->length);
    return true;
}

/* "123<TAB>": what follows it, or NULL. */
static const char *parse_number(const char *at, uint64_t *value)
{
    char *end;

    if (!at || *at < '0' || *at > '9')
        return NULL;
    errno = 0;
    *value = strtoull(at, &end, 10);
    return errno || *end != '\t' ? NULL : end + 1;
}

static void next_comment(struct list *list)
{
    uint64_t before = list->offset;
    ssize_t length = getline(&list->line, &list->room, list->file);

    list->more = length > 0;
    if (!list->more && feof(list->file))
        return;
    if (!list->more)
        fail(BAD_INPUT, "LIST: %s", strerror(errno));
    list->line_number++;
    list->text = parse_number(parse_number(list->line, &list->offset), &list->frame);
    list->text_length = list->text ? (size_t)(list->line + length - list->text) : 0;
    if (list->text_length < 2 || list->text[--list->text_length] != '\n')
        fail(BAD_INPUT, "LIST:%" PRIu64 ": not a whole line of offset, frame and text", list->line_number);
    if (list->offset < before)
        fail(BAD_INPUT, "LIST:%" PRIu64 ": not in the order of the packets", list->line_number);
}

/* Adds what the list has for this block, and reads on in the list. */
static void add_comments(struct block *block, struct list *list, struct counts *counts)
{
    uint64_t before = counts->added;
    bool has_room = true;

    for (; list->more && list->offset == block->offset; next_comment(list)) {
        uint32_t type = get(block, 0, 4);

        if (type == SIMPLE_PACKET)
            has_room = false;
        else if (type != ENHANCED_PACKET && type != OLD_PACKET)
            fail(BAD_INPUT, "frame %" PRIu64 " is not a packet: block type 0x%08" PRIx32 " at offset %" PRIu64,
                 list->frame, type, block->offset);
        else if (add_comment(block, list->text, list->text_length))
            counts->added++;
        else
            counts->present++;
    }
    counts->frames += counts->added > before;
    counts->no_room += !has_room;
}

/* A stated section length that a comment will make wrong becomes "unspecified". */
static void forget_section_length(struct block *block, const struct list *list)
{
    uint64_t end = block->offset + block->read;
    unsigned low = block->big_endian ? 4 : 0;
    uint64_t length = (uint64_t)get(block, SECTION_LENGTH_AT + 4 - low, 4) << 32 | get(block, SECTION_LENGTH_AT + low, 4);

    if (list->more && list->offset - end < length)
        memset(block->bytes + SECTION_LENGTH_AT, 0xFF, 8);
}

static void copy(struct list *list, struct counts *counts)
{
    struct block block = { 0 };

    next_comment(list);
    while (read_block(&block)) {
        if (get(&block, 0, 4) == SECTION_HEADER)
            forget_section_length(&block, list);
        add_comments(&block, list, counts);
        if (fwrite(block.bytes, 1, block.length, stdout) != block.length)
            fail(BAD_OUTPUT, "%s", strerror(errno));
    }
    if (list->more)
        fail(BAD_INPUT, "frame %" PRIu64 ": no block begins at offset %" PRIu64, list->frame, list->offset);
    if (fclose(stdout) != 0)
        fail(BAD_OUTPUT, "%s", strerror(errno));
    free(block.bytes);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

int main(int argc, char **argv)
{
    struct list list = { 0 };
    struct counts counts = { 0 };

    if (argc != 2)
        fail(BAD_OUTPUT, "usage: pcapng-comment LIST <IN >OUT");
    list.file = fopen(argv[1], "r");
    if (!list.file)
        fail(BAD_OUTPUT, "LIST: %s", strerror(errno));
    copy(&list, &counts);
    free(list.line);
    fclose(list.file);

    if (counts.no_room > 0)
        fprintf(stderr, "%" PRIu64 " frame%s left without a comment: a Simple Packet Block has no room for one\n",
                counts.no_room, plural(counts.no_room));
    fprintf(stderr, "%" PRIu64 " comment%s on %" PRIu64 " frame%s", counts.added, plural(counts.added), counts.frames,
            plural(counts.frames));
    if (counts.present > 0)
        fprintf(stderr, ", %" PRIu64 " more %s there already", counts.present, counts.present == 1 ? "was" : "were");
    fputc('\n', stderr);
    return 0;
}
