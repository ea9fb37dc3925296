/* loop/env.c: what others may ask of a worker without knowing what it is made of: the call tree (call/env.h) and plugins (call.h). */
#include "call/env.h"
#include "worker.h"

/* A worker is one thread's, which may ask through a pointer to const and still run the turn. */
yz_call_env yz_worker_env(const yz_worker *worker) {
    yz_worker *own = (yz_worker *)(uintptr_t)worker;
    return (yz_call_env){.turn = &own->turn, .blocks = own->blocks, .calls = &own->calls, .running = &own->running};
}

int64_t yz_now(const yz_worker *worker) { return yz_turn_now((yz_turn *)(uintptr_t)&worker->turn); }
uint64_t yz_random(yz_worker *worker) { return yz_rng_next(&worker->rng); }
unsigned yz_worker_index(const yz_worker *worker) { return worker->index; }
struct uv_loop_s *yz_worker_loop(yz_worker *worker) {
    return worker->loop;
}

void yz_count(yz_worker *worker, yz_counter counter, uint64_t n) {
    _Atomic uint64_t *cell = &worker->declared[counter];
    atomic_store_explicit(cell, atomic_load_explicit(cell, memory_order_relaxed) + n, memory_order_relaxed);
}
