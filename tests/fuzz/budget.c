/* budget.c: stands between libFuzzer and every target (--wrap) and bounds what one input may cost.
 *
 * In CPU time of the thread, so that a machine that stalls or is shared fails nothing: libFuzzer's own -timeout counts wall time and is
 * there for what never returns. The bound is ten times the 100 ms that are the goal, because the sanitizers cost about as much; how many
 * inputs took more than the goal even so is told at the end. The first input is free: it pays for the set-up of its target. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define GOAL_MS  100
#define BOUND_MS 1000

int __real_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static double slowest;
static unsigned long over;

static double cpu_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void tell(void) { fprintf(stderr, "slowest_input_cpu_ms: %.1f\ninputs_over_%d_ms: %lu\n", slowest, GOAL_MS, over); }

int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int first = 1;
    double before = cpu_ms();
    int result = __real_LLVMFuzzerTestOneInput(data, size);
    double took = cpu_ms() - before;
    if (first) {
        first = 0;
        atexit(tell);
        return result;
    }
    slowest = took > slowest ? took : slowest;
    over += took > GOAL_MS;
    if (took > BOUND_MS) {
        fprintf(stderr, "an input of %zu bytes took %.0f ms of CPU time, %d are allowed\n", size, took, BOUND_MS);
        abort();
    }
    return result;
}
