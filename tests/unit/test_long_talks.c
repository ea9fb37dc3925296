/* A long conversation takes about as long for each message as a short one, through every pair of dialects: a client chooses how many calls,
 * results, instructions and cache marks a request has, and one body must not hold a worker for seconds. Four times as much is allowed ten
 * times the processor's time of this process; whatever walks over all that came before takes sixteen times. */
#include "sides.h"

#include <time.h>

/* Shapes of requests, with ' for ": `one` as often as is asked, numbered where # stands, then `other` likewise, numbered downwards. */
typedef struct shape {
    int from; /* in tried[] */
    const char *head, *one, *other, *tail;
    size_t times; /* of what is cheap, more is needed to see it */
} shape;

#define CALL     "{'role':'assistant','content':null,'tool_calls':[{'id':'c#','type':'function','function':{'name':'f','arguments':'{}'}}]}"
#define TOOL     ",{'role':'tool','tool_call_id':'c#','content':'r'}"
#define SAME     "{'role':'assistant','content':null,'tool_calls':[{'id':'c','type':'function','function':{'name':'f','arguments':'{}'}}]}"
#define ITEM     ",{'type':'function_call','call_id':'c#','name':'f','arguments':'{}'}"
#define OUTPUT   ",{'type':'function_call_output','call_id':'c#','output':'r'}"
#define MARKED   "{'type':'text','text':'x','cache_control':{'type':'ephemeral'}}"
#define CHAT     "{'model':'m','messages':[{'role':'user','content':'x'}"
#define INPUT    "{'model':'m','input':[{'role':'user','content':'x'}"
#define MESSAGES "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':'x'}"
#define CONTENTS "{'contents':[{'role':'user','parts':[{'text':'x'}]}"
#define END      "]}"

static const shape shapes[] = {
    {0, CHAT, "," CALL ",{'role':'user','content':'w'}" TOOL, "", END, 1},
    {0, CHAT, "," CALL ",{'role':'system','content':'w'}" TOOL, "", END, 1},
    {0, CHAT, "," CALL ",{'role':'assistant','content':'w'}" TOOL, "", END, 1},
    {0, CHAT, "," CALL, TOOL, END, 1},
    {0, CHAT, "," SAME ",{'role':'user','content':'w'}", "", ",{'role':'tool','tool_call_id':'c','content':'r'}]}", 1},
    {0, CHAT "," SAME, ",{'role':'tool','tool_call_id':'c','content':'r'}," SAME, "", END, 1},
    {0, CHAT, ",{'role':'system','content':'w'}", "", END, 1},
    {0, "{'model':'m','messages':[{'role':'system','content':'w'}", ",{'role':'system','content':'w'}", "",
     ",{'role':'user','content':'x'}]}", 1},
    {0, CHAT, ",{'role':'user','content':[" MARKED "]}", "", END, 5},
    {0, "{'model':'m','messages':[{'role':'user','content':[" MARKED, "," MARKED, "", "]}]}", 5},
    {1, MESSAGES,
     ",{'role':'assistant','content':[{'type':'tool_use','id':'c#','name':'f','input':{}}]},{'role':'system','content':'w'},"
     "{'role':'user','content':[{'type':'tool_result','tool_use_id':'c#','content':'r'}]}",
     "", END, 1},
    {1, MESSAGES ",{'role':'assistant','content':[{'type':'text','text':'w'}", ",{'type':'tool_use','id':'c#','name':'f','input':{}}", "",
     "]},{'role':'user','content':[{'type':'tool_result','tool_use_id':'c0','content':'r'}]}]}", 1},
    {1,
     MESSAGES ",{'role':'assistant','content':[{'type':'tool_use','id':'c','name':'f','input':{}}]},{'role':'user','content':"
              "[{'type':'tool_result','tool_use_id':'c','content':'r'}",
     ",{'type':'tool_result','tool_use_id':'c#','content':'r'}", "", "]}]}", 1},
    {2, CONTENTS,
     ",{'role':'model','parts':[{'functionCall':{'name':'f#','args':{}}}]},"
     "{'role':'user','parts':[{'functionResponse':{'name':'f#','response':{}}}]}",
     "", END, 1},
    {2, CONTENTS,
     ",{'role':'model','parts':[{'functionCall':{'id':'c#','name':'f','args':{}}}]},"
     "{'role':'user','parts':[{'functionResponse':{'id':'c#','name':'f','response':{}}}]}",
     "", END, 1},
    {2, CONTENTS, ",{'role':'model','parts':[{'functionCall':{'name':'f#','args':{}}}]}",
     ",{'role':'user','parts':[{'functionResponse':{'name':'f#','response':{}}}]}", END, 1},
    {3, INPUT, ITEM ",{'role':'user','content':'w'}" OUTPUT, "", END, 1},
    {3, INPUT, ITEM OUTPUT, "", END, 1},
    {3, INPUT, ITEM, OUTPUT, END, 1},
};

static void put(yz_buf *out, const char *text, size_t number) {
    for (; *text; text++)
        if (*text == '#')
            yz_buf_printf(out, "%zu", number);
        else
            yz_buf_char(out, *text == '\'' ? '"' : *text);
}

static void make(const shape *s, size_t n, yz_buf *out) {
    out->n = 0;
    put(out, s->head, 0);
    for (size_t i = 0; i < n; i++)
        put(out, s->one, i);
    for (size_t i = n; i-- > 0;)
        put(out, s->other, i);
    put(out, s->tail, 0);
}

static int64_t cpu(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The least of some runs. */
static int64_t ns_of(const shape *s, const side *to, const char *model, size_t n) {
    yz_buf body = {0}, out = {0};
    int64_t best = INT64_MAX;
    make(s, n, &body);
    for (int run = 0; run < 3; run++) {
        yz_losses losses;
        yz_error error;
        out.n = 0;
        arena = yz_arena_new(NULL);
        int64_t from = cpu();
        int code = yz_play_request(sides[s->from].adapter, to->adapter, to->config, yz_str_of(model), yz_buf_view(&body), arena, &losses,
                                   &out, &error);
        int64_t took = cpu() - from;
        if (code < 0)
            fail_msg("%s: %.*s", yz_result_text(code), (int)error.message.n, error.message.p);
        best = took < best ? took : best;
        yz_arena_free(arena);
    }
    yz_buf_free(&body);
    yz_buf_free(&out);
    return best;
}

static void each_message_takes_as_long_in_a_long_talk(void **state) {
    (void)state;
    static const char *const late = "claude-opus-4-8"; /* takes instructions where they stand */
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (size_t to = 0; to <= TRIED; to++) {
            const side *target = &sides[to < TRIED ? to : 1];
            const char *model = to < TRIED ? target->model : late;
            size_t n = 750 * shapes[i].times;
            int64_t few = 0, many = INT64_MAX;
            for (int tries = 0; tries < 4 && many > 28 * few; tries++) { /* what is quadratic takes 64 times as long, whoever else runs */
                few = ns_of(&shapes[i], target, model, n);
                many = ns_of(&shapes[i], target, model, 8 * n);
            }
            if (many > 28 * few)
                fail_msg("shape %zu from %s to %s: %lld us for %zu, %lld us for eight times as much", i, tried[shapes[i].from].plugin,
                         model, (long long)few / 1000, n, (long long)many / 1000);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_message_takes_as_long_in_a_long_talk)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
