/* Reads words of the segments column; see script.h and tests/README.md.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "script.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "segment.h"

enum { WORD_SIZE = 128 };

static bool complain(char *error, size_t size, const char *problem, const char *text)
{
    snprintf(error, size, "%s '%s'", problem, text);
    return false;
}

static bool read_integer(const char *text, int64_t *value)
{
    char *end;
    *value = strtoll(text, &end, 10);
    return end != text && *end == '\0';
}

/* `+1.5s`, `-20ms`, `+300us` */
static bool read_wait(const char *word, struct script_action *action)
{
    static const struct {
        const char *unit;
        double nanoseconds;
    } units[] = { { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 } };
    char *end;
    double amount = strtod(word, &end);
    if (end == word)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].unit) == 0) {
            action->verb = SCRIPT_WAIT;
            action->time = (int64_t)(amount * units[i].nanoseconds);
            return true;
        }
    return false;
}

/* Properties that can be switched off, and those that have a number. */
static bool can_be_off(enum script_property property)
{
    return property == SCRIPT_SET_SHIFT || property == SCRIPT_SET_SACK || property == SCRIPT_SET_IP_ID;
}

static bool has_number(enum script_property property)
{
    return property != SCRIPT_SET_SACK && property != SCRIPT_SET_IP_ID && property != SCRIPT_SET_TIMESTAMPS;
}

/* `isn=0`, `win=1000`, `shift=off` */
static bool read_setting(const char *text, struct script_action *action)
{
    static const struct {
        const char *name;
        enum script_property property;
    } properties[] = {
        { "isn=", SCRIPT_SET_ISN },   { "win=", SCRIPT_SET_WINDOW }, { "shift=", SCRIPT_SET_SHIFT },
        { "sack=", SCRIPT_SET_SACK }, { "ttl=", SCRIPT_SET_TTL },    { "ipid=", SCRIPT_SET_IP_ID },
        { "ts=", SCRIPT_SET_TIMESTAMPS },
    };
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        size_t length = strlen(properties[i].name);
        if (strncmp(text, properties[i].name, length) != 0)
            continue;
        action->verb = SCRIPT_SET;
        action->property = properties[i].property;
        action->value = SCRIPT_OFF;
        if (strcmp(text + length, "off") == 0)
            return can_be_off(action->property);
        action->value = SCRIPT_ON;
        if (strcmp(text + length, "on") == 0)
            return action->property == SCRIPT_SET_TIMESTAMPS;
        return has_number(action->property) && read_integer(text + length, &action->value) && action->value >= 0;
    }
    return false;
}

/* `+3`, `-1`, `nxt`, `edge-1` */
static bool read_number(const char *text, struct script_number *number)
{
    static const struct {
        const char *name;
        enum script_base base;
    } bases[] = {
        { "isn", SCRIPT_ISN },     { "nxt", SCRIPT_NXT },   { "rcv", SCRIPT_RCV },
        { "acked", SCRIPT_ACKED }, { "edge", SCRIPT_EDGE }, { "sack", SCRIPT_SACK },
    };
    number->base = SCRIPT_DEFAULT;
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (strncmp(text, bases[i].name, strlen(bases[i].name)) == 0) {
            number->base = bases[i].base;
            text += strlen(bases[i].name);
            break;
        }
    number->offset = 0;
    if (*text == '\0')
        return number->base != SCRIPT_DEFAULT;
    return (*text == '+' || *text == '-') && read_integer(text, &number->offset);
}

/* `No%20listener`: the payload of a RST, %xx for a byte. */
static bool read_says(const char *text, struct script_action *action)
{
    action->has_says = true;
    if (!(action->flags & TA_RST) || action->len > 0)
        return false;
    for (; *text && action->len < SCRIPT_SAYS; text++) {
        char hex[3] = "", *end = hex + 2;
        if (*text == '%') {
            snprintf(hex, sizeof hex, "%s", text + 1);
            action->says[action->len++] = (uint8_t)strtoul(hex, &end, 16);
            text += 2;
        } else {
            action->says[action->len++] = (uint8_t)*text;
        }
        if (end != hex + 2)
            return false;
    }
    return *text == '\0' && action->len > 0;
}

/* `413` or `GET`: an answer, or a request. */
static bool read_http(const char *text, struct script_action *action)
{
    struct ta_application *a = &action->application;
    int64_t status;

    action->speaks = true;
    if (read_integer(text, &status) && status > 0 && status < 1000)
        a->status = (uint16_t)status;
    else
        a->method = (uint8_t)ta_find_method((const uint8_t *)text, strlen(text));
    return a->status || a->method;
}

/* `hello`, `handshake.14`, `cipher`, `data`, `sized`, `alert`, `alert.2.70`: what a record of TLS holds. */
static bool read_tls(const char *text, struct script_action *action)
{
    struct ta_application *a = &action->application;
    unsigned type = 1, level, description;
    const struct {
        const char *name;
        bool *set;
    } records[] = {
        { "hello", &a->client_hello }, { "cipher", &a->change_cipher }, { "data", &a->application_data },
        { "sized", &a->alert_sized },  { "alert", &a->alert },
    };

    action->speaks = true;
    if (sscanf(text, "alert.%u.%u", &level, &description) == 2 && level <= UINT8_MAX && description <= UINT8_MAX) {
        a->alert = a->alert_read = true;
        a->alert_level = (uint8_t)level;
        a->alert_description = (uint8_t)description;
        return true;
    }
    a->handshake |= strcmp(text, "hello") == 0 || sscanf(text, "handshake.%u", &type) == 1;
    if (a->handshake)
        a->handshake_type = (uint8_t)type;
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        if (strcmp(text, records[i].name) == 0)
            return *records[i].set = true;
    return a->handshake;
}

static bool read_modifier(const char *text, struct script_action *action)
{
    struct {
        const char *name;
        bool *set;
    } marks[] = {
        { "lost", &action->lost },   { "hidden", &action->hidden },     { "later", &action->later },
        { "crossing", &action->crossing }, { "truncated", &action->truncated },
        { "alert", &action->alert },
    };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strcmp(text, marks[i].name) == 0) {
            bool fresh = !*marks[i].set;
            *marks[i].set = true;
            return fresh;
        }
    if (strcmp(text, "noack") == 0) {
        action->flags &= (uint8_t)~TA_ACK;
        return true;
    }
    int64_t value;
    if (strcmp(text, "ts") == 0 || strcmp(text, "nots") == 0) {
        action->timestamps = *text == 't';
        return true;
    }
    if (strncmp(text, "id=", 3) == 0 && read_integer(text + 3, &value) && value >= 0 && value <= UINT16_MAX) {
        action->ip_id = (int)value;
        return true;
    }
    if (strncmp(text, "mac=", 4) == 0 && read_integer(text + 4, &value) && value >= 0 && value <= UINT8_MAX) {
        action->mac = (int)value;
        return true;
    }
    if (strncmp(text, "seq=", 4) == 0)
        return read_number(text + 4, &action->seq);
    if (strncmp(text, "ack=", 4) == 0)
        return read_number(text + 4, &action->ack);
    if (strncmp(text, "win=", 4) == 0)
        return read_integer(text + 4, &action->window) && action->window >= 0;
    if (strncmp(text, "ttl=", 4) == 0 && read_integer(text + 4, &value) && value >= 0 && value < 256) {
        action->ttl = (int)value;
        return true;
    }
    if (strncmp(text, "says=", 5) == 0)
        return read_says(text + 5, action);
    if (strncmp(text, "http=", 5) == 0)
        return read_http(text + 5, action);
    if (strncmp(text, "http2=", 6) == 0)
        return action->application.multiplexed = read_http(text + 6, action);
    if (strncmp(text, "tls=", 4) == 0)
        return read_tls(text + 4, action);
    if (strncmp(text, "re=", 3) == 0 && read_integer(text + 3, &value) && value > 0) {
        action->frame = (unsigned)value;
        return true;
    }
    return false;
}

/* `100`, `SA`, `20F`: payload and flags. ACK is implied where neither SYN nor RST is named. */
static bool read_flags(const char *text, struct script_action *action)
{
    static const char letters[] = "FSRPA"; /* in the order of the bits, FIN = 1 */
    action->verb = SCRIPT_SEND;
    if (isdigit((unsigned char)*text)) {
        char *end;
        unsigned long length = strtoul(text, &end, 10);
        if (length == 0 || length > 65000)
            return false;
        action->len = (uint32_t)length;
        text = end;
        if (*text == '\0')
            action->flags |= TA_PSH;
    } else if (*text == '\0') {
        return false;
    }
    for (; *text; text++) {
        const char *letter = strchr(letters, *text);
        if (!letter || action->flags & (1u << (letter - letters)))
            return false;
        uint8_t bit = (uint8_t)(1u << (letter - letters));
        action->flags |= letter[0] == 'A' ? TA_ACK : bit;
    }
    if (!(action->flags & (TA_SYN | TA_RST)))
        action->flags |= TA_ACK;
    return true;
}

/* `again`, `dup=5`, `later`, else flags. */
static bool read_what(const char *text, struct script_action *action)
{
    static const struct {
        const char *name;
        enum script_verb verb;
    } verbs[] = { { "again", SCRIPT_REPEAT }, { "dup", SCRIPT_COPY }, { "later", SCRIPT_RELEASE } };
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        size_t length = strlen(verbs[i].name);
        if (strncmp(text, verbs[i].name, length) != 0)
            continue;
        action->verb = verbs[i].verb;
        if (text[length] == '\0')
            return true;
        int64_t frame;
        if (text[length] != '=' || !read_integer(text + length + 1, &frame) || frame < 1)
            return false;
        action->frame = (unsigned)frame;
        return action->verb != SCRIPT_RELEASE;
    }
    return read_flags(text, action);
}

/* `3.1`: type and code of an ICMP error. */
static bool read_icmp(const char *text, struct script_action *action)
{
    char *end;
    if (!isdigit((unsigned char)*text))
        return false;
    unsigned long type = strtoul(text, &end, 10);
    if (*end != '.' || !isdigit((unsigned char)end[1]))
        return false;
    unsigned long code = strtoul(end + 1, &end, 10);
    if (*end != '\0' || type == 0 || type > UINT8_MAX || code > UINT8_MAX)
        return false;
    action->verb = SCRIPT_ICMP;
    action->icmp_type = (uint8_t)type;
    action->icmp_code = (uint8_t)code;
    return true;
}

/* The network quotes a segment; nothing else of it can be given. */
static bool is_for_icmp(const char *modifier)
{
    return strncmp(modifier, "re=", 3) == 0 || strncmp(modifier, "seq=", 4) == 0;
}

bool script_read_word(const char *word, struct script_action *action, char *error, size_t size)
{
    *action = (struct script_action){ .window = SCRIPT_OFF, .ttl = SCRIPT_OFF, .ip_id = SCRIPT_OFF, .mac = SCRIPT_OFF,
                                       .timestamps = SCRIPT_OFF };
    if (*word == '+' || *word == '-')
        return read_wait(word, action) || complain(error, size, "bad time", word);
    bool network = *word == 'N';
    if ((*word != 'C' && *word != 'S' && !network) || (word[1] != ':' && (word[1] != '.' || network)) ||
        strlen(word) >= WORD_SIZE)
        return complain(error, size, "bad word", word);
    action->from = *word == 'S' ? TA_SERVER : TA_CLIENT;
    if (word[1] == '.')
        return read_setting(word + 2, action) || complain(error, size, "bad setting", word);

    char part[WORD_SIZE];
    const char *text = word + 2;
    for (bool first = true;; first = false) {
        size_t length = strcspn(text, ",");
        memcpy(part, text, length);
        part[length] = '\0';
        bool good = !first    ? (!network || is_for_icmp(part)) && read_modifier(part, action)
                    : network ? read_icmp(part, action)
                              : read_what(part, action);
        if (!good)
            return complain(error, size, first ? "bad word" : "bad modifier", first ? word : part);
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}
