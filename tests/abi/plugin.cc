// A plugin in C++: every header is included, a filter, options and a store are defined, and records are made by their macros.
#include <yuzui/plugin.h>

namespace {
struct config {
    int64_t patience;
};

void on_call(yz_call *call, const yz_request *request) {
    yz_head head = {YZ_HEAD, .status = 200, .content_type = YZ_STR("text/plain"), .length = -1};
    yz_usage usage = yz_usage_of(1, 2);
    yz_chunk chunk = {YZ_CHUNK, .bytes = request->model};
    yz_end end = {YZ_END, .usage = &usage, .finish = YZ_FINISH_STOP};
    yz_note(call, "cpp", yz_str_of("yes"));
    yz_send_head(call, &head);
    yz_send_chunk(call, &chunk);
    yz_send_end(call, &end);
}

const yz_option options[] = {{"patience", YZ_OPTION_DURATION, offsetof(config, patience), "2s", "how long to wait", nullptr, 0, 0, false}};
const yz_filter filter = {YZ_FILTER, .on_call = on_call};
} // namespace

YZ_PLUGIN(.name = "cpp", .summary = "a filter in C++", .version = "1", .config_size = sizeof(config), YZ_OPTIONS(options), .filter = &filter)
