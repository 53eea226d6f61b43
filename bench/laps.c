/*
 * Runs programs turn by turn, A B C A B C, and tells what each run cost.
 *
 * Usage: laps ROUNDS STDIN -- [NAME=VALUE] PROGRAM [ARG...] -- ...
 * It prints INDEX NANOSECONDS MINOR_FAULTS PEAK_RSS_KB for each run.
 *
 * In C and static, because a child's peak begins at its parent's size: this one is smaller than
 * what it measures. A parent is borrowed, not copied, when posix_spawn starts a program.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { MOST = 16, WARM_UP = 5 };

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long run(char **words, posix_spawn_file_actions_t *files, struct rusage *usage,
		long long *took)
{
	char *set = strchr(words[0], '=') ? *words++ : NULL;
	int status = -1;
	long long start;
	pid_t child;

	if (set) {
		char *value = strchr(set, '=') + 1;
		char name[64] = "";

		strncat(name, set, value - set - 1);
		setenv(name, value, 1);
	}
	start = now();
	if (posix_spawnp(&child, words[0], files, NULL, words, environ) == 0)
		wait4(child, &status, 0, usage);
	*took = now() - start;
	return status;
}

int main(int argc, char **argv)
{
	char **programs[MOST];
	int count = 0, rounds = argc > 4 ? atoi(argv[1]) : 0;
	posix_spawn_file_actions_t files;

	if (rounds < 1)
		return 2;
	for (int at = 3; at < argc && count < MOST; at++)
		if (strcmp(argv[at], "--") == 0) {
			argv[at] = NULL;
			programs[count++] = argv + at + 1;
		}
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, argv[2], O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	for (int round = -WARM_UP; round < rounds; round++)
		for (int index = 0; index < count; index++) {
			struct rusage usage;
			long long took;
			long status = run(programs[index], &files, &usage, &took);

			if (status != 0) {
				fprintf(stderr, "%s ended with %#lx\n", programs[index][0], status);
				return 1;
			}
			if (round >= 0)
				printf("%d %lld %ld %ld\n", index, took, usage.ru_minflt, usage.ru_maxrss);
		}
	return fflush(stdout) != 0;
}
