/* Plays experiments between two real TCP stacks, and records packets and socket errors (README.md).
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "fail.h"
#include "play.h"
#include "script.h"

static const struct scenario scenarios[] = {
#define SCENARIO(name, sentence, steps) { name, sentence, steps },
#include "scenarios.def"
#undef SCENARIO
};
enum { SCENARIO_COUNT = sizeof scenarios / sizeof *scenarios };

static const char help[] =
    "Usage: lab [--out DIR] NAME...\n"
    "       lab [--out DIR] --steps 'SCRIPT' NAME\n"
    "       lab --list | --help\n"
    "\n"
    "Plays scenarios between two TCP sockets of this kernel, in namespaces of their own.\n"
    "Prints state and result of every call. Needs root and ip(8).\n"
    "\n"
    "  --out DIR       write NAME.truth instead, and record NAME.pcapng beside it (needs dumpcap)\n"
    "  --steps SCRIPT  play this script under the name NAME (script.h says how to write one)\n"
    "  --list          print all scenarios\n"
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

static void record_in(const char *directory, const struct scenario *scenario, const struct script *script)
{
    char truth_path[4096], capture_path[4096];
    snprintf(truth_path, sizeof truth_path, "%s/%s.truth", directory, scenario->name);
    snprintf(capture_path, sizeof capture_path, "%s/%s.pcapng", directory, scenario->name);
    FILE *truth = fopen(truth_path, "w");
    if (!truth)
        fail(LAB_FAILED, "cannot write %s: %s", truth_path, strerror(errno));
    int packets = play(scenario, script, truth, capture_path);
    if (fclose(truth) != 0)
        fail(LAB_FAILED, "cannot write %s: %s", truth_path, strerror(errno));
    chmod(capture_path, 0644); /* dumpcap makes it private */
    printf("%s: %d packets\n", capture_path, packets);
    fflush(stdout);
}

struct options {
    const char *directory, *steps;
    int first_name; /* index into argv */
};

static struct options read_options(int argc, char **argv)
{
    struct options options = { .first_name = 1 };
    for (; options.first_name < argc && argv[options.first_name][0] == '-'; options.first_name++) {
        const char *option = argv[options.first_name];
        const char **value = strcmp(option, "--out") == 0     ? &options.directory
                             : strcmp(option, "--steps") == 0 ? &options.steps
                                                              : NULL;
        if (!value)
            fail(LAB_USAGE, "unknown option %s (lab --help explains)", option);
        if (++options.first_name == argc)
            fail(LAB_USAGE, "%s needs a value (lab --help explains)", option);
        *value = argv[options.first_name];
    }
    if (options.first_name == argc)
        fail(LAB_USAGE, "no scenario given (lab --list shows them)");
    if (options.steps && options.first_name + 1 != argc)
        fail(LAB_USAGE, "--steps needs exactly one name");
    return options;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0)
        return list(), 0;
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return fputs(help, stdout), 0;
    struct options options = read_options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    for (int i = options.first_name; i < argc; i++)
        if (!options.steps)
            find_scenario(argv[i]); /* all names are checked before anything is played */
    for (int i = options.first_name; i < argc; i++) {
        struct scenario own = { argv[i], options.steps, options.steps };
        const struct scenario *scenario = options.steps ? &own : find_scenario(argv[i]);
        struct script script;
        read_script(scenario, &script);
        if (options.directory)
            record_in(options.directory, scenario, &script);
        else
            play(scenario, &script, stdout, NULL);
    }
    return 0;
}
