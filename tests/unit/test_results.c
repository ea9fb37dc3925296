/* Where the results of calls stand: right behind their calls, whatever a client put between, from every dialect to every other. */
#include "sides.h"

#include <string.h>

enum { CHAT, MESSAGES, GEMINI, RESPONSES };

static void swap(char *text, char from, char to) {
    for (; *text; text++)
        *text = *text == from ? to : *text;
}

static yz_losses losses; /* of the last request that was sent */

/* The body, with ' for ", as a target gets it, with ' for " again. */
static const char *sent(int from, int to, const char *body) {
    yz_buf out = {0};
    yz_error error;
    char *quoted = yz_alloc_bytes(arena, strlen(body) + 1);
    strcpy(quoted, body);
    swap(quoted, '\'', '"');
    int code = yz_play_request(sides[from].adapter, sides[to].adapter, sides[to].config, yz_str_of(sides[to].model), yz_str_of(quoted),
                               arena, &losses, &out, &error);
    if (code < 0)
        fail_msg("%s: %.*s", yz_result_text(code), (int)error.message.n, error.message.p);
    yz_buf_char(&out, '\0');
    swap(out.p, '"', '\'');
    const char *text = yz_dup(arena, yz_buf_view(&out)).p;
    yz_buf_free(&out);
    return text;
}

static void assert_sends(int from, int to, const char *body, const char *piece) {
    const char *text = sent(from, to, body);
    if (!strstr(text, piece))
        fail_msg("%s to %s: wanted %s in %s", tried[from].plugin, tried[to].plugin, piece, text);
}

static int begin(void **state) {
    (void)state;
    arena = yz_arena_new(NULL);
    return 0;
}

static int end(void **state) {
    (void)state;
    yz_arena_free(arena);
    return 0;
}

#define CALL(id)   "{'id':'" id "','type':'function','function':{'name':'ls','arguments':'{}'}}"
#define USE(id)    "{'type':'tool_use','id':'" id "','name':'ls','input':{}}"
#define RESULT(id) "{'type':'tool_result','tool_use_id':'" id "','content':'" id "'}"
#define TOOL(id)   "{'role':'tool','tool_call_id':'" id "','content':'" id "'}"
#define SAID(r, t) "{'role':'" r "','content':'" t "'}"

/* Claude Code's reminders, of the role system. */
static void instructions_stand_behind_the_results(void **state) {
    (void)state;
#define CLAUDE(rest)                                                                                                                       \
    "{'model':'m','max_tokens':9,'messages':[" SAID("user", "hi") ",{'role':'assistant','content':[" USE("t1") "," USE("t2") "]}," rest "]}"
    static const char one[] = CLAUDE(SAID("system", "WARN") ",{'role':'user','content':[" RESULT("t1") "," RESULT("t2") "]}");
    static const char split[] =
        CLAUDE("{'role':'user','content':[" RESULT("t1") "]}," SAID("system", "WARN") ",{'role':'user','content':[" RESULT("t2") "]}");
    static const char more[] =
        CLAUDE(SAID("system", "WARN") ",{'role':'user','content':[{'type':'text','text':'and'}," RESULT("t1") "," RESULT("t2") "]}");
    assert_sends(MESSAGES, CHAT, one, TOOL("t1") "," TOOL("t2") "," SAID("system", "WARN") "]");
    assert_sends(MESSAGES, CHAT, split, TOOL("t1") "," TOOL("t2") "," SAID("system", "WARN") "]");
    assert_sends(MESSAGES, CHAT, more, TOOL("t1") "," TOOL("t2") "," SAID("system", "WARN") "," SAID("user", "and") "]");
    assert_sends(
        MESSAGES, RESPONSES, split,
        "{'type':'function_call_output','call_id':'t1','output':'t1'},{'type':'function_call_output','call_id':'t2','output':'t2'},"
        "{'type':'message','role':'developer','content':'WARN'}]");
    static const char chat[] = "{'model':'m','messages':[" SAID("user", "hi") ",{'role':'assistant','content':null,'tool_calls':[" CALL(
        "t1") "," CALL("t2") "]}," TOOL("t1") "," SAID("developer", "WARN") "," TOOL("t2") "]}";
    assert_sends(CHAT, CHAT, chat, TOOL("t1") "," TOOL("t2") "," SAID("system", "WARN") "]");
    assert_sends(CHAT, MESSAGES, chat,
                 "'tool_use_id':'t1','content':[{'type':'text','text':'t1'}]},{'type':'tool_result','tool_use_id':'t2',");
}

/* Words of the assistant between its call and the result are a part of the turn that called: else they would be the last word. */
static void what_the_assistant_said_stands_before_its_calls(void **state) {
    (void)state;
    static const char chat[] =
        "{'model':'m','messages':[" SAID("user", "hi") ",{'role':'assistant','content':'I look.','tool_calls':[" CALL("t1") "]}," SAID(
            "assistant", "Soon.") "," TOOL("t1") "," SAID("assistant", "Done.") "," SAID("user", "go") "]}";
    assert_sends(
        CHAT, MESSAGES, chat,
        "{'role':'assistant','content':[{'type':'text','text':'I "
        "look.'},{'type':'text','text':'Soon.'},{'type':'tool_use','id':'t1','name':'ls',"
        "'input':{}}]},{'role':'user','content':[{'type':'tool_result','tool_use_id':'t1','content':[{'type':'text','text':'t1'}]}]},"
        "{'role':'assistant','content':[{'type':'text','text':'Done.'}]},{'role':'user','content':[{'type':'text','text':'go'}]}]");
    static const char last[] = "{'model':'m','messages':[" SAID("user", "hi") ",{'role':'assistant','content':null,'tool_calls':[" CALL(
        "t1") "]}," SAID("assistant", "Soon.") "," TOOL("t1") "]}";
    assert_sends(CHAT, MESSAGES, last, "'tool_use_id':'t1','content':[{'type':'text','text':'t1'}]}]}]");
    assert_sends(CHAT, GEMINI, last,
                 "{'role':'model','parts':[{'text':'Soon.'},{'functionCall':{'name':'ls','id':'t1','args':{}}}]},{'role':'user','parts':[{'"
                 "functionResponse'");
    assert_null(strstr(sent(CHAT, MESSAGES, last), "Go on exactly"));
}

/* A result belongs to the last call of its id; turns that follow each other have each their own results behind them. */
static void each_turn_has_its_own_results(void **state) {
    (void)state;
    static const char again[] = "{'model':'m','messages':[" SAID("user", "hi") ",{'role':'assistant','content':null,'tool_calls':[" CALL(
        "t") "]}," TOOL("t") ",{'role':'assistant','content':'b','tool_calls':[" CALL("t") "]}," SAID("user", "w") "," TOOL("t") "]}";
    assert_sends(CHAT, CHAT, again,
                 TOOL("t") ",{'role':'assistant','content':'b','tool_calls':[" CALL("t") "]}," TOOL("t") "," SAID("user", "w") "]");
    static const char two[] =
        "{'contents':[{'role':'user','parts':[{'text':'x'}]},{'role':'model','parts':[{'functionCall':{'name':'f','args':{}}}]},"
        "{'role':'model','parts':[{'functionCall':{'name':'g','args':{}}}]},{'role':'user','parts':["
        "{'functionResponse':{'name':'g','response':{'output':'G'}}},{'functionResponse':{'name':'f','response':{'output':'F'}}}]}]}";
    assert_sends(GEMINI, CHAT, two, "{'role':'tool','tool_call_id':'call_1','content':'F'},{'role':'assistant'");
    assert_sends(GEMINI, CHAT, two, "{'role':'tool','tool_call_id':'call_2','content':'G'}]");
}

/* Of an id that nobody called: behind the last turn that called. */
static void a_result_of_no_call_stands_behind_the_last_one(void **state) {
    (void)state;
    static const char odd[] = "{'model':'m','messages':[" SAID("user", "hi") ",{'role':'assistant','content':null,'tool_calls':[" CALL(
        "t") "]}," SAID("user", "w") "," TOOL("u") "]}";
    assert_sends(CHAT, CHAT, odd,
                 "]},{'role':'tool','tool_call_id':'t','content':'Error: there is no result'},"
                 "{'role':'user','content':'[tool_result: u] u'},{'role':'user','content':'w'}]");
}

static bool told(const char *entry) {
    for (size_t i = 0; i < losses.n; i++)
        if (yz_str_is(losses.names[i], entry))
            return true;
    return false;
}

/* Gemini takes one response for each call: those of an id that was used again go to their own, and what fits none is said. */
static void no_result_is_lost_on_its_way_to_gemini(void **state) {
    (void)state;
#define ASKS(id)         "{'role':'assistant','content':null,'tool_calls':[" CALL(id) "]}"
#define GIVES(id, t)     "{'role':'tool','tool_call_id':'" id "','content':'" t "'}"
#define TALK(rest)       "{'model':'m','messages':[" SAID("user", "q") "," rest "]}"
#define RESPONSE(id, is) "{'functionResponse':{'name':'ls','id':'" id "','response':{" is "}}}"
    static const char twice[] = TALK(ASKS("1") "," GIVES("1", "FIRST") "," GIVES("1", "SECOND"));
    assert_sends(CHAT, GEMINI, twice, RESPONSE("1", "'output':'FIRST'") ",{'text':'[tool_result: 1] SECOND'}]}]");
    assert_true(told("messages.tool_call_id;approximated"));
    assert_sends(CHAT, GEMINI, TALK(ASKS("1") "," GIVES("zz", "STRAY")),
                 RESPONSE("1", "'error':'there is no result'") ",{'text':'[tool_result: zz] STRAY'}]}]");
    assert_true(told("messages.tool_call_id;approximated"));
    assert_sends(
        RESPONSES, GEMINI,
        "{'model':'m','input':[{'role':'user','content':'q'},{'type':'function_call','call_id':'1','name':'ls','arguments':'{}'},"
        "{'type':'function_call_output','call_id':'1','output':'OWN'},{'type':'function_call_output','call_id':'zz','output':'STRAY'}]}",
        RESPONSE("1", "'output':'OWN'") ",{'text':'[tool_result: zz] STRAY'}]}]");
    assert_true(told("messages.tool_call_id;approximated"));

    static const char again[] =
        TALK(ASKS("1") "," SAID("user", "w") "," ASKS("1") "," GIVES("1", "AAA") "," GIVES("1", "BBB") "," SAID("user", "go"));
    assert_sends(CHAT, GEMINI, again, "{'role':'user','parts':[" RESPONSE("1", "'output':'AAA'") ",{'text':'w'}]}");
    assert_sends(CHAT, GEMINI, again, "{'role':'user','parts':[" RESPONSE("1", "'output':'BBB'") ",{'text':'go'}]}");
    assert_int_equal(losses.n, 0);
    static const char broken_off[] = TALK(ASKS("1") "," SAID("user", "w") "," ASKS("1") "," GIVES("1", "NOW"));
    assert_sends(CHAT, GEMINI, broken_off, RESPONSE("1", "'error':'there is no result'") ",{'text':'w'}]}");
    assert_sends(CHAT, GEMINI, broken_off, "{'role':'user','parts':[" RESPONSE("1", "'output':'NOW'") "]}]");
    static const char at_once[] =
        TALK("{'role':'assistant','content':null,'tool_calls':[" CALL("1") "," CALL("1") "]}," GIVES("1", "AAA") "," GIVES("1", "BBB"));
    assert_sends(CHAT, GEMINI, at_once, RESPONSE("1", "'output':'AAA'") "," RESPONSE("1", "'output':'BBB'") "]}]");
    assert_int_equal(losses.n, 0);
}

/* What only its vendor can read is named where it would leave nothing, and else left out. */
static void what_nobody_can_read_is_named(void **state) {
    (void)state;
#define SHOWN(blocks) "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':[" blocks "]}]}"
#define TURN(blocks)                                                                                                                       \
    "{'model':'m','max_tokens':9,'messages':[" SAID("user", "hi") ",{'role':'assistant','content':[" blocks "]}," SAID("user", "go") "]}"
    static const char upload[] = SHOWN("{'type':'container_upload','file_id':'f9'}");
    static const char reference[] = SHOWN("{'type':'tool_reference','tool_name':'X'},{'type':'text','text':'go'}");
    static const char server[] = TURN("{'type':'mcp_tool_use','id':'s','name':'echo','input':{}}");
    static const char mixed[] = TURN("{'type':'text','text':'a'},{'type':'mcp_tool_use','id':'s','name':'echo','input':{}}");
    static const char thoughts[] = TURN("{'type':'redacted_thinking','data':'x'}");
    assert_sends(MESSAGES, CHAT, upload, "'messages':[" SAID("user", "[container_upload: f9]") "]");
    assert_sends(MESSAGES, GEMINI, upload, "'contents':[{'role':'user','parts':[{'text':'[container_upload: f9]'}]}]");
    assert_sends(MESSAGES, RESPONSES, upload, "'content':[{'type':'input_text','text':'[container_upload: f9]'}]}]");
    assert_sends(MESSAGES, CHAT, reference, "[{'type':'text','text':'[tool_reference: X]'},{'type':'text','text':'go'}]");
    assert_sends(MESSAGES, CHAT, server, SAID("user", "hi") "," SAID("assistant", "[mcp_tool_use: echo]") "," SAID("user", "go"));
    assert_sends(MESSAGES, GEMINI, server, "{'role':'model','parts':[{'text':'[mcp_tool_use: echo]'}]}");
    assert_sends(MESSAGES, RESPONSES, server, "{'type':'message','role':'assistant','content':'[mcp_tool_use: echo]'}");
    assert_sends(MESSAGES, CHAT, mixed, SAID("user", "hi") "," SAID("assistant", "a") "," SAID("user", "go"));
    assert_sends(MESSAGES, CHAT, thoughts, SAID("user", "hi") "," SAID("user", "go"));
    assert_sends(
        RESPONSES, MESSAGES,
        "{'model':'m','input':[{'type':'mcp_list_tools','id':'l'},{'role':'user','content':'hi'},{'type':'web_search_call','id':'w'}]}",
        "'messages':[{'role':'user','content':[{'type':'text','text':'hi'}]},{'role':'assistant','content':[{'type':'text','text':'[web_"
        "search_call]'}]}]");
}

static size_t times(const char *text, const char *piece) {
    size_t n = 0;
    for (text = strstr(text, piece); text; text = strstr(text + 1, piece))
        n++;
    return n;
}

/* Two calls, of which one has two results and the other none; a result of no call; a turn that says nothing: each provider gets one result
 * for each call, and all that was said. */
static void each_call_has_one_result(void **state) {
    (void)state;
    static const char *const bodies[] = {
        [CHAT] = "{'model':'m','messages':[" SAID("user", "hi") ",{'role':'assistant','content':null,'tool_calls':[" CALL("a") "," CALL(
            "b") "]}," TOOL("a") ",{'role':'tool','tool_call_id':'a','content':'AGAIN'},{'role':'tool','tool_call_id':'z','content':'STRAY'"
                                 "},"
                                 "{'role':'assistant','content':''}," SAID("user", "go") "]}",
        [MESSAGES] = "{'model':'m','max_tokens':9,'messages':[" SAID("user", "hi") ",{'role':'assistant','content':[" USE("a") "," USE(
            "b") "]},{'role':'user','content':[{'type':'text','text':'w'}," RESULT("a") ",{'type':'tool_result','tool_use_id':'a','content'"
                                                                                        ":"
                                                                                        "'AGAIN'},{'type':'tool_result','tool_use_id':'z','"
                                                                                        "content':'STRAY'}]},{'role':'assistant','content':"
                                                                                        "[]}," SAID("user", "go") "]}",
        [GEMINI] = "{'contents':[{'role':'user','parts':[{'text':'hi'}]},{'role':'model','parts':[{'functionCall':{'id':'a','name':'ls','"
                   "args':{}}},"
                   "{'functionCall':{'id':'b','name':'ls','args':{}}}]},{'role':'user','parts':[{'functionResponse':{'id':'a','name':'ls','"
                   "response':"
                   "{'output':'a'}}},{'functionResponse':{'id':'a','name':'ls','response':{'output':'AGAIN'}}},{'functionResponse':{'id':'"
                   "z','name':"
                   "'ls','response':{'output':'STRAY'}}}]},{'role':'model','parts':[]},{'role':'user','parts':[{'text':'go'}]}]}",
        [RESPONSES] = "{'model':'m','input':[" SAID("user", "hi") ",{'type':'function_call','call_id':'a','name':'ls','arguments':'{}'},"
                                                                  "{'type':'function_call','call_id':'b','name':'ls','arguments':'{}'},{'"
                                                                  "type':'function_call_output','call_id':'a','output':'a'},"
                                                                  "{'type':'function_call_output','call_id':'a','output':'AGAIN'},{'type':'"
                                                                  "function_call_output','call_id':'z','output':'STRAY'},"
                                                                  "{'role':'assistant','content':''}," SAID("user", "go") "]}",
    };
    static const char *const results[] = {[CHAT] = "'role':'tool'",
                                          [MESSAGES] = "'type':'tool_result'",
                                          [GEMINI] = "'functionResponse'",
                                          [RESPONSES] = "'type':'function_call_output'"};
    for (int from = CHAT; from <= RESPONSES; from++)
        for (int to = CHAT; to <= RESPONSES; to++) {
            const char *text = sent(from, to, bodies[from]);
            bool by_name = from == GEMINI; /* its clients say which tool a response is of: the one of z is the other call's */
            if (times(text, results[to]) != 2 || times(text, "AGAIN") != 1 || times(text, "STRAY") != 1 ||
                (!by_name && times(text, "there is no result") != 1))
                fail_msg("%s to %s: %s", tried[from].plugin, tried[to].plugin, text);
            assert_true(by_name || told("messages.tool_call_id;approximated"));
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(instructions_stand_behind_the_results, begin, end),
        cmocka_unit_test_setup_teardown(what_the_assistant_said_stands_before_its_calls, begin, end),
        cmocka_unit_test_setup_teardown(each_turn_has_its_own_results, begin, end),
        cmocka_unit_test_setup_teardown(a_result_of_no_call_stands_behind_the_last_one, begin, end),
        cmocka_unit_test_setup_teardown(no_result_is_lost_on_its_way_to_gemini, begin, end),
        cmocka_unit_test_setup_teardown(what_nobody_can_read_is_named, begin, end),
        cmocka_unit_test_setup_teardown(each_call_has_one_result, begin, end),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
