/* Reads .cases files; see case_file.h and tests/README.md.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "case_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 2000 };

static const char blanks[] = " \t\r\n";

/* Where a complaint points to. */
struct place {
    const char *file;
    unsigned line;
    const char *name;
};

static bool complain(const struct place *place, const char *problem, const char *what)
{
    fprintf(stderr, "%s:%u: %s: %s%s%s\n", place->file, place->line, place->name, problem, *what ? " " : "", what);
    return false;
}

static void *must(void *memory)
{
    if (!memory) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(must(malloc(size)), text, size);
}

static char *trim(char *text)
{
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1]))
        text[--length] = '\0';
    return text;
}

static const char *words_of(const struct case_list *list, const char *name)
{
    for (size_t i = 0; i < list->names; i++)
        if (strcmp(list->name[i].name, name) == 0)
            return list->name[i].words;
    return NULL;
}

/* Copies `text` with every @name replaced by its words, separated by single blanks. */
static bool expand(const struct case_list *list, const struct place *place, char *text, char **expanded)
{
    char result[2 * LINE_SIZE] = "";
    size_t length = 0;
    for (const char *word = strtok(text, blanks); word; word = strtok(NULL, blanks)) {
        const char *words = *word == '@' ? words_of(list, word) : word;
        if (!words)
            return complain(place, "unknown name", word);
        size_t more = strlen(words);
        if (length + more + 2 > sizeof result)
            return complain(place, "line too long", "");
        if (length > 0)
            result[length++] = ' ';
        memcpy(result + length, words, more + 1);
        length += more;
    }
    *expanded = copy(result);
    return true;
}

static bool add_name(struct case_list *list, struct place *place, char *text)
{
    char *equals = strstr(text, " = ");
    place->name = "@name";
    if (!equals)
        return complain(place, "a definition is `@name = words`", "");
    *equals = '\0';
    place->name = trim(text);
    if (strpbrk(place->name, blanks))
        return complain(place, "a definition is `@name = words`", "");
    if (words_of(list, place->name))
        return complain(place, "defined twice", "");
    char *words;
    if (!expand(list, place, equals + 3, &words))
        return false;
    list->name = must(realloc(list->name, (list->names + 1) * sizeof *list->name));
    list->name[list->names++] = (struct case_name){ copy(place->name), words };
    return true;
}

/* `row 27, pattern 1`: what the case shows. tests/docs/check-rows reads it; here it must only be well formed. */
static bool check_covers(const struct place *place, char *text)
{
    for (char *item = text; item;) {
        char *comma = strchr(item, ',');
        if (comma)
            *comma = '\0';
        unsigned number;
        int length = 0;
        char *words = trim(item);
        if ((sscanf(words, "row %3u%n", &number, &length) != 1 && sscanf(words, "pattern %2u%n", &number, &length) != 1)
            || words[length] != '\0' || number == 0)
            return complain(place, "neither `row N` nor `pattern N`:", words);
        item = comma ? comma + 1 : NULL;
    }
    return true;
}

enum { COLUMNS_LEAST = 3, COLUMNS_MOST = 4 };

static bool add_case(struct case_list *list, struct place *place, char *text)
{
    char *column[COLUMNS_MOST];
    int columns = 0;
    while (text) {
        char *bar = strchr(text, '|');
        if (columns == COLUMNS_MOST || (!bar && columns + 1 < COLUMNS_LEAST))
            return complain(place, "a case is `name | segments | expected | covers`", "");
        if (bar)
            *bar = '\0';
        column[columns] = trim(text);
        if (columns == 0)
            place->name = column[0];
        if (*column[columns++] == '\0')
            return complain(place, "empty column", "");
        text = bar ? bar + 1 : NULL;
    }
    if (columns == COLUMNS_MOST && !check_covers(place, column[COLUMNS_MOST - 1]))
        return false;
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->item[i].name, place->name) == 0)
            return complain(place, "a case of this name exists already", "");
    struct test_case new = { .line = place->line };
    if (!expand(list, place, column[1], &new.segments))
        return false;
    if (!expand(list, place, column[2], &new.expected)) {
        free(new.segments);
        return false;
    }
    new.name = copy(place->name);
    new.file = copy(place->file);
    list->item = must(realloc(list->item, (list->count + 1) * sizeof *list->item));
    list->item[list->count++] = new;
    return true;
}

/* `include other.cases`, beside the file that says so. */
static bool include(struct case_list *list, const struct place *place, const char *name)
{
    const char *slash = strrchr(place->file, '/');
    int folder = slash ? (int)(slash - place->file) + 1 : 0;
    char path[1000];
    snprintf(path, sizeof path, "%.*s%s", folder, place->file, name);
    for (size_t i = 0; i < list->files; i++)
        if (strcmp(list->included[i], path) == 0)
            return true;
    return case_file_read(list, path);
}

bool case_file_read(struct case_list *list, const char *path)
{
    FILE *file = fopen(path, "r");
    struct place place = { path, 0, "-" };
    if (!file)
        return complain(&place, "cannot be opened", "");
    list->included = must(realloc(list->included, (list->files + 1) * sizeof *list->included));
    list->included[list->files++] = copy(path);
    bool good = true;
    char line[LINE_SIZE];
    while (fgets(line, sizeof line, file)) {
        place.line++;
        place.name = "-";
        if (!strchr(line, '\n') && !feof(file)) {
            good = complain(&place, "line too long", "");
            break;
        }
        char *text = trim(line);
        if (*text == '\0' || *text == '#')
            continue;
        bool fine = *text == '@'                         ? add_name(list, &place, text)
                    : strncmp(text, "include ", 8) == 0 ? include(list, &place, trim(text + 8))
                                                        : add_case(list, &place, text);
        good = good && fine;
    }
    fclose(file);
    return good;
}

void case_list_free(struct case_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->item[i].name);
        free(list->item[i].segments);
        free(list->item[i].expected);
        free(list->item[i].file);
    }
    for (size_t i = 0; i < list->names; i++) {
        free(list->name[i].name);
        free(list->name[i].words);
    }
    for (size_t i = 0; i < list->files; i++)
        free(list->included[i]);
    free(list->item);
    free(list->name);
    free(list->included);
    *list = (struct case_list){ 0 };
}
