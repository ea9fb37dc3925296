/* An answer of many sources takes about as long for each of them as one of few, from every dialect to every other, as a document and as a
 * stream: a provider chooses how many there are, and a text of some megabytes must not be walked over once for each. Eight times as much is
 * allowed 28 times the processor's time of this process; whatever walks over all that came before takes 64 times. */
#include "dialect/translate.h"
#include "sides.h"

#include <time.h>

/* Documents, with ' for ": the text lies between head and middle, then one source as often as is asked. # is its number, @ and ^ its place.
 */
typedef struct shape {
    const char *head, *middle, *one, *other, *tail; /* other: told for each source, behind all of the first; NULL: none is */
} shape;

static const shape shapes[TRIED] = {
    {"{'id':'c','object':'chat.completion','created':7,'model':'m','choices':[{'index':0,'message':{'role':'assistant','content':'",
     "','annotations':[", "{'type':'url_citation','url_citation':{'start_index':@,'end_index':^,'title':'t','url':'https://u.test/#'}}",
     NULL, "]},'finish_reason':'stop'}],'usage':{'prompt_tokens':1,'completion_tokens':1,'total_tokens':2}}"},
    {"{'id':'c','type':'message','role':'assistant','model':'m','content':[{'type':'text','text':'", "','citations':[",
     "{'type':'web_search_result_location','url':'https://u.test/#','title':'t','cited_text':'q','encrypted_index':'x'}", NULL,
     "]}],'stop_reason':'end_turn','stop_sequence':null,'usage':{'input_tokens':1,'output_tokens':1}}"},
    {"{'candidates':[{'index':0,'content':{'role':'model','parts':[{'text':'",
     "'}]},'finishReason':'STOP','groundingMetadata':{'groundingChunks':[", "{'web':{'uri':'https://u.test/#','title':'t'}}",
     "{'segment':{'startIndex':@,'endIndex':^,'text':'q'},'groundingChunkIndices':[#]}",
     "]}}],'usageMetadata':{'promptTokenCount':1,'candidatesTokenCount':1,'totalTokenCount':2}}"},
    {"{'id':'c','object':'response','created_at':7,'status':'completed','model':'m','output':[{'type':'message','id':'m','role':'assistant'"
     ","
     "'status':'completed','content':[{'type':'output_text','text':'",
     "','annotations':[", "{'type':'url_citation','start_index':@,'end_index':^,'title':'t','url':'https://u.test/#'}", NULL,
     "]}]}],'usage':{'input_tokens':1,'output_tokens':1,'total_tokens':2}}"},
};

static void put(yz_buf *out, const char *text, size_t number) {
    for (; *text; text++)
        if (*text == '#')
            yz_buf_printf(out, "%zu", number);
        else if (*text == '@')
            yz_buf_printf(out, "%zu", number * 42);
        else if (*text == '^')
            yz_buf_printf(out, "%zu", number * 42 + 40);
        else
            yz_buf_char(out, *text == '\'' ? '"' : *text);
}

static void put_each(yz_buf *out, const char *one, size_t n) {
    for (size_t i = 0; i < n; i++) {
        yz_buf_lit(out, i ? "," : "");
        put(out, one, i);
    }
}

static void make(const shape *s, size_t n, yz_buf *out) {
    out->n = 0;
    put(out, s->head, 0);
    for (size_t i = 0; i < n; i++)
        yz_buf_lit(out, "Forty characters that rest on one source. ");
    put(out, s->middle, 0);
    put_each(out, s->one, n);
    if (s->other) {
        put(out, "],'groundingSupports':[", 0);
        put_each(out, s->other, n);
    }
    put(out, s->tail, 0);
}

static int64_t cpu(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The least of some runs. */
static int64_t ns_of(size_t from, size_t to, bool stream, size_t n) {
    yz_buf body = {0}, out = {0};
    int64_t best = INT64_MAX;
    make(&shapes[from], n, &body);
    for (int run = 0; run < 3; run++) {
        out.n = 0;
        arena = yz_arena_new(NULL);
        yz_provider provider = {YZ_PROVIDER, .name = YZ_STR("p"), .adapter = sides[from].adapter, .config = sides[from].config};
        yz_target target = {YZ_TARGET, &provider, yz_str_of(sides[from].model)};
        yz_request request = {YZ_REQUEST,       .dialect = sides[to].adapter, .op = YZ_OP_CHAT,
                              .stream = stream, .model = YZ_STR("m"),         .id = YZ_STR("r")};
        yz_head head = {YZ_HEAD, .status = 200, .dialect = sides[from].adapter, .target = &target, .length = -1};
        const yz_error *error = NULL;
        int64_t began = cpu();
        yz_translator *t = yz_translator_new(arena, &request, &head, 7);
        int code = yz_translator_chunk(t, &(yz_chunk){YZ_CHUNK, .bytes = yz_buf_view(&body)}, &out, &error);
        if (code == YZ_OK)
            code = yz_translator_end(t, NULL, &out, &error);
        int64_t took = cpu() - began;
        if (code < 0)
            fail_msg("%s to %s: %.*s", tried[from].plugin, tried[to].plugin, (int)(error ? error->message.n : 0),
                     error ? error->message.p : "");
        best = took < best ? took : best;
        yz_arena_free(arena);
    }
    yz_buf_free(&body);
    yz_buf_free(&out);
    return best;
}

static void each_source_takes_as_long_among_many(void **state) {
    (void)state;
    enum { N = 800 };
    for (size_t from = 0; from < TRIED; from++)
        for (size_t to = 0; to < TRIED; to++)
            for (int stream = 0; stream < 2; stream++) {
                if (from == to && !stream)
                    continue; /* forwarded */
                int64_t few = 0, many = INT64_MAX;
                for (int tries = 0; tries < 4 && many > 28 * few; tries++) {
                    few = ns_of(from, to, stream, N);
                    many = ns_of(from, to, stream, (size_t)8 * N);
                }
                if (many > 28 * few)
                    fail_msg("from %s to %s%s: %lld us for %d sources, %lld us for eight times as many", tried[from].plugin,
                             tried[to].plugin, stream ? " (stream)" : "", (long long)few / 1000, N, (long long)many / 1000);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_source_takes_as_long_among_many)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
