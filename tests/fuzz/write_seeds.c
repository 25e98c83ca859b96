/* Writes every case as an input of fuzz_core: a file each.
 *
 *     write_seeds FOLDER FILE.cases...
 *
 * Exit codes: 0 written; 1 a case that cannot be played, or none; 2 wrong arguments.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "case_file.h"
#include "input.h"

static bool write_seed(const struct test_case *test, const char *folder, size_t number)
{
    static struct recording recording;
    static uint8_t data[INPUT_MOST];
    char message[256], path[4096];

    if (!player_play(test->segments, false, &recording, message, sizeof message)) {
        fprintf(stderr, "%s:%u: %s: %s\n", test->file, test->line, test->name, message);
        return false;
    }
    size_t size = input_write(&recording, data);
    snprintf(path, sizeof path, "%s/%04zu-%s", folder, number, test->name);
    FILE *file = fopen(path, "wb");
    bool good = file && fwrite(data, 1, size, file) == size;
    if ((file && fclose(file) != 0) || !good) {
        perror(path);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct case_list list = { 0 };
    bool good = true;

    if (argc < 3) {
        fputs("usage: write_seeds FOLDER FILE.cases...\n", stderr);
        return 2;
    }
    for (int i = 2; i < argc; i++)
        good = case_file_read(&list, argv[i]) && good;
    for (size_t i = 0; i < list.count; i++)
        good = write_seed(&list.item[i], argv[1], i) && good;
    good = good && list.count > 0;
    case_list_free(&list);
    return good ? 0 : 1;
}
