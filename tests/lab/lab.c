/* Plays experiments between two real TCP stacks, and records packets and socket errors (README.md).
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "crowd.h"
#include "fail.h"
#include "line.h"
#include "play.h"
#include "script.h"

static const struct scenario scenarios[] = {
#define SCENARIO(name, sentence, steps) { name, sentence, steps },
#include "scenarios.def"
#undef SCENARIO
};
enum { SCENARIO_COUNT = sizeof scenarios / sizeof *scenarios };

static const char help[] =
    "Usage: lab [--out DIR [--full]] [--place P] NAME...\n"
    "       lab [--out DIR] --steps 'SCRIPT' NAME\n"
    "       lab --random N --seed S [--only K] [--out DIR]\n"
    "       lab --list | --help\n"
    "\n"
    "Plays scenarios between two TCP sockets of this kernel, in namespaces of their own.\n"
    "Prints state and result of every call. Needs root and ip(8).\n"
    "\n"
    "  --out DIR       write NAME.truth instead, and record NAME.pcapng beside it (needs dumpcap)\n"
    "  --full          and NAME.server.pcapng, recorded at the server, and NAME.journal\n"
    "  --place P       use addresses 192.0.2.(2P+1) and 192.0.2.(2P+2), to play several at the same time\n"
    "  --steps SCRIPT  play this script under the name NAME (script.h says how to write one)\n"
    "  --list          print all scenarios\n"
    "  --random N      play N random scripts at the same time, connections 0 to N-1; with --out DIR write\n"
    "                  random.truth, random.client.pcapng and random.server.pcapng\n"
    "  --seed S        number from which they are made, default 1\n"
    "  --only K        play connection K alone\n"
    "\n"
    "Exit status: 0 played, 1 could not play, 2 wrong arguments.\n";

static const struct scenario *find_scenario(const char *name)
{
    for (int i = 0; i < SCENARIO_COUNT; i++)
        if (strcmp(scenarios[i].name, name) == 0)
            return &scenarios[i];
    fail(LAB_USAGE, "no scenario is named %s (lab --list shows them)", name);
}

static void list(void)
{
    for (int i = 0; i < SCENARIO_COUNT; i++)
        printf("%-28s %s\n", scenarios[i].name, scenarios[i].sentence);
}

static void read_script(const struct scenario *scenario, struct script *script)
{
    char error[96];
    if (!script_read(script, scenario->steps, error, sizeof error))
        fail(LAB_USAGE, "%s: %s", scenario->name, error);
}

static FILE *create(char *path, size_t size, const char *directory, const char *name, const char *suffix)
{
    snprintf(path, size, "%s/%s%s", directory, name, suffix);
    FILE *file = fopen(path, "w");
    if (!file)
        fail(LAB_FAILED, "cannot write %s: %s", path, strerror(errno));
    return file;
}

static void finish(FILE *file, const char *path)
{
    if (ferror(file) || fclose(file) != 0)
        fail(LAB_FAILED, "cannot write %s: %s", path, strerror(errno));
}

/* `full`: the server's capture and the journal too. */
static void record_in(const char *directory, bool full, const struct scenario *scenario, const struct script *script)
{
    char truth_path[4096], journal_path[4096], captures[ENDS][4096];
    struct play_files files = { .truth = create(truth_path, sizeof truth_path, directory, scenario->name, ".truth") };
    snprintf(captures[CLIENT], sizeof captures[CLIENT], "%s/%s.pcapng", directory, scenario->name);
    snprintf(captures[SERVER], sizeof captures[SERVER], "%s/%s.server.pcapng", directory, scenario->name);
    for (int end = 0; end <= (full ? SERVER : CLIENT); end++)
        files.captures[end] = captures[end];
    if (full)
        files.journal = create(journal_path, sizeof journal_path, directory, scenario->name, ".journal");
    int packets = play(scenario, script, &files);
    finish(files.truth, truth_path);
    if (full)
        finish(files.journal, journal_path);
    for (int end = 0; end <= (full ? SERVER : CLIENT); end++)
        chmod(captures[end], 0644); /* dumpcap makes it private */
    printf("%s: %d packets\n", captures[CLIENT], packets);
    fflush(stdout);
}

struct options {
    const char *directory, *steps, *random, *seed, *only, *place;
    bool full;
    int first_name; /* index into argv */
};

static struct options read_options(int argc, char **argv)
{
    struct options options = { .first_name = 1 };
    for (; options.first_name < argc && argv[options.first_name][0] == '-'; options.first_name++) {
        const char *option = argv[options.first_name];
        if (strcmp(option, "--full") == 0) {
            options.full = true;
            continue;
        }
        const char **value = strcmp(option, "--out") == 0      ? &options.directory
                             : strcmp(option, "--steps") == 0  ? &options.steps
                             : strcmp(option, "--random") == 0 ? &options.random
                             : strcmp(option, "--seed") == 0   ? &options.seed
                             : strcmp(option, "--only") == 0   ? &options.only
                             : strcmp(option, "--place") == 0  ? &options.place
                                                               : NULL;
        if (!value)
            fail(LAB_USAGE, "unknown option %s (lab --help explains)", option);
        if (++options.first_name == argc)
            fail(LAB_USAGE, "%s needs a value (lab --help explains)", option);
        *value = argv[options.first_name];
    }
    if (options.random)
        return options;
    if (options.first_name == argc)
        fail(LAB_USAGE, "no scenario given (lab --list shows them)");
    if (options.steps && options.first_name + 1 != argc)
        fail(LAB_USAGE, "--steps needs exactly one name");
    return options;
}

static uint64_t read_number(const char *text, uint64_t most)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (end == text || *end || errno || number > most)
        fail(LAB_USAGE, "not a number up to %llu: %s", (unsigned long long)most, text);
    return number;
}

static void play_random(const struct options *options)
{
    struct crowd_order order = { .seed = options->seed ? read_number(options->seed, UINT64_MAX) : 1,
                                 .count = (int)read_number(options->random, LINE_CONNECTIONS),
                                 .directory = options->directory };
    if (options->only) {
        order.first = (int)read_number(options->only, LINE_CONNECTIONS - 1);
        order.count = 1;
    }
    crowd_play(&order);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list(), 0;
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return fputs(help, stdout), 0;
    struct options options = read_options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    if (options.place)
        net_place((int)read_number(options.place, NET_PLACES - 1));
    if (options.random)
        return play_random(&options), 0;
    for (int i = options.first_name; i < argc; i++)
        if (!options.steps)
            find_scenario(argv[i]); /* all names are checked before anything is played */
    for (int i = options.first_name; i < argc; i++) {
        struct scenario own = { argv[i], options.steps, options.steps };
        const struct scenario *scenario = options.steps ? &own : find_scenario(argv[i]);
        struct script script;
        read_script(scenario, &script);
        if (options.directory)
            record_in(options.directory, options.full, scenario, &script);
        else
            play(scenario, &script, &(struct play_files){ .truth = stdout });
    }
    return 0;
}
