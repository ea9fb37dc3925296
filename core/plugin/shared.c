/* plugin/shared.c: memory of plugins that outlives generations, and versions of a plugin. It is found by what it is called and by how it
 * is laid out, made once, and never freed: plugins stay mapped for the life of the process too, and any of their stages may still use it.
 * The list belongs to the control thread; the memory belongs to whoever found it. */
#include "base/arena.h"
#include "base/check.h"

#include <stdlib.h>
#include <yuzui/plugin.h>

#define LINE ((size_t)64) /* bytes of a cache line: what two workers write should not share one with anything else */

typedef struct shared {
    struct shared *next;
    size_t size;
    uint32_t version;
    void *memory;
    size_t plugin_n, name_n;
    char text[]; /* the plugin's name, then the memory's */
} shared;

static shared *all;

static bool is_called(const shared *s, yz_str plugin, yz_str name) {
    return yz_str_eq((yz_str){s->text, s->plugin_n}, plugin) && yz_str_eq((yz_str){s->text + s->plugin_n, s->name_n}, name);
}

static shared *add(yz_str plugin, yz_str name, uint32_t version, size_t size) {
    size_t rounded = (size + LINE - 1) / LINE * LINE;
    shared *s = yz_malloc(sizeof(*s) + plugin.n + name.n);
    *s = (shared){.next = all, .size = size, .version = version, .plugin_n = plugin.n, .name_n = name.n};
    memcpy(s->text, plugin.p, plugin.n);
    memcpy(s->text + plugin.n, name.n ? name.p : "", name.n);
    s->memory = aligned_alloc(LINE, rounded);
    YZ_MUST(s->memory != NULL);
    memset(s->memory, 0, rounded);
    all = s;
    return s;
}

void *yz_shared(const char *plugin, yz_str name, uint32_t version, size_t size, void (*init)(void *memory, void *arg), void *arg) {
    yz_str by = yz_str_of(plugin);
    for (const shared *s = all; s; s = s->next)
        if (s->version == version && s->size == size && is_called(s, by, name))
            return s->memory;
    YZ_MUST(size > 0);
    void *memory = add(by, name, version, size)->memory;
    if (init)
        init(memory, arg);
    return memory;
}
