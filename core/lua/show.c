/* lua/show.c: what an operator is shown of policies: which stand where, and their text as it runs. */
#include "lua/run.h"

static void put_policy(yz_buf *out, const yz_chain *chain, const policy *p) {
    yz_buf_lit(out, "{\"chain\":");
    yz_buf_json_str(out, chain->name);
    yz_buf_lit(out, ",\"name\":");
    yz_buf_json_str(out, p->name);
    yz_buf_lit(out, ",\"path\":");
    yz_buf_json_str(out, p->path);
    yz_buf_printf(out, ",\"on_error\":\"%s\",\"serves\":", p->config->on_error ? "fail" : "continue");
    yz_buf_json_str(out, p->config->serves);
    yz_buf_char(out, '}');
}

static void put_files(yz_buf *out, const yz_lua *lua) {
    const char *comma = "";
    for (size_t i = 0; lua && i < lua->n_files; i++) {
        if (lua->sources[i].n == 0)
            continue;
        yz_buf_printf(out, "%s{\"path\":", comma);
        comma = ",";
        yz_buf_json_str(out, lua->files[i]);
        yz_buf_printf(out, ",\"library\":%s,\"source\":", yz_lua_is_library(lua->files[i]) ? "true" : "false");
        yz_buf_json_str(out, lua->sources[i]);
        yz_buf_char(out, '}');
    }
}

void yz_share_put_policies(const yz_share *share, yz_buf *out) {
    bool any = false;
    yz_buf_lit(out, "\"policies\":[");
    for (size_t i = 0; i < share->n_chains; i++)
        for (size_t k = 0; k < share->chains[i].n; k++) {
            if (share->chains[i].links[k].filter != &policy_filter)
                continue;
            yz_buf_lit(out, any ? "," : "");
            put_policy(out, &share->chains[i], share->chains[i].links[k].stage);
            any = true;
        }
    yz_buf_lit(out, "],\"files\":[");
    put_files(out, share->lua);
    yz_buf_char(out, ']');
}

bool yz_share_has_policy(const yz_share *share, yz_str path) {
    const yz_lua *lua = share->lua;
    for (size_t i = 0; lua && i < lua->n_files; i++)
        if (yz_str_eq(lua->files[i], path) && lua->sources[i].n > 0)
            return !yz_lua_is_library(path);
    return false;
}
