/* base/counter.h: what a worker counts: the core's own numbers, and those that stages declare (yuzui/record.h).
 *
 * The numbers are each worker's own (worker.h): written by it alone, relaxed, read by anyone; whoever shows them sums them up. The names
 * of declared ones are the process's: a name keeps its slot as long as the process lives, so numbers survive reloads.
 */
#ifndef YUZUI_BASE_COUNTER_H
#define YUZUI_BASE_COUNTER_H

#include <stdatomic.h>
#include <yuzui/record.h>

/* clang-format off */
#define YZ_COUNTERS(X)                                                          \
    X(begun, "requests begun: these less requests and cancelled are in flight") \
    X(requests, "requests answered")                                            \
    X(errors, "answers with status >= 400")                                     \
    X(connections, "client connections accepted")                               \
    X(refused, "requests refused as malformed")                                 \
    X(upstream_calls, "calls sent to providers")                                \
    X(upstream_errors, "calls to providers that failed")                        \
    X(upstream_connects, "connections opened to providers")                     \
    X(lossy, "translations that lost something")                                \
    X(cancelled, "requests whose client left")
/* clang-format on */
typedef struct yz_counters {
#define YZ_COUNTER_MEMBER(name, help) _Atomic uint64_t name;
    YZ_COUNTERS(YZ_COUNTER_MEMBER)
#undef YZ_COUNTER_MEMBER
} yz_counters;

#define YZ_COUNTER_SLOTS 101 /* slot 0 is that of counters that could not be declared */

typedef struct yz_counter_info {
    const char *name, *help;
} yz_counter_info;

/* What stands in a slot, from 1 on; name NULL: there are no more. Any thread. */
yz_counter_info yz_counter_at(yz_counter slot);
/* The slot of a name; 0: nobody has declared it. Any thread. */
yz_counter yz_counter_find(const char *name);

#endif
