/* judging.c: how long the classifier takes for a text: the fastest of some rounds over all of them, on one core.
 *
 *   judging MODEL ROUNDS < texts, one a line
 *
 * Prints texts, mean bytes, and microseconds a text. The fastest round is the one that nothing else disturbed. */
#include "base/clock.h"
#include "question/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS_MAX = 100000 };

static yz_str texts[TEXTS_MAX];

static size_t read_texts(void) {
    char *line = NULL;
    size_t room = 0, n = 0;
    ssize_t got;
    while (n < TEXTS_MAX && (got = getline(&line, &room, stdin)) > 0) {
        got -= line[got - 1] == '\n';
        texts[n++] = (yz_str){memcpy(malloc((size_t)got + 1), line, (size_t)got), (size_t)got};
    }
    free(line);
    return n;
}

int main(int argc, char **argv) {
    const char *why = NULL;
    yz_model *model = argc == 3 ? yz_model_open(argv[1], &why) : NULL;
    if (!model) {
        fprintf(stderr, argc == 3 ? "judging: %s: %s\n" : "usage: judging MODEL ROUNDS < texts, one a line\n", argv[1], why);
        return 2;
    }
    size_t n = read_texts(), bytes = 0;
    int64_t best = INT64_MAX;
    unsigned seen = 0;
    for (int round = atoi(argv[2]); n > 0 && round > 0; round--) {
        int64_t began = yz_clock_ns();
        bytes = 0;
        for (size_t i = 0; i < n; i++) {
            yz_judgement judgement;
            yz_model_judge(model, texts[i], &judgement);
            seen += judgement.label; /* so that no compiler leaves the work out */
            bytes += texts[i].n;
        }
        int64_t took = yz_clock_ns() - began;
        best = took < best ? took : best;
    }
    if (n == 0 || best == INT64_MAX) {
        fprintf(stderr, "judging: nothing to judge (labels: %u)\n", seen);
        return 2;
    }
    printf("%zu %zu %.3f\n", n, bytes / n, (double)best / 1e3 / (double)n);
    yz_model_close(model);
    for (size_t i = 0; i < n; i++)
        free((void *)(uintptr_t)texts[i].p);
    return 0;
}
