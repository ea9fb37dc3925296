/* dialect/chat.c: the nodes of a neutral request, and what of it a writer does not look at (yuzui/chat.h has the contract).
 *
 * A node is longer than its reader knows: after the record stand the arena and the ends of its lists, so that appending is one step.
 */
#include "dialect/chat.h"

typedef struct part_node {
    yz_part part; /* first, here and below */
    yz_arena *arena;
    yz_part **end;
} part_node;

typedef struct message_node {
    yz_message message;
    yz_arena *arena;
    yz_part **end;
} message_node;

typedef struct chat_node {
    yz_chat chat;
    yz_arena *arena;
    yz_message **messages_end;
    yz_tool **tools_end;
    yz_stop **stop_end;
} chat_node;

yz_chat *yz_chat_new(yz_arena *arena) {
    chat_node *node = yz_alloc(arena, sizeof *node);
    node->chat.size = sizeof node->chat;
    node->arena = arena;
    node->messages_end = &node->chat.messages;
    node->tools_end = &node->chat.tools;
    node->stop_end = &node->chat.stop;
    return &node->chat;
}

yz_message *yz_message_insert(yz_chat *chat, yz_message *after, yz_role role) {
    chat_node *home = (chat_node *)(void *)chat;
    message_node *node = yz_alloc(home->arena, sizeof *node);
    yz_message **at = after ? &after->next : home->messages_end;
    node->message = (yz_message){.size = sizeof node->message, .next = *at, .role = role};
    node->arena = home->arena;
    node->end = &node->message.parts;
    if (at == home->messages_end)
        home->messages_end = &node->message.next;
    return *at = &node->message;
}

yz_message *yz_message_add(yz_chat *chat, yz_role role) { return yz_message_insert(chat, NULL, role); }

static yz_part *add_part(yz_arena *arena, yz_part ***end, yz_part_kind kind) {
    part_node *node = yz_alloc(arena, sizeof *node);
    node->part.size = sizeof node->part;
    node->part.kind = kind;
    node->arena = arena;
    node->end = &node->part.parts;
    **end = &node->part;
    *end = &node->part.next;
    return &node->part;
}

yz_part *yz_part_add(yz_message *message, yz_part_kind kind) {
    message_node *node = (message_node *)(void *)message;
    return add_part(node->arena, &node->end, kind);
}

yz_part *yz_part_add_to(yz_part *result, yz_part_kind kind) {
    part_node *node = (part_node *)(void *)result;
    return add_part(node->arena, &node->end, kind);
}

yz_tool *yz_tool_add(yz_chat *chat) {
    chat_node *home = (chat_node *)(void *)chat;
    yz_tool *tool = yz_alloc(home->arena, sizeof *tool);
    tool->size = sizeof *tool;
    *home->tools_end = tool;
    home->tools_end = &tool->next;
    return tool;
}

yz_stop *yz_stop_add(yz_chat *chat, yz_str escaped) {
    chat_node *home = (chat_node *)(void *)chat;
    yz_stop *stop = yz_alloc(home->arena, sizeof *stop);
    stop->size = sizeof *stop;
    stop->text = escaped;
    *home->stop_end = stop;
    home->stop_end = &stop->next;
    return stop;
}

/* ---- order ------------------------------------------------------------------------------------------------------------ */

void yz_chat_set_messages(yz_chat *chat, yz_message *const *list, size_t n) {
    chat_node *home = (chat_node *)(void *)chat;
    yz_message **end = &chat->messages;
    for (size_t i = 0; i < n; i++) {
        *end = list[i];
        end = &list[i]->next;
    }
    *end = NULL;
    home->messages_end = end;
}

void yz_message_set_parts(yz_message *message, yz_part *const *list, size_t n) {
    message_node *node = (message_node *)(void *)message;
    yz_part **end = &message->parts;
    for (size_t i = 0; i < n; i++) {
        *end = list[i];
        end = &list[i]->next;
    }
    *end = NULL;
    node->end = end;
}

int yz_chat_read(const yz_request *request, yz_arena *arena, yz_losses *losses, yz_chat *chat, yz_error *error) {
    int code = request->dialect->read(request, arena, losses, chat, error);
    if (code < 0)
        return code;
    yz_results_behind_calls(chat, arena);
    yz_opaque_named(chat, arena);
    return code;
}

/* ---- copies ----------------------------------------------------------------------------------------------------------- */

static void copy_part(yz_part *copy, const yz_part *part) {
    *copy = *part;
    copy->next = copy->parts = NULL;
    for (const yz_part *inner = part->parts; inner; inner = inner->next)
        copy_part(yz_part_add_to(copy, inner->kind), inner);
}

yz_chat *yz_chat_copy(const yz_chat *chat, yz_arena *arena) {
    yz_chat *copy = yz_chat_new(arena);
    *copy = *chat;
    copy->messages = NULL;
    copy->tools = NULL;
    copy->stop = NULL;
    for (const yz_message *m = chat->messages; m; m = m->next) {
        yz_message *message = yz_message_add(copy, m->role);
        for (const yz_part *part = m->parts; part; part = part->next)
            copy_part(yz_part_add(message, part->kind), part);
    }
    for (const yz_tool *t = chat->tools; t; t = t->next) {
        yz_tool *tool = yz_tool_add(copy);
        *tool = *t;
        tool->next = NULL;
    }
    for (const yz_stop *s = chat->stop; s; s = s->next)
        yz_stop_add(copy, s->text);
    return copy;
}

/* ---- what a writer does not look at ------------------------------------------------------------------------------------ */

/* Is the word among those of a list with blanks between? */
static bool among(const char *list, const char *word) {
    size_t n = strlen(word);
    for (const char *at = list; at && (at = strstr(at, word)); at += n)
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

/* What a chat says besides its messages: the field's name with most clients, that of Chat Completions or of Responses, and whether the
 * chat `c` says it. */
/* clang-format off */
#define FIELDS(X)                                                                                                      \
    X("tools", c->tools != NULL)                                                                                       \
    X("tool_choice", c->tools && c->tool_choice != YZ_TOOLS_UNSAID)                                                    \
    X("parallel_tool_calls", c->tools && c->parallel_tools != YZ_UNSAID)                                               \
    X("max_tokens", c->max_tokens > 0)                                                                                 \
    X("temperature", c->temperature.n > 0)                                                                             \
    X("top_p", c->top_p.n > 0)                                                                                         \
    X("top_k", c->top_k.n > 0)                                                                                         \
    X("seed", c->seed.n > 0)                                                                                           \
    X("presence_penalty", c->presence_penalty.n > 0)                                                                   \
    X("frequency_penalty", c->frequency_penalty.n > 0)                                                                 \
    X("n", c->n > 1)                                                                                                   \
    X("stop", c->stop != NULL)                                                                                         \
    X("user", c->user.n > 0)                                                                                           \
    X("reasoning_effort", (c->effort.n && !yz_str_is(c->effort, "none")) || c->thinking_budget > 0)                    \
    X("response_format", c->schema.n || c->json_object)                                                                \
    X("logit_bias", c->logit_bias.n > 0)                                                                               \
    X("logprobs", c->logprobs)                                                                                         \
    X("top_logprobs", c->top_logprobs.n > 0)                                                                           \
    X("reasoning.summary", c->summary.n > 0)                                                                           \
    X("verbosity", c->verbosity.n > 0)                                                                                 \
    X("service_tier", c->tier.n > 0)                                                                                   \
    X("prompt_cache_key", c->cache_key.n > 0)                                                                          \
    X("metadata", c->metadata.n > 0)                                                                                   \
    X("modalities", c->modalities.n > 0)                                                                               \
    X("audio", c->voice.n > 0)                                                                                         \
    X("prediction", c->prediction.n > 0)                                                                               \
    X("safety_settings", c->safety.n > 0)                                                                              \
    X("previous_response_id", c->previous.n > 0)                                                                       \
    X("cached_content", c->cached.n > 0)
/* clang-format on */

static void lose_unread(const yz_chat *c, const char *reads, yz_losses *losses) {
#define FIELD(name, is_said) {name, is_said},
    const struct {
        const char *field;
        bool said;
    } table[] = {FIELDS(FIELD)};
#undef FIELD
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (table[i].said && !among(reads, table[i].field))
            yz_lose(losses, table[i].field);
}

bool yz_chat_writes(const yz_adapter *adapter, const char *field) { return adapter->writes && among(adapter->writes, field); }

bool yz_chat_has_field(yz_str name) {
#define NAME(name, is_said) name,
    static const char *const names[] = {"model", "messages", FIELDS(NAME)};
#undef NAME
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (yz_str_is(name, names[i]))
            return true;
    return false;
}

/* A model is asked for no more than it can say; that is told, so that a strict provider refuses. */
static const yz_chat *within_limits(const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses) {
    int64_t most = target->facts ? target->facts->max_tokens : 0;
    if (most <= 0 || chat->max_tokens <= most)
        return chat;
    yz_chat *clamped = yz_chat_new(arena);
    *clamped = *chat;
    clamped->max_tokens = most;
    yz_lose_as(losses, "max_tokens", YZ_APPROXIMATED);
    return clamped;
}

int yz_chat_write(const yz_chat *chat, const yz_target *target, yz_arena *arena, yz_losses *losses, yz_buf *out) {
    const yz_adapter *adapter = target->provider->adapter;
    chat = within_limits(chat, target, arena, losses);
    int code = adapter->write(target->provider, chat, target, arena, losses, out);
    if (code == YZ_OK)
        lose_unread(chat, adapter->writes, losses);
    return code;
}
